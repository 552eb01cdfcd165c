"""What should stand for one carriage: whom its card, holder and state entitle to what, before amounts are known."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from . import names
from .carriage import Carriage
from .evidence import Evidence
from .outcomes import Reason
from .programme import Facts, Programme
from .states import CLAIM, STAYED_BEHIND
from .transactions import CardClaim, Name
from .world import Card, Member, World


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a carriage is to be credited to, by which programme, on which facts; ``match`` says how the holder's name
    was recognised."""

    member: Member
    programme: Programme
    facts: Facts
    match: str


@dataclass(frozen=True, slots=True)
class Desired:
    """What should stand for a carriage before amounts are known. ``status`` is none, refused, suspense, pending or
    posted; ``field`` is the one a refusal is about; ``grant`` is there for pending and posted."""

    status: str
    reason: Reason = Reason.NONE
    field: str = ""
    grant: Grant | None = None


def desired(world: World, view: Carriage, pieces: Collection[Evidence]) -> Desired:
    """Card, holder and state decide; the first card that a programme of ours serves counts. Where that can't be
    credited, one that a member claims the flight with may stand in; and staff has the last word."""
    if view.resolution == "REJECT":
        return Desired("refused", Reason.REJECTED_BY_STAFF)
    refusal = Desired("none")
    first: Desired | None = None
    claimed = {card for piece in pieces if piece.kind == CLAIM for card in piece.cards}
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            refusal = Desired("refused", Reason.PROGRAMME_NOT_SERVED)
            continue
        if first is None or (first.reason in _STANDS_IN_FOR and claim in claimed):
            found = _desired_by(world, view, pieces, claim, programme)
            if first is None or found.grant:
                first = found
    return first or refusal


_STANDS_IN_FOR = (Reason.CARD_UNKNOWN, Reason.HOLDER_MISMATCH)
"""Why a card of a list gives way to the one a member claims the flight with: it was mistyped, or is somebody else's."""


def _card_refusal(card: Card | None) -> Reason:
    if card is None:
        return Reason.CARD_UNKNOWN
    if card.state == "closed":
        return Reason.CARD_CLOSED
    return Reason.NONE if card.state == "active" else Reason.CARD_BLOCKED


def _desired_by(
    world: World, view: Carriage, pieces: Collection[Evidence], claim: CardClaim, programme: Programme
) -> Desired:
    card = world.card_of(programme.name, claim.number)
    reason = _card_refusal(card)
    if reason or card is None:
        return Desired("refused", reason)
    member = world.members[card.member_id]
    if member.state != "active":
        return Desired("refused", Reason.CARD_CLOSED)
    best = _recognised(view, pieces, claim, world.names_of(member))
    if best.grade < names.Grade.EQUIVALENT:
        if view.state in STAYED_BEHIND:
            return Desired("none")
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    # A key of surname and initial may join two people (the father listed with his card, the son boarded): who is said
    # to have flown must not be somebody else.
    flown = [names.match(name, world.names_of(member)).grade for name in view.names_of_state(pieces)]
    if max(flown, default=best.grade) == names.Grade.REJECT and not view.assigned:
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    status = programme.policy(view.state)
    if status == "none":
        return Desired("none")
    if view.staff:
        return Desired("none", Reason.NOT_EARNING)
    carrier, _number, flown_on, board_point = view.departure_key.split("/")
    facts = Facts(
        operating_carrier=carrier,
        marketing_carrier=view.marketing.flight.carrier if view.marketing else carrier,
        booking_class=view.booking_class,
        class_is_cabin=view.class_is_cabin,
        board_point=board_point,
        off_point=view.off_point,
        flown_on=date.fromisoformat(flown_on),
        fare_basis=view.fare_basis,
        ticket=view.ticket,
        role=claim.role,
    )
    match = f"{best.grade.name.lower()}: {best.reason}"
    return Desired(status, grant=Grant(member, programme, facts, match))


def _recognised(
    view: Carriage, pieces: Collection[Evidence], claim: CardClaim, known: Sequence[Name]
) -> names.Match:
    """How surely the card's holder is the passenger."""
    if view.assigned:
        return names.Match(names.Grade.EXACT, "assigned by staff", 100)
    matches = (names.match(name, known) for name in view.names_with(claim, pieces))
    return max(matches, key=lambda match: (match.grade, match.score))
