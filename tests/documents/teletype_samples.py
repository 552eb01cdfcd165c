"""Own samples of lists, and what tests ask of the documents made of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.errors import DocumentError

SAMPLES = Path(__file__).resolve().parent / "samples"
RECEIVED = datetime(2026, 8, 20, 15, 0, tzinfo=UTC)
HEAD = "MOWFFXY\n.DMEDCXY 201206\n{kind}\nXY418/20AUG DME PART1\n"


def envelope(text: str | bytes, encoding: str = "utf-8", **facts: object) -> Envelope:
    raw = text.encode(encoding) if isinstance(text, str) else text
    return Envelope("dcs", "typeb", "1", raw, RECEIVED, encoding, **facts)  # type: ignore[arg-type]


def sample(name: str) -> str:
    return (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")


def opened(catalogue: Catalogue, text: str, encoding: str = "utf-8") -> Document:
    document = catalogue.open(envelope(text, encoding))
    assert isinstance(document, Document)
    return document


def listed(body: str, kind: str = "PRL") -> str:
    return HEAD.format(kind=kind) + body + f"END{kind}\n"


def passengers(document: Document) -> list[etree._Element]:
    return document.tree.findall("group/passenger")


def rows(element: etree._Element) -> list[tuple[object, ...]]:
    return [(child.tag, *child.attrib.values()) for child in element]


def problems(catalogue: Catalogue, text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text))
    return [(problem.code, problem.line, problem.column) for problem in caught.value.problems]


def warnings(document: Document) -> list[tuple[str, int]]:
    return [(warning.code, warning.line) for warning in document.warnings]
