"""Reads map files and code tables into the words of the language, every complaint with its line and column.

The loader knows what may be written; whether it means anything for a schema and a transaction is the
checker's part.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from adapter.errors import Problem
from loyalty_core import InputError, located_yaml
from loyalty_core.located_yaml import Located, suggestion

from .language import (
    ABSENT,
    ITEMS,
    SPECIALS,
    TARGETS,
    Constant,
    Each,
    ElementRule,
    Errors,
    Exists,
    Items,
    MessageMap,
    NodePath,
    Place,
    Record,
    ReplyPlace,
    ReplyRule,
    Request,
    Rule,
    Source,
    Special,
    Table,
    Value,
    parse_path,
)

__all__ = ["load_map", "load_table"]

_At = tuple[str | int, ...]
_Read = Located | None

_MAP_KEYS = ("message", "normalise", "normalised_schema", "request", "reply")
_REQUEST_KEYS = ("each", "to", "fields")
_REPLY_KEYS = ("each", "item", "errors", "body")
_VALUE_KEYS = ("from", "convert", "table", "pick", "default", "absent")
_RECORD_KEYS = ("from", "pick", "when", "fields")
_EACH_KEYS = ("each", "fields", "items", "item")
_PICKS = ("first", "last", "only")
_ORIGINS = ("request", "code", "message", "value")


class _Defect(Exception):
    """One problem that makes the rule at hand unreadable; its neighbours are still read."""


class _Loader:
    """Walks one YAML document; problems are collected, an unreadable rule becomes None."""

    def __init__(self, source: Located) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def place(self, at: _At, key: bool = False) -> Place:
        line, column = self.source.place(at, key)
        return Place(self.source.file, line, column, self.source.name(at))

    def note(self, code: str, text: str, at: _At, *, key: bool = False) -> None:
        self.problems.append(self.source.problem(code, text, at, key=key))

    def defect(self, code: str, text: str, at: _At, *, key: bool = False) -> _Defect:
        self.note(code, text, at, key=key)
        return _Defect()

    def mapping(
        self, value: Any, at: _At, known: Sequence[str] = (), required: Sequence[str] = ()
    ) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise self.defect("map_shape", "keys and values are expected here", at)
        for key in value if known else ():
            if key not in known:
                self.note(
                    "map_word_unknown",
                    f'unknown word "{key}"{suggestion(str(key), known)}',
                    (*at, key),
                    key=True,
                )
        missing = [key for key in required if key not in value]
        if missing:
            raise self.defect("map_word_missing", f"missing: {', '.join(missing)}", at)
        return value

    def word(self, value: Any, at: _At, known: Iterable[str] = ()) -> str:
        if not isinstance(value, str) or not value:
            raise self.defect("map_shape", "a word is expected here", at)
        known = tuple(known)
        if known and value not in known:
            text = f'"{value}" is not known here{suggestion(value, known)}; it is one of {", ".join(known)}'
            raise self.defect("map_word_unknown", text, at)
        return value

    def path(self, value: Any, at: _At) -> NodePath:
        if not isinstance(value, str):
            raise self.defect("path_invalid", "a path is expected here", at)
        try:
            return parse_path(value)
        except ValueError as error:
            raise self.defect("path_invalid", str(error), at) from None

    def paths(self, value: Any, at: _At) -> tuple[NodePath, ...]:
        if isinstance(value, list) and value:
            return tuple(self.path(one, (*at, index)) for index, one in enumerate(value))
        return (self.path(value, at),)

    # The request side.

    def request(self, value: Any, at: _At) -> Request:
        words = self.mapping(value, at, (*_REQUEST_KEYS, "absent"), _REQUEST_KEYS)
        target = self.word(words["to"], (*at, "to"), TARGETS)
        fields = (*at, "fields")
        record = Record(self.place(fields, key=True), None, (), self.fields(words["fields"], fields))
        passes = "absent" in words and self.word(words["absent"], (*at, "absent"), ("pass",)) == "pass"
        each = self.paths(words["each"], (*at, "each"))
        return Request(self.place((*at, "each")), each, target, record, passes)

    def fields(self, value: Any, at: _At) -> dict[str, Rule]:
        rules: dict[str, Rule] = {}
        for name, spec in self.mapping(value, at).items():
            try:
                rules[str(name)] = self.rule(spec, (*at, name))
            except _Defect:
                continue
        return rules

    def rule(self, spec: Any, at: _At) -> Rule:
        place = self.place(at, key=True)
        if isinstance(spec, str):
            if spec.startswith("$"):
                return Special(self.place(at), self.word(spec[1:], at, SPECIALS))
            return Value(self.place(at), (self.path(spec, at),))
        words = self.mapping(spec, at)
        if "each" in words:
            return self.each(words, at)
        if "fields" in words:
            self.mapping(words, at, _RECORD_KEYS)
            scope = self.path(words["from"], (*at, "from")) if "from" in words else None
            when = self.paths(words["when"], (*at, "when")) if "when" in words else ()
            pick = self.word(words["pick"], (*at, "pick"), _PICKS) if "pick" in words else ""
            return Record(place, scope, when, self.fields(words["fields"], (*at, "fields")), pick)
        if "value" in words:
            self.mapping(words, at, ("value",))
            return Constant(self.place((*at, "value")), words["value"])
        if "exists" in words:
            self.mapping(words, at, ("exists",))
            return Exists(self.place((*at, "exists")), self.paths(words["exists"], (*at, "exists")))
        return self.value(words, at)

    def value(self, words: dict[Any, Any], at: _At) -> Value:
        self.mapping(words, at, _VALUE_KEYS, ("from",))
        return Value(
            self.place((*at, "from")),
            self.paths(words["from"], (*at, "from")),
            self.word(words.get("convert", "text"), (*at, "convert")),
            self.word(words["table"], (*at, "table")) if "table" in words else "",
            self.word(words["pick"], (*at, "pick"), _PICKS) if "pick" in words else "",
            words.get("default", ABSENT),
            "absent" in words and self.word(words["absent"], (*at, "absent"), ("refuse",)) == "refuse",
        )

    def each(self, words: dict[Any, Any], at: _At) -> Each:
        self.mapping(words, at, _EACH_KEYS)
        item: Record | Items | Value
        if "fields" in words:
            item = Record(self.place(at, key=True), None, (), self.fields(words["fields"], (*at, "fields")))
        elif isinstance(words.get("items"), list):
            rules = (self.rule(one, (*at, "items", index)) for index, one in enumerate(words["items"]))
            item = Items(self.place((*at, "items")), tuple(rules))
        elif "item" in words:
            read = self.rule(words["item"], (*at, "item"))
            if not isinstance(read, Value):
                raise self.defect("map_shape", "item takes a path or a value rule", (*at, "item"))
            item = read
        else:
            raise self.defect("map_word_missing", "each needs fields, items or item beside it", at)
        return Each(self.place((*at, "each")), self.path(words["each"], (*at, "each")), item)

    # The reply side.

    def reply(self, value: Any, at: _At, message: str) -> ReplyRule:
        words = self.mapping(value, at, _REPLY_KEYS, _REPLY_KEYS)
        each = words["each"] if isinstance(words["each"], list) else [words["each"]]
        starts = [
            (*at, "each", index) if isinstance(words["each"], list) else (*at, "each")
            for index in range(len(each))
        ]
        return ReplyRule(
            self.place(at, key=True),
            self.word(words["item"], (*at, "item"), ITEMS),
            tuple(self.reply_place(one, start) for one, start in zip(each, starts, strict=True)),
            self.errors(words["errors"], (*at, "errors")),
            self.element(message, words["body"], (*at, "body")),
        )

    def reply_place(self, value: Any, at: _At) -> ReplyPlace:
        text = self.word(value, at)
        steps, _, rest = text.partition("[")
        copied: list[str] = []
        for one in rest.replace("[", " ").replace("]", " ").split():
            if not one.startswith("@"):
                raise self.defect(
                    "path_invalid", f'"{one}" must be an attribute to copy, as in item[@id]', at
                )
            copied.append(one[1:])
        names = self.path(steps, at)
        if names.ups or names.attribute:
            raise self.defect("path_invalid", "a place in the reply is . or names with / between them", at)
        if copied and not names.steps:
            raise self.defect("path_invalid", "only an element of its own can take copied attributes", at)
        return ReplyPlace(self.place(at), tuple(step.name for step in names.steps), tuple(copied))

    def errors(self, value: Any, at: _At) -> Errors:
        words = self.mapping(value, at, ("table", "codes"), ("table",))
        codes = words.get("codes")
        if codes is not None and not (isinstance(codes, list) and all(type(code) is int for code in codes)):
            raise self.defect("map_shape", "codes is a list of numbers", (*at, "codes"))
        table = self.word(words["table"], (*at, "table"))
        return Errors(self.place((*at, "table")), table, None if codes is None else tuple(codes))

    def element(self, name: str, spec: Any, at: _At) -> ElementRule:
        place = self.place(at, key=True)
        if isinstance(spec, str):
            return ElementRule(place, name, "", "", {}, self.source_of(spec, at), ())
        each = when = ""
        attributes: dict[str, Source] = {}
        text: Source | None = None
        children: list[ElementRule] = []
        for key, value in self.mapping(spec, at).items():
            inner = (*at, key)
            try:
                if key == "$each":
                    each = self.word(value, inner)
                elif key == "$when":
                    when = self.word(value, inner)
                elif key == ".":
                    text = self.source_of(value, inner)
                elif str(key).startswith("@"):
                    attributes[str(key)[1:]] = self.source_of(value, inner)
                elif str(key).startswith("$"):
                    raise self.defect(
                        "map_word_unknown",
                        f'unknown word "{key}"; $each and $when are known',
                        inner,
                        key=True,
                    )
                else:
                    children.append(self.element(str(key), value, inner))
            except _Defect:
                continue
        return ElementRule(place, name, each, when, attributes, text, tuple(children))

    def source_of(self, value: Any, at: _At) -> Source:
        text = self.word(value, at)
        if not text.startswith("$"):
            return Source(self.place(at), "item", text)
        origin, _, rest = text[1:].partition(" ")
        if origin not in _ORIGINS:
            known = ", ".join(f"${one}" for one in _ORIGINS)
            raise self.defect("map_word_unknown", f'"${origin}" is not known here; it is one of {known}', at)
        path = self.path(rest.strip(), at) if origin == "request" else None
        return Source(self.place(at), origin, rest.strip(), path)


def _read(path: Path) -> tuple[_Read, list[Problem]]:
    try:
        return located_yaml.load_file(path), []
    except InputError as error:
        return None, list(error.problems)


def load_map(path: Path) -> tuple[MessageMap | None, list[Problem]]:
    """Read one map file. None where what is left would not be a map; the problems come in either case."""
    source, problems = _read(path)
    if source is None:
        return None, problems
    loader = _Loader(source)
    try:
        words = loader.mapping(source.value, (), _MAP_KEYS, ("message", "request"))
        message = loader.word(words["message"], ("message",))
        request = loader.request(words["request"], ("request",))
        reply = loader.reply(words["reply"], ("reply",), message) if "reply" in words else None
        normalise, schema = (
            loader.word(words[key], (key,)) if key in words else ""
            for key in ("normalise", "normalised_schema")
        )
        if bool(normalise) != bool(schema):
            loader.note("map_word_missing", "normalise and normalised_schema belong together", ())
    except _Defect:
        return None, loader.problems
    place = loader.place(("message",))
    return MessageMap(str(path), message, place, request, reply, normalise, schema), loader.problems


def load_table(path: Path) -> tuple[Table | None, list[Problem]]:
    """Read one code table: ``holds: text`` for translations, ``holds: code and message`` for answers to
    hosts.
    """
    source, problems = _read(path)
    if source is None:
        return None, problems
    loader = _Loader(source)
    try:
        words = loader.mapping(
            source.value, (), ("table", "holds", "unknown", "entries"), ("table", "holds", "entries")
        )
        name = loader.word(words["table"], ("table",))
        coded = loader.word(words["holds"], ("holds",), ("text", "code and message")) != "text"
        keep = (
            "unknown" in words and loader.word(words["unknown"], ("unknown",), ("keep", "refuse")) == "keep"
        )
        entries = {}
        for key, value in loader.mapping(words["entries"], ("entries",)).items():
            entries[str(key)] = _entry(loader, value, ("entries", key), coded)
            if unicodedata.normalize("NFKC", str(key)) != str(key):
                loader.note(
                    "table_key",
                    "this key is another spelling of plain characters",
                    ("entries", key),
                    key=True,
                )
    except _Defect:
        return None, loader.problems
    if path.stem != name:
        loader.note("table_name", f"the table of file {path.name} has to be named {path.stem}", ("table",))
    return Table(name, str(path), entries, coded, keep), loader.problems


def _entry(loader: _Loader, value: Any, at: _At, coded: bool) -> Any:
    if not coded:
        return loader.word(value, at)
    words = loader.mapping(value, at, ("code", "message"), ("code", "message"))
    if type(words["code"]) is not int or not isinstance(words["message"], str):
        raise loader.defect("map_shape", "code is a number and message a text", at)
    return (words["code"], words["message"])
