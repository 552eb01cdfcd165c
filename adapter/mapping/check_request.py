"""Type-checks the request side of a map: paths against the schema, converters and cardinality against
the fields.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from adapter.errors import Problem
from loyalty_core.located_yaml import suggestion

from .converters import CONVERTERS
from .language import (
    ABSENT,
    SPECIALS,
    TARGETS,
    Constant,
    Each,
    Exists,
    FieldType,
    Items,
    NodePath,
    Place,
    Record,
    Request,
    Rule,
    Special,
    Table,
    Value,
    field_types,
)
from .schema_view import Chain, Found, PathError, SchemaNode, resolve

__all__ = ["check_request"]

_KINDS = {str: "text", int: "a whole number", bool: "true or false", date: "a date", datetime: "an instant"}


def check_request(request: Request, root: SchemaNode, tables: Mapping[str, Table]) -> list[Problem]:
    """All problems of a request rule; a rule that is read at several places is judged at each of them."""
    checker = _Checker(tables)
    for path in request.each:
        found = checker.find(path, (root,), request.place)
        if found is not None:
            checker.record(request.record, TARGETS[request.target], found.chain)
        if path.steps:
            checker.absent |= {path.steps[0].name}
    return list(dict.fromkeys(checker.problems))


class _Checker:
    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.problems: list[Problem] = []
        self.absent: frozenset[str] = frozenset()

    def note(self, place: Place, code: str, text: str) -> None:
        self.problems.append(place.problem(code, text))

    def find(self, path: NodePath, chain: Chain, place: Place) -> Found | None:
        try:
            return resolve(path, chain, self.absent)
        except PathError as error:
            self.note(place, "path_unknown", str(error))
            return None

    def record(self, record: Record, target: type, chain: Chain) -> None:
        types = field_types(target)
        for name, rule in record.fields.items():
            if name in types:
                self.rule(rule, types[name], target, chain)
            else:
                text = f"{target.__name__} has no field {name}{suggestion(name, types)}"
                self.note(rule.place, "field_unknown", text)
        missing = [name for name, kind in types.items() if kind.required and name not in record.fields]
        if missing:
            self.note(record.place, "field_missing", f"{target.__name__} needs {', '.join(missing)}")

    def rule(self, rule: Rule, kind: FieldType, target: type, chain: Chain) -> None:
        name = f"{target.__name__}.{kind.name}"
        match rule:
            case Each():
                self.each(rule, kind, name, chain)
            case Record():
                self.nested(rule, kind, name, chain)
            case _ if kind.many:
                self.note(rule.place, "cardinality", f"{name} takes many values: write each")
            case _ if kind.record:
                self.note(rule.place, "field_type", f"{name} is a {kind.kind.__name__}: write fields")
            case Value():
                self.value(rule, kind.kind, kind.default, name, chain)
            case Special():
                self.fits(SPECIALS[rule.name], kind.kind, f"${rule.name}", name, rule.place)
            case Constant():
                self.fits(type(rule.value), kind.kind, "the value", name, rule.place)
            case Exists():
                self.fits(bool, kind.kind, "exists", name, rule.place)
                self.conditions(rule.paths, chain, rule.place)

    def conditions(self, paths: Sequence[NodePath], chain: Chain, place: Place) -> None:
        for path in paths:
            self.find(path, chain, place)

    def nested(self, rule: Record, kind: FieldType, name: str, chain: Chain) -> None:
        if kind.many or not kind.record:
            how = "takes many values: write each" if kind.many else f"is {_KINDS.get(kind.kind, 'a value')}"
            self.note(rule.place, "cardinality" if kind.many else "field_type", f"{name} {how}")
            return
        self.conditions(rule.when, chain, rule.place)
        optional = bool(rule.when)
        if rule.scope is not None:
            found = self.find(rule.scope, chain, rule.place)
            if found is None:
                return
            self.element_of(rule.scope, rule.place)
            self.cardinality(rule, rule.scope, found, name)
            if rule.pick and not found.many:
                self.nothing_to_choose(rule, rule.scope)
            optional |= found.optional
            chain = found.chain
        if optional and kind.default is ABSENT:
            self.note(rule.place, "value_optional", f"this may be absent and {name} has no default")
        self.record(rule, kind.kind, chain)

    def each(self, rule: Each, kind: FieldType, name: str, chain: Chain) -> None:
        if not kind.many:
            self.note(rule.place, "cardinality", f"{name} takes one value, each gives many")
            return
        found = self.find(rule.path, chain, rule.place)
        if found is None:
            return
        self.element_of(rule.path, rule.place)
        if not found.many:
            self.note(rule.place, "cardinality", f'"{rule.path.text}" stands at most once, {name} takes many')
        match rule.item:
            case Record() if kind.record:
                self.record(rule.item, kind.kind, found.chain)
            case Items() if len(kind.items) == len(rule.item.rules):
                for one, of in zip(rule.item.rules, kind.items, strict=True):
                    self.rule(one, FieldType(kind.name, of, False, (), False, ABSENT), tuple, found.chain)
            case Value() if not kind.record and not kind.items:
                self.value(rule.item, kind.kind, ABSENT, name, found.chain)
            case _:
                shape = kind.kind.__name__ if not kind.items else f"tuples of {len(kind.items)}"
                self.note(rule.place, "field_type", f"{name} holds values of another shape: {shape}")

    def element_of(self, path: NodePath, place: Place) -> None:
        if path.attribute:
            self.note(place, "path_unfit", f'"{path.text}" is an attribute, an element is needed here')

    def value(self, rule: Value, wanted: type, default: Any, name: str, chain: Chain) -> None:
        optional, single = True, True
        for path in rule.paths:
            found = self.find(path, chain, rule.place)
            if found is None:
                optional = single = False
                continue
            optional &= found.optional
            single &= not found.many
            self.cardinality(rule, path, found, name)
            node = found.chain[-1]
            if not path.attribute and not node.text:
                text = f'"{path.text}": <{node.name}> holds elements, not a value'
                self.note(rule.place, "path_unfit", text)
        if rule.pick and single:
            self.nothing_to_choose(rule, rule.paths[0])
        if rule.default is not ABSENT:
            if rule.default is not None:
                self.fits(type(rule.default), wanted, "the default", name, rule.place)
        elif optional and default is ABSENT and not rule.refuse_absent:
            text = f"this may be absent and {name} has no default: give one, or write absent: refuse"
            self.note(rule.place, "value_optional", text)
        self.conversion(rule, wanted, name)

    def cardinality(self, rule: Value | Record, path: NodePath, found: Found, name: str) -> None:
        if found.many and not rule.pick:
            text = f'"{path.text}" may stand several times, {name} takes one: write pick first, last or only'
            self.note(rule.place, "cardinality", text)

    def nothing_to_choose(self, rule: Value | Record, path: NodePath) -> None:
        text = f'"{path.text}" stands at most once, pick has nothing to choose'
        self.note(rule.place, "cardinality", text)

    def conversion(self, rule: Value, wanted: type, name: str) -> None:
        if rule.table:
            table = self.tables.get(rule.table)
            if table is None:
                text = f"there is no table {rule.table}{suggestion(rule.table, self.tables)}"
                self.note(rule.place, "table_unknown", text)
            elif table.coded:
                self.note(rule.place, "table_unfit", f"table {rule.table} holds answers, not translations")
        converter = CONVERTERS.get(rule.convert)
        if converter is None:
            text = f"there is no converter {rule.convert}{suggestion(rule.convert, CONVERTERS)}"
            self.note(rule.place, "converter_unknown", text)
        else:
            self.fits(converter.result, wanted, f"converter {rule.convert}", name, rule.place)

    def fits(self, given: type, wanted: type, what: str, name: str, place: Place) -> None:
        if given is not wanted:
            have, need = (_KINDS.get(one, one.__name__) for one in (given, wanted))
            self.note(place, "converter_unfit", f"{what} gives {have}, {name} takes {need}")
