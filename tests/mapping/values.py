"""Core values as readable text and from YAML, for golden pairs."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from adapter.mapping.language import ITEMS, field_types


def describe(value: Any) -> str:
    """One value as lines ``field: value``; fields that keep their default are left out, so that goldens stay short."""
    return "\n".join([type(value).__name__, *_lines(value, 1)])


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    types = field_types(type(value))
    for one in fields(value):
        found = getattr(value, one.name)
        if found == types[one.name].default:
            continue
        if is_dataclass(found):
            yield f"{indent}{one.name}: {type(found).__name__}"
            yield from _lines(found, depth + 1)
        elif isinstance(found, datetime | date):
            yield f"{indent}{one.name}: {found.isoformat()}"
        elif isinstance(found, tuple) and found and is_dataclass(found[0]):
            for item in found:
                yield f"{indent}{one.name} - {type(item).__name__}"
                yield from _lines(item, depth + 1)
        else:
            yield f"{indent}{one.name}: {found!r}"


def build_item(spec: dict[str, Any]) -> Any:
    """An outcome or answer from ``{CardAnswer: {airline: UT, …}}``."""
    ((name, words),) = spec.items()
    return _build(ITEMS[name], words)


def _build(target: type, words: Any) -> Any:
    if is_dataclass(target):
        types = field_types(target)
        built = {}
        for name, value in words.items():
            kind = types[name]
            built[name] = (
                tuple(_build(kind.kind, one) for one in value) if kind.many else _build(kind.kind, value)
            )
        return target(**built)
    if issubclass(target, Enum):
        return target(words)
    if target in (date, datetime):
        return target.fromisoformat(words)
    assert isinstance(words, target), f"{words!r} is no {target.__name__}"
    return words
