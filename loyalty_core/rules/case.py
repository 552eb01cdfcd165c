"""One coupon on its way through the rules: its facts, what was derived from them, and the notes of each step."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from .facts import Facts, Standing

if TYPE_CHECKING:
    from .promotions import Promotion
    from .versions import Version

Note = tuple[str, str, Callable[..., str], tuple[Any, ...]]
"""Name of the step, its rule (``demo.yaml:41``), and how its text is made when somebody asks for it."""


class Case:
    """``operating`` is who counts as operating, ``carrier`` whose chart counts ("" until it is derived), ``letter`` the
    class that earns, with a slash before it where only the cabin is known, ``fare`` the fare family. ``lacking``: the
    value that is being calculated needs a price that isn't known; ``unpriced``: units and kept values that did."""

    __slots__ = (
        "accrued",
        "amounts",
        "carrier",
        "facts",
        "fare",
        "kept",
        "lacking",
        "letter",
        "measured",
        "miles",
        "notes",
        "operating",
        "promoted",
        "promotions",
        "rank",
        "row",
        "rule_date",
        "standing",
        "unpriced",
        "version",
    )

    def __init__(self, facts: Facts, standing: Standing, version: "Version", rule_date: date) -> None:
        self.facts = facts
        self.standing = standing
        self.version = version
        self.rule_date = rule_date
        self.notes: list[Note] = []
        self.promoted: dict[str, dict[str, int]] = {}
        self.operating = facts.operating_carrier
        self.carrier = ""
        self.letter = "/" + facts.booking_class if facts.class_is_cabin else facts.booking_class
        self.fare = ""
        self.measured = False
        self.miles = 0
        self.rank = version.ranks.get(standing.tier, 0)
        self.row: Any = None
        self.amounts: dict[str, int] = {}
        self.kept: dict[str, tuple[int, int]] = {}
        self.lacking = False
        self.unpriced: frozenset[str] = frozenset()
        self.promotions: tuple[Promotion, ...] | None = None
        self.accrued = (0, 1)

    def distance(self) -> int:
        """Miles of the route, -1 where they are not known; measured once, when somebody asks."""
        if not self.measured:
            self.measured = True
            self.miles = self.version.distances.miles(self.facts)
        return self.miles
