"""Which flights members may claim: what a programme says by ``retro``.

What is the same for all members is judged when a claim is received, and one that fails leaves nothing behind. What
hangs on the day of enrolment is judged whenever the flight is settled, for that day may be told before the claim or
after it: such a claim is evidence like any other, but it doesn't name the card of somebody who was no member yet.
"""

from collections.abc import Collection
from datetime import date

from .entities import Member
from .evidence import Evidence
from .keys import ascii_key
from .outcomes import Reason
from .programme import Programme
from .relations import enrolled_on
from .states import CLAIM
from .transactions import CardClaim
from .world import World

_REASONS = {
    "": Reason.NONE,
    "too_late": Reason.CLAIMED_TOO_LATE,
    "too_early": Reason.CLAIMED_TOO_EARLY,
    "before_enrolment": Reason.BEFORE_ENROLMENT,
}
"""What ``rules.grants.Retro`` says -> what hosts are told."""


def untimely(programme: Programme, flown_on: date, claimed_on: date) -> Reason:
    """Why a flight of this day can't be claimed by anybody on that day, NONE if it can."""
    retro = programme.version_on(flown_on).allowances.retro
    return _REASONS[retro.untimely(flown_on, claimed_on)] if retro else Reason.NONE


def unenrolled(world: World, programme: Programme, member: Member, piece: Evidence) -> Reason:
    """Why a claim (``piece``) is worth nothing by when the member enrolled, NONE if it counts. One whose day is not
    known was made in time: on the day of enrolment."""
    flown_on = date.fromisoformat(piece.departure_key.split("/")[2])
    retro = programme.version_on(flown_on).allowances.retro
    since = enrolled_on(world, member)
    if retro is None or not since:
        return Reason.NONE
    return _REASONS[
        retro.unenrolled(flown_on, date.fromisoformat(piece.event_at or since), date.fromisoformat(since))
    ]


def admitted(
    world: World, programme: Programme, member: Member, card: CardClaim, pieces: Collection[Evidence]
) -> tuple[Collection[Evidence], Reason]:
    """The pieces without claims with this card (it is the member's) that are worth nothing, and why they are, where
    nothing else names it."""
    number = ascii_key(card.number)
    kept, reason = [], Reason.NONE
    for piece in pieces:
        named = piece.kind == CLAIM and any(ascii_key(each.number) == number for each in piece.cards)
        refusal = unenrolled(world, programme, member, piece) if named else Reason.NONE
        if refusal:
            reason = max(reason, refusal)
        else:
            kept.append(piece)
    return kept, Reason.NONE if any(card in piece.cards for piece in kept) else reason
