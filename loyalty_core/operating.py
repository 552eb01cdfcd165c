"""What all operations with miles have in common: who pays, what was done before, what is answered."""

from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .bookkeeping import Cause
from .entities import Card, Member
from .keys import order_of
from .ledger import AMOUNT_MAX, Entry
from .lot_ends import spendable
from .minors import spending_refusal
from .operations import KINDS, Operation, OperationOutcome, content_of
from .outcomes import CreditStatus, Reason
from .rules.organisation import Operations
from .spending import KeptOperation
from .standing import OUT_OF_DATE, SUCCEEDED, check_refusal
from .transactions import CardClaim
from .world import World

if TYPE_CHECKING:
    from .context import Context


class Refused(Exception):
    """The operation is not granted; ``field`` is the transaction's field in which the reason lies."""

    def __init__(self, reason: Reason, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation with what came around it: the ``cause`` of its entries, ``at`` its time of receipt
    (``keys.order_of``)."""

    operation: Operation
    cause: Cause
    at: str
    journal_id: int

    @property
    def day(self) -> str:
        return self.cause.day


def answered(
    world: World,
    operation: Operation,
    context: "Context",
    decide: Callable[[World, Any, Asked], KeptOperation],
) -> OperationOutcome:
    """The outcome of an operation; ``decide`` is asked only for one that was not done before. What it refuses must
    leave nothing behind, so it raises Refused before it changes anything."""
    kept = world.spending.operations.get(operation.key)
    content = content_of(operation)
    if kept is not None:
        if (kept.kind, kept.content) != (KINDS[type(operation)], content):
            return OperationOutcome(CreditStatus.REFUSED, Reason.KEY_REUSED, "key", operation.key)
        status = CreditStatus.PENDING if kept.waits else CreditStatus.REPEATED
        return _outcome(world, kept, status, context.cause.day)
    asked = Asked(operation, context.cause, order_of(context.received_at), context.journal_id)
    try:
        done = decide(world, operation, asked)
    except Refused as refusal:
        return OperationOutcome(CreditStatus.REFUSED, refusal.reason, refusal.field, operation.key)
    return _outcome(world, done, CreditStatus.PENDING if done.waits else CreditStatus.POSTED, asked.day)


def _outcome(world: World, kept: KeptOperation, status: CreditStatus, day: str) -> OperationOutcome:
    return OperationOutcome(
        status,
        key=kept.key,
        amount=kept.amount,
        held=kept.remaining,
        balance=_to_spend(world, world.members[kept.member_id], day),
        entry=kept.entry,
    )


def keep(
    world: World,
    asked: Asked,
    member: Member,
    amount: int,
    entry: Entry | None,
    *,
    state: str = "done",
    remaining: int = 0,
    until: str = "",
) -> KeptOperation:
    """Takes an operation down, under its key."""
    kept = KeptOperation(
        key=asked.operation.key,
        kind=KINDS[type(asked.operation)],
        programme=member.programme,
        member_id=member.id,
        amount=amount,
        remaining=remaining,
        until=until,
        state=state,
        lane=entry.lane if entry else "",
        seq=entry.seq if entry else 0,
        content=content_of(asked.operation),
        journal_id=asked.journal_id,
    )
    world.spending.put(kept)
    return kept


def known(world: World, key: str, kinds: tuple[str, ...], field: str) -> KeptOperation:
    """The earlier operation that this one is about. Raises Refused where there is none of these kinds."""
    kept = world.spending.operations.get(key)
    if kept is None or kept.kind not in kinds:
        raise Refused(Reason.OPERATION_UNKNOWN, field)
    return kept


def end(
    world: World, kept: KeptOperation, state: str, *, remaining: int = 0, entry: Entry | None = None
) -> None:
    """An earlier operation goes on to another state."""
    changed = replace(kept, state=state, remaining=remaining)
    if entry is not None:
        changed = replace(changed, lane=entry.lane, seq=entry.seq)
    world.spending.put(changed)


def rules_of(world: World, member: Member) -> Operations:
    """What the member's programme offers."""
    return world.programmes[member.programme].operations


def holder(world: World, card: CardClaim) -> Member:
    """The member who presents this card. Raises Refused for one with which nothing may be done."""
    return world.holder(_good_card(world, card, "card", OUT_OF_DATE))


def taker(world: World, card: CardClaim, field: str = "to", *, good: bool = True) -> Member:
    """Another member, to whom miles or rights shall go; any old number of his will do. With ``good`` False they are
    taken from him, in whatever state he is. Raises Refused."""
    found = _good_card(world, card, field, SUCCEEDED) if good else _card(world, card, field, SUCCEEDED)
    return world.holder(found)


def _card(world: World, card: CardClaim, field: str, followed: Container[str]) -> Card:
    programme = world.programme_for(card.airline)
    if programme is None:
        raise Refused(Reason.PROGRAMME_NOT_SERVED, field)
    found = world.card_of(programme.name, card.number, followed)
    if found is None:
        raise Refused(Reason.CARD_UNKNOWN, field)
    return found


def _good_card(world: World, card: CardClaim, field: str, followed: Container[str]) -> Card:
    found = _card(world, card, field, followed)
    if reason := check_refusal(found.state, world.holder(found).state):
        raise Refused(reason, field)
    return found


def payer(world: World, card: CardClaim, from_pool: bool, day: str) -> tuple[Member, dict[str, object]]:
    """Whose miles are to be moved on a day: the card holder's, or those of a pool from which the holder may spend; and
    what the entry's trace says of the holder then."""
    found = _good_card(world, card, "card", OUT_OF_DATE)
    member = world.holder(found)
    if reason := spending_refusal(world, world.programmes[member.programme], found, day):
        raise Refused(reason, "card")
    if not from_pool:
        return member, {}
    place = world.place_of(member.id)
    if place is None or not place.spends:
        raise Refused(Reason.POOL_UNFIT, "from_pool")
    return world.members[place.pool_id], {"spender": member.number}


def require(offered: bool, field: str = "") -> None:
    if not offered:
        raise Refused(Reason.NOT_OFFERED, field)


def require_amount(amount: int) -> None:
    if not 0 < amount <= AMOUNT_MAX:
        raise Refused(Reason.INVALID, "amount")


def require_miles(world: World, member: Member, amount: int, day: str) -> None:
    """All or nothing: what can't be paid in full is refused."""
    if _to_spend(world, member, day) < amount:
        raise Refused(Reason.INSUFFICIENT_MILES, "amount")


def _to_spend(world: World, member: Member, day: str) -> int:
    """Without what has expired, though the clock may not have moved it yet: what comes back may be of that kind."""
    return sum(lot.remaining for lot in spendable(world, member, day))
