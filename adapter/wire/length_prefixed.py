"""XML messages behind a 4-byte big-endian length: the commonest home-made XML/TCP framing.

Life of a connection:

1. The client connects; nobody greets.
2. Each message is its length in bytes (unsigned, big-endian, the prefix itself not counted) and the XML.
3. There is nothing to match answers by, so they come in the order of the requests.
4. Either side closes between two messages. A message that was cut off never happened.
"""

import struct

from adapter.errors import WireError

from .framing import ReceiveBuffer, Waiting

PREFIX = struct.Struct(">I")
FRAME_BYTES_MAX = 1024 * 1024


class LengthPrefixedConnection:
    """Either side: ``receive_data``, then ``next_frame`` until it returns None; ``send`` renders."""

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._buffer = ReceiveBuffer()
        self._length: int | None = None

    def receive_data(self, data: bytes) -> None:
        self._buffer.append(data)

    def next_frame(self) -> bytes | None:
        """The next whole message, or None.

        WireError ``frame_too_long`` as soon as too much is announced, ``frame_empty`` for a length of 0: that
        is no message, and taken as a heartbeat by one side only it would shift every answer after it.
        """
        if self._length is None:
            prefix = self._buffer.take(PREFIX.size)
            if prefix is None:
                return None
            (length,) = PREFIX.unpack(prefix)
            if length > self._frame_bytes_max:
                raise WireError(
                    "frame_too_long",
                    f"a message of {length} bytes was announced, {self._frame_bytes_max} are allowed",
                )
            if length == 0:
                raise WireError("frame_empty", "a message of 0 bytes was announced")
            self._length = length
        body = self._buffer.take(self._length)
        if body is not None:
            self._length = None
        return body

    @property
    def waiting(self) -> Waiting:
        """What lacks after ``next_frame`` returned None."""
        if self._length is not None:
            return Waiting.BODY
        return Waiting.HEADER if self._buffer else Waiting.NOTHING

    def send(self, body: bytes) -> bytes:
        return PREFIX.pack(len(body)) + body
