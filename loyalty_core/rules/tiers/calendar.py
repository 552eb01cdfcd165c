"""How long tiers last and which flights count for them: periods, validity, landing, rollover.

Four kinds of period:

* calendar years, or years that begin on another day of the year;
* membership years, from the day of enrolment (calendar years where that day isn't known);
* rolling months: the months up to the flight, another period for every flight;
* anniversaries: so many months from enrolment (the first flight, where that isn't known), and anew from the day on
  which a higher tier was reached. The new period counts from nothing but what ``deduct`` leaves.

Validity is counted from the period in which a tier was reached: ``years`` to the end of so many periods after it, with
``end_of_february`` to the end of the February that follows; ``months`` from the day itself, of anniversaries from the
end of the period.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

DAY = timedelta(days=1)
FOREVER = date.max

PeriodKind = Literal["year", "membership_year", "rolling", "anniversary"]
GoodFaith = Literal["recompute", "keep"]


def add_months(day: date, months: int) -> date:
    """The same day so many months later (earlier, where negative); a day that the month lacks becomes its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > date.max.year:
        return FOREVER
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both counted."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TierCalendar:
    """``months``: of the period, where it isn't a year. ``begins``: (month, day) on which years begin.

    ``valid_years``/``valid_months``: one of them is given. ``soft_landing``: levels lost at most when validity ends, 0
    for no bound. ``deduct``: units from which an upgrade's threshold is taken off. ``rollover``: unit -> how much of
    what is beyond the threshold goes into the next period at most. ``extension``: (percent, unit) from which a tier may
    be extended for money.
    """

    period: PeriodKind = "year"
    months: int = 12
    begins: tuple[int, int] = (1, 1)
    valid_years: int | None = 1
    valid_months: int | None = None
    end_of_february: bool = False
    soft_landing: int = 0
    deduct: tuple[str, ...] = ()
    rollover: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    extension: tuple[Decimal | int, str] | None = None
    good_faith: GoodFaith = "recompute"

    def counts_like(self, other: "TierCalendar") -> bool:
        """Are the periods of these rules those of others?"""
        return (self.period, self.months, self.begins) == (other.period, other.months, other.begins)

    def period_of(self, day: date, anchor: date | None) -> Period:
        """The period in which a day is. ``anchor``: the day of enrolment; for anniversaries the day from which they
        count."""
        if self.period == "rolling":
            return Period(add_months(day, -self.months) + DAY, day)
        if self.period == "anniversary":
            return self._counted_from(anchor or day, self.months, day)
        if self.period == "membership_year" and anchor is not None:
            return self._counted_from(anchor, 12, day)
        month, first = self.begins if self.period == "year" else (1, 1)
        year = day.year if day >= _on(day.year, month, first) else day.year - 1
        following = _on(year + 1, month, first)
        return Period(_on(year, month, first), following - DAY if following < FOREVER else FOREVER)

    @staticmethod
    def _counted_from(anchor: date, months: int, day: date) -> Period:
        passed = (day.year - anchor.year) * 12 + day.month - anchor.month
        number = passed // months
        # Whether the day of the month has come is seen from the dates: a month may lack the anchor's day.
        while add_months(anchor, number * months) > day:
            number -= 1
        while add_months(anchor, (number + 1) * months) <= day < FOREVER:
            number += 1
        following = add_months(anchor, (number + 1) * months)
        return Period(
            add_months(anchor, number * months), following - DAY if following < FOREVER else FOREVER
        )

    def valid_until(self, reached_on: date, period: Period, anchor: date | None) -> date:
        """The last day of a tier reached on a day within a period; ``anchor`` as for ``period_of``."""
        if self.valid_months is not None:
            return add_months(period.last if self.period == "anniversary" else reached_on, self.valid_months)
        if self.period == "rolling":
            last = _on(reached_on.year + (self.valid_years or 0), 12, 31)
        else:
            for _year in range(self.valid_years or 0):
                if period.last == FOREVER:
                    return FOREVER
                period = self.period_of(period.last + DAY, anchor)
            last = period.last
        return _february_after(last) if self.end_of_february else last

    def landed_until(self, ended_on: date, anchor: date | None) -> date:
        """The last day of a tier on which a member lands whose higher one was valid until ``ended_on``: as if it had
        been reached at the end of the last period that was over by then, and for one period at least."""
        if self.valid_months is not None:
            return add_months(ended_on, self.valid_months)
        period = self.period_of(ended_on, anchor)
        if period.last > ended_on and period.first > date.min:
            period = self.period_of(period.first - DAY, anchor)
        until = self.valid_until(min(ended_on, period.last), period, anchor)
        return until if until > ended_on else self.period_of(ended_on + DAY, anchor).last


def _february_after(day: date) -> date:
    for year in (day.year, day.year + 1):
        last = _on(year, 3, 1) - DAY
        if last >= day:
            return last
    return FOREVER


def _on(year: int, month: int, day: int) -> date:
    if year > date.max.year:
        return FOREVER
    return date(max(year, 1), month, min(day, monthrange(max(year, 1), month)[1]))


BY_CALENDAR = TierCalendar()
"""What holds where a programme says nothing: calendar years, valid to the end of the year after."""
