"""Trees of lists turned into lines, element by element, by the templates of their grammar.

Each line is tried against the forms that would read it, so that of several kinds of lines for one element, and
several templates of a line, the first is taken that says the same. What the lines mean together is for
``teletype_writer`` to check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from adapter.documents.teletype_rules import Grammar, Rule
from adapter.errors import Problem
from adapter.wire.typeb_egress import Block
from adapter.wire.typeb_lines import BLANKS

BLOCKED = "blocked"
READING = frozenset({"damaged", "lost", "line"})
"""Attributes that tell of the reading, not of what was read."""


@dataclass(slots=True)
class _Open:
    """A line that the next passengers stand under. ``repeated`` tells whether it may be said again in a new
    part, ``written`` whether it stands in a block already.
    """

    line: str
    repeated: bool
    is_mark: bool = False
    written: bool = False


class BlockWriter:
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
        return {name: text for name, text in values_of(element).items() if name in self.mark_names}

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
        values = {name: text for name, text in values_of(element).items() if name not in self.mark_names}
        values |= self.blocked if element.tag == BLOCKED else {}
        for prefix, rule in self.rules.get(str(element.tag), ()):
            for template in rule.writes:
                text = template.fill(values)
                if text is not None and _reads_as(rule, text, values):
                    return prefix + text
        self.complain(element)
        return ""


def values_of(element: etree._Element) -> dict[str, str]:
    return {str(name): str(text) for name, text in element.attrib.items() if name not in READING}


def _reads_as(rule: Rule, text: str, values: dict[str, str]) -> bool:
    """Whether a line has these values by the form that its reader would take. Names and days are left to the
    reading of the whole list.
    """
    apart = READING | {rule.day_from, rule.day_to} | ({"given", "extra"} if rule.persons else set())
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
