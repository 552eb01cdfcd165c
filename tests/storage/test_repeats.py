"""Documents that come again, and what was refused settling by itself once the members change."""

from dataclasses import replace
from datetime import timedelta

import pytest

from loyalty_core import (
    CardClaim,
    CouponOutcome,
    CreditStatus,
    MembersImported,
    Name,
    Problem,
    ProgrammeActivated,
    Reason,
    State,
)
from tests.storage.airline import (
    FTL,
    HEADER,
    MEMBERS,
    NOON,
    PRL,
    PROGRAMME,
    VERA,
    coupon,
    listed,
    person,
    submission,
)
from tests.storage.books import balances, books, count, coupon_outcome, one, query

STRANGER = CardClaim("UT", "7700000000991")
NEWCOMER = (HEADER + "M9,SOKOLOVA,DARIA,,,UT,7700000000991,active,,\n").encode()
UNBLOCKED = (HEADER + "M2,BORISOV,OLEG,,1975-11-30,UT,7700000000029,active,,\n").encode()
OLEG = Name("BORISOV", "OLEG")


def test_the_same_document_gets_the_first_answer_and_no_new_row(database_url: str) -> None:
    with books(database_url) as core:
        message = submission(coupon())
        first = one(core, message)
        rows = count(database_url, "journal"), count(database_url, "handling"), count(database_url, "entry")
        # Later flights change the balance, but not what was answered first.
        one(core, submission(coupon(ticket="2986120000025", on=coupon().on + timedelta(days=-3))))
        for _again in range(3):
            second = one(core, replace(message, received_at=NOON + timedelta(hours=1)))
            assert second.repeated
            assert not second.entries
            assert (second.journal_id, second.state, second.outcomes) == (
                first.journal_id,
                first.state,
                first.outcomes,
            )
        assert (count(database_url, "journal"), count(database_url, "handling")) == (rows[0] + 1, rows[1] + 1)
        assert query(database_url, f"SELECT repeats FROM receipt WHERE journal_id = {first.journal_id}") == [
            (3,)
        ]


def test_repeats_inside_one_batch(database_url: str) -> None:
    with books(database_url) as core:
        message = submission(coupon())
        results = core.execute([message, message, submission(PRL), message])
        assert [result.repeated for result in results] == [False, True, False, True]
        assert results[0].outcomes == results[1].outcomes == results[3].outcomes
        assert balances(core)["award"] == 840
        assert query(database_url, "SELECT repeats FROM receipt WHERE repeats > 0") == [(2,)]


def test_the_same_document_on_another_link_is_another_document(database_url: str) -> None:
    with books(database_url) as core:
        assert coupon_outcome(core, submission(coupon())).status is CreditStatus.POSTED
        other = one(core, submission(coupon(), link="other"))
        (outcome,) = other.outcomes
        assert isinstance(outcome, CouponOutcome)
        assert not other.repeated
        assert outcome.status is CreditStatus.REPEATED
        assert (outcome.award, outcome.balance) == (840, 840)
        assert balances(core)["award"] == 840
        assert not other.entries


def test_another_document_about_a_credited_coupon_is_a_repeat(database_url: str) -> None:
    """Not the same words (an event time came along), but the same coupon and the same miles."""
    with books(database_url) as core:
        coupon_outcome(core, submission(coupon()))
        outcome = coupon_outcome(core, submission(coupon(reported_at=NOON)))
        assert (outcome.status, outcome.award) == (CreditStatus.REPEATED, 840)
        changed = coupon_outcome(
            core, submission(coupon(letter="C", reported_at=NOON + timedelta(minutes=1)))
        )
        assert (changed.status, changed.award) == (CreditStatus.POSTED, 1680)


def test_an_unknown_card_settles_by_itself_when_the_member_is_enrolled(database_url: str) -> None:
    with books(database_url) as core:
        message = submission(coupon(card=STRANGER, name=Name("СОКОЛОВА", "ДАРЬЯ")))
        for _again in range(2):
            refused = one(core, message)
            (outcome,) = refused.outcomes
            assert isinstance(outcome, CouponOutcome)
            assert (outcome.status, outcome.reason) == (CreditStatus.REFUSED, Reason.CARD_UNKNOWN)
            assert refused.state is State.REFUSED
        journal = count(database_url, "journal")
        imported = one(core, submission(MembersImported(NEWCOMER)))
        assert len(imported.entries) == 1
        assert balances(core, "M9")["award"] == 840
        # The refused document is decided again: its coupon stands now.
        again = one(core, message)
        (outcome,) = again.outcomes
        assert isinstance(outcome, CouponOutcome)
        assert (outcome.status, outcome.award) == (CreditStatus.REPEATED, 840)
        assert again.state is State.APPLIED
        assert not again.entries
        assert count(database_url, "journal") == journal + 1  # the import
        assert one(core, message).repeated
        states = query(
            database_url,
            f"SELECT attempt, state FROM handling WHERE journal_id = {again.journal_id} ORDER BY attempt",
        )
        assert [tuple(row) for row in states] == [(1, "refused"), (2, "applied")]


def test_a_blocked_card_settles_when_it_is_unblocked(database_url: str) -> None:
    with books(database_url) as core:
        message = submission(coupon(card=CardClaim("UT", "7700000000029"), name=OLEG))
        assert coupon_outcome(core, message).reason is Reason.CARD_BLOCKED
        assert balances(core, "M2") == {}
        one(core, submission(MembersImported(UNBLOCKED)))
        assert balances(core, "M2") == {"award": 840, "qualifying": 840, "segments": 1}
        assert coupon_outcome(core, message).status is CreditStatus.REPEATED
        # Blocked again: what stands is taken back by the same door.
        blocked = UNBLOCKED.replace(b",active,", b",blocked,")
        one(core, submission(MembersImported(blocked)))
        assert balances(core, "M2") == {}


def test_a_wrong_holder_waits_in_suspense_until_the_name_is_corrected(database_url: str) -> None:
    with books(database_url) as core:
        message = submission(coupon(name=Name("KOVALEVA", "VERA")))
        outcome = coupon_outcome(core, message)
        assert (outcome.status, outcome.reason) == (CreditStatus.PENDING, Reason.HOLDER_MISMATCH)
        assert (outcome.award, outcome.balance) == (0, 0)
        renamed = MEMBERS.replace(b"\xd0\x9b\xd0\xa3\xd0\x93\xd0\x9e\xd0\x92\xd0\x90\xd0\xaf/", b"KOVALEVA/")
        renamed = renamed.replace("/ВЕРА".encode(), b"/VERA")
        one(core, submission(MembersImported(renamed)))
        assert balances(core)["award"] == 840
        # Pending answers are stored: the repeat gets the first answer.
        assert one(core, message).repeated
        # Another document about the coupon says how it stands.
        other = coupon_outcome(core, submission(coupon(name=Name("KOVALEVA", "VERA")), link="other"))
        assert other.status is CreditStatus.REPEATED


def test_a_host_key_names_one_document_for_ever(database_url: str) -> None:
    first, other = submission(coupon(), key="K-1"), submission(coupon("R"), key="K-1")
    with books(database_url) as core:
        assert coupon_outcome(core, first).status is CreditStatus.POSTED
        (reused,) = core.execute([other])
        assert (reused.state, reused.reason) == (State.QUARANTINED, Reason.KEY_REUSED)
        assert not reused.outcomes
        assert balances(core)["award"] == 840
        assert one(core, first).repeated
    with books(database_url, members=False) as core:
        again = core.execute([other, replace(other, link="elsewhere")])
        assert [result.reason for result in again] == [Reason.KEY_REUSED, Reason.NONE]
        assert again[0].journal_id == reused.journal_id
        assert one(core, first).repeated


def test_every_key_of_a_document_names_it_for_ever(database_url: str) -> None:
    """Refused, and sent again under another key: neither may become another document's."""
    refused = submission(coupon(card=STRANGER, name=Name("SOKOLOVA", "DARIA")), key="K-1")
    with books(database_url) as core:
        first = one(core, refused)
        again = one(core, replace(refused, key="K-3"))
        assert (first.state, again.state, again.journal_id) == (
            State.REFUSED,
            State.REFUSED,
            first.journal_id,
        )
        for number, key in enumerate(("K-1", "K-3")):
            other = replace(coupon(), ticket=f"298612000004{number}")
            (result,) = core.execute([submission(other, key=key)])
            assert result.reason is Reason.KEY_REUSED
        assert balances(core) == {}


def test_an_unusable_document_does_not_take_a_key_that_another_has(database_url: str) -> None:
    bad = replace(submission(coupon("R"), key="K-1"), transactions=(), problems=(Problem("cut", "the end"),))
    with books(database_url) as core:
        one(core, submission(coupon(), key="K-1"))
        assert one(core, bad).reason is Reason.INVALID
        assert one(core, submission(coupon(), key="K-1")).repeated


def test_an_entry_vouches_for_the_bytes_in_the_journal(database_url: str) -> None:
    """Those of the first time, though the document came again in other bytes before it was credited."""
    with books(database_url, members=False) as core:
        early = replace(submission(MembersImported(MEMBERS)), raw=MEMBERS + b"\n")
        core.execute([early])
        core.execute([submission(ProgrammeActivated(PROGRAMME, "demo.yaml")), submission(coupon())])
        one(core, replace(early, raw=MEMBERS))
        assert balances(core)["award"] == 840
        assert count(database_url, "entry") == 1


def test_a_host_key_reused_within_a_batch(database_url: str) -> None:
    with books(database_url) as core:
        results = core.execute([submission(coupon(), key="K-1"), submission(coupon("R"), key="K-1")])
        assert [result.reason for result in results] == [Reason.NONE, Reason.KEY_REUSED]
        assert balances(core)["award"] == 840


def test_a_member_file_that_came_too_early_is_taken_when_it_comes_again(database_url: str) -> None:
    """Quarantined because its programme was not active; decided again, and again quarantined, and then taken."""
    with books(database_url, members=False) as core:
        early = submission(MembersImported(MEMBERS))
        for _again in range(2):
            (result,) = core.execute([early])
            assert (result.state, result.reason) == (State.QUARANTINED, Reason.INVALID)
            assert result.problems[0].line == 2
        one(core, submission(ProgrammeActivated(PROGRAMME, "demo.yaml")))
        taken = one(core, early)
        assert (taken.state, taken.journal_id) == (State.APPLIED, result.journal_id)
        assert core.member("M1") is not None


def test_one_refused_item_leaves_the_others_of_its_document_alone(database_url: str) -> None:
    items = [
        coupon(ticket="2986120000017"),
        coupon(ticket="2986120000025", card=STRANGER, name=Name("SOKOLOVA", "DARIA")),
        coupon(ticket="2986120000033", off="LED", number=2, flight=replace(coupon().marketing, number="77")),
    ]
    with books(database_url) as core:
        message = submission([replace(item, item=number) for number, item in enumerate(items, 1)])
        first = one(core, message)
        statuses = [outcome.status for outcome in first.outcomes if isinstance(outcome, CouponOutcome)]
        assert statuses == [CreditStatus.POSTED, CreditStatus.REFUSED, CreditStatus.POSTED]
        assert first.state is State.APPLIED
        one(core, submission(MembersImported(NEWCOMER)))
        again = one(core, message)
        assert again.outcomes[0] == first.outcomes[0]
        assert again.outcomes[2] == first.outcomes[2]
        outcome = again.outcomes[1]
        assert isinstance(outcome, CouponOutcome)
        assert (outcome.status, outcome.award) == (CreditStatus.REPEATED, 840)
        assert not again.entries
        assert one(core, message).repeated


def test_the_same_coupon_twice_in_one_document(database_url: str) -> None:
    with books(database_url) as core:
        result = one(core, submission([replace(coupon(), item=1), replace(coupon(), item=2)]))
        statuses = [outcome.status for outcome in result.outcomes if isinstance(outcome, CouponOutcome)]
        assert statuses == [CreditStatus.POSTED, CreditStatus.REPEATED]
        assert balances(core)["award"] == 840


@pytest.mark.parametrize(
    "spelling", ["298-6120000017", "２９８６１２００００017", "298٦120000017", " 2986120000017 "]
)
def test_a_coupon_in_another_spelling_is_the_same_coupon(spelling: str, database_url: str) -> None:
    with books(database_url) as core:
        coupon_outcome(core, submission(coupon()))
        outcome = coupon_outcome(core, submission(coupon(ticket=spelling, name=Name("ЛУГОВАЯ", "ВЕРА"))))
        assert outcome.status is CreditStatus.REPEATED
        assert balances(core)["award"] == 840


def test_a_list_comes_again_and_on_two_links(database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(FTL))
        assert one(core, submission(FTL)).repeated
        one(core, submission(FTL, link="second line"))
        one(core, submission(PRL))
        one(core, submission(PRL, link="second line"))
        # Pending by the first, taken back and posted by the second; their repeats added nothing.
        assert core.status()["entries"] == 3


def test_an_unusable_document_is_answered_alike_and_decided_once_it_can_be_read(database_url: str) -> None:
    with books(database_url) as core:
        good = submission(coupon())
        bad = replace(good, transactions=(), problems=(Problem("cut", "the end is missing", line=7),))
        first = one(core, bad)
        assert (first.state, first.reason) == (State.QUARANTINED, Reason.INVALID)
        again = one(core, bad)
        assert again.repeated
        assert (again.state, again.reason) == (first.state, first.reason)
        mended = one(core, good)
        assert mended.journal_id == first.journal_id
        assert not mended.repeated
        assert mended.state is State.APPLIED
        assert balances(core)["award"] == 840


def test_a_list_with_the_card_and_a_coupon_without_event_time(database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(listed("FTL", person(VERA, card=coupon().card))))
        assert balances(core) == {"pending": 840}
        assert coupon_outcome(core, submission(coupon())).status is CreditStatus.POSTED
        assert balances(core) == {"award": 840, "qualifying": 840, "segments": 1}
