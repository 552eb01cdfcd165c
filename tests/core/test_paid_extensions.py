"""Paid extensions of a tier: what they lengthen, and what was flown for it."""

from dataclasses import replace
from datetime import date

import pytest

from loyalty_core.rules.tiers.calendar import BY_CALENDAR, PeriodKind, TierCalendar
from loyalty_core.rules.tiers.spells import Extension, Given, Stage, extensions, spells_of
from tests.core.test_spells import TIERS, flown, told

PAYABLE = TierCalendar(extension=(70, "miles"))
FEBRUARY = TierCalendar(extension=(70, "miles"), end_of_february=True)
YEAR_2028 = Given("SILVER", date(2028, 1, 1), date(2028, 12, 31), "paid", paid=True)
HELD = "BASIC to 2026-03-01, SILVER 2026-03-01+ to {}, BASIC {}"
AS_FLOWN, EXTENDED = HELD.format("2027-12-31", "2028-01-01"), HELD.format("2028-12-31", "2029-01-01")


def paid(first: str, last: str, tier: str = "SILVER") -> Given:
    return Given(tier, date.fromisoformat(first), date.fromisoformat(last), "paid", paid=True)


@pytest.mark.parametrize(
    ("rules", "miles", "given", "expected"),
    [
        (PAYABLE, 13, (YEAR_2028,), AS_FLOWN),
        (PAYABLE, 14, (YEAR_2028,), EXTENDED),
        (BY_CALENDAR, 14, (YEAR_2028,), AS_FLOWN),
        # A day lies in between: there is nothing to extend.
        (PAYABLE, 14, (paid("2028-01-02", "2028-12-31"),), AS_FLOWN),
        (PAYABLE, 14, (paid("2028-01-01", "2028-12-31", "GOLD"),), AS_FLOWN),
        # Paid for early it is judged by what was flown until the tier would have ended, not by what it was reached by.
        (PAYABLE, 13, (paid("2027-02-01", "2028-12-31"),), AS_FLOWN),
        (PAYABLE, 14, (paid("2027-02-01", "2028-12-31"),), EXTENDED),
        # 2028 has hardly begun when February ends: 2027 is what counts.
        (FEBRUARY, 14, (paid("2028-03-01", "2029-02-28"),), HELD.format("2029-02-28", "2029-03-01")),
        (FEBRUARY, 13, (paid("2028-03-01", "2029-02-28"),), HELD.format("2028-02-29", "2028-03-01")),
        # What was extended for nothing flown in its year isn't extended once more.
        (PAYABLE, 14, (paid("2029-01-01", "2029-12-31"), YEAR_2028), EXTENDED),
        (PAYABLE, 14, (paid("0001-01-01", "2029-12-31"), paid("2028-01-01", "2028-12-31", "RUBY")), AS_FLOWN),
    ],
)  # fmt: skip
def test_a_tier_is_extended_from_so_much_on(
    rules: TierCalendar, miles: int, given: tuple[Given, ...], expected: str
) -> None:
    facts = flown(("2026-03-01", 20), ("2027-04-01", miles), given=given)
    assert told(spells_of(TIERS, rules, facts)) == expected
    assert told(spells_of(TIERS, rules, replace(facts, given=given[::-1]))) == expected


def test_an_extension_is_extended_and_gifts_are_too() -> None:
    second = paid("2029-01-01", "2029-12-31")
    facts = flown(("2026-03-01", 20), ("2027-04-01", 14), ("2028-04-01", 14), given=(second, YEAR_2028))
    (_basic, silver, _after) = spells_of(TIERS, PAYABLE, facts)
    assert (silver.until, silver.why, silver.source) == (date(2029, 12, 31), "reached", "paid")
    gift = Given("SILVER", date(2027, 1, 1), date(2027, 12, 31), "gift")
    (_basic, silver, _after) = spells_of(TIERS, PAYABLE, flown(("2027-04-01", 14), given=(YEAR_2028, gift)))
    assert (silver.until, silver.why, silver.source) == (date(2028, 12, 31), "given", "gift, paid")


@pytest.mark.parametrize(
    ("miles", "given", "rules", "found"),
    [
        (14, YEAR_2028, PAYABLE, Extension(True, "miles", 14, 14)),
        (13, YEAR_2028, PAYABLE, Extension(True, "miles", 13, 14)),
        (14, YEAR_2028, TierCalendar(extension=(71, "miles")), Extension(True, "miles", 14, 15)),
        (14, YEAR_2028, TierCalendar(extension=(70, "own")), Extension(True, "own", 0, 0)),
        (14, YEAR_2028, BY_CALENDAR, Extension(True)),
        (14, replace(YEAR_2028, since=date(2028, 1, 2)), PAYABLE, Extension(False)),
    ],
)
def test_what_becomes_of_an_extension_is_told(
    miles: int, given: Given, rules: TierCalendar, found: Extension
) -> None:
    facts = flown(("2026-03-01", 20), ("2027-04-01", miles), given=(given,))
    stages = [Stage(date.min, TIERS, rules)]
    assert extensions(stages, [tier.name for tier in TIERS], facts) == [(given, found)]
    assert found.counts is (found.counted == 14 and found.needed == 14)


@pytest.mark.parametrize("until", [None, date.max])
@pytest.mark.parametrize("period", ["year", "rolling", "anniversary", "membership_year"])
def test_what_has_no_end_is_not_extended(period: PeriodKind, until: date | None) -> None:
    rules = replace(PAYABLE, period=period)
    for since in (None, date(2026, 5, 5)):
        gift = Given("SILVER", since, until, "gift")
        facts = replace(flown(("2026-03-01", 4), given=(gift, YEAR_2028)), enrolled_on=date(2024, 2, 29))
        names = [tier.name for tier in TIERS]
        assert extensions([Stage(date.min, TIERS, rules)], names, facts) == [(YEAR_2028, Extension(True))]
        assert spells_of(TIERS, rules, facts)[-1].until is None
