"""Turns the reply side of a map into closures that build the reply's method element from answers and the
request.

An absent value (None) leaves its attribute or element out; an empty text stays, because some hosts insist on
it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum
from operator import attrgetter
from typing import Any

from lxml import etree

from adapter.documents.xml import read_value
from adapter.errors import Problem

from .compiler import VALUE_CHARS_MAX, Spot, path_of
from .finders import finder
from .language import ElementRule, Errors, NodePath, ReplyPlace, ReplyRule, Source, Table

__all__ = ["CompiledReply", "compile_reply", "error_element"]

NO_REASON = "none"
"""Entry of a table of codes for an answer without a reason."""

_Element = etree._Element
_Text = Callable[[Any, Any, _Element], str | None]
"""From the answer, the value at hand inside it and the request's element to a text."""
_Build = Callable[[_Element, Any, Any, _Element], None]
CompiledReply = Callable[[Sequence[Any], int, Sequence[_Element]], _Element]
"""From the answers, the index of the map's ``each`` and the request's elements to the reply's method element.
"""


def error_element(
    parent: _Element, code: int, message: str, references: Sequence[tuple[str, str]]
) -> _Element:
    """``<error code message>`` with a ``<reference path value/>`` for each place it is about."""
    error = etree.SubElement(parent, "error", {"code": str(code), "message": message})
    for path, value in references:
        etree.SubElement(error, "reference", {"path": path, "value": value[:VALUE_CHARS_MAX]})
    return error


def references_of(problems: Sequence[Problem]) -> list[tuple[str, str]]:
    return [(problem.path, problem.value) for problem in problems if problem.path]


def compile_reply(
    message: str,
    rule: ReplyRule,
    tables: Mapping[str, Table],
    locate: Callable[[_Element, str], Spot | None],
) -> CompiledReply:
    """Compile a checked reply rule; ``locate`` is the request's, for the reference of a refused field."""
    codes = tables[rule.errors.table].entries
    fill = _content(rule.body, codes)
    refuse = _refusal(rule.errors, codes, locate)
    placers = tuple(_placer(place) for place in rule.each)

    def render(items: Sequence[Any], index: int, elements: Sequence[_Element]) -> _Element:
        method = etree.Element(message)
        place = placers[index]
        for item, element in zip(items, elements, strict=True):
            target = place(method, element)
            if not refuse(target, item, element):
                fill(target, item, item, element)
        return method

    return render


def _refusal(
    errors: Errors, codes: Mapping[str, tuple[int, str]], locate: Callable[[_Element, str], Spot | None]
) -> Callable[[_Element, Any, _Element], bool]:
    """A closure that writes the error element where the answer's reason asks for one, and says whether it
    did.
    """
    replacing = {
        reason: code_and_message
        for reason, code_and_message in codes.items()
        if reason != NO_REASON and (errors.codes is None or code_and_message[0] in errors.codes)
    }

    def refuse(target: _Element, item: Any, element: _Element) -> bool:
        if not item.reason:
            return False
        found = replacing.get(str(item.reason))
        if found is None:
            return False
        spot = locate(element, name) if (name := getattr(item, "field", "")) else None
        references = [] if spot is None else [(path_of(*spot), read_value(*spot) or "")]
        error_element(target, found[0], found[1], references)
        return True

    return refuse


def _placer(place: ReplyPlace) -> Callable[[_Element, _Element], _Element]:
    """A closure that makes the element one answer goes to; the levels above it are shared by all answers."""
    if not place.steps:
        return lambda method, element: method
    shared, last, copied = place.steps[:-1], place.steps[-1], place.copied

    def make(method: _Element, element: _Element) -> _Element:
        parent = method
        for name in shared:
            below = parent.find(name)
            parent = etree.SubElement(parent, name) if below is None else below
        own = {name: value for name in copied if (value := read_value(element, name)) is not None}
        return etree.SubElement(parent, last, own)

    return make


def _content(rule: ElementRule, codes: Mapping[str, tuple[int, str]]) -> _Build:
    """A closure that fills an existing element with attributes, text and children."""
    attributes = _attributes(rule, codes)
    text = _text(rule.text, codes) if rule.text is not None else None
    children = tuple(_child(child, codes) for child in rule.children)

    def fill(target: _Element, item: Any, value: Any, element: _Element) -> None:
        for name, found in attributes(item, value, element).items():
            target.set(name, found)
        if text is not None:
            target.text = text(item, value, element) or None
        for build in children:
            build(target, item, value, element)

    return fill


def _attributes(
    rule: ElementRule, codes: Mapping[str, tuple[int, str]]
) -> Callable[[Any, Any, _Element], dict[str, str]]:
    parts = tuple((name, _text(source, codes)) for name, source in rule.attributes.items())

    def attributes(item: Any, value: Any, element: _Element) -> dict[str, str]:
        found = {}
        for name, read in parts:
            text = read(item, value, element)
            if text is not None:
                found[name] = text
        return found

    return attributes


def _child(rule: ElementRule, codes: Mapping[str, tuple[int, str]]) -> _Build:
    if not (rule.each or rule.when or rule.attributes or rule.children) and rule.text is not None:
        return _leaf(rule.name, _text(rule.text, codes))
    name = rule.name
    attributes = _attributes(rule, codes)
    text = _text(rule.text, codes) if rule.text is not None else None
    children = tuple(_child(child, codes) for child in rule.children)
    each = attrgetter(rule.each) if rule.each else None
    when = attrgetter(rule.when) if rule.when else None

    def build(parent: _Element, item: Any, value: Any, element: _Element) -> None:
        if when is not None and not when(value):
            return
        for one in (value,) if each is None else each(value):
            child = etree.SubElement(parent, name, attributes(item, one, element))
            if text is not None:
                child.text = text(item, one, element) or None
            for build_below in children:
                build_below(child, item, one, element)

    return build


def _leaf(name: str, text: _Text) -> _Build:
    def build(parent: _Element, item: Any, value: Any, element: _Element) -> None:
        found = text(item, value, element)
        if found is not None:
            etree.SubElement(parent, name).text = found or None

    return build


def _text(source: Source, codes: Mapping[str, tuple[int, str]]) -> _Text:
    match source.origin:
        case "value":
            constant = source.text
            return lambda item, value, element: constant
        case "request":
            return (
                _request_text(source.path) if source.path is not None else lambda item, value, element: None
            )
        case "code" | "message":
            get, index = attrgetter(source.text), 0 if source.origin == "code" else 1
            return lambda item, value, element: str(codes[str(get(item)) or NO_REASON][index])
    read = attrgetter(source.text)
    return lambda item, value, element: _written(read(value))


def _request_text(path: NodePath) -> _Text:
    find = finder(path) if path.ups or path.steps else None
    attribute = path.attribute

    def text(item: Any, value: Any, element: _Element) -> str | None:
        found = element if find is None else find(element)
        return None if found is None else read_value(found, attribute)

    return text


def _written(value: Any) -> str | None:
    """A value of the core as hosts read it: dates and instants in ISO form, enums by their value."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
