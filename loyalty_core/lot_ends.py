"""When members' miles end: what the programme in force says of a lot, from what its owner has flown and been.

A lot keeps two days. ``expires_on``, fixed when it is made, is the first day that can be its last. ``look_on`` is a
note of the business clock: up to that day nothing can have ended, so a stroke finds what is due by an index and writes
a later day where the owner has kept the miles alive. Whether a lot is alive is never read from either of them, but
worked out (``rules.lot_life``), for strokes as well as for spending: the note may be too early, and is set back to the
first day whenever something becomes known of its owner.
"""

from collections.abc import Iterable
from datetime import date

from .accounts import POOL_PREFIX
from .companies import is_share
from .entities import Credit, Member
from .lots import Lot, LotKey
from .membership import facts_of
from .owners import OwnerFacts
from .programme import Programme
from .rules.expiry import Expiry, months_later
from .rules.facts import Standing, read_facts_json
from .rules.lot_life import Active, End, Owner, end_of
from .rules.tiers.spells import spell_on
from .stable_json import decode
from .tiers import spells
from .world import World


class Ends:
    """When miles end by what is known at the moment: whatever is asked of one owner is worked out once. Not to be kept
    while anything becomes known."""

    def __init__(self, world: World, day: str) -> None:
        """``day``: the one in whose evening is asked (ISO text)."""
        self._world, self._day = world, date.fromisoformat(day)
        self._owners: dict[int, Owner] = {}

    def of(self, lot: Lot) -> End:
        """What has become of a lot."""
        world = self._world
        member = world.members[world.root(lot.member_id)]
        programme = world.programmes[member.programme]
        if member.id not in self._owners:
            self._owners[member.id] = owner_of(world, programme, member)
        earned_on = date.fromisoformat(lot.earned_on)
        version = programme.version_on(earned_on)
        return end_of(version, earned_on, self._owners[member.id], self._day)

    def is_alive(self, lot: Lot) -> bool:
        """Can it be spent on this day?"""
        return not self.of(lot).over


_FAR_AHEAD = 12 * 80
"""Months: what has not ended until then is said to live for ever."""


def last_days(world: World, lots: Iterable[Lot]) -> dict[LotKey, str]:
    """The last day of each lot if nothing more is flown than is known (ISO text), "" where none is in sight."""
    own = list(lots)
    earned = max((lot.earned_on for lot in own), default="")
    ends = Ends(world, months_later(date.fromisoformat(earned), _FAR_AHEAD).isoformat()) if own else None
    found = {}
    for lot in own:
        assert ends is not None
        end = ends.of(lot)
        found[lot.key] = str(end.day) if end.over else ""
    return found


def spendable(world: World, member: Member, day: str) -> list[Lot]:
    """The lots that the member, and those merged into one with it, can spend on a day: what has expired is not spent,
    even where the clock has not moved it yet."""
    lots = (lot for each in world.family(member.id) for lot in world.lots_of(each))
    ends = Ends(world, day)
    return [lot for lot in lots if lot.remaining and ends.is_alive(lot)]


def owner_of(world: World, programme: Programme, member: Member) -> Owner:
    """``member``: the one who survives. A pool stands nowhere and does nothing: its miles end by the day of earning."""
    stands = programme.has_moving_ends and not member.number.startswith(POOL_PREFIX)
    own = facts_of(world, member) if stands else OwnerFacts()
    found = spells(world, programme, member) if stands else ()
    active: dict[str, Active] = {}

    def standing(day: date) -> Standing:
        return own.on(day, spell_on(found, day).tier if stands else "")

    def days_of(rule: Expiry) -> Active:
        if rule.rule not in active:
            days = _active(world, programme, member, own, rule)
            active[rule.rule] = Active(rule, days, own.born)
        return active[rule.rule]

    changes = {spell.since for spell in found[1:]} | own.changes
    return Owner(standing, sorted(changes), days_of)


def _active(world: World, programme: Programme, member: Member, own: OwnerFacts, rule: Expiry) -> list[date]:
    """The days of the posted flights that keep this member's miles alive."""
    days = set()
    for each in world.family(member.id):
        for credit in world.credits_of(each, ""):
            if (
                credit.status == "posted"
                and not is_share(credit.key)
                and _counts(world, programme, own, credit, rule)
            ):
                days.add(credit.flown_on)
    return [date.fromisoformat(day) for day in sorted(days)]


def _counts(world: World, programme: Programme, own: OwnerFacts, credit: Credit, rule: Expiry) -> bool:
    if rule.activity is None:
        return True
    # Asked of all flights of a member each time one of them changes.
    owner = own.on(date.fromisoformat(credit.flown_on), credit.tier)
    asked = (owner.tier, owner.born, owner.residence, owner.groups)
    slot = (programme.digest, rule.rule, credit.facts, *asked)
    known = world.timing.activity.get(slot)
    if known is None:
        known = world.timing.activity[slot] = _is_activity(programme, owner, credit, rule)
    return known


def _is_activity(programme: Programme, owner: Standing, credit: Credit, rule: Expiry) -> bool:
    facts = read_facts_json(decode(credit.facts))
    version = programme.version_for(facts)
    if version is None:
        return False
    case = version.case(facts, owner)
    version.derivation.derive(case)
    return rule.is_activity(case)
