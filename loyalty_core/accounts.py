"""The chart of accounts: every account there is, what it holds and on which side of zero it may stand.

A balance is what came in less what went out. Members' accounts hold what is theirs, so they are never below zero; only
what a member owes is. The programme's accounts are the other side: all accounts together hold nothing, per unit.

=================================  =========  =====  ================================================================
account                            unit       side   holds
=================================  =========  =====  ================================================================
``member:P:N:award``               award      >= 0   miles to spend; the open lots of the member, mile for mile
``member:P:N:pending``             award      >= 0   miles expected of a flight, not the member's yet
``member:P:N:held``                award      >= 0   miles set aside by a hold until it is captured or released
``member:P:N:deficit``             award      <= 0   what was taken back after it had been spent; credits absorb it
``member:P:N:qualifying``          qualifying >= 0   miles that count for a tier
``member:P:N:segments``            segments   >= 0   flights that count for a tier
``programme:P:issue``              any        any    the source of what the programme gives, less what it took back
``programme:P:partner/CODE``       award      any    the source of what a partner pays for
``programme:P:redeemed``           award      >= 0   miles that were spent
``programme:P:expired``            award      >= 0   miles that nobody spent in time
``programme:P:suspense``           award      any    miles whose owner is not decided
=================================  =========  =====  ================================================================

P is a programme's name, N a member's number (``pool/KEY`` for a family pool, which is a member without card or name).
"""

from dataclasses import dataclass
from typing import Literal

AWARD = "award"
QUALIFYING = "qualifying"
SEGMENTS = "segments"

PENDING = "pending"
HELD = "held"
DEFICIT = "deficit"

Side = Literal["not negative", "not positive", "any"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A line of the chart: the units that may be in such an account, and its side of zero."""

    units: tuple[str, ...]
    side: Side


MEMBERS = {
    AWARD: Kind((AWARD,), "not negative"),
    PENDING: Kind((AWARD,), "not negative"),
    HELD: Kind((AWARD,), "not negative"),
    DEFICIT: Kind((AWARD,), "not positive"),
    QUALIFYING: Kind((QUALIFYING,), "not negative"),
    SEGMENTS: Kind((SEGMENTS,), "not negative"),
}
PROGRAMMES = {
    "issue": Kind((AWARD, QUALIFYING, SEGMENTS), "any"),
    "partner": Kind((AWARD,), "any"),
    "redeemed": Kind((AWARD,), "not negative"),
    "expired": Kind((AWARD,), "not negative"),
    "suspense": Kind((AWARD,), "any"),
}


def member_account(programme: str, number: str, purpose: str) -> str:
    """``purpose`` is one of ``MEMBERS``."""
    return f"member:{programme}:{number}:{purpose}"


def issue_account(programme: str) -> str:
    """The programme's side of everything it gives."""
    return f"programme:{programme}:issue"


def partner_account(programme: str, code: str) -> str:
    """The side of what a partner pays for."""
    return f"programme:{programme}:partner/{code}"


def redeemed_account(programme: str) -> str:
    return f"programme:{programme}:redeemed"


def expired_account(programme: str) -> str:
    return f"programme:{programme}:expired"


def kind_of(account: str) -> Kind | None:
    """The line of the chart for an account, None where it has none."""
    match account.split(":"):
        case ["member", programme, number, purpose] if programme and number:
            return MEMBERS.get(purpose)
        case ["programme", programme, purpose] if programme:
            name, slash, code = purpose.partition("/")
            return PROGRAMMES.get(name) if (name == "partner") == bool(slash and code) else None
    return None


def complaint(account: str, unit: str, amount: int) -> str:
    """What is wrong with this balance by the chart, "" where nothing is."""
    kind = kind_of(account)
    if kind is None:
        return "is no account of the chart"
    if unit not in kind.units:
        return f"can't hold {unit}"
    wrong_side = (kind.side == "not negative" and amount < 0) or (kind.side == "not positive" and amount > 0)
    return f"holds {amount} {unit}" if wrong_side else ""
