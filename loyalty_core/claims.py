"""What a member or a member of staff says about a flight: values, the evidence they are, and the answers.

A *claim* is a member's word that he flew: it brings card and name to a carriage that it names by ticket or booking, and
says nothing about whether the person flew. A *resolution* is staff's word about one carriage, named by one of its
identity keys, or about a spelling of a name. Both are evidence like any other (kinds CLAIM and STAFF), so it makes no
difference whether lists come before or after them. Of several resolutions of one carriage the one stated last counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from . import keys
from .evidence import Evidence, write_content
from .outcomes import Outcome, Reason
from .sale import NOTHING_TOLD
from .states import CLAIM, STAFF
from .transactions import CardClaim, Departure, Flight, Marketing, Name, Transaction

COUPONS = (1, 2, 3, 4)
CARRIAGE_KEY = re.compile(
    r"([A-Z0-9А-ЯЁ]{2,3}/[0-9]{1,5}[A-ZА-ЯЁ]?/[0-9]{4}-[0-9]{2}-[0-9]{2}/[A-ZА-ЯЁ]{3})\|[TLCN]\|.+"
)
"""An identity key as ``ffgate suspense`` prints it: departure, kind of key, value."""


class Action(StrEnum):
    """What a resolution does."""

    ASSIGN = "assign"
    """The carriage is that of the card's holder, whatever names and cards lists gave."""
    UPHOLD = "uphold"
    """The same, and it was flown: staff has seen a boarding pass. A PFS or coupon that says otherwise is stronger."""
    REJECT = "reject"
    """Nobody is credited for this carriage."""
    WITHDRAW = "withdraw"
    """What was resolved before counts no longer."""
    ACCEPT_NAME = "accept_name"
    """This spelling is the holder's from now on, on all flights."""
    FORGET_NAME = "forget_name"


OF_CARRIAGES = frozenset({Action.ASSIGN, Action.UPHOLD, Action.REJECT, Action.WITHDRAW})
WITH_CARD = frozenset({Action.ASSIGN, Action.UPHOLD, Action.ACCEPT_NAME, Action.FORGET_NAME})


@dataclass(frozen=True, slots=True)
class CaseResolved(Transaction):
    """A member of staff (``by``) decides a case, with a reason in words.

    ``carriage`` is an identity key of it (all actions but those on names), ``card`` whose holder it is about (all but
    reject and withdraw), ``name`` the spelling. ``stated_at`` (aware) is when it was decided. ``line`` and ``line_end``
    are those of the document.
    """

    by: str
    reason: str
    action: str
    stated_at: datetime
    carriage: str = ""
    card: CardClaim | None = None
    name: Name | None = None
    line: int = 0
    line_end: int = 0

    @property
    def fault(self) -> str:
        """The field without which this action means nothing, "" when all is there."""
        if self.action in OF_CARRIAGES and departure_of_key(self.carriage) is None:
            return "carriage"
        if self.action in WITH_CARD and self.card is None:
            return "card"
        about_names = self.action not in OF_CARRIAGES
        return "name" if about_names and (self.name is None or not self.name.given) else ""


@dataclass(frozen=True, slots=True)
class CreditClaimed(Transaction):
    """A member says that a flight was his: by ticket, or by flight, date and board point; best by both.

    Only a ticket or a locator makes sure who is meant; ``coupon`` may be 0. ``marketing`` is the flight as the member
    knows it. A ticket alone finds what is known of it now; with the flight it finds what comes later, too.
    """

    originator: str
    card: CardClaim
    name: Name
    ticket: str = ""
    coupon: int = 0
    marketing: Flight | None = None
    on: date | None = None
    board_point: str = ""
    off_point: str = ""
    booking_class: str = ""
    locator: str = ""
    line: int = 0
    line_end: int = 0

    @property
    def departure(self) -> Departure | None:
        """The departure that the claim names, None where it names a ticket only."""
        if self.marketing is None or self.on is None or not self.board_point:
            return None
        return Departure(self.marketing, self.on, self.board_point)

    @property
    def coupons(self) -> tuple[str, ...]:
        """Keys of the coupons that may be meant; all of a ticket where the number is left out."""
        numbers = (self.coupon,) if self.coupon else COUPONS
        return tuple(keys.coupon_key(self.ticket, number) for number in numbers) if self.ticket else ()


class ClaimStatus(StrEnum):
    """What a member is told of a claim."""

    CREDITED = "credited"
    CREDITED_BEFORE = "credited_before"
    PENDING = "pending"
    SUSPENSE = "suspense"
    UNPROVEN = "unproven"
    """The flight is known; ``missing`` says what would prove the claim."""
    FLIGHT_UNKNOWN = "flight_unknown"
    REFUSED = "refused"


class Missing(StrEnum):
    """What a claim lacks."""

    NOTHING = ""
    TICKET_OR_LOCATOR = "ticket_or_locator"
    """Lists name people by these; a name alone proves nobody."""
    LISTING = "listing"
    """No list of the flight has this ticket or booking."""
    PROOF_OF_FLYING = "proof_of_flying"
    """Booked or checked in, but nothing says that the person was on board (or something says the contrary)."""
    FLIGHT = "flight"
    """The ticket is known on several flights: say which."""


@dataclass(frozen=True, slots=True)
class ClaimOutcome(Outcome):
    """The answer to a claim; amounts are what stands for the carriage, ``balance`` the member's award balance.

    ``departure`` and ``carriage`` say where it stands, "" where nothing is known. With ``reason`` it was refused, or
    waits in suspense for that reason.
    """

    status: ClaimStatus
    reason: Reason = Reason.NONE
    field: str = ""
    missing: Missing = Missing.NOTHING
    award: int = 0
    qualifying: int = 0
    balance: int = 0
    departure: str = ""
    airline: str = ""
    number: str = ""

    @property
    def undecided(self) -> bool:
        """The claim is kept and may still be upheld: a repeat is answered anew. One that found no flight at all
        left nothing behind: it has to be made again, as a document of its own."""
        return bool(self.departure) and self.status not in (
            ClaimStatus.CREDITED,
            ClaimStatus.CREDITED_BEFORE,
        )


@dataclass(frozen=True, slots=True)
class ResolveOutcome(Outcome):
    """What stands after a resolution: the carriage's state and credit, or how many carriages a name settled anew.

    ``waiting``: nothing else is known of the carriage (or card) yet; the resolution counts when it is.
    """

    reason: Reason = Reason.NONE
    field: str = ""
    state: str = ""
    credit: str = ""
    award: int = 0
    settled: int = 0
    waiting: bool = False


def departure_of_key(carriage: str) -> str | None:
    """The departure in an identity key, None where it is none."""
    match = CARRIAGE_KEY.fullmatch(carriage)
    return match[1] if match else None


def piece_of_resolution(message: CaseResolved, journal_id: int, evidence_id: int) -> Evidence:
    """The evidence that a resolution of a carriage is."""
    departure = departure_of_key(message.carriage)
    assert departure is not None
    return _piece(
        evidence_id,
        departure,
        journal_id,
        (message.line, message.line_end or message.line),
        originator=message.by,
        kind=STAFF,
        event_at=keys.order_of(message.stated_at),
        status=str(message.action).upper(),
        cards=(message.card,) if message.card else (),
        keys=(message.carriage,),
        remark=message.reason,
    )


def piece_of_claim(
    message: CreditClaimed, departure: Departure, claimed_on: date, journal_id: int, evidence_id: int
) -> Evidence:
    """The evidence that a claim is, on one departure; ``claimed_on``: the day of its receipt."""
    return _piece(
        evidence_id,
        departure.key,
        journal_id,
        (message.line, message.line_end or message.line),
        originator=message.originator,
        kind=CLAIM,
        event_at=claimed_on.isoformat(),
        name=message.name,
        off_point=message.off_point,
        booking_class=message.booking_class,
        cards=(message.card,),
        ticket=keys.ascii_key(message.ticket) if message.ticket and message.coupon else "",
        coupon=message.coupon if message.ticket else 0,
        marketing=Marketing(message.marketing, message.booking_class) if message.marketing else None,
        operating_known=message.marketing is None,
        keys=keys_of_claim(message, departure),
    )


def keys_of_claim(message: CreditClaimed, departure: Departure) -> tuple[str, ...]:
    """The identity keys that a claim has on a departure: no two people of one departure have coupons of one ticket."""
    found = [f"{departure.key}|T|{coupon}" for coupon in message.coupons]
    if message.locator:
        found.append(keys.locator_identity(departure, message.locator, message.name))
    return tuple(found) or (keys.card_identity(departure, message.card, message.name),)


_SAYS_NOTHING: Mapping[str, Any] = {
    "name": Name(""),
    "off_point": "",
    "booking_class": "",
    "class_is_cabin": False,
    "locators": (),
    "cards": (),
    "ticket": "",
    "coupon": 0,
    "marketing": None,
    "fare_basis": "",
    "staff": False,
    "damaged": "",
    "operating_known": True,
    "fare": ("", ""),
    "sale": NOTHING_TOLD,
    "remark": "",
}


def _piece(
    evidence_id: int,
    departure_key: str,
    journal_id: int,
    lines: tuple[int, int],
    *,
    originator: str,
    kind: str,
    event_at: str = "",
    status: str = "",
    **said: Any,
) -> Evidence:
    content = {**_SAYS_NOTHING, **said}
    return Evidence(
        id=evidence_id,
        departure_key=departure_key,
        journal_id=journal_id,
        line=lines[0],
        line_end=lines[1],
        originator=originator,
        kind=kind,
        edition="",
        event_at=event_at,
        status=status,
        content=write_content(**content),
        **content,
    )
