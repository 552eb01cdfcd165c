"""The chain from bytes to posting, told to people: evidence with its lines, entries with their rule steps."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapter.explanation_entries import entries_in_words

SHOWN = re.compile(
    r"[.](?:[LMF]|DG[12]?|RG[12]?|ID[12]?|WL)/|[.]R/\s*(?:FQT[VURS]|TKN[EAO]|OTHS\b[A-Z0-9 /]*\bFQTSTATUS)\b"
)
"""Elements of a list that the books read. All others (passports, contacts, free text) stay in the journal and are never
shown; so do remarks of children, who may be named there with the day of their birth."""
ELEMENT = re.compile(r"(?:^|(?<=\s))(?=[.][A-Z]{1,3}[0-9]?/)")
"""Where an element begins: on a line of its own, or behind a blank."""
CONTINUATION = ".RN/"
HIDDEN = "(personal or of no concern, kept in the journal only)"
LINE_CHARACTERS_MAX = 160
"""How much of a line people are shown; data has all of it."""


def source_lines(source: Mapping[str, Any], first: int, last: int) -> Iterator[tuple[int, str]]:
    """The lines of a message as received, without personal data; (line number, text)."""
    lines = re.split(rb"\r\n|\n|\r", source["raw"])
    hidden = False
    for number in range(first, min(last, len(lines)) + 1):
        text = lines[number - 1].decode(source["encoding"], "replace")
        kept = []
        for piece in ELEMENT.split(text):
            if piece.startswith("."):
                hidden = hidden if piece.startswith(CONTINUATION) else not SHOWN.match(piece)
            elif piece.strip():
                hidden = False
            if not hidden:
                kept.append(piece)
            elif piece.strip() and kept[-1:] != [HIDDEN]:
                kept.append(HIDDEN)
        shown = "".join(kept).rstrip()
        printable = "".join(letter if letter.isprintable() else "·" for letter in shown)
        yield number, printable


def as_data(found: Mapping[str, Any]) -> dict[str, Any]:
    """``Core.explain`` with the lines of evidence in place of whole messages."""
    sources = found["sources"]
    journal = found["journal"]
    if journal is not None:
        journal = {
            name: value for name, value in journal.items() if name not in ("raw", "digest", "raw_digest")
        }
        for name in ("digest", "raw_digest"):
            journal[name] = bytes(found["journal"][name]).hex()
    carriages = []
    for carriage in found["carriages"]:
        evidence = [
            {
                **piece,
                "link": sources[piece["journal_id"]]["link"],
                "source": sources[piece["journal_id"]]["source"],
                "text": [
                    {"line": number, "text": text}
                    for number, text in source_lines(
                        sources[piece["journal_id"]], piece["line"], piece["line_end"]
                    )
                ],
            }
            for piece in carriage["evidence"]
        ]
        carriages.append({**carriage, "evidence": evidence})
    return {
        "journal": journal,
        "carriages": carriages,
        "entries": found["entries"],
        "accepted_names": found["accepted_names"],
    }


def as_text(found: Mapping[str, Any]) -> str:
    """The same as prose and columns."""
    lines: list[str] = []
    if found["journal"] is not None:
        lines += _journal(found["journal"])
    entries = list(found["entries"])
    for carriage in found["carriages"]:
        keys = {carriage["key"], *(key for piece in carriage["evidence"] for key in piece["keys"])}
        own = [entry for entry in entries if entry["carriage_key"] in keys]
        entries = [entry for entry in entries if entry not in own]
        lines += ["", *_carriage(carriage, found["sources"]), *entries_in_words(own)]
    if found["accepted_names"]:
        lines += ["", *_accepted(found["accepted_names"])]
    if entries:
        lines += ["", "Other entries", *entries_in_words(entries)]
    return "\n".join(lines).lstrip("\n")


def _journal(row: Mapping[str, Any]) -> list[str]:
    source = f", file {row['source']}" if row["source"] else ""
    lines = [
        f"Journal row {row['id']}: {row['kind'] or 'unrecognised'} by link {row['link']}{source}, received"
        f" {row['received_at']}, {len(row['raw'])} bytes, SHA-256 of its canonical form {bytes(row['digest']).hex()}"
    ]
    for attempt in row["handling"]:
        lines.append(
            f"  attempt {attempt['attempt']}, {attempt['at']}: {attempt['state']}"
            f" {attempt.get('reason', '')}".rstrip()
        )
        for label, problems in (("", "problems"), ("warning: ", "warnings")):
            for problem in attempt.get(problems, ()):
                place = f"line {problem['line']}, column {problem['column']}: " if problem["line"] else ""
                path = f"{problem['path']} " if problem["path"] else ""
                lines.append(f"    {label}{problem['code']}: {place}{path}{problem['text']}")
    return lines


_KNOWN_BY = {"T": "ticket", "L": "booking", "C": "card"}

REASONS = {
    "card_on_several_names": "the same member's card was given for several people of this departure; only its holder"
    " earns by it",
    "holder_mismatch": "the card's holder has another name",
    "coupon_credited_elsewhere": "the same flight of the same person is credited under another carriage",
}
"""What reasons mean, where their word alone doesn't say it."""


def known_by(keys: Sequence[str]) -> str:
    """By what a piece of evidence was joined to others, for people: ``ticket 2986120000017/1, card … of ORLOV/I``."""
    found = []
    for key in keys:
        _departure, kind, *rest = key.split("|")
        if kind in _KNOWN_BY:
            found.append(f"{_KNOWN_BY[kind]} {' of '.join(rest)}")
    return ", ".join(found) or "its list and line alone"


def _carriage(carriage: Mapping[str, Any], sources: Mapping[int, Mapping[str, Any]]) -> list[str]:
    carrier, number, flown_on, board = carriage["departure_key"].split("/")
    view = carriage["view"]
    coupon = f", coupon {view['ticket']}/{view['coupon']}" if view.get("coupon") else ""
    reason = f" ({carriage['reason']})" if carriage["reason"] else ""
    if carriage["reason"] in REASONS:
        reason += f": {REASONS[carriage['reason']]}"
    lines = [
        f"{carrier} {number} on {flown_on} from {board} to {view.get('off_point', '?')}{coupon}",
        f"  state {carriage['state']}, credit {carriage['credit']}{reason}",
        *_sale(view),
        "  Evidence",
    ]
    for piece in carriage["evidence"]:
        source = sources[piece["journal_id"]]
        word = f"{piece['kind']} {piece['status']}".strip()
        made = (
            f", made {piece['edition'] or piece['event_at']}" if piece["edition"] or piece["event_at"] else ""
        )
        gone = "" if piece["standing"] else ", superseded"
        gone += f", read with damage ({piece['damaged']})" if piece["damaged"] else ""
        gone += f", because: {piece['remark']}" if piece["remark"] else ""
        file = f", file {source['source']}" if source["source"] else ""
        lines.append(
            f"    {word} from {piece['originator']}{made}{gone}; journal row {piece['journal_id']}{file}"
        )
        lines.append(f"      known by {known_by(piece['keys'])}")
        for name in piece["sale_not_counted"]:
            word = {"booked_on": "booked", "ticketed_on": "issued"}[name]
            lines.append(f"      {word} on {piece['sale'][name]}, which is after the flight: not counted")
        for line, text in source_lines(source, piece["line"], piece["line_end"]):
            more = len(text) - LINE_CHARACTERS_MAX
            rest = f" … ({more} characters more)" if more > 0 else ""
            lines.append(f"      {line:>4} | {text[:LINE_CHARACTERS_MAX]}{rest}")
    return lines


def _sale(view: Mapping[str, Any]) -> list[str]:
    """What was told of the sale, in one line."""
    told = dict(view.get("sale", {}))
    if "fare" in view:
        told = {"fare": " ".join(view["fare"]), **told}
    facts = [f"{name.removesuffix('_on').replace('_', ' ')} {value}" for name, value in told.items()]
    return [f"  sold with {', '.join(facts)}"] if facts else []


def _accepted(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["Names by staff"]
    for row in rows:
        word = "is the holder's name too" if row["accepted"] else "is the holder's name no longer"
        lines.append(
            f"  {row['surname']}/{row['given']} {word}, card {row['airline']} {row['number']}: said by"
            f" {row['named_by']} at {row['stated_at']} ({row['remark']}); journal row {row['journal_id']}"
        )
    return lines
