"""Answering card and balance checks: who may know what about a card. Pure; the facts were read before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from . import names
from .accounts import AWARD, PENDING
from .keys import ascii_key
from .outcomes import Answer, Balance, CardAnswer, Reason
from .programme import Programme
from .standing import check_refusal
from .transactions import BalanceCheck, CardCheck, Name, Question


@dataclass(slots=True)
class CardFacts:
    """What was read for a batch of questions.

    ``cards``: (programme, number) -> (member id, state, replaced by); ``members``: id -> (names, birth date, tier,
    state); ``balances``: member id -> purpose -> amount; ``lots``: member id -> [(expiry ISO date, remaining)].
    """

    cards: dict[tuple[str, str], tuple[int, str, str]] = field(default_factory=dict)
    members: dict[int, tuple[tuple[Name, ...], str, str, str]] = field(default_factory=dict)
    balances: dict[int, dict[str, int]] = field(default_factory=dict)
    lots: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    survivors: dict[int, int] = field(default_factory=dict)
    """Member id -> id of the one who survives of those that were merged with it (mostly itself)."""

    def names_of(self, member_id: int) -> tuple[Name, ...]:
        """All spellings of the name of a member, the survivor of a merge, and of those merged into it."""
        family = [each for each, survivor in self.survivors.items() if survivor == member_id]
        ordered = sorted(family, key=lambda each: (each != member_id, repr(self.members[each][0])))
        return tuple(dict.fromkeys(name for each in ordered for name in self.members[each][0]))


def answer_question(question: Question, programmes: Mapping[str, Programme], facts: CardFacts) -> Answer:
    """The answer to one question."""
    assert isinstance(question, CardCheck | BalanceCheck)
    refused = CardAnswer(question.airline, question.number)
    served = [
        programmes[name] for name in sorted(programmes) if question.airline in programmes[name].carriers
    ]
    if not served:
        return _refuse(refused, Reason.PROGRAMME_NOT_SERVED)
    programme = served[0]
    card = _current_card(facts, programme.name, question.number)
    if card is None:
        return _refuse(refused, Reason.CARD_UNKNOWN)
    member_id, state, _replaced_by = card
    member_id = facts.survivors[member_id]
    _own, birth_date, tier, member_state = facts.members[member_id]
    known = facts.names_of(member_id)
    # The holder is compared first: a stranger must not learn that a card is blocked.
    if question.name is not None:
        reason = _holder_refusal(question.name, question.birth_date, known, birth_date)
        if reason:
            return _refuse(refused, reason)
    if reason := check_refusal(state, member_state):
        return _refuse(refused, reason)
    if isinstance(question, CardCheck):
        return CardAnswer(question.airline, question.number, tier=tier, names=known)
    family = [each for each, survivor in facts.survivors.items() if survivor == member_id]
    lots = sorted(lot for each in family for lot in facts.lots.get(each, ()))
    next_expiry = lots[0][0] if lots else ""
    return CardAnswer(
        question.airline,
        question.number,
        tier=tier,
        names=known,
        balances=tuple(
            Balance(unit, sum(facts.balances.get(each, {}).get(unit, 0) for each in family))
            for unit in (AWARD, PENDING, *(unit for unit in programme.units if unit != AWARD))
        ),
        expires_on=date.fromisoformat(next_expiry) if next_expiry else None,
        expires_amount=sum(remaining for expires_on, remaining in lots if expires_on == next_expiry),
    )


def _refuse(answer: CardAnswer, reason: Reason) -> CardAnswer:
    return CardAnswer(answer.airline, answer.number, reason)


def _current_card(facts: CardFacts, programme: str, number: str) -> tuple[int, str, str] | None:
    key = ascii_key(number)
    seen: set[str] = set()
    card = facts.cards.get((programme, key))
    while card is not None and card[2] and key not in seen:
        seen.add(key)
        key = card[2]
        successor = facts.cards.get((programme, key))
        if successor is None or facts.survivors[successor[0]] != facts.survivors[card[0]]:
            break
        card = successor
    return card


def _holder_refusal(claim: Name, birth_date: date | None, known: tuple[Name, ...], on_file: str) -> Reason:
    """Nothing for a holder who matches; a probable one needs a birth date, and a wrong birth date is a wrong holder."""
    grade = names.match(claim, known).grade
    if grade == names.Grade.REJECT:
        return Reason.HOLDER_MISMATCH
    if birth_date is not None and on_file and birth_date.isoformat() != on_file:
        return Reason.HOLDER_MISMATCH
    if grade >= names.Grade.EQUIVALENT:
        return Reason.NONE
    # Name missing, an initial, or merely probable: only a birth date that agrees makes up for it.
    return Reason.NONE if birth_date is not None and on_file else Reason.TIER_WITHHELD
