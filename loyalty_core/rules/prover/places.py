"""Places of which conditions speak alike are of one kind, so that routes are pairs of kinds: finitely many."""

from collections.abc import Callable, Iterable, Iterator

from .sets import Routes

KINDS_MAX = 2_000
"""Kinds of places of one version; routes are sets of pairs of them."""


class TooManyKinds(ValueError):
    """More kinds of places than KINDS_MAX."""


class Kinds:
    """``sets``: all sets of codes of which conditions speak; ``codes``: all places there are; ``country`` (of a code):
    given where conditions speak of flights within one country."""

    def __init__(
        self,
        sets: Iterable[frozenset[str]],
        codes: Iterable[str],
        country: Callable[[str], str] | None,
    ) -> None:
        marks: dict[str, int] = dict.fromkeys(sorted(codes), 0)
        for number, one in enumerate(dict.fromkeys(sets)):
            for code in one:
                marks[code] = marks.get(code, 0) | 1 << number
        kinds: dict[tuple[int, str], list[str]] = {}
        for code, mark in marks.items():
            kinds.setdefault((mark, country(code) if country else ""), []).append(code)
        if len(kinds) > KINDS_MAX:
            raise TooManyKinds(f"needs more than {KINDS_MAX} kinds of places")
        self.members: tuple[tuple[str, ...], ...] = tuple(map(tuple, kinds.values()))
        self._kind_of = {code: kind for kind, members in enumerate(self.members) for code in members}
        self._countries = [lies_in for _, lies_in in kinds]
        self.count = len(self.members) ** 2

    def all(self) -> Routes:
        """Every route from one place to another."""
        return self._routes((1 << len(self.members)) - 1 for _ in self.members)

    def between(self, here: frozenset[str], there: frozenset[str]) -> Routes:
        """Both ways."""
        return Routes(self.along(here, there).bits | self.along(there, here).bits, self.count)

    def along(self, here: frozenset[str] | None, there: frozenset[str] | None) -> Routes:
        """One way; None: from or to anywhere."""
        to = (1 << len(self.members)) - 1 if there is None else self._mask(there)
        froms = None if here is None else {self._kind_of[code] for code in here}
        return self._routes(to if froms is None or kind in froms else 0 for kind in range(len(self.members)))

    def within(self, zones: Iterable[frozenset[str]]) -> Routes:
        """Both ends in one of these zones."""
        bits = 0
        for zone in zones:
            bits |= self.along(zone, zone).bits
        return Routes(bits, self.count)

    def domestic(self, wanted: bool) -> Routes:
        """Both ends in one country, or in two; not where a country isn't known."""
        of_country: dict[str, int] = {}
        for kind, country in enumerate(self._countries):
            of_country[country] = of_country.get(country, 0) | 1 << kind
        known = (1 << len(self.members)) - 1 & ~of_country.get("", 0)
        return self._routes(
            (of_country[country] if wanted else known & ~of_country[country]) if country else 0
            for country in self._countries
        )

    def _mask(self, codes: frozenset[str]) -> int:
        mask = 0
        for code in codes:
            mask |= 1 << self._kind_of[code]
        return mask

    def _routes(self, rows: Iterable[int]) -> Routes:
        """``rows``: of each kind that routes begin at, the kinds where they end."""
        width = len(self.members)
        bits = 0
        for kind, row in enumerate(rows):
            if len(self.members[kind]) == 1:
                row &= ~(1 << kind)  # From a place to itself is no route.
            if row:
                bits |= row << kind * width
        return Routes(bits, self.count)

    def pairs(self, routes: Routes) -> Iterator[tuple[str, str]]:
        """Real routes of a set: one of each pair of kinds first, for they differ most."""
        width = len(self.members)
        bits = routes.bits
        several = []
        while bits:
            lowest = bits & -bits
            start, end = divmod(lowest.bit_length() - 1, width)
            bits ^= lowest
            of_kinds = self._of_kinds(start, end)
            if (one := next(of_kinds, None)) is not None:
                yield one
                several.append(of_kinds)
        for of_kinds in several:
            yield from of_kinds

    def _of_kinds(self, start: int, end: int) -> Iterator[tuple[str, str]]:
        for board in self.members[start]:
            for off in self.members[end]:
                if board != off:
                    yield board, off

    def first(self, routes: Routes) -> tuple[str, str]:
        """A route of a set that is not empty."""
        return next(self.pairs(routes))
