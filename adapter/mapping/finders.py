"""Closures that follow the paths of maps through a tree."""

from collections.abc import Callable, Iterator

from lxml import etree

from adapter.documents.xml import read_value

from .language import NodePath, Step

__all__ = ["Find", "FindAll", "finder", "finder_of_all", "itself", "through"]

_Element = etree._Element
Find = Callable[[_Element], _Element | None]
FindAll = Callable[[_Element], Iterator[_Element]]


def itself(element: _Element) -> _Element | None:
    return element


def through(outer: Find, inner: Find) -> Find:
    def find(element: _Element) -> _Element | None:
        found = outer(element)
        return None if found is None else inner(found)

    return find


def finder(path: NodePath, pick: str = "") -> Find:
    """A closure that finds the one element of a path, the first of several or with ``pick`` last the last."""
    if pick == "last":
        find_all = finder_of_all(path)

        def find_last(element: _Element) -> _Element | None:
            every = list(find_all(element))
            return every[-1] if every else None

        return find_last
    if path.ups == 0 and len(path.steps) == 1 and path.steps[0].condition is None:
        name = path.steps[0].name
        return lambda element: next(element.iterchildren(name), None)
    every = finder_of_all(path)
    return lambda element: next(every(element), None)


def finder_of_all(path: NodePath) -> FindAll:
    """A closure that finds all elements of a path in document order."""
    ups = path.ups
    find_all: FindAll = _alone
    for step in path.steps:
        find_all = _chain(find_all, step)
    if not ups:
        return find_all
    below = find_all

    def climb(element: _Element) -> Iterator[_Element]:
        here: _Element | None = element
        for _ in range(ups):
            here = here.getparent() if here is not None else None
        return iter(()) if here is None else below(here)

    return climb


def _alone(element: _Element) -> Iterator[_Element]:
    return iter((element,))


def _chain(before: FindAll, step: Step) -> FindAll:
    name, condition = step.name, step.condition

    def find_all(element: _Element) -> Iterator[_Element]:
        for parent in before(element):
            for child in parent.iterchildren(name):
                if (
                    condition is None
                    or (read_value(child, condition.attribute) == condition.value) != condition.negated
                ):
                    yield child

    return find_all
