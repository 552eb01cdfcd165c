"""Tiers in the books as days go by: what the business clock ends, what is priced again, what was believed when."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import (
    BalanceCheck,
    CardAnswer,
    CardClaim,
    ClockOutcome,
    Core,
    MembersImported,
    ProgrammeActivated,
)
from loyalty_core.tiers import believed
from tests.storage.airline import HEADER, MEMBERS, NOON, PROGRAMME, VERA, submission
from tests.storage.books import balances, books, one, query
from tests.storage.miles import strike
from tests.storage.test_tiers import flight, standing

EARLY = NOON - timedelta(days=1)


def programme(qualification: str = "", tiers: str = "", accrual: str = "") -> bytes:
    """The demo's without its examples, with SILVER for two segments and GOLD for four."""
    text = PROGRAMME.decode()
    text = text[: text.index("examples:\n")]
    start, end = text.index("tiers:\n"), text.index("# Miles can be spent")
    own = tiers or (
        "tiers:\n"
        "  - name: BASIC\n"
        "  - {name: SILVER, bonus_percent: 25, reached: {segments: 2}}\n"
        "  - {name: GOLD, bonus_percent: 50, reached: {segments: 4}}\n"
    )
    text = f"{text[:start]}{qualification}\n{own}\n{text[end:]}"
    if accrual:
        start, end = text.index("accrual:\n"), text.index("# From the base tier upwards")
        text = f"{text[:start]}{accrual}\n{text[end:]}"
    return text.encode()


@contextmanager
def flown(url: str, rules: bytes) -> Iterator[Core]:
    with books(url, members=False) as core:
        one(core, submission(ProgrammeActivated(rules, "demo.yaml"), received_at=EARLY))
        one(core, submission(MembersImported(MEMBERS), received_at=EARLY))
        yield core


def fly(core: Core, day: str, number: int = 0, letter: str = "Y", status: str = "F") -> None:
    on = date.fromisoformat(day)
    message = flight(on, number, letter, status=status)
    one(core, submission(message, received_at=datetime(on.year, on.month, on.day, 18, tzinfo=UTC)))


def vera(core: Core) -> tuple[str, str]:
    member = told(core)
    return member["tier"], member["tier_until"]


def told(core: Core) -> dict[str, Any]:
    member = core.member("M1")
    assert member is not None
    return member


def tiers_changed(core: Core, at: datetime, decisions_max: int = 1000) -> tuple[int, bool]:
    (outcome,) = strike(core, at, decisions_max).outcomes
    assert isinstance(outcome, ClockOutcome)
    return outcome.tiers, outcome.more


def new_year(year: int, day: int = 1) -> datetime:
    return datetime(year, 1, day, 0, 30, tzinfo=UTC)


def test_an_upgrade_shows_at_once_and_the_clock_ends_it(database_url: str) -> None:
    with flown(
        database_url, programme("qualification: {period: calendar_year, valid: {years: 1}, soft_landing: 1}")
    ) as core:
        for number in range(4):
            fly(core, "2026-05-01", number)
        assert vera(core) == ("GOLD", "2027-12-31")
        assert tiers_changed(core, new_year(2027)) == (0, False)
        assert tiers_changed(core, datetime(2027, 12, 31, 23, 59, tzinfo=UTC)) == (0, False)
        assert vera(core) == ("GOLD", "2027-12-31")
        assert tiers_changed(core, new_year(2028)) == (1, False)
        assert vera(core) == ("SILVER", "2028-12-31")
        assert tiers_changed(core, new_year(2028, 2)) == (0, False), "once is enough"
        # The clock stood still for years: all that was due meanwhile is made up for.
        assert tiers_changed(core, new_year(2033)) == (1, False)
        assert vera(core) == ("BASIC", "")
        assert [(each["tier"], each["since"], each["until"], each["why"]) for each in told(core)["tiers"]][
            -3:
        ] == [
            ("GOLD", "2026-05-01", "2027-12-31", "reached"),
            ("SILVER", "2028-01-01", "2028-12-31", "soft landing"),
            ("BASIC", "2029-01-01", "", "ended"),
        ]


def test_a_stroke_takes_so_many_members_and_says_that_there_are_more(database_url: str) -> None:
    with flown(database_url, programme()) as core:
        rows = "".join(
            f"N{number},LUGOVAYA,VERA,,,UT,77000000005{number:02d},active,,\n" for number in range(3)
        )
        one(core, submission(MembersImported((HEADER + rows).encode()), received_at=EARLY))
        for number in range(3):
            message = flight(date(2026, 5, 1), number, "C")
            one(core, submission(replace(message, card=CardClaim("UT", f"77000000005{number:02d}"))))
        due = [tiers_changed(core, new_year(2028, day), 2) for day in (1, 2, 3)]
        assert due == [(2, True), (1, False), (0, False)]


def test_what_was_believed_is_told_with_the_row_that_brought_it(database_url: str) -> None:
    with flown(database_url, programme()) as core:
        fly(core, "2026-05-02", 1)
        assert told(core)["tiers"] == []
        fly(core, "2026-05-10", 2)
        assert vera(core) == ("SILVER", "2027-12-31")
        # An earlier flight becomes known: SILVER since the second, GOLD not yet.
        one(core, submission(flight(date(2026, 4, 1), 3, "Y"), received_at=NOON))
        # And is taken back.
        one(
            core,
            submission(flight(date(2026, 4, 1), 3, "Y", status="V"), received_at=NOON + timedelta(hours=1)),
        )
        found = [(each["since"], each["tier"], each["known_at"][:10]) for each in told(core)["tiers"]]
        assert found == [
            ("2026-05-10", "SILVER", "2026-05-10"),
            ("2026-05-02", "SILVER", "2026-08-20"),
            ("2026-05-10", "", "2026-08-20"),
            ("2026-05-02", "", "2026-08-20"),
            ("2026-05-10", "SILVER", "2026-08-20"),
        ]
        rows = [each["journal_id"] for each in told(core)["tiers"]]
        assert rows == sorted(rows)
        assert len(set(rows)) == 3

        def at(instant: str) -> list[tuple[str, str]]:
            return [(each["tier"], each["since"]) for each in believed(told(core)["tiers"], instant)]

        assert at("2026-05-09T00:00:00Z") == []
        assert at("2026-06-01T00:00:00Z") == at("2026-09-01T00:00:00Z") == [("SILVER", "2026-05-10")]
        assert at("2026-08-20T12:30:00Z") == [("SILVER", "2026-05-02")]


def test_a_landing_prices_the_flights_after_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    rules = "qualification: {period: {rolling_months: 1}, valid: {months: 1}, soft_landing: 1}"
    with flown(url, programme(rules)) as core:
        for number in range(4):
            fly(core, "2026-03-01", number)
        for number, day in enumerate(("2026-04-01", "2026-04-02", "2026-05-01", "2026-05-02"), 4):
            fly(core, day, number)
        # 1 March to 1 April GOLD, to 1 May SILVER; the two of April make SILVER again, to 2 May.
        assert [tier for _day, tier, _award, _status in standing(url)][4:] == [
            "GOLD",
            "SILVER",
            "SILVER",
            "SILVER",
        ]


BONUS_COUNTS = """accrual:
  segments:
    - amount: 1
    - bonus: {tiers: {SILVER: 100, GOLD: 200}, of: accrued, round: floor}
  award: [distance, percent, {round: half_up}, {bonus: {tiers: true, of: lesser, round: floor}}]
"""


@pytest.mark.parametrize("orders", range(6))
def test_a_bonus_that_counts_for_tiers_ends_in_one_state_whatever_the_order(
    orders: int, tmp_path: Path
) -> None:
    """The hardest cascade: what a tier adds lifts the tier of later flights, which add more."""
    days = ["2026-03-01", "2026-03-02", "2026-03-02", "2026-03-05", "2026-03-09", "2026-05-01"]
    rules = programme(
        "qualification: {period: {rolling_months: 1}, valid: {months: 1}}", accrual=BONUS_COUNTS
    )
    ends, chains = set(), []
    for order in list(permutations(range(6)))[orders::120]:
        url = f"sqlite:///{tmp_path}/{len(chains)}.sqlite"
        with flown(url, rules) as core:
            for place in order:
                fly(core, days[place], place)
            strike(core, datetime(2026, 5, 1, 20, tzinfo=UTC))
            ends.add(core.verify()["state_hash"])
            chains.append(standing(url))
            # Each of the six messages prices each of at most five later flights once: reversed and posted.
            assert query(url, "SELECT count(*) FROM entry")[0][0] <= 6 + 2 * 5 * 6
    assert len(ends) == 1
    # The second and third lift nobody of their own day; with the bonus the fourth is GOLD's already.
    assert [tier for _day, tier, _award, _status in chains[0]] == [
        "BASIC", "BASIC", "BASIC", "SILVER", "GOLD", "BASIC",
    ]  # fmt: skip


@pytest.mark.parametrize(("good_faith", "kept"), [("recompute", "BASIC"), ("keep", "SILVER")])
def test_a_bonus_given_in_good_faith(good_faith: str, kept: str, database_url: str) -> None:
    rules = f"qualification: {{period: calendar_year, valid: {{years: 1}}, good_faith: {good_faith}}}"
    with flown(database_url, programme(rules)) as core:
        for number, day in enumerate(("2026-05-01", "2026-05-02", "2026-05-03")):
            fly(core, day, number)
        before = balances(core)["award"]
        # The first was never flown.
        fly(core, "2026-05-01", 0, status="V")
        assert [tier for _day, tier, _award, _status in standing(database_url)] == ["BASIC", kept]
        assert vera(core)[0] == "SILVER", "the tier itself is what was flown"
        lost = before - balances(core)["award"]
        base = standing(database_url)[0][2]
        assert lost == base if good_faith == "keep" else lost > base
        # What is told again of the very flight doesn't take it back either.
        fly(core, "2026-05-03", 2, status="B")
        assert standing(database_url)[-1][1] == kept


def test_rules_of_tiers_that_change_make_everybody_due(database_url: str) -> None:
    with flown(database_url, programme()) as core:
        fly(core, "2026-05-01", 0, "C")
        assert vera(core)[0] == "SILVER"
        harder = programme(tiers="tiers:\n  - name: BASIC\n  - {name: SILVER, reached: {segments: 3}}\n")
        one(core, submission(ProgrammeActivated(harder, "demo.yaml")))
        assert core.verify()["ok"]
        assert query(database_url, "SELECT count(*) FROM member WHERE tier_until = '0001-01-01'")[0][0] == 3
        # M3 was given a tier; what is believed of M2 is what it was.
        assert tiers_changed(core, NOON) == (3, False)
        assert vera(core) == ("BASIC", "")
        assert query(database_url, "SELECT count(*) FROM member WHERE tier_until = '0001-01-01'")[0][0] == 0
        assert tiers_changed(core, NOON + timedelta(minutes=1)) == (0, False)


def easy(segments: int, more: str = "", bonus: int = 100) -> bytes:
    tiers = f"[{{name: BASIC}}, {{name: SILVER, bonus_percent: {bonus}, reached: {{segments: {segments}}}}}]"
    return programme(tiers=f"tiers: {tiers}\n{more}\n")


def test_a_definition_that_changes_takes_no_bonus_back(database_url: str) -> None:
    with flown(database_url, easy(1)) as core:
        for number in range(3):
            fly(core, f"2026-05-0{number + 1}", number)
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "BASIC",
            "SILVER",
            "SILVER",
        ]
        before = standing(database_url)
        one(core, submission(ProgrammeActivated(easy(50), "demo.yaml")))
        tiers_changed(core, NOON)
        assert vera(core)[0] == "BASIC"
        # A flight of before all of them becomes known. It makes nobody anything by today's rules.
        one(core, submission(flight(date(2026, 4, 1), 9, "Y"), received_at=NOON + timedelta(hours=1)))
        assert standing(database_url)[1:] == before
        one(
            core,
            submission(flight(date(2026, 4, 1), 9, "Y", status="V"), received_at=NOON + timedelta(hours=2)),
        )
        assert standing(database_url) == before
        assert core.verify()["ok"]


def test_nor_does_it_give_one(database_url: str) -> None:
    with flown(database_url, easy(50)) as core:
        for number in range(3):
            fly(core, f"2026-05-0{number + 1}", number)
        before = standing(database_url)
        assert [tier for _day, tier, _award, _status in before] == ["BASIC"] * 3
        one(core, submission(ProgrammeActivated(easy(1), "demo.yaml")))
        # By today's rules the last was SILVER's before this and is so after it; the first of the three is so now.
        one(core, submission(flight(date(2026, 4, 1), 9, "Y"), received_at=NOON + timedelta(hours=1)))
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "BASIC", "SILVER", "BASIC", "BASIC",
        ]  # fmt: skip
        assert standing(database_url)[2:] == before[1:]
        assert core.verify()["ok"]


def test_facts_change_the_tier_by_the_definition_of_today(database_url: str) -> None:
    with flown(database_url, easy(1)) as core:
        for number in range(4):
            fly(core, f"2026-05-0{number + 1}", number)
        one(core, submission(ProgrammeActivated(easy(2), "demo.yaml")))
        # The second was SILVER's then, and would be BASIC's; nothing of it changes until facts do.
        fly(core, "2026-05-01", 0, status="V")
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "SILVER",
            "BASIC",
            "SILVER",
        ]
        assert core.verify()["ok"]


@pytest.mark.parametrize(
    "versions",
    [
        "versions: [{{from: 2030-01-01, {}}}]",
        "versions: [{{from: 2020-01-01, until: 2020-12-31, {}}}]",
    ],
)
def test_a_version_of_other_days_reaches_nothing_today(versions: str, tmp_path: Path) -> None:
    other = "tiers: [{name: BASIC}, {name: SILVER, bonus_percent: 100, reached: {segments: 50}}]"
    ends = []
    for name, more in (("plain", ""), ("versions", versions.format(other))):
        url = f"sqlite:///{tmp_path}/{name}.sqlite"
        with flown(url, easy(1, more)) as core:
            for number in range(2):
                fly(core, f"2026-05-0{number + 1}", number)
            assert vera(core) == ("SILVER", "2027-12-31")
            ends.append(standing(url))
            assert core.verify()["ok"]
    assert ends[0] == ends[1]


def test_a_version_that_begins_lifts_by_what_was_flown_in_its_period(database_url: str) -> None:
    later = "versions: [{from: 2026-06-01, tiers: [{name: BASIC}, {name: SILVER, reached: {segments: 2}}]}]"
    with flown(database_url, easy(9, later)) as core:
        for number in range(2):
            fly(core, f"2026-05-0{number + 1}", number)
        assert vera(core) == ("BASIC", "2026-05-31")
        assert tiers_changed(core, datetime(2026, 6, 1, 1, tzinfo=UTC)) == (1, False)
        assert vera(core) == ("SILVER", "2027-12-31")
        assert core.verify()["ok"]


def test_units_of_any_name(database_url: str) -> None:
    tiers = "tiers:\n  - name: BASIC\n  - {name: SILVER, reached: {all_of: [{xp: 20}, {own_segments: 1}]}}\n"
    accrual = (
        "accrual:\n  xp: [{amount: 12}]\n  own_segments: [{amount: 1}, {only: {when: {operating: [UT]}}}]\n"
        "  award: [distance, percent, {round: half_up}]\n"
    )
    rules = programme(
        "qualification: {period: calendar_year, valid: {years: 1}, deduct: [xp]}", tiers, accrual
    )
    start, end = rules.index(b"units:"), rules.index(b"# What earns nothing")
    rules = (
        rules[:start]
        + b"units: {award: {}, xp: {title: points}, own_segments: {}, never: {}}\n"
        + rules[end:]
    )
    rules = rules.replace(b", amounts: {segments: 2}", b"").replace(b", amounts: {segments: 0}", b"")
    with flown(database_url, rules) as core:
        fly(core, "2026-05-01", 0)
        assert balances(core) == {"award": 3983, "own_segments": 1, "xp": 12}
        assert vera(core)[0] == "BASIC"
        fly(core, "2026-05-02", 1)
        assert vera(core)[0] == "SILVER"
        (answer,) = core.answer([BalanceCheck("UT", "7700000000011", VERA)])
        assert isinstance(answer, CardAnswer)
        assert [(each.unit, each.amount) for each in answer.balances] == [
            ("award", 7966), ("pending", 0), ("xp", 24), ("own_segments", 2), ("never", 0),
        ]  # fmt: skip
        rows = query(database_url, "SELECT counters FROM standing_credit")
        assert {row[0] for row in rows} == {'{"own_segments":1,"xp":12}'}
