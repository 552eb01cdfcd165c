"""Checks of lots, moves and operations against what the entries' traces say, which the hash chain covers; part of
``verify``."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .ledger import Entry, EntryKind
from .stable_json import decode

if TYPE_CHECKING:
    from .verify import Books

# By which names an entry tells operations it belongs to: the one that made it, and what a second person approved.
_KEYS = ("key", "adjustment", "reversal")


def _told(entry: Entry) -> Mapping[str, Any]:
    found = decode(entry.trace)
    return found if isinstance(found, dict) else {}


def lots_as_told(books: "Books") -> list[str]:
    """Whose each lot is, its days and amount, and what each entry did to lots."""
    made: defaultdict[str, list[list[object]]] = defaultdict(list)
    for lot in sorted(books.lots, key=lambda row: (row["lane"], row["seq"], row["number"])):
        own = [books.number(lot["member_id"]), lot["earned_on"], lot["expires_on"], lot["amount"]]
        made[f"{lot['lane']}/{lot['seq']}"].append(own)
    moved: defaultdict[str, list[list[object]]] = defaultdict(list)
    for row in books.lot_moves:
        lot_key = f"{row['lot_lane']}/{row['lot_seq']}/{row['lot_number']}"
        moved[f"{row['lane']}/{row['seq']}"].append(
            [lot_key, row["source"], row["destination"], row["amount"]]
        )
    wrong = []
    for entry in books.entries:
        told = _told(entry)
        if told.get("made", []) != made[entry.reference]:
            wrong.append(f"{entry.reference}: its lots are not those it tells of")
        if told.get("lots", []) != moved[entry.reference]:
            wrong.append(f"{entry.reference}: its moves are not those it tells of")
    return wrong


def transfers(books: "Books") -> list[str]:
    """I8: miles that change hands are as old as before and expire on the same day."""
    days = {
        f"{row['lane']}/{row['seq']}/{row['number']}": (row["earned_on"], row["expires_on"])
        for row in books.lots
    }
    wrong = []
    for entry in books.entries:
        if entry.kind is not EntryKind.TRANSFER:
            continue
        told = _told(entry)
        given: Counter[object] = Counter()
        for lot, _source, _destination, amount in told.get("lots", ()):
            given[days.get(lot)] += amount
        taken: Counter[object] = Counter()
        for _owner, earned_on, expires_on, amount in told.get("made", ()):
            taken[earned_on, expires_on] += amount
        if given != taken:
            wrong.append(f"{entry.reference}: the miles it transferred have other days now")
    return wrong


def expiries(books: "Books") -> list[str]:
    """I8: what expired was past its last day when the business clock struck, and by the rules that made it no earlier
    than its first day of all; what came back had not ended."""
    first = {f"{row['lane']}/{row['seq']}/{row['number']}": row["expires_on"] for row in books.lots}
    rules = {entry.reference: entry.programme_digest for entry in books.entries}
    wrong = []
    for entry in books.entries:
        if entry.kind not in (EntryKind.EXPIRY, EntryKind.REVIVAL):
            continue
        told = _told(entry)
        lots, ends, on = told.get("lots", ()), told.get("ends", ()), told.get("on", "")
        if len(lots) != len(ends):
            wrong.append(f"{entry.reference}: doesn't tell of each lot when it ends")
            continue
        for (lot, *_move), (day, _rule) in zip(lots, ends, strict=True):
            same_rules = rules.get(lot.rpartition("/")[0]) == entry.programme_digest
            if entry.kind is EntryKind.REVIVAL:
                if day and day < on:
                    wrong.append(f"{entry.reference}: lot {lot} came back, but had ended")
            elif not day or day >= on or (same_rules and not "" < first.get(lot, "") <= day):
                wrong.append(f"{entry.reference}: lot {lot} expired before its time")
    return wrong


def operations_as_told(books: "Books") -> list[str]:
    """An operation's entry names its key, and a hold's entry until when it holds; whatever key an entry names is that
    of an operation, that of a second person's approval included."""
    entries = {entry.reference: entry for entry in books.entries}
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for row in books.operations:
        keys[f"{row['lane']}/{row['seq']}"].add(row["key"])
    wrong = [
        f"{entry.reference}: there is no operation {key} that it belongs to"
        for entry in books.entries
        if entry.kind not in (EntryKind.ACCRUAL, EntryKind.PENDING)
        for key in map(_told(entry).get, _KEYS)
        # A capture that gives the rest back makes two entries; the key stands for the first.
        if key and key not in keys[entry.reference] and entry.kind is not EntryKind.RELEASE
    ]
    for row in books.operations:
        asked = decode(row["content"])
        if asked.get("key") != row["key"]:
            wrong.append(f"operation {row['key']}: its content is of another")
        entry = entries.get(f"{row['lane']}/{row['seq']}")
        if entry is None:
            continue
        told = _told(entry)
        if row["key"] not in map(told.get, _KEYS):
            wrong.append(f"operation {row['key']}: its entry {entry.reference} is of another")
        if row["kind"] == "adjust" and (asked.get("reason"), asked.get("by")) != (
            told.get("reason"),
            told.get("by", [""])[0],
        ):
            wrong.append(f"operation {row['key']}: its entry has another reason, or was asked by another")
        if row["kind"] == "reserve" and row["until"] != told.get("until"):
            wrong.append(
                f"operation {row['key']}: holds until {row['until']}, its entry says {told.get('until')}"
            )
    return wrong
