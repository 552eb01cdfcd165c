"""Connections for requests of ours over HTTP: one is kept for the next request, each knows whom it talks to.

Twisted's agent and pool, with two things added. A request waits until the TLS handshake is over and the certificate
holds for the name: as long as it waits, nothing of it has left, and whoever asks can be told so. And an answer, head
and body together, is cut off above ``ANSWER_BYTES_MAX``; Twisted's parser itself would take headers without end.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener, IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from twisted.web import client
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

# Twisted's web client is annotated in part: for the type checker its classes are Any.
_Client: Any = client.HTTP11ClientProtocol  # type: ignore[attr-defined]
_HTTPConnectionPool: Any = client.HTTPConnectionPool
_Agent: Any = client.Agent

ANSWER_BYTES_MAX = 16 * 1024
"""What an answer may have: room for an error page, since most of what is asked for is answered by a word."""
KEPT_SECONDS = 30.0
"""How long a connection is kept for the next request: less than listeners usually wait before they close it."""


class HttpPool(_HTTPConnectionPool):  # type: ignore[misc]
    """Keeps one connection, and knows those in use."""

    maxPersistentPerHost = 1
    cachedConnectionTimeout = KEPT_SECONDS
    # What may have arrived is repeated by those who know whether that is harmless, never behind their backs.
    retryAutomatically = False

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.connections: set[_Connection] = set()

    def agent(self, endpoint: IStreamClientEndpoint) -> Any:
        """An agent whose every request goes to this endpoint, whatever the host in its URL."""
        return _Agent.usingEndpointFactory(self._reactor, _One(endpoint), self)

    def abort(self) -> None:
        """End all connections at once, without waiting for the other side's consent."""
        self.closeCachedConnections()
        for connection in list(self.connections):
            connection.abort_now()

    def _factory(self, idle: Callable[[Any], None], _endpoint: str) -> "_Connections":
        return _Connections(idle, self.connections)


class AnswerBody(Protocol):
    """Collects the body of an answer; ``whole`` fails when it is cut off."""

    def __init__(self) -> None:
        self.whole: Deferred[bytes] = Deferred()
        self._data: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        self._data.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.whole.called:
            return
        # An answer without a length ends with its connection, and nobody knows whether that was the whole.
        if isinstance(reason.value, client.ResponseDone | PotentialDataLoss):
            self.whole.callback(b"".join(self._data))
        else:
            self.whole.errback(reason)


@implementer(IHandshakeListener)
class _Connection(_Client):  # type: ignore[misc]
    def __init__(self, idle: Callable[[Any], None], connections: "set[_Connection]") -> None:
        super().__init__(self._keep)
        self._idle = idle
        self._connections = connections
        self._received = 0
        self._is_known = self._is_over = False
        self._waiting: Deferred[None] | None = None

    def connectionMade(self) -> None:
        super().connectionMade()
        self._connections.add(self)
        self._is_known = not isinstance(self.transport, TLSMemoryBIOProtocol)

    def handshakeCompleted(self) -> None:
        # Also called when the certificate is another host's; then the connection is about to end.
        if not self.transport.disconnecting:
            self._is_known = True
            self._end_wait(None)

    def request(self, request: Any) -> Any:
        self._received = 0
        send = super().request
        if self._is_known:
            return send(request)
        self._waiting = Deferred()
        return self._waiting.addCallback(lambda _: send(request))

    def dataReceived(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > ANSWER_BYTES_MAX:
            self.abort_now()
        else:
            super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._connections.discard(self)
        super().connectionLost(reason)
        self._end_wait(reason)

    def abort_now(self) -> None:
        self._is_over = True
        self.transport.abortConnection()

    def _keep(self, _self: Any) -> None:
        # The end of an answer that nobody wanted any more may have come with its beginning.
        if not self._is_over:
            self._idle(self)

    def _end_wait(self, result: Any) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.called:
            waiting.callback(result)


class _Connections(Factory):
    noisy = False

    def __init__(self, idle: Callable[[Any], None], connections: set[_Connection]) -> None:
        self._idle = idle
        self._connections = connections

    def buildProtocol(self, addr: Any) -> Any:
        return _Connection(self._idle, self._connections)


@implementer(IAgentEndpointFactory)
class _One:
    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint

    def endpointForURI(self, uri: Any) -> IStreamClientEndpoint:
        return self._endpoint
