"""Promotions: what is added to a coupon for a while, for some, up to a budget.

What a budget and the member's own limit leave is told by the standing; which promotions hold, in which order, and
whether they may meet, is decided here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .case import Case
from .conditions import Test
from .exact import Exact


@dataclass(frozen=True, slots=True)
class Addition:
    """``value`` is what is added, from the case and the value so far."""

    value: Callable[[Case, int, int], Exact]
    zero_stays: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Promotion:
    """``adds``: unit → what; ``at_most``: unit → what one member can get in all; ``budget``: unit → what all together
    can; ``stacks``: with others that hold."""

    name: str
    test: Test | None
    adds: Mapping[str, Addition]
    at_most: Mapping[str, int]
    budget: Mapping[str, int]
    order: int
    stacks: bool
    rule: str

    @property
    def limited(self) -> bool:
        """Does it end with a budget, or with what one member can get?"""
        return bool(self.budget or self.at_most)


@dataclass(frozen=True, slots=True)
class Promotions:
    """All of a version, by order."""

    all: tuple[Promotion, ...] = ()

    def of(self, case: Case) -> tuple[Promotion, ...]:
        """Those that hold: the first, and with it the later ones as long as all of them stack."""
        if not self.all:
            return ()
        if case.promotions is None:
            chosen: list[Promotion] = []
            for one in self.all:
                if chosen and not (one.stacks and chosen[-1].stacks):
                    continue
                if one.test is None or one.test(case):
                    chosen.append(one)
            case.promotions = tuple(chosen)
        return case.promotions
