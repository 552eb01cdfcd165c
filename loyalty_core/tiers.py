"""Members' tiers in the books: what stands now, what a flight is priced with, and what was believed when.

The tier of any day is worked out from the set of facts (``rules.tiers.spells``). The row of a member keeps what stands
now and until when; whenever it would say something else, at the end of a transaction or by a stroke of the business
clock, the row is brought up to it and the difference is written down as a *belief*, known since that journal row.

Now is the day of the business clock, or that of the member's last flight where it is later: an upgrade shows at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .accounts import POOL_PREFIX
from .entities import Member
from .programme import Programme
from .relations import given_tiers, granted_tiers
from .rules.tiers.over_time import StandingRules, standing_rules
from .rules.tiers.spells import Flown, Given, Spell, spell_before, tier_before
from .stable_json import decode, encode
from .world import World

BY_FILE = "member file"
"""Who gave a tier that the member file names."""

DUE = "0001-01-01"
"""``tier_until`` of members whose tier is to be looked at by the next stroke, whatever it is."""

LivedSpell = list[str | int]
"""A spell as it is kept: tier, since ("" from the start), until ("" no end), flown (1 or 0), why, source."""


@dataclass(frozen=True, slots=True)
class TierNow:
    """What stands now: the tier, its last day (ISO text, "" no end), and the spells up to now as text ("" where there
    was never anything but the base tier)."""

    tier: str
    until: str
    spells: str


def rules_of(world: World, programme: Programme) -> StandingRules:
    """Those of all versions, by day."""
    slot = (programme.name, programme.digest)
    if slot not in world.standing_rules:
        world.standing_rules[slot] = standing_rules(programme.versions)
    return world.standing_rules[slot]


def spells(world: World, programme: Programme, member: Member) -> tuple[Spell, ...]:
    """All spells of a member by what is known now."""
    facts = facts_of(world, member)
    # Most members are asked for more than once in a batch, and a flight changes them between two questions.
    known = world.spells.get(member.id)
    key = (programme.digest, facts.given, facts.residence, facts.enrolled_on)
    if known is None or known[0] != key:
        known = world.spells[member.id] = (key, rules_of(world, programme).spells(facts))
    return known[1]


def facts_of(world: World, member: Member) -> Flown:
    """All that a member's tiers hang on."""
    given = (*by_file(granted_tiers(world, member)), *given_tiers(world, member))
    return flown(world.counted.get(member.id, {}), given, member.enrolled_on, member.residence)


def by_file(tiers: Iterable[str]) -> tuple[Given, ...]:
    """The tiers that the member file names."""
    return tuple(Given(tier, source=BY_FILE) for tier in tiers)


def flown(
    counted: dict[str, dict[str, int]], given: tuple[Given, ...], enrolled_on: str, residence: str
) -> Flown:
    """The facts from what the books hold; days that count nothing any more are no days."""
    days = [
        (date.fromisoformat(day), counters)
        for day, counters in sorted(counted.items())
        if any(counters.values())
    ]
    return Flown(days, given, residence, date.fromisoformat(enrolled_on) if enrolled_on else None)


def tier_on(world: World, programme: Programme, member: Member, flown_on: str) -> str:
    """The member's standing for flights of a day, by those of earlier days."""
    return tier_before(spells(world, programme, member), date.fromisoformat(flown_on))


def given_by(world: World, programme: Programme, member: Member, flown_on: str, tier: str) -> str:
    """Who gave the tier with which a flight of a day is priced; "" where it was flown for."""
    day = date.fromisoformat(flown_on)
    spell = spell_before(spells(world, programme, member), day)
    if not spell.source or spell.tier != tier:
        return ""
    facts = facts_of(world, member)
    reached = rules_of(world, programme).spells(replace(facts, given=()))
    if spell_before(reached, day).tier == tier:
        return ""
    # A spell has all who gave a part of it.
    given = (one for one in facts.given if (one.since or date.min) <= day <= (one.until or date.max))
    sources = {one.source for one in given if one.tier == tier} & set(spell.source.split(", "))
    return ", ".join(sorted(sources))


def standing_on(found: Iterable[Spell], day: date) -> TierNow:
    """What stands on a day, in its evening."""
    lived = [spell for spell in found if spell.since <= day]
    now = lived[-1]
    trivial = len(lived) == 1 and now.why == "from the start"
    text = "" if trivial else encode([_kept(spell) for spell in lived if spell.why != "from the start"])
    return TierNow(now.tier, now.until.isoformat() if now.until else "", text)


def _kept(spell: Spell) -> LivedSpell:
    return [
        spell.tier,
        "" if spell.since == date.min else spell.since.isoformat(),
        spell.until.isoformat() if spell.until else "",
        int(spell.flown),
        spell.why,
        spell.source,
    ]


def read_spells(text: str) -> dict[tuple[str, int], LivedSpell]:
    """The spells of a member's row, by (since, flown)."""
    found: list[LivedSpell] = decode(text) if text else []
    return {(str(each[1]), int(each[3])): each for each in found}


def believed(beliefs: Iterable[Mapping[str, Any]], known_at: str) -> list[Mapping[str, Any]]:
    """What was believed at an instant (as ``known_at`` of the beliefs) of a member's tiers, in order of days.
    ``beliefs`` are those of the member's report."""
    last: dict[tuple[str, int], Mapping[str, Any]] = {}
    for belief in beliefs:
        if belief["known_at"] <= known_at:
            last[belief["since"], belief["flown"]] = belief
    return [belief for _slot, belief in sorted(last.items(), key=lambda one: one[0]) if belief["tier"]]


def today(business_at: str, counted: dict[str, dict[str, int]]) -> date:
    """The day that is now for a member; ``business_at`` is the last stroke of the business clock, "" for none."""
    days = [day for day, counters in counted.items() if any(counters.values())]
    return date.fromisoformat(max([business_at[:10] or date.min.isoformat(), *days]))


def renew_later(world: World, members: Iterable[Member]) -> None:
    """What these members' tiers hang on has changed: they are looked at when the transaction is decided."""
    world.unsettled_tiers |= {member.id for member in members}


def renew(world: World, journal_id: int) -> int:
    """Brings the rows of members up to what is known now; how many changed."""
    concerned, world.unsettled_tiers = world.unsettled_tiers, set()
    changed = 0
    for member_id in sorted(concerned):
        member = world.members[member_id]
        if member.number.startswith(POOL_PREFIX):
            continue
        day = today(world.spending.business_at, world.counted.get(member_id, {}))
        now = standing_on(spells(world, world.programmes[member.programme], member), day)
        renewed = replace(member, tier=now.tier, tier_until=now.until, spells=now.spells)
        if renewed == member:
            continue
        changed += 1
        world.put_member(renewed)
        before, after = read_spells(member.spells), read_spells(now.spells)
        for slot in before.keys() | after.keys():
            if before.get(slot) != after.get(slot):
                world.new_beliefs[member_id, *slot, journal_id] = after.get(slot)
    return changed
