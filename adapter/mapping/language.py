"""The words of a map file as values: what the loader reads, the checker judges and the compiler turns into
closures.

A map says how one message's elements become transactions or questions of the core, and how the answers become
the reply; ``mappings/README.md`` is the language's manual. Every rule knows its place in the file.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from loyalty_core import (
    AdjustMiles,
    ApproveAdjustment,
    BalanceCheck,
    CaptureHold,
    CardAnswer,
    CardCheck,
    CardStated,
    CaseResolved,
    ChangePool,
    ClaimOutcome,
    CouponOutcome,
    CouponReported,
    CreditClaimed,
    DepartureMoved,
    ListOutcome,
    ListReceived,
    MemberRelated,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    OperationOutcome,
    Problem,
    RedeemMiles,
    ReleaseHold,
    ReserveMiles,
    ResolveOutcome,
    ReverseOperation,
    StatementOutcome,
    TierGiven,
    TransferMiles,
)

__all__ = [
    "ABSENT",
    "ITEMS",
    "SPECIALS",
    "TARGETS",
    "Condition",
    "Constant",
    "Each",
    "ElementRule",
    "Errors",
    "Exists",
    "FieldType",
    "Items",
    "MessageMap",
    "NodePath",
    "Place",
    "Record",
    "ReplyPlace",
    "ReplyRule",
    "Request",
    "Rule",
    "Source",
    "Special",
    "Step",
    "Table",
    "Value",
    "field_types",
    "parse_path",
]

ABSENT: Any = object()
"""Stands for "no default"; None is a default."""

TARGETS: Mapping[str, type] = {
    target.__name__: target
    for target in (
        *(CardCheck, BalanceCheck, CouponReported, ListReceived, DepartureMoved),
        *(ReserveMiles, CaptureHold, ReleaseHold, RedeemMiles, TransferMiles, ChangePool),
        *(AdjustMiles, ApproveAdjustment, ReverseOperation),
        *(MemberStated, CardStated, MembersMerged, MembersUnmerged, MemberRelated, TierGiven),
        *(CreditClaimed, CaseResolved),
    )
}
"""What a request may become."""

ITEMS: Mapping[str, type] = {
    item.__name__: item
    for item in (
        *(CardAnswer, CouponOutcome, ListOutcome, OperationOutcome, StatementOutcome),
        *(ClaimOutcome, ResolveOutcome),
    )
}
"""What a reply may be made of, one per transaction or question, in order."""

SPECIALS: Mapping[str, type] = {"line": int, "line_end": int, "position": int, "link": str, "kind": str}
"""Values that stand in no element: ``$line`` and ``$line_end`` of the element at hand, ``$position`` of the
transaction in its message (from 1), ``$link`` the message came by, ``$kind`` of the message.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands; ``name`` is its dotted path in the file."""

    file: str
    line: int
    column: int
    name: str

    def problem(self, code: str, text: str) -> Problem:
        return Problem(code, text, self.name, self.line, self.column, self.file)


@dataclass(frozen=True, slots=True)
class Condition:
    """``[@infant='false']`` behind a step: only elements whose attribute has, or with ``!=`` has not, this
    value.
    """

    attribute: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class NodePath:
    """A path from the element at hand: ``ups`` levels up, ``steps`` down, then the attribute or the element
    itself.
    """

    text: str
    ups: int
    steps: tuple[Step, ...]
    attribute: str


_NAME = r"[A-Za-z_][A-Za-z0-9_.\-]*"
_STEP = re.compile(rf"({_NAME})(?:\[@({_NAME})(!?=)'([^'\]]*)'\])?")
_ATTRIBUTE = re.compile(rf"@({_NAME})")


def parse_path(text: str) -> NodePath:
    """Read a path such as ``../@class`` or ``ticket[@infant='false']/@number``. Raises ValueError with the
    reason.
    """
    rest, ups = text, 0
    steps: list[Step] = []
    if rest in (".", ""):
        if not rest:
            raise ValueError("the path is empty; the element at hand is written .")
        return NodePath(text, 0, (), "")
    while rest == ".." or rest.startswith("../"):
        ups += 1
        rest = rest[3:]
    while rest:
        if attribute := _ATTRIBUTE.fullmatch(rest):
            return NodePath(text, ups, tuple(steps), attribute[1])
        step = _STEP.match(rest)
        if step is None:
            raise ValueError(f'"{text}" is not a path: a name, .. or @attribute is expected at "{rest}"')
        condition = Condition(step[2], step[4], step[3] == "!=") if step[2] else None
        steps.append(Step(step[1], condition))
        rest = rest[step.end() :]
        if rest.startswith("/") and len(rest) > 1:
            rest = rest[1:]
        elif rest:
            raise ValueError(f'"{text}" is not a path: unexpected "{rest}"')
    return NodePath(text, ups, tuple(steps), "")


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the first of ``paths`` that is there, looked up in ``table``, then converted.

    ``pick`` (first, last, only) makes one of many. ``default`` stands in for absence (``ABSENT``: the
    field's own); ``refuse_absent`` makes absence a mistake of the sender although the schema allows it.
    """

    place: Place
    paths: tuple[NodePath, ...]
    convert: str = "text"
    table: str = ""
    pick: str = ""
    default: Any = ABSENT
    refuse_absent: bool = False


@dataclass(frozen=True, slots=True)
class Special:
    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    place: Place
    value: Any


@dataclass(frozen=True, slots=True)
class Exists:
    """True where any of the paths leads somewhere: any of the elements, with the attribute that is named."""

    place: Place
    paths: tuple[NodePath, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A nested value: read at the element that ``scope`` leads to (None: at hand), if any of ``when`` is
    there.
    """

    place: Place
    scope: NodePath | None
    when: tuple[NodePath, ...]
    fields: Mapping[str, "Rule"]
    pick: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A plain tuple, one rule per position."""

    place: Place
    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Each:
    """A tuple of values, one per element that ``path`` leads to."""

    place: Place
    path: NodePath
    item: "Record | Items | Value"


Rule = Value | Special | Constant | Exists | Record | Each


@dataclass(frozen=True, slots=True)
class Request:
    """``each``: the first of these paths that finds elements gives the transactions, one per element. With
    ``passes`` a message in which none finds any is good all the same: it asks for nothing.
    """

    place: Place
    each: tuple[NodePath, ...]
    target: str
    record: Record
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A value of the reply. ``origin`` is item (a field of the answer), request, code, message or value."""

    place: Place
    origin: str
    text: str
    path: NodePath | None = None


@dataclass(frozen=True, slots=True)
class ElementRule:
    """One element of the reply. With ``each`` or ``when`` the fields inside are those of that field's
    values.
    """

    place: Place
    name: str
    each: str
    when: str
    attributes: Mapping[str, Source]
    text: Source | None
    children: tuple["ElementRule", ...]


@dataclass(frozen=True, slots=True)
class ReplyPlace:
    """Where an item's part of the reply goes; ``copied`` attributes come from the request's element."""

    place: Place
    steps: tuple[str, ...]
    copied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Errors:
    """Reasons with one of ``codes`` (None: with any) are answered by an error element in place of the
    body.
    """

    place: Place
    table: str
    codes: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class ReplyRule:
    place: Place
    item: str
    each: tuple[ReplyPlace, ...]
    errors: Errors
    body: ElementRule


@dataclass(frozen=True, slots=True)
class Table:
    """A code table. Entries are strings, or (code, message) where it holds those; ``keep``: unknown values
    pass.
    """

    name: str
    file: str
    entries: Mapping[str, Any]
    coded: bool = False
    keep: bool = False


@dataclass(frozen=True, slots=True)
class MessageMap:
    """One map file. ``normalise`` names a stylesheet, ``schema`` the XSD of what it makes; "" where not
    needed.
    """

    file: str
    message: str
    place: Place
    request: Request
    reply: ReplyRule | None
    normalise: str = ""
    normalised_schema: str = ""


@dataclass(frozen=True, slots=True)
class FieldType:
    """What a field of a transaction or answer takes: one ``kind``, or many of it; ``items`` for plain
    tuples.
    """

    name: str
    kind: type
    many: bool
    items: tuple[type, ...]
    optional: bool
    default: Any

    @property
    def required(self) -> bool:
        return self.default is ABSENT

    @property
    def record(self) -> bool:
        return is_dataclass(self.kind)


@cache
def field_types(target: type) -> Mapping[str, FieldType]:
    """The fields of a dataclass of the core, in order, with their types taken apart."""
    hints = get_type_hints(target)
    return {one.name: _field_type(one, hints[one.name]) for one in fields(target)}


def _field_type(one: Field[Any], hint: Any) -> FieldType:
    default: Any = one.default
    if one.default_factory is not MISSING:
        default = one.default_factory()
    elif default is MISSING:
        default = ABSENT
    optional = many = False
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not NoneType)
        optional = True
    parts = get_args(hint)
    if get_origin(hint) is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        many, hint = True, parts[0]
    items = get_args(hint) if get_origin(hint) is tuple else ()
    return FieldType(one.name, tuple if items else hint, many, items, optional, default)
