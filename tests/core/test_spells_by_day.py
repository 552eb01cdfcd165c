"""Tiers over time where the rules change: each day is judged by what holds on it."""

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from loyalty_core.rules.tiers.calendar import BY_CALENDAR, TierCalendar
from loyalty_core.rules.tiers.spells import (
    Flown,
    Stage,
    spell_on,
    spells_by_day,
)
from loyalty_core.rules.tiers.thresholds import Threshold, TierRule
from tests.core.test_spells import flown, told


def since(day: str, calendar: TierCalendar = BY_CALENDAR, **thresholds: int) -> Stage:
    """Rules from a day on: tier -> miles, 0 for a tier that is only given."""
    rules = (
        TierRule(name, Threshold("miles", least) if least else None) for name, least in thresholds.items()
    )
    return Stage(date.fromisoformat(day), (TierRule("BASIC"), *rules), calendar)


START = "0001-01-01"
HIGHER = since("2027-07-01", SILVER=50, GOLD=90)
LOWER = since("2027-07-01", SILVER=5, GOLD=15)
FIRST = since(START, SILVER=20, GOLD=40)
ROLLING = TierCalendar(period="rolling", months=12, valid_years=None, valid_months=6)
PAYING = TierCalendar(deduct=("miles",))
CARRYING = TierCalendar(rollover={"miles": 100})

BY_DAY: list[tuple[str, list[Stage], Flown, str]] = [
    (
        "what was reached before lasts as was promised",
        [FIRST, HIGHER],
        flown(("2027-03-01", 20)),
        "BASIC to 2027-03-01, SILVER 2027-03-01+ to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "what is flown after is judged by what holds then",
        [FIRST, HIGHER],
        flown(("2027-07-01", 20), ("2027-07-02", 29)),
        "BASIC",
    ),
    (
        "together with what was flown before in the period at hand",
        [FIRST, HIGHER],
        flown(("2027-06-01", 19), ("2027-07-02", 31)),
        "BASIC to 2027-07-02, SILVER 2027-07-02+ to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "rules that begin judge the period at hand in the morning",
        [FIRST, LOWER],
        flown(("2027-06-01", 16)),
        "BASIC to 2027-06-30, GOLD 2027-07-01 to 2028-12-31, BASIC 2029-01-01",
    ),
    (
        "but none that is over",
        [FIRST, since("2027-01-01", SILVER=5)],
        flown(("2026-12-31", 16), ("2027-02-01", 4)),
        "BASIC",
    ),
    (
        "how long a tier lasts is by the day on which it is reached",
        [FIRST, since("2027-07-01", TierCalendar(valid_years=2), SILVER=20, GOLD=40)],
        flown(("2026-06-01", 20), ("2027-08-01", 40)),
        "BASIC to 2026-06-01, SILVER 2026-06-01+ to 2027-08-01, GOLD 2027-08-01+ to 2029-12-31, BASIC 2030-01-01",
    ),
    (
        "where one lands is by the day on which it ends, of the tiers of that day",
        [FIRST, since("2029-01-01", TierCalendar(soft_landing=1), SILVER=20, IRON=30, GOLD=40)],
        flown(("2027-03-01", 40)),
        "BASIC to 2027-03-01, GOLD 2027-03-01+ to 2028-12-31, IRON 2029-01-01 to 2029-12-31,"
        " SILVER 2030-01-01 to 2030-12-31, BASIC 2031-01-01",
    ),
    (
        "a tier that the rules of the day lack is nowhere to land",
        [
            since(START, TierCalendar(soft_landing=1), SILVER=20, GOLD=40),
            since("2029-01-02", SILVER=20, IRON=30, GOLD=40),
        ],
        flown(("2027-03-01", 40)),
        "BASIC to 2027-03-01, GOLD 2027-03-01+ to 2028-12-31, SILVER 2029-01-01 to 2029-12-31, BASIC 2030-01-01",
    ),
    (
        "rules for a while",
        [FIRST, since("2027-07-01", SILVER=5, GOLD=90), since("2027-08-01", SILVER=20, GOLD=40)],
        flown(("2027-07-31", 6), ("2028-08-01", 6), ("2029-08-01", 39)),
        "BASIC to 2027-07-31, SILVER 2027-07-31+ to 2028-12-31, BASIC 2029-01-01 to 2029-08-01,"
        " SILVER 2029-08-01+ to 2030-12-31, BASIC 2031-01-01",
    ),
    (
        "other periods count what was flown in them before",
        [FIRST, since("2027-03-01", ROLLING, SILVER=20, GOLD=40)],
        flown(("2026-02-28", 9), ("2026-04-01", 10), ("2027-02-01", 4), ("2027-03-02", 6)),
        "BASIC to 2027-03-02, SILVER 2027-03-02+ to 2027-09-02, BASIC 2027-09-03",
    ),
    (
        "what a tier took off stays off",
        [
            since(START, PAYING, SILVER=20, GOLD=40),
            since("2027-03-01", TierCalendar(begins=(2, 1), deduct=("miles",)), SILVER=20, GOLD=40),
        ],
        flown(("2027-02-01", 35), ("2027-03-01", 24)),
        "BASIC to 2027-02-01, SILVER 2027-02-01+ to 2029-01-31, BASIC 2029-02-01",
    ),
    (
        "anniversaries of another length count on from the last upgrade",
        [
            since(START, TierCalendar(period="anniversary"), SILVER=20, GOLD=40),
            since("2027-05-01", TierCalendar(period="anniversary", months=24), SILVER=20, GOLD=40),
        ],
        flown(("2027-02-01", 25), ("2027-06-01", 39)),
        "BASIC to 2027-02-01, SILVER 2027-02-01+ to 2031-02-01, BASIC 2031-02-02",
    ),
    (
        "what goes into a period that begins with new rules is by the old ones",
        [
            since(START, CARRYING, SILVER=20, GOLD=90),
            since("2028-01-01", CARRYING, SILVER=30, GOLD=90),
        ],
        flown(("2027-02-01", 45), ("2028-02-01", 5)),
        "BASIC to 2027-02-01, SILVER 2027-02-01+ to 2029-12-31, BASIC 2030-01-01",
    ),
]


@pytest.mark.parametrize(
    ("stages", "facts", "expected"), [each[1:] for each in BY_DAY], ids=[each[0] for each in BY_DAY]
)
def test_spells_by_rules_that_change(stages: list[Stage], facts: Flown, expected: str) -> None:
    names = max(([tier.name for tier in stage.tiers] for stage in stages), key=len)
    assert told(spells_by_day(stages, names, facts)) == expected


@pytest.mark.parametrize("seed", range(200))
def test_rules_to_come_change_nothing_before_their_day(seed: int) -> None:
    chance = random.Random(seed)
    days = sorted(date(2027, 1, 1) + timedelta(days=chance.randrange(1500)) for _flight in range(8))
    facts = Flown([(day, {"miles": chance.randrange(1, 30)}) for day in dict.fromkeys(days)])
    calendars = [
        BY_CALENDAR, ROLLING, PAYING, CARRYING, TierCalendar(period="anniversary", valid_years=1),
        TierCalendar(period="membership_year"), TierCalendar(begins=(4, 1), soft_landing=1),
    ]  # fmt: skip
    turns = sorted(date(2027, 1, 1) + timedelta(days=chance.randrange(1500)) for _turn in range(3))
    stages = [
        since(day.isoformat(), chance.choice(calendars), SILVER=chance.randrange(1, 40), GOLD=40)
        for day in (date.min, *dict.fromkeys(turns))
    ]
    names = ["BASIC", "SILVER", "GOLD"]
    spells = spells_by_day(stages, names, facts)
    assert spells[0].since == date.min
    assert spells[-1].until is None
    for one, following in pairwise(spells):
        assert one.tier != following.tier
        assert one.until is not None
    for stage in stages[1:]:
        before = spells_by_day(stages[: stages.index(stage)], names, facts)
        for day in (stage.since, *(each for each, _counters in facts.days if each < stage.since)):
            eve = day - timedelta(days=1)
            assert spell_on(before, eve).tier == spell_on(spells, eve).tier
