"""The tree of a telegram while it is being read, and its way into lxml.

Elements made one by one cost a dozen times what libxml2's own parser costs, so the tree is grown as plain
values, written as XML once and parsed once. Line breaks inside the tags put every element on the line it came
from, so that ``sourceline`` holds without being set. libxml2 can't count beyond 65,535: an element from a
later line has the attribute ``line`` instead, and no ``sourceline``.
"""

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from adapter.documents.xml import parse_own

LINES_COUNTED_MAX = 65534
"""The last line that libxml2 can remember of an element."""

Leaf = tuple[int, str, dict[str, str] | str]
"""An element without children: its line, its name, its attributes as a table, or, where none has to be escaped, as they
stand in XML."""

_TO_ESCAPE = re.compile('[&<"]')
_WRITTEN = re.compile(r' ([a-z_]+)="([^"]*)"')


class Node:
    """An element that has children, or may get some: leaves, and nodes. Its attributes are given as a table, or, where
    none has to be escaped, as they stand in XML; ``given`` is what they still are, a table once somebody asks for it.
    """

    __slots__ = ("children", "given", "line", "tag")

    def __init__(self, line: int, tag: str, attributes: dict[str, str] | str) -> None:
        self.line, self.tag, self.given = line, tag, attributes
        self.children: list[Leaf | Node] = []

    @property
    def attributes(self) -> dict[str, str]:
        """The table of attributes, to be read and changed."""
        if isinstance(self.given, str):
            self.given = _table(self.given)
        return self.given


def attributes_of(leaf: Leaf) -> Mapping[str, str]:
    """The attributes of an element without children, to be read."""
    return _table(leaf[2]) if isinstance(leaf[2], str) else leaf[2]


def _table(written: str) -> dict[str, str]:
    return dict(_WRITTEN.findall(written))


def grow(root: Node, *, escape: bool) -> etree._Element:
    """The finished tree. Values hold no control characters, the patterns of the grammars see to that;
    ``escape`` tells that some may hold characters that mean something in XML.
    """
    parts: list[str] = []
    late = False
    at = 1

    def opening(line: int, attributes: dict[str, str] | str) -> str:
        # An element gets its line by line breaks before it; one that stands behind later lines is put right after.
        nonlocal at, late
        if not isinstance(attributes, str):
            if escape:
                attributes = {name: _escaped(value) for name, value in attributes.items()}
            attributes = "".join([f' {name}="{value}"' for name, value in attributes.items()])
        if line == at:
            return attributes
        if line > LINES_COUNTED_MAX:
            late = True
            return f'{attributes} line="{line}"'
        if line > at:
            breaks = "\n" * (line - at)
            at = line
            return breaks + attributes
        late = True
        return attributes

    def write(node: Node) -> None:
        nonlocal at
        parts.append(f"<{node.tag}{opening(node.line, node.given)}>")
        for child in node.children:
            if not isinstance(child, tuple):
                write(child)
                continue
            line, tag, attributes = child
            if line == at + 1 and line <= LINES_COUNTED_MAX and isinstance(attributes, str):
                at = line
                parts.append(f"<{tag}\n{attributes}/>")
            else:
                parts.append(f"<{tag}{opening(line, attributes)}/>")
        parts.append(f"</{node.tag}>")

    write(root)
    tree = parse_own("".join(parts))
    if late:
        for element, line in zip(tree.iter("*"), _lines(root), strict=True):
            # The stubs have a placeholder for the type of sourceline.
            element.sourceline = line if line <= LINES_COUNTED_MAX else 0  # type: ignore[assignment]
    return tree


def _lines(node: Node) -> Iterator[int]:
    """The lines of a node and all below it, in the order of the document."""
    yield node.line
    for child in node.children:
        if isinstance(child, tuple):
            yield child[0]
        else:
            yield from _lines(child)


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(lambda match: f"&#{ord(match[0])};", value)
