"""From what is known about carriages to what must stand in the ledger, and the difference between the two.

Nothing is added to what stands: the desired credit of a carriage is computed from all its standing evidence, and where
the ledger says otherwise the old entry is reversed and a new one posted. A change in one flight's qualifying miles can
change the tier on later flights: those are priced again, by date, so the cascade ends.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from . import names
from .carriage import Carriage
from .evidence import Evidence
from .outcomes import Reason
from .posting import Cause, enter, facts_json, read_facts, reverse
from .programme import Evaluation, Facts, Programme
from .transactions import CardClaim
from .world import Card, Credit, Member, Person, World


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


@dataclass(frozen=True, slots=True)
class Priced:
    """A grant with its amounts and the tier they were computed for."""

    grant: Grant
    tier: str
    evaluation: Evaluation


def desired(world: World, view: Carriage, pieces: Iterable[Evidence]) -> Desired:
    """Card, holder and state decide; the first card that a programme of ours serves counts."""
    refusal = Desired("none")
    for claim in view.cards:
        programme = world.programme_for(claim.airline)
        if programme is None:
            refusal = Desired("refused", Reason.PROGRAMME_NOT_SERVED)
            continue
        return _desired_by(world, view, pieces, claim, programme)
    return refusal


def _card_refusal(card: Card | None) -> Reason:
    if card is None:
        return Reason.CARD_UNKNOWN
    if card.state == "closed":
        return Reason.CARD_CLOSED
    return Reason.NONE if card.state == "active" else Reason.CARD_BLOCKED


def _desired_by(
    world: World, view: Carriage, pieces: Iterable[Evidence], claim: CardClaim, programme: Programme
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
        return Desired("suspense", Reason.HOLDER_MISMATCH)
    status = programme.policy(view.state)
    if status == "none":
        return Desired("none")
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


def tier_on(world: World, programme: Programme, member: Member, flown_on: str) -> str:
    """The member's standing on a flight date: the best of the granted tier, of last year's totals and of this year's
    flights before that date (those of the same day don't lift each other, whatever their order)."""
    year = int(flown_on[:4])
    miles, segments = world.year_totals.get((member.id, year), (0, 0))
    for credit in world.credits_of(member.id, flown_on):
        if credit.status == "posted" and credit.flown_on[:4] == flown_on[:4]:
            miles -= credit.qualifying
            segments -= credit.segments
    return _best_tier(world, programme, member, year, miles, segments)


def _best_tier(
    world: World, programme: Programme, member: Member, year: int, miles: int, segments: int
) -> str:
    last_year = world.year_totals.get((member.id, year - 1), (0, 0))
    candidates = [programme.tier_for(miles, segments), programme.tier_for(*last_year)]
    if member.granted_tier:
        candidates.append(member.granted_tier)
    return max(candidates, key=programme.tier_rank)


def settle(world: World, carriage_ids: Iterable[int], cause: Cause) -> None:
    """Brings the ledger to what the evidence about these carriages says, then everything that follows from it."""
    since: dict[int, str] = {}
    for carriage_id in sorted(carriage_ids, key=lambda each: _carriage_order(world, each)):
        for member_id, flown_on in _settle_one(world, world.persons[carriage_id], cause):
            since[member_id] = min(since.get(member_id, flown_on), flown_on)
    for member_id in sorted(since, key=lambda each: world.members[each].number):
        reprice(world, world.members[member_id], since[member_id], cause)


def _carriage_order(world: World, carriage_id: int) -> tuple[str, str]:
    # By natural key, never by id: ids differ between runs.
    person = world.persons[carriage_id]
    return (person.departure_key, person.view.key if person.view else "")


def _settle_one(world: World, person: Person, cause: Cause) -> list[tuple[int, str]]:
    """Settles one carriage; gives (member id, flight date) of every change in qualifying miles."""
    view = person.view
    want = desired(world, view, person.pieces.values()) if view else Desired("none")
    priced: Priced | None = None
    if want.grant and view:
        priced = _price(world, want.grant)
        want = _checked(world, want, priced, view.key, person.id)
    person.credit, person.reason, person.reason_field = want.status, str(want.reason), want.field
    world.changed_persons.add(person.id)
    due = priced if want.grant else None

    changes: list[tuple[int, str]] = []
    kept = False
    for credit in world.credits_on(person.id):
        if due and view and not kept and _same(credit, want.status, due):
            kept = True
            _rekey(world, credit, view, person.id, due.tier)
            continue
        changes.append((credit.member_id, credit.flown_on))
        reverse(world, credit, cause, _because(person))
    if due and view and not kept:
        changes.append((due.grant.member.id, due.grant.facts.flown_on.isoformat()))
        _post(world, person, view, want.status, due, cause)
    return changes


def _price(world: World, grant: Grant) -> Priced:
    tier = tier_on(world, grant.programme, grant.member, grant.facts.flown_on.isoformat())
    return Priced(grant, tier, grant.programme.evaluate(grant.facts, tier))


def _checked(world: World, want: Desired, priced: Priced, key: str, carriage_id: int) -> Desired:
    """``want`` if its amounts may be credited, else why not."""
    evaluation = priced.evaluation
    if evaluation.reason == Reason.NOT_EARNING or not (
        evaluation.reason or evaluation.award or evaluation.qualifying or evaluation.segments
    ):
        return Desired("none", Reason.NOT_EARNING, evaluation.field)
    if evaluation.reason:
        return Desired("refused", evaluation.reason, evaluation.field)
    other = world.credits.get((priced.grant.programme.name, key))
    if other is not None and other.carriage_id != carriage_id:
        return Desired("refused", Reason.COUPON_CREDITED_ELSEWHERE)
    return want


def _same(credit: Credit, status: str, priced: Priced) -> bool:
    grant, evaluation = priced.grant, priced.evaluation
    return (credit.programme, credit.member_id, credit.status) == (
        grant.programme.name,
        grant.member.id,
        status,
    ) and (credit.award, credit.qualifying, credit.segments) == (
        evaluation.award,
        evaluation.qualifying,
        evaluation.segments,
    )


def _rekey(world: World, credit: Credit, view: Carriage, carriage_id: int, tier: str) -> None:
    """The same amounts stand, but the carriage may be known by a better key now (the ticket arrived)."""
    moved = replace(credit, key=view.key, carriage_id=carriage_id, carriage_key=view.key, tier=tier)
    if moved != credit:
        world.drop_credit(credit)
        world.put_credit(moved)


def _because(person: Person) -> str:
    """Where the evidence stands: journal row, first and last line, kind; in that order of rows."""
    return json.dumps(
        [
            [piece.journal_id, piece.line, piece.line_end, piece.kind]
            for piece in sorted(person.pieces.values(), key=lambda piece: (piece.journal_id, piece.line))
        ]
    )


def _post(world: World, person: Person, view: Carriage, status: str, priced: Priced, cause: Cause) -> None:
    trace = _trace(priced, view.state, priced.grant.match)
    grant = priced.grant
    enter(
        world,
        grant.member,
        grant.programme,
        status,
        priced.evaluation,
        priced.tier,
        cause,
        view.key,
        grant.facts,
        person.id,
        trace,
        _because(person),
    )


def _trace(priced: Priced, state: str, match: str) -> dict[str, object]:
    """Why these amounts, for ``explain``: holder, state, tier, facts and every rule step with its line."""
    return {
        "match": match,
        "state": state,
        "tier": priced.tier,
        "facts": facts_json(priced.grant.facts),
        "steps": [[step.name, step.text, step.rule] for step in priced.evaluation.trace],
    }


def reprice(world: World, member: Member, since: str, cause: Cause) -> None:
    """Prices the member's later flights again where the tier they were priced with is no longer the one they had."""
    programme = world.programmes[member.programme]
    later = sorted(
        (credit for credit in world.credits_of(member.id, since) if credit.flown_on > since),
        key=lambda credit: (credit.flown_on, credit.key),
    )
    for credit in later:
        tier = tier_on(world, programme, member, credit.flown_on)
        if tier == credit.tier:
            continue
        facts = read_facts(credit.facts)
        evaluation = programme.evaluate(facts, tier)
        if (evaluation.award, evaluation.qualifying, evaluation.segments) == (
            credit.award,
            credit.qualifying,
            credit.segments,
        ):
            world.put_credit(replace(credit, tier=tier))
            continue
        because = world.postings[credit.lane, credit.seq][1]
        reverse(world, credit, cause, because)
        priced = Priced(Grant(member, programme, facts, ""), tier, evaluation)
        trace = _trace(priced, "priced again: tier changed by an earlier flight", "")
        enter(
            world,
            member,
            programme,
            credit.status,
            evaluation,
            tier,
            cause,
            credit.key,
            facts,
            credit.carriage_id,
            trace,
            because,
        )
    current = current_tier(world, programme, member)
    if current != world.members[member.id].tier:
        world.put_member(replace(world.members[member.id], tier=current))


def current_tier(world: World, programme: Programme, member: Member) -> str:
    """The tier that stands after all flights known: the best of the granted one and any two consecutive years.

    Downgrades need a business clock and come with it; until then a tier reached is kept.
    """
    years = [year for member_id, year in world.year_totals if member_id == member.id]
    candidates = [programme.base_tier, *(tier for tier in (member.granted_tier,) if tier)]
    candidates += [programme.tier_for(*world.year_totals[member.id, year]) for year in years]
    return max(candidates, key=programme.tier_rank)
