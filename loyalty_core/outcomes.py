"""What the core answers. Refusals are outcomes with a ``reason``; the maps turn reasons into each host's codes."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .problems import Problem
from .transactions import Departure, Name


class Reason(StrEnum):
    """Why something was not granted. The numbers hosts see stand in ``mappings/tables/ffp_codes.yaml``."""

    NONE = ""
    INVALID = "invalid"
    DATE_OUT_OF_WINDOW = "date_out_of_window"
    AIRPORT_UNKNOWN = "airport_unknown"
    CLASS_UNKNOWN = "class_unknown"
    PRICE_UNKNOWN = "price_unknown"
    """Miles are counted by the price, and nobody told it in a currency that the programme knows."""
    KEY_REUSED = "key_reused"
    CARD_UNKNOWN = "card_unknown"
    HOLDER_MISMATCH = "holder_mismatch"
    CARD_ON_SEVERAL_NAMES = "card_on_several_names"
    CARD_BLOCKED = "card_blocked"
    CARD_CLOSED = "card_closed"
    PROGRAMME_NOT_SERVED = "programme_not_served"
    GUARDIAN_MISSING = "guardian_missing"
    TIER_WITHHELD = "tier_withheld"
    HOLDER_UNCERTAIN = "holder_uncertain"
    NOT_EARNING = "not_earning"
    CATEGORY_UNKNOWN = "category_unknown"
    COUPON_CREDITED_ELSEWHERE = "coupon_credited_elsewhere"
    NOT_CONFIRMED = "not_confirmed"
    """Nobody said in time that the passenger flew."""
    INSUFFICIENT_MILES = "insufficient_miles"
    OPERATION_UNKNOWN = "operation_unknown"
    OPERATION_ENDED = "operation_ended"
    SECOND_PERSON_NEEDED = "second_person_needed"
    NOT_OFFERED = "not_offered"
    TIER_UNKNOWN = "tier_unknown"
    POOL_UNFIT = "pool_unfit"
    REJECTED_BY_STAFF = "rejected_by_staff"
    CLAIMED_TOO_LATE = "claimed_too_late"
    CLAIMED_TOO_EARLY = "claimed_too_early"
    BEFORE_ENROLMENT = "before_enrolment"
    """The flight is so long before the member's enrolment that it can't be claimed."""


class State(StrEnum):
    """What became of a journalled message (``handling.state``)."""

    APPLIED = "applied"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    WAITING = "waiting"
    """A part whose set is still open."""


class CreditStatus(StrEnum):
    """The result of one reported coupon, as hosts see it."""

    POSTED = "posted"
    PENDING = "pending"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Parent of the outcome of one transaction."""


@dataclass(frozen=True, slots=True)
class CouponOutcome(Outcome):
    """``award`` and ``qualifying`` are what stands for this coupon now, in whole miles; ``balance`` is the member's
    award balance after it. ``field`` names the transaction's field that caused a refusal ("off_point"), "" otherwise.
    """

    status: CreditStatus
    reason: Reason = Reason.NONE
    field: str = ""
    award: int = 0
    qualifying: int = 0
    balance: int = 0
    airline: str = ""
    number: str = ""


REFUSALS_MAX = 100
"""Refused persons that the outcome of one list names: enough to see why, and bounded whatever the list holds."""


@dataclass(frozen=True, slots=True)
class FaultyCard:
    """A card as a list gave it, which can't be credited, and why. No word of it is the member's: it goes back to the
    list's sender. ``locator`` is "" where the list gave none; ``line`` counts in the joined telegram."""

    airline: str
    number: str
    role: str
    reason: Reason
    off_point: str
    locator: str
    line: int


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What the originator of a list is to be told: which of its cards are not good. ``key`` names it for ever."""

    key: str
    link: str
    kind: str
    originator: str
    departure: Departure
    edition: datetime
    received_at: datetime
    cards: tuple[FaultyCard, ...]


@dataclass(frozen=True, slots=True)
class ListOutcome(Outcome):
    """Counts over the persons of a list after it was applied. ``superseded``: a newer edition stood already.

    ``refusals``: (line, reason) of the first REFUSALS_MAX persons who were refused or wait for the right holder.
    ``reason``: why the whole list was refused and nothing of it kept.
    ``answer`` is there where the link answers its lists, this one has faulty cards and was not answered before; it is
    not part of the stored outcome.
    """

    persons: int = 0
    posted: int = 0
    pending: int = 0
    refused: int = 0
    superseded: bool = False
    answer: ListAnswer | None = None
    refusals: tuple[tuple[int, str], ...] = ()
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class PartOutcome(Outcome):
    """``texts`` holds all parts in order once the set is complete (each exactly as received), () before.

    ``set_key`` is the key of the very set the part was put to. ``repeated``: this part had arrived before with the
    same text; ``conflict``: with another text, or it contradicts the set's end; ``crowded``: its originator has too
    many open sets, the part was not taken.
    """

    set_key: str
    number: int
    texts: tuple[str, ...] = ()
    repeated: bool = False
    conflict: bool = False
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class GivenUpSet:
    """A part set that was never completed. ``missing`` are the numbers known to be missing; where the final part did
    not come, there may be more behind ``last``, the highest that did."""

    set_key: str
    link: str
    kind: str
    arrived: int
    last: int
    final: bool
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClockOutcome(Outcome):
    """What the business clock decided; nothing, for a ``reason``, where it would have leapt too far."""

    given_up: tuple[GivenUpSet, ...] = ()
    holds: int = 0
    """Holds that timed out."""
    expired: int = 0
    """Miles that expired."""
    timed_out: int = 0
    """Credits that time alone gave up or posted."""
    tiers: int = 0
    """Members whose tier stands otherwise now."""
    granted: int = 0
    """Grants that were given or taken back."""
    looked: int = 0
    """Lots and members at which the clock has looked and found that nothing is due yet."""
    more: bool = False
    """More is due than one stroke takes."""
    reason: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class ImportOutcome(Outcome):
    """What a member import or a programme activation changed."""

    opened: int = 0
    changed: int = 0
    unchanged: int = 0
    programme: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Parent of the answer to one question."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One unit's balance: ``unit`` as the programme names it, ``amount`` whole units."""

    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class CardAnswer(Answer):
    """Answer to CardCheck and BalanceCheck. With a ``reason`` all else but airline and number is empty.

    ``names`` are the holder's known spellings (never empty when granted, none with an empty part); ``tier`` is never
    empty when granted. ``expires_on``/``expires_amount``: the next lot of award miles to expire, None/0 when none.
    """

    airline: str
    number: str
    reason: Reason = Reason.NONE
    tier: str = ""
    names: tuple[Name, ...] = ()
    balances: tuple[Balance, ...] = ()
    expires_on: date | None = None
    expires_amount: int = 0


@dataclass(frozen=True, slots=True)
class ClockAnswer(Answer):
    """Answer to ClockCheck: how many things wait for the clock."""

    due: int


@dataclass(frozen=True, slots=True)
class Result:
    """What the writer did with one Submission. ``repeated``: the stored first answer (the journal got no new row).

    ``system_error`` is true when the message could not be decided because of a defect of ours: it is quarantined.
    """

    journal_id: int
    state: State
    outcomes: tuple[Outcome, ...] = ()
    repeated: bool = False
    system_error: bool = False
    reason: Reason = Reason.NONE
    problems: tuple[Problem, ...] = ()
    entries: tuple[str, ...] = ()
    """References ``lane/seq`` of the ledger entries that this message caused."""
