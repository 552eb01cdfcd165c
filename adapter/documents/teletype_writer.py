"""Telegrams written from their trees, by the grammars that read them.

``render`` gives a whole list as one telegram, ``list_telegrams`` the telegrams to be sent, in as many parts as it
takes. What was written is read again before it is given away: a tree that no line can carry, or whose
lines would be read as something else, is refused with the place. So for every tree that comes out of here,
reading what was written gives that tree again.

The other way round, a telegram that was read and written again may differ in this, and in nothing else:

* addresses, priority, double signature, PDM, COR and network framing: a tree has no place for them;
* blanks around lines, blank lines, leading zeros of numbers and counts; several elements on one line get a
  line each;
* the flight number has at least three digits, the date no year, and there is one part;
* a part of a group that came later (in another part of the telegram) stands with the group, and a totals line
  is not repeated, with the highest count that any of them had, except between two passengers of one name;
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
from adapter.wire.typeb_egress import Block, Heading, Sizes, creation_token, fold, write_list
from adapter.wire.typeb_lines import BLANKS

HEADING, ASSOCIATION, BLOCKED = "flight", "association", "blocked"
READING = frozenset({"damaged", "lost", "line"})
"""Attributes that tell of the reading, not of what was read."""
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
    writer = _Writer(grammar)
    writer.write(children)
    if writer.problems:
        raise TelegramError(writer.problems, grammar.kind)
    lines = [line for block in writer.blocks for line in block.lines]
    root = Node(1, str(tree.tag), {})
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
        if element.tag != other.tag or _values(element) != _values(other):
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
    is_mark: bool = False
    written: bool = False


class _Writer:
    """Writes the body of one list. ``above`` are the lines now open, outermost first."""

    def __init__(self, grammar: Grammar) -> None:
        self.problems: list[Problem] = []
        self.blocks: list[Block] = []
        self.above: list[_Open] = []
        self.marks: dict[str, str] = {}
        self.rules: dict[str, list[tuple[str, Rule]]] = {}
        self.mark_rules: list[Rule] = []
        self.blocked: dict[str, str] = {}
        for prefix, rule in _rules(grammar):
            if rule.marks and rule.writes:
                self.mark_rules.append(rule)
            if rule.blocked:
                self.blocked = {"surname": rule.blocked, "given": max(rule.extra_seats, default="")}
                self.rules[BLOCKED] = [(prefix, rule)]
            if rule.element and rule.writes:
                self.rules.setdefault(rule.element, []).append((prefix, rule))
        self.mark_names = {name for rule in self.mark_rules for name, _ in rule.marks}

    def write(self, children: Sequence[etree._Element]) -> None:
        start, rule = self.marked_rest(children)
        for position, child in enumerate(children):
            if position == start and rule is not None:
                self.above.append(_Open(self.text(rule), repeated=False))
                self.marks = dict(rule.marks)
            self.element(child)

    def marked_rest(self, children: Sequence[etree._Element]) -> tuple[int, Rule | None]:
        """Where the groups begin whose passengers all bear a mark that may stand before the rest of the list,
        and are in their totals: those marked further down in a group are not.
        """
        for rule in self.mark_rules:
            start = len(children)
            for position in reversed(range(len(children) if rule.marks_rest else 0)):
                persons = [person for person in children[position].iter() if self.is_person(person)]
                if len(persons) > self.total(children[position]):
                    break
                if any(self.marks_of(person) != dict(rule.marks) for person in persons):
                    break
                start = position if persons else start
            if start < len(children):
                return start, rule
        return len(children), None

    def is_person(self, element: etree._Element) -> bool:
        rules = self.rules.get(str(element.tag), [])
        return bool(rules) and rules[0][1].persons

    def total(self, group: etree._Element) -> int:
        rules = self.rules.get(str(group.tag), [])
        names = {name for _, rule in rules[:1] for name in (rule.total, rule.spare) if name}
        return sum(int(group.get(name, "0")) for name in names)

    def marks_of(self, element: etree._Element) -> dict[str, str]:
        return {name: text for name, text in _values(element).items() if name in self.mark_names}

    def text(self, rule: Rule) -> str:
        return rule.writes[0].fill({}) or ""

    def element(self, element: etree._Element) -> None:
        """One element of the list or of a section, with all that is below it."""
        rules = self.rules.get(str(element.tag), [])
        opener = rules[0][1] if rules else None
        if self.is_person(element):
            self.mark(element)
            self.block([self.line(element), *(self.line(child) for child in element)])
        elif opener is not None and opener.opens:
            depth, marks = len(self.above), self.marks
            self.above.append(_Open(self.line(element), repeated=bool(opener.continues)))
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
        of its own, or, where nothing marks them, with the section's line once more.
        """
        if element.tag == BLOCKED:
            return
        marks = self.marks_of(element)
        before = element.getprevious()
        if before is not None and all(before.get(name) == element.get(name) for name in ("surname", "given")):
            # Twice the same name looks like damage, unless something stands between them.
            self.above[-1].written = not self.above[-1].repeated
        if marks == self.marks:
            return
        if self.above[-1].is_mark:
            self.above.pop()
        rule = next((rule for rule in self.mark_rules if dict(rule.marks) == marks), None)
        if rule is not None:
            self.above.append(_Open(self.text(rule), repeated=True, is_mark=True))
        elif marks:
            self.complain(element)
        else:
            self.above[-1].written = False
        self.marks = marks

    def complain(self, element: etree._Element) -> None:
        text = f"no line of this kind of list can carry this {element.tag}"
        self.problems.append(Problem("element_not_writable", text, element.getroottree().getpath(element)))

    def block(self, lines: list[str]) -> None:
        under = tuple(line.line for line in self.above if line.written and line.repeated)
        new = [line for line in self.above if not line.written]
        for line in new:
            line.written = True
        self.blocks.append(Block((*(line.line for line in new), *lines), under))

    def line(self, element: etree._Element) -> str:
        """The first line that reads back as this element."""
        values = {name: text for name, text in _values(element).items() if name not in self.mark_names}
        values |= self.blocked if element.tag == BLOCKED else {}
        for prefix, rule in self.rules.get(str(element.tag), ()):
            for template in rule.writes:
                text = template.fill(values)
                if text is not None and _reads_as(rule, text, values):
                    return prefix + text
        self.complain(element)
        return ""


def _values(element: etree._Element) -> dict[str, str]:
    return {str(name): str(text) for name, text in element.attrib.items() if name not in READING}


def _reads_as(rule: Rule, text: str, values: dict[str, str]) -> bool:
    """Whether a line has these values by the form that its reader would take. Names and days are left to the
    reading of the whole list.
    """
    apart = {rule.day_from, rule.day_to} | ({"given", "extra"} if rule.persons else set())
    for form in rule.forms:
        if match := form.pattern.fullmatch(text):
            read = {name: value.strip(BLANKS) for name, value in match.groupdict().items() if value}
            read.update(form.extra)
            return {name: value for name, value in read.items() if name not in apart} == {
                name: value for name, value in values.items() if name not in apart
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
