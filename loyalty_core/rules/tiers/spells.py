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
from math import ceil

from .calendar import DAY, FOREVER, Period, TierCalendar
from .qualifying_life import Change, Life, Stage, Why
from .thresholds import TierRule

__all__ = [
    "Extension",
    "Flown",
    "Given",
    "Spell",
    "Stage",
    "extensions",
    "spell_before",
    "spell_on",
    "spells_by_day",
    "spells_of",
    "tier_before",
]


@dataclass(frozen=True, slots=True)
class Spell:
    """``tier`` from ``since`` to ``until``, both counted; ``until`` None: no end in sight. ``flown``: it was reached by
    flights of the day ``since``, and counts for other flights from the next day on. ``source``: who gave it, or let it
    last longer than it would have; several in order, with commas."""

    tier: str
    since: date
    until: date | None
    why: Why
    flown: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A tier that was not reached by flying: granted, bought, matched. None: from the start, without end. ``paid``: an
    extension for money, which counts only where the programme lets it (``extensions``)."""

    tier: str
    since: date | None = None
    until: date | None = None
    source: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """What becomes of a paid extension. ``held``: does the member have the tier on the day before it begins?
    ``counted`` of ``needed`` units ``unit`` were flown; ``needed`` 0: the rules of the day on which the tier ends let
    nobody pay for it."""

    held: bool
    unit: str = ""
    counted: int = 0
    needed: int = 0

    @property
    def counts(self) -> bool:
        return self.held and 0 < self.needed <= self.counted


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
    if not facts.given:
        return _spells(own, names)
    given = [one for one in facts.given if not one.paid]
    if len(given) < len(facts.given):
        given += [one for one, extension in extensions(stages, names, facts) if extension.counts]
    return _spells(_with_given(own, names, given), names)


def extensions(stages: Sequence[Stage], names: Sequence[str], facts: Flown) -> list[tuple[Given, Extension]]:
    """The paid extensions of a member, the first to begin first, and what becomes of each; ``stages`` and ``names`` as
    for ``spells_by_day``.

    An extension lengthens a tier that is held on the day before it begins. It is judged by what was flown until that
    tier would have ended without it, in the last period that was over by then; so it hangs on nothing that is flown on
    the days for which it counts, and may itself be extended.
    """
    own = Life(stages, names, facts.residence, facts.enrolled_on).lived(facts.days)
    given = [one for one in facts.given if not one.paid]
    found = []
    for one in sorted((each for each in facts.given if each.paid), key=_begins):
        ends = _ends(_spells(_with_given(own, names, given), names), names, one)
        if ends is None or ends == FOREVER:
            # What has no end is there, and nothing of it can be extended.
            extension = Extension(held=ends is not None)
        else:
            extension = _fulfilment(stages, names, facts, one.tier, ends)
        if extension.counts:
            given.append(one)
        found.append((one, extension))
    return found


def _begins(given: Given) -> tuple[date, date, str]:
    return (given.since or date.min, given.until or FOREVER, given.tier)


def _ends(spells: Sequence[Spell], names: Sequence[str], paid: Given) -> date | None:
    """The last day of the tier, or of those above it, that a paid extension finds on the day before it begins; None
    where it finds none."""
    if paid.tier not in names or paid.since in (None, date.min):
        return None
    assert paid.since is not None
    high_enough = names[names.index(paid.tier) :]
    at = bisect_right(spells, paid.since - DAY, key=_since) - 1
    last = None
    while at < len(spells) and spells[at].tier in high_enough:
        last, at = spells[at].until or FOREVER, at + 1
    return last


def _fulfilment(
    stages: Sequence[Stage], names: Sequence[str], facts: Flown, tier: str, ends: date
) -> Extension:
    """How near what was flown comes to a tier that ends on a day."""
    stage = next(each for each in reversed(stages) if each.since <= ends)
    rule = next((each for each in stage.tiers if each.name == tier), None)
    if stage.calendar.extension is None or rule is None:
        return Extension(held=True)
    percent, unit = stage.calendar.extension
    needed = ceil(rule.amount_of(unit, facts.residence) * percent / 100)
    period, counts = _counted(stages, names, facts, ends)
    if period.last > ends and period.first > date.min:
        period, counts = _counted(stages, names, facts, period.first - DAY)
    return Extension(held=True, unit=unit, counted=counts.get(unit, 0), needed=needed)


def _counted(
    stages: Sequence[Stage], names: Sequence[str], facts: Flown, day: date
) -> tuple[Period, Mapping[str, int]]:
    life = Life(stages, names, facts.residence, facts.enrolled_on)
    return life.counted_by(day, [each for each in facts.days if each[0] <= day])


def _spells(changes: Sequence[Change], names: Sequence[str]) -> tuple[Spell, ...]:
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
        elif best.source and best.source not in (sources := found[-1].source.split(", ")):
            found[-1] = replace(found[-1], source=", ".join(filter(None, [*sources, best.source])))
    return found


def spell_before(spells: Sequence[Spell], day: date) -> Spell:
    """What stands in the morning of a day."""
    at = bisect_right(spells, day, key=_since) - 1
    while spells[at].since == day and spells[at].flown:
        at -= 1
    return spells[at]


def tier_before(spells: Sequence[Spell], day: date) -> str:
    """The tier with which flights of a day are priced: what stands in its morning."""
    return spell_before(spells, day).tier


def spell_on(spells: Sequence[Spell], day: date) -> Spell:
    """What stands in the evening of a day."""
    return spells[bisect_right(spells, day, key=_since) - 1]


def _since(spell: Spell) -> date:
    return spell.since
