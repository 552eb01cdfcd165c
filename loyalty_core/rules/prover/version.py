"""A version as lists of rules with their regions, read from the shapes of a definition that can be loaded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...distance import is_known
from ...programme import load_programme
from ..charts import is_empty_cell
from ..compiling import Sections
from ..facts import Facts
from ..loader import version_sections
from ..places import city_airports, countries
from ..shapes.programme import ProgrammeShape
from ..shapes.when import WhenShape
from ..shapes.words import Shape
from ..sources import Reader, read_sources
from ..tiers.ladder import Tier
from ..versions import Version
from .boxes import Box, Region, meet, minus
from .cases import ALWAYS, Cases
from .derivation import Derived, Said
from .lists import LIMITS, Finding, Rule, World, in_order
from .places import Kinds
from .regions import (
    BOOKED,
    CLASS,
    FLOWN,
    MARKETING,
    OPERATING,
    ROUTE,
    TICKETED,
    TIER,
    TOLD,
    TOLD_CLASS,
    TOLD_OPERATING,
    Regions,
    day_span,
    places_of,
)
from .sets import NUMBERS_END, Numbers, Span, names

CHART_LISTS = "chart"
CABINS = "FCWY"
"""Cabins there are, beside those that a programme names."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ROLES = ("FQTV", "FQTU", "FQTR")


@dataclass(frozen=True, slots=True)
class ChartRules:
    """A chart, its rows (those of several columns taken apart), and what becomes of what they don't take."""

    rule: Rule
    rows: Sequence[Rule]
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class VersionRules:
    """``lists``: name of a list → its rules, of which one decides; ``singles``: rules that stand alone."""

    rule: str
    world: World
    domain: Box
    lists: Sequence[tuple[str, Sequence[Rule]]]
    exclusions: Sequence[Rule]
    charts: Sequence[ChartRules]
    singles: Sequence[tuple[str, Rule]]
    tiers: Sequence[Tier]


def read_versions(text: str, file: str) -> list[VersionRules | Finding]:
    """The versions of a definition, which can be loaded, as they are listed; a finding for one that is beyond the
    limits."""
    sources = read_sources(text, file)
    reader = Reader(sources)
    model = ProgrammeShape.model_validate(sources.value)
    made: list[tuple[Version, Sections, Region]] = []
    versions = load_programme(text, file).versions
    for version, (sections, shape, _) in zip(versions, version_sections(model), strict=True):
        first, last = (shape.from_, shape.until) if shape is not None else (None, None)
        made.append((version, sections, _dates(first, last, version.chosen_by)))
    found: list[VersionRules | Finding] = []
    for number, (version, sections, days) in enumerate(made):
        try:
            # The last version whose days hold is the one.
            for _, _, later in made[number + 1 :]:
                days = minus(days, later)
            found.append(_Maker(version, sections, reader).rules(days))
        except LIMITS as error:
            told = f"the version can't be looked at: {error}"
            found.append(Finding("undecided", (version.rule,), told, is_fault=True))
    return found


class _Maker:
    """The lists of one version."""

    def __init__(self, version: Version, sections: Sections, reader: Reader) -> None:
        self._version, self._sections, self._rule_at = version, sections, reader.rule
        atlas = version.atlas
        whens = list(_whens([shape for shape, _ in sections.values()]))
        speaks_of_countries = any(when.domestic is not None for when in whens)
        codes = {*countries(), *city_airports(), *atlas.cities, *version.distances.codes}
        self._kinds = Kinds(places_of(whens, atlas), codes, atlas.country if speaks_of_countries else None)
        self._regions = Regions(self._kinds, atlas)
        cabins = {cabin for when in whens for cabin in when.cabins or ()} | {*CABINS}
        self._domain: Box = {
            TOLD_CLASS: names([*LETTERS, *(f"/{cabin}" for cabin in cabins)]),
            TIER: names(tier.name for tier in version.tiers),
            "role": names(ROLES),
            TOLD_OPERATING: TOLD,
            MARKETING: TOLD,
            ROUTE: self._kinds.all(),
        }

    def _section(self, name: str) -> Any:
        return self._sections[name][0] if name in self._sections else None

    def _place(self, name: str, number: int) -> tuple[str | int, ...]:
        return (*self._sections[name][1], number)

    def rules(self, dates: Region) -> VersionRules:
        derived, lists = self._derived()
        cases = Cases(self._kinds, self._lengths, self._all_measured(), self._domain)
        return VersionRules(
            rule=self._version.rule,
            world=World(derived, cases, meet(dates, (self._domain,))),
            domain={**self._domain, CLASS: self._domain[TOLD_CLASS]},
            lists=lists,
            exclusions=[self._exclusion(*each) for each in enumerate(self._section("not_earning") or ())],
            charts=[self._chart(*each) for each in enumerate(self._section("charts") or ())],
            singles=list(self._singles()),
            tiers=self._version.tiers,
        )

    def _lengths(self, board: str, off: str) -> list[tuple[Span, int | None]]:
        """A route changes its length where the table says so."""
        distances = self._version.distances
        if not distances.changes:
            miles = distances.length(board, off)
            return [(ALWAYS, None if miles < 0 else miles)]
        firsts = distances.begins(board, off)
        days = [date.min, *sorted(firsts)]
        ends = [*(day.toordinal() for day in days[1:]), NUMBERS_END]
        found: list[tuple[Span, int | None]] = []
        for day, end in zip(days, ends, strict=True):
            miles = distances.miles(Facts("", "", "", False, board, off, day))
            found.append(((0 if day == date.min else day.toordinal(), end), None if miles < 0 else miles))
        return found

    def _all_measured(self) -> bool:
        distances = self._version.distances
        return distances.great_circle and all(is_known(code, distances.cities) for code in distances.codes)

    def _derived(self) -> tuple[Derived, list[tuple[str, Sequence[Rule]]]]:
        lists: list[tuple[str, Sequence[Rule]]] = []
        said: list[list[Said]] = []
        for name, value, told in (
            ("operators", "as_", (OPERATING, CLASS)),
            ("agreements", "chart_of", (CLASS,)),
            ("booking_class", "letter", (CLASS,)),
            ("fares", "fare", ()),
        ):
            regions = self._regions.before(*told)
            rules = [
                Rule(
                    regions.of(each.when, each.unless),
                    self._rule_at(*self._place(name, number)),
                    str(getattr(each, value)),
                    each.priority,
                    getattr(each, value),
                )
                for number, each in enumerate(self._section(name) or ())
            ]
            lists.append((name, rules))
            said.append([Said(rule.region, rule.name, rule.rule) for rule in in_order(rules)])
        operators, agreements, booking_class, fares = said
        stocks = dict(self._section("stocks") or {})
        return Derived(operators, agreements, booking_class, fares, stocks), lists

    def _exclusion(self, number: int, each: Any) -> Rule:
        rule = self._rule_at(*self._place("not_earning", number))
        return Rule(self._regions.of(each.when, each.unless), rule, f"({each.why})")

    def _chart(self, number: int, chart: Any) -> ChartRules:
        place = self._place("charts", number)
        whole = Rule(
            self._regions.of(chart.when, chart.unless), self._rule_at(*place), chart.name, chart.priority
        )
        rows: list[Rule] = []
        for position, row in enumerate(chart.rows):
            rule = self._rule_at(*place, "rows", position)
            for cell, head in _cells(chart, row):
                rows.append(Rule(self._regions.of(cell, row.unless), rule, rule, row.priority, cell=head))
        return ChartRules(whole, rows, chart.otherwise)

    def _singles(self) -> Iterator[tuple[str, Rule]]:
        for section, kind in (
            ("promotions", "promotion"),
            ("grants", "grant"),
            ("compensations", "compensation"),
        ):
            for number, each in enumerate(self._section(section) or ()):
                rule = self._rule_at(*self._place(section, number))
                yield kind, Rule(self._regions.of(each.when, each.unless), rule, each.name)


def _cells(chart: Any, row: Any) -> Iterator[tuple[Any, str]]:
    """The conditions of a row, one for each column that it says something in, and the column's name."""
    if chart.columns is None:
        yield row, ""
        return
    for word in type(chart.columns).model_fields:
        for column, head in enumerate(getattr(chart.columns, word) or ()):
            if not is_empty_cell(row, column):
                yield row.model_copy(update={word: head}), f" {'/'.join(head)}"


def _whens(value: Any) -> Iterator[WhenShape]:
    """All conditions below a value."""
    if isinstance(value, WhenShape):
        yield value
    if isinstance(value, Shape):
        for name in type(value).model_fields:
            yield from _whens(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from _whens(each)
    elif isinstance(value, list):
        for each in value:
            yield from _whens(each)


def _dates(first: date | None, last: date | None, chosen_by: str) -> Region:
    """The cases of a version's days; where the date that chooses isn't known, the flight date stands for it."""
    days = day_span(first, last)
    if chosen_by == "flight_date":
        return ({FLOWN: days},)
    attribute = BOOKED if chosen_by == "booking_date" else TICKETED
    return {attribute: days}, {attribute: Numbers((), untold=True), FLOWN: days}
