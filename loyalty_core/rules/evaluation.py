"""What comes of an evaluation: amounts, or the reason for none, and every step on request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

from ..outcomes import Reason
from .case import Note
from .charts import Row

_NOTHING: Mapping[str, int] = MappingProxyType({})
_NOTHING_ADDED: Mapping[str, Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a calculation: ``rule`` is the line that asked for it, as ``demo.yaml:41``."""

    name: str
    text: str
    rule: str


class Evaluation(NamedTuple):
    """What a coupon earns, in whole units, and why.

    ``amounts``: unit → whole units, without zeros; ``award`` includes bonus and promotions. With a ``reason`` nothing
    is earned; ``field`` is the field of Facts in which the reason lies. ``row`` and ``miles`` are what was found on
    the way, None and -1 where nothing was. ``promoted``: promotion → unit → what it added, rounded up. (A tuple: one is
    made for every coupon, and a frozen dataclass costs more.)
    """

    amounts: Mapping[str, int]
    reason: Reason = Reason.NONE
    field: str = ""
    notes: tuple[Note, ...] = ()
    row: Row | None = None
    miles: int = -1
    promoted: Mapping[str, Mapping[str, int]] = _NOTHING_ADDED

    @property
    def trace(self) -> tuple[Step, ...]:
        """The steps, whose texts are made now."""
        return tuple(Step(name, text(*values), rule) for name, rule, text, values in self.notes)

    @property
    def award(self) -> int:
        return self.amounts.get("award", 0)

    @property
    def qualifying(self) -> int:
        return self.amounts.get("qualifying", 0)

    @property
    def segments(self) -> int:
        return self.amounts.get("segments", 0)

    def percent(self, unit: str) -> Fraction:
        """The row's percent for a unit, 0 where there is no row."""
        n, d = self.row.percent_for(unit) if self.row else (0, 1)
        return Fraction(100 * n, d)

    def rate(self, unit: str) -> Fraction:
        n, d = self.row.rate_for(unit) if self.row else (0, 1)
        return Fraction(n, d)


def nothing(
    reason: Reason, field: str, notes: Iterable[Note], row: Row | None = None, miles: int = -1
) -> Evaluation:
    return Evaluation(_NOTHING, reason, field, tuple(notes), row, miles)
