"""Tiers and qualification: which counters make which tier, over which period, and for how long. Pure values: who stands
where and when is decided by the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from ..located_yaml import suggestion
from .conditions import Path
from .places import is_country

if TYPE_CHECKING:
    from .model_member import QualificationShape, TierShape
    from .sources import Reader

CONDITIONS_DEPTH_MAX = 8


@dataclass(frozen=True, slots=True)
class Reached:
    """A condition over counters: ``kind`` is ``any_of`` or ``all_of`` (of ``parts``), or ``unit`` (at least ``amount``
    of ``unit``). ``all_of`` nothing always holds, ``any_of`` nothing never."""

    kind: Literal["any_of", "all_of", "unit"]
    parts: tuple["Reached", ...] = ()
    unit: str = ""
    amount: int = 0

    def holds(self, counters: Mapping[str, int]) -> bool:
        if self.kind == "unit":
            return counters.get(self.unit, 0) >= self.amount
        if self.kind == "any_of":
            return any(part.holds(counters) for part in self.parts)
        return all(part.holds(counters) for part in self.parts)

    def thresholds(self) -> dict[str, int]:
        """Unit → the least number of it that this condition asks for anywhere."""
        if self.kind == "unit":
            return {self.unit: self.amount}
        found: dict[str, int] = {}
        for part in self.parts:
            for unit, amount in part.thresholds().items():
                found[unit] = min(amount, found.get(unit, amount))
        return found


ALWAYS = Reached("all_of")
NEVER = Reached("any_of")
"""A tier that is only given."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of participation. ``by_residence``: country → the condition that stands there instead."""

    name: str
    bonus_percent: Decimal
    reached: Reached
    by_residence: Mapping[str, Reached]
    rule: str

    def reached_by(self, counters: Mapping[str, int], residence: str = "") -> bool:
        return self.condition(residence).holds(counters)

    def condition(self, residence: str = "") -> Reached:
        return self.by_residence.get(residence, self.reached)


@dataclass(frozen=True, slots=True)
class Extension:
    """A level can be paid for from so much ``fulfilment`` (percent) of its number of ``unit``."""

    fulfilment: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Qualification:
    """``period``: ``calendar_year``, ``membership_year``, ``rolling_months`` or ``anniversary`` of ``period_months``.
    A level is valid ``valid_years`` after the end of the period (to the end of February after it with
    ``valid_to_february``) or ``valid_months``. ``soft_landing``: levels lost at most at a time, None for all that are
    not reached. ``deduct``: counters from which the threshold of a level is taken on reaching it; ``rollover``: counter
    → how much of it goes into the next period at most."""

    period: Literal["calendar_year", "membership_year", "rolling_months", "anniversary"] = "calendar_year"
    period_months: int = 12
    valid_years: int | None = 1
    valid_months: int | None = None
    valid_to_february: bool = False
    soft_landing: int | None = None
    deduct: tuple[str, ...] = ()
    rollover: Mapping[str, int] = field(default_factory=dict)
    extension: Extension | None = None
    good_faith: Literal["recompute", "keep"] = "recompute"
    rule: str = ""


DEFAULT_QUALIFICATION = Qualification()


def compile_tiers(
    models: Sequence["TierShape"], path: Path, reader: "Reader", units: Mapping[str, str]
) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    for rank, model in enumerate(models):
        place = (*path, rank)
        if any(tier.name == model.name for tier in tiers):
            reader.complain("bad_value", f'tier "{model.name}" stands here twice', *place, "name")
        if rank == 0 and (model.reached is not None or model.by_residence):
            reader.complain("bad_value", "the base tier needs no condition", *place, "reached")
        reached = NEVER if rank else ALWAYS
        if rank and model.reached is not None:
            reached = _reached(model.reached, (*place, "reached"), reader, units)
        by_residence = {}
        for number, each in enumerate(model.by_residence):
            at = (*place, "by_residence", number)
            there = _reached(each.reached, (*at, "reached"), reader, units)
            for position, country in enumerate(each.residence):
                if not is_country(country):
                    reader.complain("unknown_value", f'"{country}" is no country', *at, "residence", position)
                if country in by_residence:
                    text = f'"{country}" has a condition already'
                    reader.complain("bad_value", text, *at, "residence", position)
                by_residence[country] = there
        tiers.append(Tier(model.name, model.bonus_percent, reached, by_residence, reader.rule(*place)))
    return tuple(tiers)


def _reached(model: Any, path: Path, reader: "Reader", units: Mapping[str, str], depth: int = 1) -> Reached:
    counters = [unit for unit in units if unit != "award"]
    if not isinstance(model, dict) or len(model) != 1 or depth > CONDITIONS_DEPTH_MAX:
        known = ", ".join(["any_of", "all_of", *counters])
        reader.complain("bad_value", f"exactly one of {known} belongs here", *path)
        return ALWAYS
    ((word, value),) = model.items()
    if word in ("any_of", "all_of"):
        if not isinstance(value, list) or not value:
            reader.complain("bad_value", "at least one condition belongs here", *path, word)
            return ALWAYS
        parts = tuple(
            _reached(each, (*path, word, number), reader, units, depth + 1)
            for number, each in enumerate(value)
        )
        return Reached(word, parts)
    if word not in counters:
        known_words = ["any_of", "all_of", *counters]
        text = (
            "what can be spent is no counter: name a unit of your own for it"
            if word == "award"
            else f'no counter "{word}"{suggestion(word, known_words, offer=True)}'
        )
        reader.complain("unknown_value", text, *path, word)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
        reader.complain("wrong_type", "should be a whole number, 0 or more", *path, word)
        return ALWAYS
    return Reached("unit", unit=str(word), amount=value)


def compile_qualification(
    model: "QualificationShape | None", path: Path, reader: "Reader", units: Mapping[str, str]
) -> Qualification:
    if model is None:
        return DEFAULT_QUALIFICATION
    given = [word for word in type(model.period).model_fields if getattr(model.period, word) is not None]
    if len(given) != 1:
        text = "exactly one of calendar_year, membership_year, rolling_months, anniversary belongs here"
        reader.complain("bad_value", text, *path, "period")
    valid = model.valid
    if (valid.years is None) == (valid.months is None):
        reader.complain("bad_value", "either years or months belongs here", *path, "valid")
    if valid.end is not None and valid.years is None:
        reader.complain("bad_value", '"end" needs years', *path, "valid", "end")
    named: list[tuple[str, str | int, str]] = [
        ("deduct", number, unit) for number, unit in enumerate(model.deduct)
    ]
    named += [("rollover", unit, unit) for unit in model.rollover]
    named += [("extension", "unit", model.extension.unit)] if model.extension else []
    for word, at, unit in named:
        if unit not in units:
            near = suggestion(unit, units, offer=True)
            reader.complain("unknown_value", f'no unit "{unit}"{near}', *path, word, at)
        elif unit == "award":
            reader.complain("bad_value", "what can be spent is no counter", *path, word, at)
    word = given[0] if given else "calendar_year"
    months = getattr(model.period, word)
    return Qualification(
        period=word,  # type: ignore[arg-type]
        period_months=months if isinstance(months, int) and months is not True else 12,
        valid_years=valid.years,
        valid_months=valid.months,
        valid_to_february=valid.end == "end_of_february",
        soft_landing=model.soft_landing,
        deduct=tuple(model.deduct),
        rollover=dict(model.rollover),
        extension=Extension(model.extension.fulfilment, model.extension.unit) if model.extension else None,
        good_faith=model.good_faith,
        rule=reader.rule(*path),
    )
