"""When miles end. Every model is a pure function of days; conditions ask about the member."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from .case import Case
from .conditions import MEMBER_WORDS, Path, Test, Vocabulary, compile_condition

if TYPE_CHECKING:
    from .shapes.member import ExpiryShape
    from .sources import Reader

_MONTHS = {"day": 1, "month": 1, "quarter": 3, "year": 12}
_NEEDED = {"never": "", "months": "months", "end_of_year": "years", "inactivity": "months"}


@dataclass(frozen=True, slots=True)
class Expiry:
    """``count``: months or years. ``end``: the last day of the day, month, quarter or year that they lead to.
    ``activity``: which coupons keep the miles of ``inactivity`` alive, None for all; ``test``: whose miles.
    ``not_before_age``: no earlier than the birthday on which the member becomes so old, 0 for no such rule."""

    model: Literal["never", "months", "end_of_year", "inactivity"]
    count: int = 0
    end: Literal["day", "month", "quarter", "year"] = "day"
    activity: Test | None = None
    test: Test | None = None
    rule: str = ""
    not_before_age: int = 0

    def expires_on(
        self, earned_on: date, last_activity: date | None = None, born: date | None = None
    ) -> date | None:
        """The last day on which the miles can be spent, None for never. With ``inactivity`` it counts from the last
        activity, or from the day of earning where none is later."""
        day = self._usual(earned_on, last_activity)
        if day is None or born is None or not self.not_before_age:
            return day
        return max(day, birthday(born, self.not_before_age))

    def _usual(self, earned_on: date, last_activity: date | None) -> date | None:
        if self.model == "never":
            return None
        if self.model == "end_of_year":
            return date(earned_on.year + self.count, 12, 31)
        begin = earned_on
        if self.model == "inactivity" and last_activity is not None:
            begin = max(begin, last_activity)
        return self._end_of(months_later(begin, self.count))

    def _end_of(self, day: date) -> date:
        if self.end == "day":
            return day
        length = _MONTHS[self.end]
        month = -(-day.month // length) * length
        return date(day.year, month, monthrange(day.year, month)[1])

    def is_activity(self, case: Case) -> bool:
        """Does this coupon keep miles alive?"""
        return self.model == "inactivity" and (self.activity is None or self.activity(case))


def months_later(day: date, months: int) -> date:
    """The same day of a later month; a day that the month lacks becomes its last one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def birthday(born: date, age: int) -> date:
    """The day on which somebody becomes so old; who was born on 29 February does so on 1 March in other years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def compile_expiry(
    models: Sequence["ExpiryShape"], path: Path, reader: "Reader", words: Vocabulary
) -> tuple[Expiry, ...]:
    found = []
    for number, model in enumerate(models):
        place = (*path, number)
        wanted = _NEEDED[model.model]
        for word in ("months", "years"):
            given = getattr(model, word) is not None
            if given and word != wanted:
                reader.complain("bad_value", f'"{word}" means nothing for {model.model}', *place, word)
            if word == wanted and not given:
                reader.complain("missing", f'"{word}" is missing here', *place)
        if model.end is not None and model.model not in ("months", "inactivity"):
            reader.complain("bad_value", f'"end" means nothing for {model.model}', *place, "end")
        if model.activity is not None and model.model != "inactivity":
            reader.complain("bad_value", f'"activity" means nothing for {model.model}', *place, "activity")
        if model.not_before is not None and model.model == "never":
            reader.complain("bad_value", '"not_before" means nothing for never', *place, "not_before")
        activity = compile_condition(model.activity, None, (*place, "activity"), reader, words, flat=True)
        condition = compile_condition(model.when, model.unless, place, reader, words, only=MEMBER_WORDS)
        if condition.is_open and number < len(models) - 1:
            reader.complain("bad_value", "never used what stands below: this one holds for everybody", *place)
        if not condition.is_open and number == len(models) - 1:
            text = "the last one needs to hold for everybody: leave when and unless out"
            reader.complain("bad_value", text, *place)
        found.append(
            Expiry(
                model.model,
                (getattr(model, wanted) or 0) if wanted else 0,
                model.end or "day",
                activity.test(),
                condition.test(),
                reader.rule(*place),
                model.not_before.age if model.not_before else 0,
            )
        )
    return tuple(found)
