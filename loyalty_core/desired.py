"""What should stand for one carriage: whom its card, holder and state entitle to what, before amounts are known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from . import membership, names, standing
from .carriage import Carriage
from .companies import company_of
from .evidence import Evidence
from .minors import is_too_young
from .outcomes import Reason
from .programme import Facts, Programme
from .relations import Relation, related
from .states import STAYED_BEHIND
from .transactions import CardClaim
from .world import Member, World


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom a carriage is to be credited to, by which programme, on which facts; ``match`` says how the holder's name
    was recognised. ``holder`` is who flew, where that is another: the holder of a child card."""

    member: Member
    programme: Programme
    facts: Facts
    match: str
    holder: Member | None = None
    company: Member | None = None
    """For whom the holder travelled; it gets a share."""

    @property
    def traveller(self) -> Member:
        return self.holder or self.member


@dataclass(frozen=True, slots=True)
class Desired:
    """What should stand for a carriage before amounts are known. ``status`` is none, refused, suspense, pending or
    posted; ``field`` is the one a refusal is about; ``grant`` is there for pending and posted."""

    status: str
    reason: Reason = Reason.NONE
    field: str = ""
    grant: Grant | None = None


def desired(world: World, view: Carriage, pieces: Collection[Evidence]) -> Desired:
    """Card, holder and state decide; the first card that a programme of ours serves counts."""
    refusal = Desired("none")
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            refusal = Desired("refused", Reason.PROGRAMME_NOT_SERVED)
            continue
        return _desired_by(world, view, pieces, claim, programme)
    return refusal


def _desired_by(
    world: World, view: Carriage, pieces: Collection[Evidence], claim: CardClaim, programme: Programme
) -> Desired:
    card = world.card_of(programme.name, claim.number)
    if card is None:
        return Desired("refused", Reason.CARD_UNKNOWN)
    member = world.holder(card)
    carrier, _number, flown_on, board_point = view.departure_key.split("/")
    if reason := membership.refusal(world, programme, card, member, flown_on):
        return Desired("refused", reason)
    known = world.names_of(member)
    matches = [names.match(name, known) for name in view.names_with(claim, pieces)]
    best = max(matches, key=lambda match: (match.grade, match.score))
    if best.grade < names.Grade.EQUIVALENT:
        if view.state in STAYED_BEHIND:
            return Desired("none")
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    # A key of surname and initial may join two people (the father listed with his card, the son boarded): who is said
    # to have flown must not be somebody else.
    flown = [names.match(name, known).grade for name in view.names_of_state(pieces)]
    if max(flown, default=best.grade) == names.Grade.REJECT:
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    status = membership.worth(world, programme, member, flown_on, programme.policy(view.state))
    if status == "none":
        return Desired("none")
    if view.staff or is_too_young(programme, member, flown_on):
        return Desired("none", Reason.NOT_EARNING)
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
    account = _account(world, programme, member, flown_on)
    if account is not member:
        subject = membership.member_subject(account.programme, account.number)
        told = membership.told_of(world, subject, membership.STATE)
        if reason := standing.member_refusal(told, flown_on, programme.members):
            return Desired("refused", reason)
    company = company_of(world, card, member, flown_on) if programme.members.company_percent else None
    match = f"{best.grade.name.lower()}: {best.reason}"
    return Desired(status, grant=Grant(account, programme, facts, match, member, company))


def _account(world: World, programme: Programme, member: Member, day: str) -> Member:
    """Whose account a member's flights of this day go to: with ``children: parent`` those with a child card to its
    parent's."""
    if programme.members.children == "own":
        return member
    subject = membership.member_subject(member.programme, member.number)
    return related(world, subject, Relation.PARENT, day) or member
