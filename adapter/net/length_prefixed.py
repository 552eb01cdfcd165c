"""The listener for XML behind a 4-byte length.

Answers carry no number, so they leave in the order of the requests.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorTime

from adapter.envelope import Handle, Reply
from adapter.wire.framing import Waiting
from adapter.wire.length_prefixed import LengthPrefixedConnection

from .answering_connection import AnsweringConnection
from .limits import LinkLimits
from .link import StreamLink
from .peers import Network


class _Slot:
    """The place of one answer in the queue."""

    __slots__ = ("body", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.body: bytes | None = None


class LengthPrefixedLinkConnection(AnsweringConnection):
    """One connection; an answer that is ready waits for those before it."""

    def __init__(self, link: "LengthPrefixedFactory", host: str) -> None:
        super().__init__(link, host)
        self._codec = LengthPrefixedConnection(link.limits.frame_bytes_max)
        self._queue: deque[_Slot] = deque()
        self._number = 0

    def receive(self, data: bytes) -> None:
        self._codec.receive_data(data)

    def waiting(self) -> Waiting:
        return self._codec.waiting

    def take_frame(self) -> bool:
        body = self._codec.next_frame()
        if body is None:
            return False
        self._number += 1
        slot = _Slot(self._number)
        self._queue.append(slot)
        self.hand_over(str(slot.number), body, slot)
        return True

    def answer(self, request: Any, reply: Reply) -> None:
        if reply.not_processed or reply.body is None:
            # The protocol has no word for "repeat later", and an invented one would be read as a decision. A
            # closed connection is understood by everybody: whatever was not answered is sent again.
            self.link.count("not_processed")
            self.close()
            return
        request.body = reply.body
        ready: list[bytes] = []
        while self._queue and self._queue[0].body is not None:
            ready.append(self._codec.send(self._queue.popleft().body or b""))
            self.link.count("answered")
        if ready:
            self.transport.writeSequence(ready)


class LengthPrefixedFactory(StreamLink):
    """The listener of one length-prefixed link."""

    wire = "length_prefixed"

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        *,
        limits: LinkLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, handle, clock, limits=limits, peers=peers, count=count)

    def connection(self, host: str) -> LengthPrefixedLinkConnection:
        return LengthPrefixedLinkConnection(self, host)
