"""A sender of telegrams on a plain TCP stream, with acknowledgements or without."""

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from adapter.wire.typeb_stream import Framing, TypebStream


class TelegramLine(Protocol):
    """One connection; ``send`` may be called any number of times at once. ``received`` has what came back."""

    transport: Any

    def __init__(self, clock: IReactorTime, framing: Framing, ack_seconds: float = 60.0) -> None:
        self.received: list[bytes] = []
        self.closed: Deferred[None] = Deferred()
        self._clock = clock
        self._codec = TypebStream(framing)
        self._ack_seconds = ack_seconds
        self._waiting: deque[Deferred[None]] = deque()

    @classmethod
    def connect(
        cls, endpoint: IStreamClientEndpoint, clock: IReactorTime, framing: Framing
    ) -> "Deferred[TelegramLine]":
        """A connected line; the Deferred fails if nobody listens."""
        connect: Any = connectProtocol  # not annotated
        connected: Deferred[TelegramLine] = connect(endpoint, cls(clock, framing))
        return connected

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Fires with the acknowledgement; fails when the connection ends or the time is over."""
        kept: Deferred[None] = Deferred(lambda _d: self.transport.abortConnection())
        self._waiting.append(kept)
        kept.addTimeout(self._ack_seconds, self._clock)
        self.write(telegram)
        return kept

    def write(self, telegram: bytes) -> None:
        """Sends without waiting for anything."""
        self.transport.write(self._codec.send(telegram))

    def close(self) -> "Deferred[None]":
        """Fires when the connection is closed, all that was written having gone out."""
        self.transport.loseConnection()
        return self.closed

    def dataReceived(self, data: bytes) -> None:
        self._codec.receive_data(data)
        while (frame := self._codec.next_frame()) is not None:
            self.received.append(frame.raw)
        acks, self._codec.acks = self._codec.acks, 0
        for _ in range(acks):
            if self._waiting:
                self._waiting.popleft().callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.called:
                waiting.errback(reason)
        self.closed.callback(None)
