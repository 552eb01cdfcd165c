"""Arrivals of lists, movements and the names of members: read for a batch where it needs them, written with it."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.flights import DepartureMoved, Movement, moved_departure
from loyalty_core.names import name_key
from loyalty_core.transactions import Submission
from loyalty_core.world import World

from .flight_tables import arrival, departure, member_name, movement
from .statements import Lookup, insert_all, row_of, upsert_all

_MOVEMENTS = Lookup([movement.c[name] for name in Movement.__slots__], movement.c.departure_key)


def load_flights(connection: sa.Connection, world: World, batch: Iterable[Submission]) -> None:
    """The movements that stand for the departures that those of this batch are about."""
    wanted = {
        moved_departure(each).key
        for submission in batch
        for each in submission.transactions
        if isinstance(each, DepartureMoved)
    }
    for row in _MOVEMENTS(connection, wanted):
        world.movements[row.departure_key] = Movement(**row._mapping)
    world.stored_movements = set(world.movements)


def write_flights(connection: sa.Connection, world: World) -> None:
    arrivals = {(one.departure_key, one.journal_id, one.kind): one for one in world.arrivals}
    upsert_all(connection, arrival, [row_of(one) for one in arrivals.values()])
    known = {world.persons[each].departure_key for each in world.changed_persons}
    known |= {one.departure_key for one in world.arrivals}
    days = [{"key": key, "flown_on": key.split("/")[2]} for key in sorted(known)]
    upsert_all(connection, departure, days, ignore=True)
    rows = {
        key: row_of(world.movements[key]) | {"flown_on": key.split("/")[2]}
        for key in sorted(world.changed_movements)
    }
    # One that another process has kept since we looked is refused by the database, and the batch runs again.
    insert_all(connection, movement, [row for key, row in rows.items() if key not in world.stored_movements])
    upsert_all(connection, movement, [row for key, row in rows.items() if key in world.stored_movements])
    found = {
        (name_key(name), member_id)
        for member_id in world.changed_members
        for name in world.names_of(world.members[member_id])
    }
    named = [{"key": key, "member_id": member_id} for key, member_id in sorted(found)]
    upsert_all(connection, member_name, named, ignore=True)
