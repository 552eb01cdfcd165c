"""Sending on a fake clock through a real core: order, patience, doubt, late news, the end."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError, ConnectionLost

from adapter.net.outward import NotSent
from loyalty_core import StorageUnavailable
from tests.sending_rig import START, Rig, sending_rig

rig = sending_rig


def test_telegrams_leave_in_order_and_the_links_are_apart(rig: Rig) -> None:
    rig.queue("ONE", "TWO", "THREE")
    rig.queue("ELSEWHERE", link="other")
    rig.sending.start()
    rig.run()
    assert rig.peers["dcs"].taken == ["ONE", "TWO", "THREE"]
    assert rig.peers["other"].taken == ["ELSEWHERE"]
    assert rig.states == {"sent": 3}
    assert not any(rig.peers["dcs"].marked)


def test_what_comes_later_is_found(rig: Rig) -> None:
    rig.sending.start()
    rig.run(2)
    rig.queue("ONE")
    assert rig.peers["dcs"].taken == []
    rig.sending.wake()
    rig.run()
    assert rig.peers["dcs"].taken == ["ONE"]
    rig.queue("TWO")
    rig.run(1)
    assert rig.peers["dcs"].taken == ["ONE", "TWO"], "another process queued it: found by looking"


def test_the_attempt_is_counted_before_the_first_byte_leaves(rig: Rig) -> None:
    seen: list[tuple[str, int]] = []

    def look() -> Deferred[None]:
        seen.append(next(iter((key, count) for key, count in rig.states.items())))
        return succeed(None)

    rig.peers["dcs"].answer = look
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    assert seen == [("sending", 1)]


def test_one_at_a_time_and_the_others_wait(rig: Rig) -> None:
    waiting: Deferred[None] = Deferred()
    rig.peers["dcs"].once(waiting)
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run(3)
    assert rig.peers["dcs"].taken == ["ONE"]
    assert rig.sending.waiting("dcs") == 2
    assert rig.sending.oldest_seconds("dcs") == 3.0
    waiting.callback(None)
    rig.run(1)
    assert rig.peers["dcs"].taken == ["ONE", "TWO"]
    assert rig.sending.waiting("dcs") == 0
    assert rig.sending.oldest_seconds("dcs") == 0.0


@pytest.mark.parametrize(
    ("error", "marked"),
    [
        (NotSent("time", "no receipt"), True),
        (NotSent("disconnected", "nobody there", perhaps_sent=False), False),
        (ConnectionError("gone"), True),
        (ConnectionLost(), True),
        (ConnectError(), False),
        (RuntimeError("a mistake of ours"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_is_tried_again_and_marked_where_it_may_have_arrived(
    error: Exception, marked: bool, rig: Rig
) -> None:
    rig.peers["dcs"].once(fail(error))
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run(4.5)
    assert rig.peers["dcs"].taken == ["ONE"], "the second one must not overtake it"
    rig.run(1)
    assert rig.peers["dcs"].taken == ["ONE", "ONE", "TWO"]
    assert rig.peers["dcs"].marked == [False, marked, False]
    assert rig.states == {"sent": 2}


def test_patience_grows_to_its_limit_and_ends_with_an_alarm(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    times: list[float] = []

    def refuse() -> Deferred[None]:
        times.append(rig.clock.seconds())
        return fail(NotSent("not_taken", "no"))

    rig.peers["dcs"].answer = refuse
    rig.queue("ONE")
    rig.sending.start()
    rig.run(120)
    assert times == [0.0, 5.0, 20.0, 40.0], "5, 15, then 20 seconds apart, none after 60"
    assert rig.states == {"failed": 1}
    assert "alarm: a telegram was given up after 4 attempts: not_taken" in caplog.text
    rig.peers["dcs"].answer = lambda: succeed(None)
    rig.queue("TWO")
    rig.run(1)
    assert rig.peers["dcs"].taken[-1] == "TWO", "the queue goes on"


@pytest.mark.parametrize(
    "error", [ValueError("not in Baudot"), NotSent("too_long", "", is_final=True)], ids=str
)
def test_what_can_never_be_sent_is_given_up_at_once(error: Exception, rig: Rig) -> None:
    rig.peers["dcs"].once(fail(error))
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run()
    assert rig.peers["dcs"].taken == ["ONE", "TWO"]
    assert rig.states == {"failed": 1, "sent": 1}


def test_a_text_that_the_link_cannot_write_is_given_up(rig: Rig) -> None:
    rig.queue("漢", "TWO")
    rig.sending.start()
    rig.run()
    assert rig.peers["dcs"].taken == ["TWO"]
    assert rig.states == {"failed": 1, "sent": 1}


def test_silence_is_doubt_and_late_news_closes_nothing_else(rig: Rig) -> None:
    peer = rig.peers["dcs"]
    late = peer.silence()
    peer.once(late)
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run(10)
    assert peer.cancelled == 1, "the link was told to forget it"
    peer.answer = peer.silence
    rig.run(5)
    assert peer.taken == ["ONE", "ONE"]
    assert peer.marked == [False, True]
    assert late.called
    assert rig.states == {"queued": 1, "sending": 1}, "news of the first attempt ends neither"


def test_an_attempt_left_open_by_a_crash_is_made_again_and_marked(rig: Rig) -> None:
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    after_the_crash = rig.process()
    rig.peers["dcs"].answer = lambda: succeed(None)
    after_the_crash.start()
    rig.run()
    assert rig.peers["dcs"].taken == ["ONE", "ONE"]
    assert rig.peers["dcs"].marked == [False, True]
    after_the_crash.stop()


def test_a_telegram_too_old_to_try_again_is_given_up_but_every_one_is_tried(rig: Rig) -> None:
    rig.queue("OLD", "OLDER")
    rig.clock.advance(100)
    rig.peers["dcs"].once(fail(NotSent("not_taken", "")))
    rig.sending.start()
    rig.run()
    assert rig.peers["dcs"].taken == ["OLD", "OLDER"]
    assert rig.states == {"failed": 1, "sent": 1}


def test_the_end_of_an_attempt_is_committed_however_long_the_database_is_away(rig: Rig) -> None:
    waiting: Deferred[None] = Deferred()
    rig.peers["dcs"].once(waiting)
    rig.queue("ONE", "TWO")
    rig.sending.start()
    rig.run()
    rig.failure = StorageUnavailable("disk full")
    waiting.callback(None)
    rig.run(30)
    assert rig.peers["dcs"].taken == ["ONE"]
    rig.failure = None
    rig.run(2)
    assert rig.peers["dcs"].taken == ["ONE", "TWO"]
    assert rig.states == {"sent": 2}


def test_without_database_nothing_is_sent(rig: Rig) -> None:
    rig.queue("ONE")
    rig.failure = StorageUnavailable("disk full")
    rig.sending.start()
    rig.run(5)
    assert rig.peers["dcs"].taken == [], "an attempt that can't be counted is not made"
    rig.failure = None
    rig.run(2)
    assert rig.peers["dcs"].taken == ["ONE"]
    assert rig.peers["dcs"].marked == [False]


def test_a_mistake_in_the_books_never_floods_the_other_side(rig: Rig) -> None:
    """Whatever the database says: the same telegram is not sent twice within its pause."""
    execute = rig.core.execute

    def forgetful(batch: Sequence[Any]) -> Any:
        good = [one for one in batch if one.kind != "telegram_sent"]
        results = iter(execute(good))
        lost = (
            execute([replace(batch[0], transactions=(), digest=b"x")])[0] if len(good) < len(batch) else None
        )
        return [lost if one.kind == "telegram_sent" else next(results) for one in batch]

    rig.execute = forgetful  # type: ignore[method-assign]
    rig.gate._writes._work = forgetful
    rig.queue("ONE")
    rig.sending.start()
    rig.run(4.5)
    assert rig.peers["dcs"].taken == ["ONE"]
    rig.run(30)
    assert rig.peers["dcs"].taken == ["ONE"] * 3


def test_a_queue_has_room_up_to_its_limit(tmp_path: Path) -> None:
    rig = Rig(f"sqlite:///{tmp_path}/books.sqlite", queue_max=2)
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    assert rig.sending.has_room("dcs", 1)
    assert not rig.sending.has_room("dcs", 2)
    rig.sending.stop()
    rig.sending.abandon()
    rig.core.close()


def test_logs_name_keys_and_reasons_only(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rig.peers["dcs"].once(fail(RuntimeError("SECRET WORD")))
    rig.queue("TEXT OF THE TELEGRAM")
    rig.sending.start()
    rig.run(10)
    assert rig.states == {"sent": 1}
    assert "SECRET" not in caplog.text
    assert "TEXT OF" not in caplog.text


def test_two_processes_on_one_lane_never_send_unmarked_twice(rig: Rig) -> None:
    """A lane belongs to one process; where two are set to the same by mistake, both see the same telegram."""
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.queue("ONE")
    other = rig.process()
    heads = rig.gate.ask
    held: list[Any] = []
    rig.gate.ask = lambda questions, done: held.append((questions, done))  # type: ignore[method-assign]
    rig.sending.start()
    other.start()
    rig.gate.ask = heads  # type: ignore[method-assign]
    (answer,) = rig.core.answer(held[0][0])
    for _questions, done in held:
        done((answer,))
    rig.run()
    assert rig.peers["dcs"].taken == ["ONE"], "the second one hears that this attempt is another's"
    rig.run(2)
    assert rig.peers["dcs"].marked == [False, True], "and takes it for one that was cut off"
    other.stop()
    other.abandon()


def test_the_clock_set_back_does_not_hold_telegrams_up(rig: Rig) -> None:
    rig.peers["dcs"].once(fail(NotSent("not_taken", "no")))
    rig.queue("ONE")
    rig.sending.start()
    rig.run()
    day = timedelta(days=1)
    rig.now = lambda: START + timedelta(seconds=rig.clock.seconds()) - day  # type: ignore[method-assign]
    after = rig.process()
    rig.sending.stop()
    after.start()
    rig.run(30)
    assert rig.states == {"sent": 1}
    assert len(rig.peers["dcs"].taken) == 2
    after.stop()


def test_telegrams_for_a_link_that_is_gone_are_told(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.queue("ONE", "TWO", link="gone")
    rig.sending.start()
    rig.run(20)
    told = [record for record in caplog.records if "gone" in record.getMessage()]
    assert [record.levelname for record in told] == ["WARNING"], "once, not at every look"
    assert "2 telegrams wait for link gone" in told[0].getMessage()
