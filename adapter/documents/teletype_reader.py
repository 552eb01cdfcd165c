"""The body of a teletype list, line by line, into a tree: one pass, dispatch by prefix, one compiled
pattern a line.

Every line ends in one of three ways: it is read, it is blank, or its number stands in ``unread`` and
something in ``problems`` or ``warnings`` says why. Lines below a name that could not be read are unread
with it: an element must never move to another passenger. What becomes of damage is in ``teletype_damage``.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from adapter.documents.teletype_damage import Body, Damage
from adapter.documents.teletype_parties import open_persons, share, speaks_about
from adapter.documents.teletype_rules import CATEGORY, GROUP, LIST, PASSENGER, Form, Grammar, Rule
from adapter.documents.teletype_sections import Doubt, Section
from adapter.documents.teletype_tree import Node
from adapter.documents.teletype_usual import read_lines
from adapter.errors import Problem
from adapter.wire.typeb import Limits
from adapter.wire.typeb_dates import nearest_day
from adapter.wire.typeb_lines import BLANKS, MAY_FRAME, is_framing

LATIN_ALIKE = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")


class BodyReader:
    """Reads the lines of one list (of all its parts, joined) below ``root``; ``flight_date`` anchors days
    of month. ``damaged`` are lines that the envelope complained of, where the link is tolerant.
    """

    def __init__(
        self,
        grammar: Grammar,
        root: Node,
        flight_date: date,
        limits: Limits,
        *,
        tolerant: bool = False,
        damaged: Mapping[int, Problem] | None = None,
    ) -> None:
        self.grammar = grammar
        self.root = root
        self.flight_date = flight_date
        self.found = Damage(grammar, limits.problems_max, tolerant=tolerant)
        self.remark_characters_max = limits.remark_characters_max
        self.damaged = damaged or {}
        self.section: Section | None = None
        """The group or category that names now belong to."""
        self.above: Section | None = None
        """The group that categories now belong to."""
        self.party: list[Node] = []
        self.named = ("", "")
        """Surname and given name of the last passenger, where the line was read the short way."""
        self.lost = False
        """Whether lines now belong to something unreadable above them, which was reported already."""
        self.sections: dict[tuple[str, ...], Section] = {}
        self.members: list[Node] = []
        """Passengers with a group reference, in the order of their lines."""
        self.marks: tuple[tuple[str, str], ...] = ()
        self.marks_fresh = self.marks_to_end = False
        self.awaited: dict[str, int] = {}
        """Off points that a line announced a group for."""
        self.block: Rule | None = None
        self.to_end = False
        # A line waits here for its continuations: rule, text so far, its lines, its column.
        self.pending: Rule | None = None
        self.pending_text = ""
        self.pending_lines: list[int] = []
        self.pending_column = 1
        self.days: dict[str, str] = {}
        self.source = ""
        """The text of the line being read, with what continues it."""

    def read(self, numbered: Sequence[tuple[int, str]]) -> Body:
        """Reads lines with their numbers (from 1), in order, up to and without the end line."""
        count = read_lines(self, numbered)
        self.flush()
        self.found.compare(self.sections.values())
        self.found.miss(self.awaited, self.sections)
        share(self.members, self.found)
        return self.found.body(count)

    def line(self, number: int, line: str) -> int:
        """Reads one line, whatever it is; 0 where it is blank, otherwise 1."""
        text = line if line[:1] > " " else line.lstrip(BLANKS)
        if not text or (text[0] in MAY_FRAME and is_framing(text)):
            return 0
        column = len(line) - len(text) + 1
        apart = self.block is not None or self.to_end or number in self.damaged
        if apart and not self.apart(number, text, column):
            return 1
        if "." not in text[1:] or text.startswith(self.grammar.whole):
            self.element(number, text, column)
        else:
            self.pieces(number, text, column)
        return 1

    def apart(self, number: int, text: str, column: int) -> bool:
        """Lines of a block, lines that were damaged before; tells whether this one is to be read as usual."""
        if self.to_end:
            self.free_text(number, text, column)
            return False
        if number in self.damaged:
            self.flush()
            self.lose(self.damaged[number], None, text)
            return False
        block = self.block
        if block is not None and not text.startswith(block.block):
            if block.block_line is not None and not block.block_line.fullmatch(text.rstrip(BLANKS)):
                what = f"not in the form of: {block.name.replace('_', ' ')}"
                self.lose(Problem("line_unreadable", what, line=number, column=column), block, text)
            return False
        self.block = None
        return True

    def free_text(self, number: int, text: str, column: int) -> None:
        """A line behind ``SI``: anything but a section, which would mean that a damaged line looked like it."""
        rule, bare = self.grammar.rule_of(text), text.rstrip(BLANKS)
        opens = rule is not None and rule.opens in (GROUP, CATEGORY)
        if rule is not None and opens and any(form.pattern.fullmatch(bare) for form in rule.forms):
            what = "the list goes on behind its free text"
            self.lose(Problem("line_out_of_place", what, line=number, column=column), rule, text)

    def pieces(self, number: int, text: str, column: int) -> None:
        """A line that may hold several elements, each after a blank."""
        begin = 0
        cuts = [match.span() for match in self.grammar.inline.finditer(text)]
        for start, end in [*cuts, (len(text), len(text))]:
            piece = text[begin:start]
            glued = self.found.glued(self, piece) if piece.find(".", 1) > 0 else 0
            if glued:
                self.flush()
                where = column + begin + glued
                what = "an element begins here without a line break before it"
                self.lose(Problem("line_break_lost", what, line=number, column=where), None, piece)
            else:
                self.element(number, piece, column + begin)
            begin = end

    def element(self, number: int, text: str, column: int) -> None:
        """One element: a line of its own, or a piece of a line after a blank."""
        grammar = self.grammar
        if text[0] == ".":
            prefix = text[: text.find("/") + 1]
            if prefix in grammar.continued:
                self.go_on(number, text[len(prefix) :], prefix, column)
                return
            rule = grammar.elements.get(prefix)
            if rule is None and self.appended(number, text, column):
                return
        else:
            pending = self.pending
            if (
                pending is not None
                and pending.goes_on is not None
                and pending.goes_on.search(self.pending_text)
            ):
                self.extend(self.pending_text + text.rstrip(BLANKS), number, column, text)
                return
            rule = grammar.rule_of(text)
        if self.pending is not None:
            self.flush()
        if rule is None:
            self.found.unknown(self, number, text, column)
            return
        under = rule.under
        if under and not (self.party if under == PASSENGER else self.has(rule)):
            self.misplaced(rule, number, text, column)
            return
        if rule.words or rule.continued or rule.goes_on is not None:
            self.pending, self.pending_text = rule, text
            self.pending_lines, self.pending_column = [number], column
            return
        self.source = text = text.rstrip(BLANKS)
        self.read_line(rule, text, [number], column)

    def has(self, rule: Rule) -> bool:
        """Whether the section is open that such a line stands in."""
        return self.section is not None if rule.persons else self.above is not None

    def misplaced(self, rule: Rule, number: int, text: str, column: int) -> None:
        if self.lost:
            self.found.unread.add(number)
            before = self.section.node.children[-1:] if self.section is not None else []
            if any(isinstance(one, tuple) and one[1] == "blocked" for one in before):
                what = "it speaks about a seat that nobody sits in"
                self.found.warn(Problem("line_out_of_place", what, line=number, column=column))
            return
        missing = "name" if rule.under == PASSENGER else "line of a category" if self.above else "totals line"
        problem = Problem("line_out_of_place", f"no {missing} before it", line=number, column=column)
        self.lose(problem, rule, text)

    def appended(self, number: int, text: str, column: int) -> bool:
        """A word with a dot that is no element belongs to the remark before it, after a blank (Astra 4.3)."""
        if self.pending is None or not self.pending.words or "/" in text[:6]:
            return False
        if f"{text.rstrip(BLANKS)}/" in self.grammar.elements:
            return False  # the beginning of an element, cut off
        if not self.extend(f"{self.pending_text.rstrip(BLANKS)} {text}", number, column, text):
            return True
        self.doubt(f".. 1{text[1:]}", number, column)  # a name whose first digit became a dot looks the same
        what = "no element: taken for a part of the remark before it"
        self.found.warn(Problem("line_appended", what, line=number, column=column))
        return True

    def extend(self, joined: str, number: int, column: int, text: str) -> bool:
        """More text for the line that waits, as far as it may grow: patterns get slow on what has no end."""
        if len(joined) > self.remark_characters_max:
            self.flush()
            what = f"{len(joined)} characters with what it continues, at most {self.remark_characters_max} are read"
            self.lose(Problem("line_too_long", what, line=number, column=column), None, text)
            return False
        self.pending_text = joined
        self.pending_lines.append(number)
        return True

    def go_on(self, number: int, text: str, prefix: str, column: int) -> None:
        if self.pending is not None and self.pending.continued == prefix:
            self.extend(self.pending_text + text, number, column, prefix)
        elif self.lost:
            self.found.unread.add(number)
        else:
            what = "nothing before it to be continued"
            self.flush()
            self.lose(Problem("line_out_of_place", what, line=number, column=column), None, prefix)

    def flush(self) -> None:
        """The line that waited has all its text now."""
        rule, self.pending = self.pending, None
        if rule is None:
            return
        text, lines, column = self.pending_text.rstrip(BLANKS), self.pending_lines, self.pending_column
        self.source = text
        if not rule.words:
            self.read_line(rule, text, lines, column)
            return
        remark = text[text.find("/") + 1 :].lstrip(BLANKS)
        if not remark:
            self.found.bad = (lines[-1], text)
            return
        word = remark.split(None, 1)[0].partition("/")[0]
        telling, remarks = self.grammar.telling, self.grammar.remarks
        found = remarks.get(word) or remarks.get(telling.begins(word), self.grammar.otherwise)
        if found is None:
            problem = Problem("line_unknown", "remark of an unknown kind", line=lines[0], column=column)
            self.lose(problem, None, text)
            return
        column += len(text) - len(remark)
        if found is self.grammar.otherwise and telling.near(remark):
            what = "nearly the word of a card, a ticket or a service: left out"
            problem = Problem("remark_doubtful", what, line=lines[0], column=column)
            self.found.unreadable(self, problem, remark, lines)
            return
        self.read_line(found, remark, lines, column)

    def read_line(self, rule: Rule, text: str, lines: list[int], column: int) -> None:
        for form in rule.forms:
            match = form.pattern.fullmatch(text)
            if match is None:
                continue
            values = {key: value.strip(BLANKS) for key, value in match.groupdict().items() if value}
            if rule.persons:
                values.update(form.extra)
                open_persons(self, rule, values, lines[0], text, column)
            else:
                self.keep(rule, form, values, lines, text, column)
            return
        if rule.else_otherwise and self.grammar.otherwise is not None:
            self.read_line(self.grammar.otherwise, text, lines, column)
            return
        what = rule.name.replace("_", " ")
        problem = Problem("line_unreadable", f"not in the form of: {what}", line=lines[0], column=column)
        if rule.warning_only:
            self.found.unreadable(self, problem, text, lines)
        else:
            self.lose(problem, rule, text)

    def keep(
        self, rule: Rule, form: Form, values: dict[str, str], lines: list[int], text: str, column: int
    ) -> None:
        number = lines[0]
        if (rule.free or form.free) and not self.found.free(self, text, number, column):
            return
        values.update(form.extra)
        if rule.block:
            self.block = rule
        elif rule.to_end:
            self.to_end = True
        elif rule.marks:
            self.marks, self.marks_fresh = rule.marks, rule.marks_rest
            self.party, self.lost = [], False
        if rule.announces:
            self.awaited.setdefault(values[rule.announces], number)
        for key, characters in rule.without:
            if key in values:
                values[key] = values[key].translate(dict.fromkeys(map(ord, characters)))
        for key in rule.latin:
            if not values[key].isascii():
                values[key] = values[key].translate(LATIN_ALIKE)
        if rule.known:
            self.found.unknown_values(rule, values, number, column)
        if rule.day_from and rule.day_from in values:
            self.resolve_day(rule, values, number, column)
        if not rule.element:
            return
        if rule.opens in (GROUP, CATEGORY):
            self.open_section(rule, values, number, column)
        elif rule.under == PASSENGER:
            self.hang(rule, values, lines, text, column)
        else:
            parent = self.root if rule.under == LIST or self.section is None else self.section.node
            leaf = (number, rule.element, values)
            # Each part of a set may repeat the heading of the list.
            if not any(isinstance(one, tuple) and one[1:] == leaf[1:] for one in parent.children):
                parent.children.append(leaf)

    def hang(self, rule: Rule, values: dict[str, str], lines: list[int], text: str, column: int) -> None:
        """An element below those it speaks about."""
        number = lines[0]
        bound = values.pop("bound", "")
        people = speaks_about(self.party, rule, bound) if rule.binds else self.party
        if not people and len(self.party) == 1 and values.get("infant") == "true":
            # an infant may have another surname, and no line of its own; the adult is the one above
            people = self.party
            self.doubt(text, number, column, names_other=True)
        if not people:
            self.found.unbound(self, bound, number, text, lines, column)
            return
        leaf = (number, rule.element, values)
        for person in people:
            if not rule.once:
                person.children.append(leaf)
            elif any(isinstance(one, tuple) and one[1] == rule.element for one in person.children):
                what = f"a second {rule.element}: the first one counts"
                self.found.warn(Problem("element_repeated", what, line=number, column=column))
                self.found.unread.add(number)
            else:
                person.children.insert(0, leaf)

    def resolve_day(self, rule: Rule, values: dict[str, str], number: int, column: int) -> None:
        day = values.pop(rule.day_from)
        if day not in self.days:
            resolved = nearest_day(int(day), self.flight_date)
            self.days[day] = resolved.isoformat() if resolved else ""
        if self.days[day]:
            values[rule.day_to] = self.days[day]
        else:
            what = f"{day} is no day of a month"
            self.found.warn(Problem("day_invalid", what, line=number, column=column))

    def open_section(self, rule: Rule, values: dict[str, str], number: int, column: int) -> None:
        self.party, self.lost = [], False
        if self.marks and not self.marks_to_end:
            self.marks_to_end, self.marks = self.marks_fresh, self.marks if self.marks_fresh else ()
        inner = rule.opens == CATEGORY
        outer = self.above if inner else None
        key = (*(outer.key if outer else ()), *(values.get(name, "") for name in rule.continues))
        key = (*key, "marked" if self.marks else "")
        total, spare = int(values.get(rule.total, "0")), int(values.get(rule.spare, "0"))
        section = self.sections.get(key) if rule.continues else None
        if section is None:
            node = Node(number, rule.element, values)
            (outer.node if outer else self.root).children.append(node)
            announced = bool(rule.total) and self.grammar.compares
            section = Section(node, key, number, total, spare, marked=bool(self.marks), announced=announced)
            self.sections[key] = section
        elif section.total != total:
            what = f"{total} names, {section.total} on line {section.line}: the same group"
            self.found.warn(Problem("totals_differ", what, line=number, column=column))
            section.total, section.spare = max(section.total, total), max(section.spare, spare)
            section.node.attributes[rule.total] = str(section.total)
            if section.spare:
                section.node.attributes[rule.spare] = str(section.spare)
        if not inner:
            self.above = section
        self.section = section if inner or rule.total else None

    def doubt(
        self,
        text: str,
        number: int,
        column: int,
        *,
        name: bool = False,
        certain: bool = False,
        names_other: bool = False,
    ) -> None:
        """Remembers a line for the case that its section is short of names."""
        if self.section is not None:
            party = tuple(self.party)
            self.section.doubts.append(Doubt(number, column, text, party, name, certain, names_other))

    def lose(self, problem: Problem, rule: Rule | None, text: str) -> None:
        """A line that can't be used. What hangs below it is lost with it, never hung onto another one."""
        self.found.lose(self, problem, rule, text)
