"""Deciding claims and resolutions: they become evidence, and what then stands is the answer. Pure, in journal order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from . import keys
from .claims import (
    OF_CARRIAGES,
    Action,
    CaseResolved,
    ClaimOutcome,
    ClaimStatus,
    CreditClaimed,
    Missing,
    ResolveOutcome,
    piece_of_claim,
    piece_of_resolution,
)
from .contest import legs_of
from .entities import AcceptedName, Card, Credit, Member, Person
from .evidence import Evidence
from .names import Grade, match
from .outcomes import Reason
from .posting import member_balance, read_facts
from .retro import unenrolled, untimely
from .standing import check_refusal
from .states import CLAIM, STATEMENTS, STAYED_BEHIND, CarriageState
from .transactions import Departure, Flight
from .world import World

if TYPE_CHECKING:
    from .context import Context

Take = Callable[[Evidence, Evidence | None], None]
"""Takes a piece of evidence into the books, in place of another one where there is one, and settles what follows."""
Settle = Callable[[set[int]], None]


def known_from_others(person: Person) -> bool:
    """Does anything but claims and resolutions speak of this carriage?"""
    return any(piece.kind not in STATEMENTS for piece in person.pieces.values())


def resolve(
    world: World, message: CaseResolved, context: "Context", take: Take, settle: Settle
) -> ResolveOutcome:
    """A resolution by staff."""
    if message.fault:
        return ResolveOutcome(Reason.INVALID, message.fault)
    if message.action not in OF_CARRIAGES:
        return _accept(world, message, context, settle)
    piece = piece_of_resolution(message, context.journal_id, world.ids.take("evidence"))
    known = _said_before(world, piece)
    if known is None:
        take(piece, None)
    person = _bearer(world, known or piece)
    assert person.view is not None
    return ResolveOutcome(
        state=person.view.state,
        credit=person.credit,
        award=sum(credit.award for credit in world.credits_on(person.id)),
        settled=1,
        waiting=not known_from_others(person),
    )


def _accept(world: World, message: CaseResolved, context: "Context", settle: Settle) -> ResolveOutcome:
    assert message.card is not None
    assert message.name is not None
    number = keys.ascii_key(message.card.number)
    said = AcceptedName(
        number,
        message.card.airline,
        message.name.surname,
        message.name.given,
        int(message.action == Action.ACCEPT_NAME),
        keys.order_of(message.stated_at),
        message.by,
        message.reason,
        context.journal_id,
    )
    slot = (said.airline, said.surname, said.given)
    known = world.accepted.setdefault(number, {})
    if slot not in known or known[slot].order < said.order:
        known[slot] = said
        world.changed_accepted.add((number, *slot))
    affected = {carriage_id for alias in world.aliases(number) for carriage_id in world.claims.get(alias, ())}
    settle(affected)
    programme = world.programme_for(said.airline)
    card = world.card_of(programme.name, number) if programme else None
    return ResolveOutcome(settled=len(affected), waiting=card is None)


def _same(one: Evidence, other: Evidence) -> bool:
    """Do two documents say exactly the same? A claim does on whatever day it is made again."""
    said = (one.kind, one.originator, one.status, one.content)
    return said == (other.kind, other.originator, other.status, other.content) and (
        one.kind == CLAIM or one.event_at == other.event_at
    )


def _owners(world: World, piece: Evidence) -> list[Person]:
    """The carriages that share an identity key with this piece."""
    found = {owner for key in piece.keys for owner in world.identity.get(key, ())}
    return [world.persons[each] for each in sorted(found)]


def _said_before(world: World, piece: Evidence) -> Evidence | None:
    """What says exactly this already: such a repeat adds nothing."""
    said = (other for one in _owners(world, piece) for other in one.pieces.values())
    return next((other for other in said if _same(other, piece)), None)


def _bearer(world: World, piece: Evidence) -> Person:
    """The carriage to which this piece was joined."""
    return next(one for one in _owners(world, piece) if piece.id in one.pieces)


def claim(world: World, message: CreditClaimed, context: "Context", take: Take) -> ClaimOutcome:
    """A member's claim. Of one that is made again the earliest day counts on which it could be made, whichever comes
    first: a claim that was made in time stays so, and leaves but one piece of evidence."""
    answer = ClaimOutcome(
        ClaimStatus.REFUSED, airline=message.card.airline, number=keys.ascii_key(message.card.number)
    )
    programme = world.programme_for(message.card.airline)
    if programme is None:
        return replace(answer, reason=Reason.PROGRAMME_NOT_SERVED, field="card.airline")
    departure = message.departure
    if departure is None:
        if not message.ticket:
            return replace(answer, reason=Reason.INVALID, field="ticket")
        known = _departures_of(world, message)
        if len(known) != 1:
            if known:
                return replace(answer, status=ClaimStatus.UNPROVEN, missing=Missing.FLIGHT)
            return replace(answer, status=ClaimStatus.FLIGHT_UNKNOWN)
        departure = known[0]
    claimed_on = context.received_at.date()
    piece = piece_of_claim(message, departure, claimed_on, context.journal_id, world.ids.take("evidence"))
    earlier = _said_before(world, piece)
    card = world.card_of(programme.name, message.card.number)
    member = world.holder(card) if card is not None else None
    before = _credit_of(world, member, message, departure)
    if programme.window.holds(departure.on, claimed_on):
        reason = untimely(programme, departure.on, claimed_on)
    else:
        reason = Reason.DATE_OUT_OF_WINDOW
    if earlier is None and reason:
        if before is None or member is None or _refusal(world, message, card, member):
            return replace(answer, reason=reason, field="on")
        # There is nothing to claim any more, so it makes no difference when it was asked.
        return _credited(world, replace(answer, departure=departure.key), member, before, before)
    if earlier is None or (not reason and piece.event_at < earlier.event_at):
        # A claim that is refused now is kept all the same: it counts once the card is good or the flight known.
        take(piece, earlier)
    else:
        piece = earlier
    answer = replace(answer, departure=departure.key)
    return _answer(world, message, answer, piece, card, member, before)


def _answer(
    world: World,
    message: CreditClaimed,
    answer: ClaimOutcome,
    piece: Evidence,
    card: Card | None,
    member: Member | None,
    before: Credit | None,
) -> ClaimOutcome:
    refusal = _refusal(world, message, card, member)
    if refusal or member is None:
        return replace(answer, reason=refusal)
    person = _bearer(world, piece)
    credit = _credit_of(world, member, message, _departure_of(person))
    if credit is not None:
        return _credited(world, answer, member, credit, before)
    if reason := unenrolled(world, world.programmes[member.programme], member, piece):
        return replace(answer, reason=reason, field="on")
    if person.credit == "suspense":
        return replace(answer, status=ClaimStatus.SUSPENSE, reason=Reason(person.reason))
    if not known_from_others(person):
        return _unknown(world, message, answer)
    if person.credit == "refused":
        return replace(answer, reason=Reason(person.reason), field=person.reason_field)
    if world.credits_on(person.id):
        # Somebody else's, by a card on the lists; who that is, is nobody's business.
        return replace(answer, reason=Reason.COUPON_CREDITED_ELSEWHERE, field="ticket")
    if person.reason:
        return replace(answer, reason=Reason(person.reason))
    return replace(answer, status=ClaimStatus.UNPROVEN, missing=Missing.PROOF_OF_FLYING)


def _credited(
    world: World, answer: ClaimOutcome, member: Member, credit: Credit, before: Credit | None
) -> ClaimOutcome:
    """The answer where this credit stands; ``before`` is the one that stood when the claim came."""
    status = ClaimStatus.CREDITED if credit.status == "posted" else ClaimStatus.PENDING
    stood = before is not None and (before.lane, before.seq) == (credit.lane, credit.seq)
    if stood and status is ClaimStatus.CREDITED:
        status = ClaimStatus.CREDITED_BEFORE
    where = world.persons.get(credit.carriage_id)
    return replace(
        answer,
        status=status,
        award=credit.award,
        qualifying=credit.amounts.get("qualifying", 0),
        balance=member_balance(world, member),
        departure=where.departure_key if where else answer.departure,
        missing=Missing.PROOF_OF_FLYING if status is ClaimStatus.PENDING else Missing.NOTHING,
    )


def _unknown(world: World, message: CreditClaimed, answer: ClaimOutcome) -> ClaimOutcome:
    others = (world.persons[each] for each in world.departures.get(answer.departure, ()))
    if answer.departure not in world.known_departures and not any(map(known_from_others, others)):
        return replace(answer, status=ClaimStatus.FLIGHT_UNKNOWN)
    named = message.ticket or message.locator
    missing = Missing.LISTING if named else Missing.TICKET_OR_LOCATOR
    return replace(answer, status=ClaimStatus.UNPROVEN, missing=missing)


def _refusal(world: World, message: CreditClaimed, card: Card | None, member: Member | None) -> Reason:
    """The holder is compared first: a stranger must not learn that a card is blocked."""
    if card is None or member is None:
        return Reason.CARD_UNKNOWN
    if match(message.name, world.names_of(member)).grade < Grade.EQUIVALENT:
        return Reason.HOLDER_MISMATCH
    return check_refusal(card.state, member.state)


def _departures_of(world: World, message: CreditClaimed) -> list[Departure]:
    """The departures on which a coupon of the ticket is known, other than as not flown where there is a choice."""
    people = {
        person.id: person
        for coupon in message.coupons
        for carriage_id in world.contested.get(coupon, ())
        if (person := world.persons[carriage_id]).view is not None and known_from_others(person)
    }
    idle = STAYED_BEHIND | {CarriageState.BOOKED, CarriageState.UNUSED}
    found = {each.departure_key: _departure_of(each) for each in people.values()}
    flying = {
        each.departure_key: _departure_of(each)
        for each in people.values()
        if each.view is not None and each.view.state not in idle
    }
    chosen = flying or found
    return [chosen[key] for key in sorted(chosen)]


def _departure_of(person: Person) -> Departure:
    carrier, number, on, board_point = person.departure_key.split("/")
    suffix = "" if number[-1].isdigit() else number[-1]
    return Departure(
        Flight(carrier, number.removesuffix(suffix) if suffix else number, suffix),
        date.fromisoformat(on),
        board_point,
    )


def _credit_of(
    world: World, member: Member | None, message: CreditClaimed, departure: Departure
) -> Credit | None:
    """The member's credit for this flight, under whatever of its numbers, or for the coupon claimed; a posted one
    first."""
    if member is None:
        return None
    of_coupons = {each for key in message.coupons for each in world.contested.get(key, ())}
    flown_on = departure.on.isoformat()
    for credit in sorted(
        world.credits_of(member.id, flown_on), key=lambda each: (each.status != "posted", each.key)
    ):
        person = world.persons.get(credit.carriage_id)
        if credit.flown_on != flown_on or person is None:
            continue
        if read_facts(credit.facts).board_point == departure.board_point and (
            person.id in of_coupons or _same_flight(person, departure)
        ):
            return credit
    return None


def _same_flight(person: Person, departure: Departure) -> bool:
    return departure.key in legs_of(person.departure_key, person.pieces.values())
