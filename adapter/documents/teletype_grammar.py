"""Grammars of teletype lists: read from YAML once, checked, and compiled into tables that the reader
dispatches on.

The language is described at the head of ``schemas/typeb/elements.yaml``, profiles of vendors in
``schemas/typeb/profiles/README.md``. Every mistake in a grammar is reported with its file and line before
the first telegram is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.documents.teletype_compiler import compile_grammar
from adapter.documents.teletype_rules import LEVELS, LIST, Breaks, Form, Grammar, Rule
from adapter.documents.teletype_short import short_of
from adapter.documents.teletype_telling import Telling
from adapter.documents.teletype_templates import Template, read_template
from adapter.errors import ConfigError, Problem
from loyalty_core import InputError, located_yaml

__all__ = ["Grammar", "load_grammar"]

_PIECE = re.compile(r"\{([a-z_]+)\}")
_XML_NAME = re.compile(r"[a-z][a-z_]*")
_WORDS = ("total", "spare", "announces", "needs", "continued")
_SWITCHES = ("once", "binds", "free", "marks_rest", "to_end")
_PATTERNS = ("like", "goes_on", "block_line")
_TABLES = ("persons", "day", "without", "marks", "known")
_RULE_KEYS = frozenset(
    {"starts", "word", "write", "under", "element", "opens", "forms", "unreadable", "continues", "latin"}
    | {"words", "block", *_WORDS, *_SWITCHES, *_PATTERNS, *_TABLES}
)
_GRAMMAR_KEYS = frozenset(
    {"grammar", "kind", "include", "use", "pieces", "lines", "remarks", "breaks", "telling", "compares"}
)
_PROFILE_KEYS = frozenset({"profile", "about", "kinds", "pieces", "lines", "remarks", "breaks", "telling"})


@dataclass(slots=True)
class _Draft:
    """A line as the files describe it: settings, and the file that each of them stands in (a profile may
    change some).
    """

    path: located_yaml.Path
    settings: dict[str, Any]
    places: dict[str, located_yaml.Located]
    place: located_yaml.Located


class _Loader:
    """Reads one grammar with what it includes, collecting problems instead of stopping at the first."""

    def __init__(self, path: Path, profile: Path | None) -> None:
        self.path = path
        self.profile = profile
        self.problems: list[Problem] = []
        self.pieces: dict[str, tuple[located_yaml.Located, str]] = {}
        self.expanded: dict[str, str] = {}
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
            name = match[1]
            if name not in self.pieces:
                self.complain(document, path, f"unknown piece {{{name}}}")
                return "x"  # something to go on with
            if name not in self.expanded:
                self.expanded[name] = "x"  # a piece of itself ends here
                where, own = self.pieces[name]
                whole = self.expand(where, ("pieces", name), own)
                # Alternatives and quantifiers stay inside their piece.
                self.expanded[name] = whole if re.fullmatch(r"\[[^\]]*\]", whole) else f"(?:{whole})"
            return self.expanded[name]

        return _PIECE.sub(piece, text)

    def pattern(
        self, document: located_yaml.Located, path: located_yaml.Path, value: object
    ) -> re.Pattern[str] | None:
        if not isinstance(value, str):
            self.complain(document, path, "this is a pattern")
            return None
        try:
            return re.compile(self.expand(document, path, value))
        except re.error as error:
            self.complain(document, path, f"bad pattern: {error}")
            return None

    def form(
        self, document: located_yaml.Located, path: located_yaml.Path, value: object, without: dict[str, str]
    ) -> Form | None:
        extra: dict[str, str] = {}
        free = False
        if isinstance(value, dict):
            unknown = set(value) - {"pattern", "set", "free"}
            if unknown or not isinstance(value.get("set", {}), dict):
                self.complain(document, path, "a form has pattern, set and free")
                return None
            extra = {str(key): str(text) for key, text in value.get("set", {}).items()}
            free = value.get("free") is True
            value, path = value.get("pattern"), (*path, "pattern")
        compiled = self.pattern(document, path, value)
        if compiled is None:
            return None
        return Form(compiled, tuple(extra.items()), free, short_of(compiled, extra, without))

    def templates(self, draft: _Draft, known: set[str]) -> tuple[Template, ...]:
        value, document = draft.settings.get("write"), draft.places.get("write", draft.place)
        templates = []
        for number, text in enumerate(_list_of(value)):
            path = (*draft.path, "write", number) if isinstance(value, list) else (*draft.path, "write")
            try:
                template = read_template(str(text))
            except ValueError as error:
                self.complain(document, path, str(error))
                continue
            for name in sorted(template.names - known):
                self.complain(document, (*draft.path, "write"), f"no form captures {name!r}")
            templates.append(template)
        return tuple(templates)

    def rule(self, draft: _Draft) -> Rule | None:
        value = draft.settings

        def complain(key: str, text: str) -> None:
            place = draft.places.get(key)
            self.complain(place or draft.place, (*draft.path, key) if place else draft.path, text)

        for key in value:
            if key not in _RULE_KEYS:
                complain(
                    key, f"unknown setting {key!r}{located_yaml.suggestion(str(key), sorted(_RULE_KEYS))}"
                )
        place = draft.places.get("forms", draft.place)
        given = value.get("without")
        without = given if isinstance(given, dict) else {}
        forms = [
            self.form(place, (*draft.path, "forms", number), form, without)
            for number, form in enumerate(_list_of(value.get("forms")))
        ]
        patterns: dict[str, Any] = {
            key: self.pattern(draft.places[key], (*draft.path, key), value[key])
            for key in _PATTERNS
            if key in value
        }
        for key in ("under", "opens"):
            if key in value and value[key] not in LEVELS:
                complain(key, f"{key} is one of {', '.join(LEVELS)}")
        if value.get("unreadable", "problem") not in ("problem", "warning", "otherwise"):
            complain("unreadable", "unreadable is problem or warning, or otherwise")
        element = str(value.get("element", ""))
        if element and not _XML_NAME.fullmatch(element):
            complain("element", f"{element!r} is no name of an element")
        if not forms and not value.get("words"):
            complain("", "forms are missing")
        tables = {key: value.get(key) for key in _TABLES}
        for key, table in tables.items():
            if table is not None and not isinstance(table, dict):
                complain(key, f"{key} is a table")
                return None
        persons, day = tables["persons"] or {}, tables["day"] or {}
        captured = {name for form in forms if form for name in form.pattern.groupindex}
        needed = {"seats", "surname", "given"} if "persons" in value else set()
        needed |= set(map(str, _list_of(value.get("continues"))))
        needed |= {str(value[key]) for key in ("total", "spare", "announces") if key in value}
        needed |= {str(day.get("from", ""))} if day else set()
        needed |= set(map(str, tables["known"] or {}))
        for name in sorted(needed - captured):
            complain("", f"no form captures {name!r}")
        written = (
            captured | {str(day.get("to", ""))} | {key for form in forms if form for key, _ in form.extra}
        )
        written |= {"extra"} if "persons" in value else set()
        settings: dict[str, Any] = {
            "writes": self.templates(draft, written),
            "element": element,
            "under": _level(value.get("under", "passenger")),
            "opens": _level(value.get("opens", "list")),
            "forms": tuple(form for form in forms if form),
            "warning_only": value.get("unreadable") == "warning",
            "else_otherwise": value.get("unreadable") == "otherwise",
            "continues": tuple(map(str, _list_of(value.get("continues")))),
            "persons": "persons" in value,
            "extra_seats": frozenset(map(str, _list_of(persons.get("extra_seats")))),
            "blocked": str(persons.get("blocked", "")),
            "nameless": persons.get("nameless") is True,
            "day_from": str(day.get("from", "")),
            "day_to": str(day.get("to", "")),
            "without": _pairs(tables["without"]),
            "latin": tuple(map(str, _list_of(value.get("latin")))),
            "words": "words" in value,
            "marks": _pairs(tables["marks"]),
            "known": tuple(
                (str(k), frozenset(map(str, _list_of(v)))) for k, v in (tables["known"] or {}).items()
            ),
            "block": tuple(map(str, _list_of(value.get("block")))),
            **patterns,
        }
        for key in _WORDS:
            settings[key] = str(value.get(key, ""))
        for key in _SWITCHES:
            settings[key] = value.get(key) is True
        return Rule(name=str(draft.path[-1]), **settings)

    def breaks(self, documents: Sequence[located_yaml.Located]) -> Breaks:
        """The ``breaks`` of all files; what stands in a later one counts."""
        found: dict[str, tuple[re.Pattern[str], ...]] = {}
        for document in documents:
            for key, value in self.table(document, "breaks").items():
                if key not in ("name", "sections", "words"):
                    self.complain(document, ("breaks", key), "breaks has name, sections and words")
                texts = [f"(?:{text})\\Z" if isinstance(text, str) else text for text in _list_of(value)]
                patterns = [self.pattern(document, ("breaks", key), text) for text in texts]
                found[key] = tuple(pattern for pattern in patterns if pattern is not None)
        name, words = found.get("name"), found.get("words")
        return Breaks(name[0] if name else None, found.get("sections", ()), words[0] if words else None)

    def telling(self, documents: Sequence[located_yaml.Located]) -> Telling:
        """The words of ``telling`` in all files; what stands in a later one counts."""
        found: dict[str, list[str]] = {}
        for document in documents:
            for key, value in self.table(document, "telling").items():
                words = _list_of(value)
                if key not in ("words", "other") or not all(isinstance(word, str) and word for word in words):
                    self.complain(
                        document, ("telling", key), "telling has words and other, both lists of words"
                    )
                found[str(key)] = [str(word) for word in words]
        return Telling(found.get("words", ()), found.get("other", ()))

    def documents(self) -> list[located_yaml.Located]:
        """The included file, the grammar, the profile: what stands in a later one counts."""
        own = self.read(self.path)
        documents = [own] if own else []
        include = own.value.get("include") if own else None
        if own and include is not None:
            shared = self.read(self.path.parent / str(include)) if _is_file_name(include) else None
            if shared is not None:
                documents.insert(0, shared)
            elif not self.problems:
                self.complain(own, ("include",), "include is the name of a file in the same folder")
        for document in documents:
            if document.value.get("grammar") != 1:
                self.complain(document, ("grammar",), "this program reads grammars of version 1")
        if own:
            kind = str(own.value.get("kind", ""))
            if not re.fullmatch(r"[A-Z]{3}", kind):
                self.complain(own, ("kind",), "kind is three capital letters")
            if self.path.name != f"{kind}.grammar.yaml":
                self.complain(own, ("kind",), f"the grammar of {kind} is named {kind}.grammar.yaml")
        profile = self.read(self.profile) if self.profile else None
        if profile is not None:
            if profile.value.get("profile") != 1:
                self.complain(profile, ("profile",), "this program reads profiles of version 1")
            kinds = _list_of(profile.value.get("kinds"))
            if not kinds or (own and own.value.get("kind") in kinds):
                documents.append(profile)
        for document in documents:
            allowed = _PROFILE_KEYS if document is profile else _GRAMMAR_KEYS
            for key in document.value:
                if key not in allowed:
                    self.complain(document, (key,), f"unknown setting {key!r}")
        return documents

    def drafts(self, documents: Sequence[located_yaml.Located], table: str) -> dict[str, _Draft]:
        drafts: dict[str, _Draft] = {}
        for document in documents:
            for name, value in self.table(document, table).items():
                if not isinstance(value, dict):
                    self.complain(document, (table, name), "a line is a table of settings")
                    continue
                draft = drafts.setdefault(name, _Draft((table, name), {}, {}, document))
                draft.settings.update(value)
                draft.places.update(dict.fromkeys(value, document))
        return drafts

    def load(self) -> Grammar:
        documents = self.documents()
        for document in documents:
            for name, text in self.table(document, "pieces").items():
                if isinstance(text, str):
                    self.pieces[name] = (document, text)
                else:
                    self.complain(document, ("pieces", name), "a piece is a pattern")
        rules: dict[str, dict[str, tuple[list[str], Rule]]] = {"lines": {}, "remarks": {}}
        for table, key in (("lines", "starts"), ("remarks", "word")):
            for name, draft in self.drafts(documents, table).items():
                rule = self.rule(draft)
                prefixes = [str(text) for text in _list_of(draft.settings.get(key))]
                if not prefixes and name != "otherwise":
                    self.complain(draft.place, draft.path, f"{key} is missing")
                if rule is not None:
                    rules[table][name] = (prefixes, rule)
        lines = rules["lines"]
        own = next((document for document in documents if "kind" in document.value), None)
        used: list[str] = []
        for number, name in enumerate(_list_of(own.value.get("use")) if own else []):
            if name in lines:
                used.append(str(name))
            elif own:
                near = located_yaml.suggestion(str(name), sorted(lines))
                self.complain(own, ("use", number), f"no line is called {name!r}{near}")
        told: set[str] = set()
        for document in documents:
            named = [name for name in self.table(document, "lines") if name in lines and name not in used]
            if document is own:
                used += named
            elif document.value.get("profile"):
                # A line that the vendor changed counts where it is in use; one of its own, everywhere.
                used += [name for name in named if name not in told]
            told |= set(self.table(document, "lines"))
        breaks, telling = self.breaks(documents), self.telling(documents)
        if self.problems or own is None:
            raise ConfigError(self.problems)
        used_lines = [lines[name] for name in used]
        return compile_grammar(own.value, used_lines, rules["remarks"], breaks, telling, tuple(self.files))


def _list_of(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _pairs(value: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(text)) for key, text in (value or {}).items())


def _level(value: object) -> int:
    return LEVELS.index(str(value)) if value in LEVELS else LIST


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and Path(value).name == value


def load_grammar(path: Path, profile: Path | None = None) -> Grammar:
    """Reads and compiles one grammar with the file it includes, and with what a vendor's profile changes in
    it. Raises ConfigError with every mistake's file and line.
    """
    return _Loader(path, profile).load()
