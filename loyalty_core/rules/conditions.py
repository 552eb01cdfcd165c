"""Conditions: the closed vocabulary of ``when`` and ``unless``, compiled to one test each.

What a fact doesn't tell does not hold. ``classes`` and ``cabins`` are one word: the booking class where it is known,
the cabin where that alone is.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from .case import Case
from .places import Atlas, is_country
from .words import SETS
from .words import Test as Test

if TYPE_CHECKING:
    from .shapes.when import WhenShape
    from .sources import Reader

Path = tuple[str | int, ...]

MEMBER_WORDS = frozenset({"tiers", "residence", "age", "groups"})
"""Words about the member alone."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FIELDS = {
    "letters": "booking_class",
    "fare_basis": "fare_basis",
    "fares": "fare_basis",
    "brands": "brand",
    "ticket_stock": "ticket",
    "roles": "role",
    "passenger_types": "passenger_type",
    "marketing": "marketing_carrier",
    "from": "board_point",
    "to": "off_point",
    "route": "off_point",
    "within_zone": "off_point",
    "domestic": "off_point",
    "miles": "off_point",
    "dates": "flown_on",
    "weekdays": "flown_on",
}
"""The field of Facts that a word looks at, the most telling word first."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``tests``: word → its test; ``values``: word → the values it wants, where they are a finite set that a table can
    be made of (``letters`` for classes and cabins, ``route`` for pairs of places)."""

    tests: Mapping[str, Test]
    values: Mapping[str, frozenset[Any]]
    unless: Test | None = None

    @property
    def is_open(self) -> bool:
        return not self.tests and self.unless is None

    def without(self, word: str) -> "Condition":
        """The same but for a word that was looked up in a table already."""
        rest = {name: test for name, test in self.tests.items() if name != word}
        return Condition(rest, self.values, self.unless)

    def test(self) -> Test | None:
        """All in one; None where nothing is asked."""
        tests = list(self.tests.values())
        if self.unless is not None:
            tests.append(_not(self.unless))
        return _all(tests)

    @property
    def field(self) -> str:
        """The most telling field of Facts that it looks at."""
        return next((field for word, field in _FIELDS.items() if word in self.tests), "operating_carrier")


ANYTHING = Condition({}, {})


def _all(tests: list[Test]) -> Test | None:
    if not tests:
        return None
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda case: first(case) and second(case)
    several = tuple(tests)

    def every(case: Case) -> bool:
        return all(test(case) for test in several)

    return every


def _not(test: Test) -> Test:
    return lambda case: not test(case)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions of a version may speak of; ``places``: codes that the programme knows beside the atlas."""

    atlas: Atlas
    tiers: Mapping[str, int]
    fares: Collection[str]
    places: Collection[str]
    is_known: Callable[[str], bool]


def compile_condition(
    when: "WhenShape | None",
    unless: "WhenShape | None",
    path: Path,
    reader: "Reader",
    words: Vocabulary,
    *,
    not_yet: Collection[str] = (),
    only: Collection[str] = (),
    flat: bool = False,
) -> Condition:
    """The tests of ``when`` and ``unless`` at ``path``. ``not_yet``: words that mean nothing at this point of the
    derivation; ``only``: the words that mean something here, where not all do; ``flat``: the words stand at ``path``
    itself, not below ``when``."""
    maker = _Maker(reader, words, frozenset(not_yet), frozenset(only))
    tests, values = maker.make(when, path if flat else (*path, "when"))
    against: Test | None = None
    if unless is not None:
        tests_against, _ = maker.make(unless, (*path, "unless"))
        against = _all(list(tests_against.values()))
        if against is None:
            reader.complain("bad_value", "says nothing", *path, "unless")
    return Condition(tests, values, against)


class _Maker:
    def __init__(
        self, reader: "Reader", words: Vocabulary, not_yet: frozenset[str], only: frozenset[str]
    ) -> None:
        self._reader, self._words, self._not_yet, self._only = reader, words, not_yet, only

    def make(self, when: "WhenShape | None", path: Path) -> tuple[dict[str, Test], dict[str, frozenset[Any]]]:
        tests: dict[str, Test] = {}
        values: dict[str, frozenset[Any]] = {}
        for word, value in _given(when):
            if word in self._not_yet:
                self._reader.complain("bad_value", f'"{word}" is not known yet at this point', *path, word)
            elif self._only and word not in self._only:
                known = ", ".join(sorted(self._only))
                text = f'"{word}" means nothing here, only: {known}'
                self._reader.complain("bad_value", text, *path, word)
            elif isinstance(value, list) and not value:
                self._reader.complain("bad_value", "should not be empty", *path, word)
            else:
                self._one(word, value, (*path, word), tests, values)
        return tests, values

    def _one(
        self, word: str, value: Any, path: Path, tests: dict[str, Test], values: dict[str, frozenset[Any]]
    ) -> None:
        if word in ("classes", "cabins"):
            given = frozenset(f"/{letter}" if word == "cabins" else letter for letter in value)
            letters = values["letters"] = values.get("letters", frozenset()) | given
            tests["letters"] = lambda case: case.letter in letters
            return
        if word == "between":
            self._between(value, path, tests, values)
            return
        if word in SETS:
            wanted = frozenset(value)
            self._check_names(word, value, path)
            values[word] = wanted
            tests[word] = SETS[word](wanted)
            return
        test = getattr(self, f"_{word}")(value, path)
        if test is not None:
            tests[word] = test

    def _check_names(self, word: str, value: list[str], path: Path) -> None:
        known: Collection[str] = {"tiers": self._words.tiers, "fares": self._words.fares}.get(word, ())
        for position, name in enumerate(value):
            if word in ("tiers", "fares") and name not in known:
                near = suggestion(name, known, offer=True)
                text = f'no {word[:-1]} "{name}" is named anywhere{near}'
                self._reader.complain("unknown_value", text, *path, position)
            elif word == "residence" and not is_country(name):
                text = f'"{name}" is no country (ISO 3166, two letters)'
                self._reader.complain("unknown_value", text, *path, position)

    def _codes(self, names: list[str], path: Path) -> frozenset[str]:
        for position, name in enumerate(names):
            if name in self._words.atlas.zones:
                continue
            if len(name) == 3 and name.isupper():
                if name not in self._words.places and not self._words.is_known(name):
                    self._reader.complain("unknown_value", f'"{name}" is no known airport', *path, position)
            elif len(name) == 2 and name.isupper():
                if not is_country(name):
                    self._reader.complain("unknown_value", f'"{name}" is no known country', *path, position)
            else:
                near = suggestion(name, self._words.atlas.zones, offer=True)
                self._reader.complain("unknown_value", f'no zone "{name}"{near}', *path, position)
        return self._words.atlas.codes(names)

    def _between(
        self, value: list[list[str]], path: Path, tests: dict[str, Test], values: dict[str, frozenset[Any]]
    ) -> None:
        here, there = (self._codes(end, (*path, number)) for number, end in enumerate(value))
        if len(here) * len(there) <= ROUTES_MAX:
            values["route"] = frozenset(route for a in here for b in there for route in ((a, b), (b, a)))

        def between(case: Case) -> bool:
            a, b = case.facts.board_point, case.facts.off_point
            return (a in here and b in there) or (a in there and b in here)

        tests["route"] = between

    def _from(self, value: list[str], path: Path) -> Test:
        codes = self._codes(value, path)
        return lambda case: case.facts.board_point in codes

    def _to(self, value: list[str], path: Path) -> Test:
        codes = self._codes(value, path)
        return lambda case: case.facts.off_point in codes

    def _within_zone(self, value: list[str], path: Path) -> Test:
        zones = [self._codes([name], path) for name in value]

        def within(case: Case) -> bool:
            here, there = case.facts.board_point, case.facts.off_point
            return any(here in zone and there in zone for zone in zones)

        return within

    def _domestic(self, value: bool, _path: Path) -> Test:
        country = self._words.atlas.country

        def domestic(case: Case) -> bool:
            here, there = country(case.facts.board_point), country(case.facts.off_point)
            return bool(here and there) and (here == there) is value

        return domestic

    def _fare_basis(self, value: Any, path: Path) -> Test | None:
        tests: list[Test] = []
        if prefix := tuple(value.prefix):
            tests.append(lambda case: case.facts.fare_basis.startswith(prefix))
        if suffix := tuple(value.suffix):
            tests.append(lambda case: case.facts.fare_basis.partition("/")[0].endswith(suffix))
        if contains := tuple(value.contains):
            tests.append(lambda case: any(part in case.facts.fare_basis for part in contains))
        for position, letters in value.letters.items():
            tests.append(_letter_at(position - 1, frozenset(letters)))
        if not tests:
            self._reader.complain("bad_value", "says nothing", *path)
        return _all(tests)

    def _ticket_stock(self, value: list[str], _path: Path) -> Test:
        stocks = tuple(value)
        return lambda case: case.facts.ticket.startswith(stocks)

    def _flights(self, value: list[str], path: Path) -> Test:
        ranges: list[tuple[str, int, int]] = []
        exact: set[tuple[str, str]] = set()
        for position, text in enumerate(value):
            carrier, number = text.split(" ")
            first, dash, last = number.partition("-")
            if not dash:
                exact.add((carrier, number))
                continue
            if int(first) > int(last):
                self._reader.complain("bad_value", f"{first} is above {last}", *path, position)
            ranges.append((carrier, int(first), int(last)))

        def named(carrier: str, number: str) -> bool:
            if (carrier, number) in exact:
                return True
            digits = number[:-1] if number[-1:].isalpha() else number
            if not digits.isdigit():
                return False
            return any(carrier == one and first <= int(digits) <= last for one, first, last in ranges)

        def flights(case: Case) -> bool:
            facts = case.facts
            return named(facts.operating_carrier, facts.operating_number) or named(
                facts.marketing_carrier, facts.marketing_number
            )

        return flights

    def _miles(self, value: Any, path: Path) -> Test | None:
        first, below = self._range(value, path)
        return lambda case: first <= case.distance() < below

    def _age(self, value: Any, path: Path) -> Test | None:
        first, below = self._range(value, path)

        def age(case: Case) -> bool:
            told = case.facts.age
            years = case.standing.age_on(case.facts.flown_on) if told is None else told
            return years is not None and first <= years < below

        return age

    def _range(self, value: Any, path: Path) -> tuple[int, int]:
        first = value.from_ or 0
        below = 10**9 if value.below is None else value.below
        if (value.from_ is None and value.below is None) or first >= below:
            self._reader.complain("bad_value", "nothing lies in this range", *path)
        return first, below

    def _days(self, value: Any, path: Path) -> tuple[date, date]:
        first, last = value.from_ or date.min, value.until or date.max
        if (value.from_ is None and value.until is None) or first > last:
            self._reader.complain("bad_value", "no day lies in this range", *path)
        return first, last

    def _dates(self, value: Any, path: Path) -> Test:
        first, last = self._days(value, path)
        return lambda case: first <= case.facts.flown_on <= last

    def _booked(self, value: Any, path: Path) -> Test:
        first, last = self._days(value, path)
        return lambda case: case.facts.booked_on is not None and first <= case.facts.booked_on <= last

    def _ticketed(self, value: Any, path: Path) -> Test:
        first, last = self._days(value, path)
        return lambda case: case.facts.ticketed_on is not None and first <= case.facts.ticketed_on <= last

    def _weekdays(self, value: list[str], _path: Path) -> Test:
        days = frozenset(WEEKDAYS.index(day) for day in value)
        return lambda case: case.facts.flown_on.weekday() in days

    def _groups(self, value: list[str], _path: Path) -> Test:
        groups = frozenset(value)
        return lambda case: not groups.isdisjoint(case.standing.groups)

    def _tiers(self, value: list[str], path: Path) -> Test:
        self._check_names("tiers", value, path)
        # An unknown tier counts as the base tier, so ranks are compared, not names.
        ranks = frozenset(self._words.tiers[name] for name in value if name in self._words.tiers)
        return lambda case: case.rank in ranks


ROUTES_MAX = 400
"""Pairs of places of one row that a table of routes is made of; rows of more (zones) are tested one by one."""

_WORDS = (
    *(
        "carriers",
        "operating",
        "marketing",
        "classes",
        "cabins",
        "fares",
        "brands",
        "fare_basis",
        "ticket_stock",
    ),
    *(
        "roles",
        "passenger_types",
        "flights",
        "between",
        "from",
        "to",
        "within_zone",
        "domestic",
        "miles",
        "dates",
        "booked",
    ),
    *("ticketed", "weekdays", "tiers", "residence", "age", "groups", "channels"),
)


def _given(when: "WhenShape | None") -> Iterator[tuple[str, Any]]:
    """The words that are given, in one order whatever the file's."""
    if when is None:
        return
    for word in _WORDS:
        value = getattr(when, "from_" if word == "from" else word)
        if value is not None:
            yield word, value


def _letter_at(index: int, letters: frozenset[str]) -> Test:
    return lambda case: case.facts.fare_basis[index : index + 1] in letters
