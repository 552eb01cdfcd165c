"""MATIP sessions for Type B telegrams (RFC 2351), port 351: one side of one TCP connection.

Life of a session:

1. A TCP connection stands; it carries at most one session at a time.
2. Either side opens (SO): coding, protection, and perhaps a pair of HLDs that says who speaks to whom.
3. The other side confirms or refuses (OC). Asked at the same moment by both, the opening of the side with the lower
   IP address counts for nothing and gets no answer.
4. While the session is open, either side sends telegrams, one to a packet. Nobody acknowledges them: that would be
   the business of the protection layer.
5. An opening within an open session clears it and begins a new one.
6. Either side closes (SC), which nobody confirms. What the other side had sent before it read that is still good.
   TCP may stay, and either side may open again.

There is no keep-alive and no status question; dead peers are found by TCP.

Where the RFC is silent: two addresses that are equal are told apart by their ports. Telegrams without a session break
the protocol, because nobody could say in which coding they are; so does a confirmation that nobody asked for, except
of a session that is open anyway. An answer to an opening that is neither 00 nor a known cause refuses.
"""

import ipaddress
from dataclasses import dataclass
from enum import Enum

from adapter.errors import WireError

from .framing import ReceiveBuffer, Waiting
from .matip_packets import (
    APPLICATION_CODE_MIN,
    HEADER,
    NORMAL,
    PACKET_BYTES_MAX,
    Cause,
    Closing,
    Confirmation,
    Data,
    Opening,
    Packet,
    UnknownControl,
    read_header,
    read_packet,
    refusal,
    render_packet,
)


class State(Enum):
    """Where a session stands."""

    CLOSED = "closed"
    OPENING = "opening"
    """Our opening is under way."""
    ASKED = "asked"
    """The peer's opening waits for our word."""
    OPEN = "open"
    PARTED = "parted"
    """We have closed; the peer may not have read it yet."""


class Step(Enum):
    """What moves a session: a packet of the peer's, or a call of ours."""

    ASKED = "an opening"
    CONFIRMED = "a confirmation"
    REFUSED = "a refusal"
    ENDED = "a closing"
    TOLD = "a telegram"
    OPEN = "open"
    ACCEPT = "accept"
    REFUSE = "refuse"
    SEND = "send"
    CLOSE = "close"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.CLOSED, Step.ASKED): State.ASKED,
    (State.CLOSED, Step.ENDED): State.CLOSED,  # both closed at once
    (State.CLOSED, Step.OPEN): State.OPENING,
    (State.OPENING, Step.ASKED): State.ASKED,  # or OPENING still, when ours is the higher address
    (State.OPENING, Step.CONFIRMED): State.OPEN,
    (State.OPENING, Step.REFUSED): State.CLOSED,
    (State.OPENING, Step.ENDED): State.CLOSED,
    (State.OPENING, Step.CLOSE): State.PARTED,
    (State.ASKED, Step.ACCEPT): State.OPEN,
    (State.ASKED, Step.REFUSE): State.CLOSED,
    (State.OPEN, Step.ASKED): State.ASKED,
    (State.OPEN, Step.CONFIRMED): State.OPEN,
    (State.OPEN, Step.ENDED): State.CLOSED,
    (State.OPEN, Step.TOLD): State.OPEN,
    (State.OPEN, Step.SEND): State.OPEN,
    (State.OPEN, Step.CLOSE): State.PARTED,
    (State.PARTED, Step.ASKED): State.ASKED,
    (State.PARTED, Step.CONFIRMED): State.PARTED,  # of the opening that we took back
    (State.PARTED, Step.REFUSED): State.PARTED,
    (State.PARTED, Step.ENDED): State.CLOSED,
    (State.PARTED, Step.TOLD): State.PARTED,
    (State.PARTED, Step.OPEN): State.OPENING,
}
"""All that may happen. A packet that is missing here breaks the protocol, a call is a mistake of the caller's."""


@dataclass(frozen=True, slots=True)
class OpenAsked:
    """The peer wants a session: ``accept`` or ``refuse`` before anything else. ``reopened``: one was open until now."""

    opening: Opening
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer has accepted our opening."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The peer has refused our opening; ``code`` is the byte as it came, ``cause`` its meaning if it has one."""

    code: int
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer has closed the session, or taken back its opening."""

    code: int


@dataclass(frozen=True, slots=True)
class TelegramCame:
    """One data packet; ``payload`` is in the coding of the session and may be empty."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ignored:
    """A packet without effect; ``why`` is a stable word."""

    why: str


Event = OpenAsked | Opened | Refused | Closed | TelegramCame | Ignored


class MatipConnection:
    """Either side: ``receive_data``, then ``next_event`` until it returns None.

    ``wins_collision``: our address is the higher one (see ``is_higher``). ``ignore_unknown``: control packets that
    the RFC doesn't have are passed over; otherwise they break the protocol.
    """

    def __init__(
        self,
        *,
        wins_collision: bool,
        ignore_unknown: bool = True,
        packet_bytes_max: int = PACKET_BYTES_MAX,
    ) -> None:
        self.state = State.CLOSED
        self._wins_collision = wins_collision
        self._ignore_unknown = ignore_unknown
        self._packet_bytes_max = min(packet_bytes_max, PACKET_BYTES_MAX)
        self._buffer = ReceiveBuffer()
        self._header: tuple[int, int] | None = None

    def receive_data(self, data: bytes) -> None:
        self._buffer.append(data)

    @property
    def waiting(self) -> Waiting:
        """What lacks after ``next_event`` returned None."""
        if self._header is not None:
            return Waiting.BODY
        return Waiting.HEADER if self._buffer else Waiting.NOTHING

    def next_event(self) -> Event | None:
        """The next thing that happened; None when more bytes are needed, or our answer to an opening.

        WireError when the peer broke the protocol; its ``reply`` is to be sent before closing.
        """
        if self.state is State.ASKED:
            return None
        if self._header is None:
            header = self._buffer.take(HEADER.size)
            if header is None:
                return None
            self._header = read_header(header, self._packet_bytes_max)
        command, size = self._header
        body = self._buffer.take(size)
        if body is None:
            return None
        self._header = None
        return self._take(read_packet(command, body))

    def open(self, opening: Opening) -> bytes:
        """Ask for a session."""
        self._step(Step.OPEN)
        return render_packet(opening)

    def accept(self) -> bytes:
        """The session that the peer asked for is open."""
        self._step(Step.ACCEPT)
        return render_packet(Confirmation())

    def refuse(self, cause: Cause) -> bytes:
        """The session that the peer asked for can't be."""
        self._step(Step.REFUSE)
        return refusal(cause)

    def send(self, payload: bytes) -> bytes:
        """One telegram in the coding of the session; ValueError when it is too long for a packet."""
        self._step(Step.SEND)
        return render_packet(Data(payload))

    def close(self, code: int = NORMAL) -> bytes:
        """The session is over; ValueError for a code that is reserved."""
        if code != NORMAL and not APPLICATION_CODE_MIN <= code <= 0xFF:
            raise ValueError(f"code 0x{code:02X} is reserved")
        self._step(Step.CLOSE)
        return render_packet(Closing(code))

    def _take(self, packet: Packet) -> Event:
        before = self.state
        match packet:
            case Data(payload):
                self._step(Step.TOLD)
                return TelegramCame(payload)
            case Opening():
                if before is State.OPENING and self._wins_collision:
                    return Ignored("opening_collided")
                self._step(Step.ASKED)
                return OpenAsked(packet, reopened=before is State.OPEN)
            case Confirmation(0):
                self._step(Step.CONFIRMED)
                return Opened() if before is State.OPENING else Ignored("confirmation_late")
            case Confirmation(code):
                self._step(Step.REFUSED)
                return Refused(code, packet.cause) if before is State.OPENING else Ignored("refusal_late")
            case Closing(code):
                self._step(Step.ENDED)
                return Closed(code)
            case UnknownControl(command, _body):
                if not self._ignore_unknown:
                    raise WireError("control_unknown", f"0x{command:02X} is no control command of RFC 2351")
                return Ignored("control_unknown")

    def _step(self, step: Step) -> None:
        following = TRANSITIONS.get((self.state, step))
        if following is not None:
            self.state = following
        elif step in (Step.OPEN, Step.ACCEPT, Step.REFUSE, Step.SEND, Step.CLOSE):
            raise ValueError(f"a session that is {self.state.value} can't {step.value}")
        else:
            text = f"{step.value} came while the session was {self.state.value}"
            raise WireError(f"{step.name.lower()}_unexpected", text)


def is_higher(ours: tuple[str, int], theirs: tuple[str, int]) -> bool:
    """Whether our opening counts when both sides open at once; each side is its IP address and its port."""
    return _comparable(*ours) > _comparable(*theirs)


def _comparable(host: str, port: int) -> tuple[int, bytes, int]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return 0, b"", port
    # A socket that listens on IPv6 and IPv4 shows the latter as ::ffff:10.0.0.1.
    address = getattr(address, "ipv4_mapped", None) or address
    return address.version, address.packed, port
