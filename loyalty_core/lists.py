"""Deciding lists: which editions stand, what falls, whom a list tells of by leaving them out."""

from collections.abc import Sequence

from . import editions, flights, keys
from .absorbing import absorb, settle_anew
from .context import Context
from .entities import Person
from .evidence import evidence_of_list
from .list_answers import answer_due
from .outcomes import REFUSALS_MAX, ListOutcome, Reason
from .transactions import ListReceived
from .world import World


def receive_list(world: World, message: ListReceived, context: Context) -> ListOutcome:
    """The outcome of a list, complete and mapped."""
    outcome = _take_list(world, message, context)
    arrival = flights.arrival_of(message, outcome, context.journal_id)
    world.arrivals.append(arrival)
    if arrival.fate != "refused":
        world.known_departures.add(arrival.departure_key)
    return outcome


def _take_list(world: World, message: ListReceived, context: Context) -> ListOutcome:
    if editions.says_nothing(message) and message.kind != editions.PFS:
        return ListOutcome()
    # Bookings come long before the flight; they earn nothing.
    if message.kind not in editions.BOOKINGS and not _in_a_window(world, message, context):
        return ListOutcome(persons=len(message.persons), reason=Reason.DATE_OUT_OF_WINDOW)
    edition = keys.edition_of(message)
    waiting = _hear_exceptions(world, message, edition)
    if editions.says_nothing(message):
        settle_anew(world, waiting, context.cause)
        return ListOutcome()
    departure, originator, kind = message.departure.key, message.originator, message.kind
    # Slot -> highest edition of the lists by which this originator spoke about the departure.
    floors = {
        slot: edition
        for (about, by, slot), edition in world.editions.items()
        if (about, by) == (departure, originator)
    }
    if editions.is_superseded(kind, edition, floors):
        settle_anew(world, waiting, context.cause)
        return ListOutcome(persons=len(message.persons), superseded=True)
    fallen = [
        piece
        for other in (() if message.incomplete else editions.displaced_by(kind))
        if other in floors
        for piece in world.listed(departure, originator, other)
        if editions.falls(piece, kind, edition)
    ]
    for slot in editions.slots(kind, edition):
        # "" where all lists so far were incomplete: there is no floor yet, but there are lists.
        floor = max("" if message.incomplete else edition, floors.get(slot, ""))
        world.editions[departure, originator, slot] = floor
        world.changed_editions.add((departure, originator, slot))
    ids = [world.ids.take("evidence") for _person in message.persons]
    affected = absorb(world, evidence_of_list(message, context.journal_id, ids), fallen)
    settle_anew(world, affected | waiting, context.cause)
    own = [
        world.persons[carriage_id]
        for carriage_id in affected
        if any(piece.journal_id == context.journal_id for piece in world.persons[carriage_id].pieces.values())
    ]
    counts = {
        word: sum(1 for person in own if person.credit == word) for word in ("posted", "pending", "refused")
    }
    return ListOutcome(
        persons=len(message.persons),
        posted=counts["posted"],
        pending=counts["pending"] + sum(1 for person in own if person.credit == "suspense"),
        refused=counts["refused"],
        answer=answer_due(world, message, context),
        refusals=_refusals(own, context.journal_id),
    )


def _hear_exceptions(world: World, message: ListReceived, edition: str) -> set[int]:
    """A PFS, even NIL or one of numbers alone, tells of all whom it doesn't name that they flew. The carriages that may
    have waited for it."""
    departure = message.departure.key
    if message.kind != editions.PFS or message.incomplete:
        return set()
    if not message.persons:
        slot = (departure, message.originator, editions.PFS_OF_NUMBERS)
        world.editions[slot] = max(edition, world.editions.get(slot, ""))
        world.changed_editions.add(slot)
    if departure in world.exceptions_told or not any(
        programme.crediting.waits_for_pfs for programme in world.programmes.values()
    ):
        return set()
    world.exceptions_told.add(departure)
    return {each for each in world.departures.get(departure, ()) if world.persons[each].view}


def _in_a_window(world: World, message: ListReceived, context: Context) -> bool:
    """Is the departure's date believed by a programme whose cards the list names, or, where it names none of ours, by
    any at all?"""
    named = {card.airline for person in message.persons for card in person.cards}
    served = [programme for programme in map(world.programme_for, sorted(named)) if programme]
    windows = [each.window for each in served or world.programmes.values()]
    received_on = context.received_at.date()
    return not windows or any(window.holds(message.departure.on, received_on) for window in windows)


def _refusals(persons: Sequence[Person], journal_id: int) -> tuple[tuple[int, str], ...]:
    found = [
        (piece.line, person.reason)
        for person in persons
        if person.credit in ("refused", "suspense")
        for piece in person.pieces.values()
        if piece.journal_id == journal_id
    ]
    return tuple(sorted(found)[:REFUSALS_MAX])
