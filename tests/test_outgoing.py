"""Answers on their way into the queue, orders of commands, and what a replay makes of both."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from adapter.config import Config, load_config
from adapter.engine import load_messages
from adapter.ingesting import ingest_files
from adapter.outbox import TELEGRAMS_AT_ONCE_MAX, read_transactions, step
from adapter.outgoing import read_order, taker
from adapter.replaying import Replay
from adapter.sending import Way
from loyalty_core import (
    Core,
    ListAnswer,
    Result,
    State,
    StorageUnavailable,
    TelegramAttempted,
    TelegramFailed,
    TelegramQueued,
    TelegramSent,
)
from tests.sending_rig import PATIENCE, START, Rig, text
from tests.storage.airline import opening
from tests.storage.test_outbox import BAD, came
from tests.system.server import MEMBERS, ffgate

WHOLE = "MOWRMXY\n.MOWFFXY 201206\nFQA\nHELLO\n"


def composed(answer: ListAnswer) -> Sequence[TelegramQueued]:
    return [
        TelegramQueued("dcs", f"answer/{answer.key}/{part}", text(f"PART{part}"), answer.key) for part in "12"
    ]


def rig_with_answer(directory: Path, **options: Any) -> Rig:
    rig = Rig(f"sqlite:///{directory}/books.sqlite", **options)
    rig.core.execute([*opening(), came()])
    return rig


def end(rig: Rig) -> None:
    rig.sending.stop()
    rig.sending.abandon()
    rig.core.close()


def test_an_answer_that_is_due_is_queued_and_sent_once(tmp_path: Path) -> None:
    rig = rig_with_answer(tmp_path, compose=composed)
    rig.sending.start()
    rig.run(3)
    assert rig.peers["dcs"].taken == ["PART1", "PART2"]
    assert rig.core.status()["answers_due"] == 0
    assert rig.counted.count("dcs list_answered") == 1
    end(rig)


def test_an_answer_waits_while_the_database_or_the_queue_has_no_room(tmp_path: Path) -> None:
    rig = rig_with_answer(tmp_path, compose=composed, queue_max=2)
    rig.queue("ONE")
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.sending.start()
    rig.run(1)
    assert rig.states == {"sending": 1}
    assert rig.core.status()["answers_due"] == 1
    rig.peers["dcs"].answer = lambda: _done()
    rig.failure = StorageUnavailable("disk full")
    rig.run(15)
    assert rig.core.status()["answers_due"] == 1
    rig.failure = None
    rig.run(10)
    assert rig.peers["dcs"].taken[-2:] == ["PART1", "PART2"]
    end(rig)


def _done() -> "Deferred[None]":
    done: Deferred[None] = Deferred()
    done.callback(None)
    return done


def test_an_answer_that_nobody_writes_stays_due_and_holds_nothing_up(tmp_path: Path) -> None:
    def broken(answer: ListAnswer) -> Sequence[TelegramQueued]:
        raise RuntimeError("a mistake of ours")

    for compose in (broken, lambda answer: None):
        directory = tmp_path / compose.__name__
        directory.mkdir()
        rig = rig_with_answer(directory, compose=compose)
        rig.queue("ONE")
        rig.sending.start()
        rig.run(3)
        assert rig.peers["dcs"].taken == ["ONE"]
        assert rig.core.status()["answers_due"] == 1
        end(rig)


def many_lists(rig: Rig, numbers: range, link: str) -> None:
    for each in numbers:
        edition = START + timedelta(seconds=each)
        rig.core.execute([came(replace(BAD, edition=edition), link=link)])


def test_lists_whose_answers_have_to_wait_hold_no_others_up(tmp_path: Path) -> None:
    def compose(answer: ListAnswer) -> Sequence[TelegramQueued] | None:
        if answer.link == "silent":
            return None
        return [TelegramQueued(answer.link, f"answer/{answer.key}/1", text("PART1"), answer.key)]

    rig = Rig(f"sqlite:///{tmp_path}/books.sqlite", compose=compose, queue_max=1)
    rig.core.execute(opening())
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    many_lists(rig, range(60), "silent")
    many_lists(rig, range(60, 120), "dcs")
    rig.core.execute([came(replace(BAD, edition=START + timedelta(days=1)), link="other")])
    rig.sending.start()
    rig.run(5)
    assert rig.peers["dcs"].taken == ["PART1"]
    assert rig.peers["other"].taken == ["PART1"], "more are due before it than are looked at in one go"
    rig.peers["dcs"].answer = lambda: _done()
    rig.run(90)
    assert rig.peers["dcs"].taken == ["PART1"] * 61, "each of them in its turn, the first one twice"
    assert rig.core.status()["answers_due"] == 60
    end(rig)


def test_an_answer_that_the_core_refuses_is_told_and_not_tried_at_once_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = rig_with_answer(tmp_path, compose=composed)
    execute, tries = rig.core.execute, []

    def defective(batch: Any) -> Any:
        if batch[0].kind == "telegram_queued":
            tries.append(rig.clock.seconds())
            assert len(tries) < 10, "it goes round and round"
            return [Result(0, State.QUARANTINED, system_error=True)]
        return execute(batch)

    rig.gate._writes._work = defective
    rig.sending.start()
    rig.run(3)
    assert len(tries) == 1
    assert "alarm: the answer to a list could not be queued" in caplog.text
    assert rig.counted.count("dcs list_answered") == 0
    end(rig)


def test_a_link_that_repeats_by_itself_is_not_cut_short(tmp_path: Path) -> None:
    rig = Rig(f"sqlite:///{tmp_path}/books.sqlite")
    rig.sending._ways["dcs"] = Way(rig.peers["dcs"], "cp866", PATIENCE.answer_seconds + 20)
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.queue("ONE")
    rig.sending.start()
    rig.run(PATIENCE.answer_seconds + 20)
    assert rig.peers["dcs"].cancelled == 0
    rig.run(1.5)
    assert rig.peers["dcs"].cancelled == 1
    end(rig)


@pytest.mark.parametrize(
    "transaction",
    [
        TelegramAttempted("a", 3),
        TelegramSent("a", 3),
        TelegramFailed("a", 3, "no_answer", True, START),
        TelegramFailed("a", 3, "given_up", False, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_step_is_read_back_from_its_journal_row(transaction: Any) -> None:
    submission = step(transaction, START)
    assert read_transactions(submission.kind, submission.raw) == (transaction,)
    with pytest.raises(ValueError, match="another step"):
        read_transactions("telegram_queued", submission.raw)


def test_an_attempt_and_its_end_are_different_messages() -> None:
    assert step(TelegramAttempted("a", 1), START).digest != step(TelegramSent("a", 1), START).digest


# --- orders -----------------------------------------------------------------------------------------------------------

SETTINGS = """
database: {url: sqlite:///books.sqlite}
links:
  dcs: {type: spool, directory: spool, encoding: cp866, answer: {origin: MOWFFUT}}
  xml: {type: http, listen: "tcp:0:interface=127.0.0.1"}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    return load_config(tmp_path / "config.yaml")


def order(link: Any = "dcs", telegrams: Any = (WHOLE,)) -> bytes:
    return json.dumps({"link": link, "telegrams": telegrams}).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "a link and a list of telegrams"),
        (b"{}", "a link and a list of telegrams"),
        (order(telegrams=WHOLE), "a link and a list of telegrams"),
        (order(telegrams=[1]), "a link and a list of telegrams"),
        (order(link=["dcs"]), "a link and a list of telegrams"),
        (order(telegrams=[]), "1 to 99 telegrams"),
        (order(telegrams=[WHOLE] * (TELEGRAMS_AT_ONCE_MAX + 1)), "1 to 99 telegrams"),
        (order(link="xml"), "no link 'xml' by which telegrams can leave"),
        (order(link="other"), "no link 'other'"),
        (order(telegrams=[WHOLE, "FQA\n"]), "telegram 2, line 1: there is no origin line"),
        (order(telegrams=[WHOLE + "X" * 70]), "line 5: 70 columns"),
        (order(telegrams=[WHOLE + "漢"]), "line 5: not in cp866"),
        (order(telegrams=[WHOLE + "X\n" * 1500]), "with line ends and PDM, at most 3000"),
        (order(telegrams=[".MOWFFXY 201206\nFQA\n"]), "line 1: no address before the origin line"),
        (order(telegrams=[WHOLE + "NNNN\nMORE\n"]), "line 5: a line that would end the telegram"),
        (order(telegrams=[WHOLE + "MORE\r\n"]), "line 5: U\\+000D has no place"),
    ],
)
def test_orders_that_make_no_sense_are_refused_with_words(body: bytes, told: str, config: Config) -> None:
    with pytest.raises(ValueError, match=told):
        read_order(config, body)


def test_an_order_is_queued_or_told_why_not(config: Config) -> None:
    rig = Rig(config.database_url, queue_max=2)
    rig.peers["dcs"].answer = rig.peers["dcs"].silence
    rig.sending.start()
    take = taker(config, rig.gate, rig.sending, rig.now)

    def given(body: bytes) -> tuple[int, Any]:
        found: list[Any] = []
        take(body).addCallback(found.append)
        rig.run()
        return found[0]  # type: ignore[no-any-return]

    status, answer = given(order())
    assert (status, answer["queued"], answer["repeated"]) == (200, True, False)
    assert rig.peers["dcs"].taken == ["HELLO"]
    assert given(order())[1]["repeated"] is True
    assert given(b"{")[0] == 400
    rig.failure = StorageUnavailable("disk full")
    assert given(order(telegrams=[WHOLE + "MORE\n"])) == (
        503,
        {"error": "nothing was queued: the database can't be used now"},
    )
    rig.failure = None
    assert given(order(telegrams=[WHOLE + "A\n", WHOLE + "B\n"]))[0] == 503
    end(rig)


# --- replay -----------------------------------------------------------------------------------------------------------

LIST = (
    "MOWFFUT\n.MOWRMUT 201205\nFTL\nUT280/20AUG DME PART1\n-AER01Y\n1IVANOVA/ANNA\n"
    ".R/FQTV UT 2904000000991\nENDFTL\n"
)


def test_a_replay_under_other_settings_leaves_old_lists_alone(config: Config, tmp_path: Path) -> None:
    ffgate(tmp_path, "members", "import", str(MEMBERS))
    (tmp_path / "list.txt").write_text(LIST, encoding="cp866")
    (taken,) = ingest_files(config, "dcs", [tmp_path / "list.txt"], START)
    assert taken.good
    due = {}
    for name, settings in (("same", SETTINGS), ("other", SETTINGS.replace("MOWFFUT", "LEDFFUT"))):
        (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
        now = load_config(tmp_path / "config.yaml")
        source = Core.open(now.database_url, read_only=True)
        target = Core.open(f"sqlite:///{tmp_path}/{name}.sqlite", config_digest=now.digest)
        assert Replay(now, load_messages(now), source, target).run().same
        due[name] = target.status()["answers_due"]
        source.close()
        target.close()
    assert due == {"same": 1, "other": 0}
