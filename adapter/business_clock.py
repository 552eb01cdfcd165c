"""The business clock's timer: looks from time to time whether anything waits for time to pass, and if so lets the clock
strike.

Striking is a message like any other: journalled, decided by the core, replayed. Its bytes say at which business instant
it struck and with which settings, so a replay needs no clock and no settings of then. A clock for which nothing waits
leaves no row.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from twisted.internet.interfaces import IReactorTime

from adapter import metrics
from adapter.gate import Gate
from loyalty_core import (
    Answer,
    Clock,
    ClockAnswer,
    ClockCheck,
    ClockOutcome,
    GivenUpSet,
    Reason,
    Result,
    Submission,
)

log = logging.getLogger("ffgate.clock")

CLOCK_LINK = "clock"
"""What the journal names as the link of the business clock."""
KIND = "clock"
_SETTINGS = ("part_set_seconds", "decisions_max", "leap_days_max")

LEAP_PAUSE_SECONDS = 3600.0
"""The next look after a stroke that was refused: each leaves a row in the journal, and somebody has to see to it."""


def clock_submission(clock: Clock) -> Submission:
    """The message of one stroke."""
    settings = {name: getattr(clock, name) for name in _SETTINGS}
    raw = json.dumps({"at": clock.at.isoformat(), **settings}).encode()
    return Submission(CLOCK_LINK, KIND, raw, hashlib.sha256(raw).digest(), clock.at, (clock,))


def read_clock(raw: bytes) -> Clock:
    """The stroke that a journal row holds."""
    told = json.loads(raw)
    return Clock(datetime.fromisoformat(told["at"]), *(int(told[name]) for name in _SETTINGS))


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


class BusinessClock:
    """Strikes every ``every_seconds``, if there is anything to decide; one look at a time."""

    def __init__(
        self,
        gate: Gate,
        timer: IReactorTime,
        *,
        every_seconds: float,
        part_set_seconds: int,
        decisions_max: int = 1000,
        leap_days_max: int = 0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._gate = gate
        self._timer = timer
        self._every_seconds = every_seconds
        self._part_set_seconds = part_set_seconds
        self._settings = (part_set_seconds, decisions_max, leap_days_max)
        self._now = now
        self._call: Any = None
        self._stopped = False

    def start(self) -> None:
        """The first look comes after one interval, so that what waits in a spool is taken in before."""
        self._call = self._timer.callLater(self._every_seconds, self._look)

    def stop(self) -> None:
        """No more looks; a stroke under way is still decided."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _look(self) -> None:
        self._call = None
        at = self._now()
        self._gate.ask((ClockCheck(at, self._part_set_seconds),), lambda told: self._told(at, told))

    def _told(self, at: datetime, told: tuple[Answer, ...] | Exception) -> None:
        if isinstance(told, Exception) or not any(isinstance(one, ClockAnswer) and one.due for one in told):
            # Where the database can't be used, the gate has said so; the next look will do.
            self._again()
            return
        self._gate.submit(clock_submission(Clock(at, *self._settings)), self._struck)

    def _struck(self, result: Result | Exception) -> None:
        more = leapt = False
        if isinstance(result, Result) and not result.repeated:
            for outcome in result.outcomes:
                if isinstance(outcome, ClockOutcome):
                    # One that decides nothing is not repeated at once, whatever it says is left.
                    more |= outcome.more and _decided(outcome)
                    leapt |= outcome.reason is not Reason.NONE
                    _tell(outcome, result.journal_id)
                    for given_up in outcome.given_up:
                        _alarm(given_up, result.journal_id)
        if leapt:
            log.error(
                "the business clock would leap too far since its last stroke, so nothing was decided; set the machine's"
                " clock right, or raise clock.leap_days_max if it is"
            )
            if not self._stopped:
                self._call = self._timer.callLater(LEAP_PAUSE_SECONDS, self._look)
        elif more and not self._stopped:
            # A month's end is due all at once: the rest is not left waiting, but messages come in between.
            self._call = self._timer.callLater(0, self._look)
        else:
            self._again()

    def _again(self) -> None:
        if not self._stopped:
            self.start()


def _decided(outcome: ClockOutcome) -> bool:
    return bool(
        outcome.holds
        or outcome.expired
        or outcome.timed_out
        or outcome.tiers
        or outcome.granted
        or outcome.looked
    )


def _tell(outcome: ClockOutcome, journal_id: int) -> None:
    if _decided(outcome):
        log.info(
            "the business clock ended %d holds, expired %d miles, timed out %d pending credits, changed %d tiers,"
            " granted %d times",
            outcome.holds,
            outcome.expired,
            outcome.timed_out,
            outcome.tiers,
            outcome.granted,
            extra={"journal_id": journal_id},
        )


def _alarm(given_up: GivenUpSet, journal_id: int) -> None:
    metrics.part_set_given_up(given_up.link)
    missing = ", ".join(map(str, given_up.missing))
    if not given_up.final:
        missing = f"{missing}, " if missing else ""
        missing += f"the end (part {given_up.last} was not the last)"
    log.error(
        "a telegram was given up, %d of its parts came; missing: %s",
        given_up.arrived,
        missing,
        extra={
            "link": given_up.link,
            "kind": given_up.kind,
            "id": given_up.set_key,
            "count": given_up.arrived,
            "journal_id": journal_id,
        },
    )
