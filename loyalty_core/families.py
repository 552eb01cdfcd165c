"""Members merged into one pay and owe together, though each keeps accounts and lots of its own.

A merge moves nothing, so an unmerge has nothing to move back: flights are credited anew, holds and what was spent stay
where they are. What one of the family owes (its flights are the survivor's now, but their miles were spent before) the
lots of the others pay. Such an *offset* stands only as long as the family does: where a merge begins or ends, the
offsets among all concerned are reversed first, and what is owed then is paid anew.
"""

from collections.abc import Mapping

from .accounts import AWARD, DEFICIT
from .bookkeeping import Cause, account, balance, post, shares, undo
from .entities import Member
from .ledger import EntryKind, Posting
from .lot_ends import spendable
from .lots import Place, consume, total
from .world import World


def family_balance(world: World, member: Member) -> int:
    """What a member, and all merged into one with it, have to spend."""
    return sum(balance(world, world.members[each]) for each in world.family(member.id))


def absorb_deficits(world: World, cause: Cause) -> None:
    """Whoever owes miles and has some pays first: done at the end of every transaction, so nobody ever has both, but
    for miles that have expired: whether the clock has moved those already must not matter.

    Not within the entry that brings the miles: a flight that is priced again is reversed and posted, and what lies in
    between is no debt.
    """
    touched, world.touched = world.touched, set()
    owing = {
        each for one in touched for each in world.family(one) if balance(world, world.members[each], DEFICIT)
    }
    debtors = (world.members[each] for each in owing)
    for member in sorted(debtors, key=lambda one: (one.programme, one.number)):
        _pay(world, member, cause)
    world.touched = set()


def _pay(world: World, debtor: Member, cause: Cause) -> None:
    owed = -balance(world, debtor, DEFICIT)
    lots = spendable(world, debtor, cause.day)
    moves = consume((lot for lot in lots if lot.member_id == debtor.id), owed, Place.SPENT)
    relatives = (lot for lot in lots if lot.member_id != debtor.id)
    from_relatives = consume(relatives, owed - total(moves), Place.SPENT)
    moves += from_relatives
    if not moves:
        return
    debt = account(debtor, DEFICIT)
    postings = [Posting(account(payer, AWARD), debt, AWARD, amount) for payer, amount in shares(world, moves)]
    entry = post(world, EntryKind.OFFSET, debtor, cause, postings, trace={}, moves=moves)
    if from_relatives:
        world.put_offset((entry.lane, entry.seq), debtor.id)


def regroup(world: World, before: Mapping[int, int], cause: Cause) -> None:
    """To be done where merges began or ended: ``before`` is what ``world.survivors`` was."""
    after = world.survivors
    changed = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
    if not changed:
        return
    roots = changed | {
        survivors[each] for survivors in (before, after) for each in changed & survivors.keys()
    }
    concerned = roots | {
        each for survivors in (before, after) for each, survivor in survivors.items() if survivor in roots
    }
    for slot in sorted(slot for slot, debtor in world.offsets.items() if debtor in concerned):
        debtor = world.members[world.offsets[slot]]
        undo(world, debtor, slot, cause, trace={"family": "no longer the same"}, because="[]")
        world.drop_offset(slot)
    world.touched |= concerned
