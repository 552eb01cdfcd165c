"""A schema's rejection, said in the sender's terms: the path in the document as it was sent, the value, the
line.

libxml2 reports the element, and the attribute only inside its English sentence; the value is fetched from the
tree, so that nothing depends on how the sentence quotes it.
"""

import re
from typing import Any

from lxml import etree

from adapter.errors import Problem

from .xml import line_of, read_value

__all__ = ["explain_rejection"]

VALUE_CHARS_MAX = 256

_SENTENCE = re.compile(r"Element '[^']*'(?:, attribute '(?P<attribute>[^']*)')?: (?P<text>.*)", re.DOTALL)
_ATTRIBUTE_IN_TEXT = re.compile(
    r"The attribute '(?P<attribute>[^']*)' is (?P<how>required but missing|not allowed)"
)
_CODES = {
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "attribute_missing",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "attribute_unknown",
    "SCHEMAV_ELEMENT_CONTENT": "element_unexpected",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "text_unexpected",
    "SCHEMAV_CVC_ELT_1": "element_unknown",
}


def explain_rejection(tree: etree._Element, schema: etree.XMLSchema, problems_max: int) -> list[Problem]:
    """Problems for the newest rejection of ``tree`` by ``schema``; one per place, at most
    ``problems_max``.
    """
    found: dict[str, Problem] = {}
    log: Any = schema.error_log
    for entry in log:
        problem = _problem(tree, entry)
        found.setdefault(problem.path, problem)
        if len(found) == problems_max:
            break
    return list(found.values()) or [
        Problem("xsd_invalid", "the schema refuses the document", line=line_of(tree))
    ]


def _problem(tree: etree._Element, entry: etree._LogEntry) -> Problem:
    element = _element_at(tree, entry.path or "")
    sentence = _SENTENCE.match(entry.message)
    text = sentence["text"] if sentence else entry.message
    attribute = (sentence["attribute"] if sentence else None) or ""
    in_text = _ATTRIBUTE_IN_TEXT.match(text)
    if in_text is not None:
        attribute = in_text["attribute"]
    path = element.getroottree().getpath(element) + (f"/@{attribute}" if attribute else "")
    value = ""
    if attribute or not len(element):
        value = read_value(element, attribute) or ""
    code = _CODES.get(entry.type_name, "value_invalid")
    return Problem(code, text, path, line_of(element) or entry.line, value=value[:VALUE_CHARS_MAX])


def _element_at(tree: etree._Element, path: str) -> etree._Element:
    """The element that libxml2 means: its path begins at the validated element, not at the document's
    root.
    """
    steps = path.split("/", 2)
    if len(steps) < 3:
        return tree
    found = tree.xpath(steps[2])
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else tree
