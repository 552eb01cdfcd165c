"""Residence and groups hold from the day of the member file on that tells them: whoever leaves a group keeps what he
earned in it, and who moves is not judged anew for the time before."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import Core, ImportOutcome, Submission, load_programme
from loyalty_core.rules.whatif import compare
from tests.storage.airline import NOON, PROGRAMME, opening, submission
from tests.storage.books import balances, books, count, one, outcome_of, query
from tests.storage.membership import all_orders, members
from tests.storage.miles import DAY, award, strike
from tests.storage.replays import check_replay
from tests.storage.test_grants import flight
from tests.storage.test_member_facts import (
    ADDS,
    GUESTS,
    LOCALS,
    ROW,
    TIERS,
    awards,
    fly,
    residence_and_groups,
    rules,
)


def on(day: int, residence: str, groups: str = "", month: int = 8, hour: int = 12) -> Submission:
    """A member file of a day of 2026."""
    at = datetime(2026, month, day, hour, tzinfo=NOON.tzinfo)
    row = f"{ROW},{residence},{groups},{at.isoformat()}"
    return members(row, columns=",residence,groups,said_at", said=(at - NOON) / timedelta(hours=1))


def last_day(core: Core) -> str:
    report: dict[str, Any] | None = core.member("M1")
    assert report is not None
    (lot,) = report["lots"]
    return str(lot["expires_on"])


@pytest.mark.parametrize(
    ("programme", "before", "after"),
    [(LOCALS, ("MC", ""), ("DE", "")), (LOCALS, ("MC", ""), ("", "")), (GUESTS, ("", "vip"), ("", ""))],
    ids=["moves", "residence not known any more", "leaves the group"],
)
def test_earlier_flights_keep_their_miles(
    programme: Submission, before: tuple[str, str], after: tuple[str, str], database_url: str
) -> None:
    with books(database_url, programme, on(10, *before)) as core:
        fly(core, 8, 18, 20)
        entries = count(database_url, "entry")
        one(core, on(21, *after))
        assert count(database_url, "entry") == entries
        fly(core, 21, 22)
        # What was told first counts for the flight of the 8th, too.
        assert awards(database_url) == [1680, 1680, 1680, 840, 840]
        assert residence_and_groups(core) == (after[0], after[1].split())


def test_who_comes_back_has_a_gap(database_url: str) -> None:
    with books(database_url, GUESTS, on(10, "", "vip"), on(15, "", ""), on(20, "", "crew")) as core:
        fly(core, 14, 15, 19, 20)
        assert awards(database_url) == [1680, 840, 840, 1680]


def test_of_one_day_the_last_word_counts(database_url: str) -> None:
    files = [on(20, "MC", hour=16), on(20, "DE", hour=14), on(20, "MC", hour=12)]
    with books(database_url, LOCALS, on(10, "MC"), *files) as core:
        fly(core, 20)
        assert awards(database_url) == [1680]
        one(core, on(20, "DE", hour=17))
        assert awards(database_url) == [840]


def test_a_late_file_says_what_was_so_then(database_url: str) -> None:
    """It was written first and comes last: only the flights of its days are priced anew."""
    with books(database_url, LOCALS, on(20, "MC")) as core:
        fly(core, 10, 15, 21)
        assert awards(database_url) == [1680, 1680, 1680]
        entries = count(database_url, "entry")
        one(core, on(12, "DE"))
        assert awards(database_url) == [840, 840, 1680]
        assert count(database_url, "entry") == entries + 4
        one(core, on(9, "FR"))
        assert awards(database_url) == [1680, 840, 1680]
        assert residence_and_groups(core) == ("MC", [])


@pytest.mark.parametrize("programme", [LOCALS, GUESTS, TIERS], ids=["residence", "groups", "tiers"])
def test_files_and_flights_in_any_order(programme: Submission, tmp_path: Path) -> None:
    """Among them one that says again what an earlier one said, and one without the columns."""
    messages = [on(10, "MC", "vip"), on(14, "MC", "vip"), on(12, "DE", "press")]
    messages.append(submission(flight(date(2026, 8, 15)), received_at=NOON))
    first = [programme, members(ROW, said=1), submission(flight(date(2026, 8, 13), 2))]
    all_orders(tmp_path, messages, first=first)


def test_the_same_said_again_grows_by_days_and_changes_nothing(database_url: str) -> None:
    with books(database_url, LOCALS, on(1, "MC", "vip")) as core:
        fly(core, 2, 4)
        entries = count(database_url, "entry")
        for day in (2, 3, 4):
            for hour in (11, 12, 13):
                file = on(day, "MC", "vip", hour=hour)
                assert outcome_of(core, file) == ImportOutcome(opened=0, changed=0, unchanged=1)
        assert count(database_url, "entry") == entries
        told = "SELECT count(*) FROM told WHERE aspect IN ('residence', 'groups')"
        assert query(database_url, told)[0][0] == 2 * 4


def test_what_one_had_of_a_budget_he_keeps(database_url: str) -> None:
    """Whatever becomes free: nothing has changed about the days of those flights."""
    limited = rules(
        f"promotions: [{{name: guests, when: {{groups: [vip]}}, {ADDS}, budget: {{award: 1000}}}}]"
    )
    with books(database_url, limited, on(10, "", "vip")) as core:
        fly(core, 18, 19, 21)
        assert awards(database_url) == [1680, 1000, 840]
        one(core, on(19, "", ""))
        assert awards(database_url) == [1680, 840, 840]
        one(core, on(21, "", "vip"))
        assert awards(database_url) == [1680, 840, 1000]
        one(core, on(18, "", ""))
        assert awards(database_url) == [840, 840, 1000]
        one(core, on(16, "", "press"))
        assert awards(database_url) == [840, 840, 1000]


ENDS_IN_A_MONTH = "expiry: [{model: never, when: {residence: [MC]}}, {model: months, months: 1}]"


def test_miles_end_on_the_day_on_which_the_rule_becomes_another(database_url: str) -> None:
    ending = rules("", "expiry: {model: months, months: 24}", ENDS_IN_A_MONTH)
    with books(database_url, ending, on(10, "MC")) as core:
        fly(core, 18)
        assert last_day(core) == ""
        strike(core, datetime(2026, 9, 29, 12, tzinfo=NOON.tzinfo))
        assert award(core) == {"award": 840}
        one(core, on(30, "DE", month=9))
        assert last_day(core) == "2026-09-29"
        assert core.verify()["ok"]
        # Had the clock struck each day, they would have ended: back in Monaco is too late.
        one(core, on(5, "MC", month=10))
        assert last_day(core) == "2026-09-29"
        strike(core, datetime(2026, 10, 10, 12, tzinfo=NOON.tzinfo))
        assert award(core) == {}


def test_a_file_told_late_brings_back_what_had_ended(database_url: str) -> None:
    ending = rules("", "expiry: {model: months, months: 24}", ENDS_IN_A_MONTH)
    with books(database_url, ending, on(10, "DE")) as core:
        fly(core, 18)
        strike(core, datetime(2026, 10, 10, 12, tzinfo=NOON.tzinfo))
        assert award(core) == {}
        one(core, on(20, "MC", month=9))
        assert award(core) == {}
        one(core, on(19, "MC", month=9))
        assert award(core) == {"award": 840}


def test_a_flight_keeps_miles_alive_by_its_own_day(database_url: str) -> None:
    ending = rules(
        "",
        "expiry: {model: months, months: 24}",
        "expiry: {model: inactivity, months: 2, activity: {residence: [MC]}}",
    )
    flights = [submission(flight(date(2026, each, 20), each), received_at=NOON) for each in (6, 8)]
    with books(database_url, ending, on(10, "MC"), *flights) as core:
        one(core, on(30, "DE"))
        strike(core, datetime(2026, 9, 10, 12, tzinfo=NOON.tzinfo))
        assert award(core) == {"award": 1680}


def test_a_grant_asks_for_the_day_of_its_occasion(database_url: str) -> None:
    granting = rules(
        "grants: [{name: first flight, on: first_flight, amounts: {award: 70}, when: {residence: [MC]}}]"
    )
    with books(database_url, granting, on(10, "MC"), on(22, "DE")) as core:
        fly(core, 21)
        strike(core, NOON + 4 * DAY)
        assert award(core) == {"award": 910}
        one(core, on(21, "FR"))
        strike(core, NOON + 5 * DAY)
        assert award(core) == {"award": 840}


def test_a_companys_share_asks_for_the_day_of_the_flight(database_url: str) -> None:
    sharing = rules(
        f"members: {{company_percent: 10}}\npromotions: [{{name: locals, when: {{residence: [MC]}}, {ADDS}}}]"
    )
    firm = members("C1,SEVER,LLC,,,UT,7700000000904,active,,,company", columns=",kind")
    row = members(f"{ROW},MC,C1", columns=",residence,company", said=-240)
    with books(database_url, sharing, firm, row, on(20, "DE")) as core:
        fly(core, 18, 21)
        assert (balances(core)["award"], balances(core, "C1")["award"]) == (1680 + 840, 168 + 84)


def test_what_a_draft_would_change_by_the_days_of_the_flights(database_url: str) -> None:
    with books(database_url, on(10, "MC", "vip"), on(20, "DE", "")) as core:
        fly(core, 18, 21)
        plain = load_programme(PROGRAMME.decode(), "demo.yaml")
        for one_of in (LOCALS, GUESTS):
            draft = load_programme(one_of.transactions[0].content.decode(), "demo.yaml")  # type: ignore[attr-defined]
            (compared,) = compare(plain, draft, core.traffic("demo"), date(2026, 9, 1))
            assert (compared.a.amounts["award"], compared.b.amounts["award"]) == (1680, 1680 + 840)


def test_a_replay_has_the_same_days(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    flights = [submission(flight(date(2026, 8, day), day)) for day in (11, 13, 19)]
    messages = [LOCALS, on(12, "DE"), *flights, on(18, "MC"), on(10, "FR"), members(ROW, said=1)]
    with books(url, *messages) as core:
        assert awards(url) == [1680, 840, 1680]
        assert residence_and_groups(core) == ("MC", [])
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", [*opening(), *messages])
