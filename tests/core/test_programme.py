"""Programmes: the shipped one keeps its own examples; each word of the language does what the manual says."""

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from loyalty_core.errors import InputError
from loyalty_core.outcomes import Reason
from loyalty_core.programme import (
    Evaluation,
    Facts,
    Programme,
    Standing,
    check_examples,
    load_programme,
)
from loyalty_core.rules.shapes.words import TIER_NAME_CHARACTERS_MAX

FOLDER = Path(__file__).resolve().parents[2] / "loyalty_core" / "programmes"
DEMO = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
FLIGHT = Facts("UT", "UT", "Y", False, "DME", "AER", date(2026, 8, 20))

SMALL = """\
programme: small
title: Small Miles
carriers: [QQ]
distances:
  name: small 1
  pairs:
    AAA-BBB: 225
    AAA-CCC: 1001
  otherwise: unknown
not_earning:
  - when: {ticket_stock: ['999'], marketing: [QQ]}
    why: foreign stock
charts:
  - name: all
    rows:
      - {classes: [Y, B], percent: 125}
      - {classes: [L], percent: '33.3'}
      - {classes: [G], percent: 0}
accrual:
  award:
    - distance
    - percent
    - at_least: 500
    - round: half_up
    - bonus: {tiers: true, of: accrued, round: floor}
  qualifying:
    - award
  segments:
    - amount: 1
tiers:
  - name: BLUE
  - name: RED
    bonus_percent: 50
    reached: {all_of: [{qualifying: 1000}, {segments: 2}]}
expiry: {model: end_of_year, years: 2}
policy: {listed: none, checked_in: pending, boarded: pending, flown: posted}
window: {future_days: 1, past_days: 30}
"""


@pytest.fixture(scope="module")
def demo() -> Programme:
    return load_programme(DEMO, "loyalty_core/programmes/demo.yaml")


def small(*changes: tuple[str, str]) -> Programme:
    """The small programme with some of its text changed."""
    text = SMALL
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return load_programme(text, "small.yaml")


def earn(programme: Programme, letter: str = "Y", tier: str = "BLUE", to: str = "BBB") -> Evaluation:
    facts = Facts("QQ", "QQ", letter, False, "AAA", to, date(2026, 1, 5))
    return programme.evaluate(facts, Standing(tier))


def test_wrong_example_is_told_with_its_line() -> None:
    changed = DEMO.replace("expect: {award: 840, qualifying: 840, segments: 1}", "expect: {award: 841}")
    (failure,) = check_examples(load_programme(changed, "demo.yaml"))
    line = changed[: changed.index("- name: full economy")].count("\n") + 1
    assert failure == f"demo.yaml:{line}: full economy on a route of the own table: award 840, not 841"


def test_every_step_names_its_rule(demo: Programme) -> None:
    facts = replace(FLIGHT, booking_class="G")
    result = demo.evaluate(facts, Standing("GOLD"))
    assert (result.award, result.qualifying, result.segments) == (750, 500, 1)
    assert result.amounts == {"award": 750, "qualifying": 500, "segments": 1}
    told = [
        ("agreement", "the chart of the marketing airline, UT", "marketing: [UT"),
        ("chart", "own flights", "own flights"),
        ("row", "class G", "12.5"),
        ("distance", "DME-AER 840 miles, table demo 2026-01-01", "AER-DME: 840"),
        ("award", "from the distance, 840", "- distance"),
        ("percent", "12.5 % = 105", "12.5"),
        ("minimum", "raised to 500", "at_least: 500"),
        ("rounding", "half_up: 500", "round: half_up"),
        ("tier bonus", "GOLD 50 % of the smaller of accrued and distance, 500, floor: 250", "GOLD"),
        ("qualifying", "from accrued_miles, 500", "- accrued_miles"),
        ("segments", "fixed, 1", "amount: 1"),
        ("result", "award 750, qualifying 500, segments 1", "own flights"),
    ]
    assert [(step.name, step.text) for step in result.trace] == [(name, text) for name, text, _ in told]
    lines = DEMO.splitlines()
    for step, (_, _, expected) in zip(result.trace, told, strict=True):
        file, _, line = step.rule.partition(":")
        assert file == "demo.yaml"
        assert expected in lines[int(line) - 1], step


def test_measured_distance_names_method_and_rule(demo: Programme) -> None:
    trace = demo.evaluate(replace(FLIGHT, off_point="LEJ"), Standing()).trace
    step = next(step for step in trace if step.name == "distance")
    assert "great circle DME-LEJ" in step.text
    assert "otherwise: great_circle" in DEMO.splitlines()[int(step.rule.partition(":")[2]) - 1]


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"off_point": "QQQ"}, Reason.AIRPORT_UNKNOWN, "off_point"),
        ({"board_point": "QQQ"}, Reason.AIRPORT_UNKNOWN, "board_point"),
        ({"board_point": "", "off_point": ""}, Reason.AIRPORT_UNKNOWN, "board_point"),
        ({"off_point": "DME"}, Reason.NOT_EARNING, "off_point"),
        ({"booking_class": "Z"}, Reason.CLASS_UNKNOWN, "booking_class"),
        ({"booking_class": ""}, Reason.CLASS_UNKNOWN, "booking_class"),
        ({"booking_class": "W", "class_is_cabin": True}, Reason.CLASS_UNKNOWN, "booking_class"),
        ({"booking_class": "X"}, Reason.NOT_EARNING, "booking_class"),
        ({"role": "FQTR"}, Reason.NOT_EARNING, "role"),
        ({"fare_basis": "YAWARD"}, Reason.NOT_EARNING, "fare_basis"),
    ],
)
def test_what_earns_nothing_says_why(
    demo: Programme, change: dict[str, object], reason: Reason, field: str
) -> None:
    result = demo.evaluate(replace(FLIGHT, **change), Standing("GOLD"))  # type: ignore[arg-type]
    assert (result.reason, result.field) == (reason, field)
    assert (result.award, result.qualifying, result.segments) == (0, 0, 0)
    assert result.trace[-1].rule.startswith("demo.yaml:")


def test_conditions_hold_together() -> None:
    programme = small()
    flight = Facts("QQ", "QQ", "Y", False, "AAA", "BBB", date(2026, 1, 5), ticket="9991234567890")
    refused = programme.evaluate(flight, Standing("BLUE"))
    assert (refused.reason, refused.field) == (Reason.NOT_EARNING, "ticket")
    assert programme.evaluate(replace(flight, marketing_carrier="ZZ"), Standing()).reason is Reason.NONE


def test_no_chart_for_a_carrier(demo: Programme) -> None:
    text = DEMO[: DEMO.index("  - name: other airlines")] + DEMO[DEMO.index("accrual:") :]
    programme = load_programme(text[: text.index("examples:")], "demo.yaml")
    result = programme.evaluate(replace(FLIGHT, operating_carrier="ZZ", marketing_carrier="ZZ"), Standing())
    assert (result.reason, result.field) == (Reason.NOT_EARNING, "operating_carrier")


MINIMUM = "    - at_least: 500\n"


@pytest.mark.parametrize(
    ("before", "tier", "award"),
    [
        # 225 miles at 125 % are 281.25.
        ("    - round: half_up\n", "BLUE", 500),
        ("    - round: half_up\n", "RED", 750),
        ("    - percent\n", "BLUE", 625),
        ("    - percent\n", "RED", 937),
        ("  qualifying:\n", "BLUE", 500),
        ("  qualifying:\n", "RED", 500),
    ],
)
def test_the_place_of_the_minimum_is_its_stage(before: str, tier: str, award: int) -> None:
    text = SMALL.replace(MINIMUM, "")
    programme = load_programme(text.replace(before, MINIMUM + before), "small.yaml")
    assert earn(programme, tier=tier).award == award


@pytest.mark.parametrize(
    ("base", "bonus"), [("accrued", 625), ("distance", 500), ("lesser", 500)]
)  # 1001 miles at 125 %: 1251 accrued
def test_base_of_the_bonus(base: str, bonus: int) -> None:
    assert earn(small(("of: accrued", f"of: {base}")), tier="RED", to="CCC").award == 1251 + bonus


@pytest.mark.parametrize(
    ("mode", "award"), [("half_up", 1251), ("half_even", 1251), ("floor", 1251), ("ceil", 1252)]
)
def test_rounding_mode(mode: str, award: int) -> None:
    assert earn(small(("round: half_up", f"round: {mode}")), to="CCC").award == award  # 1251.25


@pytest.mark.parametrize(
    ("mode", "miles"), [("half_up", 313), ("half_even", 312), ("floor", 312), ("ceil", 313)]
)
def test_rounding_of_a_half(mode: str, miles: int) -> None:
    changes = ("AAA-BBB: 225", "AAA-BBB: 250"), ("at_least: 500", "at_least: 0")
    programme = small(*changes, ("round: half_up", f"round: {mode}"))
    assert earn(programme).award == miles  # 312.5


def test_percentages_are_exact_decimals() -> None:
    programme = small(("at_least: 500", "at_least: 0"))
    result = earn(programme, "L", to="CCC")
    assert result.award == 333  # 333.333
    assert "33.3 % = 333.333" in " ".join(step.text for step in result.trace)


def test_a_row_of_nothing_is_not_raised_to_the_minimum() -> None:
    result = earn(small(), "G", "RED")
    assert (result.award, result.qualifying, result.segments) == (0, 0, 1)
    assert result.reason is Reason.NONE


def test_table_without_globe() -> None:
    result = earn(small(), to="DME")
    assert (result.reason, result.field) == (Reason.AIRPORT_UNKNOWN, "off_point")
    assert "no row AAA-DME" in result.trace[-1].text


def test_tiers(demo: Programme) -> None:
    assert demo.base_tier == "BASIC"
    assert [tier.name for tier in demo.tiers] == ["BASIC", "SILVER", "GOLD"]
    cases = {
        (0, 0): "BASIC",
        (14_999, 14): "BASIC",
        (15_000, 0): "SILVER",
        (0, 15): "SILVER",
        (24_999, 30): "SILVER",
        (25_000, 29): "SILVER",
        (25_000, 30): "GOLD",
        (35_000, 0): "GOLD",
    }
    for (qualifying, segments), tier in cases.items():
        assert demo.tier_for(qualifying, segments) == tier, (qualifying, segments)
    assert [demo.tier_rank(name) for name in ("BASIC", "SILVER", "GOLD", "OPAL", "")] == [0, 1, 2, -1, -1]


def test_a_tier_of_another_programme_counts_as_the_base_tier(demo: Programme) -> None:
    of_others, base = (demo.evaluate(FLIGHT, Standing(tier)) for tier in ("OPAL", "BASIC"))
    assert of_others.award == base.award


@pytest.mark.parametrize(
    ("expiry", "earned_on", "expires_on"),
    [
        ("{model: months, months: 24}", date(2026, 8, 20), date(2028, 8, 20)),
        ("{model: months, months: 24}", date(2024, 2, 29), date(2026, 2, 28)),
        ("{model: months, months: 1}", date(2026, 12, 31), date(2027, 1, 31)),
        ("{model: months, months: 2}", date(2026, 12, 31), date(2027, 2, 28)),
        ("{model: end_of_year, years: 0}", date(2026, 12, 31), date(2026, 12, 31)),
        ("{model: end_of_year, years: 2}", date(2026, 1, 1), date(2028, 12, 31)),
        ("{model: never}", date(2026, 1, 1), None),
    ],
)
def test_expiry(expiry: str, earned_on: date, expires_on: date | None) -> None:
    text = SMALL.replace("{model: end_of_year, years: 2}", expiry)
    assert load_programme(text, "small.yaml").expires_on(earned_on) == expires_on


def test_policy_and_window(demo: Programme) -> None:
    states = ("listed", "checked_in", "boarded", "flown", "booked", "")
    assert [demo.crediting.table.get(state, "none") for state in states] == [
        "pending",
        "pending",
        "posted",
        "posted",
        "none",
        "none",
    ]
    assert [small().crediting.table.get(state, "none") for state in states[:4]] == [
        "none",
        "pending",
        "pending",
        "posted",
    ]
    today = date(2026, 8, 20)
    window = demo.window
    assert (window.future_days, window.past_days) == (2, 365)
    assert [
        window.holds(day, today)
        for day in (date(2026, 8, 22), date(2026, 8, 23), date(2025, 8, 20), date(2025, 8, 19))
    ] == [True, False, True, False]


def test_digest_is_of_the_text(demo: Programme) -> None:
    import hashlib

    assert demo.digest == hashlib.sha256(DEMO.encode()).hexdigest()
    assert load_programme(DEMO + "# more\n", "demo.yaml").digest != demo.digest


@pytest.mark.parametrize(
    ("old", "new", "where", "text"),
    [
        ("past_days: 30", "past_day: 30", "past_day: 30", 'did you mean "past_days"'),
        ("at_least: 500", "at_lest: 500", "at_lest", 'did you mean "at_least"'),
        ("half_up", "halfup", "halfup", 'did you mean "half_up"'),
        ("name: BLUE", "name: BLÜE", "BLÜE", "BLÜE"),
        ("name: BLUE", f"name: {'B' * (TIER_NAME_CHARACTERS_MAX + 1)}", "BBBB", "20 characters"),
        ("name: RED", "name: BLUE", "BLUE\n    bonus", "twice"),
        ("percent: 125", "percent: many", "many", "number of percent"),
        ("percent: 125", "percent: -1", "-1}", "between 0 and"),
        ("percent: 125", "percent: 0.12345678901234567", "0.123", "put it in quotes"),
        ("classes: [L]", "classes: [LL]", "LL]", "LL"),
        ("years: 2", "years: 2, months: 1", "1}", "means nothing for end_of_year"),
        (", years: 2", "", "{model: end_of_year}", '"years" is missing'),
        ("AAA-CCC: 1001", "BBB-AAA: 1001", "1001", "has a row already, at small.yaml:7"),
        ("AAA-CCC: 1001", "AAA-AAA: 1001", "1001", "two places"),
        ("AAA-CCC: 1001", "AAACCC: 1001", "AAACCC", "pattern"),
        ("otherwise: unknown", "cities: {MOW: QQQ}", "QQQ}", "no known airport"),
        ("all_of: [{qualifying: 1000}, {segments: 2}]", "all_of: []", "[]}", "at least one"),
        ("{qualifying: 1000}", "{qualifying: 1000, segments: 1}", "{qualifying: 1000, seg", "exactly one"),
        ("{qualifying: 1000}", "{qualifing: 1000}", "1000}", 'did you mean "qualifying"'),
        ("{qualifying: 1000}", "{award: 1000}", "1000}", "no counter"),
        ("{qualifying: 1000}", "{qualifying: many}", "many}", "whole number"),
        ("{ticket_stock: ['999'], marketing: [QQ]}", "{}", "{}", "nothing would ever earn"),
        ("- name: BLUE", "- {name: BLUE, reached: {segments: 0}}", "{segments: 0}}", "needs no condition"),
        ("carriers: [QQ]", "carriers: []", "[]", "not be empty"),
        ("title: Small Miles\n", "", "programme: small", '"title" is missing'),
        ("expiry: {model: end_of_year, years: 2}\n", "", "programme: small", '"expiry" is missing'),
    ],
)
def test_mistakes_are_told_with_place(old: str, new: str, where: str, text: str) -> None:
    assert SMALL.count(old) == 1
    changed = SMALL.replace(old, new)
    place = changed.index(where)
    with pytest.raises(InputError) as caught:
        load_programme(changed, "small.yaml")
    problem = next(problem for problem in caught.value.problems if text in problem.text)
    assert problem.file == "small.yaml"
    assert problem.line == changed.count("\n", 0, place) + 1
    assert problem.column > 0


def test_all_mistakes_at_once() -> None:
    changed = (
        SMALL.replace("past_days", "past_day")
        .replace("half_up", "halfup")
        .replace("percent: 125", "percent: x")
    )
    with pytest.raises(InputError) as caught:
        load_programme(changed, "small.yaml")
    assert len(caught.value.problems) >= 4
    assert [problem.line for problem in caught.value.problems] == sorted(
        problem.line for problem in caught.value.problems
    )


def test_a_chart_behind_an_open_one_is_told() -> None:
    chart = "  - {name: late, rows: [{classes: [A], percent: 1}]}\naccrual:"
    with pytest.raises(InputError, match='never used: chart "all" before it takes every flight'):
        load_programme(SMALL.replace("accrual:", chart), "small.yaml")


def test_examples_are_checked_for_sense() -> None:
    example = (
        "examples:\n"
        "  - {name: a, given: {operating: QQ, class: Y, cabin: Y, from: AAA, to: BBB, tier: REDD},"
        " expect: {}}\n"
    )
    with pytest.raises(InputError) as caught:
        load_programme(SMALL + example, "small.yaml")
    text = str(caught.value)
    assert "either class or cabin" in text
    assert 'did you mean "RED"' in text


@pytest.mark.parametrize("text", ["", "[]", "programme: [", "a: 1\na: 2\n", "\x00"])
def test_what_is_no_programme_at_all(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_programme(text, "x.yaml")
    assert all(problem.file == "x.yaml" for problem in caught.value.problems)


def test_a_running_programme_needs_no_schema_library() -> None:
    code = "import sys, loyalty_core.programme as p; assert 'pydantic' not in sys.modules; assert p.Facts"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
