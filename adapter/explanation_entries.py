"""Ledger entries told to people: what a member got for which flight, on what grounds, and how the amount came about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapter.reckoning import amounts_in_words, steps_in_words

Entry = Mapping[str, Any]

_STATES = {
    "booked": "is booked",
    "listed": "is listed",
    "checked_in": "is checked in",
    "boarded": "boarded",
    "flown": "flew",
}
"""What a carriage's state says of the passenger."""


BY_STAFF = "exact: assigned by staff"
"""What stands in a trace where no name was compared."""


def entries_in_words(entries: Sequence[Entry]) -> list[str]:
    """Each entry with its postings below it."""
    lines = ["  Entries"] if entries else []
    for entry in entries:
        reverses = f" of {entry['reverses']}" if entry["reverses"] else ""
        lines.append(
            f"    {entry['lane']}/{entry['seq']} {entry['kind']}{reverses}, received {entry['posted_at']},"
            f" caused by journal row {entry['journal_id']}"
        )
        lines += [f"      {line}" for line in _told(entry)]
        lines += [
            f"      {posting['amount']:>8} {posting['unit']}: {posting['source']} -> {posting['destination']}"
            for posting in entry["postings"]
        ]
        lines += [
            f"      {amount:>8} of lot {lot}: {source} -> {destination}"
            for lot, source, destination, amount in entry["trace"].get("lots", ())
        ]
    return lines


def _told(entry: Entry) -> Iterator[str]:
    trace = entry["trace"]
    if trace.get("facts") and entry["kind"] in ("accrual", "pending"):
        yield from _credit(entry, trace)
    elif entry["kind"] == "reversal":
        yield f"What {entry['reverses']} had credited is taken back{_of_flight(entry)}."
        if entry["because"]:
            yield _grounds(entry)
    else:
        if trace.get("match"):
            yield f"holder {trace['match']}"
        yield from steps_in_words(trace.get("steps", ()), "")
    if trace.get("key"):
        yield f"operation {trace['key']}"
    if trace.get("reason"):
        yield f"{trace['reason']} (by {' and '.join(trace['by'])})"


def _credit(entry: Entry, trace: Mapping[str, Any]) -> Iterator[str]:
    facts = trace["facts"]
    member, amounts = _received(entry)
    flight = f"{facts['operating_carrier']} {facts.get('operating_number', '')}".strip()
    if facts["marketing_carrier"] != facts["operating_carrier"]:
        flight += f" (sold by {facts['marketing_carrier']})"
    leg = f"{flight} from {facts['board_point']} to {facts['off_point']} on {facts['flown_on']}"
    got = amounts_in_words(amounts)
    if entry["kind"] == "pending":
        yield f"Member {member} is to get {got} for {leg}, once it is sure that the flight was flown."
    else:
        yield f"Member {member} got {got} for {leg}."
    yield _grounds(entry)
    given = f" ({trace['tier_by']})" if trace.get("tier_by") else ""
    state = _STATES.get(trace.get("state", ""))
    if state is None:
        tier = f"{trace.get('tier') or 'no tier'}{given}"
        yield f"State: {trace.get('state') or 'not told'}; {tier} on the day of the flight."
    else:
        yield f"The passenger {state}; the member was {trace['tier']}{given} on the day of the flight."
    if trace.get("match"):
        yield _holder(trace["match"])
    yield "How it came about:"
    yield from steps_in_words(trace.get("steps", ()), "  ")
    for owner, _earned_on, until, amount in trace.get("made", ()):
        of = "" if owner == member else f" of {owner}"
        miles = amounts_in_words([("award", amount)])
        yield (
            f"The {miles}{of} can be spent until {until} at least."
            if until
            else f"The {miles}{of} never expire."
        )


def _holder(match: str) -> str:
    if match == BY_STAFF:
        return "Whose flight it is was decided by staff."
    if match.startswith(("exact", "equivalent")):
        return f"The passenger's name is the holder's ({match})."
    return f"Holder: {match}."


def _received(entry: Entry) -> tuple[str, list[tuple[str, int]]]:
    """The member and what the entry gave, by unit; a pool's part is counted with its member's."""
    totals: dict[str, int] = {}
    number = "?"
    for posting in entry["postings"]:
        parts = posting["destination"].split(":")
        if parts[0] != "member":
            continue
        if number == "?" or parts[-1] != "award":
            number = parts[2]
        totals[posting["unit"]] = totals.get(posting["unit"], 0) + posting["amount"]
    return number, list(totals.items())


def _of_flight(entry: Entry) -> str:
    return f" for the flight of {entry['flown_on']}" if entry["flown_on"] else ""


def _grounds(entry: Entry) -> str:
    places = []
    for journal_id, first, last, kind in entry["because"]:
        lines = f"line {first}" if first == last else f"lines {first}-{last}"
        places.append(f"{kind or 'message'} (journal row {journal_id}, {lines})")
    return f"This rests on {' and '.join(places)}." if places else "No message is named for it."
