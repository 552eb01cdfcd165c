"""Tiers that staff gave: what was said of them, and the facts of it that a member's tiers hang on.

A given tier is known by its kind, its name and the day on which it begins. Of what was said of one the last word
counts: its end may be moved, and it may be taken back. Different ones stand side by side. So what stands is a function
of the set of what was said, as for all that is told of members (``membership``).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .rules.tiers.spells import Given
from .standing import Told

GIVEN_TIER = "given_tier"
"""Aspect of members: the word is ``GivenTier.word``."""

REASON_CHARACTERS_MAX = 200
"""Of the reason for which a tier is given or taken back."""


class GivenKind(StrEnum):
    """Why somebody has a tier that was not reached by flying."""

    GIFT = "gift"
    MATCH = "match"
    """As good as the tier that another airline gave."""
    PAID = "paid"
    """A tier that would have ended was extended for money: counts only where the programme lets it."""


class GivenState(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    """As if it had never been given."""


@dataclass(frozen=True, slots=True)
class GivenTier:
    """A tier given from the day ``since`` to the day ``until``, both counted; None: without end. ``said_at`` as in
    ``standing.Told``."""

    kind: GivenKind
    tier: str
    since: date
    until: date | None
    reason: str
    withdrawn: bool = False
    said_at: str = ""

    @property
    def word(self) -> str:
        """All but the days ``since`` and ``said_at``, as it is told: ``gift GOLD until 2026-12-31: REASON``."""
        end = f" until {self.until}" if self.until else ""
        end = " withdrawn" if self.withdrawn else end
        return f"{self.kind} {self.tier}{end}: {self.reason}"

    @property
    def fact(self) -> Given:
        return Given(self.tier, self.since, self.until, self.kind.value, self.kind is GivenKind.PAID)


# Names of tiers have no small letters, so what follows them can't be part of one.
_WORD = re.compile(r"([a-z]+) ([^a-z:]+?)(?: until ([0-9-]{10})| (withdrawn))?: (.*)", re.DOTALL)


def _read(since: str, word: str, said_at: str) -> GivenTier:
    found = _WORD.fullmatch(word)
    assert found is not None
    kind, tier, until, withdrawn, reason = found.groups()
    return GivenTier(
        GivenKind(kind),
        tier,
        date.fromisoformat(since),
        date.fromisoformat(until) if until else None,
        reason,
        bool(withdrawn),
        said_at,
    )


def last_words(told: Told) -> list[GivenTier]:
    """What was said last of each given tier, those taken back among them; by day, kind and tier. Of two words of one
    instant the one that gives less counts."""
    last: dict[tuple[date, str, str], GivenTier] = {}
    for (since, word), said_at in told.items():
        one = _read(since, word, said_at)
        slot = (one.since, one.kind.value, one.tier)
        last[slot] = max(last.get(slot, one), one, key=_strength)
    return [one for _slot, one in sorted(last.items(), key=lambda item: item[0])]


def _strength(one: GivenTier) -> tuple[str, bool, int, str]:
    return (one.said_at, one.withdrawn, -(one.until or date.max).toordinal(), one.word)


def given_facts(said: Iterable[Told]) -> Iterator[Given]:
    """What stands of what was said of several members who are one person; each fact once, always in one order."""
    stands = {one.fact for told in said for one in last_words(told) if not one.withdrawn}
    yield from sorted(
        stands, key=lambda one: (one.since or date.min, one.source, one.tier, one.until or date.max)
    )
