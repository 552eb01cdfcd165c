"""The link for telegrams over HTTP: one POST, one telegram, answered once it is kept.

A type of its own and no option of the XML link: bodies have an encoding and are never answered by a document, the
journal names them as teletype, and their limit is that of a telegram. The answer is status 200 with the text
``true``, which is what a departure control system counts as success; anything else lets it fall back to another
road. ``true`` means kept, not understood: a telegram that can't be used is quarantined here, and sending it again
would not help. A connection lives as in ``http``.

Not served: the XML around a telegram that Astra calls AYT; none of our sources shows its shape.
"""

from datetime import datetime
from typing import Any

from adapter.envelope import Envelope, Reply

from .http import HttpLink

_KEPT = (b"true", b"text/plain; charset=UTF-8")


class TypebHttpLink(HttpLink):
    """A listener for one such link."""

    def __init__(self, *arguments: Any, encoding: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._encoding = encoding

    def envelope(self, number: str, raw: bytes, received_at: datetime) -> Envelope:
        return Envelope(self.name, "typeb", number, raw, received_at, self._encoding)

    def is_blank(self, body: bytes) -> bool:
        return not body.strip()

    def answer(self, reply: Reply) -> tuple[bytes, bytes] | None:
        return _KEPT if reply.kept else None
