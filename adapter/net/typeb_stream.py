"""The link for telegrams on a plain TCP stream, listening or connecting.

What was read has to be kept, because the stream has no way to ask for it again: a telegram that finds no room
waits here and is handed over again, and above ``in_flight_max`` nothing more is read. A process that is killed
loses at most those; unless the two sides agreed on acknowledgements (``acknowledge``): then each whole telegram
is answered by one ACK byte once it is kept, in the order of the telegrams, and a sender repeats what has none.
Where nobody acknowledges, a stop takes what is still on its way, for as long as a connection may linger.

``send`` counts a telegram as taken when its ACK has come or, without acknowledgements, when the other side's TCP has
all of it: what the transport only holds is lost with the connection.
"""

import logging
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from adapter.envelope import Envelope, Handle, Reply
from adapter.wire.framing import Waiting
from adapter.wire.typeb_stream import ACK, Frame, Framing, Shape, TypebStream

from .answering_connection import AnsweringConnection
from .back_off import BackOff
from .connection import LinkConnection
from .handing import hand_over
from .limits import LinkLimits
from .link import StreamLink
from .outward import NotSent
from .peers import Network
from .tcp_receipts import TcpReceipts

_log = logging.getLogger("ffgate.link")

SENDS_MAX = 1000
"""Telegrams sent and not acknowledged yet; more are refused."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What the two sides agreed on, and the pace of a link."""

    framing: Framing = Framing.ZCZC
    acknowledge: bool = False
    ack_seconds: float = 30.0
    retry_seconds: float = 5.0
    reconnect_seconds_min: float = 1.0
    reconnect_seconds_max: float = 60.0


class _Slot:
    """The place of one telegram among the acknowledgements."""

    __slots__ = ("is_kept", "is_whole")

    def __init__(self, is_whole: bool) -> None:
        self.is_whole = is_whole
        self.is_kept = False


class TypebStreamConnection(AnsweringConnection):
    """One connection."""

    link: "TypebStreamLink"

    def __init__(self, link: "TypebStreamLink", host: str) -> None:
        super().__init__(link, host)
        self._codec = TypebStream(link.settings.framing, link.limits.frame_bytes_max)
        self._slots: deque[_Slot] = deque()
        self._sent: deque[Deferred[None]] = deque()
        self._ack_timer: IDelayedCall | None = None
        self._number = 0
        self._receipts: TcpReceipts

    def connectionMade(self) -> None:
        super().connectionMade()
        self._receipts = TcpReceipts(self.transport, self.link.clock)

    def receive(self, data: bytes) -> None:
        self._codec.receive_data(data)

    def waiting(self) -> Waiting:
        return self._codec.waiting

    def take_frame(self) -> bool:
        frame = self._codec.next_frame()
        self._take_acks()
        if frame is None:
            return False
        self._take(frame)
        return True

    def answer(self, request: Any, reply: Reply) -> None:
        if not reply.kept:
            return  # the link stops; no later telegram may be acknowledged before this one either
        request.is_kept = True
        acks = 0
        while self._slots and self._slots[0].is_kept:
            acks += self._slots.popleft().is_whole
        if acks and self.link.settings.acknowledge:
            self._write(ACK * acks)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_closing = True
        if not (self.link.is_stopping and self.link.settings.acknowledge):
            # Whole telegrams that waited for the window, then what was cut off: perhaps only its framing lacks.
            self.take_rest()
            if (frame := self._codec.end()) is not None:
                self._take(frame)
        self._fail_sent("disconnected", "the connection ended before the telegram was acknowledged")
        self._receipts.end()
        super().connectionLost(reason)

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Writes a telegram; see the module for what counts as taken."""
        if len(self._sent) >= SENDS_MAX or self._stalled:
            text = "the other side does not take telegrams in"
            return fail(NotSent("not_taken", text, perhaps_sent=False))
        try:
            framed = self._codec.send(telegram)
        except ValueError as error:
            return fail(NotSent("framing_inside", str(error), perhaps_sent=False, is_final=True))
        self._write(framed)
        if not self.link.settings.acknowledge:
            return self._receipts.when_taken()
        sent: Deferred[None] = Deferred(lambda _cancelled: None)
        self._sent.append(sent)
        if self._ack_timer is None:
            self._ack_timer = self.link.clock.callLater(self.link.settings.ack_seconds, self._no_ack)
        return sent

    def _write(self, data: bytes) -> None:
        self.transport.write(data)
        self._receipts.wrote(len(data))

    def stop(self) -> None:
        """Without acknowledgements nobody would repeat what is on its way now, so it is still taken."""
        if self.link.settings.acknowledge:
            super().stop()
        else:
            self.part()

    def take_rest(self) -> None:
        """Take every whole telegram that was read, whatever the window says: it won't be sent again."""
        while (frame := self._codec.next_frame()) is not None:
            self._take(frame)

    def _take(self, frame: Frame) -> None:
        if frame.shape is not Shape.WHOLE:
            self.link.count(f"frame_{frame.shape.value}")
        if frame.was_too_long:
            self.refuse("frame_too_long", f"a frame of more than {self.link.limits.frame_bytes_max} bytes")
        elif frame.shape is Shape.GARBAGE:
            self.refuse("garbage", f"{len(frame.raw)} bytes outside of telegrams")
        self._number += 1
        slot = _Slot(frame.shape is Shape.WHOLE)
        self._slots.append(slot)
        done = self.open_exchange(slot)
        envelope = Envelope(
            self.link.name,
            "typeb",
            f"{self.host}#{self._number}",
            frame.raw,
            datetime.fromtimestamp(self.last_used, UTC),
            self.link.encoding,
        )
        self.link.count("received")
        self.link.keep(envelope, done)

    def _too_slow(self, waiting: Waiting, seconds: float) -> None:
        """What has come is given away; the stream goes on, and finds its way back at the next beginning."""
        self._partial_timer = None
        self._partial = None
        self.link.count(f"refused_{waiting.value}_too_slow")
        frame = self._codec.end()
        if frame is not None:
            self._take(frame)
        self.pump()

    def _take_acks(self) -> None:
        acks, self._codec.acks = self._codec.acks, 0
        for _ in range(acks):
            if not self._sent:
                self.link.count("ack_unexpected")
                continue
            if self._ack_timer is not None:
                self._ack_timer.reset(self.link.settings.ack_seconds)
            sent = self._sent.popleft()
            if not sent.called:
                sent.callback(None)
        if not self._sent:
            self._stop_ack_timer()

    def _no_ack(self) -> None:
        # Out of time means out of step: later acknowledgements couldn't be matched any more.
        self._ack_timer = None
        self.link.count("ack_too_late")
        self._fail_sent("time", "the telegram was not acknowledged in time")
        self.abort()

    def _fail_sent(self, code: str, text: str) -> None:
        self._stop_ack_timer()
        while self._sent:
            sent = self._sent.popleft()
            if not sent.called:
                sent.errback(NotSent(code, text))

    def _stop_ack_timer(self) -> None:
        if self._ack_timer is not None:
            self._ack_timer.cancel()
            self._ack_timer = None


class TypebStreamLink(StreamLink):
    """The link; listens by ``listen``, or connects by ``start`` when it has an endpoint to connect to."""

    wire = "typeb"

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        *,
        encoding: str,
        settings: StreamSettings | None = None,
        connect: Callable[[], IStreamClientEndpoint] | None = None,
        limits: LinkLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(name, handle, clock, limits=limits, peers=peers, count=count)
        self.encoding = encoding
        self.settings = settings or StreamSettings()
        self._connect = connect
        self._back_off = BackOff(
            self.settings.reconnect_seconds_min, self.settings.reconnect_seconds_max, chance
        )
        self._retries: dict[IDelayedCall, Callable[[Reply], None]] = {}
        self._reconnect: IDelayedCall | None = None
        self._connecting: Deferred[Any] | None = None

    def connection(self, host: str) -> TypebStreamConnection:
        return TypebStreamConnection(self, host)

    def start(self) -> None:
        """Connects, and again whenever the connection ends, after pauses that grow while nobody answers."""
        self._reconnect = None
        assert self._connect is not None
        self._connecting = self._connect().connect(self)
        self._connecting.addCallbacks(self._connected, self._unreachable)

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Sends by the connection that was used last; fails with NotSent."""
        open_ = [one for one in self.connections if not one.is_closing]
        if self.is_stopping or not open_:
            return fail(NotSent("disconnected", "nobody is connected", perhaps_sent=False))
        if not 0 < len(telegram) <= self.limits.frame_bytes_max:
            text = f"{len(telegram)} bytes: 1 to {self.limits.frame_bytes_max} can be sent"
            return fail(NotSent("length_wrong", text, perhaps_sent=False, is_final=True))
        last: Any = max(open_, key=lambda one: one.last_used)
        self.count("telegram_out")
        sent: Deferred[None] = last.send(telegram)
        return sent

    def keep(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        """Hands a telegram over until it is kept; ``done`` hears of it, or of the stop that came before."""

        def answered(reply: Reply) -> None:
            if reply.kept:
                self.count("kept")
                done(reply)
            elif self.is_stopping:
                self._lose(done)
            else:
                self.count("not_processed")
                call = self.clock.callLater(self.settings.retry_seconds, again)
                self._retries[call] = done

        def again() -> None:
            self._retries = {call: one for call, one in self._retries.items() if call.active()}
            self.keep(envelope, done)

        hand_over(self.handle, envelope, answered, self.count)

    def stop_reading(self) -> None:
        """As any link, after taking what was read already."""
        for connection in list(self.connections):
            connection.take_rest()  # type: ignore[attr-defined]
        super().stop_reading()

    def forget(self, connection: LinkConnection) -> None:
        super().forget(connection)
        if self._connect is not None and not self.is_stopping:
            self._later()

    def drain(self) -> "Deferred[None]":
        """As any link; what waits for room now is given up: its sender has no word of it yet."""
        self.is_stopping = True
        if self._reconnect is not None:
            self._reconnect.cancel()
            self._reconnect = None
        if self._connecting is not None:
            self._connecting.cancel()
        retries, self._retries = self._retries, {}
        for call, done in retries.items():
            if call.active():
                call.cancel()
                self._lose(done)
        return super().drain()

    def _lose(self, done: Callable[[Reply], None]) -> None:
        self.count("lost" if not self.settings.acknowledge else "not_acknowledged")
        if not self.settings.acknowledge:
            _log.error(
                "%s: a telegram that was read is not kept: the process stops and had no room", self.name
            )
        done(Reply(not_processed=True))

    def _connected(self, _connection: Any) -> None:
        self._connecting = None
        self._back_off.reset()

    def _unreachable(self, failure: Failure) -> None:
        self._connecting = None
        if not self.is_stopping:
            self.count("unreachable")
            _log.warning("%s: not connected: %s", self.name, failure.getErrorMessage())
            self._later()

    def _later(self) -> None:
        if self._reconnect is None and self._connecting is None:
            self._reconnect = self.clock.callLater(self._back_off.next(), self.start)
