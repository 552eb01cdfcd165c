"""The usual way of reading a record: one function, written as Python when the map is loaded.

Where everything is as it nearly always is, a record is a few attributes of an element and of its children. The function
written here takes them one after the other, visits the children once, and calls nothing that it need not. It notes no
problem: whatever is unusual (a value that is missing, empty or refused) makes it give up, and the careful reader of
``compiler`` reads the same record again from the start, and says what is wrong.

For a passenger with a name, an off point and cards it looks like this::

    def read(element, reading):
        get = element.get
        found = {}
        for child in element:
            ...
        v1 = get('surname')
        if v1 is None or not (v1 := v1.strip(WHITESPACE)):
            raise Unusual
        e1 = tuple([c3(child, reading) for child in found.get('fqt', ())])
        return c4(c5(v1), a1, e1)
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import count
from typing import Any

from adapter.documents.xml import WHITESPACE, line_of, read_value

from .language import (
    ABSENT,
    Constant,
    Each,
    Exists,
    FieldType,
    Items,
    NodePath,
    Record,
    Rule,
    Special,
    Step,
    Value,
    field_types,
)

__all__ = ["Unusual", "last_line", "usual_reader"]

KEPT_MAX = 1024
"""Texts whose conversion is kept, of each field that has few different ones: codes, dates, small numbers."""
_MANY = frozenset({"text", "upper", "card_number", "ticket_number", "amount"})
"""Converters of values that hardly come twice."""

Careful = Callable[..., Any]
Conversion = Callable[[Value], Callable[[str], Any] | None]


class Unusual(Exception):
    """A record that has to be read the careful way."""


def usual_reader(
    rule: Record | Items, target: type | None, careful: Mapping[str, Careful], conversion: Conversion
) -> Careful | None:
    """The function for a record of type ``target`` (for ``Items`` a plain tuple), None where there is none.
    ``careful`` has readers for fields, which are called where there is no shorter way; ``conversion`` gives
    look-up and conversion of a value in one call, None where the text itself is wanted.
    """
    return _Writer(careful, conversion).function(rule, target)


def last_line(element: Any) -> int:
    """The last line that an element or anything below it begins in."""
    last = line_of(element)
    for child in element:
        last = max(last, last_line(child))
    return last


class _NoShortWay(Exception):
    pass


@cache
def _maker(target: type) -> Callable[..., Any]:
    """Makes values of a frozen dataclass in a fifth of the time that its own ``__init__`` takes, which calls a function
    for each field because the class refuses assignments: they are filled as those of a class of the same shape, which
    doesn't, and then become of the class that they are.
    """
    names = tuple(field_types(target))
    plain = target.__bases__ == (object,) and target.__dict__.get("__slots__") == names
    if not plain or hasattr(target, "__post_init__"):
        return target  # it inherits, or does more than to take its fields
    blank = type("Blank", (), {"__slots__": names})
    assigned = "; ".join(f"made.{name} = {name}" for name in names)
    source = f"def make({', '.join(names)}): made = blank(); {assigned}; made.__class__ = target; return made"
    scope: dict[str, Any] = {"blank": blank, "target": target}
    exec(compile(source, f"<maker of {target.__name__}>", "exec"), scope)
    made: Callable[..., Any] = scope["make"]
    return made


class _Writer:
    """Writes one function. Names in it: ``c`` are values of ours, ``v`` texts, ``k`` single children, ``e`` tuples of
    what children give, ``a`` values from above.
    """

    def __init__(self, careful: Mapping[str, Careful], conversion: Conversion) -> None:
        self.careful = careful
        self.conversion = conversion
        self.lines: list[str] = []
        self.above: list[str] = []
        self.number = count(1)
        self.names: dict[str, Any] = {
            "Unusual": Unusual,
            "WHITESPACE": WHITESPACE,
            "line_of": line_of,
            "last_line": last_line,
            "read_value": read_value,
        }
        self.children: dict[Step, str] = {}
        self.visits = self.measures = False

    def function(self, rule: Record | Items, target: type | None) -> Careful | None:
        try:
            result = self.items(rule) if isinstance(rule, Items) else self.record(rule, target, self.careful)
        except _NoShortWay:
            return None
        body = ["get = element.get", *self.visit(), *self.lines, *self.from_above(), f"return {result}"]
        source = "\n    ".join(["def read(element, reading):", *body])
        of = target.__name__ if target is not None else "items"
        # Nothing of a message stands in what is written here, only what the maps say, as literals.
        exec(compile(source, f"<usual way of {of}>", "exec"), self.names)
        made: Careful = self.names["read"]
        return made

    def visit(self) -> Iterator[str]:
        if self.measures:
            yield "end = line = element.sourceline or line_of(element)"
        if self.visits or self.measures:
            yield "found = {}"
            yield "for child in element:"
        if self.visits:
            yield "    tag = child.tag"
            yield "    if tag in found:"
            yield "        found[tag].append(child)"
            yield "    else:"
            yield "        found[tag] = [child]"
        if self.measures:
            yield "    below = last_line(child) if len(child) else child.sourceline or line_of(child)"
            yield "    if below > end:"
            yield "        end = below"

    def from_above(self) -> Iterator[str]:
        """What stands above an element is the same for all its siblings, so it is kept for the next of them; but not
        where something was wrong with it.
        """
        if not self.above:
            return
        key = self.constant(object())
        names = ", ".join(f"a{number}" for number in range(len(self.above)))
        yield "above = element.getparent()"
        yield f"kept = reading.kept.get({key})"
        yield "if kept is None or kept[0] is not above:"
        yield "    before = len(reading.problems)"
        yield f"    kept = (above, {', '.join(self.above)})"
        yield "    if len(reading.problems) == before:"
        yield f"        reading.kept[{key}] = kept"
        yield f"_, {names} = kept"

    def add(self, *lines: str) -> None:
        self.lines += lines

    def constant(self, value: Any) -> str:
        name = f"c{next(self.number)}"
        self.names[name] = value
        return name

    def record(self, rule: Record, target: type | None, careful: Mapping[str, Careful]) -> str:
        """The expression that makes a record of what the lines before it have read."""
        assert target is not None
        arguments = []
        for name, kind in field_types(target).items():
            if name in rule.fields:
                arguments.append(self.field(rule.fields[name], kind, careful.get(name)))
            else:
                arguments.append(self.constant(kind.default))
        return f"{self.constant(_maker(target))}({', '.join(arguments)})"

    def items(self, rule: Items) -> str:
        found = [self.field(one, FieldType("", str, False, (), False, ABSENT), None) for one in rule.rules]
        return f"({', '.join(found)},)"

    def field(self, rule: Rule, kind: FieldType, careful: Careful | None) -> str:
        written, number_of_lines = list(self.lines), len(self.above)
        children = dict(self.children)
        try:
            return self.short(rule, kind)
        except _NoShortWay:
            self.lines, self.children = written, children
            del self.above[number_of_lines:]
            if careful is None:
                raise
        call = f"{self.constant(careful)}(element, reading)"
        if isinstance(rule, Value) and all(path.ups for path in rule.paths):
            self.above.append(call)
            return f"a{len(self.above) - 1}"
        return call

    def short(self, rule: Rule, kind: FieldType) -> str:
        match rule:
            case Value():
                return self.value(rule, kind.default)
            case Special():
                return self.special(rule.name)
            case Constant():
                return self.constant(rule.value)
            case Exists():
                return self.exists(rule.paths)
            case Record():
                return self.nested(rule, kind)
            case Each():
                return self.each(rule, kind)

    def value(self, rule: Value, default: Any) -> str:
        if rule.pick not in ("", "first"):
            raise _NoShortWay
        if rule.default is not ABSENT:
            default = rule.default
        if rule.refuse_absent:
            default = ABSENT
        name = f"v{next(self.number)}"
        for number, path in enumerate(rule.paths):
            text = self.text(path)
            self.add(*([f"if {name} is None:", f"    {name} = {text}"] if number else [f"{name} = {text}"]))
        absent = "raise Unusual" if default is ABSENT else f"{name} = {self.constant(default)}"
        self.add(f"if {name} is None:", f"    {absent}")
        self.add(f"elif not ({name} := {name}.strip(WHITESPACE)):", "    raise Unusual")
        convert = self.conversion(rule)
        if convert is not None:
            if rule.convert not in _MANY or rule.table:
                convert = lru_cache(KEPT_MAX)(convert)
            self.add("else:", f"    {name} = {self.constant(convert)}({name})")
        return name

    def text(self, path: NodePath) -> str:
        if path.ups or len(path.steps) > 1:
            raise _NoShortWay
        if not path.steps:
            return f"get({path.attribute!r})" if path.attribute else "(element.text or '')"
        child = self.child(path.steps[0])
        own = f"{child}.get({path.attribute!r})" if path.attribute else f"({child}.text or '')"
        return f"None if {child} is None else {own}"

    def child(self, step: Step) -> str:
        """The name of the first child that a step leads to, which may be None."""
        if step not in self.children:
            name = self.children[step] = f"k{next(self.number)}"
            self.add(f"{name} = next(iter({self.those(step)}), None)")
        return self.children[step]

    def those(self, step: Step) -> str:
        self.visits = True
        found = f"found.get({step.name!r}, ())"
        condition = step.condition
        if condition is None:
            return found
        sign = "!=" if condition.negated else "=="
        return (
            f"[one for one in {found} if read_value(one, {condition.attribute!r}) {sign} {condition.value!r}]"
        )

    def special(self, name: str) -> str:
        if name not in ("line", "line_end"):
            return f"reading.{name}"
        self.measures = True
        return "line" if name == "line" else "end"

    def exists(self, paths: tuple[NodePath, ...]) -> str:
        found = []
        for path in paths:
            if path.ups or len(path.steps) > 1 or not (path.steps or path.attribute):
                raise _NoShortWay
            if path.attribute:
                those = self.those(path.steps[0]) if path.steps else "(element,)"
                found.append(f"any([one.get({path.attribute!r}) is not None for one in {those}])")
            else:
                found.append(f"({self.child(path.steps[0])} is not None)")
        return f"({' or '.join(found)})"

    def nested(self, rule: Record, kind: FieldType) -> str:
        if rule.scope is None and not rule.when:
            return self.record(rule, kind.kind, {})
        made = usual_reader(rule, kind.kind, {}, self.conversion)
        if made is None or rule.pick not in ("", "first"):
            raise _NoShortWay
        where, there = "element", self.exists(rule.when) if rule.when else "True"
        if rule.scope is not None:
            if rule.scope.ups or len(rule.scope.steps) != 1:
                raise _NoShortWay
            where = self.child(rule.scope.steps[0])
            there = f"{there} and {where} is not None"
        name = f"e{next(self.number)}"
        self.add(
            f"{name} = {self.constant(made)}({where}, reading) if {there} else {self.constant(kind.default)}"
        )
        return name

    def each(self, rule: Each, kind: FieldType) -> str:
        if rule.path.ups or len(rule.path.steps) != 1:
            raise _NoShortWay
        if isinstance(rule.item, Value):
            inner = _Writer({}, self.conversion)
            made = inner.function(Items(rule.item.place, (rule.item,)), None)
        else:
            made = usual_reader(rule.item, kind.kind, {}, self.conversion)
        if made is None:
            raise _NoShortWay
        one = f"{self.constant(made)}(child, reading)" + ("[0]" if isinstance(rule.item, Value) else "")
        name = f"e{next(self.number)}"
        self.add(f"{name} = tuple([{one} for child in {self.those(rule.path.steps[0])}])")
        return name
