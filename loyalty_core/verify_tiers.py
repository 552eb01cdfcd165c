"""Checks of members' tiers: what stands is what flights, given tiers and the programme's rules say, and what is
believed is what stands; part of ``verify``."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from .accounts import POOL_PREFIX
from .given_tiers import GIVEN_TIER, given_facts
from .membership import member_subject
from .rules.tiers.over_time import StandingRules
from .standing import Told
from .tiers import DUE, LivedSpell, by_file, flown, read_spells, standing_on, today

if TYPE_CHECKING:
    from .verify import Books


@dataclass(frozen=True, slots=True)
class StoredTiers:
    """What the books say of tiers. ``members``: rows by id; ``beliefs``: rows in order of the journal; ``rules``: by
    programme; ``business_at``: the last stroke of the business clock, "" none."""

    members: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    beliefs: tuple[Mapping[str, Any], ...] = ()
    rules: Mapping[str, StandingRules] = field(default_factory=dict)
    business_at: str = ""


def tiers(books: "Books") -> list[str]:
    """The row of a member says what its spells say of the day that is now; of one whose tier has ended, and at whom the
    clock has not looked yet, of the last day of that."""
    stored = books.tiers
    counted: defaultdict[int, dict[str, dict[str, int]]] = defaultdict(dict)
    for (member_id, on, unit), amount in books.counted.items():
        counted[member_id].setdefault(on, {})[unit] = amount
    granted: defaultdict[int, set[str]] = defaultdict(set)
    said: defaultdict[int, list[Told]] = defaultdict(list)
    told = books.timing.told_by_subject()
    for member_id, row in stored.members.items():
        survivor = books.survivors.get(member_id, member_id)
        granted[survivor].add(row["granted_tier"])
        said[survivor].append(told.get((member_subject(row["programme"], row["number"]), GIVEN_TIER), {}))
    wrong = []
    for member_id, row in sorted(stored.members.items()):
        rules = stored.rules.get(row["programme"])
        if rules is None or row["number"].startswith(POOL_PREFIX) or row["tier_until"] == DUE:
            continue
        own = counted.get(member_id, {})
        survivor = books.survivors.get(member_id, member_id)
        given = (*by_file(sorted(granted[survivor] - {""})), *given_facts(said[survivor]))
        day = today(stored.business_at, own)
        if row["tier_until"] and row["tier_until"] < day.isoformat():
            day = max(date.fromisoformat(row["tier_until"]), today("", own))
        facts = flown(own, given, row["enrolled_on"], row["residence"])
        now = standing_on(rules.spells(facts), day)
        if (now.tier, now.until, now.spells) != (row["tier"], row["tier_until"], row["spells"]):
            wrong.append(
                f"member {row['number']}: {row['tier']} until {row['tier_until'] or 'further notice'},"
                f" its spells say {now.tier} until {now.until or 'further notice'}"
            )
    return wrong


def beliefs(books: "Books") -> list[str]:
    """What was believed last of every spell is what stands."""
    last: defaultdict[int, dict[tuple[str, int], LivedSpell]] = defaultdict(dict)
    for row in books.tiers.beliefs:
        slot = (row["since"], row["flown"])
        last[row["member_id"]][slot] = [
            row["tier"],
            slot[0],
            row["until"],
            slot[1],
            row["why"],
            row["source"],
        ]
    wrong = []
    for member_id in sorted(last.keys() | books.tiers.members.keys()):
        row = books.tiers.members.get(member_id, {"spells": ""})
        believed = {slot: spell for slot, spell in last[member_id].items() if spell[0]}
        if believed != read_spells(row["spells"]):
            wrong.append(
                f"member {books.number(member_id)}: what is believed of its tiers is not what stands"
            )
    return wrong
