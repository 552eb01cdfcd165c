"""Telegrams in electronic mail: which parts of a message may hold them, and in which encoding.

A mail server delivers a message as one file. A telegram is its text, or stands in an attached file, or several
do. Every leaf of the message that is plain text or a nameless row of bytes is looked at; HTML, pictures and the
like are not. What a part declares as its character set holds, except that "us-ascii" promises nothing about
eight-bit text: there, and where nothing is declared, the encoding agreed with the sender holds.

The standard library's parser reads the message (RFC 5322, MIME). It raises whatever it likes at hostile input, so
it is fenced in: by sizes before, and by one handler around it.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from typing import Any

from .typeb_files import Piece, read_copy_name, split_telegrams
from .typeb_lines import is_flight_line, is_framing, is_kind, read_origin, split_lines

_TEXT_TYPES = frozenset({"text/plain", "application/octet-stream", "application/x-typeb"})
_LINES_LOOKED_AT = 80
_OF_PYTHON = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})
"""Names that Python knows as encodings and no mail means as one."""
_SHIFTING = b"A\r\n+AB-~{\x1b$B!!"
"""ASCII in which encodings that shift (UTF-7, HZ, ISO-2022) see something else."""


@dataclass(frozen=True, slots=True)
class MailLimits:
    """What one message may hold; a header longer than ``header_characters_max`` is not read."""

    bytes_max: int = 8 * 1024 * 1024
    boundary_lines_max: int = 1000
    """Lines that begin as a boundary does. Counted before anything is parsed, which takes its time for each of them."""
    parts_max: int = 50
    depth_max: int = 8
    header_characters_max: int = 4096
    telegrams_max: int = 1000


@dataclass(frozen=True, slots=True)
class MailTelegram:
    """A telegram as it stands in the message. ``file`` is the name of the attachment if it is that of a copy of
    a departure control system, "" otherwise: only such a name says anything. ``part`` counts leaves from 1.
    """

    piece: Piece
    encoding: str
    file: str
    part: int


@dataclass(frozen=True, slots=True)
class Mail:
    """What was found. ``skipped`` pieces of text hold no telegram: greetings, signatures."""

    telegrams: tuple[MailTelegram, ...]
    skipped: int


class MailRefused(Exception):
    """Nothing can be taken from this message; ``code`` is a stable word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_mail(
    data: bytes, encoding: str, limits: MailLimits | None = None, senders: tuple[str, ...] = ()
) -> Mail:
    """The telegrams of one message. MailRefused: ``mail_too_long``, ``mail_unreadable``, ``mail_too_deep``,
    ``mail_parts_too_many``, ``sender_not_allowed``, ``no_telegram``, ``mail_telegrams_too_many``.

    ``senders`` are addresses, or domains behind ``@``; none: everybody. The address is that of the From line,
    which anybody can write: it is for the mail server to see that it is true.
    """
    limits = limits or MailLimits()
    if len(data) > limits.bytes_max:
        raise MailRefused("mail_too_long")
    if data.count(b"\n--") > limits.boundary_lines_max:
        raise MailRefused("mail_parts_too_many")
    try:
        message = BytesParser(policy=default).parsebytes(data)
        if senders and not _is_allowed(_header(message, "From", limits), senders):
            raise MailRefused("sender_not_allowed")
        leaves = list(_leaves(message, limits))
        return _read(leaves, encoding, limits)
    except MailRefused:
        raise
    except Exception as error:  # the parser's own: ValueError, IndexError, RecursionError, LookupError ...
        raise MailRefused("mail_unreadable") from error


def _read(leaves: list[EmailMessage], encoding: str, limits: MailLimits) -> Mail:
    telegrams: list[MailTelegram] = []
    skipped = 0
    for number, leaf in enumerate(leaves, start=1):
        if not _is_text(leaf, limits):
            continue
        content: Any = leaf.get_payload(decode=True)
        text, used = _in_line_encoding(bytes(content or b""), _charset(leaf, encoding), encoding)
        file = leaf.get_filename("") if _is_short(leaf, "Content-Disposition", limits) else ""
        file = file if read_copy_name(file) is not None and len(file) <= 200 and file.isprintable() else ""
        for piece in split_telegrams(text, used):
            if not (file or _is_telegram(piece.raw.decode(used, "replace"))):
                skipped += 1
                continue
            telegrams.append(MailTelegram(piece, used, file, number))
            if len(telegrams) > limits.telegrams_max:
                raise MailRefused("mail_telegrams_too_many")
    if not telegrams:
        raise MailRefused("no_telegram")
    return Mail(tuple(telegrams), skipped)


def _leaves(message: EmailMessage, limits: MailLimits) -> Iterator[EmailMessage]:
    """The parts that hold no others, in order. Deep ones and too many are refused before they are walked."""
    stack: list[tuple[Any, int]] = [(message, 1)]
    count = 0
    while stack:
        part, depth = stack.pop()
        count += 1
        if depth > limits.depth_max:
            raise MailRefused("mail_too_deep")
        if count > limits.parts_max:
            raise MailRefused("mail_parts_too_many")
        if part.is_multipart():
            stack.extend((inner, depth + 1) for inner in reversed(part.get_payload()))
        else:
            yield part


def _is_text(leaf: EmailMessage, limits: MailLimits) -> bool:
    return _is_short(leaf, "Content-Type", limits) and leaf.get_content_type() in _TEXT_TYPES


def _is_short(message: EmailMessage, name: str, limits: MailLimits) -> bool:
    """Whether a header is short enough to be read: the library's reader takes its time on long ones."""
    lengths = (len(value) for key, value in message.raw_items() if key.lower() == name.lower())
    return max(lengths, default=0) <= limits.header_characters_max


def _header(message: EmailMessage, name: str, limits: MailLimits) -> str:
    return str(message.get(name, "")) if _is_short(message, name, limits) else ""


def _charset(leaf: EmailMessage, encoding: str) -> str:
    declared = leaf.get_content_charset("")
    try:
        name = codecs.lookup(declared).name if declared else ""
        if name:
            b"A".decode(name, "replace")
    except (LookupError, UnicodeError):  # unknown, or no encoding of text
        name = ""
    return encoding if name in ("", "ascii") or name in _OF_PYTHON else name


def _in_line_encoding(content: bytes, charset: str, encoding: str) -> tuple[bytes, str]:
    """The text in an encoding that has ASCII for ASCII, which cutting into telegrams needs, and its name."""
    if charset == encoding or _SHIFTING.decode(charset, "replace") == _SHIFTING.decode("ascii"):
        return content, charset
    return content.decode(charset, "replace").encode("utf-8"), "utf-8"


def _is_telegram(text: str) -> bool:
    """Whether this has the look of a telegram, whole or not: an origin line, or a kind with its flight line."""
    lines = [line for line in split_lines(text) if not is_framing(line)][:_LINES_LOOKED_AT]
    for position, line in enumerate(lines):
        if line.lstrip().startswith(".") and read_origin(line) is not None:
            return True
        if is_kind(line) and position + 1 < len(lines) and is_flight_line(lines[position + 1]):
            return True
    return False


def _is_allowed(sender: str, senders: tuple[str, ...]) -> bool:
    address = parseaddr(sender)[1].lower()
    _name, at, domain = address.rpartition("@")
    return bool(at) and any(one.lower() in (address, at + domain) for one in senders)
