"""XML over HTTP as a departure control system speaks it: one POST, one document, one answer.

Observed of Astra: ``POST /astra`` with Content-Length, Host and ``Content-Type: text/xml; charset="UTF-8"``,
a new connection for every request; it wants status 200 with Content-Length, also for business errors, and
gives up after 10 seconds. Connections that are kept open work as well (RFC 9112 9.3).

Life of a connection: 1. accepted while fewer than ``connections_max`` are open, otherwise closed at once; 2.
the head must be complete ``header_seconds`` after the first byte (or after the connection opened), the body
   ``body_seconds`` after the head; else the connection is closed;
3. wrong path 404, other method 405, body absent 400, encoded 415, above ``body_bytes_max`` 413 and closed; 4.
the message goes to ``handle``; meanwhile nothing more is read than a small buffer (one request at a time); 5.
the answer: 200 with the document, or 503 with Retry-After when nothing was kept; 6. no answer after
``answer_seconds``: 504 and closed; an answer that comes later is dropped, but what it stands for
   was decided, and the repeat gets it;
7. between requests the connection may idle for ``idle_seconds``; a peer that doesn't read is cut off
   ``abort_seconds`` after that.

Built on Twisted's HTTPChannel without ``Site`` and resources: a request costs no tree walk, form parsing,
temporary file or Deferred.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorTime, IStreamServerEndpoint
from twisted.internet.protocol import ServerFactory
from twisted.web import http

from adapter.envelope import Envelope, Handle, Reply

from .limits import HttpLimits
from .peers import Network, is_within

# Twisted's web server is not annotated: for the type checker its classes are Any.
_HTTPRequest: Any = http.Request
_HTTPChannel: Any = http.HTTPChannel
_date_text: Any = http.datetimeToString

_CONTENT_TYPE = b"text/xml; charset=UTF-8"
_PLAIN = b"text/plain; charset=UTF-8"


def _nothing() -> None:
    pass


class _Request(_HTTPRequest):  # type: ignore[misc]
    """One POST; the body is collected in memory, because its size is capped before the first byte is
    taken.
    """

    channel: Any

    def __init__(self, channel: "_Channel", queued: object = False) -> None:
        super().__init__(channel, queued)
        self._link = channel.link
        self._body: list[bytes] = []
        self._size = 0
        self._deadline: Any = None
        self._answered = False

    def gotLength(self, length: int | None) -> None:
        """The head is complete: a body that announces itself as too long is refused before it arrives."""
        if length is not None and length > self._link.limits.body_bytes_max:
            self.channel.refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        """Collect the body; chunked bodies announce no length, so the cap is checked here too."""
        self._size += len(data)
        if self._size > self._link.limits.body_bytes_max:
            self._body.clear()
            self.channel.refuse_body()
        else:
            self._body.append(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The request is complete. Twisted's own version would parse forms and queries, which nobody here
        reads.
        """
        self.method, self.uri, self.clientproto = command, path, version
        self.path = path.split(b"?", 1)[0]
        if self.channel.refused:
            return
        self.process()

    def process(self) -> None:
        """Hand the message over, or say what is wrong with the request itself."""
        link = self._link
        encodings = self.requestHeaders.getRawHeaders(b"content-encoding", [])
        if self.path != link.path:
            self._plain(404, b"No such path")
        elif self.method != b"POST":
            self.setHeader(b"Allow", b"POST")
            self._plain(405, b"Only POST is served here")
        elif any(encoding.strip().lower() != b"identity" for encoding in encodings):
            self._plain(415, b"Encoded bodies are not served")
        elif link.is_blank(body := b"".join(self._body)):
            self._plain(400, b"A document is expected in the body")
        else:
            self._deadline = link.clock.callLater(link.limits.answer_seconds, self._too_late)
            link.dispatch(body, self._reply)

    def connectionLost(self, reason: Any) -> None:
        """The peer has gone: what it asked for goes on, its answer has nowhere to go."""
        self._settled()
        super().connectionLost(reason)

    def _reply(self, reply: Reply) -> None:
        if not self._settled():
            self._link.late += 1
            self._link.count("answer_unsent")
        elif (answer := self._link.answer(reply)) is None:
            self._link.count("not_processed")
            self.setHeader(b"Retry-After", b"%d" % self._link.limits.retry_after_seconds)
            self._plain(503, b"Nothing was kept, please repeat")
        else:
            self._link.count("answered")
            self._respond(200, *answer)

    def _too_late(self) -> None:
        self._deadline = None
        self._answered = True
        self._link.count("answer_too_late")
        self.channel.persistent = False
        self.setHeader(b"Connection", b"close")
        self._plain(504, b"No answer in time, please repeat")

    def _settled(self) -> bool:
        """Close the question whether this request is still to be answered; False when it was closed
        before.
        """
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        first = not self._answered
        self._answered = True
        return first

    def _plain(self, code: int, text: bytes) -> None:
        self._link.count(f"status_{code}")
        self._respond(code, text + b"\n", _PLAIN)

    def _respond(self, code: int, body: bytes, content_type: bytes) -> None:
        if self._link.stopping:
            self.channel.persistent = False
            self.setHeader(b"Connection", b"close")
        self.setResponseCode(code)
        self.setHeader(b"Date", self._link.date())
        self.setHeader(b"Content-Type", content_type)
        self.setHeader(b"Content-Length", b"%d" % len(body))
        self.write(body)
        self.finish()


class _Channel(_HTTPChannel):  # type: ignore[misc]
    """Twisted's parser with deadlines for head and body instead of one that every byte pushes further."""

    requestFactory = _Request

    def __init__(self, link: "HttpLink") -> None:
        super().__init__()
        self.link = link
        self.refused = False
        self.callLater = link.clock.callLater
        self.timeOut = link.limits.header_seconds
        self.abortTimeout = link.limits.abort_seconds
        self._between = False
        self._abortingCall: Any = None

    def connectionMade(self) -> None:
        """Start the deadline for the first head."""
        super().connectionMade()
        self.link.channels[self] = None
        if self.link.paused:
            self.hold()

    def dataReceived(self, data: bytes) -> None:
        """Feed the parser without pushing the deadline further."""
        if self.refused:
            return
        if self._between and not self._handlingRequest:
            self._between = False
            self.setTimeout(self.link.limits.header_seconds)
        # Not HTTPChannel's own: that one would restart the timer for every byte of a slow sender.
        super(_HTTPChannel, self).dataReceived(data)

    def allHeadersReceived(self) -> None:
        """The head is there in time; now the body has its own deadline."""
        self._between = False
        self.setTimeout(self.link.limits.body_seconds)
        super().allHeadersReceived()

    def requestDone(self, request: http.Request) -> None:
        """The answer is written: go on with the connection or see to it that it really ends."""
        self._between = True
        self._savedTimeOut = self.link.limits.idle_seconds
        super().requestDone(request)
        if not self.persistent:
            self._abort_later()
        elif self.link.paused:
            self.hold()

    def resumeProducing(self) -> None:
        """The peer reads again; go on reading from it, unless the link is held."""
        super().resumeProducing()
        if self.link.paused:
            self.hold()

    def connectionLost(self, reason: Any) -> None:
        """Forget the connection."""
        super().connectionLost(reason)
        self.link.forget(self)

    def refuse_body(self) -> None:
        """Answer 413 and close; the rest of the body is not read."""
        if self.refused:
            return
        self.refused = True
        self.link.count("refused_body_too_long")
        self.persistent = False
        text = b"The body is longer than this link takes\n"
        self.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
            b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (_PLAIN, len(text), text)
        )
        self.setTimeout(None)
        self._abort_later()
        self.loseConnection()

    def _abort_later(self) -> None:
        # The peer has to take the answer in; a buffer that nobody empties must not live for ever.
        if self._abortingCall is None:
            self._abortingCall = self.callLater(self.abortTimeout, self.forceAbortClient)

    def _send100Continue(self) -> None:
        if not self.refused:
            super()._send100Continue()

    @property
    def busy(self) -> bool:
        """True from the first byte of a request to the last of its answer."""
        return bool(self.requests)

    @property
    def closing(self) -> bool:
        """True when the connection only waits for the peer to take its last answer in."""
        return self._abortingCall is not None

    def hold(self) -> None:
        """Take nothing more from the peer for now."""
        if not self.closing:
            self._networkProducer.pauseProducing()

    def release(self) -> None:
        """Take what the peer sends again."""
        if not (self.closing or self._waitingForTransport):
            self._networkProducer.resumeProducing()


class HttpLink(ServerFactory):
    """A listener for one HTTP link; messages go to ``handle`` and their replies come back as HTTP answers.

    ``pause`` and ``resume`` are called when the gate fills up: connections stay, nothing is read, new ones
    wait in the kernel's backlog. ``stop`` closes the listener and idle connections and fires when the busy
    ones are done.
    """

    noisy = False

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        *,
        path: str = "/astra",
        limits: HttpLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] = lambda event: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.path = path.encode("ascii")
        self.limits = limits or HttpLimits()
        self.clock = clock
        self.channels: dict[_Channel, None] = {}
        self.count = count
        self.paused = False
        self.stopping = False
        self.late = 0
        self._handle = handle
        self._peers = peers
        self._now = now
        self._serial = 0
        self._port: IListeningPort | None = None
        self._drained: Deferred[None] | None = None
        self._date = (-1, b"")

    def listen(self, endpoint: IStreamServerEndpoint) -> "Deferred[IListeningPort]":
        """Open the listener; the Deferred fails when the address can't be had."""

        def opened(port: IListeningPort) -> IListeningPort:
            self._port = port
            return port

        return endpoint.listen(self).addCallback(opened)

    def buildProtocol(self, addr: IAddress | None) -> _Channel | None:
        """Take the connection, or have it closed at once when it may not connect or there are too many."""
        if self.stopping:
            return None
        if self._peers is not None and not is_within(str(getattr(addr, "host", "")), self._peers):
            self.count("refused_peer")
            return None
        if len(self.channels) >= self.limits.connections_max:
            self.count("refused_connections_max")
            return None
        self.count("connected")
        return _Channel(self)

    def dispatch(self, raw: bytes, done: Callable[[Reply], None]) -> None:
        """Hand one document over under the next number of this link."""
        self._serial += 1
        self.count("received")
        self._handle(self.envelope(str(self._serial), raw, self._now()), done)

    def envelope(self, number: str, raw: bytes, received_at: datetime) -> Envelope:
        """What a body is."""
        return Envelope(self.name, "http", number, raw, received_at)

    def is_blank(self, body: bytes) -> bool:
        """Whether a body is none."""
        return not body

    def answer(self, reply: Reply) -> tuple[bytes, bytes] | None:
        """Body and content type of the answer with status 200; None where nothing was kept."""
        return None if reply.not_processed or reply.body is None else (reply.body, _CONTENT_TYPE)

    def pause(self) -> None:
        """Read nothing more; requests that are complete are still answered."""
        if not self.paused:
            self.paused = True
            if self._port is not None:
                # Only ports of a reactor can stop accepting; those of other endpoints go on.
                getattr(self._port, "stopReading", _nothing)()
            for channel in self.channels:
                channel.hold()

    def resume(self) -> None:
        """Read again."""
        if self.paused:
            self.paused = False
            if self._port is not None and not self.stopping:
                getattr(self._port, "startReading", _nothing)()
            for channel in list(self.channels):
                channel.release()

    def stop(self) -> "Deferred[None]":
        """Stop listening, then drain."""
        self.stopping = True
        port, self._port = self._port, None
        closed = succeed(None) if port is None else maybeDeferred(port.stopListening)
        return closed.addCallback(lambda _none: self.drain())

    def drain(self) -> "Deferred[None]":
        """Close every connection once its request is answered; fires when the last one is gone."""
        self.stopping = True
        self._drained = Deferred()
        for channel in list(self.channels):
            if not (channel.busy or channel.closing):
                channel.loseConnection()
        drained = self._drained
        self._check_drained()
        return drained

    def forget(self, channel: _Channel) -> None:
        """A connection has ended."""
        self.channels.pop(channel, None)
        self.count("disconnected")
        self._check_drained()

    def date(self) -> bytes:
        """The Date header of this second (RFC 9110 6.6.1); made once a second, not once an answer."""
        second = int(self._now().timestamp())
        if self._date[0] != second:
            self._date = (second, _date_text(second))
        return self._date[1]

    def _check_drained(self) -> None:
        if self._drained is not None and not self.channels:
            drained, self._drained = self._drained, None
            drained.callback(None)
