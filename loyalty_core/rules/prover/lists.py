"""Lists of rules of which one decides: two that decide alike, some that never do, and cases that none takes.

A rule decides where it holds and nothing before it does: of a higher priority, or of the same and earlier in the list.
Two of the same priority that hold together leave it to their order, which nobody meant: that is an overlap.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .boxes import EVERYTHING, Box, Region, TooManyBoxes, meet, met, minus
from .cases import Cases, Given, Undecided
from .derivation import Derived
from .places import TooManyKinds
from .texts import TooManyStates

GAPS_TOLD = 10
"""Boxes of cases that no row of one chart takes; more of them are not looked for."""

Kind = Literal["overlap", "gap", "never", "unreachable", "undecided"]


@dataclass(frozen=True, slots=True)
class Rule:
    """``said``: what it says, where two that say the same are no overlap; ``cell``: the column of a row of several."""

    region: Region
    rule: str
    name: str
    priority: int = 0
    said: object = None
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """``rules``: the places it is about, as ``demo.yaml:41``; ``case``: one such case, as ``given`` of an example."""

    kind: Kind
    rules: tuple[str, ...]
    text: str
    case: Given | None = None
    is_fault: bool = False
    """Does it leave a case with no result or with two, or may it? What is merely useless doesn't."""


@dataclass(frozen=True, slots=True)
class World:
    """Where the rules of a version are asked: what it derives, and the cases there can be (``domain``)."""

    derived: Derived
    cases: Cases
    domain: Region

    def case_of(self, region: Region) -> Given | None:
        """A real case of a region, None where there is none. Raises Undecided, TooManyBoxes, TooManyStates."""
        undecided: Undecided | None = None
        for box in region:
            for told in self.derived.undone((box,)):
                for part in self.domain:
                    both = met(told, part)
                    if both is None:
                        continue
                    try:
                        given = self.cases.one(both)
                    except Undecided as error:
                        undecided = error
                        continue
                    if given is not None:
                        return given
        if undecided is not None:
            raise undecided
        return None


UNDECIDED = "whether it does can't be decided: "
LIMITS = (Undecided, TooManyBoxes, TooManyKinds, TooManyStates)


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """As they are tried at work."""
    return sorted(rules, key=lambda rule: -rule.priority)


def overlaps(world: World, what: str, rules: Sequence[Rule], within: Region) -> Iterator[Finding]:
    """Pairs of one priority that hold together somewhere ``within``, where nothing of a higher priority does."""
    for number, one in enumerate(rules):
        for other in rules[number + 1 :]:
            if one.priority != other.priority or (one.said is not None and one.said == other.said):
                continue
            places = (one.rule, other.rule)
            both = f"{what} {one.name}{one.cell} and {other.name}{other.cell}"
            try:
                common = meet(one.region, other.region)
                if not common:
                    continue
                common = meet(common, within)
                for higher in rules:
                    if higher.priority > one.priority:
                        common = minus(common, higher.region)
                case = world.case_of(common)
            except LIMITS as error:
                text = f"{both}: whether they take one case can't be decided: {error}"
                yield Finding("undecided", places, text, is_fault=True)
                continue
            if case is not None:
                text = f"{both} take one case: priority doesn't say which decides"
                yield Finding("overlap", places, text, case, is_fault=True)


def deciding(
    world: World, rules: Sequence[Rule], within: Region, chart: Region = EVERYTHING
) -> Iterator[tuple[Rule, str | None]]:
    """Each rule, with None where it decides some case, or why it never does. ``chart``: where its chart holds, of
    which ``within`` is what is left to it."""
    taken: list[Rule] = []
    for rule in in_order(rules):
        yield rule, _why_never(world, rule, taken, within, chart)
        taken.append(rule)


def _why_never(world: World, rule: Rule, taken: Sequence[Rule], within: Region, chart: Region) -> str | None:
    try:
        own = meet(rule.region, within)
        left = own
        for before in taken:
            left = minus(left, before.region)
        if world.case_of(left) is not None:
            return None
        if world.case_of(rule.region) is None:
            return "no case meets its conditions"
        if world.case_of(meet(rule.region, chart)) is None:
            return "the conditions of its chart exclude all its cases"
        if world.case_of(own) is None:
            return "other charts or not_earning take all its cases"
        hiding = [before.rule for before in taken if world.case_of(meet(own, before.region)) is not None]
    except LIMITS as error:
        return f"{UNDECIDED}{error}"
    return f"all its cases are taken by {', '.join(hiding)}"


def gaps(world: World, rules: Sequence[Rule], within: Region) -> Iterator[tuple[Box, Given]]:
    """Boxes of cases ``within`` that no rule takes, at most GAPS_TOLD, each with one of its cases. Raises LIMITS."""
    left = within
    for rule in rules:
        left = minus(left, rule.region)
    told = 0
    for box in left:
        case = world.case_of((box,))
        if case is not None:
            yield box, case
            told += 1
            if told == GAPS_TOLD:
                return
