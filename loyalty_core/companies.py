"""A company's share: what a coupon earns for the company its passenger travels for, besides what the passenger gets.

The share is a credit of its own beside the traveller's, under the same key with a suffix, and comes and goes with it.
It is a percentage of the award without tier bonus, so that the traveller's tier doesn't change it.
"""

import math
from dataclasses import replace

from . import standing
from .entities import Card, Member
from .membership import STATE, card_subject, member_subject, standing_of, told_of
from .programme import Evaluation, Facts, Programme
from .relations import Relation, related
from .rules.exact import shown
from .world import World

_SUFFIX = "#company"


def share_key(key: str) -> str:
    """The credit key of a company's share in what is credited under this key."""
    return key + _SUFFIX


def is_share(key: str) -> bool:
    return key.endswith(_SUFFIX)


def carriage_key_of(key: str) -> str:
    """The key of the carriage, from that of a credit."""
    return key.removesuffix(_SUFFIX)


def company_of(world: World, card: Card, traveller: Member, day: str) -> Member | None:
    """The company for which a flight of this day (ISO date) was: the one this card was given out for, else that of the
    member; None for a private one, or where the company's membership had ended or is blocked."""
    rules = world.programmes[traveller.programme].members
    company = related(world, card_subject(card.programme, card.number), Relation.COMPANY, day) or related(
        world, member_subject(traveller.programme, traveller.number), Relation.COMPANY, day
    )
    if company is None or company.kind != standing.MemberKind.COMPANY:
        return None
    told = told_of(world, member_subject(company.programme, company.number), STATE)
    return None if standing.member_refusal(told, day, rules) else company


def evaluate_share(world: World, programme: Programme, member: Member, facts: Facts) -> Evaluation:
    """What the company gets of a flight that goes to a member's account; nothing of promotions that end, which are for
    travellers."""
    nothing_left = {one.name: dict.fromkeys(one.adds, 0) for one in programme.limited}
    own = standing_of(world, member, programme.base_tier, facts.flown_on)
    whole = programme.evaluate(facts, replace(own, left=nothing_left))
    rules = programme.members
    award = math.floor(whole.award * rules.company_percent / 100)
    text = f"{shown(*rules.company_percent.as_integer_ratio())} % of {whole.award}, floor: {award}"
    note = ("company share", rules.rule, str, (text,))
    return Evaluation({"award": award} if award else {}, notes=(*whole.notes, note))
