"""Which boxes have a real case, and one such case in the words of an example: its ``given`` can be tried as it stands.

Attributes of a box are independent but for a few: a day has its weekday, nobody books after the flight, and a route is
as long as it is. Here they meet.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from .boxes import Box
from .places import Kinds
from .regions import (
    BOOKED,
    FARE_BASIS,
    FLOWN,
    MARKETING,
    MILES,
    ROUTE,
    SUFFIXES,
    TICKET,
    TICKETED,
    TIER,
    TOLD_CLASS,
    TOLD_OPERATING,
    WEEKDAY,
    weekday_of,
)
from .sets import ANY_NAME, ANY_NUMBER, NUMBERS_END, Names, Numbers, Routes, Span

ROUTES_MEASURED_MAX = 50_000
"""So many routes of a box are measured to find one of a wanted length."""
USUAL_ROLE = "FQTV"
"""What an example says that names no role."""
PREFERRED = {
    TOLD_OPERATING: ("ZZ", "XX", "QQ"),
    MARKETING: ("ZZ", "XX", "QQ"),
    "role": (USUAL_ROLE,),
    "residence": ("CH", "NO", "NZ", "JP"),
}
"""What a case says where anything but some names would do."""
_WORDS = (
    (TOLD_OPERATING, "operating"),
    (MARKETING, "marketing"),
    ("brand", "brand"),
    ("role", "role"),
    ("passenger type", "passenger_type"),
    ("channel", "channel"),
    (TIER, "tier"),
    ("residence", "residence"),
)
"""Attributes that are names, and the words of an example for them."""
_FIRST = (
    "operating",
    "marketing",
    "flight",
    "class",
    "cabin",
    "fare_basis",
    "brand",
    "from",
    "to",
    "flown_on",
)
ANY_FLIGHT_DAY = Numbers(((0, NUMBERS_END),))
ALWAYS: Span = (0, NUMBERS_END)
TODAY = date(2026, 1, 1).toordinal()
"""The day of a case where any would do."""

Given = dict[str, str | int | list[str]]


class Undecided(ValueError):
    """Whether a box has a real case can't be told within the bounds."""


@dataclass(frozen=True, slots=True)
class Cases:
    """``lengths``: spans of days and how long a route is then, None where it isn't known; ``all_measured``: that never
    happens. ``anything``: the cases there can be, so that what a box has in common with all of them isn't said."""

    kinds: Kinds
    lengths: Callable[[str, str], Sequence[tuple[Span, int | None]]]
    all_measured: bool
    anything: Box
    _known: dict[tuple[Routes, Numbers], tuple[tuple[str, str, Span], ...] | str] = field(
        default_factory=dict
    )

    def one(self, box: Box) -> Given | None:
        """A case of a box in which nothing is derived, None where there is none. Raises Undecided."""
        when_and_where = self._when_and_where(box)
        if when_and_where is None:
            return None
        box = {name: values for name, values in box.items() if values != self.anything.get(name)}
        given: Given = {}
        for attribute, word in _WORDS:
            if (values := box.get(attribute)) is not None and (name := _name(attribute, values)):
                given[word] = name
        if given.get("role") == USUAL_ROLE:
            del given["role"]
        if TOLD_CLASS in box:
            letter = min(box[TOLD_CLASS].listed, key=lambda one: (len(one), one))
            given["cabin" if letter.startswith("/") else "class"] = letter[-1]
        for attribute, word in ((FARE_BASIS, "fare_basis"), (TICKET, "ticket")):
            if attribute in box:
                text = box[attribute].pick()
                if text is None:
                    return None
                if text:
                    given[word] = text
        for attribute, word in (("operating flight", "flight"), ("marketing flight", "marketing_flight")):
            if attribute in box and box[attribute].spans:
                number, suffix = divmod(box[attribute].spans[0][0], SUFFIXES)
                given[word] = f"{max(number, 1)}{chr(ord('A') + suffix - 1) if suffix else ''}"
        if "age" in box and box["age"].spans:
            given["age"] = box["age"].spans[0][0]
        groups = [name[6:] for name in box if name.startswith("group ") and box[name].has("in")]
        if groups:
            given["groups"] = groups
        given |= when_and_where
        return {word: given[word] for word in sorted(given, key=_place)}

    def _when_and_where(self, box: Box) -> Given | None:
        """The route and the days of a case as far as the box speaks of them; None where they exclude each other."""
        routes: Routes | None = box.get(ROUTE)
        miles: Numbers | None = box.get(MILES)
        if routes is None or miles is None or miles == ANY_NUMBER:
            days = _days(box)
            if days is None or routes is None or routes == self.anything.get(ROUTE):
                return days
            board, off = self.kinds.first(routes)
            return {"from": board, "to": off, **days}
        for board, off, span in self._long(routes, miles):
            flown = box.get(FLOWN, ANY_NUMBER).meet(Numbers((span,)))
            days = None if flown.is_empty() else _days({**box, FLOWN: flown})
            if days is not None:
                return {"from": board, "to": off, **days}
        return None

    def _long(self, routes: Routes, miles: Numbers) -> Iterator[tuple[str, str, Span]]:
        """Routes of a wanted length and the days on which they have it: one for each span of days there is. Raises
        Undecided."""
        known = self._known.get((routes, miles))
        if known is None:
            known = self._known[routes, miles] = self._measured(routes, miles)
        if isinstance(known, str):
            raise Undecided(known)
        yield from known

    def _measured(self, routes: Routes, miles: Numbers) -> tuple[tuple[str, str, Span], ...] | str:
        if not miles.spans and self.all_measured:
            return ()
        found: dict[Span, tuple[str, str]] = {}
        for number, (board, off) in enumerate(self.kinds.pairs(routes)):
            if number == ROUTES_MEASURED_MAX:
                if not found:
                    return f"no route of the {ROUTES_MEASURED_MAX} that were measured has such a distance"
                break
            for span, length in self.lengths(board, off):
                if miles.has(length):
                    found.setdefault(span, (board, off))
            if ALWAYS in found:
                break
        return tuple((*ends, span) for span, ends in found.items())


def _place(word: str) -> int:
    return _FIRST.index(word) if word in _FIRST else len(_FIRST)


def _name(attribute: str, values: Names) -> str:
    if values == ANY_NAME:
        return ""
    return values.pick(PREFERRED.get(attribute, ()))


def _days(box: Box) -> Given | None:
    """The days of a case as far as the box speaks of them; None where they exclude each other."""
    flown: Numbers = box.get(FLOWN, ANY_NUMBER)
    if flown == ANY_FLIGHT_DAY and not any(name in box for name in (BOOKED, TICKETED, WEEKDAY)):
        return {}
    weekdays: Names = box.get(WEEKDAY, ANY_NAME)
    before = {name: box[name] for name in (BOOKED, TICKETED) if name in box}
    starts = [low for days in before.values() for low, _ in days.spans]
    for day in _candidates(flown, starts):
        if not weekdays.has(weekday_of(day)):
            continue
        found: Given = {"flown_on": date.fromordinal(day).isoformat()}
        for name, days in before.items():
            if days.untold:
                continue
            earlier = [min(high - 1, day) for low, high in days.spans if low <= day]
            if not earlier:
                break
            found[name.replace(" ", "_")] = date.fromordinal(max(earlier)).isoformat()
        else:
            return found
    return None


def _candidates(flown: Numbers, starts: Iterable[int]) -> Iterator[int]:
    """Days of flights such that, if any will do together with a weekday and days before it, one of these will."""
    last = date.max.toordinal()
    firsts = [
        TODAY,
        *starts,
        *(low for low, _ in flown.spans),
        *(min(high, last) - 7 for _, high in flown.spans),
    ]
    for first in firsts:
        for day in range(max(first, 1), min(first + 7, last) + 1):
            if flown.has(day):
                yield day
