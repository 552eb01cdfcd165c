"""Checks of the journal and of what became of its rows; part of ``verify``."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from . import keys
from .ledger import Entry
from .outcomes import State

if TYPE_CHECKING:
    from .verify import Books

WAITING_MAX = timedelta(days=2)
"""A part of a telegram that a stroke of the business clock has left waiting for so long was forgotten: the settings let
a set be open for a day at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the handling log. ``sound``: its hash is that of its fields, its journal row, the entry it names and
    the place before; ``stroke``: the business clock was decided."""

    number: int
    journal_id: int
    attempt: int
    decided: bool
    lane: str
    seq: int
    state: str
    at: str
    sound: bool
    stroke: bool
    hash: str


def makers(books: "Books") -> dict[str, Place]:
    """Reference of an entry -> the place of the decision that made it: the first one of its lane that names it or a
    later one."""
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for place in books.log:
        places[place.lane].append(place)
    found = {}
    passed: Counter[str] = Counter()
    for entry in books.entries:
        own = places[entry.lane]
        while passed[entry.lane] < len(own) and own[passed[entry.lane]].seq < entry.seq:
            passed[entry.lane] += 1
        if passed[entry.lane] < len(own):
            found[entry.reference] = own[passed[entry.lane]]
    return found


def in_order(books: "Books") -> list[Entry]:
    """All entries as they were decided, whatever their lanes."""
    made_by = makers(books)
    last = len(books.log) + 1
    return sorted(
        books.entries,
        key=lambda entry: (
            made_by[entry.reference].number if entry.reference in made_by else last,
            entry.lane,
            entry.seq,
        ),
    )


def handling_chain(books: "Books") -> list[str]:
    """I10: nothing was taken out of the log, put in or changed, nor a journal row that it vouches for."""
    wrong = []
    number = 0
    for place in books.log:
        number += 1
        if place.number != number:
            wrong.append(f"place {place.number} of the handling log: follows {number - 1}")
            number = place.number
        if not place.sound:
            wrong.append(
                f"place {place.number} of the handling log: hash doesn't agree with it, with journal row"
                f" {place.journal_id} or with the place before"
            )
    end = (number, books.log[-1].hash if books.log else "")
    if end != books.log_end:
        wrong.append(
            f"the handling log ends at {end[0]}, its recorded end is {books.log_end[0]}, or of another hash"
        )
    return wrong


def handled(books: "Books") -> list[str]:
    """I11: no journal row is missing, and each was decided when it came."""
    ids: Sequence[int] = books.journal_ids
    known = set(ids)
    wrong = [
        f"journal row {number}: missing" for number in sorted(set(range(1, max(ids, default=0) + 1)) - known)
    ]
    began = {place.journal_id for place in books.log if place.decided and place.attempt == 1}
    wrong += [f"journal row {each}: has no outcome" for each in ids if each not in began]
    return wrong + [
        f"place {place.number} of the handling log: there is no journal row {place.journal_id}"
        for place in books.log
        if place.journal_id not in known
    ]


def overdue(books: "Books") -> list[str]:
    """I11: what waits for something waits no longer than it may. Measured by the strokes of the business clock behind
    it: where time stood still, nothing is late."""
    newest = {place.journal_id: place for place in books.log}
    strokes = (place for place in books.log if place.stroke)
    struck = max(strokes, key=lambda each: keys.moment_of(each.at), default=None)
    limit = keys.order_of(keys.moment_of(struck.at) - WAITING_MAX) if struck else ""
    wrong = []
    for journal_id, place in sorted(newest.items()):
        if place.state != State.WAITING:
            continue
        if journal_id not in books.waiting_parts:
            wrong.append(
                f"journal row {journal_id}: waits, but is part of no telegram that others could complete"
            )
        elif struck and place.number < struck.number and books.waiting_parts[journal_id] < limit:
            wrong.append(f"journal row {journal_id}: waits since {place.at} for the rest of its telegram")
    return wrong


def answers(books: "Books") -> list[str]:
    """I14: what a repeat is answered is what was decided last."""
    return [f"journal row {each}: a repeat would get another answer" for each in books.changed_answers]


def causes(books: "Books") -> list[str]:
    """I12: every entry was made by the decision on the very journal row that it names, at that time."""
    made_by = makers(books)
    wrong = []
    for entry in books.entries:
        place = made_by.get(entry.reference)
        if place is None or (place.journal_id, place.at) != (entry.journal_id, entry.posted_at):
            wrong.append(f"{entry.reference}: no decision on journal row {entry.journal_id} made it")
    return wrong
