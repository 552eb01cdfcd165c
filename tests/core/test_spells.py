"""Tiers over time: periods, validity, landing, rollover, deduction; and what must hold for whatever was flown."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest

from loyalty_core.rules.tiers.calendar import BY_CALENDAR, PeriodKind, TierCalendar, add_months
from loyalty_core.rules.tiers.spells import (
    Flown,
    Given,
    Spell,
    spell_on,
    spells_of,
    tier_before,
)
from loyalty_core.rules.tiers.thresholds import EVER, AllOf, AnyOf, Threshold, TierRule, Window

TIERS = (
    TierRule("BASIC"),
    TierRule("SILVER", Threshold("miles", 20)),
    TierRule("GOLD", AnyOf((Threshold("miles", 50), AllOf((Threshold("miles", 30), Threshold("own", 4)))))),
    TierRule("PLATINUM", Threshold("miles", 100)),
)
XP = (
    TierRule("EXPLORER"),
    TierRule("SILVER", Threshold("xp", 100)),
    TierRule("GOLD", Threshold("xp", 180)),
    TierRule("PLATINUM", Threshold("xp", 300)),
)


def flown(*flights: tuple[str, int], unit: str = "miles", **more: object) -> Flown:
    days: dict[date, dict[str, int]] = {}
    for day, amount in sorted(flights):
        counters = days.setdefault(date.fromisoformat(day), {})
        counters[unit] = counters.get(unit, 0) + amount
    return Flown(tuple(days.items()), **more)  # type: ignore[arg-type]


def told(spells: Iterable[Spell]) -> str:
    """``SILVER 2026-03-01+ to 2027-12-31, BASIC 2028-01-01``: the plus is for the evening; the first has no day."""
    found = []
    for number, each in enumerate(spells):
        since = f" {each.since}{'+' if each.flown else ''}" if number else ""
        until = f" to {each.until}" if each.until else ""
        found.append(f"{each.tier}{since}{until}")
    return ", ".join(found)


CASES = [
    ("nothing flown", BY_CALENDAR, flown(), "BASIC"),
    (
        "reached in a day of two flights, to the end of the next year",
        BY_CALENDAR,
        flown(("2026-03-01", 12), ("2026-03-01", 12)),
        "BASIC to 2026-03-01, SILVER 2026-03-01+ to 2027-12-31, BASIC 2028-01-01",
    ),
    ("two years don't add up", BY_CALENDAR, flown(("2026-12-31", 12), ("2027-01-01", 12)), "BASIC"),
    (
        "reached again before it ends",
        BY_CALENDAR,
        flown(("2026-03-01", 20), ("2027-12-31", 20)),
        "BASIC to 2026-03-01, SILVER 2026-03-01+ to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "reached again a day too late",
        BY_CALENDAR,
        flown(("2026-03-01", 20), ("2028-01-01", 20)),
        "BASIC to 2026-03-01, SILVER 2026-03-01+ to 2027-12-31, BASIC 2028-01-01 to 2028-01-01,"
        " SILVER 2028-01-01+ to 2029-12-31, BASIC 2030-01-01",
    ),
    (
        "falls to what is reached",
        BY_CALENDAR,
        flown(("2026-03-01", 100), ("2027-03-01", 25)),
        "BASIC to 2026-03-01, PLATINUM 2026-03-01+ to 2027-12-31, SILVER 2028-01-01 to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "lands a level lower, year by year",
        TierCalendar(soft_landing=1),
        flown(("2026-03-01", 100)),
        "BASIC to 2026-03-01, PLATINUM 2026-03-01+ to 2027-12-31, GOLD 2028-01-01 to 2028-12-31,"
        " SILVER 2029-01-01 to 2029-12-31, BASIC 2030-01-01",
    ),
    (
        "lands two levels lower at most",
        TierCalendar(soft_landing=2),
        flown(("2026-03-01", 100)),
        "BASIC to 2026-03-01, PLATINUM 2026-03-01+ to 2027-12-31, SILVER 2028-01-01 to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "lands no lower than what is reached",
        TierCalendar(soft_landing=2),
        flown(("2026-03-01", 100), ("2027-05-01", 50)),
        "BASIC to 2026-03-01, PLATINUM 2026-03-01+ to 2027-12-31, GOLD 2028-01-01 to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "to the end of February",
        TierCalendar(valid_years=2, end_of_february=True),
        flown(("2020-03-01", 20)),
        "BASIC to 2020-03-01, SILVER 2020-03-01+ to 2023-02-28, BASIC 2023-03-01",
    ),
    (
        "years from the first of April",
        TierCalendar(begins=(4, 1)),
        flown(("2026-03-31", 12), ("2026-04-01", 12), ("2027-03-31", 12)),
        "BASIC to 2027-03-31, SILVER 2027-03-31+ to 2028-03-31, BASIC 2028-04-01",
    ),
    (
        "years of membership",
        TierCalendar(period="membership_year"),
        flown(("2026-03-09", 12), ("2026-03-10", 12), ("2027-03-09", 12), enrolled_on=date(2019, 3, 10)),
        "BASIC to 2027-03-09, SILVER 2027-03-09+ to 2028-03-09, BASIC 2028-03-10",
    ),
    (
        "enrolled on a leap day",
        TierCalendar(period="membership_year"),
        flown(("2026-02-28", 20), enrolled_on=date(2024, 2, 29)),
        "BASIC to 2026-02-28, SILVER 2026-02-28+ to 2028-02-28, BASIC 2028-02-29",
    ),
    (
        "twelve months rolling, valid for twenty-four",
        TierCalendar(period="rolling", months=12, valid_years=None, valid_months=24),
        flown(("2026-03-01", 10), ("2027-02-28", 10)),
        "BASIC to 2027-02-28, SILVER 2027-02-28+ to 2029-02-28, BASIC 2029-03-01",
    ),
    (
        "twelve months and a day",
        TierCalendar(period="rolling", months=12, valid_years=None, valid_months=24),
        flown(("2026-03-01", 10), ("2027-03-01", 10)),
        "BASIC",
    ),
    (
        "a rolling period pays for a tier once",
        TierCalendar(period="rolling", months=12, valid_years=None, valid_months=1, deduct=("miles",)),
        flown(("2026-03-01", 25), ("2026-06-01", 10), ("2026-09-01", 5)),
        "BASIC to 2026-03-01, SILVER 2026-03-01+ to 2026-04-01, BASIC 2026-04-02 to 2026-09-01,"
        " SILVER 2026-09-01+ to 2026-10-01, BASIC 2026-10-02",
    ),
    (
        "a given tier, and beside it a lower one of her own",
        BY_CALENDAR,
        flown(("2026-03-01", 20), given=(Given("GOLD", date(2026, 2, 1), date(2026, 6, 30), "match"),)),
        "BASIC to 2026-01-31, GOLD 2026-02-01 to 2026-06-30, SILVER 2026-07-01 to 2027-12-31, BASIC 2028-01-01",
    ),
    (
        "given for good",
        BY_CALENDAR,
        flown(("2026-03-01", 50), given=(Given("SILVER"),)),
        "SILVER to 2026-03-01, GOLD 2026-03-01+ to 2027-12-31, SILVER 2028-01-01",
    ),
    ("a tier that isn't there any more is not given", BY_CALENDAR, flown(given=(Given("RUBY"),)), "BASIC"),
]


@pytest.mark.parametrize(
    ("rules", "facts", "expected"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_spells(rules: TierCalendar, facts: Flown, expected: str) -> None:
    assert told(spells_of(TIERS, rules, facts)) == expected


FLYING = TierCalendar(
    period="anniversary",
    months=12,
    valid_years=None,
    valid_months=12,
    soft_landing=1,
    deduct=("xp",),
    rollover={"xp": 300},
)
"""What Flying Blue says of experience points."""


@pytest.mark.parametrize(
    ("flights", "expected"),
    [
        ([("2026-03-01", 99)], "EXPLORER"),
        # 300 at once: 100 for SILVER, 180 for GOLD, 20 are left. Nothing more: down by one level a year.
        (
            [("2026-03-01", 300)],
            "EXPLORER to 2026-03-01, GOLD 2026-03-01+ to 2027-03-01, SILVER 2027-03-02 to 2028-03-01,"
            " EXPLORER 2028-03-02",
        ),
        # The year begins anew with the upgrade: the twenty that were left and 80 keep SILVER for another.
        (
            [("2026-03-01", 120), ("2027-02-28", 80)],
            "EXPLORER to 2026-03-01, SILVER 2026-03-01+ to 2028-03-01, EXPLORER 2028-03-02",
        ),
        # What is beyond the threshold goes into the next year, and keeps SILVER once more by itself.
        (
            [("2026-03-01", 100), ("2027-01-01", 170), ("2028-01-01", 30)],
            "EXPLORER to 2026-03-01, SILVER 2026-03-01+ to 2029-03-01, EXPLORER 2029-03-02",
        ),
    ],
)
def test_points_that_an_upgrade_takes_off(flights: list[tuple[str, int]], expected: str) -> None:
    assert told(spells_of(XP, FLYING, flown(*flights, unit="xp"))) == expected


def test_at_most_so_much_is_carried() -> None:
    rules = TierCalendar(rollover={"miles": 15})
    facts = flown(("2026-03-01", 90), ("2027-03-01", 5))
    # 40 beyond what GOLD takes, of which 15 are carried: with five more they are SILVER.
    assert told(spells_of(TIERS, rules, facts)) == (
        "BASIC to 2026-03-01, GOLD 2026-03-01+ to 2027-12-31, SILVER 2028-01-01 to 2028-12-31, BASIC 2029-01-01"
    )
    assert "SILVER" not in told(spells_of(TIERS, TierCalendar(rollover={"miles": 14}), facts))
    # Of 60 only what is beyond the 50 of GOLD is carried.
    for miles, silver in ((9, False), (10, True)):
        facts = flown(("2026-03-01", 60), ("2027-03-01", miles))
        assert ("SILVER" in told(spells_of(TIERS, rules, facts))) is silver


def test_thresholds_by_residence_and_with_windows() -> None:
    tiers = (
        TierRule("BASIC"),
        TierRule("SILVER", Threshold("miles", 20), {"FR": Threshold("miles", 30)}),
        TierRule("GOLD", AllOf((Threshold("miles", 10, Window(24, "SILVER")), Threshold("miles", 40, EVER)))),
        TierRule("RUBY"),
    )
    facts = flown(("2026-03-01", 25), ("2027-03-01", 5), ("2027-06-01", 15))
    spells = spells_of(tiers, BY_CALENDAR, facts)
    assert [spell.tier for spell in spells] == ["BASIC", "SILVER", "GOLD", "BASIC"]
    assert spells[2].since == date(2027, 6, 1)
    french = Flown(facts.days, residence="FR")
    assert [spell.tier for spell in spells_of(tiers, BY_CALENDAR, french)] == ["BASIC"]


@pytest.mark.parametrize("period", ["anniversary", "membership_year"])
def test_the_last_period_of_all_ends_with_time(period: PeriodKind) -> None:
    found = TierCalendar(period=period, months=12).period_of(date.max, date(2024, 2, 29))
    assert found.last == date.max
    assert found.first <= date.max


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-12-31", 24, "2028-12-31"),
        ("9998-12-31", 24, "9999-12-31"),
    ],
)
def test_months_are_added(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


# --- whatever was flown ----------------------------------------------------------------------------------------------


def random_rules(chance: random.Random) -> TierCalendar:
    months = chance.choice([None, None, 1, 12, 24])
    return TierCalendar(
        period=chance.choice(["year", "membership_year", "rolling", "anniversary"]),
        months=chance.choice([1, 6, 12, 24]),
        begins=chance.choice([(1, 1), (4, 1), (2, 29)]),
        valid_years=None if months else chance.choice([0, 1, 2]),
        valid_months=months,
        end_of_february=chance.random() < 0.3,
        soft_landing=chance.choice([0, 0, 1, 2]),
        deduct=chance.choice([(), ("miles",)]),
        rollover=chance.choice([{}, {"miles": 10}, {"miles": 500}]),
        extension=chance.choice([None, (50, "miles"), (5, "miles")]),
    )


def random_facts(chance: random.Random) -> Flown:
    days: dict[date, dict[str, int]] = {}
    for _number in range(chance.randrange(12)):
        day = date(2024, 1, 1) + timedelta(days=chance.randrange(1500))
        days[day] = {"miles": chance.choice([1, 5, 20, 60, 400]), "own": chance.randrange(3)}
    given = []
    while chance.random() < 0.4:
        # An extension mostly begins where a year ends, as validity often does.
        paid = chance.random() < 0.6
        day = date(2024, 1, 1) + timedelta(days=chance.randrange(1500))
        since = chance.choice([date(day.year + 1, 1, 1), date(day.year + 1, 3, 1), day]) if paid else day
        until = since + timedelta(days=chance.randrange(900)) if paid or chance.random() < 0.9 else None
        source = "paid" if paid else "gift"
        given.append(Given(chance.choice(["SILVER", "GOLD"]), since, until, source, paid))
    enrolled_on = date(2020, 2, 29) if chance.random() < 0.5 else None
    return Flown(sorted(days.items()), tuple(given), enrolled_on=enrolled_on)


@pytest.mark.parametrize("seed", range(400))
def test_whatever_was_flown(seed: int) -> None:
    chance = random.Random(seed)
    rules, facts = random_rules(chance), random_facts(chance)
    spells = spells_of(TIERS, rules, facts)
    assert spells[0].since == date.min
    assert spells[-1].until is None
    for one, following in pairwise(spells):
        assert one.tier != following.tier
        assert one.until is not None
        assert following.since == (one.until if following.flown else one.until + timedelta(days=1))
        assert (one.since, one.flown) < (following.since, following.flown)
    # The tier of a flight hangs on earlier days only: the cascade of prices goes by dates and ends.
    for day, _counters in facts.days:
        earlier = Flown([each for each in facts.days if each[0] < day], facts.given, "", facts.enrolled_on)
        assert tier_before(spells_of(TIERS, rules, earlier), day) == tier_before(spells, day)
        last = Flown([each for each in facts.days if each[0] <= day], facts.given, "", facts.enrolled_on)
        assert spell_on(spells_of(TIERS, rules, last), day).tier == spell_on(spells, day).tier


@pytest.mark.parametrize("seed", range(200))
def test_without_rules_the_best_of_this_year_and_the_last_one_counts(seed: int) -> None:
    facts = random_facts(random.Random(seed))
    facts = Flown(facts.days)
    spells = spells_of(TIERS, BY_CALENDAR, facts)

    def reached(year: int, before: date) -> int:
        days = [counters for day, counters in facts.days if day.year == year and day < before]
        totals = {unit: sum(each.get(unit, 0) for each in days) for unit in ("miles", "own")}
        return max(
            level
            for level, tier in enumerate(TIERS)
            if not level or (tier.reached and tier.reached.reached(lambda unit, _window: totals[unit]))
        )

    for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(0, 2200, 7)):
        best = max(reached(day.year, day), reached(day.year - 1, day))
        assert tier_before(spells, day) == TIERS[best].name
