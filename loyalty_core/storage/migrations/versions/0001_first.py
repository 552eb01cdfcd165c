"""First schema: journal, evidence, carriages, members and the ledger.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from loyalty_core.storage.migrations.flights import create_flights
from loyalty_core.storage.migrations.grants import create_grants
from loyalty_core.storage.migrations.guards import create_guards
from loyalty_core.storage.migrations.journal import create_journal
from loyalty_core.storage.migrations.lots import create_lots, guard_balances
from loyalty_core.storage.migrations.operations import create_operations
from loyalty_core.storage.migrations.outbox import create_outbox

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_tables()
    create_grants(ID)
    guard_balances()
    create_flights(ID)
    create_guards()


def downgrade() -> None:
    raise RuntimeError("there is nothing before the first schema")


def _create_tables() -> None:
    create_journal(ID)
    create_outbox(ID)
    op.create_table(
        "balance",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.PrimaryKeyConstraint("account", "unit"),
        sqlite_strict=True,
    )
    op.create_table(
        "card",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active','issued','expired','replaced','lost','stolen','blocked','closed')",
            name="card_state",
        ),
        sa.PrimaryKeyConstraint("programme", "number"),
        sqlite_strict=True,
    )
    op.create_index("card_member", "card", ["member_id"], unique=False)
    op.create_index("card_number", "card", ["number"], unique=False)
    op.create_table(
        "carriage",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("departure_key", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(
        "carriage_due",
        "carriage",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at <> ''"),
        postgresql_where=sa.text("due_at <> ''"),
    )
    op.create_index("carriage_departure", "carriage", ["departure_key"], unique=False)
    op.create_index("carriage_key", "carriage", ["key"], unique=False)
    op.create_table(
        "claim",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("carriage_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", "carriage_id"),
        sqlite_strict=True,
    )
    op.create_index("claim_carriage", "claim", ["carriage_id"], unique=False)
    op.create_table(
        "contest",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("carriage_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "carriage_id"),
        sqlite_strict=True,
    )
    op.create_index("contest_carriage", "contest", ["carriage_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("carriage_id", ID, nullable=False),
        sa.Column("departure_key", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.Column("line", ID, nullable=False),
        sa.Column("line_end", ID, nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("event_at", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("evidence_carriage", "evidence", ["carriage_id"], unique=False)
    op.create_index("evidence_journal", "evidence", ["journal_id"], unique=False)
    op.create_index("evidence_list", "evidence", ["departure_key", "originator", "kind"], unique=False)
    op.create_table(
        "identity",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("carriage_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "carriage_id"),
        sqlite_strict=True,
    )
    op.create_index("identity_carriage", "identity", ["carriage_id"], unique=False)
    op.create_table(
        "lane",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
    op.create_table(
        "list_edition",
        sa.Column("departure_key", sa.Text(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("departure_key", "originator", "kind"),
        sqlite_strict=True,
    )
    op.create_table(
        "member",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Text(), nullable=False),
        sa.Column("residence", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("enrolled_on", sa.Text(), nullable=False),
        sa.Column("granted_tier", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_until", sa.Text(), nullable=False),
        sa.Column("spells", sa.Text(), nullable=False),
        sa.Column("grants_due", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("survivor_id", ID, nullable=False),
        sa.CheckConstraint("kind IN ('person','company')", name="member_kind"),
        sa.CheckConstraint("state IN ('active','temporary','blocked','closed','died')", name="member_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("programme", "number", name="member_number"),
        sqlite_strict=True,
    )
    op.create_index("member_by_number", "member", ["number"], unique=False)
    op.create_index("member_survivor", "member", ["survivor_id"], unique=False)
    op.create_index(
        "member_grants_due",
        "member",
        ["grants_due"],
        unique=False,
        sqlite_where=sa.text("grants_due <> ''"),
        postgresql_where=sa.text("grants_due <> ''"),
    )
    op.create_index(
        "member_tier_until",
        "member",
        ["tier_until"],
        unique=False,
        sqlite_where=sa.text("tier_until <> ''"),
        postgresql_where=sa.text("tier_until <> ''"),
    )
    op.create_table(
        "tier_belief",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("flown", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("journal_id", ID, autoincrement=False, nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
        sa.PrimaryKeyConstraint("member_id", "since", "flown", "journal_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "part",
        sa.Column("set_key", sa.Text(), nullable=False),
        sa.Column("number", ID, autoincrement=False, nullable=False),
        sa.Column("final", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("set_key", "number"),
        sqlite_strict=True,
    )
    op.create_table(
        "part_set",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("merge_key", sa.Text(), nullable=False),
        sa.Column("originator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("touched_at", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open','given_up','disputed','closed','read')", name="part_set_state"),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index("part_set_merge_key", "part_set", ["merge_key"], unique=False)
    op.create_index("part_set_waiting", "part_set", ["state", "originator"], unique=False)
    op.create_table(
        "programme",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("ends_by", sa.Text(), nullable=False),
        sa.Column("grants_by", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "digest"),
        sqlite_strict=True,
    )
    op.create_index(
        "programme_active",
        "programme",
        ["name"],
        unique=True,
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active = 1"),
    )
    op.create_table(
        "told",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("subject", "aspect", "since", "word"),
        sqlite_strict=True,
    )
    op.create_index("told_word", "told", ["word"], unique=False)
    op.create_table(
        "day_total",
        sa.Column("member_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.CheckConstraint("amount >= 0", name="day_total_amount"),
        sa.PrimaryKeyConstraint("member_id", "day", "unit"),
        sqlite_strict=True,
    )
    op.create_table(
        "entry",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("programme_digest", sa.Text(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("carriage_key", sa.Text(), nullable=False),
        sa.Column("flown_on", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Text(), nullable=False),
        sa.Column("journal_id", ID, nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('accrual','pending','reversal','hold','capture','release','redemption','adjustment',"
            "'transfer','expiry','revival','grant','offset')",
            name="entry_kind",
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"],
            ["journal.id"],
        ),
        sa.PrimaryKeyConstraint("lane", "seq"),
        sqlite_strict=True,
    )
    op.create_index("entry_carriage", "entry", ["carriage_key"], unique=False)
    op.create_index("entry_journal", "entry", ["journal_id"], unique=False)
    op.create_index("entry_member", "entry", ["member_id"], unique=False)
    op.create_index(
        "entry_reverses",
        "entry",
        ["reverses"],
        unique=True,
        sqlite_where=sa.text("reverses <> ''"),
        postgresql_where=sa.text("reverses <> ''"),
    )
    op.create_table(
        "standing_credit",
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("credit_key", sa.Text(), nullable=False),
        sa.Column("carriage_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("award", ID, nullable=False),
        sa.Column("counters", sa.Text(), nullable=False),
        sa.Column("flown_on", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("carriage_key", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("pool_id", ID, nullable=False),
        sa.Column("pool_share", ID, nullable=False),
        sa.Column("promoted", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('pending','posted')", name="standing_credit_status"),
        sa.CheckConstraint("award >= 0 AND award <= 1000000000000", name="standing_credit_award"),
        sa.CheckConstraint(
            "counters LIKE '{%}' AND counters NOT LIKE '%:-%'", name="standing_credit_counters"
        ),
        sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
        sa.PrimaryKeyConstraint("credit_key"),
        sqlite_strict=True,
    )
    op.create_index("standing_credit_carriage", "standing_credit", ["carriage_id"], unique=False)
    op.create_index("standing_credit_member", "standing_credit", ["member_id", "flown_on"], unique=False)
    op.create_index(
        "standing_credit_pending",
        "standing_credit",
        ["flown_on"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "posting",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("number", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", ID, nullable=False),
        sa.CheckConstraint("amount > 0 AND amount <= 1000000000000", name="posting_amount"),
        sa.CheckConstraint("source <> destination", name="posting_accounts"),
        sa.ForeignKeyConstraint(
            ["lane", "seq"],
            ["entry.lane", "entry.seq"],
        ),
        sa.PrimaryKeyConstraint("lane", "seq", "number"),
        sqlite_strict=True,
    )
    create_lots(ID)
    create_operations(ID)
