"""Deciding what staff say of members and cards: each statement is one word about one subject, taken into the set."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from . import keys
from .given_tiers import GIVEN_TIER, REASON_CHARACTERS_MAX, GivenKind, GivenState, GivenTier, last_words
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
    TierGiven,
)
from .membership import STATE, card_subject, is_past, member_subject, tell, told_of
from .outcomes import Reason
from .programme import Programme
from .relations import DATED, NAMING, Relation, affected, member_of, touch
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
    if isinstance(statement, TierGiven) and (refusal := _not_to_be_given(world, programme, statement)):
        return replace(outcome, reason=refusal[0], field=refusal[1]), set()
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
    be said in advance. (Tiers are worked out for every day, so they may be given in advance.)"""
    if not is_past(statement.said_at.date(), received_at):
        return "said_at"
    if isinstance(statement, TierGiven):
        return ""
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
        case TierGiven():
            return _given_tier(programme, statement)


def _status(world: World, said: Word) -> StatementStatus:
    named = [said.subject, said.word] if said.aspect in NAMING and said.word else [said.subject]
    if not all(_is_known(world, one) for one in named):
        return StatementStatus.WAITING
    told = told_of(world, said.subject, said.aspect)
    if said.aspect == GIVEN_TIER:
        stands = (said.since, said.word) in {(one.since.isoformat(), one.word) for one in last_words(told)}
    else:
        stands = word_on(told, said.since) == said.word
    return StatementStatus.APPLIED if stands else StatementStatus.SUPERSEDED


def _not_to_be_given(world: World, programme: Programme, statement: TierGiven) -> tuple[Reason, str] | None:
    """Why the programme has no such tier to give, with the field; None where it has. Whether a paid one counts is found
    out from what was flown and the version of the day on which the tier ends; here, whether any version knows such a
    thing. What was given can always be taken back."""
    told = told_of(world, member_subject(programme.name, ascii_key(statement.number)), GIVEN_TIER)
    slot = (statement.kind, statement.tier, statement.since)
    known = {(one.kind, one.tier, one.since) for one in last_words(told)}
    if statement.state == GivenState.WITHDRAWN and slot in known:
        return None
    rank = programme.tier_rank(statement.tier)
    if rank < 0:
        return Reason.TIER_UNKNOWN, "tier"
    if rank == 0:
        return Reason.NOT_OFFERED, "tier"
    offered = any(version.qualification.extension for version in programme.versions)
    if statement.kind == GivenKind.PAID and not offered:
        return Reason.NOT_OFFERED, "kind"
    return None


def _given_tier(programme: str, statement: TierGiven) -> Word | str:
    if statement.kind not in list(GivenKind):
        return "kind"
    if statement.state not in list(GivenState):
        return "state"
    withdrawn = statement.state == GivenState.WITHDRAWN
    until = statement.until
    # An extension without end would be a tier for ever; what is taken back has no end.
    endless = statement.kind == GivenKind.PAID and until is None and not withdrawn
    if endless or (until is not None and (withdrawn or until < statement.since)):
        return "until"
    if not 0 < len(statement.reason.strip()) <= len(statement.reason) <= REASON_CHARACTERS_MAX:
        return "reason"
    given = GivenTier(
        GivenKind(statement.kind), statement.tier, statement.since, until, statement.reason, withdrawn
    )
    subject = member_subject(programme, statement.number)
    return Word(subject, GIVEN_TIER, statement.since.isoformat(), given.word)


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
