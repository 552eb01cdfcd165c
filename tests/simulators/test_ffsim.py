"""The command ``ffsim`` as a user meets it, over sockets."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.wire.sirena_crypto import ClientKey, PrivateKey
from simulators.cli import main
from tests.net.real_process import ROOT, RealLinks


def ffsim(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from simulators.cli import main; main(sys.argv[1:], prog_name='ffsim')"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class OneShotServer:
    """Takes one connection after the other, keeps what came, writes a prepared answer, closes."""

    def __init__(self, *answers: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(20)
        self.port = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, args=(answers,))
        self._thread.start()

    def _serve(self, answers: tuple[bytes, ...]) -> None:
        for answer in answers:
            peer, _address = self._socket.accept()
            with peer:
                peer.settimeout(20)
                data = b""
                while b"</query>" not in data:
                    data += peer.recv(65536)
                self.requests.append(data)
                peer.sendall(answer)

    def __enter__(self) -> "OneShotServer":
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join()
        self._socket.close()


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["sirena"],
        ["http"],
        ["length-prefixed"],
        ["drop"],
        ["keys"],
        ["astra"],
        ["telex"],
        ["mail"],
        ["matip"],
    ],
)
def test_every_command_explains_itself(command):
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
    if command:
        assert "Example: ffsim" in result.output


def test_help_loads_no_reactor():
    code = "import sys, simulators.cli; print([name for name in sys.modules if name.startswith('twisted')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_gateway_with_a_key_made_by_ffsim(tmp_path):
    made = ffsim("keys", str(tmp_path / "host"))
    assert made.returncode == 0
    public = (tmp_path / "host.pub.pem").read_text()
    assert ClientKey.load(public.encode()).digest in made.stdout
    assert (tmp_path / "host.pem").stat().st_mode & 0o777 == 0o600
    assert ffsim("keys", str(tmp_path / "host")).returncode == 1  # never overwrites
    with RealLinks(client_key=public) as links:
        asked = ffsim(
            "sirena",
            "--client-id=4242",
            f"--port={links.gateway_port}",
            f"--key={tmp_path / 'host.pem'}",
            "--count=20",
            "--name=",
        )
        counts = links.stop()
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.count('<ffp company="UT" surname="IVANOV" name="">1010000000012</ffp>') == 21
    assert "20 answered" in asked.stderr
    assert (counts["key_registered"], counts["answered"]) == (1, 20)


def test_a_refusal_is_no_usable_answer(tmp_path):
    key = tmp_path / "stranger.pem"
    key.write_bytes(PrivateKey.generate(1024).private_pem())
    with RealLinks() as links:
        port = f"--port={links.gateway_port}"
        refused = ffsim("sirena", "--client-id=4242", port, f"--key={key}")
        assert (refused.returncode, "crypt_error='1'" in refused.stderr) == (1, True)
        plain = ffsim("sirena", "--client-id=4242", port)
        assert (plain.returncode, "crypt_error 6" in plain.stderr) == (1, True)
    assert ffsim("sirena", "--client-id=4242", port).returncode == 1  # nobody listens
    key.write_text("rubbish")
    assert "PEM" in ffsim("sirena", "--client-id=4242", f"--key={key}").stderr


def test_length_prefixed_with_a_file(tmp_path):
    file = tmp_path / "request.xml"
    file.write_bytes(b"<sirena>\n</sirena>")
    with RealLinks() as links:
        asked = ffsim("length-prefixed", f"--port={links.partners_port}", "--count=3", str(file))
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.count("<sirena>\n</sirena>\n") == 4


def test_http_sends_what_the_real_host_sends():
    with OneShotServer(b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 9\r\n\r\n<answer/>") as server:
        asked = ffsim("http", f"--port={server.port}", "--birthdate=1980-02-29")
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.endswith("<answer/>\n")
    head, _blank, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.decode("ascii").split("\r\n") == [
        "POST /astra HTTP/1.1",
        f"Content-Length: {len(body)}",
        f"Host: 127.0.0.1:{server.port}",
        'Content-Type: text/xml; charset="UTF-8"',
    ]
    assert b'<ffp company="UT" surname="IVANOV" name="IVAN" birthdate="1980-02-29">' in body
    assert b"<sirena" not in body


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nbusy\n", "status 503: busy"),
        (b"HTTP/1.1 200 OK\r\n\r\n<answer/>", "unusable answer"),
        (b"rubbish\r\n\r\n", "unusable answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n<answer", "closed within the answer"),
        (b"", "closed before the status line"),
    ],
)
def test_http_accepts_nothing_else(answer, words):
    with OneShotServer(answer) as server:
        asked = ffsim("http", f"--port={server.port}")
    assert asked.returncode == 1
    assert words in asked.stderr


def test_drop_recodes_and_leaves_no_halves(tmp_path):
    source, spool = tmp_path / "ftl.txt", tmp_path / "spool"
    spool.mkdir()
    source.write_bytes("FTL\r\nЮТ280/20АВГ ДМД\r\nENDFTL\r\n".encode())
    dropped = CliRunner().invoke(main, ["drop", str(source), "--to", str(spool), "--encoding", "cp866"])
    assert dropped.exit_code == 0, dropped.output
    assert os.listdir(spool) == ["ftl.txt"]
    assert (spool / "ftl.txt").read_bytes() == "FTL\r\nЮТ280/20АВГ ДМД\r\nENDFTL\r\n".encode("cp866")


def test_drop_says_why_not(tmp_path):
    source = tmp_path / "ftl.txt"
    source.write_bytes("ФТЛ".encode())
    for arguments in (["--to", str(tmp_path / "absent")], ["--to", str(tmp_path), "--encoding", "ascii"]):
        dropped = CliRunner().invoke(main, ["drop", str(source), *arguments])
        assert dropped.exit_code == 1
        assert "ftl.txt" in dropped.output
    assert not list(Path(tmp_path).glob(".*"))
