"""Tables about departures as a whole, and the names by which members are found: for the radar, not for decisions."""

import sqlalchemy as sa

from .tables import _id, _table, _text

arrival = _table(
    "arrival",
    _text("departure_key", primary_key=True),
    _id("journal_id", primary_key=True, autoincrement=False),
    _text("kind", primary_key=True),
    _text("originator"),
    _text("edition"),
    _id("persons"),
    _text("fate"),
    sa.CheckConstraint("fate IN ('taken','superseded','nothing','refused')", name="arrival_fate"),
)

movement = _table(
    "movement",
    _text("departure_key", primary_key=True),
    _text("flown_on"),
    _text("on_utc"),
    _text("originator"),
    _text("edition"),
    _text("off_block"),
    _text("airborne"),
    _text("off_point"),
    _id("journal_id"),
    sa.Index("movement_flown_on", "flown_on"),
)

member_name = _table(
    "member_name",
    # Coarse (surname and initial, ``names.name_key``); a member keeps the keys of names that he had.
    _text("key", primary_key=True),
    _id("member_id", primary_key=True, autoincrement=False),
)

accepted_name = _table(
    "accepted_name",
    _text("number", primary_key=True),
    _text("airline", primary_key=True),
    _text("surname", primary_key=True),
    _text("given", primary_key=True),
    sa.Column("accepted", sa.Integer, nullable=False),
    _text("stated_at"),
    _text("named_by"),
    _text("remark"),
    _id("journal_id"),
)
