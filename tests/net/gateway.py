"""A gateway link without sockets: string transports, a clock, and a handler that answers when it is told to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from adapter.envelope import Envelope, Reply
from adapter.net.link import StreamLink


@dataclass
class Handler:
    """Collects what a link hands over; ``answer`` answers the n-th of it."""

    received: list[tuple[Envelope, Callable[[Reply], None]]] = field(default_factory=list)
    at_once: Reply | None = None

    def __call__(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        self.received.append((envelope, done))
        if self.at_once is not None:
            done(self.at_once)

    @property
    def envelopes(self) -> list[Envelope]:
        return [envelope for envelope, _done in self.received]

    def answer(self, index: int, body: bytes | None = None, **more: Any) -> None:
        self.received[index][1](Reply(body, **more))


class Peer:
    """One connection to a link, seen from outside."""

    def __init__(self, link: StreamLink, host: str = "127.0.0.1") -> None:
        address = IPv4Address("TCP", host, 40000)
        self.transport = StringTransport(peerAddress=address)
        self.connection: Any = link.buildProtocol(address)
        if self.connection is not None:
            self.connection.makeConnection(self.transport)

    @property
    def is_refused(self) -> bool:
        return self.connection is None

    @property
    def is_closed(self) -> bool:
        return self.transport.disconnecting

    @property
    def is_aborted(self) -> bool:
        return self.transport.disconnected

    @property
    def is_read_from(self) -> bool:
        return self.transport.producerState == "producing"

    def send(self, data: bytes) -> None:
        self.connection.dataReceived(data)

    def written(self) -> bytes:
        data = self.transport.value()
        self.transport.clear()
        return data

    def gone(self) -> None:
        """The connection is lost."""
        from twisted.internet.error import ConnectionDone
        from twisted.python.failure import Failure

        self.connection.connectionLost(Failure(ConnectionDone()))


def clock_at(seconds: float = 1_800_000_000.0) -> Clock:
    clock = Clock()
    clock.rightNow = seconds
    return clock


def counting() -> tuple[Counter[str], Callable[[str], None]]:
    counts: Counter[str] = Counter()

    def count(word: str) -> None:
        counts[word] += 1

    return counts, count
