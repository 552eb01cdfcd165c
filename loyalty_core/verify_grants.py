"""Checks of what members were granted; part of ``verify``."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .accounts import counters_of
from .ledger import EntryKind
from .stable_json import decode, encode

if TYPE_CHECKING:
    from .verify import Books


def counted_by_grants(books: "Books") -> Counter[tuple[int, str, str]]:
    """(member id, day, unit) -> what grants that stand count for tiers."""
    found: Counter[tuple[int, str, str]] = Counter()
    for row in books.timing.grants:
        for unit, amount in counters_of(_amounts(row)).items():
            found[row["member_id"], row["day"], unit] += amount
    return found


def _amounts(row: Mapping[str, Any]) -> dict[str, int]:
    try:
        found = decode(row["amounts"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def grants(books: "Books") -> list[str]:
    """Whatever was granted and not taken back stands once for its member and occasion, and the chain tells the same of
    it: whose it is, what for, when, and how much."""
    undone = {entry.reverses for entry in books.entries if entry.reverses}
    live = {
        entry.reference: entry
        for entry in books.entries
        if entry.kind is EntryKind.GRANT and entry.reference not in undone
    }
    wrong = []
    for row in books.timing.grants:
        reference = f"{row['lane']}/{row['seq']}"
        entry = live.pop(reference, None)
        what = (
            f"grant {row['name']} {row['occasion']}".rstrip() + f" of member {books.number(row['member_id'])}"
        )
        if entry is None:
            wrong.append(f"{what}: its entry {reference} is missing, reversed, of another kind or used twice")
            continue
        told = decode(entry.trace)
        amounts = {posting.unit: posting.amount for posting in entry.postings}
        if (
            (entry.member_id, entry.flown_on) != (row["member_id"], row["day"])
            or (told.get("grant"), told.get("occasion")) != (row["name"], row["occasion"])
            or encode(amounts) != row["amounts"]
        ):
            wrong.append(f"{what}: its entry {reference} tells of another")
    return wrong + [f"{reference}: was granted, but for no occasion" for reference in sorted(live)]


def granted_state(books: "Books", number_of: Mapping[int, list[str]]) -> list[list[str]]:
    """What stands, by natural keys, for the state hash."""
    names = ("name", "occasion", "day", "amounts")
    return sorted(
        [*number_of[row["member_id"]], *(row[name] for name in names)] for row in books.timing.grants
    )
