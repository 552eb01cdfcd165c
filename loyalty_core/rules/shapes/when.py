"""The shape of conditions: the closed vocabulary of ``when`` and ``unless``."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from .words import (
    Carrier,
    Country,
    Day,
    Flights,
    Group,
    Letter,
    Name,
    PlaceOrZone,
    Role,
    Shape,
    Stock,
    Text,
    TierName,
    Weekday,
    Word,
    listed,
)


class FareBasisShape(Shape):
    """Patterns of the fare basis; all kinds that are given must hold. ``suffix`` looks before the ticket designator
    (``Y1FL/CD10`` ends in FL). ``letters``: position from 1 → letters."""

    prefix: list[Text] = []
    suffix: list[Text] = []
    contains: list[Text] = []
    letters: dict[Annotated[int, Field(ge=1, le=15)], Annotated[list[Text], Field(min_length=1)]] = {}


class RangeShape(Shape):
    """From (inclusive) and below (exclusive)."""

    from_: Annotated[int | None, Field(alias="from", ge=0, le=100_000)] = None
    below: Annotated[int | None, Field(ge=1, le=100_000)] = None


class DaysShape(Shape):
    """Days from … until …, both inclusive."""

    from_: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None


def _ends(value: Any) -> Any:
    return [listed(each) for each in value] if isinstance(value, list) else value


Places = Annotated[list[PlaceOrZone], BeforeValidator(listed), Field(min_length=1)]
Ends = Annotated[list[list[PlaceOrZone]], BeforeValidator(_ends), Field(min_length=2, max_length=2)]


class WhenShape(Shape):
    """Conditions on a flight and on the member; all that are given must hold."""

    carriers: list[Carrier] | None = None
    operating: list[Carrier] | None = None
    marketing: list[Carrier] | None = None
    classes: list[Letter] | None = None
    cabins: list[Letter] | None = None
    fares: list[Name] | None = None
    brands: list[Text] | None = None
    fare_basis: FareBasisShape | None = None
    ticket_stock: list[Stock] | None = None
    roles: list[Role] | None = None
    passenger_types: list[Name] | None = None
    flights: list[Flights] | None = None
    between: Ends | None = None
    from_: Annotated[Places | None, Field(alias="from")] = None
    to: Places | None = None
    within_zone: list[Word] | None = None
    domestic: bool | None = None
    miles: RangeShape | None = None
    dates: DaysShape | None = None
    booked: DaysShape | None = None
    ticketed: DaysShape | None = None
    weekdays: list[Weekday] | None = None
    tiers: list[TierName] | None = None
    residence: list[Country] | None = None
    age: RangeShape | None = None
    groups: list[Group] | None = None
    channels: list[Name] | None = None


WORDS = tuple(field.alias or name for name, field in WhenShape.model_fields.items())
"""The vocabulary, as definitions write it."""
