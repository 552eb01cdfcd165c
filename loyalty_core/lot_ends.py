"""When members' miles end: what the programme in force says of a lot, from what its owner has flown and been.

A lot keeps two days. ``expires_on``, fixed when it is made, is the first day that can be its last. ``look_on`` is a
note of the business clock: up to that day nothing can have ended, so a stroke finds what is due by an index and writes
a later day where the owner has kept the miles alive. Whether a lot is alive is never read from either of them, but
worked out (``rules.lot_life``), for strokes as well as for spending: the note may be too early, and is set back to the
first day whenever something becomes known of its owner.
"""

from collections.abc import Sequence
from datetime import date

from .accounts import POOL_PREFIX
from .companies import is_share
from .entities import Credit, Member
from .lots import Lot
from .programme import Programme
from .rules.expiry import Expiry
from .rules.facts import Standing, read_facts_json
from .rules.lot_life import End, Owner, end_of
from .rules.spells import spell_on
from .stable_json import decode
from .tiers import spells
from .world import World


def end(world: World, lot: Lot, day: str) -> End:
    """What has become of a lot by the evening of a day (ISO text)."""
    member = world.members[world.root(lot.member_id)]
    programme = world.programmes[member.programme]
    earned_on = date.fromisoformat(lot.earned_on)
    owner = owner_of(world, programme, member)
    return end_of(programme.version_on(earned_on), earned_on, owner, date.fromisoformat(day))


def is_alive(world: World, lot: Lot, day: str) -> bool:
    """Can it be spent on this day (ISO text)?"""
    return not end(world, lot, day).over


def spendable(world: World, member: Member, day: str) -> list[Lot]:
    """The lots that the member, and those merged into one with it, can spend on a day: what has expired is not spent,
    even where the clock has not moved it yet."""
    lots = (lot for each in world.family(member.id) for lot in world.lots_of(each))
    return [lot for lot in lots if lot.remaining and is_alive(world, lot, day)]


def standing_at(world: World, programme: Programme, member: Member, day: date) -> Standing:
    """How a member stands in the evening of a day, as far as rules about members ask."""
    if member.number.startswith(POOL_PREFIX):
        return Standing()
    born = date.fromisoformat(member.birth_date) if member.birth_date else None
    return Standing(spell_on(spells(world, programme, member), day).tier, born=born)


def owner_of(world: World, programme: Programme, member: Member) -> Owner:
    """``member``: the one who survives. A pool stands nowhere and does nothing: its miles end by the day of earning."""
    changes: Sequence[date] = ()
    if programme.has_moving_ends and not member.number.startswith(POOL_PREFIX):
        changes = [spell.since for spell in spells(world, programme, member)[1:]]
    return Owner(
        lambda day: standing_at(world, programme, member, day) if programme.has_moving_ends else Standing(),
        changes,
        lambda rule: _active(world, programme, member, rule),
    )


def _active(world: World, programme: Programme, member: Member, rule: Expiry) -> list[date]:
    """The days of the posted flights that keep this member's miles alive."""
    days = set()
    for each in world.family(member.id):
        for credit in world.credits_of(each, ""):
            if credit.status == "posted" and not is_share(credit.key) and _counts(programme, credit, rule):
                days.add(date.fromisoformat(credit.flown_on))
    return sorted(days)


def _counts(programme: Programme, credit: Credit, rule: Expiry) -> bool:
    if rule.activity is None:
        return True
    facts = read_facts_json(decode(credit.facts))
    version = programme.version_for(facts)
    if version is None:
        return False
    case = version.case(facts, Standing(credit.tier))
    version.derivation.derive(case)
    return rule.is_activity(case)
