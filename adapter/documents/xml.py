"""XML from strangers: opened under limits, with one value for every reader, and wrapped again for the answer.

This is the only module that creates parsers, and the only one that parses what came from outside. The flags
of the parser are one half of the defence. The other half is refusing what a parser under those flags still
reads in two ways: a comment splits the text of an element, so that the schema sees ``625`` where ``.text``
gives ``62``; an entity declared in a DOCTYPE does the same. Therefore DOCTYPE, comments and processing
instructions refuse the message, whatever they contain, and maps read values through ``read_value`` only.

Most messages are small and plain. ``_is_plain`` proves from the bytes alone that no limit can be passed and
no character or namespace can be objectionable; only where it cannot, the tree is walked element by element.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from lxml import etree

from adapter.documents.xml_text import decode, refuse_markup
from adapter.errors import ConfigError, DocumentError, Problem

__all__ = [
    "UNREADABLE_CODE",
    "WHITESPACE",
    "XmlLimits",
    "XmlMessage",
    "XmlReader",
    "answer",
    "canonical_digest",
    "line_of",
    "load_schema",
    "load_stylesheet",
    "load_tree",
    "parse_own",
    "read_value",
    "unreadable_answer",
]

WHITESPACE = " \t\r\n"
"""White space as XML defines it; the no-break space is not among it."""

UNREADABLE_CODE = 33003
"""The gateway's code for a request that can't be parsed (observed in vendor code lists)."""

METHOD_NAME_CHARS_MAX = 64

_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """What one document may weigh. Depth counts the root as 1; characters are counted after entities are
    resolved.
    """

    bytes_max: int = 8 * 1024 * 1024
    depth_max: int = 32
    elements_max: int = 10_000
    attributes_max: int = 32
    attribute_chars_max: int = 256
    text_chars_max: int = 4096
    problems_max: int = 5


class XmlMessage(NamedTuple):
    """A well-formed document: its method element, still inside its own tree, and the names around it."""

    method: etree._Element
    wrapper: str


def read_value(element: etree._Element, attribute: str = "") -> str | None:
    """The value of an attribute, or with "" of the element itself, without surrounding white space.

    None where the attribute is absent. The text of an element is whole, because nothing that could split it
    passes ``XmlReader.open`` and the schema keeps elements out of simple content.
    """
    if attribute:
        value = element.get(attribute)
        return None if value is None else value.strip(WHITESPACE)
    return (element.text or "").strip(WHITESPACE)


def line_of(element: etree._Element) -> int:
    """The line an element begins in, from 1; 0 where it never stood in a text. An element of a teletype list from
    beyond what libxml2 can count has its line as an attribute.
    """
    line: Any = element.sourceline
    return int(line or element.get("line", 0))


def canonical_digest(element: etree._Element) -> bytes:
    """SHA-256 over the exclusive canonical form of an element.

    Spelling does not count: white space between elements, order of attributes, kind of quotes, empty-element
    tags and unused namespace declarations give the same digest. White space inside a value does count.
    """
    canonical = etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
    return hashlib.sha256(canonical).digest()


class XmlReader:
    """Opens XML documents under one set of limits; used by one thread, because a shared parser is slower than
    none.
    """

    def __init__(self, limits: XmlLimits | None = None) -> None:
        self.limits = limits or XmlLimits()
        self._parser = etree.XMLParser(
            encoding="utf-8",  # the text was decoded and checked before; a declaration has no further say
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            attribute_defaults=False,
            huge_tree=False,
            recover=False,
            remove_blank_text=True,
        )
        self._short_piece = min(5 * self.limits.attributes_max, self.limits.attribute_chars_max)
        self._long_attribute = re.compile(rb'=[ \t\r\n]*"[^"]{%d}' % (self.limits.attribute_chars_max + 1))

    def open(self, raw: bytes) -> XmlMessage:
        """Parse a document and find its method. Raises DocumentError; its kind is "" as long as there is no
        method.
        """
        try:
            return self._open(raw)
        except DocumentError as error:
            error.digest = error.digest or hashlib.sha256(raw).digest()
            raise

    def _open(self, raw: bytes) -> XmlMessage:
        if len(raw) > self.limits.bytes_max:
            text = f"the document has {len(raw)} bytes, {self.limits.bytes_max} are allowed"
            raise DocumentError([Problem("xml_too_large", text)])
        raw = decode(raw)
        refuse_markup(raw)
        try:
            root = etree.fromstring(raw, self._parser)
        except etree.XMLSyntaxError as error:
            raise DocumentError([_syntax_problem(error)]) from None
        if not self._is_plain(raw):
            problems = [
                problem for problem, _ in zip(self._walk(root), range(self.limits.problems_max), strict=False)
            ]
            if problems:
                kind, wrapper = _recognised(root)
                raise DocumentError(problems, kind, wrapper=wrapper)
        return _find_method(root)

    def _is_plain(self, raw: bytes) -> bool:
        """Whether the bytes of a well-formed document prove that ``_walk`` would find nothing.

        Without CDATA and with as many ">" as "<" every "</" is an end tag, so there cannot be more levels than
        end tags plus one. What stands between one "<" and the next holds a tag and a text: where it is short, so
        are its values, and few its attributes, each of which takes five bytes at least.
        """
        limits = self.limits
        pieces = raw.split(b"<")
        tags = len(pieces) - 1
        if (
            tags > limits.elements_max
            or tags != raw.count(b">")
            or (tags > limits.depth_max and raw.count(b"</") >= limits.depth_max)
            or b"'" in raw
            or (b"!" in raw and b"<!" in raw)
            or (b"&" in raw and b"&#" in raw)
            or raw.find(b"xml", len(b"<?xml") if raw.startswith(b"<?xml") else 0) >= 0
            or not _is_printable(raw)
        ):
            return False
        short = min(self._short_piece, limits.text_chars_max)
        for piece in [piece for piece in pieces if len(piece) > short]:
            if (
                len(piece) > limits.text_chars_max
                or piece.count(b"=") > limits.attributes_max
                or self._long_attribute.search(piece) is not None
            ):
                return False
        return True

    def _walk(self, root: etree._Element) -> Iterator[Problem]:
        limits = self.limits
        depth = elements = 0
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if event == "end":
                depth -= 1
                continue
            depth += 1
            elements += 1
            if depth == limits.depth_max + 1:
                yield _problem("xml_too_deep", f"more than {limits.depth_max} levels", element)
            if elements == limits.elements_max + 1:
                yield _problem("xml_too_many_elements", f"more than {limits.elements_max} elements", element)
            yield from self._walk_element(element)

    def _walk_element(self, element: etree._Element) -> Iterator[Problem]:
        limits = self.limits
        if element.tag.startswith("{"):
            namespace = etree.QName(element).namespace
            yield _problem("xml_namespace", f"elements of namespace {namespace} are refused", element)
        if len(element.attrib) > limits.attributes_max:
            yield _problem(
                "xml_too_many_attributes", f"more than {limits.attributes_max} attributes", element
            )
        attributes: Any = element.attrib
        for name, value in attributes.items():
            if name.startswith(_XSI):
                yield _problem(
                    "xml_xsi", "attributes xsi:* are refused: the schema is ours to choose", element
                )
            elif name.startswith("{"):
                yield _problem("xml_namespace", f"attribute {name} is of a foreign namespace", element)
            yield from _check_value(element, value, limits.attribute_chars_max, f"/@{name}")
        for text in (element.text, element.tail):
            if text:
                yield from _check_value(element, text, limits.text_chars_max, "")


def _is_printable(raw: bytes) -> bool:
    """Whether all is visible but tabs and line ends; in ASCII the parser has refused every control
    character but DEL.
    """
    if raw.isascii():
        return b"\x7f" not in raw
    return raw.decode("utf-8").replace("\n", "").replace("\r", "").replace("\t", "").isprintable()


def _syntax_problem(error: etree.XMLSyntaxError) -> Problem:
    line, column = error.position
    text = f"not well-formed: {error.msg or 'the document is empty'}"
    code = "xml_too_deep" if "Excessive depth" in text else "xml_not_well_formed"
    return Problem(code, text, line=max(line or 0, 0), column=max(column or 0, 0))


def _check_value(element: etree._Element, value: str, chars_max: int, place: str) -> Iterator[Problem]:
    if len(value) > chars_max:
        text = f"a value of {len(value)} characters, {chars_max} are allowed"
        yield _problem("xml_value_too_long", text, element, place)
    if value.isprintable():
        return
    for character in value:
        if character not in WHITESPACE and unicodedata.category(character) in _REFUSED_CATEGORIES:
            text = f"character U+{ord(character):04X} is refused: it has no visible form of its own"
            yield _problem("xml_character", text, element, place)
            return


def _problem(code: str, text: str, element: etree._Element, place: str = "") -> Problem:
    path = element.getroottree().getpath(element) + place
    return Problem(code, text, path[:512], line_of(element))


def _find_method(root: etree._Element) -> XmlMessage:
    """Step through ``sirena`` and ``query`` to the one element that names the operation."""
    names: list[str] = []
    element = root
    for name in ("sirena", "query"):
        if element.tag != name:
            if names:
                text = f"inside <{names[-1]}> an element <{name}> is expected, not <{element.tag}>"
                raise DocumentError([_problem("xml_wrapper", text, element)])
            continue
        names.append(name)
        if (
            len(element) != 1
            or (element.text or "").strip(WHITESPACE)
            or (element[0].tail or "").strip(WHITESPACE)
        ):
            text = f"<{name}> must hold exactly one element and nothing else"
            raise DocumentError([_problem("xml_wrapper", text, element)])
        element = element[0]
    if len(element.tag) > METHOD_NAME_CHARS_MAX:
        raise DocumentError([Problem("xml_wrapper", "the name of the method is too long")])
    return XmlMessage(element, "/".join(names))


def _recognised(root: etree._Element) -> tuple[str, str]:
    """Kind and wrapper of a document that breaks a limit, as far as they can be told; for its answer."""
    try:
        method, wrapper = _find_method(root)
    except DocumentError:
        return "", ""
    return ("", "") if method.tag.startswith("{") else (method.tag, wrapper)


def answer(method: etree._Element | None, wrapper: str, attributes: Mapping[str, str] | None = None) -> bytes:
    """The reply document: the method element wrapped as the request was.

    ``wrapper`` is that of the request ("", "query", "sirena/query"); ``attributes`` go to ``<answer>``.
    Clients in service look for the root's closing tag on a line of its own, so it gets one, and the document
    a final newline.
    """
    body = b"" if method is None else etree.tostring(method, encoding="utf-8", xml_declaration=False)
    return _wrap(body, wrapper, attributes or {})


def unreadable_answer(protocol: str) -> bytes:
    """What a host gets for a document in which no method could be found, by the protocol of its link."""
    if protocol == "http":
        return _wrap(b'<error code="2"/>', "query", {})
    text = f'<error code="{UNREADABLE_CODE}">The request cannot be read</error>'
    return _wrap(text.encode(), "sirena/query", {})


def _wrap(body: bytes, wrapper: str, attributes: Mapping[str, str]) -> bytes:
    if wrapper:
        words = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        body = b"<answer%s>%s</answer>" % (words.encode(), body)
    if wrapper.startswith("sirena"):
        body = b"<sirena>%s</sirena>" % body
    end = body.rfind(b"</")
    closed = (
        body
        if end <= 0 or not body.startswith(b"<" + body[end + 2 : -1])
        else body[:end] + b"\n" + body[end:]
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n%s\n' % closed


def parse_own(text: str) -> etree._Element:
    """Parse what this program has just written from values that it had checked: nothing of a host's own making. A list
    of ten thousand passengers may be longer than libxml2's usual limit.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    return etree.fromstring(text.encode(), parser)


def load_tree(path: Path) -> etree._Element:
    """Parse one of our own files. Raises ConfigError with its place."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(path.read_bytes(), parser, base_url=str(path))
    except OSError as error:
        raise ConfigError(
            [Problem("file_unreadable", error.strerror or str(error), file=str(path))]
        ) from None
    except etree.XMLSyntaxError as error:
        line, column = error.position
        problem = Problem("xml_not_well_formed", str(error.msg), line=line, column=column, file=str(path))
        raise ConfigError([problem]) from None


def load_schema(path: Path) -> etree.XMLSchema:
    """Compile an XSD of ours. Raises ConfigError with all that libxml2 has to say about it."""
    try:
        return etree.XMLSchema(load_tree(path))
    except etree.XMLSchemaParseError as error:
        raise ConfigError(_own_problems("xsd_defect", path, error)) from None


def load_stylesheet(path: Path) -> etree.XSLT:
    """Compile a stylesheet that may touch neither files nor network, whatever it says. Raises ConfigError."""
    access: Any = etree.XSLTAccessControl
    try:
        return etree.XSLT(load_tree(path), access_control=access.DENY_ALL)
    except etree.XSLTParseError as error:
        raise ConfigError(_own_problems("xslt_defect", path, error)) from None


def _own_problems(code: str, path: Path, error: etree.LxmlError) -> list[Problem]:
    log: Any = error.error_log
    entries = [
        Problem(code, entry.message, line=entry.line, column=max(entry.column, 1), file=str(path))
        for entry in log
    ]
    return entries or [Problem(code, str(error), file=str(path))]
