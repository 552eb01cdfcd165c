"""A choice among many: the first entry whose condition holds, by priority and then by order, found by table.

Trying every row of a chart would make large programmes slow. So entries are put into tables by the words that tell most
of them apart (class, fare, route, …), level by level, and only what is left is tested.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from .case import Case
from .conditions import Condition
from .words import KEYS, Test

T = TypeVar("T")

FEW = 3
"""So many entries are tested one by one."""

_Leaf = tuple[tuple[Test | None, T], ...]


class _Table(Generic[T]):
    __slots__ = ("key", "nodes", "rest")

    def __init__(
        self,
        key: Callable[[Case], Any],
        nodes: "dict[Any, _Table[T] | _Leaf[T]]",
        rest: "_Table[T] | _Leaf[T]",
    ) -> None:
        self.key, self.nodes, self.rest = key, nodes, rest


class Choice(Generic[T]):
    """Made once from (priority, condition, item)."""

    __slots__ = ("_root", "items")

    def __init__(self, entries: Sequence[tuple[int, Condition, T]]) -> None:
        in_order = sorted(entries, key=lambda entry: -entry[0])
        self.items: tuple[T, ...] = tuple(item for _, _, item in entries)
        builder = _Builder([(condition, item) for _, condition, item in in_order])
        self._root: _Table[T] | _Leaf[T] = builder.node(tuple(range(len(in_order))), frozenset())

    def __bool__(self) -> bool:
        return bool(self.items)

    def pick(self, case: Case) -> T | None:
        """The item for this case, None where no condition holds."""
        node = self._root
        while isinstance(node, _Table):
            node = node.nodes.get(node.key(case), node.rest)
        for test, item in node:
            if test is None or test(case):
                return item
        return None


class _Builder(Generic[T]):
    """Makes tables of entries, which are called by their numbers. Groups of the same entries are made once: all routes
    between two zones lead to one table."""

    def __init__(self, entries: Sequence[tuple[Condition, T]]) -> None:
        self._entries = entries
        self._nodes: dict[tuple[tuple[int, ...], frozenset[str]], _Table[T] | _Leaf[T]] = {}
        self._tests: dict[tuple[int, frozenset[str]], Test | None] = {}

    def node(self, numbers: tuple[int, ...], done: frozenset[str]) -> "_Table[T] | _Leaf[T]":
        """What finds one of these entries where the words that are ``done`` were looked up already."""
        key = numbers, done
        if key not in self._nodes:
            word = self._word(numbers, done) if len(numbers) > FEW else ""
            self._nodes[key] = self._table(word, numbers, done) if word else self._leaf(numbers, done)
        return self._nodes[key]

    def _leaf(self, numbers: tuple[int, ...], done: frozenset[str]) -> "_Leaf[T]":
        return tuple((self._test(number, done), self._entries[number][1]) for number in numbers)

    def _test(self, number: int, done: frozenset[str]) -> Test | None:
        condition = self._entries[number][0]
        # A word is looked up only for entries that have its values; the others are still to be tested by it.
        key = number, frozenset(done & condition.values.keys())
        if key not in self._tests:
            for word in key[1]:
                condition = condition.without(word)
            self._tests[key] = condition.test()
        return self._tests[key]

    def _word(self, numbers: tuple[int, ...], done: frozenset[str]) -> str:
        """The word whose values take the largest part of the entries out of the way, "" for none."""
        best, smallest = "", len(numbers)
        for word in KEYS:
            if word in done:
                continue
            using = [values for number in numbers if (values := self._values(number, word)) is not None]
            if len(using) * 2 < len(numbers):
                continue
            counts: dict[Any, int] = {}
            for values in using:
                for value in values:
                    counts[value] = counts.get(value, 0) + 1
            largest = max(counts.values(), default=0) + len(numbers) - len(using)
            if len(counts) > 1 and largest < smallest:
                best, smallest = word, largest
        return best

    def _values(self, number: int, word: str) -> frozenset[Any] | None:
        return self._entries[number][0].values.get(word)

    def _table(self, word: str, numbers: tuple[int, ...], done: frozenset[str]) -> _Table[T]:
        groups: dict[Any, list[int]] = {}
        rest: list[int] = []
        for number in numbers:
            wanted = self._values(number, word)
            if wanted is None:
                for group in groups.values():
                    group.append(number)
                rest.append(number)
                continue
            for value in wanted:
                if value not in groups:
                    groups[value] = list(rest)
                groups[value].append(number)
        after = done | {word}
        nodes = {value: self.node(tuple(group), after) for value, group in groups.items()}
        return _Table(KEYS[word], nodes, self.node(tuple(rest), after))
