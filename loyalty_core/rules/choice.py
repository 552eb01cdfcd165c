"""A choice among many: the first entry whose condition holds, by priority and then by order, found by table.

Trying every row of a chart would make large programmes slow. So entries are put into tables by the words that tell most
of them apart (class, fare, route, …), level by level, and only what is left is tested.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from .case import Case
from .conditions import KEYS, Condition, Test

T = TypeVar("T")

FEW = 3
"""So many entries are tested one by one."""

_Entry = tuple[Condition, T]
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
        self._root: _Table[T] | _Leaf[T] = _node(
            [(condition, item) for _, condition, item in in_order], list(KEYS)
        )

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


def _node(entries: "list[_Entry[T]]", words: list[str]) -> "_Table[T] | _Leaf[T]":
    if len(entries) <= FEW or not words:
        return tuple((condition.test(), item) for condition, item in entries)
    # The word whose values take the largest part of the entries out of the way.
    sizes: dict[str, int] = {}
    for word in words:
        using = [condition.values[word] for condition, _ in entries if word in condition.values]
        different = set().union(*using) if using else set()
        if len(using) * 2 >= len(entries) and len(different) > 1:
            counts = dict.fromkeys(different, len(entries) - len(using))
            for values in using:
                for value in values:
                    counts[value] += 1
            sizes[word] = max(counts.values())
    word = min(sizes, key=lambda one: (sizes[one], words.index(one)), default="")
    if not word or sizes[word] >= len(entries):
        return tuple((condition.test(), item) for condition, item in entries)
    remaining = [one for one in words if one != word]
    groups: dict[Any, list[_Entry[T]]] = {}
    rest: list[_Entry[T]] = []
    for condition, item in entries:
        wanted = condition.values.get(word)
        if wanted is None:
            for group in groups.values():
                group.append((condition, item))
            rest.append((condition, item))
            continue
        for value in wanted:
            if value not in groups:
                groups[value] = list(rest)
            groups[value].append((condition.without(word), item))
    nodes = {value: _node(group, remaining) for value, group in groups.items()}
    return _Table(KEYS[word], nodes, _node(rest, remaining))
