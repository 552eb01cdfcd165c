"""What was said of members and cards, and who belongs together: reading the part of it that a batch may need, and
writing what is new."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.membership import card_subject, member_subject
from loyalty_core.relations import NAMING, Relation
from loyalty_core.world import World

from . import tables
from .operation_tables import family_offset
from .statements import Lookup, delete_among, insert_all, upsert_all

_TOLD = Lookup(tables.told.columns, tables.told.c.subject)
_TOLD_OF = Lookup(tables.told.columns, tables.told.c.word)
_ME = tables.member.alias("me")
_FAMILY = Lookup(
    [tables.member.c[name] for name in ("id", "programme", "number", "survivor_id")],
    _ME.c.id,
    tables.member.c.survivor_id == _ME.c.survivor_id,
)
_NAMED = Lookup([tables.member.c[name] for name in ("id", "programme", "number")], tables.member.c.number)
_OWNERS = Lookup([tables.card.c[name] for name in ("programme", "number", "member_id")], tables.card.c.number)
_OFFSETS = Lookup(family_offset.columns, family_offset.c.member_id)
_CONCERNING = frozenset({Relation.MERGED_INTO.value, Relation.PARENT.value, Relation.COMPANY.value})


def _know_told(world: World, rows: Iterable[sa.Row[tuple[str, ...]]]) -> None:
    for row in rows:
        world.told.setdefault((row.subject, row.aspect), {})[row.since, row.word] = row.said_at


def load_told_of(connection: sa.Connection, world: World, subjects: Iterable[str]) -> None:
    """What is said of these members and cards."""
    _know_told(world, _TOLD(connection, subjects))


def load_families(connection: sa.Connection, world: World, ids: Iterable[int]) -> dict[int, str]:
    """These members, those merged into them and those they were merged into: id -> subject."""
    found = {}
    for row in _FAMILY(connection, ids):
        found[row.id] = member_subject(row.programme, row.number)
        if row.survivor_id != row.id:
            world.survivors[row.id] = row.survivor_id
    return found


def load_related(
    connection: sa.Connection, world: World, ids: Iterable[int], cards: Iterable[str]
) -> set[int]:
    """The ids of these members, their families and all whom they name in a relation, and what is said of any of them
    and of these cards (subjects)."""
    found: set[int] = set()
    ahead, subjects = set(ids), set(cards)
    while ahead or subjects:
        family = load_families(connection, world, ahead)
        found |= family.keys()
        rows = _TOLD(connection, subjects | set(family.values()))
        _know_told(world, rows)
        named = {row.word for row in rows if row.aspect in NAMING} - {""}
        ahead, subjects = set(_ids_of(connection, named).values()) - found, set()
    return found


def _ids_of(connection: sa.Connection, subjects: set[str]) -> dict[str, int]:
    numbers = {subject.split("/")[2] for subject in subjects}
    rows = ((member_subject(row.programme, row.number), row.id) for row in _NAMED(connection, numbers))
    return {subject: member_id for subject, member_id in rows if subject in subjects}


def load_concerned(
    connection: sa.Connection, world: World, numbers: Iterable[str], cards: Iterable[str]
) -> tuple[set[int], set[str]]:
    """Whose flights may be credited otherwise when something is said of these members and cards (by number, known or
    not): ids of members and numbers of cards; and what is said of them."""
    ahead = {member_subject(programme, number) for programme in world.programmes for number in numbers}
    ahead |= {card_subject(programme, number) for programme in world.programmes for number in cards}
    owners = {row.member_id for row in _OWNERS(connection, cards)}
    ids: set[int] = set()
    subjects: set[str] = set()
    while ahead or owners:
        owners |= set(_ids_of(connection, {each for each in ahead if "/member/" in each}).values())
        family = load_families(connection, world, owners)
        ids |= family.keys()
        ahead = (ahead | set(family.values())) - subjects
        subjects |= ahead
        own, others = _TOLD(connection, ahead), _TOLD_OF(connection, ahead)
        _know_told(world, own)
        _know_told(world, others)
        # Whom a member names who isn't known yet can't be found by load_related.
        ids |= set(_ids_of(connection, {row.word for row in own if row.aspect in NAMING} - {""}).values())
        named = {row.word for row in own if row.aspect == Relation.MERGED_INTO} - {""}
        ahead = named | {row.subject for row in others if row.aspect in _CONCERNING}
        ahead, owners = ahead - subjects, set()
    numbers = {subject.split("/")[2] for subject in subjects if "/card/" in subject}
    return ids | {row.member_id for row in _OWNERS(connection, numbers)}, numbers


def load_offsets(connection: sa.Connection, world: World) -> set[tuple[str, int]]:
    """The entries by which merged members at hand paid for one another."""
    for row in _OFFSETS(connection, world.members):
        lane, _stroke, seq = row.entry.rpartition("/")
        world.offsets[lane, int(seq)] = row.member_id
    return set(world.offsets)


def write_offsets(connection: sa.Connection, world: World) -> None:
    gone = {f"{lane}/{seq}" for lane, seq in world.gone_offsets}
    delete_among(connection, family_offset, family_offset.c.entry, gone)
    rows = [
        {"entry": f"{lane}/{seq}", "member_id": world.offsets[lane, seq]}
        for lane, seq in sorted(world.new_offsets)
    ]
    insert_all(connection, family_offset, rows)


def write_told(connection: sa.Connection, world: World) -> None:
    upsert_all(
        connection,
        tables.told,
        [
            {
                "subject": subject,
                "aspect": aspect,
                "since": since,
                "word": word,
                "said_at": said_at,
                "journal_id": journal_id,
            }
            for (subject, aspect, since, word), (said_at, journal_id) in sorted(world.new_told.items())
        ],
    )
