"""MATIP Type B links: several partners on one port, or called by us, each with a session of its own.

Life of a connection:

1. A partner calls from one of its addresses, or we call it. A connection without a session is dropped after
   ``open_seconds``.
2. Whoever is to open does (by default the caller). The HLDs in the opening, or the address where there are none, say
   which partner it is; coding and protection have to be as agreed. A refused one may try again.
3. A partner has one session. If it opens another on a new connection, the old connection is a dead one that TCP has
   not noticed yet, and gives way.
4. Every telegram goes into the journal; reading stops while ``in_flight_max`` of a partner are under way, or one could
   not be kept.
5. After a closing by the partner the connection may stay for its next opening; where opening is our part, we do so
   after a pause.
6. When the application stops, we close the session, then our half of the connection, and take what was still on its
   way, until the partner closes too or ``linger_seconds`` are over.
"""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IListeningPort,
    IReactorTime,
    ISSLTransport,
    IStreamClientEndpoint,
    IStreamServerEndpoint,
    ITCPTransport,
)
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from adapter.envelope import Handle
from adapter.errors import WireError
from adapter.wire.framing import Waiting
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
from adapter.wire.matip_packets import Cause, Opening

from .connection import LinkConnection
from .limits import LinkLimits
from .link import StreamLink
from .matip_call import Call
from .matip_partner import BackOff, Partner, PartnerSettings, Session
from .peers import Network, is_within

_log = logging.getLogger("ffgate.link")


@dataclass(frozen=True, slots=True)
class MatipSettings:
    """The pace of a MATIP link, and what it does with control packets that RFC 2351 doesn't have."""

    open_seconds: float = 30.0
    retry_seconds: float = 5.0
    reconnect_seconds_min: float = 1.0
    reconnect_seconds_max: float = 60.0
    ignore_unknown_control: bool = True


class MatipLinkConnection(LinkConnection):
    """One connection; ``candidates`` are the partners that it can be with."""

    link: "MatipFactory"

    def __init__(
        self, link: "MatipFactory", host: str, candidates: Sequence[Partner], call: Call | None = None
    ) -> None:
        super().__init__(link, host)
        self.partner: Partner | None = None
        self.session: Session | None = None
        self._candidates = candidates
        self._call = call
        self._opener = candidates[0] if len(candidates) == 1 and candidates[0].settings.opens else None
        self._is_parting = False
        self._deadline: IDelayedCall | None = None
        self._codec: MatipConnection

    # What LinkConnection asks for.

    def receive(self, data: bytes) -> None:
        self._codec.receive_data(data)

    def waiting(self) -> Waiting:
        return self._codec.waiting

    def take_frame(self) -> bool:
        match self._codec.next_event():
            case None:
                return False
            case TelegramCame(payload):
                if self.session is not None:
                    self.session.take(payload)
            case OpenAsked(opening, reopened):
                if reopened:
                    self.link.count("session_reopened")
                self._end_session()
                if self._is_parting:
                    self.close()
                else:
                    self._asked(opening)
            case Opened():
                if self._opener is not None:
                    self._begin_session(self._opener)
            case Refused(code, cause):
                self.link.count("session_refused_by_peer")
                why = cause.name.lower() if cause else f"0x{code:02X}"
                _log.warning("%s: %s refused our opening: %s", self.link.name, self.host, why)
                self.close()
            case Closed(code):
                self.link.count("session_closed_by_peer")
                _log.info("%s: %s closed the session with 0x%02X", self.link.name, self.host, code)
                self._end_session()
                if self._opener is not None and not self._is_parting:
                    self._set_deadline(self._opener.back_off.next(), self._open_session)
            case Ignored(why):
                self.link.count(why)
        return True

    @property
    def is_stalled(self) -> bool:
        """The partner doesn't take what is sent."""
        return self._stalled

    @property
    def is_idle(self) -> bool:
        """Only a connection without session gives way to another."""
        return self.session is None and self.waiting() is Waiting.NOTHING

    def _may_take(self) -> bool:
        blocked = self.partner is not None and self.partner.is_blocked
        stopped = self.link.is_stopping and not self._is_parting
        return not (self.is_closing or self._stalled or self.link.is_paused or stopped or blocked)

    # Twisted's events.

    def connectionMade(self) -> None:
        ours, theirs = self.transport.getHost(), self.transport.getPeer()
        self._codec = MatipConnection(
            wins_collision=is_higher((ours.host, ours.port), (theirs.host, theirs.port)),
            ignore_unknown=self.link.settings.ignore_unknown_control,
            packet_bytes_max=self.link.limits.frame_bytes_max,
        )
        super().connectionMade()
        if self._opener is not None:
            self._open_session()
        else:
            self._set_deadline(self.link.settings.open_seconds, self._open_too_slow)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._end_session()
        self._stop_deadline()
        super().connectionLost(reason)
        if self._call is not None:
            self._call.lost()

    # Sessions.

    def _open_session(self) -> None:
        if self._opener is None or self.is_closing or self._codec.state is not State.CLOSED:
            return  # the partner was faster
        self.transport.write(self._codec.open(self._opener.settings.opening()))
        self._set_deadline(self.link.settings.open_seconds, self._open_too_slow)

    def _open_too_slow(self) -> None:
        seconds = self.link.settings.open_seconds
        self.break_off(WireError("open_too_slow", f"no session was open after {seconds:g} s"))

    def _asked(self, opening: Opening) -> None:
        partner = self._choose(opening)
        cause, text = Cause.INCOHERENT, "no partner has these HLDs at this address"
        if partner is not None:
            objection = partner.settings.objection(opening)
            if objection is None:
                self.transport.write(self._codec.accept())
                self._begin_session(partner)
                return
            cause, text = objection
        self.transport.write(self._codec.refuse(cause))
        self.refuse(f"opening_{cause.name.lower()}", text)
        if self._deadline is None and not self.is_closing:
            self._set_deadline(self.link.settings.open_seconds, self._open_too_slow)

    def _choose(self, opening: Opening) -> Partner | None:
        hlds = (opening.recipient_hld, opening.sender_hld)
        named = [one for one in self._candidates if (one.settings.our_hld, one.settings.their_hld) == hlds]
        nameless = [one for one in self._candidates if one.settings.our_hld is None]
        found = named or nameless
        return found[0] if len(found) == 1 else None

    def _begin_session(self, partner: Partner) -> None:
        self._stop_deadline()
        older, partner.connection = partner.connection, self
        self.partner = partner
        self.session = Session(partner, self._write)
        partner.back_off.reset()
        self.link.count("session_opened")
        _log.info("%s: session with %s is open", self.link.name, partner.name)
        if older is not None and older is not self:
            self.link.count("session_replaced")
            older.stop()

    def _end_session(self) -> None:
        self._end_sending()
        self.session = None

    def _end_sending(self) -> None:
        if self.session is not None:
            self.session.end()
            if self.session.partner.connection is self:
                self.session.partner.connection = None

    def _write(self, payload: bytes) -> None:
        self.transport.write(self._codec.send(payload))

    # Endings.

    def close(self, *, linger: bool = True) -> None:
        self._end_session()
        self._stop_deadline()
        if self._is_parting:
            self.abort()  # all was said, and our half is closed already
        else:
            super().close(linger=linger)

    def stop(self) -> None:
        """Close the session and our half of the connection, and take what was on its way."""
        if self.is_closing or self._is_parting:
            return
        if self._codec.state not in (State.OPEN, State.OPENING):
            self.close()
            return
        if self._codec.state is State.OPENING and self._opener is not None:
            # Its confirmation and first telegrams may be on their way.
            self.partner, self.session = self._opener, Session(self._opener, self._write)
        self.transport.write(self._codec.close())
        self._is_parting = True
        self._end_sending()
        self.transport.unregisterProducer()
        self.pump()
        if self.is_closing:
            return
        self._set_deadline(self.link.limits.linger_seconds, self.abort)
        if ITCPTransport.providedBy(self.transport) and not ISSLTransport.providedBy(self.transport):
            self.transport.loseWriteConnection()
        else:
            self.transport.loseConnection()

    def _set_deadline(self, seconds: float, act: Callable[[], None]) -> None:
        self._stop_deadline()

        def over() -> None:
            self._deadline = None
            act()

        self._deadline = self.link.clock.callLater(seconds, over)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class MatipFactory(StreamLink):
    """One MATIP link. ``calls`` has an endpoint for each partner that we call, by its name."""

    wire = "typeb"

    def __init__(
        self,
        name: str,
        partners: Sequence[PartnerSettings],
        calls: Mapping[str, IStreamClientEndpoint],
        handle: Handle,
        clock: IReactorTime,
        *,
        settings: MatipSettings | None = None,
        limits: LinkLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(name, handle, clock, limits=limits, peers=peers, count=count)
        self.settings = settings or MatipSettings()
        pace = self.settings
        self.partners = {
            one.name: Partner(
                one,
                handle,
                clock,
                BackOff(pace.reconnect_seconds_min, pace.reconnect_seconds_max, chance),
                in_flight_max=self.limits.in_flight_max,
                retry_seconds=pace.retry_seconds,
                count=self.count,
                changed=self._partner_changed,
            )
            for one in partners
        }
        self._calls = [Call(self, self.partners[name], endpoint) for name, endpoint in calls.items()]
        self._kept: list[Deferred[None]] = []

    @property
    def in_flight(self) -> int:
        """Telegrams handed over and not kept yet."""
        return sum(partner.in_flight for partner in self.partners.values())

    def start(self) -> None:
        """Begin to call."""
        for call in self._calls:
            call.start()

    def listen(self, endpoint: IStreamServerEndpoint) -> "Deferred[IListeningPort]":
        """Open the listener, then begin to call."""

        def opened(port: IListeningPort) -> IListeningPort:
            self.start()
            return port

        return super().listen(endpoint).addCallback(opened)

    def buildProtocol(self, addr: Any) -> LinkConnection | None:
        host = str(getattr(addr, "host", ""))
        if not self._candidates(host):
            self.count("refused_peer")
            _log.warning("%s: no partner calls from %s", self.name, host)
            return None
        return super().buildProtocol(addr)

    def connection(self, host: str) -> MatipLinkConnection:
        return MatipLinkConnection(self, host, self._candidates(host))

    def called(self, partner: Partner, host: str, call: Call) -> MatipLinkConnection:
        """The connection of a call that was answered."""
        return MatipLinkConnection(self, host, (partner,), call)

    def stop_reading(self) -> None:
        super().stop_reading()
        for call in self._calls:
            call.stop()

    def drain(self) -> "Deferred[None]":
        """As every link, and no telegram is left that isn't kept; cancelled, those that are left are given up."""

        def kept(_none: None) -> "Deferred[None]":
            waiting: Deferred[None] = Deferred(lambda _cancelled: self._give_up())
            self._kept.append(waiting)
            self._check_kept()
            return waiting

        return super().drain().addCallbacks(kept, self._cut_short)

    def _cut_short(self, failure: Failure) -> Failure:
        self._give_up()
        return failure

    def _give_up(self) -> None:
        for partner in self.partners.values():
            partner.give_up()

    def _candidates(self, host: str) -> Sequence[Partner]:
        return [one for one in self.partners.values() if is_within(host, one.settings.address)]

    def _partner_changed(self, partner: Partner) -> None:
        for connection in list(self.connections):
            if isinstance(connection, MatipLinkConnection) and connection.partner is partner:
                connection.pump()
        self._check_kept()

    def _check_kept(self) -> None:
        if not self.in_flight:
            waiting, self._kept = self._kept, []
            for one in waiting:
                one.callback(None)
