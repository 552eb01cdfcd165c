"""Teletype over MATIP into a real server: lists from partners that call and are called, and a stop that loses none."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.wire.matip import Closed, Event, MatipConnection, OpenAsked, Opened, TelegramCame
from adapter.wire.matip_codings import decode, encode
from adapter.wire.matip_packets import Coding, Opening
from simulators import morning
from tests.system.server import END_SECONDS, MEMBERS, ffgate, serving

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
SETTINGS = """
database: {{url: sqlite:///var/ffgate.sqlite}}
programmes: [demo]
admin: null
links:
  teletype:
    type: matip
    listen: tcp:0:interface=127.0.0.1
    partners:
      network: {{address: [127.0.0.1], hld: {{ours: "0100", theirs: "000A"}}, coding: ebcdic}}
      other: {{address: [127.0.0.1], hld: {{ours: "0100", theirs: "000B"}}}}
      hub: {{connect: "tcp:127.0.0.1:{port}", role: gateway}}
"""


class Partner:
    """A partner's end of one connection, over a plain socket."""

    def __init__(self, peer: socket.socket, opening: Opening) -> None:
        self.peer = peer
        self.peer.settimeout(20)
        self.opening = opening
        self.codec = MatipConnection(wins_collision=False)

    def read(self) -> list[Event]:
        """What came; [] at the end of the connection."""
        while data := self.peer.recv(65536):
            self.codec.receive_data(data)
            events = []
            while (event := self.codec.next_event()) is not None:
                events.append(event)
            if events:
                return events
        return []

    def open(self) -> None:
        self.peer.sendall(self.codec.open(self.opening))
        assert self.read() == [Opened()]

    def tell(self, telegram: str) -> None:
        self.peer.sendall(self.codec.send(encode(telegram.encode("ascii"), self.opening.coding)))


@contextmanager
def calling(address: str, opening: Opening) -> Iterator[Partner]:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as peer:
        yield Partner(peer, opening)


def test_lists_come_by_three_partners_and_the_stop_takes_what_was_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hub:
        hub.settimeout(30)
        settings = SETTINGS.format(port=hub.getsockname()[1])
        (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
        ffgate(tmp_path, "members", "import", str(MEMBERS))
        with serving(tmp_path, settings) as server:
            called, _address = hub.accept()
            place = server.addresses["teletype"]
            with (
                called,
                calling(place, Opening(Coding.EBCDIC, 0, False, 0x0A, 0x0100)) as network,
                calling(place, Opening(Coding.ASCII, 0, False, 0x0B, 0x0100)) as other,
            ):
                waiting = Partner(called, Opening(Coding.ASCII))
                assert waiting.read() == [OpenAsked(Opening(Coding.ASCII, 0, True))]
                called.sendall(waiting.codec.accept())
                network.open()
                other.open()
                day = YESTERDAY.date()
                network.tell(morning.ftl(YESTERDAY, day).replace("\n", "\r\n"))
                flight = f"UT280/{morning.day_and_month(day)} DME PART1"
                other.tell(f"MOWFFUT\n.MOWRMUT {YESTERDAY:%d%H%M}\nETL\n{flight}\nNIL\nENDETL\n")
                waiting.tell("THIS IS NO LIST\n")
                server.process.send_signal(signal.SIGTERM)
                for partner in (network, other, waiting):
                    assert partner.read() == [Closed(0)]
                    partner.peer.close()
                assert server.process.wait(END_SECONDS) == 0
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    messages = {
        (one["link"], one["kind"], one["state"]) for one in lines if one["logger"] == "ffgate.message"
    }
    assert messages == {
        ("network", "FTL", "applied"),
        ("other", "ETL", "applied"),
        ("hub", "", "quarantined"),
    }
    assert "GROMOV" not in server.log.read_text()
    report = json.loads(ffgate(tmp_path, "status", "--json").stdout)
    assert (report["pending"], report["quarantined"]) == (6, 1)
    assert {"network", "other", "hub"} <= set(report["links"])
    ffgate(tmp_path, "replay", "--into", f"sqlite:///{tmp_path}/rebuilt.sqlite")
    (tmp_path / "repeat.txt").write_text(morning.ftl(YESTERDAY, YESTERDAY.date()))
    repeated = ffgate(tmp_path, "ingest", "--link", "network", "--json", str(tmp_path / "repeat.txt"))
    assert "repeated" in repeated.stdout


ANSWERING = """
database: {url: sqlite:///var/ffgate.sqlite}
programmes: [demo]
admin: {listen: "tcp:0:interface=127.0.0.1"}
sending: {first_retry_seconds: 0.05, poll_seconds: 0.1}
links:
  teletype:
    type: matip
    listen: tcp:0:interface=127.0.0.1
    partners:
      network: {address: [127.0.0.1], coding: baudot, answer: {origin: MOWFFUT, to: originator}}
"""


def test_answers_to_lists_and_telegrams_by_hand_leave_by_the_partners_session(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("FQA\nHELLO\n", encoding="utf-8")
    with (
        serving(tmp_path, ANSWERING) as server,
        calling(server.addresses["teletype"], Opening(Coding.BAUDOT)) as network,
    ):
        network.open()
        network.tell(morning.ftl(YESTERDAY, YESTERDAY.date()))
        (answer,) = network.read()
        assert isinstance(answer, TelegramCame)
        lines = decode(answer.payload, Coding.BAUDOT).decode().splitlines()
        assert (lines[0], lines[2]) == ("MOWRMUT", "FQA")
        by_hand = (
            "send",
            "--link",
            "network",
            "--to",
            "LEDKKUT",
            "--from",
            "MOWFFUT",
            "--json",
            "note.txt",
        )
        assert json.loads(ffgate(tmp_path, *by_hand).stdout)["queued"] is True
        (note,) = network.read()
        assert isinstance(note, TelegramCame)
        assert b"HELLO" in decode(note.payload, Coding.BAUDOT)
        server.process.send_signal(signal.SIGTERM)
        assert network.read() == [Closed(0)]
        network.peer.close()
        assert server.process.wait(END_SECONDS) == 0
