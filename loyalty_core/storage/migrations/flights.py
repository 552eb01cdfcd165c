"""The part of the first schema that the radar reads."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_flights(number: Any) -> None:
    """Tables and indexes about departures as a whole; ``number`` is the type of ids."""
    op.create_table(
        "departure",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("flown_on", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_table(
        "arrival",
        sa.Column("departure_key", sa.Text(), nullable=False),
        sa.Column("journal_id", number, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("persons", number, nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.CheckConstraint("fate IN ('taken','superseded','nothing','refused')", name="arrival_fate"),
        sa.PrimaryKeyConstraint("departure_key", "journal_id", "kind"),
        sqlite_strict=True,
    )
    op.create_table(
        "movement",
        sa.Column("departure_key", sa.Text(), nullable=False),
        sa.Column("flown_on", sa.Text(), nullable=False),
        sa.Column("on_utc", sa.Text(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("off_block", sa.Text(), nullable=False),
        sa.Column("airborne", sa.Text(), nullable=False),
        sa.Column("off_point", sa.Text(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.PrimaryKeyConstraint("departure_key"),
        sqlite_strict=True,
    )
    op.create_index("movement_flown_on", "movement", ["flown_on"], unique=False)
    op.create_table(
        "member_name",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("member_id", number, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "member_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "accepted_name",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("airline", sa.Text(), nullable=False),
        sa.Column("surname", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("stated_at", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("journal_id", number, nullable=False),
        sa.PrimaryKeyConstraint("number", "airline", "surname", "given"),
        sqlite_strict=True,
    )
    op.create_index(
        "carriage_suspense",
        "carriage",
        ["departure_key"],
        unique=False,
        sqlite_where=sa.text("credit = 'suspense'"),
        postgresql_where=sa.text("credit = 'suspense'"),
    )
    op.create_index("departure_flown_on", "departure", ["flown_on"], unique=False)
    op.create_index(
        "handling_quarantined",
        "handling",
        ["journal_id"],
        unique=False,
        sqlite_where=sa.text("state = 'quarantined'"),
        postgresql_where=sa.text("state = 'quarantined'"),
    )
