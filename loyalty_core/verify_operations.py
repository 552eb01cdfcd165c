"""Checks of operations with miles and of family pools; part of ``verify``."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from .accounts import AWARD, HELD, POOL_PREFIX, member_account
from .ledger import EntryKind, is_cover
from .lots import LotMove, Place, slice_of

if TYPE_CHECKING:
    from .verify import Books

ENTRIES = {
    "reserve": (EntryKind.HOLD,),
    "capture": (EntryKind.CAPTURE,),
    "release": (EntryKind.RELEASE,),
    "redeem": (EntryKind.REDEMPTION,),
    "adjust": (EntryKind.ADJUSTMENT,),
    "approve": (EntryKind.ADJUSTMENT, EntryKind.REVERSAL),
    "transfer": (EntryKind.TRANSFER,),
    "reverse": (EntryKind.REVERSAL,),
}
"""What kinds of entries an operation makes."""


def operations(books: "Books") -> list[str]:
    """Every operation has its entry and every such entry its operation; only what is undone has been reversed."""
    entries = {entry.reference: entry for entry in books.entries}
    undone = {entry.reverses for entry in books.entries}
    wrong = []
    named = set()
    for row in books.operations:
        reference = f"{row['lane']}/{row['seq']}"
        named.add(reference)
        waits = row["kind"] in ("adjust", "reverse") and row["state"] in ("open", "declined")
        if row["kind"] == "pool" or waits or (row["kind"] == "approve" and not row["seq"]):
            if row["seq"]:
                wrong.append(f"operation {row['key']}: has an entry and can't have one")
            continue
        entry = entries.get(reference)
        # Several postings where merged members pay together; covers make up for what a reversal found gone.
        moved = sum(one.amount for one in entry.postings if not is_cover(one)) if entry else 0
        if (
            entry is None
            or entry.kind not in ENTRIES[row["kind"]]
            or entry.member_id != row["member_id"]
            or moved != abs(row["amount"])
            or ((reference in undone) != (row["state"] == "reversed") and row["kind"] != "approve")
        ):
            wrong.append(f"operation {row['key']}: its entry {reference} is missing or says otherwise")
    kinds = (
        EntryKind.HOLD,
        EntryKind.CAPTURE,
        EntryKind.REDEMPTION,
        EntryKind.ADJUSTMENT,
        EntryKind.TRANSFER,
    )
    return wrong + [
        f"{entry.reference}: nobody has asked for it"
        for entry in books.entries
        if entry.kind in kinds and entry.reference not in named
    ]


def holds(books: "Books") -> list[str]:
    """What open holds hold is what the held accounts of those say whose lots it is of."""
    owner = {(row["lane"], row["seq"], row["number"]): row["member_id"] for row in books.lots}
    taken: defaultdict[tuple[str, int], list[LotMove]] = defaultdict(list)
    for row in books.lot_moves:
        lot = (row["lot_lane"], row["lot_seq"], row["lot_number"])
        move = LotMove(lot, Place(row["source"]), Place(row["destination"]), row["amount"])
        taken[row["lane"], row["seq"]].append(move)
    held: Counter[int] = Counter()
    for row in books.operations:
        if row["remaining"]:
            captured = row["amount"] - row["remaining"]
            own = taken[row["lane"], row["seq"]]
            for move in slice_of(own, captured, row["remaining"], Place.HELD, Place.SPENT):
                held[owner.get(move.lot, 0)] += move.amount
    return [
        f"member {number}: open holds of {held[member_id]}, held balance {balance}"
        for member_id, (programme, number, _tier) in sorted(books.members.items())
        if held[member_id]
        != (balance := books.balances.get((member_account(programme, number, HELD), AWARD), 0))
    ]


def places(books: "Books") -> list[str]:
    """Members and their pool are there, of one programme, and no pool is in another; nobody is in two, each has an
    owner."""
    joined = Counter(row["member_id"] for row in books.places if row["joined"])
    owners = Counter(row["pool_id"] for row in books.places if row["owner"])
    wrong = [
        f"member {books.number(each)}: is in {count} pools" for each, count in joined.items() if count > 1
    ]
    wrong += [
        f"pool {books.number(each)}: has {owners[each]} owners"
        for each in sorted({row["pool_id"] for row in books.places})
        if owners[each] != 1
    ]
    for row in books.places:
        member, pool = books.members.get(row["member_id"]), books.members.get(row["pool_id"])
        if (
            member is None
            or pool is None
            or member[0] != pool[0]
            or not pool[1].startswith(POOL_PREFIX)
            or member[1].startswith(POOL_PREFIX)
        ):
            wrong.append(
                f"member {books.number(row['member_id'])}: {books.number(row['pool_id'])} is no pool"
            )
    return wrong
