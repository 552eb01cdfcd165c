"""Members' tiers in time: which have ended, what was believed of them when."""

from typing import Any

import sqlalchemy as sa

from loyalty_core.sharing import POOL_PREFIX
from loyalty_core.tiers import DUE
from loyalty_core.transactions import Clock, ClockCheck
from loyalty_core.world import World

from . import tables
from .statements import insert_all

_MEMBER, _BELIEF = tables.member, tables.tier_belief


def tier_ended(clock: Clock | ClockCheck) -> sa.ColumnElement[bool]:
    """The condition for members whose tier has ended by this stroke."""
    ends: sa.ColumnElement[str] = sa.literal_column("member.tier_until")  # as the partial index says it
    return sa.and_(ends != sa.literal_column("''"), _MEMBER.c.tier_until < clock.at.date().isoformat())


def mark_retiered(connection: sa.Connection, programmes: set[str]) -> None:
    """The rules of tiers of these programmes have changed: all members are due."""
    for name in sorted(programmes):
        connection.execute(
            sa.update(_MEMBER)
            .where(_MEMBER.c.programme == name, _MEMBER.c.number.not_like(f"{POOL_PREFIX}%"))
            .values(tier_until=DUE)
        )


def write_beliefs(connection: sa.Connection, world: World) -> None:
    """What is believed otherwise since this batch."""
    rows = []
    for (member_id, since, flown, journal_id), spell in sorted(
        world.new_beliefs.items(), key=lambda one: one[0]
    ):
        tier, until, why, source = (spell[0], spell[2], spell[4], spell[5]) if spell else ("", "", "", "")
        row = {"member_id": member_id, "since": since, "flown": flown, "journal_id": journal_id}
        rows.append({**row, "tier": tier, "until": until, "why": why, "source": source})
    insert_all(connection, _BELIEF, rows)


def beliefs(connection: sa.Connection, member_id: int) -> list[dict[str, Any]]:
    """All that was ever believed of a member's tiers, in the order in which it became known: ``tier`` "" takes back
    what was said of the spell that began then."""
    journal = tables.journal
    statement = (
        sa.select(_BELIEF, journal.c.received_at)
        .join(journal, journal.c.id == _BELIEF.c.journal_id)
        .where(_BELIEF.c.member_id == member_id)
        .order_by(_BELIEF.c.journal_id, _BELIEF.c.since, _BELIEF.c.flown)
    )
    names = ("tier", "since", "until", "why", "source", "flown")
    return [
        {
            **{name: row._mapping[name] for name in names},
            "journal_id": row.journal_id,
            "known_at": row.received_at,
        }
        for row in connection.execute(statement)
    ]
