"""Telegrams written from their trees, by the grammars that read them.

``render`` gives a whole list as one telegram, ``list_blocks`` its lines in the blocks that the wire codec makes
parts of. What was written is read again before it is given away: a tree that no line can carry, or whose
lines would be read as something else, is refused with the place. So for every tree that comes out of here,
reading what was written gives that tree again.

The other way round, a telegram that was read and written again may differ in this, and in nothing else:

* addresses, priority, double signature, PDM, COR and network framing: a tree has no place for them;
* blanks around lines, blank lines, leading zeros of numbers and counts; several elements on one line get a
  line each;
* the flight number has at least three digits, the date no year, and there is one part;
* a part of a group that came later (in another part of the telegram) stands with the group, and a totals line
  is not repeated, with the highest count that any of them had;
* a party of several names gets a name line for each, and what was said of all of them stands below each;
  what was said of one of them (``-1SURNAME/NAME``) stands below that one, without the name;
* extra seats are counted and not named; several given names of one passenger are joined by blanks;
* where a kind of line has several forms, it gets the first that can carry it: ``FQTV UT 1/GOLD`` for ``-GOLD``, blanks
  and action codes as a DCS writes them, ``TKNA`` for a ticket without coupon, ``1INF`` for ``INFT``, and Cyrillic
  letters in numbers of cards and tickets as the Latin ones that they look like;
* the first marketing flight stands directly below its name;
* what never enters a tree is gone: lines that were reported as unreadable, texts of remarks whose kind alone is
  kept, passports and documents, availability and transit blocks, free text at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from adapter.documents.teletype_reader import BodyReader
from adapter.documents.teletype_rules import Grammar, Rule
from adapter.documents.teletype_tree import Node, grow
from adapter.errors import Problem, TelegramError
from adapter.wire.typeb_dates import MONTHS
from adapter.wire.typeb_egress import Block, creation_token, fold
from adapter.wire.typeb_lines import BLANKS

HEADING = "flight"
PROBLEMS_MAX = 100
_MONTH_WORDS = {number: word for word, number in reversed(MONTHS.items())}  # English ones come first there


def render(tree: etree._Element, grammar: Grammar) -> str:
    """A list as one telegram without addresses, lines ending in LF. Raises TelegramError.

    A tree without originator gets no origin line: its copy of a telegram doesn't tell when it was made.
    """
    lines = []
    if originator := tree.get("originator"):
        created = datetime.fromisoformat(tree.get("created", ""))
        lines.append(f".{originator} {creation_token(created)}")
    lines += [grammar.kind, f"{flight_line(tree)} PART1"]
    for block in list_blocks(tree, grammar):
        for line in block.lines:
            lines += fold(line)
    lines.append(f"END{grammar.kind}")
    return "".join(f"{line}\n" for line in lines)


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
    writer = _Writer(grammar)
    writer.write(children)
    if writer.problems:
        raise TelegramError(writer.problems, grammar.kind)
    root = Node(1, str(tree.tag), {})
    lines = [line for block in writer.blocks for line in block.lines]
    body = BodyReader(grammar, root, _flight(tree)[1], PROBLEMS_MAX).read(list(enumerate(lines, start=1)))
    if body.problems or body.unread:
        raise TelegramError(body.problems or body.warnings, grammar.kind)
    if (path := _difference(children, list(grow(root, escape=True)))) is not None:
        text = "what was written for it would be read as something else"
        raise TelegramError([Problem("element_not_writable", text, path)], grammar.kind)
    return tuple(writer.blocks)


def _difference(written: Sequence[etree._Element], read: Sequence[etree._Element]) -> str | None:
    """The path of the first element that came back otherwise, None where all are the same."""
    for element, other in zip(written, read, strict=False):
        if element.tag != other.tag or element.attrib != other.attrib:
            return element.getroottree().getpath(element)
        if (below := _difference(list(element), list(other))) is not None:
            return below
    if len(written) != len(read):
        last = written[-1] if len(written) else None
        return last.getroottree().getpath(last) if last is not None else "."
    return None


@dataclass(slots=True)
class _Open:
    """A line that the next passengers stand under. ``repeated`` tells whether it may be said again in a new
    part, ``written`` whether it stands in a block already.
    """

    line: str
    repeated: bool
    written: bool = False


class _Writer:
    """Writes the body of one list. ``above`` are the lines now open, outermost first."""

    def __init__(self, grammar: Grammar) -> None:
        self.problems: list[Problem] = []
        self.blocks: list[Block] = []
        self.above: list[_Open] = []
        self.marks: dict[str, str] = {}
        self.rules: dict[str, list[tuple[str, Rule]]] = {}
        self.mark_lines: list[tuple[dict[str, str], str]] = []
        self.blocked: dict[str, str] = {}
        for prefix, rule in _rules(grammar):
            if rule.marks and rule.writes:
                self.mark_lines.append((dict(rule.marks), rule.writes[0].fill({}) or ""))
            if rule.blocked:
                self.blocked = {"surname": rule.blocked, "given": max(rule.extra_seats, default="")}
                self.rules["blocked"] = [(prefix, rule)]
            if rule.element and rule.writes:
                self.rules.setdefault(rule.element, []).append((prefix, rule))
        self.mark_names = {name for marks, _ in self.mark_lines for name in marks}

    def write(self, children: Sequence[etree._Element]) -> None:
        start, marks = self.marked_tail(children)
        for position, child in enumerate(children):
            if position == start:
                self.above.append(_Open(self.mark_line(marks, child), repeated=False))
                self.marks = marks
            self.element(child)

    def marked_tail(self, children: Sequence[etree._Element]) -> tuple[int, dict[str, str]]:
        """Where the groups begin that up to the end of the list hold only passengers with the same marks, and
        count them: passengers marked further down in their group are not in its total.
        """
        start, marks = len(children), dict[str, str]()
        for position in reversed(range(len(children))):
            group = children[position]
            found = [_values(person, self.mark_names) for person in group.iter(*self.persons())]
            rule = self.rules[str(group.tag)][0][1] if group.tag in self.rules else None
            total = sum(int(group.get(name, "0")) for name in (rule.total, rule.spare) if name) if rule else 0
            if len(found) > total or any(not each or each != (marks or found[0]) for each in found):
                break
            if found:
                start, marks = position, found[0]
        return start, marks

    def persons(self) -> list[str]:
        return [name for name, rules in self.rules.items() if rules[0][1].persons and name != "blocked"]

    def mark_line(self, marks: dict[str, str], element: etree._Element) -> str:
        for known, line in self.mark_lines:
            if known == marks:
                return line
        self.complain(element)
        return ""

    def complain(self, element: etree._Element) -> None:
        text = f"no line of this kind of list can carry this {element.tag}"
        self.problems.append(Problem("element_not_writable", text, element.getroottree().getpath(element)))

    def element(self, element: etree._Element) -> None:
        """One element of the list or of a group, with all that is below it."""
        rules = self.rules.get(str(element.tag), ())
        if rules and rules[0][1].persons:
            self.mark(element)
            self.block([self.line(element), *(self.line(child) for child in element)])
        elif rules and rules[0][1].opens:
            depth, marks = len(self.above), self.marks
            self.above.append(_Open(self.line(element), repeated=bool(rules[0][1].continues)))
            for child in element:
                self.element(child)
            if not all(line.written for line in self.above[depth:]):
                self.block([])
            del self.above[depth:]
            self.marks = marks
        else:
            self.block([self.line(element)])

    def mark(self, element: etree._Element) -> None:
        """Says what the next passengers have in common, where it differs from what was said last: with a line
        of its own, or, where nothing marks them, with the group's line once more.
        """
        marks = _values(element, self.mark_names)
        if marks == self.marks or element.tag == "blocked":
            return
        group = next((depth for depth, line in enumerate(self.above) if line.repeated), 0)
        del self.above[group + 1 :]
        if marks:
            self.above.append(_Open(self.mark_line(marks, element), repeated=True))
        else:
            self.above[group].written = False
        self.marks = marks

    def block(self, lines: list[str]) -> None:
        under = tuple(line.line for line in self.above if line.written and line.repeated)
        new = [line for line in self.above if not line.written]
        for line in new:
            line.written = True
        self.blocks.append(Block((*(line.line for line in new), *lines), under))

    def line(self, element: etree._Element) -> str:
        """The first line that reads back as this element."""
        attributes = _values(element, {str(name) for name in element.attrib} - self.mark_names)
        if element.tag == "blocked":
            attributes |= self.blocked
        for prefix, rule in self.rules.get(str(element.tag), ()):
            for template in rule.writes:
                text = template.fill(attributes)
                if text is not None and _reads_as(rule, text, attributes):
                    return prefix + text
        self.complain(element)
        return ""


def _values(element: etree._Element, names: Iterable[str]) -> dict[str, str]:
    return {name: str(element.attrib[name]) for name in names if name in element.attrib}


def _reads_as(rule: Rule, text: str, attributes: dict[str, str]) -> bool:
    for form in rule.forms:
        if match := form.pattern.fullmatch(text):
            values = {name: value.strip(BLANKS) for name, value in match.groupdict().items() if value}
            values.update(form.extra)
            resolved = {rule.day_from, rule.day_to}
            return {name: value for name, value in values.items() if name not in resolved} == {
                name: value for name, value in attributes.items() if name not in resolved
            }
    return False


def _rules(grammar: Grammar) -> Iterable[tuple[str, Rule]]:
    """Every kind of line with what stands before its text, in the order in which they are tried."""
    for rules in grammar.starts.values():
        yield from (("", rule) for rule in dict.fromkeys(rule for _, rule in rules))
    for prefix, rule in grammar.elements.items():
        if rule.words:
            yield from ((prefix, remark) for remark in grammar.remarks.values())
            if grammar.otherwise:
                yield prefix, grammar.otherwise
        else:
            yield "", rule
