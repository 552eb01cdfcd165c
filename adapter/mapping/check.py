"""Judges all maps against the schemas of their messages and the values of the core, before the first message.

The only module that uses ``xmlschema``: it gives the schema's own types, which libxml2 keeps to itself,
but is far too slow to meet a message. Every problem comes with file, line and column; all of them come
at once.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xmlschema

from adapter.documents.catalogue import Catalogue
from adapter.documents.xml import load_schema
from adapter.errors import ConfigError, Problem
from loyalty_core.located_yaml import suggestion

from .check_reply import check_reply
from .check_request import check_request
from .language import MessageMap, Table
from .schema_view import Particle, SchemaNode

__all__ = ["check_maps", "view_schema"]


def check_maps(
    maps: Sequence[MessageMap], tables: Mapping[str, Table], catalogue: Catalogue, directory: Path
) -> list[Problem]:
    """All problems of all maps, and of kinds that no map reads."""
    problems: list[Problem] = []
    for one in maps:
        if one.message not in catalogue.kinds:
            text = f"there is no schema for message {one.message}{suggestion(one.message, catalogue.kinds)}"
            problems.append(one.place.problem("map_without_schema", text))
            continue
        try:
            problems += _check_map(one, tables, catalogue, directory)
        except ConfigError as error:
            problems += error.problems
    return problems


def _check_map(
    one: MessageMap, tables: Mapping[str, Table], catalogue: Catalogue, directory: Path
) -> list[Problem]:
    kind = catalogue.kinds[one.message]
    request_file = kind.request_file
    if one.normalise:
        request_file = request_file.parent.parent / one.normalised_schema
        for path in (request_file, directory / "normalise" / one.normalise):
            if not path.is_file():
                return [one.place.problem("file_missing", f"there is no file {path}")]
        load_schema(request_file)
    request = view_schema(request_file)
    problems = check_request(one.request, request, tables)
    if one.reply is not None and kind.reply_file is None:
        problems.append(one.reply.place.problem("reply_unwanted", f"message {one.message} has no reply"))
    elif one.reply is None and kind.reply_file is not None:
        problems.append(one.place.problem("reply_missing", f"message {one.message} needs a reply"))
    elif one.reply is not None and kind.reply_file is not None:
        problems += check_reply(one, one.reply, request, view_schema(kind.reply_file), tables)
    return problems


def view_schema(path: Path) -> SchemaNode:
    """The one global element of a schema with all that it may hold. Raises ConfigError.

    The schema is one that libxml2 has compiled: it isn't judged once more, which would take most of a start."""
    try:
        schema = xmlschema.XMLSchema(str(path), allow="local", validation="skip")
    except (xmlschema.XMLSchemaException, OSError) as error:
        raise ConfigError([Problem("xsd_defect", str(error).splitlines()[0], file=str(path))]) from None
    if len(schema.elements) != 1:
        text = f"a message's schema has one global element, this one has {len(schema.elements)}"
        raise ConfigError([Problem("xsd_defect", text, file=str(path))])
    return _node(next(iter(schema.elements.values())), {})


def _node(element: Any, seen: dict[int, SchemaNode]) -> SchemaNode:
    """``seen`` ends recursion: one node per type, since one type means one set of contents."""
    if id(element.type) in seen and seen[id(element.type)].name == element.local_name:
        return seen[id(element.type)]
    simple = element.type.is_simple()
    attributes = {} if simple else _attributes(element.type)
    text = simple or element.type.has_simple_content() or element.type.mixed
    node = SchemaNode(element.local_name, attributes, bool(text))
    seen[id(element.type)] = node
    if not simple and not element.type.has_simple_content():
        _fill(node, element.type.content, seen)
    return node


def _attributes(kind: Any) -> dict[str, bool]:
    return {
        name: attribute.use == "required"
        for name, attribute in kind.attributes.items()
        if name is not None and attribute.use != "prohibited"
    }


def _fill(
    node: SchemaNode,
    group: Any,
    seen: dict[int, SchemaNode],
    many: bool = False,
    required: bool = True,
    unless: frozenset[str] | None = frozenset(),
) -> None:
    """Add the elements of a group. ``unless`` holds the elements of other branches, None where all may be
    absent.
    """
    choice = group.model == "choice" and len(group) > 1
    for particle in group:
        repeated = many or particle.max_occurs is None or particle.max_occurs > 1
        stands = particle.min_occurs > 0
        others = unless if stands else None
        if choice and others is not None:
            others |= {one for branch in group if branch is not particle for one in _names(branch)}
        needed = required and not choice and stands
        if hasattr(particle, "model"):
            _fill(node, particle, seen, repeated, needed, others)
        elif isinstance(particle, xmlschema.XsdElement):
            again = particle.local_name in node.children
            child = _node(particle, seen)
            node.children[particle.local_name] = Particle(
                child, repeated or again, needed, others or frozenset()
            )


def _names(particle: Any) -> frozenset[str]:
    if isinstance(particle, xmlschema.XsdElement):
        return frozenset({particle.local_name})
    return frozenset({one for part in particle for one in _names(part)} if hasattr(particle, "model") else ())
