"""Evidence coming in and falling: who is who is found anew, and the ledger brought to it."""

from collections.abc import Sequence
from dataclasses import replace

from .bookkeeping import Cause
from .carriage import join
from .contest import contest_keys
from .entities import Person
from .evidence import Evidence
from .identity import persons_of
from .settle import settle
from .world import World


def absorb(world: World, added: Sequence[Evidence], fallen: Sequence[Evidence] = ()) -> set[int]:
    """Takes evidence in (and superseded evidence out) and finds anew who is who; returns the carriages affected.

    Only carriages that lose evidence or share an identity key with the new one can change: a component of the
    identity graph that is untouched stays what it was.
    """
    fallen_ids = {piece.id for piece in fallen}
    affected = world.joined_with([*added, *fallen])
    pieces: dict[int, Evidence] = {piece.id: piece for piece in added}
    owner: dict[int, int] = {}
    for carriage_id in affected:
        person = world.persons[carriage_id]
        for piece in person.pieces.values():
            for key in piece.keys:
                world.identity[key].discard(carriage_id)
            if piece.id in fallen_ids:
                world.fallen_evidence.add(piece.id)
            else:
                pieces[piece.id] = piece
                owner[piece.id] = carriage_id
        person.pieces = {}

    settled: set[int] = set(affected)
    free = set(affected)
    alive: set[int] = set()
    for group in persons_of(pieces.values()):
        previous = sorted({owner[piece.id] for piece in group if piece.id in owner} & free)
        carriage_id = previous[0] if previous else world.ids.take("carriage")
        free -= set(previous)
        for merged in previous[1:]:
            for credit in world.credits_on(merged):
                world.drop_credit(credit)
                world.put_credit(replace(credit, carriage_id=carriage_id))
        person = world.persons.get(carriage_id) or world.know_person(
            Person(carriage_id, group[0].departure_key, {})
        )
        person.pieces = {piece.id: piece for piece in group}
        world.see(person, join(group), contest_keys(person))
        world.know_keys(person)
        for piece in group:
            if piece.id not in owner:
                world.new_evidence[piece.id] = (piece, carriage_id)
            elif owner[piece.id] != carriage_id:
                if piece.id in world.new_evidence:
                    world.new_evidence[piece.id] = (piece, carriage_id)
                else:
                    world.moved_evidence[piece.id] = carriage_id
        world.changed_persons.add(carriage_id)
        world.gone_persons.discard(carriage_id)
        settled.add(carriage_id)
        alive.add(carriage_id)
    for carriage_id in affected - alive:
        # Merged into another or left without evidence; its credit is settled away with the others.
        world.persons[carriage_id].view = None
        world.changed_persons.discard(carriage_id)
        world.gone_persons.add(carriage_id)
    return settled


def settle_anew(world: World, carriage_ids: set[int], cause: Cause) -> None:
    """Brings the ledger to what is known of these carriages now; those that are no more are not written."""
    settle(world, carriage_ids, cause)
    world.changed_persons -= world.gone_persons
