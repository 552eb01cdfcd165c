"""Sends what the outbox holds, link by link, and queues the answers that lists are due.

Life of a telegram: the database is asked for the first telegram of each link -> its next attempt is committed -> it is
sent -> what became of that is committed -> the database is asked again. One telegram of a link is under way at a time,
and the next one waits until it has ended or failed for good, so the order of each link is kept. After a crash the
database still knows which attempt was open: it may have reached the other side, so the next one says so (PDM behind the
origin line), as after every failure that leaves it unclear. That is at least once, and marked where it may be twice.

Nothing is kept here that a restart would need. The only clock in decisions is the one that says when an attempt is due,
and it travels in the transactions.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from adapter.due_answers import Compose, Count, DueAnswers
from adapter.gate import Gate
from adapter.net.outward import Outward
from adapter.outbox import step
from adapter.patience import Patience, Verdict, judged
from adapter.wire.typeb_egress import mark_resent
from loyalty_core import (
    OutboxAnswer,
    OutboxCheck,
    Result,
    Submission,
    TelegramAttempted,
    TelegramFailed,
    TelegramOutcome,
    TelegramSent,
    TelegramState,
    WaitingTelegram,
)

log = logging.getLogger("ffgate.sending")


@dataclass(frozen=True, slots=True)
class Way:
    """A link that can send, and how text becomes its bytes."""

    link: Outward
    encoding: str
    seconds_max: float = 0.0
    """How long the link itself tries to bring a telegram over; it is not disturbed before that."""


@dataclass(slots=True)
class _UnderWay:
    """The telegram that a link is busy with, from the attempt's commit to the commit of its end."""

    telegram: WaitingTelegram
    attempt: int
    sending: "Deferred[None] | None" = None
    end: Submission | None = None
    retry: IDelayedCall | None = None
    """Committing ``end`` again, where the database was away."""


@dataclass(slots=True)
class _Queue:
    """What is known of one link's queue, for the metrics."""

    waiting: int = 0
    oldest_queued_at: datetime | None = None
    under_way: _UnderWay | None = None
    tried: str = ""
    not_before: datetime | None = None
    """The telegram sent last is not sent again before this, whatever the database says: a mistake there or here must
    not flood the other side."""


class Sending:
    """The service; belongs to the reactor's thread. ``ways`` are the links that can send, ``now`` tells the time,
    ``compose`` makes the telegrams of a list's answer (None where its link answers no lists any more)."""

    def __init__(
        self,
        gate: Gate,
        ways: Mapping[str, Way],
        clock: IReactorTime,
        now: Callable[[], datetime],
        *,
        compose: Compose = lambda answer: None,
        patience: Patience | None = None,
        queue_max: int = 1000,
        count: Count = lambda link, event: None,
    ) -> None:
        self._gate = gate
        self._ways = dict(ways)
        self._clock = clock
        self._now = now
        self._patience = patience or Patience()
        self._queue_max = queue_max
        self._count = count
        self._queues = {name: _Queue() for name in ways}
        self._timer: IDelayedCall | None = None
        self._is_started = self._is_asking = self._ask_again = False
        self._answers = DueAnswers(gate, compose, now, self._reserve, count, self._answer_ended)
        self._told: set[str] = set()
        """Links that telegrams wait for and that can't send; said once."""
        self._stopped: Deferred[None] | None = None
        self._is_abandoned = False

    @property
    def links(self) -> tuple[str, ...]:
        """The links that can send."""
        return tuple(self._ways)

    def start(self) -> None:
        """Begin with what the last run left."""
        self._is_started = True
        self.wake()

    def wake(self) -> None:
        """Something may be there to be sent: look now."""
        if self._stopped is not None or not self._is_started or not self._ways:
            return
        if self._is_asking:
            self._ask_again = True
            return
        self._is_asking = True
        self._cancel_timer()
        self._gate.ask((OutboxCheck(self._answers.after),), self._checked)

    def stop(self) -> "Deferred[None]":
        """Begin nothing more; fires when the attempts under way have ended and that is committed."""
        if self._stopped is None:
            self._stopped = Deferred()
            self._cancel_timer()
            self._check_stopped()
        return self._stopped

    def abandon(self) -> None:
        """The time for stopping is over: attempts under way count as perhaps arrived."""
        self._is_abandoned = True
        for queue in self._queues.values():
            under_way = queue.under_way
            if under_way is None:
                continue
            if under_way.sending is not None:
                under_way.sending.cancel()
            elif under_way.retry is not None:
                under_way.retry.cancel()
                self._release(queue)

    def waiting(self, link: str) -> int:
        """How many telegrams wait for this link, as far as the last look saw."""
        return self._queues[link].waiting

    def oldest_seconds(self, link: str) -> float:
        """How long the oldest of them waits; 0 when none does."""
        oldest = self._queues[link].oldest_queued_at
        return max((self._now() - oldest).total_seconds(), 0.0) if oldest is not None else 0.0

    def has_room(self, link: str, number: int) -> bool:
        """Whether so many more telegrams may be queued for this link."""
        return self._queues[link].waiting + number <= self._queue_max

    # --- looking ------------------------------------------------------------------------------------------------------

    def _checked(self, value: "tuple[Any, ...] | Exception") -> None:
        self._is_asking = False
        if self._stopped is not None:
            return
        if isinstance(value, Exception):
            self._look_in(self._patience.poll_seconds)
            return
        (found,) = value
        assert isinstance(found, OutboxAnswer)
        self._take_counts(found)
        now = self._now()
        pause = self._patience.poll_seconds
        for head in found.heads:
            queue = self._queues.get(head.link)
            if queue is None or queue.under_way is not None:
                continue
            due_at = head.due_at
            if head.key == queue.tried and queue.not_before is not None:
                due_at = max(due_at, queue.not_before)
            seconds = (due_at - now).total_seconds()
            # No wait is longer than the longest, unless the clock was set back since.
            if seconds <= 0 or seconds > self._patience.retry_seconds_max:
                self._begin(queue, head)
            else:
                pause = min(pause, seconds)
        self._answers.take(found)
        self._look_in(0.0 if self._ask_again else pause)
        self._ask_again = False

    def _take_counts(self, found: OutboxAnswer) -> None:
        waiting = dict(found.waiting)
        oldest = {head.link: head.queued_at for head in found.heads}
        for name, queue in self._queues.items():
            queue.waiting = waiting.get(name, 0)
            queue.oldest_queued_at = oldest.get(name)
        for name in waiting.keys() - self._queues.keys() - self._told:
            self._told.add(name)
            text = "%d telegrams wait for link %s, by which none can leave by these settings"
            log.warning(text, waiting[name], name, extra={"link": name})

    def _reserve(self, link: str, number: int) -> bool:
        if link not in self._queues or not self.has_room(link, number):
            return False
        self._queues[link].waiting += number
        return True

    def _answer_ended(self, is_queued: bool) -> None:
        if is_queued:
            self._look_in(0.0)
        self._check_stopped()

    def _look_in(self, seconds: float) -> None:
        """Look after so many seconds, unless that is to be sooner anyway."""
        if self._stopped is not None:
            return
        at = self._clock.seconds() + seconds
        if self._timer is not None and self._timer.getTime() <= at:
            return
        self._cancel_timer()
        self._timer = self._clock.callLater(seconds, self._timed)

    def _timed(self) -> None:
        self._timer = None
        self.wake()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- one attempt --------------------------------------------------------------------------------------------------

    def _begin(self, queue: _Queue, head: WaitingTelegram) -> None:
        queue.under_way = _UnderWay(head, head.attempts + 1)
        give_up_at = head.queued_at + timedelta(seconds=self._patience.give_up_seconds)
        if head.attempts and self._now() >= give_up_at:
            queue.under_way.attempt = head.attempts
            self._lost(queue, Verdict("given_up", head.state is TelegramState.SENDING), None)
            return
        attempted = TelegramAttempted(head.key, queue.under_way.attempt)
        self._gate.submit(step(attempted, self._now()), partial(self._attempted, queue))

    def _attempted(self, queue: _Queue, value: Result | Exception) -> None:
        under_way = _busy(queue)
        outcome = _outcome_of(value)
        if outcome is None or not outcome.accepted:
            # The database is away, or another process was here: nothing was sent.
            self._release(queue, self._patience.poll_seconds)
            return
        head = under_way.telegram
        if self._stopped is not None:
            self._lost(queue, Verdict("stopped", perhaps_sent=False), self._now())
            return
        way = self._ways[head.link]
        text = mark_resent(head.text) if outcome.perhaps_sent else head.text
        try:
            data = text.replace("\n", "\r\n").encode(way.encoding)
        except UnicodeEncodeError:
            self._lost(queue, Verdict("not_encodable", perhaps_sent=False), None)
            return
        self._count(head.link, "telegram_attempted")
        queue.tried = head.key
        queue.not_before = self._now() + self._patience.wait_after(under_way.attempt)
        sending: Deferred[None] = maybeDeferred(way.link.send, data)
        under_way.sending = sending
        sending.addTimeout(max(self._patience.answer_seconds, way.seconds_max + 1), self._clock)
        sending.addCallbacks(partial(self._arrived, queue), partial(self._failed, queue))

    def _arrived(self, queue: _Queue, _: None) -> None:
        under_way = _busy(queue)
        under_way.sending = None
        head = under_way.telegram
        self._count(head.link, "telegram_sent")
        text = "a telegram was sent at attempt %d"
        log.info(text, under_way.attempt, extra={"link": head.link, "id": head.key, "state": "sent"})
        self._record(queue, TelegramSent(head.key, under_way.attempt))

    def _failed(self, queue: _Queue, failure: Failure) -> None:
        under_way = _busy(queue)
        under_way.sending = None
        head = under_way.telegram
        verdict = judged(failure)
        if verdict.reason == "failed":
            # Its text might hold the telegram's.
            log.error("a link failed to send: %s", type(failure.value).__name__, extra={"link": head.link})
        due_at: datetime | None = self._now()
        if self._stopped is None:
            due_at = self._now() + self._patience.wait_after(under_way.attempt)
            if due_at >= head.queued_at + timedelta(seconds=self._patience.give_up_seconds):
                due_at = None
        self._lost(queue, verdict, None if verdict.is_final else due_at)

    def _lost(self, queue: _Queue, verdict: Verdict, due_at: datetime | None) -> None:
        """An attempt came to nothing; without ``due_at`` it was the last."""
        under_way = _busy(queue)
        head = under_way.telegram
        fields = {"link": head.link, "id": head.key, "code": verdict.reason}
        if due_at is None:
            self._count(head.link, "telegram_failed")
            text = "alarm: a telegram was given up after %d attempts: %s"
            log.error(text, under_way.attempt, verdict.reason, extra={**fields, "state": "failed"})
        else:
            self._count(head.link, "telegram_retry")
            text = "attempt %d at sending a telegram failed: %s"
            log.warning(text, under_way.attempt, verdict.reason, extra={**fields, "state": "queued"})
        failed = TelegramFailed(head.key, under_way.attempt, verdict.reason, verdict.perhaps_sent, due_at)
        self._record(queue, failed)

    def _record(self, queue: _Queue, end: TelegramSent | TelegramFailed) -> None:
        """Commit how an attempt ended, however often it takes: the link is busy until then."""
        _busy(queue).end = step(end, self._now())
        self._submit_end(queue)

    def _submit_end(self, queue: _Queue) -> None:
        under_way = _busy(queue)
        under_way.retry = None
        assert under_way.end is not None
        self._gate.submit(under_way.end, partial(self._recorded, queue))

    def _recorded(self, queue: _Queue, value: Result | Exception) -> None:
        if isinstance(value, Exception) and not self._is_abandoned:
            seconds = self._patience.poll_seconds
            _busy(queue).retry = self._clock.callLater(seconds, self._submit_end, queue)
        else:
            # What could not be committed is found open at the next start: it may have arrived.
            self._release(queue)

    def _release(self, queue: _Queue, seconds: float = 0.0) -> None:
        queue.under_way = None
        self._look_in(seconds)
        self._check_stopped()

    def _check_stopped(self) -> None:
        busy = any(queue.under_way is not None for queue in self._queues.values()) or self._answers.is_busy
        if self._stopped is not None and not self._stopped.called and not busy:
            self._stopped.callback(None)


def _busy(queue: _Queue) -> _UnderWay:
    assert queue.under_way is not None
    return queue.under_way


def _outcome_of(value: Result | Exception) -> TelegramOutcome | None:
    """The outcome of a step, None where nothing was kept, or where another process had taken this very step."""
    if isinstance(value, Exception) or value.repeated or not value.outcomes:
        return None
    (outcome,) = value.outcomes
    assert isinstance(outcome, TelegramOutcome)
    return outcome
