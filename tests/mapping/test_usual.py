"""The usual way of reading records gives what the careful one gives, down to the order of the problems."""

import random
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.errors import DocumentError, MappingError
from adapter.mapping import Maps, compiler
from tests.mapping.installation import ROOT
from tests.mapping.test_golden import CASES, TELEGRAM_RECEIVED_AT, TELEGRAMS

VALUES = ("", " ", "X", "0", "99999", "é", "ZZZZ", " FQTV ", "2026-13-01")


@pytest.fixture(scope="module")
def careful(catalogue: Catalogue) -> Maps:
    """The same maps, compiled without the usual way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "usual_reader", lambda *given: None)
        return Maps.load(ROOT / "mappings", catalogue)


def damage(tree: etree._Element, chance: random.Random) -> None:
    """Some attributes or texts with a value of another kind, without one, or some elements gone or twice."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        element = chance.choice(list(tree.iter()))
        if element.attrib and chance.random() < 0.6:
            name = chance.choice(list(element.attrib))
            element.set(name, chance.choice(VALUES))
            if chance.random() < 0.3:
                del element.attrib[name]
        elif element is not tree and (parent := element.getparent()) is not None:
            if chance.random() < 0.3:
                parent.remove(element)
            elif chance.random() < 0.5:
                parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
            else:
                element.text = chance.choice(VALUES)


def told(maps: Maps, document: Document, envelope: Envelope) -> str:
    try:
        return repr(maps.read(document, envelope))
    except (DocumentError, MappingError) as error:
        return repr(error.problems)


@pytest.mark.parametrize("case", [*CASES, *TELEGRAMS], ids=lambda case: f"{case.parent.name}/{case.name}")
def test_both_ways_give_the_same(case: Path, catalogue: Catalogue, maps: Maps, careful: Maps) -> None:
    file = case / "request.xml" if case in CASES else case / "telegram.txt"
    protocol = "sirena" if case in CASES else "typeb"
    envelope = Envelope("any", protocol, "1", file.read_bytes(), TELEGRAM_RECEIVED_AT)
    try:
        document = catalogue.open(envelope)
    except DocumentError:
        return  # a message that no map ever sees
    assert isinstance(document, Document)
    assert told(maps, document, envelope) == told(careful, document, envelope)
    text = etree.tostring(document.tree)
    for seed in range(40):
        tree = etree.fromstring(text)
        damage(tree, random.Random(seed))
        other = Document(document.kind, tree, document.digest)
        assert told(maps, other, envelope) == told(careful, other, envelope), etree.tostring(tree)


def test_nearly_all_is_read_the_usual_way(
    catalogue: Catalogue, maps: Maps, careful: Maps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a careful reader that fails, good lists are read all the same."""

    def fails(*given: object) -> object:
        raise AssertionError("read the careful way")

    monkeypatch.setattr(compiler, "_record", lambda target, parts: fails)
    usual = Maps.load(ROOT / "mappings", catalogue)
    lists = [
        case for case in TELEGRAMS if case.parent.name != "MVT"
    ]  # a few values from all over the message
    for case in lists:
        envelope = Envelope("any", "typeb", "1", (case / "telegram.txt").read_bytes(), TELEGRAM_RECEIVED_AT)
        document = catalogue.open(envelope)
        assert isinstance(document, Document)
        assert told(usual, document, envelope) == told(careful, document, envelope)
