"""Golden pairs, found by listing: message → transactions → reply.

``tests/golden/<message>/<case>/`` holds ``request.xml`` and ``transactions.txt``; where the message is good also
``outcomes.yaml`` (what the core answers) and always ``reply.xml``. For a message that is refused, transactions.txt
lists the problems. To write a new case, fill in request.xml and outcomes.yaml, run the test with FFGATE_GOLDEN_WRITE=1
in the environment, and read what came out before committing it.
"""

import os
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.documents.xml import answer
from adapter.envelope import Envelope
from adapter.errors import DocumentError
from adapter.mapping import Maps
from loyalty_core import located_yaml
from tests.mapping.installation import RECEIVED_AT, ROOT
from tests.mapping.values import build_item, describe

GOLDEN = ROOT / "tests" / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/request.xml"))


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
