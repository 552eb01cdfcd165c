"""Tables of what members were granted."""

import sqlalchemy as sa

from .columns import id_column, new_table, text_column

# What stands: a member is given a grant once for each occasion.
standing_grant = new_table(
    "standing_grant",
    id_column("member_id", primary_key=True, autoincrement=False),
    text_column("name", primary_key=True),
    text_column("occasion", primary_key=True),
    text_column("day"),
    text_column("amounts"),
    text_column("lane"),
    id_column("seq"),
    sa.ForeignKeyConstraint(["lane", "seq"], ["entry.lane", "entry.seq"]),
)

# The day on which a definition first had a grant: nothing is given for earlier occasions.
offered_grant = new_table(
    "offered_grant",
    text_column("programme", primary_key=True),
    text_column("name", primary_key=True),
    text_column("since"),
)
