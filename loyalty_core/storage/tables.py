"""The tables, as the code uses them; ``migrations`` creates them (a test holds the two together).

Times are ISO texts in UTC (``2026-08-20T12:05:00Z``) and dates ISO texts, so that both engines compare and hash them
alike; structured values are JSON texts. Ids are given out by the writer (``entities.Ids``), never by the database, and
are never part of a decision, a hash or a reply.
"""

import sqlalchemy as sa

from .columns import AMOUNT_MAX, Amount, Id, metadata
from .columns import id_column as _id
from .columns import new_table as _table
from .columns import text_column as _text
from .journal_tables import handling, handling_head, host_key, journal, receipt
from .telegram_tables import list_answer, outbox, part, part_set

__all__ = [
    "AMOUNT_MAX",
    "Amount",
    "Id",
    "handling",
    "handling_head",
    "host_key",
    "journal",
    "list_answer",
    "metadata",
    "outbox",
    "part",
    "part_set",
    "receipt",
]

# --- programmes and members ------------------------------------------------------------------------------------------

programme = _table(
    "programme",
    _text("name", primary_key=True),
    _text("digest", primary_key=True),
    _text("file"),
    _text("content"),
    _text("ends_by"),
    _text("grants_by"),
    _id("journal_id"),
    sa.Column("active", sa.Integer, nullable=False),
    sa.Index(
        "programme_active",
        "name",
        unique=True,
        sqlite_where=sa.text("active = 1"),
        postgresql_where=sa.text("active = 1"),
    ),
)

member = _table(
    "member",
    _id("id", primary_key=True, autoincrement=False),
    _text("programme"),
    _text("number"),
    _text("names"),
    _text("birth_date"),
    _text("residence"),
    _text("groups"),
    _text("enrolled_on"),
    _text("granted_tier"),
    _text("tier"),
    _text("tier_until"),
    _text("spells"),
    _text("grants_due"),
    _text("state"),
    _text("said_at"),
    _text("kind"),
    _id("survivor_id"),
    sa.CheckConstraint("kind IN ('person','company')", name="member_kind"),
    sa.CheckConstraint("state IN ('active','temporary','blocked','closed','died')", name="member_state"),
    sa.UniqueConstraint("programme", "number", name="member_number"),
    sa.Index("member_by_number", "number"),
    # The business clock looks for tiers that have ended.
    sa.Index(
        "member_tier_until",
        "tier_until",
        sqlite_where=sa.text("tier_until <> ''"),
        postgresql_where=sa.text("tier_until <> ''"),
    ),
    # The business clock looks for members who may be due a grant.
    sa.Index(
        "member_grants_due",
        "grants_due",
        sqlite_where=sa.text("grants_due <> ''"),
        postgresql_where=sa.text("grants_due <> ''"),
    ),
    sa.Index("member_survivor", "survivor_id"),
)

card = _table(
    "card",
    _text("programme", primary_key=True),
    _text("number", primary_key=True),
    _id("member_id"),
    _text("state"),
    _text("replaced_by"),
    sa.CheckConstraint(
        "state IN ('active','issued','expired','replaced','lost','stolen','blocked','closed')",
        name="card_state",
    ),
    sa.Index("card_number", "number"),
    sa.Index("card_member", "member_id"),
)

# What was said of members and cards, whoever they are: states with the day from which they hold, relations to others.
told = _table(
    "told",
    _text("subject", primary_key=True),
    _text("aspect", primary_key=True),
    _text("since", primary_key=True),
    _text("word", primary_key=True),
    _text("said_at"),
    _id("journal_id"),
    sa.Index("told_word", "word"),
)

# Every change of what is believed of a member's tiers, known since the journal row; tier '' for a spell that is none.
tier_belief = _table(
    "tier_belief",
    _id("member_id", primary_key=True, autoincrement=False),
    _text("since", primary_key=True),
    sa.Column("flown", sa.Integer, primary_key=True, autoincrement=False),
    _id("journal_id", primary_key=True, autoincrement=False),
    _text("tier"),
    _text("until"),
    _text("why"),
    _text("source"),
    sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
)

# What a member's posted flights of one day count for tiers, by unit; award miles are in the lots.
day_total = _table(
    "day_total",
    _id("member_id", primary_key=True, autoincrement=False),
    _text("day", primary_key=True),
    _text("unit", primary_key=True),
    _id("amount"),
    sa.CheckConstraint("amount >= 0", name="day_total_amount"),
)

# --- carriages and their evidence -------------------------------------------------------------------------------------

list_edition = _table(
    "list_edition",
    _text("departure_key", primary_key=True),
    _text("originator", primary_key=True),
    _text("kind", primary_key=True),
    _text("edition"),
)

carriage = _table(
    "carriage",
    _id("id", primary_key=True, autoincrement=False),
    _text("departure_key"),
    _text("key"),
    _text("state"),
    _text("view"),
    _text("credit"),
    _text("reason"),
    _text("due_at"),
    sa.Index("carriage_departure", "departure_key"),
    sa.Index("carriage_key", "key"),
    sa.Index(
        "carriage_due",
        "due_at",
        sqlite_where=sa.text("due_at <> ''"),
        postgresql_where=sa.text("due_at <> ''"),
    ),
    sa.Index(
        "carriage_suspense",
        "departure_key",
        sqlite_where=sa.text("credit = 'suspense'"),
        postgresql_where=sa.text("credit = 'suspense'"),
    ),
)

evidence = _table(
    "evidence",
    _id("id", primary_key=True, autoincrement=False),
    _id("carriage_id"),
    _text("departure_key"),
    _id("journal_id"),
    _id("line"),
    _id("line_end"),
    _text("originator"),
    _text("kind"),
    _text("edition"),
    _text("event_at"),
    _text("status"),
    _text("data"),
    sa.Column("standing", sa.Integer, nullable=False),
    sa.Index("evidence_carriage", "carriage_id"),
    sa.Index("evidence_list", "departure_key", "originator", "kind"),
    sa.Index("evidence_journal", "journal_id"),
)

identity = _table(
    "identity",
    _text("key", primary_key=True),
    _id("carriage_id", primary_key=True, autoincrement=False),
    sa.Index("identity_carriage", "carriage_id"),
)

claim = _table(
    "claim",
    _text("number", primary_key=True),
    _id("carriage_id", primary_key=True, autoincrement=False),
    sa.Index("claim_carriage", "carriage_id"),
)

contest = _table(
    "contest",
    _text("key", primary_key=True),
    _id("carriage_id", primary_key=True, autoincrement=False),
    sa.Index("contest_carriage", "carriage_id"),
)

# --- the ledger -------------------------------------------------------------------------------------------------------

lane = _table("lane", _text("name", primary_key=True), _id("seq"), _text("head"))

entry = _table(
    "entry",
    _text("lane", primary_key=True),
    _id("seq", primary_key=True, autoincrement=False),
    _text("previous"),
    _text("hash"),
    _text("kind"),
    _text("programme"),
    _text("programme_digest"),
    _id("member_id"),
    _text("carriage_key"),
    _text("flown_on"),
    _text("posted_at"),
    _text("reverses"),
    _id("journal_id"),
    _text("trace"),
    _text("because"),
    sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    sa.CheckConstraint(
        "kind IN ('accrual','pending','reversal','hold','capture','release','redemption','adjustment','transfer',"
        "'expiry','revival','grant','offset')",
        name="entry_kind",
    ),
    sa.Index("entry_member", "member_id"),
    sa.Index("entry_journal", "journal_id"),
    sa.Index("entry_carriage", "carriage_key"),
    # An entry is reversed at most once; the empty text stands for "reverses nothing".
    sa.Index(
        "entry_reverses",
        "reverses",
        unique=True,
        sqlite_where=sa.text("reverses <> ''"),
        postgresql_where=sa.text("reverses <> ''"),
    ),
)

posting = _table(
    "posting",
    _text("lane", primary_key=True),
    _id("seq", primary_key=True, autoincrement=False),
    _id("number", primary_key=True, autoincrement=False),
    _text("source"),
    _text("destination"),
    _text("unit"),
    _id("amount"),
    sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
    # One row is both legs, so an entry can't be out of balance.
    sa.CheckConstraint(f"amount > 0 AND amount <= {AMOUNT_MAX}", name="posting_amount"),
    sa.CheckConstraint("source <> destination", name="posting_accounts"),
)

balance = _table(
    "balance",
    _text("account", primary_key=True),
    _text("unit", primary_key=True),
    _id("amount"),
)

lot = _table(
    "lot",
    _text("lane", primary_key=True),
    _id("seq", primary_key=True, autoincrement=False),
    _id("number", primary_key=True, autoincrement=False),
    _id("member_id"),
    _text("unit"),
    _text("earned_on"),
    _text("expires_on"),
    _id("amount"),
    _id("remaining"),
    _id("held"),
    _id("expired"),
    _text("look_on"),
    sa.CheckConstraint("remaining >= 0 AND held >= 0 AND expired >= 0", name="lot_places"),
    sa.CheckConstraint(
        f"remaining + held + expired <= amount AND amount > 0 AND amount <= {AMOUNT_MAX}", name="lot_amount"
    ),
    sa.CheckConstraint("expires_on = '' OR expires_on >= earned_on", name="lot_expiry"),
    sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
    sa.Index("lot_member", "member_id"),
    # The business clock looks for what has expired only among open lots.
    sa.Index(
        "lot_expiring",
        "look_on",
        sqlite_where=sa.text("remaining > 0 AND look_on <> ''"),
        postgresql_where=sa.text("remaining > 0 AND look_on <> ''"),
    ),
)

lot_move = _table(
    "lot_move",
    _text("lane", primary_key=True),
    _id("seq", primary_key=True, autoincrement=False),
    _id("number", primary_key=True, autoincrement=False),
    _text("lot_lane"),
    _id("lot_seq"),
    _id("lot_number"),
    _text("source"),
    _text("destination"),
    _id("amount"),
    sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
    sa.ForeignKeyConstraint(["lot_lane", "lot_seq", "lot_number"], ["lot.lane", "lot.seq", "lot.number"]),
    sa.CheckConstraint(
        "source IN ('open','held','expired','spent') AND destination IN ('open','held','expired','spent')"
        " AND source <> destination",
        name="lot_move_places",
    ),
    sa.CheckConstraint(f"amount > 0 AND amount <= {AMOUNT_MAX}", name="lot_move_amount"),
    sa.Index(
        "lot_move_expired",
        "lot_lane",
        "lot_seq",
        "lot_number",
        sqlite_where=sa.text("destination = 'expired'"),
        postgresql_where=sa.text("destination = 'expired'"),
    ),
)

standing_credit = _table(
    "standing_credit",
    # A coupon is credited by one programme at most, so the key alone must be unique.
    _text("programme"),
    _text("credit_key", primary_key=True),
    _id("carriage_id"),
    _id("member_id"),
    _text("status"),
    _text("lane"),
    _id("seq"),
    _id("award"),
    _text("counters"),
    _text("flown_on"),
    _text("tier"),
    _text("carriage_key"),
    _text("facts"),
    _id("pool_id"),
    _id("pool_share"),
    _text("promoted"),
    sa.CheckConstraint("status IN ('pending','posted')", name="standing_credit_status"),
    sa.CheckConstraint(f"award >= 0 AND award <= {AMOUNT_MAX}", name="standing_credit_award"),
    # Units are the programme's, so their amounts are one text, as ``entities.write_counters`` makes it.
    sa.CheckConstraint("counters LIKE '{%}' AND counters NOT LIKE '%:-%'", name="standing_credit_counters"),
    sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
    sa.Index("standing_credit_carriage", "carriage_id"),
    sa.Index("standing_credit_member", "member_id", "flown_on"),
    sa.Index(
        "standing_credit_pending",
        "flown_on",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
)
