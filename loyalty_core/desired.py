"""What should stand for a carriage before amounts are known: whose card counts, and what the programme makes of the
state. A function of the standing evidence, members, cards and the business clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from . import names
from .carriage import Carriage
from .evidence import Evidence
from .outcomes import Reason
from .programme import Facts, Programme, Step
from .states import STAYED_BEHIND, CarriageState
from .transactions import CardClaim
from .world import Card, Member, World


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a carriage is to be credited to, by which programme, on which facts; ``match`` says how the holder's name
    was recognised, ``why`` which word of the policy made the credit final, where it wasn't the state alone."""

    member: Member
    programme: Programme
    facts: Facts
    match: str
    why: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """What should stand for a carriage before amounts are known. ``status`` is none, refused, suspense, pending or
    posted; ``field`` is the one a refusal is about; ``grant`` is there for pending and posted. ``due_at``: the instant
    (as ``keys.order_of``) at which the business clock alone would make more of it, "" where it wouldn't."""

    status: str
    reason: Reason = Reason.NONE
    field: str = ""
    grant: Grant | None = None
    due_at: str = ""


def desired(world: World, view: Carriage, pieces: Collection[Evidence]) -> Desired:
    """Card, holder and state decide. Of several cards the first that can be credited counts, in the order of ``cards``
    (the stronger source first): one coupon earns in one programme, and hosts write a person's cards in no order. Where
    none can, the first that a programme of ours serves says why."""
    refusal = Desired("none")
    first: Desired | None = None
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            refusal = Desired("refused", Reason.PROGRAMME_NOT_SERVED)
            continue
        found = _desired_by(world, view, pieces, claim, programme)
        if found.status not in ("refused", "suspense"):
            return found
        first = first or found
    return first or refusal


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
    matches = [names.match(name, member.names) for name in view.names_with(claim, pieces)]
    best = max(matches, key=lambda match: (match.grade, match.score))
    if best.grade < names.Grade.EQUIVALENT:
        if view.state in STAYED_BEHIND:
            return Desired("none")
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    # A key of surname and initial may join two people (the father listed with his card, the son boarded): who is said
    # to have flown must not be somebody else.
    flown = [names.match(name, member.names).grade for name in view.names_of_state(pieces)]
    if max(flown, default=best.grade) == names.Grade.REJECT:
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    carrier, _number, flown_on, board_point = view.departure_key.split("/")
    told = view.departure_key in world.exceptions_told
    now = world.spending.business_at
    is_doubtful = view.state is CarriageState.DOUBTFUL
    state = CarriageState.BOARDED if is_doubtful else view.state
    worth = programme.crediting.worth(state, board_point, date.fromisoformat(flown_on), told, now)
    status = worth.status
    if status == "none":
        return Desired("none", due_at=worth.due_at)
    if view.staff:
        return Desired("none", Reason.NOT_EARNING)
    if status == "pending" and programme.timed_out(flown_on, now[:10]):
        assert programme.pending_timeout
        status = programme.pending_timeout.then
        if status == "none":
            return Desired("none", Reason.NOT_CONFIRMED, due_at=worth.due_at)
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
        # A ticket paid with miles earns nothing, whoever's miles they were.
        role="FQTR" if any(card.role == "FQTR" for card in view.cards) else claim.role,
    )
    match = f"{best.grade.name.lower()}: {best.reason}"
    why = tuple(Step("policy", text, rule) for text, rule in worth.why)
    grant = Grant(member, programme, facts, match, why)
    if is_doubtful:
        # Nobody can say whether that category takes the flight back: it may be worth what was boarded, but not yet.
        return Desired("pending", Reason.CATEGORY_UNKNOWN, grant=grant, due_at=worth.due_at)
    return Desired(status, grant=grant, due_at=worth.due_at)


def swiping(world: World, present: Sequence[tuple[str, Carriage | None]]) -> list[bool]:
    """For each (departure, view): is a card of the same member named for several people of that departure? The holder
    alone earns, and the others are not just misspelt: somebody may be collecting miles of strangers."""
    named: dict[tuple[str, int], int] = {}
    slots = [
        {(departure, owner) for owner in _owners(world, view)} if view else set()
        for departure, view in present
    ]
    for own in slots:
        for slot in own:
            named[slot] = named.get(slot, 0) + 1
    return [any(named[slot] > 1 for slot in own) for own in slots]


def _owners(world: World, view: Carriage) -> set[int]:
    """The members whose cards are named for this person, whatever the names."""
    found = set()
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        card = world.card_of(programme.name, claim.number) if programme else None
        if card is not None:
            found.add(card.member_id)
    return found
