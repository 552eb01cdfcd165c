"""Files of messages as envelopes, for commands: what lies in a file, as if it had come off a link.

A file holds one XML document (perhaps as dumped from the network, with the HTTP head in front) or any number of
telegrams. Nothing is opened by a parser here, so nothing can be wrong with a message yet; only files can.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from adapter.envelope import Envelope
from adapter.wire.typeb_files import read_copy_name, split_telegrams

FILE_BYTES_MAX = 32 * 1024 * 1024
"""Larger files are refused: read_bytes would have to hold them whole."""

_HTTP_HEAD = re.compile(
    rb"\A(?:[A-Z]+ \S+ HTTP/1\.[01]|HTTP/1\.[01] [0-9]{3}[^\r\n]*)\r?\n(?:[^\r\n]+\r?\n)*\r?\n"
)
_XML_START = re.compile(rb"\A(?:\xef\xbb\xbf)?[ \t\r\n]*<|\A(?:\xff\xfe<\x00|\xfe\xff\x00<)")


class FileTooLarge(OSError):
    """The file is beyond ``FILE_BYTES_MAX``."""


def looks_like_xml(path: Path, raw: bytes) -> bool:
    """Whether a file holds an XML document rather than telegrams, going by its name and its first characters."""
    return path.suffix.lower() == ".xml" or bool(_HTTP_HEAD.match(raw) or _XML_START.match(raw))


def split_http_head(raw: bytes) -> tuple[bytes, bytes]:
    """Head and body of an HTTP message as dumped from the network; the head is empty where there is none."""
    head = _HTTP_HEAD.match(raw)
    return (head[0], raw[head.end() :]) if head else (b"", raw)


def read_messages(
    path: Path, link: str, protocol: str, encoding: str, received_at: datetime
) -> Iterator[Envelope]:
    """The messages of one file, as they would come by a link of that protocol. Raises OSError."""
    raw = read_bytes(path)
    if protocol != "typeb":
        yield Envelope(link, protocol, path.name, split_http_head(raw)[1], received_at, source=path.name)
        return
    name = read_copy_name(path.name)
    for number, piece in enumerate(split_telegrams(raw, encoding), start=1):
        yield Envelope(
            link,
            "typeb",
            f"{path.name}#{number}",
            piece.raw,
            received_at,
            encoding,
            path.name,
            name.created if name else None,
            name.kind if name else "",
        )


def read_bytes(path: Path) -> bytes:
    """A whole file of bearable size."""
    with path.open("rb") as file:
        raw = file.read(FILE_BYTES_MAX + 1)
    if len(raw) > FILE_BYTES_MAX:
        raise FileTooLarge(f"{path} has more than {FILE_BYTES_MAX} bytes")
    return raw
