"""Load over the XML gateway: many connections, several requests in flight on each, every answer timed.

Closed loop: a connection sends its next request when an answer has come, so the gateway sets the pace and what is
measured is what it can bear.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from adapter.wire.sirena_client import ClientConnection

ANSWER_SECONDS = 60.0
"""A connection that hears nothing for so long is given up; the run fails."""


@dataclass(slots=True)
class Load:
    """What a run found. ``latencies`` in seconds, in order of arrival; ``refused`` answers had no wanted text."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    sample: bytes = b""

    def quantile(self, share: float) -> float:
        """The latency that ``share`` of the answers didn't exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def as_data(self) -> dict[str, Any]:
        count = len(self.latencies)
        return {
            "answers": count,
            "refused": self.refused,
            "seconds": round(self.seconds, 3),
            "per_second": round(count / self.seconds, 1) if self.seconds else 0.0,
            "p50_ms": round(self.quantile(0.5) * 1000, 2),
            "p99_ms": round(self.quantile(0.99) * 1000, 2),
            "refused_sample": self.sample.decode("utf-8", "replace")[:500],
        }


class _Connection(Protocol):
    transport: Any

    def __init__(
        self, reactor: Any, client_id: int, bodies: Iterator[bytes], in_flight: int, wanted: bytes, load: Load
    ) -> None:
        self.ended: Deferred[None] = Deferred()
        self._reactor = reactor
        self._codec = ClientConnection(client_id)
        self._bodies = bodies
        self._window = in_flight
        self._wanted = wanted
        self._load = load
        self._sent: dict[int, float] = {}
        self._next_id = 0

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)
        self._silence = self._reactor.callLater(ANSWER_SECONDS, self._give_up)
        for _each in range(self._window):
            self._send()
        self._maybe_end()

    def _send(self) -> None:
        body = next(self._bodies, None)
        if body is None:
            return
        self._next_id += 1
        self._sent[self._next_id] = time.perf_counter()
        self.transport.write(self._codec.send(self._next_id, body, created=0, zlib=False, encrypt=False))

    def dataReceived(self, data: bytes) -> None:
        self._silence.reset(ANSWER_SECONDS)
        self._codec.receive_data(data)
        while (answer := self._codec.next_answer()) is not None:
            self._load.latencies.append(time.perf_counter() - self._sent.pop(answer.message_id))
            if self._wanted not in answer.body:
                self._load.refused += 1
                self._load.sample = self._load.sample or answer.body
            self._send()
        self._maybe_end()

    def _maybe_end(self) -> None:
        if not self._sent and not self.ended.called:
            self.ended.callback(None)
            self.transport.loseConnection()

    def _give_up(self) -> None:
        if not self.ended.called:
            self.ended.errback(TimeoutError(f"the gateway was silent for {ANSWER_SECONDS:g} s"))
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._silence.active():
            self._silence.cancel()
        if not self.ended.called:
            self.ended.errback(reason)


async def run_load(
    reactor: Any,
    host: str,
    port: int,
    client_id: int,
    bodies: Iterator[bytes],
    *,
    connections: int,
    in_flight: int,
    wanted: bytes,
) -> Load:
    """Sends all ``bodies`` and waits for their answers; ``wanted`` is a text that good answers hold.

    Raises FirstError around ConnectionClosed or TimeoutError when the gateway doesn't answer everything.
    """
    load = Load()
    began = time.perf_counter()
    connect: Any = connectProtocol  # not annotated
    running = []
    for _each in range(connections):
        connection = _Connection(reactor, client_id, bodies, in_flight, wanted, load)
        await connect(TCP4ClientEndpoint(reactor, host, port), connection)
        running.append(connection.ended)
    await gatherResults(running, consumeErrors=True)
    load.seconds = time.perf_counter() - began
    return load
