"""Checks of promotions: what credits have of them is what the ledger took from their accounts, and no budget is
overdrawn; part of ``verify``."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from .accounts import promotion_account
from .promoting import read_promoted
from .timing import ALL_MEMBERS
from .verify_journal import in_order

if TYPE_CHECKING:
    from .verify import Books

_MARK = ":promotion/"


def used(books: "Books") -> list[str]:
    """What is used of each promotion, by each member and by all, is the sum of the credits that stand; and what a
    credit has is what its entry took from the promotion's account."""
    totals: Counter[tuple[int, str, str, str]] = Counter()
    entries = {(entry.lane, entry.seq): entry for entry in books.entries}
    wrong = []
    for credit in books.credits:
        try:
            promoted = read_promoted(credit["promoted"])
        except ValueError:
            promoted = {}
        told: Counter[tuple[str, str]] = Counter()
        for name, amounts in promoted.items():
            for unit, amount in amounts.items():
                told[promotion_account(credit["programme"], name), unit] += amount
                totals[ALL_MEMBERS, credit["programme"], name, unit] += amount
                totals[credit["member_id"], credit["programme"], name, unit] += amount
        entry = entries.get((credit["lane"], credit["seq"]))
        given: Counter[tuple[str, str]] = Counter()
        for posting in entry.postings if entry else ():
            if _MARK in posting.source:
                given[posting.source, posting.unit] += posting.amount
        if given != told:
            wrong.append(
                f"{credit['credit_key']}: what promotions added is not what its entry took from them"
            )
    stored = {slot: amount for slot, amount in books.timing.used.items() if amount}
    return wrong + [
        f"promotion {slot[2]} of {slot[1]}: {stored.get(slot, 0)} {slot[3]} used"
        f" by {books.number(slot[0]) if slot[0] else 'all'}, credits say {totals[slot]}"
        for slot in sorted(totals.keys() | stored.keys())
        if totals[slot] != stored.get(slot, 0)
    ]


def budgets(books: "Books") -> list[str]:
    """No entry by the rules in force took more from a promotion than its budget, or one member's limit, had left."""
    taken: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    wrong = []
    for entry in in_order(books):
        programme = books.timing.programmes.get(entry.programme)
        limited = {one.name: one for one in programme.limited} if programme else {}
        in_force = programme is not None and entry.programme_digest == programme.digest
        for posting in entry.postings:
            for account, sign in ((posting.source, 1), (posting.destination, -1)):
                if _MARK not in account:
                    continue
                for owner in (ALL_MEMBERS, entry.member_id):
                    taken[account, posting.unit, owner] += sign * posting.amount
                one = limited.get(account.partition(_MARK)[2])
                if sign < 0 or one is None or not in_force:
                    continue
                for limits, owner in ((one.budget, ALL_MEMBERS), (one.at_most, entry.member_id)):
                    most = limits.get(posting.unit)
                    if most is not None and taken[account, posting.unit, owner] > most:
                        had = taken[account, posting.unit, owner]
                        wrong.append(f"{entry.reference}: {account} has given {had} {posting.unit} of {most}")
    return wrong
