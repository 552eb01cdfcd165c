"""What a programme derives, undone: of which told cases a set of derived values comes.

The lists of a derivation are tried by priority and then by order; what none takes stays as it was. So a set of derived
values is the cases of the entries that say one of them, without those that entries before took, and so for each list,
backwards. Exact, and lists that a question doesn't touch cost nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from .boxes import Box, Region, meet, minus
from .regions import (
    CARRIER,
    CLASS,
    FARE,
    FARE_BASIS,
    MARKETING,
    OPERATING,
    TICKET,
    TOLD_CLASS,
    TOLD_OPERATING,
)
from .sets import Names
from .texts import LETTERS, Texts, any_of, lettered, starting


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of a list: where it holds, what it says, and by which rule. In the order in which they are tried."""

    region: Region
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class Derived:
    """The four lists of a version, each in the order in which it is tried."""

    operators: Sequence[Said] = ()
    agreements: Sequence[Said] = ()
    booking_class: Sequence[Said] = ()
    fares: Sequence[Said] = ()
    stocks: dict[str, str] = field(default_factory=dict)
    _known: dict[tuple[str, Names], Region] = field(default_factory=dict)

    def undone(self, region: Region) -> Region:
        """The cases of a region in words of what was told alone."""
        for attribute, whence in (
            (FARE, self._fare), (CLASS, self._class), (CARRIER, self._carrier), (OPERATING, self._operating)
        ):  # fmt: skip
            region = tuple(each for box in region for each in self._without(box, attribute, whence))
        return region

    def _without(self, box: Box, attribute: str, whence: Callable[[Names], Region]) -> Iterator[Box]:
        values = box.get(attribute)
        if values is None:
            yield box
            return
        known = self._known.get((attribute, values))
        if known is None:
            known = self._known[attribute, values] = whence(values)
        rest = {name: each for name, each in box.items() if name != attribute}
        yield from meet((rest,), known)

    def _operating(self, wanted: Names) -> Region:
        told: Region = ({TOLD_OPERATING: wanted},)
        return _chosen(self.operators, lambda value: _if(wanted.has(value)), told)

    def _carrier(self, wanted: Names) -> Region:
        operating: Region = ({OPERATING: wanted},)
        sources: dict[str, Region] = {"operating": operating, "marketing": ({MARKETING: wanted},)}
        if any(each.value == "ticketing" for each in self.agreements):
            known = any_of(map(starting, self.stocks))
            sources["ticketing"] = (
                {TICKET: self._issued(wanted)}, {TICKET: known.whole().minus(known), OPERATING: wanted}
            )  # fmt: skip
        return _chosen(self.agreements, sources.__getitem__, operating)

    def _issued(self, wanted: Names) -> Texts:
        """Ticket numbers whose longest known stock is of one of these airlines."""
        found = any_of(())
        for stock in sorted(self.stocks, key=len):
            # Longer stocks come later, so they take from shorter ones and add to them.
            one = starting(stock)
            found = found.join(one) if wanted.has(self.stocks[stock]) else found.minus(one)
        return found

    def _class(self, wanted: Names) -> Region:
        told: Region = ({TOLD_CLASS: wanted},)
        from_fare_basis = lettered(1, frozenset(letter for letter in LETTERS if wanted.has(letter)))
        untold = from_fare_basis.whole().minus(lettered(1, frozenset(LETTERS)))

        def source(value: str) -> Region:
            if value == "fare_basis":
                return {FARE_BASIS: from_fare_basis}, {FARE_BASIS: untold, TOLD_CLASS: wanted}
            return _if(wanted.has(value))

        return _chosen(self.booking_class, source, told)

    def _fare(self, wanted: Names) -> Region:
        return _chosen(self.fares, lambda value: _if(wanted.has(value)), _if(wanted.has("")))


def _if(holds: bool) -> Region:
    return ({},) if holds else ()


def _chosen(entries: Sequence[Said], source: Callable[[str], Region], otherwise: Region) -> Region:
    """Where the list gives what is wanted; ``source``: where an entry that says so gives it."""
    found: list[Box] = []
    other: Region = ()
    for entry in entries:
        own = source(entry.value)
        if own != ({},):
            # Entries behind it that give the wanted value everywhere may overlap this one, for it gives it as well.
            found += minus(meet(entry.region, own), other)
            other = (*other, *entry.region)
        else:
            found += minus(entry.region, other)
    if otherwise:
        found += minus(otherwise, tuple(box for entry in entries for box in entry.region))
    return tuple(found)
