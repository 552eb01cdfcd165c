"""Holds and redemptions: miles set aside, captured, released or timed out; and miles spent at once."""

from datetime import timedelta

from .accounts import AWARD, HELD, redeemed_account
from .bookkeeping import Cause, account, post, shares
from .entities import Member
from .keys import moment_of, order_of
from .ledger import Entry, EntryKind, Posting
from .lot_ends import spendable
from .lots import LotMove, Place, consume, slice_of
from .operating import (
    Asked,
    Refused,
    end,
    keep,
    known,
    payer,
    require,
    require_amount,
    require_miles,
    rules_of,
)
from .operations import CaptureHold, RedeemMiles, ReleaseHold, ReserveMiles
from .outcomes import Reason
from .spending import KeptOperation
from .world import World


def reserve(world: World, order: ReserveMiles, asked: Asked) -> KeptOperation:
    """Opens a hold."""
    member, spender = payer(world, order.card, order.from_pool, asked.day)
    require_amount(order.amount)
    minutes_max = rules_of(world, member).hold_minutes_max
    require(minutes_max > 0)
    now = moment_of(asked.at)
    # Compared before anything is computed with it: it may be an instant beyond which there are none.
    if not now < order.until <= now + timedelta(minutes=minutes_max):
        raise Refused(Reason.DATE_OUT_OF_WINDOW, "until")
    until = order_of(order.until)
    require_miles(world, member, order.amount, asked.day)
    moves = consume(spendable(world, member, asked.day), order.amount, Place.HELD)
    postings = [
        Posting(account(owner, AWARD), account(owner, HELD), AWARD, amount)
        for owner, amount in shares(world, moves)
    ]
    entry = post(
        world,
        EntryKind.HOLD,
        member,
        asked.cause,
        postings,
        trace={"key": order.key, "until": until, **spender},
        moves=moves,
    )
    return keep(world, asked, member, order.amount, entry, state="open", remaining=order.amount, until=until)


def capture(world: World, order: CaptureHold, asked: Asked) -> KeptOperation:
    """Spends what is held, all or a part, in the order in which the hold took it out of the lots."""
    hold = _open_hold(world, order.hold, asked)
    amount = order.amount or hold.remaining
    require_amount(amount)
    if amount > hold.remaining:
        raise Refused(Reason.INSUFFICIENT_MILES, "amount")
    member = world.members[hold.member_id]
    moves = _held(world, hold, 0, amount, Place.SPENT)
    redeemed = redeemed_account(member.programme)
    entry = post(
        world,
        EntryKind.CAPTURE,
        member,
        asked.cause,
        [Posting(account(owner, HELD), redeemed, AWARD, part) for owner, part in shares(world, moves)],
        trace={"key": order.key, "hold": hold.key},
        moves=moves,
    )
    rest = hold.remaining - amount
    if rest and not order.keep_rest:
        _give_back(world, hold, member, amount, asked.cause, order.key)
        rest = 0
    end(world, hold, "open" if rest else "done", remaining=rest)
    return keep(world, asked, member, amount, entry)


def release(world: World, order: ReleaseHold, asked: Asked) -> KeptOperation:
    """Ends a hold; its miles go back into the same lots."""
    hold = _open_hold(world, order.hold, asked)
    member = world.members[hold.member_id]
    entry = _give_back(world, hold, member, 0, asked.cause, order.key)
    end(world, hold, "released")
    return keep(world, asked, member, hold.remaining, entry)


def time_out(world: World, hold: KeptOperation, cause: Cause) -> None:
    """Ends a hold whose time is up."""
    _give_back(world, hold, world.members[hold.member_id], 0, cause, "")
    end(world, hold, "timed_out")


def redeem(world: World, order: RedeemMiles, asked: Asked) -> KeptOperation:
    """Spends miles at once."""
    member, spender = payer(world, order.card, order.from_pool, asked.day)
    require_amount(order.amount)
    require(rules_of(world, member).redemptions)
    require_miles(world, member, order.amount, asked.day)
    moves = consume(spendable(world, member, asked.day), order.amount, Place.SPENT)
    redeemed = redeemed_account(member.programme)
    entry = post(
        world,
        EntryKind.REDEMPTION,
        member,
        asked.cause,
        [Posting(account(owner, AWARD), redeemed, AWARD, part) for owner, part in shares(world, moves)],
        trace={"key": order.key, **spender},
        moves=moves,
    )
    return keep(world, asked, member, order.amount, entry)


def _open_hold(world: World, key: str, asked: Asked) -> KeptOperation:
    """The hold, if its miles are still held. One whose time is up has ended, though the clock may not have said so."""
    hold = known(world, key, ("reserve",), "hold")
    if hold.state != "open" or hold.until <= asked.at:
        raise Refused(Reason.OPERATION_ENDED, "hold")
    return hold


def _held(world: World, hold: KeptOperation, skipped: int, amount: int, to: Place) -> list[LotMove]:
    """Moves of held miles, behind those captured already and ``skipped`` more. Lots are captured in the order in which
    the hold took them; what is given back is what was taken last."""
    taken = world.moves[hold.lane, hold.seq]
    return slice_of(taken, hold.amount - hold.remaining + skipped, amount, Place.HELD, to)


def _give_back(
    world: World, hold: KeptOperation, member: Member, captured: int, cause: Cause, key: str
) -> Entry:
    moves = _held(world, hold, captured, hold.remaining - captured, Place.OPEN)
    return post(
        world,
        EntryKind.RELEASE,
        member,
        cause,
        [
            Posting(account(owner, HELD), account(owner, AWARD), AWARD, amount)
            for owner, amount in shares(world, moves)
        ],
        trace={"key": key, "hold": hold.key},
        moves=moves,
    )
