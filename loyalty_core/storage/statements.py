"""Statements that work set by set on both engines: one parameter holds all keys, so texts and plans stay the same."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def keys_of(connection: sa.Connection, values: Iterable[Any]) -> Any:
    """The parameter for ``among``: JSON text on SQLite, an array on PostgreSQL; the same for the same set."""
    ordered = sorted(values)
    return json.dumps(ordered, ensure_ascii=False) if connection.dialect.name == "sqlite" else ordered


def among(connection: sa.Connection, column: "sa.Column[Any]", name: str = "keys") -> sa.ColumnElement[bool]:
    """``column`` is one of the values of parameter ``name`` (see ``keys_of``)."""
    if connection.dialect.name == "sqlite":
        # json_each yields typed values, and an index on the column is used for each of them.
        values = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(values.c.value))
    array = sa.bindparam(name, type_=postgresql.ARRAY(column.type))
    return column == sa.any_(array)


class Lookup:
    """A SELECT of the rows whose ``column`` is among given values, built once for both engines.

    ``conditions`` may hold further bind parameters, given by name at each call.
    """

    def __init__(
        self, columns: Iterable[Any], column: "sa.Column[Any]", *conditions: sa.ColumnElement[bool]
    ) -> None:
        # Building a statement costs more than running it: a batch of one must not pay for that.
        base = sa.select(*columns).where(*conditions)
        values = sa.func.json_each(sa.bindparam("keys", type_=sa.Text)).table_valued("value")
        array = sa.bindparam("keys", type_=postgresql.ARRAY(column.type))
        self._on_sqlite = base.where(column.in_(sa.select(values.c.value)))
        self._on_postgresql = base.where(column == sa.any_(array))

    def __call__(
        self, connection: sa.Connection, values: Iterable[Any], **parameters: Any
    ) -> Sequence[sa.Row[Any]]:
        values = set(values)
        if not values:
            return ()
        statement = self._on_sqlite if connection.dialect.name == "sqlite" else self._on_postgresql
        return connection.execute(statement, {"keys": keys_of(connection, values), **parameters}).all()


def row_of(value: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass as a row; nothing is copied."""
    return {name: getattr(value, name) for name in value.__slots__}


def insert_all(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Plain bulk insert."""
    if rows:
        connection.execute(sa.insert(table), rows)


def upsert_all(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[dict[str, Any]],
    *,
    add: str = "",
    ignore: bool = False,
) -> None:
    """Bulk insert-or-update by primary key; column ``add`` grows by the amount, ``ignore`` keeps what is there."""
    if rows:
        statement = _upsert(connection.dialect.name, table, frozenset(rows[0]), add, ignore)
        connection.execute(statement, rows)


@cache
def _upsert(dialect: str, table: sa.Table, given: frozenset[str], add: str, ignore: bool) -> Any:
    """Built once for each table and set of columns: that costs more than running it on a few rows."""
    insert: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    if ignore:
        return insert.on_conflict_do_nothing()
    key = list(table.primary_key.columns)
    changed = {
        column.name: (
            column + insert.excluded[column.name] if column.name == add else insert.excluded[column.name]
        )
        for column in table.columns
        if column not in key and column.name in given
    }
    return insert.on_conflict_do_update(index_elements=key, set_=changed)


def delete_among(
    connection: sa.Connection, table: sa.Table, column: "sa.Column[Any]", values: Iterable[Any]
) -> None:
    values = set(values)
    if values:
        connection.execute(
            sa.delete(table).where(among(connection, column)), {"keys": keys_of(connection, values)}
        )
