"""How an amount came about, in plain sentences: the steps of an evaluation as one would read them to a member.

A step is (name, text, rule) as the core writes it into the ledger; the rule is the line of the programme that asked for
it, as ``demo.yaml:41``. A step that isn't known here is told as it is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Step = Sequence[Any]
"""(name, text, rule)."""

MODES = {
    "half_up": "to the nearest whole number, a half upwards",
    "half_even": "to the nearest whole number, a half to the even one",
    "floor": "down",
    "ceil": "up",
}
"""Rounding modes in words."""

_ROUTE = re.compile(r"(?P<from>\S+)-(?P<to>\S+) (?P<miles>\d+) miles, (?P<how>.+)")
_FACTOR = re.compile(r"(?P<factor>.+) = (?P<value>.+)")
_BONUS = re.compile(
    r"(?P<tier>.+?) (?P<percent>\S+ %) of (?P<base>.+?),? (?P<of>\S+), (?:(?P<mode>\w+): )?(?P<value>\S+?)"
    r"(?:, at most (?P<most>\d+))?"
)
_MODE = re.compile(r"(?P<mode>\w+): (?P<value>\S+)")


def sentences(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """(sentence, rule) for each step; steps of one unit are indented below the unit they make."""
    told = []
    within = False
    for name, text, rule in steps:
        tell = _TOLD.get(name)
        if tell is not None:
            within = within and name in _WITHIN
            words = tell(text)
        elif text.startswith(("from ", "fixed", "the price", "no rate")):
            within = True
            told.append((f"{name}: {_source(text)}", rule))
            continue
        else:
            words = f"{name}: {text}"
        told.append((f"  {words}" if within else words, rule))
    return told


def steps_in_words(steps: Iterable[Step], indent: str) -> list[str]:
    """The same as lines."""
    return [f"{indent}{words}  [{rule}]" for words, rule in sentences(steps)]


def _source(text: str) -> str:
    if text.startswith("from "):
        what, _, value = text.removeprefix("from ").partition(", ")
        value, _, lacking = value.partition(", ")
        whence = what if what.startswith("the ") else f"what {what.replace('_', ' ')} came to"
        return f"begins with {value}, {whence}" + (f" ({lacking})" if lacking else "")
    return f"{text.removeprefix('fixed, ')} for the flight" if text.startswith("fixed") else text


def _version(text: str) -> str:
    if text.startswith("no "):
        return f"There is {text}."
    return f"The rules that count are {'those ' if text.startswith('from') else ''}{text}."


def _chart(text: str) -> str:
    if text.startswith("no chart"):
        return f"There is {text}, so it earns nothing."
    return f'It earns by the chart "{text}".'


def _row(text: str) -> str:
    if " is not in chart " in text:
        return f"{_capital(text)}, so it earns nothing."
    return f"It was flown in {text}: this row of the chart counts."


def _distance(text: str) -> str:
    found = _ROUTE.fullmatch(text)
    if found is None:
        return f"How far it is: {text}."
    how = found["how"]
    by = f"by the programme's {how}" if how.startswith("table") else how
    return f"From {found['from']} to {found['to']} it is {found['miles']} miles, {by}."


def _factor(text: str) -> str:
    found = _FACTOR.fullmatch(text)
    if found is None:
        return text
    by = found["factor"]
    return f"{by} of it: {found['value']}" if by.endswith("%") else f"times {by[2:]}: {found['value']}"


def _rounding(text: str) -> str:
    found = _MODE.fullmatch(text)
    if found is None:
        return text
    return f"rounded {MODES.get(found['mode'], found['mode'])}: {found['value']}"


def _bonus(text: str) -> str:
    found = _BONUS.fullmatch(text)
    if found is None:
        return f"bonus of the tier: {text}"
    how = f", rounded {MODES.get(found['mode'], found['mode'])}" if found["mode"] else ""
    most = f", at most {found['most']}" if found["most"] else ""
    return f"{found['value']} more as {found['tier']}: {found['percent']} of {found['base']} ({found['of']}){how}{most}"


def _promotion(text: str) -> str:
    name, _, rest = text.rpartition(": ")
    return f'{rest} more by the promotion "{name}"'


def _result(text: str) -> str:
    return f"Together: {amounts_in_words(_pairs(text))}."


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = []
    for each in text.split(", "):
        unit, _, amount = each.partition(" ")
        pairs.append((unit, amount))
    return pairs


_UNITS = {"award": "award mile", "qualifying": "qualifying mile", "segments": "segment"}
"""Units that have a plural; others are told by their names."""


def amounts_in_words(amounts: Iterable[tuple[str, Any]]) -> str:
    """``1050 award miles, 840 qualifying miles and 1 segment``: what can be spent comes first."""
    in_order = sorted(amounts, key=lambda pair: pair[0] != "award")
    words = []
    for unit, amount in in_order:
        name = f"{_UNITS[unit]}{'' if int(amount) == 1 else 's'}" if unit in _UNITS else unit
        words.append(f"{amount} {name}")
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words) or "nothing"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_TOLD: dict[str, Callable[[str], str]] = {
    "version": _version,
    "operator": lambda text: f"{_capital(text)}.",
    "agreement": lambda text: f"What counts is {text}.",
    "class": lambda text: f"Class {text}." if not text.startswith("(none)") else f"The class {text}.",
    "fare": lambda text: f"The fare is {text}.",
    "excluded": lambda text: f"It earns nothing: {text}.",
    "chart": _chart,
    "row": _row,
    "distance": _distance,
    "result": _result,
    "percent": _factor,
    "rate": _factor,
    "rounding": _rounding,
    "minimum": lambda text: f"{text}, the least for a flight",
    "maximum": lambda text: text,
    "tier bonus": _bonus,
    "promotion": _promotion,
    "addition": lambda text: f"{text.removeprefix('plus ')} more",
    "condition": lambda text: text,
}
_WITHIN = frozenset(
    {"percent", "rate", "rounding", "minimum", "maximum", "tier bonus", "promotion", "addition", "condition"}
)
"""Steps of a unit's accrual."""
