"""What messages in files say, without storing anything: the work behind ``ffgate decode``.

Telegram parts that are given together are joined as the core would join them; all places are those of the files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Manner, Part
from adapter.documents.explain import explain_rejection
from adapter.documents.teletype_files import Reading, read_files
from adapter.envelope import Envelope
from adapter.errors import DocumentError, MappingError, Problem
from adapter.files import looks_like_xml, read_bytes, split_http_head
from adapter.mapping import Maps
from loyalty_core import Question, Transaction

DECODE_LINK = "decode"
"""What stands for the link, which a file does not tell."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One message: what it is, what is wrong with it, what it would have asked of the core.

    A message with ``problems`` would be quarantined; ``warnings`` it survives. ``unread`` are files and lines.
    """

    files: tuple[str, ...]
    kind: str
    parts: tuple[int, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    lines: int
    unread: tuple[tuple[str, int], ...]
    transactions: tuple[Transaction | Question, ...]

    def as_data(self) -> dict[str, Any]:
        """The object that ``decode --json`` prints."""
        return {
            "files": list(self.files),
            "file": self.files[0],
            "kind": self.kind,
            "parts": list(self.parts),
            "problems": [plain(problem, typed=False) for problem in self.problems],
            "warnings": [plain(problem, typed=False) for problem in self.warnings],
            "lines": self.lines,
            "unread": [{"file": file, "line": line} for file, line in self.unread],
            "transactions": [plain(transaction) for transaction in self.transactions],
        }


def decode_files(
    paths: Sequence[Path],
    catalogue: Catalogue,
    maps: Maps,
    encoding: str,
    received_at: datetime,
    manner: Manner = Manner(),  # noqa: B008  (a frozen value)
) -> list[Decoded]:
    """Every message in the files, in the order of the files it begins in. Raises OSError."""
    decoded: list[Decoded] = []
    telegrams: list[tuple[str, bytes]] = []
    for path in paths:
        raw = read_bytes(path)
        if looks_like_xml(path, raw):
            decoded.append(_decode_xml(str(path), raw, catalogue, maps, received_at))
        else:
            telegrams.append((str(path), raw))
    readings = read_files(
        telegrams,
        catalogue.grammars(manner.profile),
        encoding=encoding,
        received_at=received_at,
        link=DECODE_LINK,
        check=_checker(catalogue),
        tolerant=manner.tolerant,
    )
    decoded += [_decode_telegram(reading, maps) for reading in readings]
    order = {str(path): position for position, path in enumerate(paths)}
    return sorted(decoded, key=lambda one: order[one.files[0]])


def _decode_xml(file: str, raw: bytes, catalogue: Catalogue, maps: Maps, received_at: datetime) -> Decoded:
    head, body = split_http_head(raw)
    shift = head.count(b"\n")
    envelope = Envelope(DECODE_LINK, "http", file, body, received_at, source=file)
    kind, problems, warnings = "", (), ()  # type: str, tuple[Problem, ...], tuple[Problem, ...]
    transactions: tuple[Transaction | Question, ...] = ()
    try:
        document = catalogue.open(envelope)
        if isinstance(document, Part):
            raise TypeError("XML has no parts")
        kind, warnings = document.kind, document.warnings
        transactions = maps.read(document, envelope)
    except (DocumentError, MappingError) as error:
        kind, problems = kind or error.kind, error.problems

    def placed(found: tuple[Problem, ...]) -> tuple[Problem, ...]:
        return tuple(
            replace(one, file=file, line=max(one.line, 1) + shift, column=max(one.column, 1)) for one in found
        )

    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    return Decoded((file,), kind, (), placed(problems), placed(warnings), lines, (), transactions)


def _decode_telegram(reading: Reading, maps: Maps) -> Decoded:
    if reading.document is None:
        problems, warnings = reading.problems, ()  # type: tuple[Problem, ...], tuple[Problem, ...]
        transactions: tuple[Transaction | Question, ...] = ()
    else:
        problems, warnings, transactions = (), reading.problems, ()
        try:
            transactions = maps.read(reading.document, reading.envelope)
        except (DocumentError, MappingError) as error:
            problems = tuple(_in_file(problem, reading) for problem in error.problems)
    return Decoded(
        reading.files,
        reading.kind,
        reading.parts,
        problems,
        warnings,
        reading.lines,
        reading.unread,
        transactions,
    )


def _in_file(problem: Problem, reading: Reading) -> Problem:
    file, line = reading.places[min(max(problem.line, 1), len(reading.places)) - 1]
    return replace(problem, file=file, line=line, column=max(problem.column, 1))


def _checker(catalogue: Catalogue) -> Callable[[Document], Document]:
    def check(document: Document) -> Document:
        schema = catalogue.kinds[document.kind].request
        if not schema.validate(document.tree):
            problems = explain_rejection(document.tree, schema, catalogue.limits.problems_max)
            raise DocumentError(problems, document.kind, digest=document.digest)
        return document

    return check


def plain(value: Any, *, typed: bool = True) -> Any:
    """A value of the core as JSON can hold it; dataclasses carry the name of their type, unless told not to."""
    if is_dataclass(value) and not isinstance(value, type):
        named = {"type": type(value).__name__} if typed else {}
        return named | {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value
