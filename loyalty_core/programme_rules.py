"""The compiled rules of a programme: conditions, charts, tiers, expiry. Built by the loader, used at work.

``rule`` is everywhere the place in the definition, as ``demo.yaml:41``.
"""

import math
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from .crediting import Credit


def _half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


ROUNDINGS: Mapping[str, Callable[[Fraction], int]] = {
    "half_up": _half_up,
    "half_even": round,
    "floor": math.floor,
    "ceil": math.ceil,
}
"""Rounding modes by the names that definitions use; all amounts are positive."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one flown coupon.

    ``class_is_cabin``: ``booking_class`` holds a cabin letter, because the lists were grouped by cabin.
    """

    operating_carrier: str
    marketing_carrier: str
    booking_class: str
    class_is_cabin: bool
    board_point: str
    off_point: str
    flown_on: date
    fare_basis: str = ""
    ticket: str = ""
    role: str = "FQTV"


@dataclass(frozen=True, slots=True)
class Condition:
    """Facts that must hold together; what is empty asks for nothing."""

    operating: frozenset[str] = frozenset()
    marketing: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    fare_basis_prefix: tuple[str, ...] = ()
    fare_basis_contains: tuple[str, ...] = ()
    ticket_prefix: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        return (
            (not self.operating or facts.operating_carrier in self.operating)
            and (not self.marketing or facts.marketing_carrier in self.marketing)
            and (not self.classes or (not facts.class_is_cabin and facts.booking_class in self.classes))
            and (not self.roles or facts.role in self.roles)
            and (not self.fare_basis_prefix or facts.fare_basis.startswith(self.fare_basis_prefix))
            and (not self.fare_basis_contains or any(x in facts.fare_basis for x in self.fare_basis_contains))
            and (not self.ticket_prefix or facts.ticket.startswith(self.ticket_prefix))
        )

    @property
    def field(self) -> str:
        """The most telling field of Facts that it looks at."""
        for name, wanted in (
            ("booking_class", self.classes),
            ("fare_basis", self.fare_basis_prefix + self.fare_basis_contains),
            ("ticket", self.ticket_prefix),
            ("role", self.roles),
            ("marketing_carrier", self.marketing),
        ):
            if wanted:
                return name
        return "operating_carrier"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What earns nothing at all, with the reason in words."""

    when: Condition
    why: str
    rule: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One row of a chart: exact percent of the distance, and how many segments it counts."""

    percent: Fraction
    segments: int
    rule: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Percent by booking class for the flights of some carriers; ``cabins`` where only the cabin is known."""

    name: str
    when: Condition
    classes: Mapping[str, ClassRow]
    cabins: Mapping[str, ClassRow]
    counts_for_tier: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """At least so many miles, applied at the named stage of the calculation."""

    miles: int
    stage: Literal["before_class", "after_class", "after_bonus"]
    rule: str


@dataclass(frozen=True, slots=True)
class Bonus:
    """What the tier's percent is taken of, how the result is rounded, whether it counts for tiers."""

    base: Literal["accrued", "distance", "lesser"]
    rounding: str
    qualifying: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of participation; ``reached`` decides over (qualifying, segments)."""

    name: str
    bonus_percent: Fraction
    reached: Callable[[int, int], bool]
    rule: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """When earned miles end: after ``count`` months or at the end of the ``count``-th year after earning."""

    model: Literal["never", "months", "end_of_year"]
    count: int = 0

    def expires_on(self, earned_on: date) -> date | None:
        """The last day on which the miles can be spent; a day that the month lacks becomes its last one."""
        if self.model == "never":
            return None
        if self.model == "end_of_year":
            return date(earned_on.year + self.count, 12, 31)
        years, month = divmod(earned_on.month - 1 + self.count, 12)
        year, month = earned_on.year + years, month + 1
        return date(year, month, min(earned_on.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Operations:
    """What may be done with miles besides flying; what a programme doesn't name is not offered."""

    redemptions: bool = False
    transfers: bool = False
    hold_minutes_max: int = 0
    """How far ahead a hold may end; 0: no holds."""
    pool_members_max: int = 0
    """0: no family pools."""
    adjust_alone_max: int = 0
    """Adjustments of more miles than this, up or down, need a second person."""


NOTHING_OFFERED = Operations()


@dataclass(frozen=True, slots=True)
class PendingTimeout:
    """So many days after the flight a credit that is still pending becomes what ``then`` says."""

    days: int
    then: Literal["none", "posted"]


@dataclass(frozen=True, slots=True)
class Window:
    """Flight dates that are believed: so many days ahead and back of the day of receipt."""

    future_days: int
    past_days: int

    def holds(self, flown_on: date, received_on: date) -> bool:
        """Is the flight's local date inside the window around the day of receipt (UTC)?"""
        ahead, back = timedelta(days=self.future_days), timedelta(days=self.past_days)
        return received_on - back <= flown_on <= received_on + ahead


@dataclass(frozen=True, slots=True)
class MemberRules:
    """What the programme says about members rather than flights; the defaults stand where a definition says nothing.

    ``temporary``: the most that a flight of a temporary member is worth. ``while_blocked``: flights on days of a block
    are ``released`` when it is lifted, or ``lost``. ``before_closing`` and ``before_death``: flights before the end of
    a membership ``earn`` for ever (as far as the window believes them), or are ``lost`` with it.
    ``company_percent``: what the traveller's company gets of the award without tier bonus, besides. ``minimum_age``:
    years at the date of the flight under which nothing is earned; ``adult_age``: under which a guardian is needed to
    spend. ``children``: flights with a child card go to the child's ``own`` account or to the ``parent``'s.
    """

    temporary: Credit = "posted"
    while_blocked: Literal["released", "lost"] = "released"
    before_closing: Literal["earn", "lost"] = "earn"
    before_death: Literal["earn", "lost"] = "earn"
    children: Literal["own", "parent"] = "own"
    company_percent: Fraction = Fraction(0)
    minimum_age: int = 0
    adult_age: int = 18
    rule: str = ""
