"""A departure control system asking over HTTP, with the habits of the real one.

Every request has its own connection, its three headers come in a fixed order, the answer has to be status 200
with Content-Length, and after ``answer_seconds`` it gives up. The real one asks again if the connection was
closed before the status line came; this one tells it.
"""

from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

ANSWER_SECONDS = 10.0


class HttpError(Exception):
    """What came back is not what this DCS can use."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


def request_bytes(host: str, port: int, path: str, body: bytes) -> bytes:
    """The request as it goes over the line."""
    head = (
        f"POST {path} HTTP/1.1\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Host: {host}:{port}\r\n"
        'Content-Type: text/xml; charset="UTF-8"\r\n'
        "\r\n"
    )
    return head.encode("ascii") + body


class _Exchange(Protocol):
    transport: Any

    def __init__(self, request: bytes) -> None:
        self.answered: Deferred[HttpAnswer] = Deferred(lambda _d: self.transport.abortConnection())
        self._request = request
        self._data = b""

    def connectionMade(self) -> None:
        self.transport.write(self._request)

    def dataReceived(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or self.answered.called:
            return
        try:
            status, headers = _read_head(head)
            length = int(headers["content-length"])
        except (ValueError, KeyError, IndexError):
            self._finish(HttpError(f"unusable answer: {head[:200]!r}"))
            return
        if len(body) >= length:
            self._finish(HttpAnswer(status, headers, body[:length]))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if b"\r\n" not in self._data:
            self._finish(HttpError("closed before the status line"))
        else:
            self._finish(HttpError("closed within the answer"))

    def _finish(self, result: HttpAnswer | HttpError) -> None:
        if self.answered.called:
            return
        if isinstance(result, HttpAnswer):
            self.answered.callback(result)
        else:
            self.answered.errback(result)
        self.transport.loseConnection()


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _colon, value in pairs}


@dataclass(frozen=True, slots=True)
class HttpDcs:
    """The DCS; ``ask`` may be called any number of times at once."""

    reactor: Any
    host: str
    port: int
    path: str = "/astra"
    answer_seconds: float = ANSWER_SECONDS

    async def ask(self, body: bytes) -> HttpAnswer:
        """One question; HttpError if there is no usable answer, TimeoutError if there is none in time."""
        endpoint = HostnameEndpoint(self.reactor, self.host, self.port, timeout=self.answer_seconds)
        exchange = _Exchange(request_bytes(self.host, self.port, self.path, body))
        connect: Any = connectProtocol  # not annotated
        await connect(endpoint, exchange)
        exchange.answered.addTimeout(self.answer_seconds, self.reactor)
        return await exchange.answered
