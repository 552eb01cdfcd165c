"""A price that nobody told is unknown, not 0; what a rounding step moves; bonus on bonus only where it is named."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.outcomes import Reason
from loyalty_core.programme import Standing
from loyalty_core.rules.exact import ROUNDINGS
from tests.core.rule_texts import earned, programme
from tests.core.test_rules_accrual import value

PRICED: Any = {
    "units": "{xp: {}, base: {}, segments: {}}",
    "tiers": "[{name: BASIC}, {name: SILVER}]",
    "charts": "[{name: all, rows: [{classes: [Y], rate: 4}, {classes: [X], rate: 0}]}]",
}


@pytest.mark.parametrize(
    "steps",
    [
        "{award: [price, rate, round: floor]}",
        "{award: [price, rate, round: floor, add: 5]}",
        "{award: [price, keep: cost, rate, round: floor]}",
        "{base: [price, round: floor], award: [base, at_least: 5]}",
        "{base: [amount: 0, only: {when: {classes: [C]}}], award: [amount: 10,"
        " bonus: {tiers: {SILVER: 50}, of: price, round: floor}]}",
    ],
)
def test_what_hangs_on_a_price_that_nobody_told_is_not_zero_but_unknown(steps: str) -> None:
    found = earned(programme(**PRICED, accrual=steps), Standing("SILVER"))
    assert (found.reason, found.field, dict(found.amounts)) == (Reason.PRICE_UNKNOWN, "fare_amount", {})
    told = earned(programme(**PRICED, accrual=steps), Standing("SILVER"), price=Decimal(20))
    assert told.reason is Reason.NONE
    assert told.amounts["award"]


def test_a_currency_without_rate_is_an_unknown_price() -> None:
    rules = programme(**PRICED, accrual="{award: [price, rate, round: floor]}", currencies="{EUR: 1}")
    found = earned(rules, price=Decimal(20), currency="USD")
    assert (found.reason, found.field) == (Reason.PRICE_UNKNOWN, "fare_currency")
    assert "no rate for USD" in [step.text for step in found.trace]


def test_nothing_times_an_unknown_price_is_nothing() -> None:
    rules = programme(**PRICED, accrual="{award: [price, rate, round: floor]}")
    assert earned(rules, booking_class="X").reason is Reason.NONE
    never = programme(**PRICED, accrual="{award: [price, rate, only: {when: {classes: [C]}}, round: floor]}")
    assert earned(never).reason is Reason.NONE


def test_where_other_units_earn_the_trace_says_which_one_lacks_the_price() -> None:
    rules = programme(**PRICED, accrual="{award: [price, rate, round: floor], segments: [amount: 1]}")
    found = earned(rules)
    assert (dict(found.amounts), found.reason) == ({"segments": 1}, Reason.NONE)
    assert "award hangs on a price that is not known: nothing is counted" in [
        step.text for step in found.trace
    ]


@given(
    some.sampled_from(sorted(ROUNDINGS)),
    some.fractions(min_value=0, max_value=10**6, max_denominator=1000),
    some.integers(1, 100),
)
def test_rounding_moves_by_less_than_one_and_only_as_its_mode_says(
    mode: str, percent: Fraction, to: int
) -> None:
    """``percent`` of 1000 miles, in units of ``to``."""
    exact = Decimal(percent.numerator * 1000 // percent.denominator) / 1000
    steps = f"distance, percent: '{exact % 10000}', round: {{mode: {mode}, to: {to}}}"
    unrounded = Fraction(exact % 10000) * 10
    moved = Fraction(value(steps)) - unrounded
    assert abs(moved) < to
    assert {"floor": moved <= 0, "ceil": moved >= 0}.get(mode, abs(moved) * 2 <= to)
    rest = unrounded % to
    if rest * 2 == to:
        down = mode == "floor" or (mode == "half_even" and (unrounded - rest) / to % 2 == 0)
        assert (moved < 0) is down


@given(some.integers(0, 300), some.integers(0, 300), some.integers(0, 300))
def test_a_bonus_is_never_taken_of_bonuses_unless_that_is_named(one: int, other: int, extra: int) -> None:
    several = f"distance, bonus: {{tiers: {{SILVER: {one}}}, of: OF}}, bonus: {{tiers: {{SILVER: {other}}}, of: OF}}"
    promotions = f"[{{name: p, adds: {{award: {{percent: {extra}, of: accrued, round: floor}}}}}}]"
    for base, expected in (
        ("accrued", 1000 + 10 * (one + other + extra)),
        ("distance", 1000 + 10 * (one + other + extra)),
        ("lesser", 1000 + 10 * (one + other + extra)),
        ("award", None),
    ):
        rules = programme(
            accrual=f"{{award: [{several.replace('OF', base)}, round: floor]}}", promotions=promotions
        )
        found = earned(rules, Standing("SILVER")).award
        named = 1000 * Fraction(100 + one, 100) * Fraction(100 + other, 100) + 10 * extra
        assert found == (int(named) if expected is None else expected)
