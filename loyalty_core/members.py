"""Taking over a member file: new members are opened, known ones brought up to date, nothing is forgotten.

What the file doesn't name stays: a card once known remains an alias of its member, for a list will come with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from . import keys
from .entities import Card, Member
from .errors import InputError
from .keys import ascii_key
from .member_rows import MemberRow
from .members_file import read_members
from .membership import ENROLLED, STATE, card_subject, facts_of, is_past, member_subject, tell
from .outcomes import ImportOutcome
from .owners import GROUPS, RESIDENCE, OwnerFacts
from .problems import Problem
from .programme import Programme
from .relations import Relation, affected, member_of, person_word, touch
from .standing import CardState
from .tiers import renew_later
from .world import World


@lru_cache(maxsize=2)
def _rows(content: bytes) -> tuple[MemberRow, ...]:
    # Loading and deciding both need the rows of the same file.
    return read_members(content)


def cards_and_members_of(content: bytes) -> tuple[set[str], set[str]]:
    """Card numbers and member numbers that a file names; nothing for a file that can't be read (deciding says why)."""
    try:
        rows = _rows(content)
    except InputError:
        return set(), set()
    cards = {ascii_key(row.card) for row in rows} | {
        ascii_key(row.replaced_by) for row in rows if row.replaced_by
    }
    named = (each for row in rows for each in row.relations)
    others = {other for relation, other, _since in named if other and relation != Relation.PERSON}
    return cards, {row.member for row in rows} | others


def import_members(
    world: World, content: bytes, journal_id: int, received_at: datetime
) -> tuple[ImportOutcome, set[int]]:
    """The counts of members, and the carriages that have to be settled again.

    Raises InputError (nothing changed) when a row can't be used: all problems, with row numbers.
    """
    rows = _rows(content)
    programmes = _programmes_of(world, rows)
    _require_own_cards(world, rows, programmes)
    _require_past(rows, received_at)
    opened: set[str] = set()
    changed: set[str] = set()
    asked: dict[int, OwnerFacts] = {}
    members: dict[tuple[str, str], MemberRow] = {}
    for row in rows:
        members.setdefault((programmes[row.row].name, row.member), row)
    for (name, number), row in members.items():
        known_id = world.member_ids.get((name, number))
        known = world.members.get(known_id) if known_id is not None else None
        told = _told_by(programmes[row.row], row, keys.order_of(row.said_at or received_at))
        if known is None:
            member = replace(told, id=world.ids.take("member"))
            opened.add(number)
        else:
            asked[known.id] = facts_of(world, known)
            last = max(known, told, key=_later)
            member = replace(
                known,
                names=last.names,
                birth_date=last.birth_date,
                granted_tier=last.granted_tier,
                kind=last.kind,
                said_at=last.said_at,
            )
            if replace(member, said_at=known.said_at) != known:
                changed.add(number)
        if member != known:
            world.put_member(member)
    subjects = {member_subject(*each) for each in members}
    before = affected(world, subjects)
    for row in rows:
        name = programmes[row.row].name
        slot = (name, ascii_key(row.card))
        new = slot not in world.cards
        if new:
            world.put_card(Card(name, slot[1], world.member_ids[name, row.member], CardState.ACTIVE.value))
        subjects.add(card_subject(*slot))
        said_at = keys.order_of(row.said_at or received_at)
        news = [tell(world, *each, said_at, journal_id) for each in _statements(name, row, said_at[:10])]
        if (new or any(news)) and row.member not in opened:
            changed.add(row.member)
    for member_id, before_this in asked.items():
        if facts_of(world, world.members[member_id]) != before_this:
            world.restated[member_id] = before_this
    concerned = touch(world, subjects)
    renew_later(world, (world.members[world.member_ids[each]] for each in members))
    renew_later(world, (each for each in (member_of(world, one) for one in concerned) if each))
    touched = {
        member_subject(name, number) for name, number in members if number in opened or number in changed
    }
    _rows.cache_clear()  # a large file's rows are not kept for the rest of the process's life
    outcome = ImportOutcome(
        opened=len(opened), changed=len(changed), unchanged=len(members) - len(opened) - len(changed)
    )
    # Flights may stand under cards that the file doesn't name.
    return outcome, before | affected(world, touched)


def _later(member: Member) -> tuple[object, ...]:
    """What a member file said last counts; of one instant, any order that doesn't hang on arrival."""
    told = (member.birth_date, member.granted_tier, member.kind)
    return (member.said_at, repr(member.names), *told)


def _statements(programme: str, row: MemberRow, day: str) -> Iterator[tuple[str, str, str, str]]:
    """What a row says beside names and tier: (subject, aspect, since, word). ``day``: that of saying (ISO text)."""
    if row.card_state:
        word = f"{row.card_state} {ascii_key(row.replaced_by)}" if row.replaced_by else row.card_state
        yield card_subject(programme, ascii_key(row.card)), STATE, _day(row.card_since), word
    if row.member_state:
        yield member_subject(programme, row.member), STATE, _day(row.member_since), row.member_state
    for relation, other, since in row.relations:
        member = member_subject(programme, other) if other else ""
        word = person_word(other) if relation == Relation.PERSON else member
        yield member_subject(programme, row.member), relation, _day(since), word
    if row.enrolled_on:
        yield member_subject(programme, row.member), ENROLLED, "", _day(row.enrolled_on)
    # Told again every day, too: a file that comes late may say otherwise of a day between two that say the same.
    if row.residence is not None:
        yield member_subject(programme, row.member), RESIDENCE, day, row.residence
    if row.groups is not None:
        yield member_subject(programme, row.member), GROUPS, day, " ".join(row.groups)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _told_by(programme: Programme, row: MemberRow, said_at: str) -> Member:
    return Member(
        id=0,
        programme=programme.name,
        number=row.member,
        names=row.names,
        birth_date=_day(row.birth_date),
        granted_tier=row.tier,
        tier=row.tier or programme.base_tier,
        said_at=said_at,
        kind=row.kind,
    )


def _require_past(rows: Iterable[MemberRow], received_at: datetime) -> None:
    """Nothing is said in advance: what stands now is what was said last, whatever the day."""
    problems = []
    for row in rows:
        days = [("card_since", row.card_since), ("member_since", row.member_since)]
        days += [(f"{relation}_since", since) for relation, _other, since in row.relations]
        for column, since in days:
            if since is not None and not is_past(since, received_at):
                problems.append(
                    Problem("in_future", f"{since} has not come yet", column, row.row, 1, value=str(since))
                )
        if row.said_at is not None and not is_past(row.said_at.date(), received_at):
            text = f"{row.said_at.isoformat()} has not come yet"
            problems.append(Problem("in_future", text, "said_at", row.row, 1, value=row.said_at.isoformat()))
    if problems:
        raise InputError(problems)


def _require_own_cards(world: World, rows: Iterable[MemberRow], programmes: Mapping[int, Programme]) -> None:
    """A card never changes hands: flights under it would silently become another's."""
    problems = []
    for row in rows:
        name = programmes[row.row].name
        for column, number in (("card", row.card), ("replaced_by", row.replaced_by)):
            card = world.cards.get((name, ascii_key(number))) if number else None
            owner = world.members[card.member_id].number if card else row.member
            if owner != row.member:
                text = f"card {number} belongs to member {owner}"
                problems.append(Problem("card_of_another", text, column, row.row, 1, value=number))
    if problems:
        raise InputError(problems)


def _programmes_of(world: World, rows: Iterable[MemberRow]) -> dict[int, Programme]:
    """Row number -> programme: the one named, else the one that serves the card's airline."""
    problems = []
    found = {}
    for row in rows:
        programme = (
            world.programmes.get(row.programme) if row.programme else world.programme_for(row.card_airline)
        )
        if programme is None:
            wanted = (
                f"programme {row.programme}"
                if row.programme
                else f"a programme for cards of {row.card_airline}"
            )
            problems.append(Problem("programme_unknown", f"{wanted} is not active", line=row.row, column=1))
        elif row.tier and programme.tier_rank(row.tier) < 0:
            text = f"programme {programme.name} has no tier {row.tier}"
            problems.append(Problem("tier_unknown", text, line=row.row, column=1))
        elif row.card_airline not in programme.carriers:
            text = f"programme {programme.name} has no cards of {row.card_airline}"
            problems.append(Problem("airline_not_served", text, line=row.row, column=1))
        else:
            found[row.row] = programme
    if problems:
        raise InputError(problems)
    return found
