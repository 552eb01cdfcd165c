"""Shapes of accrual: the steps by which each unit is calculated, and promotions."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .when import WhenShape
from .words import STEPS_MAX, Miles, Name, Percent, Rate, Rounding, Shape, TierName, Word


def _or(word: str) -> Any:
    """A value alone stands for a mapping with this one word."""
    return BeforeValidator(lambda value: value if isinstance(value, dict) else {word: value})


class _Step(Shape):
    when: WhenShape | None = None
    unless: WhenShape | None = None


class PriceShape(Shape):
    of: Literal["fare", "fare_and_surcharges", "total"] = "fare"


class AmountShape(Shape):
    amount: Miles = 0


class PercentShape(_Step):
    """Without ``value`` the row's."""

    value: Percent | None = None


class RateShape(_Step):
    """Without ``value`` the row's."""

    value: Rate | None = None


class AtLeastShape(_Step):
    amount: Miles
    times: Literal["percent"] | None = None
    round: Rounding | None = None


class AtMostShape(_Step):
    amount: Miles
    per: Literal["coupon", "flight"] = "coupon"


class RoundShape(Shape):
    mode: Rounding
    to: Annotated[int, Field(ge=1, le=1_000_000)] = 1


class BaseShape(Shape):
    """What a bonus is taken of: a word or a unit's name, the smallest of several, or a word with a minimum for the
    distance."""

    word: Word | None = None
    lesser: Annotated[list[Word], Field(min_length=2, max_length=10)] | None = None
    distance_at_least: Miles | None = None
    lesser_at_least: Miles | None = None


Base = Annotated[BaseShape, _or("word")]


def _tiers(value: Any) -> Any:
    return {} if value is True else value


class BonusShape(_Step):
    """``tiers``: percent by tier; empty: the tiers' own."""

    tiers: Annotated[dict[TierName, Percent], BeforeValidator(_tiers)]
    of: Base = BaseShape(word="accrued")
    round: Rounding | None = None
    at_most: Miles | None = None


class AddShape(_Step):
    amount: Miles


class OnlyShape(_Step):
    pass


class StepShape(Shape):
    """One step: exactly one of its words."""

    distance: Literal[True] | None = None
    promotions: Literal[True] | None = None
    source: Word | None = None
    price: PriceShape | None = None
    amount: Annotated[AmountShape | None, _or("amount")] = None
    percent: Annotated[PercentShape | None, _or("value")] = None
    rate: Annotated[RateShape | None, _or("value")] = None
    at_least: Annotated[AtLeastShape | None, _or("amount")] = None
    at_most: Annotated[AtMostShape | None, _or("amount")] = None
    round: Annotated[RoundShape | None, _or("mode")] = None
    bonus: BonusShape | None = None
    add: Annotated[AddShape | None, _or("amount")] = None
    only: OnlyShape | None = None
    keep: Word | None = None


_ALONE: dict[str, Any] = {
    "distance": True,
    "promotions": True,
    "price": {},
    "amount": {},
    "percent": {},
    "rate": {},
}
"""Steps that can be a word alone."""


def _step(value: Any) -> Any:
    if isinstance(value, str):
        return {value: _ALONE[value]} if value in _ALONE else {"source": value}
    return value


Steps = Annotated[
    list[Annotated[StepShape, BeforeValidator(_step)]], Field(min_length=1, max_length=STEPS_MAX)
]
AccrualShape = dict[Word, Steps]


class AddsShape(Shape):
    """What a promotion adds to a unit: a percentage of something, or so much."""

    percent: Percent | None = None
    of: Base = BaseShape(word="accrued")
    round: Rounding | None = None
    amount: Miles | None = None


class PromotionShape(Shape):
    name: Name
    when: WhenShape = WhenShape()
    unless: WhenShape | None = None
    adds: Annotated[dict[Word, Annotated[AddsShape, _or("amount")]], Field(min_length=1)]
    at_most: dict[Word, Miles] = {}
    budget: dict[Word, Miles] = {}
    order: Annotated[int, Field(ge=-1000, le=1000)] = 0
    stacks: bool = True
