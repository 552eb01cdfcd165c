"""A member's tiers over time: a pure function of the set of facts; in which order they became known plays no part.

A *spell* is a stretch of days with one tier. Days go by in order. In the morning validities end and given tiers begin;
in the evening the flights of the day count, all together. A tier reached in the evening counts for flights from the
next day on: those of one day don't lift each other. What a flight is priced with hangs on earlier days only.

The spells cover all time. Those after the last flight are what will be if nothing more is flown, so they tell the tier
on any day, the day on which it ends, and what comes then.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from .calendar import DAY, FOREVER, TierCalendar
from .qualifying_life import Change, Life, Stage, Why
from .thresholds import TierRule

__all__ = [
    "Flown",
    "Given",
    "Spell",
    "Stage",
    "fulfilled",
    "spell_on",
    "spells_by_day",
    "spells_of",
    "tier_before",
]


@dataclass(frozen=True, slots=True)
class Spell:
    """``tier`` from ``since`` to ``until``, both counted; ``until`` None: no end in sight. ``flown``: it was reached by
    flights of the day ``since``, and counts for other flights from the next day on. ``source``: who gave it."""

    tier: str
    since: date
    until: date | None
    why: Why
    flown: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A tier that was not reached by flying: granted, bought, matched. None: from the start, without end."""

    tier: str
    since: date | None = None
    until: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Flown:
    """All that a member's tiers hang on. ``days``: (day, unit -> what its posted flights count), in order of days."""

    days: Sequence[tuple[date, Mapping[str, int]]] = ()
    given: Sequence[Given] = ()
    residence: str = ""
    enrolled_on: date | None = None


def spells_of(tiers: Sequence[TierRule], rules: TierCalendar, facts: Flown) -> tuple[Spell, ...]:
    """The spells of a member by rules that hold for all days. ``tiers`` go upwards from the base tier."""
    return spells_by_day([Stage(date.min, tiers, rules)], [tier.name for tier in tiers], facts)


def spells_by_day(stages: Sequence[Stage], names: Sequence[str], facts: Flown) -> tuple[Spell, ...]:
    """The spells of a member, in order and without gaps. ``stages``: the rules by day, the first from the start;
    ``names``: all their tiers, from the base tier upwards."""
    own = Life(stages, names, facts.residence, facts.enrolled_on).lived(facts.days)
    changes = _with_given(own, names, facts.given) if facts.given else own
    spells = []
    for change, following in pairwise([*changes, None]):
        assert change is not None
        until = None
        if following is not None:
            until = following.since if following.flown else following.since - DAY
        spells.append(
            Spell(names[change.level], change.since, until, change.why, change.flown, change.source)
        )
    return tuple(spells)


def _with_given(own: Sequence[Change], names: Sequence[str], given: Sequence[Given]) -> list[Change]:
    """What was reached and what was given, the higher of them at every time."""
    spans = []
    for one in given:
        since, until = one.since or date.min, one.until or FOREVER
        if one.tier in names and since <= until:
            spans.append((since, until, names.index(one.tier), one.source))
    moments = {(change.since, change.flown) for change in own}
    moments |= {(since, False) for since, _until, _level, _source in spans}
    moments |= {(until + DAY, False) for _since, until, _level, _source in spans if until < FOREVER}
    found: list[Change] = []
    at = 0
    for day, evening in sorted(moments):
        while at + 1 < len(own) and (own[at + 1].since, own[at + 1].flown) <= (day, evening):
            at += 1
        best = own[at]
        for since, until, level, source in sorted(spans):
            if since <= day <= until and level > best.level:
                best = Change(day, level, "given", source=source)
        if not found or best.level != found[-1].level:
            # What was hidden by a given tier comes to light in the morning.
            hidden = (best.since, best.flown) != (day, evening)
            found.append(replace(best, since=day, flown=evening, why="still valid") if hidden else best)
    return found


def tier_before(spells: Sequence[Spell], day: date) -> str:
    """The tier with which flights of a day are priced: what stands in its morning."""
    at = bisect_right(spells, day, key=_since) - 1
    while spells[at].since == day and spells[at].flown:
        at -= 1
    return spells[at].tier


def spell_on(spells: Sequence[Spell], day: date) -> Spell:
    """What stands in the evening of a day."""
    return spells[bisect_right(spells, day, key=_since) - 1]


def _since(spell: Spell) -> date:
    return spell.since


def fulfilled(tiers: Sequence[TierRule], rules: TierCalendar, facts: Flown, day: date) -> bool:
    """May the tier of this day be extended for money: does what was flown in the period come near enough to what it
    takes to reach that tier?"""
    if rules.extension is None:
        return False
    percent, unit = rules.extension
    tier = spell_on(spells_of(tiers, rules, facts), day).tier
    level = next(number for number, rule in enumerate(tiers) if rule.name == tier)
    needed = tiers[level].amount_of(unit, facts.residence) if level else 0
    names = [rule.name for rule in tiers]
    life = Life([Stage(date.min, tiers, rules)], names, facts.residence, facts.enrolled_on)
    counted = life.counted_by(day, [each for each in facts.days if each[0] <= day]).get(unit, 0)
    return needed > 0 and counted * 100 >= needed * percent
