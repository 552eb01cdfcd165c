"""Compiled grammars of teletype lists: the tables and patterns that the reader of a body dispatches on.

Built by ``teletype_grammar``; the language of the files is described at the head of
``schemas/typeb/elements.yaml``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapter.documents.teletype_short import Short
from adapter.documents.teletype_telling import Telling
from adapter.documents.teletype_templates import Template

_WORD = re.compile(r"[A-Z]{4}(?:[ /]|$)")
PRIVATE = "private"
"""The element of which nothing but its being there is kept."""
LEVELS = ("list", "group", "category", "passenger")
LIST, GROUP, CATEGORY, PASSENGER = range(4)
ELEMENT, WORD = 3, 8
"""Lengths of ``.L/`` and ``.R/FQTV`` with the blank or slash behind it."""


@dataclass(frozen=True, slots=True)
class Form:
    """One pattern for a whole line, and the attributes that it adds to those it captures. ``free``: text of
    any kind may stand in it, even another line.
    """

    pattern: re.Pattern[str]
    extra: tuple[tuple[str, str], ...]
    free: bool = False
    short: Short | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of line. ``under`` and ``opens`` are indexes into ``LEVELS``; ``opens`` is 0 when nothing
    opens. The settings of the same names are described in ``elements.yaml``.
    """

    name: str
    under: int = PASSENGER
    element: str = ""
    opens: int = 0
    like: re.Pattern[str] | None = None
    forms: tuple[Form, ...] = ()
    writes: tuple[Template, ...] = ()
    warning_only: bool = False
    else_otherwise: bool = False
    continues: tuple[str, ...] = ()
    total: str = ""
    spare: str = ""
    announces: str = ""
    persons: bool = False
    extra_seats: frozenset[str] = frozenset()
    blocked: str = ""
    nameless: bool = False
    needs: str = ""
    continued: str = ""
    goes_on: re.Pattern[str] | None = None
    day_from: str = ""
    day_to: str = ""
    without: tuple[tuple[str, str], ...] = ()
    latin: tuple[str, ...] = ()
    once: bool = False
    binds: bool = False
    free: bool = False
    words: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    marks_rest: bool = False
    block: tuple[str, ...] = ()
    block_line: re.Pattern[str] | None = None
    to_end: bool = False
    known: tuple[tuple[str, frozenset[str]], ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether a line of it only becomes one element below the passenger at hand, whatever stands around it."""
        turns = (
            self.opens
            or self.persons
            or self.words
            or self.marks
            or self.block
            or self.to_end
            or self.announces
            or self.known
        )
        return self.under == PASSENGER and bool(self.element) and not (turns or self.once or self.day_from)


@dataclass(frozen=True, slots=True)
class Usual:
    """Lines that can be read the short way, for a lone passenger: those of ``forms``, tried in order, each with whether
    its text is free. ``begin`` is how much of the line stands before what the forms read. ``waits``: the next line may
    go on with it. ``latin``: only where all of it is ASCII.
    """

    tag: str
    forms: tuple[tuple[Short, bool], ...]
    begin: int
    waits: bool
    latin: bool


@dataclass(frozen=True, slots=True)
class Breaks:
    """What a line break that got lost would leave at the end of the line before: another person's name, a line
    that begins a section, a word that holds for the names after it.
    """

    name: re.Pattern[str] | None = None
    sections: tuple[re.Pattern[str], ...] = ()
    words: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled grammar.

    ``elements`` finds the rule of a line that begins with a dot by its text up to the first slash;
    ``starts`` that of any other line: prefixes by their first character, longest first. ``inline`` finds
    where a further element begins on the same line, but not in lines that begin like one of ``whole``;
    ``glued`` finds an element that has no blank before it, because a line break was lost there.
    ``literals`` are the lines that consist of one fixed text, ``literal_tails`` the same without the first
    character. ``compares`` tells whether totals announce the names below them. ``files`` are the files it was read
    from, in order. ``usual`` finds what lines with the same beginning can be read as the short way, by their first
    ``ELEMENT`` or ``WORD`` characters; ``usual_name`` is the rule of ``1SURNAME/GIVEN``. ``apart`` are beginnings of
    ``ELEMENT`` characters of lines that never go on with the line before them. ``telling`` knows the words of remarks
    that must not get lost.
    """

    kind: str
    elements: Mapping[str, Rule]
    starts: Mapping[str, tuple[tuple[str, Rule], ...]]
    remarks: Mapping[str, Rule]
    otherwise: Rule | None
    inline: re.Pattern[str]
    glued: re.Pattern[str]
    continued: tuple[str, ...]
    whole: tuple[str, ...]
    breaks: Breaks
    literals: frozenset[str]
    literal_tails: frozenset[str]
    usual: Mapping[str, Usual]
    usual_name: Rule | None
    apart: frozenset[str]
    telling: Telling = field(default_factory=Telling)
    compares: bool = True
    files: tuple[Path, ...] = field(default=())

    def rule_of(self, text: str) -> Rule | None:
        """The rule that a line without a dot follows by its beginning."""
        for start, rule in self.starts.get(text[0], ()):
            if text.startswith(start) and (rule.like is None or rule.like.match(text)):
                return rule
        return None

    def remark_of(self, remark: str) -> Rule | None:
        """The rule of a remark, by its first word."""
        words = remark.split(None, 1)
        return self.remarks.get(words[0].partition("/")[0] if words else "", self.otherwise)

    def is_element(self, text: str) -> bool:
        """Whether a text that begins like an element has more of one than its beginning. A form that takes anything
        says nothing, unless the element has no other.
        """
        prefix = text[: text.find("/") + 1]
        rule, rest = self.elements.get(prefix), text[len(prefix) :].lstrip()
        if rule is None:
            return True  # it goes on with something
        if rule.words:
            word = _WORD.match(rest)
            known = self.remark_of(rest) is not self.otherwise
            return known or self.telling.near(rest) or bool(self.telling.begins(rest)) or word is not None
        forms = [form for form in rule.forms if not form.pattern.fullmatch(f"{prefix}?")]
        if not forms:
            return rule.element != PRIVATE
        bare = text.rstrip()
        return any(form.pattern.fullmatch(bare) for form in forms)

    def could_open(self, text: str) -> bool:
        """Whether a damaged line could have begun a section or held for the names after it: its first
        character doesn't count.
        """
        if any(len(word) == len(text) and _differ(word, text) < 2 for word in self.literals):
            return True
        rules = {rule.name: rule for pairs in self.starts.values() for _, rule in pairs}
        return any(
            form.pattern.fullmatch(first + text[1:])
            for rule in rules.values()
            if rule.opens in (GROUP, CATEGORY)
            for form in rule.forms
            for first in "-A"
        )


def _differ(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))
