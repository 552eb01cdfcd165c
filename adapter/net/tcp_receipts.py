"""How far the other side's TCP has acknowledged what was written to a connection.

A protocol without acknowledgements of its own knows no better sign that something arrived: the bytes are in the other
machine, though perhaps not yet read there. Linux tells it (``TCP_INFO``); elsewhere, and on transports without a
socket, what was written counts as taken.
"""

import socket
import struct
from collections import deque
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITCPTransport

from .outward import NotSent

POLL_SECONDS_MIN = 0.01
POLL_SECONDS_MAX = 1.0

_TCP_INFO = getattr(socket, "TCP_INFO", None)
_BYTES_ACKED = struct.Struct("=Q")
_BYTES_ACKED_OFFSET = 120
"""Place of ``tcpi_bytes_acked`` in Linux's ``struct tcp_info``, since version 4.2."""


def acknowledged_bytes(transport: Any) -> int | None:
    """Bytes of ours that the other side's TCP has acknowledged so far, None where nobody can tell."""
    if _TCP_INFO is None or not ITCPTransport.providedBy(transport):
        return None
    tcp: Any = transport  # the interface doesn't name all that a TCP transport has
    try:
        info = tcp.getHandle().getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 256)
    except (
        OSError,
        AttributeError,
    ):  # Twisted takes the socket away before it says that the connection is lost
        return None
    if len(info) < _BYTES_ACKED_OFFSET + _BYTES_ACKED.size:
        return None
    (acknowledged,) = _BYTES_ACKED.unpack_from(info, _BYTES_ACKED_OFFSET)
    return int(acknowledged)


class TcpReceipts:
    """The receipts of one connection, from the moment when it was made. Everything written has to be told."""

    def __init__(self, transport: Any, clock: IReactorTime) -> None:
        self._transport = transport
        self._clock = clock
        self._first = acknowledged_bytes(transport)  # the opening handshake counts as one byte on one side
        self._written = 0
        self._waiting: deque[tuple[int, Deferred[None]]] = deque()
        self._timer: IDelayedCall | None = None
        self._pause_seconds = POLL_SECONDS_MIN

    def wrote(self, size: int) -> None:
        """So many bytes more were given to the transport."""
        self._written += size

    def when_taken(self) -> "Deferred[None]":
        """Fires when all that was written up to now is acknowledged; fails with NotSent if the connection ends."""
        if self._first is None:
            return succeed(None)
        taken: Deferred[None] = Deferred(lambda _cancelled: None)
        self._waiting.append((self._written, taken))
        self._pause_seconds = POLL_SECONDS_MIN
        if self._timer is None:
            self._wait()
        return taken

    def end(self) -> None:
        """The connection is going or gone; who still waits can't know what arrived."""
        self._look()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, deque()
        for _written, taken in waiting:
            if not taken.called:
                taken.errback(
                    NotSent("disconnected", "the connection ended before the other side's TCP had it all")
                )

    def _wait(self) -> None:
        self._timer = self._clock.callLater(self._pause_seconds, self._poll)
        self._pause_seconds = min(self._pause_seconds * 2, POLL_SECONDS_MAX)

    def _poll(self) -> None:
        self._timer = None
        self._look()
        if self._waiting and self._timer is None:
            self._wait()

    def _look(self) -> None:
        now = acknowledged_bytes(self._transport) if self._waiting else None
        if now is None or self._first is None:
            return
        while self._waiting and self._waiting[0][0] <= now - self._first:
            taken = self._waiting.popleft()[1]
            if not taken.called:  # perhaps cancelled
                taken.callback(None)
