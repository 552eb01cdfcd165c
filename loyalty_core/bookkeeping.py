"""Making entries: postings, lots and the moves between their places enter the books together; and claw-backs.

Every entry of whatever kind is made by ``post``. What an entry does to lots and which it makes stands in its trace, so
the hash chain covers it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .accounts import AWARD, DEFICIT, expired_account, member_account
from .entities import Member
from .ledger import Entry, EntryKind, Posting, bounded, mirrored
from .lots import Lot, LotMove, NewLot, Place, written
from .stable_json import encode
from .world import World


@dataclass(frozen=True, slots=True)
class Cause:
    """The message that makes the difference: its journal row, digest (hex) and received time (ISO text)."""

    journal_id: int
    digest: str
    received_at: str

    @property
    def day(self) -> str:
        """The day of receipt (UTC), ISO text."""
        return self.received_at[:10]


def account(member: Member, purpose: str) -> str:
    return member_account(member.programme, member.number, purpose)


def balance(world: World, member: Member, purpose: str = AWARD) -> int:
    """The balance of one of the member's accounts in award miles."""
    return world.balances.get((account(member, purpose), AWARD), 0)


def post(
    world: World,
    kind: EntryKind,
    member: Member,
    cause: Cause,
    postings: Sequence[Posting],
    *,
    trace: Mapping[str, object],
    moves: Sequence[LotMove] = (),
    lots: Sequence[NewLot] = (),
    because: str = "[]",
    carriage_key: str = "",
    flown_on: str = "",
    reverses: str = "",
    rules: str = "",
) -> Entry:
    """One entry with all that belongs to it. ``flown_on`` "" means the day of receipt, ``rules`` "" the programme in
    force."""
    postings = bounded(postings)
    told = dict(trace)
    if moves:
        told["lots"] = written(moves)
    if lots:
        told["made"] = [
            [world.members[lot.member_id].number, lot.earned_on, lot.expires_on, lot.amount] for lot in lots
        ]
    entry = world.chain.append(
        kind=kind,
        programme=member.programme,
        programme_digest=rules or world.programmes[member.programme].digest,
        member_number=member.number,
        member_id=member.id,
        carriage_key=carriage_key,
        flown_on=flown_on or cause.day,
        posted_at=cause.received_at,
        cause=cause.digest,
        journal_id=cause.journal_id,
        trace=encode(told),
        because=because,
        postings=postings,
        reverses=reverses,
    )
    slot = (entry.lane, entry.seq)
    world.postings[slot] = (entry.postings, because)
    world.rules[slot] = entry.programme_digest
    for posting in postings:
        for name, amount in ((posting.source, -posting.amount), (posting.destination, posting.amount)):
            world.balances[name, posting.unit] = world.balances.get((name, posting.unit), 0) + amount
    for number, lot in enumerate(lots, 1):
        world.put_lot(
            Lot(
                *slot,
                number,
                lot.member_id,
                AWARD,
                lot.earned_on,
                lot.expires_on,
                lot.amount,
                lot.amount,
                look_on=lot.expires_on,
            )
        )
        world.touched.add(lot.member_id)
    if moves:
        world.moves[slot] = tuple(moves)
        world.new_moves[slot] = tuple(moves)
    for move in moves:
        lot_now = world.lots[move.lot].moved(move)
        world.put_lot(lot_now)
        world.touched.add(lot_now.member_id)
    world.touched.add(member.id)
    return entry


def undo(
    world: World,
    member: Member,
    slot: tuple[str, int],
    cause: Cause,
    *,
    trace: Mapping[str, object],
    because: str,
    carriage_key: str = "",
    flown_on: str = "",
) -> Entry:
    """The entry that reverses another, under the rules that made it: its postings mirrored, the lots it consumed
    restored, the lots it made taken back. What was already spent of those becomes a deficit, what has expired of them
    comes back from the expired."""
    moves = [
        LotMove(move.lot, Place.SPENT, Place.OPEN, move.amount)
        for move in world.moves.get(slot, ())
        if move.destination == Place.SPENT
    ]
    covers: list[Posting] = []
    for lot in world.lots_made_by(*slot):
        holder = world.members[lot.member_id]
        # A lot that is spent makes no move, but its owner may have others to pay the debt from.
        world.touched.add(holder.id)
        award = account(holder, AWARD)
        missing = lot.amount - lot.remaining - lot.expired
        if lot.remaining:
            moves.append(LotMove(lot.key, Place.OPEN, Place.SPENT, lot.remaining))
        if lot.expired:
            moves.append(LotMove(lot.key, Place.EXPIRED, Place.SPENT, lot.expired))
            covers.append(Posting(expired_account(holder.programme), award, AWARD, lot.expired))
        if missing:
            covers.append(Posting(account(holder, DEFICIT), award, AWARD, missing))
    return post(
        world,
        EntryKind.REVERSAL,
        member,
        cause,
        (*mirrored(world.postings[slot][0]), *covers),
        trace=trace,
        moves=moves,
        because=because,
        carriage_key=carriage_key,
        flown_on=flown_on,
        reverses=f"{slot[0]}/{slot[1]}",
        rules=world.rules[slot],
    )


def shares(world: World, moves: Iterable[LotMove]) -> list[tuple[Member, int]]:
    """Whose lots these moves are about, and how many miles of each, in the order of the moves."""
    found: dict[int, int] = {}
    for move in moves:
        owner = world.lots[move.lot].member_id
        found[owner] = found.get(owner, 0) + move.amount
    return [(world.members[owner], amount) for owner, amount in found.items()]
