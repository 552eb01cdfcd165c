"""Tables of telegrams: those that come in parts, those that are to leave, and answers to lists."""

import sqlalchemy as sa

from .columns import id_column, new_table, text_column

# --- telegrams in parts -----------------------------------------------------------------------------------------------

part_set = new_table(
    "part_set",
    text_column("key", primary_key=True),
    text_column("merge_key"),
    text_column("originator"),
    text_column("kind"),
    text_column("created"),
    text_column("state"),
    text_column("touched_at"),
    text_column("link"),
    text_column("encoding"),
    sa.CheckConstraint("state IN ('open','given_up','disputed','closed','read')", name="part_set_state"),
    sa.Index("part_set_merge_key", "merge_key"),
    sa.Index("part_set_waiting", "state", "originator"),
)

part = new_table(
    "part",
    text_column("set_key", primary_key=True),
    id_column("number", primary_key=True, autoincrement=False),
    sa.Column("final", sa.Integer, nullable=False),
    # The text itself, which may hold passports, is in the journal's raw bytes only.
    text_column("head"),
    text_column("created"),
    id_column("journal_id"),
)

# --- telegrams on their way out ---------------------------------------------------------------------------------------

outbox = new_table(
    "outbox",
    id_column("id", primary_key=True, autoincrement=False),
    text_column("key", unique=True),
    text_column("lane"),
    text_column("link"),
    text_column("text"),
    text_column("state"),
    id_column("attempts"),
    sa.Column("perhaps_sent", sa.Integer, nullable=False),
    text_column("queued_at"),
    text_column("due_at"),
    text_column("ended_at"),
    text_column("reason"),
    id_column("journal_id"),
    sa.CheckConstraint("state IN ('queued','sending','sent','failed')", name="outbox_state"),
    sa.CheckConstraint("(ended_at = '') = (state IN ('queued','sending'))", name="outbox_ended"),
    # Whoever sends looks only at what has not ended, oldest first.
    sa.Index(
        "outbox_waiting",
        "link",
        "id",
        sqlite_where=sa.text("ended_at = ''"),
        postgresql_where=sa.text("ended_at = ''"),
    ),
)

list_answer = new_table(
    "list_answer",
    text_column("key", primary_key=True),
    text_column("lane"),
    id_column("journal_id"),
    text_column("state"),
    text_column("data"),
    sa.CheckConstraint("state IN ('due','queued')", name="list_answer_state"),
    sa.Index(
        "list_answer_due",
        "journal_id",
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    ),
)
