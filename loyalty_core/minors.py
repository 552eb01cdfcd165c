"""Age, and what it allows: earning from a programme's least age on, spending as an adult or with a guardian."""

from datetime import date

from . import standing
from .entities import Card, Member
from .membership import STATE, member_subject, told_of
from .outcomes import Reason
from .programme import Programme
from .relations import Relation, related
from .world import World


def age_on(birth_date: str, day: str) -> int | None:
    """Full years on a day (both ISO dates), None where the birth date isn't known. Who was born on 29 February is a
    year older from 1 March on where the year has no such day."""
    if not birth_date:
        return None
    born, then = date.fromisoformat(birth_date), date.fromisoformat(day)
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def is_too_young(programme: Programme, member: Member, day: str) -> bool:
    """Was the member too young to earn on the date of a flight? Nobody is whose birth date isn't known."""
    age = age_on(member.birth_date, day)
    return age is not None and age < programme.members.minimum_age


def spending_refusal(world: World, programme: Programme, card: Card, day: str) -> Reason:
    """Why the holder of this card may not spend miles on a day (ISO date), NONE if so. A child card spends nothing
    where its flights are its parent's: the parent does."""
    member = world.holder(card)
    subject = member_subject(member.programme, member.number)
    if not standing.may_redeem(card.state, standing.member_now(told_of(world, subject, STATE))):
        return standing.check_refusal(card.state, member.state) or Reason.CARD_BLOCKED
    if programme.members.children == "parent" and related(world, subject, Relation.PARENT, day):
        return Reason.CARD_BLOCKED
    age = age_on(member.birth_date, day)
    if (
        age is not None
        and age < programme.members.adult_age
        and not related(world, subject, Relation.GUARDIAN, day)
    ):
        return Reason.GUARDIAN_MISSING
    return Reason.NONE
