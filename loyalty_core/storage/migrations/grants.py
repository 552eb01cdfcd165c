"""The part of the first schema that holds what members were granted and what is used of promotions."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_grants(number: Any) -> None:
    """Grants that stand, and since when each is offered; ``number`` is the type of ids and amounts."""
    op.create_table(
        "standing_grant",
        sa.Column("member_id", number, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("amounts", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
        sa.PrimaryKeyConstraint("member_id", "name", "occasion"),
        sqlite_strict=True,
    )
    op.create_table(
        "promotion_use",
        sa.Column("member_id", number, autoincrement=False, nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("used", number, nullable=False),
        sa.CheckConstraint("used >= 0", name="promotion_use_used"),
        sa.PrimaryKeyConstraint("member_id", "programme", "name", "unit"),
        sqlite_strict=True,
    )
    op.create_table(
        "offered_grant",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("programme", "name"),
        sqlite_strict=True,
    )
