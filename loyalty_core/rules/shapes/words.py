"""The smallest shapes of a programme definition: codes, dates, percentages, money."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from ..facts import GROUP

TIER_NAME_CHARACTERS_MAX = 20
"""Hosts refuse longer ones (``info/@status`` of ffp_info)."""
ROWS_MAX = 100_000
"""Rows of one table: distance pairs, chart rows, examples."""
TIERS_MAX = 20
UNITS_MAX = 30
VERSIONS_MAX = 100
STEPS_MAX = 50
"""Steps of one unit's accrual."""
DIGITS_MAX = 15
"""Digits of an unquoted decimal; more of them would not survive being read."""
PERCENT_MAX = 10_000


class Shape(BaseModel):
    """What has unknown keys has a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def decimal_of(value: Any, what: str, lowest: int, highest: int) -> Decimal:
    """An exact decimal: 12.5 is what the file says, not the nearest binary fraction. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"should be a number {what}")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"should be a number {what}") from None
    if not found.is_finite() or not lowest <= found <= highest:
        raise ValueError(f"should be between {lowest} and {highest} {what}")
    if isinstance(value, float) and len(found.as_tuple().digits) > DIGITS_MAX:
        raise ValueError(f"has more than {DIGITS_MAX} digits: put it in quotes")
    return found


def _percent(value: Any) -> Decimal:
    return decimal_of(value, "of percent", 0, PERCENT_MAX)


def _money(value: Any) -> Decimal:
    return decimal_of(value, "of money", 0, 10**12)


def _rate(value: Any) -> Decimal:
    return decimal_of(value, "", 0, 10**9)


def _day(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f'should be a date like 2026-01-31, not "{value}"')


def _digits(value: Any) -> Any:
    """Digits without a leading zero read as a number where they aren't quoted."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def listed(value: Any) -> Any:
    """One alone is a list of one."""
    return value if isinstance(value, list) else [value]


Percent = Annotated[Decimal, BeforeValidator(_percent)]
PercentOrUnknown = Annotated[
    Decimal | Literal["unknown"],
    BeforeValidator(lambda value: value if value == "unknown" else _percent(value)),
]
Money = Annotated[Decimal, BeforeValidator(_money)]
Rate = Annotated[Decimal, BeforeValidator(_rate)]
Day = Annotated[date, BeforeValidator(_day)]
Carrier = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9А-Я]{2,3}$")]
Designator = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9А-Я]{2,3} [1-9][0-9]{0,3}[A-Z]?$")]
Flights = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9А-Я]{2,3} [1-9][0-9]{0,3}([A-Z]|-[1-9][0-9]{0,3})?$")
]
Letter = Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
Place = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Pair = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
PlaceOrZone = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2,3}|[a-z][a-z0-9_]{0,39})$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9А-Яа-я][A-Za-z0-9А-Яа-я _.+-]{0,59}$")]
"""Fare families, brands."""
Group = Annotated[str, StringConstraints(pattern=rf"^{GROUP}$")]
Stock = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{1,13}$")]
TierName = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9 _-]*$", max_length=TIER_NAME_CHARACTERS_MAX)
]
RateOrUnknown = Annotated[
    Decimal | Literal["unknown"], BeforeValidator(lambda value: value if value == "unknown" else _rate(value))
]
Miles = Annotated[int, Field(ge=0, le=100_000_000)]
Rounding = Literal["half_up", "half_even", "floor", "ceil"]
Credit = Literal["none", "pending", "posted"]
Role = Literal["FQTV", "FQTU", "FQTR"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class FileShape(Shape):
    """A table that stands in a file of its own beside the programme."""

    file: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}\.csv$")]
