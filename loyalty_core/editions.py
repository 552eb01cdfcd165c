"""Editions: which lists stand beside each other, which takes another's place, and how an ADL adds to its PNL.

What stands is a function of the set of lists that came, never of their order:

1. *Whole lists* (FTL, ETL, ASL, PRL, PFS, PNL): per originator, kind and departure only the highest edition stands,
   that is the one created last; lists with one creation time stand beside each other (a departure control system
   writes one per marketing carrier). An older one that comes late changes nothing.
2. *An ADL adds to its PNL*: all ADLs of an originator stand that are not older than the originator's highest PNL. A
   PNL takes the place of the PNLs and ADLs before it, for it is the whole booking again. An ADL that comes before its
   PNL waits for nothing: it stands already, and the PNL slides beneath it.
3. *Within one person*, of the PNLs and ADLs of one originator only the last word counts: the highest edition, ADL
   before a PNL of the same time, and ADD or CHG before a DEL of the same list (who changes the class is deleted in one
   group and added in another). CHG and ADD say all of it anew; DEL takes it away, and unless others know the person, a
   cancelled booking remains.
4. Lists without persons cancel nothing: NIL of any kind, and a PNL, ADL or PFS of numbers only (a PFSN names nobody,
   and would otherwise take all exceptions back).
"""

from collections.abc import Sequence

from .evidence import Evidence
from .states import STATEMENTS
from .transactions import ListReceived

PNL, ADL = "PNL", "ADL"
BOOKINGS = frozenset({PNL, ADL})
NUMERIC_KINDS = frozenset({"PNL", "ADL", "PFS"})
"""Kinds that are sent with numbers alone, too."""


def says_nothing(message: ListReceived) -> bool:
    """Rule 4."""
    return message.nil or (message.kind in NUMERIC_KINDS and not message.persons)


def base_of(kind: str) -> str:
    """The kind whose highest edition decides whether a list of this kind still stands (rules 1 and 2)."""
    return PNL if kind == ADL else kind


def displaced_by(kind: str) -> tuple[str, ...]:
    """The kinds of which older lists fall when one of this kind comes (rules 1 and 2)."""
    return {PNL: (PNL, ADL), ADL: ()}.get(kind, (kind,))


def _word(piece: Evidence) -> tuple[str, bool, bool]:
    return (piece.edition, piece.kind == ADL, piece.status != "DEL")


def last_words(pieces: Sequence[Evidence]) -> Sequence[Evidence]:
    """``pieces`` about one person without bookings that a later list has changed (rule 3), and without deleted ones
    where anything else is known. Never empty."""
    last: dict[str, tuple[str, bool, bool]] = {}
    for piece in pieces:
        if piece.kind in BOOKINGS:
            last[piece.originator] = max(last.get(piece.originator, ("", False, False)), _word(piece))
    if not last:
        return pieces
    current = [
        piece for piece in pieces if piece.kind not in BOOKINGS or _word(piece) == last[piece.originator]
    ]
    known = [piece for piece in current if piece.kind != ADL or piece.status != "DEL"]
    # A member's claim doesn't bring a cancelled booking to life.
    return known if any(piece.kind not in STATEMENTS for piece in known) else current
