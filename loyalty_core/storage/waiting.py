"""What credits wait for beside their own evidence: the business clock, and the exceptions of their flights."""

from collections.abc import Collection

import sqlalchemy as sa

from loyalty_core.editions import EXCEPTIONS_TOLD
from loyalty_core.world import World

from . import tables
from .statements import Lookup, upsert_all

_CLOCK, _CARRIAGE, _EDITION = tables.business_clock, tables.carriage, tables.list_edition
_NAME = "business"
_ON = Lookup([_CARRIAGE.c.id], _CARRIAGE.c.departure_key)
_TOLD = Lookup([_EDITION.c.departure_key], _EDITION.c.departure_key, _EDITION.c.kind.in_(EXCEPTIONS_TOLD))
_DUE = sa.and_(_CARRIAGE.c.due_at != "", _CARRIAGE.c.due_at <= sa.bindparam("at"))


def load_clock(connection: sa.Connection) -> str:
    """The highest business instant that ever struck, "" while none did."""
    return connection.execute(sa.select(_CLOCK.c.at)).scalar() or ""


def due_by(connection: sa.Connection, at: str) -> dict[int, str]:
    """Carriage -> departure, of those for which time decides something at this instant; none for ""."""
    if not at:
        return {}
    rows = connection.execute(sa.select(_CARRIAGE.c.id, _CARRIAGE.c.departure_key).where(_DUE), {"at": at})
    return {row.id: row.departure_key for row in rows}


def count_due(connection: sa.Connection, at: str) -> int:
    return int(
        connection.execute(
            sa.select(sa.func.count()).select_from(_CARRIAGE).where(_DUE), {"at": at}
        ).scalar_one()
    )


def carriages_on(connection: sa.Connection, departures: Collection[str]) -> set[int]:
    return {row.id for row in _ON(connection, departures)}


def load_told(connection: sa.Connection, world: World, departures: Collection[str]) -> None:
    """Of which of these departures and those of carriages at hand a PFS was received; asked only where a programme
    waits for one."""
    if any(programme.crediting.waits_for_pfs for programme in world.programmes.values()):
        concerned = {person.departure_key for person in world.persons.values()}
        world.exceptions_told |= {row.departure_key for row in _TOLD(connection, concerned.union(departures))}


def write_clock(connection: sa.Connection, world: World) -> None:
    if world.clock_struck:
        upsert_all(connection, _CLOCK, [{"name": _NAME, "at": world.clock}])
