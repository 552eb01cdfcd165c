"""Tables of what came: the journal, what became of each of its rows, and what a repeat is answered by."""

import sqlalchemy as sa

from .columns import id_column, new_table, text_column

journal = new_table(
    "journal",
    id_column("id", primary_key=True, autoincrement=False),
    text_column("link"),
    text_column("kind"),
    text_column("received_at"),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    text_column("set_key"),
    text_column("encoding"),
    text_column("source"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("raw_digest", sa.LargeBinary, nullable=False),
    sa.Index("journal_link", "link", "id"),
)

# What became of journal rows, in order: every decision on a message (``decided`` 1), a message decided again among the
# others of that moment; and the last word on parts whose set ended by another message (0). ``seq`` is the last entry of
# the lane then. The rows are chained like entries, see ``handling_log``.
handling = new_table(
    "handling",
    id_column("number", primary_key=True, autoincrement=False),
    id_column("journal_id"),
    id_column("attempt"),
    sa.Column("decided", sa.Integer, nullable=False),
    text_column("lane"),
    id_column("seq"),
    text_column("host_key"),
    text_column("state"),
    text_column("outcome"),
    text_column("at"),
    text_column("config_digest"),
    text_column("maps_digest"),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["journal_id"], ["journal.id"]),
    sa.UniqueConstraint("journal_id", "attempt", name="handling_attempt"),
    sa.CheckConstraint("state IN ('applied','refused','quarantined','waiting')", name="handling_state"),
    sa.Index(
        "handling_quarantined",
        "journal_id",
        sqlite_where=sa.text("state = 'quarantined'"),
        postgresql_where=sa.text("state = 'quarantined'"),
    ),
)

# One row: the end of that chain.
handling_head = new_table(
    "handling_head",
    text_column("name", primary_key=True),
    id_column("number"),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

receipt = new_table(
    "receipt",
    text_column("link", primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True, nullable=False),
    id_column("journal_id"),
    text_column("state"),
    text_column("outcome"),
    sa.Column("final", sa.Integer, nullable=False),
    id_column("repeats"),
)

host_key = new_table(
    "host_key",
    text_column("link", primary_key=True),
    text_column("key", primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)
