"""Carriages seen together with those they meet: one flight of one person, whatever number it is reported under.

Whatever is decided is a function of the standing evidence of all carriages that meet, directly or through others;
arrival plays no part.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .carriage import Carriage, join
from .codeshares import heads
from .contest import contest_keys, coupons_of, legs_of, numbers_of, with_rivals
from .entities import Person
from .evidence import Evidence
from .identity import fitting, takes_back
from .keys import coupon_key
from .states import COUPON, STATE_RANKS, UNUSED, CarriageState
from .world import World


@dataclass(slots=True)
class Story:
    """A carriage seen together with those it meets: ``view`` is what all of them say of this leg, from ``pieces``;
    ``legs`` are all numbers of the flight, ``keys`` what it can be found by. ``provisional``: it is one flight with
    another carriage that speaks for both. ``doubted``: somebody's flight is taken back, and it may be this one."""

    person: Person
    pieces: Collection[Evidence]
    view: Carriage | None
    provisional: bool = False
    doubted: bool = False
    legs: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


NaturalOrder = tuple[str, str, str, str, tuple[str, ...], str]
"""Flight date, departure, key, smallest identity key, all that is said, key of what is credited."""


def gather(world: World, carriage_ids: Iterable[int], order: Callable[[int], NaturalOrder]) -> list[Story]:
    """The stories of these carriages and of all they meet, in this order.

    Who is one flight with another brings its cards and legs along, and by those it may meet more: so until nobody new
    is met. From then on each can be found by the keys of its story.
    """
    found = with_rivals(world, carriage_ids)
    while True:
        told = stories(world, [world.persons[each] for each in sorted(found, key=order)])
        for story in told:
            world.meet(story.person.id, story.keys)
            story.person.meets_by = frozenset(story.keys)
        wider = with_rivals(world, found)
        if wider == found:
            return told
        found = wider


def stories(world: World, persons: Sequence[Person]) -> list[Story]:
    """In the order of ``persons``; these must hold all rivals."""
    found = {person.id: Story(person, person.pieces.values(), person.view) for person in persons}
    present = [person for person in persons if person.view]
    reports: dict[str, list[Evidence]] = {}
    for person in present:
        for piece in person.pieces.values():
            key = coupon_key(piece.ticket, piece.coupon)
            if piece.kind == COUPON and key:
                reports.setdefault(key, []).append(piece)
    together: dict[int, list[Person]] = {person.id: [person] for person in present}
    belonging = heads(world, present)
    for person in present:
        if person.id in belonging:
            found[person.id].provisional = True
            head = belonging[person.id]
            while head.id in belonging:
                head = belonging[head.id]
            together[head.id].append(person)
    for person in present:
        others = together[person.id]
        if person.id not in belonging:
            _meet([found[each.id] for each in others])
        _tell(found[person.id], others, reports)
        found[person.id].doubted = _is_doubted(world, person)
    return [found[person.id] for person in persons]


def _meet(one_flight: Sequence[Story]) -> None:
    """What is one flight is found by all its legs with all its cards."""
    if len(one_flight) == 1:
        own = one_flight[0]
        own.legs = legs_of(own.person.departure_key, own.pieces)
        own.keys = contest_keys(own.person)
        return
    legs: set[str] = set()
    numbers: set[str] = set()
    for story in one_flight:
        legs |= legs_of(story.person.departure_key, story.person.pieces.values())
        numbers |= numbers_of(story.person.pieces.values())
    for story in one_flight:
        story.legs = legs
        story.keys = coupons_of(story.person.pieces.values()) | {
            f"{leg}|{number}" for leg in legs for number in numbers
        }


def _tell(story: Story, together: Sequence[Person], reports: Mapping[str, Sequence[Evidence]]) -> None:
    own = story.person.view
    assert own is not None
    pieces = [piece for person in together for piece in person.pieces.values()]
    known = {piece.id for piece in pieces}
    elsewhere = {}
    for key in coupons_of(pieces):
        others = [piece for piece in reports.get(key, ()) if piece.id not in known]
        if others:
            elsewhere[key] = others
    if len(together) > 1 or elsewhere:
        story.pieces = pieces
        story.view = replace(join(pieces, elsewhere), departure_key=own.departure_key)


def _is_doubted(world: World, person: Person) -> bool:
    """Does something that takes a flight back fit this person as well as it fits others (``identity`` 4 and 5)? What
    was given to nobody stands for itself, beside those whom it may be about."""
    assert person.view is not None
    rank = STATE_RANKS[person.view.state]
    for other_id in world.sharing(person):
        other = world.persons[other_id]
        if other.view is None or not all(map(takes_back, other.pieces.values())):
            continue
        # A booking that was cancelled says nothing of who was seen at the airport.
        limit = (
            UNUSED[0] if other.view.state is CarriageState.CANCELLED else STATE_RANKS[other.view.state] - 1
        )
        if rank > limit:
            continue
        others = [
            each
            for each in sorted(world.sharing(other))
            if not all(map(takes_back, world.persons[each].pieces.values()))
        ]
        told = [list(world.persons[each].pieces.values()) for each in others]
        best = fitting(list(other.pieces.values()), told)
        if person.id in [others[place] for place in best]:
            return True
    return False
