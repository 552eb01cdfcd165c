"""Code shares: which carriages are one flight of one person under several flight numbers, and which is its head.

A flight is sold under the numbers of marketing carriers, and coupons, claims and whole lists may come under them. Per
person, the carriage under such a number belongs to the one on the operating flight:

1. *Named*: a list or coupon of the operating flight names the marketing one (``.M/``), or a programme's table does, and
   both carriages are the same person's, by a coupon or by a card that stands under a name of its holder.
2. *By coupon*: a coupon was reported by its marketing flight alone, and the same coupon stands on another airline's
   flight from the same place on the same day. (An airline's own other flight means that the passenger was moved.) The
   heading of a list makes no flight operating where a coupon report sold it as marketing, unless it knows more.
3. *Beside*: what stands on that marketing flight for the same member goes with it.

Of several flights it may belong to, one gets it: one on which the person didn't stay behind, then a named one, then the
one with the strongest word. Where nobody names it, it never belongs to a flight on which the person stayed behind.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from . import names
from .carriage import Carriage, join
from .contest import coupons_of, legs_of
from .evidence import Evidence
from .states import STATE_RANKS, STATEMENTS, STAYED_BEHIND
from .world import Person, World

_Order = tuple[object, ...]


def heads(world: World, present: Sequence[Person]) -> dict[int, Person]:
    """Carriage id -> the carriage that it belongs to, for those of ``present`` that belong to another one; that may
    belong to yet another."""
    flights = [_Flight(world, person) for person in present]
    on_departure: dict[str, list[_Flight]] = {}
    with_coupon: dict[str, list[_Flight]] = {}
    sold_as: dict[str, list[_Flight]] = {}
    for flight in flights:
        on_departure.setdefault(flight.departure_key, []).append(flight)
        for coupon in flight.coupons:
            with_coupon.setdefault(coupon, []).append(flight)
        for leg in flight.legs - {flight.departure_key}:
            sold_as.setdefault(leg, []).append(flight)
    found: dict[int, _Flight] = {}
    for flight in flights:
        named = [*sold_as.get(flight.departure_key, ())]
        for leg in world.operated_as(flight.departure_key):
            named += on_departure.get(leg, ())
        candidates: dict[int, tuple[_Order, _Flight]] = {
            other.person.id: (other.order(named=True), other)
            for other in named
            if other is not flight and flight.is_same_person(other)
        }
        if flight.sold:
            for other in (other for coupon in flight.coupons for other in with_coupon[coupon]):
                if other.person.id not in candidates and flight.is_sold_on(other):
                    candidates[other.person.id] = (other.order(named=False), other)
        if candidates:
            found[flight.person.id] = max(candidates.values(), key=lambda each: each[0])[1]
    if found:
        _add_beside(flights, on_departure, found)
        _break_circles({flight.person.id: flight for flight in flights}, found)
    return {carriage_id: flight.person for carriage_id, flight in found.items()}


class _Flight:
    """A carriage with what is asked of it again and again."""

    def __init__(self, world: World, person: Person) -> None:
        assert person.view is not None
        self.world, self.person, self.view = world, person, person.view
        self.departure_key = person.departure_key
        self.pieces = person.pieces.values()
        self.legs = legs_of(person.departure_key, self.pieces)
        self.coupons = coupons_of(self.pieces)
        self.sold = any(not piece.operating_known for piece in self.pieces)
        self._holders: frozenset[int] | None = None

    @property
    def holders(self) -> frozenset[int]:
        if self._holders is None:
            self._holders = holders(self.world, self.view, self.pieces)
        return self._holders

    @property
    def own_rank(self) -> int:
        """How strong the word of those is who know the operating flight; -1 where there are none."""
        known = [piece for piece in self.pieces if piece.operating_known and piece.kind not in STATEMENTS]
        if not known:
            return -1
        return STATE_RANKS[(join(known) if self.sold else self.view).state]

    @property
    def stayed_behind(self) -> bool:
        return self.view.state in STAYED_BEHIND

    def order(self, *, named: bool) -> _Order:
        """The greater the better; ties go by content, so that arrival plays no part."""
        rank = STATE_RANKS[self.view.state]
        return (not self.stayed_behind, named, rank, self.departure_key, self.view.key)

    def is_same_person(self, other: "_Flight") -> bool:
        return not self.coupons.isdisjoint(other.coupons) or not self.holders.isdisjoint(other.holders)

    def is_sold_on(self, other: "_Flight") -> bool:
        """May the other be the flight on which this one's coupon was sold (rule 2)?"""
        if other.stayed_behind or not may_share_code(self.departure_key, other.departure_key):
            return False
        return (self.own_rank, not self.sold) < (other.own_rank, not other.sold)


def may_share_code(one: str, other: str) -> bool:
    """May these departures be one flight? No airline sells its own flight under a second number of its own: then the
    passenger was moved."""
    a, b = one.split("/"), other.split("/")
    return a[0] != b[0] and a[2:] == b[2:]


def holders(world: World, view: Carriage, pieces: Collection[Evidence]) -> frozenset[int]:
    """The members whose cards were named under a name of theirs."""
    found = set()
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        card = world.card_of(programme.name, claim.number) if programme else None
        if card is None:
            continue
        member = world.holder(card)
        known = world.names_of(member)
        if view.assigned or any(
            names.match(name, known).grade >= names.Grade.EQUIVALENT
            for name in view.names_with(claim, pieces)
        ):
            found.add(member.id)
    return frozenset(found)


def _add_beside(
    flights: Iterable[_Flight], on_departure: Mapping[str, Sequence[_Flight]], found: dict[int, _Flight]
) -> None:
    """Rule 3."""
    beside: dict[int, _Flight] = {}
    for flight in flights:
        if flight.person.id in found:
            continue
        sold = [
            found[other.person.id]
            for other in on_departure[flight.departure_key]
            if other.sold and other.person.id in found and flight.is_same_person(other)
        ]
        better = [each for each in sold if each is not flight and flight.own_rank <= each.own_rank]
        if better:
            beside[flight.person.id] = max(better, key=lambda each: each.order(named=False))
    found |= beside


def _break_circles(flights: Mapping[int, _Flight], found: dict[int, _Flight]) -> None:
    """Two flights may each be named as the other's marketing flight: then the one with the strongest word is the
    head."""
    for start in sorted(flights, key=lambda each: (flights[each].departure_key, flights[each].view.key)):
        path: list[int] = []
        at = start
        while at in found and at not in path:
            path.append(at)
            at = found[at].person.id
        if at in path:
            circle = path[path.index(at) :]
            del found[max(circle, key=lambda each: flights[each].order(named=True))]
