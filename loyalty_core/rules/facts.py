"""What an evaluation is asked about: a flown coupon, and the member's standing at the date of the flight."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

AGE_UNKNOWN = -1
_NOTHING: Mapping[str, int] = MappingProxyType({})
_NOTHING_LEFT: Mapping[str, Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one flown coupon; "" and None are "not told".

    ``class_is_cabin``: ``booking_class`` holds a cabin letter, because the lists were grouped by cabin. Flight numbers
    are as messages write them, with the suffix (``451``, ``451D``). ``price`` is the fare of this coupon in
    ``currency``, without ``surcharges`` and ``taxes``. ``distance``: miles that stand for those of the table;
    ``percent``: what stands where the programme doesn't know the percent of the fare. ``age``: full years of who flew,
    where the flight goes to somebody else's account; AGE_UNKNOWN where nobody knows them.
    """

    operating_carrier: str
    marketing_carrier: str
    booking_class: str
    class_is_cabin: bool
    board_point: str
    off_point: str
    flown_on: date
    fare_basis: str = ""
    ticket: str = ""
    role: str = "FQTV"
    operating_number: str = ""
    marketing_number: str = ""
    brand: str = ""
    passenger_type: str = ""
    channel: str = ""
    booked_on: date | None = None
    ticketed_on: date | None = None
    price: Decimal | None = None
    currency: str = ""
    surcharges: Decimal | None = None
    taxes: Decimal | None = None
    distance: int | None = None
    percent: Decimal | None = None
    age: int | None = None


GROUP = r"[A-Za-z0-9А-Яа-я][A-Za-z0-9А-Яа-я_.+-]{0,59}"
"""The name of a target group; without blanks, which part such names where several stand together."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The member at the date of the flight; an unknown tier counts as the base tier.

    ``earned_on_flight``: unit → what the member's other coupons of the same flight number and date got. ``left``:
    promotion → unit → what its budget and the member's own limit leave; a promotion that is not named there is not used
    up at all.
    """

    tier: str = ""
    residence: str = ""
    born: date | None = None
    groups: frozenset[str] = frozenset()
    earned_on_flight: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    left: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: _NOTHING_LEFT)

    def age_on(self, day: date) -> int | None:
        """Full years on a day; who was born on 29 February has the birthday on 1 March in other years."""
        if self.born is None:
            return None
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


_DATES = ("flown_on", "booked_on", "ticketed_on")
_DECIMALS = ("price", "surcharges", "taxes", "percent")
_ALWAYS = 10
"""The first fields of Facts are always written, the others where they are told."""
_NAMES = tuple(each.name for each in fields(Facts))


def facts_json(facts: Facts) -> dict[str, object]:
    """Facts as plain values for the books; what isn't told is left out, dates and money are texts."""
    written: dict[str, object] = {}
    for number, name in enumerate(_NAMES):
        value = getattr(facts, name)
        if number >= _ALWAYS and (value is None or value == ""):
            continue
        if name in _DECIMALS:
            value = str(value)
        elif isinstance(value, date):
            value = value.isoformat()
        written[name] = value
    return written


def read_facts_json(value: Mapping[str, Any]) -> Facts:
    """Facts as ``facts_json`` wrote them."""
    read = dict(value)
    for name in _DATES:
        if name in read:
            read[name] = date.fromisoformat(read[name])
    for name in _DECIMALS:
        if name in read:
            read[name] = Decimal(read[name])
    return Facts(**read)
