"""The catalogue of message kinds: every schema and grammar, compiled once, and the one way to open a message.

Kinds are found by listing the schema directory, so that a new message is new files and no code:
``<kind>.request.xsd`` with ``<kind>.reply.xsd`` beside it for XML, ``<KIND>.grammar.yaml`` with
``<KIND>.xsd`` for teletype; ``profiles/*.yaml`` beside the grammars are what vendors do otherwise. Teletype
kinds that are only known by name are described together in ``others.xsd``, or in a ``<KIND>.xsd`` of their
own. Other XSDs are parts that these include.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.documents.document import Document, Manner, Part
from adapter.documents.explain import explain_rejection
from adapter.documents.xml import (
    XmlLimits,
    XmlReader,
    canonical_digest,
    line_of,
    load_schema,
    load_tree,
    read_value,
)
from adapter.envelope import Envelope
from adapter.errors import ConfigError, DocumentError, Problem
from adapter.wire.typeb import Limits as TelegramLimits

__all__ = ["Catalogue", "Kind", "digest_of_files"]

KEY_ATTRIBUTE = "reference"
"""A request schema that declares this attribute on its method element lets hosts give an idempotency key with
it.
"""

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_REQUEST = ".request.xsd"
_REPLY = ".reply.xsd"
_GRAMMAR = ".grammar.yaml"
_OTHERS = "others.xsd"
_NO_MANNER = Manner()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. ``syntax`` is "xml" or "teletype"; teletype has no reply, and a grammar where it is read.
    """

    name: str
    syntax: str
    request: etree.XMLSchema
    request_file: Path
    reply: etree.XMLSchema | None = None
    reply_file: Path | None = None
    grammar: Any = None
    key_attribute: str = ""


class Catalogue:
    """All kinds that this installation understands; built by ``load``, unchangeable afterwards."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        digest: str,
        limits: XmlLimits,
        telegram_limits: TelegramLimits,
        profiles: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.kinds = kinds
        self.digest = digest
        self.limits = limits
        self.telegram_limits = telegram_limits
        plain = {name: kind.grammar for name, kind in kinds.items() if kind.grammar is not None}
        self._grammars: dict[str, Mapping[str, Any]] = {"": plain, **(profiles or {})}
        self._reader = XmlReader(limits)

    @classmethod
    def load(
        cls,
        directory: Path,
        limits: XmlLimits | None = None,
        telegram_limits: TelegramLimits | None = None,
    ) -> "Catalogue":
        """Compile everything under ``directory``. Raises ConfigError with the problems of all files."""
        problems: list[Problem] = []
        kinds: dict[str, Kind] = {}
        for path in sorted(directory.glob("*/*")):
            try:
                kind = _load_kind(path)
            except ConfigError as error:
                problems += error.problems
                continue
            if kind is not None and kind.name in kinds:
                text = f"message {kind.name} is also described by {kinds[kind.name].request_file}"
                problems.append(Problem("kind_twice", text, file=str(path)))
            elif kind is not None:
                kinds[kind.name] = kind
        profiles: dict[str, Mapping[str, Any]] = {}
        for path in sorted(directory.glob(f"*/{_OTHERS}")):
            try:
                kinds |= _load_others(path)
            except ConfigError as error:
                problems += error.problems
        for path in sorted(directory.glob("*/profiles/*.yaml")):
            try:
                profiles[path.stem] = _load_profile(path)
            except ConfigError as error:
                problems += error.problems
        if not kinds and not problems:
            problems.append(Problem("no_kinds", "no message schemas in this directory", file=str(directory)))
        if problems:
            raise ConfigError(problems)
        digest = digest_of_files(directory, ("*/*.xsd", "*/*.yaml", "*/profiles/*.yaml"))
        return cls(kinds, digest, limits or XmlLimits(), telegram_limits or TelegramLimits(), profiles)

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the grammar profiles that there are."""
        return tuple(sorted(name for name in self._grammars if name))

    def grammars(self, profile: str = "") -> Mapping[str, Any]:
        """The grammars of lists by kind, as a profile has them. Raises KeyError for one there is not."""
        return self._grammars[profile]

    def open(self, envelope: Envelope, manner: Manner = _NO_MANNER) -> Document | Part:
        """Parse and validate one message; ``manner`` is for teletype. Raises DocumentError with problems, kind,
        wrapper and digest.
        """
        if envelope.protocol == "typeb":
            from adapter.documents import teletype

            grammars = self._grammars[manner.profile]
            opened = teletype.open_telegram(
                envelope, grammars, self.telegram_limits, tolerant=manner.tolerant
            )
            return opened if isinstance(opened, Part) else self._validate_telegram(opened)
        return self._open_xml(envelope.raw)

    def join(
        self, texts: tuple[str, ...], kind: str, received_at: datetime, manner: Manner = _NO_MANNER
    ) -> Document:
        """Read the parts of a complete set as one telegram. Raises DocumentError."""
        from adapter.documents import teletype

        grammar = self._grammars[manner.profile][kind]
        document = teletype.join_parts(
            texts, grammar, received_at, self.telegram_limits, tolerant=manner.tolerant
        )
        return self._validate_telegram(document)

    def _open_xml(self, raw: bytes) -> Document:
        method, wrapper = self._reader.open(raw)
        kind = self.kinds.get(method.tag)
        if kind is None or kind.syntax != "xml":
            path = method.getroottree().getpath(method)
            problem = Problem("unknown_method", f"there is no method {method.tag}", path, line_of(method))
            raise DocumentError([problem], method.tag, wrapper=wrapper, digest=canonical_digest(method))
        digest = canonical_digest(method)
        key = (read_value(method, kind.key_attribute) or "") if kind.key_attribute else ""
        if not kind.request.validate(method):
            problems = explain_rejection(method, kind.request, self.limits.problems_max)
            raise DocumentError(problems, kind.name, wrapper=wrapper, digest=digest, key=key)
        return Document(kind.name, method, digest, wrapper, key)

    def _validate_telegram(self, document: Document) -> Document:
        kind = self.kinds[document.kind]
        if not kind.request.validate(document.tree):
            problems = explain_rejection(document.tree, kind.request, self.limits.problems_max)
            raise DocumentError(problems, kind.name, digest=document.digest)
        return document


def _load_kind(path: Path) -> Kind | None:
    """The kind that a file of the schema directory begins, None for files that only belong to one."""
    if path.name.endswith(_GRAMMAR):
        from adapter.documents import teletype

        name = path.name.removesuffix(_GRAMMAR)
        schema_file = path.with_name(f"{name}.xsd")
        grammar = teletype.load_grammar(path)
        return Kind(name, "teletype", load_schema(schema_file), schema_file, grammar=grammar)
    if not path.name.endswith(_REQUEST):
        return None
    name = path.name.removesuffix(_REQUEST)
    reply_file = path.with_name(name + _REPLY)
    key = KEY_ATTRIBUTE if _declares_key(load_tree(path), name) else ""
    return Kind(name, "xml", load_schema(path), path, load_schema(reply_file), reply_file, key_attribute=key)


def _load_others(path: Path) -> dict[str, Kind]:
    """The kinds that are known by name and not read."""
    from adapter.documents.teletype_kinds import OPAQUE_KINDS

    together = load_schema(path)
    kinds = {}
    for name in OPAQUE_KINDS:
        own = path.with_name(f"{name}.xsd")
        schema_file, schema = (own, load_schema(own)) if own.exists() else (path, together)
        kinds[name] = Kind(name, "teletype", schema, schema_file)
    return kinds


def _load_profile(path: Path) -> Mapping[str, Any]:
    """The grammars beside a profile as that profile changes them, each with the mistakes of all."""
    from adapter.documents import teletype

    grammars, problems = {}, []
    for file in sorted(path.parent.parent.glob(f"*{_GRAMMAR}")):
        try:
            grammars[file.name.removesuffix(_GRAMMAR)] = teletype.load_grammar(file, path)
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise ConfigError(problems)
    return grammars


def _declares_key(schema: etree._Element, name: str) -> bool:
    for element in schema.iterchildren(f"{_XSD}element"):
        if element.get("name") == name:
            return any(
                attribute.get("name") == KEY_ATTRIBUTE for attribute in element.iterfind(f"*/{_XSD}attribute")
            )
    return False


def digest_of_files(directory: Path, patterns: tuple[str, ...]) -> str:
    """Hex SHA-256 over names and contents of all files that match, in order of their names."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in directory.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(directory).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
