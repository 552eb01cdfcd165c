"""The simulated MATIP partner against the real link, joined in memory, and ``ffsim matip`` over sockets."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adapter.envelope import Reply
from adapter.wire.matip import MatipConnection, OpenAsked, TelegramCame
from adapter.wire.matip_packets import Coding, Opening
from simulators.cli import main
from simulators.matip_peer import MatipPeer, SessionError
from tests.net.matip_peer import OURS, Rig, caller
from tests.net.real_process import ROOT

ASCII = Opening(Coding.ASCII)


class Wire:
    """The simulator at 10.0.0.1 and a link, with nothing between them but bytes, moved when told to."""

    def __init__(self, rig: Rig, opening: Opening = ASCII, **more: Any) -> None:
        self.rig = rig
        self.took: list[bytes] = []
        self.said: list[str] = []
        self.peer = MatipPeer(rig.clock, opening, took=self.took.append, said=self.said.append, **more)
        self.opened: list[Any] = []
        self.peer.opened.addBoth(self.opened.append)
        theirs = IPv4Address("TCP", "10.0.0.1", 40000)
        self.far = rig.peer()
        self.transport = StringTransport(hostAddress=theirs, peerAddress=OURS)
        self.peer.makeConnection(self.transport)

    def move(self) -> None:
        while data := self.transport.value() or self.far.transport.value():
            if self.transport.value():
                self.transport.clear()
                self.far.send(data)
            else:
                self.far.transport.clear()
                self.peer.dataReceived(data)


def test_it_opens_and_telegrams_go_both_ways():
    wire = Wire(Rig())
    wire.rig.handler.at_once = Reply(kept=True)
    wire.move()
    assert wire.opened == [None]
    wire.peer.send(b"FTL")
    wire.rig.link.partners["network"].send(b"PDM")
    wire.move()
    assert [envelope.raw for envelope in wire.rig.handler.envelopes] == [b"FTL"]
    assert wire.took == [b"PDM"]
    wire.peer.close()
    wire.move()
    assert wire.rig.counts["session_closed_by_peer"] == 1
    assert wire.transport.disconnecting


@pytest.mark.parametrize("opens", [True, False])
def test_it_is_asked_and_both_ask_at_once(opens):
    wire = Wire(Rig(caller("network", opens=True)), opens=opens)
    wire.move()
    assert wire.opened == [None]
    wire.peer.send(b"FTL")
    wire.move()
    assert len(wire.rig.handler.received) == 1


def test_other_codings():
    wire = Wire(Rig(caller("network", coding=Coding.BAUDOT)), Opening(Coding.BAUDOT))
    wire.move()
    wire.peer.send(b"FTL 1")
    wire.rig.link.partners["network"].send(b"PRL 2")
    wire.move()
    assert wire.rig.handler.envelopes[0].raw == b"FTL 1"
    assert wire.took == [b"PRL 2"]


def test_a_refusal_is_told():
    wire = Wire(Rig(), Opening(Coding.ASCII, 2))
    wire.move()
    assert wire.opened[0].check(SessionError)
    assert "protection" in str(wire.opened[0].value)


@pytest.mark.parametrize(
    ("spoken", "cause"),
    [(Opening(Coding.EBCDIC), "incoherent"), (Opening(Coding.ASCII, 2), "protection")],
)
def test_it_refuses_what_it_does_not_speak(spoken, cause, caplog):
    wire = Wire(Rig(caller("network", opens=True)), spoken, opens=False)
    wire.move()
    assert f"refused our opening: {cause}" in caplog.text
    assert wire.rig.counts["session_refused_by_peer"] == 1
    wire.peer.connectionLost(Failure(ConnectionDone()))
    assert wire.opened[0].check(SessionError)
    assert "refused the session" in wire.said[0]


def test_it_does_not_wait_for_ever():
    wire = Wire(Rig(), opens=False, open_seconds=3.0)
    wire.rig.clock.advance(3)
    assert "no session was open after 3 s" in str(wire.opened[0].value)


def test_a_broken_protocol_is_told():
    wire = Wire(Rig())
    wire.peer.dataReceived(b"GET / HTTP/1.0")
    assert "version" in wire.said[0]
    assert wire.transport.disconnecting


# --- ffsim matip -------------------------------------------------------------------------------------------------


def ffsim(*arguments: str) -> subprocess.Popen[str]:
    code = "import sys; from simulators.cli import main; main(sys.argv[1:], prog_name='ffsim')"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, "matip", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def partner(answer: list[bytes], got: list[Any]) -> Iterator[int]:
    """A partner on a socket of its own: takes one session, keeps what came, tells ``answer``; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _address = listener.accept()
        with peer:
            peer.settimeout(20)
            codec = MatipConnection(wins_collision=False)
            while data := peer.recv(65536):
                codec.receive_data(data)
                while (event := codec.next_event()) is not None:
                    got.append(event)
                    if isinstance(event, OpenAsked):
                        peer.sendall(codec.accept() + b"".join(codec.send(one) for one in answer))

    listener.settimeout(20)
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(30)
        listener.close()


def test_ffsim_calls_sends_files_and_prints_what_comes(tmp_path):
    (tmp_path / "ftl.txt").write_bytes(b"FTL\r\nENDFTL\r\n")
    got: list[Any] = []
    with partner([b"PDM\r\n"], got) as port:
        process = ffsim(
            f"--port={port}", "--hld=4b1f:4B2A", "--gateway", "--stay=0.2", str(tmp_path / "ftl.txt")
        )
        output, talk = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "PDM\n"), talk
    assert "1 telegrams sent" in talk
    assert got[:2] == [
        OpenAsked(Opening(Coding.ASCII, 0, True, 0x4B1F, 0x4B2A)),
        TelegramCame(b"FTL\r\nENDFTL\r\n"),
    ]


def test_ffsim_waits_to_be_called_and_asked(tmp_path):
    (tmp_path / "ftl.txt").write_bytes(b"FTL")
    process = ffsim("--listen", "--port=0", "--coding=ebcdic", str(tmp_path / "ftl.txt"))
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().split()[-1])
        codec = MatipConnection(wins_collision=False)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
            peer.sendall(codec.open(Opening(Coding.EBCDIC)))
            events = []
            while data := peer.recv(65536):
                codec.receive_data(data)
                while (event := codec.next_event()) is not None:
                    events.append(event)
        assert TelegramCame(bytes.fromhex("c6e3d3")) in events
        _output, talk = process.communicate(timeout=30)
        assert process.returncode == 0, talk
        assert "EBCDIC, protection 0, host" in talk
    finally:
        process.kill()
        process.communicate()


def test_ffsim_says_when_nobody_listens():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        process = ffsim(f"--port={unused.getsockname()[1]}")
        _output, talk = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "no usable answer" in talk


def test_hlds_have_to_be_two():
    result = CliRunner().invoke(main, ["matip", "--hld", "4B1F"])
    assert result.exit_code == 2
    assert "four hexadecimal digits" in result.output
