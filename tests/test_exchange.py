"""Messages through pipeline and gate on a fake clock: order, part sets, failures, recovery and the end."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from lxml import etree
from twisted.internet.task import Clock

from adapter.documents.document import Document, Part
from adapter.envelope import Envelope, Reply
from adapter.errors import DocumentError, Problem
from adapter.exchange import Exchange, Passed
from adapter.gate import Gate, Inline
from adapter.pipeline import Pipeline
from adapter.work import LinkPolicy
from loyalty_core import CardCheck, Departure, Flight, ListReceived, StorageUnavailable
from tests.fakes import NOW, Closed, FakeCore, Threadless

LIST = ListReceived("FTL", "MOWRMUT", Departure(Flight("UT", "280"), NOW.date(), "DME"), NOW)


class Script:
    """Catalogue and maps; each message says what happens: ``ask``, ``part 1``, ``part 2 final``, ``bad``."""

    def open(self, envelope: Envelope) -> Document | Part:
        words = envelope.raw.decode().split()
        if words[0] == "bad":
            raise DocumentError([Problem("bad", "as asked")], "ffp_info", wrapper="query")
        if words[0] == "part":
            return Part("FTL", "SET", int(words[1]), "final" in words, envelope.raw.decode(), envelope.raw)
        return Document("ffp_info", etree.Element("ffp_info"), envelope.raw, "query")

    def join(self, texts: tuple[str, ...], kind: str, received_at: datetime, *, link: str = "") -> Document:
        return Document(kind, etree.Element(kind), ("joined|" + "|".join(texts)).encode())

    def read(self, document: Document, envelope: Envelope) -> Any:
        return (LIST,) if document.kind == "FTL" else (CardCheck("UT", "1010000000012"),)

    def asks(self, kind: str) -> bool:
        return kind == "ffp_info"

    def render(self, document: Document, items: Any) -> Any:
        return etree.Element("done")

    def render_error(self, kind: str, code: int, message: str, problems: Any) -> Any:
        return etree.Element("error", code=str(code))


class Rig:
    def __init__(self, threads: bool = True, **settings: Any) -> None:
        self.clock = Clock()
        self.core = FakeCore()
        self.passed: list[Passed] = []
        self.replies: list[Reply] = []
        script: Any = Script()
        runners = [Threadless(self.clock) if threads else Inline() for _ in range(2)]
        self.gate = Gate(
            self.core.execute, self.core.answer, clock=self.clock, writer=runners[0], reader=runners[1]
        )
        pipeline = Pipeline(
            script, script, {"all": LinkPolicy(journal_all=True, invalid_checks_per_minute_max=0)}
        )
        self.exchange = Exchange(pipeline, self.gate, self.clock, observe=self.passed.append, **settings)

    def handle(self, text: str, link: str = "dcs", protocol: str = "http") -> None:
        self.exchange.handle(Envelope(link, protocol, "1", text.encode(), NOW), self.replies.append)

    def run(self, steps: int = 6) -> None:
        for _ in range(steps):
            self.clock.advance(0.001)


def test_a_question_is_answered_and_its_stages_are_timed() -> None:
    rig = Rig()
    rig.handle("ask")
    assert rig.exchange.in_flight == 1
    assert rig.replies == []
    rig.run()
    [passed] = rig.passed
    assert rig.replies == [passed.reply]
    assert b"<done/>" in (passed.reply.body or b"")
    assert (passed.state, len(passed.answers)) == ("answered", 1)
    assert passed.gate_seconds == pytest.approx(0.001)
    assert rig.exchange.in_flight == 0


def test_a_question_that_is_journalled_is_answered_after_its_commit() -> None:
    rig = Rig()
    rig.handle("ask", link="all")
    rig.clock.advance(0.001)
    assert len(rig.core.submissions) == 1
    assert rig.replies == []
    rig.clock.advance(0.001)
    assert len(rig.core.asked) == 1
    assert rig.passed[0].state == "applied"
    assert rig.replies[0].kept


def test_an_invalid_question_is_answered_after_its_row_and_beyond_the_rate_at_once() -> None:
    rig = Rig()
    rig.handle("bad")
    assert rig.replies == []
    rig.run()
    rig.handle("bad", link="all")
    assert [passed.state for passed in rig.passed] == ["quarantined", "invalid"]
    assert len(rig.core.submissions) == 1
    assert all(b'<error code="2"/>' in (reply.body or b"") for reply in rig.replies)


def test_parts_are_acknowledged_and_the_closed_set_follows_by_itself() -> None:
    rig = Rig()
    rig.handle("part 2 final", protocol="typeb")
    rig.handle("part 1", protocol="typeb")
    rig.run()
    assert [reply.kept for reply in rig.replies] == [True, True]
    assert [passed.state for passed in rig.passed] == ["waiting", "applied", "applied"]
    assert [passed.followed for passed in rig.passed] == [False, False, True]
    assert rig.core.submissions[-1].set_key == "SET"
    assert rig.core.submissions[-1].transactions == (LIST,)
    assert rig.exchange.in_flight == 0


def test_a_closed_set_that_the_database_refuses_is_tried_again_until_it_is_in() -> None:
    rig = Rig(set_retry_seconds=5)
    rig.handle("part 1 final", protocol="typeb")
    rig.clock.advance(0.001)
    rig.core.failure = StorageUnavailable("disk full")
    rig.run()
    assert [passed.state for passed in rig.passed] == ["applied", "not_processed"]
    assert rig.exchange.sets_postponed == 1
    rig.clock.advance(5)
    rig.run()
    assert rig.exchange.sets_postponed == 1
    rig.core.failure = None
    rig.clock.advance(5)
    rig.run()
    assert rig.exchange.sets_postponed == 0
    assert rig.passed[-1].state == "applied"


def test_nothing_kept_is_told_to_the_link() -> None:
    rig = Rig()
    rig.core.failure = StorageUnavailable("disk full")
    rig.handle("part 1", protocol="typeb")
    rig.handle("ask")
    rig.run()
    assert [(reply.not_processed, reply.kept) for reply in rig.replies] == [(True, False), (True, False)]
    assert rig.exchange.sets_postponed == 0, "a part that was not acknowledged is repeated by its sender"


@pytest.mark.parametrize("threads", [True, False])
def test_sets_left_from_the_last_run_are_read_in_order_and_then_it_is_told(threads: bool) -> None:
    rig = Rig(threads)
    done: list[None] = []
    closed = [Closed(set_key=f"SET{number}", texts=(str(number),)) for number in range(300)]
    rig.exchange.reread(closed).addCallback(done.append)
    assert bool(done) is not threads
    rig.run(301)
    assert done == [None]
    assert [one.set_key for one in rig.core.submissions] == [one.set_key for one in closed]


@pytest.mark.parametrize("threads", [True, False])
def test_when_recovery_is_over_it_is_known_which_sets_the_database_refused(threads: bool) -> None:
    rig = Rig(threads)
    rig.core.failure = StorageUnavailable("disk full")
    postponed: list[int] = []
    rig.exchange.reread([Closed()]).addCallback(lambda _: postponed.append(rig.exchange.sets_postponed))
    rig.run()
    assert postponed == [1]


def test_without_unread_sets_recovery_is_over_at_once() -> None:
    done: list[None] = []
    Rig().exchange.reread([]).addCallback(done.append)
    assert done == [None]


def test_idle_is_told_when_the_last_message_has_its_reply() -> None:
    rig = Rig()
    idle: list[None] = []
    rig.handle("part 1 final", protocol="typeb")
    rig.exchange.when_idle().addCallback(idle.append)
    rig.clock.advance(0.001)
    assert idle == [], "the joined telegram is under way"
    rig.run()
    assert idle == [None]
    rig.exchange.when_idle().addCallback(idle.append)
    assert idle == [None, None]


def test_stop_leaves_postponed_sets_to_the_next_start() -> None:
    rig = Rig()
    rig.core.failure = StorageUnavailable("disk full")
    rig.exchange.reread([Closed()])
    rig.run()
    rig.exchange.stop()
    rig.gate.stop()
    assert rig.exchange.sets_postponed == 1
    assert rig.clock.getDelayedCalls() == []


def test_a_link_that_fails_to_take_its_reply_does_not_leave_the_message_under_way() -> None:
    rig = Rig(threads=False)

    def broken(reply: Reply) -> None:
        raise ValueError("socket gone")

    with pytest.raises(ValueError, match="socket gone"):
        rig.exchange.handle(replace(Envelope("all", "http", "1", b"bad", NOW)), broken)
    assert rig.exchange.in_flight == 0
    assert len(rig.passed) == 1
