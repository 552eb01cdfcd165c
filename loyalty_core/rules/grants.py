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
    from .model_member import CompensationShape, GrantShape, MigrationShape, RetroShape
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
class Retro:
    """Which flights may be claimed: at most ``months`` old, not before ``before_enrolment_days`` before enrolment, and
    not earlier than ``not_before_days`` after the flight."""

    months: int
    before_enrolment_days: int
    not_before_days: int
    rule: str

    def refusal(self, flown_on: date, claimed_on: date, enrolled_on: date | None) -> str:
        """ "" where the flight may be claimed, else ``too_late``, ``too_early`` or ``before_enrolment``."""
        if months_later(flown_on, self.months) < claimed_on:
            return "too_late"
        if claimed_on < flown_on + timedelta(days=self.not_before_days):
            return "too_early"
        if enrolled_on is not None and flown_on < enrolled_on - timedelta(days=self.before_enrolment_days):
            return "before_enrolment"
        return ""


@dataclass(frozen=True, slots=True)
class Allowances:
    """All of these of one version."""

    grants: tuple[Grant, ...] = ()
    compensations: tuple[Compensation, ...] = ()
    migrations: tuple[Migration, ...] = ()
    retro: Retro | None = None


def compile_allowances(
    section: Any, path: Any, reader: "Reader", words: Vocabulary, units: Mapping[str, str]
) -> Allowances:
    """``section`` gives a version's sections by name, ``path`` where each stands."""
    maker = _Maker(reader, words, units)
    retro: RetroShape | None = section("retro")
    return Allowances(
        maker.grants(section("grants") or (), path("grants")),
        maker.compensations(section("compensations") or (), path("compensations")),
        maker.migrations(section("migrations") or (), path("migrations")),
        Retro(retro.months, retro.before_enrolment_days, retro.not_before_days, reader.rule(*path("retro")))
        if retro
        else None,
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
                model.when, model.unless, place, self._reader, self._words, only=MEMBER_WORDS | {"dates"}
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
