"""The log of what became of journal rows, in the order in which it was decided, hash-chained.

A document stands in the journal once. One that was refused or could not be read is decided again when it comes again,
with the books and at the time of then, so every such decision has a place of its own in the log: a replay walks the
log, not the journal. The chain vouches for what came (a row's first place has the digests of its bytes), for what
became of it and by which settings, and for the ledger: every place names the last entry of its lane and its hash.
"""

from collections.abc import Mapping
from typing import Any

from .hashing import fields_hash

GENESIS = bytes(32)
"""What the first place is chained to."""

PLACE = (
    *("number", "journal_id", "attempt", "decided", "lane", "seq", "host_key", "state", "outcome", "at"),
    *("config_digest", "maps_digest"),
)
CAME = ("link", "kind", "received_at", "digest", "set_key", "encoding", "source", "raw_digest")


def handling_hash(
    previous: bytes, place: Mapping[str, Any], lane_head: str, came: Mapping[str, Any] | None
) -> bytes:
    """The hash of one place; ``came`` is its journal row where it is that row's first, ``lane_head`` the hash of entry
    ``lane/seq``."""
    fields = [previous.hex(), lane_head, *(str(place[name]) for name in PLACE)]
    if came is not None:
        for name in CAME:
            value = came[name]
            fields.append(value if isinstance(value, str) else bytes(value).hex())
    return fields_hash(fields)
