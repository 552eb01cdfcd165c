"""Promotions that end: budgets and limits for one member, the ledger's account of each, and what comes back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from loyalty_core import Core, ListReceived, ProgrammeActivated, Submission
from tests.storage.airline import ETL, FTL, NOON, PRL, PROGRAMME, opening, submission
from tests.storage.books import balances, books, one, query
from tests.storage.membership import merge
from tests.storage.miles import DAY, award
from tests.storage.replays import check_replay
from tests.storage.test_tiers import flight

PROMOTION = b"""
promotions:
  - name: spring double
    when: {classes: [Y]}
    adds: {award: {percent: 100, of: accrued, round: floor}}
    budget: {award: 1500}
"""
CAPPED = PROMOTION.replace(b"budget: {award: 1500}", b"at_most: {award: 1000}")
ACCOUNT = "programme:demo:promotion/spring double"


def promoting(text: bytes = PROMOTION) -> Submission:
    return submission(ProgrammeActivated(PROGRAMME + text, "demo.yaml"), received_at=NOON - DAY)


def fly(core: Core, day: int, number: int, status: str = "F") -> None:
    message = flight(date(2026, 8, day), number, "Y", off="AER", status=status)
    assert one(core, submission(message)).state == "applied"


def given(url: str) -> list[tuple[str, int]]:
    """(flight date, award miles) of the credits that stand."""
    return [tuple(row) for row in query(url, "SELECT flown_on, award FROM standing_credit ORDER BY flown_on")]


def taken(url: str) -> int:
    return -sum(int(row[0]) for row in query(url, f"SELECT amount FROM balance WHERE account = '{ACCOUNT}'"))


def test_a_budget_ends_and_a_reversal_gives_it_back(database_url: str) -> None:
    with books(database_url, promoting()) as core:
        for day in (10, 11, 12):
            fly(core, day, day)
        assert given(database_url) == [("2026-08-10", 1680), ("2026-08-11", 1500), ("2026-08-12", 840)]
        assert taken(database_url) == 1500
        fly(core, 10, 10, "R")
        # What has become free goes to whoever comes next; who stands keeps what he has.
        assert given(database_url) == [("2026-08-11", 1500), ("2026-08-12", 840)]
        assert taken(database_url) == 660
        again = replace(flight(date(2026, 8, 12), 12, "Y", off="AER"), reported_at=NOON)
        assert one(core, submission(again)).state == "applied"
        assert given(database_url) == [("2026-08-11", 1500), ("2026-08-12", 840)]
        fly(core, 5, 5)
        assert given(database_url) == [("2026-08-05", 1680), ("2026-08-11", 1500), ("2026-08-12", 840)]
        assert taken(database_url) == 1500


def test_one_member_gets_no_more_than_the_promotion_says(database_url: str) -> None:
    with books(database_url, promoting(CAPPED)) as core:
        fly(core, 10, 10)
        fly(core, 11, 11)
        assert given(database_url) == [("2026-08-10", 1680), ("2026-08-11", 1000)]
        used = query(database_url, "SELECT number, used FROM promotion_use JOIN member ON id = member_id")
        assert [tuple(row) for row in used] == [("M1", 1000)]
        one(core, submission(merge("M1", "M3")))
        used = query(
            database_url,
            "SELECT number, used FROM promotion_use JOIN member ON id = member_id WHERE used > 0",
        )
        assert [tuple(row) for row in used] == [("M3", 1000)]


def test_several_flights_settled_at_once_share_what_is_left_by_date(database_url: str) -> None:
    """Statements about a member settle all flights together: none is counted on the same budget twice."""
    with books(database_url, promoting()) as core:
        for day in (12, 11, 10):
            fly(core, day, day)
        assert given(database_url) == [("2026-08-10", 840), ("2026-08-11", 1500), ("2026-08-12", 1680)]
        one(core, submission(merge("M1", "M3")))
        # Taken back and posted anew for the survivor, now in order of dates, with the bonus of SILVER beside.
        assert taken(database_url) == 1500
        first, second, third = (miles for _day, miles in given(database_url))
        assert first > second > third


def test_a_replay_finds_who_got_the_last_of_a_budget(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    flights = [flight(date(2026, 8, day), day, "Y", off="AER") for day in (12, 10, 11)]
    flights.append(flight(date(2026, 8, 12), 12, "Y", off="AER", status="R"))
    flights.append(flight(date(2026, 8, 13), 13, "Y", off="AER"))
    messages = [*opening(), promoting(), *(submission(each) for each in flights)]
    core = Core.open(url)
    try:
        core.execute(messages[:5])
        for message in messages[5:]:
            one(core, message)
        assert core.verify()["ok"]
    finally:
        core.close()
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", messages)


def test_evidence_that_comes_again_changes_nothing(database_url: str) -> None:
    with books(database_url, promoting(PROMOTION.replace(b"1500", b"1000"))) as core:
        for each in (FTL, PRL, ETL):
            one(core, submission(each))
        fly(core, 19, 19)
        before = award(core)
        later = [
            ListReceived(each.kind, "LEDRM1A", each.departure, each.edition, each.persons)
            for each in (PRL, ETL)
        ]
        for message in later:
            one(core, submission(message))
        assert award(core) == before
        assert taken(database_url) == 1000


@pytest.mark.parametrize("off", [False, True])
def test_a_promotion_that_is_no_longer_offered_gives_back_what_it_gave(off: bool, database_url: str) -> None:
    with books(database_url, promoting()) as core:
        fly(core, 10, 10)
        if off:
            one(core, promoting(b"# No promotions any more.\n"))
        fly(core, 10, 10, "R")
        assert taken(database_url) == 0
        assert balances(core).get("award", 0) == 0
        assert query(database_url, "SELECT sum(used) FROM promotion_use")[0][0] == 0
