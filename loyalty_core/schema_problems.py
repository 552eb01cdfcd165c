"""Turns validation errors of a model into problems with file, line, column, path and the likely right word.
word.

Works on the plain data that pydantic hands out (``ValidationError.errors()`` and
``Model.model_json_schema()``), so that the reader of files needs no pydantic.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .problems import Problem

if TYPE_CHECKING:
    from .located_yaml import Located, Path

__all__ = ["path_in", "problems_of", "suggestion"]

Schema = Mapping[str, Any]

SHOWN_CHARACTERS_MAX = 60

_SENTENCES = {
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "float_type": "should be a number",
    "string_type": "should be a string",
    "bool_type": "should be true or false",
    "dict_type": "should be a mapping (key: value)",
    "model_type": "should be a mapping (key: value)",
    "model_attributes_type": "should be a mapping (key: value)",
    "list_type": "should be a list",
    "tuple_type": "should be a list",
    "set_type": "should be a list",
    "frozen_set_type": "should be a list",
}


def problems_of(
    errors: Iterable[Mapping[str, Any]], located: "Located", schema: Schema | None = None
) -> list[Problem]:
    """One problem per validation error, in the order of the file.

    ``errors`` are pydantic's, ``located`` is what was validated; ``schema`` is the model's JSON schema and
    gives the known names for suggestions. Errors about unknown keys point at the key, missing ones at the key
    of their parent.
    """
    found = [_problem(error, located, schema) for error in errors]
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def suggestion(word: object, known: Iterable[object], *, offer: bool = False) -> str:
    """`` (did you mean "x"?)`` for the nearest of the known words, or "" when none is near.

    With ``offer`` a short list of all known words stands in where none is near.
    """
    names = {str(name).casefold(): str(name) for name in known}
    near = difflib.get_close_matches(str(word).casefold(), names, n=1, cutoff=0.6)
    if near:
        return f' (did you mean "{names[near[0]]}"?)'
    if offer and 0 < len(names) <= 12:
        return f" (one of: {', '.join(sorted(names.values()))})"
    return ""


def path_in(value: object, location: Sequence[str | int]) -> "Path":
    """The path of a pydantic location in the validated value.

    Locations also name union branches, validators and ``[key]``: what leads nowhere in the value is left out.
    """
    path: list[str | int] = []
    for part in location:
        key = _key_in(value, part)
        if key is not None:
            path.append(key)
            value = value[key]  # type: ignore[index]
    return tuple(path)


def _key_in(value: object, part: str | int) -> str | int | None:
    if isinstance(value, list):
        return part if isinstance(part, int) and 0 <= part < len(value) else None
    if isinstance(value, dict):
        if part in value:
            return part
        # Pydantic writes a numeric key of a mapping as text.
        return next((key for key in value if str(key) == str(part)), None)
    return None


def _problem(error: Mapping[str, Any], located: "Located", schema: Schema | None) -> Problem:
    kind, location, context = error["type"], tuple(error["loc"]), error.get("ctx") or {}
    given = error.get("input")
    path = path_in(located.value, location[:-1] if kind == "missing" else location)
    if kind == "extra_forbidden":
        known = _names_at(schema, location[:-1], schema) if schema else ()
        present = _parent(located.value, path)
        free = [name for name in known if name not in present]
        text = f"unknown setting{suggestion(location[-1], free, offer=True)}"
        return located.problem("unknown_key", text, path, key=True)
    if kind == "missing":
        return located.problem("missing", f'"{location[-1]}" is missing here', path, key=True)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        allowed = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags") or ""))
        if kind == "union_tag_invalid":
            name = str(context.get("discriminator", "")).strip("'")
            path, given = (*path, name), context.get("tag")
        near = suggestion(given, allowed) or f" (one of: {', '.join(allowed)})"
        return located.problem("unknown_value", f"{_shown(given)} is not known here{near}", path)
    if kind == "union_tag_not_found":
        name = str(context.get("discriminator", "")).strip("'")
        return located.problem("missing", f'"{name}" is missing here', path, key=True)
    at_key = location[-1:] == ("[key]",)
    if kind in _SENTENCES:
        return located.problem("wrong_type", f"{_SENTENCES[kind]}, not {_shown(given)}", path, key=at_key)
    if kind == "too_short" and context.get("min_length") == 1:
        return located.problem("bad_value", "should not be empty", path)
    if kind == "value_error":
        return located.problem("bad_value", str(context.get("error") or error["msg"]), path)
    text = re.sub(r"^(Input|String) ", "", error["msg"])
    return located.problem("bad_value", f"{text}, not {_shown(given)}", path, key=at_key)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _parent(value: Any, path: "Path") -> Any:
    for part in path[:-1]:
        value = value[part]
    return value if isinstance(value, dict) else {}


def _names_at(schema: Schema, location: Sequence[str | int], root: Schema) -> list[str]:
    """The property names that a JSON schema knows at a location; branches of unions are told by their tag."""
    here = [schema]
    for part in location:
        here = [below for one in here for below in _step(one, part, root)]
    return [name for one in here for branch in _branches(one, root) for name in branch.get("properties", ())]


def _step(schema: Schema, part: str | int, root: Schema) -> Iterator[Schema]:
    branches = list(_branches(schema, root))
    tagged = [branch for branch in branches if part in _tags(branch)]
    for branch in branches:
        if part in branch.get("properties", {}):
            yield branch["properties"][part]
        elif isinstance(part, int) and isinstance(branch.get("items"), Mapping):
            yield branch["items"]
        elif not tagged:
            yield from branch.get("patternProperties", {}).values()
            if isinstance(branch.get("additionalProperties"), Mapping):
                yield branch["additionalProperties"]
    yield from tagged


def _branches(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema itself with references followed, or every branch of its unions."""
    if "$ref" in schema:
        target: Any = root
        for word in schema["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        yield from _branches(target, root)
        return
    choices = [choice for word in ("oneOf", "anyOf", "allOf") for choice in schema.get(word, ())]
    if not choices:
        yield schema
    for choice in choices:
        yield from _branches(choice, root)


def _tags(schema: Schema) -> set[object]:
    """The values of constant properties, by which pydantic names a branch of a tagged union in locations."""
    return {about["const"] for about in schema.get("properties", {}).values() if "const" in about}
