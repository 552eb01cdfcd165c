"""Everything that can be asked of the core: transactions (change the books) and questions (read them).

All are values: frozen, slotted, free of XML, sockets and clocks. Codes arrive as received but upper case; tables that
turn Cyrillic codes of airlines, airports and classes into IATA ones have been applied by the maps before.
"""

from dataclasses import dataclass
from datetime import date, datetime

from .problems import Problem

OPEN_SETS_MAX = 64
"""Incomplete part sets that one originator may have open, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Name:
    """A holder's or passenger's name as received, in either alphabet; ``given`` may hold titles and patronymics."""

    surname: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Flight:
    """A flight designator: airline code, number without leading zeros, operational suffix."""

    carrier: str
    number: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Departure:
    """One departure: ``on`` is the scheduled local date at ``board_point`` (IATA airport or city code)."""

    flight: Flight
    on: date
    board_point: str

    @property
    def key(self) -> str:
        """The natural key, for example ``UT/280/2026-08-20/DME``; the suffix follows the number."""
        flight = self.flight
        return f"{flight.carrier}/{flight.number}{flight.suffix}/{self.on.isoformat()}/{self.board_point}"


@dataclass(frozen=True, slots=True)
class CardClaim:
    """A loyalty card named by a host. ``role`` is FQTV (accrue), FQTU (upgrade) or FQTR (redemption).

    ``booked_class`` is the class behind the dash of ``FQTV UT 1000123456-Y``: booked, where it differs from the flown.
    ``tier`` is the level behind the stroke (``.F/LH 12345678/SEN``): what the host believes, never what a programme
    decides by.
    """

    airline: str
    number: str
    role: str = "FQTV"
    booked_class: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Marketing:
    """The marketing flight of a carriage, with the class sold under it (``.M/S7123Y20DMEAER``)."""

    flight: Flight
    booking_class: str = ""


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """One passenger of a teletype list. ``line`` and ``line_end`` (from 1) are the lines of the joined telegram."""

    name: Name
    off_point: str
    group_class: str
    """Class letter of the ``-AER03Y`` line: booking class in FTL, PNL and ADL, often only a cabin in PRL and ETL; of a
    PFS the letter behind the category (``INVOL 1C``: the class carried)."""
    locators: tuple[tuple[str, str], ...] = ()
    """(locator, airline) as in ``.L/0M71MG/UT``; the airline may be ""."""
    cards: tuple[CardClaim, ...] = ()
    ticket: str = ""
    coupon: int = 0
    """1–4, 0 when the ticket came without coupon number (TKNA)."""
    marketing: Marketing | None = None
    seats: int = 1
    """0 for an infant without seat."""
    line: int = 0
    line_end: int = 0
    category: str = ""
    """Of a PFS: the exception (NOSHO, FQTVN, INVOL …) under which the person stands."""
    change: str = ""
    """Of an ADL: ADD, CHG or DEL."""
    tiers: tuple[str, ...] = ()
    """Levels given beside the cards (``OTHS HK1 FQTSTATUS SILVER``)."""
    child: bool = False
    """A remark of the list calls this passenger a child (``.R/1CHD``, ``.R/CHLD HK1``)."""
    staff: bool = False
    """Travels as staff or on standby (``.ID1/``, ``.DG2/``): earns nothing."""
    damaged: str = ""
    """The code of the first problem in the lines about this person, where a damaged list was read all the same."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Parent of everything that changes the books; executed by the gate's one writer."""


@dataclass(frozen=True, slots=True)
class ListReceived(Transaction):
    """A whole passenger list: one edition of what one originator says about one departure.

    ``kind`` is FTL, PRL, ETL, ASL, PFS, PNL or ADL. ``edition`` is the list's creation time (aware UTC): per
    originator, kind and departure only the highest stands, but for an ADL, which adds to its PNL
    (``loyalty_core.editions``). A NIL list has no persons and cancels nothing; nor does a PNL, ADL or PFS that holds
    only numbers. ``incomplete``: names of it could not be read, so whoever isn't in it may be listed all the same.
    ``correction`` (COR): it takes the place of the list of the same creation time.
    """

    kind: str
    originator: str
    departure: Departure
    edition: datetime
    persons: tuple[ListedPerson, ...] = ()
    nil: bool = False
    incomplete: bool = False
    correction: bool = False


@dataclass(frozen=True, slots=True)
class CouponReported(Transaction):
    """A host says by XML what became of one coupon (``ffp_accrual``).

    ``status`` is the display letter of the coupon status (O A C L F E R V S I G P N T U X Z). ``reported_at`` is the
    event's own time (aware), None when the host gave none. ``operating`` None means as marketed.
    ``line`` is the line in the document, ``item`` the position in a batch (from 1).

    What is known of the sale is told or not ("" and None), fact by fact: a later report that is silent about one takes
    nothing back. Amounts are decimal texts, surcharges and taxes in the fare's currency; codes (``brand``,
    ``passenger_type``, ``channel``) are the host's own, compared as they are written. ``booked_on`` and
    ``ticketed_on`` later than the day after ``on`` (the issuer's day may be one ahead of the board point's) count as
    not told; booked behind ticketed is good: open tickets are.
    """

    originator: str
    card: CardClaim
    name: Name
    status: str
    marketing: Flight
    on: date
    board_point: str
    off_point: str
    booking_class: str
    operating: Flight | None = None
    ticket: str = ""
    coupon: int = 0
    reported_at: datetime | None = None
    fare_basis: str = ""
    fare_amount: str = ""
    fare_currency: str = ""
    surcharges_amount: str = ""
    taxes_amount: str = ""
    brand: str = ""
    passenger_type: str = ""
    channel: str = ""
    booked_on: date | None = None
    ticketed_on: date | None = None
    item: int = 1
    line: int = 0


@dataclass(frozen=True, slots=True)
class PartReceived(Transaction):
    """One part of a multi-part telegram; kept durably until the set is complete.

    ``set_key`` names what all parts of the set have in common (originator, kind, flight line, association number).
    With ``created``, the part's creation time (aware UTC), parts of one key whose times are more than
    ``apart_seconds`` apart belong to different sets. ``number`` counts from 1; ``final`` is true for the part that
    carries the list's own end line. ``text`` is the whole part: the submission's raw bytes, decoded; it is kept in the
    journal and nowhere else. ``head`` is put in front of it when the set is read. ``originator`` (the link, where none
    is given) may have ``open_sets_max`` incomplete sets.
    """

    set_key: str
    number: int
    final: bool
    text: str
    originator: str = ""
    created: datetime | None = None
    apart_seconds: int = 0
    head: str = ""
    open_sets_max: int = OPEN_SETS_MAX


@dataclass(frozen=True, slots=True)
class Clock(Transaction):
    """The business clock strikes: what time alone decides is decided now.

    ``at`` (aware UTC) is the business instant. Part sets to which nothing was added for ``part_set_seconds`` are given
    up: quarantined with what arrived of them. Holds end, miles expire and pending credits time out by the rules of
    their programmes, of each kind ``decisions_max`` at most. Nothing is decided by one that comes more than
    ``leap_days_max`` days after the last stroke (the first one: after the first message): what expires never comes
    back, and a clock that is wrong is likelier than such a silence. 0: no bound.
    """

    at: datetime
    part_set_seconds: int
    decisions_max: int = 1000
    leap_days_max: int = 0


@dataclass(frozen=True, slots=True)
class MembersImported(Transaction):
    """A member file (CSV, UTF-8) to be taken over: new members are opened, known ones brought up to date."""

    content: bytes


@dataclass(frozen=True, slots=True)
class ProgrammeActivated(Transaction):
    """A programme definition (YAML, UTF-8) that applies from now on."""

    content: bytes
    file: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Parent of everything that only reads; answered in batches on a read-only connection."""


@dataclass(frozen=True, slots=True)
class CardCheck(Question):
    """Is this card good, and for what tier? ``name`` None means that no holder was sent (batch form: not compared)."""

    airline: str
    number: str
    name: Name | None = None
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class BalanceCheck(Question):
    """Tier, balances and next expiry of a card; the holder must match as for a card check."""

    airline: str
    number: str
    name: Name
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class ClockCheck(Question):
    """Has the business clock anything to decide at this instant? The fields are those of ``Clock``."""

    at: datetime
    part_set_seconds: int


@dataclass(frozen=True, slots=True)
class Submission:
    """One message for the writer: the evidence to be journalled and what it asks for, kept or dropped together.

    ``raw`` is the clear message byte for byte; ``digest`` (SHA-256) is taken over its canonical form; ``key`` is an
    idempotency key given by the host itself, "" when none: the same key with another digest is refused. ``set_key``
    names the part set the transactions were read from, "" otherwise. ``problems`` non-empty means that the message is
    unusable: it is journalled as quarantined and must have no transactions. ``warnings`` are what it survived, a line
    that nobody could read for example: they are kept with what became of it and change nothing.
    """

    link: str
    kind: str
    raw: bytes
    digest: bytes
    received_at: datetime
    transactions: tuple[Transaction, ...] = ()
    key: str = ""
    set_key: str = ""
    encoding: str = "utf-8"
    source: str = ""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    wants_answer: bool = False
    """The link answers its lists: cards that are not good are told to the list's originator."""
