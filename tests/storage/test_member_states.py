"""States of members and cards in the books: what they do to credits and checks, whichever comes first."""

from datetime import date
from pathlib import Path

import pytest

from loyalty_core import (
    CardCheck,
    CardClaim,
    CardStated,
    CreditStatus,
    MemberStated,
    Name,
    Outcome,
    ProgrammeActivated,
    Reason,
    State,
    StatementOutcome,
    StatementStatus,
    Transaction,
)
from tests.storage.airline import CARD, PROGRAMME, coupon, submission
from tests.storage.books import balances, books, coupon_outcome, one, outcome_of, query
from tests.storage.membership import all_orders, at, card, member, members

FLOWN = {"award": 840, "qualifying": 840, "segments": 1}
LATER = date(2026, 8, 21)


def said(outcome: Outcome) -> StatementOutcome:
    assert isinstance(outcome, StatementOutcome)
    return outcome


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([member("temporary")], FLOWN),
        ([member("blocked")], {}),
        ([member("blocked", since=LATER)], FLOWN),
        ([member("blocked"), member("active", since=LATER, said=-1)], FLOWN),
        ([member("closed")], {}),
        ([member("closed", since=LATER)], FLOWN),
        ([member("died")], {}),
        ([member("died", since=LATER)], FLOWN),
        ([member("died"), member("active", said=-1)], FLOWN),
        ([card("issued")], FLOWN),
        ([card("expired")], FLOWN),
        ([card("blocked")], {}),
        ([card("lost")], {}),
        ([card("stolen", since=LATER)], FLOWN),
        ([card("stolen"), card("active", said=-1)], FLOWN),
        ([card("closed")], {}),
        ([card("closed", since=LATER)], FLOWN),
        ([card("active", said=-1), card("blocked", said=-2)], FLOWN),
        ([card("blocked", said=-1), card("active", said=-1)], {}),
    ],
    ids=lambda value: " ".join(word.state for word in value) if isinstance(value, list) else "",
)
def test_what_a_flight_earns(words: list[Transaction], expected: dict[str, int], tmp_path: Path) -> None:
    messages = [submission(coupon()), *map(submission, words)]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        for message in messages:
            one(core, message)
        assert {name: amount for name, amount in balances(core).items() if amount} == expected
    all_orders(tmp_path, messages)


def test_a_programme_may_see_it_otherwise(tmp_path: Path) -> None:
    strict = PROGRAMME + b"members: {temporary: pending, while_blocked: lost, before_closing: lost}\n"
    first = [submission(ProgrammeActivated(strict, "demo.yaml"))]
    for words, expected in (
        ([member("temporary")], {"pending": 840}),
        ([member("temporary"), member("active", since=LATER, said=-1)], FLOWN),
        ([member("blocked"), member("active", since=LATER, said=-1)], {}),
        ([member("closed", since=LATER)], {}),
        ([member("died", since=LATER)], FLOWN),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with books(f"sqlite:///{folder}/books.sqlite", *first) as core:
            for message in (coupon(), *words):
                one(core, submission(message))
            assert {name: amount for name, amount in balances(core).items() if amount} == expected, words
        all_orders(folder, [submission(coupon()), *map(submission, words)], first)


def test_checks_look_at_what_stands_now(database_url: str) -> None:
    with books(database_url) as core:
        for word, reason in (
            (member("temporary", said=-9), Reason.NONE),
            (card("issued", said=-8), Reason.NONE),
            (card("expired", said=-7), Reason.CARD_CLOSED),
            (card("blocked", said=-6), Reason.CARD_BLOCKED),
            (member("blocked", said=-5), Reason.CARD_BLOCKED),
            (member("died", said=-4), Reason.CARD_CLOSED),
            (member("active", said=-3), Reason.CARD_BLOCKED),
            (card("active", said=-2), Reason.NONE),
        ):
            one(core, submission(word))
            assert core.answer([CardCheck("UT", CARD.number)])[0].reason is reason, word  # type: ignore[attr-defined]


def test_outcomes_of_statements(database_url: str) -> None:
    with books(database_url) as core:
        for word, status in (
            (member("blocked"), StatementStatus.APPLIED),
            (member("closed", said=-3), StatementStatus.SUPERSEDED),
            (member("blocked", number="M999"), StatementStatus.WAITING),
            (card("lost"), StatementStatus.APPLIED),
            (card("lost", number="4711"), StatementStatus.WAITING),
        ):
            assert said(outcome_of(core, submission(word))).status is status, word
        for wrong, field, reason in (
            (MemberStated("UT", "M1", "asleep", LATER, at(0)), "state", Reason.INVALID),
            (MemberStated("ZZ", "M1", "closed", LATER, at(0)), "airline", Reason.PROGRAMME_NOT_SERVED),
            (member("closed", since=date(2026, 8, 22)), "since", Reason.DATE_OUT_OF_WINDOW),
            (member("closed", said=40), "said_at", Reason.DATE_OUT_OF_WINDOW),
            (card("active", by="12"), "replaced_by", Reason.INVALID),
            (card("lost", by=CARD.number), "replaced_by", Reason.INVALID),
            (card("replaced"), "replaced_by", Reason.INVALID),
        ):
            result = one(core, submission(wrong))
            told = said(result.outcomes[0])
            assert result.state is State.REFUSED
            assert (told.status, told.field, told.reason) == (StatementStatus.REFUSED, field, reason)


def test_a_repeat_gets_the_first_answer_and_a_refused_one_is_decided_again(database_url: str) -> None:
    with books(database_url) as core:
        first = one(core, submission(member("blocked")))
        one(core, submission(member("closed", said=-1)))
        again = one(core, submission(member("blocked")))
        assert (again.repeated, again.outcomes) == (True, first.outcomes)
        strange = submission(MemberStated("ZZ", "M1", "closed", LATER, at(0)))
        assert not one(core, strange).repeated
        assert not one(core, strange).repeated


def test_history_is_kept(database_url: str) -> None:
    with books(database_url) as core:
        for word in (
            card("issued", said=-9),
            card("lost", said=-5),
            card("lost", said=-4),
            card("stolen", said=-3),
        ):
            one(core, submission(word))
        rows = query(core.url, "SELECT word, said_at FROM told WHERE subject = 'demo/card/7700000000011'")
        words = {row.word: row.said_at for row in rows if row.said_at}
        assert words["lost"] == "2026-08-20T08:05:00.000000Z"
        assert words.keys() == {"active", "issued", "lost", "stolen"}


def test_a_word_waits_for_its_member(tmp_path: Path) -> None:
    row = "M9,ORLOV,IVAN,,,UT,7700000000201,,,"
    card_of_his = CardClaim("UT", "7700000000201")
    messages = [
        members(row),
        submission(coupon(name=Name("ORLOV", "IVAN"), card=card_of_his)),
        submission(card("blocked", number="7700000000201")),
    ]
    all_orders(tmp_path, messages)


def test_a_file_speaks_of_states_only_where_it_names_them(database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(member("blocked")))
        one(core, submission(card("lost", since=LATER)))
        one(core, submission(coupon()))
        one(core, members("M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000011,,,"))
        assert balances(core) == {}
        columns = ",member_state,member_since,card_since,said_at"
        row = "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000011,active,,,"
        one(core, members(row + "active,,2026-08-19,2026-08-20T01:00:00Z", columns=columns, said=1))
        assert balances(core) == {}, "the file is older than what was said"
        one(core, members(row + "active,,,2026-08-20T12:30:00Z", columns=columns, said=2))
        assert balances(core) == FLOWN


def test_a_file_says_nothing_in_advance(database_url: str) -> None:
    with books(database_url) as core:
        row = "M1,LUGOVAYA,VERA,,,UT,7700000000011,closed,,,2026-08-23,2026-08-25T00:00:00Z"
        result = one(core, members(row, columns=",card_since,said_at"))
        assert result.state is State.QUARANTINED
        assert {problem.path for problem in result.problems} == {"card_since", "said_at"}


def test_statements_and_coupons_meet_in_one_batch(database_url: str) -> None:
    with books(database_url) as core:
        results = core.execute([submission(coupon()), submission(member("blocked")), submission(coupon("L"))])
        assert [result.state for result in results] == [State.APPLIED, State.APPLIED, State.REFUSED]
        assert not any(balances(core).values())
        freed = submission(CardStated("UT", CARD.number, "active", LATER, at(0)))
        assert said(outcome_of(core, freed)).status is StatementStatus.APPLIED
        one(core, submission(member("active", said=0)))
        assert coupon_outcome(core, submission(coupon("L"))).status is not CreditStatus.REFUSED
