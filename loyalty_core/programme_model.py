"""The shape of a programme definition, checked before it is compiled; programmes/README.md explains it."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

TIER_NAME_CHARACTERS_MAX = 20
"""Hosts refuse longer ones (``info/@status`` of ffp_info)."""
TIERS_MAX = 20
ROWS_MAX = 100_000
"""Rows of one table: distance pairs, charts, examples."""


def _percent(value: Any) -> Any:
    """Percentages are exact decimals: 12.5 is what the file says, not the nearest binary fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("should be a number of percent")
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("should be a number of percent") from None
    if not exact.is_finite() or not 0 <= exact <= 10_000:
        raise ValueError("should be between 0 and 10000 percent")
    return exact


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Percent = Annotated[Decimal, BeforeValidator(_percent)]
Carrier = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9А-Я]{2,3}$")]
Designator = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9А-Я]{2,3} [1-9][0-9]{0,3}[A-Z]?$")]
Letter = Annotated[str, StringConstraints(pattern=r"^[A-Z]$")]
Place = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Pair = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}-[A-Z]{3}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
TierName = Annotated[
    str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9 _-]*$", max_length=TIER_NAME_CHARACTERS_MAX)
]
Miles = Annotated[int, Field(ge=0, le=100_000_000)]
Rounding = Literal["half_up", "half_even", "floor", "ceil"]
Credit = Literal["none", "pending", "posted"]
Role = Literal["FQTV", "FQTU", "FQTR"]


class WhenModel(_Model):
    """Conditions on the facts; all that are given must hold."""

    operating: list[Carrier] = []
    marketing: list[Carrier] = []
    classes: list[Letter] = []
    roles: list[Role] = []
    fare_basis_prefix: list[Text] = []
    fare_basis_contains: list[Text] = []
    ticket_prefix: list[Text] = []


class ExclusionModel(_Model):
    when: WhenModel
    why: Text


class RowModel(_Model):
    letters: Annotated[list[Letter], Field(min_length=1)]
    percent: Percent
    segments: Annotated[int, Field(ge=0, le=10)] = 1


class ChartModel(_Model):
    name: Text
    when: WhenModel = WhenModel()
    classes: list[RowModel] = []
    cabins: list[RowModel] = []
    counts_for_tier: bool = True


class DistancesModel(_Model):
    name: Text
    pairs: Annotated[dict[Pair, Annotated[int, Field(ge=1, le=13_000)]], Field(max_length=ROWS_MAX)] = {}
    cities: dict[Place, Place] = {}
    otherwise: Literal["great_circle", "unknown"] = "great_circle"


class MinimumModel(_Model):
    miles: Miles
    stage: Literal["before_class", "after_class", "after_bonus"]


class BonusModel(_Model):
    base: Literal["accrued", "distance", "lesser"]
    rounding: Rounding
    qualifying: bool = False


class AccrualModel(_Model):
    rounding: Rounding
    bonus: BonusModel
    minimum: MinimumModel | None = None


class ReachedModel(_Model):
    """One condition of a tier: exactly one of the four words."""

    any_of: list["ReachedModel"] | None = None
    all_of: list["ReachedModel"] | None = None
    qualifying: Miles | None = None
    segments: Miles | None = None


class TierModel(_Model):
    name: TierName
    bonus_percent: Percent = Decimal(0)
    reached: ReachedModel | None = None


class ExpiryModel(_Model):
    model: Literal["never", "months", "end_of_year"]
    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    years: Annotated[int, Field(ge=0, le=100)] | None = None


class SettlingModel(_Model):
    state: Literal["booked", "listed", "checked_in", "boarded", "flown"]
    stations: Annotated[list[Place], Field(max_length=ROWS_MAX)] = []
    pfs_received: Literal[True] | None = None
    after_hours: Annotated[int, Field(ge=0, le=8784)] | None = None


class CodeshareModel(_Model):
    marketing: Designator
    operating: Designator


class PolicyModel(_Model):
    listed: Credit
    checked_in: Credit
    boarded: Credit
    flown: Credit
    posted_when: Annotated[list[SettlingModel], Field(max_length=ROWS_MAX)] = []


class MembersModel(_Model):
    temporary: Credit = "posted"
    while_blocked: Literal["released", "lost"] = "released"
    before_closing: Literal["earn", "lost"] = "earn"
    before_death: Literal["earn", "lost"] = "earn"
    children: Literal["own", "parent"] = "own"
    company_percent: Percent = Decimal(0)
    minimum_age: Annotated[int, Field(ge=0, le=25)] = 0
    adult_age: Annotated[int, Field(ge=0, le=25)] = 18


class WindowModel(_Model):
    future_days: Annotated[int, Field(ge=0, le=366)]
    past_days: Annotated[int, Field(ge=0, le=3660)]


class OperationsModel(_Model):
    redemptions: bool = False
    transfers: bool = False
    hold_minutes_max: Annotated[int, Field(ge=0, le=60 * 24 * 366)] = 0
    pool_members_max: Annotated[int, Field(ge=0, le=100)] = 0
    adjust_alone_max: Miles = 0


class PendingTimeoutModel(_Model):
    days: Annotated[int, Field(ge=0, le=3660)]
    then: Literal["none", "posted"]


class ExampleFactsModel(_Model):
    operating: Carrier
    marketing: Carrier | None = None
    booking_class: Annotated[str, StringConstraints(max_length=1)] = ""
    cabin: Annotated[str, StringConstraints(max_length=1)] = ""
    board_point: str
    off_point: str
    flown_on: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] = "2026-01-01"
    fare_basis: str = ""
    ticket: str = ""
    role: Role = "FQTV"
    tier: str = ""


class ExpectModel(_Model):
    award: int | None = None
    qualifying: int | None = None
    segments: int | None = None
    reason: Literal["", "airport_unknown", "class_unknown", "not_earning"] = ""


class ExampleModel(_Model):
    name: Text
    given: ExampleFactsModel
    expect: ExpectModel


class ProgrammeModel(_Model):
    programme: Word
    title: Text
    carriers: Annotated[list[Carrier], Field(min_length=1)]
    distances: DistancesModel
    not_earning: Annotated[list[ExclusionModel], Field(max_length=ROWS_MAX)] = []
    charts: Annotated[list[ChartModel], Field(min_length=1, max_length=ROWS_MAX)]
    accrual: AccrualModel
    tiers: Annotated[list[TierModel], Field(min_length=1, max_length=TIERS_MAX)]
    expiry: ExpiryModel
    policy: PolicyModel
    window: WindowModel
    pending_timeout: PendingTimeoutModel | None = None
    operations: OperationsModel = OperationsModel()
    codeshares: Annotated[list[CodeshareModel], Field(max_length=ROWS_MAX)] = []
    members: MembersModel = MembersModel()
    examples: Annotated[list[ExampleModel], Field(max_length=ROWS_MAX)] = []
