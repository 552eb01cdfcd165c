"""Tables of operations with miles, family pools and the business clock."""

import sqlalchemy as sa

from .columns import AMOUNT_MAX, id_column, new_table, text_column

operation = new_table(
    "operation",
    text_column("key", primary_key=True),
    text_column("kind"),
    text_column("programme"),
    id_column("member_id"),
    id_column("amount"),
    id_column("remaining"),
    text_column("until"),
    text_column("state"),
    text_column("lane"),
    id_column("seq"),
    text_column("content"),
    id_column("journal_id"),
    sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    sa.CheckConstraint(
        "kind IN ('reserve','capture','release','redeem','adjust','approve','transfer','pool','reverse')",
        name="operation_kind",
    ),
    sa.CheckConstraint(
        "state IN ('open','done','released','timed_out','declined','reversed')", name="operation_state"
    ),
    sa.CheckConstraint(f"abs(amount) <= {AMOUNT_MAX}", name="operation_amount"),
    # Only an open hold holds anything, and it always does.
    sa.CheckConstraint(
        "(kind = 'reserve' AND state = 'open' AND remaining > 0 AND remaining <= amount) OR"
        " (remaining = 0 AND NOT (kind = 'reserve' AND state = 'open'))",
        name="operation_remaining",
    ),
    sa.Index(
        "operation_until",
        "until",
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    ),
    sa.Index("operation_member", "member_id"),
)

pool_place = new_table(
    "pool_place",
    id_column("member_id", primary_key=True, autoincrement=False),
    id_column("pool_id", primary_key=True, autoincrement=False),
    id_column("share"),
    id_column("spends"),
    id_column("owner"),
    id_column("joined"),
    sa.CheckConstraint("share >= 0 AND share <= 100 AND spends IN (0, 1)", name="pool_place_share"),
    sa.CheckConstraint("owner IN (0, 1) AND joined IN (0, 1)", name="pool_place_flags"),
    sa.CheckConstraint("member_id <> pool_id", name="pool_place_pool"),
    sa.Index("pool_place_pool", "pool_id"),
)

family_offset = new_table(
    "family_offset",
    text_column("entry", primary_key=True),
    id_column("member_id"),
    sa.Index("family_offset_member", "member_id"),
)

business_clock = new_table("business_clock", text_column("name", primary_key=True), text_column("at"))
