"""Which flights members may claim: the window of ``retro``, told with a reason of its own, in any order of arrival."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from loyalty_core import ClaimOutcome, Core, Submission
from tests.storage.airline import CARD, DEPARTURE, NOON, opening, submission
from tests.storage.books import balances, books, count, one, outcome_of
from tests.storage.case_stories import BOARDED, BY_TICKET, TICKET_KEY, WITH_CARD, claiming, resolving
from tests.storage.list_stories import TICKET
from tests.storage.membership import all_orders, members
from tests.storage.miles import DAY
from tests.storage.replays import check_replay
from tests.storage.test_member_facts import ROW, rules

WINDOW = rules("retro: {months: 2, not_before_days: 3, before_enrolment_days: 10}")
MONTHS = rules("retro: {before_enrolment_months: 1, claim_after_enrolment_months: 2}")
"""Flights up to a month before enrolment, claimed within two months of it."""


def claimed(day: date, claim: object = BY_TICKET, **named: object) -> Submission:
    at = datetime(day.year, day.month, day.day, 9, tzinfo=NOON.tzinfo)
    return submission(claim, received_at=at, **named)  # type: ignore[arg-type]


def enrolled(day: str, said: float = 0) -> Submission:
    return members(f"{ROW},{day}", columns=",enrolled_on", said=said)


def answer(core: Core, claim: Submission) -> tuple[str, str, str]:
    found = outcome_of(core, claim)
    assert isinstance(found, ClaimOutcome)
    return (found.status, found.reason, found.field)


CREDITED = ("credited", "", "")
TOO_LATE = ("refused", "claimed_too_late", "on")
TOO_EARLY = ("refused", "claimed_too_early", "on")
BEFORE = ("refused", "before_enrolment", "on")


@pytest.mark.parametrize(
    ("programme", "since", "day", "expected"),
    [
        (WINDOW, "2026-01-01", date(2026, 8, 22), TOO_EARLY),
        (WINDOW, "2026-01-01", date(2026, 8, 23), CREDITED),
        (WINDOW, "2026-01-01", date(2026, 10, 20), CREDITED),
        (WINDOW, "2026-01-01", date(2026, 10, 21), TOO_LATE),
        (WINDOW, "2026-08-30", date(2026, 9, 1), CREDITED),
        (WINDOW, "2026-08-31", date(2026, 9, 1), BEFORE),
        (WINDOW, "", date(2026, 9, 1), CREDITED),
        (MONTHS, "2026-09-20", date(2026, 11, 20), CREDITED),
        (MONTHS, "2026-09-20", date(2026, 11, 21), TOO_LATE),
        (MONTHS, "2026-09-21", date(2026, 9, 22), BEFORE),
        (MONTHS, "2026-08-20", date(2027, 8, 20), CREDITED),
        (rules(""), "2026-09-21", date(2027, 8, 20), CREDITED),
    ],
)
def test_the_window(
    programme: Submission, since: str, day: date, expected: tuple[str, str, str], database_url: str
) -> None:
    with books(database_url, programme, enrolled(since, said=35 * 24), submission(BOARDED)) as core:
        assert answer(core, claimed(day)) == expected
        assert balances(core).get("award", 0) == (840 if expected is CREDITED else 0)


def test_the_version_of_the_flights_day_says(database_url: str) -> None:
    versions = rules(
        "versions: [{from: 2026-01-01, retro: {months: 1}}, {from: 2026-08-21, retro: {months: 6}}]"
    )
    with books(database_url, versions, submission(BOARDED)) as core:
        assert answer(core, claimed(date(2026, 9, 21))) == TOO_LATE
        later = replace(BY_TICKET, on=DEPARTURE.on + DAY)
        assert answer(core, claimed(date(2026, 9, 22), later)) == ("flight_unknown", "", "")


def test_a_claim_by_ticket_alone_is_judged_by_the_flight_that_is_found(database_url: str) -> None:
    with books(database_url, WINDOW, submission(BOARDED)) as core:
        alone = claiming(flight=False, ticket=TICKET)
        assert answer(core, claimed(date(2026, 10, 21), alone)) == TOO_LATE
        assert answer(core, claimed(date(2026, 10, 20), replace(alone, coupon=1))) == CREDITED


def test_what_came_too_early_left_nothing_behind(database_url: str) -> None:
    with books(database_url, WINDOW) as core:
        early = claimed(date(2026, 8, 21))
        assert answer(core, early) == TOO_EARLY
        one(core, submission(BOARDED))
        # The document has had its answer; a claim that is made in time is another one.
        assert answer(core, replace(early, received_at=NOON + 5 * DAY)) == TOO_EARLY
        assert balances(core).get("award", 0) == 0
        assert answer(core, claimed(date(2026, 8, 25), replace(BY_TICKET, originator="desk"))) == CREDITED


def test_a_claim_in_time_stays_so_however_late_it_is_repeated(database_url: str) -> None:
    with books(database_url, WINDOW) as core:
        claim = claimed(date(2026, 10, 20))
        assert answer(core, claim) == ("flight_unknown", "", "")
        before = count(database_url, "evidence")
        late = replace(claim, received_at=NOON + timedelta(days=80))
        assert answer(core, late) == ("flight_unknown", "", "")
        assert count(database_url, "evidence") == before
        one(core, submission(BOARDED))
        assert balances(core)["award"] == 840
        # The same words in a document of their own are too late by now.
        again = replace(late, digest=b"another document of 32 bytes ...")
        assert answer(core, again) == TOO_LATE


def test_enrolment_told_later_or_otherwise(database_url: str) -> None:
    with books(database_url, WINDOW, submission(BOARDED)) as core:
        claim = claimed(date(2026, 8, 25))
        assert answer(core, claim) == CREDITED
        one(core, enrolled("2026-09-01", said=13 * 24))
        assert balances(core) == {}
        assert answer(core, claim) == CREDITED  # it has had its answer
        another = claimed(date(2026, 8, 26), replace(BY_TICKET, originator="desk"))
        assert answer(core, another) == BEFORE
        one(core, enrolled("2026-08-01", said=14 * 24))
        assert balances(core)["award"] == 840
        assert answer(core, another) == ("credited_before", "", "")


@pytest.mark.parametrize("programme", [WINDOW, MONTHS], ids=["days", "months"])
@pytest.mark.parametrize("since", ["2026-08-25", "2026-09-15", "2026-09-25"])
def test_any_order_ends_alike(programme: Submission, since: str, tmp_path: Path) -> None:
    messages = [
        submission(BOARDED),
        enrolled(since, said=40 * 24),
        enrolled("2026-07-01", said=39 * 24),
        claimed(date(2026, 9, 27)),
    ]
    all_orders(tmp_path, messages, first=[programme])


def test_messages_of_hosts_and_staff_need_no_window(database_url: str) -> None:
    with books(database_url, WINDOW, enrolled("2026-12-01", said=110 * 24)) as core:
        assert answer(core, claimed(date(2026, 9, 1))) == BEFORE
        one(core, submission(BOARDED))
        assert balances(core) == {}
        one(core, submission(resolving("assign", TICKET_KEY, card=CARD)))
        assert balances(core)["award"] == 840


def test_a_list_with_the_card_is_credited_and_the_claim_says_so(database_url: str) -> None:
    with books(database_url, WINDOW, enrolled("2026-12-01", said=110 * 24), submission(WITH_CARD)) as core:
        assert answer(core, claimed(date(2026, 9, 1))) == ("credited_before", "", "")


def test_a_replay_is_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    messages = [
        claimed(date(2026, 8, 21)),
        claimed(date(2026, 9, 1), replace(BY_TICKET, originator="desk")),
        submission(BOARDED),
        enrolled("2026-09-15", said=30 * 24),
        claimed(date(2026, 12, 1), replace(BY_TICKET, originator="app")),
    ]
    with books(url, MONTHS, *messages):
        pass
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", [*opening(), MONTHS, *messages])
