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
   cancelled booking remains. Of other lists, too, only the highest edition that names the person counts: there may be
   several because of rule 5.
4. Lists without persons cancel nothing: NIL of any kind, and a PNL, ADL or PFS of numbers only (a PFSN names nobody,
   and would otherwise take all exceptions back).
5. A list of which names were lost to damage (*incomplete*) displaces nothing: whoever it doesn't name may be the one
   whose line was damaged. It stands beside the highest whole edition until a later whole one comes.
6. A *correction* (COR) has the creation time of the list that it corrects, and takes its place: of the two it is the
   higher edition. A corrected ADL displaces the ADLs of its own time only.
"""

from collections.abc import Mapping, Sequence

from .evidence import Evidence
from .keys import CORRECTED
from .states import COUPON, STATEMENTS
from .transactions import ListReceived

PNL, ADL, PFS = "PNL", "ADL", "PFS"
BOOKINGS = frozenset({PNL, ADL})
NUMERIC_KINDS = frozenset({"PNL", "ADL", "PFS"})
"""Kinds that are sent with numbers alone, too."""

PFS_OF_NUMBERS = "PFS of numbers"
EXCEPTIONS_TOLD = (PFS, PFS_OF_NUMBERS)
"""Kinds of editions that show that a departure's exceptions were told: that there were none is told by NIL or numbers
alone, which are no list and take no list's place, but are remembered."""


def says_nothing(message: ListReceived) -> bool:
    """Rule 4."""
    return message.nil or (message.kind in NUMERIC_KINDS and not message.persons)


def base_of(kind: str) -> str:
    """The kind in whose order of editions a list of this kind stands (rules 2 and 3)."""
    return PNL if kind == ADL else kind


def displaced_by(kind: str) -> tuple[str, ...]:
    """The kinds of which lists may fall when one of this kind comes (rules 1, 2 and 6)."""
    return {PNL: (PNL, ADL)}.get(kind, (kind,))


def falls(piece: Evidence, kind: str, edition: str) -> bool:
    """Whether what a list of one of these kinds said falls when this list comes."""
    if kind == ADL:
        return piece.edition < edition and made_at(piece.edition) == made_at(edition)
    if piece.kind == ADL:  # a PNL's correction makes it no later
        return made_at(piece.edition) < made_at(edition)
    return piece.edition < edition


def is_superseded(kind: str, edition: str, floors: Mapping[str, str]) -> bool:
    """Whether lists that came before (``floors``: slot -> edition) leave no place for this one."""
    if kind != ADL:
        return edition < floors.get(kind, "")
    corrected = edition < floors.get(_corrected_slot(edition), "")
    return corrected or made_at(edition) < made_at(floors.get(PNL, ""))


def slots(kind: str, edition: str) -> tuple[str, ...]:
    """Where the edition of a list is kept: by its kind, a corrected ADL by its time as well, for it takes the place of
    one of many (rule 6)."""
    is_one_of_many = kind == ADL and edition.endswith(CORRECTED)
    return (kind, _corrected_slot(edition)) if is_one_of_many else (kind,)


def _corrected_slot(edition: str) -> str:
    return f"{ADL} {made_at(edition)}"


def made_at(edition: str) -> str:
    """The creation time in an edition."""
    return edition.removesuffix(CORRECTED)


def _word(piece: Evidence) -> tuple[str, bool, str, bool]:
    return (made_at(piece.edition), piece.kind == ADL, piece.edition, piece.status != "DEL")


def last_words(pieces: Sequence[Evidence]) -> Sequence[Evidence]:
    """``pieces`` about one person without those that a later list has changed (rule 3), and without deleted bookings
    where anything else is known. Never empty."""
    last: dict[tuple[str, str], tuple[str, bool, str, bool]] = {}
    for piece in pieces:
        slot = (piece.originator, base_of(piece.kind))
        last[slot] = max(last.get(slot, ("", False, "", False)), _word(piece))
    current = [
        piece
        for piece in pieces
        if piece.kind == COUPON or _word(piece) == last[piece.originator, base_of(piece.kind)]
    ]
    known = [piece for piece in current if piece.kind != ADL or piece.status != "DEL"]
    # A member's claim doesn't bring a cancelled booking to life.
    return known if any(piece.kind not in STATEMENTS for piece in known) else current
