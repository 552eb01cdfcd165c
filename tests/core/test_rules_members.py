"""What concerns members over time: tiers, qualification, expiry, grants, compensations, migrations, retro window."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.programme import Standing
from loyalty_core.rules.expiry import months_later
from loyalty_core.rules.tiers.ladder import Extension
from tests.core.rule_texts import FACTS, problems, programme

UNITS = "{qualifying: {}, segments: {}, xp: {}}"


def test_tiers_over_any_counters_and_by_residence() -> None:
    rules = programme(
        units=UNITS,
        tiers="[{name: BASIC}, {name: SILVER, reached: {any_of: [{xp: 10}, {segments: 5}]},"
        " by_residence: [{residence: [FR, MC], reached: {xp: 20}}]},"
        " {name: GOLD, reached: {all_of: [{xp: 30}, {any_of: [{segments: 1}, {qualifying: 9}]}]}}]",
    )
    cases: list[tuple[dict[str, int], str, str]] = [
        ({}, "", "BASIC"),
        ({"xp": 9, "segments": 4}, "", "BASIC"),
        ({"xp": 10}, "", "SILVER"),
        ({"segments": 5}, "", "SILVER"),
        ({"xp": 19, "segments": 5}, "MC", "BASIC"),
        ({"xp": 20}, "FR", "SILVER"),
        ({"xp": 30}, "", "SILVER"),
        ({"xp": 30, "segments": 1}, "FR", "GOLD"),
        ({"xp": 30, "qualifying": 9}, "", "GOLD"),
    ]
    for counters, residence, tier in cases:
        assert rules.tier_of(counters, residence=residence) == tier, counters
    gold = rules.tiers[-1]
    assert gold.reached.thresholds() == {"xp": 30, "segments": 1, "qualifying": 9}
    assert rules.tiers[1].condition("FR").thresholds() == {"xp": 20}


@pytest.mark.parametrize(
    ("tiers", "what"),
    [
        ("[{name: A}, {name: B, reached: {xpp: 5}}]", 'did you mean "xp"'),
        ("[{name: A}, {name: B, reached: [5]}]", "should be a mapping"),
        ("[{name: A}, {name: B, reached: {xp: -5}}]", "0 or more"),
        ("[{name: A}, {name: B, reached: {any_of: [{xp: 5}, {}]}}]", "exactly one of any_of, all_of"),
        ("[{name: A, by_residence: [{residence: [FR], reached: {xp: 5}}]}]", "needs no condition"),
        (
            "[{name: A}, {name: B, reached: {xp: 5}, by_residence: [{residence: [FR, FR], reached: {xp: 5}}]}]",
            '"FR" has a condition already',
        ),
        (
            "[{name: A}, {name: B, reached: {xp: 5}, by_residence: [{residence: [XX], reached: {xp: 5}}]}]",
            '"XX" is no country',
        ),
        (
            "[{name: A}, {name: B, reached: " + "{any_of: [" * 9 + "{xp: 5}" + "]}" * 9 + "}]",
            "exactly one of",
        ),
    ],
)
def test_mistakes_of_tiers(tiers: str, what: str) -> None:
    found = problems(units=UNITS, tiers=tiers)
    assert any(what in problem.text and problem.line == 9 for problem in found), found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("{period: calendar_year, valid: {years: 1}}", {"period": "calendar_year", "valid_years": 1}),
        (
            "{period: {rolling_months: 12}, valid: {months: 24}}",
            {"period": "rolling_months", "period_months": 12, "valid_months": 24, "valid_years": None},
        ),
        (
            "{period: {anniversary: 12}, valid: {years: 2, end: end_of_february}, soft_landing: 1}",
            {"period": "anniversary", "valid_years": 2, "valid_to_february": True, "soft_landing": 1},
        ),
        (
            "{period: membership_year, valid: {years: 0}, deduct: [xp], rollover: {xp: 300},"
            " extension: {fulfilment: 70, unit: segments}, good_faith: keep}",
            {"deduct": ("xp",), "rollover": {"xp": 300}, "good_faith": "keep"},
        ),
    ],
)
def test_qualification(words: str, expected: dict[str, Any]) -> None:
    found = programme(units=UNITS, qualification=words).qualification_on()
    assert {word: getattr(found, word) for word in expected} == expected
    assert found.rule == "frame.yaml:12"
    if "extension" in words:
        assert found.extension == Extension(found.extension.fulfilment, "segments")  # type: ignore[union-attr]


def test_qualification_that_is_not_named() -> None:
    found = programme().qualification_on()
    assert (found.period, found.valid_years, found.soft_landing, found.good_faith) == (
        "calendar_year",
        1,
        None,
        "recompute",
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("{period: calender_year, valid: {years: 1}}", "calendar_year"),
        ("{period: {rolling_months: 12, anniversary: 12}, valid: {years: 1}}", "exactly one of"),
        ("{period: calendar_year, valid: {years: 1, months: 2}}", "either years or months"),
        ("{period: calendar_year, valid: {months: 2, end: end_of_february}}", '"end" needs years'),
        ("{period: calendar_year, valid: {years: 1}, deduct: [award]}", "no counter"),
        ("{period: calendar_year, valid: {years: 1}, rollover: {xpp: 5}}", 'did you mean "xp"'),
        ("{period: calendar_year, valid: {years: 1}, extension: {fulfilment: 170, unit: xp}}", "100"),
        ("{period: calendar_year, valid: {years: 1}, soft_landing: 0}", "1"),
    ],
)
def test_mistakes_of_qualification(words: str, what: str) -> None:
    found = problems(units=UNITS, qualification=words)
    assert any(what in problem.text and problem.line == 12 for problem in found), found


@pytest.mark.parametrize(
    ("expiry", "earned_on", "expires_on"),
    [
        ("{model: months, months: 36, end: month}", date(2024, 2, 10), date(2027, 2, 28)),
        ("{model: months, months: 36, end: quarter}", date(2024, 2, 10), date(2027, 3, 31)),
        ("{model: months, months: 36, end: quarter}", date(2024, 12, 31), date(2027, 12, 31)),
        ("{model: months, months: 36, end: year}", date(2024, 2, 10), date(2027, 12, 31)),
        ("{model: months, months: 12, end: day}", date(2024, 2, 29), date(2025, 2, 28)),
        ("{model: inactivity, months: 24}", date(2024, 2, 29), date(2026, 2, 28)),
        ("[{model: never}]", date(2024, 2, 29), None),
    ],
)
def test_models_of_expiry(expiry: str, earned_on: date, expires_on: date | None) -> None:
    assert programme(expiry=expiry).expires_on(earned_on) == expires_on


def test_expiry_asks_who_the_member_is() -> None:
    rules = programme(
        expiry="[{model: never, when: {tiers: [GOLD]}}, {model: end_of_year, years: 3, when: {residence: [FR]}},"
        " {model: never, when: {age: {below: 12}}}, {model: months, months: 1}]"
    )
    day = date(2026, 5, 5)
    assert rules.expires_on(day, Standing("GOLD")) is None
    assert rules.expires_on(day, Standing(residence="FR")) == date(2029, 12, 31)
    assert rules.expires_on(day, Standing(born=date(2014, 5, 6))) is None
    assert rules.expires_on(day, Standing(born=date(2014, 5, 5))) == date(2026, 6, 5)
    assert rules.expires_on(day) == date(2026, 6, 5)


def test_activity_keeps_miles_alive() -> None:
    rules = programme(expiry="{model: inactivity, months: 24, activity: {operating: [QQ]}}")
    rule = rules.expiry_for(date(2024, 1, 1))
    assert rule.expires_on(date(2024, 1, 1), date(2025, 6, 1)) == date(2027, 6, 1)
    assert rule.expires_on(date(2024, 1, 1), date(2023, 6, 1)) == date(2026, 1, 1)
    own, other = (
        rules.versions[0].case(facts, Standing())
        for facts in (FACTS, type(FACTS)("ZZ", "QQ", "Y", False, "DME", "AER", FACTS.flown_on))
    )
    assert (rule.is_activity(own), rule.is_activity(other)) == (True, False)


@pytest.mark.parametrize(
    ("expiry", "what"),
    [
        ("{model: months}", '"months" is missing'),
        ("{model: never, months: 5}", "means nothing for never"),
        ("{model: end_of_year, years: 1, end: quarter}", '"end" means nothing'),
        ("{model: months, months: 1, activity: {classes: [Y]}}", '"activity" means nothing'),
        ("[{model: never}, {model: months, months: 1}]", "never used"),
        ("[{model: never, when: {tiers: [GOLD]}}]", "needs to hold for everybody"),
        ("[{model: never, when: {classes: [Y]}}, {model: never}]", '"classes" means nothing here, only: age'),
        ("[{model: nevr}]", 'did you mean "never"'),
    ],
)
def test_mistakes_of_expiry(expiry: str, what: str) -> None:
    found = problems(expiry=expiry)
    assert any(what in problem.text and problem.line == 10 for problem in found), found


def test_months_later() -> None:
    assert [months_later(date(2024, 1, 31), months) for months in (0, 1, 13, 12 * 100)] == [
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2124, 1, 31),
    ]


def test_grants_compensations_and_migrations() -> None:
    rules = programme(
        grants="[{name: welcome, on: enrolment, amounts: {award: 500}, when: {age: {from: 12}}},"
        " {name: day, on: [birthday, first_flight], amounts: {award: 100, segments: 1}}]",
        compensations="[{name: late, kind: delay, minutes: 180, amounts: {award: 500},"
        " dates: {from: 2023-10-23}, when: {operating: [QQ]}}]",
        migrations="[{on: 2024-05-17, unit: award, factor: 1.6, round: half_up},"
        " {on: 2005-03-22, unit: qualifying, factor: '0.5', round: floor}]",
        retro="{months: 12, before_enrolment_days: 365, not_before_days: 3}",
    )
    found = rules.version_on().allowances
    assert [(grant.name, grant.on, dict(grant.amounts)) for grant in found.grants] == [
        ("welcome", ("enrolment",), {"award": 500}),
        ("day", ("birthday", "first_flight"), {"award": 100, "segments": 1}),
    ]
    welcome = found.grants[0]
    assert welcome.test is not None
    grown, unknown = (rules.versions[0].case(FACTS, Standing(born=born)) for born in (date(2000, 1, 1), None))
    assert (welcome.test(grown), welcome.test(unknown)) == (True, False)
    (late,) = found.compensations
    assert (late.kind, late.minutes, late.first, late.last) == ("delay", 180, date(2023, 10, 23), date.max)
    assert [(one.on.year, one.converted(5)) for one in found.migrations] == [(2005, 2), (2024, 8)]
    assert found.retro is not None


@pytest.mark.parametrize(
    ("claimed_on", "enrolled_on", "refusal"),
    [
        (date(2026, 3, 4), None, ""),
        (date(2026, 3, 3), None, "too_early"),
        (date(2027, 3, 1), None, ""),
        (date(2027, 3, 2), None, "too_late"),
        (date(2026, 3, 4), date(2027, 3, 1), ""),
        (date(2026, 3, 4), date(2027, 3, 2), "before_enrolment"),
    ],
)
def test_the_retro_window(claimed_on: date, enrolled_on: date | None, refusal: str) -> None:
    retro = (
        programme(retro="{months: 12, before_enrolment_days: 365, not_before_days: 3}")
        .version_on()
        .allowances.retro
    )
    assert retro is not None
    assert retro.refusal(date(2026, 3, 1), claimed_on, enrolled_on) == refusal


@pytest.mark.parametrize(
    ("section", "value", "what"),
    [
        ("grants", "[{name: a, on: enrolment, amounts: {awrd: 5}}]", 'did you mean "award"'),
        ("grants", "[{name: a, on: enrolement, amounts: {award: 5}}]", 'did you mean "enrolment"'),
        ("grants", "[{name: a, on: enrolment, amounts: {}}]", "should not be empty"),
        (
            "grants",
            "[{name: a, on: birthday, amounts: {award: 5}, when: {classes: [Y]}}]",
            "means nothing here",
        ),
        (
            "grants",
            "[{name: a, on: birthday, amounts: {award: 5}}, {name: a, on: birthday, amounts: {award: 5}}]",
            '"a" stands here twice',
        ),
        (
            "compensations",
            "[{name: a, kind: delay, amounts: {award: 5}, dates: {from: 2024-01-02, until: 2024-01-01}}]",
            "no day lies in this range",
        ),
        ("migrations", "[{on: 2024-01-01, unit: miles, factor: 2, round: floor}]", 'no unit "miles"'),
        ("migrations", "[{on: 2024-01-01, unit: award, factor: 0, round: floor}]", "more than 0"),
        (
            "migrations",
            "[{on: 2024-01-01, unit: award, factor: 2, round: floor},"
            " {on: 2024-01-01, unit: award, factor: 3, round: floor}]",
            "changed on this day already",
        ),
        ("retro", "{month: 5}", 'did you mean "months"'),
        ("units", "{distance: {}}", "has a meaning of its own"),
        ("units", "{Award: {}}", "pattern"),
        ("currencies", "{EUR: {2024-13-01: 1}}", "is no date"),
        ("currencies", "{EUR: {}}", "dates belong here"),
    ],
)
def test_mistakes(section: str, value: str, what: str) -> None:
    found = problems(**{section: value})
    assert any(what in problem.text and problem.line == 11 for problem in found), found


@given(some.integers(1, 5000), some.lists(some.integers(0, 10_000), min_size=1, max_size=10))
def test_who_converts_in_parts_gains_nothing(thousandths: int, parts: list[int]) -> None:
    factor = Decimal(thousandths) / 1000
    rules = programme(conversions=f"[{{from: award, to: qualifying, factor: {factor}}}]")
    rule = rules.versions[0].allowances.conversion("award", date(2026, 1, 1))
    assert rule is not None
    assert sum(map(rule.converted, parts)) <= rule.converted(sum(parts)) <= sum(parts) * factor
