"""One partner of a MATIP link: what comes from it until the journal has it, and what goes to it.

MATIP acknowledges nothing, so a telegram that the database can't take now would be lost if it weren't held here: it is
handed over again every ``retry_seconds``, and nothing more is read from the partner meanwhile. TCP then holds up the
partner itself. What a killed process held in memory is lost: at most ``in_flight_max`` telegrams of a partner, and
those that its sockets had taken in. Only a protection layer with acknowledgements does better.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from adapter.envelope import Envelope, Handle, Reply
from adapter.wire.matip_packets import Cause, Coding, Opening
from adapter.wire.matip_protection import NoProtection, Protection

from .back_off import BackOff
from .handing import hand_over
from .outward import NotSent
from .peers import Network

if TYPE_CHECKING:
    from .matip_connection import MatipLinkConnection

_log = logging.getLogger("ffgate.link")


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """Who a partner is and how it speaks. The HLDs come both or not at all.

    ``address``: where it calls from; empty for one that we call. ``opens``: we send the openings.
    """

    name: str
    address: tuple[Network, ...] = ()
    our_hld: int | None = None
    their_hld: int | None = None
    coding: Coding = Coding.ASCII
    encoding: str = "ascii"
    opens: bool = False
    from_gateway: bool = False
    protection: Callable[[], Protection] = NoProtection

    def opening(self) -> Opening:
        """What we say to open a session."""
        number = self.protection().number
        return Opening(self.coding, number, self.from_gateway, self.our_hld, self.their_hld)

    def objection(self, opening: Opening) -> tuple[Cause, str] | None:
        """What stands against a session as this partner proposes it; None if nothing does."""
        if opening.coding is not self.coding:
            text = f"{self.name} wants coding {opening.coding.name}, agreed is {self.coding.name}"
            return Cause.INCOHERENT, text
        number = self.protection().number
        if opening.protection != number:
            return Cause.PROTECTION, f"{self.name} wants protection {opening.protection}, agreed is {number}"
        return None


class Partner:
    """A partner for as long as the link lives; ``connection`` is the one that has its open session.

    ``changed`` is called whenever reading may go on or has to stop.
    """

    def __init__(
        self,
        settings: PartnerSettings,
        handle: Handle,
        clock: IReactorTime,
        back_off: BackOff,
        *,
        in_flight_max: int,
        retry_seconds: float,
        count: Callable[[str], None],
        changed: Callable[["Partner"], None],
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.back_off = back_off
        self.count = count
        self.connection: MatipLinkConnection | None = None
        self.in_flight = 0
        self._handle = handle
        self._in_flight_max = in_flight_max
        self._retry_seconds = retry_seconds
        self._changed = changed
        self._serial = 0
        self._refused: list[tuple[Envelope, Callable[[], None]]] = []
        self._retry: IDelayedCall | None = None

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def is_blocked(self) -> bool:
        """Nothing more may be read from it now."""
        return bool(self._refused) or self.in_flight >= self._in_flight_max

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Send one telegram, in the partner's encoding (EBCDIC and Baudot are made of ASCII here).

        Fires when the partner's TCP has the bytes, or with a protection layer once the partner has acknowledged the
        telegram. Fails with NotSent when there is no session, or it ends before that; with ValueError when the
        telegram can't be sent at all: a character that the coding lacks, or too long for one packet.
        """
        connection = self.connection
        if connection is None or connection.session is None:
            return fail(NotSent("disconnected", f"no session with {self.name} is open", perhaps_sent=False))
        if connection.is_stalled:
            text = f"{self.name} doesn't take what was sent before"
            return fail(NotSent("not_taken", text, perhaps_sent=False))
        try:
            return connection.session.send(telegram)
        except ValueError as error:
            return fail(error)

    def take(self, raw: bytes, kept: Callable[[], None]) -> None:
        """Hand over a telegram until it is kept, then say so."""
        self._serial += 1
        self.in_flight += 1
        self.count("received")
        now = datetime.fromtimestamp(float(self.clock.seconds()), UTC)
        envelope = Envelope(self.name, "typeb", str(self._serial), raw, now, self.settings.encoding)
        self._hand_over(envelope, kept)

    def give_up(self) -> None:
        """The time to stop is over: what the database hasn't taken is lost, and that is said."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._refused:
            _log.error("%s: %d telegrams were never kept and are lost", self.name, len(self._refused))
            self.count("telegrams_lost")

    def _hand_over(self, envelope: Envelope, kept: Callable[[], None]) -> None:
        hand_over(self._handle, envelope, partial(self._done, envelope, kept), self.count)

    def _done(self, envelope: Envelope, kept: Callable[[], None], reply: Reply) -> None:
        if reply.kept:
            self.in_flight -= 1
            self.count("kept")
            kept()
        else:
            self.count("not_processed")
            self._refused.append((envelope, kept))
            if self._retry is None:
                self._retry = self.clock.callLater(self._retry_seconds, self._again)
        self._changed(self)

    def _again(self) -> None:
        self._retry = None
        refused, self._refused = self._refused, []
        for envelope, kept in refused:
            self._hand_over(envelope, kept)
