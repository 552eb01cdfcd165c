"""Turns the request side of a map into closures, once, so that no rule is looked at again while messages
flow.

Every closure takes the element at hand and the ``Reading`` of the message. A value that its converter refuses
is noted there and reading goes on, so that one answer can name several mistakes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapter.documents.xml import line_of, read_value
from adapter.errors import Problem

from .converters import CONVERTERS, Refusal
from .finders import Find, FindAll, finder, finder_of_all, itself, through
from .language import (
    ABSENT,
    TARGETS,
    Constant,
    Each,
    Exists,
    FieldType,
    Items,
    NodePath,
    Record,
    Request,
    Rule,
    Special,
    Table,
    Value,
    field_types,
)
from .usual import Unusual, last_line, usual_reader

__all__ = ["PROBLEMS_MAX", "CompiledRequest", "Reading", "Spot", "compile_request", "path_of"]

PROBLEMS_MAX = 5
"""References in one error answer; also the problems kept of one message."""
VALUE_CHARS_MAX = 256

_Element = etree._Element


@dataclass(slots=True)
class Reading:
    """What reading one message needs beside its elements, and the problems it met."""

    kind: str
    link: str
    position: int = 0
    problems: list[Problem] = field(default_factory=list)
    kept: dict[object, tuple[Any, ...]] = field(default_factory=dict)
    """What was read above the element at hand, by whom: the element above, then the values."""

    def refuse(self, code: str, text: str, element: _Element, attribute: str, value: str) -> None:
        if len(self.problems) >= PROBLEMS_MAX:
            return
        path = path_of(element, attribute)
        if any(problem.path == path for problem in self.problems):
            return  # one value can be read for several fields; the sender need not hear of it twice
        line = line_of(element)
        self.problems.append(Problem(code, text, path, line, value=value[:VALUE_CHARS_MAX]))


Reader = Callable[[_Element, Reading], Any]
Spot = tuple[_Element, str]
"""An element and the name of its attribute, "" for the element's own text."""


def path_of(element: _Element, attribute: str = "") -> str:
    """The path from the root of the document as it was sent."""
    path: str = element.getroottree().getpath(element)
    return f"{path}/@{attribute}" if attribute else path


@dataclass(frozen=True, slots=True)
class CompiledRequest:
    """``scopes`` finds the elements of the transactions and which of the map's ``each`` found them;
    ``locate`` says where a transaction's field (dotted where nested) was read from.
    """

    scopes: Callable[[_Element], tuple[int, list[_Element]]]
    read: Reader
    locate: Callable[[_Element, str], Spot | None]


def compile_request(request: Request, tables: Mapping[str, Table]) -> CompiledRequest:
    """Compile a checked request rule; a rule that the checker refuses must not come here."""
    finders = tuple(finder_of_all(path) for path in request.each)
    spots: dict[str, Callable[[_Element], Spot | None]] = {}

    def scopes(method: _Element) -> tuple[int, list[_Element]]:
        for index, find_all in enumerate(finders):
            found = list(find_all(method))
            if found:
                return index, found
        return 0, []

    def locate(element: _Element, name: str) -> Spot | None:
        spot = spots.get(name)
        return spot(element) if spot is not None else None

    compiler = _Compiler(tables, spots)
    read = compiler.usually(request.record, TARGETS[request.target], "", itself)
    return CompiledRequest(scopes, read, locate)


class _Compiler:
    def __init__(
        self, tables: Mapping[str, Table], spots: dict[str, Callable[[_Element], Spot | None]]
    ) -> None:
        self.tables = tables
        self.spots = spots

    def usually(self, rule: Record, target: type, prefix: str, outer: Find | None) -> Reader:
        """A reader of a dataclass that takes the usual way, and the careful one where that gives up."""
        parts = self.parts(rule, target, prefix, outer)
        careful = _record(target, tuple(parts.values()))
        usual = usual_reader(rule, target, parts, self.conversion)
        return careful if usual is None else _either(usual, careful)

    def parts(self, rule: Record, target: type, prefix: str, outer: Find | None) -> dict[str, Reader]:
        """The readers of a dataclass's fields. ``outer`` finds this record from the transaction's element, None inside
        tuples.
        """
        types = field_types(target)
        last = max((index for index, name in enumerate(types) if name in rule.fields), default=-1)
        return {
            name: self.field(rule.fields[name], kind, f"{prefix}{name}", outer)
            if name in rule.fields
            else _constant(kind.default)
            for name, kind in list(types.items())[: last + 1]
        }

    def conversion(self, rule: Value) -> Callable[[str], Any] | None:
        """Look-up and conversion in one call, None where the text itself is wanted."""
        convert, table = CONVERTERS[rule.convert].call, self.tables[rule.table] if rule.table else None
        if table is not None:
            return lambda value: convert(_look_up(table, value))
        return None if rule.convert == "text" else convert

    def field(self, rule: Rule, kind: FieldType, name: str, outer: Find | None) -> Reader:
        match rule:
            case Value():
                if outer is not None:
                    self.spots[name] = _spot(rule, outer)
                return self.value(rule, kind.default)
            case Special():
                return _SPECIAL_READERS[rule.name]
            case Constant():
                return _constant(rule.value)
            case Exists():
                ends = _ends(rule.paths)
                return lambda element, reading: _present(element, ends)
            case Record():
                return self.nested(rule, kind, name, outer)
            case Each():
                return self.each(rule, kind)

    def nested(self, rule: Record, kind: FieldType, name: str, outer: Find | None) -> Reader:
        find = finder(rule.scope, rule.pick) if rule.scope is not None else itself
        only = finder_of_all(rule.scope) if rule.scope is not None and rule.pick == "only" else None
        inner = None if outer is None else through(outer, find)
        read_record = _record(kind.kind, tuple(self.parts(rule, kind.kind, f"{name}.", inner).values()))
        if inner is not None:
            first = next((spot for key, spot in self.spots.items() if key.startswith(f"{name}.")), None)
            self.spots.update({name: first} if first is not None else {})
        when = _ends(rule.when)
        default = kind.default
        if rule.scope is None and not when:
            return read_record

        def read(element: _Element, reading: Reading) -> Any:
            if when and not _present(element, when):
                return default
            scope = find(element)
            if scope is None:
                return default
            if only is not None and len(list(only(element))) > 1:
                reading.refuse("value_repeated", "this may stand here only once", scope, "", "")
            return read_record(scope, reading)

        return read

    def each(self, rule: Each, kind: FieldType) -> Reader:
        find_all = finder_of_all(rule.path)
        match rule.item:
            case Record():
                read = self.usually(rule.item, kind.kind, "", None)
            case Items():
                parts = tuple(
                    self.field(one, FieldType("", of, False, (), False, ABSENT), "", None)
                    for one, of in zip(rule.item.rules, kind.items, strict=True)
                )

                def read(element: _Element, reading: Reading) -> Any:
                    return tuple([part(element, reading) for part in parts])

            case Value():
                read = self.value(rule.item, ABSENT)
        return lambda element, reading: tuple([read(one, reading) for one in find_all(element)])

    def value(self, rule: Value, default: Any) -> Reader:
        if rule.default is not ABSENT:
            default = rule.default
        if rule.refuse_absent:
            default = ABSENT
        places = _places(rule.paths, rule.pick)
        converter = CONVERTERS[rule.convert]
        convert, takes_empty = converter.call, converter.takes_empty
        table = self.tables[rule.table] if rule.table else None
        every = tuple(finder_of_all(path) for path in rule.paths) if rule.pick == "only" else ()

        def read(element: _Element, reading: Reading) -> Any:
            for index, (find, attribute) in enumerate(places):
                found = element if find is None else find(element)
                if found is None:
                    continue
                value = read_value(found, attribute)
                if value is None or (not value and not takes_empty):
                    continue
                if every and len(list(every[index](element))) > 1:
                    reading.refuse("value_repeated", "this may stand here only once", found, attribute, value)
                    return None
                try:
                    return convert(value if table is None else _look_up(table, value))
                except Refusal as refusal:
                    reading.refuse(refusal.code, str(refusal), found, attribute, value)
                    return None
            if default is ABSENT:
                reading.refuse("value_missing", "a value is missing here", *_nearest(element, places), "")
            return default

        return read


def _record(target: type, parts: tuple[Reader, ...]) -> Reader:
    return lambda element, reading: target(*[part(element, reading) for part in parts])


def _either(usual: Reader, careful: Reader) -> Reader:
    def read(element: _Element, reading: Reading) -> Any:
        try:
            return usual(element, reading)
        except (Unusual, Refusal):
            return careful(element, reading)

    return read


_Place = tuple[Find | None, str]


def _places(paths: tuple[NodePath, ...], pick: str = "") -> tuple[_Place, ...]:
    return tuple(
        (finder(path, pick), path.attribute) if path.ups or path.steps else (None, path.attribute)
        for path in paths
    )


def _ends(paths: tuple[NodePath, ...]) -> tuple[tuple[FindAll, str], ...]:
    return tuple((finder_of_all(path), path.attribute) for path in paths)


def _present(element: _Element, ends: tuple[tuple[FindAll, str], ...]) -> bool:
    """Of several elements that a path leads to, any may have the attribute."""
    return any(
        not attribute or found.get(attribute) is not None
        for find_all, attribute in ends
        for found in find_all(element)
    )


def _nearest(element: _Element, places: tuple[_Place, ...]) -> Spot:
    """Where a missing value should have been: the place of the first path, as far as it exists."""
    find, attribute = places[0]
    found = element if find is None else find(element)
    return (element, "") if found is None else (found, attribute)


def _look_up(table: Table, value: str) -> str:
    found = table.entries.get(value)
    if found is None:
        if not table.keep:
            raise Refusal("value_unknown", f"the value is not in table {table.name}")
        return value
    return str(found)


def _spot(rule: Value, outer: Find) -> Callable[[_Element], Spot | None]:
    places = _places(rule.paths, rule.pick)

    def spot(element: _Element) -> Spot | None:
        start = outer(element)
        if start is None:
            return None
        for find, attribute in places:
            found = start if find is None else find(start)
            if found is not None and read_value(found, attribute) is not None:
                return found, attribute
        return None

    return spot


def _constant(value: Any) -> Reader:
    return lambda element, reading: value


_SPECIAL_READERS: Mapping[str, Reader] = {
    "line": lambda element, reading: line_of(element),
    "line_end": lambda element, reading: last_line(element),
    "position": lambda element, reading: reading.position,
    "link": lambda element, reading: reading.link,
    "kind": lambda element, reading: reading.kind,
}
