"""Tiers that nobody can be on by counters, because whoever reaches one has reached a higher one too."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from .prover_lists import Finding
from .tiers import Reached, Tier

WAYS_MAX = 2_000
"""Ways to reach one tier; conditions with more are not looked at."""

Counters = Mapping[str, int]


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
    return next((tier for tier in higher if tier.reached_by(counters, residence)), None)


def _ways(condition: Reached) -> Iterator[Counters]:
    """The least counters that meet a condition."""
    if condition.kind == "unit":
        yield {condition.unit: condition.amount}
    elif condition.kind == "any_of":
        for part in condition.parts:
            yield from _ways(part)
    else:
        parts = [list(_ways(part)) for part in condition.parts]
        for number, together in enumerate(product(*parts)):
            if number == WAYS_MAX:
                raise _TooManyWays
            merged: dict[str, int] = {}
            for way in together:
                for unit, amount in way.items():
                    merged[unit] = max(amount, merged.get(unit, 0))
            yield merged
