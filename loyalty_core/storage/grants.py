"""What members were granted: who is due, what stands, since when each grant is offered."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.accounts import POOL_PREFIX
from loyalty_core.tiers import DUE
from loyalty_core.timing import ALL_MEMBERS, GivenGrant
from loyalty_core.transactions import Clock, ClockCheck
from loyalty_core.world import World

from . import tables
from .grant_tables import offered_grant, promotion_use, standing_grant
from .statements import Lookup, among, insert_all, keys_of, row_of, upsert_all

_MEMBER = tables.member
_USED = Lookup(promotion_use.columns, promotion_use.c.member_id)
_GIVEN = Lookup(standing_grant.columns, standing_grant.c.member_id)

_GRANTED_BY = Lookup(
    [tables.entry.c.lane, tables.entry.c.seq, tables.programme.c.grants_by],
    standing_grant.c.member_id,
    tables.entry.c.lane == standing_grant.c.lane,
    tables.entry.c.seq == standing_grant.c.seq,
    tables.programme.c.name == tables.entry.c.programme,
    tables.programme.c.digest == tables.entry.c.programme_digest,
)


def grants_due(clock: Clock | ClockCheck) -> sa.ColumnElement[bool]:
    """The condition for members at whose grants this stroke has to look."""
    due: sa.ColumnElement[str] = sa.literal_column("member.grants_due")  # as the partial index says it
    return sa.and_(due != sa.literal_column("''"), _MEMBER.c.grants_due <= clock.at.date().isoformat())


def load_offered(connection: sa.Connection, world: World) -> None:
    for row in connection.execute(sa.select(offered_grant)):
        world.timing.offered[row.programme, row.name] = row.since


def load_given(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> set[tuple[str, int]]:
    """What stands of these members; the entries behind it."""
    member_ids = set(member_ids)
    for row in _GIVEN(connection, member_ids):
        given = GivenGrant(**row._mapping)
        world.timing.given[given.slot] = given
    for row in _GRANTED_BY(connection, member_ids):
        world.timing.granted_by[row.lane, row.seq] = row.grants_by
    return {(given.lane, given.seq) for given in world.timing.given.values()}


def load_used(connection: sa.Connection, world: World) -> None:
    """What flights have of promotions, by the members at hand and all together; asked only where there are any, or
    were when a flight at hand was posted."""
    versions = (version for programme in world.programmes.values() for version in programme.versions)
    if any(version.promotions.all for version in versions) or any(
        credit.promoted for credit in world.credits.values()
    ):
        for row in _USED(connection, {ALL_MEMBERS, *world.members}):
            world.timing.used[row.member_id, row.programme, row.name, row.unit] = row.used


def mark_granting(connection: sa.Connection, programmes: set[str]) -> None:
    """The grants of these programmes may have changed: all members are due."""
    for name in sorted(programmes):
        connection.execute(
            sa.update(_MEMBER)
            .where(_MEMBER.c.programme == name, _MEMBER.c.number.not_like(f"{POOL_PREFIX}%"))
            .values(grants_due=DUE)
        )


def write_grants(connection: sa.Connection, world: World) -> None:
    timing = world.timing
    for _member_id, name, occasion in sorted({("", *slot[1:]) for slot in timing.gone_given}):
        gone = {slot[0] for slot in timing.gone_given if slot[1:] == (name, occasion)}
        statement = sa.delete(standing_grant).where(
            among(connection, standing_grant.c.member_id),
            standing_grant.c.name == name,
            standing_grant.c.occasion == occasion,
        )
        connection.execute(statement, {"keys": keys_of(connection, gone)})
    # Plainly inserted: what was given already is refused by the database.
    given = [timing.given[slot] for slot in sorted(timing.new_given) if slot in timing.given]
    insert_all(connection, standing_grant, [row_of(one) for one in given])
    offered = [
        {"programme": programme, "name": name, "since": timing.offered[programme, name]}
        for programme, name in sorted(timing.new_offered)
    ]
    insert_all(connection, offered_grant, offered)
    names = ("member_id", "programme", "name", "unit")
    used = [
        {**dict(zip(names, slot, strict=True)), "used": timing.used[slot]}
        for slot in sorted(timing.changed_used)
    ]
    upsert_all(connection, promotion_use, used)
