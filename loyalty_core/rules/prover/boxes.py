"""Boxes: cases of which each attribute has a value of one set; regions: several boxes. Met, and taken from each other.

A condition of the programme language is a region, nearly always of one box; what it doesn't speak of is any value.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

BOXES_MAX = 20_000
"""A question that needs more boxes at once is given up, and said to be undecided."""

Box = Mapping[str, Any]
"""Attribute → ``prover.sets.Values``; an attribute that is left out has any value. No set in a box is empty."""
Region = tuple[Box, ...]

EVERYTHING: Region = ({},)
NOTHING: Region = ()


class TooManyBoxes(ValueError):
    """A question that can't be decided within BOXES_MAX."""


def met(one: Box, other: Box) -> Box | None:
    """Cases in both boxes; None where there are none."""
    if len(one) < len(other):
        one, other = other, one
    found = dict(one)
    for name, values in other.items():
        mine = found.get(name)
        if mine is not None:
            values = mine.meet(values)
            if values.is_empty():
                return None
        found[name] = values
    return found


def meet(one: Region, other: Region) -> Region:
    """Cases in both regions."""
    return _counted(both for a in one for b in other if (both := met(a, b)) is not None)


def minus(region: Region, other: Region) -> Region:
    """The cases of a region that are not in the other; of disjoint boxes come disjoint boxes."""
    for taken in other:
        region = _counted(rest for box in region for rest in _without(box, taken))
    return region


def _without(box: Box, other: Box) -> Iterator[Box]:
    common = met(box, other)
    if common is None:
        yield box
        return
    rest = dict(box)
    for name, values in other.items():
        mine = rest.get(name)
        outside = (values.whole() if mine is None else mine).minus(values)
        if not outside.is_empty():
            yield {**rest, name: outside}
        rest[name] = common[name]


def _counted(boxes: Iterable[Box]) -> Region:
    found: list[Box] = []
    for box in boxes:
        if len(found) == BOXES_MAX:
            raise TooManyBoxes(f"needs more than {BOXES_MAX} boxes")
        found.append(box)
    return tuple(found)
