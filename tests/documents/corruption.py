"""One wrong byte in a telegram, and what may come of it."""

import random

from lxml import etree

from adapter.documents.document import Document
from tests.documents.telegram_trees import content

TELLING = b"\n\r \t.-/?01239ABILNRSZ\x00\x01\x03\x1a\x1f\x7f\x80\xe0\xff"
"""Bytes that mean something at some place of a telegram."""
TOTALS = {"fewer_names_than_total", "totals_differ"}


def corrupted(raw: bytes, chance: random.Random) -> bytes:
    """The telegram with one byte changed, lost or added."""
    place = chance.randrange(len(raw))
    byte = bytes([chance.choice(TELLING) if chance.random() < 0.7 else chance.randrange(256)])
    kept = place + chance.choice((0, 1, 1, 1, 1))
    return raw[:place] + (byte if chance.random() < 0.9 else b"") + raw[kept:]


def _elements(tree: etree._Element) -> list[tuple[etree._Element, tuple[str, ...], set[object]]]:
    return [
        (person, (person.get("surname", ""), person.get("given", "")), {content(child) for child in person})
        for person in tree.iter("passenger")
    ]


def moved(tree: etree._Element, document: Document) -> str:
    """What is wrong with a document that was read from a telegram with one wrong byte; "" where nothing is."""
    before, after = _elements(tree), _elements(document.tree)
    if len(before) != len(after) and not TOTALS & {warning.code for warning in document.warnings}:
        return f"{len(before)} passengers became {len(after)} without a word"
    names = {name: position for position, (_, name, _) in enumerate(before)}
    owners: dict[object, set[int]] = {}
    for position, (_, _, elements) in enumerate(before):
        for element in elements:
            owners.setdefault(element, set()).add(position)
    changed = 0
    for position, (_, name, elements) in enumerate(after):
        own = {next(iter(found)) for element in elements if len(found := owners.get(element, set())) == 1}
        if name in names:
            own.add(names[name])
        if len(own) > 1:
            return f"passenger {position + 1} has elements of {len(own)}"
        if len(before) == len(after):
            changed += content(before[position][0]) != content(after[position][0])
    if changed > 2 and tree.find("flight").get("date") == document.tree.find("flight").get("date"):
        return f"{changed} passengers changed"
    return ""
