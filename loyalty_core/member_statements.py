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


@dataclass(frozen=True, slots=True)
class MembersMerged(Transaction):
    """The member and the one called ``into`` are the same person: ``into`` survives, with the flights of both. The
    cards and the number of the merged one stay aliases for ever."""

    airline: str
    number: str
    into: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class MembersUnmerged(Transaction):
    """The member is nobody else after all: whatever merge was said before is as if it had never been."""

    airline: str
    number: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class MemberRelated(Transaction):
    """From ``since`` on the member has this relation (parent, guardian or company) to the member ``other``, or to
    nobody any more (""). ``card`` instead of ``number``: this card only, of a company's traveller."""

    airline: str
    relation: str
    since: date
    said_at: datetime
    number: str = ""
    card: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class TierGiven(Transaction):
    """The member has the tier from ``since`` to ``until`` (None: without end; not for ``paid``) though it was not
    reached by flying. ``kind`` is gift, match or paid. Kind, tier and ``since`` name it: said again, it has another
    end, or with the ``state`` withdrawn (instead of given) it is as if it had never been given."""

    airline: str
    number: str
    tier: str
    kind: str
    since: date
    said_at: datetime
    reason: str
    until: date | None = None
    state: str = "given"


Statement = MemberStated | CardStated | MembersMerged | MembersUnmerged | MemberRelated | TierGiven


def subjects_of(statement: Statement) -> tuple[set[str], set[str]]:
    """Card numbers (canonical) and member numbers that a statement names."""
    if isinstance(statement, CardStated):
        named = {ascii_key(statement.number), ascii_key(statement.replaced_by)}
        return named - {""}, set()
    cards, members = set(), {statement.number}
    if isinstance(statement, MemberRelated):
        cards.add(ascii_key(statement.card))
        members.add(statement.other)
    elif isinstance(statement, MembersMerged):
        members.add(statement.into)
    return cards - {""}, members - {""}


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
