"""What staff say of members and cards, as values.

A statement is a fact with a time of its own: ``said_at`` (aware) is when it was said, ``since`` the day from which on
it holds. Of several the one said last counts, whatever comes first (``loyalty_core.standing``). Members and cards are
named by their numbers and the airline on the card, which tells the programme. One that isn't known yet is no mistake:
the statement waits, and takes effect when a member file brings the member or card.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .keys import ascii_key
from .outcomes import Outcome, Reason
from .transactions import Transaction


@dataclass(frozen=True, slots=True)
class MemberStated(Transaction):
    """From ``since`` on the member is in this state: active, temporary, blocked, closed or died."""

    airline: str
    number: str
    state: str
    since: date
    said_at: datetime


@dataclass(frozen=True, slots=True)
class CardStated(Transaction):
    """From ``since`` on the card is in this state: active, issued, expired, replaced, lost, stolen, blocked or closed.

    ``replaced_by`` is the number of the card that took its place, "" none: one of the same member.
    """

    airline: str
    number: str
    state: str
    since: date
    said_at: datetime
    replaced_by: str = ""


Statement = MemberStated | CardStated


def subjects_of(statement: Statement) -> tuple[set[str], set[str]]:
    """Card numbers (canonical) and member numbers that a statement names."""
    if isinstance(statement, CardStated):
        named = {ascii_key(statement.number), ascii_key(statement.replaced_by)}
        return named - {""}, set()
    return set(), {statement.number}


class StatementStatus(StrEnum):
    """What became of a statement, as its sender sees it."""

    APPLIED = "applied"
    """It stands; that does not mean that it changed anything."""
    SUPERSEDED = "superseded"
    """Kept, but something said later stands."""
    WAITING = "waiting"
    """Kept until the member or card is known."""
    REFUSED = "refused"
    """Not kept, see ``reason`` and ``field``."""


@dataclass(frozen=True, slots=True)
class StatementOutcome(Outcome):
    """``field`` is the field that a refusal is about."""

    status: StatementStatus
    reason: Reason = Reason.NONE
    field: str = ""
    airline: str = ""
    number: str = ""
