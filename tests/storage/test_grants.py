"""Grants: given once for each occasion by the business clock, taken back with their occasion, caught up on, and the
same in every order."""

from datetime import UTC, date, datetime
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from loyalty_core import Clock, Core, CouponReported, Flight, MembersImported, ProgrammeActivated, Submission
from tests.storage.airline import HEADER, PROGRAMME, coupon, opening, submission
from tests.storage.books import books, change, count, one, query
from tests.storage.membership import merge, state_after, unmerge
from tests.storage.miles import DAY, HOUR, award, done, redeem, strike
from tests.storage.replays import check_replay

GRANTS = b"""
grants:
  - {name: welcome, on: enrolment, amounts: {award: 500}, when: {age: {from: 12}}}
  - {name: first flight, on: first_flight, amounts: {award: 1000, qualifying: 50}}
  - {name: birthday, on: birthday, amounts: {award: 100}, unless: {tiers: [GOLD]}}
"""
COLUMNS = HEADER.rstrip() + ",enrolled_on\n"
VERA = "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,,2027-03-01\n"
TWIN = "M6,LUGOVAYA,VERA,,1987-04-09,UT,7700000000128,active,,,2027-03-05\n"


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def granting(text: bytes = GRANTS, at: datetime | None = None) -> Submission:
    return submission(ProgrammeActivated(PROGRAMME + text, "demo.yaml"), received_at=at or noon(2027, 1, 1))


def enrolled(*rows: str, at: datetime | None = None) -> Submission:
    text = COLUMNS + "".join(rows)
    return submission(MembersImported(text.encode()), received_at=at or noon(2027, 3, 2))


def flight(day: date, number: int = 1, status: str = "F") -> CouponReported:
    return coupon(status, flight=Flight("UT", str(600 + number)), ticket=f"2986150000{number:03d}", on=day)


def fly(core: Core, day: date, number: int = 1, status: str = "F") -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + DAY
    assert one(core, submission(flight(day, number, status), received_at=at)).state == "applied"


def granted(core: Core, at: datetime, most: int = 1000) -> int:
    (outcome,) = strike(core, at, most).outcomes
    found: int = outcome.granted  # type: ignore[attr-defined]
    return found


def stands(url: str) -> list[tuple[str, ...]]:
    rows = query(
        url,
        "SELECT number, standing_grant.name, occasion, day FROM standing_grant JOIN member ON id = member_id",
    )
    return sorted(tuple(row) for row in rows)


def test_each_occasion_gives_once_however_often_the_clock_strikes(database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        assert award(core) == {}
        assert granted(core, noon(2027, 3, 3)) == 1
        fly(core, date(2027, 3, 10))
        assert granted(core, noon(2027, 3, 12)) == 1
        assert award(core) == {"award": 500 + 840 + 1000}
        fly(core, date(2027, 3, 20), 2)
        for day in range(21, 25):
            assert granted(core, noon(2027, 3, day)) == 0
        assert granted(core, noon(2027, 4, 8)) == 0
        assert granted(core, noon(2027, 4, 9)) == 1
        entries = count(database_url, "entry")
        strike(core, noon(2027, 4, 9) + HOUR)
        assert count(database_url, "entry") == entries
        assert stands(database_url) == [
            ("M1", "birthday", "2027", "2027-04-09"),
            ("M1", "first flight", "", "2027-03-10"),
            ("M1", "welcome", "", "2027-03-01"),
        ]
        lots = query(database_url, "SELECT earned_on, expires_on, amount FROM lot ORDER BY seq")
        assert tuple(lots[0]) == ("2027-03-01", "2029-03-01", 500)
        assert query(database_url, "SELECT DISTINCT grants_due FROM member WHERE number = 'M1'") == [
            ("2028-04-09",)
        ]


def test_nothing_is_given_for_what_was_before_it_was_offered(database_url: str) -> None:
    with books(database_url, granting(at=noon(2027, 5, 1))) as core:
        one(core, enrolled(VERA, at=noon(2027, 5, 2)))
        fly(core, date(2027, 4, 20))
        fly(core, date(2027, 5, 20), 2)
        assert granted(core, noon(2027, 5, 22)) == 0
        assert granted(core, noon(2028, 4, 10)) == 1


def test_conditions_are_those_of_the_occasion(database_url: str) -> None:
    child = VERA.replace("1987-04-09", "2015-03-02")
    gold = VERA.replace(",,,2027", ",,GOLD,2027")
    with books(database_url, granting()) as core:
        one(core, enrolled(child))
        assert granted(core, noon(2027, 3, 3)) == 1
        assert stands(database_url) == [("M1", "birthday", "2027", "2027-03-02")]
        # The birth date was wrong: twelve on the day of enrolment, and GOLD has no birthday.
        one(core, enrolled(gold.replace("1987-04-09", "2015-03-01"), at=noon(2027, 3, 4)))
        assert granted(core, noon(2027, 3, 5)) == 2
        assert stands(database_url) == [("M1", "welcome", "", "2027-03-01")]


def test_a_grant_goes_with_its_flight_and_comes_with_the_next(database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        fly(core, date(2027, 3, 10))
        assert granted(core, noon(2027, 3, 11)) == 2
        assert done(core, redeem("spent", 2000), noon(2027, 3, 12)).status == "posted"
        fly(core, date(2027, 3, 10), 1, "R")
        assert award(core) == {"deficit": -500}
        assert granted(core, noon(2027, 3, 14)) == 1
        assert award(core) == {"deficit": -1500}
        fly(core, date(2027, 3, 20), 2)
        assert granted(core, noon(2027, 3, 22)) == 1
        assert award(core) == {"award": 340}
        fly(core, date(2027, 3, 15), 3)
        assert granted(core, noon(2027, 3, 23)) == 2
        assert stands(database_url)[0] == ("M1", "first flight", "", "2027-03-15")
        days = "SELECT day, amount FROM day_total WHERE unit = 'qualifying' AND amount > 0 ORDER BY day"
        assert query(database_url, days) == [("2027-03-15", 890), ("2027-03-20", 840)]


def test_who_enrolled_twice_is_welcomed_once(database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA, TWIN, at=noon(2027, 3, 6)))
        fly(core, date(2027, 3, 10))
        assert granted(core, noon(2027, 3, 12)) == 3
        assert granted(core, noon(2027, 4, 10)) == 2
        one(core, submission(merge("M1", "M6"), received_at=noon(2027, 4, 11)))
        # M1's three go, M6's welcome is that of the earlier day, and the first flight is M6's now.
        strike(core, noon(2027, 4, 12))
        assert stands(database_url) == [
            ("M6", "birthday", "2027", "2027-04-09"),
            ("M6", "first flight", "", "2027-03-10"),
            ("M6", "welcome", "", "2027-03-01"),
        ]
        one(core, submission(unmerge("M1"), received_at=noon(2027, 4, 13)))
        strike(core, noon(2027, 4, 14))
        assert len(stands(database_url)) == 5


def test_years_of_silence_are_caught_up_on(tmp_path: Path) -> None:
    ends = []
    for name in ("often", "once"):
        with books(f"sqlite:///{tmp_path}/{name}.sqlite", granting()) as core:
            one(core, enrolled(VERA))
            fly(core, date(2027, 3, 10))
            day = noon(2027, 3, 12)
            while name == "often" and day < noon(2030, 6, 1):
                strike(core, day)
                day += 20 * DAY
            strike(core, noon(2030, 6, 1))
            ends.append(
                (stands(f"sqlite:///{tmp_path}/{name}.sqlite"), award(core), core.verify()["state_hash"])
            )
    assert ends[0] == ends[1]
    assert len(ends[0][0]) == 6


def test_a_stroke_gives_to_a_limited_number_of_members(database_url: str) -> None:
    rows = [
        f"N{each},NEW,MEMBER,,1990-01-0{each},UT,990000000000{each},active,,,2027-03-02\n"
        for each in range(1, 6)
    ]
    with books(database_url, granting()) as core:
        one(core, enrolled(*rows))
        strike(core, noon(2027, 3, 3), 4)
        found = [granted(core, noon(2027, 3, 3) + hour * HOUR, 2) for hour in (1, 2, 3)]
        assert sum(found) + 1 >= 5
        assert granted(core, noon(2027, 3, 4)) == 0
        assert len(stands(database_url)) == 5


def test_what_was_given_stays_when_it_is_no_longer_offered(database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        assert granted(core, noon(2027, 3, 3)) == 1
        one(core, granting(GRANTS.replace(b"500", b"700"), noon(2027, 3, 4)))
        assert granted(core, noon(2027, 3, 5)) == 0
        one(core, granting(GRANTS.replace(b"from: 12", b"from: 60"), noon(2027, 3, 5)))
        assert granted(core, noon(2027, 3, 6)) == 0
        one(core, granting(b"# No grants any more.\n", noon(2027, 3, 6)))
        assert granted(core, noon(2027, 3, 7)) == 0
        assert award(core) == {"award": 500}


def test_every_order_ends_in_the_same_books(tmp_path: Path) -> None:
    last = noon(2027, 5, 1)
    messages = [
        enrolled(VERA),
        submission(flight(date(2027, 3, 10)), received_at=last),
        submission(flight(date(2027, 3, 10), 1, "R"), received_at=last),
        submission(flight(date(2027, 3, 20), 2), received_at=last),
        strike_of(noon(2027, 4, 1)),
    ]
    ends = set()
    for number, order in enumerate(permutations(messages)):
        if number % 4:
            continue
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        ends.add(state_after(url, [[*order, strike_of(last)]], [granting()]))
    assert len(ends) == 1


def strike_of(at: datetime) -> Submission:
    return submission(Clock(at, 300, 1000), link="clock", kind="clock", received_at=at)


def test_a_replay_gives_the_same_grants(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    messages = [*opening(), granting(), enrolled(VERA)]
    for number, day in enumerate((date(2027, 3, 10), date(2027, 3, 12))):
        messages.append(submission(flight(day, number), received_at=noon(2027, 4, 1)))
        messages.append(strike_of(noon(2027, 4, 2) + number * 10 * DAY))
    messages.append(submission(flight(date(2027, 3, 10), 0, "R"), received_at=noon(2027, 5, 1)))
    messages.append(strike_of(noon(2027, 5, 2)))
    core = Core.open(url)
    try:
        for message in messages:
            one(core, message)
    finally:
        core.close()
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", messages)


@pytest.mark.parametrize("again", ["INSERT INTO standing_grant SELECT * FROM standing_grant"])
def test_the_store_refuses_a_second_one(again: str, database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        assert granted(core, noon(2027, 3, 3)) == 1
    with pytest.raises(IntegrityError):
        change(database_url, again)


SELF = b"""
grants:
  - {name: gift, on: first_flight, amounts: {award: 777, qualifying: 20000}, when: {tiers: [BASIC]}}
  - {name: cake, on: birthday, amounts: {award: 70}, when: {tiers: [BASIC]}}
"""
"""What the gift counts makes its member more than BASIC."""


@pytest.mark.parametrize("strokes", [(1,), (1, 5), (2, 3), (1, 2, 3, 4, 5, 6)])
def test_a_grant_plays_no_part_in_whether_it_is_given(strokes: tuple[int, ...], database_url: str) -> None:
    with books(database_url, granting(SELF)) as core:
        one(core, enrolled(VERA))
        for number in range(6):
            message = submission(flight(date(2027, 3, 5 + number), number), received_at=noon(2027, 4, 10))
            assert one(core, message).state == "applied"
            if number + 1 in strokes:
                strike(core, noon(2027, 4, 10) + number * HOUR)
        strike(core, noon(2027, 4, 11))
        # No longer BASIC since the first flight, by the gift: no cake.
        assert stands(database_url) == [("M1", "gift", "", "2027-03-05")]
        assert query(database_url, "SELECT tier FROM member WHERE number = 'M1'") == [("SILVER",)]
        assert count(database_url, "entry WHERE kind = 'grant'") == 1
        report = core.verify()
        assert report["ok"], report["checks"]


def test_grants_of_one_condition_end_alike_in_every_order(tmp_path: Path) -> None:
    last = noon(2027, 5, 1)
    messages = [
        enrolled(VERA),
        submission(flight(date(2027, 3, 10)), received_at=last),
        submission(flight(date(2027, 4, 15), 2), received_at=last),
        strike_of(noon(2027, 4, 20)),
    ]
    ends = set()
    for number, order in enumerate(permutations(messages)):
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        ends.add(state_after(url, [[*order, strike_of(last)]], [granting(SELF)]))
    assert len(ends) == 1


def test_an_occasion_ahead_of_the_clock_is_not_lost(database_url: str) -> None:
    """In the far east it is tomorrow already."""
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA.replace("2027-03-01", "2027-03-04"), at=noon(2027, 3, 1) + 10 * HOUR))
        message = submission(flight(date(2027, 3, 2)), received_at=noon(2027, 3, 1) + 10 * HOUR)
        assert one(core, message).state == "applied"
        assert granted(core, noon(2027, 3, 1) + 11 * HOUR) == 0
        assert query(database_url, "SELECT grants_due FROM member WHERE number = 'M1'") == [("2027-03-02",)]
        assert granted(core, noon(2027, 3, 2)) == 1
        assert query(database_url, "SELECT grants_due FROM member WHERE number = 'M1'") == [("2027-03-04",)]
        assert granted(core, noon(2027, 3, 4)) == 1


def test_a_grant_that_was_forgotten_is_found_by_verify(database_url: str) -> None:
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        change(database_url, "UPDATE member SET grants_due = ''")
        strike(core, noon(2027, 3, 3))
        report = core.verify()
        assert not report["ok"]
        assert "grant welcome of 2027-03-01 was not given" in str(report["checks"])
        change(database_url, "UPDATE member SET grants_due = '0001-01-01' WHERE number = 'M1'")
        assert granted(core, noon(2027, 3, 4)) == 1


def test_a_remark_in_the_definition_makes_no_earlier_rules_of_its_grants(database_url: str) -> None:
    """What was given on a condition goes with it, as long as the grants are the same."""
    child = VERA.replace("1987-04-09", "2015-03-02")
    with books(database_url, granting()) as core:
        one(core, enrolled(VERA))
        assert granted(core, noon(2027, 3, 3)) == 1
        one(core, granting(GRANTS + b"\n# a remark\n", noon(2027, 3, 4)))
        one(core, enrolled(child, at=noon(2027, 3, 5)))
        assert granted(core, noon(2027, 3, 6)) == 2
        assert stands(database_url) == [("M1", "birthday", "2027", "2027-03-02")]
