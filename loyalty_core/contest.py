"""One flight earns once: which carriages may be the same flight of the same person, and which of them is credited.

Carriages meet by the coupon they name, or by the leg they are about: the departure itself and the marketing flights of
its evidence, each with the cards named. Whatever is decided is a function of the standing evidence of all carriages
that meet, directly or through others; arrival plays no part.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import names
from .carriage import Carriage, join
from .evidence import Evidence
from .keys import ascii_key, coupon_key
from .states import COUPON
from .world import Member, Person, World


def legs_of(departure_key: str, pieces: Iterable[Evidence]) -> set[str]:
    """The departure and the marketing flights it was sold under, as keys of departures."""
    _carrier, _number, when_and_where = departure_key.split("/", 2)
    return {departure_key} | {
        f"{flight.carrier}/{flight.number}{flight.suffix}/{when_and_where}"
        for flight in (piece.marketing.flight for piece in pieces if piece.marketing)
    }


def contest_keys(world: World, person: Person) -> set[str]:
    """The keys under which others that may be the same flight of the same person can be found."""
    departure_key, pieces = person.departure_key, person.pieces.values()
    coupons = {coupon_key(piece.ticket, piece.coupon) for piece in pieces} - {""}
    numbers = {ascii_key(card.number) for piece in pieces for card in piece.cards}
    legs = legs_of(departure_key, pieces) | world.operated_as(departure_key)
    return coupons | {f"{leg}|{number}" for leg in legs for number in numbers}


def with_rivals(world: World, carriage_ids: set[int]) -> set[int]:
    """These carriages and all they meet. Keys that a carriage had earlier in the batch count too: whoever lost to it
    then may be free now."""
    found = set(carriage_ids)
    ahead = list(carriage_ids)
    seen: set[str] = set()
    while ahead:
        for key in world.contest_keys.get(ahead.pop(), ()):
            leg, _bar, number = key.partition("|")
            for same in {f"{leg}|{alias}" for alias in world.aliases(number)} if number else {key}:
                if same not in seen:
                    seen.add(same)
                    new = world.contested.get(same, set()) - found
                    found |= new
                    ahead += new
    return found


def holder(world: World, view: Carriage, pieces: Collection[Evidence]) -> Member | None:
    """The member whose card was named under a name of his."""
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            continue
        card = world.card_of(programme.name, claim.number)
        member = world.holder(card) if card else None
        if view.assigned:
            return member
        known = world.names_of(member) if member else ()
        matches = (names.match(name, known).grade for name in view.names_with(claim, pieces))
        return member if member and max(matches) >= names.Grade.EQUIVALENT else None
    return None


@dataclass(slots=True)
class Story:
    """A carriage seen together with those it meets: ``view`` is what all of them say of this leg, from ``pieces``.
    ``provisional``: the departure is known by its marketing flight alone and another carriage speaks for it."""

    person: Person
    pieces: Collection[Evidence]
    view: Carriage | None
    provisional: bool = False
    legs: set[str] = field(default_factory=set)


def stories(world: World, persons: Sequence[Person]) -> list[Story]:
    """In the order of ``persons``; these must hold all rivals."""
    found = {person.id: Story(person, person.pieces.values(), person.view) for person in persons}
    present = [person for person in persons if person.view]
    for person in present:
        found[person.id].legs = legs_of(person.departure_key, person.pieces.values())
    shadows = _shadows(world, present, found)
    reports: dict[str, list[Evidence]] = {}
    for person in present:
        for piece in person.pieces.values():
            key = coupon_key(piece.ticket, piece.coupon)
            if piece.kind == COUPON and key:
                reports.setdefault(key, []).append(piece)
    for person in present:
        _tell(found[person.id], shadows.get(person.id, ()), reports)
    return [found[person.id] for person in persons]


def _tell(story: Story, shadows: Collection[Person], reports: Mapping[str, Sequence[Evidence]]) -> None:
    own = story.person.view
    assert own is not None
    pieces = [*story.person.pieces.values(), *(piece for each in shadows for piece in each.pieces.values())]
    known = {piece.id for piece in pieces}
    elsewhere = {}
    for key in {coupon_key(piece.ticket, piece.coupon) for piece in pieces}:
        others = [piece for piece in reports.get(key, ()) if piece.id not in known]
        if others:
            elsewhere[key] = others
    if shadows or elsewhere:
        story.pieces = pieces
        story.view = replace(join(pieces, elsewhere), departure_key=own.departure_key)


def _shadows(world: World, present: Sequence[Person], found: Mapping[int, Story]) -> dict[int, list[Person]]:
    """Carriage id -> the carriages that are the same one, known by the marketing flight: coupon reports that name no
    other, and lists under the marketing carrier's heading."""
    operated: dict[str, list[Person]] = {}
    on_departure: dict[str, list[Person]] = {}
    provisional, headed = [], []
    for person in present:
        on_departure.setdefault(person.departure_key, []).append(person)
        if not any(piece.operating_known for piece in person.pieces.values()):
            provisional.append(person)
            continue
        marketed_as = found[person.id].legs - {person.departure_key}
        if not marketed_as:
            headed.append(person)
        for leg in marketed_as:
            operated.setdefault(leg, []).append(person)
        for key in {coupon_key(piece.ticket, piece.coupon) for piece in person.pieces.values()} - {""}:
            operated.setdefault(key, []).append(person)
    shadows: dict[int, list[Person]] = {}
    for person in (*provisional, *headed):
        # What a list's heading calls its flight may be a marketing number too, but only a list that names it as such,
        # or the table of code shares, says so: a coupon on two flights may as well have been moved.
        coupons = {coupon_key(piece.ticket, piece.coupon) for piece in person.pieces.values()} - {""}
        of_coupon = {
            other.id
            for key in (coupons if person in provisional else ())
            for other in operated.get(key, ())
            if _codeshare(person, other)
        }
        of_leg = operated.get(person.departure_key, ())
        of_table = [
            other for leg in world.operated_as(person.departure_key) for other in on_departure.get(leg, ())
        ]
        same = of_coupon | {other.id for other in (*of_leg, *of_table) if _one_holder(world, person, other)}
        found[person.id].provisional = bool(same)
        for carriage_id in same:
            shadows.setdefault(carriage_id, []).append(person)
    return shadows


def _codeshare(marketed: Person, operated: Person) -> bool:
    """May one be the other's marketing flight? No airline sells its own flight under a second number of its own: then
    the passenger was moved."""
    one, other = marketed.departure_key.split("/"), operated.departure_key.split("/")
    return one[0] != other[0] and one[2:] == other[2:]


def _one_holder(world: World, one: Person, other: Person) -> bool:
    assert one.view
    assert other.view
    first = holder(world, one.view, one.pieces.values())
    second = holder(world, other.view, other.pieces.values())
    return first is not None and second is not None and first.id == second.id
