"""A schema as the checker needs it: what an element may hold, and where a path of a map leads.

Independent of the library that reads schemas: ``check`` builds these from one, the rest only looks at them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loyalty_core.located_yaml import suggestion

from .language import NodePath

__all__ = ["Chain", "Found", "Particle", "PathError", "SchemaNode", "resolve"]


@dataclass(slots=True, eq=False)
class SchemaNode:
    """One element of a schema. ``attributes`` says which are required; ``text``: it may hold a value of
    its own.

    ``children`` stand in the order of the schema; it is filled after creation, because types can be
    recursive.
    """

    name: str
    attributes: Mapping[str, bool]
    text: bool
    children: dict[str, "Particle"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Particle:
    """A child of an element: ``many`` where it may stand more than once, ``required`` where it must stand.

    In a branch of a choice a child has to stand unless one of the other branches does: ``unless`` names
    them all.
    """

    node: SchemaNode
    many: bool
    required: bool
    unless: frozenset[str] = frozenset()


Chain = tuple[SchemaNode, ...]
"""The elements from the message's root to the element at hand."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path leads: ``many`` where it may lead to several places, ``optional`` where perhaps to
    none.
    """

    chain: Chain
    many: bool
    optional: bool


class PathError(Exception):
    """A path that leads nowhere, or not to what was asked for."""


def resolve(path: NodePath, chain: Chain, absent: frozenset[str] = frozenset()) -> Found:
    """Follow a path through the schema. Raises PathError, with a suggestion where a near name exists.

    ``absent`` names children of the root that are known not to stand, because an earlier place was
    looked at first.
    """
    if path.ups >= len(chain):
        raise PathError(f'"{path.text}": there is nothing above <{chain[0].name}>')
    chain = chain[: len(chain) - path.ups]
    many = optional = False
    for step in path.steps:
        here = chain[-1]
        particle = here.children.get(step.name)
        if particle is None:
            hint = suggestion(step.name, here.children)
            if step.name in here.attributes:
                hint = f' (did you mean "@{step.name}"?)'
            raise PathError(f'"{path.text}": <{here.name}> has no element {step.name}{hint}')
        many |= particle.many
        chosen = len(chain) == 1 and bool(particle.unless) and particle.unless <= absent
        optional |= not (particle.required or chosen) or step.condition is not None
        chain = (*chain, particle.node)
        if step.condition is not None and step.condition.attribute not in particle.node.attributes:
            raise PathError(_no_attribute(path, particle.node, step.condition.attribute))
    if path.attribute:
        if path.attribute not in chain[-1].attributes:
            raise PathError(_no_attribute(path, chain[-1], path.attribute))
        optional |= not chain[-1].attributes[path.attribute]
    return Found(chain, many, optional)


def _no_attribute(path: NodePath, node: SchemaNode, name: str) -> str:
    hint = suggestion(name, node.attributes)
    if name in node.children:
        hint = f' (did you mean the element "{name}"?)'
    return f'"{path.text}": <{node.name}> has no attribute {name}{hint}'
