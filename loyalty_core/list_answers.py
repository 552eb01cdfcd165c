"""Which cards of a list are not good, so that its originator can correct them before the flight is closed.

Told is only what the list said itself (card, where it goes, locator, line) and the reason. Cards of programmes that are
not ours are none of our business. An answer is named by list and edition; it becomes due in the commit that applies the
list, and is due until its telegrams are queued: a process that ends in between leaves it for the next start.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from . import keys, names
from .entities import Card
from .outcomes import FaultyCard, ListAnswer, Reason
from .stable_json import decode, encode
from .standing import check_refusal
from .transactions import CardClaim, Departure, Flight, ListReceived, Name
from .world import World

if TYPE_CHECKING:
    from .context import Context

DIGEST_CHARACTERS = 12


def answer_key(message: ListReceived, digest: str) -> str:
    """``FTL/UT/451/2026-08-20/DME/MOWRMUT/<creation time>/<digest>``. A DCS may write two lists with one creation time
    (one for each marketing carrier), so the document's digest tells them apart; the same list by another link or with
    PDM has the same digest."""
    return "/".join(
        (
            message.kind,
            message.departure.key,
            message.originator,
            keys.order_of(message.edition),
            digest[:DIGEST_CHARACTERS],
        )
    )


def answer_due(world: World, message: ListReceived, context: "Context") -> ListAnswer | None:
    """The answer to an applied list, noted as due; None where nothing is to be said or it was said before."""
    if not context.wants_answer:
        return None
    key = answer_key(message, context.digest)
    if key in world.answers:
        return None
    cards = faulty_cards(world, message)
    if not cards:
        return None
    answer = ListAnswer(
        key,
        context.link,
        message.kind,
        message.originator,
        message.departure,
        message.edition,
        context.received_at,
        cards,
    )
    world.answers[key] = "due"
    world.due_answers[key] = (answer, context.journal_id)
    return answer


def faulty_cards(world: World, message: ListReceived) -> tuple[FaultyCard, ...]:
    """The cards of our programmes that are unknown, blocked, closed, or not surely their holder's, in list order."""
    found = []
    for person in message.persons:
        locator = person.locators[0][0] if person.locators else ""
        for claim in person.cards:
            reason = _fault(world, claim, person.name)
            if reason:
                found.append(
                    FaultyCard(
                        claim.airline,
                        claim.number,
                        claim.role,
                        reason,
                        person.off_point,
                        locator,
                        person.line,
                    )
                )
    return tuple(found)


def _fault(world: World, claim: CardClaim, name: Name) -> Reason:
    programme = world.programme_for(claim.airline)
    if programme is None:
        return Reason.NONE
    card: Card | None = world.card_of(programme.name, claim.number)
    if card is None:
        return Reason.CARD_UNKNOWN
    member = world.holder(card)
    # The holder is compared first, as for card checks: whoever is not the holder does not learn the card's state.
    grade = names.match(name, world.names_of(member)).grade
    if grade < names.Grade.EQUIVALENT:
        return Reason.HOLDER_MISMATCH if grade == names.Grade.REJECT else Reason.HOLDER_UNCERTAIN
    return check_refusal(card.state, member.state)


def write_answer(answer: ListAnswer) -> str:
    """As stable JSON text, for the table of answers that are due."""
    departure, flight = answer.departure, answer.departure.flight
    return encode(
        {
            "link": answer.link,
            "kind": answer.kind,
            "originator": answer.originator,
            "flight": [flight.carrier, flight.number, flight.suffix],
            "on": departure.on.isoformat(),
            "board_point": departure.board_point,
            "edition": keys.order_of(answer.edition),
            "received_at": keys.order_of(answer.received_at),
            "cards": [
                [card.airline, card.number, card.role, card.reason, card.off_point, card.locator, card.line]
                for card in answer.cards
            ],
        }
    )


def read_answer(key: str, text: str) -> ListAnswer:
    """Back from ``write_answer``."""
    fields: dict[str, Any] = decode(text)
    departure = Departure(Flight(*fields["flight"]), date.fromisoformat(fields["on"]), fields["board_point"])
    cards = tuple(
        FaultyCard(airline, number, role, Reason(reason), off_point, locator, line)
        for airline, number, role, reason, off_point, locator, line in fields["cards"]
    )
    return ListAnswer(
        key,
        fields["link"],
        fields["kind"],
        fields["originator"],
        departure,
        datetime.fromisoformat(fields["edition"]),
        datetime.fromisoformat(fields["received_at"]),
        cards,
    )
