"""Until when lots were looked at, and what is needed to find out when they end."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from loyalty_core.world import World

from . import tables
from .load_ledger import load_lots_of
from .statements import Lookup, among, keys_of

LOOK_NOW = "0001-01-01"
"""``look_on`` of lots at which the next stroke is to look, whatever day it is."""

_LOT, _MOVE, _ENTRY, _RULES = tables.lot, tables.lot_move, tables.entry, tables.programme
_EXPIRED = Lookup([_LOT.c.member_id], _LOT.c.member_id, _LOT.c.expired > 0)
_EXPIRED_BY = Lookup(
    [*(_LOT.c[name] for name in ("lane", "seq", "number")), _RULES.c.ends_by, _ENTRY.c.journal_id],
    _LOT.c.member_id,
    _LOT.c.expired > 0,
    _MOVE.c.lot_lane == _LOT.c.lane,
    _MOVE.c.lot_seq == _LOT.c.seq,
    _MOVE.c.lot_number == _LOT.c.number,
    sa.literal_column("lot_move.destination")
    == sa.literal_column("'expired'"),  # as the partial index says it
    _ENTRY.c.lane == _MOVE.c.lane,
    _ENTRY.c.seq == _MOVE.c.seq,
    _RULES.c.name == _ENTRY.c.programme,
    _RULES.c.digest == _ENTRY.c.programme_digest,
)
_LOOK = (
    sa.update(_LOT)
    .where(
        _LOT.c.lane == sa.bindparam("of_lane"),
        _LOT.c.seq == sa.bindparam("of_seq"),
        _LOT.c.number == sa.bindparam("of_number"),
    )
    .values(look_on=sa.bindparam("until"))
)


def _moving(world: World, ids: Iterable[int]) -> set[int]:
    """Of these members those whose miles may end on other days than those of earning alone say."""
    own = (world.members[each] for each in ids)
    return {member.id for member in own if world.programmes[member.programme].has_moving_ends}


def load_expired(connection: sa.Connection, world: World) -> set[int]:
    """Lots of which miles have expired that may come back; whose they are."""
    owners = {row.member_id for row in _EXPIRED(connection, _moving(world, world.members))}
    load_lots_of(connection, world, owners)
    last: dict[tuple[str, int, int], int] = {}
    for row in _EXPIRED_BY(connection, owners):
        lot = (row.lane, row.seq, row.number)
        # What expired more than once did so by the rules of the last time.
        if last.get(lot, 0) <= row.journal_id:
            last[lot] = row.journal_id
            world.timing.expired_by[lot] = row.ends_by
    return owners


def whose_flights(world: World, owners: Collection[int]) -> set[int]:
    """Whose flights keep the miles of these members alive."""
    return {
        each
        for owner in _moving(world, owners)
        for each in world.family(owner)
        if world.programmes[world.members[owner].programme].counts_activity
    }


def write_lot_days(connection: sa.Connection, world: World) -> None:
    timing = world.timing
    # Spent and expired lots as well: what is in them may come back.
    for programme in sorted(timing.rules_changed):
        own = sa.select(tables.member.c.id).where(tables.member.c.programme == programme)
        connection.execute(sa.update(_LOT).where(_LOT.c.member_id.in_(own)).values(look_on=LOOK_NOW))
    if timing.unsure:
        later = sa.and_(_LOT.c.look_on != _LOT.c.expires_on, _LOT.c.look_on != LOOK_NOW)
        statement = sa.update(_LOT).where(among(connection, _LOT.c.member_id), later)
        connection.execute(
            statement.values(look_on=_LOT.c.expires_on), {"keys": keys_of(connection, timing.unsure)}
        )
    # Last of all: what a stroke has found out needs no second look.
    if timing.looked:
        connection.execute(
            _LOOK,
            [
                {**dict(zip(("of_lane", "of_seq", "of_number"), key, strict=True)), "until": until}
                for key, until in sorted(timing.looked.items())
            ],
        )
