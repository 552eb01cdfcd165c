"""Who is who within a departure: evidence is joined into persons, and persons who share a key are told apart.

Decisions, each a function of the set of standing evidence (when a linking piece falls, what it linked parts again):

1. *Keys join.* Ticket and coupon, locator and name, card and name: pieces that share one of them, directly or through
   others, are one person. Name means surname and initial: hosts spell and cut the rest as they like. Seat and check-in
   numbers join nobody: they change hands until the door closes, and no list says when.
2. *Coupons part.* A coupon carries one person. Where joined pieces name several coupons on which somebody travels or
   means to (a coupon's own report, or a list of people aboard), each coupon is a carriage of its own: a father and a
   son with one initial in one booking or under one card.
3. *A coupon taken back carries nobody*, so it parts nobody: who changed an exchanged ticket for a new one is one
   person, and what was known under the old ticket (the card) serves under the new.
4. *What names no such coupon* goes to the person with whom it shares a key; of several, to the one whose name it bears
   best, then to the smallest coupon: a choice that arrival can't change.
"""

from collections.abc import Callable, Iterable, Sequence

from . import names
from .evidence import Evidence
from .keys import coupon_key
from .states import COUPON, TAKEN_BACK, latest_word
from .transactions import Name

_TRAVELLING = frozenset({COUPON, "PRL", "ETL", "ASL"})
"""Kinds that speak of a coupon in use. A booking (PNL, ADL) may still name the ticket that was changed since."""


def persons_of(pieces: Iterable[Evidence]) -> list[list[Evidence]]:
    """The pieces of one departure as persons, each in order of ids."""
    return [person for joined in partition(pieces) for person in _parted(joined)]


def partition(pieces: Iterable[Evidence]) -> list[list[Evidence]]:
    """Rule 1: groups of pieces that share an identity key, directly or through others."""
    ordered = sorted(pieces, key=lambda piece: piece.id)
    # Union-find: each piece points towards the first of its group.
    leader = list(range(len(ordered)))

    def first_of(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    owner: dict[str, int] = {}
    for number, piece in enumerate(ordered):
        for key in piece.keys:
            one, other = sorted((first_of(owner.setdefault(key, number)), first_of(number)))
            leader[other] = one
    groups: dict[int, list[Evidence]] = {}
    for number, piece in enumerate(ordered):
        groups.setdefault(first_of(number), []).append(piece)
    return list(groups.values())


def _travelled(pieces: Sequence[Evidence]) -> dict[str, list[Evidence]]:
    """Coupon -> the pieces that name it, for coupons that carry somebody (rules 2 and 3). A ticket that two persons of
    one list have is no key of theirs and says nothing about who is who."""
    found: dict[str, list[Evidence]] = {}
    for piece in pieces:
        coupon = coupon_key(piece.ticket, piece.coupon)
        if coupon and any(key.endswith(f"|T|{coupon}") for key in piece.keys):
            found.setdefault(coupon, []).append(piece)
    return {
        coupon: told
        for coupon, told in found.items()
        if any(piece.kind in _TRAVELLING for piece in told)
        and latest_word((piece.status, piece.event_at) for piece in told if piece.kind == COUPON)[1]
        not in TAKEN_BACK
    }


def _parted(pieces: list[Evidence]) -> list[list[Evidence]]:
    """Rules 2 to 4 on joined pieces."""
    by_coupon = _travelled(pieces)
    if len(by_coupon) < 2:
        return [pieces]
    groups = {coupon: list(told) for coupon, told in sorted(by_coupon.items())}
    bearing = {coupon: _bearing([piece.name for piece in told]) for coupon, told in groups.items()}
    taken = {piece.id for told in groups.values() for piece in told}
    rest = [piece for piece in pieces if piece.id not in taken]
    while rest:
        # Round by round outwards, all of a round at once, so that no piece depends on its place in the list.
        keys = {coupon: {key for piece in told for key in piece.keys} for coupon, told in groups.items()}
        near = {
            piece.id: [coupon for coupon in groups if not keys[coupon].isdisjoint(piece.keys)]
            for piece in rest
        }
        # Who bears another name waits, in case the one whose it is comes nearer; then there is no choice.
        fits = {
            piece.id
            for piece in rest
            if any(bearing[coupon](piece.name) > names.Grade.REJECT for coupon in near[piece.id])
        }
        placed = fits or {number for number, coupons in near.items() if coupons}
        assert placed, "joined pieces are connected"
        for piece in rest:
            if piece.id in placed:
                best = max(near[piece.id], key=lambda coupon: bearing[coupon](piece.name))
                groups[best].append(piece)
        rest = [piece for piece in rest if piece.id not in placed]
    return [sorted(told, key=lambda piece: piece.id) for told in groups.values()]


def _bearing(known: Sequence[Name]) -> Callable[[Name], int]:
    """How well a name fits the names of a coupon."""
    return lambda name: names.match(name, known).grade
