"""The body of a teletype list, line by line, into a tree: one pass, dispatch by prefix, one compiled
pattern a line.

Every line ends in one of three ways: it is read, it is blank, or its number stands in ``unread`` and
something in ``problems`` or ``warnings`` says why. Lines below a name that could not be read are unread
with it: an element must never move to another passenger.
"""

from dataclasses import dataclass
from datetime import date

from lxml import etree

from adapter.documents.teletype_grammar import LEVELS, Form, Grammar, Rule
from adapter.errors import Problem
from adapter.wire.typeb_dates import nearest_day
from adapter.wire.typeb_lines import BLANKS, is_framing

LATIN_ALIKE = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")
GROUP, PASSENGER = LEVELS.index("group"), LEVELS.index("passenger")


@dataclass(frozen=True, slots=True)
class Body:
    """What became of the body: ``lines`` counts those that are not blank, ``unread`` has the numbers of
    some.
    """

    lines: int
    unread: tuple[int, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class _Group:
    """One destination and class: its element, its total, and how many names and seats it has shown so far."""

    __slots__ = ("element", "line", "marked", "persons", "seats", "spare", "total")

    def __init__(self, element: etree._Element, line: int, total: int, spare: int, marked: bool) -> None:
        self.element, self.line, self.total, self.spare, self.marked = element, line, total, spare, marked
        self.persons = self.seats = 0


def below(parent: etree._Element, name: str, attributes: dict[str, str], line: int) -> etree._Element:
    """A new element that remembers the line it came from, as elements of parsed files do."""
    element = etree.SubElement(parent, name, attributes)
    element.sourceline = line  # type: ignore[assignment]  # the stubs have a placeholder here
    return element


class BodyReader:
    """Reads the lines of one list (of all its parts, joined) below ``root``; ``flight_date`` anchors days
    of month.
    """

    def __init__(self, grammar: Grammar, root: etree._Element, flight_date: date, problems_max: int) -> None:
        self.grammar = grammar
        self.root = root
        self.flight_date = flight_date
        self.problems_max = problems_max
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.unread: set[int] = set()
        self.group: _Group | None = None
        self.party: list[etree._Element] = []
        self.lost = False
        """Whether lines now belong to something unreadable above them, which was reported already."""
        self.groups: dict[tuple[str | None, ...], _Group] = {}
        self.marks: tuple[tuple[str, str], ...] = ()
        self.marks_fresh = self.marks_to_end = False
        self.block: tuple[str, ...] = ()
        self.to_end = False
        # A remark waits here for its continuations: rule, text so far, its lines, its column.
        self.pending: Rule | None = None
        self.pending_text = ""
        self.pending_lines: list[int] = []
        self.pending_column = 1
        self.days: dict[str, str] = {}

    def read(self, numbered: list[tuple[int, str]]) -> Body:
        """Reads lines with their numbers (from 1), in order, up to and without the end line."""
        count = 0
        for number, line in numbered:
            text = line.lstrip(BLANKS)
            if not text or is_framing(text):
                continue
            count += 1
            self.line(number, text, len(line) - len(text) + 1)
        self.flush()
        self.compare_totals()
        return Body(count, tuple(sorted(self.unread)), tuple(self.problems), tuple(self.warnings))

    def line(self, number: int, text: str, column: int) -> None:
        if self.to_end:
            return
        if self.block:
            if not text.startswith(self.block):
                return
            self.block = ()
        if " ." not in text or text.startswith(self.grammar.whole):
            self.element(number, text, column)
            return
        begin = 0
        for match in self.grammar.inline.finditer(text):
            self.element(number, text[begin : match.start()], column + begin)
            begin = match.end()
        self.element(number, text[begin:], column + begin)

    def element(self, number: int, text: str, column: int) -> None:
        """One element: a line of its own, or a piece of a line after a blank."""
        if text[0] == ".":
            prefix = text[: text.find("/") + 1]
            if prefix in self.grammar.continued:
                self.go_on(number, text[len(prefix) :], prefix, column)
                return
            self.flush()
            rule = self.grammar.elements.get(prefix)
            text_ = "no element of this kind of list"
        else:
            self.flush()
            candidates = self.grammar.starts.get(text[0], ())
            rule = next((rule for start, rule in candidates if text.startswith(start)), None)
            text_ = "no line of this kind of list"
        if rule is None:
            self.lose(Problem("line_unknown", text_, line=number, column=column))
            return
        if (rule.under == PASSENGER and not self.party) or (rule.under == GROUP and self.group is None):
            if self.lost:
                self.unread.add(number)
            else:
                missing = "name" if rule.under == PASSENGER else "totals line"
                problem = Problem("line_out_of_place", f"no {missing} before it", line=number, column=column)
                self.lose(problem)
            return
        if rule.words or rule.continued:
            self.pending, self.pending_text = rule, text
            self.pending_lines, self.pending_column = [number], column
            return
        self.read_line(rule, text.rstrip(BLANKS), [number], column)

    def go_on(self, number: int, text: str, prefix: str, column: int) -> None:
        if self.pending is not None and self.pending.continued == prefix:
            self.pending_text += text
            self.pending_lines.append(number)
        elif self.lost:
            self.unread.add(number)
        else:
            what = "nothing before it to be continued"
            self.lose(Problem("line_out_of_place", what, line=number, column=column))

    def flush(self) -> None:
        """The remark that waited has all its text now."""
        rule, self.pending = self.pending, None
        if rule is None:
            return
        text, lines, column = self.pending_text.rstrip(BLANKS), self.pending_lines, self.pending_column
        if not rule.words:
            self.read_line(rule, text, lines, column)
            return
        skipped = text.find("/") + 1
        remark = text[skipped:].lstrip(BLANKS)
        if not remark:
            return
        word = remark.split(None, 1)[0].partition("/")[0]
        found = self.grammar.remarks.get(word, self.grammar.otherwise)
        if found is None:
            self.lose(Problem("line_unknown", "remark of an unknown kind", line=lines[0], column=column))
            return
        self.read_line(found, remark, lines, column + len(text) - len(remark))

    def read_line(self, rule: Rule, text: str, lines: list[int], column: int) -> None:
        for form in rule.forms:
            match = form.pattern.fullmatch(text)
            if match is not None:
                values = {key: value.strip(BLANKS) for key, value in match.groupdict().items() if value}
                self.keep(rule, form, values, lines, column)
                return
        what = rule.name.replace("_", " ")
        problem = Problem("line_unreadable", f"not in the form of: {what}", line=lines[0], column=column)
        if rule.warning_only:
            self.warn(problem)
            self.unread.update(lines)
        else:
            self.lose(problem, rule)

    def keep(self, rule: Rule, form: Form, values: dict[str, str], lines: list[int], column: int) -> None:
        number = lines[0]
        values.update(form.extra)
        if rule.block:
            self.block = rule.block
        elif rule.to_end:
            self.to_end = True
        elif rule.marks:
            self.marks, self.marks_fresh = rule.marks, True
            self.party = []
        for key, characters in rule.without:
            if key in values:
                values[key] = values[key].translate(dict.fromkeys(map(ord, characters)))
        for key in rule.latin:
            values[key] = values[key].translate(LATIN_ALIKE)
        if rule.day_from and rule.day_from in values:
            self.resolve_day(rule, values, number, column)
        if not rule.element:
            return
        if rule.opens == GROUP:
            self.open_group(rule, values, number, column)
        elif rule.persons:
            self.open_persons(rule, values, number, column)
        elif rule.under == PASSENGER:
            bound = values.pop("bound", "")
            for passenger in self.bound_to(rule, bound, number, column):
                if rule.once and len(passenger) and passenger[0].tag == rule.element:
                    text = f"a second {rule.element}: the first one counts"
                    self.warn(Problem("element_repeated", text, line=number, column=column))
                    self.unread.add(number)
                    continue
                element = below(passenger, rule.element, values, number)
                if rule.once:
                    passenger.insert(0, element)
        else:
            parent = self.group.element if rule.under == GROUP and self.group else self.root
            below(parent, rule.element, values, number)

    def resolve_day(self, rule: Rule, values: dict[str, str], number: int, column: int) -> None:
        day = values.pop(rule.day_from)
        if day not in self.days:
            resolved = nearest_day(int(day), self.flight_date)
            self.days[day] = resolved.isoformat() if resolved else ""
        if self.days[day]:
            values[rule.day_to] = self.days[day]
        else:
            self.warn(Problem("day_invalid", f"{day} is no day of a month", line=number, column=column))

    def open_group(self, rule: Rule, values: dict[str, str], number: int, column: int) -> None:
        self.party, self.lost = [], False
        if self.marks and not self.marks_to_end:
            self.marks_to_end, self.marks = self.marks_fresh, self.marks if self.marks_fresh else ()
        total, spare = int(values.get(rule.total, "0")), int(values.get(rule.spare, "0"))
        key = (*(values.get(name) for name in rule.continues), "marked" if self.marks else "")
        known = self.groups.get(key) if rule.continues else None
        if known is not None:
            if known.total != total:
                text = f"{total} names, {known.total} on line {known.line}: the same group"
                self.warn(Problem("totals_differ", text, line=number, column=column))
            known.total, known.spare = max(known.total, total), max(known.spare, spare)
            self.group = known
            return
        element = below(self.root, rule.element, values, number)
        self.group = self.groups[key] = _Group(element, number, total, spare, bool(self.marks))

    def open_persons(self, rule: Rule, values: dict[str, str], number: int, column: int) -> None:
        """A name line: one passenger with so many seats, or a party of several given names with a seat
        each.
        """
        assert self.group is not None  # element() let nobody through without
        self.party, self.lost, self.marks_fresh = [], False, False
        seats = int(values.pop("seats"))
        names = [part.strip() for part in values.pop("given", "").split("/") if part.strip()]
        people = [name for name in names if name not in rule.extra_seats]
        values.update(self.marks)
        counted = bool(self.marks) == self.group.marked
        if not people and names and values["surname"] == rule.blocked:
            below(self.group.element, "blocked", {"seats": str(seats)}, number)
            self.lost = True  # what follows a blocked seat speaks about nobody
            return
        if seats > 1 and len(names) > seats:
            text = f"{len(names)} names on {seats} seats"
            self.lose(Problem("more_names_than_seats", text, line=number, column=column), rule)
            return
        if seats == 1 or len(people) < 2:
            people = [" ".join(people)]
        for position, given in enumerate(people):
            own_seats = seats - len(people) + 1 if position == 0 else 1
            attributes = {"seats": str(own_seats), **values}
            if given:
                attributes["given"] = given
            self.party.append(below(self.group.element, rule.element, attributes, number))
        if counted:
            self.group.persons += len(people)
            self.group.seats += seats

    def bound_to(self, rule: Rule, bound: str, number: int, column: int) -> list[etree._Element]:
        """Whom an element speaks about: a lone passenger, the one it names, or for plain elements the
        whole party.
        """
        if len(self.party) < 2 or not rule.binds:
            return self.party
        given = bound.partition("/")[2].strip(BLANKS)
        named = [passenger for passenger in self.party if given and passenger.get("given") == given]
        if not named:
            text = f"a party of {len(self.party)}, and no word whom of them it means"
            self.warn(Problem("remark_unbound", text, line=number, column=column))
            self.unread.add(number)
        return named[:1]

    def compare_totals(self) -> None:
        """Once for the whole list: more names than announced is damage, fewer are usual in real lists."""
        for group in self.groups.values():
            if group.persons > group.total + group.spare:
                text = f"{group.persons} names where {group.total} were announced"
                self.problem(Problem("more_names_than_total", text, line=group.line, column=1))
            elif group.seats < group.total:
                text = f"{group.seats} of {group.total} announced names"
                self.warn(Problem("fewer_names_than_total", text, line=group.line, column=1))

    def lose(self, problem: Problem, rule: Rule | None = None) -> None:
        """A line that makes the list unusable. What hangs below it is lost with it, never hung onto
        another one.
        """
        self.problem(problem)
        self.unread.add(problem.line)
        if rule is not None and rule.opens:
            self.party, self.lost = [], True
            if rule.opens == GROUP:
                self.group = None
        elif rule is None:
            self.lost = self.lost or not self.party

    def problem(self, problem: Problem) -> None:
        if len(self.problems) < self.problems_max:
            self.problems.append(problem)

    def warn(self, problem: Problem) -> None:
        if len(self.warnings) < self.problems_max:
            self.warnings.append(problem)
