"""Miles that end by what their owner does and is: inactivity, tiers, birthdays, ends of periods; late strokes, late
news, and other rules."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loyalty_core import (
    Clock,
    Core,
    CouponReported,
    Flight,
    MembersImported,
    ProgrammeActivated,
    Submission,
)
from loyalty_core.programme import load_programme
from loyalty_core.rules.expiry import Expiry, months_later
from loyalty_core.rules.facts import Standing
from loyalty_core.rules.lot_life import Active, End, Owner, end_of
from tests.storage.airline import HEADER, PROGRAMME, coupon, opening, submission
from tests.storage.books import books, one, query, tamper
from tests.storage.membership import merge
from tests.storage.miles import (
    DAY,
    award,
    done,
    give,
    redeem,
    strike,
    told,
    undo,
)
from tests.storage.replays import check_replay

USUAL = b"expiry: {model: months, months: 24}\n"
assert USUAL in PROGRAMME

INACTIVITY = b"expiry: {model: inactivity, months: 2}\n"
OWN_FLIGHTS = b"expiry: {model: inactivity, months: 2, activity: {operating: [UT], classes: [Y]}}\n"
GOLD_NEVER = (
    b"expiry:\n  - {model: never, when: {tiers: [GOLD]}}\n  - {model: months, months: 2, end: month}\n"
)
CHILDREN = b"expiry:\n  - {model: never, when: {age: {below: 12}}}\n  - {model: months, months: 2}\n"


def ruled(expiry: bytes, *, at: datetime | None = None) -> Submission:
    text = PROGRAMME.replace(USUAL, expiry)
    return submission(ProgrammeActivated(text, "demo.yaml"), received_at=at or noon(2027, 1, 1))


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def flight(day: date, number: int = 1, letter: str = "Y", status: str = "F") -> CouponReported:
    """DME-AER: 840 miles in class Y."""
    ticket = f"2986140000{number:03d}"
    return coupon(status, flight=Flight("UT", str(600 + number)), ticket=ticket, on=day, letter=letter)


def fly(
    core: Core, day: date, number: int = 1, letter: str = "Y", *, status: str = "F", after: int = 1
) -> None:
    received = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + after * DAY
    assert one(core, submission(flight(day, number, letter, status), received_at=received)).state == "applied"


def expired(core: Core, at: datetime) -> int:
    (outcome,) = strike(core, at).outcomes
    assert not outcome.more  # type: ignore[attr-defined]
    found: int = outcome.expired  # type: ignore[attr-defined]
    return found


def test_every_flight_keeps_all_miles_alive(database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 4, 10), 2)
        assert expired(core, noon(2027, 4, 11)) == 0
        assert query(database_url, "SELECT expires_on, look_on FROM lot ORDER BY seq") == [
            ("2027-04-10", "2027-06-10"),
            ("2027-06-10", "2027-06-10"),
        ]
        assert told(core, redeem("in time", 1000), noon(2027, 6, 10)) == "posted"
        assert expired(core, noon(2027, 6, 10)) == 0
        assert told(core, redeem("late", 1), noon(2027, 6, 11)) == "refused: insufficient_miles amount"
        assert expired(core, noon(2027, 6, 11)) == 680
        assert expired(core, noon(2027, 6, 12)) == 0
        # The day after the last is too late.
        fly(core, date(2027, 6, 11), 3)
        assert award(core) == {"award": 840}


def test_only_flights_that_the_rule_names_are_activity(database_url: str) -> None:
    with books(database_url, ruled(OWN_FLIGHTS)) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 3, 10), 2, "M")
        fly(core, date(2027, 3, 20), 3, "Y", status="C")
        assert expired(core, noon(2027, 4, 11)) == 840
        assert award(core) == {"award": 840}
        fly(core, date(2027, 5, 10), 4)
        assert expired(core, noon(2027, 5, 11)) == 0
        assert award(core) == {"award": 1680}


FLIGHTS = [(2, 10), (4, 10), (4, 30), (7, 2), (8, 1), (9, 30), (12, 5)]


@pytest.mark.parametrize("rule", [INACTIVITY, OWN_FLIGHTS, GOLD_NEVER, CHILDREN, USUAL])
def test_one_late_stroke_decides_what_daily_ones_do(rule: bytes, tmp_path: Path) -> None:
    ends = []
    child = HEADER + "M1,LUGOVAYA,VERA,,2015-06-15,UT,7700000000011,active,,\n"
    for name in ("daily", "monthly", "once"):
        with books(f"sqlite:///{tmp_path}/{name}.sqlite", ruled(rule)) as core:
            one(core, submission(MembersImported(child.encode()), received_at=noon(2027, 1, 2)))
            for number, (month, flown) in enumerate(FLIGHTS):
                fly(core, date(2027, month, flown), number, "Y" if number % 3 else "C", after=0)
            day, last = noon(2027, 12, 6), noon(2028, 3, 1)
            while name != "once" and day < last:
                strike(core, day)
                day += timedelta(days=1 if name == "daily" else 30)
            strike(core, last)
            report = core.verify()
            lots = query(
                f"sqlite:///{tmp_path}/{name}.sqlite",
                "SELECT remaining, expired, look_on FROM lot ORDER BY seq",
            )
            ends.append((report["state_hash"], lots))
    assert ends[0] == ends[1] == ends[2]


@pytest.mark.parametrize("strokes", [(8, 15), (15,), (15, 16), (10, 12, 15)])
def test_what_a_stroke_posts_keeps_alive_what_it_has_ended(
    strokes: tuple[int, ...], database_url: str
) -> None:
    """Nobody confirms the flight of 20 February; the stroke that makes it final ends the miles of 10 February first."""
    text = PROGRAMME.replace(USUAL, INACTIVITY).replace(b"then: none}", b"then: posted}")
    with books(database_url, submission(ProgrammeActivated(text, "demo.yaml"))) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 2, 20), 2, status="C")
        for day in strokes:
            strike(core, noon(2027, 4, day))
        assert award(core) == {"award": 1680}


def test_days_that_nobody_looked_at_count(database_url: str) -> None:
    """The flight of July came too late for miles of February: no stroke was there to say so at the time."""
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 7, 1), 2)
        assert expired(core, noon(2027, 7, 3)) == 840


def test_what_becomes_known_late_brings_back_what_has_expired(database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        assert expired(core, noon(2027, 4, 11)) == 840
        assert award(core) == {}
        fly(core, date(2027, 4, 9), 2, after=3)
        assert award(core) == {"award": 1680}
        kinds = query(database_url, "SELECT kind FROM entry ORDER BY seq")
        assert [kind for (kind,) in kinds] == ["accrual", "expiry", "accrual", "revival"]
        assert expired(core, noon(2027, 4, 13)) == 0
        # It was not flown after all: nothing keeps the miles of February.
        fly(core, date(2027, 4, 9), 2, status="R", after=5)
        assert told(core, redeem("gone", 1), noon(2027, 4, 15)) == "refused: insufficient_miles amount"
        assert expired(core, noon(2027, 4, 15)) == 840
        assert award(core) == {}


def test_what_expired_by_other_rules_stays_expired(database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        assert expired(core, noon(2027, 4, 11)) == 840
        one(core, ruled(INACTIVITY.replace(b"2", b"4"), at=noon(2027, 4, 12)))
        fly(core, date(2027, 4, 9), 2, after=5)
        assert award(core) == {"award": 840}


def test_miles_of_a_tier_end_when_it_does(database_url: str) -> None:
    gold = (HEADER + "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,GOLD\n").encode()
    plain = (HEADER + "M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,active,,\n").encode()
    with books(database_url, ruled(GOLD_NEVER)) as core:
        one(core, submission(MembersImported(gold), received_at=noon(2027, 2, 1)))
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 6, 10), 2)
        assert expired(core, noon(2027, 6, 12)) == 0
        (look,) = query(database_url, "SELECT min(look_on) FROM lot")[0]
        assert look > "2027-06-12"
        one(core, submission(MembersImported(plain), received_at=noon(2027, 6, 13)))
        earned = award(core)["award"]
        assert expired(core, noon(2027, 6, 14)) > 0
        assert 0 < award(core)["award"] < earned
        assert expired(core, noon(2027, 8, 31)) == 0
        assert expired(core, noon(2027, 9, 1)) > 0


def test_a_childs_miles_begin_to_end_with_a_birthday(database_url: str) -> None:
    child = (HEADER + "M1,LUGOVAYA,VERA,,2015-06-15,UT,7700000000011,active,,\n").encode()
    with books(database_url, ruled(CHILDREN)) as core:
        one(core, submission(MembersImported(child), received_at=noon(2027, 1, 2)))
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 6, 1), 2)
        assert expired(core, noon(2027, 6, 14)) == 0
        assert expired(core, noon(2027, 6, 15)) == 840
        assert expired(core, noon(2027, 8, 2)) == 840


def test_flights_of_the_survivor_keep_the_miles_of_the_merged(database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        give(core, 100, "G", at=noon(2027, 2, 10))
        fly(core, date(2027, 2, 10), 1)
        one(core, submission(merge("M1", "M3"), received_at=noon(2027, 2, 15)))
        fly(core, date(2027, 4, 10), 2)
        assert expired(core, noon(2027, 4, 12)) == 0
        # M3 is SILVER and has earned 1,050 twice.
        assert expired(core, noon(2027, 6, 11)) == 2200


def test_new_rules_are_looked_at_by_the_next_strokes(database_url: str) -> None:
    with books(database_url, ruled(USUAL)) as core:
        fly(core, date(2027, 2, 10), 1)
        assert expired(core, noon(2027, 4, 11)) == 0
        one(core, ruled(INACTIVITY, at=noon(2027, 4, 12)))
        assert told(core, redeem("late", 1), noon(2027, 4, 12)) == "refused: insufficient_miles amount"
        assert expired(core, noon(2027, 4, 12)) == 840


def test_a_bounded_stroke_leaves_the_rest_to_the_next(database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        for number in range(5):
            fly(core, date(2027, 2, 1 + number), number)
        fly(core, date(2027, 3, 20), 9)
        found = []
        for left in range(3):
            (outcome,) = strike(core, noon(2027, 4, 10) + left * timedelta(hours=1), 2).outcomes
            found.append((outcome.expired, outcome.more))  # type: ignore[attr-defined]
        assert found == [(0, True), (0, True), (0, False)]
        assert expired(core, noon(2027, 5, 21)) == 6 * 840


def test_a_reversed_redemption_gives_living_miles_back(database_url: str) -> None:
    first = ruled(INACTIVITY)
    with books(database_url, first) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 4, 1), 2)
        assert done(core, redeem("R", 840), noon(2027, 4, 5)).status == "posted"
        assert expired(core, noon(2027, 5, 1)) == 0
        assert done(core, undo("U", "R"), noon(2027, 5, 2)).balance == 1680


def test_a_replay_tells_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    messages = [ruled(INACTIVITY)]
    for day, after in ((10, 1), (20, 60), (11, 70)):
        at = noon(2027, 2, day) + after * DAY
        messages.append(submission(flight(date(2027, 2, day), day), received_at=at))
        messages.append(strike_of(at + DAY))
    core = Core.open(url)
    try:
        messages = [*opening(), *messages]
        for message in messages:
            one(core, message)
    finally:
        core.close()
    check_replay(url, f"sqlite:///{tmp_path}/again.sqlite", messages)


def strike_of(at: datetime) -> Submission:
    return submission(Clock(at, 300, 1000), link="clock", kind="clock", received_at=at)


def test_verify_finds_what_came_back_though_it_had_ended(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with books(f"sqlite:///{path}", ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        assert expired(core, noon(2027, 4, 11)) == 840
        fly(core, date(2027, 4, 9), 2, after=3)
    tamper(path, "UPDATE entry SET trace = replace(trace, '2027-06-09', '2027-03-09') WHERE kind = 'revival'")
    core = Core.open(f"sqlite:///{path}", read_only=True)
    try:
        found = {check["name"]: check["ok"] for check in core.verify()["checks"]}
    finally:
        core.close()
    assert not found["nothing expires before its last day"]


def test_what_is_asked_of_expired_miles_is_found_by_indexes(tmp_path) -> None:  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path}/books.sqlite"
    asked: dict[str, object] = {}

    def remember(_connection, _cursor, statement, parameters, _context, many) -> None:  # type: ignore[no-untyped-def]
        asked[statement] = parameters[0] if many else parameters

    sa.event.listen(Engine, "before_cursor_execute", remember)
    try:
        with books(url, ruled(INACTIVITY)) as core:
            fly(core, date(2027, 2, 10), 1)
            strike(core, noon(2027, 4, 11))
            fly(core, date(2027, 4, 9), 2, after=3)
            strike(core, noon(2027, 9, 1))
            found = dict(asked)
    finally:
        sa.event.remove(Engine, "before_cursor_execute", remember)
    plans = []
    with closing(sqlite3.connect(tmp_path / "books.sqlite")) as connection:
        for statement, parameters in found.items():
            if "lot_move" in statement and statement.startswith("SELECT"):
                plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
                plans.append([row[3] for row in plan])
    assert any("lot_move_expired" in step for plan in plans for step in plan)
    assert not any(
        step.startswith(("SCAN lot_move", "SCAN lot ", "SCAN entry")) for plan in plans for step in plan
    )


def test_days_of_activity_are_worked_out_once() -> None:
    """However many miles one flight keeps alive."""
    asked = []
    days = [date(2027, 1, 1) + number * 20 * DAY for number in range(40)]
    rule = Expiry("inactivity", 1)

    class Counted(Active):
        def before(self, day: date) -> date | None:
            asked.append(day)
            return super().before(day)

    active = Counted(rule, days)
    version = replace(load_programme(PROGRAMME.decode(), "demo.yaml").version_on(), expiry=(rule,))
    owner = Owner(lambda _day: Standing(), (), lambda _rule: active)
    last = months_later(days[-1], 1)
    assert end_of(version, days[0], owner, date(2027, 1, 5)) == End(False, last, "")
    assert end_of(version, days[0], owner, last) == End(False, last, "")
    assert len(asked) == 2
    assert end_of(version, days[0], owner, last + DAY) == End(True, last, "")
    # A month of silence ends what was earned before it, and not what was earned after.
    gap = Active(rule, [*days[:5], *days[8:]])
    owner = replace(owner, active=lambda _rule: gap)
    assert end_of(version, days[2], owner, last) == End(True, months_later(days[4], 1), "")
    assert end_of(version, days[8], owner, last) == End(False, last, "")


@pytest.mark.parametrize(
    "edit",
    [
        b"# a remark\n",
        b"promotions:\n  - {name: twice, when: {classes: [M]}, adds: {award: {percent: 100, of: accrued}}}\n",
    ],
)
def test_late_facts_don_t_ask_what_else_a_definition_says(edit: bytes, database_url: str) -> None:
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        assert expired(core, noon(2027, 4, 11)) == 840
        text = PROGRAMME.replace(USUAL, INACTIVITY) + b"\n" + edit
        assert text != PROGRAMME
        activated = submission(ProgrammeActivated(text, "demo.yaml"), received_at=noon(2027, 4, 11))
        assert one(core, activated).state == "applied"
        fly(core, date(2027, 4, 9), 2, after=3)
        assert award(core) == {"award": 1680}
