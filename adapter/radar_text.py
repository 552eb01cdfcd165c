"""What the radar found, in words: a departure in full, or in one line of its day."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapter.designators import written


def badness(found: Mapping[str, Any]) -> tuple[int, ...]:
    """How much a departure needs somebody to look at it; greater is worse."""
    lists = found["lists"]
    return (
        sum(1 for one in lists if one["state"] in ("missing", "refused")) + len(found["quarantined"]),
        sum(1 for one in found["missed"] if one["suggestions"] or one["why"] != "no_card"),
        len(found["contradictions"]) + len(found["incomplete"]),
        sum(1 for one in lists if one["late_minutes"] and one["state"] != "missing"),
    )


def as_line(found: Mapping[str, Any]) -> str:
    """One departure in one line."""
    people = sum(sum(held.values()) for held in found["people"].values())
    probable = sum(1 for one in found["missed"] if one["suggestions"])
    words = [f"{people} people, {found['credited']} credited"]
    words += (
        [f"{len(found['missed'])} without credit ({probable} with a likely member)"]
        if found["missed"]
        else []
    )
    words += [
        f"{one['kind']} {one['state']}" for one in found["lists"] if one["state"] in ("missing", "refused")
    ]
    words += [
        f"{one['kind']} late by {_span(one['late_minutes'])}"
        for one in found["lists"]
        if one["late_minutes"] and one["state"] not in ("missing", "awaited")
    ]
    words += [f"{len(found['quarantined'])} quarantined"] if found["quarantined"] else []
    words += [f"{len(found['incomplete'])} incomplete"] if found["incomplete"] else []
    words += [f"{len(found['contradictions'])} contradictions"] if found["contradictions"] else []
    return f"{written(found['departure']):<18} {'; '.join(words)}"


def _span(minutes: int) -> str:
    return f"{minutes} min" if minutes < 180 else f"{minutes // 60} h"


def as_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """All that is known of a departure."""
    carrier, number, flown_on, board = found["departure"].split("/")
    yield f"{carrier} {number} on {flown_on} from {board}"
    moved = found["movement"]
    if moved is None:
        yield "  departure    not known: no movement message"
    else:
        air = f", airborne {_clock(moved['airborne'])}" if moved["airborne"] else ""
        bound = (
            f", {'diverted to' if moved['diverted'] else 'bound for'} {moved['off_point']}"
            if moved["off_point"]
            else ""
        )
        by = f"(MVT of {moved['originator'] or 'unknown'}, journal row {moved['journal_id']})"
        yield f"  departed {_clock(moved['off_block'])}{air}{bound} {by}"
    for state, held in found["people"].items():
        words = ", ".join(f"{count} {_CREDITS.get(credit, credit)}" for credit, count in held.items())
        yield f"  {state:<12} {words}"
    yield f"  credited     {found['credited']} people, {found['award']} award miles posted"
    yield from _section("Lists", (_list(one) for one in found["lists"]))
    yield from _section("Incomplete", (_incomplete(one) for one in found["incomplete"]))
    yield from _section("Quarantined", (_quarantined(one) for one in found["quarantined"]))
    yield from _section("Contradictions", (_contradiction(one) for one in found["contradictions"]))
    yield from _section("Without a credit", (line for one in found["missed"] for line in missed_lines(one)))


_CREDITS = {"none": "without credit"}


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if not number:
            yield title
        yield f"  {line}"


def _clock(text: str) -> str:
    return f"{text[11:16]}Z"


def _list(one: Mapping[str, Any]) -> str:
    if one["state"] in ("missing", "awaited"):
        since = f", {_span(one['late_minutes'])} overdue" if one["late_minutes"] else ""
        return f"{one['kind']}  {one['state']}: expected by {one['expected_by']}{since}"
    late = f", late by {_span(one['late_minutes'])}" if one["late_minutes"] else ""
    fate = {"taken": "", "nothing": ", names nobody"}.get(one["state"], f", {one['state']}")
    parts = ", in parts" if one["in_parts"] else ""
    return (
        f"{one['kind']}  {one['persons']} people, made {one['edition']} by {one['originator'] or 'unknown'}, came"
        f" {one['received_at']} by {one['link']}{parts}{late}{fate}; journal row {one['journal_id']}"
    )


def _incomplete(one: Mapping[str, Any]) -> str:
    state = "waits for its other parts" if one["state"] == "open" else "was given up"
    parts = ", ".join(str(number) for number in one["parts"])
    last = ", the last" if one["final"] else ""
    return f"{one['kind']} of {one['originator'] or 'unknown'} {state}: has part {parts}{last}"


def _quarantined(one: Mapping[str, Any]) -> str:
    codes = ", ".join(dict.fromkeys(one["problems"])) or "no problem noted"
    came = f"by {one['link']}, came {one['received_at']}"
    return f"{one['kind'] or 'unknown kind'} {came}: {codes}; journal row {one['id']}"


def _contradiction(one: Mapping[str, Any]) -> str:
    return f"{one['person']['name']}: {one['text']}" if one["person"] else one["text"]


def missed_lines(one: Mapping[str, Any]) -> Iterator[str]:
    """A person without a credit, and members who may be that person."""
    marks = [one["ticket"], *one["locators"], *one["cards"]]
    why = "no card on any list" if one["why"] == "no_card" else one["why"]
    yield f"{one['name']} to {one['off_point']}, {one['state']}, {', '.join(mark for mark in marks if mark)}: {why}"
    for each in one["suggestions"]:
        card = f", card {each['card']}" if each["card"] else ""
        yield f"  {each['likelihood']}: member {each['member']} of {each['programme']}{card}: {'; '.join(each['why'])}"
