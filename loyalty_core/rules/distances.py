"""How far it is: a programme's own table, the globe where it says so, and the line that decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..distance import distance, is_known
from .facts import Facts

Pair = tuple[str, str]
REMEMBERED_MAX = 100_000
"""Routes whose distance is kept; more are measured each time."""


@dataclass(frozen=True, slots=True)
class Distances:
    """``table``: sorted pair of codes → miles and the rule's line. ``changes``: pair → what counts instead from a
    flight date on, the latest first. ``great_circle``: measure what the table lacks."""

    name: str = ""
    table: Mapping[Pair, tuple[int, str]] = field(default_factory=dict)
    cities: Mapping[str, str] = field(default_factory=dict)
    great_circle: bool = True
    rule: str = ""
    changes: Mapping[Pair, tuple[tuple[date, int, str], ...]] = field(default_factory=dict)
    _miles: dict[Pair, int] = field(init=False, repr=False, default_factory=dict)
    _found: dict[Pair, tuple[int, str, str]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._miles.update({pair: miles for pair, (miles, _) in self.table.items()})

    @property
    def codes(self) -> frozenset[str]:
        """The places that the programme itself knows."""
        return frozenset(code for pair in (*self.table, *self.changes) for code in pair) | frozenset(
            self.cities
        )

    def miles(self, facts: Facts) -> int:
        """Whole statute miles, -1 where they are not known."""
        return self.measure(facts)[0]

    def measure(self, facts: Facts) -> tuple[int, str, str]:
        """Miles, how they were found, and the rule; (-1, why not, rule) where they are not known."""
        if facts.distance is not None:
            return facts.distance, "told with the flight", self.rule
        route = facts.board_point, facts.off_point
        if self.changes and (changed := self._changed(*route, facts.flown_on)) is not None:
            return changed
        found = self._found.get(route)
        if found is None:
            found = self._measure(*route)
            if len(self._found) < REMEMBERED_MAX:
                self._found[route] = found
        return found

    def _pairs(self, board: str, off: str) -> tuple[Pair, Pair]:
        """The two places as they are told, and with cities' airports, each as the table sorts them."""
        here, there = self.cities.get(board, board), self.cities.get(off, off)
        return (min(board, off), max(board, off)), (min(here, there), max(here, there))

    def _changed(self, board: str, off: str, day: date) -> tuple[int, str, str] | None:
        for pair in self._pairs(board, off):
            for first, miles, rule in self.changes.get(pair, ()):
                if first <= day:
                    return miles, f"table {self.name} from {first}", rule
            if pair in self.table:
                return None
        return None

    def _measure(self, board: str, off: str) -> tuple[int, str, str]:
        found = distance(board, off, self._miles, self.name, self.cities, self.great_circle)
        if found is None:
            if not self.great_circle:
                return -1, f"no row {board}-{off}", self.rule
            code = off if is_known(board, self.cities) else board
            return -1, f"{code or '(none)'} is not a known airport", self.rule
        for pair in self._pairs(board, off):
            if (entry := self.table.get(pair)) is not None:
                return *found, entry[1]
        return *found, self.rule

    def unknown_end(self, facts: Facts) -> str:
        """The field of Facts that is no known place, where the distance is not known."""
        return "off_point" if is_known(facts.board_point, self.cities) else "board_point"

    def goes_nowhere(self, facts: Facts) -> bool:
        """Board and off point are one known place."""
        return facts.board_point == facts.off_point and is_known(facts.board_point, self.cities)
