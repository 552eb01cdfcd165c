"""One member's days as they go by: counters grow, tiers are reached, last, and end. What was given plays no part here;
``spells`` joins the two.

Rules may change as days go by (``Stage``). What happens on a day is by the rules of that day: what is reached, how long
it lasts, what comes after it. On the morning on which rules begin, what counts in the period at hand is judged by them;
tiers held last as they were promised. A period that ends as they begin leaves to the next what the old rules say. Where
the new rules count by other periods, theirs begins as if it had always been so, with what was flown in it (what was
taken off for a tier stays off, what was carried is gone).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from .calendar import DAY, FOREVER, Period, TierCalendar, add_months
from .thresholds import Condition, TierRule, Window

Why = Literal["from the start", "reached", "given", "soft landing", "still valid", "ended"]

Days = Sequence[tuple[date, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on another level; ``flown``: from its evening, otherwise from its morning."""

    since: date
    level: int
    why: Why
    flown: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """Rules that hold from the morning of a day until other ones begin. ``tiers`` go upwards from the base tier."""

    since: date
    tiers: Sequence[TierRule]
    calendar: TierCalendar


@dataclass(frozen=True, slots=True)
class _Held:
    until: date
    why: Why


class Life:
    """Used once, by one of ``lived`` and ``counted_by``. ``stages`` follow one another, the first holds from the
    start; ``ladder``: the names of all their tiers from the base tier upwards, a level is a place in it."""

    def __init__(
        self, stages: Sequence[Stage], ladder: Sequence[str], residence: str, enrolled_on: date | None
    ) -> None:
        self._ladder, self._residence, self._enrolled_on = ladder, residence, enrolled_on
        self._later = deque(stages)
        self._conditions: list[Condition | None] = []
        self._own: list[int] = []
        """The levels that the rules at hand have."""
        self._take_rules(self._later.popleft())
        self._anchor = enrolled_on
        self._period: Period | None = None
        self._recent: deque[tuple[date, Mapping[str, int]]] = deque()
        """Of rolling periods what may still leave them."""
        self._counts: dict[str, int] = {}
        """What counts in the period at hand."""
        self._past: list[tuple[date, Mapping[str, int]]] = []
        """All flights so far, for thresholds with windows of their own."""
        self._today = date.min
        self._reached_on: dict[str, date] = {}
        self._best = 0
        """The highest level reached, or reached again, in this period."""
        self._paid = False
        """Was its threshold taken off?"""
        self._left: tuple[date, Mapping[str, int]] | None = None
        """When a threshold was last taken off, and what was left of the units it was taken off."""
        self._held: dict[int, _Held] = {}
        self._level = 0
        self._changes = [Change(date.min, 0, "from the start")]

    def lived(self, days: Days) -> list[Change]:
        """All changes, those included that come by themselves after the last flight."""
        self._fly(days)
        self._mornings(FOREVER)
        return self._changes

    def counted_by(self, day: date, days: Days) -> tuple[Period, Mapping[str, int]]:
        """The period of a day, and what counts in it of flights up to then."""
        self._fly(days)
        self._mornings(day)
        self._enter_period(day)
        assert self._period is not None
        return self._period, self._counts

    def _fly(self, days: Days) -> None:
        for day, counters in days:
            self._mornings(day)
            if self._rules.period == "anniversary" and self._anchor is None:
                self._anchor = day
            self._today = day
            self._enter_period(day)
            self._past.append((day, counters))
            self._count(day, counters)
            self._judge(day, flown=True)

    # --- mornings ---------------------------------------------------------------------------------------------------

    def _mornings(self, day: date) -> None:
        """All that happens by itself up to the morning of a day, in order. It comes to an end: whatever ends makes the
        level lower or lets a period begin, and what goes from period to period grows less with each."""
        while True:
            ended = self._held[self._level].until if self._level else FOREVER
            ends = ended + DAY if ended < FOREVER else FOREVER
            turns = self._turn()
            begins = self._later[0].since if self._later else FOREVER
            if min(ends, turns, begins) > day or min(ends, turns, begins) == FOREVER:
                return
            if begins <= min(ends, turns):
                self._change(begins)
            elif turns <= ends:  # What is carried into a period may be enough to stay.
                self._today = turns
                self._enter_period(turns)
                self._judge(turns, flown=False)
            else:
                self._fall(ended)

    def _turn(self) -> date:
        """When the next period begins, where that may change anything by itself."""
        if self._period is None or self._period.last == FOREVER or not any(self._surplus().values()):
            return FOREVER
        return self._period.last + DAY

    def _fall(self, last: date) -> None:
        level = self._level
        self._held = {each: one for each, one in self._held.items() if one.until > last}
        below = max(self._held, default=0)
        lower, most = [each for each in self._own if each < level], self._rules.soft_landing
        landing = lower[-most] if most and len(lower) >= most else 0
        why: Why = "still valid" if below else "ended"
        if landing > below:
            self._held[landing] = _Held(self._rules.landed_until(last, self._anchor), "soft landing")
            why = "soft landing"
        self._settle(last + DAY, why)

    # --- rules ------------------------------------------------------------------------------------------------------

    def _take_rules(self, stage: Stage) -> None:
        self._rules = stage.calendar
        own = {tier.name: tier.condition(self._residence) for tier in stage.tiers}
        self._conditions = [own.get(name) for name in self._ladder]
        self._own = [level for level, name in enumerate(self._ladder) if name in own]

    def _change(self, day: date) -> None:
        """Other rules begin on this morning. A period that has ended by then was one of the old ones."""
        before = self._rules
        if self._period is not None:
            self._today = day
            self._enter_period(day)
        self._take_rules(self._later.popleft())
        if self._period is None:
            return
        if not self._rules.counts_like(before):
            self._recount(day, before)
        if any(amount > 0 for amount in self._counts.values()):
            self._judge(day, flown=False)

    def _recount(self, day: date, before: TierCalendar) -> None:
        """The period in which a day is by these rules, and what was flown in it so far. Anniversaries of another length
        go on from the day from which those before them counted."""
        anniversary = self._rules.period == "anniversary"
        if not (anniversary and before.period == "anniversary"):
            self._anchor = self._enrolled_on
        if anniversary and self._anchor is None:
            self._anchor = self._past[0][0]
        self._recent.clear()
        self._begin(self._rules.period_of(day, self._anchor))
        assert self._period is not None
        paid_on, left = self._left or (date.min, {})
        for on, counters in self._past:
            if on >= self._period.first:
                spent = left if on <= paid_on else {}
                self._count(on, {unit: each for unit, each in counters.items() if unit not in spent})
        if left and paid_on >= self._period.first - (DAY if anniversary else timedelta()):
            self._count(paid_on, left)
            self._recent = deque(sorted(self._recent, key=lambda one: one[0]))

    # --- periods ----------------------------------------------------------------------------------------------------

    def _enter_period(self, day: date) -> None:
        """Goes on to the period in which a day is, with what may be carried there."""
        rules = self._rules
        if rules.period == "rolling":
            self._period = rules.period_of(day, None)
            while self._recent and self._recent[0][0] < self._period.first:
                for unit, amount in self._recent.popleft()[1].items():
                    self._counts[unit] -= amount
            return
        while self._period is not None and day > self._period.last:
            carried = self._surplus()
            following = self._period.last + DAY
            # Periods into which nothing is carried are passed over.
            self._begin(rules.period_of(following if any(carried.values()) else day, self._anchor))
            self._count(following, carried)
        if self._period is None:
            self._period = rules.period_of(day, self._anchor)

    def _begin(self, period: Period) -> None:
        self._period, self._best, self._paid = period, 0, False
        self._counts = {}

    def _count(self, day: date, counters: Mapping[str, int]) -> None:
        if self._rules.period == "rolling":
            self._recent.append((day, counters))
        for unit, amount in counters.items():
            self._counts[unit] = self._counts.get(unit, 0) + amount

    def _surplus(self) -> dict[str, int]:
        """What the period at hand leaves to the next: what is beyond the threshold of the tier it reached, as far as
        the programme lets it be carried. Less each time, for such a threshold is above 0. Rolling periods have no
        next."""
        found = {}
        if self._rules.rollover and self._best and self._rules.period != "rolling":
            for unit, most in self._rules.rollover.items():
                if self._paid and unit in self._rules.deduct:
                    found[unit] = min(most, self._counts.get(unit, 0))
                elif used := self._taken(self._best, unit):
                    found[unit] = min(most, max(0, self._counts.get(unit, 0) - used))
        return found

    # --- tiers ------------------------------------------------------------------------------------------------------

    def _total(self, unit: str, window: Window | None) -> int:
        if window is None:
            return self._counts.get(unit, 0)
        since = date.min
        if window.months and not window.after:
            since = add_months(self._today, -window.months) + DAY
        if window.periods:
            assert self._period is not None
            first = self._period.first
            for _earlier in range(window.periods - 1):
                first = self._rules.period_of(first - DAY, self._anchor).first
            since = max(since, first)
        if window.after:
            if window.after not in self._reached_on:
                return 0
            reached = self._reached_on[window.after]
            since = max(since, reached + DAY)
            if window.months and self._today > add_months(reached, window.months):
                return 0
        return sum(counters.get(unit, 0) for day, counters in self._past if day >= since)

    def _judge(self, day: date, *, flown: bool) -> None:
        """Which tiers the counters reach now, and until when that makes them last."""
        if self._rules.deduct:
            self._climb(day, flown=flown)
        else:
            for level in range(len(self._ladder) - 1, 0, -1):
                if self._is_reached(level):
                    upgrade = level > self._level
                    self._reach(level, day)
                    if upgrade and self._rules.period == "anniversary":
                        self._begin_anew(day)
                        break
        self._settle(day, "reached", flown=flown)

    def _climb(self, day: date, *, flown: bool) -> None:
        """One level after the other, each paid for: what is left may do for the next. What was carried into a period
        keeps a tier; only a flight makes a higher one of it."""
        level = self._level
        while flown:
            level = next((each for each in range(level + 1, len(self._ladder)) if self._is_reached(each)), 0)
            if not level:
                break
            self._reach(level, day)
            self._pay(level, day)
        if self._level and not self._paid and self._is_reached(self._level):
            self._reach(self._level, day)

    def _is_reached(self, level: int) -> bool:
        condition = self._conditions[level]
        return condition is not None and condition.reached(self._total)

    def _taken(self, level: int, unit: str) -> int:
        condition = self._conditions[level]
        return condition.taken(unit, self._total) if condition is not None else 0

    def _reach(self, level: int, day: date) -> None:
        assert self._period is not None
        period, upgrade = self._period, level > self._level
        if upgrade:
            self._reached_on[self._ladder[level]] = day
            if self._rules.period == "anniversary":
                # It begins the period anew, so the one in which it was reached ends here.
                period = Period(period.first, day)
        until = max(day, self._rules.valid_until(day, period, self._anchor))
        held = self._held.get(level)
        if held is None or held.until < until:
            self._held[level] = _Held(until, "reached")
        self._best = max(self._best, level)

    def _pay(self, level: int, day: date) -> None:
        """The threshold of an upgrade is taken off; what is left counts from here on."""
        left = {
            unit: max(0, self._counts.get(unit, 0) - self._taken(level, unit)) for unit in self._rules.deduct
        }
        self._left = (day, left)
        if self._rules.period == "anniversary":
            self._begin_anew(day)
            self._count(day, left)
            return
        if self._rules.period == "rolling":
            kept = (
                (on, {unit: amount for unit, amount in counters.items() if unit not in left})
                for on, counters in self._recent
            )
            self._recent = deque([*kept, (day, left)])
        self._counts.update(left)
        self._paid = True

    def _begin_anew(self, day: date) -> None:
        self._anchor = day + DAY
        self._begin(self._rules.period_of(self._anchor, self._anchor))

    def _settle(self, day: date, why: Why, *, flown: bool = False) -> None:
        level = max(self._held, default=0)
        if level != self._level:
            self._level = level
            self._changes.append(Change(day, level, why, flown))
