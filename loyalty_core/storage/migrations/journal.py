"""The part of the first schema that holds what came: journal, handling and receipts."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_journal(number: Any) -> None:
    """Tables and indexes; ``number`` is the type of ids."""
    op.create_table(
        "journal",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("set_key", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("journal_link", "journal", ["link", "id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("final", sa.Integer(), nullable=False),
        sa.Column("repeats", number, nullable=False),
        sa.PrimaryKeyConstraint("link", "digest"),
        sqlite_strict=True,
    )
    op.create_table(
        "host_key",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("link", "key"),
        sqlite_strict=True,
    )
    op.create_table(
        "handling",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.Column("attempt", number, nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", number, nullable=False),
        sa.Column("host_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("config_digest", sa.Text(), nullable=False),
        sa.Column("maps_digest", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('applied','refused','quarantined','waiting')", name="handling_state"),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("journal_id", "attempt", name="handling_attempt"),
        sqlite_strict=True,
    )
    op.create_table(
        "handling_head",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
