"""Words of the language: distances that change, notes of rows, bonuses of the smaller of several, tiers only given."""

from dataclasses import replace
from datetime import date

import pytest

from loyalty_core.errors import InputError
from loyalty_core.programme import Facts, Programme, check_examples, load_programme
from loyalty_core.rules.facts import Standing

SMALL = """\
programme: small
title: Small Miles
carriers: [QQ]
units: {award: {}, status: {}}
policy: {listed: pending, checked_in: pending, boarded: posted, flown: posted}
window: {future_days: 2, past_days: 365}
distances: {name: small, file: small.csv, otherwise: unknown}
fares:
  - {fare: CHEAP, when: {fare_basis: {suffix: [CH]}}}
charts:
  - name: all
    rows:
      - {fares: [CHEAP], percent: {award: 100, status: 50}, note: cheap one, priority: 1}
      - {classes: [Y], percent: 100}
accrual:
  status:
    - distance
    - at_least: 300
    - keep: counted
    - percent
    - round: half_up
  award:
    - distance
    - percent
    - round: half_up
    - bonus: {tiers: true, of: {lesser: [status, counted]}, round: floor}
tiers:
  - {name: BLUE}
  - {name: RED, bonus_percent: 10, reached: {status: 1000}}
  - {name: GIVEN, bonus_percent: 100}
expiry: {model: never}
examples:
  - {name: one, given: {operating: QQ, class: Y, from: AAA, to: BBB, fare_basis: YCH}, expect: {trace: cheap}}
"""
TABLE = """\
from,to,miles,since
AAA,BBB,200,
AAA,BBB,201,2026-03-01
BBB,AAA,199,2026-05-01
AAA,CCC,500,2026-03-01
"""
FLIGHT = Facts("QQ", "QQ", "Y", False, "AAA", "BBB", date(2026, 1, 5))


def load(text: str = SMALL, table: str = TABLE) -> Programme:
    return load_programme(text, "small.yaml", {"small.csv": table})


def miles(programme: Programme, day: date, to: str = "BBB") -> int:
    return programme.evaluate(replace(FLIGHT, flown_on=day, off_point=to), Standing()).award


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 28), 200),
        (date(2026, 3, 1), 201),
        (date(2026, 4, 30), 201),
        (date(2026, 5, 1), 199),
        (date(2027, 1, 1), 199),
    ],
)
def test_a_distance_counts_from_its_flight_date_on(day: date, expected: int) -> None:
    assert miles(load(), day) == expected


def test_one_programme_knows_the_distances_of_all_days() -> None:
    programme = load()
    days = [date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)]
    assert [miles(programme, day) for day in (*days, *days)] == [200, 201, 199, 200, 201, 199]


def test_a_pair_that_begins_later_is_not_known_before() -> None:
    programme = load()
    assert miles(programme, date(2026, 3, 1), "CCC") == 500
    before = programme.evaluate(replace(FLIGHT, off_point="CCC"), Standing())
    assert (before.award, before.reason.value) == (0, "airport_unknown")


def test_the_trace_names_the_row_that_began() -> None:
    steps = load().evaluate(replace(FLIGHT, flown_on=date(2026, 3, 1)), Standing()).trace
    (step,) = [step for step in steps if step.name == "distance"]
    assert step.rule == "small.csv:3"
    assert "201 miles, table small from 2026-03-01" in step.text


def test_pairs_of_the_definition_stand_instead_of_all_rows() -> None:
    programme = load(SMALL.replace("file: small.csv", "file: small.csv, pairs: {AAA-BBB: 7}"))
    assert miles(programme, date(2027, 1, 1)) == 7


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (
            "BBB,AAA,5,2026-03-01",
            "small.csv:6:1: distances.rows[4].from: this pair has a row already, at small.csv:3",
        ),
        ("AAA,DDD,5,someday", "should be a date like 2026-01-31"),
    ],
)
def test_mistakes_in_dates_of_distances_are_told(row: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        load(table=TABLE + row + "\n")
    assert text in str(caught.value)


def test_the_ending_of_a_fare_basis_stands_before_the_ticket_designator() -> None:
    programme = load()
    for basis, status in (("YCH", 150), ("YCH/CD10", 150), ("Y/CH", 300)):
        assert programme.evaluate(replace(FLIGHT, fare_basis=basis), Standing()).amounts["status"] == status


@pytest.mark.parametrize(
    ("basis", "tier", "award"),
    [
        # 200 miles; the bonus of 300 counted miles, or of 150 status miles where those are fewer.
        ("Y", "BLUE", 200),
        ("Y", "RED", 230),
        ("Y", "GIVEN", 500),
        ("YCH", "RED", 215),
        ("YCH", "GIVEN", 350),
    ],
)
def test_a_bonus_of_the_smaller_of_two(basis: str, tier: str, award: int) -> None:
    result = load().evaluate(replace(FLIGHT, fare_basis=basis), Standing(tier))
    assert result.award == award


def test_a_bonus_of_names_that_stand_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match=r'no unit or kept value "count" stands before this.*"counted"'):
        load(SMALL.replace("[status, counted]", "[status, count]"))


def test_a_note_is_said_and_can_be_asked_for() -> None:
    assert check_examples(load()) == ()
    (failure,) = check_examples(load(SMALL.replace("trace: cheap}", "trace: dear}")))
    assert "cheap one" in failure
    assert failure.endswith("not dear")


def test_a_tier_without_condition_is_never_reached() -> None:
    programme = load()
    assert programme.tier_of({"status": 10**9}, None, "") == "RED"
