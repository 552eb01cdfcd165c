"""Exact amounts: a value on its way through a calculation is a pair of whole numbers, numerator and denominator.

Pairs are not reduced on the way: that would cost more than it saves, and steps are few. All amounts are 0 or more.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

Exact = tuple[int, int]
"""Numerator and denominator; the denominator is above 0."""

PLACES = 4
"""Places after the point at which a value that has more is cut for people."""


def _half_up(n: int, d: int) -> int:
    return (2 * n + d) // (2 * d)


def _half_even(n: int, d: int) -> int:
    whole, rest = divmod(n, d)
    return whole + (2 * rest > d or (2 * rest == d and whole % 2 == 1))


def _floor(n: int, d: int) -> int:
    return n // d


def _ceil(n: int, d: int) -> int:
    return -(-n // d)


ROUNDINGS: Mapping[str, Callable[[int, int], int]] = {
    "half_up": _half_up,
    "half_even": _half_even,
    "floor": _floor,
    "ceil": _ceil,
}
"""Rounding modes by the names that definitions use."""


def exact(value: Decimal | Fraction | int) -> Exact:
    """The same value as a pair."""
    return value.as_integer_ratio()


def percent_of(value: Decimal | Fraction | int) -> Exact:
    """So many percent as a factor: 12.5 gives 1/8."""
    n, d = value.as_integer_ratio()
    n, d = Fraction(n, d * 100).as_integer_ratio()
    return n, d


def shown(n: int, d: int = 1) -> str:
    """A value for people: 1267.5, 0.3333…"""
    if n % d == 0:
        return str(n // d)
    whole, rest = divmod(n * 10**PLACES, d)
    text = f"{whole // 10**PLACES}.{whole % 10**PLACES:0{PLACES}}"
    return text + "…" if rest else text.rstrip("0")
