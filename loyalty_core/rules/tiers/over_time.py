"""Tiers and qualification of a programme by day, in the form in which members' tiers over time are found.

A day is judged by the version whose days hold it, of several the last of the list, whatever date chooses the version by
which a flight earns. Days between versions are those of the one before them, days before all those of the earliest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from .calendar import PeriodKind, TierCalendar
from .ladder import NEVER, Qualification, Reached, Tier
from .spells import Extension, Flown, Given, Spell, Stage, extensions, spell_on, spells_by_day
from .thresholds import AllOf, AnyOf, Condition, Threshold, TierRule

if TYPE_CHECKING:
    from ..versions import Version

_PERIODS: dict[str, PeriodKind] = {
    "calendar_year": "year",
    "membership_year": "membership_year",
    "rolling_months": "rolling",
    "anniversary": "anniversary",
}


@dataclass(frozen=True, slots=True)
class StandingRules:
    """How members of a programme come to tiers and lose them; equal where nothing of that differs. ``ladder``: all
    tiers from the base tier upwards; ``stages``: what holds from which day on, the first from the start."""

    ladder: tuple[str, ...]
    stages: tuple[Stage, ...]

    def spells(self, facts: Flown) -> tuple[Spell, ...]:
        return spells_by_day(self.stages, self.ladder, facts)

    def extensions(self, facts: Flown) -> list[tuple[Given, Extension]]:
        return extensions(self.stages, self.ladder, facts)

    def calendar_on(self, day: date) -> TierCalendar:
        return next(stage.calendar for stage in reversed(self.stages) if stage.since <= day)


def standing_rules(versions: Sequence["Version"]) -> StandingRules:
    """``versions`` as they are listed; each has the tiers of those before it in the list."""
    turns = {date.min, *(each.first for each in versions)}
    turns |= {each.last + timedelta(days=1) for each in versions if each.last < date.max}
    in_force = min(reversed(versions), key=lambda each: each.first)
    stages: list[Stage] = []
    for day in sorted(turns):
        in_force = next((each for each in reversed(versions) if each.first <= day <= each.last), in_force)
        stage = Stage(day, _tier_rules(in_force.tiers), _calendar(in_force.qualification))
        if not stages or (stage.tiers, stage.calendar) != (stages[-1].tiers, stages[-1].calendar):
            stages.append(stage)
    return StandingRules(tuple(tier.name for tier in versions[-1].tiers), tuple(stages))


def spell_of(versions: Sequence["Version"], flown: Flown, day: date) -> Spell:
    """What stands in the evening of a day."""
    return spell_on(standing_rules(versions).spells(flown), day)


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
