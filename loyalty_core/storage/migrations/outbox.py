"""The part of the first schema that holds telegrams on their way out."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_outbox(number: Any) -> None:
    """Tables and indexes of the outbox and of answers that are due; ``number`` is the type of ids."""
    op.create_table(
        "list_answer",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('due','queued')", name="list_answer_state"),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index(
        "list_answer_due",
        "list_answer",
        ["journal_id"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", number, nullable=False),
        sa.Column("perhaps_sent", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.CheckConstraint("state IN ('queued','sending','sent','failed')", name="outbox_state"),
        sa.CheckConstraint("(ended_at = '') = (state IN ('queued','sending'))", name="outbox_ended"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["link", "id"],
        unique=False,
        sqlite_where=sa.text("ended_at = ''"),
        postgresql_where=sa.text("ended_at = ''"),
    )
