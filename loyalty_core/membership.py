"""What was said of members and cards, kept as a set, and what follows from it for the books.

A statement names its subject by natural key, so it may come before the subject does: it waits and takes effect once the
member file brings it. The same word said again of the same days only gets a later instant of saying, so the set stays
small and any order of arrival gives the same one. Everything derived from it (states in the rows of members and cards)
is worked out anew where the set has changed.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from . import standing
from .entities import Card, Member
from .outcomes import Reason
from .owners import GROUPS, RESIDENCE, OwnerFacts, owner_facts
from .programme import Credit, Programme, Standing
from .world import World

STATE = "state"
"""Aspect of members and cards: the word is a state, of a card followed by its successor's number."""


ENROLLED = "enrolled"
"""Aspect of members: the word is the day of enrolment."""


def member_subject(programme: str, number: str) -> str:
    return f"{programme}/member/{number}"


def card_subject(programme: str, number: str) -> str:
    return f"{programme}/card/{number}"


def tell(
    world: World, subject: str, aspect: str, since: str, word: str, said_at: str, journal_id: int
) -> bool:
    """Takes down that ``subject``'s ``aspect`` is ``word`` from the day ``since`` on; True if that changes anything.

    ``since`` is an ISO date, "" for always; ``said_at`` a text of ``keys.order_of``.
    """
    told = world.told.setdefault((subject, aspect), {})
    if told.get((since, word), "") >= said_at:
        return False
    before = standing.spans(told)
    told[since, word] = said_at
    world.new_told[subject, aspect, since, word] = (said_at, journal_id)
    return standing.spans(told) != before


def told_of(world: World, subject: str, aspect: str) -> standing.Told:
    return world.told.get((subject, aspect), {})


def is_past(day: date, received_at: datetime) -> bool:
    """May something be said of this day by a message received then? Somewhere it is tomorrow already."""
    return day <= received_at.date() + timedelta(days=1)


def renew(world: World, subjects: Iterable[str]) -> None:
    """Brings the rows of these members and cards up to what is said of them; those not known yet are passed over."""
    for subject in sorted(subjects):
        programme, kind, number = subject.split("/")
        if kind == "card":
            _renew_card(world, programme, number)
        else:
            _renew_member(world, programme, number)


def _renew_card(world: World, programme: str, number: str) -> None:
    card = world.cards.get((programme, number))
    if card is not None:
        state, successor = standing.card_now(told_of(world, card_subject(programme, number), STATE))
        renewed = replace(card, state=state.value, replaced_by=successor)
        if renewed != card:
            world.put_card(renewed)


def _renew_member(world: World, programme: str, number: str) -> None:
    member_id = world.member_ids.get((programme, number))
    if member_id is not None:
        subject = member_subject(programme, number)
        member = world.members[member_id]
        renewed = replace(
            member,
            state=standing.member_now(told_of(world, subject, STATE)).value,
            enrolled_on=standing.last_word(told_of(world, subject, ENROLLED)),
            residence=standing.last_word(told_of(world, subject, RESIDENCE)),
            groups=standing.last_word(told_of(world, subject, GROUPS)),
        )
        if renewed != member:
            world.put_member(renewed)


def facts_of(world: World, member: Member) -> OwnerFacts:
    """What rules ask of a member besides the tier, over time."""
    subject = member_subject(member.programme, member.number)
    told = (told_of(world, subject, aspect) for aspect in (RESIDENCE, GROUPS))
    return owner_facts(member.birth_date, *told)


def standing_of(world: World, member: Member, tier: str, day: date) -> Standing:
    """The owner of an account with a tier, as rules ask for him on a day."""
    return facts_of(world, member).on(day, tier)


def refusal(world: World, programme: Programme, card: Card, member: Member, day: str) -> Reason:
    """Why a flight on this day (ISO date) earns nothing with this card for this member, NONE if it does."""
    of_card = told_of(world, card_subject(card.programme, card.number), STATE)
    of_member = told_of(world, member_subject(member.programme, member.number), STATE)
    return standing.card_refusal(of_card, day, programme.members) or standing.member_refusal(
        of_member, day, programme.members
    )


def worth(world: World, programme: Programme, member: Member, day: str, status: Credit) -> Credit:
    """What a flight on this day is worth: ``status`` as the programme's policy gives it, less for a number that was
    temporary then and has not been made permanent since."""
    told = told_of(world, member_subject(member.programme, member.number), STATE)
    temporary = standing.MemberState.TEMPORARY.value
    if standing.word_on(told, day) == temporary == standing.last_word(told):
        return min(status, programme.members.temporary, key=_WORTH.index)
    return status


_WORTH: tuple[Credit, ...] = ("none", "pending", "posted")
