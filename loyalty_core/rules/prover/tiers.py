"""Tiers that nobody can be on by counters, because whoever reaches one has reached a higher one too."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from ..tiers.ladder import Reached, Tier
from ..tiers.thresholds import Window
from .lists import Finding

WAYS_MAX = 2_000
"""Ways to reach one tier; conditions with more are not looked at."""

Counted = tuple[str, Window | None]
"""A unit and the window in which it is counted: in each it may grow apart from the others."""
Counters = Mapping[Counted, int]


class _TooManyWays(ValueError):
    pass


def unreachable(tiers: Sequence[Tier]) -> Iterator[Finding]:
    """Counters only help: so a tier is reachable where one of the least ways to it reaches no higher one."""
    residences = sorted({"", *(country for tier in tiers for country in tier.by_residence)})
    for rank, tier in enumerate(tiers):
        hiding: dict[str, None] = {}
        for residence in residences:
            try:
                ways = list(_ways(tier.condition(residence)))
            except _TooManyWays:
                break
            above = [_reached(way, tiers[rank + 1 :], residence) for way in ways]
            if ways and None in above:
                break
            hiding.update((higher.rule, None) for higher in above if higher is not None)
        else:
            if not hiding:
                continue  # It is given, not reached.
            text = f"tier {tier.name} is nobody's by counters: all who reach it have reached a higher one"
            yield Finding("unreachable", (tier.rule, *hiding), text)


def _reached(counters: Counters, higher: Sequence[Tier], residence: str) -> Tier | None:
    return next((tier for tier in higher if _holds(tier.condition(residence), counters)), None)


def _holds(condition: Reached, counters: Counters) -> bool:
    if condition.kind == "unit":
        return counters.get((condition.unit, condition.window), 0) >= condition.amount
    parts = (_holds(part, counters) for part in condition.parts)
    return any(parts) if condition.kind == "any_of" else all(parts)


def _ways(condition: Reached) -> Iterator[Counters]:
    """The least counters that meet a condition."""
    if condition.kind == "unit":
        yield {(condition.unit, condition.window): condition.amount}
    elif condition.kind == "any_of":
        for part in condition.parts:
            yield from _ways(part)
    else:
        parts = [list(_ways(part)) for part in condition.parts]
        for number, together in enumerate(product(*parts)):
            if number == WAYS_MAX:
                raise _TooManyWays
            merged: dict[Counted, int] = {}
            for way in together:
                for counted, amount in way.items():
                    merged[counted] = max(amount, merged.get(counted, 0))
            yield merged
