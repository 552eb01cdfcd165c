"""Miles that change hands: transfers between members, and family pools.

A pool is a member without card or name, numbered ``pool/KEY``: lots, holds, transfers and deficits are the same as for
everybody. Its members give it a share of what each flight posts; those who may spend from it name it as the payer.
Tiers stay personal: nothing that counts for one ever goes to a pool.
"""

from .accounts import AWARD
from .bookkeeping import account, post, shares, spendable
from .ledger import EntryKind, Posting
from .lots import NewLot, Place, consume
from .operating import (
    Asked,
    Refused,
    holder,
    keep,
    payer,
    require,
    require_amount,
    require_miles,
    rules_of,
    taker,
)
from .operations import ChangePool, TransferMiles
from .outcomes import Reason
from .spending import KeptOperation
from .spending import Place as PoolPlace
from .world import Member, World

POOL_PREFIX = "pool/"
"""No member file can name such a number."""


def pool_number(key: str) -> str:
    return POOL_PREFIX + key


def transfer(world: World, order: TransferMiles, asked: Asked) -> KeptOperation:
    """Each lot that gives makes one that takes, earned and expiring on the same days."""
    giver = payer(world, order.card, order.from_pool, asked.day)
    require_amount(order.amount)
    require(rules_of(world, giver).transfers)
    receiver = _receiver(world, order)
    if receiver.programme != giver.programme or receiver.id == giver.id:
        raise Refused(Reason.INVALID, "to")
    require_miles(world, giver, order.amount, asked.day)
    moves = consume(spendable(world, giver, asked.day), order.amount, Place.SPENT)
    lots = []
    for move in moves:
        lot = world.lots[move.lot]
        lots.append(NewLot(receiver.id, lot.earned_on, lot.expires_on, move.amount))
    taken = account(receiver, AWARD)
    entry = post(
        world,
        EntryKind.TRANSFER,
        giver,
        asked.cause,
        [Posting(account(owner, AWARD), taken, AWARD, part) for owner, part in shares(world, moves)],
        trace={"key": order.key, "to": receiver.number},
        moves=moves,
        lots=lots,
    )
    return keep(world, asked, giver, order.amount, entry)


def _receiver(world: World, order: TransferMiles) -> Member:
    if order.to is not None:
        return taker(world, order.to)
    place = world.place_of(holder(world, order.card).id)
    if place is None or order.from_pool:
        raise Refused(Reason.POOL_UNFIT, "to")
    return world.members[place.pool_id]


def change_pool(world: World, order: ChangePool, asked: Asked) -> KeptOperation:
    """Opens, joins or leaves a family pool; a member is in one at most."""
    member = holder(world, order.card)
    members_max = rules_of(world, member).pool_members_max
    require(members_max > 0)
    if not 0 <= order.share <= 100:
        raise Refused(Reason.INVALID, "share")
    pool_id = world.member_ids.get((member.programme, pool_number(order.pool)))
    place = world.place_of(member.id)
    if order.action == "leave":
        if place is None or place.pool_id != pool_id:
            raise Refused(Reason.POOL_UNFIT, "pool")
        world.spending.leave(place.member_id)
        return keep(world, asked, member, 0, None)
    opens = order.action == "open"
    if order.action not in ("open", "join"):
        raise Refused(Reason.INVALID, "action")
    if place is not None or opens != (pool_id is None):
        raise Refused(Reason.POOL_UNFIT, "pool")
    if pool_id is None:
        pool_id = world.ids.take("member")
        world.put_member(
            Member(pool_id, member.programme, pool_number(order.pool), (), "", "", "", enrolled_on=asked.day)
        )
    elif len(world.spending.places_in(pool_id)) >= members_max:
        raise Refused(Reason.POOL_UNFIT, "pool")
    world.spending.put_place(PoolPlace(member.id, pool_id, order.share, int(order.spends)))
    return keep(world, asked, member, 0, None)
