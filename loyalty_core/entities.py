"""What the books hold, one value a row: members, cards, carriages, credits, part sets and telegrams."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from .accounts import AWARD, counters_of
from .carriage import Carriage
from .evidence import Evidence
from .stable_json import decode, encode
from .transactions import Name


@dataclass(frozen=True, slots=True)
class Member:
    """A member of one programme. ``granted_tier`` is a starting tier given by the member file ("" none); ``tier`` is
    what stands now, to the end of ``tier_until``, after the ``spells`` that led to it (``tiers.TierNow``); days are
    ISO texts or ""; ``residence`` is a country (two letters) or "", ``groups`` are the names of target groups, sorted,
    with a blank between two; ``said_at`` (as ``keys.order_of``) is when the member file said all that."""

    id: int
    programme: str
    number: str
    names: tuple[Name, ...]
    birth_date: str
    granted_tier: str
    tier: str
    state: str = "active"
    enrolled_on: str = ""
    said_at: str = ""
    kind: str = "person"
    tier_until: str = ""
    spells: str = ""
    grants_due: str = ""
    residence: str = ""
    groups: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    programme: str
    number: str
    member_id: int
    state: str
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """What stands in the ledger for one carriage: the live entry and what it was computed from. ``counters`` is what
    it gives of all units but award miles, as ``write_counters`` has it: one text for one content."""

    programme: str
    key: str
    carriage_id: int
    member_id: int
    status: str
    lane: str
    seq: int
    award: int
    counters: str
    flown_on: str
    tier: str
    carriage_key: str
    facts: str
    pool_id: int = 0
    pool_share: int = 0
    """The family pool that got a share when it was posted, and the percent; 0 none."""
    promoted: str = ""
    """What promotions have added (``promoting.write_promoted``), "" nothing."""

    @property
    def amounts(self) -> dict[str, int]:
        """Unit -> whole units, without zeros."""
        return (
            {AWARD: self.award, **read_counters(self.counters)}
            if self.award
            else read_counters(self.counters)
        )


def write_counters(amounts: Mapping[str, int]) -> str:
    """The counters among these amounts as text: ``{"qualifying":840,"segments":1}``, sorted, without zeros."""
    return encode(counters_of(amounts))


def read_counters(text: str) -> dict[str, int]:
    found: dict[str, int] = decode(text)
    return found


@dataclass(frozen=True, slots=True)
class PartSet:
    """A telegram of which parts have come. ``merge_key`` is what its parts have in common, ``created`` and
    ``touched_at`` (when its last part came) are as ``keys.order_of``; ``state`` is open, given_up, disputed, closed or
    read."""

    key: str
    merge_key: str
    originator: str
    kind: str
    created: str
    state: str
    touched_at: str
    link: str
    encoding: str


@dataclass(frozen=True, slots=True)
class KeptPart:
    """One part as it came by a journal row, which holds its bytes. ``digest`` is that of its canonical form, hex;
    ``created`` its creation time as ``keys.order_of``."""

    final: bool
    text: str
    journal_id: int
    digest: str
    created: str


@dataclass(frozen=True, slots=True)
class EndedSet:
    """A set that was read, given up or disputed within this batch, at a time for the handling log, with the journal
    rows of the parts it then had."""

    key: str
    state: str
    at: str
    journal_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Telegram:
    """A telegram of the outbox as its table has it; instants are texts of ``keys.order_of``."""

    id: int
    key: str
    lane: str
    link: str
    text: str
    state: str
    attempts: int
    perhaps_sent: int
    queued_at: str
    due_at: str
    ended_at: str
    reason: str
    journal_id: int


@dataclass(frozen=True, slots=True)
class AcceptedName:
    """A spelling that staff accepted for a card's holder (``accepted`` 0: forgotten again), as its table has it."""

    number: str
    airline: str
    surname: str
    given: str
    accepted: int
    stated_at: str
    named_by: str
    remark: str
    journal_id: int

    @property
    def order(self) -> tuple[object, ...]:
        """Said last counts; of things said at one instant the greatest content."""
        return (self.stated_at, self.accepted, self.named_by, self.remark)


@dataclass(slots=True)
class Person:
    """A carriage in the books: its standing evidence, the joined view of it and what became of the credit."""

    id: int
    departure_key: str
    pieces: dict[int, Evidence]
    view: Carriage | None = None
    credit: str = "none"
    """none, refused, suspense, pending or posted."""
    reason: str = ""
    reason_field: str = ""
    """The field of the transaction that a refusal is about ("off_point"); known only while the batch is decided."""
    due_at: str = ""
    """When the business clock alone would change the credit, as ``keys.order_of``; "" never."""
    meets_by: frozenset[str] = frozenset()
    """The contest keys by which it was last settled; known only while the batch is decided."""


class Ids:
    """Numbers for new rows, given out in memory: those that follow the highest ones of each table."""

    def __init__(self, highest: Mapping[str, int]) -> None:
        self._following = {table: count(number + 1) for table, number in highest.items()}

    def take(self, table: str) -> int:
        return next(self._following[table])
