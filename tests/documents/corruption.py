"""One wrong byte in a telegram, and what may come of it."""

import random

from lxml import etree

from adapter.documents.document import Document
from adapter.documents.xml import line_of
from tests.documents.telegram_trees import content

CREDITED = ("fqt", "ticket", "service")
"""Those that somebody's miles hang on. A locator isn't among them: with one letter changed it is the name of a group
(``.C/``), which may be anything.
"""
TELLING = b"\n\r \t.-/?01239ABILNRSZ\x00\x01\x03\x1a\x1f\x7f\x80\xe0\xff"
"""Bytes that mean something at some place of a telegram."""
TOTALS = {"fewer_names_than_total", "totals_differ", "fewer_names_than_seats"}
IDENTIFYING = ("locator", "fqt", "ticket", "service")
"""Elements that no two passengers of a made-up list have alike."""


def corrupted(raw: bytes, chance: random.Random) -> bytes:
    """The telegram with one byte changed, lost or added."""
    place = chance.randrange(len(raw))
    byte = bytes([chance.choice(TELLING) if chance.random() < 0.7 else chance.randrange(256)])
    kept = place + chance.choice((0, 1, 1, 1, 1))
    return raw[:place] + (byte if chance.random() < 0.9 else b"") + raw[kept:]


def _elements(tree: etree._Element) -> list[tuple[etree._Element, tuple[str, ...], set[object]]]:
    return [
        (
            person,
            (person.get("surname", ""), person.get("given", "")),
            {content(child) for child in person.iter(*IDENTIFYING)},
        )
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
    return lost(tree, document)


def lost(tree: etree._Element, document: Document) -> str:
    """The first card, ticket or service that is gone and that nothing names; ``tree`` was read itself, so that it
    knows its lines. A line break that came or went moves what is said by a line.
    """
    told = {warning.line for warning in document.warnings} | set(document.unread)
    for tag in CREDITED:
        before, after = list(tree.iter(tag)), [content(element) for element in document.tree.iter(tag)]
        if len(after) >= len(before):
            continue  # a wrong value is no missing one
        for element in before:
            line = line_of(element)
            if content(element) not in after and not told & {line - 1, line, line + 1}:
                return f"{tag} of line {line} lost without a word"
    return ""
