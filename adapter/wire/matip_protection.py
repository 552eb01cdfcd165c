"""The layer between a MATIP session and its telegrams: who has what, and what is sent again.

MATIP itself acknowledges nothing. The RFC leaves that to a protection protocol which both sides name in the opening
(PROTEC); the one that it mentions, BATAP (number 2), has no public specification, so none is built here. ``none`` is
what is there. Whoever has a partner's specification writes a class with the four methods of ``Protection``, gives it
a name in ``PROTECTIONS`` and in the settings (``adapter.config_links.PROTECTIONS``), and the link does the rest:

1. each session gets a fresh one; nothing it knows outlives the session;
2. what comes goes through ``on_message``; its telegram is handed over, and once that is in the journal, and not
   earlier, ``acknowledgement`` is sent for its id;
3. what goes out is made by ``render``; while its id is not among the ``acknowledged``, ``retransmission`` is sent every
   ``retransmit_seconds``, marked as a possible duplicate (PDM); whoever waits for it fails when the session ends.

Payloads are in the coding of the session on both sides of this layer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a data packet holds. ``telegram`` None: only the layer's own words. ``ack_id`` b"": nobody waits for it."""

    telegram: bytes | None
    ack_id: bytes = b""
    acknowledged: tuple[bytes, ...] = ()
    """Ids of ours that the peer says it has."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A telegram ready to be sent. ``ack_id`` b"": the peer will never say that it has it."""

    payload: bytes
    ack_id: bytes = b""


class Protection(Protocol):
    """One session's protection; no socket, no clock. WireError when the peer broke it."""

    number: int
    """PROTEC in the opening."""
    retransmit_seconds: float

    def on_message(self, payload: bytes) -> Incoming:
        """Take a data packet apart."""

    def acknowledgement(self, ack_id: bytes) -> bytes:
        """The payload that says: we have it."""

    def render(self, telegram: bytes) -> Outgoing:
        """Wrap a telegram and remember it until it is acknowledged."""

    def retransmission(self, ack_id: bytes) -> bytes:
        """The payload once more, marked as a possible duplicate."""


class NoProtection:
    """The telegram is the payload, and nobody acknowledges anything."""

    number = 0
    retransmit_seconds = 0.0

    def on_message(self, payload: bytes) -> Incoming:
        return Incoming(payload)

    def acknowledgement(self, ack_id: bytes) -> bytes:
        raise ValueError("nothing is acknowledged without protection")

    def render(self, telegram: bytes) -> Outgoing:
        return Outgoing(telegram)

    def retransmission(self, ack_id: bytes) -> bytes:
        raise ValueError("nothing is sent again without protection")


PROTECTIONS: Mapping[str, Callable[[], Protection]] = {"none": NoProtection}
"""By the name in the settings."""
