"""Shapes of what is not versioned: units, policy, window, operations, codeshares, members."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .words import ROWS_MAX, Credit, Designator, Miles, Percent, Place, Shape, Text


class UnitShape(Shape):
    title: Text | None = None


class SettlingShape(Shape):
    state: Literal["booked", "listed", "checked_in", "boarded", "flown"]
    stations: Annotated[list[Place], Field(max_length=ROWS_MAX)] = []
    pfs_received: Literal[True] | None = None
    after_hours: Annotated[int, Field(ge=0, le=8784)] | None = None


class PolicyShape(Shape):
    listed: Credit
    checked_in: Credit
    boarded: Credit
    flown: Credit
    posted_when: Annotated[list[SettlingShape], Field(max_length=ROWS_MAX)] = []


class CodeshareShape(Shape):
    marketing: Designator
    operating: Designator


class MembersShape(Shape):
    temporary: Credit = "posted"
    while_blocked: Literal["released", "lost"] = "released"
    before_closing: Literal["earn", "lost"] = "earn"
    before_death: Literal["earn", "lost"] = "earn"
    children: Literal["own", "parent"] = "own"
    company_percent: Percent = Decimal(0)
    minimum_age: Annotated[int, Field(ge=0, le=25)] = 0
    adult_age: Annotated[int, Field(ge=0, le=25)] = 18


class WindowShape(Shape):
    future_days: Annotated[int, Field(ge=0, le=366)]
    past_days: Annotated[int, Field(ge=0, le=3660)]


class OperationsShape(Shape):
    redemptions: bool = False
    transfers: bool = False
    hold_minutes_max: Annotated[int, Field(ge=0, le=60 * 24 * 366)] = 0
    pool_members_max: Annotated[int, Field(ge=0, le=100)] = 0
    adjust_alone_max: Miles = 0


class PendingTimeoutShape(Shape):
    days: Annotated[int, Field(ge=0, le=3660)]
    then: Literal["none", "posted"]


def empty_is_nothing(value: Any) -> Any:
    """``segments:`` with nothing behind it is ``segments: {}``."""
    return {} if value is None else value


UnitOrNothing = Annotated[UnitShape, BeforeValidator(empty_is_nothing)]
