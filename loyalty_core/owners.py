"""What rules ask of the owner of an account besides his tier: age, country of residence, target groups. By day: what he
earned while he was in a group stays his when he leaves it.

Residence and groups are told by member files, each from its own day on (``standing.spans``). What was told first counts
for the days before it as well: a flight may come long before the file that says where its member lives.
"""

from dataclasses import dataclass
from datetime import date

from .rules.facts import Standing
from .standing import Told, spans

RESIDENCE = "residence"
"""Aspect of members: the word is a country, "" for none known any more."""

GROUPS = "groups"
"""Aspect of members: the word is the names of target groups, sorted, with blanks between them; "" for none."""

Spans = tuple[tuple[str, str], ...]
"""(from this day on, word) in order of days; ISO dates."""


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """All of it over time. What was told first has no day of beginning."""

    born: date | None = None
    residence: Spans = ()
    groups: Spans = ()

    def on(self, day: date, tier: str = "") -> Standing:
        """How he stands on a day, with a tier."""
        text = day.isoformat()
        groups = frozenset(_word_on(self.groups, text).split())
        return Standing(tier, _word_on(self.residence, text), self.born, groups)

    @property
    def changes(self) -> set[date]:
        """The days on which residence or groups become others."""
        return {
            date.fromisoformat(since) for each in (self.residence, self.groups) for since, _word in each[1:]
        }


def owner_facts(birth_date: str, residence: Told, groups: Told) -> OwnerFacts:
    """``birth_date``: ISO text, "" unknown."""
    return OwnerFacts(born_on(birth_date), _over_time(residence), _over_time(groups))


def born_on(birth_date: str) -> date | None:
    return date.fromisoformat(birth_date) if birth_date else None


def _over_time(told: Told) -> Spans:
    found = spans(told)
    return (("", found[0][1]), *found[1:]) if found else ()


def _word_on(found: Spans, day: str) -> str:
    return next((word for since, word in reversed(found) if since <= day), "")
