"""Telegrams on a plain TCP stream, told apart by the framing that teletype lines have had for ever.

| framing | begins with                  | ends with                    |
|---------|------------------------------|------------------------------|
| zczc    | ``ZCZC`` at the start of a line | ``NNNN`` at the start of a line |
| soh     | SOH (0x01)                   | ETX (0x03)                   |

Life of a stream:

1. Bytes between telegrams that are blank, line ends or NUL mean nothing.
2. A telegram with its framing is one ``Frame``; the reader of telegrams knows the framing and leaves it out.
3. A beginning within a telegram means that the one before was cut off: it is given away as it is (``cut``).
4. Anything else between two telegrams is garbage, and one frame of its own (``garbage``) up to the next mark
   (outside of a telegram ZCZC counts wherever it stands) or the end of the stream: nothing that came is lost.
5. Of a telegram or of garbage longer than ``frame_bytes_max`` the first ``frame_bytes_max + 1`` bytes are given
   away, which is enough for the refusal; the rest is dropped up to the next beginning or end.

There is no acknowledgement in this framing. Where the two sides agree on one, it is ``ACK`` for each whole telegram
in the order of the telegrams (see the link).
"""

import re
from dataclasses import dataclass
from enum import Enum

from .framing import Waiting

FRAME_BYTES_MAX = 64 * 1024
ACK = b"\x06"

_NOTHING = re.compile(rb"[ \t\r\n\0\x1a\x06]*")
"""What means nothing between telegrams; ACK is counted."""


class Framing(Enum):
    """How telegrams are told apart."""

    ZCZC = "zczc"
    SOH = "soh"


class Shape(Enum):
    """What a frame is: a telegram as it should be, one that was cut off, or bytes outside of telegrams."""

    WHOLE = "whole"
    CUT = "cut"
    GARBAGE = "garbage"


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes as they came, framing included. ``was_too_long``: only its first bytes are here."""

    raw: bytes
    shape: Shape
    was_too_long: bool = False


class _State(Enum):
    OUTSIDE = "outside"
    INSIDE = "inside"
    DROPPING = "dropping"
    """The frame was too long and its beginning is given away; what still comes of it is dropped."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """Group 1 of each pattern is the mark. ``overlap``: the most that may stand in front of a cut mark."""

    begin: bytes
    end: bytes
    inside: re.Pattern[bytes]
    outside: re.Pattern[bytes]
    overlap: int


_MARKS = {
    Framing.ZCZC: _Marks(
        b"ZCZC",
        b"NNNN",
        re.compile(rb"[\r\n][ \t\0]{0,8}(ZCZC|NNNN)"),
        re.compile(rb"(ZCZC|(?<=[\r\n])NNNN)"),
        16,
    ),
    Framing.SOH: _Marks(b"\x01", b"\x03", re.compile(rb"([\x01\x03])"), re.compile(rb"([\x01\x03])"), 0),
}


class TypebStream:
    """One side of a stream: ``receive_data``, then ``next_frame`` until it returns None; ``end`` at its end.

    ``acks`` counts the ACK bytes that stood between telegrams; whoever waits for them takes them off.
    """

    def __init__(self, framing: Framing = Framing.ZCZC, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.acks = 0
        self._framing = framing
        self._marks = _MARKS[framing]
        self._frame_bytes_max = frame_bytes_max
        self._data = bytearray()
        self._searched = 0
        self._state = _State.OUTSIDE

    def receive_data(self, data: bytes) -> None:
        self._data += data

    def next_frame(self) -> Frame | None:
        """The next frame, or None as long as it isn't complete."""
        while True:
            self._skip_nothing()
            if self._state is _State.OUTSIDE and self._data.startswith(self._marks.begin):
                self._state, self._searched = _State.INSIDE, len(self._marks.begin)
            pattern = self._marks.inside if self._state is _State.INSIDE else self._marks.outside
            match = pattern.search(self._data, self._searched)
            if match is None:
                self._searched = max(self._searched, len(self._data) - self._marks.overlap)
                return self._too_long() if len(self._data) > self._frame_bytes_max else None
            is_end = match[1] == self._marks.end
            size = match.end(1) if is_end else match.start(1)
            state, raw = self._state, bytes(self._data[:size])
            del self._data[:size]
            self._searched, self._state = 0, _State.OUTSIDE
            if state is not _State.DROPPING:
                shape = _shape(state, is_end)
                is_too_long = size > self._frame_bytes_max
                return Frame(raw[: self._frame_bytes_max + 1], shape, is_too_long)

    def end(self) -> Frame | None:
        """No more will come of this: what is left of a telegram or of garbage, None if nothing is."""
        state, raw = self._state, bytes(self._data)
        self._data.clear()
        self._searched, self._state = 0, _State.OUTSIDE
        return Frame(raw, _shape(state, False)) if raw and state is not _State.DROPPING else None

    @property
    def waiting(self) -> Waiting:
        """What lacks after ``next_frame`` returned None."""
        if self._state is not _State.OUTSIDE:
            return Waiting.BODY
        return Waiting.HEADER if self._data else Waiting.NOTHING

    def send(self, telegram: bytes) -> bytes:
        """A telegram in its framing; one that has it already is left as it is. ValueError for one that nobody could
        read as one telegram: with a mark in its text, or with half of a framing.
        """
        if telegram.startswith(self._marks.begin):
            framed = telegram
        elif self._framing is Framing.ZCZC:
            framed = b"ZCZC\r\n" + telegram.rstrip(b"\r\n") + b"\r\nNNNN\r\n"
        else:
            framed = b"\x01" + telegram + b"\x03"
        reader = TypebStream(self._framing, len(framed))
        reader.receive_data(framed)
        first, rest = reader.next_frame(), reader.next_frame() or reader.end()
        if first is None or first.shape is not Shape.WHOLE or rest is not None:
            raise ValueError("the telegram can't be told apart by its framing: its text holds a mark of it")
        return framed

    def _skip_nothing(self) -> None:
        if self._state is not _State.OUTSIDE:
            return
        match = _NOTHING.match(self._data)
        size = match.end() if match is not None else 0
        if size:
            self.acks += self._data.count(ACK, 0, size)
            del self._data[:size]
            self._searched = max(self._searched - size, 0)

    def _too_long(self) -> Frame | None:
        state, raw = self._state, bytes(self._data[: self._frame_bytes_max + 1])
        # A mark may be cut in the middle at the end of what has come.
        del self._data[: len(self._data) - self._marks.overlap]
        self._searched, self._state = 0, _State.DROPPING
        return None if state is _State.DROPPING else Frame(raw, _shape(state, False), was_too_long=True)


def _shape(state: _State, is_end: bool) -> Shape:
    if state is not _State.INSIDE:
        return Shape.GARBAGE
    return Shape.WHOLE if is_end else Shape.CUT
