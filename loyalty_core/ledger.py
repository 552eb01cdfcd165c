"""The ledger's values: double entry in whole units, hash-chained per writer lane.

A posting names source and destination, so both legs are one value and no entry can be out of balance. Entries are never
changed: a mistake is reversed by an entry that mirrors its postings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from .accounts import AWARD, DEFICIT, HELD, PENDING, counters_of, issue_account, member_account
from .hashing import fields_hash

AMOUNT_MAX = 10**12
"""The most that one posting moves and one lot has, as the store's CHECKs have it."""

GENESIS = "0" * 64
"""What the first entry of a lane is chained to."""


class EntryKind(StrEnum):
    ACCRUAL = "accrual"
    PENDING = "pending"
    REVERSAL = "reversal"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    REDEMPTION = "redemption"
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    EXPIRY = "expiry"
    OFFSET = "offset"
    """A deficit absorbed by what came in since."""


EARNING = (EntryKind.ACCRUAL, EntryKind.ADJUSTMENT, EntryKind.TRANSFER)
"""Kinds of entries that make lots of what they bring to an award account."""

REVERSIBLE = (
    EntryKind.ACCRUAL,
    EntryKind.PENDING,
    EntryKind.CAPTURE,
    EntryKind.REDEMPTION,
    EntryKind.ADJUSTMENT,
    EntryKind.TRANSFER,
    EntryKind.OFFSET,
)
"""Kinds of entries that can be reversed, each at most once."""


@dataclass(frozen=True, slots=True)
class Posting:
    """``amount`` (> 0, whole ``unit``) moves from account ``source`` to account ``destination``."""

    source: str
    destination: str
    unit: str
    amount: int

    def reversed(self) -> "Posting":
        return Posting(self.destination, self.source, self.unit, self.amount)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``posted_at`` is the received time of the message that caused it, ``flown_on`` the activity date;
    ``reverses`` is ``lane/seq`` of another entry or ""; ``cause`` names the causing message (``cause_of``);
    ``trace`` (JSON) holds the rule steps, ``because`` (JSON) the journal rows and lines of the evidence.
    """

    lane: str
    seq: int
    previous: str
    kind: EntryKind
    programme: str
    programme_digest: str
    member_number: str
    member_id: int = field(compare=False)
    carriage_key: str
    flown_on: str
    posted_at: str
    reverses: str
    cause: str
    journal_id: int = field(compare=False)
    trace: str
    because: str
    postings: tuple[Posting, ...]
    hash: str = ""

    @property
    def reference(self) -> str:
        return f"{self.lane}/{self.seq}"


def cause_of(digest: bytes, raw_digest: bytes) -> str:
    """What an entry says of the message that caused it: the digests of its canonical form and of its very bytes, so
    that the chain vouches for the bytes in the journal."""
    return f"{digest.hex()} {raw_digest.hex()}"


def entry_hash(entry: Entry) -> str:
    """SHA-256 over the previous hash and the canonical fields, each preceded by its length in bytes.

    Ids given out by the database's writer are no part of it, but for the journal rows of ``because``: a replay into an
    empty database numbers its rows alike and gives the same chain.
    """
    fields: list[str] = [
        entry.previous,
        entry.lane,
        str(entry.seq),
        entry.kind,
        entry.programme,
        entry.programme_digest,
        entry.member_number,
        entry.carriage_key,
        entry.flown_on,
        entry.posted_at,
        entry.reverses,
        entry.cause,
        entry.trace,
        entry.because,
    ]
    for posting in entry.postings:
        fields += [posting.source, posting.destination, posting.unit, str(posting.amount)]
    return fields_hash(fields).hex()


def accrual_postings(
    programme: str,
    number: str,
    amounts: Mapping[str, int],
    pool: str = "",
    pooled: int = 0,
) -> tuple[Posting, ...]:
    """What a flown coupon gives by unit, posted at once; amounts of 0 make no posting. ``pooled`` of the award miles
    go to the family pool of this number."""
    issue = issue_account(programme)
    given = [(number, AWARD, amounts.get(AWARD, 0) - pooled), (pool, AWARD, pooled)]
    given += [(number, unit, amount) for unit, amount in counters_of(amounts).items()]
    return tuple(
        Posting(issue, member_account(programme, owner, unit), unit, amount)
        for owner, unit, amount in given
        if amount
    )


def pending_postings(programme: str, number: str, award: int) -> tuple[Posting, ...]:
    """Award miles expected but not yet the member's; pending miles qualify for nothing."""
    if not award:
        return ()
    return (Posting(issue_account(programme), member_account(programme, number, PENDING), AWARD, award),)


def bounded(postings: Iterable[Posting]) -> list[Posting]:
    """The same amounts in postings of ``AMOUNT_MAX`` at most: what expires of several lots may be more."""
    return [
        replace(posting, amount=min(posting.amount - taken, AMOUNT_MAX))
        for posting in postings
        for taken in range(0, posting.amount, AMOUNT_MAX)
    ]


def mirrored(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """What undoes these postings. Miles that were captured come back to be spent: their hold has ended."""
    return tuple(
        replace(undone, destination=undone.destination.removesuffix(HELD) + AWARD)
        if undone.destination.endswith(f":{HELD}")
        else undone
        for undone in (posting.reversed() for posting in postings)
    )


def is_cover(posting: Posting) -> bool:
    """Does this posting of a reversal make up for miles that were gone: owed from now on, or back from the expired?"""
    return posting.destination.endswith(f":{AWARD}") and (
        posting.source.endswith((f":{DEFICIT}", ":expired"))
    )


def balance_changes(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """(account, unit) -> change, over all postings."""
    changes: dict[tuple[str, str], int] = {}
    for entry in entries:
        for posting in entry.postings:
            for account, amount in ((posting.source, -posting.amount), (posting.destination, posting.amount)):
                changes[account, posting.unit] = changes.get((account, posting.unit), 0) + amount
    return changes


class Chain:
    """The end of one lane while a batch is decided: hands out sequence numbers and hashes, keeps the new entries."""

    def __init__(self, lane: str, seq: int, head: str) -> None:
        self.lane = lane
        self.seq = seq
        self.head = head
        self.entries: list[Entry] = []

    def append(
        self,
        *,
        kind: EntryKind,
        programme: str,
        programme_digest: str,
        member_number: str,
        member_id: int,
        carriage_key: str,
        flown_on: str,
        posted_at: str,
        cause: str,
        journal_id: int,
        trace: str,
        because: str,
        postings: Sequence[Posting],
        reverses: str = "",
    ) -> Entry:
        bare = Entry(
            lane=self.lane,
            seq=self.seq + 1,
            previous=self.head,
            kind=kind,
            programme=programme,
            programme_digest=programme_digest,
            member_number=member_number,
            member_id=member_id,
            carriage_key=carriage_key,
            flown_on=flown_on,
            posted_at=posted_at,
            reverses=reverses,
            cause=cause,
            journal_id=journal_id,
            trace=trace,
            because=because,
            postings=tuple(postings),
        )
        sealed = replace(bare, hash=entry_hash(bare))
        self.seq, self.head = sealed.seq, sealed.hash
        self.entries.append(sealed)
        return sealed
