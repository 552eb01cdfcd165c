"""Tables of what members were granted, and of what is used of promotions."""

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

# What posted flights have of a promotion that ends: each member, and under id 0 all together.
promotion_use = new_table(
    "promotion_use",
    id_column("member_id", primary_key=True, autoincrement=False),
    text_column("programme", primary_key=True),
    text_column("name", primary_key=True),
    text_column("unit", primary_key=True),
    id_column("used"),
    sa.CheckConstraint("used >= 0", name="promotion_use_used"),
)

# The day on which a definition first had a grant: nothing is given for earlier occasions.
offered_grant = new_table(
    "offered_grant",
    text_column("programme", primary_key=True),
    text_column("name", primary_key=True),
    text_column("since"),
)
