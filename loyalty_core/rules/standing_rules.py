"""From the tiers and the qualification of a programme to what ``spells`` works with."""

from dataclasses import dataclass

from .spells import Flown, Spell, spells_of
from .thresholds import AllOf, AnyOf, Condition, Threshold, TierRule
from .tier_calendar import PeriodKind, TierCalendar
from .tiers import Qualification, Reached
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


def standing_rules(version: Version) -> StandingRules:
    """The rules of one version of a programme."""
    tiers = tuple(
        TierRule(
            tier.name,
            _condition(tier.reached) if rank else None,
            {country: _condition(each) for country, each in tier.by_residence.items()} or None,
        )
        for rank, tier in enumerate(version.tiers)
    )
    return StandingRules(tiers, _calendar(version.qualification))


def _condition(reached: Reached) -> Condition:
    if reached.kind == "unit":
        return Threshold(reached.unit, reached.amount)
    parts = tuple(_condition(part) for part in reached.parts)
    return AnyOf(parts) if reached.kind == "any_of" else AllOf(parts)


def _calendar(rules: Qualification) -> TierCalendar:
    extension = rules.extension
    return TierCalendar(
        period=_PERIODS[rules.period],
        months=rules.period_months,
        valid_years=rules.valid_years,
        valid_months=rules.valid_months,
        end_of_february=rules.valid_to_february,
        soft_landing=rules.soft_landing or 0,
        deduct=rules.deduct,
        rollover=rules.rollover,
        extension=(extension.fulfilment, extension.unit) if extension else None,
        good_faith=rules.good_faith,
    )
