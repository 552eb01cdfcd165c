"""Promotions: what they add, in which order, and what is left of those that end."""

from typing import Any

import pytest

from loyalty_core.programme import Standing
from tests.core.rule_texts import earned, problems, programme

UNITS = "{qualifying: {}, points: {}, extra: {}}"
CHARTS = "[{name: all, rows: [{classes: [Y], percent: 12.5, amounts: {points: 7}, rate: {'*': 4}},"
CHARTS += " {classes: [C], percent: {award: 150, '*': 100}}, {classes: [X], percent: 0}]}]"

SPRING = "{name: spring, adds: {award: {percent: 100, round: floor}}}"


def promoted(promotions: str, standing: Standing | None = None, steps: str = "distance", **facts: Any) -> int:
    rules = programme(
        units=UNITS, charts=CHARTS, accrual=f"{{points: [distance], award: [{steps}]}}", promotions=promotions
    )
    return earned(rules, standing, **facts).award


@pytest.mark.parametrize(
    ("promotions", "expected"),
    [
        (f"[{SPRING}]", 2000),
        ("[{name: a, adds: {award: 50}}]", 1050),
        ("[{name: a, when: {classes: [C]}, adds: {award: 50}}]", 1000),
        ("[{name: a, unless: {classes: [C]}, adds: {award: 50}}]", 1050),
        ("[{name: a, when: {dates: {from: 2026-01-05, until: 2026-01-05}}, adds: {award: 50}}]", 1050),
        ("[{name: a, adds: {award: {percent: 12.5, of: points, round: ceil}}, at_most: {award: 100}}]", 1100),
        ("[{name: a, adds: {award: 50}, budget: {award: 20}}]", 1020),
        # None is taken of what another added, unless it is named.
        (f"[{SPRING}, {{name: b, adds: {{award: {{percent: 10, round: floor}}}}}}]", 2100),
        (f"[{SPRING}, {{name: b, adds: {{award: {{percent: 10, of: award, round: floor}}}}}}]", 2200),
        (
            f"[{{name: b, order: 2, adds: {{award: {{percent: 10, of: award, round: floor}}}}}}, {SPRING}]",
            2200,
        ),
        (f"[{{name: b, order: -1, adds: {{award: 7}}, stacks: false}}, {SPRING}]", 1007),
        (f"[{SPRING}, {{name: b, adds: {{award: 7}}, stacks: false}}]", 2000),
        (f"[{{name: b, when: {{classes: [C]}}, adds: {{award: 7}}, stacks: false}}, {SPRING}]", 2000),
    ],
)
def test_promotions(promotions: str, expected: int) -> None:
    assert promoted(promotions) == expected


def test_promotions_are_not_taken_of_the_tier_bonus() -> None:
    steps = "distance, bonus: {tiers: true, round: floor}"
    assert promoted(f"[{SPRING}]", Standing("GOLD"), steps) == 1000 + 500 + 1000
    assert promoted(f"[{SPRING}]", Standing("GOLD"), "distance, promotions, percent: 200") == 4000


def test_what_is_left_of_a_promotion_comes_with_the_standing() -> None:
    limited = "[{name: a, adds: {award: 50}, at_most: {award: 100}}]"
    left: list[dict[str, dict[str, int]]] = [
        {},
        {"a": {"award": 20}},
        {"a": {"award": 0}},
        {"b": {"award": 0}},
    ]
    assert [promoted(limited, Standing(left=each)) for each in left] == [1050, 1020, 1000, 1050]


def test_what_earns_nothing_is_promoted_to_nothing() -> None:
    assert promoted(f"[{SPRING}]", None, "distance, percent, round: floor", booking_class="X") == 0


@pytest.mark.parametrize(
    ("promotions", "what"),
    [
        (f"[{SPRING}, {SPRING}]", '"spring" stands here twice'),
        ("[{name: a, adds: {}}]", "should not be empty"),
        ("[{name: a, adds: {awrd: 5}}]", 'nothing accrues of "awrd" (did you mean "award"?)'),
        ("[{name: a, adds: {award: {}}}]", "either percent or amount"),
        ("[{name: a, adds: {award: {percent: 12.5}}}]", "a round step is missing"),
        ("[{name: a, adds: {award: {percent: 5, of: pts, round: floor}}}]", 'did you mean "points"'),
        ("[{name: a, adds: {award: 5}, budget: {points: 5}}]", 'nothing is added to "points"'),
    ],
)
def test_mistakes_of_promotions(promotions: str, what: str) -> None:
    found = problems(units=UNITS, accrual="{points: [distance], award: [distance]}", promotions=promotions)
    assert any(what in problem.text for problem in found), found
