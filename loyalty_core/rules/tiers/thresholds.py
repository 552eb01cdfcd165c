"""Conditions of tiers over counters: ``any_of`` and ``all_of`` of thresholds, each with a window of its own if need be.

A condition asks for totals by ``Total``: a function of a unit and a window that says what the member's flights gave
within it. So a condition knows nothing of days, and whoever keeps the days knows nothing of conditions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Which flights count: ``months`` back from the day looked at, or those of so many qualification ``periods``, the
    one at hand included (0: no bound). With ``after`` only those after the day on which this tier was last reached, and
    only until so many ``months`` later; then it counts nothing."""

    months: int = 0
    after: str = ""
    periods: int = 0


EVER = Window()
PERIOD: None = None
"""The window of a threshold that names none: the qualification period."""

Total = Callable[[str, Window | None], int]
"""(unit, window) -> what counts; the window None is the qualification period."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """At least ``amount`` whole units of one counter."""

    unit: str
    amount: int
    window: Window | None = PERIOD

    def reached(self, total: Total) -> bool:
        return total(self.unit, self.window) >= self.amount

    def taken(self, unit: str, total: Total) -> int:
        """How much of a unit it took to reach this: 0 where it doesn't hang on that unit."""
        return self.amount if unit == self.unit and self.reached(total) else 0

    def thresholds(self) -> Iterator["Threshold"]:
        yield self


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple["Condition", ...]

    def reached(self, total: Total) -> bool:
        return all(part.reached(total) for part in self.parts)

    def taken(self, unit: str, total: Total) -> int:
        return max((part.taken(unit, total) for part in self.parts), default=0) if self.reached(total) else 0

    def thresholds(self) -> Iterator[Threshold]:
        for part in self.parts:
            yield from part.thresholds()


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]

    def reached(self, total: Total) -> bool:
        return any(part.reached(total) for part in self.parts)

    def taken(self, unit: str, total: Total) -> int:
        # Of several ways in which it was reached the one that takes least.
        return min((amount for part in self.parts if (amount := part.taken(unit, total))), default=0)

    def thresholds(self) -> Iterator[Threshold]:
        for part in self.parts:
            yield from part.thresholds()


Condition = Threshold | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class TierRule:
    """How a tier is reached; ``reached`` None: it is never reached by flying, only given. ``by_residence``: country ->
    the condition for those who live there."""

    name: str
    reached: Condition | None = None
    by_residence: Mapping[str, Condition] | None = None

    def condition(self, residence: str) -> Condition | None:
        return (self.by_residence or {}).get(residence, self.reached)

    def amount_of(self, unit: str, residence: str) -> int:
        """The smallest amount of this unit that the tier's condition names; 0 where it names none."""
        condition = self.condition(residence)
        amounts = [one.amount for one in condition.thresholds() if one.unit == unit] if condition else []
        return min(amounts, default=0)
