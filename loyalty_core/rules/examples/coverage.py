"""Which rules of a programme its examples touch: a rule that no example touches may say anything.

A rule is touched where it did something in an example: a version chosen, an entry or row taken, a step that changed the
value, a bonus paid, a promotion added, a tier reached, an expiry applied.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..loader import version_sections
from ..shapes.programme import ProgrammeShape
from ..sources import Reader, read_sources
from ..tiers.over_time import spell_of
from .checking import tier_of_counters

if TYPE_CHECKING:
    from ...programme import Programme
    from .worked import Example

_LISTS = {
    "operators": ("operator", "as_"),
    "agreements": ("agreement", "chart_of"),
    "booking_class": ("booking class", "letter"),
    "fares": ("fare", "fare"),
    "not_earning": ("not earning", "why"),
    "promotions": ("promotion", "name"),
    "tiers": ("tier", "name"),
    "expiry": ("expiry", "model"),
    "grants": ("grant", "name"),
    "compensations": ("compensation", "name"),
    "migrations": ("migration", "unit"),
    "conversions": ("conversion", "to"),
}
"""Section → what its entries are called, and the word that tells them apart."""
_UNSEEN = frozenset({"distance", "price", "amount", "source", "keep", "promotions", "only"})
"""Steps that do nothing of their own: what they lead to is seen elsewhere."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A rule: what it is (``row``), its name, its place as ``demo.yaml:41``, and how many examples touch it."""

    kind: str
    name: str
    rule: str
    examples: int


def coverage(text: str, file: str, programme: "Programme") -> list[Touched]:
    """All rules of a definition that can be loaded, by their places; ``programme`` is what it compiles to."""
    counts: dict[str, int] = {}
    for example in programme.examples:
        for rule in set(_touched_by(programme, example)):
            counts[rule] = counts.get(rule, 0) + 1
    sources = read_sources(text, file)
    reader = Reader(sources)
    found: dict[tuple[str, str, str], Touched] = {}
    for kind, name, rule in _rules(ProgrammeShape.model_validate(sources.value), reader):
        found[kind, name, rule] = Touched(kind, name, rule, counts.get(rule, 0))
    own = PurePath(file).name
    return sorted(found.values(), key=lambda one: _place(one.rule, own))


def _place(rule: str, own: str) -> tuple[bool, str, int]:
    """The programme's own file comes first, then its tables."""
    file, _, line = rule.rpartition(":")
    return file != own, file, int(line)


def _touched_by(programme: "Programme", example: "Example") -> Iterator[str]:
    if example.happened is not None or example.migrated is not None or example.converted is not None:
        yield from _allowed(programme, example)
    elif example.flown is not None and example.on is not None:
        tier = spell_of(programme.versions, example.flown, example.on).tier
        yield _tier_rule(programme, tier, example.on)
    elif example.claim is not None:
        retro = programme.version_on(example.claim[0]).allowances.retro
        if retro is not None:
            yield retro.rule
    elif example.facts is not None:
        chosen = programme.version_for(example.facts)
        if chosen is not None:
            yield chosen.rule
        for _name, rule, _text, _values in programme.evaluate(example.facts, example.standing).notes:
            yield rule
    elif example.counters is not None:
        yield _tier_rule(programme, tier_of_counters(programme, example), example.on)
    elif example.earned_on is not None:
        yield programme.expiry_for(example.earned_on, example.standing).rule


def _tier_rule(programme: "Programme", tier: str, day: date | None) -> str:
    """Where a tier stands in the version of a day; in the last one, which has them all, where that one lacks it."""
    version = programme.version_on(day)
    found = version if tier in version.ranks else programme.versions[-1]
    return found.tiers[found.ranks[tier]].rule


def _allowed(programme: "Programme", example: "Example") -> Iterator[str]:
    """Grants, compensations, migrations and conversions that an example has to do with."""
    if example.happened is not None and example.facts is not None:
        version = programme.version_on(example.facts.flown_on)
        case = version.case(example.facts, example.standing)
        version.derivation.derive(case)
        event, minutes = example.happened
        # Each by itself, so that what gives something is known.
        for grant in version.allowances.grants:
            if replace(version.allowances, grants=(grant,)).granted(event, case):
                yield grant.rule
        for one in version.allowances.compensations:
            if replace(version.allowances, compensations=(one,)).compensated(event, minutes, case):
                yield one.rule
    elif example.on is not None:
        allowances = programme.version_on(example.on).allowances
        for migration in allowances.migrations:
            if migration.on == example.on and migration.unit in (example.migrated or ()):
                yield migration.rule
        for unit in example.converted or ():
            conversion = allowances.conversion(unit, example.on)
            if conversion is not None:
                yield conversion.rule


def _rules(model: ProgrammeShape, reader: Reader) -> Iterator[tuple[str, str, str]]:
    for sections, shape, place in version_sections(model):
        if model.versions:
            name = f"from {shape.from_}" if shape is not None and shape.from_ else "from ever"
            yield "version", name, reader.rule(*place)
        for section, (kind, word) in _LISTS.items():
            entries, path = sections.get(section, ((), ()))
            for number, entry in enumerate(entries):
                yield kind, str(getattr(entry, word)), reader.rule(*path, number)
        if "retro" in sections:
            yield "retro", "claims", reader.rule(*sections["retro"][1])
        charts, path = sections["charts"]
        for number, chart in enumerate(charts):
            yield "chart", chart.name, reader.rule(*path, number)
            for position in range(len(chart.rows)):
                yield "row", f"of {chart.name}", reader.rule(*path, number, "rows", position)
            yield from _steps(chart.accrual or {}, (*path, number, "accrual"), reader)
        yield from _steps(*sections["accrual"], reader)


def _steps(accrual: Any, path: tuple[str | int, ...], reader: Reader) -> Iterator[tuple[str, str, str]]:
    for unit, steps in accrual.items():
        for number, step in enumerate(steps):
            word = next(word for word in type(step).model_fields if getattr(step, word) is not None)
            told = getattr(step, word)
            # A row's own percent or rate is seen at the row, a tier's own bonus at the tier.
            if word in _UNSEEN or (word in ("percent", "rate") and told.value is None):
                continue
            if word == "bonus" and not told.tiers:
                continue
            yield "step", f"{word} of {unit}", reader.rule(*path, unit, number)
