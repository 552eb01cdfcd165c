"""States of members and cards over time, and what each state lets them do.

Whoever speaks about a member or card says "from this day on it is so", at an instant of saying. What was said later
paints over what was said before, from its own day on; so the history is a function of the set of what was said, and
arrival plays no part. Of words said at one instant the one with the later day counts, then the stricter.

What the states let a member do is told by two tables. Earning is judged on the day of the flight:

* an *earning* day earns, even if the member or card has ended since (unless the programme says otherwise);
* a *withheld* day earns once a later state earns again (unless the programme says that it is lost);
* an *ended* day earns nothing.

Checks and redemptions are judged by what stands now, the last state: nothing is said in advance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .outcomes import Reason
from .rules.organisation import MemberRules


class MemberKind(StrEnum):
    """Whether a member flies, or has others fly and gets a share."""

    PERSON = "person"
    COMPANY = "company"


class MemberState(StrEnum):
    """Life of a member."""

    ACTIVE = "active"
    TEMPORARY = "temporary"
    """Enrolled with a number of short life until the data are complete."""
    BLOCKED = "blocked"
    CLOSED = "closed"
    DIED = "died"


class CardState(StrEnum):
    """Life of a card."""

    ACTIVE = "active"
    ISSUED = "issued"
    """Made and sent, not yet in the holder's hands."""
    EXPIRED = "expired"
    """The plastic is out of date; its number is still the member's."""
    REPLACED = "replaced"
    LOST = "lost"
    STOLEN = "stolen"
    BLOCKED = "blocked"
    CLOSED = "closed"


class Earning(StrEnum):
    """What a flight on a day of this state earns."""

    YES = "yes"
    WITHHELD = "withheld"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ability:
    """What a state lets a member or card do: ``earns`` on the day of a flight; ``refusal`` of a card check, NONE when
    it is good; may miles be spent (``redeems``)."""

    earns: Earning
    refusal: Reason = Reason.NONE
    redeems: bool = False


MEMBERS: Mapping[MemberState, Ability] = {
    MemberState.ACTIVE: Ability(Earning.YES, redeems=True),
    MemberState.TEMPORARY: Ability(Earning.YES),
    MemberState.BLOCKED: Ability(Earning.WITHHELD, Reason.CARD_BLOCKED),
    MemberState.CLOSED: Ability(Earning.ENDED, Reason.CARD_CLOSED),
    MemberState.DIED: Ability(Earning.ENDED, Reason.CARD_CLOSED),
}

CARDS: Mapping[CardState, Ability] = {
    CardState.ACTIVE: Ability(Earning.YES, redeems=True),
    CardState.ISSUED: Ability(Earning.YES),
    CardState.EXPIRED: Ability(Earning.YES, Reason.CARD_CLOSED),
    # Without a successor these wait for it; with one its own state counts instead.
    CardState.REPLACED: Ability(Earning.WITHHELD, Reason.CARD_BLOCKED),
    CardState.LOST: Ability(Earning.WITHHELD, Reason.CARD_BLOCKED),
    CardState.STOLEN: Ability(Earning.WITHHELD, Reason.CARD_BLOCKED),
    CardState.BLOCKED: Ability(Earning.WITHHELD, Reason.CARD_BLOCKED),
    CardState.CLOSED: Ability(Earning.ENDED, Reason.CARD_CLOSED),
}

SUCCEEDED = frozenset(
    {CardState.REPLACED, CardState.LOST, CardState.STOLEN, CardState.EXPIRED, CardState.CLOSED}
)
"""States in which another card may have taken this one's place."""

OUT_OF_DATE = frozenset({CardState.REPLACED, CardState.EXPIRED})
"""Those of them in which the old number still lets its holder dispose of miles. One that was lost, stolen or closed
lets nobody, though another card has taken its place: who knows in whose hands it is."""

_STRICTER_LAST = (MemberState.ACTIVE, MemberState.TEMPORARY, *list(CardState)[1:], MemberState.DIED)
_RANKS = {word.value: rank for rank, word in enumerate(_STRICTER_LAST)}

LAST = "9999-12-31"
"""A day after all others."""

Told = Mapping[tuple[str, str], str]
"""What was said of one thing: (from this day on, word) -> when it was last said. Days are ISO dates, "" for always;
the instants are texts of ``keys.order_of``. A card's word may be followed by a blank and its successor's number."""


def _strength(item: tuple[tuple[str, str], str]) -> tuple[str, str, int, str]:
    (since, word), said_at = item
    return (said_at, since, _RANKS.get(word.partition(" ")[0], 0), word)


def spans(told: Told) -> list[tuple[str, str]]:
    """(from this day on, word) in order of days: what all that was said comes to. What only says the same again from a
    later day on begins nothing."""
    found: list[tuple[str, str]] = []
    for (since, word), _said_at in sorted(told.items(), key=_strength):
        while found and found[-1][0] >= since:
            found.pop()
        if not found or found[-1][1] != word:
            found.append((since, word))
    return found


def last_word(told: Told) -> str:
    """What stands now, "" where nothing was said."""
    found = spans(told)
    return found[-1][1] if found else ""


def word_on(told: Told, day: str) -> str:
    """What stood on a day (ISO date), "" where nothing was said of it."""
    return next((word for since, word in reversed(spans(told)) if since <= day), "")


def card_now(told: Told) -> tuple[CardState, str]:
    """The card's state and its successor's number ("" none).

    A successor once named stays, however often the old card's state is named again without one, until the card is in
    use again: hosts send the old number for years.
    """
    word, _blank, successor = last_word(told).partition(" ")
    state = CardState(word or CardState.ACTIVE)
    if state not in SUCCEEDED or successor:
        return state, successor if state in SUCCEEDED else ""
    for (_since, said), _said_at in sorted(told.items(), key=_strength, reverse=True):
        word, _blank, successor = said.partition(" ")
        if successor or CardState(word) not in SUCCEEDED:
            return state, successor
    return state, ""


def member_now(told: Told) -> MemberState:
    return MemberState(last_word(told) or MemberState.ACTIVE)


def check_refusal(card: str, member: str) -> Reason:
    """Why a card check is refused for a card and member in these states, NONE if it is good. That one of them has
    ended says more than that the other is blocked."""
    reasons = (MEMBERS[MemberState(member)].refusal, CARDS[CardState(card)].refusal)
    return Reason.CARD_CLOSED if Reason.CARD_CLOSED in reasons else max(reasons)


def may_redeem(card: str, member: str) -> bool:
    """May miles be spent with a card and by a member in these states?"""
    return CARDS[CardState(card)].redeems and MEMBERS[MemberState(member)].redeems


def _refusal(days: Sequence[tuple[str, Ability, bool]], day: str, rules: MemberRules) -> Reason:
    """``days``: (since, ability, may its end take earlier flights away) in order of days."""
    on, later = Ability(Earning.YES), []
    for since, ability, takes in days:
        if since <= day:
            on = ability
        else:
            later.append((ability, takes))
    if on.earns is Earning.ENDED:
        return on.refusal
    if later and later[-1][1]:
        return later[-1][0].refusal
    if on.earns is Earning.WITHHELD and not (
        rules.while_blocked == "released" and any(ability.earns is Earning.YES for ability, _takes in later)
    ):
        return on.refusal
    return Reason.NONE


def card_refusal(told: Told, day: str, rules: MemberRules) -> Reason:
    """Why a flight on this day (ISO date) earns nothing with this card, NONE if it does."""
    days = [(since, CARDS[CardState(word.partition(" ")[0])], False) for since, word in spans(told)]
    return _refusal(days, day, rules)


def member_refusal(told: Told, day: str, rules: MemberRules) -> Reason:
    """Why a flight on this day (ISO date) earns nothing for this member, NONE if it does."""
    takes = {MemberState.CLOSED: rules.before_closing, MemberState.DIED: rules.before_death}
    days = [
        (since, MEMBERS[MemberState(word)], takes.get(MemberState(word)) == "lost")
        for since, word in spans(told)
    ]
    return _refusal(days, day, rules)
