"""Who is who within a departure: evidence is joined into persons, and persons who share a key are told apart.

Decisions, each a function of the set of standing evidence (when a linking piece falls, what it linked parts again):

1. *Keys join.* Ticket and coupon, locator and name, card and name: pieces that share one of them, directly or through
   others, may be one person. Name means surname and initial: hosts spell and cut the rest as they like. Seat and
   check-in numbers join nobody: they change hands until the door closes, and no list says when.
2. *Coupons part.* A coupon carries one person, under whatever name. Where joined pieces name several coupons on which
   somebody travels or means to (a coupon's own report, or a list of people aboard), each coupon is a carriage of its
   own: a father and a son of one name in one booking or under one card.
3. *A coupon taken back carries nobody*, so it parts nobody: who changed an exchanged ticket for a new one is one
   person, and what was known under the old ticket (the card) serves under the new.
4. *Names part.* Whose names reject each other are two persons, whatever locator or card they share: a mother and a
   daughter of one initial. A piece that fits several such persons (the initial alone) belongs to the one whose card or
   ticket it names, else to the one whose name it bears best, else to nobody: it stands for itself.
5. *What names no such coupon* goes to one of the coupons of its name: by name and card, where these tell, else to the
   one that is known to have got farthest, then to the smallest coupon. But what takes a flight back (``takes_back``) is
   given to nobody by such a choice: it stands for itself, and puts in doubt all whom it fits (``fitting``).
"""

from collections.abc import Collection, Iterable, Sequence

from . import names
from .evidence import Evidence
from .keys import ascii_key, coupon_key
from .states import COUPON, STATE_RANKS, STAYED_BEHIND, TAKEN_BACK, CarriageState, latest_word, ranked
from .transactions import Name

_TRAVELLING = frozenset({COUPON, "PRL", "ETL", "ASL"})
"""Kinds that speak of a coupon in use. A booking (PNL, ADL) may still name the ticket that was changed since."""


def persons_of(pieces: Iterable[Evidence]) -> list[list[Evidence]]:
    """The pieces of one departure as persons, each in order of ids."""
    return [person for joined in partition(pieces) for person in _parted(joined)]


def partition(pieces: Iterable[Evidence]) -> list[list[Evidence]]:
    """Rule 1: groups of pieces that share an identity key, directly or through others."""
    ordered = sorted(pieces, key=lambda piece: piece.id)
    return [
        [ordered[number] for number in group] for group in _connected([set(piece.keys) for piece in ordered])
    ]


def _connected(keys: Sequence[Collection[str]]) -> list[list[int]]:
    """The places of what shares a key, directly or through others, in order."""
    # Union-find: each place points towards the first of its group.
    leader = list(range(len(keys)))

    def first_of(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    owner: dict[str, int] = {}
    for number, own in enumerate(keys):
        for key in own:
            one, other = sorted((first_of(owner.setdefault(key, number)), first_of(number)))
            leader[other] = one
    groups: dict[int, list[int]] = {}
    for number in range(len(keys)):
        groups.setdefault(first_of(number), []).append(number)
    return list(groups.values())


# --- names ------------------------------------------------------------------------------------------------------------


def _names(pieces: Iterable[Evidence]) -> tuple[Name, ...]:
    """The names given; staff gives none."""
    return tuple(dict.fromkeys(piece.name for piece in pieces if piece.name.surname))


def _fit(one: Collection[Name], other: Collection[Name]) -> int:
    """How well two sets of names fit one person: the best grade, unless some reject each other and none is the same
    name (the initial, which fits both, doesn't make IVAN and IGOR one)."""
    if not one or not other:
        return names.Grade.PROBABLE
    best = max(max(names.match(a, (b,)).grade, names.match(b, (a,)).grade) for a in one for b in other)
    is_one = best >= names.Grade.EQUIVALENT or not any(names.apart(a, b) for a in one for b in other)
    return best if is_one else names.Grade.REJECT


# --- telling apart ----------------------------------------------------------------------------------------------------


def takes_back(piece: Evidence) -> bool:
    """Does it say that the person did not travel, or perhaps not? (A coupon taken back is a word on the coupon.)"""
    state = ranked(piece.kind, piece.status)[1]
    return state in STAYED_BEHIND or state is CarriageState.DOUBTFUL


class _Unit:
    """Pieces that are one person for sure: those of one coupon, or a single one."""

    def __init__(self, pieces: list[Evidence], travels: str = "") -> None:
        self.pieces = pieces
        self.travels = travels
        """The coupon, if somebody travels on it."""
        self.names = _names(pieces)
        self.keys = {key for piece in pieces for key in piece.keys}
        self.cards = {ascii_key(card.number) for piece in pieces for card in piece.cards}
        self.takes_back = all(takes_back(piece) for piece in pieces)

    @property
    def first(self) -> int:
        return min(piece.id for piece in self.pieces)


class _Bearer:
    """A person as far as known: units are added to it round by round."""

    def __init__(self, units: list[_Unit]) -> None:
        self.units = units
        self.names = tuple(dict.fromkeys(name for unit in units for name in unit.names))
        self.travels = next((unit.travels for unit in units if unit.travels), "")
        self.keys: set[str] = set()
        self.take([])

    def take(self, units: list[_Unit]) -> None:
        self.units = [*self.units, *units]
        self.keys = {key for unit in self.units for key in unit.keys}

    @property
    def pieces(self) -> list[Evidence]:
        return sorted((piece for unit in self.units for piece in unit.pieces), key=lambda piece: piece.id)


def fitting(own: Sequence[Evidence], others: Sequence[Sequence[Evidence]]) -> list[int]:
    """The places of those among ``others`` whom these pieces fit best; none, one, or several of which nobody can say
    which."""
    keys = {key for piece in own for key in piece.keys}
    return _best(
        keys, _names(own), [({key for one in told for key in one.keys}, _names(told)) for told in others]
    )


def _best(
    keys: Collection[str], own: Collection[Name], others: Sequence[tuple[set[str], Collection[Name]]]
) -> list[int]:
    found: dict[int, tuple[bool, int]] = {}
    for place, (known, bearing) in enumerate(others):
        shared = [key for key in keys if key in known]
        grade = _fit(own, bearing) if shared else names.Grade.REJECT
        if grade > names.Grade.REJECT:
            # A card or a ticket says more than a booking, which is a family's.
            found[place] = (any("|L|" not in key for key in shared), grade)
    best = max(found.values(), default=None)
    return [place for place, each in found.items() if each == best]


def _parted(pieces: list[Evidence]) -> list[list[Evidence]]:
    """Rules 2 to 5 on joined pieces."""
    by_coupon = _of_coupons(pieces)
    travelled = [coupon for coupon, told in by_coupon.items() if _is_travelled(told)]
    if len(travelled) < 2 and not _several_names(pieces):
        return [pieces]
    taken = {piece.id for told in by_coupon.values() for piece in told}
    units = [_Unit(told, coupon if coupon in travelled else "") for coupon, told in by_coupon.items()]
    units += [_Unit([piece]) for piece in pieces if piece.id not in taken]
    units.sort(key=lambda unit: unit.first)
    torn = {number for number, unit in enumerate(units) if not unit.names or _is_torn(unit, units)}
    bearers: list[_Bearer] = []
    alone: list[_Unit] = []
    for alike in _alike([unit for number, unit in enumerate(units) if number not in torn]):
        told, nobodys = _by_coupons(alike)
        bearers += told
        alone += nobodys
    alone += _placed(bearers, [units[number] for number in sorted(torn)])
    return [bearer.pieces for bearer in bearers] + _on_their_own(alone)


def _several_names(pieces: Iterable[Evidence]) -> bool:
    given = _names(pieces)
    return any(names.apart(one, other) for place, one in enumerate(given) for other in given[:place])


def _of_coupons(pieces: Sequence[Evidence]) -> dict[str, list[Evidence]]:
    """Coupon -> the pieces that name it. A ticket that two persons of one list have is no key of theirs and says
    nothing about who is who."""
    found: dict[str, list[Evidence]] = {}
    for piece in pieces:
        coupon = coupon_key(piece.ticket, piece.coupon)
        if coupon and any(key.endswith(f"|T|{coupon}") for key in piece.keys):
            found.setdefault(coupon, []).append(piece)
    return found


def _is_travelled(told: Sequence[Evidence]) -> bool:
    """Rules 2 and 3, of the pieces that name a coupon."""
    return (
        any(piece.kind in _TRAVELLING for piece in told)
        and latest_word((piece.status, piece.event_at) for piece in told if piece.kind == COUPON)[1]
        not in TAKEN_BACK
    )


def _is_torn(unit: _Unit, units: Sequence[_Unit]) -> bool:
    """Does it fit two persons whose names reject each other?"""
    fits = list(
        dict.fromkeys(other.names for other in units if other.names and _fit(unit.names, other.names))
    )
    return any(not _fit(one, other) for place, one in enumerate(fits) for other in fits[:place])


def _alike(units: Sequence[_Unit]) -> list[list[_Unit]]:
    """Units that fit each other and are joined by keys. None of them is torn, so whoever fits two makes them fit."""
    classes: list[list[_Unit]] = []
    for unit in units:
        fit = next((known for known in classes if _fit(unit.names, known[0].names)), None)
        if fit is None:
            classes.append([unit])
        else:
            fit.append(unit)
    return [
        [known[number] for number in group]
        for known in classes
        for group in _connected([unit.keys for unit in known])
    ]


def _by_coupons(units: Sequence[_Unit]) -> tuple[list[_Bearer], list[_Unit]]:
    """Rule 5 on units of one name: (persons, what fits several)."""
    cores = sorted((unit for unit in units if unit.travels), key=lambda unit: unit.travels)
    if len(cores) < 2:
        return [_Bearer(list(units))], []
    bearers = [_Bearer([core]) for core in cores]
    return bearers, _placed(bearers, [unit for unit in units if not unit.travels], of_one_name=True)


def _placed(bearers: Sequence[_Bearer], rest: list[_Unit], *, of_one_name: bool = False) -> list[_Unit]:
    """Gives each unit to the bearer whom it fits; those that fit none, or several of whom nobody can say which.

    Round by round outwards, all of a round at once, so that nothing depends on its place in a list.
    """
    undecided: list[_Unit] = []
    while rest:
        known = [(bearer.keys, bearer.names) for bearer in bearers]
        wanted: dict[int, list[_Unit]] = {}
        waiting: list[_Unit] = []
        before = len(undecided)
        for unit in rest:
            places = _best(unit.keys, unit.names, known)
            if unit.travels:
                places = [place for place in places if not bearers[place].travels]
            if of_one_name and places and unit.names and not unit.takes_back:
                near = [place for place, (keys, _names) in enumerate(known) if not keys.isdisjoint(unit.keys)]
                places = [max(near, key=lambda place: (_likeliness(unit, bearers[place]), -place))]
            if not places:
                waiting.append(unit)
            elif len(places) > 1:
                undecided.append(unit)
            else:
                wanted.setdefault(places[0], []).append(unit)
        for place, units in wanted.items():
            if sum(bool(unit.travels) for unit in units) > 1:
                undecided += [unit for unit in units if unit.travels]
                units = [unit for unit in units if not unit.travels]
            bearers[place].take(units)
            bearers[place].travels = next(
                (unit.travels for unit in units if unit.travels), bearers[place].travels
            )
        if not wanted and len(undecided) == before:
            return undecided + waiting
        rest = waiting
    return undecided


def _likeliness(unit: _Unit, bearer: _Bearer) -> tuple[int, ...]:
    """How likely it is that this unit belongs to that one of several coupons of its name: by ticket and name, by a card
    that is no other one, then by how far the coupon is known to have got."""
    core = bearer.units[0]
    shared = unit.keys & bearer.keys
    has_other_card = bool(unit.cards and core.cards and unit.cards.isdisjoint(core.cards))
    return (
        any("|T|" in key for key in shared),
        min(_fit(unit.names, bearer.names), names.Grade.EQUIVALENT),
        not has_other_card,
        _word(core.pieces),
        any("|C|" in key for key in shared),
    )


def _word(told: Sequence[Evidence]) -> int:
    """How far a coupon is known to have got."""
    words = [latest_word((piece.status, piece.event_at) for piece in told if piece.kind == COUPON)]
    words += [ranked(piece.kind, piece.status) for piece in told if piece.kind != COUPON]
    return max(STATE_RANKS[state] for _rank, state in words)


def _on_their_own(units: Sequence[_Unit]) -> list[list[Evidence]]:
    """Those who are given to nobody: the same name under one key is one of them, but a flight is not taken back from
    him, for that may be about another."""
    groups: dict[tuple[bool, str, tuple[Name, ...]], list[_Unit]] = {}
    for unit in units:
        groups.setdefault((unit.takes_back, unit.travels, unit.names), []).append(unit)
    return [
        _Bearer([units[number] for number in group]).pieces
        for units in groups.values()
        for group in _connected([unit.keys for unit in units])
    ]
