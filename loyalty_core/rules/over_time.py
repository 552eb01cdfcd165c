"""Tiers and qualification as a version has them, in the form in which members' tiers over time are found."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from . import qualification
from .qualification import PeriodKind
from .spells import Flown, Spell, spell_on, spells_of
from .thresholds import AllOf, AnyOf, Condition, Threshold, TierRule
from .tiers import NEVER, Qualification, Reached, Tier

if TYPE_CHECKING:
    from .versions import Version

_PERIODS: dict[str, PeriodKind] = {
    "calendar_year": "year",
    "membership_year": "membership_year",
    "rolling_months": "rolling",
    "anniversary": "anniversary",
}


def condition_of(reached: Reached) -> Condition:
    if reached.kind == "unit":
        return Threshold(reached.unit, reached.amount, reached.window)
    parts = tuple(condition_of(part) for part in reached.parts)
    return AllOf(parts) if reached.kind == "all_of" else AnyOf(parts)


def rules_of(tiers: Sequence[Tier]) -> tuple[TierRule, ...]:
    """From the base tier upwards. Tiers without a condition are only given."""
    return tuple(
        TierRule(
            tier.name,
            None if rank == 0 or tier.reached == NEVER else condition_of(tier.reached),
            {country: condition_of(reached) for country, reached in tier.by_residence.items()},
        )
        for rank, tier in enumerate(tiers)
    )


def periods_of(rules: Qualification) -> qualification.Qualification:
    return qualification.Qualification(
        period=_PERIODS[rules.period],
        months=rules.period_months,
        begins=rules.begins,
        valid_years=rules.valid_years,
        valid_months=rules.valid_months,
        end_of_february=rules.valid_to_february,
        soft_landing=rules.soft_landing or 0,
        deduct=rules.deduct,
        rollover=rules.rollover,
        extension=_extension(rules),
        good_faith=rules.good_faith,
    )


def _extension(rules: Qualification) -> tuple[int, str] | None:
    if rules.extension is None:
        return None
    return int(rules.extension.fulfilment), rules.extension.unit


def spells_by(version: "Version", flown: Flown) -> Sequence[Spell]:
    return spells_of(rules_of(version.tiers), periods_of(version.qualification), flown)


def spell_of(version: "Version", flown: Flown, day: date) -> Spell:
    """What stands in the evening of a day by the rules of this version."""
    return spell_on(spells_by(version, flown), day)
