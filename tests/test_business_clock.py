"""The business clock: when it looks, when it strikes, what it tells, and that a replay repeats it exactly."""

import logging
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock as Timer

from adapter import metrics
from adapter.business_clock import CLOCK_LINK, BusinessClock, clock_submission, read_clock
from adapter.config import load_config
from adapter.engine import Engine, load_messages
from adapter.envelope import Envelope, Reply
from adapter.gate import Gate, Inline
from adapter.replaying import Replay
from loyalty_core import (
    Clock,
    ClockAnswer,
    ClockOutcome,
    Core,
    GivenUpSet,
    Reason,
    Result,
    State,
    StorageUnavailable,
    Submission,
)
from tests.fakes import FakeCore

NOON = datetime(2026, 8, 20, 12, 5, tzinfo=UTC)
GIVEN_UP = GivenUpSet("MOWRMUT/FTL/UT280/2026-08-20/DME", "files", "FTL", 2, 4, False, (1, 3))


class Rig:
    def __init__(self) -> None:
        self.core = FakeCore()
        self.timer = Timer()
        self.gate = Gate(
            self.core.execute, self.core.answer, clock=self.timer, writer=Inline(), reader=Inline()
        )
        self.clock = BusinessClock(
            self.gate,
            self.timer,
            every_seconds=30,
            part_set_seconds=300,
            now=lambda: NOON + timedelta(seconds=self.timer.seconds()),
        )
        self.clock.start()


def given_up_of(link: str) -> float:
    return metrics.REGISTRY.get_sample_value("ffgate_part_sets_given_up_total", {"link": link}) or 0.0


def test_it_looks_but_leaves_no_row_while_nothing_waits() -> None:
    rig = Rig()
    rig.timer.advance(29)
    assert rig.core.asked == []
    rig.timer.pump([1, 30, 30])
    assert len(rig.core.asked) == 3
    assert rig.core.submissions == []


def test_it_strikes_and_raises_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.core.overdue = [GIVEN_UP]
    before = given_up_of("files")
    with caplog.at_level(logging.INFO, "ffgate.clock"):
        rig.timer.pump([30, 30])
    (message,) = rig.core.submissions
    assert message.transactions == (Clock(NOON + timedelta(seconds=30), 300),)
    assert (message.link, message.received_at) == (CLOCK_LINK, NOON + timedelta(seconds=30))
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "missing: 1, 3, the end (part 4 was not the last)" in record.getMessage()
    assert (record.__dict__["link"], record.__dict__["id"]) == ("files", GIVEN_UP.set_key)
    assert given_up_of("files") == before + 1


def test_what_one_stroke_does_not_take_the_next_takes_at_once() -> None:
    rig = Rig()
    left = [ClockOutcome(expired=700, more=True), ClockOutcome(holds=2, more=True), ClockOutcome(expired=5)]

    taken: list[Submission] = []

    def execute(batch: list[Submission]) -> list[Result]:
        taken.extend(batch)
        return [Result(1, State.APPLIED, (left.pop(0),))]

    rig.gate = rig.clock._gate = Gate(
        execute,
        lambda asked: [ClockAnswer(len(left))] * len(asked),
        clock=rig.timer,
        writer=Inline(),
        reader=Inline(),
    )
    rig.timer.pump([30, 0, 0, 0, 29])
    assert len(taken) == 3
    assert left == []


def test_a_stroke_that_is_refused_is_told_and_not_tried_at_once_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    taken: list[Submission] = []

    def execute(batch: list[Submission]) -> list[Result]:
        taken.extend(batch)
        return [Result(1, State.REFUSED, (ClockOutcome(reason=Reason.DATE_OUT_OF_WINDOW),))]

    rig.gate = rig.clock._gate = Gate(
        execute,
        lambda asked: [ClockAnswer(1)] * len(asked),
        clock=rig.timer,
        writer=Inline(),
        reader=Inline(),
    )
    rig.timer.pump([30, 30, 3000])
    assert len(taken) == 1
    assert "raise clock.leap_days_max" in caplog.text
    rig.timer.advance(570)
    assert len(taken) == 2
    rig.clock.stop()
    assert rig.timer.getDelayedCalls() == []


def test_a_database_that_is_away_is_asked_again_later() -> None:
    rig = Rig()
    rig.core.overdue = [GIVEN_UP]
    rig.core.failure = StorageUnavailable("away")
    rig.timer.pump([30, 30])
    assert rig.core.submissions == []
    rig.core.failure = None
    rig.timer.pump([30])
    assert len(rig.core.submissions) == 1


def test_stopped_it_leaves_no_timer() -> None:
    rig = Rig()
    rig.clock.stop()
    assert rig.timer.getDelayedCalls() == []
    rig = Rig()
    rig.timer.advance(30)
    rig.clock.stop()
    rig.clock.stop()
    assert rig.timer.getDelayedCalls() == []


def test_a_stroke_reads_back() -> None:
    for at, more in ((NOON, ()), (NOON + timedelta(microseconds=17), (7, 92))):
        message = clock_submission(Clock(at, 77, *more))
        assert read_clock(message.raw) == Clock(at, 77, *more)
        assert clock_submission(read_clock(message.raw)) == message


SETTINGS = """
database: {{url: sqlite:///{directory}/books.sqlite}}
admin: null
links:
  files: {{type: spool, directory: {directory}/spool, finished: {{suffix: .txt}}, limits: {{open_sets_max: 2}}}}
"""
HEAD = "MOWFFUT\n.{by} 2012{minute}\n{kind}\nUT280/20AUG DME PART{number}\n"
TABLES = {
    "part_set": "SELECT * FROM part_set ORDER BY key",
    "part": "SELECT * FROM part ORDER BY set_key, number",
    "handling": "SELECT number, journal_id, attempt, decided, seq, state, outcome, at FROM handling ORDER BY number",
    "journal": "SELECT id, link, kind, received_at, digest, set_key, raw FROM journal ORDER BY id",
}


def rows(path: Path) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    try:
        return {name: connection.execute(statement).fetchall() for name, statement in TABLES.items()}
    finally:
        connection.close()


def test_strokes_are_replayed_exactly(tmp_path: Path) -> None:
    """A set is given up, a late part completes it, another stays in quarantine, a third is beyond the limit."""
    (tmp_path / "config.yaml").write_text(SETTINGS.format(directory=tmp_path), encoding="utf-8")
    config = load_config(tmp_path / "config.yaml")
    timer = Timer()
    engine = Engine(config, timer, threads=False)
    clock = BusinessClock(
        engine.gate,
        timer,
        every_seconds=30,
        part_set_seconds=60,
        now=lambda: NOON + timedelta(seconds=timer.seconds()),
    )
    clock.start()
    replies: list[Reply] = []

    def send(number: int, *, last: int, by: str = "MOWRMUT", minute: str = "05", kind: str = "FTL") -> None:
        head = HEAD.format(by=by, kind=kind, number=number, minute=minute)
        end = f"END{kind}" if number == last else f"ENDPART{number}"
        text = f"{head}-AER02Y\n1GROMOV/LEV\n.R/FQTV UT 29044444000{number}\n{end}\n"
        at = NOON + timedelta(seconds=timer.seconds() + len(replies) / 1000)
        engine.exchange.handle(
            Envelope("files", "typeb", str(len(replies)), text.encode(), at), replies.append
        )

    send(1, last=2)
    send(1, last=3, minute="04")
    send(1, last=2, minute="03")
    assert [reply.quarantined for reply in replies] == [False, False, True]
    timer.pump([30, 30, 30])
    assert engine.core.status()["part_sets"] == {"open": 0, "given_up": 2}
    send(2, last=2)
    timer.pump([30, 30, 30])
    assert engine.core.status()["part_sets"] == {"open": 0, "given_up": 1}
    assert engine.core.status()["links"] == {
        "clock": {"applied": 2},  # the first looks came a moment too early for the second set
        "files": {"applied": 3, "quarantined": 2},
    }
    engine.core.close()

    source = Core.open(config.database_url, read_only=True)
    target = Core.open(f"sqlite:///{tmp_path}/rebuilt.sqlite")
    replayed = Replay(config, load_messages(config), source, target).run()
    source.close()
    target.close()
    assert replayed.same
    assert rows(tmp_path / "rebuilt.sqlite") == rows(tmp_path / "books.sqlite")
