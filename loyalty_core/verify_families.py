"""Checks of debts and of members who were merged; part of ``verify``."""

from collections import defaultdict
from typing import TYPE_CHECKING

from .accounts import AWARD, DEFICIT, member_account
from .ledger import EntryKind
from .lots import NEVER

if TYPE_CHECKING:
    from .verify import Books


def debts(books: "Books") -> list[str]:
    """Nobody has miles to spend and owes some as well, oneself or by one merged with him: deficits are absorbed by what
    comes in. What had expired by the last entry is nobody's to pay with."""
    last = max((entry.posted_at[:10] for entry in books.entries), default="")
    owed: defaultdict[int, int] = defaultdict(int)
    has: defaultdict[int, int] = defaultdict(int)
    for member_id, (programme, number, _tier) in books.members.items():
        survivor = books.survivors.get(member_id, member_id)
        owed[survivor] -= books.balances.get((member_account(programme, number, DEFICIT), AWARD), 0)
    for lot in books.lots:
        if (lot["look_on"] or NEVER) >= last:
            has[books.survivors.get(lot["member_id"], lot["member_id"])] += lot["remaining"]
    wrong = [each for each in owed if owed[each] and has[each]]
    return sorted(
        f"member {books.number(each)}: owes {owed[each]} and has {has[each]} to spend" for each in wrong
    )


def offsets(books: "Books") -> list[str]:
    """Merged members pay for one another as long as they are merged: every payment from another's lot stands for a
    member of the same family, and is known to be one that an unmerge has to take back."""
    owner = {(row["lane"], row["seq"], row["number"]): row["member_id"] for row in books.lots}
    payers: defaultdict[str, set[int]] = defaultdict(set)
    for row in books.lot_moves:
        lot = (row["lot_lane"], row["lot_seq"], row["lot_number"])
        payers[f"{row['lane']}/{row['seq']}"].add(owner.get(lot, 0))
    undone = {entry.reverses for entry in books.entries}
    wrong = []
    standing = set()
    for entry in books.entries:
        if entry.kind is not EntryKind.OFFSET or entry.reference in undone:
            continue
        others = payers[entry.reference] - {entry.member_id}
        if not others:
            continue
        standing.add(entry.reference)
        family = {books.survivors.get(each, each) for each in (*others, entry.member_id)}
        if len(family) != 1 or books.offsets.get(entry.reference) != entry.member_id:
            wrong.append(f"{entry.reference}: others paid for {entry.member_number} who need not")
    return wrong + [
        f"{entry}: no payment among merged members stands there"
        for entry in sorted(books.offsets.keys() - standing)
    ]
