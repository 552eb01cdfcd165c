"""Tables about departures as a whole, and the names by which members are found: for the radar, not for decisions."""

import sqlalchemy as sa

from .columns import id_column, new_table, text_column

departure = new_table(
    "departure",
    text_column("key", primary_key=True),
    text_column("flown_on"),
    sa.Index("departure_flown_on", "flown_on"),
)

arrival = new_table(
    "arrival",
    text_column("departure_key", primary_key=True),
    id_column("journal_id", primary_key=True, autoincrement=False),
    text_column("kind", primary_key=True),
    text_column("originator"),
    text_column("edition"),
    id_column("persons"),
    text_column("fate"),
    sa.CheckConstraint("fate IN ('taken','superseded','nothing','refused')", name="arrival_fate"),
)

movement = new_table(
    "movement",
    text_column("departure_key", primary_key=True),
    text_column("flown_on"),
    text_column("on_utc"),
    text_column("originator"),
    text_column("edition"),
    text_column("off_block"),
    text_column("airborne"),
    text_column("off_point"),
    id_column("journal_id"),
    sa.Index("movement_flown_on", "flown_on"),
)

member_name = new_table(
    "member_name",
    # Coarse (surname and initial, ``names.name_key``); a member keeps the keys of names that he had.
    text_column("key", primary_key=True),
    id_column("member_id", primary_key=True, autoincrement=False),
)

accepted_name = new_table(
    "accepted_name",
    text_column("number", primary_key=True),
    text_column("airline", primary_key=True),
    text_column("surname", primary_key=True),
    text_column("given", primary_key=True),
    sa.Column("accepted", sa.Integer, nullable=False),
    text_column("stated_at"),
    text_column("named_by"),
    text_column("remark"),
    id_column("journal_id"),
)
