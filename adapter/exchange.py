"""Carries each message of each link through pipeline and gate and back, and sees that every one ends exactly
once.

Life of a message: opened (pipeline.receive) -> decided (gate.submit), where it changes the books or must be
journalled -> answered (gate.ask), where it asks -> replied (pipeline.reply, done). A message that closed a
set of telegram parts is followed by the joined telegram, which takes the same way by itself and has nobody to
reply to; if the database refuses it, it is tried again until it is in, because its parts were acknowledged.

Nobody waits on anything here: each step is called by the one before or by the gate.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from adapter.envelope import Envelope, Reply
from adapter.errors import Problem
from adapter.gate import Gate
from adapter.pipeline import Pipeline
from adapter.work import ClosedSet, Work
from loyalty_core import Answer, PartOutcome, Result

SET_RETRY_SECONDS = 5.0
"""How long a closed set waits before it is tried again, when the database could not take it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One message that has ended, for log, metrics and commands: what became of it and how long each stage
    took.

    ``error`` is set when nothing was kept. ``gate_seconds`` includes waiting; ``followed`` marks the joined
    telegram of a set.
    """

    work: Work
    reply: Reply
    result: Result | None
    answers: tuple[Answer, ...]
    error: Exception | None
    receive_seconds: float
    gate_seconds: float
    reply_seconds: float
    followed: bool = False

    @property
    def state(self) -> str:
        """One word for what became of the message."""
        if self.error is not None:
            return "not_processed" if self.reply.not_processed else "failed"
        if self.result is not None:
            return "repeated" if self.result.repeated else self.result.state.value
        return "invalid" if self.work.unjournalled else "answered"


def part_problems(result: Result | None) -> tuple[Problem, ...]:
    """What is wrong with a part that the core put into quarantine, as a problem for log and counters."""
    if result is None or result.repeated:
        return ()
    found = []
    for outcome in result.outcomes:
        if isinstance(outcome, PartOutcome) and outcome.conflict:
            found.append(Problem("part_conflict", f"part {outcome.number} contradicts what came of its set"))
        elif isinstance(outcome, PartOutcome) and outcome.crowded:
            found.append(Problem("open_sets_full", "its originator has too many incomplete telegrams"))
    return tuple(found)


class Exchange:
    """The handler that all links share; ``handle`` is the ``Handle`` of ``adapter.envelope``."""

    def __init__(
        self,
        pipeline: Pipeline,
        gate: Gate,
        clock: IReactorTime,
        *,
        observe: Callable[[Passed], None] = lambda passed: None,
        set_retry_seconds: float = SET_RETRY_SECONDS,
    ) -> None:
        self.pipeline = pipeline
        self.gate = gate
        self.clock = clock
        self.in_flight = 0
        self._observe = observe
        self._set_retry_seconds = set_retry_seconds
        self._postponed: deque[Work] = deque()
        self._retry: Any = None
        self._stopping = False
        self._idle: list[Deferred[None]] = []

    @property
    def sets_postponed(self) -> int:
        """Closed sets that wait for the database to come back."""
        return len(self._postponed)

    def handle(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        """Take one message the whole way; ``done`` gets its reply, perhaps before this returns."""
        began = self.clock.seconds()
        work = self.pipeline.receive(envelope)
        _Passage(self, work, done, began).start()

    def reread(self, closed: Sequence[ClosedSet]) -> "Deferred[None]":
        """Read the sets that had closed when the process ended, in their order; fires when all are in or
        postponed.
        """
        finished: Deferred[None] = Deferred()
        waiting = deque(closed)
        feeding = under_way = False

        def feed() -> None:
            nonlocal feeding, under_way
            feeding = True
            while waiting and not under_way:
                under_way = True
                work = self.pipeline.reread(waiting.popleft())
                _Passage(self, work, passed, self.clock.seconds(), followed=True).start()
            feeding = False
            if not waiting and not under_way and not finished.called:
                finished.callback(None)

        def passed(_: Reply) -> None:
            # A gate without threads calls this before start() returns; then the loop above goes on by itself.
            nonlocal under_way
            under_way = False
            if not feeding:
                feed()

        feed()
        # The last one has its reply before it has ended, and only its end says whether it is postponed.
        return finished.addCallback(lambda _: self.when_idle())

    def when_idle(self) -> "Deferred[None]":
        """Fires as soon as no message is under way."""
        idle: Deferred[None] = Deferred()
        self._idle.append(idle)
        self._check_idle()
        return idle

    def stop(self) -> None:
        """Give up trying postponed sets; the next start finds them in the database."""
        self._stopping = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def ended(self, passed: Passed) -> None:
        """A passage has ended: tell it, and see what follows from it."""
        self._observe(passed)
        if passed.error is not None and passed.followed:
            self._postpone(passed.work)
        elif passed.result is not None:
            following = self.pipeline.follow(passed.work, passed.result)
            if following is not None:
                _Passage(self, following, lambda reply: None, self.clock.seconds(), followed=True).start()
        self.in_flight -= 1
        self._check_idle()

    def _postpone(self, work: Work) -> None:
        self._postponed.append(work)
        if self._retry is None and not self._stopping:
            self._retry = self.clock.callLater(self._set_retry_seconds, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        works, self._postponed = self._postponed, deque()
        for work in works:
            _Passage(self, work, lambda reply: None, self.clock.seconds(), followed=True).start()

    def _check_idle(self) -> None:
        if self.in_flight == 0:
            waiting, self._idle = self._idle, []
            for idle in waiting:
                idle.callback(None)


class _Passage:
    """One message on its way."""

    __slots__ = ("_began", "_done", "_exchange", "_followed", "_opened", "_result", "_work")

    def __init__(
        self,
        exchange: Exchange,
        work: Work,
        done: Callable[[Reply], None],
        began: float,
        followed: bool = False,
    ) -> None:
        self._exchange = exchange
        self._work = work
        self._done = done
        self._began = began
        self._followed = followed
        self._opened = exchange.clock.seconds()
        self._result: Result | None = None
        exchange.in_flight += 1

    def start(self) -> None:
        if self._work.submission is not None:
            self._exchange.gate.submit(self._work.submission, self._decided)
        else:
            self._ask()

    def _decided(self, value: Result | Exception) -> None:
        if isinstance(value, Exception):
            self._fail(value)
        else:
            self._result = value
            self._ask()

    def _ask(self) -> None:
        if self._work.questions and self._work.refusal is None:
            self._exchange.gate.ask(self._work.questions, self._answered)
        else:
            self._answered(())

    def _answered(self, value: tuple[Answer, ...] | Exception) -> None:
        if isinstance(value, Exception):
            self._fail(value)
            return
        back = self._exchange.clock.seconds()
        self._end(self._exchange.pipeline.reply(self._work, self._result, value), value, None, back)

    def _fail(self, error: Exception) -> None:
        back = self._exchange.clock.seconds()
        self._end(self._exchange.pipeline.failed(self._work, error), (), error, back)

    def _end(self, reply: Reply, answers: tuple[Answer, ...], error: Exception | None, back: float) -> None:
        try:
            self._done(reply)
        finally:
            # A link that trips over its own socket must not leave the message counted as under way.
            ended = self._exchange.clock.seconds()
            self._exchange.ended(
                Passed(
                    work=self._work,
                    reply=reply,
                    result=self._result,
                    answers=answers,
                    error=error,
                    receive_seconds=self._opened - self._began,
                    gate_seconds=back - self._opened,
                    reply_seconds=ended - back,
                    followed=self._followed,
                )
            )
