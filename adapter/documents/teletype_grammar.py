"""Grammars of teletype lists: read from YAML once, checked, and compiled into tables that the reader
dispatches on.

The language is described at the head of ``schemas/typeb/elements.yaml``. Every mistake in a grammar is
reported with its file and line before the first telegram is read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter.documents.teletype_templates import Template, read_template
from adapter.errors import ConfigError, Problem
from loyalty_core import InputError, located_yaml

LEVELS = ("list", "group", "passenger")
_PIECE = re.compile(r"\{([a-z_]+)\}")
_XML_NAME = re.compile(r"[a-z][a-z_]*")
_RULE_KEYS = frozenset(
    {
        "starts",
        "word",
        "under",
        "element",
        "opens",
        "forms",
        "unreadable",
        "continues",
        "total",
        "spare",
        "persons",
    }
    | {"write", "continued", "day", "without", "latin", "once", "binds", "words", "marks", "block", "to_end"}
)


@dataclass(frozen=True, slots=True)
class Form:
    """One pattern for a whole line, and the attributes that it adds to those it captures."""

    pattern: re.Pattern[str]
    extra: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of line. ``under`` and ``opens`` are indexes into ``LEVELS``; ``opens`` is 0 when nothing
    opens.
    """

    name: str
    under: int = 2
    element: str = ""
    opens: int = 0
    forms: tuple[Form, ...] = ()
    writes: tuple[Template, ...] = ()
    warning_only: bool = False
    continues: tuple[str, ...] = ()
    total: str = ""
    spare: str = ""
    persons: bool = False
    extra_seats: frozenset[str] = frozenset()
    blocked: str = ""
    continued: str = ""
    day_from: str = ""
    day_to: str = ""
    without: tuple[tuple[str, str], ...] = ()
    latin: tuple[str, ...] = ()
    once: bool = False
    binds: bool = False
    words: bool = False
    marks: tuple[tuple[str, str], ...] = ()
    block: tuple[str, ...] = ()
    to_end: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """A compiled grammar.

    ``elements`` finds the rule of a line that begins with a dot by its text up to the first slash;
    ``starts`` that of any other line: prefixes by their first character, longest first. ``inline`` finds
    where a further element begins on the same line, but not in lines that begin like one of ``whole``.
    ``files`` are the files it was read from, in order.
    """

    kind: str
    elements: Mapping[str, Rule]
    starts: Mapping[str, tuple[tuple[str, Rule], ...]]
    remarks: Mapping[str, Rule]
    otherwise: Rule | None
    inline: re.Pattern[str]
    continued: tuple[str, ...]
    whole: tuple[str, ...]
    files: tuple[Path, ...] = field(default=())


class _Loader:
    """Reads one grammar file with what it includes, collecting problems instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.pieces: dict[str, str] = {}
        self.files: list[Path] = []

    def read(self, path: Path) -> located_yaml.Located | None:
        self.files.append(path)
        try:
            document = located_yaml.load_file(path)
        except InputError as error:
            self.problems += error.problems
            return None
        if not isinstance(document.value, dict):
            self.problems.append(document.problem("grammar_invalid", "a grammar is a table of settings"))
            return None
        return document

    def complain(self, document: located_yaml.Located, path: located_yaml.Path, text: str) -> None:
        self.problems.append(document.problem("grammar_invalid", text, path))

    def table(self, document: located_yaml.Located, key: str) -> dict[str, Any]:
        value = document.value.get(key, {})
        if not isinstance(value, dict):
            self.complain(document, (key,), f"{key} is a table")
            return {}
        return value

    def expand(self, document: located_yaml.Located, path: located_yaml.Path, text: str) -> str:
        def piece(match: re.Match[str]) -> str:
            if match[1] not in self.pieces:
                self.complain(document, path, f"unknown piece {{{match[1]}}}")
                return "x"  # something to go on with
            return self.pieces[match[1]]

        return _PIECE.sub(piece, text)

    def read_pieces(self, document: located_yaml.Located) -> None:
        for name, text in self.table(document, "pieces").items():
            if not isinstance(text, str):
                self.complain(document, ("pieces", name), "a piece is a pattern")
                continue
            expanded = self.expand(document, ("pieces", name), text)
            # Alternatives and quantifiers stay inside their piece.
            self.pieces[name] = expanded if re.fullmatch(r"\[[^\]]*\]", expanded) else f"(?:{expanded})"

    def form(self, document: located_yaml.Located, path: located_yaml.Path, value: object) -> Form | None:
        extra: dict[str, str] = {}
        if isinstance(value, dict):
            unknown = set(value) - {"pattern", "set"}
            if unknown or not isinstance(value.get("set", {}), dict):
                self.complain(document, path, "a form has pattern and set")
                return None
            extra = {str(key): str(text) for key, text in value.get("set", {}).items()}
            value, path = value.get("pattern"), (*path, "pattern")
        if not isinstance(value, str):
            self.complain(document, path, "a form is a pattern")
            return None
        try:
            return Form(re.compile(self.expand(document, path, value)), tuple(extra.items()))
        except re.error as error:
            self.complain(document, path, f"bad pattern: {error}")
            return None

    def templates(
        self, document: located_yaml.Located, path: located_yaml.Path, value: object, known: set[str]
    ) -> tuple[Template, ...]:
        templates = []
        for number, text in enumerate(_list_of(value)):
            try:
                template = read_template(str(text))
            except ValueError as error:
                self.complain(document, (*path, number) if isinstance(value, list) else path, str(error))
                continue
            for name in sorted(template.names - known):
                self.complain(document, path, f"no form captures {name!r}")
            templates.append(template)
        return tuple(templates)

    def rule(self, document: located_yaml.Located, path: located_yaml.Path, value: object) -> Rule | None:
        if not isinstance(value, dict):
            self.complain(document, path, "a line is a table of settings")
            return None
        for key in value:
            if key not in _RULE_KEYS:
                near = located_yaml.suggestion(str(key), sorted(_RULE_KEYS))
                self.complain(document, (*path, key), f"unknown setting {key!r}{near}")
        forms = [
            self.form(document, (*path, "forms", number), form)
            for number, form in enumerate(_list_of(value.get("forms")))
        ]
        for key in ("under", "opens"):
            if key in value and value[key] not in LEVELS:
                self.complain(document, (*path, key), f"{key} is one of {', '.join(LEVELS)}")
        if value.get("unreadable", "problem") not in ("problem", "warning"):
            self.complain(document, (*path, "unreadable"), "unreadable is problem or warning")
        element = str(value.get("element", ""))
        if element and not _XML_NAME.fullmatch(element):
            self.complain(document, (*path, "element"), f"{element!r} is no name of an element")
        if not forms and not value.get("words"):
            self.complain(document, path, "forms are missing")
        persons, day = value.get("persons"), value.get("day")
        for key, given in (("persons", persons), ("day", day), ("without", value.get("without"))):
            if given is not None and not isinstance(given, dict):
                self.complain(document, (*path, key), f"{key} is a table")
                return None
        captured = {name for form in forms if form for name in form.pattern.groupindex}
        needed = {"seats", "surname", "given"} if persons is not None else set()
        needed |= set(map(str, _list_of(value.get("continues"))))
        needed |= {str(value[key]) for key in ("total", "spare") if key in value}
        needed |= {str(day.get("from", ""))} if day else set()
        for name in sorted(needed - captured):
            self.complain(document, path, f"no form captures {name!r}")
        persons = persons or {}
        day = day or {}
        written = (
            captured | {str(day.get("to", ""))} | {key for form in forms if form for key, _ in form.extra}
        )
        return Rule(
            name=str(path[-1]),
            under=_level(value.get("under", "passenger")),
            element=element,
            opens=_level(value.get("opens", "list")),
            forms=tuple(form for form in forms if form),
            writes=self.templates(document, (*path, "write"), value.get("write"), written),
            warning_only=value.get("unreadable") == "warning",
            continues=tuple(map(str, _list_of(value.get("continues")))),
            total=str(value.get("total", "")),
            spare=str(value.get("spare", "")),
            persons="persons" in value,
            extra_seats=frozenset(map(str, _list_of(persons.get("extra_seats")))),
            blocked=str(persons.get("blocked", "")),
            continued=str(value.get("continued", "")),
            day_from=str(day.get("from", "")),
            day_to=str(day.get("to", "")),
            without=tuple((str(key), str(text)) for key, text in (value.get("without") or {}).items()),
            latin=tuple(map(str, _list_of(value.get("latin")))),
            once=value.get("once") is True,
            binds=value.get("binds") is True,
            words="words" in value,
            marks=tuple((str(key), str(text)) for key, text in (value.get("marks") or {}).items()),
            block=tuple(map(str, _list_of(value.get("block")))),
            to_end=value.get("to_end") is True,
        )

    def load(self) -> Grammar:
        own = self.read(self.path)
        documents = [own] if own else []
        include = own.value.get("include") if own else None
        if own and include is not None:
            shared = self.read(self.path.parent / str(include)) if _is_file_name(include) else None
            if shared is not None:
                documents.insert(0, shared)
            elif not self.problems:
                self.complain(own, ("include",), "include is the name of a file in the same folder")
        lines: dict[str, tuple[list[str], Rule]] = {}
        remarks: dict[str, tuple[list[str], Rule]] = {}
        for document in documents:
            allowed = {"grammar", "kind", "include", "use", "pieces", "lines", "remarks"}
            for key in document.value:
                if key not in allowed:
                    self.complain(document, (key,), f"unknown setting {key!r}")
            if document.value.get("grammar") != 1:
                self.complain(document, ("grammar",), "this program reads grammars of version 1")
            self.read_pieces(document)
            for table, key, target in (("lines", "starts", lines), ("remarks", "word", remarks)):
                for name, value in self.table(document, table).items():
                    rule = self.rule(document, (table, name), value)
                    prefixes = (
                        [str(text) for text in _list_of(value.get(key))] if isinstance(value, dict) else []
                    )
                    if not prefixes and name != "otherwise":
                        self.complain(document, (table, name), f"{key} is missing")
                    if rule is not None:
                        target[name] = (prefixes, rule)
        kind = str(own.value.get("kind", "")) if own else ""
        if own and not re.fullmatch(r"[A-Z]{3}", kind):
            self.complain(own, ("kind",), "kind is three capital letters")
        if own and self.path.name != f"{kind}.grammar.yaml":
            self.complain(own, ("kind",), f"the grammar of {kind} is named {kind}.grammar.yaml")
        used: list[str] = []
        for number, name in enumerate(_list_of(own.value.get("use")) if own else []):
            if name in lines:
                used.append(str(name))
            elif own:
                near = located_yaml.suggestion(str(name), sorted(lines))
                self.complain(own, ("use", number), f"no line is called {name!r}{near}")
        if own:
            used += [name for name in self.table(own, "lines") if name in lines and name not in used]
        if self.problems:
            raise ConfigError(self.problems)
        return _compile(kind, [lines[name] for name in used], remarks, tuple(self.files))


def _compile(
    kind: str,
    lines: list[tuple[list[str], Rule]],
    remarks: dict[str, tuple[list[str], Rule]],
    files: tuple[Path, ...],
) -> Grammar:
    elements: dict[str, Rule] = {}
    starts: dict[str, list[tuple[str, Rule]]] = {}
    for prefixes, rule in lines:
        for prefix in prefixes:
            if prefix.startswith("."):
                elements[prefix] = rule
            else:
                starts.setdefault(prefix[0], []).append((prefix, rule))
    otherwise = remarks.pop("otherwise", None)
    inline = "|".join(re.escape(prefix) for prefix in sorted(elements, key=len, reverse=True)) or "(?!)"
    return Grammar(
        kind=kind,
        elements=elements,
        starts={first: tuple(sorted(rules, key=lambda r: -len(r[0]))) for first, rules in starts.items()},
        remarks={word: rule for words, rule in remarks.values() for word in words},
        otherwise=otherwise[1] if otherwise else None,
        inline=re.compile(rf"[ \t]+(?={inline})"),
        whole=tuple(prefix for prefixes, rule in lines if rule.to_end for prefix in prefixes),
        continued=tuple(rule.continued for _, rule in lines if rule.continued),
        files=files,
    )


def _list_of(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _level(value: object) -> int:
    return LEVELS.index(str(value)) if value in LEVELS else 0


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and Path(value).name == value


def load_grammar(path: Path) -> Grammar:
    """Reads and compiles one grammar with the file it includes. Raises ConfigError with every mistake's
    file and line.
    """
    return _Loader(path).load()
