"""The last days of members' miles, worked out for answers: what lots keep is the first day that can be their last, and
a note of the business clock."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from loyalty_core.entities import Ids
from loyalty_core.ledger import GENESIS, Chain
from loyalty_core.lot_ends import last_days
from loyalty_core.lots import LotKey
from loyalty_core.programme import Programme
from loyalty_core.world import World

from .load import load_lives


def worked_out(
    connection: sa.Connection, programmes: Mapping[str, Programme], members: Iterable[tuple[int, str]]
) -> dict[LotKey, str]:
    """Open lot -> its last day if nothing more is flown (ISO text), "" for ever; of those of these members, (id,
    programme), whose end isn't fixed by the day of earning."""
    moving = {each for each, name in members if name in programmes and programmes[name].has_moving_ends}
    if not moving:
        return {}
    world = World(Ids({}), Chain("", 0, GENESIS), dict(programmes))
    load_lives(connection, world, moving)
    return last_days(world, (lot for lot in world.lots.values() if lot.remaining))
