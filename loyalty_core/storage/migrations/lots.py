"""The part of the first schema that holds lots, and the guards of balances."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_lots(number: Any) -> None:
    """Tables and indexes of lots and their moves; ``number`` is the type of ids and amounts."""
    op.create_table(
        "lot",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", number, autoincrement=False, nullable=False),
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("member_id", number, nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("earned_on", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Text(), nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.Column("remaining", number, nullable=False),
        sa.Column("held", number, nullable=False),
        sa.Column("expired", number, nullable=False),
        sa.Column("look_on", sa.Text(), nullable=False),
        sa.CheckConstraint("remaining >= 0 AND held >= 0 AND expired >= 0", name="lot_places"),
        sa.CheckConstraint(
            "remaining + held + expired <= amount AND amount > 0 AND amount <= 1000000000000",
            name="lot_amount",
        ),
        sa.CheckConstraint("expires_on = '' OR expires_on >= earned_on", name="lot_expiry"),
        sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
        sa.PrimaryKeyConstraint("lane", "seq", "number"),
        sqlite_strict=True,
    )
    op.create_index("lot_member", "lot", ["member_id"], unique=False)
    op.create_index(
        "lot_expiring",
        "lot",
        ["look_on"],
        unique=False,
        sqlite_where=sa.text("remaining > 0 AND look_on <> ''"),
        postgresql_where=sa.text("remaining > 0 AND look_on <> ''"),
    )
    op.create_table(
        "lot_move",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", number, autoincrement=False, nullable=False),
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("lot_lane", sa.Text(), nullable=False),
        sa.Column("lot_seq", number, nullable=False),
        sa.Column("lot_number", number, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("amount", number, nullable=False),
        sa.CheckConstraint(
            "source IN ('open','held','expired','spent') AND destination IN ('open','held','expired','spent')"
            " AND source <> destination",
            name="lot_move_places",
        ),
        sa.CheckConstraint("amount > 0 AND amount <= 1000000000000", name="lot_move_amount"),
        sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
        sa.ForeignKeyConstraint(["lot_lane", "lot_seq", "lot_number"], ["lot.lane", "lot.seq", "lot.number"]),
        sa.PrimaryKeyConstraint("lane", "seq", "number"),
        sqlite_strict=True,
    )
    op.create_index(
        "lot_move_expired",
        "lot_move",
        ["lot_lane", "lot_seq", "lot_number"],
        unique=False,
        sqlite_where=sa.text("destination = 'expired'"),
        postgresql_where=sa.text("destination = 'expired'"),
    )


_WRONG_SIDE = (
    r"NEW.account LIKE 'member\:%' AND CASE WHEN NEW.account LIKE '%\:deficit'"
    " THEN NEW.amount > 0 ELSE NEW.amount < 0 END"
)
"""Members' accounts never go below zero, but for what they owe, which never goes above."""


def guard_balances() -> None:
    """Triggers and no CHECK: balances are written by adding to them, and a CHECK would judge what is added."""
    if op.get_bind().dialect.name == "sqlite":
        for action in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER balance_side_{action.lower()} AFTER {action} ON balance WHEN {_WRONG_SIDE} "
                "BEGIN SELECT RAISE(ABORT, 'balance on the wrong side of zero'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_balance() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'balance of % on the wrong side of zero', NEW.account; END $$"
    )
    op.execute(
        "CREATE TRIGGER balance_side AFTER INSERT OR UPDATE ON balance FOR EACH ROW "
        f"WHEN ({_WRONG_SIDE}) EXECUTE FUNCTION refuse_balance()"
    )
