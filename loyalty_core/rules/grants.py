"""What members get without flying, and how late a flight may be claimed: welcome and birthday grants, compensations,
migrations of a unit, the retro window. Pure values: when they fall due is decided by the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..located_yaml import suggestion
from .conditions import MEMBER_WORDS, Path, Test, Vocabulary, compile_condition
from .exact import ROUNDINGS
from .expiry import months_later

if TYPE_CHECKING:
    from .case import Case
    from .shapes.member import CompensationShape, ConversionShape, GrantShape, MigrationShape, RetroShape
    from .sources import Reader


@dataclass(frozen=True, slots=True)
class Grant:
    """``on``: any of enrolment, first_flight, birthday; ``test``: to whom."""

    name: str
    on: tuple[str, ...]
    amounts: Mapping[str, int]
    test: Test | None
    rule: str


@dataclass(frozen=True, slots=True)
class Compensation:
    """For a ``kind`` of mishap (a delay of at least ``minutes``) on flights of these days, both inclusive."""

    name: str
    kind: str
    minutes: int
    amounts: Mapping[str, int]
    first: date
    last: date
    test: Test | None
    rule: str


@dataclass(frozen=True, slots=True)
class Migration:
    """From day ``on`` what is held of ``unit`` counts ``factor`` times as much."""

    on: date
    unit: str
    factor: Decimal
    rounding: str
    rule: str

    def converted(self, amount: int) -> int:
        n, d = self.factor.as_integer_ratio()
        return ROUNDINGS[self.rounding](amount * n, d)


@dataclass(frozen=True, slots=True)
class Conversion:
    """On these days, both inclusive, members may make ``source`` into ``factor`` times as much ``target``."""

    source: str
    target: str
    factor: Decimal
    rounding: str
    first: date
    last: date
    rule: str

    def converted(self, amount: int) -> int:
        n, d = self.factor.as_integer_ratio()
        return ROUNDINGS[self.rounding](amount * n, d)


@dataclass(frozen=True, slots=True)
class Retro:
    """Which flights may be claimed: at most ``months`` old (None: however old), no more than ``before_enrolment_days``
    or ``before_enrolment_months`` before enrolment and then no later than ``claim_months`` after it (None: any time),
    and not earlier than ``not_before_days`` after the flight."""

    months: int | None
    before_enrolment_days: int
    before_enrolment_months: int | None
    claim_months: int | None
    not_before_days: int
    rule: str

    def refusal(self, flown_on: date, claimed_on: date, enrolled_on: date | None) -> str:
        """ "" where the flight may be claimed, else ``too_late``, ``too_early`` or ``before_enrolment``."""
        return self.untimely(flown_on, claimed_on) or self.unenrolled(flown_on, claimed_on, enrolled_on)

    def untimely(self, flown_on: date, claimed_on: date) -> str:
        """The part of ``refusal`` that is the same for all members."""
        if self.months is not None and months_later(flown_on, self.months) < claimed_on:
            return "too_late"
        return "too_early" if claimed_on < flown_on + timedelta(days=self.not_before_days) else ""

    def unenrolled(self, flown_on: date, claimed_on: date, enrolled_on: date | None) -> str:
        """The part that hangs on the day of enrolment (None: not known, and nothing is refused for it)."""
        if enrolled_on is None or flown_on >= enrolled_on:
            return ""
        if self.before_enrolment_months is not None:
            too_old = months_later(flown_on, self.before_enrolment_months) < enrolled_on
        else:
            too_old = flown_on < enrolled_on - timedelta(days=self.before_enrolment_days)
        if too_old:
            return "before_enrolment"
        if self.claim_months is not None and months_later(enrolled_on, self.claim_months) < claimed_on:
            return "too_late"
        return ""


@dataclass(frozen=True, slots=True)
class Allowances:
    """All of these of one version."""

    grants: tuple[Grant, ...] = ()
    compensations: tuple[Compensation, ...] = ()
    migrations: tuple[Migration, ...] = ()
    retro: Retro | None = None
    conversions: tuple[Conversion, ...] = ()

    def conversion(self, source: str, on: date) -> Conversion | None:
        """What a unit may be made into on a day."""
        return next(
            (one for one in self.conversions if one.source == source and one.first <= on <= one.last), None
        )

    def granted(self, event: str, case: "Case") -> dict[str, int]:
        """What enrolment, a first flight or a birthday gives a member, by unit: all grants that hold."""
        total: dict[str, int] = {}
        for one in self.grants:
            if event in one.on and (one.test is None or one.test(case)):
                for unit, amount in one.amounts.items():
                    total[unit] = total.get(unit, 0) + amount
        return total

    def compensated(self, kind: str, minutes: int, case: "Case") -> dict[str, int]:
        """What a mishap gives, by unit: of those of its kind that hold the one that asks for most minutes."""
        held = [
            one
            for one in self.compensations
            if one.kind == kind
            and one.minutes <= minutes
            and one.first <= case.facts.flown_on <= one.last
            and (one.test is None or one.test(case))
        ]
        return dict(max(held, key=lambda one: one.minutes).amounts) if held else {}

    def migrated(self, unit: str, amount: int, on: date) -> int:
        """What an amount counts on the day of a migration."""
        for one in self.migrations:
            if (one.on, one.unit) == (on, unit):
                amount = one.converted(amount)
        return amount


def compile_allowances(
    section: Any, path: Any, reader: "Reader", words: Vocabulary, units: Mapping[str, str]
) -> Allowances:
    """``section`` gives a version's sections by name, ``path`` where each stands."""
    maker = _Maker(reader, words, units)
    return Allowances(
        maker.grants(section("grants") or (), path("grants")),
        maker.compensations(section("compensations") or (), path("compensations")),
        maker.migrations(section("migrations") or (), path("migrations")),
        _retro(section("retro"), path("retro"), reader),
        maker.conversions(section("conversions") or (), path("conversions")),
    )


def _retro(model: "RetroShape | None", path: Path, reader: "Reader") -> Retro | None:
    if model is None:
        return None
    if model.before_enrolment_days is not None and model.before_enrolment_months is not None:
        reader.complain(
            "bad_value", "either days or months before enrolment", *path, "before_enrolment_months"
        )
    return Retro(
        months=model.months,
        before_enrolment_days=model.before_enrolment_days or 0,
        before_enrolment_months=model.before_enrolment_months,
        claim_months=model.claim_after_enrolment_months,
        not_before_days=model.not_before_days,
        rule=reader.rule(*path),
    )


class _Maker:
    def __init__(self, reader: "Reader", words: Vocabulary, units: Mapping[str, str]) -> None:
        self._reader, self._words, self._units = reader, words, units

    def _unit(self, unit: str, path: Path) -> None:
        if unit not in self._units:
            near = suggestion(unit, self._units, offer=True)
            self._reader.complain("unknown_value", f'no unit "{unit}"{near}', *path)

    def _amounts(self, amounts: Mapping[str, int], path: Path) -> Mapping[str, int]:
        for unit in amounts:
            self._unit(unit, (*path, "amounts", unit))
        return dict(amounts)

    def _new_name(self, name: str, before: Sequence[Any], path: Path) -> None:
        if any(one.name == name for one in before):
            self._reader.complain("bad_value", f'"{name}" stands here twice', *path, "name")

    def grants(self, models: Sequence["GrantShape"], path: Path) -> tuple[Grant, ...]:
        made: list[Grant] = []
        for number, model in enumerate(models):
            place = (*path, number)
            self._new_name(model.name, made, place)
            condition = compile_condition(
                model.when,
                model.unless,
                place,
                self._reader,
                self._words,
                only=MEMBER_WORDS | {"dates", "channels"},
            )
            made.append(
                Grant(
                    model.name,
                    tuple(model.on),
                    self._amounts(model.amounts, place),
                    condition.test(),
                    self._reader.rule(*place),
                )
            )
        return tuple(made)

    def compensations(self, models: Sequence["CompensationShape"], path: Path) -> tuple[Compensation, ...]:
        made: list[Compensation] = []
        for number, model in enumerate(models):
            place = (*path, number)
            self._new_name(model.name, made, place)
            first, last = model.dates.from_ or date.min, model.dates.until or date.max
            if first > last:
                self._reader.complain("bad_value", "no day lies in this range", *place, "dates")
            condition = compile_condition(model.when, model.unless, place, self._reader, self._words)
            made.append(
                Compensation(
                    model.name,
                    model.kind,
                    model.minutes or 0,
                    self._amounts(model.amounts, place),
                    first,
                    last,
                    condition.test(),
                    self._reader.rule(*place),
                )
            )
        return tuple(made)

    def conversions(self, models: Sequence["ConversionShape"], path: Path) -> tuple[Conversion, ...]:
        made: list[Conversion] = []
        for number, model in enumerate(models):
            place = (*path, number)
            self._unit(model.from_, (*place, "from"))
            self._unit(model.to, (*place, "to"))
            first, last = model.dates.from_ or date.min, model.dates.until or date.max
            if first > last:
                self._reader.complain("bad_value", "no day lies in this range", *place, "dates")
            if model.factor <= 0:
                self._reader.complain("bad_value", "should be more than 0", *place, "factor")
            if model.round != "floor":
                text = "only floor: many small amounts would make more than one large one"
                self._reader.complain("bad_value", text, *place, "round")
            if any(one.source == model.from_ and one.first <= last and first <= one.last for one in made):
                self._reader.complain("bad_value", "this unit has a conversion on these days already", *place)
            rule = self._reader.rule(*place)
            made.append(Conversion(model.from_, model.to, model.factor, model.round, first, last, rule))
        return tuple(made)

    def migrations(self, models: Sequence["MigrationShape"], path: Path) -> tuple[Migration, ...]:
        made: list[Migration] = []
        for number, model in enumerate(models):
            place = (*path, number)
            self._unit(model.unit, (*place, "unit"))
            if model.factor <= 0:
                self._reader.complain("bad_value", "should be more than 0", *place, "factor")
            if any((one.on, one.unit) == (model.on, model.unit) for one in made):
                self._reader.complain("bad_value", "this unit is changed on this day already", *place)
            made.append(Migration(model.on, model.unit, model.factor, model.round, self._reader.rule(*place)))
        return tuple(sorted(made, key=lambda one: (one.on, one.unit)))
