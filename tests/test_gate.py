"""The gate: batches, limits, pressure, failures and the end; on a fake clock, and once with real threads."""

import logging
import threading
from typing import Any

import pytest
from twisted.internet.task import Clock

from adapter.errors import Overloaded
from adapter.gate import Gate, Inline, OwnThread
from loyalty_core import CardCheck, StorageUnavailable, Submission
from tests.fakes import NOW, FakeCore, Threadless


def message(number: int) -> Submission:
    return Submission("host", "ffp_accrual", b"<raw/>", b"%032d" % number, NOW)


class Rig:
    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.core = FakeCore()
        self.batches: list[tuple[str, int]] = []
        self.pressure: list[bool] = []
        self.done: list[Any] = []
        self.writer = Threadless(self.clock)
        self.reader = Threadless(self.clock)
        self.gate = Gate(
            self.core.execute,
            self.core.answer,
            clock=self.clock,
            writer=self.writer,
            reader=self.reader,
            observe=lambda lane, size, seconds: self.batches.append((lane, size)),
            **limits,
        )
        self.gate.watch(self.pressure.append)

    def submit(self, *numbers: int) -> None:
        for number in numbers:
            self.gate.submit(message(number), self.done.append)


def test_a_lone_message_leaves_at_once_and_what_arrives_meanwhile_is_the_next_batch() -> None:
    rig = Rig()
    rig.submit(1, 2, 3, 4)
    rig.clock.advance(0.001)
    assert [len(batch) for batch in rig.core.batches] == [1]
    rig.clock.advance(0.001)
    assert [len(batch) for batch in rig.core.batches] == [1, 3]
    assert [result.journal_id for result in rig.done] == [1, 2, 3, 4]
    assert rig.batches == [("write", 1), ("write", 3)]


def test_a_batch_never_exceeds_its_maximum() -> None:
    rig = Rig(batch_max=2)
    rig.submit(*range(6))
    for _ in range(4):
        rig.clock.advance(0.001)
    assert [len(batch) for batch in rig.core.batches] == [1, 2, 2, 1]
    assert len(rig.done) == 6


def test_the_newest_message_is_refused_when_the_queue_is_full() -> None:
    rig = Rig(queue_max=3)
    rig.submit(1, 2, 3, 4)
    assert rig.done == []
    rig.submit(5)
    assert [type(value) for value in rig.done] == [Overloaded]
    assert rig.gate.depths == (3, 0)
    rig.clock.advance(0.001)
    rig.clock.advance(0.001)
    assert [value.journal_id for value in rig.done[1:]] == [1, 2, 3, 4]


def test_links_are_paused_at_the_high_water_mark_and_resumed_at_the_low_one() -> None:
    rig = Rig(queue_max=8, batch_max=2)
    rig.submit(*range(6))
    assert rig.pressure == []
    rig.submit(6)
    assert rig.pressure == [True]
    rig.clock.advance(0.001)
    assert rig.pressure == [True], "four wait still"
    rig.clock.advance(0.001)
    assert rig.pressure == [True, False]


def test_reads_have_a_lane_of_their_own_and_answers_find_their_message() -> None:
    rig = Rig()
    rig.submit(1)
    first: list[Any] = []
    second: list[Any] = []
    third: list[Any] = []
    rig.gate.ask([CardCheck("UT", "1010000000012")], first.append)
    rig.gate.ask([CardCheck("UT", "1010000000020"), CardCheck("UT", "1010000000038")], second.append)
    rig.gate.ask([], third.append)
    rig.clock.advance(0.001)
    rig.clock.advance(0.001)
    assert [answer.number for answer in first[0]] == ["1010000000012"]
    assert [answer.number for answer in second[0]] == ["1010000000020", "1010000000038"]
    assert third == [()]
    assert [len(questions) for questions in rig.core.asked] == [1, 2]


def test_a_message_with_many_questions_counts_as_many() -> None:
    rig = Rig(batch_max=3)
    check = CardCheck("UT", "1010000000012")
    for count in (1, 2, 2, 5):
        rig.gate.ask([check] * count, rig.done.append)
    for _ in range(4):
        rig.clock.advance(0.001)
    assert [len(questions) for questions in rig.core.asked] == [1, 2, 2, 5], "one message is never split"
    assert [len(answers) for answers in rig.done] == [1, 2, 2, 5]


def test_an_unusable_database_fails_the_batch_and_pauses_the_links_for_a_while() -> None:
    rig = Rig(unavailable_pause_seconds=2)
    rig.core.failure = StorageUnavailable("disk full")
    rig.submit(1, 2)
    rig.clock.advance(0.001)
    rig.clock.advance(0.001)
    assert [type(value) for value in rig.done] == [StorageUnavailable] * 2
    assert rig.pressure == [True]
    assert not rig.gate.available
    rig.core.failure = None
    rig.submit(3)
    rig.clock.advance(0.001)
    assert rig.done[2].journal_id == 1
    rig.clock.advance(2)
    assert rig.pressure == [True, False]
    assert rig.gate.available


def test_an_unforeseen_failure_and_a_wrong_number_of_results_reach_every_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    rig.core.failure = ZeroDivisionError("defect")
    rig.submit(1)
    rig.clock.advance(0.001)
    assert [type(value) for value in rig.done] == [ZeroDivisionError]
    rig.core.failure = None
    rig.core.execute = lambda batch: []  # type: ignore[method-assign]
    gate = Gate(rig.core.execute, rig.core.answer, clock=rig.clock, writer=Inline(), reader=Inline())
    gate.submit(message(1), rig.done.append)
    assert "0 values for 1 messages" in str(rig.done[1])
    assert rig.pressure == [], "a defect of one message is no reason to stop reading"
    assert "did not foresee" in caplog.text


def test_a_reply_that_fails_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()

    def broken(_: object) -> None:
        raise ValueError("socket gone")

    rig.gate.submit(message(1), broken)
    rig.submit(2)
    rig.clock.advance(0.001)
    rig.clock.advance(0.001)
    assert len(rig.done) == 1
    assert "could not be handed over" in caplog.text


def test_stop_refuses_the_new_finishes_the_waiting_and_ends_the_threads() -> None:
    rig = Rig()
    rig.submit(1, 2)
    stopped: list[None] = []
    rig.gate.stop().addCallback(stopped.append)
    rig.submit(3)
    assert [type(value) for value in rig.done] == [Overloaded]
    assert stopped == []
    rig.clock.advance(0.001)
    rig.clock.advance(0.001)
    assert [value.journal_id for value in rig.done[1:]] == [1, 2]
    assert stopped == [None]
    assert rig.writer.stopped
    assert rig.reader.stopped
    assert rig.clock.getDelayedCalls() == []


def test_stop_does_not_leave_the_retry_timer_behind() -> None:
    rig = Rig()
    rig.core.failure = StorageUnavailable("disk full")
    rig.submit(1)
    rig.clock.advance(0.001)
    rig.gate.stop()
    assert rig.clock.getDelayedCalls() == []


def test_work_is_done_in_a_thread_of_its_own_and_comes_back_through_the_reactor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    arrived: list[Any] = []
    ready = threading.Event()

    def call_from_thread(function: Any, value: Any) -> None:
        arrived.append((threading.current_thread().name, value))
        ready.set()

    thread = OwnThread("test-writer", call_from_thread)
    thread.run(lambda number: number * 2, 21, print)
    assert ready.wait(10)
    ready.clear()
    thread.run(lambda number: 1 // number, 0, print)
    assert ready.wait(10)
    thread.stop()
    assert arrived[0] == ("test-writer", 42)
    assert isinstance(arrived[1][1], ZeroDivisionError)
    assert "test-writer" not in [one.name for one in threading.enumerate()]
