"""Which carriages meet: those that may be the same flight of the same person, and so have to be settled together.

They meet by a coupon that both name, or by a leg and a card. What a carriage can be found by is a function of evidence:
of its own, and of that of the carriages which are one flight with it (``stories``). Other cards of the same member, and
the programmes' tables of code shares, are looked at when keys are asked for, so that no stored key depends on them.
"""

from collections.abc import Iterable

from .evidence import Evidence
from .keys import ascii_key, coupon_key
from .world import Person, World


def legs_of(departure_key: str, pieces: Iterable[Evidence]) -> set[str]:
    """The departure and the marketing flights it was sold under, as keys of departures."""
    _carrier, _number, when_and_where = departure_key.split("/", 2)
    return {departure_key} | {
        f"{flight.carrier}/{flight.number}{flight.suffix}/{when_and_where}"
        for flight in (piece.marketing.flight for piece in pieces if piece.marketing)
    }


def coupons_of(pieces: Iterable[Evidence]) -> set[str]:
    """The coupons that are named, as ``keys.coupon_key``."""
    return {coupon_key(piece.ticket, piece.coupon) for piece in pieces} - {""}


def numbers_of(pieces: Iterable[Evidence]) -> set[str]:
    """The numbers of the cards that are named."""
    return {ascii_key(card.number) for piece in pieces for card in piece.cards}


def contest_keys(person: Person) -> set[str]:
    """The keys under which others that may be the same flight of the same person can be found, by its own evidence."""
    pieces = person.pieces.values()
    legs = legs_of(person.departure_key, pieces)
    return coupons_of(pieces) | {f"{leg}|{number}" for leg in legs for number in numbers_of(pieces)}


def same_keys(world: World, key: str) -> set[str]:
    """This key and those that mean the same: other cards of the member, other numbers of the flight by a table."""
    leg, _bar, number = key.partition("|")
    if not number:
        return {key}
    legs = world.same_departures(leg)
    return {f"{each}|{alias}" for alias in world.aliases(number) for each in legs}


def with_rivals(world: World, carriage_ids: Iterable[int]) -> set[int]:
    """These carriages and all they meet, directly or through others. Keys that a carriage had earlier in the batch
    count too: whoever lost to it then may be free now."""
    found = set(carriage_ids)
    ahead = list(found)
    seen: set[str] = set()
    while ahead:
        for key in world.contest_keys.get(ahead.pop(), ()):
            for same in same_keys(world, key):
                if same not in seen:
                    seen.add(same)
                    new = world.contested.get(same, set()) - found
                    found |= new
                    ahead += new
    return found
