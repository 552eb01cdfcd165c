"""Part sets in the database: what a batch may touch, and what it changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from loyalty_core.entities import KeptPart, PartSet
from loyalty_core.parts import text_of
from loyalty_core.world import World

from . import tables
from .statements import Lookup, insert_all, row_of, upsert_all

_SET, _PART, _JOURNAL = tables.part_set, tables.part, tables.journal

_BY_KEY = Lookup(_SET.columns, _SET.c.key)
_BY_MERGE_KEY = Lookup(_SET.columns, _SET.c.merge_key)
_OPEN_OF = Lookup([_SET.c.originator], _SET.c.originator, _SET.c.state == "open")
_PARTS = Lookup(
    [*_PART.columns, *(_JOURNAL.c[name] for name in ("raw", "encoding", "digest", "received_at", "source"))],
    _PART.c.set_key,
    _JOURNAL.c.id == _PART.c.journal_id,
)
_DUE = sa.and_(_SET.c.state == "open", _SET.c.touched_at <= sa.bindparam("since"))


@dataclass(slots=True)
class WantedSets:
    """What the transactions of a batch name: keys of sets, what their parts have in common, who sends them, and the
    latest instant before which the business clock gives sets up ("" when it doesn't strike)."""

    keys: set[str] = field(default_factory=set)
    merge_keys: set[str] = field(default_factory=set)
    originators: set[str] = field(default_factory=set)
    idle_since: str = ""

    def __bool__(self) -> bool:
        return bool(self.keys or self.merge_keys or self.idle_since)


def load_sets(connection: sa.Connection, world: World, wanted: WantedSets) -> None:
    if not wanted:
        return
    rows = [*_BY_KEY(connection, wanted.keys), *_BY_MERGE_KEY(connection, wanted.merge_keys)]
    if wanted.idle_since:
        rows += connection.execute(sa.select(_SET).where(_DUE), {"since": wanted.idle_since}).all()
    for row in rows:
        world.sets[row.key] = PartSet(**row._mapping)
    for row in _PARTS(connection, world.sets):
        world.parts[row.set_key, row.number] = KeptPart(
            bool(row.final), _text(row), row.journal_id, bytes(row.digest).hex(), row.created
        )
    for row in _OPEN_OF(connection, wanted.originators):
        world.open_sets[row.originator] = world.open_sets.get(row.originator, 0) + 1


def _text(row: sa.Row[Any]) -> str:
    return str(row.head) + text_of(bytes(row.raw), row.encoding)


_MOVE = sa.update(_PART).where(_PART.c.set_key == sa.bindparam("gone")).values(set_key=sa.bindparam("into"))
_REMOVE = sa.delete(_SET).where(_SET.c.key == sa.bindparam("gone"))


def write_sets(connection: sa.Connection, world: World) -> None:
    """Writes changed sets and new parts."""
    for gone, into in world.merged_sets:
        connection.execute(_MOVE, {"gone": gone, "into": into})
        connection.execute(_REMOVE, {"gone": gone})
    upsert_all(connection, _SET, [row_of(world.sets[key]) for key in sorted(world.changed_sets)])
    insert_all(
        connection,
        _PART,
        [
            {
                "set_key": key,
                "number": number,
                "final": int(world.parts[key, number].final),
                "head": head,
                "created": world.parts[key, number].created,
                "journal_id": world.parts[key, number].journal_id,
            }
            for key, number, head in world.new_parts
        ],
    )


def count_due(connection: sa.Connection, since: str) -> int:
    """How many open sets have had no part since then."""
    statement = sa.select(sa.func.count()).select_from(_SET).where(_DUE)
    return int(connection.execute(statement, {"since": since}).scalar_one())


def count_by_state(connection: sa.Connection) -> dict[str, int]:
    """{"open": n, "given_up": n}: sets that wait, and sets whose parts are in quarantine."""
    statement = sa.select(_SET.c.state, sa.func.count()).group_by(_SET.c.state)
    found = {str(state): int(count) for state, count in connection.execute(statement)}
    return {state: found.get(state, 0) for state in ("open", "given_up")}


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """A complete part set waiting to be read as one telegram.

    ``received_at`` (ISO text) and ``source`` are those of the part that closed it, as they would have been had the
    telegram been read at once.
    """

    set_key: str
    link: str
    kind: str
    encoding: str
    received_at: str
    source: str
    texts: tuple[str, ...]


def load_closed_sets(connection: sa.Connection) -> list[ClosedSet]:
    closed = connection.execute(sa.select(_SET).where(_SET.c.state == "closed"))
    # Sorted here: a database may put keys in the order of some language.
    sets = sorted(closed, key=lambda row: row.key)
    parts: dict[str, list[sa.Row[Any]]] = {}
    for row in _in_order(_PARTS(connection, {row.key for row in sets})):
        parts.setdefault(row.set_key, []).append(row)
    found = []
    for row in sets:
        last = max(parts[row.key], key=lambda part: part.journal_id)
        texts = tuple(_text(part) for part in parts[row.key])
        found.append(
            ClosedSet(row.key, row.link, row.kind, row.encoding, last.received_at, last.source, texts)
        )
    return found


def _in_order(rows: Iterable[sa.Row[Any]]) -> list[sa.Row[Any]]:
    return sorted(rows, key=lambda row: (row.set_key, row.number))
