"""What the prover found, in the words of analysts."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from .boxes import Box
from .cases import Given
from .regions import BOOKED, FARE_BASIS, FLOWN, ROUTE, SUFFIXES, TICKET, TICKETED, TOLD_CLASS
from .sets import NUMBERS_END, Names, Numbers

NAMES_SHOWN = 12

_SOME = {ROUTE: "some routes", FARE_BASIS: "some fare bases", TICKET: "some ticket numbers"}
_SHOWN = {TOLD_CLASS: "class", "told operating": "operating"}


def case_in_words(given: Given) -> str:
    """``operating LH, class M, fare basis MLT``."""
    said = dict(given)
    words = []
    if "from" in said and "to" in said:
        said["route"] = f"{said.pop('from')}-{said.pop('to')}"
    for word, value in said.items():
        text = " ".join(value) if isinstance(value, list) else str(value)
        words.append(f"{word.replace('_', ' ')} {text}")
    return ", ".join(words) or "any"


def box_in_words(
    box: Box, known: Mapping[str, Any], domain: Mapping[str, Any], spoken_of: Collection[str]
) -> str:
    """What sets a box apart from what is ``known`` anyway, in attributes that rules have ``spoken_of``; which texts and
    routes it has is left to its case."""
    words = []
    for attribute, values in box.items():
        if attribute in domain:
            values = values.meet(domain[attribute])
        if attribute not in spoken_of or values == known.get(attribute):
            continue
        if values == values.whole() or values == domain.get(attribute):
            continue
        name = _SHOWN.get(attribute, attribute)
        if isinstance(values, Names):
            words.append(f"{name} {_names(values, domain.get(attribute))}")
        elif isinstance(values, Numbers):
            words.append(f"{name} {_numbers(attribute, values)}")
        elif name in _SOME:
            words.append(_SOME[name])
    return ", ".join(words)


def _names(values: Names, all_of_them: Names | None) -> str:
    if all_of_them is not None and not values.others and len(values.listed) * 2 > len(all_of_them.listed):
        values = Names(all_of_them.listed - values.listed, others=True)
    named = sorted((name for name in values.listed if name), key=lambda name: (name.startswith("/"), name))
    shown = [f"cabin {name[1:]}" if name.startswith("/") else name for name in named[:NAMES_SHOWN]]
    more = f" and {len(named) - NAMES_SHOWN} more" if len(named) > NAMES_SHOWN else ""
    if values.others:
        return f"other than {', '.join(shown)}{more}" if shown else "told"
    untold = ["not told"] if "" in values.listed else []
    return ", ".join([*shown, *untold]) + more


def _numbers(attribute: str, values: Numbers) -> str:
    words = ["not told"] if values.untold else []
    for low, high in values.spans:
        if attribute in (FLOWN, BOOKED, TICKETED):
            first = f"from {date.fromordinal(low)}" if low > 0 else ""
            last = f"until {date.fromordinal(high - 1)}" if high < NUMBERS_END else ""
        else:
            scale = SUFFIXES if attribute.endswith("flight") else 1
            first = f"from {low // scale}" if low else ""
            last = f"below {-(-high // scale)}" if high < NUMBERS_END else ""
        words.append(" ".join(word for word in (first, last) if word))
    return " or ".join(words)
