"""One connection of a stream link that answers its messages: what is in flight, and the window for it.

Beside the life of every connection (see ``connection``):

1. A message goes to ``handle`` and is in flight until it is answered; above ``in_flight_max`` unanswered ones nothing
   more is read.
2. Answers are written as they come. What is answered after the connection has ended is only counted.
3. A connection with messages in flight isn't idle, and doesn't give way to another.
4. When the application stops, what was handed over is answered, then we close.
"""

import logging
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from adapter.envelope import Envelope, Reply

from .connection import LinkConnection

if TYPE_CHECKING:
    from .link import StreamLink

_log = logging.getLogger("ffgate.link")


class AnsweringConnection(LinkConnection):
    """One connection; a subclass knows the frames, and how an answer is written."""

    def __init__(self, link: "StreamLink", host: str) -> None:
        super().__init__(link, host)
        self._open: dict[int, Any] = {}
        self._serial = 0

    @abstractmethod
    def answer(self, request: Any, reply: Reply) -> None:
        """Write the answer to what was handed over."""

    @property
    def in_flight(self) -> int:
        return len(self._open)

    @property
    def is_idle(self) -> bool:
        return not self._open and super().is_idle

    def hand_over(self, message_id: str, raw: bytes, request: Any) -> None:
        """Give a clear message to the pipeline; ``request`` comes back with the answer."""
        done = self.open_exchange(request)
        now = datetime.fromtimestamp(self.last_used, UTC)
        envelope = Envelope(self.link.name, self.link.wire, message_id, raw, now)
        self.link.count("received")
        try:
            self.link.handle(envelope, done)
        except Exception:
            # Our own defect. The peer gets no answer, which every host reads as "repeat".
            _log.exception("%s: message %s from %s failed", self.link.name, message_id, self.host)
            self.link.count("handle_failed")
            self.abort()

    def open_exchange(self, request: Any) -> Callable[[Reply], None]:
        """What to call with the answer to ``request``, once; until then it is in flight."""
        self._serial += 1
        self._open[self._serial] = request
        return partial(self._done, self._serial)

    def stop(self) -> None:
        """Read nothing more and close once everything handed over is answered."""
        self.pump()
        self._close_when_idle()

    def _done(self, serial: int, reply: Reply) -> None:
        request = self._open.pop(serial, None)
        if request is None:
            _log.error("%s: a message from %s was answered twice", self.link.name, self.host)
            return
        if self.is_closing:
            self.link.count("answer_unsent")
            return
        self.answer(request, reply)
        if self.link.is_stopping and not self.is_parting:
            self._close_when_idle()
        elif not self._reading:
            self.pump()

    def _may_take(self) -> bool:
        return len(self._open) < self.link.limits.in_flight_max and super()._may_take()

    def _close_when_idle(self) -> None:
        if not self._open:
            self.close()
