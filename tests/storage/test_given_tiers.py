"""Tiers that were not reached by flying: gifts, matches and paid extensions, on both engines and in any order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from loyalty_core import (
    Core,
    MembersImported,
    ProgrammeActivated,
    Reason,
    StatementOutcome,
    StatementStatus,
    Submission,
    TierGiven,
)
from loyalty_core.given_tiers import REASON_CHARACTERS_MAX
from tests.storage.airline import MEMBERS, NOON, PROGRAMME, opening, submission
from tests.storage.books import balances, books, one, outcome_of, tamper
from tests.storage.membership import all_orders, at, merge, state_after, unmerge
from tests.storage.miles import strike
from tests.storage.replays import check_replay
from tests.storage.test_tiers import flight, standing
from tests.storage.test_tiers_over_time import flown, fly, new_year, programme, told, vera

YEAR = programme(
    "qualification: {period: calendar_year, valid: {years: 1}, extension: {fulfilment: 50, unit: segments}}"
)
"""SILVER for two segments and GOLD for four; half of them let a tier be extended."""


def given(
    tier: str = "GOLD",
    since: str = "2026-08-01",
    until: str = "2026-12-31",
    *,
    kind: str = "gift",
    said: float = -2,
    number: str = "M1",
    reason: str = "goodwill",
    state: str = "given",
) -> TierGiven:
    last = date.fromisoformat(until) if until else None
    return TierGiven("UT", number, tier, kind, date.fromisoformat(since), at(said), reason, last, state)


def withdrawn(
    tier: str = "GOLD", since: str = "2026-08-01", *, said: float = -1, kind: str = "gift"
) -> TierGiven:
    return given(tier, since, "", kind=kind, said=said, reason="a mistake", state="withdrawn")


def say(core: Core, statement: TierGiven) -> StatementOutcome:
    outcome = outcome_of(core, submission(statement))
    assert isinstance(outcome, StatementOutcome)
    return outcome


def priced(url: str) -> list[tuple[str, str]]:
    return [(day, tier) for day, tier, _award, _status in standing(url)]


def test_flights_of_the_days_of_a_gift_are_priced_by_it(database_url: str) -> None:
    with books(database_url) as core:
        for number, day in enumerate(("2026-07-31", "2026-08-01", "2026-08-10", "2026-08-11")):
            one(core, submission(flight(date.fromisoformat(day), number, "Y", off="AER")))
        before = balances(core)["award"]
        assert say(core, given(until="2026-08-10")).status is StatementStatus.APPLIED
        assert [tier for _day, tier in priced(database_url)] == ["BASIC", "GOLD", "GOLD", "BASIC"]
        assert balances(core)["award"] == before + 2 * 420
        assert (told(core)["tier"], told(core)["tier_until"]) == ("BASIC", "")
        (_gift, after) = told(core)["tiers"]
        assert (_gift["tier"], _gift["since"], _gift["until"]) == ("GOLD", "2026-08-01", "2026-08-10")
        assert (_gift["why"], _gift["source"], after["tier"]) == ("given", "gift", "BASIC")
        assert told(core)["given_tiers"] == [
            {
                "member": "M1",
                "kind": "gift",
                "tier": "GOLD",
                "since": "2026-08-01",
                "until": "2026-08-10",
                "reason": "goodwill",
                "said_at": "2026-08-20T10:05:00.000000Z",
            }
        ]
        entries = core.explain(card="7700000000011")["entries"]
        assert entries[-1]["trace"]["tier_by"] == "gift"
        assert "tier_by" not in entries[0]["trace"]


FLIGHT = submission(flight(date(2026, 8, 20), 1, "Y", off="AER"))
FILE = submission(MembersImported(MEMBERS), received_at=NOON - timedelta(days=1))
RULES = submission(ProgrammeActivated(PROGRAMME, "demo.yaml"), received_at=NOON - timedelta(days=1))


def test_a_gift_may_be_told_before_the_member_and_after_the_flight(tmp_path: Path) -> None:
    ends = all_orders(tmp_path, [submission(given()), FLIGHT, FILE])
    assert ends != state_after(f"sqlite:///{tmp_path}/never.sqlite", [[FLIGHT]])


def test_who_is_not_known_yet_has_it_later(database_url: str) -> None:
    with books(database_url, RULES, members=False) as core:
        assert say(core, given()).status is StatementStatus.WAITING
        one(core, FILE)
        strike(core, NOON)
        assert vera(core) == ("GOLD", "2026-12-31")


def test_what_was_taken_back_was_never_given(tmp_path: Path) -> None:
    messages = [submission(given()), submission(withdrawn()), FLIGHT]
    taken_back = all_orders(tmp_path, messages)
    assert taken_back == state_after(f"sqlite:///{tmp_path}/never.sqlite", [[FLIGHT]])


def test_what_was_said_last_of_a_gift_counts_and_others_stand_beside_it(database_url: str) -> None:
    with books(database_url) as core:
        strike(core, NOON)
        assert say(core, given(until="2027-06-30", said=0)).status is StatementStatus.APPLIED
        assert say(core, given(until="2026-12-31", said=-1)).status is StatementStatus.SUPERSEDED
        assert vera(core) == ("GOLD", "2027-06-30")
        # Of one instant what gives less.
        assert say(core, given(until="", said=0)).status is StatementStatus.SUPERSEDED
        assert say(core, given(until="2027-05-31", said=0)).status is StatementStatus.APPLIED
        assert vera(core) == ("GOLD", "2027-05-31")
        assert say(core, withdrawn(said=0)).status is StatementStatus.APPLIED
        assert vera(core) == ("BASIC", "")
        # Another kind, another day and another tier are others.
        for other in (
            given(kind="match"),
            given(since="2026-08-02", until="2027-01-31"),
            given("SILVER", until=""),
        ):
            say(core, other)
        say(core, given(until="", said=1))
        assert vera(core) == ("GOLD", "")
        say(core, withdrawn(said=2))
        assert vera(core) == ("GOLD", "2027-01-31")
        assert told(core)["tiers"][-1]["source"] == "match, gift"
        assert [(each["kind"], each["tier"], each["until"]) for each in told(core)["given_tiers"]] == [
            ("gift", "SILVER", ""),
            ("match", "GOLD", "2026-12-31"),
            ("gift", "GOLD", "2027-01-31"),
        ]


def test_a_gift_begins_and_ends_by_the_clock(database_url: str) -> None:
    with books(database_url) as core:
        say(core, given(since="2026-09-01", until="2026-09-30"))
        assert vera(core) == ("BASIC", "2026-08-31")
        for day, expected in (
            (date(2026, 8, 31), ("BASIC", "2026-08-31")),
            (date(2026, 9, 1), ("GOLD", "2026-09-30")),
            (date(2026, 10, 1), ("BASIC", "")),
        ):
            strike(core, datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
            assert vera(core) == expected


def test_merged_members_have_what_any_of_them_was_given(database_url: str, tmp_path: Path) -> None:
    with books(database_url) as core:
        strike(core, NOON)
        say(core, given(number="M3"))
        assert vera(core)[0] == "BASIC"
        one(core, submission(merge("M3", "M1")))
        assert vera(core) == ("GOLD", "2026-12-31")
        (gift,) = told(core)["given_tiers"]
        assert gift["member"] == "M3"
        one(core, submission(unmerge("M3")))
        assert vera(core)[0] == "BASIC"
        assert told(core)["given_tiers"] == []
    all_orders(tmp_path, [submission(given(number="M3")), submission(merge("M3", "M1")), FLIGHT], opening())


@pytest.mark.parametrize(
    ("statement", "reason", "field"),
    [
        (given("RUBY"), Reason.TIER_UNKNOWN, "tier"),
        (given("gold"), Reason.TIER_UNKNOWN, "tier"),
        (given("BASIC"), Reason.NOT_OFFERED, "tier"),
        (given(kind="paid"), Reason.NOT_OFFERED, "kind"),
        (given(kind="present"), Reason.INVALID, "kind"),
        (given(state="lent"), Reason.INVALID, "state"),
        (given(until="2026-07-31"), Reason.INVALID, "until"),
        (replace(withdrawn(), until=date(2026, 12, 31)), Reason.INVALID, "until"),
        (given(reason=" "), Reason.INVALID, "reason"),
        (given(reason="r" * (REASON_CHARACTERS_MAX + 1)), Reason.INVALID, "reason"),
        (given(number="M/1"), Reason.INVALID, "number"),
        (given(said=72), Reason.DATE_OUT_OF_WINDOW, "said_at"),
        (replace(given(), airline="ZZ"), Reason.PROGRAMME_NOT_SERVED, "airline"),
    ],
)
def test_what_may_not_be_given(statement: TierGiven, reason: Reason, field: str, tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        refused = say(core, statement)
        assert (refused.status, refused.reason, refused.field) == (StatementStatus.REFUSED, reason, field)
        assert told(core)["given_tiers"] == []
        longest = given(reason="/" * REASON_CHARACTERS_MAX, since="0001-01-01", until="9999-12-31")
        assert say(core, longest).status is StatementStatus.APPLIED
        assert told(core)["given_tiers"][0]["reason"] == longest.reason


PAID = given("SILVER", "2028-01-01", "2028-12-31", kind="paid", reason="receipt 4711")


def extension(core: Core) -> tuple[bool, int, int]:
    (paid,) = told(core)["given_tiers"]
    return paid["extension"]["counts"], paid["extension"]["counted"], paid["extension"]["needed"]


def test_an_extension_counts_once_enough_is_known_to_be_flown(database_url: str) -> None:
    with flown(database_url, YEAR) as core:
        assert say(core, PAID).status is StatementStatus.APPLIED
        assert not told(core)["given_tiers"][0]["extension"]["held"]
        for number, day in enumerate(("2026-05-01", "2026-05-02")):
            fly(core, day, number)
        assert vera(core) == ("SILVER", "2027-12-31")
        assert extension(core) == (False, 0, 1)
        strike(core, new_year(2028))
        assert vera(core) == ("BASIC", "")
        # Flown on a day of the extension; then one of the year before becomes known.
        fly(core, "2028-02-01", 2)
        assert priced(database_url)[-1] == ("2028-02-01", "BASIC")
        fly(core, "2027-03-01", 3)
        assert extension(core) == (True, 1, 1)
        assert vera(core) == ("SILVER", "2028-12-31")
        assert priced(database_url)[-1] == ("2028-02-01", "SILVER")
        assert "paid" in {each["source"] for each in told(core)["tiers"]}
        # And is taken back.
        fly(core, "2027-03-01", 3, status="V")
        assert extension(core) == (False, 0, 1)
        assert priced(database_url)[-1] == ("2028-02-01", "BASIC")


def test_an_extension_may_be_paid_before_or_after_what_lets_it_count(tmp_path: Path) -> None:
    def of_day(day: str, number: int) -> Submission:
        on = date.fromisoformat(day)
        return submission(
            flight(on, number, "Y"), received_at=datetime(on.year, on.month, on.day, 18, tzinfo=UTC)
        )

    def end(name: str, *messages: Submission) -> str:
        return state_after(f"sqlite:///{tmp_path}/{name}.sqlite", [messages], first)

    first = [submission(ProgrammeActivated(YEAR, "demo.yaml")), of_day("2026-05-01", 0)]
    reached, near, later = (
        of_day(day, number) for number, day in enumerate(("2026-05-02", "2027-03-01", "2028-02-01"), 1)
    )
    paid = submission(PAID)
    assert all_orders(tmp_path, [reached, near, later, paid], first) != end("unpaid", reached, near, later)
    assert end("short", reached, later, paid) == end("nothing", reached, later)


def test_an_extension_without_an_end_is_none(tmp_path: Path) -> None:
    with flown(f"sqlite:///{tmp_path}/books.sqlite", YEAR) as core:
        refused = say(core, replace(PAID, until=None))
        assert (refused.reason, refused.field) == (Reason.INVALID, "until")
        taken_back = replace(PAID, until=None, state="withdrawn")
        assert say(core, taken_back).status is StatementStatus.APPLIED


def test_miles_that_live_as_long_as_a_tier_live_by_a_gift(database_url: str) -> None:
    rules = YEAR.replace(
        b"expiry: {model: months, months: 24}",
        b"expiry: [{model: never, when: {tiers: [GOLD]}}, {model: months, months: 24}]",
    )
    with flown(database_url, rules) as core:
        fly(core, "2026-05-01")
        assert told(core)["lots"][0]["expires_on"] == "2028-05-01"
        say(core, given(until=""))
        assert told(core)["lots"][0]["expires_on"] == ""
        strike(core, new_year(2029))
        assert balances(core)["award"] > 0
        say(core, withdrawn())
        strike(core, new_year(2029, 2))
        assert "award" not in balances(core)


def test_verify_finds_a_gift_that_nobody_told(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with books(f"sqlite:///{path}") as core:
        say(core, given())
    tamper(path, "DELETE FROM told WHERE aspect = 'given_tier'")
    core = Core.open(f"sqlite:///{path}", read_only=True)
    try:
        wrong = [check["name"] for check in core.verify()["checks"] if not check["ok"]]
    finally:
        core.close()
    assert "tiers are what flights and given tiers say" in wrong


def test_a_replay_repeats_what_was_given(database_url: str, tmp_path: Path) -> None:
    said = [given(), withdrawn(), given("SILVER", until=""), given(number="M3"), merge("M3", "M1")]
    messages = [*opening(), FLIGHT, *map(submission, said)]
    with books(database_url, members=False) as core:
        core.execute(messages)
    check_replay(database_url, f"sqlite:///{tmp_path}/rebuilt.sqlite", messages)
