"""A host's client for XML behind a 4-byte length; answers belong to requests by their order."""

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from adapter.wire.length_prefixed import LengthPrefixedConnection


class LengthPrefixedClient(Protocol):
    """One connection; ``ask`` may be called any number of times at once."""

    transport: Any

    def __init__(self, clock: IReactorTime, answer_seconds: float = 60.0) -> None:
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._codec = LengthPrefixedConnection()
        self._waiting: deque[Deferred[bytes]] = deque()

    @classmethod
    def connect(
        cls, endpoint: IStreamClientEndpoint, clock: IReactorTime
    ) -> "Deferred[LengthPrefixedClient]":
        """A connected client; the Deferred fails if nobody listens."""
        connect: Any = connectProtocol  # not annotated
        connected: Deferred[LengthPrefixedClient] = connect(endpoint, cls(clock))
        return connected

    def ask(self, body: bytes) -> "Deferred[bytes]":
        """Send one message; fires with the answer, fails when the connection ends or the time is over."""
        # Out of time means out of step: later answers couldn't be matched any more, so the connection ends
        # with it.
        answered: Deferred[bytes] = Deferred(lambda _d: self.transport.abortConnection())
        self._waiting.append(answered)
        answered.addTimeout(self._answer_seconds, self._clock)
        self.transport.write(self._codec.send(body))
        return answered

    def close(self) -> None:
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        self._codec.receive_data(data)
        while (body := self._codec.next_frame()) is not None:
            if self._waiting:
                self._waiting.popleft().callback(body)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.called:
                waiting.errback(reason)
