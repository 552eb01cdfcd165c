"""The shape of a programme definition, checked before it is compiled; programmes/README.md explains it."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from .accrual import AccrualShape, PromotionShape
from .member import (
    CompensationShape,
    ConversionShape,
    ExpiryShape,
    GrantShape,
    MigrationShape,
    QualificationShape,
    RetroShape,
    TierShape,
)
from .organisation import (
    CodeshareShape,
    MembersShape,
    OperationsShape,
    PendingTimeoutShape,
    PolicyShape,
    UnitOrNothing,
    WindowShape,
)
from .when import WhenShape
from .words import (
    ROWS_MAX,
    TIERS_MAX,
    UNITS_MAX,
    VERSIONS_MAX,
    Carrier,
    Country,
    Currency,
    Day,
    Group,
    Letter,
    Miles,
    Money,
    Name,
    Pair,
    Percent,
    PercentOrUnknown,
    Place,
    Rate,
    RateOrUnknown,
    Role,
    Shape,
    Stock,
    Text,
    TierName,
    Word,
    listed,
)

Priority = Annotated[int, Field(ge=-1000, le=1000)]


class DistanceRowShape(Shape):
    """``since``: the flight date from which the row counts, in place of the pair's earlier ones."""

    from_: Annotated[Place, Field(alias="from")]
    to: Place
    miles: Annotated[int, Field(ge=1, le=13_000)]
    since: Day | None = None


class DistancesShape(Shape):
    """``rows`` are those of the table named by ``file``; ``pairs`` stand instead of rows for the same two places."""

    name: Text
    rows: Annotated[list[DistanceRowShape], Field(max_length=ROWS_MAX)] = []
    pairs: Annotated[dict[Pair, Annotated[int, Field(ge=1, le=13_000)]], Field(max_length=ROWS_MAX)] = {}
    cities: dict[Place, Place] = {}
    otherwise: Literal["great_circle", "unknown"] = "great_circle"


class ZoneShape(Shape):
    """A group of places; ``zones`` are others that belong to it."""

    countries: list[Country] = []
    places: list[Place] = []
    zones: list[Word] = []
    except_: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}$")]], Field(alias="except")
    ] = []


class ConditionalShape(Shape):
    when: WhenShape = WhenShape()
    unless: WhenShape | None = None
    priority: Priority = 0


class OperatorShape(ConditionalShape):
    as_: Annotated[Carrier, Field(alias="as")]


class AgreementShape(ConditionalShape):
    chart_of: Literal["operating", "marketing", "ticketing"]


class BookingClassShape(ConditionalShape):
    letter: Annotated[str, StringConstraints(pattern=r"^([A-Z]|fare_basis)$")]


class FareShape(ConditionalShape):
    fare: Name


class ExclusionShape(Shape):
    when: WhenShape
    unless: WhenShape | None = None
    why: Text


def _by_unit(value: Any) -> Any:
    """A number counts for every unit ("*"); a list holds one value for each column."""
    if isinstance(value, dict):
        return {unit: listed(each) for unit, each in value.items()}
    return {"*": listed(value)}


def _lists(value: Any) -> Any:
    return {unit: listed(each) for unit, each in value.items()} if isinstance(value, dict) else value


Unit = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9_]{0,39})$")]
Percents = Annotated[dict[Unit, list[PercentOrUnknown | None]], BeforeValidator(_by_unit)]
Rates = Annotated[dict[Unit, list[RateOrUnknown | None]], BeforeValidator(_by_unit)]
Amounts = Annotated[dict[Word, list[Miles | None]], BeforeValidator(_lists)]


class RowShape(WhenShape):
    """Conditions and what a flight gets by them; a percent or rate can be ``unknown``, and ``note`` is said in the
    trace."""

    unless: WhenShape | None = None
    priority: Priority = 0
    percent: Percents | None = None
    amounts: Amounts | None = None
    rate: Rates | None = None
    note: Text | None = None


def _columns(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {
        word: [listed(one) for one in each] if isinstance(each, list) else each
        for word, each in value.items()
    }


class ColumnsShape(Shape):
    """The word whose values head the columns, one of them."""

    carriers: list[list[Carrier]] | None = None
    classes: list[list[Letter]] | None = None
    cabins: list[list[Letter]] | None = None
    fares: list[list[Name]] | None = None
    brands: list[list[Text]] | None = None
    tiers: list[list[TierName]] | None = None


class ChartShape(ConditionalShape):
    name: Text
    columns: Annotated[ColumnsShape | None, BeforeValidator(_columns)] = None
    rows: Annotated[list[RowShape], Field(max_length=ROWS_MAX)] = []
    otherwise: Literal["unknown", "nothing"] | None = None
    accrual: AccrualShape | None = None


class ExampleGivenShape(Shape):
    operating: Carrier
    marketing: Carrier | None = None
    class_: Annotated[str, Field(alias="class"), StringConstraints(max_length=1)] = ""
    cabin: Annotated[str, StringConstraints(max_length=1)] = ""
    from_: Annotated[str, Field(alias="from")]
    to: str
    flight: str = ""
    marketing_flight: str = ""
    flown_on: Day | None = None
    booked_on: Day | None = None
    ticketed_on: Day | None = None
    fare_basis: str = ""
    brand: str = ""
    ticket: Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)] = ""
    role: Role = "FQTV"
    passenger_type: str = ""
    channel: str = ""
    distance: Annotated[int | None, Field(ge=0, le=13_000)] = None
    percent: Percent | None = None
    price: Money | None = None
    currency: Currency | None = None
    surcharges: Money | None = None
    taxes: Money | None = None
    tier: str = ""
    residence: Country | None = None
    age: Annotated[int | None, Field(ge=0, le=150)] = None
    groups: list[Group] = []
    earned_on_flight: dict[Word, Miles] = {}


class ExampleMemberShape(Shape):
    """Whom an example without a coupon speaks of; either ``age`` or ``born``."""

    tier: str = ""
    residence: Country | None = None
    age: Annotated[int | None, Field(ge=0, le=150)] = None
    born: Day | None = None
    groups: list[Group] = []


class ExampleEventShape(Shape):
    """Enrolment, first flight, birthday, or a mishap of a compensation's kind."""

    kind: Word
    on: Day
    minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    channel: str = ""
    operating: Carrier | None = None
    from_: Annotated[str, Field(alias="from")] = ""
    to: str = ""


class ExampleClaimShape(Shape):
    flown_on: Day
    claimed_on: Day
    enrolled_on: Day | None = None


Found = dict[Unit, Rate]


class ExampleShape(Shape):
    """A coupon (``given``), counters (``standing``), a day of earning (``earned_on``), what happened (``event``),
    amounts on the day of a migration (``migrated``) or a conversion (``converted``), a claim, flights over time
    (``history``), and what comes of it."""

    name: Text
    given: ExampleGivenShape | None = None
    standing: dict[str, Any] | None = None
    earned_on: Day | None = None
    last_activity: Day | None = None
    event: ExampleEventShape | None = None
    migrated: dict[str, Any] | None = None
    converted: dict[str, Any] | None = None
    claim: ExampleClaimShape | None = None
    history: dict[str, Any] | None = None
    member: ExampleMemberShape | None = None
    expect: dict[str, Any]


class VersionedShape(Shape):
    """The sections that a version may have."""

    distances: DistancesShape | None = None
    zones: dict[Word, ZoneShape] | None = None
    operators: Annotated[list[OperatorShape] | None, Field(max_length=ROWS_MAX)] = None
    agreements: Annotated[list[AgreementShape] | None, Field(max_length=ROWS_MAX)] = None
    stocks: dict[Stock, Carrier] | None = None
    booking_class: Annotated[list[BookingClassShape] | None, Field(max_length=ROWS_MAX)] = None
    fares: Annotated[list[FareShape] | None, Field(max_length=ROWS_MAX)] = None
    not_earning: Annotated[list[ExclusionShape] | None, Field(max_length=ROWS_MAX)] = None
    charts: Annotated[list[ChartShape] | None, Field(min_length=1, max_length=ROWS_MAX)] = None
    accrual: AccrualShape | None = None
    tiers: Annotated[list[TierShape] | None, Field(min_length=1, max_length=TIERS_MAX)] = None
    qualification: QualificationShape | None = None
    expiry: Annotated[
        list[ExpiryShape] | None, BeforeValidator(lambda value: value if value is None else listed(value))
    ] = None
    promotions: Annotated[list[PromotionShape] | None, Field(max_length=1000)] = None
    grants: Annotated[list[GrantShape] | None, Field(max_length=1000)] = None
    compensations: Annotated[list[CompensationShape] | None, Field(max_length=1000)] = None
    migrations: Annotated[list[MigrationShape] | None, Field(max_length=1000)] = None
    retro: RetroShape | None = None
    conversions: Annotated[list[ConversionShape] | None, Field(max_length=1000)] = None
    currencies: dict[Currency, Rate | dict[str, Rate]] | None = None


SECTIONS = tuple(VersionedShape.model_fields)


class VersionShape(VersionedShape):
    from_: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None
    chosen_by: Literal["flight_date", "booking_date", "ticketing_date"] = "flight_date"


class ProgrammeShape(VersionedShape):
    programme: Word
    title: Text
    carriers: Annotated[list[Carrier], Field(min_length=1)]
    units: Annotated[dict[Word, UnitOrNothing], Field(min_length=1, max_length=UNITS_MAX)] | None = None
    policy: PolicyShape
    window: WindowShape
    pending_timeout: PendingTimeoutShape | None = None
    operations: OperationsShape = OperationsShape()
    codeshares: Annotated[list[CodeshareShape], Field(max_length=ROWS_MAX)] = []
    members: MembersShape = MembersShape()
    versions: Annotated[list[VersionShape], Field(max_length=VERSIONS_MAX)] = []
    examples: Annotated[list[ExampleShape], Field(max_length=ROWS_MAX)] = []
