"""What was said of members and cards: reading the part of it that a batch may need, and writing what is new."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.membership import card_subject, member_subject
from loyalty_core.world import World

from . import tables
from .statements import Lookup, upsert_all

_TOLD = Lookup(tables.told.columns, tables.told.c.subject)


def load_told(connection: sa.Connection, world: World, numbers: Iterable[str], cards: Iterable[str]) -> None:
    """What was said of the members and cards loaded, and of these member and card numbers, known or not."""
    subjects = {member_subject(member.programme, member.number) for member in world.members.values()}
    subjects |= {card_subject(programme, number) for programme, number in world.cards}
    for programme in world.programmes:
        subjects |= {member_subject(programme, number) for number in numbers}
        subjects |= {card_subject(programme, number) for number in cards}
    for row in _TOLD(connection, subjects):
        world.told.setdefault((row.subject, row.aspect), {})[row.since, row.word] = row.said_at


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
