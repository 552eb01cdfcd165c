"""The error policy and the way of a message, with stand-ins for catalogue and maps that fail on command."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from adapter.documents.document import Document, Part
from adapter.envelope import Envelope
from adapter.errors import DocumentError, MappingError, Overloaded, Problem
from adapter.pipeline import WARNINGS_KEPT_MAX, Pipeline
from adapter.work import LinkPolicy, Work
from loyalty_core import (
    CardCheck,
    CardClaim,
    CouponReported,
    Departure,
    Flight,
    ListReceived,
    Name,
    PartReceived,
    Reason,
    Result,
    State,
    StorageUnavailable,
)
from tests.fakes import NOW, Closed, FakeCore

CHECK = CardCheck("UT", "1010000000012", Name("IVANOV", "IVAN"))
COUPON = CouponReported(
    "host",
    CardClaim("UT", "1010000000012"),
    Name("IVANOV", "IVAN"),
    "F",
    Flight("UT", "280"),
    NOW.date(),
    "DME",
    "AER",
    "Y",
)
DEPARTURE = Departure(Flight("UT", "280"), NOW.date(), "DME")
LIST = ListReceived("FTL", "MOWRMUT", DEPARTURE, NOW)


class Opened:
    """A catalogue and maps in one: ``opened`` is what a message opens as, ``items`` what it maps to."""

    def __init__(self) -> None:
        self.opened: Any = None
        self.items: Any = (CHECK,)
        self.joined: Any = None
        self.broken_reply = False

    def open(self, envelope: Envelope) -> Document | Part:
        return self._give(self.opened or document())

    def join(self, texts: tuple[str, ...], kind: str, received_at: datetime, *, link: str = "") -> Document:
        self.joined_from = (texts, kind, received_at)
        return self._give(self.joined or replace(document(kind), wrapper=""))

    def read(self, opened: Document, envelope: Envelope) -> Any:
        return self._give(self.items)

    def asks(self, kind: str) -> bool:
        return kind == "ffp_info"

    def render(self, opened: Document, items: Sequence[Any]) -> Any:
        if self.broken_reply:
            raise KeyError("balance")
        return etree.Element(opened.kind, items=str(len(items)))

    def render_error(self, kind: str, code: int, message: str, problems: Sequence[Problem]) -> Any:
        element = etree.Element(kind)
        error = etree.SubElement(element, "error", code=str(code), message=message)
        for problem in problems:
            etree.SubElement(error, "reference", path=problem.path, value=problem.value)
        return element

    def _give(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value


def document(kind: str = "ffp_info") -> Document:
    return Document(kind, etree.Element(kind), b"d" * 32, "query", "key-7")


def envelope(protocol: str = "http", raw: bytes = b"<query/>", received_at: datetime = NOW) -> Envelope:
    return Envelope("dcs", protocol, "1", raw, received_at, "cp866", "a.txt")


@dataclass
class Rig:
    opened: Opened
    pipeline: Pipeline
    core: FakeCore

    def way(self, message: Envelope) -> tuple[Work, Result | None, bytes | None]:
        """Take one message the whole way, as the exchange does."""
        work = self.pipeline.receive(message)
        result = self.core.execute([work.submission])[0] if work.submission else None
        answers = tuple(self.core.answer(work.questions)) if work.questions else ()
        return work, result, self.pipeline.reply(work, result, answers).body


@pytest.fixture
def rig() -> Rig:
    opened = Opened()
    policies = {"dcs": LinkPolicy(invalid_checks_per_minute_max=2), "all": LinkPolicy(journal_all=True)}
    catalogue: Any = opened
    return Rig(opened, Pipeline(catalogue, catalogue, policies), FakeCore())


def test_questions_are_answered_without_a_journal_row(rig: Rig) -> None:
    work, result, body = rig.way(envelope())
    assert work.questions == (CHECK,)
    assert result is None
    assert body is not None
    assert b'<answer><ffp_info items="1"/>' in body
    assert not rig.pipeline.reply(work, None, ()).kept


def test_a_link_that_journals_all_sends_questions_through_the_gate_too(rig: Rig) -> None:
    work, result, body = rig.way(replace(envelope(), link="all"))
    assert work.submission is not None
    assert work.submission.transactions == ()
    assert work.questions == (CHECK,)
    assert result is not None
    assert body is not None
    assert b'items="1"' in body


def test_transactions_are_one_submission_with_the_message_as_evidence(rig: Rig) -> None:
    rig.opened.opened = document("ffp_accrual")
    rig.opened.items = (COUPON, COUPON)
    work, _, body = rig.way(envelope(raw=b"<query>two</query>"))
    submission = work.submission
    assert submission is not None
    assert submission.transactions == (COUPON, COUPON)
    assert (submission.raw, submission.digest, submission.key) == (b"<query>two</query>", b"d" * 32, "key-7")
    assert (submission.link, submission.kind, submission.received_at) == ("dcs", "ffp_accrual", NOW)
    assert (submission.encoding, submission.source) == ("cp866", "a.txt")
    assert body is not None
    assert b'<ffp_accrual items="2"/>' in body
    _, again, repeated_body = rig.way(envelope(raw=b"<query>two</query>"))
    assert again is not None
    assert again.repeated
    assert repeated_body == body


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("http", b'<answer><error code="2"/>'),
        ("sirena", b'<sirena><answer><error code="33003">'),
        ("length_prefixed", b'<sirena><answer><error code="33003">'),
    ],
)
def test_what_is_not_well_formed_is_quarantined_and_answered_below_the_method(
    rig: Rig, protocol: str, expected: bytes
) -> None:
    rig.opened.opened = DocumentError([Problem("xml_not_well_formed", "no end tag")])
    work, result, body = rig.way(envelope(protocol, b"<query"))
    assert work.submission is not None
    assert work.submission.problems[0].code == "xml_not_well_formed"
    assert work.submission.digest == hashlib.sha256(b"<query").digest()
    assert result is not None
    assert result.state is State.QUARANTINED
    assert body is not None
    assert expected in body


def test_an_unknown_method_is_echoed_with_code_2(rig: Rig) -> None:
    problem = Problem("unknown_method", "there is no method order", "/sirena/query/order")
    rig.opened.opened = DocumentError([problem], "order", wrapper="sirena/query", digest=b"c" * 32)
    work, _, body = rig.way(envelope("sirena"))
    assert work.submission is not None
    assert work.submission.digest == b"c" * 32
    assert body is not None
    assert b'<sirena><answer><order><error code="2" message=' in body
    assert b'path="/sirena/query/order"' in body


def test_a_value_that_a_converter_refuses_is_code_2_with_its_place(rig: Rig) -> None:
    rig.opened.opened = document("ffp_accrual")
    rig.opened.items = DocumentError(
        [Problem("date", "no such day", "/ffp_accrual/segment/@date", value="2026-02-30")]
    )
    work, result, body = rig.way(envelope())
    assert work.submission is not None
    assert (work.submission.digest, work.submission.key) == (b"d" * 32, "key-7")
    assert result is not None
    assert result.state is State.QUARANTINED
    assert body is not None
    assert b'code="2"' in body
    assert b'value="2026-02-30"' in body


@pytest.mark.parametrize("failure", [MappingError([Problem("map", "no rule for it", "/x")]), KeyError("x")])
def test_our_own_defect_is_quarantined_and_a_system_error_without_places(
    rig: Rig, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    rig.opened.items = failure
    work, result, body = rig.way(envelope())
    assert work.submission is not None
    assert work.submission.problems
    assert work.submission.transactions == ()
    assert result is not None
    assert result.state is State.QUARANTINED
    assert body is not None
    assert b'<ffp_info><error code="1"' in body
    assert b"reference" not in body
    assert "could not be mapped" in caplog.text


def test_a_failure_while_opening_or_rendering_is_ours_too(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.opened.opened = RuntimeError("libxml2 is confused")
    _, result, body = rig.way(envelope("sirena"))
    assert result is not None
    assert result.state is State.QUARANTINED
    assert body is not None
    assert b"33003" in body
    rig.opened.opened = None
    rig.opened.broken_reply = True
    _, _, body = rig.way(envelope())
    assert body is not None
    assert b'<ffp_info><error code="1"' in body
    assert "could not be opened" in caplog.text
    assert "could not be rendered" in caplog.text


def test_what_the_core_says_of_the_whole_message_becomes_an_error(rig: Rig) -> None:
    rig.opened.opened = document("ffp_accrual")
    rig.opened.items = (COUPON,)
    work = rig.pipeline.receive(envelope())
    reply = rig.pipeline.reply(work, Result(1, State.QUARANTINED, system_error=True))
    assert reply.quarantined
    assert b'code="1"' in (reply.body or b"")
    reply = rig.pipeline.reply(work, Result(1, State.QUARANTINED, reason=Reason.KEY_REUSED))
    assert b'code="2"' in (reply.body or b"")


def test_invalid_checks_are_journalled_up_to_their_rate_and_all_are_answered(rig: Rig) -> None:
    rig.opened.items = DocumentError([Problem("card", "letters", "/ffp_info/ffp", value="ABC")])
    first = [rig.way(envelope())[0] for _ in range(3)]
    assert [work.submission is not None for work in first] == [True, True, False]
    assert [work.unjournalled for work in first] == [False, False, True]
    _, result, body = rig.way(envelope())
    assert result is None
    assert body is not None
    assert b'code="2"' in body
    assert rig.way(envelope(received_at=NOW + timedelta(minutes=1)))[0].submission is not None
    assert rig.way(replace(envelope(), link="other"))[0].submission is not None
    rig.opened.opened = document("ffp_accrual")
    assert rig.way(envelope())[0].submission is not None, "only questions have a rate"


def test_nothing_kept_means_not_processed_and_any_other_failure_a_system_error(rig: Rig) -> None:
    work = rig.pipeline.receive(envelope())
    for error in (Overloaded("full"), StorageUnavailable("disk full")):
        assert rig.pipeline.failed(work, error).not_processed
    reply = rig.pipeline.failed(work, ZeroDivisionError())
    assert not reply.not_processed
    assert b'<ffp_info><error code="1"' in (reply.body or b"")
    telegram = rig.pipeline.receive(envelope("typeb"))
    assert rig.pipeline.failed(telegram, ZeroDivisionError()).not_processed
    assert not rig.pipeline.failed(telegram, ZeroDivisionError()).kept


def test_a_telegram_has_no_reply_but_its_fate_is_told(rig: Rig) -> None:
    rig.opened.opened = replace(document("FTL"), wrapper="")
    rig.opened.items = (LIST,)
    work = rig.pipeline.receive(envelope("typeb", "ФТЛ".encode("cp866")))
    assert work.submission is not None
    assert work.submission.transactions == (LIST,)
    reply = rig.pipeline.reply(work, rig.core.execute([work.submission])[0])
    assert (reply.body, reply.kept, reply.quarantined) == (None, True, False)
    rig.opened.opened = DocumentError([Problem("line", "unknown", line=3)], "FTL")
    work = rig.pipeline.receive(envelope("typeb", b"FTL"))
    assert work.submission is not None
    reply = rig.pipeline.reply(work, rig.core.execute([work.submission])[0])
    assert (reply.body, reply.kept, reply.quarantined) == (None, True, True)


def part(number: int, final: bool = False) -> Part:
    return Part("FTL", "MOWRMUT/FTL/UT280", number, final, f"ЧАСТЬ {number}\n", b"%032d" % number)


def test_the_part_that_closes_a_set_is_followed_by_the_joined_telegram(rig: Rig) -> None:
    rig.opened.items = (LIST,)
    rig.opened.opened = part(2, True)
    work, result, _ = rig.way(envelope("typeb"))
    assert work.submission is not None
    assert work.submission.transactions == (PartReceived("MOWRMUT/FTL/UT280", 2, True, "ЧАСТЬ 2\n"),)
    assert result is not None
    assert result.state is State.WAITING
    assert rig.pipeline.follow(work, result) is None
    rig.opened.opened = part(1)
    work, result, _ = rig.way(envelope("typeb"))
    assert result is not None
    following = rig.pipeline.follow(work, result)
    assert following is not None
    assert rig.opened.joined_from == (("ЧАСТЬ 1\n", "ЧАСТЬ 2\n"), "FTL", NOW)
    submission = following.submission
    assert submission is not None
    assert (submission.kind, submission.set_key) == ("FTL", "MOWRMUT/FTL/UT280")
    assert submission.transactions == (LIST,)
    assert submission.raw.decode("cp866") == "ЧАСТЬ 1\nЧАСТЬ 2"
    assert rig.pipeline.follow(work, replace(result, repeated=True)) is None


def test_a_closed_set_that_cannot_be_joined_is_quarantined_under_its_key(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for failure in (DocumentError([Problem("line", "cut off", line=9)], "FTL"), KeyError("grammar")):
        rig.opened.joined = failure
        work = rig.pipeline.reread(Closed(set_key="MOWRMUT/FTL/UT280"))
        assert work.submission is not None
        assert work.submission.set_key == "MOWRMUT/FTL/UT280"
        assert work.submission.problems
        assert work.envelope.protocol == "typeb"
        assert work.submission.source == "part-2.txt", "the file of the part that closed it"
    assert "could not be joined" in caplog.text


def test_what_a_telegram_survived_is_kept_with_it(rig: Rig) -> None:
    warning = Problem("line_unreadable", "not in the form of: ticket", line=9, column=4)
    rig.opened.opened = replace(document("PRL"), warnings=(warning,), unread=(8, 9))
    rig.opened.items = (LIST,)
    work, result, _ = rig.way(envelope("typeb"))
    assert result is not None
    assert result.state is State.APPLIED
    assert work.submission is not None
    assert work.submission.problems == ()
    assert work.warnings == work.submission.warnings
    assert [(each.code, each.line) for each in work.warnings] == [("line_unread", 8), ("line_unreadable", 9)]


def test_thousands_of_unread_lines_are_counted_not_listed(rig: Rig) -> None:
    rig.opened.opened = replace(document("PRL"), unread=tuple(range(1, WARNINGS_KEPT_MAX + 6)))
    rig.opened.items = (LIST,)
    warnings = rig.pipeline.receive(envelope("typeb")).warnings
    assert len(warnings) == WARNINGS_KEPT_MAX + 1
    assert (warnings[-1].code, warnings[-1].text) == ("warnings_left_off", "5 more warnings are not listed")
