"""When a credit becomes final: a programme's policy over states, and what may settle a credit beside the state.

The table says what each state is worth: none, pending or posted. Beside it stand rules that post what the table leaves
open: the exceptions of the flight were told (a PFS came, so who is not in it did fly), so many hours went by, or the
flight left a station without automated departure control, whose lists never come. Hours are counted by the journalled
business clock from the end of the departure date at the board point: departures have a date and no time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from .keys import order_of
from .zones import zone_of

Credit = Literal["none", "pending", "posted"]


@dataclass(frozen=True, slots=True)
class Settling:
    """Posts a carriage in this state. All that is given must hold: the flight leaves one of the ``stations``, its PFS
    came, ``hours`` went by."""

    state: str
    stations: frozenset[str]
    pfs: bool
    hours: int | None
    rule: str

    def due_at(self, station: str, flown_on: date) -> str:
        """The instant, as ``keys.order_of``, from which time is no obstacle; "" where it never is."""
        if self.hours is None:
            return ""
        end_of_day = datetime.combine(flown_on + timedelta(days=1), time.min, zone_of(station)).astimezone(
            UTC
        )
        return order_of(end_of_day + timedelta(hours=self.hours))

    def text(self, station: str) -> str:
        """The rule in words, for people."""
        parts = [f"posted as {self.state}"]
        if self.stations:
            parts.append(f"from {station}, a station without lists")
        if self.pfs:
            parts.append("the flight's PFS was received")
        if self.hours is not None:
            parts.append(f"{self.hours} hours after the day of the flight")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a carriage is worth now. ``why``: (text, rule) where a ``Settling`` decided; ``due_at``: the instant (as
    ``keys.order_of``) at which time alone makes more of it, "" for never."""

    status: Credit
    why: tuple[tuple[str, str], ...] = ()
    due_at: str = ""


@dataclass(frozen=True, slots=True)
class Crediting:
    """A programme's policy."""

    table: Mapping[str, Credit]
    settlings: tuple[Settling, ...] = ()

    @property
    def waits_for_pfs(self) -> bool:
        return any(one.pfs for one in self.settlings)

    def worth(self, state: str, station: str, flown_on: date, pfs: bool, now: str) -> Worth:
        """What a carriage in ``state`` is worth. ``pfs``: the flight's PFS came; ``now``: the business instant as
        ``keys.order_of``, "" while the clock never struck."""
        status = self.table.get(state, "none")
        if status == "posted":
            return Worth(status)
        waiting = []
        for one in self.settlings:
            if one.state != state or (one.stations and station not in one.stations) or (one.pfs and not pfs):
                continue
            due_at = one.due_at(station, flown_on)
            if due_at <= now:
                return Worth("posted", ((one.text(station), one.rule),))
            waiting.append(due_at)
        return Worth(status, due_at=min(waiting, default=""))
