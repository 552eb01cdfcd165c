"""Promotions in the books: where their part of a flight's amounts comes from, and what is left of those that end.

What a promotion adds comes from an account of its own, so the ledger tells its part apart. Of promotions with a budget,
or with a limit for one member, the books count what standing credits have of them; a flight gets what is left when it
is posted, in order of flight dates among those that are settled together. So who gets the last of a budget hangs on
arrival: this is not convergent, and a replay finds it in the order of the journal. A flight that is taken back gives
back what it had of the budget; one that stands keeps it as long as its facts and what is known of the member stay,
whatever becomes free.
"""

from collections.abc import Mapping, Sequence

from .accounts import issue_account, promotion_account
from .entities import Credit
from .ledger import Posting
from .programme import Programme
from .stable_json import decode, encode
from .timing import ALL_MEMBERS
from .world import World

Promoted = Mapping[str, Mapping[str, int]]
"""Promotion -> unit -> amount."""


def read_promoted(text: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = decode(text) if text else {}
    return found


def write_promoted(promoted: Promoted) -> str:
    """As a credit keeps it: "" for nothing."""
    found = {name: dict(amounts) for name, amounts in promoted.items() if amounts}
    return encode(found) if found else ""


def apart(
    postings: Sequence[Posting], programme: str, promoted: Promoted
) -> tuple[list[Posting], dict[str, dict[str, int]]]:
    """The postings of a flight with the promotions' parts taken from accounts of their own, and those parts."""
    found, parts = list(postings), dict[str, dict[str, int]]()
    issue = issue_account(programme)
    for name in sorted(promoted):
        for unit, amount in sorted(promoted[name].items()):
            left = amount
            for place, posting in enumerate(found):
                part = min(left, posting.amount)
                if not part or (posting.source, posting.unit) != (issue, unit):
                    continue
                left -= part
                own = Posting(promotion_account(programme, name), posting.destination, unit, part)
                rest = Posting(issue, posting.destination, unit, posting.amount - part)
                found[place] = rest
                found.append(own)
            if left < amount:
                parts.setdefault(name, {})[unit] = amount - left
    return [posting for posting in found if posting.amount], parts


def count_promoted(world: World, credit: Credit, sign: int) -> None:
    """A posted credit begins (1) or ceases (-1) to stand: so much more or less is used of what ends."""
    if not credit.promoted:
        return
    for name, amounts in read_promoted(credit.promoted).items():
        for unit, amount in amounts.items():
            for member_id in (ALL_MEMBERS, credit.member_id):
                slot = (member_id, credit.programme, name, unit)
                world.timing.used[slot] = world.timing.used.get(slot, 0) + sign * amount
                world.timing.changed_used.add(slot)


def left_for(
    world: World, programme: Programme, member_id: int, standing: Credit | None = None, *, same: bool = False
) -> dict[str, dict[str, int]]:
    """What a flight of this member may get of the promotions that end. ``standing``: the posted credit that it has,
    whose part is free for it; ``same``: nothing has changed about it, so it keeps that part."""
    if not programme.limited:
        return {}
    own = read_promoted(standing.promoted) if standing is not None and standing.status == "posted" else {}
    found: dict[str, dict[str, int]] = {}
    for one in programme.limited:
        had = own.get(one.name, {})
        for unit in one.budget.keys() | one.at_most.keys():
            bounds = [had.get(unit, 0)] if same else []
            for limits, owner in ((one.budget, ALL_MEMBERS), (one.at_most, member_id)):
                if unit in limits and not same:
                    mine = had.get(unit, 0) if standing and owner in (ALL_MEMBERS, standing.member_id) else 0
                    used = world.timing.used.get((owner, programme.name, one.name, unit), 0) - mine
                    bounds.append(max(0, limits[unit] - used))
            found.setdefault(one.name, {})[unit] = min(bounds)
    return found
