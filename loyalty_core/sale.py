"""How a coupon was sold: what messages tell of it beside the fare, and what all of them together come to."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

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
_MONEY = frozenset({"surcharges", "taxes"})

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
