"""A version: all rules that hold together, and what a coupon earns by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from ..outcomes import Reason
from .case import Case
from .charts import Chart
from .choice import Choice
from .conditions import Test
from .derivation import Derivation
from .distances import Distances
from .evaluation import Evaluation, nothing
from .expiry import Expiry
from .facts import Facts, Standing
from .grants import Allowances
from .money import Currencies
from .pipeline import Pipelines
from .places import Atlas
from .promotions import Promotions
from .tiers.ladder import Qualification, Tier

ChosenBy = Literal["flight_date", "booking_date", "ticketing_date"]

_DATES: Mapping[str, str] = {"booking_date": "booked_on", "ticketing_date": "ticketed_on"}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What earns nothing at all, with the reason in words; ``field`` is the field of Facts that it looks at."""

    test: Test
    why: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class Version:
    """``first`` and ``last``: the days on which it counts, by the date that ``chosen_by`` names."""

    first: date
    last: date
    chosen_by: ChosenBy
    rule: str
    distances: Distances
    derivation: Derivation
    exclusions: tuple[Exclusion, ...]
    charts: Choice[Chart]
    pipelines: Pipelines
    promotions: Promotions
    currencies: Currencies
    tiers: tuple[Tier, ...]
    """From the base tier upwards."""
    ranks: Mapping[str, int]
    """Tier → its place from 0, the base tier."""
    qualification: Qualification
    expiry: tuple[Expiry, ...]
    allowances: Allowances
    atlas: Atlas
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """Tier that only other versions have → what it counts as here, the highest below it."""
    ends_by: str = ""
    """What miles end by, in short: the same for the same rules, however they are written."""
    grants_by: str = ""
    """The same of grants."""

    def date_of(self, facts: Facts) -> tuple[date, bool]:
        """The date that chooses this version, and whether it is known; else the flight date stands for it."""
        if self.chosen_by == "flight_date":
            return facts.flown_on, True
        day: date | None = getattr(facts, _DATES[self.chosen_by])
        return (facts.flown_on, False) if day is None else (day, True)

    def case(self, facts: Facts, standing: Standing) -> Case:
        return Case(facts, self._seen(standing), self, self.date_of(facts)[0])

    def _seen(self, standing: Standing) -> Standing:
        tier = self.stand_ins.get(standing.tier)
        return standing if tier is None else replace(standing, tier=tier)

    def evaluate(
        self, facts: Facts, standing: Standing, *, told: bool = False, passed: "Version | None" = None
    ) -> Evaluation:
        """What the coupon earns. ``told``: the trace says which version it was, and that it isn't ``passed``."""
        if self.chosen_by == "flight_date":
            day, known = facts.flown_on, True
        else:
            day, known = self.date_of(facts)
        case = Case(facts, self._seen(standing) if self.stand_ins else standing, self, day)
        notes = case.notes
        if told:
            notes.append(
                ("version", self.rule, _version, (self.first, self.chosen_by, day, known, passed, facts))
            )
        self.derivation.derive(case)
        for exclusion in self.exclusions:
            if exclusion.test(case):
                notes.append(("excluded", exclusion.rule, str, (exclusion.why,)))
                return nothing(Reason.NOT_EARNING, exclusion.field, notes)
        chart = self.charts.pick(case)
        if chart is None:
            carriers = (case.operating, facts.marketing_carrier)
            notes.append(("chart", self.charts.items[-1].rule, _no_chart, carriers))
            return nothing(Reason.NOT_EARNING, "operating_carrier", notes)
        notes.append(("chart", chart.rule, str, (chart.name,)))
        row = chart.rows.pick(case)
        if facts.percent is not None:
            row = chart.told(row, facts.percent)
        if row is None:
            notes.append(("row", chart.rule, _no_row, (case.letter, case.fare, chart.name)))
            if chart.otherwise == "nothing" and not (chart.by_class and case.letter in ("", "/")):
                return nothing(Reason.NOT_EARNING, "booking_class", notes)
            return nothing(Reason.CLASS_UNKNOWN, "booking_class", notes)
        notes.append(("row", row.rule, _row, (case.letter, case.fare, row.note)))
        case.row = row
        pipelines = chart.accrual or self.pipelines
        if facts.board_point == facts.off_point and self.distances.goes_nowhere(facts):
            notes.append(("distance", self.distances.rule, _nowhere, (facts.board_point,)))
            return nothing(Reason.NOT_EARNING, "off_point", notes, row)
        if pipelines.uses_distance:
            miles, method, rule = self.distances.measure(facts)
            if miles < 0:
                notes.append(("distance", rule, str, (method,)))
                return nothing(Reason.AIRPORT_UNKNOWN, self.distances.unknown_end(facts), notes, row)
            notes.append(("distance", rule, _distance, (facts.board_point, facts.off_point, miles, method)))
            case.measured, case.miles = True, miles
        amounts = pipelines.run(case)
        notes.append(("result", chart.rule, _result, (pipelines, amounts)))
        miles = case.miles if case.measured else -1
        if row.unknown and not any(amounts.values()):
            return nothing(Reason.CLASS_UNKNOWN, "booking_class", notes, row, miles)
        if case.unpriced and not any(amounts.values()):
            missing = "fare_amount" if facts.price is None else "fare_currency"
            return nothing(Reason.PRICE_UNKNOWN, missing, notes, row, miles)
        return Evaluation(amounts, Reason.NONE, "", tuple(notes), row, miles, case.promoted)


def with_stand_ins(version: Version, ladder: Sequence[Tier]) -> Version:
    """The version with what it takes tiers for that it lacks; ``ladder``: all tiers of the programme."""
    lowest, found = "", {}
    for tier in ladder:
        if tier.name in version.ranks:
            lowest = tier.name
        elif lowest:
            found[tier.name] = lowest
    return replace(version, stand_ins=found) if found else version


def _version(
    first: date, chosen_by: str, day: date, known: bool, passed: Version | None, facts: Facts
) -> str:
    name = chosen_by.replace("_", " ")
    text = f"{_since(first)}, by {name} {day}" + (
        "" if known else f" (the {name} is not known: the flight date)"
    )
    if passed is None:
        return text
    its_name, its_day = passed.chosen_by.replace("_", " "), passed.date_of(facts)[0]
    return f"{text}, not those {_since(passed.first)}, which go by {its_name} {its_day}"


def _since(first: date) -> str:
    return "the first" if first == date.min else f"from {first}"


def _no_chart(operating: str, marketing: str) -> str:
    return f"no chart for flights of {operating} sold by {marketing}"


def _class_text(letter: str, fare: str) -> str:
    text = f"cabin {letter[1:] or '(none)'}" if letter.startswith("/") else f"class {letter or '(none)'}"
    return f"{text}, fare {fare}" if fare else text


def _no_row(letter: str, fare: str, chart: str) -> str:
    return f"{_class_text(letter, fare)} is not in chart {chart}"


def _row(letter: str, fare: str, note: str) -> str:
    return f"{_class_text(letter, fare)}: {note}" if note else _class_text(letter, fare)


def _nowhere(board: str) -> str:
    return f"from {board} to itself"


def _distance(board: str, off: str, miles: int, method: str) -> str:
    return f"{board}-{off} {miles} miles, {method}"


def _result(pipelines: Pipelines, amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{unit} {amounts.get(unit, 0)}" for unit, _ in pipelines.units)
