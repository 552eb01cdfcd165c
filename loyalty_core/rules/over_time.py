"""Tiers and qualification as a version has them, in the form in which members' tiers over time are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from .spells import Flown, Spell, spell_on, spells_of
from .thresholds import AllOf, AnyOf, Condition, Threshold, TierRule
from .tier_calendar import PeriodKind, TierCalendar
from .tiers import NEVER, Qualification, Reached, Tier

if TYPE_CHECKING:
    from .versions import Version

_PERIODS: dict[str, PeriodKind] = {
    "calendar_year": "year",
    "membership_year": "membership_year",
    "rolling_months": "rolling",
    "anniversary": "anniversary",
}


@dataclass(frozen=True, slots=True)
class StandingRules:
    """How members of a programme come to tiers and lose them; equal where nothing of that differs."""

    tiers: tuple[TierRule, ...]
    calendar: TierCalendar

    def spells(self, facts: Flown) -> tuple[Spell, ...]:
        return spells_of(self.tiers, self.calendar, facts)


def standing_rules(version: "Version") -> StandingRules:
    return StandingRules(_tier_rules(version.tiers), _calendar(version.qualification))


def spell_of(version: "Version", flown: Flown, day: date) -> Spell:
    """What stands in the evening of a day by the rules of this version."""
    return spell_on(standing_rules(version).spells(flown), day)


def _condition(reached: Reached) -> Condition:
    if reached.kind == "unit":
        return Threshold(reached.unit, reached.amount, reached.window)
    parts = tuple(_condition(part) for part in reached.parts)
    return AllOf(parts) if reached.kind == "all_of" else AnyOf(parts)


def _tier_rules(tiers: Sequence[Tier]) -> tuple[TierRule, ...]:
    """From the base tier upwards. Tiers without a condition are only given."""
    return tuple(
        TierRule(
            tier.name,
            None if rank == 0 or tier.reached == NEVER else _condition(tier.reached),
            {country: _condition(reached) for country, reached in tier.by_residence.items()},
        )
        for rank, tier in enumerate(tiers)
    )


def _calendar(rules: Qualification) -> TierCalendar:
    extension = rules.extension
    return TierCalendar(
        period=_PERIODS[rules.period],
        months=rules.period_months,
        begins=rules.begins,
        valid_years=rules.valid_years,
        valid_months=rules.valid_months,
        end_of_february=rules.valid_to_february,
        soft_landing=rules.soft_landing or 0,
        deduct=rules.deduct,
        rollover=rules.rollover,
        extension=(extension.fulfilment, extension.unit) if extension else None,
        good_faith=rules.good_faith,
    )
