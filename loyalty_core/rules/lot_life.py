"""How long miles live: the day on which they end, found from everything that is known of their owner.

Miles are judged on every day of their life by the rule that holds for their owner on that day (``when`` by tier, age
and so on) and by what the owner has done before it: they end with the day before the first one on which they are past
their date. So the end is a function of facts, and no matter how often, or how late, somebody looks. Only days are
looked at on which the answer can change: the one after the last day so far, those on which the owner's standing
changes, and birthdays.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from .conditions import Test
from .expiry import Expiry, birthday
from .facts import Facts, Standing

if TYPE_CHECKING:
    from .versions import Version

DAY = timedelta(days=1)

Plain = tuple[object, ...]
"""What of a version's expiry can be compared."""


class Active:
    """The days of what a rule of inactivity counts, and what each of them leads to: until when miles live that were
    alive on it, with all that follows in time."""

    def __init__(self, rule: Expiry, days: Sequence[date], born: date | None = None) -> None:
        """``days``: sorted."""
        self._rule, self._days, self._born = rule, days, born
        self._ends: list[date] = []
        for number in range(len(days) - 1, -1, -1):
            end = self._end(days[number])
            following = self._ends[-1] if self._ends else None
            alive = following is not None and days[number + 1] <= end
            self._ends.append(following if alive and following is not None else end)
        self._ends.reverse()

    def _end(self, begin: date) -> date:
        end = self._rule.expires_on(begin, None, self._born)
        assert end is not None
        return end

    def before(self, day: date) -> date | None:
        """The last one before a day."""
        number = bisect_left(self._days, day)
        return self._days[number - 1] if number else None

    def onward(self, end: date) -> date:
        """Until when miles live that would end on a day but for what was done up to then."""
        number = bisect_right(self._days, end)
        return max(end, self._ends[number - 1]) if number else end


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of miles over time. ``standing``: of the evening of a day; ``changes``: the days on which it becomes
    another, sorted, but for birthdays; ``active``: what a rule of inactivity counts."""

    standing: Callable[[date], Standing]
    changes: Sequence[date]
    active: Callable[[Expiry], Active]


@dataclass(frozen=True, slots=True)
class End:
    """``over``: the miles have ended with ``day``. Else they are alive, and ``day`` is the last one on which that is
    sure without looking again; None for ever. ``rule``: the line that says so."""

    over: bool
    day: date | None
    rule: str


def end_of(version: "Version", earned_on: date, owner: Owner, today: date) -> End:
    """What has become of miles that were earned on a day, as it stands in the evening of ``today``."""
    rules = version.expiry
    conditional = any(rule.test is not None for rule in rules)
    day = earned_on
    while True:
        standing = owner.standing(day)
        rule = _rule_on(version, day, standing)
        active = owner.active(rule) if rule.model == "inactivity" else None
        end = rule.expires_on(earned_on, active.before(day) if active else None, standing.born)
        if end is not None and end < day:
            return End(True, day - DAY, rule.rule)
        if active is not None and end is not None:
            end = active.onward(end)
        ahead = [end + DAY] if end is not None else []
        if conditional:
            following = bisect_right(owner.changes, day)
            ahead += owner.changes[following : following + 1]
            if standing.born is not None:
                ahead.append(_birthday_after(standing.born, day))
        if not ahead:
            return End(False, None, rule.rule)
        if min(ahead) > today:
            return End(False, min(ahead) - DAY, rule.rule)
        day = min(ahead)


def _rule_on(version: "Version", day: date, standing: Standing) -> Expiry:
    case = None
    for rule in version.expiry:
        if rule.test is None:
            return rule
        if case is None:
            case = version.case(Facts("", "", "", False, "", "", day), standing)
        if rule.test(case):
            return rule
    raise AssertionError("the last rule holds for everybody")


def _birthday_after(born: date, day: date) -> date:
    this_year = birthday(born, day.year - born.year)
    return this_year if this_year > day else birthday(born, day.year - born.year + 1)


def earliest_end(version: "Version", earned_on: date) -> date | None:
    """The first day that can be the last of miles earned on a day, whoever has them and whatever they do; None where
    they never end."""
    ends = (rule.expires_on(earned_on) for rule in version.expiry)
    return min((end for end in ends if end is not None), default=None)


def is_moving(version: "Version") -> bool:
    """Can the end of miles be another than the day of earning alone says?"""
    return any(
        rule.test is not None or rule.model == "inactivity" or rule.not_before_age for rule in version.expiry
    )


def counts_activity(version: "Version") -> bool:
    return any(rule.model == "inactivity" for rule in version.expiry)


def plain_rules(version: "Version") -> Plain | None:
    """What two versions have in common if miles end by them alike; None where conditions make that unsure."""
    tests: list[Test | None] = [test for rule in version.expiry for test in (rule.test, rule.activity)]
    if any(test is not None for test in tests):
        return None
    shapes = ((rule.model, rule.count, rule.end, rule.not_before_age) for rule in version.expiry)
    return (version.first, version.last, *shapes)
