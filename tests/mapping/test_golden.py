"""Golden pairs, found by listing: message → transactions → reply.

``tests/golden/<message>/<case>/`` holds ``request.xml`` and ``transactions.txt``; where the message is good also
``outcomes.yaml`` (what the core answers) and always ``reply.xml``. For a message that is refused, transactions.txt
lists the problems. To write a new case, fill in request.xml and outcomes.yaml, run the test with FFGATE_GOLDEN_WRITE=1
in the environment, and read what came out before committing it.
"""

import os
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.documents.xml import answer
from adapter.envelope import Envelope
from adapter.errors import DocumentError
from adapter.mapping import Maps
from loyalty_core import ListReceived, located_yaml
from tests.mapping.installation import RECEIVED_AT, ROOT
from tests.mapping.values import build_item, describe

GOLDEN = ROOT / "tests" / "golden"
MAPS = ROOT / "mappings" / "typeb"
TELEGRAM_RECEIVED_AT = datetime(2026, 8, 20, 18, 0, tzinfo=UTC)
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/request.xml"))


TELEGRAMS = sorted(path.parent for path in GOLDEN.glob("*/*/telegram.txt"))


def test_every_list_that_is_mapped_has_golden_telegrams(catalogue: Catalogue, maps: Maps) -> None:
    mapped = {
        name
        for name, kind in catalogue.kinds.items()
        if kind.syntax == "teletype" and (MAPS / f"{name}.yaml").is_file()
    }
    assert {case.parent.name for case in TELEGRAMS} == mapped


@pytest.mark.parametrize("case", TELEGRAMS, ids=[f"{case.parent.name}/{case.name}" for case in TELEGRAMS])
def test_golden_telegram(case: Path, catalogue: Catalogue, maps: Maps) -> None:
    raw = (case / "telegram.txt").read_bytes()
    envelope = Envelope("dcs-files", "typeb", "1", raw, TELEGRAM_RECEIVED_AT)
    document = catalogue.open(envelope)
    assert isinstance(document, Document)
    assert not document.unread
    told = []
    for value in maps.read(document, envelope):
        if isinstance(value, ListReceived):
            told.append(said(replace(value, persons=())))
            told += [f"  {said(person)}" for person in value.persons]
        else:
            told.append(said(value))
    read = "".join(f"{line}\n" for line in told)
    if os.environ.get("FFGATE_GOLDEN_WRITE"):
        (case / "transactions.txt").write_text(read, encoding="utf-8")
    assert read == (case / "transactions.txt").read_text(encoding="utf-8")


def said(value: Any) -> str:
    """A value with the fields in which it says something: what is left at its default is left out."""
    words = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{type(value).__name__}({', '.join(words)})"


def test_every_xml_message_has_golden_pairs(catalogue: Catalogue) -> None:
    messages = {case.parent.name for case in CASES}
    assert messages == {kind.name for kind in catalogue.kinds.values() if kind.syntax == "xml"}


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}/{case.name}" for case in CASES])
def test_golden_pair(case: Path, catalogue: Catalogue, maps: Maps) -> None:
    envelope = Envelope("dcs", "http", "1", (case / "request.xml").read_bytes(), RECEIVED_AT)
    try:
        document = catalogue.open(envelope)
        assert isinstance(document, Document)
        values = maps.read(document, envelope)
    except DocumentError as error:
        read = "\n".join(
            f"{problem.code} line {problem.line} {problem.path} {problem.value!r}"
            for problem in error.problems
        )
        kind, wrapper = error.kind, error.wrapper
        method = maps.render_error(kind, 2, "Invalid request", error.problems)
    else:
        read = "\n".join(describe(value) for value in values)
        kind, wrapper = document.kind, document.wrapper
        outcomes = located_yaml.load(
            (case / "outcomes.yaml").read_text(encoding="utf-8"), "outcomes.yaml"
        ).value
        method = maps.render(document, [build_item(one) for one in outcomes])
    if kind in catalogue.kinds:
        schema = catalogue.kinds[kind].reply
        assert schema is not None
        assert schema.validate(method), schema.error_log
    reply = answer(method, wrapper)
    if os.environ.get("FFGATE_GOLDEN_WRITE"):
        (case / "transactions.txt").write_text(read + "\n", encoding="utf-8")
        (case / "reply.xml").write_bytes(reply)
    assert read == (case / "transactions.txt").read_text(encoding="utf-8").rstrip("\n")
    assert canonical(reply) == canonical((case / "reply.xml").read_bytes())


def canonical(raw: bytes) -> bytes:
    """White space between elements does not count, everything else does."""
    root = etree.fromstring(raw, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n")
