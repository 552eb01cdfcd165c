"""Versions: the last of the list whose days hold, by the date that it names; each has what the one before it had."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.outcomes import Reason
from loyalty_core.programme import Facts, Standing, check_examples
from loyalty_core.rules.tiers.over_time import spell_of
from loyalty_core.rules.tiers.spells import Flown
from tests.core.rule_texts import FACTS, earned, problems, programme

VERSIONS = """
  - from: 2026-02-01
    accrual: {award: [distance, percent: 200]}
  - from: 2026-03-01
    until: 2026-03-31
    chosen_by: booking_date
    accrual: {award: [distance, percent: 300]}
  - from: 2026-06-01
    chosen_by: ticketing_date
    distances: {name: newer, pairs: {DME-AER: 2000}}
"""


def rules() -> Any:
    return programme(versions=VERSIONS)


@pytest.mark.parametrize(
    ("facts", "award"),
    [
        ({"flown_on": date(2026, 1, 31)}, 1000),
        ({"flown_on": date(2026, 2, 1)}, 2000),
        ({"flown_on": date(2026, 3, 15)}, 3000),
        ({"flown_on": date(2026, 3, 15), "booked_on": date(2026, 1, 1)}, 2000),
        ({"flown_on": date(2026, 5, 1), "booked_on": date(2026, 3, 31)}, 3000),
        ({"flown_on": date(2026, 5, 1), "booked_on": date(2026, 4, 1)}, 2000),
        # The third has the accrual of the second, which was listed before it, and distances of its own.
        ({"flown_on": date(2026, 7, 1)}, 6000),
        ({"flown_on": date(2026, 7, 1), "ticketed_on": date(2026, 5, 31)}, 2000),
        ({"flown_on": date(2026, 1, 1), "ticketed_on": date(2026, 6, 1)}, 6000),
    ],
)
def test_the_last_version_whose_days_hold(facts: dict[str, Any], award: int) -> None:
    assert earned(rules(), **facts).award == award


def test_the_trace_tells_the_version_and_the_date_that_chose_it() -> None:
    first = earned(rules()).trace[0]
    assert (first.name, first.text, first.rule) == (
        "version",
        "the first, by flight date 2026-01-05",
        "frame.yaml:1",
    )
    booked = earned(rules(), flown_on=date(2026, 5, 1), booked_on=date(2026, 3, 31)).trace[0]
    assert (booked.text, booked.rule) == ("from 2026-03-01, by booking date 2026-03-31", "frame.yaml:14")
    assert "is not known: the flight date" in earned(rules(), flown_on=date(2026, 3, 2)).trace[0].text


def test_the_trace_tells_the_version_that_counts_but_for_the_day_of_the_sale() -> None:
    early = earned(rules(), flown_on=date(2026, 7, 1), ticketed_on=date(2026, 5, 31)).trace[0]
    assert early.text == (
        "from 2026-02-01, by flight date 2026-07-01, not those from 2026-06-01, which go by ticketing date 2026-05-31"
    )
    late = earned(rules(), flown_on=date(2026, 3, 2), booked_on=date(2026, 2, 1)).trace[0]
    assert late.text.endswith(", not those from 2026-03-01, which go by booking date 2026-02-01")


def test_before_the_first_version_nothing_is_earned() -> None:
    late = programme(
        accrual="",
        charts="",
        versions="[{from: 2026-02-01, accrual: {award: [distance]}, charts: [{name: a, rows: [{percent: 1}]}]}]",
    )
    refused = earned(late)
    assert (refused.reason, refused.field) == (Reason.NOT_EARNING, "flown_on")
    assert refused.trace[0].text == "no version of the programme for 2026-01-05"
    assert earned(late, flown_on=date(2026, 2, 1)).award == 1000


days = some.dates(date(2025, 12, 1), date(2026, 12, 31))


@given(days, some.none() | days, some.none() | days)
def test_a_version_is_chosen_by_its_named_date_alone(
    flown_on: date, booked_on: date | None, ticketed_on: date | None
) -> None:
    if (ticketed_on or flown_on) >= date(2026, 6, 1):
        expected = 6000
    elif date(2026, 3, 1) <= (booked_on or flown_on) <= date(2026, 3, 31):
        expected = 3000
    else:
        expected = 2000 if flown_on >= date(2026, 2, 1) else 1000
    facts = {name: getattr(FACTS, name) for name in Facts.__slots__}
    facts |= {"flown_on": flown_on, "booked_on": booked_on, "ticketed_on": ticketed_on}
    assert _RULES.evaluate(Facts(**facts), Standing()).award == expected


_RULES = rules()


def test_tiers_and_expiry_have_versions_too() -> None:
    newer = programme(
        versions="[{from: 2026-02-01, tiers: [{name: BASIC}, {name: SILVER}, {name: STAR},"
        " {name: GOLD, reached: {qualifying: 5}}],"
        " expiry: {model: months, months: 1}}]"
    )
    assert [newer.tier_of({"qualifying": 12}, on) for on in (date(2026, 1, 1), date(2026, 2, 1), None)] == [
        "SILVER",
        "GOLD",
        "GOLD",
    ]
    assert newer.expires_on(date(2026, 1, 31)) is None
    assert newer.expires_on(date(2026, 2, 1)) == date(2026, 3, 1)
    assert [tier.name for tier in newer.tiers] == ["BASIC", "SILVER", "STAR", "GOLD"]
    assert newer.tier_rank("BRONZE") == -1


@pytest.mark.parametrize(
    ("versions", "what", "line"),
    [
        ("[{from: 2026-01-01}]", "needs something of its own", 11),
        ("[{from: 2026-02-01, until: 2026-01-01, expiry: {model: never}}]", "before it begins", 11),
        ("[{from: 2026-13-01, expiry: {model: never}}]", "should be a date", 11),
        ("[{chosen_by: bookin_date, expiry: {model: never}}]", 'did you mean "booking_date"', 11),
        ("[{chart: []}]", 'did you mean "charts"', 11),
        (
            "\n  - from: 2026-01-01\n    accrual: {award: [distance, percent: 5]}",
            "a round step is missing",
            13,
        ),
    ],
)
def test_mistakes(versions: str, what: str, line: int) -> None:
    found = [problem for problem in problems(versions=versions) if what in problem.text]
    assert [(problem.file, problem.line) for problem in found] == [("frame.yaml", line)]


LATER = "[{{from: 2026-02-01, expiry: {{model: never}}}}, {{from: 2026-03-01, tiers: [{}]}}]"


@pytest.mark.parametrize(
    ("tiers", "what", "place"),
    [
        (
            "{name: BASIC}, {name: GOLD}",
            'tier "SILVER" of the version before is missing here',
            "versions[1].tiers",
        ),
        (
            "{name: BASE}, {name: BASIC}, {name: SILVER}, {name: GOLD}",
            'the base tier is "BASIC"',
            "versions[1].tiers[0].name",
        ),
        (
            "{name: BASIC}, {name: GOLD}, {name: SILVER}",
            "the order is BASIC, SILVER, GOLD",
            "versions[1].tiers",
        ),
    ],
)
def test_a_version_has_the_tiers_of_the_one_before_it(tiers: str, what: str, place: str) -> None:
    (problem,) = problems(versions=LATER.format(tiers))
    assert what in problem.text
    assert (problem.file, problem.line, problem.path) == ("frame.yaml", 11, place)


def test_a_tier_that_a_version_lacks_counts_as_the_highest_below_it() -> None:
    rules = programme(
        accrual="{award: [distance, percent, {round: half_up}, {bonus: {tiers: true, of: lesser, round: floor}}]}",
        versions=LATER.format(
            "{name: BASIC}, {name: IRON}, {name: SILVER, bonus_percent: 30}, {name: STAR, bonus_percent: 40},"
            " {name: GOLD, bonus_percent: 50}"
        ),
    )

    def award(tier: str, day: date) -> int:
        return earned(rules, Standing(tier), flown_on=day).award

    before, since = date(2026, 1, 5), date(2026, 3, 1)
    assert [award(tier, before) for tier in ("", "BASIC", "IRON", "SILVER", "STAR", "GOLD")] == [
        1000, 1000, 1000, 1250, 1250, 1500,
    ]  # fmt: skip
    assert [award(tier, since) for tier in ("BASIC", "IRON", "SILVER", "STAR", "GOLD")] == [
        1000, 1000, 1300, 1400, 1500,
    ]  # fmt: skip


def tier_of(rules: Any, day: date, **flown: int) -> str:
    return spell_of(rules.versions, Flown([(day, flown)]), day).tier


def test_days_are_judged_by_the_version_that_holds_on_them() -> None:
    rules = programme(
        versions="""
  - from: 2026-02-01
    tiers: [{name: BASIC}, {name: SILVER, reached: {qualifying: 20}}, {name: GOLD, reached: {qualifying: 40}}]
  - from: 2030-01-01
    tiers: [{name: BASIC}, {name: SILVER, reached: {qualifying: 1}}, {name: GOLD, reached: {qualifying: 2}}]
  - from: 2024-03-01
    until: 2024-03-31
    tiers: [{name: BASIC}, {name: SILVER, reached: {qualifying: 5}}, {name: GOLD, reached: {qualifying: 90}}]
"""
    )
    days = ["2024-02-29", "2024-03-01", "2024-04-01", "2026-01-31", "2026-02-01", "2029-12-31", "2030-01-01"]
    assert [tier_of(rules, date.fromisoformat(day), qualifying=19) for day in days] == [
        "SILVER", "SILVER", "SILVER", "SILVER", "BASIC", "BASIC", "GOLD",
    ]  # fmt: skip
    assert [tier_of(rules, date.fromisoformat(day), qualifying=25) for day in days] == [
        "GOLD", "SILVER", "GOLD", "GOLD", "SILVER", "SILVER", "GOLD",
    ]  # fmt: skip


def test_days_between_versions_are_those_of_the_one_before() -> None:
    tiers = "tiers: [{{name: BASIC}}, {{name: SILVER, reached: {{qualifying: {}}}}}]"
    whole = "accrual: {award: [distance]}, charts: [{name: a, rows: [{percent: 1}]}]"
    rules = programme(
        accrual="",
        charts="",
        tiers="",
        versions=f"[{{from: 2026-05-01, until: 2026-05-31, {tiers.format(7)}, {whole}}},"
        f" {{from: 2026-01-01, until: 2026-01-31, {tiers.format(5)}}}, {{from: 2027-01-01, {tiers.format(9)}}}]",
    )
    for day, least in (
        ("2025-12-31", 5),
        ("2026-03-01", 5),
        ("2026-05-01", 7),
        ("2026-12-31", 7),
        ("2027-01-01", 9),
    ):
        on = date.fromisoformat(day)
        assert [tier_of(rules, on, qualifying=each) for each in (least - 1, least)] == ["BASIC", "SILVER"], (
            day
        )


def test_examples_of_tiers_are_worked_out_as_members_tiers_are() -> None:
    """By the version of the day, and with what reaching a tier takes off."""
    examples = """
  - {name: now, standing: {qualifying: 10, on: 2027-06-01}, expect: {tier: SILVER}}
  - {name: then, standing: {qualifying: 10, on: 2030-06-01}, expect: {tier: BASIC}}
  - {name: without a day, standing: {qualifying: 60}, expect: {tier: SILVER}}
  - {name: paid for, standing: {qualifying: 29, on: 2027-06-01}, expect: {tier: SILVER}}
  - {name: both, standing: {qualifying: 30, on: 2027-06-01}, expect: {tier: GOLD}}
  - {name: over time, history: {2029-06-01: {qualifying: 10}, 2030-06-01: {qualifying: 40}, on: 2030-12-31},
     expect: {tier: SILVER, until: 2030-12-31}}
"""
    rules = programme(
        qualification="{period: calendar_year, valid: {years: 1}, deduct: [qualifying]}",
        versions="[{from: 2030-01-01, tiers: [{name: BASIC}, {name: SILVER, reached: {qualifying: 50}},"
        " {name: GOLD, reached: {qualifying: 90}}]}]",
        examples=examples,
    )
    assert check_examples(rules) == ()


def test_a_mistake_of_a_shared_section_is_told_once() -> None:
    bad = "[{name: a, rows: [{classes: [Y], percent: {awrd: 5}}]}]"
    assert len(problems(charts=bad, versions="[{from: 2026-01-01, expiry: {model: never}}]")) == 1


@pytest.mark.parametrize("section", ["charts", "accrual", "tiers", "expiry"])
def test_what_every_version_needs(section: str) -> None:
    assert any(f'"{section}" is missing here' == problem.text for problem in problems(**{section: ""}))
