"""What should stand for a carriage before amounts are known: whose card counts, and what the programme makes of the
state. A function of the standing evidence, members, cards and the business clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from . import membership, names, standing
from .carriage import Carriage
from .companies import company_of
from .entities import Member
from .evidence import Evidence
from .minors import is_too_young
from .outcomes import Reason
from .owners import born_on
from .programme import Facts, Programme, Step
from .relations import Relation, related
from .retro import admitted
from .rules.facts import AGE_UNKNOWN, Standing
from .states import CLAIM, STAYED_BEHIND, CarriageState
from .transactions import CardClaim, Name
from .world import World


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a carriage is to be credited to, by which programme, on which facts; ``match`` says how the holder's name
    was recognised, ``why`` which word of the policy made the credit final, where it wasn't the state alone. ``holder``
    is who flew, where that is another: the holder of a child card. ``company`` is for whom the holder travelled; it
    gets a share."""

    member: Member
    programme: Programme
    facts: Facts
    match: str
    why: tuple[Step, ...] = ()
    holder: Member | None = None
    company: Member | None = None

    @property
    def traveller(self) -> Member:
        return self.holder or self.member


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


def desired(world: World, view: Carriage, pieces: Collection[Evidence], *, doubted: bool = False) -> Desired:
    """Card, holder and state decide. Of several cards the first that can be credited counts, in the order of ``cards``
    (the stronger source first): one coupon earns in one programme, and hosts write a person's cards in no order. One
    that only a member's claim names stands in for cards that were mistyped or are somebody else's; where the claim is
    worth nothing (``admitted``), it keeps no other card back. Where none can, the first that a programme of ours serves
    says why. Staff has the last word. ``doubted``: it may be this flight that a message took back; people find out
    whose it was."""
    if view.resolution == "REJECT":
        return Desired("refused", Reason.REJECTED_BY_STAFF)
    refusal = Desired("none")
    worthless: Desired | None = None
    first: Desired | None = None
    due: list[str] = []
    told = {card for piece in pieces if piece.kind != CLAIM for card in piece.cards}
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            refusal = Desired("refused", Reason.PROGRAMME_NOT_SERVED)
            continue
        if first is not None and claim not in told and first.reason not in _CLAIMABLE:
            continue
        card = world.card_of(programme.name, claim.number)
        kept, reason = (
            admitted(world, programme, world.holder(card), claim, pieces) if card else (pieces, Reason.NONE)
        )
        if reason:
            worthless = worthless or Desired("refused", reason, "on")
            continue
        found = _desired_by(world, view, kept, claim, programme)
        if found.grant and doubted and not view.assigned:
            found = Desired("suspense", Reason.HOLDER_UNCERTAIN)
        if found.grant or (found.status == "none" and (first is None or claim in told)):
            return found
        if found.due_at:
            due.append(found.due_at)
        first = first or found
    # What is refused now may be worth something by another card as time goes by: the clock has to look again.
    return replace(first, due_at=min(due, default="")) if first else worthless or refusal


_CLAIMABLE = (Reason.CARD_UNKNOWN, Reason.HOLDER_MISMATCH)
"""Why a card of a list gives way to the one a member claims the flight with."""


def _desired_by(
    world: World, view: Carriage, pieces: Collection[Evidence], claim: CardClaim, programme: Programme
) -> Desired:
    card = world.card_of(programme.name, claim.number)
    if card is None:
        return Desired("refused", Reason.CARD_UNKNOWN)
    member = world.holder(card)
    carrier, number, flown_on, board_point = view.departure_key.split("/")
    if reason := membership.refusal(world, programme, card, member, flown_on):
        return Desired("refused", reason)
    known = world.names_of(member)
    best = _recognised(view, pieces, claim, known)
    if best.grade < names.Grade.EQUIVALENT:
        if view.state in STAYED_BEHIND:
            return Desired("none")
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    # A key of surname and initial may join two people (the father listed with his card, the son boarded): who is said
    # to have flown must not be somebody else.
    flown = [names.match(name, known).grade for name in view.names_of_state(pieces)]
    if max(flown, default=best.grade) == names.Grade.REJECT and not view.assigned:
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    told = view.departure_key in world.exceptions_told
    now = world.spending.business_at
    is_doubtful = view.state is CarriageState.DOUBTFUL
    state = CarriageState.BOARDED if is_doubtful else view.state
    worth = programme.crediting.worth(state, board_point, date.fromisoformat(flown_on), told, now)
    status = membership.worth(world, programme, member, flown_on, worth.status)
    if status == "none":
        return Desired("none", due_at=worth.due_at)
    if view.staff or is_too_young(programme, member, flown_on):
        return Desired("none", Reason.NOT_EARNING)
    if is_doubtful and status == "posted":
        # Nobody can say whether that category takes the flight back: it may be worth what was boarded, but not yet.
        status = "pending"
    account = _account(world, programme, member, flown_on)
    amount, currency = view.fare
    sale = view.sale
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
        operating_number=number,
        marketing_number=f"{view.marketing.flight.number}{view.marketing.flight.suffix}"
        if view.marketing
        else "",
        brand=sale.brand,
        passenger_type=sale.passenger_type,
        channel=sale.channel,
        booked_on=_day(sale.booked_on),
        ticketed_on=_day(sale.ticketed_on),
        price=_money(amount),
        currency=currency,
        surcharges=_money(sale.surcharges),
        taxes=_money(sale.taxes),
        age=None if account is member else _age(member, flown_on),
    )
    match = f"{best.grade.name.lower()}: {best.reason}"
    why = tuple(Step("policy", text, rule) for text, rule in worth.why)
    if account is not member:
        subject = membership.member_subject(account.programme, account.number)
        told_of_parent = membership.told_of(world, subject, membership.STATE)
        if reason := standing.member_refusal(told_of_parent, flown_on, programme.members):
            return Desired("refused", reason)
    company = company_of(world, card, member, flown_on) if programme.members.company_percent else None
    grant = Grant(account, programme, facts, match, why, member, company)
    reason = Reason.CATEGORY_UNKNOWN if is_doubtful and status == "pending" else Reason.NONE
    return Desired(status, reason, grant=grant, due_at=worth.due_at)


def _day(told: str) -> date | None:
    return date.fromisoformat(told) if told else None


def _money(told: str) -> Decimal | None:
    return Decimal(told) if told else None


def _recognised(
    view: Carriage, pieces: Collection[Evidence], claim: CardClaim, known: Sequence[Name]
) -> names.Match:
    """How surely the card's holder is the passenger."""
    if view.assigned:
        return names.Match(names.Grade.EXACT, "assigned by staff", 1.0)
    matches = (names.match(name, known) for name in view.names_with(claim, pieces))
    return max(matches, key=lambda match: (match.grade, match.score))


def _account(world: World, programme: Programme, member: Member, day: str) -> Member:
    """Whose account a member's flights of this day go to: with ``children: parent`` those with a child card to its
    parent's."""
    if programme.members.children == "own":
        return member
    subject = membership.member_subject(member.programme, member.number)
    return related(world, subject, Relation.PARENT, day) or member


def _age(member: Member, day: str) -> int:
    years = Standing(born=born_on(member.birth_date)).age_on(date.fromisoformat(day))
    return AGE_UNKNOWN if years is None else years


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
            found.add(world.root(card.member_id))
    return found
