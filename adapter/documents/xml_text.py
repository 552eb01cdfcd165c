"""What can be judged of an XML document before a parser sees it: its encoding, and markup that is never
welcome.
"""

import re

from adapter.errors import DocumentError, Problem

__all__ = ["decode", "refuse_markup"]

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARK = b"\xff\xfe\x00\x00"
_DECLARATION_BEGINS = (b"<?xml ", b"<?xml\t", b"<?xml\r", b"<?xml\n")
_COMMONEST_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_DECLARATION = re.compile(rb"<\?xml(?=[ \t\r\n])[^>]*?\?>")
_DECLARED_ENCODING = re.compile(rb"""[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*["']([^"']*)["']""")
_UTF8_NAMES = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
_UTF16_NAMES = frozenset({"", "utf-16", "utf16", "utf-16le", "utf-16be"})
_MARKUP = re.compile(rb"<!(?!\[CDATA\[)|<\?")


def decode(raw: bytes) -> bytes:
    """The document as valid UTF-8 without mark; only UTF-8 and UTF-16 (with its mark) are read.

    Deciding this before the parser does keeps its other encodings (EBCDIC, UCS-4, whatever iconv knows) out.
    """
    names = _UTF8_NAMES
    try:
        if raw.startswith(_UTF16_MARKS) and not raw.startswith(_UTF32_MARK):
            names = _UTF16_NAMES
            raw = raw.decode("utf-16").encode("utf-8")
        else:
            raw = raw.removeprefix(_UTF8_MARK)
            raw.isascii() or raw.decode("utf-8")
    except UnicodeError as error:
        place = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = raw.count(b"\n", 0, place) + 1
        text = f"not valid text: byte {place} of the document"
        raise DocumentError([Problem("xml_encoding", text, line=line)]) from None
    if raw.startswith(_COMMONEST_DECLARATION) and names is _UTF8_NAMES:
        return raw
    declaration = _DECLARATION.match(raw)
    declared = _DECLARED_ENCODING.search(declaration[0]) if declaration is not None else None
    if declared is not None and (name := declared[1].decode().lower()) not in names:
        text = f"encoding {name[:64]} is not read here, or is not what the bytes are; use UTF-8"
        raise DocumentError([Problem("xml_encoding", text, line=1, column=1, value=name[:64])])
    return raw


def refuse_markup(raw: bytes) -> None:
    """Refuse DOCTYPE, comments and processing instructions before the parser sees them."""
    if b"!" not in raw and raw.count(b"?") <= (2 if raw.startswith(_DECLARATION_BEGINS) else 0):
        return  # nearly every message; the two question marks are those of the declaration
    for found in _MARKUP.finditer(raw):
        if found.start() == 0 and raw.startswith(_DECLARATION_BEGINS):
            continue
        if raw.startswith(b"<!--", found.start()):
            code, text = "xml_comment", "comments are refused: they split values"
        elif raw.startswith(b"<!", found.start()):
            code, text = "xml_doctype", "a DOCTYPE and other declarations are refused"
        else:
            code, text = "xml_instruction", "processing instructions are refused"
        line_begin = raw.rfind(b"\n", 0, found.start()) + 1
        line, column = raw.count(b"\n", 0, found.start()) + 1, found.start() - line_begin + 1
        raise DocumentError([Problem(code, text, line=line, column=column)])
