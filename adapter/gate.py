"""The one door to the core: bounded queues, one batch in flight each for writes and reads, one thread
crossing a batch.

Nobody waits for a batch to fill. While one batch is with its thread, what arrives queues up; when the batch
returns, the next one is what has come meanwhile, up to ``batch_max``. A single message on an idle system is
therefore a batch of one and leaves at once, and under load the batches grow by themselves.

Writes (``submit``) and reads (``ask``) have a queue and a thread of their own, so that card checks don't
stand behind lists. A full queue refuses the newest message with ``Overloaded``; before that, at the
high-water mark, watchers are told to stop reading from their links, and at the low-water mark to go on.

Life of a message: queued -> in the batch in flight -> done(result), or done(exception) when nothing of it was
kept. ``done`` is called exactly once, in the thread of the reactor, perhaps before ``submit`` returns (when
refused).
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from adapter.errors import Overloaded
from loyalty_core import Answer, Question, Result, StorageUnavailable, Submission

log = logging.getLogger("ffgate.gate")

BATCH_MAX = 200
"""Messages (or questions) that one commit groups at most."""
QUEUE_MAX = 2000
"""Messages that wait for the writer, and likewise for the reader, before the newest is refused."""
UNAVAILABLE_PAUSE_SECONDS = 1.0
"""How long links stop reading after the database could not be used."""

Item = TypeVar("Item")
Value = TypeVar("Value")
Watcher = Callable[[bool], None]
BatchObserver = Callable[[str, int, float], None]


class Runner(Protocol):
    """Something that calls a function elsewhere and hands its value, or the exception it raised, to
    ``done``.
    """

    def run(self, function: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        """Call ``done`` later (or at once) in the reactor's thread with what ``function(argument)`` gave or
        raised.
        """

    def stop(self) -> None:
        """Release the thread; called when nothing is under way any more."""


class Inline:
    """Runs in the caller's own thread, at once: for commands that have no reactor, and for tests."""

    def run(self, function: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        """Call the function here and now."""
        done(_outcome(function, argument))

    def stop(self) -> None:
        """Nothing to release."""


class OwnThread:
    """One dedicated thread fed by a queue; values come back by ``call_from_thread``
    (``reactor.callFromThread``).

    A thread pool would do too, but a database connection likes to stay with one thread, and a named thread
    can be found in a stack dump.
    """

    def __init__(self, name: str, call_from_thread: Callable[..., Any]) -> None:
        self._call_from_thread = call_from_thread
        self._jobs: queue.SimpleQueue[tuple[Callable[[Any], Any], Any, Callable[[Any], None]] | None]
        self._jobs = queue.SimpleQueue()
        # Daemonic: a commit that hangs on a dead disk must not keep a process alive that was told to end.
        # What it holds was never answered, and the database rolls it back.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(self, function: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        """Queue one call for the thread."""
        self._jobs.put((function, argument, done))

    def stop(self, join_seconds: float = 5.0) -> None:
        """Let the thread finish what is queued and wait for its end."""
        self._jobs.put(None)
        self._thread.join(join_seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            function, argument, done = job
            self._call_from_thread(done, _outcome(function, argument))


def _outcome(function: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return function(argument)
    except Exception as error:
        return error


class Lane(Generic[Item, Value]):
    """One queue with one batch in flight; the gate has one for writes and one for reads.

    ``work`` turns a list of items into as many values. ``weigh`` says how much of ``batch_max`` an item
    takes: a message with fifty questions is fifty reads.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[Item]], Sequence[Value]],
        runner: Runner,
        *,
        batch_max: int,
        queue_max: int,
        seconds: Callable[[], float],
        changed: Callable[[], None],
        failed: Callable[[Exception], None],
        observe: BatchObserver,
        weigh: Callable[[Item], int],
    ) -> None:
        self._name = name
        self._work = work
        self._runner = runner
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._seconds = seconds
        self._changed = changed
        self._failed = failed
        self._observe = observe
        self._weigh = weigh
        self._waiting: deque[tuple[Item, Callable[[Value | Exception], None]]] = deque()
        self._in_flight: list[Callable[[Value | Exception], None]] = []
        self._began = 0.0
        self.high_water = max(1, queue_max * 3 // 4)
        self.low_water = queue_max // 4

    @property
    def depth(self) -> int:
        """How many messages wait; the batch in flight is not counted."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """True when nothing waits and nothing is in flight."""
        return not self._waiting and not self._in_flight

    def put(self, item: Item, done: Callable[[Value | Exception], None]) -> None:
        """Queue one item; ``done`` gets ``Overloaded`` at once when the queue is full."""
        if len(self._waiting) >= self._queue_max:
            done(Overloaded(f"{self._queue_max} messages wait in lane {self._name} already"))
            return
        self._waiting.append((item, done))
        if not self._in_flight:
            self._next()
        self._changed()

    def _next(self) -> None:
        batch: list[Item] = []
        weight = 0
        while self._waiting:
            weight += self._weigh(self._waiting[0][0])
            if batch and weight > self._batch_max:
                break
            item, done = self._waiting.popleft()
            batch.append(item)
            self._in_flight.append(done)
        if batch:
            self._began = self._seconds()
            self._runner.run(self._work, batch, self._returned)

    def _returned(self, values: Any) -> None:
        calls, self._in_flight = self._in_flight, []
        self._observe(self._name, len(calls), self._seconds() - self._began)
        if not isinstance(values, Exception) and len(values) != len(calls):
            values = RuntimeError(f"lane {self._name} gave {len(values)} values for {len(calls)} messages")
        if isinstance(values, Exception):
            self._failed(values)
            values = [values] * len(calls)
        # The next batch leaves before the answers of this one are written: the thread works meanwhile.
        self._next()
        for done, value in zip(calls, values, strict=True):
            try:
                done(value)
            except Exception:
                # One message's reply must not take the others' with it.
                log.exception("a reply could not be handed over")
        self._changed()


class Gate:
    """Bounded way into the core: ``submit`` for what changes the books, ``ask`` for what only reads.

    ``execute`` and ``answer`` are the core's batch calls; each is called by its runner, one batch at a time.
    ``watchers`` get True when links should stop reading and False when they may go on.
    """

    def __init__(
        self,
        execute: Callable[[Sequence[Submission]], Sequence[Result]],
        answer: Callable[[Sequence[Question]], Sequence[Answer]],
        *,
        clock: IReactorTime,
        writer: Runner,
        reader: Runner,
        batch_max: int = BATCH_MAX,
        queue_max: int = QUEUE_MAX,
        unavailable_pause_seconds: float = UNAVAILABLE_PAUSE_SECONDS,
        observe: BatchObserver = lambda lane, size, seconds: None,
    ) -> None:
        self._clock = clock
        self._runners = (writer, reader)
        self._answer = answer
        self._unavailable_pause_seconds = unavailable_pause_seconds
        self._retry: Any = None
        self._pressed = False
        self._watchers: list[Watcher] = []
        self._stopped: Deferred[None] | None = None
        self._writes: Lane[Submission, Result] = Lane(
            "write",
            execute,
            writer,
            batch_max=batch_max,
            queue_max=queue_max,
            seconds=clock.seconds,
            changed=self._settle,
            failed=self._failed,
            observe=observe,
            weigh=lambda submission: 1,
        )
        self._reads: Lane[tuple[Question, ...], tuple[Answer, ...]] = Lane(
            "read",
            self._answer_all,
            reader,
            batch_max=batch_max,
            queue_max=queue_max,
            seconds=clock.seconds,
            changed=self._settle,
            failed=self._failed,
            observe=observe,
            weigh=len,
        )

    @property
    def depths(self) -> tuple[int, int]:
        """How many messages wait for the writer and for the reader."""
        return self._writes.depth, self._reads.depth

    @property
    def pressed(self) -> bool:
        """True while links are asked not to read."""
        return self._pressed

    @property
    def available(self) -> bool:
        """False for a while after the database could not be used."""
        return self._retry is None

    def watch(self, watcher: Watcher) -> None:
        """Have ``watcher(True)`` called when links should stop reading, ``watcher(False)`` when they may go
        on.
        """
        self._watchers.append(watcher)

    def submit(self, submission: Submission, done: Callable[[Result | Exception], None]) -> None:
        """Have one message decided and committed; an exception given to ``done`` means that nothing was
        kept.
        """
        if self._stopped is not None:
            done(Overloaded("the gate is closing"))
        else:
            self._writes.put(submission, done)

    def ask(
        self, questions: Sequence[Question], done: Callable[[tuple[Answer, ...] | Exception], None]
    ) -> None:
        """Have the questions of one message answered, in their order."""
        if self._stopped is not None:
            done(Overloaded("the gate is closing"))
        else:
            self._reads.put(tuple(questions), done)

    def stop(self) -> "Deferred[None]":
        """Refuse what is new, finish what waits, end the threads; fires when all is done."""
        if self._stopped is None:
            self._stopped = Deferred()
            if self._retry is not None:
                self._retry.cancel()
                self._retry = None
            self._settle()
        return self._stopped

    def _answer_all(self, batch: list[tuple[Question, ...]]) -> list[tuple[Answer, ...]]:
        answers = list(self._answer([question for questions in batch for question in questions]))
        wanted = sum(map(len, batch))
        if len(answers) != wanted:
            raise RuntimeError(f"the core gave {len(answers)} answers to {wanted} questions")
        following = iter(answers)
        return [tuple(next(following) for _ in questions) for questions in batch]

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, StorageUnavailable):
            log.error("a batch failed for a reason that the core did not foresee", exc_info=error)
            return
        log.warning("the database can't be used now, nothing of the batch was kept: %s", error)
        if self._retry is None and self._stopped is None:
            self._retry = self._clock.callLater(self._unavailable_pause_seconds, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._settle()

    def _settle(self) -> None:
        """Tell the watchers when the pressure has changed; end the threads when the gate is stopped and
        empty.
        """
        lanes = (self._writes, self._reads)
        if self._retry is not None or any(lane.depth >= lane.high_water for lane in lanes):
            pressed = True
        elif all(lane.depth <= lane.low_water for lane in lanes):
            pressed = False
        else:
            pressed = self._pressed
        if pressed != self._pressed:
            self._pressed = pressed
            for watcher in self._watchers:
                watcher(pressed)
        stopped = self._stopped
        if stopped is not None and not stopped.called and all(lane.idle for lane in lanes):
            for runner in self._runners:
                runner.stop()
            stopped.callback(None)
