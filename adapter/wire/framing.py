"""What the stream codecs share: a buffer that gives away frames, and words for an incomplete one."""

from enum import Enum

_COMPACT_BYTES = 64 * 1024


class Waiting(Enum):
    """What an incomplete frame still lacks; the link has a time limit for each."""

    NOTHING = "nothing"
    HEADER = "header"
    BODY = "body"


class ReceiveBuffer:
    """Received bytes with a read position, so that taking a frame moves no other byte.

    Frames that nobody has taken yet stay here as bytes: whoever stops asking because he has enough work also
    stops paying for the rest.
    """

    __slots__ = ("_data", "_start")

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0

    def __len__(self) -> int:
        return len(self._data) - self._start

    def append(self, data: bytes) -> None:
        self._data += data

    def take(self, size: int) -> bytes | None:
        """The next ``size`` bytes, None as long as they aren't all there."""
        end = self._start + size
        if len(self._data) < end:
            self._compact()
            return None
        taken = bytes(memoryview(self._data)[self._start : end])
        self._start = end
        return taken

    def _compact(self) -> None:
        # Cutting the read part off costs a copy of the rest: done when all is read, or when it is worth it.
        if self._start == len(self._data) or self._start > _COMPACT_BYTES:
            del self._data[: self._start]
            self._start = 0
