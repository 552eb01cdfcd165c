"""Frames of the Sirena-Travel XML/TCP gateway: the 100-byte header, both flag bytes, zlib.

Life of a connection:

1. The client connects; nobody greets. Frames follow each other without a delimiter: header, then body.
2. A client with a cipher asks ``key_info`` in plaintext (or has the server's key from elsewhere), then
   registers a session key with one RSA frame (``sirena_crypto``); the answer's header names the key's id.
3. Requests are XML, then perhaps zlib, then perhaps DES; answers take the same way, in any order, matched on
   the message id.
4. Anything wrong below the XML is answered by a plain frame with the crypto error bit; a request that nobody
   had time for by a plain frame with the "not processed" bit.
5. Either side closes between two frames. A frame that was cut off never happened.

Header, 100 bytes, unsigned big-endian; one ``struct`` format stands for the table:

=======  ====  =========================================================================================
offset   size  field
=======  ====  =========================================================================================
0        4     length of the body on the wire (compressed, encrypted)
4        4     creation time, Unix seconds; observed: rubbish from some clients; echoed, never read
8        4     message id, the client's; observed: some clients always send the same one
12       32    reserved, echoed
44       2     client id
46       1     flags, ``ZLIB`` … below
47       1     status, ``NOT_PROCESSED`` … below
48       4     session key id, 0 = newest; read only with the DES flag: plaintext clients leave noise here
52       48    reserved, echoed, but for byte 83, which the vendor's server uses for itself and clears
=======  ====  =========================================================================================
"""

import struct
import zlib
from dataclasses import dataclass

from adapter.errors import WireError

from .framing import ReceiveBuffer, Waiting

HEADER = struct.Struct(">III32sHBBI48s")
HEADER_BYTES = 100

# Plain integers, not enum members: they are tested several times for every message.
TEXT = 0x01
BINARY = 0x02  # also: "don't compress the answer"
ZLIB = 0x04
DES = 0x08
MAY_ZLIB = 0x10  # the sender can read a compressed answer
SPECIAL = 0x20
RSA = 0x40
CRYPT_ERROR = 0x80

NOT_PROCESSED = 0x01
GOST = 0x02
INVALID_USER = 0x04

VENDOR_FRAME_BYTES_MAX = 32 * 1024 * 1024
"""Above this the vendor's own server shuts the connection; our limit is lower and configurable."""

FRAME_BYTES_MAX = 1024 * 1024

_CLEARED_RESERVED_BYTE = 83 - 52


@dataclass(frozen=True, slots=True)
class WireLimits:
    """What one frame may cost. The defaults suit messages of some kilobytes."""

    frame_bytes_max: int = FRAME_BYTES_MAX
    inflated_bytes_max: int = 8 * 1024 * 1024
    inflate_ratio_max: int = 200


@dataclass(frozen=True, slots=True)
class Header:
    """The header as numbers; ``reserved_low`` are bytes 12–43, ``reserved_high`` bytes 52–99."""

    length: int
    created: int
    message_id: int
    client_id: int
    flags: int = 0
    status: int = 0
    key_id: int = 0
    reserved_low: bytes = bytes(32)
    reserved_high: bytes = bytes(48)

    @classmethod
    def read(cls, data: bytes) -> "Header":
        """Read exactly 100 bytes; every value is possible."""
        length, created, message_id, low, client_id, flags, status, key_id, high = HEADER.unpack(data)
        return cls(length, created, message_id, client_id, flags, status, key_id, low, high)

    def render(self, length: int | None = None) -> bytes:
        """The 100 bytes; ``length`` replaces the header's own."""
        return HEADER.pack(
            self.length if length is None else length,
            self.created,
            self.message_id,
            self.reserved_low,
            self.client_id,
            self.flags,
            self.status,
            self.key_id,
            self.reserved_high,
        )

    def echo(self, *, flags: int, status: int = 0, key_id: int | None = None) -> "Header":
        """The header of an answer: a copy of the request's, as the vendor's server makes it."""
        high = self.reserved_high
        if high[_CLEARED_RESERVED_BYTE]:
            high = high[:_CLEARED_RESERVED_BYTE] + b"\0" + high[_CLEARED_RESERVED_BYTE + 1 :]
        # Spelled out: dataclasses.replace takes longer than all the rest of an answer's header.
        return Header(
            self.length,
            self.created,
            self.message_id,
            self.client_id,
            flags,
            status,
            self.key_id if key_id is None else key_id,
            self.reserved_low,
            high,
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame, the body still as it was on the wire."""

    header: Header
    body: bytes

    def render(self) -> bytes:
        """The bytes of the frame; the length is taken from the body."""
        return self.header.render(len(self.body)) + self.body


class FrameReader:
    """Bytes to frames: ``receive_data``, then ``next_frame`` until it returns None."""

    def __init__(self, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._frame_bytes_max = frame_bytes_max
        self._buffer = ReceiveBuffer()
        self._header: Header | None = None

    def receive_data(self, data: bytes) -> None:
        self._buffer.append(data)

    def next_frame(self) -> Frame | None:
        """The next whole frame, or None.

        WireError ``frame_too_long`` as soon as a header claims too much, before any of that body is kept.
        """
        header = self._header
        if header is None:
            data = self._buffer.take(HEADER_BYTES)
            if data is None:
                return None
            header = Header.read(data)
            if header.length > self._frame_bytes_max:
                raise WireError(
                    "frame_too_long",
                    f"a frame of {header.length} bytes was announced, {self._frame_bytes_max} are allowed",
                )
            self._header = header
        body = self._buffer.take(header.length)
        if body is None:
            return None
        self._header = None
        return Frame(header, body)

    @property
    def waiting(self) -> Waiting:
        """What lacks after ``next_frame`` returned None."""
        if self._header is not None:
            return Waiting.BODY
        return Waiting.HEADER if self._buffer else Waiting.NOTHING


class InflateError(Exception):
    """The body isn't a zlib stream; ``number`` is zlib's own (negative) error number."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number


_Z_DATA_ERROR = -3


def inflate(data: bytes, limits: WireLimits) -> bytes:
    """Inflate a zlib (RFC 1950) body within the limits.

    A stream that ends early yields what it held and bytes after its end are dropped: the vendor's server
    accepts both, and what is missing then shows as XML that isn't well-formed. WireError
    ``inflated_too_long`` for a bomb, InflateError for anything that isn't zlib.
    """
    allowed = min(limits.inflated_bytes_max, limits.inflate_ratio_max * len(data))
    stream = zlib.decompressobj()
    try:
        clear = stream.decompress(data, allowed + 1)
    except zlib.error as error:
        raise InflateError(_Z_DATA_ERROR, str(error)) from None
    if len(clear) > allowed:
        raise WireError("inflated_too_long", f"{len(data)} bytes inflate to more than {allowed}")
    return clear


def deflate_if_smaller(body: bytes) -> bytes | None:
    """The body as zlib stream, None unless that is strictly smaller."""
    packed = zlib.compress(body)
    return packed if len(packed) < len(body) else None
