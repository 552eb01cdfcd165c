"""Checking the books: a list of invariants, and two hashes that sum the books up.

The *state hash* covers what the books say now (carriages, balances, lots, tiers) and is the same for every order in
which the same evidence may arrive; the *chain head* covers the history and is the same only for the same order.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .accounts import AWARD, is_counter, member_account
from .companies import is_share
from .entities import read_counters, write_counters
from .ledger import GENESIS, REVERSIBLE, Entry, EntryKind, balance_changes, entry_hash, is_cover, mirrored
from .verify_families import debts, offsets
from .verify_grants import counted_by_grants, granted_state, grants
from .verify_journal import Place, answers, causes, handled, handling_chain, overdue
from .verify_lots import chart, lot_moves, lots_and_balances, lots_of_entries, postings_in_chart
from .verify_operations import holds, operations, places
from .verify_promotions import budgets, used
from .verify_tiers import StoredTiers, beliefs, tiers
from .verify_timing import StoredTiming, awaited, looks
from .verify_traces import expiries, lots_as_told, operations_as_told, transfers


@dataclass(frozen=True, slots=True)
class Books:
    """All of the books as plain values, as storage reads them."""

    entries: Sequence[Entry]
    stray_postings: int
    lanes: Mapping[str, tuple[int, str]]
    balances: Mapping[tuple[str, str], int]
    lots: Sequence[Mapping[str, Any]]
    lot_moves: Sequence[Mapping[str, Any]]
    credits: Sequence[Mapping[str, Any]]
    carriages: Sequence[Mapping[str, Any]]
    operations: Sequence[Mapping[str, Any]]
    places: Sequence[Mapping[str, Any]]
    members: Mapping[int, tuple[str, str, str]]
    counted: Mapping[tuple[int, str, str], int]
    """(member id, day, unit) -> what the posted flights of that day count."""
    log: Sequence[Place]
    """The handling log, in its order."""
    log_end: tuple[int, str]
    """Number and hash of its last place, as recorded beside it; (0, "") of an empty one."""
    journal_ids: Sequence[int]
    changed_bytes: Sequence[int]
    """Journal rows whose bytes have another digest than when they came."""
    waiting_parts: Mapping[int, str]
    """Journal row of a part whose telegram is incomplete or not read yet -> when the newest part of that came."""
    changed_answers: Sequence[int]
    """Journal rows whose receipts don't say what was decided last."""
    evidence_without_carriage: int
    tiers: StoredTiers
    timing: StoredTiming
    survivors: Mapping[int, int] = field(default_factory=dict)
    """Id of a member merged into another -> id of the one who survives."""
    offsets: Mapping[str, int] = field(default_factory=dict)
    """Entry that stands by which merged members paid for one of them -> whose debt it was."""
    standing: Sequence[Sequence[str]] = ()
    """Members and cards by natural key, with their states; cards with the number of their owner."""

    def number(self, member_id: int) -> str:
        """The member's number, or what is known of one who isn't there."""
        member = self.members.get(member_id)
        return member[1] if member else f"(id {member_id})"


Check = Callable[[Books], list[str]]
"""Returns what it found wrong, in words; nothing means that the invariant holds."""


def _chain(books: Books) -> list[str]:
    wrong = []
    ends: dict[str, tuple[int, str]] = {}
    for entry in books.entries:
        seq, head = ends.get(entry.lane, (0, GENESIS))
        if entry.seq != seq + 1:
            wrong.append(f"{entry.reference}: follows {entry.lane}/{seq}")
        if entry.previous != head or entry.hash != entry_hash(entry):
            wrong.append(f"{entry.reference}: hash doesn't agree with its fields or the entry before")
        ends[entry.lane] = (entry.seq, entry.hash)
    return wrong + [
        f"lane {lane}: the last entry is not the recorded head"
        for lane in sorted(books.lanes.keys() | ends.keys())
        if ends.get(lane) != books.lanes.get(lane)
    ]


def _balances(books: Books) -> list[str]:
    sums = {slot: amount for slot, amount in balance_changes(books.entries).items() if amount}
    stored = {slot: amount for slot, amount in books.balances.items() if amount}
    return [
        f"{account} {unit}: stored {stored.get((account, unit), 0)}, postings say {sums.get((account, unit), 0)}"
        for account, unit in sorted(sums.keys() | stored.keys())
        if sums.get((account, unit), 0) != stored.get((account, unit), 0)
    ]


def _zero_sum(books: Books) -> list[str]:
    totals: Counter[str] = Counter()
    for (_account, unit), amount in books.balances.items():
        totals[unit] += amount
    return [
        f"all accounts together hold {amount} {unit}" for unit, amount in sorted(totals.items()) if amount
    ]


def _given(entry: Entry) -> dict[str, int]:
    given: Counter[str] = Counter()
    for posting in entry.postings:
        given[posting.unit] += posting.amount
    return dict(given)


def _carriages(books: Books) -> list[str]:
    standing: dict[int, list[str]] = defaultdict(list)
    shares: dict[int, list[str]] = defaultdict(list)
    for credit in books.credits:
        (shares if is_share(credit["credit_key"]) else standing)[credit["carriage_id"]].append(
            credit["status"]
        )
    wrong = []
    for carriage in books.carriages:
        found = standing.pop(carriage["id"], [])
        said = [carriage["credit"]] if carriage["credit"] in ("pending", "posted") else []
        if found != said or shares.pop(carriage["id"], said) != said:
            wrong.append(
                f"{carriage['departure_key']} {carriage['key']}: says {carriage['credit']}, has credits {found}"
            )
    lost = [*standing.values(), *shares.values()]
    return wrong + [f"{len(each)} credits of a carriage that isn't there" for each in lost]


def _members(books: Books) -> list[str]:
    named = {entry.member_id for entry in books.entries} | {slot[0] for slot in books.counted}
    named |= {row["member_id"] for row in (*books.credits, *books.lots)}
    return [
        *(
            f"member id {each}: named by the ledger, but not there"
            for each in sorted(named - books.members.keys())
        ),
        *(
            f"member {books.number(each)}: merged into one that isn't there"
            for each, survivor in sorted(books.survivors.items())
            if survivor not in books.members
        ),
        *(
            f"card {row[2]}: its owner is not there"
            for row in books.standing
            if row[0] == "card" and not row[3]
        ),
    ]


def _amounts(credit: Mapping[str, Any], *, posted: bool) -> dict[str, int] | None:
    """What the entry of this credit has to give (pending miles qualify for nothing); None for a text that is none."""
    try:
        counters = read_counters(credit["counters"])
        sound = credit["counters"] == write_counters(counters)
    except (ValueError, TypeError):
        return None
    if not sound:
        return None
    award = {AWARD: credit["award"]} if credit["award"] else {}
    return {**award, **counters} if posted else award


def _credits(books: Books) -> list[str]:
    entries = {(entry.lane, entry.seq): entry for entry in books.entries}
    reversed_entries = {entry.reverses for entry in books.entries if entry.reverses}
    wrong = []
    live = set()
    for credit in books.credits:
        slot = (credit["lane"], credit["seq"])
        entry = entries.get(slot)
        reference = f"{slot[0]}/{slot[1]}"
        live.add(reference)
        kind = EntryKind.ACCRUAL if credit["status"] == "posted" else EntryKind.PENDING
        if entry is None or entry.kind is not kind or reference in reversed_entries:
            wrong.append(
                f"{credit['credit_key']}: its entry {reference} is missing, reversed or of another kind"
            )
        elif _amounts(credit, posted=kind is EntryKind.ACCRUAL) != _given(entry):
            wrong.append(f"{credit['credit_key']}: its amounts are not those of {reference}")
    wrong += [
        f"{entry.reference}: stands in the ledger, but for no carriage"
        for entry in books.entries
        if entry.kind in (EntryKind.ACCRUAL, EntryKind.PENDING)
        and entry.reference not in reversed_entries
        and entry.reference not in live
    ]
    return wrong


def _coupons(books: Books) -> list[str]:
    """I6: over all programmes and links."""
    own = [credit for credit in books.credits if not is_share(credit["credit_key"])]
    counts = Counter(credit["carriage_key"] for credit in own)
    entries = Counter((credit["lane"], credit["seq"]) for credit in books.credits)
    return [
        *(f"{key}: {count} credits stand for it" for key, count in sorted(counts.items()) if count > 1),
        *(f"{lane}/{seq}: stands for {count} credits" for (lane, seq), count in entries.items() if count > 1),
    ]


def _reversals(books: Books) -> list[str]:
    entries = {entry.reference: entry for entry in books.entries}
    counts = Counter(entry.reverses for entry in books.entries if entry.reverses)
    wrong = [f"{each}: reversed {count} times" for each, count in sorted(counts.items()) if count > 1]
    for entry in books.entries:
        if entry.kind is not EntryKind.REVERSAL:
            continue
        original = entries.get(entry.reverses)
        if original is None or original.kind not in REVERSIBLE:
            wrong.append(f"{entry.reference}: reverses {entry.reverses}, which is not there or can't be")
            continue
        undone = mirrored(original.postings)
        count = len(undone)
        if entry.postings[:count] != undone or not all(map(is_cover, entry.postings[count:])):
            wrong.append(f"{entry.reference}: doesn't mirror {entry.reverses}")
    return wrong


def _counters(books: Books) -> list[str]:
    totals = counted_by_grants(books)
    for credit in books.credits:
        for unit, amount in (_amounts(credit, posted=credit["status"] == "posted") or {}).items():
            if unit != AWARD:
                totals[credit["member_id"], credit["flown_on"], unit] += amount
    wrong = [
        f"member {books.number(slot[0])}, {slot[1]}: {books.counted.get(slot, 0)} {slot[2]}, credits {totals[slot]}"
        for slot in sorted(totals.keys() | books.counted.keys())
        if books.counted.get(slot, 0) != totals[slot]
    ]
    of_all_days: Counter[tuple[str, str]] = Counter()
    for (member_id, _day, unit), amount in books.counted.items():
        programme, number, _tier = books.members.get(member_id, ("", "", ""))
        of_all_days[member_account(programme, number, unit), unit] += amount
    held = {
        slot: amount
        for slot, amount in books.balances.items()
        if slot[0].startswith("member:") and is_counter(slot[0].rsplit(":", 1)[1])
    }
    return wrong + [
        f"{account}: balance {held.get((account, unit), 0)}, its days count {of_all_days[account, unit]}"
        for account, unit in sorted(of_all_days.keys() | held.keys())
        if held.get((account, unit), 0) != of_all_days[account, unit]
    ]


def _bytes(books: Books) -> list[str]:
    return [f"journal row {each}: its bytes are not those that came" for each in books.changed_bytes]


def _evidence(books: Books) -> list[str]:
    count = books.evidence_without_carriage
    return [f"{count} pieces of standing evidence belong to no carriage"] if count else []


def _postings(books: Books) -> list[str]:
    return [f"{books.stray_postings} groups of postings without an entry"] if books.stray_postings else []


CHECKS: Sequence[tuple[str, Check]] = (
    ("hash chain", _chain),
    ("balances are the sum of postings", _balances),
    ("all accounts sum to zero", _zero_sum),
    ("accounts are those of the chart, on their side of zero", chart),
    ("postings move whole amounts between accounts of the chart", postings_in_chart),
    ("open lots are the award balance", lots_and_balances),
    ("lots are what their entries gave", lots_of_entries),
    ("lots are what their moves made of them", lot_moves),
    ("lots and moves are what the chain tells", lots_as_told),
    ("transferred lots keep their dates", transfers),
    ("nothing expires before its last day", expiries),
    ("operations are what the chain tells", operations_as_told),
    ("the clock looks at every lot in time", looks),
    ("promotions have given what credits say", used),
    ("no budget of a promotion is overdrawn", budgets),
    ("grants stand once, as the chain tells", grants),
    ("nobody waits for a grant without a look at it", awaited),
    ("nobody owes miles and has some", debts),
    ("only merged members pay for one another", offsets),
    ("operations are what their entries say", operations),
    ("holds are what is held", holds),
    ("places in pools are of members", places),
    ("every standing credit has one live entry", _credits),
    ("no coupon is credited twice", _coupons),
    ("carriages say what their credits are", _carriages),
    ("reversals mirror their originals", _reversals),
    ("tier counters are the sum of credits", _counters),
    ("tiers are what flights and given tiers say", tiers),
    ("what is believed of tiers is what stands", beliefs),
    ("every journal row has an outcome", handled),
    ("the handling log is chained to the journal and the ledger", handling_chain),
    ("nothing waits longer than it may", overdue),
    ("repeats get the answer that was decided", answers),
    ("every entry was made by a decision on its journal row", causes),
    ("the journal holds the bytes that came", _bytes),
    ("all evidence belongs to a carriage", _evidence),
    ("every posting belongs to an entry", _postings),
    ("members are there", _members),
)


def state_hash(books: Books) -> str:
    """SHA-256 over carriages, credits, balances, open lots, tiers and the states of members and cards, by natural keys
    only."""
    number_of: defaultdict[int, list[str]] = defaultdict(lambda: ["", ""])
    for member_id, (programme, number, _tier) in books.members.items():
        number_of[member_id] = [programme, number]
    lots: Counter[str] = Counter()
    for lot in books.lots:
        for place in ("remaining", "held"):
            slot = [*number_of[lot["member_id"]], lot["unit"], lot["earned_on"], lot["expires_on"], place]
            if lot[place]:
                lots[json.dumps(slot)] += lot[place]
    state = {
        "carriages": sorted(
            [each["departure_key"], each["key"], each["state"], each["view"], each["credit"], each["reason"]]
            for each in books.carriages
        ),
        "credits": sorted(
            [
                *number_of[each["member_id"]],
                *(each[name] for name in ("credit_key", "status", "award", "counters", "flown_on")),
                each["tier"],
            ]
            for each in books.credits
        ),
        "balances": sorted([*slot, amount] for slot, amount in books.balances.items() if amount),
        "lots": sorted(lots.items()),
        "grants": granted_state(books, number_of),
        "operations": sorted(
            [each["key"], each["state"], each["amount"], each["remaining"]] for each in books.operations
        ),
        "pools": sorted(
            [
                *number_of[each["member_id"]],
                *number_of[each["pool_id"]],
                *(each[name] for name in ("share", "spends", "owner", "joined")),
            ]
            for each in books.places
        ),
        "tiers": sorted(
            [
                programme,
                number,
                tier,
                books.tiers.members[each]["tier_until"],
                books.tiers.members[each]["spells"],
            ]
            for each, (programme, number, tier) in books.members.items()
        ),
        "standing": sorted(map(list, books.standing)),
    }
    text = json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain_head(books: Books) -> str:
    """The head of the only lane that has entries; of several lanes, the hash over their heads in name order."""
    heads = [head for _lane, (_seq, head) in sorted(books.lanes.items())] or [GENESIS]
    return heads[0] if len(heads) == 1 else hashlib.sha256("".join(heads).encode()).hexdigest()


FOUND_MAX = 20
"""How many findings of one check are listed; the count is always given."""


def verify_books(books: Books) -> dict[str, Any]:
    """{"ok", "state_hash", "chain_head", "lanes": {name: head}, "entries", "journal_id" (of the newest row), "handled"
    (number of the newest decision), "log_head" (hash of the handling log), "checks": [{"name", "ok", "count",
    "found": [text]}]}.
    """
    checks = []
    for name, check in CHECKS:
        found = check(books)
        checks.append({"name": name, "ok": not found, "count": len(found), "found": found[:FOUND_MAX]})
    return {
        "ok": all(check["ok"] for check in checks),
        "state_hash": state_hash(books),
        "chain_head": chain_head(books),
        "lanes": {lane: head for lane, (_seq, head) in sorted(books.lanes.items())},
        "entries": len(books.entries),
        "journal_id": max(books.journal_ids, default=0),
        "handled": books.log[-1].number if books.log else 0,
        "log_head": books.log_end[1],
        "checks": checks,
    }
