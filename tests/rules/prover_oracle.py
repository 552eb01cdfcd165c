"""What the prover must find, found by trying every case: an interpreter of small definitions of its own.

A definition is plain data: section → list of entries with ``when``, ``unless`` and ``priority``. Attributes that come
in many values are first sorted by what the conditions say of them, so that one value of each sort stands for all.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import airportsdata

CARRIERS = ("AA", "BB", "CC")
LETTERS = ("Y", "M", "Z", "/Y", "/F")
_TEXTS = tuple("".join(letters) for length in range(7) for letters in product("ABC", repeat=length))
TEXTS = (
    *_TEXTS,
    *(letter + text for letter in "YMZ" for text in _TEXTS if len(text) < 6),
    *(text + "/" + after for text in _TEXTS if len(text) < 4 for after in _TEXTS if len(after) < 3),
)
"""The first letter of a fare basis may become a class."""
CASES_MAX = 15_000
"""A programme with more of them isn't tried."""
DAYS = tuple(date(2025, 12, 29) + timedelta(days=number) for number in range(21))
"""Conditions speak of days from 5 to 11 January 2026: a week before, a week of them, a week after."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLACES = ("DME", "LED", "AER", "VKO", "JFK", "LAX", "SFO")
COUNTRY = {code: about["country"] for code, about in airportsdata.load("IATA").items()}

Case = dict[str, Any]
When = dict[str, Any]


class TooManyCases(ValueError):
    """More than CASES_MAX."""


def cases(definition: dict[str, Any]) -> Iterator[Case]:
    """Every case that conditions can tell apart."""
    whens = list(_whens(definition))
    days = [
        (flown, booked) for flown in DAYS for booked in (None, *DAYS) if booked is None or booked <= flown
    ]
    dated = [when for when in whens if when.keys() & {"dates", "booked", "weekdays"}]
    dated += [version.get("when", {}) for version in definition.get("versions", ())]
    groups: list[list[Case]] = [
        # These go on through the derivation, so none may stand for another.
        [
            {"told_operating": one, "marketing": other, "told_class": letter}
            for one, other, letter in product(CARRIERS, CARRIERS, LETTERS)
        ],
        _sorts(
            ({"fare_basis": text} for text in TEXTS),
            [*_only(whens, {"fare_basis"}), lambda case: case["fare_basis"][:1]],
        ),
        _sorts(
            ({"flown": flown, "booked": booked} for flown, booked in days),
            [*_only(dated, {"dates", "booked", "weekdays"}), *_versions(definition)],
        ),
        _sorts(({"tier": tier} for tier in ("BASIC", "GOLD")), _only(whens, {"tiers"})),
        _sorts(({"groups": groups} for groups in ((), ("one",), ("two",), ("one", "two"))), _only(whens, {"groups"})),
        _sorts(
            ({"from": here, "to": there} for here, there in product(PLACES, PLACES) if here != there),
            _only(whens, {"between", "from", "to", "domestic"}),
        ),
    ]  # fmt: skip
    if math.prod(map(len, groups)) > CASES_MAX:
        raise TooManyCases
    for parts in product(*groups):
        yield {name: value for part in parts for name, value in part.items()}


def _sorts(values: Iterable[Case], asked: list[Callable[[Case], Any]]) -> list[Case]:
    values = list(values)
    if not asked:
        return values[:1]
    return list({tuple(ask(value) for ask in asked): value for value in values}.values())


def _only(whens: list[When], words: set[str]) -> list[Callable[[Case], Any]]:
    """Each condition on these words alone, as a question."""
    return [
        lambda case, word=word, value=when[word]: holds({word: value}, case)
        for when in whens
        for word in sorted(when.keys() & words)
    ]


def _versions(definition: dict[str, Any]) -> list[Callable[[Case], Any]]:
    return [lambda case: version_of(definition, case)]


def _whens(value: Any) -> Iterator[When]:
    if isinstance(value, dict):
        if "row" in value:
            yield value["row"]
        for name, below in value.items():
            if name in ("when", "unless"):
                yield below
            else:
                yield from _whens(below)
    elif isinstance(value, list):
        for below in value:
            yield from _whens(below)


def holds(when: When, case: Case) -> bool:
    letters = [*when.get("classes", ()), *(f"/{cabin}" for cabin in when.get("cabins", ()))]
    if letters and case["class"] not in letters:
        return False
    return all(_HOLDS[word](value, case) for word, value in when.items() if word not in ("classes", "cabins"))


def _between(value: Any, case: Case) -> bool:
    here, there = ([each] if isinstance(each, str) else each for each in value)
    ends = case["from"], case["to"]
    return any(_at(ends[0], one) and _at(ends[1], other) for one, other in ((here, there), (there, here)))


def _at(code: str, places: Any) -> bool:
    return any(code == place or COUNTRY[code] == place for place in places)


def _fare_basis(pattern: Any, case: Case) -> bool:
    text = case["fare_basis"]
    tests = {
        "prefix": lambda values: any(text.startswith(value) for value in values),
        "suffix": lambda values: any(text.partition("/")[0].endswith(value) for value in values),
        "contains": lambda values: any(value in text for value in values),
        "letters": lambda places: all(
            text[int(place) - 1 : int(place)] in letters and len(text) >= int(place)
            for place, letters in places.items()
        ),
    }
    return all(tests[kind](value) for kind, value in pattern.items())


def _days(value: Any, day: date | None) -> bool:
    if day is None:
        return False
    return value.get("from", "0") <= day.isoformat() <= value.get("until", "9")


_HOLDS: dict[str, Callable[[Any, Case], bool]] = {
    "operating": lambda value, case: case["operating"] in value,
    "marketing": lambda value, case: case["marketing"] in value,
    "carriers": lambda value, case: case["carrier"] in value,
    "fares": lambda value, case: case["fare"] in value,
    "tiers": lambda value, case: case["tier"] in value,
    "groups": lambda value, case: bool(set(value) & set(case["groups"])),
    "fare_basis": _fare_basis,
    "between": _between,
    "from": lambda value, case: _at(case["from"], value),
    "to": lambda value, case: _at(case["to"], value),
    "domestic": lambda value, case: (COUNTRY[case["from"]] == COUNTRY[case["to"]]) is value,
    "dates": lambda value, case: _days(value, case["flown"]),
    "booked": lambda value, case: _days(value, case["booked"]),
    "weekdays": lambda value, case: WEEKDAYS[case["flown"].weekday()] in value,
}


def version_of(definition: dict[str, Any], case: Case) -> int:
    """0 is the version from ever."""
    found = 0
    for number, version in enumerate(definition.get("versions", ()), start=1):
        day = case["flown"]
        if version.get("chosen_by") == "booking_date":
            day = case["booked"] or day
        if _days(version, day):
            found = number
    return found


class Verdict:
    """``overlaps``: pairs of places; ``gaps``: places of charts; ``deciding``: places of rules that decide a case."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.overlaps: set[tuple[str, str]] = set()
        self.gaps: set[str] = set()
        self.deciding: set[str] = set()
        sections = ("operators", "agreements", "booking_class", "fares", "not_earning", "charts")
        for case in cases(definition):
            number = version_of(definition, case)
            self.deciding.add(f"version {number}")
            versions = [definition, *definition.get("versions", ())][: number + 1]
            has = {
                name: next((one[name] for one in reversed(versions) if name in one), []) for name in sections
            }
            self._case({**case}, has)

    def _case(self, case: Case, has: dict[str, Any]) -> None:
        case["operating"], case["class"] = case["told_operating"], case["told_class"]
        case["carrier"] = case["fare"] = ""
        if (found := self._pick(has["operators"], case, "as")) is not None:
            case["operating"] = found
        found = self._pick(has["agreements"], case, "chart_of")
        case["carrier"] = case["marketing"] if found == "marketing" else case["operating"]
        if (found := self._pick(has["booking_class"], case, "letter")) is not None:
            letter = case["fare_basis"][:1] if found == "fare_basis" else found
            case["class"] = letter or case["class"]
        case["fare"] = self._pick(has["fares"], case, "fare") or ""
        for exclusion in has["not_earning"]:
            if self._holds(exclusion, case):
                self.deciding.add(exclusion["place"])
                return
        chart = self._pick(has["charts"], case)
        if chart is None:
            return
        row = self._pick(chart["rows"], case)
        if row is None and not chart["otherwise"]:
            self.gaps.add(chart["place"])

    def _pick(self, entries: list[Any], case: Case, said: str = "") -> Any:
        holding = [entry for entry in entries if self._holds(entry, case)]
        if not holding:
            return None
        top = max(entry["priority"] for entry in holding)
        first, *others = [entry for entry in holding if entry["priority"] == top]
        self.deciding.add(first["place"])
        alike = [first, *others]
        for number, one in enumerate(alike):
            for other in alike[number + 1 :]:
                if not said or one[said] != other[said]:
                    self.overlaps.add((one["place"], other["place"]))
        return first[said] if said else first

    @staticmethod
    def _holds(entry: Any, case: Case) -> bool:
        when = entry["row"] if "row" in entry else entry.get("when", {})
        return holds(when, case) and not ("unless" in entry and holds(entry["unless"], case))
