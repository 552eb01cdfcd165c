"""The lines of a body one after the other: the usual ones read the short way, all others by the ``BodyReader``.

Nearly all lines of a list are names of one passenger, and elements that become what their pattern captures. Those are
read here, without the questions that only other lines make necessary; wherever anything is out of the ordinary, the
line goes the long way, which knows everything. Both ways lead to the same tree.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapter.documents.teletype_rules import ELEMENT, WORD, Rule
from adapter.documents.teletype_tree import Leaf, Node

if TYPE_CHECKING:
    from adapter.documents.teletype_reader import BodyReader

END = (0, "-")
"""Stands behind the last line: nothing that could go on with it."""

HEADS = frozenset("-123456789")
"""How names and totals begin: they don't go on with the line before them either."""


def read_lines(reader: "BodyReader", numbered: Sequence[tuple[int, str]]) -> int:
    """Reads all lines; gives how many of them are not blank."""
    grammar, found, long_way = reader.grammar, reader.found, reader.line
    usual, name, apart = grammar.usual, grammar.usual_name, grammar.apart
    if reader.damaged:
        usual, name = {}, None
    count = 0
    lone: list[Leaf | Node] | None = None  # the children of a passenger whose lines can be read the short way
    for (number, line), (_, following) in zip(numbered, [*numbered[1:], END], strict=False):
        if line[:1] != ".":
            if name is not None and line[:1] == "1" and usual_name(reader, name, number, line):
                lone = reader.party[0].children
                count += 1
                continue
        elif lone is not None:
            kind = usual.get(line[:ELEMENT]) or usual.get(line[:WORD])
            if (
                kind is not None
                and not (kind.latin and not line.isascii())
                and not (kind.waits and following[:ELEMENT] not in apart and following[:1] not in HEADS)
            ):
                text = line[kind.begin :]
                attributes, is_free = "", False
                for short, free in kind.forms:
                    match = short.fullmatch(text)
                    if match is not None:
                        if not short.dots or line.find(".", 1) < 0:
                            attributes, is_free = short.attributes(match), free
                        break
                if attributes:
                    count += 1
                    if is_free and not found.free(reader, text, number, kind.begin + 1):
                        lone = None
                    else:
                        lone.append((number, kind.tag, attributes))
                    continue
        count += long_way(number, line)
        plain = reader.pending is None and reader.block is None and not reader.to_end
        lone = reader.party[0].children if plain and len(reader.party) == 1 else None
    return count


def usual_name(reader: "BodyReader", rule: Rule, number: int, line: str) -> bool:
    """Reads the name of one passenger on one seat; False where that has to be done the long way."""
    section, before = reader.section, reader.named
    if (
        section is None
        or reader.pending is not None
        or reader.block is not None
        or reader.to_end
        or reader.marks
        or (before == ("", "") and reader.party)
        or reader.found.bad[0] == number - 1
        or "." in line
    ):
        return False
    short = rule.forms[0].short
    match = short.fullmatch(line) if short is not None else None
    if short is None or match is None:
        return False
    seats, surname, given, reference = match.group("seats", "surname", "given", "party")
    if (
        seats != "1"
        or given is None
        or "/" in given
        or given in rule.extra_seats
        or surname[0] == rule.blocked[:1]
        or len(surname) < 4
        or line[1:] in reader.grammar.literal_tails
        or before == (surname, given)
    ):
        return False
    attributes = short.attributes(match)
    if not attributes:
        return False
    person = Node(number, rule.element, attributes)
    section.node.children.append(person)
    reader.party, reader.lost, reader.marks_fresh = [person], False, False
    reader.named = (surname, given)
    if not (section.marked and section.announced):
        section.persons += 1
        section.seats += 1
    if reference is not None:
        reader.members.append(person)
    return True
