"""One connection of a stream link: frames, timers, endings. What a frame is and what becomes of it, a subclass says.

Life of a connection:

1. Accepted if the peer may connect and there is room; the connection that was idle longest gives way to it.
2. Bytes become frames, and a subclass deals with each. While it has no room for another (or the link is paused)
   nothing more is read, and TCP tells the peer.
3. A peer that doesn't take in what is written isn't read from either, and is cut off after ``out_stalled_seconds``.
4. A frame that began has to end in time: ``header_seconds``, then ``body_seconds``. Between frames a
   connection may idle as long as it likes; TCP keep-alive finds the dead ones.
5. When the application stops, the subclass knows what is still to be said before we close. Where the peer wouldn't
   repeat what it has sent, we part instead: our half is closed, and what was on its way is still taken.
"""

import logging
import socket
from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, ISSLTransport, ITCPTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from adapter.errors import WireError
from adapter.wire.framing import Waiting

from .limits import SocketLimits

if TYPE_CHECKING:
    from .link import StreamLink

_log = logging.getLogger("ffgate.link")

_SHOWN_BYTES = 48
"""Of the bytes that broke the protocol: the size of what the security log gets to see."""


@implementer(IPushProducer)
class LinkConnection(Protocol, metaclass=ABCMeta):
    """One connection; a subclass knows the frames.

    As a producer it stands for what it writes: pausing it pauses reading.
    """

    transport: Any

    def __init__(self, link: "StreamLink", host: str) -> None:
        self.link = link
        self.host = host
        self.last_used = link.now()
        self.is_closing = False
        self.is_parting = False
        self._frames = 0
        self._pumping = False
        self._stalled = False
        self._reading = True
        self._partial: tuple[Waiting, int] | None = None
        self._partial_timer: IDelayedCall | None = None
        self._out_timer: IDelayedCall | None = None

    # What a subclass says.

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Give bytes to the codec."""

    @abstractmethod
    def take_frame(self) -> bool:
        """Take one frame from the codec and deal with it; False if there is none."""

    @abstractmethod
    def waiting(self) -> Waiting:
        """What the codec's incomplete frame lacks."""

    @abstractmethod
    def stop(self) -> None:
        """The application stops: begin to end the connection, so that the peer loses nothing by it."""

    # Twisted's events.

    def connectionMade(self) -> None:
        self.link.connections[self] = None
        self.link.count("connected")
        prepare(self.transport, self.link.limits)
        self.transport.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        if self.is_closing:
            return  # only drained, so that closing doesn't reset the connection
        self.last_used = self.link.now()
        self.receive(data)
        self.pump(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_closing = True
        if self.waiting() is not Waiting.NOTHING:
            self.link.count("frame_cut_off")
        self._watch_partial()
        self._stop_out_timer()
        self.link.forget(self)

    def pauseProducing(self) -> None:
        """The peer doesn't take in what is written: the transport holds ``out_buffer_bytes_max`` of them."""
        self._stalled = True
        self.link.count("out_buffer_full")
        self._start_out_timer(self.link.limits.out_stalled_seconds)
        self.pump()

    def resumeProducing(self) -> None:
        """The peer has taken everything in."""
        self._stalled = False
        self._stop_out_timer()
        self.pump()

    def stopProducing(self) -> None:
        """The connection is about to be lost."""
        self.is_closing = True

    # The way of a frame.

    @property
    def in_flight(self) -> int:
        """Messages handed over that are to be answered here."""
        return 0

    @property
    def is_idle(self) -> bool:
        """It may give way to another."""
        return self.waiting() is Waiting.NOTHING

    def pump(self, data: bytes = b"") -> None:
        """Deal with the frames that are there, as far as the windows allow."""
        if self._pumping:
            return  # an answer that came at once: the loop below goes on anyway
        self._pumping = True
        try:
            while self._may_take() and self.take_frame():
                self._frames += 1
        except WireError as error:
            self.break_off(error, data)
        finally:
            self._pumping = False
        self._set_reading()
        self._watch_partial()

    def _may_take(self) -> bool:
        return not (
            self.is_closing
            or self._stalled
            or self.link.is_paused
            or (self.link.is_stopping and not self.is_parting)
        )

    def _set_reading(self) -> None:
        wanted = self.is_closing or self._may_take()
        if wanted != self._reading:
            self._reading = wanted
            if wanted:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()

    def _watch_partial(self) -> None:
        # A peer that we don't read from can't be late.
        waiting = Waiting.NOTHING if self.is_closing or not self._reading else self.waiting()
        partial_frame = None if waiting is Waiting.NOTHING else (waiting, self._frames)
        if partial_frame == self._partial:
            return
        self._partial = partial_frame
        if self._partial_timer is not None:
            self._partial_timer.cancel()
            self._partial_timer = None
        if partial_frame is not None:
            limits = self.link.limits
            seconds = limits.header_seconds if waiting is Waiting.HEADER else limits.body_seconds
            self._partial_timer = self.link.clock.callLater(seconds, self._too_slow, waiting, seconds)

    def _too_slow(self, waiting: Waiting, seconds: float) -> None:
        self._partial_timer = None
        self._partial = None
        text = f"the {waiting.value} of a frame was not complete after {seconds:g} s"
        self.break_off(WireError(f"{waiting.value}_too_slow", text))

    # Endings.

    def refuse(self, code: str, text: str) -> bool:
        """Count something refused; True when it was one too many, and the peer was dropped."""
        self.link.count(f"refused_{code}")
        _log.warning("%s: refused %s: %s: %s", self.link.name, self.host, code, text)
        if not self.link.watch.refuse(self.host, self.link.now()):
            return False
        self.link.count("peer_dropped")
        _log.warning("%s: %s is kept out: too many refusals", self.link.name, self.host)
        for connection in [one for one in self.link.connections if one.host == self.host]:
            connection.close()
        return True

    def break_off(self, error: WireError, data: bytes = b"") -> None:
        """The peer broke the protocol: its reject, if there is one, and the end."""
        if error.reply:
            self.transport.write(error.reply)
        if data:
            _log.warning("%s: bytes from %s: %s", self.link.name, self.host, data[:_SHOWN_BYTES].hex())
        self.refuse(error.code, str(error))
        self.close()

    def close(self, *, linger: bool = True) -> None:
        """Close after what was written has gone out.

        Closing a socket that holds unread bytes resets the connection, and the peer loses the answers on the
        way to it. So our half is closed first, and for ``linger_seconds`` whatever still comes is read and
        dropped.
        """
        if self.is_closing:
            return
        if self.is_parting:
            self.abort()  # all was said, and our half is closed already
            return
        self.is_closing = True
        self._set_reading()
        self._watch_partial()
        self._say_no_more(linger)

    def part(self) -> None:
        """Say no more, but take what is on its way, until the peer closes too or ``linger_seconds`` are over."""
        if self.is_closing or self.is_parting:
            return
        self.is_parting = True
        self._stalled = False
        self.pump()
        if not self.is_closing:
            self._say_no_more()

    def abort(self) -> None:
        """Cut the connection now."""
        self.is_closing = True
        self._watch_partial()
        self._stop_out_timer()
        self.transport.abortConnection()

    def _say_no_more(self, linger: bool = True) -> None:
        self.transport.unregisterProducer()
        self._start_out_timer(self.link.limits.linger_seconds)
        plain = ITCPTransport.providedBy(self.transport) and not ISSLTransport.providedBy(self.transport)
        if linger and plain:
            self.transport.loseWriteConnection()
        else:
            self.transport.loseConnection()

    def _start_out_timer(self, seconds: float) -> None:
        self._stop_out_timer()
        self._out_timer = self.link.clock.callLater(seconds, self._not_taken)

    def _stop_out_timer(self) -> None:
        if self._out_timer is not None:
            self._out_timer.cancel()
            self._out_timer = None

    def _not_taken(self) -> None:
        self._out_timer = None
        if self.is_parting:
            self.link.count("linger_over")
            _log.warning("%s: %s doesn't close; what it still sends is not taken", self.link.name, self.host)
        elif not self.is_closing:
            self.link.count("out_stalled")
            _log.warning("%s: %s doesn't read its answers", self.link.name, self.host)
        self.abort()


def prepare(transport: Any, limits: SocketLimits) -> None:
    """Keep-alive, no delay for small answers, and the size at which the transport calls its buffer full."""
    if not ITCPTransport.providedBy(transport):
        return
    tcp: Any = transport  # the interface doesn't name all that a TCP transport has
    tcp.bufferSize = limits.out_buffer_bytes_max
    tcp.setTcpNoDelay(True)
    tcp.setTcpKeepAlive(True)
    handle = tcp.getHandle()
    options = {
        "TCP_KEEPIDLE": limits.keepalive_idle_seconds,
        "TCP_KEEPINTVL": limits.keepalive_interval_seconds,
        "TCP_KEEPCNT": limits.keepalive_probes,
        "TCP_USER_TIMEOUT": limits.user_timeout_seconds * 1000,
    }
    for name, value in options.items():
        if hasattr(socket, name):  # not every system has them all; keep-alive itself is on in any case
            handle.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
