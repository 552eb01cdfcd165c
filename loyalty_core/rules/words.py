"""Words of conditions that want one of a set of values, and how a table of such a word is looked up."""

from collections.abc import Callable, Mapping
from typing import Any

from .case import Case

Test = Callable[[Case], bool]

SETS: Mapping[str, Callable[[frozenset[str]], Test]] = {
    "carriers": lambda wanted: lambda case: case.carrier in wanted,
    "operating": lambda wanted: lambda case: case.operating in wanted,
    "marketing": lambda wanted: lambda case: case.facts.marketing_carrier in wanted,
    "fares": lambda wanted: lambda case: case.fare in wanted,
    "brands": lambda wanted: lambda case: case.facts.brand in wanted,
    "roles": lambda wanted: lambda case: case.facts.role in wanted,
    "passenger_types": lambda wanted: lambda case: case.facts.passenger_type in wanted,
    "residence": lambda wanted: lambda case: case.standing.residence in wanted,
    "channels": lambda wanted: lambda case: case.facts.channel in wanted,
}
"""Words that want one of a set of values."""

KEYS: Mapping[str, Callable[[Case], Any]] = {
    "letters": lambda case: case.letter,
    "carriers": lambda case: case.carrier,
    "fares": lambda case: case.fare,
    "brands": lambda case: case.facts.brand,
    "operating": lambda case: case.operating,
    "marketing": lambda case: case.facts.marketing_carrier,
    "route": lambda case: (case.facts.board_point, case.facts.off_point),
}
"""How the value is found by which a table of a word is looked up."""
