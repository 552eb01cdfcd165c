"""Deciding one transaction after the other on the loaded world: pure, in journal order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

from . import cases, editions, flights, keys, outbox
from .adjustments import adjust, approve, reverse_operation
from .ageing import age, leaps
from .bookkeeping import Cause
from .carriage import join
from .claims import CaseResolved, CreditClaimed
from .contest import contest_keys
from .evidence import Evidence, evidence_of_coupon, evidence_of_list
from .families import absorb_deficits, regroup
from .holds import capture, redeem, release, reserve
from .identity import persons_of
from .list_answers import answer_due
from .member_decisions import hear
from .member_statements import Statement
from .members import import_members
from .operating import Asked, answered
from .operations import (
    AdjustMiles,
    ApproveAdjustment,
    CaptureHold,
    ChangePool,
    RedeemMiles,
    ReleaseHold,
    ReserveMiles,
    ReverseOperation,
    TransferMiles,
)
from .outcomes import (
    REFUSALS_MAX,
    ClockOutcome,
    CouponOutcome,
    CreditStatus,
    ImportOutcome,
    ListOutcome,
    Outcome,
    Reason,
)
from .parts import Came, receive_part, strike
from .posting import member_balance, read_facts
from .programme import load_programme
from .settle import settle
from .sharing import change_pool, transfer
from .spending import KeptOperation
from .states import COUPON
from .telegrams import TelegramAttempted, TelegramFailed, TelegramQueued, TelegramSent
from .transactions import (
    Clock,
    CouponReported,
    ListReceived,
    MembersImported,
    PartReceived,
    ProgrammeActivated,
    Transaction,
)
from .world import Credit, Person, World


@dataclass(frozen=True, slots=True)
class Context:
    """The message around a transaction; ``digest`` is that of its canonical form (hex), ``origin`` as ``cause_of``."""

    journal_id: int
    digest: str
    origin: str
    received_at: datetime
    link: str = ""
    kind: str = ""
    encoding: str = "utf-8"
    wants_answer: bool = False

    @property
    def cause(self) -> Cause:
        return Cause(self.journal_id, self.origin, keys.instant(self.received_at))


def decide(world: World, transaction: Transaction, context: Context) -> Outcome:
    """The outcome of one transaction; its effects stand in ``world``."""
    outcome = _HANDLERS[type(transaction)](world, transaction, context)
    absorb_deficits(world, context.cause)
    return outcome


# --- evidence ---------------------------------------------------------------------------------------------------------


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


def _settle(world: World, carriage_ids: set[int], cause: Cause) -> None:
    settle(world, carriage_ids, cause)
    world.changed_persons -= world.gone_persons


def _case_resolved(world: World, message: CaseResolved, context: Context) -> Outcome:
    return cases.resolve(
        world,
        message,
        context,
        lambda piece: _settle(world, absorb(world, [piece]), context.cause),
        lambda affected: _settle(world, affected, context.cause),
    )


def _credit_claimed(world: World, message: CreditClaimed, context: Context) -> Outcome:
    return cases.claim(
        world, message, context, lambda piece: _settle(world, absorb(world, [piece]), context.cause)
    )


def _list_received(world: World, message: ListReceived, context: Context) -> Outcome:
    outcome = _take_list(world, message, context)
    world.arrivals.append(flights.arrival_of(message, outcome, context.journal_id))
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
        _settle(world, waiting, context.cause)
        return ListOutcome()
    departure, originator, kind = message.departure.key, message.originator, message.kind
    floors = world.editions_of(departure, originator)
    if editions.is_superseded(kind, edition, floors):
        _settle(world, waiting, context.cause)
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
    _settle(world, affected | waiting, context.cause)
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


def _coupon_received(world: World, report: CouponReported, context: Context) -> Outcome:
    answer = CouponOutcome(CreditStatus.REFUSED, airline=report.card.airline, number=report.card.number)
    programme = world.programme_for(report.card.airline)
    if programme is not None and not programme.window.holds(report.on, context.received_at.date()):
        return replace(answer, reason=Reason.DATE_OUT_OF_WINDOW, field="on")
    piece = evidence_of_coupon(report, context.journal_id, world.ids.take("evidence"))
    credited = _credited_before(world, piece)
    told = _told_before(world, piece)
    if told is None:
        _settle(world, absorb(world, [piece]), context.cause)
    elif told.credit == "refused":
        # A refused message is decided again, whatever has changed since.
        _settle(world, {told.id}, context.cause)
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
            answer, status=status, award=credit.award, qualifying=credit.qualifying, balance=balance
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


# --- everything else --------------------------------------------------------------------------------------------------


def _part_received(world: World, part: PartReceived, context: Context) -> Outcome:
    came = Came(
        context.journal_id,
        context.digest,
        keys.order_of(context.received_at),
        context.link,
        context.kind,
        context.encoding,
    )
    return receive_part(world, part, came)


def _clock_struck(world: World, clock: Clock, context: Context) -> Outcome:
    if leaps(world, clock):
        return ClockOutcome(reason=Reason.DATE_OUT_OF_WINDOW)
    holds, expired, timed_out = age(world, clock, context.cause)
    return replace(
        strike(world, clock, keys.instant(context.received_at)),
        holds=holds,
        expired=expired,
        timed_out=timed_out,
        more=world.spending.due.more,
    )


def _operating(
    handler: Callable[[World, Any, Asked], KeptOperation],
) -> Callable[[World, Any, Context], Outcome]:
    return lambda world, operation, context: answered(world, operation, context, handler)


def _members_imported(world: World, message: MembersImported, context: Context) -> Outcome:
    before = dict(world.survivors)
    outcome, affected = import_members(world, message.content, context.journal_id, context.received_at)
    regroup(world, before, context.cause)
    _settle(world, affected, context.cause)
    return outcome


def _statement_heard(world: World, statement: Statement, context: Context) -> Outcome:
    before = dict(world.survivors)
    outcome, affected = hear(world, statement, context.journal_id, context.received_at)
    regroup(world, before, context.cause)
    _settle(world, affected, context.cause)
    return outcome


def _programme_activated(world: World, message: ProgrammeActivated, context: Context) -> Outcome:
    programme = load_programme(message.content.decode(), message.file)
    current = world.programmes.get(programme.name)
    if current is not None and current.digest == programme.digest:
        return ImportOutcome(unchanged=1, programme=programme.name)
    world.programmes[programme.name] = programme
    world.activated[programme.name] = (programme, message, context.journal_id)
    return ImportOutcome(
        opened=int(current is None), changed=int(current is not None), programme=programme.name
    )


_HANDLERS: dict[type[Transaction], Callable[[World, Any, Context], Outcome]] = {
    ListReceived: _list_received,
    CouponReported: _coupon_received,
    CaseResolved: _case_resolved,
    CreditClaimed: _credit_claimed,
    PartReceived: _part_received,
    Clock: _clock_struck,
    MembersImported: _members_imported,
    **dict.fromkeys(get_args(Statement), _statement_heard),
    ProgrammeActivated: _programme_activated,
    flights.DepartureMoved: flights.move,
    TelegramQueued: outbox.queue,
    TelegramAttempted: outbox.attempt,
    TelegramSent: outbox.sent,
    TelegramFailed: outbox.fail,
    ReserveMiles: _operating(reserve),
    CaptureHold: _operating(capture),
    ReleaseHold: _operating(release),
    RedeemMiles: _operating(redeem),
    AdjustMiles: _operating(adjust),
    ApproveAdjustment: _operating(approve),
    TransferMiles: _operating(transfer),
    ChangePool: _operating(change_pool),
    ReverseOperation: _operating(reverse_operation),
}
