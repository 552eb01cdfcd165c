"""Lots, tiers and what follows from one flight for the others."""

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa

from loyalty_core import CouponReported, Flight, MembersImported
from tests.storage.airline import HEADER, NOON, coupon, submission
from tests.storage.books import balances, books, count, coupon_outcome, one, query

NOON_2027 = NOON.replace(year=2027, month=1, day=20)


def flight(
    day: date, number: int, letter: str = "C", *, off: str = "VVO", status: str = "F"
) -> CouponReported:
    """DME-VVO in class C: more than 7,900 qualifying miles and two segments each."""
    return coupon(
        status,
        flight=Flight("UT", str(500 + number)),
        ticket=f"29861300000{number:02d}",
        on=day,
        off=off,
        letter=letter,
    )


def standing(url: str) -> list[tuple[str, str, int, str]]:
    rows = query(
        url, "SELECT flown_on, tier, award, status FROM standing_credit ORDER BY flown_on, credit_key"
    )
    return [tuple(row) for row in rows]


def test_a_flight_makes_a_lot_that_ends_as_the_programme_says(database_url: str) -> None:
    with books(database_url) as core:
        for number, day in enumerate((date(2026, 2, 28), date(2026, 8, 20))):
            one(core, submission(flight(day, number, "Y", off="AER")))
        lots = query(
            database_url, "SELECT earned_on, expires_on, amount, remaining FROM lot ORDER BY earned_on"
        )
        assert [tuple(lot) for lot in lots] == [
            ("2026-02-28", "2028-02-28", 840, 840),
            ("2026-08-20", "2028-08-20", 840, 840),
        ]
        one(core, submission(flight(date(2026, 8, 20), 1, "Y", off="AER", status="R")))
        lots = query(database_url, "SELECT earned_on, remaining FROM lot ORDER BY earned_on")
        assert [tuple(lot) for lot in lots] == [("2026-02-28", 840), ("2026-08-20", 0)]


def test_pending_miles_make_no_lot_and_count_for_nothing(database_url: str) -> None:
    with books(database_url) as core:
        coupon_outcome(core, submission(flight(date(2026, 8, 20), 1, status="C")))
        assert count(database_url, "lot") == 0
        assert set(balances(core)) == {"pending"}


def test_later_flights_are_priced_again_when_an_earlier_one_is_added_or_taken_back(database_url: str) -> None:
    days = [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)]
    with books(database_url) as core:
        for number in (0, 2, 3):
            one(core, submission(flight(days[number], number)))
        # Two flights before the fourth make SILVER; the third itself lifts nobody on the third.
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "BASIC",
            "BASIC",
            "SILVER",
        ]
        base = standing(database_url)[0][2]
        member = core.member("M1")
        assert member is not None
        assert member["tier"] == "SILVER"

        one(core, submission(flight(days[1], 1)))
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "BASIC", "BASIC", "SILVER", "SILVER",
        ]  # fmt: skip
        awards = [award for _day, _tier, award, _status in standing(database_url)]
        assert awards[:2] == [base, base]
        assert awards[2] == awards[3] > base
        assert balances(core)["award"] == sum(awards)

        one(core, submission(flight(days[0], 0, status="V")))
        assert [tier for _day, tier, _award, _status in standing(database_url)] == [
            "BASIC",
            "BASIC",
            "SILVER",
        ]
        assert balances(core)["award"] == sum(award for _day, _tier, award, _status in standing(database_url))
        kinds = query(database_url, "SELECT kind, count(*) FROM entry GROUP BY kind ORDER BY kind")
        # Posted: 3, the second flight, the third anew, and the third anew once more. Reversed: all but what stands.
        assert [tuple(row) for row in kinds] == [("accrual", 6), ("reversal", 3)]


def test_the_flight_that_reaches_a_tier_is_not_lifted_by_it_nor_are_those_of_its_day(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url) as core:
        for number in range(3):
            one(core, submission(flight(date(2026, 5, 1), number)))
        assert {tier for _day, tier, _award, _status in standing(url)} == {"BASIC"}
        one(core, submission(flight(date(2026, 5, 2), 9)))
        assert standing(url)[-1][1] == "SILVER"


def test_last_years_tier_holds_this_year_and_no_longer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url) as core:
        for number in range(2):
            message = submission(flight(date(2026, 12, 30 + number), number), received_at=NOON_2027)
            one(core, message)
        for number, day in ((2, date(2026, 12, 31)), (3, date(2027, 1, 1))):
            one(core, submission(flight(day, number), received_at=NOON_2027))
        later = NOON_2027.replace(year=2028)
        one(core, submission(flight(date(2028, 1, 1), 4, "Y", off="AER"), received_at=later))
        # 31 December and 1 January are two years: the first day of 2027 has the tier of 2026 as a whole.
        assert [tier for _day, tier, _award, _status in standing(url)] == [
            "BASIC", "BASIC", "BASIC", "SILVER", "BASIC",
        ]  # fmt: skip
        rows = query(
            url, "SELECT substr(day, 1, 4), sum(amount) FROM day_total WHERE unit = 'segments' GROUP BY 1"
        )
        assert sorted(map(tuple, rows)) == [("2026", 6), ("2027", 2), ("2028", 1)]


@pytest.mark.parametrize("late", ["single", "batch"])
def test_all_orders_of_flights_over_the_turn_of_the_year(late: str, tmp_path: Path) -> None:
    flights = [
        flight(date(2026, 12, 30), 0), flight(date(2026, 12, 31), 1),
        flight(date(2027, 1, 1), 2), flight(date(2027, 1, 2), 3, status="R"), flight(date(2027, 1, 2), 3),
    ]  # fmt: skip
    ends = set()
    for number, order in enumerate(permutations(flights)):
        if number % 5:
            continue
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        with books(url) as core:
            messages = [submission(each, received_at=NOON_2027) for each in order]
            if late == "batch":
                core.execute(messages)
            else:
                for message in messages:
                    one(core, message)
            ends.add(core.verify()["state_hash"])
    assert len(ends) == 1


def test_a_granted_tier_prices_all_flights(database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(flight(date(2026, 2, 1), 0)))
        gold = (HEADER + "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,GOLD\n").encode()
        one(core, submission(MembersImported(gold)))
        assert standing(database_url)[0][1] == "GOLD"
        # Named again without a tier: the grant is gone, what was flown stands.
        plain = (HEADER + "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,\n").encode()
        one(core, submission(MembersImported(plain), received_at=NOON + timedelta(minutes=1)))
        assert standing(database_url)[0][1] == "BASIC"


@pytest.mark.parametrize("table", ["journal", "handling", "entry", "posting"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_database_itself_refuses_to_change_history(table: str, change: str, database_url: str) -> None:
    column = {"journal": "kind", "handling": "state", "entry": "kind", "posting": "amount"}[table]
    with books(database_url) as core:
        one(core, submission(coupon()))
    engine = sa.create_engine(database_url)
    try:
        with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match=r"(?i)append|never|only"):
            connection.execute(sa.text(change.format(table, column)))
    finally:
        engine.dispose()


def test_an_entry_is_reversed_at_most_once(database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(coupon()))
        one(core, submission(coupon("R")))
    engine = sa.create_engine(database_url)
    columns = (
        "lane, seq, previous, hash, kind, programme, programme_digest, member_id, carriage_key, flown_on, posted_at,"
        " reverses, journal_id, trace, because"
    )
    again = f"INSERT INTO entry ({columns}) SELECT {columns.replace('seq', 'seq + 100', 1)} FROM entry WHERE seq = 2"
    try:
        with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.text(again))
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lot SET remaining = -1",
        "UPDATE lot SET remaining = amount + 1",
        "INSERT INTO posting VALUES ('main', 1, 9, 'a', 'b', 'award', 0)",
        "INSERT INTO posting VALUES ('main', 1, 9, 'a', 'b', 'award', 1000000000001)",
        "INSERT INTO posting VALUES ('main', 1, 9, 'a', 'a', 'award', 1)",
        "INSERT INTO balance VALUES ('a', 'award', '12abc')",
    ],
)
def test_amounts_that_can_not_be_are_refused_by_the_database(statement: str, database_url: str) -> None:
    with books(database_url) as core:
        one(core, submission(coupon()))
    engine = sa.create_engine(database_url)
    try:
        with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text(statement))
    finally:
        engine.dispose()
