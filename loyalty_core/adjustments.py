"""Adjustments by staff, with a second person above the programme's limit, and reversals of operations."""

from datetime import date

from .accounts import AWARD, issue_account, partner_account
from .bookkeeping import account, post, shares, undo
from .entities import Member
from .ledger import Entry, EntryKind, Posting
from .lot_ends import spendable
from .lots import NewLot, Place, consume
from .operating import Asked, Refused, end, holder, keep, known, require_amount, require_miles, rules_of
from .operations import AdjustMiles, ApproveAdjustment, ReverseOperation
from .outcomes import Reason
from .spending import KeptOperation
from .stable_json import decode
from .staff import same_person
from .world import World


def adjust(world: World, order: AdjustMiles, asked: Asked) -> KeptOperation:
    """Gives or takes miles, or waits for a second person where one alone may not."""
    member = holder(world, order.card)
    require_amount(abs(order.amount))
    if not order.reason.strip() or not order.by.strip():
        raise Refused(Reason.INVALID, "reason" if order.by.strip() else "by")
    if abs(order.amount) > rules_of(world, member).adjust_alone_max:
        return keep(world, asked, member, order.amount, None, state="open")
    entry = _post(world, member, order.amount, order.partner, asked, _trace(asked, order.reason, [order.by]))
    return keep(world, asked, member, order.amount, entry)


def approve(world: World, order: ApproveAdjustment, asked: Asked) -> KeptOperation:
    """The second person's word on an adjustment or the reversal of one: nobody approves what they have asked for
    themselves."""
    waiting = known(world, order.adjustment, ("adjust", "reverse"), "adjustment")
    if waiting.state != "open":
        raise Refused(Reason.OPERATION_ENDED, "adjustment")
    told = decode(waiting.content)
    if same_person(order.by, told["by"]):
        raise Refused(Reason.SECOND_PERSON_NEEDED, "by")
    if not order.approved:
        end(world, waiting, "declined")
        return keep(world, asked, world.members[waiting.member_id], 0, None)
    if waiting.kind == "reverse":
        return _approve_reversal(world, order, waiting, asked)
    member = world.members[world.root(waiting.member_id)]
    if member.state != "active":
        raise Refused(Reason.CARD_CLOSED, "adjustment")
    trace = _trace(asked, told["reason"], [told["by"], order.by]) | {"adjustment": waiting.key}
    entry = _post(world, member, waiting.amount, told["partner"], asked, trace)
    end(world, waiting, "done", entry=entry)
    return keep(world, asked, member, waiting.amount, entry)


def _approve_reversal(
    world: World, order: ApproveAdjustment, waiting: KeptOperation, asked: Asked
) -> KeptOperation:
    told = decode(waiting.content)
    done = world.spending.operations[told["operation"]]
    if done.state != "done":
        raise Refused(Reason.OPERATION_ENDED, "adjustment")
    trace = _trace(asked, told["reason"], [told["by"], order.by]) | {"reversal": waiting.key}
    entry = _undo(world, done, trace, asked)
    end(world, waiting, "done", entry=entry)
    return keep(world, asked, world.members[done.member_id], waiting.amount, entry)


def reverse_operation(world: World, order: ReverseOperation, asked: Asked) -> KeptOperation:
    """Undoes an operation, once: lots it consumed are restored with their expiry, lots it made are taken back. What one
    person may not adjust alone, one person may not undo alone."""
    done = known(world, order.operation, ("redeem", "capture", "adjust", "transfer"), "operation")
    if done.state != "done":
        raise Refused(Reason.OPERATION_ENDED, "operation")
    if not order.reason.strip() or not order.by.strip():
        raise Refused(Reason.INVALID, "reason" if order.by.strip() else "by")
    member = world.members[done.member_id]
    if done.kind == "adjust" and abs(done.amount) > rules_of(world, member).adjust_alone_max:
        return keep(world, asked, member, done.amount, None, state="open")
    entry = _undo(world, done, _trace(asked, order.reason, [order.by]), asked)
    return keep(world, asked, member, done.amount, entry)


def _undo(world: World, done: KeptOperation, trace: dict[str, object], asked: Asked) -> Entry:
    slot = (done.lane, done.seq)
    told = trace | {"operation": done.key}
    entry = undo(world, world.members[done.member_id], slot, asked.cause, trace=told, because="[]")
    end(world, done, "reversed")
    return entry


def _post(
    world: World, member: Member, amount: int, partner: str, asked: Asked, trace: dict[str, object]
) -> Entry:
    programme = world.programmes[member.programme]
    other = partner_account(programme.name, partner) if partner else issue_account(programme.name)
    if amount > 0:
        expires = programme.earliest_end(date.fromisoformat(asked.day))
        lot = NewLot(member.id, asked.day, expires.isoformat() if expires else "", amount)
        posting = Posting(other, account(member, AWARD), AWARD, amount)
        return post(world, EntryKind.ADJUSTMENT, member, asked.cause, (posting,), trace=trace, lots=(lot,))
    require_miles(world, member, -amount, asked.day)
    moves = consume(spendable(world, member, asked.day), -amount, Place.SPENT)
    postings = [Posting(account(owner, AWARD), other, AWARD, part) for owner, part in shares(world, moves)]
    return post(world, EntryKind.ADJUSTMENT, member, asked.cause, postings, trace=trace, moves=moves)


def _trace(asked: Asked, reason: str, by: list[str]) -> dict[str, object]:
    return {"key": asked.operation.key, "reason": reason, "by": by}
