"""Proves of a programme that every case has exactly one result, and says of every case or rule for which that isn't so.

Conditions are sets of values by attribute; so what two rules have in common, what a rule hides of another and what no
row takes are boxes that can be calculated, and empty or not. Nothing is tried out: a programme without findings has
none for any flight, class, fare basis, member or date. What can't be decided within named bounds is said to be
undecided.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .boxes import EVERYTHING, Region, meet, minus
from .lists import LIMITS, UNDECIDED, Finding, Rule, World, deciding, gaps, in_order, overlaps
from .tiers import unreachable
from .version import CHART_LISTS, ChartRules, VersionRules, read_versions
from .words import box_in_words

__all__ = ["Finding", "Proof", "prove"]


@dataclass(frozen=True, slots=True)
class Proof:
    """``findings`` by place; ``questions``: rules that were looked at, in all versions."""

    findings: tuple[Finding, ...]
    versions: int
    questions: int

    @property
    def holds(self) -> bool:
        """Has every case exactly one result?"""
        return not any(finding.is_fault for finding in self.findings)


def prove(text: str, file: str) -> Proof:
    """The proof of a definition that can be loaded. Raises InputError for one that can't."""
    versions = read_versions(text, file)
    prover = _Prover()
    for version in versions:
        if isinstance(version, Finding):
            prover.found["undecided", *version.rules] = version
        else:
            prover.version(version)
    findings = [*prover.found.values(), *prover.never()]
    findings.sort(key=lambda finding: [_line(rule) for rule in finding.rules])
    return Proof(tuple(findings), len(versions), len(prover.rules))


def _line(rule: str) -> tuple[str, int]:
    file, _, line = rule.rpartition(":")
    return file, int(line)


class _Prover:
    def __init__(self) -> None:
        self.found: dict[tuple[Any, ...], Finding] = {}
        self.rules: dict[tuple[str, str], str | None] = {}
        """Kind and place of every rule → None where it decides something in a version, or why it never does."""

    def version(self, version: VersionRules) -> None:
        world = version.world
        try:
            chosen = world.case_of(EVERYTHING) is not None
        except LIMITS:
            chosen = True
        if not chosen:
            self._note("version", version.rule, "later versions take all its days")
            return
        self._note("version", version.rule, None)
        for kind, rules in version.lists:
            self._list(world, kind, rules, EVERYTHING)
        earning = self._exclusions(world, version)
        self._list(world, CHART_LISTS, [chart.rule for chart in version.charts], earning)
        for chart in version.charts:
            self._chart(version, chart, earning)
        for kind, single in version.singles:
            self._single(world, kind, single)
        for finding in unreachable(version.tiers):
            self.found.setdefault(("unreachable", *finding.rules), finding)

    def _list(
        self, world: World, kind: str, rules: Sequence[Rule], within: Region, chart: Region = EVERYTHING
    ) -> None:
        for finding in overlaps(world, kind, rules, within):
            self.found.setdefault((finding.kind, *finding.rules), finding)
        for rule, why in deciding(world, rules, within, chart):
            self._note(f"{kind} {rule.name}", rule.rule, why)

    def _exclusions(self, world: World, version: VersionRules) -> Region:
        """What earns; exclusions may overlap, for they all say the same."""
        for rule, why in deciding(world, version.exclusions, EVERYTHING):
            self._note(f"not_earning {rule.name}", rule.rule, why)
        return self._less(EVERYTHING, version.exclusions, "not_earning")

    def _less(self, region: Region, rules: Sequence[Rule], what: str) -> Region:
        try:
            for rule in rules:
                region = minus(region, rule.region)
        except LIMITS as error:
            places = tuple(rule.rule for rule in rules)
            text = f"{what}: what they leave can't be decided: {error}"
            self.found.setdefault(
                ("undecided", *places), Finding("undecided", places[:1], text, is_fault=True)
            )
        return region

    def _chart(self, version: VersionRules, chart: ChartRules, earning: Region) -> None:
        before = []
        for other in in_order([each.rule for each in version.charts]):
            if other is chart.rule:
                break
            before.append(other)
        within = self._less(meet(chart.rule.region, earning), before, "charts")
        self._list(version.world, f"row of chart {chart.rule.name}:", chart.rows, within, chart.rule.region)
        if chart.otherwise is not None:
            return
        key = ("gap", chart.rule.rule)
        if key in self.found:
            return
        known = chart.rule.region[0] if chart.rule.region else {}
        spoken_of = {attribute for row in chart.rows for one in row.region for attribute in one}
        try:
            for number, (box, case) in enumerate(gaps(version.world, chart.rows, within)):
                what = box_in_words(box, known, version.domain, spoken_of)
                text = f"chart {chart.rule.name}: no row takes {what or 'this case'}, and it has no otherwise"
                finding = Finding("gap", (chart.rule.rule,), text, case, is_fault=True)
                self.found[(*key, number) if number else key] = finding
        except LIMITS as error:
            text = f"chart {chart.rule.name}: whether its rows take every case can't be decided: {error}"
            self.found[key] = Finding("undecided", (chart.rule.rule,), text, is_fault=True)

    def _single(self, world: World, kind: str, rule: Rule) -> None:
        """A rule that stands alone needs only a case in which it holds."""
        try:
            why = None if world.case_of(rule.region) is not None else "no case meets its conditions"
        except LIMITS as error:
            why = f"{UNDECIDED}{error}"
        self._note(f"{kind} {rule.name}", rule.rule, why)

    def _note(self, what: str, rule: str, why: str | None) -> None:
        """A rule that stands in several versions needs to decide something in one of them only; the cells of a row are
        one rule."""
        key = (what, rule)
        if self.rules.get(key, why) is not None or key not in self.rules:
            self.rules[key] = why

    def never(self) -> Iterator[Finding]:
        for (what, rule), why in self.rules.items():
            if why is not None and why.startswith(UNDECIDED):
                yield Finding("undecided", (rule,), f"{what} may never decide anything: {why}")
            elif why is not None:
                yield Finding("never", (rule,), f"{what} never decides anything: {why}")
