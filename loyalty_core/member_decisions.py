"""Deciding what staff say of members and cards: each statement is one word about one subject, taken into the set."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from . import keys
from .keys import ascii_key
from .member_statements import (
    CardStated,
    MemberRelated,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    Statement,
    StatementOutcome,
    StatementStatus,
)
from .membership import STATE, card_subject, is_past, member_subject, tell, told_of
from .outcomes import Reason
from .relations import DATED, Relation, affected, member_of, touch
from .standing import SUCCEEDED, CardState, MemberState, word_on
from .tiers import renew_later
from .world import World


@dataclass(frozen=True, slots=True)
class Word:
    """A statement as it is taken down; ``since`` is "" where it holds for all days."""

    subject: str
    aspect: str
    since: str
    word: str


def hear(
    world: World, statement: Statement, journal_id: int, received_at: datetime
) -> tuple[StatementOutcome, set[int]]:
    """The outcome of a statement, and the carriages that have to be settled again."""
    outcome = StatementOutcome(StatementStatus.REFUSED, airline=statement.airline, number=statement.number)
    field = _in_future(statement, received_at)
    if field:
        return replace(outcome, reason=Reason.DATE_OUT_OF_WINDOW, field=field), set()
    programme = world.programme_for(statement.airline)
    if programme is None:
        return replace(outcome, reason=Reason.PROGRAMME_NOT_SERVED, field="airline"), set()
    said = _word_of(programme.name, statement)
    if isinstance(said, str):
        return replace(outcome, reason=Reason.INVALID, field=said), set()
    said_at = keys.order_of(statement.said_at)
    # Whoever was concerned before or is after: a merge ended by this statement, too.
    carriages = affected(world, {said.subject})
    tell(world, said.subject, said.aspect, said.since, said.word, said_at, journal_id)
    concerned = touch(world, {said.subject})
    carriages |= affected(world, {said.subject})
    renew_later(world, (each for each in (member_of(world, one) for one in concerned) if each))
    return replace(outcome, status=_status(world, said)), carriages


def _in_future(statement: Statement, received_at: datetime) -> str:
    """The field that speaks of a day that has not come, "" none: what stands now is what was said last, so nothing can
    be said in advance."""
    if not is_past(statement.said_at.date(), received_at):
        return "said_at"
    since: date | None = getattr(statement, "since", None)
    return "since" if since is not None and not is_past(since, received_at) else ""


def _word_of(programme: str, statement: Statement) -> Word | str:
    """The statement as a word, or the name of the field that can't be used."""
    for field in ("number", "into", "other"):
        number = getattr(statement, field, "")
        if number and not (number.isascii() and number.isalnum()):
            return field
    match statement:
        case MemberStated():
            subject = member_subject(programme, statement.number)
            if statement.state not in list(MemberState):
                return "state"
            return Word(subject, STATE, statement.since.isoformat(), statement.state)
        case CardStated():
            number, successor = ascii_key(statement.number), ascii_key(statement.replaced_by)
            if statement.state not in list(CardState):
                return "state"
            if successor == number or (successor and statement.state not in SUCCEEDED):
                return "replaced_by"
            if statement.state == CardState.REPLACED and not successor:
                return "replaced_by"
            word = f"{statement.state} {successor}".rstrip()
            return Word(card_subject(programme, number), STATE, statement.since.isoformat(), word)
        case MembersMerged():
            if statement.into == statement.number:
                return "into"
            subject, word = (member_subject(programme, each) for each in (statement.number, statement.into))
            return Word(subject, Relation.MERGED_INTO, "", word)
        case MembersUnmerged():
            return Word(member_subject(programme, statement.number), Relation.MERGED_INTO, "", "")
        case MemberRelated():
            return _relation_of(programme, statement)


def _status(world: World, said: Word) -> StatementStatus:
    if not all(_is_known(world, one) for one in (said.subject, said.word) if one.count("/") == 2):
        return StatementStatus.WAITING
    stands = word_on(told_of(world, said.subject, said.aspect), said.since) == said.word
    return StatementStatus.APPLIED if stands else StatementStatus.SUPERSEDED


def _relation_of(programme: str, statement: MemberRelated) -> Word | str:
    if statement.relation not in DATED:
        return "relation"
    if bool(statement.number) == bool(statement.card):
        return "number"
    if statement.card and statement.relation != Relation.COMPANY:
        return "card"
    if statement.other == statement.number:
        return "other"
    subject = (
        card_subject(programme, ascii_key(statement.card))
        if statement.card
        else member_subject(programme, statement.number)
    )
    word = member_subject(programme, statement.other) if statement.other else ""
    return Word(subject, statement.relation, statement.since.isoformat(), word)


def _is_known(world: World, subject: str) -> bool:
    programme, kind, number = subject.split("/")
    return (programme, number) in (world.cards if kind == "card" else world.member_ids)
