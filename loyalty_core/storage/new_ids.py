"""Numbers of new rows."""

from collections.abc import Iterator
from itertools import count

import sqlalchemy as sa

from loyalty_core.world import Ids

from . import tables


class NewIds:
    """Row numbers for a writer: SQLite has one writer, so they follow the highest; PostgreSQL hands out blocks."""

    BLOCK = 100
    TABLES = ("journal", "carriage", "evidence", "member", "departure", "outbox")

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._following = {name: self._numbers(name) for name in self.TABLES}

    def of(self) -> Ids:
        return Ids(self._following)

    def _numbers(self, name: str) -> Iterator[int]:
        if self._engine.dialect.name != "sqlite":
            return self._blocks(name)
        table = tables.metadata.tables[name]
        with self._engine.connect() as connection:
            highest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        return count(highest + 1)

    def _blocks(self, name: str) -> Iterator[int]:
        while True:
            # A connection of its own: numbers taken by a batch that fails are simply not used.
            with self._engine.connect() as connection:
                first = connection.execute(sa.text(f"SELECT nextval('{name}_ids')")).scalar_one()
            yield from range(first, first + self.BLOCK)
