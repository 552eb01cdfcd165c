"""Lots: award miles with one day of expiry, and the order in which they are consumed.

A lot's miles are in four places: *open* (to be spent), *held* (set aside by a hold), *expired*, and *spent*, which is
whatever is in none of the others. Whatever an entry does to lots is written down as moves from place to place, so a
reversal puts the same miles back into the same lots, and the state of every lot can be computed again from its moves.

Order of consumption: what expires first goes first; of that, what was earned first; then in order of the ledger. Lots
that never expire come last.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

LotKey = tuple[str, int, int]
"""Lane and sequence number of the entry that made the lot, and the lot's number within it (from 1)."""

NEVER = "9999-12-31"


class Place(StrEnum):
    OPEN = "open"
    HELD = "held"
    EXPIRED = "expired"
    SPENT = "spent"


_COLUMNS = {Place.OPEN: "remaining", Place.HELD: "held", Place.EXPIRED: "expired"}


@dataclass(frozen=True, slots=True)
class Lot:
    """``expires_on`` is the first day that can be the last of validity (ISO text), "" for never; up to the end of
    ``look_on`` nobody has to look whether it is over (``lot_ends``). ``remaining`` is what is open."""

    lane: str
    seq: int
    number: int
    member_id: int
    unit: str
    earned_on: str
    expires_on: str
    amount: int
    remaining: int
    held: int = 0
    expired: int = 0
    look_on: str = ""

    @property
    def key(self) -> LotKey:
        return (self.lane, self.seq, self.number)

    @property
    def order(self) -> tuple[str, str, str, int, int]:
        """Lots are consumed from the smallest."""
        return (self.expires_on or NEVER, self.earned_on, self.lane, self.seq, self.number)

    def moved(self, move: "LotMove") -> "Lot":
        """This lot after a move."""
        changes: dict[str, int] = {}
        if move.source in _COLUMNS:
            column = _COLUMNS[move.source]
            changes[column] = getattr(self, column) - move.amount
        if move.destination in _COLUMNS:
            column = _COLUMNS[move.destination]
            changes[column] = getattr(self, column) + move.amount
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class LotMove:
    """``amount`` (> 0) miles of one lot go from one place to another."""

    lot: LotKey
    source: Place
    destination: Place
    amount: int


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that an entry is to make; its key is known with the entry's."""

    member_id: int
    earned_on: str
    expires_on: str
    amount: int


def consume(lots: Iterable[Lot], amount: int, destination: Place) -> list[LotMove]:
    """The moves that take ``amount`` out of open lots, in order of consumption; less where they don't hold so much."""
    moves = []
    for lot in sorted(lots, key=lambda each: each.order):
        if amount <= 0:
            break
        taken = min(lot.remaining, amount)
        if taken:
            moves.append(LotMove(lot.key, Place.OPEN, destination, taken))
            amount -= taken
    return moves


def slice_of(moves: Iterable[LotMove], skipped: int, amount: int, source: Place, to: Place) -> list[LotMove]:
    """Of the miles that ``moves`` brought somewhere, in their order, those behind the first ``skipped``: as moves of
    ``amount`` miles from ``source`` to another place."""
    found = []
    for move in moves:
        passed = min(skipped, move.amount)
        skipped -= passed
        taken = min(move.amount - passed, amount)
        amount -= taken
        if taken:
            found.append(LotMove(move.lot, source, to, taken))
    return found


def total(moves: Iterable[LotMove]) -> int:
    return sum(move.amount for move in moves)


def written(moves: Iterable[LotMove]) -> list[list[object]]:
    """Moves as an entry's trace has them: ``[["main/7/1", "open", "spent", 500], ...]``."""
    return [
        ["/".join(map(str, move.lot)), str(move.source), str(move.destination), move.amount] for move in moves
    ]
