"""Telegrams written from their trees, by the grammars that read them.

``render`` gives a whole list as one telegram, ``list_telegrams`` the telegrams to be sent, in as many parts as it
takes. What was written is read again before it is given away: a tree that no line can carry, or whose
lines would be read as something else, is refused with the place. So for every tree that comes out of here,
reading what was written gives that tree again.

The other way round, a telegram that was read and written again may differ in this, and in nothing else:

* addresses, priority, double signature, PDM and network framing: a tree has no place for them;
* blanks around lines, blank lines, leading zeros of numbers and counts; several elements on one line get a
  line each;
* the flight number has at least three digits, the date no year, and there is one part;
* a part of a group that came later (in another part of the telegram) stands with the group, and a totals line
  is not repeated, with the highest count that any of them had, except between two passengers of one name;
* a party of several names gets a name line for each, and what was said of all of them stands below each;
  what was said of one of them (``-1SURNAME/NAME``) stands below that one, without the name;
* extra seats stand behind the given names, and several given names of one passenger are joined by blanks;
* where a kind of line has several forms, it gets the first that can carry it: ``FQTV UT 1/GOLD`` for
  ``-GOLD``, blanks and action codes as a DCS writes them, ``TKNA`` for a ticket without coupon, ``1INF`` for
  ``INFT``, and Cyrillic letters in numbers of cards and tickets as the Latin ones that they look like;
* the first marketing flight stands directly below its name;
* what never enters a tree is gone: lines and names that were reported as unreadable, texts of remarks whose
  kind alone is kept, passports and documents, availability and transit blocks, free text at the end.
"""

from collections.abc import Sequence
from datetime import date, datetime

from lxml import etree

from adapter.documents.teletype_blocks import BlockWriter, values_of
from adapter.documents.teletype_reader import BodyReader
from adapter.documents.teletype_rules import Grammar
from adapter.documents.teletype_tree import Node, grow
from adapter.errors import Problem, TelegramError
from adapter.wire.typeb import Limits
from adapter.wire.typeb_dates import MONTHS
from adapter.wire.typeb_egress import Block, Heading, Sizes, creation_token, fold, write_list

HEADING, ASSOCIATION = "flight", "association"
_MONTH_WORDS = {number: word for word, number in reversed(MONTHS.items())}  # English ones come first there


def render(tree: etree._Element, grammar: Grammar) -> str:
    """A list as one telegram without addresses, lines ending in LF. Raises TelegramError.

    A tree without originator gets no origin line: its copy of a telegram doesn't tell when it was made.
    """
    lines = []
    if originator := tree.get("originator"):
        created = datetime.fromisoformat(tree.get("created", ""))
        lines.append(f".{originator} {creation_token(created)}")
    if tree.get("correction"):
        lines.append("COR")
    lines += [grammar.kind, f"{flight_line(tree)} PART1"]
    for block in list_blocks(tree, grammar):
        for line in block.lines:
            lines += fold(line)
    lines.append(f"END{grammar.kind}")
    return "".join(f"{line}\n" for line in lines)


def list_telegrams(
    tree: etree._Element,
    grammar: Grammar,
    addresses: tuple[str, ...],
    *,
    priority: str = "",
    double_signature: str = "",
    possible_duplicate: bool = False,
    sizes: Sizes | None = None,
    line_end: str = "\r\n",
) -> tuple[str, ...]:
    """A list as the telegrams to be sent, from its own originator and time. Raises TelegramError."""
    heading = Heading(
        addresses=addresses,
        originator=tree.get("originator", ""),
        created=datetime.fromisoformat(tree.get("created", "")),
        priority=priority,
        double_signature=double_signature,
        possible_duplicate=possible_duplicate,
        correction=tree.get("correction") is not None,
    )
    blocks = list_blocks(tree, grammar)
    # The number that associates the parts of a list stands in each of them.
    each_part = blocks[0].lines if len(tree) > 1 and tree[1].tag == ASSOCIATION else ()
    return write_list(
        heading,
        grammar.kind,
        flight_line(tree),
        blocks[bool(each_part) :],
        each_part=each_part,
        sizes=sizes,
        line_end=line_end,
    )


def flight_line(tree: etree._Element) -> str:
    """The flight line of a list, without PARTn."""
    flight, on = _flight(tree)
    number = flight.get("number", "").zfill(3) + flight.get("suffix", "")
    return f"{flight.get('carrier')}{number}/{on.day:02}{_MONTH_WORDS[on.month]} {flight.get('board')}"


def _flight(tree: etree._Element) -> tuple[etree._Element, date]:
    flight = tree.find(HEADING)
    if flight is None:
        raise TelegramError([Problem("flight_line_missing", "a list without flight")], str(tree.tag))
    return flight, date.fromisoformat(flight.get("date", ""))


def list_blocks(tree: etree._Element, grammar: Grammar) -> tuple[Block, ...]:
    """The body of a list in blocks, one for each passenger. Raises TelegramError."""
    children = [child for child in tree if child.tag != HEADING]
    writer = BlockWriter(grammar)
    writer.write(children)
    if writer.problems:
        raise TelegramError(writer.problems, grammar.kind)
    lines = [line for block in writer.blocks for line in block.lines]
    root = Node(1, str(tree.tag), {})
    body = BodyReader(grammar, root, _flight(tree)[1], Limits()).read(list(enumerate(lines, start=1)))
    if body.problems:
        raise TelegramError(body.problems, grammar.kind)
    # A line that is told of may have left all its text in the tree: then it is written as it was read.
    if (path := _difference(children, list(grow(root, escape=True)))) is not None:
        text = "what was written for it would be read as something else"
        problems = body.warnings if body.unread else [Problem("element_not_writable", text, path)]
        raise TelegramError(problems, grammar.kind)
    return tuple(writer.blocks)


def _difference(written: Sequence[etree._Element], read: Sequence[etree._Element]) -> str | None:
    """The path of the first element that came back otherwise, None where all are the same."""
    for element, other in zip(written, read, strict=False):
        if element.tag != other.tag or values_of(element) != values_of(other):
            return element.getroottree().getpath(element)
        if (below := _difference(list(element), list(other))) is not None:
            return below
    if len(written) != len(read):
        last = written[-1] if len(written) else None
        return last.getroottree().getpath(last) if last is not None else "."
    return None
