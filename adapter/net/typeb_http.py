"""The link for telegrams over HTTP: one POST, one telegram, answered once it is kept.

A type of its own and no option of the XML link: bodies have an encoding and are never answered by a document, the
journal names them as teletype, and their limit is that of a telegram. The answer is status 200 with the text
``true``, which is what a departure control system counts as success; anything else lets it fall back to another
road. ``true`` means kept, not understood: a telegram that can't be used is quarantined here, and sending it again
would not help. A connection lives as in ``http``.

The other direction is ``typeb_post``: the same POST from us, the same answer to us.

Not served: the XML around a telegram that Astra calls AYT; none of our sources shows its shape.
"""

from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred

from adapter.envelope import Envelope, Reply

from .http import HttpLink
from .typeb_post import KEPT, TelegramPost

_KEPT = (KEPT, b"text/plain; charset=UTF-8")


class TypebHttpLink(HttpLink):
    """A listener for one such link; ``post`` is the way out, if any."""

    def __init__(
        self, *arguments: Any, encoding: str, post: TelegramPost | None = None, **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._encoding = encoding
        self._post = post

    def send(self, telegram: bytes) -> "Deferred[None]":
        """As ``TelegramPost``; only where there is one."""
        assert self._post is not None
        return self._post.send(telegram)

    def stop(self) -> "Deferred[None]":
        """As any listener; what is under way out is given up."""
        if self._post is not None:
            self._post.stop()
        return super().stop()

    def envelope(self, number: str, raw: bytes, received_at: datetime) -> Envelope:
        return Envelope(self.name, "typeb", number, raw, received_at, self._encoding)

    def is_blank(self, body: bytes) -> bool:
        return not body.strip()

    def answer(self, reply: Reply) -> tuple[bytes, bytes] | None:
        return _KEPT if reply.kept else None
