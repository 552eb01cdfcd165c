"""Which of staff's words about a carriage counts."""

from collections.abc import Iterable

from .evidence import Evidence
from .states import STAFF

WITHDRAW = "WITHDRAW"


def last_resolution(pieces: Iterable[Evidence]) -> Evidence | None:
    """The resolution stated last, None where there is none or that one withdraws the others; ties go by content, so
    that arrival plays no part."""
    found = max(
        (piece for piece in pieces if piece.kind == STAFF),
        key=lambda piece: (piece.event_at, piece.status, piece.originator, piece.content),
        default=None,
    )
    return None if found is None or found.status == WITHDRAW else found
