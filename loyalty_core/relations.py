"""How members belong together: one merged into another, a child card's account, guardians, companies, one person in
several programmes.

A relation is a word of a member (``membership``), said like a state: the word is the other member's subject, "" where
the relation is ended. Nothing is moved when a relation begins or ends: what flights earn is worked out anew from the
evidence, and the ledger gets the difference. So a merge that is ended leaves the books as if it had never been.
"""

from collections.abc import Iterable
from enum import StrEnum

from . import standing
from .entities import Member
from .given_tiers import GIVEN_TIER, given_facts
from .membership import member_subject, renew, told_of
from .rules.tiers.spells import Given
from .world import World


class Relation(StrEnum):
    """Aspects of members (``COMPANY`` of cards, too)."""

    MERGED_INTO = "merged_into"
    """The same person enrolled twice: the other number survives, this one stays an alias of it for ever."""
    PARENT = "parent"
    """This member's cards are child cards of the other's."""
    GUARDIAN = "guardian"
    """Answers for this member while a minor."""
    COMPANY = "company"
    """Travels for the other, which gets its share."""
    PERSON = "person"
    """The word is ``person/KEY``: members of several programmes with one key are one person."""


NAMING = frozenset({Relation.MERGED_INTO, Relation.PARENT, Relation.GUARDIAN, Relation.COMPANY})
"""Aspects whose words are subjects of other members."""

DATED = frozenset({Relation.PARENT, Relation.GUARDIAN, Relation.COMPANY})
"""Relations that begin on a day; the others hold for all days."""


def person_word(key: str) -> str:
    return f"person/{key}" if key else ""


def member_of(world: World, subject: str) -> Member | None:
    """The member of this subject, not followed to a survivor; None where not known (yet)."""
    programme, _kind, number = subject.split("/")
    member_id = world.member_ids.get((programme, number))
    return world.members.get(member_id) if member_id is not None else None


def related(world: World, subject: str, relation: Relation, day: str = standing.LAST) -> Member | None:
    """The other one of a relation as it stands on a day (ISO date), None where there is none or it isn't known."""
    word = standing.word_on(told_of(world, subject, relation), day)
    other = member_of(world, word) if word else None
    return world.members[world.root(other.id)] if other else None


def _survivor(world: World, subject: str) -> str:
    """The end of the chain of merges. Where merges go round, the one said first is not followed."""
    path = [subject]
    while target := standing.last_word(told_of(world, path[-1], Relation.MERGED_INTO)):
        if member_of(world, target) is None:
            break
        if target in path:
            ring = path[path.index(target) :]
            return min(
                ring, key=lambda each: (max(told_of(world, each, Relation.MERGED_INTO).values()), each)
            )
        path.append(target)
    return path[-1]


def renew_survivors(world: World, subjects: Iterable[str]) -> None:
    """Works out who survives of these members, and marks the rows of those for whom that changes."""
    for subject in sorted(subjects):
        member = member_of(world, subject)
        end = member_of(world, _survivor(world, subject)) if member else None
        if member and end and world.root(member.id) != end.id:
            world.survivors[member.id] = end.id
            world.put_member(member)


def circle(world: World, subjects: Iterable[str]) -> set[str]:
    """These and all whose flights may be credited otherwise if something changes about them: merged ones, both ways,
    children and travellers."""
    merged: dict[str, set[str]] = {}
    dependents: dict[str, set[str]] = {}
    for (subject, aspect), told in world.told.items():
        if aspect in (Relation.MERGED_INTO, Relation.PARENT, Relation.COMPANY):
            for _since, word in told:
                dependents.setdefault(word, set()).add(subject)
                if aspect == Relation.MERGED_INTO:
                    merged.setdefault(subject, set()).add(word)
    found = set(subjects)
    ahead = list(found)
    while ahead:
        one = ahead.pop()
        new = (merged.get(one, set()) | dependents.get(one, set())) - found - {""}
        found |= new
        ahead += new
    return found


def granted_tiers(world: World, member: Member) -> list[str]:
    """The tiers that the member file grants to a member and to those merged into it."""
    return sorted({each.granted_tier for each in _family(world, member) if each.granted_tier})


def given_tiers(world: World, member: Member) -> tuple[Given, ...]:
    """The tiers that staff gave to a member and to those merged into it."""
    subjects = (member_subject(each.programme, each.number) for each in _family(world, member))
    return tuple(given_facts(told for each in subjects if (told := told_of(world, each, GIVEN_TIER))))


def _family(world: World, member: Member) -> Iterable[Member]:
    return (world.members[each] for each in world.family(member.id)) if world.survivors else (member,)


def enrolled_on(world: World, member: Member) -> str:
    """The first day on which a member, or one merged into it, enrolled (ISO text), "" where no day was told."""
    days = (world.members[each].enrolled_on for each in world.family(member.id))
    return min((day for day in days if day), default="")


def touch(world: World, subjects: Iterable[str]) -> set[str]:
    """Brings the rows of members and cards up to what is said of them; returns all whom that may concern."""
    renew(world, subjects)
    found = circle(world, subjects)
    renew_survivors(world, (each for each in found if "/member/" in each))
    return found


def affected(world: World, subjects: Iterable[str]) -> set[int]:
    """The carriages that have to be settled again after something was said of these members and cards: all on which a
    card was named of theirs, or of somebody whom it concerns."""
    numbers: set[str] = set()
    for subject in circle(world, subjects):
        programme, kind, number = subject.split("/")
        if kind == "card":
            card = world.cards.get((programme, number))
            member_id = card.member_id if card else None
            numbers.add(number)
        else:
            member_id = world.member_ids.get((programme, number))
        if member_id is not None:
            numbers |= world.cards_by_member.get(member_id, set())
    return {carriage_id for number in numbers for carriage_id in world.claims.get(number, ())}
