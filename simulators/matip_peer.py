"""The far end of a MATIP session: a teletype network or a departure control system that calls, or is called."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import (
    IListeningPort,
    IReactorTime,
    IStreamClientEndpoint,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from adapter.errors import WireError
from adapter.wire.matip import (
    Closed,
    Ignored,
    MatipConnection,
    OpenAsked,
    Opened,
    Refused,
    State,
    TelegramCame,
    is_higher,
)
from adapter.wire.matip_codings import decode, encode
from adapter.wire.matip_packets import Cause, Opening


class SessionError(Exception):
    """No session came about, or it ended too early."""


def _nothing(_text: str) -> None:
    pass


class MatipPeer(Protocol):
    """One connection. ``opening`` is what this side speaks; it is sent where ``opens``, expected where not.

    ``took`` gets every telegram, in ASCII where the coding is another; ``said`` a line about everything else.
    """

    transport: Any

    def __init__(
        self,
        clock: IReactorTime,
        opening: Opening,
        *,
        opens: bool = True,
        took: Callable[[bytes], None] = lambda _telegram: None,
        said: Callable[[str], None] = _nothing,
        open_seconds: float = 30.0,
    ) -> None:
        self.opening = opening
        self.opened: Deferred[None] = Deferred()
        self.ended: Deferred[None] = Deferred()
        self._opens = opens
        self._took = took
        self._said = said
        self._codec = MatipConnection(wins_collision=False)
        self._clock = clock
        self._open_seconds = open_seconds

    @classmethod
    def connect(cls, endpoint: IStreamClientEndpoint, peer: "MatipPeer") -> "Deferred[MatipPeer]":
        """Call; the Deferred fails if nobody listens. The session is another matter: ``opened``."""
        call: Any = connectProtocol  # not annotated
        connected: Deferred[MatipPeer] = call(endpoint, peer)
        return connected

    @classmethod
    def listen(cls, endpoint: IStreamServerEndpoint, peer: "MatipPeer") -> "Deferred[IListeningPort]":
        """Wait for one call; later ones are turned away."""
        waiting = [peer]

        class OneCall(Factory):
            noisy = False

            def buildProtocol(self, addr: Any) -> MatipPeer | None:
                return waiting.pop() if waiting else None

        return endpoint.listen(OneCall())

    def send(self, telegram: bytes) -> None:
        """Send one telegram. ValueError when there is no session, or the coding lacks a character."""
        self.transport.write(self._codec.send(encode(telegram, self.opening.coding)))

    def close(self, code: int = 0) -> "Deferred[None]":
        """Close session and connection; fires when it is gone."""
        if self._codec.state is State.OPEN:
            self.transport.write(self._codec.close(code))
        self.transport.loseConnection()
        return self.ended

    def connectionMade(self) -> None:
        ours, theirs = self.transport.getHost(), self.transport.getPeer()
        self._codec = MatipConnection(
            wins_collision=is_higher((ours.host, ours.port), (theirs.host, theirs.port))
        )
        self._timer = self._clock.callLater(self._open_seconds, self._too_slow)
        if self._opens:
            self.transport.write(self._codec.open(self.opening))

    def dataReceived(self, data: bytes) -> None:
        self._codec.receive_data(data)
        try:
            while (event := self._codec.next_event()) is not None:
                self._happened(event)
        except WireError as error:
            self._said(f"the other side broke the protocol: {error}")
            self.transport.write(error.reply)
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._fail("the connection ended before a session was open")
        self.ended.callback(None)

    def _happened(self, event: Any) -> None:
        match event:
            case TelegramCame(payload):
                self._took(decode(payload, self.opening.coding))
            case OpenAsked(opening):
                cause = self._objection(opening)
                self.transport.write(self._codec.accept() if cause is None else self._codec.refuse(cause))
                word = "accepted" if cause is None else "refused"
                self._said(f"{word} the session that was asked for: {_words(opening)}")
                if cause is None:
                    self._begin()
            case Opened():
                self._said("the session is open")
                self._begin()
            case Refused(code, cause):
                self._fail(f"the session was refused: {cause.name.lower() if cause else f'0x{code:02X}'}")
                self.transport.loseConnection()
            case Closed(code):
                self._said(f"the session was closed with 0x{code:02X}")
            case Ignored(why):
                self._said(f"ignored: {why}")

    def _objection(self, opening: Opening) -> Cause | None:
        if opening.protection != self.opening.protection:
            return Cause.PROTECTION
        return Cause.INCOHERENT if opening.coding is not self.opening.coding else None

    def _begin(self) -> None:
        if not self.opened.called:
            self._timer.cancel()
            self.opened.callback(None)

    def _fail(self, text: str) -> None:
        if not self.opened.called:
            if self._timer.active():
                self._timer.cancel()
            self.opened.errback(SessionError(text))

    def _too_slow(self) -> None:
        self._fail(f"no session was open after {self._open_seconds:g} s")
        self.transport.loseConnection()


def _words(opening: Opening) -> str:
    hlds = ""
    if opening.sender_hld is not None:
        hlds = f", HLD {opening.sender_hld:04X} to {opening.recipient_hld:04X}"
    sender = "gateway" if opening.from_gateway else "host"
    return f"{opening.coding.name}, protection {opening.protection}, {sender}{hlds}"
