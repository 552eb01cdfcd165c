"""Sets of short texts, exactly: deterministic automata for prefixes, suffixes, contained texts and letters at places.

A fare basis has up to 15 characters of A-Z, 0-9 and the slash, a ticket number up to 14 digits. Whatever conditions and
their negations ask of one text together is decided here without trying texts out, and ``pick`` gives one that fits.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/"
"""What texts consist of, in the order in which ``pick`` prefers it."""
LENGTH_MAX = 15
STATES_MAX = 4_000
"""An automaton that would become larger is given up."""

Row = tuple[int, tuple[tuple[str, int], ...]]
"""Where a state leads: by any other letter, and by the letters named (sorted, none leading where the others do)."""


class TooManyStates(ValueError):
    """Patterns that can't be decided within STATES_MAX."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A set of texts: an automaton that begins in state 0; a text of the set ends in one of ``accepts``."""

    rows: tuple[Row, ...]
    accepts: frozenset[int]

    def meet(self, other: "Texts") -> "Texts":
        """Texts of both."""
        return _combined(self, other, "meet")

    def minus(self, other: "Texts") -> "Texts":
        """Texts of this one only."""
        return _combined(self, other, "minus")

    def join(self, other: "Texts") -> "Texts":
        """Texts of either."""
        return _combined(self, other, "join")

    def is_empty(self) -> bool:
        return self.pick() is None

    def whole(self) -> "Texts":
        return ANY

    def pick(self) -> str | None:
        """A shortest text of the set, the first in the order of LETTERS; None where no text of LENGTH_MAX fits."""
        return _shortest(self)

    def has(self, text: str) -> bool:
        state = 0
        for letter in text:
            rest, named = self.rows[state]
            state = dict(named).get(letter, rest)
        return state in self.accepts


ANY = Texts(((0, ()),), frozenset({0}))
NONE = Texts(((0, ()),), frozenset())


@lru_cache(maxsize=4096)
def starting(prefix: str) -> Texts:
    """Texts that begin so."""
    end, sink = len(prefix), len(prefix) + 1
    rows = [_row(sink, {letter: place + 1}) for place, letter in enumerate(prefix)]
    return Texts((*rows, (end, ()), (sink, ())), frozenset({end}))


@lru_cache(maxsize=4096)
def ending(suffix: str) -> Texts:
    """Texts that end so before their first slash, behind which only a ticket designator stands."""
    if "/" in suffix:
        return NONE
    end = len(suffix)
    through, sink = end + 1, end + 2
    rows = []
    for state in range(end + 1):
        rest, named = _found(suffix, state)
        rows.append(_row(rest, {**dict(named), "/": through if state == end else sink}))
    return Texts((*rows, (through, ()), (sink, ())), frozenset({end, through}))


@lru_cache(maxsize=4096)
def containing(part: str) -> Texts:
    """Texts in which it occurs."""
    end = len(part)
    return Texts((*(_found(part, state) for state in range(end)), (end, ())), frozenset({end}))


@lru_cache(maxsize=4096)
def lettered(place: int, letters: frozenset[str]) -> Texts:
    """Texts whose letter at ``place`` (from 1) is one of these."""
    end, sink = place, place + 1
    rows: list[Row] = [(state + 1, ()) for state in range(place - 1)]
    rows.append(_row(sink, dict.fromkeys(letters, end)))
    return Texts((*rows, (end, ()), (sink, ())), frozenset({end}))


def any_of(sets: Iterable[Texts]) -> Texts:
    """Texts of at least one of the sets."""
    found = NONE
    for each in sets:
        found = found.join(each)
    return found


def _row(rest: int, named: dict[str, int]) -> Row:
    return rest, tuple(sorted((letter, state) for letter, state in named.items() if state != rest))


def _found(part: str, state: int) -> Row:
    """Where a text leads that so far ends with ``state`` letters of ``part``: with how many it ends then."""
    named = {}
    for letter in sorted(set(part)):
        seen = part[:state] + letter
        length = min(len(seen), len(part))
        while length and seen[-length:] != part[:length]:
            length -= 1
        if length:
            named[letter] = length
    return _row(0, named)


_WANTED: dict[str, Callable[[bool, bool], bool]] = {
    "meet": lambda one, other: one and other,
    "minus": lambda one, other: one and not other,
    "join": lambda one, other: one or other,
}


@lru_cache(maxsize=65_536)
def _combined(one: Texts, other: Texts, how: str) -> Texts:
    numbers = {(0, 0): 0}
    waiting = deque(numbers)
    rows: list[Row] = []
    while waiting:
        left, right = waiting.popleft()
        (left_rest, left_named), (right_rest, right_named) = one.rows[left], other.rows[right]
        lefts, rights = dict(left_named), dict(right_named)
        targets = {
            letter: (lefts.get(letter, left_rest), rights.get(letter, right_rest))
            for letter in lefts | rights
        }
        for pair in ((left_rest, right_rest), *targets.values()):
            if pair not in numbers:
                if len(numbers) == STATES_MAX:
                    raise TooManyStates(f"patterns of texts need more than {STATES_MAX} states")
                numbers[pair] = len(numbers)
                waiting.append(pair)
        rows.append(
            _row(numbers[left_rest, right_rest], {letter: numbers[pair] for letter, pair in targets.items()})
        )
    wanted = _WANTED[how]
    accepts = {number for (a, b), number in numbers.items() if wanted(a in one.accepts, b in other.accepts)}
    return _smallest(rows, accepts)


def _smallest(rows: list[Row], accepts: set[int]) -> Texts:
    """The same set with states that mean the same made one."""
    part = [int(state in accepts) for state in range(len(rows))]
    count = len(set(part))
    while True:
        kinds: dict[tuple[int, Row], int] = {}
        finer = []
        for state, (rest, named) in enumerate(rows):
            row = _row(part[rest], {letter: part[target] for letter, target in named})
            finer.append(kinds.setdefault((part[state], row), len(kinds)))
        part = finer
        if len(kinds) == count:
            break
        count = len(kinds)
    # State 0 comes first, so it is part 0.
    smaller: dict[int, Row] = {}
    for state, (rest, named) in enumerate(rows):
        smaller.setdefault(part[state], _row(part[rest], {letter: part[target] for letter, target in named}))
    return Texts(
        tuple(smaller[number] for number in range(len(smaller))), frozenset(part[state] for state in accepts)
    )


@lru_cache(maxsize=65_536)
def _shortest(texts: Texts) -> str | None:
    reached = {0: ""}
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        text = reached[state]
        if state in texts.accepts:
            return text
        if len(text) == LENGTH_MAX:
            continue
        rest, named = texts.rows[state]
        leads = dict(named)
        for letter in LETTERS:
            target = leads.get(letter, rest)
            if target not in reached:
                reached[target] = text + letter
                waiting.append(target)
    return None
