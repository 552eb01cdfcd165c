"""Accrual: every step does what it says, exactly, in the order of the definition, and ends in whole numbers."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.outcomes import Reason
from loyalty_core.programme import Standing
from loyalty_core.rules.exact import ROUNDINGS, shown
from tests.core.rule_texts import earned, problems, programme

UNITS = "{qualifying: {}, points: {}, extra: {}}"
CHARTS = "[{name: all, rows: [{classes: [Y], percent: 12.5, amounts: {points: 7}, rate: {'*': 4}},"
CHARTS += " {classes: [C], percent: {award: 150, '*': 100}}, {classes: [X], percent: 0}]}]"


def value(
    steps: str, standing: Standing | None = None, unit: str = "award", before: str = "", **facts: Any
) -> int:
    """What these steps give for a unit; without facts a flight of 1000 miles in class Y at 12.5 %."""
    rules = programme(units=UNITS, charts=CHARTS, accrual=f"{{{before}{unit}: [{steps}]}}")
    return earned(rules, standing, **facts).amounts.get(unit, 0)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("distance", 1000),
        ("amount", 0),
        ("amount: 3", 3),
        ("distance, percent, round: floor", 125),
        ("distance, percent: 33.3, round: floor", 333),
        ("distance, percent: 200", 2000),
        ("distance, percent: {value: 50, when: {classes: [Y]}}, round: floor", 500),
        ("distance, percent: {value: 50, when: {classes: [C]}}, round: floor", 1000),
        ("distance, percent: {when: {classes: [C]}}, round: floor", 1000),
        ("distance, rate", 4000),
        ("distance, rate: 0.5, round: ceil", 500),
        ("distance, percent, at_least: 500, round: floor", 500),
        ("distance, percent, at_least: {amount: 500, when: {classes: [C]}}, round: floor", 125),
        ("distance, percent, at_least: {amount: 500, unless: {tiers: [BASIC]}}, round: floor", 125),
        ("distance, percent, at_least: {amount: 1004, times: percent, round: half_up}, round: floor", 126),
        ("distance, percent, at_least: {amount: 1004, times: percent}, round: floor", 125),
        ("distance, percent, at_least: {amount: 1004, times: percent}, round: ceil", 126),
        ("distance, at_most: 300", 300),
        ("distance, at_most: {amount: 300, when: {classes: [C]}}", 1000),
        ("distance, percent, round: {mode: half_up, to: 50}", 150),
        ("distance, percent, round: {mode: floor, to: 50}", 100),
        ("distance, percent, round: {mode: half_even, to: 50}", 100),
        ("distance, add: 5", 1005),
        ("distance, add: {amount: 5, unless: {classes: [Y]}}", 1000),
        ("amount: 0, add: 5", 5),
        ("amount: 0, at_least: 5", 0),
        ("distance, only: {when: {classes: [C]}}", 0),
        ("distance, only: {unless: {classes: [C]}}", 1000),
    ],
)
def test_steps(steps: str, expected: int) -> None:
    assert value(steps) == expected


def test_the_row_has_its_amount_for_each_unit() -> None:
    assert value("amount: 3", unit="points") == 7
    assert value("amount", booking_class="C", unit="points") == 0


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        # Class C, GOLD (50 %): 1500 accrued of 1000 miles.
        ("bonus: {tiers: true}", 1500 + 750),
        ("bonus: {tiers: true, of: distance}", 1500 + 500),
        ("bonus: {tiers: true, of: lesser}", 1500 + 500),
        ("bonus: {tiers: true, of: {distance_at_least: 1200}}", 1500 + 600),
        ("bonus: {tiers: true, of: {lesser_at_least: 1200}}", 1500 + 600),
        ("bonus: {tiers: true, of: {lesser_at_least: 1800}}", 1500 + 750),
        ("bonus: {tiers: {GOLD: 10}}", 1650),
        ("bonus: {tiers: {SILVER: 10}}", 1500),
        ("bonus: {tiers: {GOLD: 33.3}, round: floor}", 1999),
        ("bonus: {tiers: {GOLD: 33.3}, round: ceil}", 2000),
        ("bonus: {tiers: true, at_most: 100}", 1600),
        ("bonus: {tiers: true, when: {classes: [Y]}}", 1500),
        ("bonus: {tiers: true, of: points}", 1500 + 500),
    ],
)
def test_bonus(steps: str, expected: int) -> None:
    before = "points: [distance], "
    whole = f"distance, percent, round: half_up, {steps}, round: half_up"
    assert value(whole, Standing("GOLD"), booking_class="C", before=before) == expected


def test_no_bonus_on_a_bonus_unless_it_is_named() -> None:
    twice = "distance, bonus: {tiers: {GOLD: 50}, round: floor}, bonus: {tiers: {GOLD: 10}, OF round: floor}"
    gold = Standing("GOLD")
    assert value(twice.replace("OF", ""), gold) == 1000 + 500 + 100
    assert value(twice.replace("OF", "of: lesser,"), gold) == 1000 + 500 + 100
    assert value(twice.replace("OF", "of: award,"), gold) == 1000 + 500 + 150


def test_nothing_stays_nothing_but_for_what_is_named() -> None:
    gold = Standing("GOLD")
    row = "distance, percent, at_least: 500, round: floor, "
    bonus = "bonus: {tiers: true, of: distance, round: floor}"
    assert value(row + bonus, gold, booking_class="X") == 0
    apart = "amount: 0, bonus: {tiers: true, of: points, round: floor}"
    assert value(apart, gold, before="points: [distance], ") == 500


def test_units_go_on_from_units_and_kept_values() -> None:
    rules = programme(
        units=UNITS,
        charts=CHARTS,
        accrual="{qualifying: [distance, percent, keep: raw, round: floor],"
        " award: [raw, percent: 10, round: ceil], points: [qualifying, percent: 300]}",
    )
    # 12.5 % of 1001 are 125.125.
    assert earned(rules, distance=1001).amounts == {"qualifying": 125, "award": 13, "points": 375}


def test_a_maximum_for_the_flight_knows_what_other_coupons_got() -> None:
    steps = "distance, at_most: {amount: 1500, per: flight}"
    assert value(steps) == 1000
    assert value(steps, Standing(earned_on_flight={"award": 900})) == 600
    assert value(steps, Standing(earned_on_flight={"award": 1600})) == 0


@pytest.mark.parametrize(("of", "expected"), [("fare", 200), ("fare_and_surcharges", 220), ("total", 230)])
def test_price(of: str, expected: int) -> None:
    money = {
        "price": Decimal("100.10"),
        "surcharges": Decimal(10),
        "taxes": Decimal("5.00"),
        "currency": "EUR",
    }
    rules = programme(
        units=UNITS,
        charts=CHARTS,
        currencies="{EUR: 1, RUB: {2024-01-01: 0.01, 2026-01-05: '0.02'}}",
        accrual=f"{{award: [price: {{of: {of}}}, rate: 2, round: floor]}}",
    )
    assert earned(rules, **money).award == expected
    roubles = money | {"currency": "RUB"}
    assert earned(rules, **roubles).award == expected * 2 // 100
    assert earned(rules, **roubles, flown_on=date(2026, 1, 4)).award == expected // 100
    unknown = earned(rules, **roubles, flown_on=date(2023, 12, 31))
    assert (unknown.reason, unknown.amounts) == (Reason.PRICE_UNKNOWN, {})
    assert "no rate for RUB" in [step.text for step in unknown.trace]
    untold = earned(rules)
    assert (untold.amounts, "the price is not known" in [step.text for step in untold.trace]) == ({}, True)
    assert earned(programme(accrual="{award: [price, round: floor]}"), **money).award == 100


def test_a_chart_may_have_its_own_accrual() -> None:
    rules = programme(
        units=UNITS,
        charts="[{name: own, when: {carriers: [QQ]}, rows: [{rate: 2}],"
        " accrual: {award: [price, rate, round: floor]}},"
        " {name: others, unless: {carriers: [QQ]}, rows: [{percent: 50}]}]",
        accrual="{qualifying: [distance, percent: 100], award: [distance, percent, round: floor]}",
    )
    assert earned(rules, price=Decimal("10.60")).amounts == {"qualifying": 1000, "award": 21}
    assert earned(rules, operating_carrier="ZZ").amounts == {"qualifying": 1000, "award": 500}


def test_without_a_distance_no_place_need_be_known() -> None:
    fixed = programme(units=UNITS, charts=CHARTS, accrual="{award: [amount: 5]}")
    assert earned(fixed, off_point="QQQ").award == 5
    measured = programme(units=UNITS, charts=CHARTS, accrual="{award: [distance]}")
    assert earned(measured, off_point="QQQ").reason is Reason.AIRPORT_UNKNOWN
    assert earned(measured, off_point="QQQ", distance=7).award == 7


@pytest.mark.parametrize(
    ("accrual", "what"),
    [
        ("{award: []}", "should not be empty"),
        ("{award: [percent]}", "the first step says where the value comes from"),
        ("{award: [distance, distance]}", '"distance" can only be the first step'),
        ("{award: [distance, floor]}", '"floor" can only be the first step'),
        ("{award: [distance, percent]}", "a round step is missing"),
        ("{award: [price]}", "a round step is missing"),
        ("{award: [distance, percent: 12.5, at_least: 5]}", "a round step is missing"),
        ("{award: [distance, bonus: {tiers: true}]}", "a round step is missing"),
        (
            "{award: [distance, percent, keep: raw, round: floor, bonus: {tiers: {GOLD: 100}, of: raw}]}",
            "a round step is missing",
        ),
        ("{award: [distance, bonus: {tiers: {GOLD: 100}, of: price}]}", "a round step is missing"),
        ("{award: [distance, at_least: {amount: 5, times: percent}]}", "a round step is missing"),
        ("{award: [qualifying], qualifying: [distance]}", 'no unit or kept value "qualifying" stands before'),
        ("{qualifying: [distance], award: [qualifyin]}", 'did you mean "qualifying"'),
        ("{awards: [distance]}", 'did you mean "award"'),
        ("{award: [distance, {round: floor, add: 5}]}", "exactly one step belongs here"),
        ("{award: [distance, bonus: {tiers: {SILVR: 5}}]}", 'did you mean "SILVER"'),
        ("{award: [distance, bonus: {tiers: true, of: distanc, round: floor}]}", 'did you mean "distance"'),
        (
            "{award: [distance, bonus: {tiers: true, of: {}}]}",
            "exactly one of distance_at_least, lesser_at_least, lesser",
        ),
        ("{award: [distance, only: {}]}", "when or unless is missing here"),
        ("{award: [distance, keep: award]}", "has a meaning already"),
        ("{award: [distance, promotions, promotions]}", "promotions are added once"),
        ("{award: [distance, at_least: {amount: 5, round: floor}]}", 'is only for "times: percent"'),
        ("{award: [distance, at_most: {amount: 5, per: fligt}]}", 'did you mean "flight"'),
        ("{award: [distance, round: {mode: floor, to: 0}]}", "1"),
        ("{award: [distance, percent: -5]}", "between 0 and 10000"),
        ("{award: [distance, percnt]}", 'did you mean "percent"'),
    ],
)
def test_mistakes(accrual: str, what: str) -> None:
    found = problems(units=UNITS, charts=CHARTS, accrual=accrual)
    assert any(what in problem.text for problem in found), found
    assert {(problem.file, problem.line) for problem in found} == {("frame.yaml", 8)}


def test_too_many_steps_are_refused() -> None:
    (problem,) = problems(accrual=f"{{award: [distance{', add: 1' * 50}]}}")
    assert "at most 50" in problem.text


fractions = some.fractions(min_value=0, max_value=10**7, max_denominator=10**5)


@given(fractions, some.sampled_from(sorted(ROUNDINGS)))
def test_rounding_moves_by_less_than_one_and_only_by_its_mode(exact: Fraction, mode: str) -> None:
    whole = ROUNDINGS[mode](exact.numerator, exact.denominator)
    assert abs(whole - exact) < 1
    if exact.denominator == 1:
        assert whole == exact
    match mode:
        case "floor":
            assert whole <= exact
        case "ceil":
            assert whole >= exact
        case "half_up":
            assert -Fraction(1, 2) < exact - whole <= Fraction(1, 2) or exact - whole == -Fraction(1, 2)
            assert exact - whole != Fraction(1, 2)
        case "half_even":
            assert abs(exact - whole) <= Fraction(1, 2)
            assert abs(exact - whole) != Fraction(1, 2) or whole % 2 == 0


@given(
    some.integers(1, 13_000),
    some.decimals(0, 400, places=2),
    some.decimals(0, 150, places=1),
    some.sampled_from(sorted(ROUNDINGS)),
    some.sampled_from(sorted(ROUNDINGS)),
)
def test_a_whole_calculation_is_the_exact_one_but_for_its_rounding_steps(
    miles: int, percent: Decimal, bonus: Decimal, first: str, second: str
) -> None:
    rules = programme(
        charts=f"[{{name: all, rows: [{{percent: {percent}}}]}}]",
        accrual=f"{{award: [distance, percent, round: {first},"
        f" bonus: {{tiers: {{GOLD: {bonus}}}, round: {second}}}]}}",
    )
    exact = miles * Fraction(percent) / 100
    accrued = ROUNDINGS[first](exact.numerator, exact.denominator)
    added = accrued * Fraction(bonus) / 100
    expected = accrued + ROUNDINGS[second](added.numerator, added.denominator)
    assert earned(rules, Standing("GOLD"), distance=miles).award == expected
    assert earned(rules, Standing("BASIC"), distance=miles).award == accrued


def test_values_for_people() -> None:
    pairs = [(5, 1), (2535, 2), (1, 3), (0, 7), (1, 8), (10001, 10000)]
    assert [shown(n, d) for n, d in pairs] == ["5", "1267.5", "0.3333…", "0", "0.125", "1.0001"]
