"""Miles that change hands: transfers between members, and family pools.

A pool is a member without card or name, numbered ``pool/KEY``: lots, holds, transfers and deficits are the same as for
everybody. Its owner says who may join it and who may spend from it. Its members give it a share of what each flight
posts; those who may spend from it name it as the payer, and entries name them.
Tiers stay personal: nothing that counts for one ever goes to a pool.

Miles live as long with whoever gets them. Where their end hangs on what their owner does or is, nobody could say how
long that is, so they don't change hands there: transfers are refused, and nobody opens or joins a pool. Who is in one
already, for the programme was another then, may leave it, and its miles can be spent.
"""

from dataclasses import replace

from .accounts import AWARD, POOL_PREFIX
from .bookkeeping import account, post, shares
from .entities import Member
from .ledger import EntryKind, Posting
from .lot_ends import spendable
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
from .world import World


def pool_number(key: str) -> str:
    return POOL_PREFIX + key


def transfer(world: World, order: TransferMiles, asked: Asked) -> KeptOperation:
    """Each lot that gives makes one that takes, earned and expiring on the same days."""
    giver, spender = payer(world, order.card, order.from_pool, asked.day)
    require_amount(order.amount)
    require(rules_of(world, giver).transfers)
    _require_lasting(world, giver, "to")
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
        trace={"key": order.key, "to": receiver.number, **spender},
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


def _require_lasting(world: World, member: Member, field: str) -> None:
    """Miles end by the day of earning alone, whoever has them. Raises Refused."""
    if world.programmes[member.programme].has_moving_ends:
        raise Refused(Reason.NOT_OFFERED, field)


def change_pool(world: World, order: ChangePool, asked: Asked) -> KeptOperation:
    """A pool is its owner's: nobody is in it whom he has not invited, nobody spends from it unless he said so. A member
    is in one at most."""
    member = holder(world, order.card)
    require(rules_of(world, member).pool_members_max > 0)
    if order.action in ("open", "invite", "join"):
        _require_lasting(world, member, "action")
    if order.action not in _ACTIONS:
        raise Refused(Reason.INVALID, "action")
    if not 0 <= order.share <= 100:
        raise Refused(Reason.INVALID, "share")
    if (order.member is not None) != (order.action in ("invite", "exclude")):
        raise Refused(Reason.INVALID, "member")
    pool_id = world.member_ids.get((member.programme, pool_number(order.pool)))
    _ACTIONS[order.action](world, order, member, pool_id, asked.day)
    return keep(world, asked, member, 0, None)


def _open(world: World, order: ChangePool, member: Member, pool_id: int | None, day: str) -> None:
    if world.place_of(member.id) is not None or pool_id is not None:
        raise Refused(Reason.POOL_UNFIT, "pool")
    pool_id = world.ids.take("member")
    number = pool_number(order.pool)
    world.put_member(Member(pool_id, member.programme, number, (), "", "", "", enrolled_on=day))
    world.spending.put_place(PoolPlace(member.id, pool_id, order.share, int(order.spends), 1, 1))


def _invite(world: World, order: ChangePool, member: Member, pool_id: int | None, _day: str) -> None:
    own = _own_pool(world, member, pool_id)
    assert order.member is not None
    guest = taker(world, order.member, "member")
    if guest.programme != member.programme:
        raise Refused(Reason.INVALID, "member")
    place = _place_in(world, guest, own.pool_id)
    if place is None:
        if len(world.spending.places_in(own.pool_id)) >= rules_of(world, member).pool_members_max:
            raise Refused(Reason.POOL_UNFIT, "pool")
        place = PoolPlace(guest.id, own.pool_id, 0, 0, 0, 0)
    elif place.owner:
        raise Refused(Reason.POOL_UNFIT, "member")
    world.spending.put_place(replace(place, spends=int(order.spends)))


def _exclude(world: World, order: ChangePool, member: Member, pool_id: int | None, _day: str) -> None:
    own = _own_pool(world, member, pool_id)
    assert order.member is not None
    place = _place_in(world, taker(world, order.member, "member", good=False), own.pool_id)
    if place is None or place.owner:
        raise Refused(Reason.POOL_UNFIT, "member")
    world.spending.drop_place(place)


def _join(world: World, order: ChangePool, member: Member, pool_id: int | None, _day: str) -> None:
    own = _place_in(world, member, pool_id)
    if own is None or world.place_of(member.id) is not None:
        raise Refused(Reason.POOL_UNFIT, "pool")
    if order.spends and not own.spends:
        raise Refused(Reason.POOL_UNFIT, "spends")
    world.spending.put_place(replace(own, share=order.share, joined=1))


def _leave(world: World, _order: ChangePool, member: Member, pool_id: int | None, _day: str) -> None:
    place = world.place_of(member.id)
    if place is None or place.pool_id != pool_id:
        raise Refused(Reason.POOL_UNFIT, "pool")
    if place.owner:
        world.spending.put_place(replace(place, joined=0))
    else:
        world.spending.drop_place(place)


_ACTIONS = {"open": _open, "invite": _invite, "join": _join, "exclude": _exclude, "leave": _leave}


def _place_in(world: World, member: Member, pool_id: int | None) -> PoolPlace | None:
    """The place that a member, or one merged into one with it, has in a pool; joined or not."""
    places = (world.spending.places.get((each, pool_id or 0)) for each in world.family(member.id))
    return next((place for place in places if place is not None), None)


def _own_pool(world: World, member: Member, pool_id: int | None) -> PoolPlace:
    place = _place_in(world, member, pool_id)
    if place is None or not place.owner:
        raise Refused(Reason.POOL_UNFIT, "pool")
    return place
