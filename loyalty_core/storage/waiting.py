"""What credits wait for beside their own evidence: the exceptions of their flights."""

from collections.abc import Collection

import sqlalchemy as sa

from loyalty_core.editions import EXCEPTIONS_TOLD
from loyalty_core.world import World

from . import tables
from .statements import Lookup

_CARRIAGE, _EDITION = tables.carriage, tables.list_edition
_ON = Lookup([_CARRIAGE.c.id], _CARRIAGE.c.departure_key)
_TOLD = Lookup(
    [_EDITION.c.departure_key],
    _EDITION.c.departure_key,
    # A list of which names were lost has no edition: whom it doesn't name may be the one that was lost.
    sa.and_(_EDITION.c.kind.in_(EXCEPTIONS_TOLD), _EDITION.c.edition != ""),
)


def carriages_on(connection: sa.Connection, departures: Collection[str]) -> set[int]:
    return {row.id for row in _ON(connection, departures)}


def load_told(connection: sa.Connection, world: World, departures: Collection[str]) -> None:
    """Of which of these departures and those of carriages at hand a PFS was received; asked only where a programme
    waits for one."""
    if any(programme.crediting.waits_for_pfs for programme in world.programmes.values()):
        concerned = {person.departure_key for person in world.persons.values()}
        world.exceptions_told |= {row.departure_key for row in _TOLD(connection, concerned.union(departures))}
