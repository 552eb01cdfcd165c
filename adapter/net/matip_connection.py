"""One connection of a MATIP link: who is at the other end, and the session with it.

Life of a connection:

1. A partner calls from one of its addresses, or we call it. A connection without a session is dropped after
   ``open_seconds``.
2. Whoever is to open does (by default the caller). The HLDs in the opening, or the address where there are none, say
   which partner it is; coding and protection have to be as agreed. A refused one may try again.
3. A partner has one session. If it opens another on a new connection, the old connection is a dead one that TCP has
   not noticed yet, and gives way.
4. Every telegram goes into the journal; reading stops while ``in_flight_max`` of a partner are under way, or one could
   not be kept. If the connection ends meanwhile, what was read of it is taken all the same.
5. After a closing by the partner the connection may stay for its next opening; where opening is our part, we do so
   after a pause.
6. When the application stops, we close the session, then our half of the connection, and take what was still on its
   way, until the partner closes too or ``linger_seconds`` are over.
"""

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

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
from .matip_call import Call
from .matip_partner import Partner
from .matip_session import Session
from .tcp_receipts import TcpReceipts

_log = logging.getLogger("ffgate.link")


if TYPE_CHECKING:
    from .matip import MatipFactory


class MatipLinkConnection(LinkConnection):
    """One connection; ``candidates`` are the partners that it can be with.

    MATIP has no answers: telegrams are in flight at their partner, which hands them over itself.
    """

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
        self._deadline: IDelayedCall | None = None
        self._codec: MatipConnection
        self._receipts: TcpReceipts

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
                if self.is_parting:
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
                if self._opener is not None and not self.is_parting:
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
        return self.session is None and super().is_idle

    def _may_take(self) -> bool:
        blocked = self.partner is not None and self.partner.is_blocked
        return not blocked and super()._may_take()

    # Twisted's events.

    def connectionMade(self) -> None:
        ours, theirs = self.transport.getHost(), self.transport.getPeer()
        self._codec = MatipConnection(
            wins_collision=is_higher((ours.host, ours.port), (theirs.host, theirs.port)),
            ignore_unknown=self.link.settings.ignore_unknown_control,
            packet_bytes_max=self.link.limits.frame_bytes_max,
        )
        super().connectionMade()
        self._receipts = TcpReceipts(self.transport, self.link.clock)
        if self._opener is not None:
            self._open_session()
        else:
            self._set_deadline(self.link.settings.open_seconds, self._open_too_slow)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._take_rest()
        self._end_session()
        self._receipts.end()
        self._stop_deadline()
        super().connectionLost(reason)
        if self._call is not None:
            self._call.lost()

    # Sessions.

    def _open_session(self) -> None:
        if self._opener is None or self.is_closing or self._codec.state is not State.CLOSED:
            return  # the partner was faster
        self._say(self._codec.open(self._opener.settings.opening()))
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
                self._say(self._codec.accept())
                self._begin_session(partner)
                return
            cause, text = objection
        self._say(self._codec.refuse(cause))
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
        self.session = self._session_with(partner)
        partner.back_off.reset()
        self.link.count("session_opened")
        _log.info("%s: session with %s is open", self.link.name, partner.name)
        if older is not None and older is not self:
            self.link.count("session_replaced")
            older.stop()

    def _take_rest(self) -> None:
        """Telegrams that were read and waited for the window when the connection ended: nobody sends them again."""
        try:
            while self.session is not None and isinstance(event := self._codec.next_event(), TelegramCame):
                self.session.take(event.payload)
        except WireError as error:
            self.link.count(f"refused_{error.code}")

    def _end_session(self) -> None:
        self._end_sending()
        self.session = None

    def _end_sending(self) -> None:
        if self.session is not None:
            self.session.end()
            if self.session.partner.connection is self:
                self.session.partner.connection = None

    def _session_with(self, partner: Partner) -> Session:
        self.partner = partner
        return Session(
            partner, lambda payload: self._say(self._codec.send(payload)), self._receipts.when_taken
        )

    def _say(self, data: bytes) -> None:
        self.transport.write(data)
        self._receipts.wrote(len(data))

    # Endings.

    def close(self, *, linger: bool = True) -> None:
        self._end_session()
        self._stop_deadline()
        super().close(linger=linger)

    def stop(self) -> None:
        """Close the session and our half of the connection, and take what was on its way."""
        if self.is_closing or self.is_parting:
            return
        if self._codec.state not in (State.OPEN, State.OPENING):
            self.close()
            return
        if self._codec.state is State.OPENING and self._opener is not None:
            # Its confirmation and first telegrams may be on their way.
            self.session = self._session_with(self._opener)
        self._say(self._codec.close())
        self._end_sending()
        self._stop_deadline()
        self.part()

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
