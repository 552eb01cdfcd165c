"""Tiers and qualification: which counters make which tier, over which period, and for how long. Pure values: who stands
where and when is decided by the engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from ...located_yaml import suggestion
from ..conditions import Path
from ..places import is_country
from .thresholds import EVER, Window

if TYPE_CHECKING:
    from ..shapes.member import QualificationShape, TierShape
    from ..sources import Reader

CONDITIONS_DEPTH_MAX = 8


@dataclass(frozen=True, slots=True)
class Reached:
    """A condition over counters: ``kind`` is ``any_of`` or ``all_of`` (of ``parts``), or ``unit`` (at least ``amount``
    of ``unit``, counted in a ``window`` of its own if it has one). ``all_of`` nothing always holds, ``any_of`` nothing
    never."""

    kind: Literal["any_of", "all_of", "unit"]
    parts: tuple["Reached", ...] = ()
    unit: str = ""
    amount: int = 0
    window: Window | None = None

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
    """``period``: ``calendar_year`` (one that ``begins`` on another month and day, too), ``membership_year``,
    ``rolling_months`` or ``anniversary`` of ``period_months``.
    A level is valid ``valid_years`` after the end of the period (to the end of February after it with
    ``valid_to_february``) or ``valid_months``. ``soft_landing``: levels lost at most at a time, None for all that are
    not reached. ``deduct``: counters from which the threshold of a level is taken on reaching it; ``rollover``: counter
    → how much of it goes into the next period at most."""

    period: Literal["calendar_year", "membership_year", "rolling_months", "anniversary"] = "calendar_year"
    period_months: int = 12
    begins: tuple[int, int] = (1, 1)
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
        below = [tier.name for tier in tiers]
        reached = NEVER if rank else ALWAYS
        if rank and model.reached is not None:
            reached = _reached(model.reached, (*place, "reached"), reader, units, below)
        by_residence = {}
        for number, each in enumerate(model.by_residence):
            at = (*place, "by_residence", number)
            there = _reached(each.reached, (*at, "reached"), reader, units, below)
            for position, country in enumerate(each.residence):
                if not is_country(country):
                    reader.complain("unknown_value", f'"{country}" is no country', *at, "residence", position)
                if country in by_residence:
                    text = f'"{country}" has a condition already'
                    reader.complain("bad_value", text, *at, "residence", position)
                by_residence[country] = there
        tiers.append(Tier(model.name, model.bonus_percent, reached, by_residence, reader.rule(*place)))
    return tuple(tiers)


def _window(value: Any, path: Path, reader: "Reader", below: Sequence[str]) -> Window | None:
    """``ever``, so many months or qualification periods, and after which tier was reached."""
    if value == "ever":
        return EVER
    numbers = {"months": 0, "periods": 0}
    after = ""
    words = set(value) if isinstance(value, dict) else set()
    if not words or not words <= {*numbers, "after"} or words >= set(numbers):
        text = "within ever, or within so many months or periods and after a tier"
        reader.complain("bad_value", text, *path)
        return None
    for word, number in value.items():
        if word == "after":
            after = str(number)
            if after not in below[1:]:
                near = suggestion(after, below[1:], offer=True)
                reader.complain("unknown_value", f'no tier "{after}" stands below{near}', *path, word)
        elif isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 120:
            reader.complain("wrong_type", "should be a whole number from 1 to 120", *path, word)
        else:
            numbers[word] = number
    return Window(numbers["months"], after, numbers["periods"])


def _reached(
    model: Any,
    path: Path,
    reader: "Reader",
    units: Mapping[str, str],
    below: Sequence[str],
    depth: int = 1,
) -> Reached:
    """``below``: the tiers below the one that is reached."""
    counters = [unit for unit in units if unit != "award"]
    window = None
    if isinstance(model, dict) and "within" in model and not {"any_of", "all_of"} & set(model):
        window = _window(model["within"], (*path, "within"), reader, below)
        model = {word: value for word, value in model.items() if word != "within"}
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
            _reached(each, (*path, word, number), reader, units, below, depth + 1)
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
    return Reached("unit", unit=str(word), amount=value, window=window)


def _begins(text: str, path: Path, reader: "Reader") -> tuple[int, int]:
    """Month and day from 04-01; a day that not every year has begins no year."""
    month, day = (int(part) for part in text.split("-"))
    try:
        date(2001, month, day)
    except ValueError:
        reader.complain("bad_value", f'"{text}" is no day of every year', *path)
        return 1, 1
    return month, day


def compile_qualification(
    model: "QualificationShape | None", path: Path, reader: "Reader", units: Mapping[str, str]
) -> Qualification:
    if model is None:
        return DEFAULT_QUALIFICATION
    given = [word for word in type(model.period).model_fields if getattr(model.period, word) is not None]
    if len(given) != 1:
        words = "calendar_year, year_from, membership_year, rolling_months, anniversary"
        reader.complain("bad_value", f"exactly one of {words} belongs here", *path, "period")
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
    begins = (1, 1)
    if model.period.year_from is not None:
        begins = _begins(model.period.year_from, (*path, "period", "year_from"), reader)
        word = "calendar_year"
    return Qualification(
        period=word,  # type: ignore[arg-type]
        begins=begins,
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
