"""What a programme says beside its rules of earning: operations, time-outs, the window of dates, members."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from ..crediting import Credit


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
