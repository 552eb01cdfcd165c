"""What damage does to a list: which lines are lost with it, and whether the rest can be used.

Without ``tolerant`` a problem makes the list unusable. With it, local damage only becomes a warning, and the
passengers it touches carry ``damaged``:

| code                  | local when                                                                         |
|---|---|
| line_unknown          | it begins like an element or a name, damaged only in its first character            |
| line_unreadable       | it is a name (which is lost, with its elements); elements are warnings in any case  |
| line_out_of_place     | it is an element or a continuation, below a totals line                             |
| line_break_lost       | it hides an element or a name: what follows is lost up to the next name             |
| more_names_than_seats | always: the party is lost                                                           |
| remark_unbound        | always; a warning in any case                                                       |
| remark_doubtful       | always; a warning in any case: a card or a ticket may be lost with it               |
| control_character, line_too_long | the line is an element or a name                                         |

Never local: whatever could have been a totals line, a category, ADD, CHG, DEL or NOT BOARDED, because the
names after it would move with it; more names than their total; anything in the envelope or the heading; a
wrong encoding.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapter.documents.teletype_rules import GROUP, PASSENGER, Grammar, Rule
from adapter.documents.teletype_sections import Doubt, Section, names_somebody_else
from adapter.errors import Problem
from adapter.wire.typeb_lines import is_flight_line, is_kind, read_origin

if TYPE_CHECKING:
    from adapter.documents.teletype_reader import BodyReader

LOCAL_IN_ENVELOPE = frozenset({"control_character", "line_too_long"})
"""Complaints of the envelope that a tolerant link takes for damage of the one line they name."""

_ELEMENT = re.compile(r"[.][A-Z0-9]{1,4}/")


@dataclass(frozen=True, slots=True)
class Body:
    """What became of the body: ``lines`` counts those that are not blank, ``unread`` has the numbers of
    some.
    """

    lines: int
    unread: tuple[int, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class Damage:
    """Problems, warnings and unread lines of one list."""

    def __init__(self, grammar: Grammar, problems_max: int, *, tolerant: bool) -> None:
        self.grammar = grammar
        self.problems_max = problems_max
        self.tolerant = tolerant
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.unread: set[int] = set()
        self.word: tuple[str, int, int] | None = None
        self.bad: tuple[int, str] = (0, "")
        """The last line that could not be read, and its text."""

    def body(self, lines: int) -> Body:
        """All that was found."""
        return Body(lines, tuple(sorted(self.unread)), tuple(self.problems), tuple(self.warnings))

    def problem(self, problem: Problem) -> None:
        if len(self.problems) < self.problems_max:
            self.problems.append(problem)

    def warn(self, problem: Problem) -> None:
        if len(self.warnings) < self.problems_max:
            self.warnings.append(problem)

    # --- lines that can't be used -------------------------------------------------------------------------------------

    def lose(self, reader: "BodyReader", problem: Problem, rule: Rule | None, text: str) -> None:
        self.unread.add(problem.line)
        self.bad = (problem.line, text)
        seems = self.seems(rule, text, reader)
        if self.tolerant and seems:
            self.warn(problem)
        else:
            self.problem(problem)
        if seems != "name":
            _mark(reader, problem.code)
        elif reader.section is not None:
            reader.section.lost += 1
            reader.section.node.attributes["lost"] = str(reader.section.lost)
        reader.party, reader.lost = [], True
        if rule is not None and rule.opens and rule.opens != PASSENGER:
            reader.section = None
            if rule.opens == GROUP:
                reader.above = None

    def seems(self, rule: Rule | None, text: str, reader: "BodyReader") -> str:
        """What a damaged line was: ``element``, ``name``, or "" where it may have been something that holds
        for the lines after it.
        """
        if reader.section is None or (rule is not None and rule.opens not in (0, PASSENGER)):
            return ""
        if rule is not None and rule.under != PASSENGER and not rule.persons:
            return ""
        if self.grammar.could_open(text) or is_kind(text):
            return ""
        if _ELEMENT.match(text) or f".{text[1:].partition('/')[0]}/" in self.grammar.elements:
            return "element"
        if rule is not None and rule.under == PASSENGER:
            return "element"
        name = self.grammar.rule_of(f"1{text[1:]}")
        if text[1:2].isalpha() and (
            (rule is not None and rule.persons)
            or (text[:1].isdigit() and name is not None)
            or (name is not None and any(form.pattern.fullmatch("1" + text[1:]) for form in name.forms))
        ):
            return "name"
        return "element" if text[:1].isdigit() and rule is not None and rule.persons else ""

    def unknown(self, reader: "BodyReader", number: int, text: str, column: int) -> None:
        """A line that begins like none of this list's."""
        code, what = "line_unknown", "no line of this kind of list"
        if text[0] == ".":
            what = "no element of this kind of list"
            if read_origin(text) is not None:
                code, what = "origin_repeated", "another origin line: two telegrams in one"
        elif is_flight_line(text):
            code, what = "flight_line_repeated", "a second flight line: two telegrams in one"
        elif is_kind(text):
            code, what = "line_unknown", "three letters alone, but no word of this kind of list"
        self.lose(reader, Problem(code, what, line=number, column=column), None, text)

    def unknown_values(self, rule: Rule, values: Mapping[str, str], number: int, column: int) -> None:
        """Words that a line has, and that nobody can say the meaning of: kept as they are, and told."""
        for key, known in rule.known:
            if values.get(key, "") not in known:
                what = f"{values.get(key)!r} is none of the known ones"
                self.warn(Problem(f"{rule.element}_unknown", what, line=number, column=column))

    def unreadable(self, reader: "BodyReader", problem: Problem, text: str, lines: Sequence[int]) -> None:
        """An element that can't be read is left out; its passenger is known and stays."""
        if not self.may_stand(reader, text, problem.line, problem.column):
            return
        self.warn(problem)
        self.unread.update(lines)
        self.bad = (lines[-1], reader.source)
        _mark(reader, problem.code)

    def unbound(
        self, reader: "BodyReader", bound: str, number: int, text: str, lines: Sequence[int], column: int
    ) -> None:
        """A remark that may speak about several passengers, or names one who is not there."""
        what = f"a party of {len(reader.party)}, and no word whom of them it means"
        if bound:
            what = "it names a passenger who is not the one above it"
            reader.doubt(text, number, column, names_other=True)
        self.warn(Problem("remark_unbound", what, line=number, column=column))
        self.unread.update(lines)
        _mark(reader, "remark_unbound")

    def completes(self, number: int, text: str) -> bool:
        """Whether this line and the one before it, which could not be read, are one line that was broken in two."""
        before, start = self.bad
        if before != number - 1 or not start.startswith("."):
            return False
        for between in ("", "/", " ", "-", "A", "0"):
            line = f"{start}{between}{text}"
            rule = self.grammar.elements.get(line[: line.find("/") + 1])
            if rule is not None and rule.words:
                line = line[line.find("/") + 1 :]
                rule = self.grammar.remarks.get(line.split(None, 1)[0].partition("/")[0])
            forms = rule.forms if rule is not None and not rule.free else ()
            if any(form.pattern.fullmatch(line) for form in forms if not form.free):
                return True
        return False

    # --- line breaks that got lost ------------------------------------------------------------------------------------

    def glued(self, reader: "BodyReader", piece: str) -> int:
        """Where an element begins inside another one, without a blank before it; 0 where none does. In text that may
        be anything, a mail address with its dots and slashes is none: only what can be read as one counts there.
        """
        grammar = self.grammar
        found = grammar.glued.finditer(piece, 1)
        first = next(found, None)
        if first is None:
            return 0
        prefix = piece[: piece.find("/") + 1]
        goes_on = reader.pending is not None and prefix in grammar.continued
        whole = reader.pending_text if goes_on else piece
        rule = grammar.elements.get(whole[: whole.find("/") + 1])
        if rule is not None and rule.words:
            rule = grammar.remark_of(whole[whole.find("/") + 1 :])
        if rule is None or not rule.free:
            return first.start()
        places = (match.start() for match in (first, *found) if grammar.is_element(piece[match.start() :]))
        return next(places, 0)

    def free(self, reader: "BodyReader", text: str, number: int, column: int) -> bool:
        """Whether a line of free text may be taken for one; False when it hides the beginning of a section. A card or
        a ticket in it is told: nothing reads it there.
        """
        if not self.may_stand(reader, text, number, column):
            return False
        if (place := self.grammar.telling.within(text)) > 0:
            what = "a card, a ticket or a service inside other text, where none is read"
            self.warn(Problem("remark_doubtful", what, line=number, column=column + place))
            self.unread.add(number)
            _mark(reader, "remark_doubtful")
        return True

    def may_stand(self, reader: "BodyReader", text: str, number: int, column: int) -> bool:
        """Whether a line with free text hides no beginning of a section; it is remembered, it may hide a name."""
        breaks = self.grammar.breaks
        for pattern in breaks.sections:
            match = pattern.search(text)
            if match is not None and match.start() > 1:
                self.hides(reader, number, column + match.start(), "a section")
                return False
        if breaks.words is not None and (match := breaks.words.search(text)) is not None:
            self.word = (match[0], number, column + match.start())
        reader.doubt(text, number, column)
        return True

    def hidden_word(self, reader: "BodyReader", text: str, number: int, column: int) -> bool:
        """At a name line: whether the line before it ends in a word that would hold for this name (ADD, CHG,
        DEL), and another one holds now.
        """
        word, self.word = self.word, None
        if word is not None and word[1] == number - 1 and all(value != word[0] for _, value in reader.marks):
            self.hides(reader, word[1], word[2], word[0])
            return True
        breaks = self.grammar.breaks
        if (
            breaks.words is not None
            and (match := breaks.words.search(text)) is not None
            and match.start() > 2
        ):
            self.word = (match[0], number, column + match.start())
        return False

    def hides(self, reader: "BodyReader", number: int, column: int, what: str) -> None:
        text = f"{what} begins here without a line break before it"
        self.problem(Problem("line_break_lost", text, line=number, column=column))
        self.unread.add(number)
        reader.party, reader.lost, reader.section = [], True, None

    # --- the whole list -----------------------------------------------------------------------------------------------

    def compare(self, sections: Iterable[Section]) -> None:
        """Once for the whole list: more names than announced is damage, fewer are usual in real lists, unless
        a line looks as if it hid one.
        """
        for section in sections:
            for doubt in section.doubts:
                if section.doubts_count(doubt) and (
                    doubt.is_name or names_somebody_else(doubt, self.grammar, strictly=not section.announced)
                ):
                    self.split(section, doubt)
            if not section.announced:
                continue
            if section.persons > section.total + section.spare:
                text = f"{section.persons} names where {section.total} were announced"
                self.problem(Problem("more_names_than_total", text, line=section.line, column=1))
            elif section.seats + section.lost < section.total:
                text = f"{section.seats} of {section.total} announced names"
                self.warn(Problem("fewer_names_than_total", text, line=section.line, column=1))

    def split(self, section: Section, doubt: Doubt) -> None:
        """A line that hides a name, in a section that is short of one: the elements after it may be that
        person's.
        """
        what = (
            "this may be an element whose dot was damaged" if doubt.is_name else "a name seems to begin here"
        )
        problem = Problem("line_break_lost", what, line=doubt.line, column=doubt.column)
        # A remark that names somebody else may as well stand below a name that is none: then nothing is sure.
        (self.warn if self.tolerant and not doubt.names_other else self.problem)(problem)
        self.unread.add(doubt.line)
        for person in doubt.party:
            person.attributes.setdefault("damaged", problem.code)
            later = [
                child for child in person.children if isinstance(child, tuple) and child[0] >= doubt.line
            ]
            person.children = [child for child in person.children if child not in later]
            self.unread.update(child[0] for child in later)
        if doubt.is_name:
            section.node.children = [child for child in section.node.children if child not in doubt.party]
        section.lost += 1
        section.node.attributes["lost"] = str(section.lost)

    def miss(self, awaited: Mapping[str, int], sections: Mapping[tuple[str, ...], Section]) -> None:
        """Off points that were announced, while a line ends as if their group's line had been glued to it."""
        seen = {key[0] for key in sections}
        for off in awaited if seen else ():
            for section in () if off in seen else sections.values():
                ends = [(doubt.line, doubt.text) for doubt in section.doubts]
                for child in section.node.children:
                    if not isinstance(child, tuple):
                        ends += [(child.line, value) for value in child.attributes.values()]
                for line, text in ends:
                    if text.endswith(f"-{off}"):
                        what = f"the group of {off} begins here without a line break before it"
                        self.problem(Problem("line_break_lost", what, line=line, column=1))


def _mark(reader: "BodyReader", code: str) -> None:
    for person in reader.party:
        person.attributes.setdefault("damaged", code)
