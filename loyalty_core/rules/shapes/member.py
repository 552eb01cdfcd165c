"""Shapes of what concerns members over time: tiers, qualification, expiry, grants, compensations, migrations."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from .when import DaysShape, WhenShape
from .words import (
    Country,
    Day,
    Miles,
    Name,
    Percent,
    Rate,
    Rounding,
    Shape,
    TierName,
    Word,
    listed,
)

Reached = dict[str, Any]
"""``any_of``/``all_of`` a list of such conditions, or one unit and its number; read in ``tiers``."""


class ByResidenceShape(Shape):
    residence: Annotated[list[Country], Field(min_length=1)]
    reached: Reached


class TierShape(Shape):
    name: TierName
    bonus_percent: Percent = Decimal(0)
    reached: Reached | None = None
    by_residence: Annotated[list[ByResidenceShape], Field(max_length=300)] = []


class PeriodShape(Shape):
    rolling_months: Annotated[int, Field(ge=1, le=120)] | None = None
    anniversary: Annotated[int, Field(ge=1, le=120)] | None = None
    year_from: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}-[0-9]{2}$")] | None = None


def _period(value: Any) -> Any:
    return {value: True} if isinstance(value, str) else value


class AnyPeriodShape(PeriodShape):
    """One of the five."""

    calendar_year: Literal[True] | None = None
    membership_year: Literal[True] | None = None


class ValidShape(Shape):
    years: Annotated[int, Field(ge=0, le=100)] | None = None
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    end: Literal["end_of_february"] | None = None


class ExtensionShape(Shape):
    fulfilment: Annotated[Percent, Field(le=100)]
    unit: Word


class QualificationShape(Shape):
    period: Annotated[AnyPeriodShape, BeforeValidator(_period)]
    valid: ValidShape
    soft_landing: Annotated[int, Field(ge=1, le=20)] | None = None
    deduct: list[Word] = []
    rollover: dict[Word, Miles] = {}
    extension: ExtensionShape | None = None
    good_faith: Literal["recompute", "keep"] = "recompute"


class NotBeforeShape(Shape):
    age: Annotated[int, Field(ge=1, le=25)]


class ExpiryShape(Shape):
    """``not_before``: whose miles don't end before that age."""

    model: Literal["never", "months", "end_of_year", "inactivity"]
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    years: Annotated[int, Field(ge=0, le=100)] | None = None
    end: Literal["day", "month", "quarter", "year"] | None = None
    activity: WhenShape | None = None
    not_before: NotBeforeShape | None = None
    when: WhenShape | None = None
    unless: WhenShape | None = None


Amounts = Annotated[dict[Word, Annotated[Miles, Field(ge=1)]], Field(min_length=1)]


class GrantShape(Shape):
    name: Name
    on: Annotated[
        list[Literal["enrolment", "first_flight", "birthday"]], BeforeValidator(listed), Field(min_length=1)
    ]
    amounts: Amounts
    when: WhenShape | None = None
    unless: WhenShape | None = None


class CompensationShape(Shape):
    name: Name
    kind: Word
    minutes: Annotated[int, Field(ge=0, le=100_000)] | None = None
    amounts: Amounts
    dates: DaysShape = DaysShape()
    when: WhenShape | None = None
    unless: WhenShape | None = None


class MigrationShape(Shape):
    on: Day
    unit: Word
    factor: Rate
    round: Rounding


class ConversionShape(Shape):
    """Members may make one unit into another on these days."""

    from_: Annotated[Word, Field(alias="from")]
    to: Word
    factor: Rate = Decimal(1)
    round: Rounding = "floor"
    dates: DaysShape = DaysShape()


class RetroShape(Shape):
    """Without ``months`` there is no limit; before enrolment either days or months."""

    months: Annotated[int | None, Field(ge=0, le=120)] = None
    before_enrolment_days: Annotated[int | None, Field(ge=0, le=3660)] = None
    before_enrolment_months: Annotated[int | None, Field(ge=0, le=120)] = None
    claim_after_enrolment_months: Annotated[int | None, Field(ge=0, le=120)] = None
    not_before_days: Annotated[int, Field(ge=0, le=366)] = 0
