"""Sets of values of one attribute: names, numbers and days, routes. Each can be met, taken away, and shown by a value.

``Values`` is what boxes are made of; ``prover.texts.Texts`` is one too. All are exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, Self


class Values(Protocol):
    """A set of values of an attribute."""

    def meet(self, other: Self) -> Self: ...

    def minus(self, other: Self) -> Self: ...

    def is_empty(self) -> bool: ...

    def whole(self) -> Self:
        """All values that the attribute can have."""
        ...


@dataclass(frozen=True, slots=True)
class Names:
    """The names listed, or (``others``) all but those; "" is the name of what wasn't told."""

    listed: frozenset[str]
    others: bool = False

    def meet(self, other: "Names") -> "Names":
        match self.others, other.others:
            case False, False:
                return Names(self.listed & other.listed)
            case False, True:
                return Names(self.listed - other.listed)
            case True, False:
                return Names(other.listed - self.listed)
            case _:
                return Names(self.listed | other.listed, True)

    def minus(self, other: "Names") -> "Names":
        return self.meet(Names(other.listed, not other.others))

    def is_empty(self) -> bool:
        return not self.listed and not self.others

    def whole(self) -> "Names":
        return ANY_NAME

    def has(self, name: str) -> bool:
        return (name in self.listed) != self.others

    def pick(self, preferred: Iterable[str] = ()) -> str:
        """One of the set, a preferred one where that is possible, what isn't told only where nothing else is."""
        for name in preferred:
            if self.has(name):
                return name
        if not self.others:
            return min(self.listed, key=lambda name: (not name, name))
        number = 1
        while f"OTHER{number}" in self.listed:
            number += 1
        return f"OTHER{number}"


def names(values: Iterable[str]) -> Names:
    return Names(frozenset(values))


ANY_NAME = Names(frozenset(), others=True)

Span = tuple[int, int]
"""From the first number to before the second."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers (days are numbers too) in spans, sorted and apart from each other; ``untold``: or none at all."""

    spans: tuple[Span, ...]
    untold: bool = False

    def meet(self, other: "Numbers") -> "Numbers":
        found = []
        for low, high in self.spans:
            for first, last in other.spans:
                if max(low, first) < min(high, last):
                    found.append((max(low, first), min(high, last)))
        return Numbers(tuple(found), self.untold and other.untold)

    def minus(self, other: "Numbers") -> "Numbers":
        left = list(self.spans)
        for first, last in other.spans:
            rest = []
            for low, high in left:
                if low < min(high, first):
                    rest.append((low, min(high, first)))
                if max(low, last) < high:
                    rest.append((max(low, last), high))
            left = rest
        return Numbers(tuple(left), self.untold and not other.untold)

    def is_empty(self) -> bool:
        return not self.spans and not self.untold

    def whole(self) -> "Numbers":
        return ANY_NUMBER

    def has(self, number: int | None) -> bool:
        if number is None:
            return self.untold
        return any(low <= number < high for low, high in self.spans)


NUMBERS_END = 4_000_000
"""Above every day (as an ordinal), age, distance and flight number."""
ANY_NUMBER = Numbers(((0, NUMBERS_END),), untold=True)


@dataclass(frozen=True, slots=True)
class Routes:
    """Pairs of kinds of places as bits of one whole number, of which there are ``count``; ``prover.places`` knows what
    each of them is."""

    bits: int
    count: int

    def meet(self, other: "Routes") -> "Routes":
        return Routes(self.bits & other.bits, self.count)

    def minus(self, other: "Routes") -> "Routes":
        return Routes(self.bits & ~other.bits, self.count)

    def is_empty(self) -> bool:
        return not self.bits

    def whole(self) -> "Routes":
        return Routes((1 << self.count) - 1, self.count)
