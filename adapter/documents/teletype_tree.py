"""The tree of a telegram while it is being read, and its way into lxml.

Elements made one by one cost a dozen times what libxml2's own parser costs, so the tree is grown as plain
values, written as XML once and parsed once. Line breaks inside the tags put every element on the line it came
from, so that ``sourceline`` holds without being set. libxml2 can't count beyond 65,535: an element from a
later line has the attribute ``line`` instead, and no ``sourceline``.
"""

import re

from lxml import etree

from adapter.documents.xml import parse_own

LINES_COUNTED_MAX = 65534
"""The last line that libxml2 can remember of an element."""

Leaf = tuple[int, str, dict[str, str] | str]
"""An element without children: its line, its name, its attributes as a table, or as they stand in XML."""

_TO_ESCAPE = re.compile('[&<"]')


class Node:
    """An element that has children, or may get some: leaves, and nodes."""

    __slots__ = ("attributes", "children", "line", "tag")

    def __init__(self, line: int, tag: str, attributes: dict[str, str]) -> None:
        self.line, self.tag, self.attributes = line, tag, attributes
        self.children: list[Leaf | Node] = []


def grow(root: Node, *, escape: bool) -> etree._Element:
    """The finished tree. Values hold no control characters, the patterns of the grammars see to that;
    ``escape`` tells that some may hold characters that mean something in XML.
    """
    parts: list[str] = []
    lines: list[int] = []
    late = False
    at = 1

    def opening(line: int, tag: str, attributes: dict[str, str] | str) -> str:
        # An element gets its line by line breaks before it; one that stands behind later lines is put right after.
        nonlocal at, late
        lines.append(line)
        if not isinstance(attributes, str):
            if escape:
                attributes = {name: _escaped(value) for name, value in attributes.items()}
            attributes = "".join([f' {name}="{value}"' for name, value in attributes.items()])
        if line == at:
            return tag + attributes
        if line > LINES_COUNTED_MAX:
            late = True
            return f'{tag}{attributes} line="{line}"'
        if line > at:
            breaks = "\n" * (line - at)
            at = line
            return f"{tag}{breaks}{attributes}"
        late = True
        return tag + attributes

    def write(node: Node) -> None:
        parts.append(f"<{opening(node.line, node.tag, node.attributes)}>")
        for child in node.children:
            if isinstance(child, tuple):
                parts.append(f"<{opening(*child)}/>")
            else:
                write(child)
        parts.append(f"</{node.tag}>")

    write(root)
    tree = parse_own("".join(parts))
    if late:
        for element, line in zip(tree.iter("*"), lines, strict=True):
            # The stubs have a placeholder for the type of sourceline.
            element.sourceline = line if line <= LINES_COUNTED_MAX else 0  # type: ignore[assignment]
    return tree


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(lambda match: f"&#{ord(match[0])};", value)

