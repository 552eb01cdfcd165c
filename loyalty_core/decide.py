"""Deciding one transaction after the other on the loaded world: pure, in journal order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from . import cases, flights, keys, outbox
from .absorbing import absorb, settle_anew
from .adjustments import adjust, approve, reverse_operation
from .ageing import age, leaps
from .claims import CaseResolved, CreditClaimed
from .codeshares import recoded
from .context import Context
from .coupons import receive_coupon
from .evidence import Evidence
from .expiring import expire_at_once, reconsider
from .families import absorb_deficits, regroup
from .granting import grant, has_grants, look_later, offer
from .holds import capture, redeem, release, reserve
from .lists import receive_list
from .member_decisions import hear
from .member_statements import Statement
from .members import import_members
from .operating import Asked, answered
from .operations import (
    AdjustMiles,
    ApproveAdjustment,
    CaptureHold,
    ChangePool,
    RedeemMiles,
    ReleaseHold,
    ReserveMiles,
    ReverseOperation,
    TransferMiles,
)
from .outcomes import (
    ClockOutcome,
    ImportOutcome,
    Outcome,
    Reason,
)
from .parts import Came, receive_part, strike
from .programme import load_programme
from .sharing import change_pool, transfer
from .spending import KeptOperation
from .telegrams import TelegramAttempted, TelegramFailed, TelegramQueued, TelegramSent
from .tiers import renew, renew_later, rules_of
from .transactions import (
    Clock,
    CouponReported,
    ListReceived,
    MembersImported,
    PartReceived,
    ProgrammeActivated,
    Transaction,
)
from .world import World


def decide(world: World, transaction: Transaction, context: Context) -> Outcome:
    """The outcome of one transaction; its effects stand in ``world``."""
    outcome = _HANDLERS[type(transaction)](world, transaction, context)
    _take_up(world, context)
    absorb_deficits(world, context.cause)
    renew(world, context.journal_id)
    world.restated.clear()
    return outcome


def _take_up(world: World, context: Context) -> None:
    """What has become known of members may change more than their flights."""
    reconsider(world, context.cause)
    look_later(world)


def _taking(world: World, context: Context) -> cases.Take:
    def take(piece: Evidence, instead_of: Evidence | None) -> None:
        fallen = [instead_of] if instead_of else []
        settle_anew(world, absorb(world, [piece], fallen), context.cause)

    return take


def _case_resolved(world: World, message: CaseResolved, context: Context) -> Outcome:
    return cases.resolve(
        world,
        message,
        context,
        _taking(world, context),
        lambda affected: settle_anew(world, affected, context.cause),
    )


def _credit_claimed(world: World, message: CreditClaimed, context: Context) -> Outcome:
    return cases.claim(world, message, context, _taking(world, context))


def _part_received(world: World, part: PartReceived, context: Context) -> Outcome:
    came = Came(
        context.journal_id,
        context.digest,
        keys.order_of(context.received_at),
        context.link,
        context.kind,
        context.encoding,
    )
    return receive_part(world, part, came)


def _clock_struck(world: World, clock: Clock, context: Context) -> Outcome:
    if leaps(world, clock):
        return ClockOutcome(reason=Reason.DATE_OUT_OF_WINDOW)
    holds, expired, timed_out = age(world, clock, context.cause)
    _take_up(world, context)
    granted = grant(world, context.cause)
    reconsider(world, context.cause)
    expired += expire_at_once(world, world.spending.business_at[:10], context.cause)
    due = world.spending.due
    renew_later(world, (world.members[each] for each in due.members))
    return replace(
        strike(world, clock, keys.instant(context.received_at)),
        holds=holds,
        expired=expired,
        timed_out=timed_out,
        tiers=renew(world, context.journal_id),
        granted=granted,
        looked=len(world.timing.looked) + len(due.granting),
        more=due.more,
    )


def _operating(
    handler: Callable[[World, Any, Asked], KeptOperation],
) -> Callable[[World, Any, Context], Outcome]:
    return lambda world, operation, context: answered(world, operation, context, handler)


def _members_imported(world: World, message: MembersImported, context: Context) -> Outcome:
    before = dict(world.survivors)
    outcome, affected = import_members(world, message.content, context.journal_id, context.received_at)
    regroup(world, before, context.cause)
    settle_anew(world, affected, context.cause)
    return outcome


def _statement_heard(world: World, statement: Statement, context: Context) -> Outcome:
    before = dict(world.survivors)
    outcome, affected = hear(world, statement, context.journal_id, context.received_at)
    regroup(world, before, context.cause)
    settle_anew(world, affected, context.cause)
    return outcome


def _programme_activated(world: World, message: ProgrammeActivated, context: Context) -> Outcome:
    programme = load_programme(message.content.decode(), message.file)
    current = world.programmes.get(programme.name)
    if current is not None and current.digest == programme.digest:
        return ImportOutcome(unchanged=1, programme=programme.name)
    world.programmes[programme.name] = programme
    if current is not None and rules_of(world, current) != rules_of(world, programme):
        world.retiered.add(programme.name)
        own = (member for member in world.members.values() if member.programme == programme.name)
        renew_later(world, own)
    if current is not None and not programme.ends_like(current):
        world.timing.rules_changed.add(programme.name)
    if has_grants(programme) or (current is not None and has_grants(current)):
        offer(world, programme, context.received_at.date().isoformat())
        world.timing.granting_changed.add(programme.name)
        renew_later(world, (each for each in world.members.values() if each.programme == programme.name))
    world.activated[programme.name] = (programme, message, context.journal_id)
    settle_anew(world, recoded(world, current, programme, context.received_at.date()), context.cause)
    return ImportOutcome(
        opened=int(current is None), changed=int(current is not None), programme=programme.name
    )


_HANDLERS: dict[type[Transaction], Callable[[World, Any, Context], Outcome]] = {
    ListReceived: receive_list,
    CouponReported: receive_coupon,
    CaseResolved: _case_resolved,
    CreditClaimed: _credit_claimed,
    PartReceived: _part_received,
    Clock: _clock_struck,
    MembersImported: _members_imported,
    **dict.fromkeys(get_args(Statement), _statement_heard),
    ProgrammeActivated: _programme_activated,
    flights.DepartureMoved: flights.move,
    TelegramQueued: outbox.queue,
    TelegramAttempted: outbox.attempt,
    TelegramSent: outbox.sent,
    TelegramFailed: outbox.fail,
    ReserveMiles: _operating(reserve),
    CaptureHold: _operating(capture),
    ReleaseHold: _operating(release),
    RedeemMiles: _operating(redeem),
    AdjustMiles: _operating(adjust),
    ApproveAdjustment: _operating(approve),
    TransferMiles: _operating(transfer),
    ChangePool: _operating(change_pool),
    ReverseOperation: _operating(reverse_operation),
}
