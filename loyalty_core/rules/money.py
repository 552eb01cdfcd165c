"""What a coupon cost, in the programme's money: parts of the price, and currencies by date."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .case import Case
from .conditions import Path
from .exact import Exact, exact, shown

if TYPE_CHECKING:
    from .sources import Reader

_PARTS: Mapping[str, tuple[str, ...]] = {
    "fare": ("price",),
    "fare_and_surcharges": ("price", "surcharges"),
    "total": ("price", "surcharges", "taxes"),
}

RATES_MAX = 10_000
"""Dates of one currency."""


@dataclass(frozen=True, slots=True)
class Currencies:
    """Currency → days (ascending) and the value of one from each of them on, in the programme's money. Without any,
    prices are taken as they are told."""

    rates: Mapping[str, tuple[tuple[date, ...], tuple[Exact, ...], tuple[str, ...]]]

    def price(self, case: Case, of: str) -> tuple[Exact, str, str] | None:
        """The price or a part of it, a text and the rule of the rate; None where it isn't known."""
        facts = case.facts
        if facts.price is None:
            return None
        told = [getattr(facts, part) for part in _PARTS[of]]
        missing = [part for part, value in zip(_PARTS[of], told, strict=True) if value is None]
        rest = f", {' and '.join(missing)} not told" if missing else ""
        total = sum((part for part in told if part is not None), Decimal(0))
        if not self.rates:
            n, d = exact(total)
            return (n, d), f"{total} {facts.currency}".rstrip() + rest, ""
        days, values, rules = self.rates.get(facts.currency, ((), (), ()))
        at = bisect_right(days, case.rule_date)
        if not at:
            return None
        n, d = exact(total)
        rate_n, rate_d = values[at - 1]
        n, d = n * rate_n, d * rate_d
        text = f"{total} {facts.currency}"
        if rate_n != rate_d:
            text += f" at {shown(rate_n, rate_d)} = {shown(n, d)}"
        return (n, d), text + rest, rules[at - 1]


def compile_currencies(models: Mapping[str, Any] | None, path: Path, reader: "Reader") -> Currencies:
    rates = {}
    for currency, model in (models or {}).items():
        place = (*path, currency)
        if not isinstance(model, dict):
            rates[currency] = ((date.min,), (exact(model),), (reader.rule(*place),))
            continue
        dated = []
        for day, value in model.items():
            try:
                dated.append((date.fromisoformat(day), exact(value), reader.rule(*place, day)))
            except ValueError:
                reader.complain("bad_value", f'"{day}" is no date', *place, day)
        if not model or len(model) > RATES_MAX:
            reader.complain("bad_value", f"between 1 and {RATES_MAX} dates belong here", *place)
        dated.sort(key=lambda each: each[0])
        if dated:
            days, values, rules = zip(*dated, strict=True)
            rates[currency] = (tuple(days), tuple(values), tuple(rules))
    return Currencies(rates)
