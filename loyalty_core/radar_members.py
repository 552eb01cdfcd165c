"""Who flew without a credit and probably is a member, and what points to that.

Nothing is credited by this: names are compared by ``loyalty_core.names``, and what they are worth is said with its
reason, for people to decide.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from . import names
from .keys import ascii_key
from .outcomes import Reason
from .programme import Programme
from .radar import FLEW, Seen
from .transactions import Name

NEAR_DIGITS_MIN = 6
"""A shorter number has too many neighbours for one of them to mean anything."""
SUGGESTIONS_MAX = 3


@dataclass(slots=True)
class Wanted:
    """What to look members up by, for a number of people."""

    names: set[Name] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    locators: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member as the radar sees it: all spellings of the name."""

    id: int
    programme: str
    number: str
    names: tuple[Name, ...]
    state: str


@dataclass(slots=True)
class Candidates:
    """Members found. ``cards``: (programme, number) -> (member id, state); ``card_numbers``: member id -> [(not active,
    number)]; ``by_ticket``: member id -> coupons credited to the member; ``by_locator``: member id -> {(locator,
    departure)} under which the member's own card was named; ``by_name``: ``names.name_key`` -> member ids."""

    members: dict[int, Candidate] = field(default_factory=dict)
    cards: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    card_numbers: dict[int, list[tuple[bool, str]]] = field(default_factory=dict)
    by_ticket: dict[int, set[str]] = field(default_factory=dict)
    by_locator: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    by_name: dict[str, set[int]] = field(default_factory=dict)


class Likelihood(StrEnum):
    """PROBABLE: name and something else point to the member. POSSIBLE: the full name alone, and one member has it."""

    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A member who may be the person; ``card`` is the member's card to credit, ``why`` is for people."""

    likelihood: Likelihood
    programme: str
    member: str
    card: str
    why: tuple[str, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Missed:
    """A person without a credit; ``why`` says what stands in the way, "no_card" where no list has one of ours."""

    person: Seen
    why: str
    suggestions: tuple[Suggestion, ...]


def to_look_at(people: Iterable[Seen]) -> list[Seen]:
    """Those who flew (or wait in suspense) and are not credited, though they may earn."""
    return [
        seen
        for seen in people
        if seen.credit == "suspense"
        or (
            seen.state in FLEW
            and seen.credit in ("none", "refused")
            and not seen.staff
            and seen.reason not in (Reason.NOT_EARNING, Reason.COUPON_CREDITED_ELSEWHERE)
        )
    ]


def wanted_for(people: Iterable[Seen], programmes: Mapping[str, Programme]) -> Wanted:
    wanted = Wanted()
    for seen in people:
        wanted.names.update(seen.names)
        wanted.tickets |= {seen.ticket} - {""}
        wanted.locators |= seen.locators
        for claim in seen.cards:
            if _served(claim.airline, programmes):
                number = ascii_key(claim.number)
                wanted.numbers |= {number} | dict(near_numbers(number)).keys()
    return wanted


def missed(
    people: Iterable[Seen], candidates: Candidates, programmes: Mapping[str, Programme]
) -> Iterator[Missed]:
    """Of people without a credit those who have a card of ours, or who may be members."""
    for seen in to_look_at(people):
        ours = [claim for claim in seen.cards if _served(claim.airline, programmes)]
        if seen.cards and not ours:
            continue  # credits go to another airline's programme, as the passenger wished
        suggestions = tuple(_suggestions(seen, candidates, programmes))
        if ours or suggestions or seen.credit == "suspense":
            yield Missed(seen, seen.reason or ("" if ours else "no_card"), suggestions)


def _served(airline: str, programmes: Mapping[str, Programme]) -> str:
    return next((name for name in sorted(programmes) if airline in programmes[name].carriers), "")


def _suggestions(seen: Seen, candidates: Candidates, programmes: Mapping[str, Programme]) -> list[Suggestion]:
    reasons: dict[int, list[str]] = {}
    cards: dict[int, str] = {}
    for claim in seen.cards:
        programme = _served(claim.airline, programmes)
        number = ascii_key(claim.number)
        known = candidates.cards.get((programme, number))
        if known is not None:
            member_id, state = known
            told = "is the member's" if state == "active" else f"is the member's, and {state}"
            reasons.setdefault(member_id, []).append(f"card {number} {told}")
            cards.setdefault(member_id, number)
        for near, how in near_numbers(number) if known is None and programme else ():
            found = candidates.cards.get((programme, near))
            if found is not None:
                reasons.setdefault(found[0], []).append(f"card {number} is unknown; {near} {how}")
                cards.setdefault(found[0], near)
    for member_id, coupons in candidates.by_ticket.items():
        own = sorted(one for one in coupons if seen.ticket and one.startswith(f"{seen.ticket}/"))
        if own:
            reasons.setdefault(member_id, []).append(f"coupon {', '.join(own)} was credited to the member")
    for member_id, bookings in candidates.by_locator.items():
        for locator, departure in sorted(bookings):
            if locator in seen.locators and departure != seen.departure_key:
                reasons.setdefault(member_id, []).append(
                    f"booking {locator} has the member's card on {departure}"
                )
    found_members = []
    named = {each for name in seen.names for each in candidates.by_name.get(names.name_key(name), ())}
    for member in (candidates.members[each] for each in sorted(named | reasons.keys())):
        match = max(
            (names.match(name, member.names) for name in seen.names),
            key=lambda each: (each.grade, each.score),
            default=None,
        )
        if match is not None and match.grade > names.Grade.REJECT:
            found_members.append((member, match))
    alone = sum(1 for _member, match in found_members if match.grade >= names.Grade.EQUIVALENT) == 1
    suggestions = []
    for member, match in found_members:
        why = reasons.get(member.id, [])
        if not why and not (alone and match.grade >= names.Grade.EQUIVALENT):
            continue
        owned = sorted(candidates.card_numbers.get(member.id, ()))
        suggestions.append(
            Suggestion(
                Likelihood.PROBABLE if why else Likelihood.POSSIBLE,
                member.programme,
                member.number,
                cards.get(member.id) or (owned[0][1] if owned else ""),
                (f"name {match.grade.name.lower()}{match.reason and ': ' + match.reason}", *why),
                match.score + len(why),
            )
        )
    suggestions.sort(key=lambda one: (-one.score, one.programme, one.member))
    return suggestions[:SUGGESTIONS_MAX]


def near_numbers(number: str) -> Iterator[tuple[str, str]]:
    """(number, how it differs) of all card numbers one slip away: a digit wrong, two neighbours swapped."""
    if len(number) < NEAR_DIGITS_MIN or not number.isdigit():
        return
    for place, digit in enumerate(number):
        for other in "0123456789":
            if other != digit:
                yield number[:place] + other + number[place + 1 :], "is one digit off"
        if place + 1 < len(number) and digit != number[place + 1]:
            swapped = number[:place] + number[place + 1] + digit + number[place + 2 :]
            yield swapped, "has two digits swapped"
