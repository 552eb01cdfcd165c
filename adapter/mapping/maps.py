"""All maps of an installation: loaded, checked against schemas and transactions, compiled; then used per
message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from adapter.documents.catalogue import Catalogue, digest_of_files
from adapter.documents.document import Document
from adapter.documents.explain import explain_rejection
from adapter.documents.xml import load_schema, load_stylesheet
from adapter.envelope import Envelope
from adapter.errors import ConfigError, DocumentError, MappingError, Problem
from loyalty_core import Answer, Outcome, Question, Transaction

from .compiler import PROBLEMS_MAX, CompiledRequest, Reading, compile_request
from .language import TARGETS, MessageMap, Table
from .loader import load_map, load_table
from .renderer import CompiledReply, compile_reply, error_element, references_of

__all__ = ["Maps", "load_files"]

_NOT_MAPS = ("tables", "normalise")


@dataclass(frozen=True, slots=True)
class _Compiled:
    request: CompiledRequest
    reply: CompiledReply | None
    normalise: etree.XSLT | None = None
    normalised: etree.XMLSchema | None = None
    asks: bool = False
    passes: bool = False


def load_files(directory: Path) -> tuple[list[MessageMap], dict[str, Table], list[Problem]]:
    """All maps and tables under ``directory`` as far as they can be read, and what is wrong with the rest."""
    maps: dict[str, MessageMap] = {}
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for path in sorted(directory.glob("tables/*.yaml")):
        table, found = load_table(path)
        problems += found
        if table is not None:
            tables[table.name] = table
    for path in sorted(directory.glob("*/*.yaml")):
        if path.parent.name in _NOT_MAPS:
            continue
        read, found = load_map(path)
        problems += found
        if read is not None and read.message in maps:
            text = f"message {read.message} is also mapped by {maps[read.message].file}"
            problems.append(read.place.problem("map_twice", text))
        elif read is not None:
            maps[read.message] = read
    return list(maps.values()), tables, problems


class Maps:
    """Reads documents into transactions or questions and renders the replies; unchangeable after ``load``."""

    def __init__(
        self,
        compiled: Mapping[str, _Compiled],
        digest: str,
        codes: Mapping[str, Any],
        unmapped: frozenset[str] = frozenset(),
    ) -> None:
        self._compiled = compiled
        self._codes = codes
        self._unmapped = unmapped
        self.digest = digest

    @classmethod
    def load(cls, directory: Path, catalogue: Catalogue) -> "Maps":
        """Load and type-check every map. Raises ConfigError with all problems as file:line:column."""
        from .check import check_maps

        maps, tables, problems = load_files(directory)
        broken = {problem.file for problem in problems}
        problems += check_maps([one for one in maps if one.file not in broken], tables, catalogue, directory)
        if not problems:
            mapped = {one.message for one in maps}
            text = "there is no map for this message"
            problems += [
                Problem("kind_without_map", text, file=str(kind.request_file))
                for kind in catalogue.kinds.values()
                if kind.name not in mapped and kind.syntax == "xml"
            ]
        if problems:
            raise ConfigError(
                sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
            )
        compiled = {one.message: _compile(one, tables, directory, catalogue) for one in maps}
        unmapped = frozenset(kind for kind in catalogue.kinds if kind not in compiled)
        codes = {name: table.entries for name, table in tables.items() if table.coded}
        return cls(compiled, digest_of_files(directory, ("*/*.yaml", "*/*.xsl")), codes, unmapped)

    def codes(self, table: str) -> Mapping[str, tuple[int, str]]:
        """Reason -> (code, message), as hosts are told by this table; empty when there is no such table."""
        found: Mapping[str, tuple[int, str]] = self._codes.get(table, {})
        return found

    def asks(self, kind: str) -> bool:
        """Whether messages of this kind are questions, which change nothing; False for kinds without map."""
        compiled = self._compiled.get(kind)
        return compiled is not None and compiled.asks

    def read(self, document: Document, envelope: Envelope) -> tuple[Transaction | Question, ...]:
        """What a document asks for, in the order of its elements; nothing where no map reads this kind of telegram.

        Raises DocumentError for values that a converter refuses, MappingError for what only a defect of ours
        explains.
        """
        if document.kind in self._unmapped:
            return ()
        compiled = self._of(document.kind)
        reading = Reading(document.kind, envelope.link)
        try:
            method = _normalised(compiled, document)
            values = []
            for element in compiled.request.scopes(method)[1]:
                reading.position += 1
                values.append(compiled.request.read(element, reading))
        except DocumentError:
            raise
        except Exception as error:
            raise _our_defect(document.kind, error) from error
        if reading.problems:
            raise DocumentError(
                reading.problems,
                document.kind,
                wrapper=document.wrapper,
                digest=document.digest,
                key=document.key,
            )
        if not values and not compiled.passes:
            raise _our_defect(document.kind, LookupError("the map finds nothing to read in a valid document"))
        return tuple(values)

    def render(self, document: Document, items: Sequence[Outcome | Answer]) -> etree._Element:
        """The reply's method element for the answers to what ``read`` gave, in the same order. Raises
        MappingError.
        """
        compiled = self._of(document.kind)
        if compiled.reply is None:
            raise _our_defect(document.kind, LookupError("this message has no reply"))
        try:
            index, elements = compiled.request.scopes(_normalised(compiled, document))
            return compiled.reply(items, index, elements)
        except Exception as error:
            raise _our_defect(document.kind, error) from error

    def render_error(self, kind: str, code: int, message: str, problems: Sequence[Problem]) -> etree._Element:
        """The method element of an error answer: ``<kind><error code message><reference path
        value/></error></kind>``.
        """
        method = etree.Element(kind)
        error_element(method, code, message, references_of(problems[:PROBLEMS_MAX]))
        return method

    def _of(self, kind: str) -> _Compiled:
        try:
            return self._compiled[kind]
        except KeyError:
            raise _our_defect(kind, LookupError("there is no map for this message")) from None


def _compile(
    one: MessageMap, tables: Mapping[str, Table], directory: Path, catalogue: Catalogue
) -> _Compiled:
    request = compile_request(one.request, tables)
    reply = compile_reply(one.message, one.reply, tables, request.locate) if one.reply is not None else None
    asks = issubclass(TARGETS[one.request.target], Question)
    if not one.normalise:
        return _Compiled(request, reply, asks=asks, passes=one.request.passes)
    stylesheet = load_stylesheet(directory / "normalise" / one.normalise)
    schema_file = catalogue.kinds[one.message].request_file.parent.parent / one.normalised_schema
    return _Compiled(request, reply, stylesheet, load_schema(schema_file), asks, one.request.passes)


def _normalised(compiled: _Compiled, document: Document) -> etree._Element:
    """The tree the map was written for: the document's own, or what the map's stylesheet makes of it."""
    if compiled.normalise is None or compiled.normalised is None:
        return document.tree
    root: etree._Element | None = compiled.normalise(document.tree).getroot()
    if root is None:
        raise LookupError("the stylesheet makes no document of this one")
    if not compiled.normalised.validate(root):
        problems = explain_rejection(root, compiled.normalised, PROBLEMS_MAX)
        raise DocumentError(
            problems, document.kind, wrapper=document.wrapper, digest=document.digest, key=document.key
        )
    return root


def _our_defect(kind: str, error: Exception) -> MappingError:
    return MappingError([Problem("map_defect", f"{type(error).__name__}: {error}")], kind)
