"""Type-checks the reply side of a map: its elements against the reply's schema, its sources against the
answers.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from adapter.errors import Problem
from loyalty_core import Reason
from loyalty_core.located_yaml import suggestion

from .language import (
    ITEMS,
    ElementRule,
    FieldType,
    MessageMap,
    Place,
    ReplyPlace,
    ReplyRule,
    Source,
    Table,
    field_types,
)
from .renderer import NO_REASON
from .schema_view import Chain, PathError, SchemaNode, resolve

__all__ = ["check_reply"]


def check_reply(
    one: MessageMap, reply: ReplyRule, request: SchemaNode, root: SchemaNode, tables: Mapping[str, Table]
) -> list[Problem]:
    """All problems of a reply rule. ``request`` and ``root`` are the message's elements in the two
    schemas.
    """
    checker = _Checker(reply)
    if len(reply.each) != len(one.request.each):
        text = f"the request names {len(one.request.each)} places under each, the reply {len(reply.each)}"
        checker.note(reply.place, "cardinality", text)
    checker.errors(tables)
    for path, place in zip(one.request.each, reply.each, strict=False):
        try:
            found = resolve(path, (request,))
        except PathError:
            continue  # the request's checker has said so
        checker.part(place, found.chain, found.many, root)
        if path.steps:
            checker.absent |= {path.steps[0].name}
    return list(dict.fromkeys(checker.problems))


class _Checker:
    def __init__(self, reply: ReplyRule) -> None:
        self.reply = reply
        self.item = ITEMS[reply.item]
        self.problems: list[Problem] = []
        self.absent: frozenset[str] = frozenset()

    def note(self, place: Place, code: str, text: str) -> None:
        self.problems.append(place.problem(code, text))

    def errors(self, tables: Mapping[str, Table]) -> None:
        rule = self.reply.errors
        table = tables.get(rule.table)
        if table is None or not table.coded:
            hint = suggestion(rule.table, [name for name, one in tables.items() if one.coded])
            self.note(rule.place, "table_unknown", f"there is no table of codes named {rule.table}{hint}")
            return
        missing = [reason.value for reason in Reason if (reason.value or NO_REASON) not in table.entries]
        if missing:
            text = f"table {rule.table} has no entry for {', '.join(missing)}"
            self.note(rule.place, "table_incomplete", text)
        if "reason" not in field_types(self.item):
            text = f"{self.reply.item} gives no reason, so it can't have errors"
            self.note(rule.place, "field_unknown", text)

    def part(self, place: ReplyPlace, scope: Chain, many: bool, root: SchemaNode) -> None:
        """What one answer becomes: the element it goes to, and the body in it."""
        node = root
        repeatable = False
        for step in place.steps:
            particle = node.children.get(step)
            if particle is None:
                hint = suggestion(step, node.children)
                text = f"<{node.name}> of the reply has no element {step}{hint}"
                self.note(place.place, "path_unknown", text)
                return
            node, repeatable = particle.node, particle.many
        if many and not repeatable:
            text = f"the request may hold several, <{node.name}> of the reply can hold one answer only"
            self.note(place.place, "cardinality", text)
        for name in place.copied:
            for owner, which in ((scope[-1], "request"), (node, "reply")):
                if name not in owner.attributes:
                    text = f"<{owner.name}> of the {which} has no attribute {name}"
                    self.note(place.place, "path_unknown", text)
        self.element(self.reply.body, node, scope, field_types(self.item), frozenset(place.copied))
        if self.reply.errors.codes != () and "error" not in node.children:
            text = f"<{node.name}> of the reply has no element error for what is refused"
            self.note(place.place, "path_unknown", text)

    def element(
        self,
        rule: ElementRule,
        node: SchemaNode,
        scope: Chain,
        types: Mapping[str, FieldType],
        given: frozenset[str] = frozenset(),
    ) -> None:
        for name, source in rule.attributes.items():
            if name not in node.attributes:
                hint = suggestion(name, node.attributes)
                text = f"<{node.name}> of the reply has no attribute {name}{hint}"
                self.note(source.place, "path_unknown", text)
            self.source(source, scope, types, node.attributes.get(name, False))
        missing = [
            name for name, must in node.attributes.items() if must and name not in {*rule.attributes, *given}
        ]
        if missing:
            text = f"<{node.name}> of the reply needs the attributes {', '.join(missing)}"
            self.note(rule.place, "field_missing", text)
        if rule.text is not None:
            if not node.text:
                self.note(rule.text.place, "path_unfit", f"<{node.name}> of the reply holds no text")
            self.source(rule.text, scope, types, False)
        self.children(rule, node, scope, types)

    def children(
        self, rule: ElementRule, node: SchemaNode, scope: Chain, types: Mapping[str, FieldType]
    ) -> None:
        order = list(node.children)
        last = -1
        for child in rule.children:
            particle = node.children.get(child.name)
            if particle is None:
                hint = suggestion(child.name, order)
                text = f"<{node.name}> of the reply has no element {child.name}{hint}"
                self.note(child.place, "path_unknown", text)
                continue
            if order.index(child.name) < last:
                self.note(child.place, "path_order", f"the reply's schema wants <{child.name}> earlier")
            last = max(last, order.index(child.name))
            inner = self.scope(child, types, particle.many, particle.required)
            if inner is not None:
                self.element(child, particle.node, scope, inner)
        named = {child.name for child in rule.children}
        missing = [
            name
            for name, particle in node.children.items()
            if name not in named and (particle.required or (particle.unless and not particle.unless & named))
        ]
        if missing:
            self.note(rule.place, "field_missing", f"<{node.name}> of the reply needs {', '.join(missing)}")

    def scope(
        self, child: ElementRule, types: Mapping[str, FieldType], many: bool, required: bool
    ) -> Mapping[str, FieldType] | None:
        """The fields that are at hand inside a child, after its ``$each`` and ``$when`` were judged."""
        if child.when:
            self.field(child.when, types, child.place)
            if required:
                text = f"<{child.name}> must always stand, $when may leave it out"
                self.note(child.place, "cardinality", text)
            types = {
                name: replace(one, optional=one.optional and name != child.when)
                for name, one in types.items()
            }
        if not child.each:
            return types
        kind = self.field(child.each, types, child.place)
        if kind is None:
            return None
        if not kind.many or not kind.record:
            self.note(child.place, "cardinality", f"{child.each} does not hold several values with fields")
            return None
        if not many:
            self.note(child.place, "cardinality", f"<{child.name}> may stand only once in the reply")
        return field_types(kind.kind)

    def field(self, dotted: str, types: Mapping[str, FieldType], place: Place) -> FieldType | None:
        kind: FieldType | None = None
        for name in dotted.split("."):
            if kind is not None:
                types = field_types(kind.kind) if kind.record and not kind.many else {}
            kind = types.get(name)
            if kind is None:
                text = f"there is no field {name} here{suggestion(name, types)}"
                self.note(place, "field_unknown", text)
                return None
        return kind

    def source(self, source: Source, scope: Chain, types: Mapping[str, FieldType], required: bool) -> None:
        if source.path is not None:
            try:
                found = resolve(source.path, scope, self.absent)
            except PathError as error:
                self.note(source.place, "path_unknown", f"in the request, {error}")
                return
            if found.many:
                self.note(source.place, "cardinality", f'"{source.path.text}" may stand several times')
            if found.optional and required:
                text = f'"{source.path.text}" may be absent from the request, the reply needs it'
                self.note(source.place, "value_optional", text)
        elif source.origin in ("code", "message"):
            kind = self.field(source.text, field_types(self.item), source.place)
            if kind is not None and kind.kind is not Reason:
                self.note(source.place, "field_type", f"{source.text} is no reason")
        elif source.origin == "item":
            kind = self.field(source.text, types, source.place)
            if kind is not None and (kind.many or kind.record):
                self.note(source.place, "field_type", f"{source.text} is not a single value")
            elif kind is not None and kind.optional and required and not issubclass(kind.kind, Enum):
                self.note(source.place, "value_optional", f"{source.text} may be absent, the reply needs it")
