"""The rows of a member file as values, and what only all of them together can show: cards twice, rows of a member that
disagree, successors of others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from .problems import Problem
from .standing import MemberKind
from .transactions import Name

_OF_THE_MEMBER = (
    *(
        "surname",
        "given",
        "other_names",
        "birth_date",
        "residence",
        "groups",
        "programme",
        "tier",
        "enrolled_on",
    ),
    *("member_state", "member_since", "said_at", "kind", "relations"),
)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One card and its holder. ``row`` is the line in the file (from 1, the header is 1); ``said_at`` is aware;
    ``residence`` and ``groups`` (sorted, none twice) are None where the file has no such column, empty where it says
    that there is none."""

    member: str
    surname: str
    given: str
    other_names: tuple[Name, ...]
    birth_date: date | None
    programme: str
    tier: str
    enrolled_on: date | None
    card_airline: str
    card: str
    card_state: str
    replaced_by: str
    row: int
    card_since: date | None = None
    member_state: str = ""
    member_since: date | None = None
    said_at: datetime | None = None
    kind: str = MemberKind.PERSON
    residence: str | None = None
    groups: tuple[str, ...] | None = None
    relations: tuple[tuple[str, str, date | None], ...] = ()
    """(relation, number of the other member or key of the person, "" for none any more; since)."""

    @property
    def names(self) -> tuple[Name, ...]:
        """All spellings, the main one first, none twice."""
        return tuple(dict.fromkeys((Name(self.surname, self.given), *self.other_names)))


def problems_between(rows: Sequence[MemberRow]) -> Iterator[Problem]:
    """What is wrong with rows that are good one by one."""
    cards: dict[tuple[str, str], MemberRow] = {}
    members: dict[str, MemberRow] = {}
    for row in rows:
        first_card = cards.setdefault((row.card_airline, row.card), row)
        if first_card is not row:
            text = f"card {row.card_airline} {row.card} stands in row {first_card.row} already"
            yield Problem("duplicate_card", text, "card", row.row, 1, value=row.card)
        first = members.setdefault(row.member, row)
        for column in _OF_THE_MEMBER:
            if getattr(first, column) != getattr(row, column):
                text = f"{column} of member {row.member} is another one than in row {first.row}"
                yield Problem("members_disagree", text, column, row.row, 1)
    for row in rows:
        successor = cards.get((row.card_airline, row.replaced_by)) if row.replaced_by else None
        if successor is None:
            continue
        if successor.member != row.member:
            text = f"card {row.replaced_by} belongs to member {successor.member}"
        elif _goes_round(row, cards):
            text = "these cards replace each other"
        else:
            continue
        yield Problem("bad_value", text, "replaced_by", row.row, 1, value=row.replaced_by)


def _goes_round(row: MemberRow, cards: Mapping[tuple[str, str], MemberRow]) -> bool:
    seen = {row.card}
    here: MemberRow | None = row
    while here is not None and here.replaced_by:
        if here.replaced_by in seen:
            return here.replaced_by == row.card
        seen.add(here.replaced_by)
        here = cards.get((row.card_airline, here.replaced_by))
    return False
