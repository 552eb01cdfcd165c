"""Conditions as regions of cases, read from the shapes of a definition: what each word means as a set of values.

Attributes are named as an analyst would name them. ``told operating`` and ``told class`` are what messages say,
``operating``, ``carrier``, ``class`` and ``fare`` what the programme derives (``prover.derivation``). A class is a
letter, a cabin a letter behind a slash, as everywhere in the rules.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ..conditions import WEEKDAYS
from ..places import Atlas
from .boxes import EVERYTHING, NOTHING, Box, Region, meet, minus
from .places import Kinds
from .sets import ANY_NAME, NUMBERS_END, Names, Numbers, names
from .texts import ANY, Texts, any_of, containing, ending, lettered, starting

if TYPE_CHECKING:
    from ..shapes.when import WhenShape

TOLD_OPERATING, TOLD_CLASS = "told operating", "told class"
OPERATING, CARRIER, CLASS, FARE = "operating", "carrier", "class", "fare"
MARKETING, FARE_BASIS, TICKET, ROUTE, MILES = "marketing", "fare basis", "ticket", "route", "miles"
FLOWN, BOOKED, TICKETED, WEEKDAY, TIER = "flown on", "booked on", "ticketed on", "weekday", "tier"

SUFFIXES = 27
"""A flight number with its suffix is a number: of 12 comes 12 * 27, of 12A one more."""

_NAMED = {
    "carriers": CARRIER,
    "operating": OPERATING,
    "marketing": MARKETING,
    "fares": FARE,
    "brands": "brand",
    "roles": "role",
    "passenger_types": "passenger type",
    "tiers": TIER,
    "residence": "residence",
    "channels": "channel",
}
_BEFORE_DERIVED = {OPERATING: TOLD_OPERATING, CLASS: TOLD_CLASS}


def places_of(whens: "Iterable[WhenShape]", atlas: Atlas) -> Iterator[frozenset[str]]:
    """All sets of places of which conditions speak."""
    for when in whens:
        for ends in (*(when.between or ()), when.from_, when.to):
            if ends is not None:
                yield atlas.codes(ends)
        for zone in when.within_zone or ():
            yield atlas.codes([zone])


class Regions:
    """Makes regions for one version; ``told``: attributes that are not derived yet where the condition stands."""

    def __init__(self, kinds: Kinds, atlas: Atlas, told: frozenset[str] = frozenset()) -> None:
        self._kinds, self._atlas, self._told = kinds, atlas, told

    def before(self, *attributes: str) -> "Regions":
        """The same at a point where these attributes are as told."""
        return Regions(self._kinds, self._atlas, frozenset(attributes))

    def of(self, when: "WhenShape | None", unless: "WhenShape | None" = None) -> Region:
        """The cases in which ``when`` holds and ``unless`` doesn't."""
        region = EVERYTHING if when is None else self._region(when)
        return region if unless is None else minus(region, self._region(unless))

    def _region(self, when: "WhenShape") -> Region:
        box: dict[str, Any] = {}
        for word, attribute in _NAMED.items():
            if (values := getattr(when, word)) is not None:
                box[self._name(attribute)] = names(values)
        letters = [*(when.classes or ()), *(f"/{cabin}" for cabin in when.cabins or ())]
        if letters:
            box[self._name(CLASS)] = names(letters)
        if when.fare_basis is not None:
            box[FARE_BASIS] = fare_bases(when.fare_basis)
        if when.ticket_stock is not None:
            box[TICKET] = any_of(starting(stock) for stock in when.ticket_stock)
        for attribute, days in ((FLOWN, when.dates), (BOOKED, when.booked), (TICKETED, when.ticketed)):
            if days is not None:
                box[attribute] = day_span(days.from_, days.until)
        if when.weekdays is not None:
            box[WEEKDAY] = names(when.weekdays)
        for attribute, given in ((MILES, when.miles), ("age", when.age)):
            if given is not None:
                last = NUMBERS_END if given.below is None else given.below
                box[attribute] = Numbers(((given.from_ or 0, last),))
        if any(values.is_empty() for values in box.values()):
            return NOTHING
        region: Region = (box,)
        for routes in self._routes(when):
            region = meet(region, ({ROUTE: routes},))
        if when.groups is not None:
            region = meet(region, tuple({group_named(group): names(["in"])} for group in when.groups))
        if when.flights is not None:
            region = meet(region, tuple(_flights(when.flights)))
        return region

    def _name(self, attribute: str) -> str:
        return _BEFORE_DERIVED[attribute] if attribute in self._told else attribute

    def _routes(self, when: "WhenShape") -> Iterator[Any]:
        codes: Callable[[Sequence[str]], frozenset[str]] = self._atlas.codes
        if when.between is not None:
            here, there = when.between
            yield self._kinds.between(codes(here), codes(there))
        if when.from_ is not None or when.to is not None:
            yield self._kinds.along(
                None if when.from_ is None else codes(when.from_), None if when.to is None else codes(when.to)
            )
        if when.within_zone is not None:
            yield self._kinds.within(codes([zone]) for zone in when.within_zone)
        if when.domestic is not None:
            yield self._kinds.domestic(when.domestic)


def fare_bases(pattern: Any) -> Texts:
    """Fare bases that a pattern takes: all kinds given, of each kind any."""
    found = ANY
    for values, kind in (
        (pattern.prefix, starting), (pattern.suffix, ending), (pattern.contains, containing)
    ):  # fmt: skip
        if values:
            found = found.meet(any_of(kind(value) for value in values))
    for position, letters in pattern.letters.items():
        found = found.meet(lettered(position, frozenset(letters)))
    return found


def day_span(first: date | None, last: date | None) -> Numbers:
    """Days from … until …, both inclusive, as ordinals; empty where none lies between."""
    low = 0 if first is None else first.toordinal()
    high = NUMBERS_END if last is None else last.toordinal() + 1
    return Numbers(((low, high),) if low < high else ())


def group_named(group: str) -> str:
    """Of each target group a member is ``in`` or not."""
    return f"group {group}"


def _flights(values: Sequence[str]) -> Iterator[Box]:
    for value in values:
        carrier, number = value.split(" ")
        first, dash, last = number.partition("-")
        if dash:
            span = int(first) * SUFFIXES, (int(last) + 1) * SUFFIXES
        else:
            digits = number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
            low = int(digits) * SUFFIXES + (ord(number[-1]) - ord("A") + 1 if digits != number else 0)
            span = low, low + 1
        for airline, flight in ((TOLD_OPERATING, "operating flight"), (MARKETING, "marketing flight")):
            yield {airline: names([carrier]), flight: Numbers((span,))}


def weekday_of(ordinal: int) -> str:
    return WEEKDAYS[date.fromordinal(ordinal).weekday()]


NOT_TOLD = Names(frozenset({""}))
TOLD = ANY_NAME.minus(NOT_TOLD)
