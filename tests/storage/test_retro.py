"""Which flights members may claim: the window of ``retro``, told with a reason of its own, in any order of arrival."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from loyalty_core import CardClaim, ClaimOutcome, Core, Submission
from tests.storage.airline import CARD, DEPARTURE, NOON, opening, submission
from tests.storage.books import balances, books, change, count, one, outcome_of, query
from tests.storage.case_stories import (
    BOARDED,
    BY_TICKET,
    STRANGER,
    TICKET_KEY,
    WITH_CARD,
    claiming,
    resolving,
)
from tests.storage.list_stories import TICKET, told, who
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


def again(day: date) -> Submission:
    """The claim as a document of its own: hosts write the time of the day into it."""
    return claimed(day, raw=f"claimed on {day}".encode())


def claims(url: str) -> list[str]:
    """The days of the claims that stand."""
    rows = query(url, "SELECT event_at FROM evidence WHERE kind = 'CLAIM' AND standing = 1 ORDER BY event_at")
    return [day for (day,) in rows]


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
        # And so do the same words in a document of their own.
        assert answer(core, again(date(2026, 11, 8))) == ("credited_before", "", "")
        assert count(database_url, "evidence") == before + 1, "the list's"


def test_a_claim_that_is_made_again_every_day_stays_one(database_url: str) -> None:
    with books(database_url, WINDOW) as core:
        for day in (19, 20, 21, 22):
            assert answer(core, again(date(2026, 10, day))) == ("flight_unknown", "", "")
        # Even when nothing so old is believed any more.
        assert answer(core, again(date(2027, 10, 1))) == ("flight_unknown", "", "")
        assert claims(database_url) == ["2026-10-19"]
        # Who never claimed it in time has no such right.
        other = replace(BY_TICKET, originator="desk")
        assert answer(core, claimed(date(2026, 10, 21), other)) == TOO_LATE


def test_of_a_claim_the_earliest_day_stands_that_it_could_be_made_on(tmp_path: Path) -> None:
    messages = [again(date(2026, *day)) for day in ((8, 22), (8, 24), (9, 3), (10, 21))]
    hashes = set()
    for number, order in enumerate(permutations([*messages, submission(BOARDED)])):
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        with books(url, WINDOW, *order) as core:
            hashes.add(core.verify()["state_hash"])
            assert balances(core)["award"] == 840
        assert claims(url) == ["2026-08-24"], "the first was too early, the last too late"
    assert len(hashes) == 1


@pytest.mark.parametrize("day", [date(2026, 8, 21), date(2026, 10, 21), date(2027, 10, 1)])
def test_what_stands_already_is_told_at_any_time(day: date, database_url: str) -> None:
    listed = told("FTL", who(card=CARD, ticket=TICKET, coupon=1))
    with books(database_url, WINDOW, submission(listed)) as core:
        assert answer(core, again(day)) == ("pending", "", "")
        one(core, submission(WITH_CARD))
        assert answer(core, claimed(day, replace(BY_TICKET, originator="desk"))) == (
            "credited_before",
            "",
            "",
        )
        assert claims(database_url) == []
        stranger = claimed(day, replace(BY_TICKET, name=STRANGER))
        assert answer(core, stranger)[0] == "refused", "strangers aren't told what stands"


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
def test_a_claim_that_is_worth_nothing_keeps_no_other_back(days: tuple[int, int], database_url: str) -> None:
    """One person with two numbers, one of them younger than the flight may be."""
    young = replace(BY_TICKET, card=CardClaim("UT", "7700000000508"))
    both = members(
        f"{ROW},2026-01-01",
        "M5,LUGOVAYA,VERA,,1987-04-09,UT,7700000000508,active,,,2026-08-31",
        columns=",enrolled_on",
    )
    with books(database_url, WINDOW, both, submission(BOARDED)) as core:
        assert answer(core, claimed(date(2026, 9, days[0]), young)) == BEFORE
        assert answer(core, claimed(date(2026, 9, days[1]))) == CREDITED
        assert (balances(core)["award"], balances(core, "M5")) == (840, {})


def test_a_claim_of_an_unknown_day_was_made_in_time(database_url: str) -> None:
    with books(database_url, MONTHS, claimed(date(2026, 8, 25)), submission(BOARDED)) as core:
        change(database_url, "UPDATE evidence SET event_at = '' WHERE kind = 'CLAIM'")
        one(core, enrolled("2026-09-15", said=26 * 24))
        assert balances(core)["award"] == 840
        one(core, enrolled("2026-09-25", said=37 * 24))
        assert balances(core) == {}, "it is too old all the same"


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
        again(date(2026, 9, 3)),
        again(date(2026, 8, 28)),
    ]
    with books(url, MONTHS, *messages):
        pass
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", [*opening(), MONTHS, *messages])
