"""Strokes of the clock end miles, and what becomes known late brings them back.

Had it been known in time that their owner flew, the miles would not have ended. Only what expired by other rules than
those in force stays where it is.
"""

from collections import defaultdict
from collections.abc import Iterable

from .accounts import AWARD, expired_account
from .bookkeeping import Cause, account, post
from .entities import Member
from .ledger import EntryKind, Posting
from .lot_ends import Ends
from .lots import Lot, LotMove, Place
from .rules.lot_life import End
from .world import World


def expire(world: World, keys: Iterable[tuple[str, int, int]], day: str, cause: Cause) -> int:
    """Open miles past their last day go to the expired, one entry a member; of the others is written down when to look
    again. ``day``: the business day; returns how many miles expired."""
    due: defaultdict[int, list[tuple[Lot, End]]] = defaultdict(list)
    ends = Ends(world, day)
    for key in keys:
        lot = world.lots.get(key)
        if lot is None or not lot.remaining:
            continue
        # A stroke in the morning: what ends today can be spent all day.
        found = ends.of(lot)
        if found.over:
            due[lot.member_id].append((lot, found))
        else:
            world.timing.looked[key] = found.day.isoformat() if found.day else ""
    total = 0
    for member in _by_number(world, due):
        lots = sorted(due[member.id], key=lambda each: each[0].order)
        moves = [LotMove(lot.key, Place.OPEN, Place.EXPIRED, lot.remaining) for lot, _end in lots]
        amount = sum(move.amount for move in moves)
        posting = Posting(account(member, AWARD), expired_account(member.programme), AWARD, amount)
        trace = {"on": day, "ends": [[str(found.day), found.rule] for _lot, found in lots]}
        post(world, EntryKind.EXPIRY, member, cause, (posting,), trace=trace, moves=moves)
        for lot, _end in lots:
            world.timing.expired_by[lot.key] = world.programmes[member.programme].ends_by
        total += amount
    return total


def expire_at_once(world: World, day: str, cause: Cause) -> int:
    """What a stroke itself has brought may be past its last day already, after a long silence, and so may be miles that
    a grant taken back has kept alive: neither is left to the next stroke, so that one late stroke ends where many
    would. Of members of whom it has found out more all miles are looked at: the books don't know yet which are due."""
    unsure = (lot.key for each in world.timing.unsure for lot in world.lots_of(each))
    brought = (key for key in world.changed_lots if "" < world.lots[key].look_on < day)
    return expire(world, sorted({*unsure, *brought}), day, cause)


def _by_number(world: World, ids: Iterable[int]) -> list[Member]:
    return sorted((world.members[each] for each in ids), key=lambda member: (member.programme, member.number))


# --- what becomes known -----------------------------------------------------------------------------------------------


def reconsider(world: World, cause: Cause) -> None:
    """Something has become known of members: the clock looks at their miles again, and what has expired of those that
    should live by what is known now comes back."""
    concerned: set[int] = set()
    for member_id in world.unsettled_tiers:
        if world.programmes[world.members[member_id].programme].has_moving_ends:
            concerned.update(world.family(member_id))
    _look_again(world, concerned)
    day = world.spending.business_at[:10]
    if not day:
        return
    for member in _by_number(world, concerned):
        ends_by = world.programmes[member.programme].ends_by
        ends = Ends(world, day)
        expired = (lot for lot in world.lots_of(member.id) if lot.expired)
        lots = sorted(
            (
                lot
                for lot in expired
                if world.timing.expired_by.get(lot.key) == ends_by and ends.is_alive(lot)
            ),
            key=lambda lot: lot.order,
        )
        if lots:
            moves = [LotMove(lot.key, Place.EXPIRED, Place.OPEN, lot.expired) for lot in lots]
            amount = sum(move.amount for move in moves)
            posting = Posting(expired_account(member.programme), account(member, AWARD), AWARD, amount)
            trace = {"on": day, "ends": [_told(ends.of(lot)) for lot in lots]}
            post(world, EntryKind.REVIVAL, member, cause, (posting,), trace=trace, moves=moves)


def _look_again(world: World, concerned: set[int]) -> None:
    timing = world.timing
    timing.unsure |= concerned
    # What this stroke has found out before is no longer sure.
    for key in [each for each in timing.looked if world.lots[each].member_id in concerned]:
        del timing.looked[key]


def _told(found: End) -> list[str]:
    return [str(found.day or ""), found.rule]
