"""Telegrams that leave a real server by POST and by mail: what arrives, and what does when it dies in between."""

import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapter.wire.mail import read_mail
from loyalty_core import Core
from tests.system.doomed import KILLED, WAIT_SECONDS, Kill, Launcher, Server, command
from tests.system.server import ffgate, serving

HEAD = """
admin: {{listen: "tcp:0:interface=127.0.0.1"}}
sending: {{first_retry_seconds: 0.05, poll_seconds: 0.1}}
links:
  back: {back}
"""
TELEGRAM = "QU MOWRMXY\n.MOWFFXY 201206\nFQA\nЮТ418/20АВГ\nENDFQA\n"
MAIL = "{type: mailbox, encoding: cp866, outgoing: {directory: out, sender: a@airline.example, to: [b@dcs.example]}}"
POINTS = [
    Kill("adapter.sending:Sending._arrived", "before", from_start=True),
    Kill("adapter.sending:Sending._recorded", "after", from_start=True),
]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.close()


class Dcs:
    """Somebody who takes telegrams by POST, with Python's own server: an outside judge."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.connections = 0
        self._called = threading.Condition()
        self.answers: list[tuple[int, bytes]] = []
        dcs = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with dcs._called:
                    dcs.connections += 1
                    dcs._called.notify_all()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                dcs.taken.append((self.path, self.headers["Content-Type"], body))
                status, answer = dcs.answers.pop(0) if dcs.answers else (200, b"true")
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Killed servers and refused certificates end connections as they like."""

        self._server = Listener(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def has_been_called(self, times: int) -> bool:
        """Waits for this many connections."""
        with self._called:
            return self._called.wait_for(lambda: self.connections >= times, WAIT_SECONDS)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(WAIT_SECONDS)
        self._server.server_close()


def settings(directory: Path, back: str) -> str:
    text = HEAD.format(back=back)
    (directory / "config.yaml").write_text(text, encoding="utf-8")
    return text


def queue(directory: Path, text: str = TELEGRAM, launcher: Launcher | None = None) -> None:
    (directory / "telegram.txt").write_text(text, encoding="cp866")
    arguments = ("send", "--link", "back", str(directory / "telegram.txt"))
    if launcher is not None:
        command(launcher, directory, *arguments)
    else:
        ffgate(directory, *arguments)


def outbox(directory: Path) -> dict[str, object]:
    core = Core.open(f"sqlite:///{directory}/var/ffgate.sqlite", read_only=True)
    try:
        return dict(core.status()["outbox"].get("back", {}))
    finally:
        core.close()


def wait_until(directory: Path, state: str, count: int = 1) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while outbox(directory).get(state) != count:
        assert time.monotonic() < deadline, (directory / "stderr.txt").read_text()


def die_and_come_again(launcher: Launcher, directory: Path, kill: Kill) -> None:
    """The telegram is queued; the server dies at this point; another one ends what it began."""
    queue(directory, launcher=launcher)
    first = Server(launcher, directory, kill)
    try:
        first.wait_until_ready()
        assert first.wait() == KILLED, first.log()
    finally:
        first.close()
    second = Server(launcher, directory)
    try:
        assert second.wait_until_ready(), second.log()
        wait_until(directory, "sent")
        second.terminate()
        assert second.wait() == 0, second.log()
    finally:
        second.close()


def check_repeat(arrived: list[bytes], kill: Kill) -> None:
    """Once, or once more and then marked: there is nothing that could have told the second server."""
    expected = TELEGRAM.replace("\n", "\r\n").encode("cp866")
    marked = expected.replace(b"201206\r\n", b"201206\r\nPDM\r\n")
    is_noted = kill.target.endswith("_recorded")
    assert arrived == ([expected] if is_noted else [expected, marked])


@pytest.mark.parametrize("kill", POINTS, ids=str)
def test_death_between_posting_and_noting(launcher: Launcher, tmp_path: Path, kill: Kill) -> None:
    with closing(Dcs()) as dcs:
        link = f'{{type: typeb_http, encoding: cp866, send_to: "http://127.0.0.1:{dcs.port}/typeb"}}'
        settings(tmp_path, link)
        die_and_come_again(launcher, tmp_path, kill)
    assert {(path, kind) for path, kind, _ in dcs.taken} == {("/typeb", "text/plain; charset=IBM866")}
    check_repeat([body for _, _, body in dcs.taken], kill)


@pytest.mark.parametrize(
    "kill",
    [
        *POINTS,
        Kill("adapter.net.mailbox_out:deliver", "after", from_start=True),
        Kill("adapter.net.mailbox_out:synchronise", "after", from_start=True),
    ],
    ids=str,
)
def test_death_between_mailing_and_noting(launcher: Launcher, tmp_path: Path, kill: Kill) -> None:
    settings(tmp_path, MAIL)
    die_and_come_again(launcher, tmp_path, kill)
    mails = [path.read_bytes() for path in sorted((tmp_path / "out" / "new").iterdir())]
    check_repeat([read_mail(mail, "utf-8").telegrams[0].piece.raw for mail in mails], kill)
    ids = {line for mail in mails for line in mail.split(b"\r\n") if line.startswith(b"Message-ID:")}
    assert len(ids) == 1, "to mail servers the two are one"
    assert not any((tmp_path / "out" / "tmp").iterdir())


def test_refusals_and_repeats_over_one_connection(tmp_path: Path) -> None:
    with closing(Dcs()) as dcs:
        dcs.answers = [(503, b"later"), (200, b"true"), (422, b"never"), (200, b"true")]
        link = f'{{type: typeb_http, encoding: cp866, send_to: "http://127.0.0.1:{dcs.port}/a/b"}}'
        with serving(tmp_path, settings(tmp_path, link)) as server:
            for number in range(3):
                queue(tmp_path, TELEGRAM.replace("201206", f"20120{number}"))
            wait_until(tmp_path, "sent", 2)
            wait_until(tmp_path, "failed", 1)
            figures = server.get("/metrics")[1].decode()
            assert 'ffgate_link_events_total{event="delivered",link="back"} 2.0' in figures
            assert 'ffgate_link_events_total{event="undelivered",link="back"} 2.0' in figures
    bodies = [body for _, _, body in dcs.taken]
    assert [b"PDM" in body for body in bodies] == [False, True, False, False]
    assert dcs.connections == 3, "a connection is kept after success, closed after anything else"
    log = (tmp_path / "stderr.txt").read_text()
    assert "status_503" in log
    assert "status_422" in log
    assert "ENDFQA" not in log


# --- TLS -------------------------------------------------------------------------------------------------------------


def certificates(directory: Path, host: str = "127.0.0.1") -> ssl.SSLContext:
    """An authority in ``ca.pem``, and what a server of that address shows in its name."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])

    def certificate(name: x509.Name, public: object, *extensions: x509.ExtensionType) -> x509.Certificate:
        made = x509.CertificateBuilder(issuer_name=ca_name, subject_name=name, public_key=public)  # type: ignore[arg-type]
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        for extension in extensions:
            made = made.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return made.sign(ca_key, hashes.SHA256())

    ca = certificate(ca_name, ca_key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dcs")])
    own = certificate(
        name,
        key.public_key(),
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
    )
    (directory / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    chain = own.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "server.pem").write_bytes(chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    return context


def test_tls_with_an_authority_of_its_own(tmp_path: Path) -> None:
    with closing(Dcs(certificates(tmp_path))) as dcs:
        link = f'{{type: typeb_http, encoding: cp866, send_to: "https://127.0.0.1:{dcs.port}/typeb", ca_file: ca.pem}}'
        with serving(tmp_path, settings(tmp_path, link)):
            queue(tmp_path)
            queue(tmp_path, TELEGRAM.replace("201206", "201207"))
            wait_until(tmp_path, "sent", 2)
    assert [b"PDM" in body for _, _, body in dcs.taken] == [False, False]
    assert dcs.connections == 1


@pytest.mark.parametrize("mistake", ["unknown authority", "another name"])
def test_nothing_is_told_to_whom_it_can_not_be_sure_of(tmp_path: Path, mistake: str) -> None:
    context = certificates(tmp_path, "127.0.0.2" if mistake == "another name" else "127.0.0.1")
    ca_file = ", ca_file: ca.pem" if mistake == "another name" else ""
    with closing(Dcs(context)) as dcs:
        link = (
            f'{{type: typeb_http, encoding: cp866, send_to: "https://127.0.0.1:{dcs.port}/typeb"{ca_file}}}'
        )
        with serving(tmp_path, settings(tmp_path, link)):
            queue(tmp_path)
            assert dcs.has_been_called(2)
    assert dcs.taken == []
    lines = [json.loads(line) for line in (tmp_path / "stderr.txt").read_text().splitlines()]
    assert {line["code"] for line in lines if line.get("state") == "queued"} == {"unreachable"}
    assert any("back: not connected" in json.dumps(line) for line in lines)
