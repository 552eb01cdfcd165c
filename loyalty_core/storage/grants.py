"""What members were granted: who is due, what stands, since when each grant is offered."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.accounts import POOL_PREFIX
from loyalty_core.tiers import DUE
from loyalty_core.timing import GivenGrant
from loyalty_core.transactions import Clock, ClockCheck
from loyalty_core.world import World

from . import tables
from .grant_tables import offered_grant, standing_grant
from .statements import Lookup, among, insert_all, keys_of, row_of

_MEMBER = tables.member
_GIVEN = Lookup(standing_grant.columns, standing_grant.c.member_id)


def grants_due(clock: Clock | ClockCheck) -> sa.ColumnElement[bool]:
    """The condition for members at whose grants this stroke has to look."""
    due: sa.ColumnElement[str] = sa.literal_column("member.grants_due")  # as the partial index says it
    return sa.and_(due != sa.literal_column("''"), _MEMBER.c.grants_due <= clock.at.date().isoformat())


def load_offered(connection: sa.Connection, world: World) -> None:
    for row in connection.execute(sa.select(offered_grant)):
        world.timing.offered[row.programme, row.name] = row.since


def load_given(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> set[tuple[str, int]]:
    """What stands of these members; the entries behind it."""
    for row in _GIVEN(connection, member_ids):
        given = GivenGrant(**row._mapping)
        world.timing.given[given.slot] = given
    return {(given.lane, given.seq) for given in world.timing.given.values()}


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
