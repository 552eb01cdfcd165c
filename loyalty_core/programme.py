"""A loyalty programme at work: what a flight earns, which tier that makes, when miles end.

``load_programme`` reads a definition (``programmes/README.md`` explains the language) and compiles it; what
is here is the compiled form. ``Programme.evaluate`` is a pure function of facts, tier and programme, and
says of every step which line of the definition asked for it. No rule of a programme is written in Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from .crediting import Credit, Crediting
from .distance import distance, is_known
from .outcomes import Reason
from .programme_rules import (
    NOTHING_OFFERED,
    ROUNDINGS,
    Bonus,
    Chart,
    ClassRow,
    Exclusion,
    Expiry,
    Facts,
    MemberRules,
    Minimum,
    Operations,
    PendingTimeout,
    Tier,
    Window,
)

__all__ = [
    "Credit",
    "Evaluation",
    "Example",
    "Facts",
    "Programme",
    "Step",
    "check_examples",
    "load_programme",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation: ``rule`` is the line that asked for it, as ``demo.yaml:41``."""

    name: str
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a coupon earns, in whole units, and why.

    ``award`` includes the tier bonus. With a ``reason`` nothing is earned; ``field`` is the field of Facts
    in which the reason lies.
    """

    award: int
    qualifying: int
    segments: int
    reason: Reason
    field: str
    trace: tuple[Step, ...]

    @property
    def amounts(self) -> dict[str, int]:
        """Unit -> whole units, without zeros."""
        found = {"award": self.award, "qualifying": self.qualifying, "segments": self.segments}
        return {unit: amount for unit, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example that the programme's owner has put beside the rules; ``check_examples`` runs it."""

    name: str
    facts: Facts
    tier: str
    expect: Mapping[str, int | str]
    rule: str


_BASES = {
    "accrued": "the accrued",
    "distance": "the distance",
    "lesser": "the smaller of accrued and distance,",
}


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme as compiled from its file. ``digest`` is the SHA-256 of the file's text, in hex."""

    name: str
    title: str
    carriers: tuple[str, ...]
    """Airline codes on cards that this programme answers for."""
    digest: str
    tiers: tuple[Tier, ...]
    """From the base tier upwards."""
    charts: tuple[Chart, ...]
    exclusions: tuple[Exclusion, ...]
    minimum: Minimum | None
    bonus: Bonus
    rounding: str
    rounding_rule: str
    distance_name: str
    distance_table: Mapping[tuple[str, str], tuple[int, str]]
    """Sorted pair of codes → miles and the rule's line."""
    cities: Mapping[str, str]
    great_circle: bool
    distance_rule: str
    expiry: Expiry
    crediting: Crediting
    window: Window
    members: MemberRules
    operations: Operations = NOTHING_OFFERED
    pending_timeout: PendingTimeout | None = None
    codeshares: Mapping[str, str] = field(default_factory=dict)
    """Marketing flight -> the one that operates it, as ``S7/7123``."""
    examples: tuple[Example, ...] = ()
    _tier_ranks: Mapping[str, int] = field(init=False, repr=False)
    _miles: Mapping[tuple[str, str], int] = field(init=False, repr=False)
    _same_flights: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tier_ranks", {tier.name: rank for rank, tier in enumerate(self.tiers)})
        object.__setattr__(self, "_miles", {pair: miles for pair, (miles, _) in self.distance_table.items()})
        same: dict[str, frozenset[str]] = {}
        for pair in self.codeshares.items():
            together = same.get(pair[0], frozenset(pair)) | same.get(pair[1], frozenset(pair))
            same |= dict.fromkeys(together, together)
        object.__setattr__(self, "_same_flights", same)

    @property
    def units(self) -> tuple[str, ...]:
        """What this programme counts; ``award`` is what can be spent."""
        return ("award", "qualifying", "segments")

    @property
    def base_tier(self) -> str:
        """The tier of members who have reached nothing yet."""
        return self.tiers[0].name

    def same_flights(self, flight: str) -> frozenset[str]:
        """Flights that the table of code shares makes one with this one, as ``S7/7123``."""
        return self._same_flights.get(flight, frozenset())

    def tier_rank(self, tier: str) -> int:
        """0 for the base tier, growing upwards; -1 for a name that this programme doesn't have."""
        return self._tier_ranks.get(tier, -1)

    def tier_for(self, qualifying: int, segments: int) -> str:
        """The highest tier whose conditions these counters meet."""
        for tier in reversed(self.tiers):
            if tier.reached(qualifying, segments):
                return tier.name
        return self.base_tier

    def expires_on(self, earned_on: date) -> date | None:
        """The last day of validity of miles earned on a day, None when they don't expire."""
        return self.expiry.expires_on(earned_on)

    def timed_out(self, flown_on: str, today: str) -> bool:
        """Is a credit for a flight of this day pending no longer? Days are ISO texts; ``today`` "" is before all."""
        rule = self.pending_timeout
        return bool(
            rule and today and (date.fromisoformat(flown_on) + timedelta(days=rule.days)).isoformat() < today
        )

    def evaluate(self, facts: Facts, tier: str) -> Evaluation:
        """What the coupon earns for a member of this tier (an unknown tier counts as the base tier)."""
        trace: list[Step] = []
        for exclusion in self.exclusions:
            if exclusion.when.holds(facts):
                trace.append(Step("excluded", exclusion.why, exclusion.rule))
                return _nothing(Reason.NOT_EARNING, exclusion.when.field, trace)
        chart = next((chart for chart in self.charts if chart.when.holds(facts)), None)
        if chart is None:
            text = f"no chart for flights of {facts.operating_carrier} sold by {facts.marketing_carrier}"
            trace.append(Step("chart", text, self.charts[-1].rule))
            return _nothing(Reason.NOT_EARNING, "operating_carrier", trace)
        trace.append(Step("chart", chart.name, chart.rule))
        kind = "cabin" if facts.class_is_cabin else "class"
        row = (chart.cabins if facts.class_is_cabin else chart.classes).get(facts.booking_class)
        if row is None:
            text = f"{kind} {facts.booking_class or '(none)'} is not in chart {chart.name}"
            trace.append(Step("class", text, chart.rule))
            return _nothing(Reason.CLASS_UNKNOWN, "booking_class", trace)
        measured = self._measure(facts, trace)
        if isinstance(measured, Evaluation):
            return measured
        return self._amounts(facts, tier, chart, row, measured, trace)

    def _measure(self, facts: Facts, trace: list[Step]) -> int | Evaluation:
        board, off = facts.board_point, facts.off_point
        if board == off and is_known(board, self.cities):
            trace.append(Step("distance", f"from {board} to itself", self.distance_rule))
            return _nothing(Reason.NOT_EARNING, "off_point", trace)
        found = distance(board, off, self._miles, self.distance_name, self.cities, self.great_circle)
        if found is None:
            name = "off_point" if is_known(board, self.cities) else "board_point"
            code = off if name == "off_point" else board
            text = (
                f"{code or '(none)'} is not a known airport" if self.great_circle else f"no row {board}-{off}"
            )
            trace.append(Step("distance", text, self.distance_rule))
            return _nothing(Reason.AIRPORT_UNKNOWN, name, trace)
        miles, method = found
        rule = self.distance_rule
        for pair in ((board, off), (self.cities.get(board, board), self.cities.get(off, off))):
            if (entry := self.distance_table.get((min(pair), max(pair)))) is not None:
                rule = entry[1]
                break
        trace.append(Step("distance", f"{board}-{off} {miles} miles, {method}", rule))
        return miles

    def _amounts(
        self, facts: Facts, tier_name: str, chart: Chart, row: ClassRow, miles: int, trace: list[Step]
    ) -> Evaluation:
        exact = self._at_least(Fraction(miles), "before_class", trace)
        kind = "cabin" if facts.class_is_cabin else "class"
        exact = exact * row.percent / 100
        text = f"{kind} {facts.booking_class} {_decimal(row.percent)} % = {_decimal(exact)}"
        trace.append(Step("class", text, row.rule))
        if row.percent:  # a row of 0 % earns nothing, and a minimum must not change that
            exact = self._at_least(exact, "after_class", trace)
        accrued = ROUNDINGS[self.rounding](exact)
        trace.append(Step("rounding", f"{self.rounding}: {accrued}", self.rounding_rule))

        tier = self.tiers[max(0, self.tier_rank(tier_name))]
        base = {"accrued": accrued, "distance": miles, "lesser": min(accrued, miles)}[self.bonus.base]
        bonus = 0
        if tier.bonus_percent and accrued:
            bonus = ROUNDINGS[self.bonus.rounding](base * tier.bonus_percent / 100)
            text = (
                f"{tier.name} {_decimal(tier.bonus_percent)} % of {_BASES[self.bonus.base]} {base},"
                f" {self.bonus.rounding}: {bonus}"
            )
            trace.append(Step("tier bonus", text, tier.rule))
        award = accrued + bonus
        if award:
            award = int(self._at_least(Fraction(award), "after_bonus", trace))
        qualifying, segments = 0, 0
        if chart.counts_for_tier:
            qualifying = accrued + (bonus if self.bonus.qualifying else 0)
            segments = row.segments
        text = f"award {award}, qualifying {qualifying}, segments {segments}"
        trace.append(Step("result", text, chart.rule))
        return Evaluation(award, qualifying, segments, Reason.NONE, "", tuple(trace))

    def _at_least(self, amount: Fraction, stage: str, trace: list[Step]) -> Fraction:
        minimum = self.minimum
        if minimum is None or minimum.stage != stage or amount >= minimum.miles:
            return amount
        trace.append(Step("minimum", f"raised to {minimum.miles} {stage}", minimum.rule))
        return Fraction(minimum.miles)


def check_examples(programme: Programme) -> tuple[str, ...]:
    """Run the worked examples; one sentence per example that comes out otherwise than its owner says."""
    failures = []
    for example in programme.examples:
        result = programme.evaluate(example.facts, example.tier or programme.base_tier)
        found = {
            "award": result.award,
            "qualifying": result.qualifying,
            "segments": result.segments,
            "reason": result.reason.value,
        }
        wrong = [
            f"{what} {found[what]}, not {value}"
            for what, value in example.expect.items()
            if found[what] != value
        ]
        if wrong:
            failures.append(f"{example.rule}: {example.name}: {'; '.join(wrong)}")
    return tuple(failures)


@lru_cache(maxsize=64)
def load_programme(text: str, file: str) -> Programme:
    """Read and compile a definition; raises InputError with all problems, each with file, line and column.

    The same text gives the same programme, which nothing changes: an activation is decided, kept and read back without
    compiling it three times.
    """
    # Loading needs the YAML reader and the schema library; running a programme needs neither.
    from .programme_loader import load

    return load(text, file)


def _nothing(reason: Reason, field_name: str, trace: list[Step]) -> Evaluation:
    return Evaluation(0, 0, 0, reason, field_name, tuple(trace))


def _decimal(value: Fraction) -> str:
    """An exact amount for people: 1267.5; percentages are decimals, so this never repeats."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.4f}".rstrip("0")
