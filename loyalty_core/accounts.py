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
``member:P:N:UNIT``                UNIT       >= 0   a counter of the programme: what counts for a tier
``programme:P:issue``              any        any    the source of what the programme gives, less what it took back
``programme:P:partner/CODE``       award      any    the source of what a partner pays for
``programme:P:promotion/NAME``     any        any    the source of what a promotion adds
``programme:P:redeemed``           award      >= 0   miles that were spent
``programme:P:expired``            award      >= 0   miles that nobody spent in time
``programme:P:suspense``           award      any    miles whose owner is not decided
=================================  =========  =====  ================================================================

P is a programme's name, N a member's number (``pool/KEY`` for a family pool, which is a member without card or name).
A programme names its units: ``award`` is always there and the only one that is spent; all others are counters, whose
names are lower case words (``qualifying``, ``segments``, ``xp``) and none of the purposes above.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AWARD = "award"
"""The unit that is spent, and the purpose of the account that holds it."""

PENDING = "pending"
HELD = "held"
DEFICIT = "deficit"

POOL_PREFIX = "pool/"
"""Begins the numbers of family pools. No member file can name such a number."""

Side = Literal["not negative", "not positive", "any"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A line of the chart: the unit that may be in such an account ("" for any unit), and its side of zero."""

    unit: str
    side: Side

    def holds(self, unit: str) -> bool:
        return unit == self.unit if self.unit else is_unit(unit)


MEMBERS = {
    AWARD: Kind(AWARD, "not negative"),
    PENDING: Kind(AWARD, "not negative"),
    HELD: Kind(AWARD, "not negative"),
    DEFICIT: Kind(AWARD, "not positive"),
}
"""Members' accounts by purpose; beside them there is one for every counter."""
PROGRAMMES = {
    "issue": Kind("", "any"),
    "partner": Kind(AWARD, "any"),
    "promotion": Kind("", "any"),
    "redeemed": Kind(AWARD, "not negative"),
    "expired": Kind(AWARD, "not negative"),
    "suspense": Kind(AWARD, "any"),
}

_UNIT = re.compile(r"[a-z][a-z0-9_]{0,39}")


def is_counter(name: str) -> bool:
    """Can a unit besides the award miles have this name? Not one that is another account's."""
    return name not in MEMBERS and _UNIT.fullmatch(name) is not None


def is_unit(name: str) -> bool:
    return name == AWARD or is_counter(name)


def counters_of(amounts: Mapping[str, int]) -> dict[str, int]:
    """Of amounts by unit those of counters, in order of their names, without zeros."""
    return {unit: amounts[unit] for unit in sorted(amounts) if unit != AWARD and amounts[unit]}


def member_account(programme: str, number: str, purpose: str) -> str:
    """``purpose`` is one of ``MEMBERS`` or a counter."""
    return f"member:{programme}:{number}:{purpose}"


def issue_account(programme: str) -> str:
    """The programme's side of everything it gives."""
    return f"programme:{programme}:issue"


def partner_account(programme: str, code: str) -> str:
    """The side of what a partner pays for."""
    return f"programme:{programme}:partner/{code}"


def promotion_account(programme: str, name: str) -> str:
    """The source of what a promotion adds."""
    return f"programme:{programme}:promotion/{name}"


def redeemed_account(programme: str) -> str:
    return f"programme:{programme}:redeemed"


def expired_account(programme: str) -> str:
    return f"programme:{programme}:expired"


def kind_of(account: str) -> Kind | None:
    """The line of the chart for an account, None where it has none."""
    match account.split(":"):
        case ["member", programme, number, purpose] if programme and number:
            return MEMBERS.get(purpose) or (Kind(purpose, "not negative") if is_counter(purpose) else None)
        case ["programme", programme, purpose] if programme:
            name, slash, code = purpose.partition("/")
            named = name in ("partner", "promotion")
            return PROGRAMMES.get(name) if named == bool(slash and code) else None
    return None


def complaint(account: str, unit: str, amount: int) -> str:
    """What is wrong with this balance by the chart, "" where nothing is."""
    kind = kind_of(account)
    if kind is None:
        return "is no account of the chart"
    if not kind.holds(unit):
        return f"can't hold {unit}"
    wrong_side = (kind.side == "not negative" and amount < 0) or (kind.side == "not positive" and amount > 0)
    return f"holds {amount} {unit}" if wrong_side else ""
