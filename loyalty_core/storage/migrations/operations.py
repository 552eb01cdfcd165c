"""The part of the first schema that holds operations with miles, family pools and the business clock."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_operations(number: Any) -> None:
    """Tables and indexes; ``number`` is the type of ids and amounts."""
    op.create_table(
        "operation",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("member_id", number, nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("remaining", number, nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.CheckConstraint(
            "kind IN ('reserve','capture','release','redeem','adjust','approve','transfer','pool','reverse')",
            name="operation_kind",
        ),
        sa.CheckConstraint(
            "state IN ('open','done','released','timed_out','declined','reversed')", name="operation_state"
        ),
        sa.CheckConstraint("abs(amount) <= 1000000000000", name="operation_amount"),
        sa.CheckConstraint(
            "(kind = 'reserve' AND state = 'open' AND remaining > 0 AND remaining <= amount) OR"
            " (remaining = 0 AND NOT (kind = 'reserve' AND state = 'open'))",
            name="operation_remaining",
        ),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index("operation_member", "operation", ["member_id"], unique=False)
    op.create_index(
        "operation_until",
        "operation",
        ["until"],
        unique=False,
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_table(
        "pool_place",
        sa.Column("member_id", number, autoincrement=False, nullable=False),
        sa.Column("pool_id", number, autoincrement=False, nullable=False),
        sa.Column("share", number, nullable=False),
        sa.Column("spends", number, nullable=False),
        sa.Column("owner", number, nullable=False),
        sa.Column("joined", number, nullable=False),
        sa.CheckConstraint("share >= 0 AND share <= 100 AND spends IN (0, 1)", name="pool_place_share"),
        sa.CheckConstraint("owner IN (0, 1) AND joined IN (0, 1)", name="pool_place_flags"),
        sa.CheckConstraint("member_id <> pool_id", name="pool_place_pool"),
        sa.PrimaryKeyConstraint("member_id", "pool_id"),
        sqlite_strict=True,
    )
    op.create_index("pool_place_pool", "pool_place", ["pool_id"], unique=False)
    op.create_table(
        "family_offset",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("member_id", number, nullable=False),
        sa.PrimaryKeyConstraint("entry"),
        sqlite_strict=True,
    )
    op.create_index("family_offset_member", "family_offset", ["member_id"], unique=False)
    op.create_table(
        "business_clock",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
