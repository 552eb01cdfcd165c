"""Deciding reports on coupons, and what the host hears of a credit that stands already."""

from dataclasses import replace

from .absorbing import absorb, settle_anew
from .context import Context
from .entities import Credit, Person
from .evidence import Evidence, evidence_of_coupon
from .outcomes import CouponOutcome, CreditStatus, Reason
from .posting import member_balance, read_facts
from .states import COUPON
from .transactions import CouponReported
from .world import World


def receive_coupon(world: World, report: CouponReported, context: Context) -> CouponOutcome:
    """The outcome of a report on one coupon."""
    answer = CouponOutcome(CreditStatus.REFUSED, airline=report.card.airline, number=report.card.number)
    programme = world.programme_for(report.card.airline)
    if programme is not None and not programme.window.holds(report.on, context.received_at.date()):
        return replace(answer, reason=Reason.DATE_OUT_OF_WINDOW, field="on")
    piece = evidence_of_coupon(report, context.journal_id, world.ids.take("evidence"))
    credited = _credited_before(world, piece)
    told = _told_before(world, piece)
    if told is None:
        settle_anew(world, absorb(world, [piece]), context.cause)
    elif told.credit == "refused":
        # A refused message is decided again, whatever has changed since.
        settle_anew(world, {told.id}, context.cause)
    person = told or next(one for one in _owners(world, piece) if piece.id in one.pieces)
    return _coupon_outcome(world, person, answer, credited)


def _owners(world: World, piece: Evidence) -> list[Person]:
    found = {owner for key in piece.keys for owner in world.identity.get(key, ())}
    return [world.persons[each] for each in sorted(found)]


def _told_before(world: World, piece: Evidence) -> Person | None:
    """The carriage about which an earlier document said exactly this; such a repeat adds nothing."""
    for person in _owners(world, piece):
        for other in person.pieces.values():
            if (
                other.kind == COUPON
                and (other.originator, other.event_at, other.status)
                == (piece.originator, piece.event_at, piece.status)
                and other.content == piece.content
            ):
                return person
    return None


def _credited_before(world: World, piece: Evidence) -> set[tuple[str, int]]:
    """The entries that stand for this coupon already, where an earlier report on it had its part in them."""
    return {
        (credit.lane, credit.seq)
        for person in _owners(world, piece)
        if any(other.kind == COUPON for other in person.pieces.values())
        for credit in world.credits_on(person.id)
    }


def _credit_of_flight(world: World, person: Person, answer: CouponOutcome) -> Credit | None:
    """The credit that the same member has for this very flight under another name of it: reported by its marketing
    flight only, or with another of the member's cards. The host hears what stands, not a refusal."""
    programme = world.programme_for(answer.airline)
    card = world.card_of(programme.name, answer.number) if programme else None
    if person.reason != Reason.COUPON_CREDITED_ELSEWHERE or card is None:
        return None
    _carrier, _number, flown_on, board_point = person.departure_key.split("/")
    marketed = any(not piece.operating_known for piece in person.pieces.values())
    for credit in sorted(world.credits_of(world.root(card.member_id), flown_on), key=lambda each: each.key):
        winner = world.persons.get(credit.carriage_id)
        same_flight = winner is not None and winner.departure_key == person.departure_key
        same_leg = credit.flown_on == flown_on and read_facts(credit.facts).board_point == board_point
        if same_leg and (same_flight or marketed):
            return credit
    return None


def _coupon_outcome(
    world: World, person: Person, answer: CouponOutcome, credited: set[tuple[str, int]]
) -> CouponOutcome:
    reason = Reason(person.reason)
    credit = next(iter(world.credits_on(person.id)), None) or _credit_of_flight(world, person, answer)
    if credit is not None:
        balance = member_balance(world, world.members[credit.member_id])
        status = CreditStatus.POSTED if credit.status == "posted" else CreditStatus.PENDING
        if status is CreditStatus.POSTED and (credit.lane, credit.seq) in credited:
            status = CreditStatus.REPEATED
        return replace(
            answer,
            status=status,
            award=credit.award,
            qualifying=credit.amounts.get("qualifying", 0),
            balance=balance,
        )
    if person.credit == "refused":
        return replace(answer, reason=reason, field=person.reason_field)
    programme = world.programme_for(answer.airline)
    card = world.card_of(programme.name, answer.number) if programme else None
    balance = member_balance(world, world.holder(card)) if card else 0
    if person.credit == "suspense":
        return replace(answer, status=CreditStatus.PENDING, reason=reason)
    # Nothing stands: the coupon is not flown yet, was taken back, or earns nothing.
    flying = person.view is not None and person.view.state in ("booked", "unused", "listed", "checked_in")
    status = CreditStatus.PENDING if flying and not reason else CreditStatus.POSTED
    return replace(answer, status=status, reason=reason, balance=balance)
