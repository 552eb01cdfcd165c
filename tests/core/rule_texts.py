"""Small programmes for the tests of the language: a frame, and what a test puts into it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from loyalty_core.errors import InputError
from loyalty_core.problems import Problem
from loyalty_core.programme import Evaluation, Facts, Programme, Standing, load_programme

FRAME = """\
programme: frame
title: Frame
carriers: [QQ]
policy: {listed: none, checked_in: pending, boarded: pending, flown: posted}
window: {future_days: 1, past_days: 30}
"""
RULES = {
    "distances": "{name: own, pairs: {DME-AER: 1000, DME-LED: 400, AAA-BBB: 225}}",
    "charts": "[{name: all, rows: [{percent: 100}]}]",
    "accrual": "{award: [distance, percent, round: half_up]}",
    "tiers": "[{name: BASIC}, {name: SILVER, bonus_percent: 25, reached: {qualifying: 10}},"
    " {name: GOLD, bonus_percent: 50, reached: {qualifying: 20}}]",
    "expiry": "{model: never}",
}
FILE = "frame.yaml"
FACTS = Facts("QQ", "QQ", "Y", False, "DME", "AER", date(2026, 1, 5))


def text(**sections: str) -> str:
    """A definition with these sections instead of the frame's own; "" leaves one out."""
    whole = {**RULES, **sections}
    return FRAME + "".join(
        f"{name}: {value}\n" if not value.startswith("\n") else f"{name}:{value}\n"
        for name, value in whole.items()
        if value
    )


def programme(files: Mapping[str, str] | None = None, **sections: str) -> Programme:
    return load_programme(text(**sections), FILE, files)


def earned(rules: Programme, standing: Standing | None = None, **facts: Any) -> Evaluation:
    """What a flight of the frame earns, with some of its facts changed."""
    told = {name: getattr(FACTS, name) for name in Facts.__slots__} | facts
    return rules.evaluate(Facts(**told), standing or Standing())


def problems(files: Mapping[str, str] | None = None, **sections: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        programme(files, **sections)
    return caught.value.problems
