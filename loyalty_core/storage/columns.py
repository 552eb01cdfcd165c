"""How tables and columns are written here: STRICT tables, no column without a value, one type for ids and amounts."""

import sqlalchemy as sa

metadata = sa.MetaData()

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Amount = Id

AMOUNT_MAX = 10**12
"""Postings and lots are whole units within this bound: far more than any member flies, far less than an integer holds,
so that no sum of many can overflow."""


def new_table(name: str, *items: sa.Column[object] | sa.Constraint | sa.Index) -> sa.Table:
    return sa.Table(name, metadata, *items, sqlite_strict=True)


def text_column(name: str, **options: object) -> "sa.Column[object]":
    return sa.Column(name, sa.Text, nullable=False, **options)  # type: ignore[arg-type]


def id_column(name: str, **options: object) -> "sa.Column[object]":
    return sa.Column(name, Id, nullable=False, **options)  # type: ignore[arg-type]
