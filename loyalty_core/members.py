"""Taking over a member file: new members are opened, known ones brought up to date, nothing is forgotten.

What the file doesn't name stays: a card once known remains an alias of its member, for a list will come with it.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from .errors import InputError
from .keys import ascii_key
from .members_file import MemberRow, read_members
from .outcomes import ImportOutcome
from .problems import Problem
from .programme import Programme
from .settle import current_tier
from .world import Card, Member, World


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
    return cards, {row.member for row in rows}


def import_members(world: World, content: bytes) -> tuple[ImportOutcome, set[str]]:
    """The counts of members, and the card numbers whose carriages have to be settled again.

    Raises InputError (nothing changed) when a row can't be used: all problems, with row numbers.
    """
    rows = _rows(content)
    programmes = _programmes_of(world, rows)
    opened: set[str] = set()
    changed: set[str] = set()
    touched: set[str] = set()
    owners: set[int] = set()
    members: dict[tuple[str, str], MemberRow] = {}
    for row in rows:
        members.setdefault((programmes[row.row].name, row.member), row)
    for (name, number), row in members.items():
        known_id = world.member_ids.get((name, number))
        known = world.members.get(known_id) if known_id is not None else None
        if known is None:
            member = _opened(world, programmes[row.row], row)
            opened.add(number)
        else:
            birth_date = row.birth_date.isoformat() if row.birth_date else ""
            member = replace(known, names=row.names, birth_date=birth_date, granted_tier=row.tier)
            member = replace(member, tier=current_tier(world, programmes[row.row], member))
            if member == known:
                continue
            changed.add(number)
        world.put_member(member)
    for row in rows:
        name = programmes[row.row].name
        slot = (name, ascii_key(row.card))
        replaced_by = ascii_key(row.replaced_by) if row.replaced_by else ""
        card = Card(name, slot[1], world.member_ids[name, row.member], row.card_state, replaced_by)
        if world.cards.get(slot) != card:
            world.cards[slot] = card
            world.changed_cards.add(slot)
            if row.member not in opened:
                changed.add(row.member)
    for row in rows:
        if row.member in opened or row.member in changed:
            touched.add(ascii_key(row.card))
            owners.add(world.member_ids[programmes[row.row].name, row.member])
    # Flights may stand under cards that the file doesn't name.
    touched |= {number for (_programme, number), card in world.cards.items() if card.member_id in owners}
    _rows.cache_clear()  # a large file's rows are not kept for the rest of the process's life
    outcome = ImportOutcome(
        opened=len(opened), changed=len(changed), unchanged=len(members) - len(opened) - len(changed)
    )
    return outcome, touched


def _opened(world: World, programme: Programme, row: MemberRow) -> Member:
    return Member(
        id=world.ids.take("member"),
        programme=programme.name,
        number=row.member,
        names=row.names,
        birth_date=row.birth_date.isoformat() if row.birth_date else "",
        granted_tier=row.tier,
        tier=row.tier or programme.base_tier,
    )


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
