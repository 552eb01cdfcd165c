"""How a coupon was sold: what messages tell of it beside the fare, and what all of them together come to."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from .transactions import CouponReported, ListedPerson


@dataclass(frozen=True, slots=True)
class Sale:
    """What was told of a coupon's sale; "" is "not told". Days are ISO dates; ``surcharges`` and ``taxes`` are decimal
    texts in the currency of the fare that was told with them."""

    brand: str = ""
    passenger_type: str = ""
    channel: str = ""
    booked_on: str = ""
    ticketed_on: str = ""
    surcharges: str = ""
    taxes: str = ""

    def told(self) -> dict[str, str]:
        """What was told, by name."""
        return {name: value for name in _NAMES if (value := getattr(self, name))}


_NAMES = tuple(field.name for field in fields(Sale))
_DAYS = ("booked_on", "ticketed_on")
_MONEY = frozenset({"surcharges", "taxes"})

SOLD_AFTER_DAYS_MAX = 1
"""Days by which a coupon may have been booked or issued after the flight's date: where it is sold it may be tomorrow
already."""

NOTHING_TOLD = Sale()
CHILD = "CHD"
"""The passenger type of whom a list calls a child."""
_OF_A_CHILD = Sale(passenger_type=CHILD)


def sale_of_coupon(report: CouponReported) -> Sale:
    return Sale(
        report.brand,
        report.passenger_type,
        report.channel,
        report.booked_on.isoformat() if report.booked_on else "",
        report.ticketed_on.isoformat() if report.ticketed_on else "",
        report.surcharges_amount,
        report.taxes_amount,
    )


def sale_of_person(person: ListedPerson) -> Sale:
    return _OF_A_CHILD if person.child else NOTHING_TOLD


def impossible_days(sale: Sale, departure_key: str) -> tuple[str, ...]:
    """The names of the days told that can't be true of a flight on that departure: it was over by then. Hosts tell the
    day of a reissue or of settlement for that of the sale. A ticket issued before its flight was booked is good (open
    tickets, changes without reissue)."""
    told = [(name, day) for name in _DAYS if (day := getattr(sale, name))]
    if not told:
        return ()
    flown_on = date.fromisoformat(departure_key.split("/")[2])
    return tuple(
        name for name, day in told if (date.fromisoformat(day) - flown_on).days > SOLD_AFTER_DAYS_MAX
    )


def believed(sale: Sale, departure_key: str) -> Sale:
    """What counts of a sale: an impossible day would choose the rules by which the flight earns, and is as one that
    wasn't told."""
    impossible = impossible_days(sale, departure_key)
    return replace(sale, **dict.fromkeys(impossible, "")) if impossible else sale


def together(told: Sequence[tuple[Sale, str]], currency: str) -> Sale:
    """What sales come to, strongest first, each with the currency of its fare: of each fact the first that was told.
    Whoever is silent about one takes nothing back. Money in another currency than ``currency``, that of the fare which
    counts, is no part of that fare."""
    whole: dict[str, str] = {}
    for sale, its_currency in told:
        if sale == NOTHING_TOLD:
            continue
        for name, value in sale.told().items():
            if name not in _MONEY or its_currency == currency:
                whole.setdefault(name, value)
    return Sale(**whole) if whole else NOTHING_TOLD
