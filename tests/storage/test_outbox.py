"""Telegrams on their way out, on both engines: every step counted, nothing twice in the queue, answers exactly once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from loyalty_core import (
    CardClaim,
    Core,
    ListAnswer,
    ListOutcome,
    ListReceived,
    Name,
    OutboxAnswer,
    OutboxCheck,
    Reason,
    State,
    Submission,
    TelegramAttempted,
    TelegramFailed,
    TelegramOutcome,
    TelegramQueued,
    TelegramSent,
    TelegramState,
    Transaction,
)
from loyalty_core.list_answers import answer_key
from tests.storage.airline import CARD, DEPARTURE, FTL, NOON, VERA, listed, person, submission
from tests.storage.books import books, one, query

LATER = NOON + timedelta(minutes=5)
TEXT = "MOWRMUT\n.MOWFFUT 201206\nFQA\nHELLO\n"


def queued(key: str = "a", link: str = "dcs", text: str = TEXT, answers: str = "") -> TelegramQueued:
    return TelegramQueued(link, key, text, answers)


def step(core: Core, *steps: Transaction, at: datetime = NOON) -> list[TelegramOutcome]:
    found = []
    for each in steps:
        (outcome,) = one(core, submission(each, link="outbox", received_at=at)).outcomes
        assert isinstance(outcome, TelegramOutcome)
        found.append(outcome)
    return found


def check(core: Core) -> OutboxAnswer:
    (answer,) = core.answer([OutboxCheck()])
    assert isinstance(answer, OutboxAnswer)
    return answer


def failed(attempt: int, due_at: datetime | None = LATER, perhaps_sent: bool = True) -> TelegramFailed:
    return TelegramFailed("a", attempt, "no_answer", perhaps_sent, due_at)


def test_a_telegram_from_queue_to_arrival(database_url: str) -> None:
    with books(database_url, members=False) as core:
        assert step(core, queued())[0].state is TelegramState.QUEUED
        (head,) = check(core).heads
        assert (head.link, head.key, head.text, head.attempts) == ("dcs", "a", TEXT, 0)
        assert (head.queued_at, head.due_at) == (NOON, NOON)
        (begun,) = step(core, TelegramAttempted("a", 1))
        assert (begun.accepted, begun.attempt, begun.perhaps_sent) == (True, 1, False)
        (head,) = check(core).heads
        assert (head.state, head.attempts) == (TelegramState.SENDING, 1), "counted before it is sent"
        assert step(core, TelegramSent("a", 1), at=LATER)[0].state is TelegramState.SENT
        assert check(core) == OutboxAnswer()
        assert core.status()["outbox"] == {"dcs": {"oldest_queued_at": "", "sent": 1}}
        (row,) = query(database_url, "SELECT attempts, perhaps_sent, ended_at FROM outbox")
        assert tuple(row) == (1, 0, "2026-08-20T12:10:00.000000Z")


def test_a_failure_waits_for_its_time_and_marks_what_may_have_arrived(database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1), failed(1, perhaps_sent=False))
        (head,) = check(core).heads
        assert (head.state, head.due_at, head.attempts) == (TelegramState.QUEUED, LATER, 1)
        assert not step(core, TelegramAttempted("a", 2))[0].perhaps_sent, "nothing of it had left"
        step(core, failed(2))
        assert step(core, TelegramAttempted("a", 3))[0].perhaps_sent
        step(core, failed(3, perhaps_sent=False))
        assert step(core, TelegramAttempted("a", 4))[0].perhaps_sent, "what was once unclear stays so"
        assert step(core, failed(4, None))[0].state is TelegramState.FAILED
        assert check(core) == OutboxAnswer()
        assert core.status()["outbox"]["dcs"] == {"oldest_queued_at": "", "failed": 1}
        assert query(database_url, "SELECT reason FROM outbox")[0][0] == "no_answer"


def test_an_attempt_whose_end_nobody_saw_may_have_arrived(database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1))
    with books(database_url, members=False) as core:
        (head,) = check(core).heads
        assert (head.state, head.attempts) == (TelegramState.SENDING, 1)
        assert step(core, TelegramAttempted("a", 2))[0].perhaps_sent


@pytest.mark.parametrize(
    "wrong",
    [
        TelegramAttempted("a", 1),
        TelegramAttempted("a", 3),
        TelegramSent("a", 2),
        TelegramSent("a", 0),
        failed(2),
        TelegramAttempted("b", 1),
        TelegramSent("b", 1),
        TelegramFailed("b", 1, "x", True),
    ],
    ids=str,
)
def test_steps_that_do_not_fit_change_nothing(wrong: Any, database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1))
        before = query(database_url, "SELECT * FROM outbox")
        (outcome,) = step(core, wrong, at=LATER)  # another journal row, or the first one's answer
        assert not outcome.accepted or wrong == TelegramAttempted("a", 1)
        assert query(database_url, "SELECT * FROM outbox") == before


def test_what_has_ended_stays_ended(database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1), TelegramSent("a", 1))
        for late in (failed(1), failed(1, None), TelegramAttempted("a", 2)):
            assert not step(core, late)[0].accepted
        assert core.status()["outbox"]["dcs"]["sent"] == 1


@pytest.mark.parametrize("end", [TelegramSent("a", 1), failed(1, None)], ids=str)
def test_the_text_of_what_has_ended_is_in_the_journal_only(end: Any, database_url: str) -> None:
    """It may name people; what is sent is kept once, where everything is kept."""
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1))
        assert query(database_url, "SELECT text FROM outbox") == [(TEXT,)]
        step(core, end)
        assert query(database_url, "SELECT text FROM outbox") == [("",)]
        (again,) = one(core, submission(queued(), link="elsewhere")).outcomes
        assert isinstance(again, TelegramOutcome)
        assert (again.accepted, again.state in (TelegramState.SENT, TelegramState.FAILED)) == (True, True)
        assert check(core) == OutboxAnswer(), "and it is not queued once more"


def test_late_news_of_an_earlier_attempt_ends_a_telegram_that_waits_again(database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued(), TelegramAttempted("a", 1), failed(1))
        assert step(core, TelegramSent("a", 1))[0].state is TelegramState.SENT


def test_a_key_is_queued_once(database_url: str) -> None:
    with books(database_url, members=False) as core:
        first = submission(queued(), link="outbox", key="a")
        assert one(core, first).state is State.APPLIED
        assert one(core, first).repeated
        other = submission(queued(text=TEXT + "MORE\n"), link="outbox", key="a")
        assert one(core, other).reason is Reason.KEY_REUSED
        elsewhere = submission(queued(text=TEXT + "MORE\n"), link="elsewhere")
        (outcome,) = one(core, elsewhere).outcomes
        assert isinstance(outcome, TelegramOutcome)
        assert not outcome.accepted
        assert query(database_url, "SELECT text FROM outbox") == [(TEXT,)]


def test_each_link_has_its_own_order(database_url: str) -> None:
    with books(database_url, members=False) as core:
        batch = [queued("z"), queued("a"), queued("m", "other"), queued("b", "other")]
        one(core, submission(batch, link="outbox"))
        found = check(core)
        assert [(head.link, head.key) for head in found.heads] == [("dcs", "z"), ("other", "m")]
        assert found.waiting == (("dcs", 2), ("other", 2))
        step(core, TelegramAttempted("z", 1), TelegramFailed("z", 1, "x", True, LATER))
        assert check(core).heads[0].key == "z", "the one behind waits"
        step(core, TelegramAttempted("z", 2), TelegramSent("z", 2))
        assert check(core).heads[0].key == "a"


def test_a_process_sends_what_its_own_lane_has_queued(database_url: str) -> None:
    with books(database_url, members=False) as core:
        step(core, queued())
    with books(database_url, members=False, lane="second") as core:
        assert check(core) == OutboxAnswer()
        step(core, queued("b"))
        assert [head.key for head in check(core).heads] == ["b"]


# --- answers to lists -------------------------------------------------------------------------------------------------

UNKNOWN = CardClaim("UT", "7700000000999")
BLOCKED = CardClaim("UT", "7700000000029")
FOREIGN = CardClaim("ZZ", "1234567")
BAD = listed(
    "FTL",
    person(card=CARD, line=5),
    person(Name("ORLOV", "ILYA"), card=UNKNOWN, locator="0Q4MR8", line=8),
    person(Name("BORISOV", "OLEG"), card=BLOCKED, locator="", line=11),
    person(Name("ZIMINA", "OLGA"), card=CARD, locator="0Q4MR9", line=14),
    person(Name("KOT", "LEV"), card=FOREIGN, locator="0Q4MS1", line=17),
)


def came(message: ListReceived = BAD, link: str = "dcs", **options: Any) -> Submission:
    return replace(submission(message, link=link, **options), wants_answer=True)


def answer_of(core: Core, message: Submission) -> ListAnswer | None:
    (outcome,) = one(core, message).outcomes
    assert isinstance(outcome, ListOutcome)
    return outcome.answer


def test_a_list_with_faulty_cards_is_due_an_answer(database_url: str) -> None:
    with books(database_url) as core:
        answer = answer_of(core, came())
        assert answer is not None
        assert [(card.number, card.reason, card.locator, card.line) for card in answer.cards] == [
            ("7700000000999", Reason.CARD_UNKNOWN, "0Q4MR8", 8),
            ("7700000000029", Reason.CARD_BLOCKED, "", 11),
            ("7700000000011", Reason.HOLDER_MISMATCH, "0Q4MR9", 14),
        ]
        assert (answer.link, answer.originator, answer.departure) == ("dcs", "MOWRMUT", DEPARTURE)
        assert check(core).due == (answer,)
        assert core.status()["answers_due"] == 1
        assert (
            "7700000000999" not in query(database_url, "SELECT outcome FROM handling ORDER BY 1 DESC")[0][0]
        )


def test_a_name_that_only_may_be_the_holders_is_not_called_another(database_url: str) -> None:
    """A list cuts names; whoever hears of another holder would take a good card away."""
    cut = (Name(VERA.surname, VERA.given[:1]), Name(VERA.surname), Name(VERA.given, VERA.surname))
    with books(database_url) as core:
        people = [person(name, card=CARD, locator=f"0Q4MR{n}", line=n) for n, name in enumerate(cut, 1)]
        answer = answer_of(core, came(listed("FTL", *people)))
        assert answer is not None
        assert [(one.reason, one.line) for one in answer.cards] == [
            (Reason.HOLDER_UNCERTAIN, 1),
            (Reason.HOLDER_UNCERTAIN, 2),
            (Reason.HOLDER_UNCERTAIN, 3),
        ]
        assert check(core).due == (answer,)


def test_an_answer_is_due_until_it_is_queued_even_across_a_crash(database_url: str) -> None:
    with books(database_url) as core:
        answer = answer_of(core, came())
    assert answer is not None
    with books(database_url, members=False) as core:
        assert check(core).due == (answer,), "the same, word for word"
        texts = [queued(f"{answer.key}/{part}", answers=answer.key) for part in (1, 2)]
        for _again in range(2):
            one(core, submission(texts, link="outbox"))
            assert check(core).due == ()
        assert check(core).waiting == (("dcs", 2),)
        assert query(database_url, "SELECT state, data FROM list_answer") == [("queued", "")]


def test_a_list_is_answered_once(database_url: str) -> None:
    with books(database_url) as core:
        first = came()
        assert answer_of(core, first) is not None
        assert one(core, first).repeated
        assert answer_of(core, came(link="another")) is None, "the same list by another road"
        newer = came(replace(BAD, edition=LATER))
        assert answer_of(core, newer) is not None
        assert answer_of(core, came(replace(BAD, edition=NOON - timedelta(hours=1)))) is None, "superseded"
        assert len(check(core).due) == 2


def test_an_answer_whose_list_asked_for_none_is_remembered(database_url: str) -> None:
    """In a replay under other settings: the list asks for no answer there, the telegrams of its answer follow."""
    with books(database_url) as core:
        silent = replace(came(), wants_answer=False)
        assert answer_of(core, silent) is None
        key = answer_key(BAD, silent.digest.hex())
        one(core, submission([queued(part, answers=key) for part in "ab"], link="outbox"))
        assert answer_of(core, came(link="another")) is None, "the same list by another road"
        assert query(database_url, "SELECT key, state, data FROM list_answer") == [(key, "queued", "")]


def test_nothing_is_due_where_all_is_well_or_nobody_asked(database_url: str) -> None:
    with books(database_url) as core:
        assert answer_of(core, came(FTL)) is None
        assert answer_of(core, came(replace(FTL, persons=(), nil=True))) is None
        assert answer_of(core, submission(BAD, link="dcs")) is None
        assert answer_of(core, came(listed("FTL", person(card=FOREIGN), edition=LATER))) is None
        assert check(core).due == ()


def test_a_card_of_the_right_holder_under_its_old_number_is_good(database_url: str) -> None:
    replaced = CardClaim("UT", "7700000000037")
    with books(database_url) as core:
        good = listed(
            "FTL", person(Name("ARTEMEV", "IGNAT"), card=replaced), person(VERA, card=CARD, locator="X1")
        )
        assert answer_of(core, came(good)) is None


def test_list_and_answer_in_one_batch(database_url: str) -> None:
    """As a replay does it."""
    with books(database_url) as core:
        key = answer_of(core, came())
    assert key is not None
    fresh = replace(BAD, edition=LATER)
    with books(database_url, members=False) as core:
        found = came(fresh)
        digest = found.digest.hex()[:12]
        answers = f"FTL/{DEPARTURE.key}/MOWRMUT/2026-08-20T12:10:00.000000Z/{digest}"
        core.execute([found, submission(queued("x", answers=answers), link="outbox")])
        assert [answer.key for answer in check(core).due] == [key.key]
