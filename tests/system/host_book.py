"""A small airline's hosts over real sockets and files, and the book they keep: sent, answered with what, unknown.

The hosts do what real ones do: who got no whole answer repeats the very same bytes; a file is dropped once, by
renaming, and is then the server's business. Everything is played in one fixed order, so that the n-th call of
a function is the same call in every run.
"""

import contextlib
import http.client
import os
import re
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapter.wire.length_prefixed import LengthPrefixedConnection
from adapter.wire.sirena_client import ClientConnection
from simulators import morning
from tests.system.doomed import WAIT_SECONDS, Place

CLIENT_ID = 4242
SETTINGS = """
database: {url: sqlite:///var/ffgate.sqlite}
programmes: [demo]
admin: null
logs: {level: info}
links:
  dcs: {type: http, listen: "tcp:0:interface=127.0.0.1"}
  gateway:
    type: sirena
    listen: tcp:0:interface=127.0.0.1
    clients: {4242: {name: host, address: [127.0.0.1]}}
  partners: {type: length_prefixed, listen: "tcp:0:interface=127.0.0.1"}
  files: {type: spool, directory: spool, finished: {suffix: .txt}, poll_seconds: 0.05}
"""
NOW = datetime.now(UTC).replace(microsecond=0)
"""One moment for all runs: the dates in the messages must be the same in each."""
DAY = (NOW - timedelta(days=1)).date()
LONG_AGO = 1_000_000_000
"""When the files were last changed, as far as the hosts' copying tells."""


class ServerDied(Exception):
    """The connection ended, or nobody listens any more."""


@dataclass(slots=True)
class Message:
    """A message over a socket. ``answer`` is the first whole one that came back; None as long as it is unknown.

    ``journalled`` false: a check, which leaves no row and is answered from the books as they stand.
    """

    link: str
    raw: bytes
    journalled: bool = True
    sent: int = 0
    answer: bytes | None = None

    @property
    def credited(self) -> bool:
        """It was answered positively: these miles are promised."""
        return self.answer is not None and re.search(rb'status="(posted|pending)"', self.answer) is not None


@dataclass(slots=True)
class Burst:
    """Messages that one connection sends at once. HTTP takes one."""

    link: str
    messages: list[Message]


@dataclass(slots=True)
class Files:
    """Files that are dropped at once: contents by name, and how many telegrams each holds."""

    contents: dict[str, str]
    telegrams: dict[str, int] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)


class Book:
    """The hosts' side of one run."""

    def __init__(self, steps: "list[Burst | Files]") -> None:
        self.steps = steps

    @property
    def messages(self) -> list[Message]:
        return [one for step in self.steps if isinstance(step, Burst) for one in step.messages]

    @property
    def files(self) -> dict[str, int]:
        """Names of the files dropped up to now, with the number of telegrams in each."""
        return {
            name: step.telegrams.get(name, 1)
            for step in self.steps
            if isinstance(step, Files)
            for name in sorted(step.dropped)
        }

    def play(self, server: Place) -> None:
        """Send what is not answered yet, step by step. Raises ServerDied as soon as that shows."""
        for step in self.steps:
            if isinstance(step, Burst):
                waiting = [one for one in step.messages if one.answer is None]
                for one, answer in send(server, step.link, waiting):
                    one.answer = answer
            else:
                drop(server.directory / "spool" / "incoming", step)
                wait_for_files(server)

    def repeat(self, server: Place) -> list[str]:
        """Send everything once more; which answers differ from the first."""
        different = []
        for step in self.steps:
            if isinstance(step, Burst):
                for one, answer in send(server, step.link, step.messages):
                    if answer != one.answer:
                        different.append(f"{one.raw!r}: first {one.answer!r}, then {answer!r}")
        return different


def send(server: Place, link: str, messages: list[Message]) -> "list[tuple[Message, bytes]]":
    """Send messages over one connection; each with its answer. Those that came whole are noted at once."""
    if not messages:
        return []
    found: list[tuple[Message, bytes]] = []
    for one in messages:
        one.sent += 1
    try:
        if link == "dcs":
            found.extend((one, _post(server.ports[link], one.raw)) for one in messages)
        elif link == "partners":
            _partners(server.ports[link], messages, found)
        else:
            _gateway(server.ports[link], messages, found)
    except (OSError, http.client.HTTPException) as error:
        for one, answer in found:
            one.answer = one.answer or answer
        if isinstance(error, TimeoutError):
            raise AssertionError(f"no answer on {link} in {WAIT_SECONDS} s\n{server.log()}") from error
        raise ServerDied(link) from error
    return found


def _post(port: int, raw: bytes) -> bytes:
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
    ) as connection:
        connection.request("POST", "/astra", raw, {"Content-Type": 'text/xml; charset="UTF-8"'})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body


def _partners(port: int, messages: list[Message], found: list[tuple[Message, bytes]]) -> None:
    codec = LengthPrefixedConnection()
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS) as line:
        line.sendall(b"".join(codec.send(one.raw) for one in messages))
        while len(found) < len(messages):
            codec.receive_data(_received(line))
            while (body := codec.next_frame()) is not None:
                found.append((messages[len(found)], body))


def _gateway(port: int, messages: list[Message], found: list[tuple[Message, bytes]]) -> None:
    codec = ClientConnection(CLIENT_ID)
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS) as line:
        line.sendall(b"".join(codec.send(number, one.raw) for number, one in enumerate(messages, start=1)))
        while len(found) < len(messages):
            codec.receive_data(_received(line))
            while (answer := codec.next_answer()) is not None:
                assert not answer.is_not_processed
                found.append((messages[answer.message_id - 1], answer.body))


def _received(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise ConnectionResetError("closed before the answer was complete")
    return data


def drop(incoming: Path, files: Files) -> None:
    """Write the files that were not dropped before; each appears whole."""
    for name, content in files.contents.items():
        if name not in files.dropped:
            half = incoming / f".{name}"
            half.write_text(content, encoding="utf-8")
            # Copied with its time of years ago, as some programs do: that time means nothing.
            os.utime(half, (LONG_AGO, LONG_AGO))
            half.rename(incoming / name)
            files.dropped.add(name)


def wait_for_files(server: Place) -> None:
    """Until no file is left on its way; ServerDied if the server ends before."""
    for _ in range(int(WAIT_SECONDS / 0.01)):
        if not any((server.directory / "spool" / "incoming").iterdir()) and not any(
            (server.directory / "spool" / "claimed").iterdir()
        ):
            return
        if server.has_ended(0.01):
            raise ServerDied("files")
    raise AssertionError(f"files are left on their way\n{server.log()}")


# --- the workload ----------------------------------------------------------------------------------------------------


def report(card: str, surname: str, name: str, ticket: str, status: str = "F", flight: str = "451") -> str:
    """What became of one coupon."""
    reported = NOW - timedelta(hours=1 if status == "R" else 2)
    airports = 'departure="DME" arrival="AER"' if flight == "280" else 'departure="AER" arrival="DME"'
    return (
        f'<ffp company="UT">{card}</ffp><passenger surname="{surname}" name="{name}"/>'
        f'<coupon ticket="{ticket}" number="1" status="{status}" reported="{reported:%Y-%m-%dT%H:%M:%SZ}"/>'
        f'<segment company="UT" flight="{flight}" date="{DAY}" {airports} subclass="Y"/>'
    )


def accrual(link: str, *reports: str) -> Message:
    """One ``ffp_accrual``, in the frame of its link; several reports become items."""
    body = reports[0]
    if len(reports) > 1:
        body = "".join(f'<item id="{n}">{report}</item>' for n, report in enumerate(reports, start=1))
    query = f"<query><ffp_accrual>{body}</ffp_accrual></query>"
    return Message(link, (query if link == "dcs" else f"<sirena>{query}</sirena>").encode())


GROMOV = ("2904000000017", "GROMOV", "LEV")
SOKOLOVA = ("2904000000025", "SOKOLOVA", "YULIYA")
BELOVA = ("2904000000058", "BELOVA", "MARINA")
NEUMANN = ("2904000000090", "NEUMANN", "JOERG")


def nil_list(flight: int) -> str:
    """An ETL that says that nobody was on board."""
    day = morning.day_and_month(DAY)
    return f"MOWFFUT\n.DMEKMUT {NOW:%d}0005\nETL\nUT{flight:04}/{day} DME PART1\nNIL\nENDETL\n"


def workload() -> Book:
    """A dozen messages over three protocols and five files: credits, repeats, a refund, refusals, a two-part list."""
    shared = report(*GROMOV, "2984400000032", flight="280")  # PRL and ETL speak of this coupon as well
    check = (
        '<sirena><query><ffp_info><ffp company="UT" surname="NEUMANN" name="JOERG">2904000000090</ffp>'
        "</ffp_info></query></sirena>"
    )
    first, second = morning.prl(NOW - timedelta(minutes=60), DAY)
    cut_off = morning.cut_off(NOW - timedelta(minutes=80), DAY)
    return Book(
        [
            Burst("dcs", [accrual("dcs", shared)]),
            Burst(
                "dcs",
                [
                    accrual(
                        "dcs",
                        report(*SOKOLOVA, "2984400000101"),
                        report("2904999999999", "NOBODY", "NO", "2984400000102"),
                    )
                ],
            ),
            Burst("dcs", [Message("dcs", b'<query><ffp_accrual><ffp company="UT"/></ffp_accrual></query>')]),
            Burst(
                "partners",
                [
                    accrual("partners", report(*BELOVA, "2984400000104")),
                    accrual("partners", report(*SOKOLOVA, "2984400000101")),
                ],
            ),
            Files(
                {
                    "a-ftl.txt": morning.ftl(NOW - timedelta(minutes=90), DAY),
                    "b-prl-2.txt": second,
                    "c-prl-1.txt": first,
                    "d-etl.txt": morning.etl(NOW - timedelta(minutes=6), DAY),
                    "e-cut-off.txt": nil_list(999) + cut_off,
                },
                {"e-cut-off.txt": 2},
            ),
            Burst(
                "gateway",
                [
                    accrual("gateway", report(*NEUMANN, "2984400000105")),
                    accrual("gateway", report(*BELOVA, "2984400000104", "R")),
                    Message("gateway", check.encode(), journalled=False),
                ],
            ),
        ]
    )
