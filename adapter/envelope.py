"""One message as it came off a link, before anybody has looked inside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapter.errors import Problem


@dataclass(frozen=True, slots=True)
class Envelope:
    """A clear (decrypted, inflated, unframed) message with the facts of its arrival.

    ``id`` correlates within the link (gateway message id, request number, file name and position) and is a
    claim of the sender, never a key. ``received_at`` is aware UTC and travels into the core as the only
    clock. ``encoding`` applies to teletype. ``created_hint`` and ``kind_hint`` come from the name of a file
    that has no telegram envelope of its own (DCS copies); None and "" otherwise.
    """

    link: str
    protocol: str
    """One of: sirena, length_prefixed, http, typeb."""
    id: str
    raw: bytes
    received_at: datetime
    encoding: str = "utf-8"
    source: str = ""
    """File name the message came from, "" on sockets."""
    created_hint: datetime | None = None
    kind_hint: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a link has to write back for one envelope.

    ``body`` is the clear reply document, None where the protocol has no reply (teletype). ``not_processed``
    asks the link for its own form of "nothing was kept, repeat" (gateway flag byte 47 bit 0x01, HTTP 503).
    ``quarantined`` tells a spool that the message was journalled but is unusable; ``kept`` that it is safe in
    the journal and may be archived.
    """

    body: bytes | None = None
    not_processed: bool = False
    quarantined: bool = False
    kept: bool = False
    problems: tuple[Problem, ...] = ()
    """Why it was quarantined. A spool writes codes and places beside the file, never texts or values."""


Handle = Callable[[Envelope, Callable[[Reply], None]], None]
"""How a link hands over a message: the callback is called exactly once, in the reactor thread, perhaps at
once.
"""
