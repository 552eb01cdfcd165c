"""Two programmes over the same recorded traffic: what each member would have got by either, and what would be owed.

A member's credits are taken in order of days, as the books do it: flights of a day are priced by the tier of its
morning, and count for tiers in its evening. Each programme follows its own rules of tiers (those of its newest version,
as at work), starting from the tiers that staff gave. Members come and go one by one, so nothing is kept but sums.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .facts import Facts, Standing
from .tiers.over_time import StandingRules, standing_rules
from .tiers.spells import Flown, Given, spell_on, tier_before

if TYPE_CHECKING:
    from ..programme import Programme

STEPS = (-10_000, -1_000, -100, 0, 1, 101, 1_001, 10_001)
"""Where classes of change of a member's award begin: 0 is nobody's loss and nobody's gain."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the books hold of one member: ``credits`` (facts, award) in order of days; ``spent``: award units that came
    from flights and are gone by redemption, transfer or correction."""

    number: str
    standing: Callable[[date], Standing]
    """By day, without tier."""
    residence: str
    """As it is known now: thresholds of tiers hang on that."""
    enrolled_on: date | None
    given: Sequence[Given]
    credits: Sequence[tuple[Facts, int]]
    spent: int


@dataclass(frozen=True, slots=True)
class Side:
    """What one programme makes of a member's traffic. ``open``: last day of validity as ISO text ("" for ever) → award
    units that can be spent; ``owed``: spent without cover. ``reasons``: why credits got nothing."""

    amounts: Mapping[str, int]
    tier: str
    open: Mapping[str, int]
    owed: int
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Compared:
    """One member by both; ``recorded``: award units as the books hold them."""

    number: str
    credits: int
    recorded: int
    a: Side
    b: Side

    @property
    def change(self) -> int:
        return self.b.amounts.get("award", 0) - self.a.amounts.get("award", 0)


class _Pricing:
    def __init__(self, programme: "Programme") -> None:
        self._programme = programme
        self._rules: StandingRules = standing_rules(programme.versions)
        self._names = frozenset(tier.name for version in programme.versions for tier in version.tiers)

    def side(self, traffic: Traffic, on: date) -> Side:
        given = [one for one in traffic.given if one.tier in self._names]
        days: list[tuple[date, Mapping[str, int]]] = []
        flown = Flown(days, given, traffic.residence, traffic.enrolled_on)
        totals: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        lots: list[tuple[str, int]] = []
        for day, of_day in groupby(traffic.credits, key=lambda credit: credit[0].flown_on):
            tier = tier_before(self._rules.spells(flown), day)
            standing = replace(traffic.standing(day), tier=tier)
            counted: Counter[str] = Counter()
            for facts, _ in of_day:
                found = self._programme.evaluate(facts, standing)
                counted.update(found.amounts)
                if found.reason.value:
                    reasons[found.reason.value] += 1
            totals.update(counted)
            if award := counted.pop("award", 0):
                ends = self._programme.expires_on(day, standing)
                lots.append((ends.isoformat() if ends else "", award))
            if counted:
                days.append((day, dict(counted)))
        tier = spell_on(self._rules.spells(flown), on).tier
        still_open, owed = _open(lots, traffic.spent, on.isoformat())
        return Side(dict(totals), tier, still_open, owed, dict(reasons))


def _open(lots: Sequence[tuple[str, int]], spent: int, today: str) -> tuple[dict[str, int], int]:
    """What is left of lots once what expires first was spent first, and what was spent beyond them."""
    left: dict[str, int] = {}
    for ends, amount in sorted(lots, key=lambda lot: lot[0] or "9999"):
        used = min(spent, amount)
        spent -= used
        if amount > used and (not ends or ends >= today):
            left[ends] = left.get(ends, 0) + amount - used
    return left, spent


def compare(a: "Programme", b: "Programme", members: Iterable[Traffic], on: date) -> Iterator[Compared]:
    """Each member by both programmes, as they stand on a day."""
    one, other = _Pricing(a), _Pricing(b)
    for traffic in members:
        recorded = sum(award for _, award in traffic.credits)
        yield Compared(
            traffic.number, len(traffic.credits), recorded, one.side(traffic, on), other.side(traffic, on)
        )


@dataclass(slots=True)
class Summary:
    """Sums over all members; ``top`` winners and losers are kept by name. ``as_recorded``: members for whom A gives the
    award that the books hold."""

    top: int
    members: int = 0
    credits: int = 0
    recorded: int = 0
    as_recorded: int = 0
    win: int = 0
    lose: int = 0
    totals: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    open: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    owed: list[int] = field(default_factory=lambda: [0, 0])
    reasons: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    classes: Counter[int] = field(default_factory=Counter)
    _winners: list[tuple[int, str, Compared]] = field(default_factory=list)
    _losers: list[tuple[int, str, Compared]] = field(default_factory=list)

    def add(self, one: Compared) -> None:
        self.members += 1
        self.credits += one.credits
        self.recorded += one.recorded
        self.as_recorded += one.recorded == one.a.amounts.get("award", 0)
        change = one.change
        self.win += change > 0
        self.lose += change < 0
        self.classes[max((step for step in STEPS if step <= change), default=STEPS[0] - 1)] += 1
        self.moves[one.a.tier, one.b.tier] += 1
        for number, side in enumerate((one.a, one.b)):
            self.totals[number].update(side.amounts)
            self.reasons[number].update(side.reasons)
            self.owed[number] += side.owed
            for ends, amount in side.open.items():
                self.open[number][ends[:4]] += amount
        for kept, size in ((self._winners, change), (self._losers, -change)):
            if size > 0 and self.top:
                heapq.heappush(kept, (size, one.number, one))
                if len(kept) > self.top:
                    heapq.heappop(kept)

    @property
    def winners(self) -> list[Compared]:
        """Those who win most first."""
        return [one for _, _, one in sorted(self._winners, reverse=True)]

    @property
    def losers(self) -> list[Compared]:
        return [one for _, _, one in sorted(self._losers, reverse=True)]

    def as_data(self) -> dict[str, Any]:
        """Plain values: sums by side, changes, moves of tiers, liability by the year in which it ends ("" for ever)."""
        units = dict.fromkeys(unit for side in self.totals for unit in sorted(side))
        years = sorted({year for side in self.open for year in side}, key=lambda year: year or "9999")
        return {
            "members": self.members,
            "credits": self.credits,
            "recorded_award": self.recorded,
            "members_as_recorded_by_a": self.as_recorded,
            "units": {unit: _sides(self.totals[0][unit], self.totals[1][unit]) for unit in units},
            "win": self.win,
            "lose": self.lose,
            "same": self.members - self.win - self.lose,
            "changes": [
                {
                    "from": low,
                    "below": high,
                    "members": self.classes[low if low is not None else STEPS[0] - 1],
                }
                for low, high in zip((None, *STEPS), (*STEPS, None), strict=True)
            ],
            "tiers": [
                {"a": before, "b": after, "members": count}
                for (before, after), count in sorted(self.moves.items())
            ],
            "liability": {
                "open": _sides(sum(self.open[0].values()), sum(self.open[1].values())),
                "owed": _sides(*self.owed),
                "by_year": {year: _sides(self.open[0][year], self.open[1][year]) for year in years},
            },
            "earning_nothing": {
                reason: _sides(self.reasons[0][reason], self.reasons[1][reason])
                for reason in sorted({*self.reasons[0], *self.reasons[1]})
            },
            "winners": [member_data(one) for one in self.winners],
            "losers": [member_data(one) for one in self.losers],
        }


def _sides(a: int, b: int) -> dict[str, int]:
    return {"a": a, "b": b, "change": b - a}


def member_data(one: Compared) -> dict[str, Any]:
    """A row of a member."""
    return {
        "member": one.number,
        "credits": one.credits,
        "recorded_award": one.recorded,
        "award_a": one.a.amounts.get("award", 0),
        "award_b": one.b.amounts.get("award", 0),
        "change": one.change,
        "tier_a": one.a.tier,
        "tier_b": one.b.tier,
        "open_a": sum(one.a.open.values()),
        "open_b": sum(one.b.open.values()),
    }
