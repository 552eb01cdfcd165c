"""Sections of a list while it is read: groups by destination and class, and what their totals announce.

Also here: what a lost line break leaves behind. A line whose text may be anything can hide the name of the
next passenger when the break between them is damaged, and all that follows would move to the passenger
before. Such lines are remembered per section and looked at once the section turns out to be short of names;
where totals say nothing (ADL), always.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from adapter.documents.teletype_rules import Grammar
from adapter.documents.teletype_tree import Node, attributes_of

_TITLE = re.compile(r"(?<=..)(?:MR|MRS|MS|MISS|MSTR|DR|CHD|INF)\Z")


class Doubt(NamedTuple):
    """A line that may hide a name; with ``is_name``, a name that a damaged element may only look like, and
    ``is_certain`` where it can hardly be anything else; ``names_other`` is a remark that names somebody who is
    not the one above it. ``party`` are the passengers that the line seems to speak about.
    """

    line: int
    column: int
    text: str
    party: tuple[Node, ...]
    is_name: bool = False
    is_certain: bool = False
    names_other: bool = False


class Section:
    """One group, or one category of a sales message: its node, its total, and how many names and seats it
    has shown so far. ``lost`` counts names that could not be read.
    """

    __slots__ = (
        "announced",
        "doubts",
        "key",
        "line",
        "lost",
        "marked",
        "node",
        "persons",
        "seats",
        "spare",
        "total",
    )

    def __init__(
        self,
        node: Node,
        key: tuple[str, ...],
        line: int,
        total: int,
        spare: int,
        *,
        marked: bool,
        announced: bool,
    ) -> None:
        self.node, self.key, self.line, self.total, self.spare = node, key, line, total, spare
        self.marked, self.announced = marked, announced
        self.persons = self.seats = self.lost = 0
        self.doubts: list[Doubt] = []

    def doubts_count(self, doubt: Doubt) -> bool:
        """Whether names are missing, so that a line may have hidden one; always where nothing was announced. A name
        that may be none was counted itself.
        """
        if not self.announced or doubt.is_certain:
            return True
        return self.persons + self.lost - (doubt.is_name and self.spare > 0) < self.total + self.spare


def names_somebody_else(doubt: Doubt, grammar: Grammar, *, strictly: bool) -> bool:
    """Whether a line of free text ends like the line of another passenger's name. ``strictly``: only like one
    with surname and given name.
    """
    pattern = grammar.breaks.name
    match = pattern.search(doubt.text) if pattern is not None else None
    if match is None or match.start() < 2:
        return False
    name = match[0].lstrip("0123456789")
    if strictly and "/" not in name:
        return False
    return not (
        doubt.text[match.start() - 1] == "-" and any(is_named(person, name) for person in doubt.party)
    )


def is_named(person: Node, name: str) -> bool:
    """Whether ``SURNAME/GIVEN`` means this passenger or an infant of theirs; given names may be cut
    short.
    """
    surname, _, given = name.partition("/")
    candidates: list[Mapping[str, str]] = [person.attributes]
    candidates += [
        attributes_of(child) for child in person.children if isinstance(child, tuple) and child[1] == "infant"
    ]
    return any(
        _closed(surname) == _closed(one.get("surname", ""))
        and _alike(_closed(given), _closed(one.get("given", "")))
        for one in candidates
    )


def _closed(name: str) -> str:
    """A name without blanks: IVAN MR is IVANMR."""
    return "".join(name.split())


def _plain(name: str) -> str:
    """The same without the title at its end."""
    return _TITLE.sub("", _closed(name))


def _alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def chosen(party: Iterable[Node], bound: str) -> list[Node]:
    """The members of a party that ``SURNAME/GIVEN/GIVEN`` names; none where one of them is not known."""
    surname, _, rest = re.sub(r"^[0-9]+", "", bound).partition("/")
    family = [one for one in party if _closed(one.attributes["surname"]) == _closed(surname)]
    wanted = [given for given in rest.split("/") if _closed(given)]
    found = [_named(family, given) for given in wanted]
    if not all(found):
        return []
    people = [person for person in family if any(person in some for some in found)]
    return people if len(people) >= len(wanted) else []


def _named(family: Sequence[Node], wanted: str) -> list[Node]:
    """Who of a family bears a given name: as it is written, else the only one without title, else the only one whose
    name was cut short here or there.
    """
    named = [(person, person.attributes["given"]) for person in family if person.attributes.get("given")]
    if exact := [person for person, given in named if _closed(given) == _closed(wanted)]:
        return exact
    plain = [person for person, given in named if _plain(given) == _plain(wanted)]
    found = plain or [person for person, given in named if _alike(_plain(given), _plain(wanted))]
    return found if len(found) == 1 else []
