"""Runs the worked examples of a programme."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..exact import shown
from ..tiers.over_time import spell_of
from ..tiers.spells import Flown

if TYPE_CHECKING:
    from ...programme import Programme
    from ..evaluation import Evaluation
    from .worked import Example


DAY = date(2026, 1, 1)
"""The day of an example that names none."""


def check_examples(programme: "Programme") -> tuple[str, ...]:
    """One sentence per example that comes out otherwise than its owner says."""
    return tuple(
        f"{example.rule}: {example.name}: {'; '.join(wrong)}"
        for example in programme.examples
        if (wrong := mistakes(programme, example))
    )


def mistakes(programme: "Programme", example: "Example") -> list[str]:
    """What comes out otherwise than the example says, as ``award 840, not 800``; empty where all is as it says."""
    found: dict[str, Any]
    if example.happened is not None:
        assert example.facts is not None
        version = programme.version_on(example.facts.flown_on)
        case = version.case(example.facts, example.standing)
        version.derivation.derive(case)
        kind, minutes = example.happened
        allowances = version.allowances
        amounts = allowances.granted(kind, case) or allowances.compensated(kind, minutes, case)
        found = {**dict.fromkeys(programme.units, 0), **amounts}
    elif example.migrated is not None:
        assert example.on is not None
        migrated = programme.version_on(example.on).allowances.migrated
        found = {unit: migrated(unit, amount, example.on) for unit, amount in example.migrated.items()}
        found = {**dict.fromkeys(programme.units, 0), **found}
    elif example.converted is not None:
        assert example.on is not None
        found = dict.fromkeys(programme.units, 0)
        for unit, amount in example.converted.items():
            rule = programme.version_on(example.on).allowances.conversion(unit, example.on)
            if rule is not None:
                found[rule.target] += rule.converted(amount)
    elif example.flown is not None:
        assert example.on is not None
        spell = spell_of(programme.versions, example.flown, example.on)
        found = {"tier": spell.tier, "until": spell.until}
    elif example.claim is not None:
        flown_on, claimed_on, enrolled_on = example.claim
        retro = programme.version_on(flown_on).allowances.retro
        found = {"refusal": retro.refusal(flown_on, claimed_on, enrolled_on) if retro else "too_late"}
    elif example.facts is not None:
        result = programme.evaluate(example.facts, example.standing)
        found = {
            **dict.fromkeys(programme.units, 0),
            **result.amounts,
            "reason": result.reason.value,
            "distance": max(result.miles, 0),
        }
        if "trace" in example.expect:
            found["trace"] = _said(result, example.expect["trace"])
        by_unit = {"percent": result.percent, "rate": result.rate}
        found = found | {
            word: {unit: find(unit) for unit in example.expect[word]}
            for word, find in by_unit.items()
            if word in example.expect
        }
    elif example.counters is not None:
        found = {"tier": tier_of_counters(programme, example)}
    else:
        assert example.earned_on is not None
        expires = programme.expires_on(example.earned_on, example.standing, example.last_activity)
        found = {"expires_on": expires}
    return [
        f"{what} {_text(found[what])}, not {_text(value)}"
        for what, value in example.expect.items()
        if found[what] != value
    ]


def tier_of_counters(programme: "Programme", example: "Example") -> str:
    """The tier of a member who flew so much on one day; without a day on the first of the newest version."""
    assert example.counters is not None
    day = example.on or max(programme.versions[-1].first, DAY)
    flown = Flown([(day, example.counters)], (), example.standing.residence)
    return spell_of(programme.versions, flown, day).tier


def _said(result: "Evaluation", what: str) -> str:
    """What is looked for where a step of the trace says it, else the steps."""
    texts = [step.text for step in result.trace]
    return what if any(what in text for text in texts) else "; ".join(texts)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{unit} {_text(each)}" for unit, each in value.items())
    if isinstance(value, Fraction):
        return shown(*value.as_integer_ratio())
    if value is None:
        return "never"
    return value.isoformat() if isinstance(value, date) else str(value)
