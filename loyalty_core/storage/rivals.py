"""By which keys the rivals of what a batch names and of what is loaded are found, before anything of it is decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from loyalty_core.contest import coupons_of, legs_of, numbers_of
from loyalty_core.world import World

from .wanted import Wanted


@dataclass(slots=True)
class _Leg:
    """What is named on a departure, by messages and carriages together."""

    legs: set[str]
    numbers: set[str] = field(default_factory=set)
    coupons: set[str] = field(default_factory=set)


def keys_of_rivals(world: World, wanted: Wanted) -> set[str]:
    """More than will be needed: which of a departure's messages are about one person, and which departures are one
    flight of a person, is not decided yet. So all departures that may be one are taken together, and every number of
    the flight with every card named on it."""
    named = _named(world, wanted)
    found = {coupon for leg in named.values() for coupon in leg.coupons} | wanted.coupons - {""}
    for together in _one_flight(named):
        legs = {leg for each in together for leg in named[each].legs}
        numbers = {number for each in together for number in named[each].numbers}
        aliases = {alias for number in numbers for alias in world.aliases(number)}
        found |= {f"{leg}|{number}" for leg in legs for number in aliases}
    return found


def _named(world: World, wanted: Wanted) -> dict[str, _Leg]:
    found = {departure: _Leg(set(legs)) for departure, legs in wanted.legs.items()}
    for departure, numbers in wanted.leg_cards.items():
        found[departure].numbers |= numbers
    for departure, coupons in wanted.leg_coupons.items():
        found[departure].coupons |= coupons - {""}
    for person in world.persons.values():
        leg = found.setdefault(person.departure_key, _Leg({person.departure_key}))
        pieces = person.pieces.values()
        leg.legs |= legs_of(person.departure_key, pieces)
        leg.numbers |= numbers_of(pieces)
        leg.coupons |= coupons_of(pieces)
    for leg in found.values():
        leg.legs = {same for each in leg.legs for same in world.same_departures(each)}
    return found


def _one_flight(named: dict[str, _Leg]) -> Iterable[list[str]]:
    """The departures in groups of which each may be one flight under several numbers."""
    leader = {departure: departure for departure in named}

    def first_of(departure: str) -> str:
        while leader[departure] != departure:
            departure = leader[departure]
        return departure

    places: dict[str, dict[str, None]] = {}
    for departure, leg in named.items():
        when_and_where = departure.split("/", 2)[2]
        for key in leg.legs:
            places.setdefault(key, {})[departure] = None
        for coupon in leg.coupons:
            places.setdefault(f"{coupon} {when_and_where}", {})[departure] = None
    for place, departures in places.items():
        first, *others = departures
        if " " in place and len({departure.split("/")[0] for departure in departures}) == 1:
            continue  # a coupon on two flights of one airline: the passenger was moved
        for other in others:
            leader[first_of(other)] = first_of(first)
    groups: dict[str, list[str]] = {}
    for departure in named:
        groups.setdefault(first_of(departure), []).append(departure)
    return groups.values()
