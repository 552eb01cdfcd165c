"""Packets of MATIP, Type B (RFC 2351 sections 7 and 10): bytes to values and back, without any state.

Every packet begins with four bytes, most significant bit and byte first:

| byte | content |
|---|---|
| 0 | five zero bits and the version, 001 |
| 1 | 1 and the command for control packets (SO FE, OC FD, SC FC), 00 for data |
| 2–3 | length of the whole packet, these four bytes included |

A session opening (SO) has then, of 6 bytes in all, or of 10 with HLDs:

| byte | content |
|---|---|
| 4 | five zero bits and the coding; 0001 in the upper half would make it an opening of Type A |
| 5 | upper half: protection (PROTEC); lower half: BFLAG, 0 or 1 for host or gateway, then 00 without, 10 with HLDs |
| 6–7, 8–9 | HLD of the sender and of the recipient |

The RFC's prose counts the HLDs two bytes further on, which its own lengths and drawing rule out.

A confirmation (OC) is 5 bytes: byte 4 is 00, or 40 and the cause of the refusal. A closing (SC) is 5 bytes: byte 4
is 00, or 84 and above as the applications agreed.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from adapter.errors import WireError

HEADER = struct.Struct(">BBH")
VERSION = 0x01
PACKET_BYTES_MAX = 0xFFFF
PAYLOAD_BYTES_MAX = PACKET_BYTES_MAX - HEADER.size

DATA, SESSION_OPEN, OPEN_CONFIRM, SESSION_CLOSE = 0x00, 0xFE, 0xFD, 0xFC
_CONTROL = 0x80
_REFUSED = 0x40
_TYPE_A = 0x10
_FROM_GATEWAY, _WITH_HLDS = 0x04, 0x02
_HLDS = struct.Struct(">HH")

NORMAL = 0x00
"""The code of a closing without particular reason."""
APPLICATION_CODE_MIN = 0x84
"""From here on the meaning of a closing's code is the applications' affair; those between are reserved."""


class Coding(IntEnum):
    """The three bits CD. IPARS is a legal value, but no telegram is ever coded in it."""

    BAUDOT = 0b000
    IPARS = 0b010
    ASCII = 0b100
    EBCDIC = 0b110


class Cause(IntEnum):
    """Why a session opening is refused (RFC 2351 10.1.2)."""

    TRAFFIC_TYPE = 1
    INCOHERENT = 2
    PROTECTION = 3


@dataclass(frozen=True, slots=True)
class Opening:
    """What a session opening says. ``protection`` is the number PROTEC, 0 to 15; the HLDs come both or not at all."""

    coding: Coding
    protection: int = 0
    from_gateway: bool = False
    sender_hld: int | None = None
    recipient_hld: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.protection <= 15:
            raise ValueError(f"protection {self.protection}: 0 to 15")
        if (self.sender_hld is None) != (self.recipient_hld is None):
            raise ValueError("either both HLDs or none")
        for hld in (self.sender_hld, self.recipient_hld):
            if hld is not None and not 0 <= hld <= 0xFFFF:
                raise ValueError(f"HLD {hld}: 0 to 65535")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer to an opening: ``refusal`` 0 means accepted, otherwise it is the byte as it came."""

    refusal: int = 0

    @property
    def cause(self) -> Cause | None:
        """Why it was refused; None when it wasn't, and for a cause that the RFC doesn't know."""
        number = self.refusal & ~_REFUSED
        return Cause(number) if self.refusal & _REFUSED and number in list(Cause) else None


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of a session, with its code."""

    code: int = NORMAL


@dataclass(frozen=True, slots=True)
class Data:
    """One telegram, or nothing; in the coding of the session."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class UnknownControl:
    """A control packet that the RFC doesn't have; ``command`` is the header's second byte."""

    command: int
    body: bytes


Packet = Opening | Confirmation | Closing | Data | UnknownControl


def refusal(cause: Cause) -> bytes:
    """The packet that refuses an opening."""
    return _packet(OPEN_CONFIRM, bytes((_REFUSED | cause,)))


def read_header(header: bytes, packet_bytes_max: int = PACKET_BYTES_MAX) -> tuple[int, int]:
    """Command and length of what follows; WireError for what can't be the header of any packet."""
    version, command, length = HEADER.unpack(header)
    if version != VERSION:
        raise WireError("version_unknown", f"first byte 0x{version:02X}: not MATIP version 1")
    if length < HEADER.size:
        raise WireError("length_invalid", f"a packet of {length} bytes would be shorter than its header")
    if length > packet_bytes_max:
        text = f"a packet of {length} bytes was announced, {packet_bytes_max} are allowed"
        raise WireError("packet_too_long", text)
    if not command & _CONTROL and command != DATA:
        raise WireError("command_invalid", f"a data packet with command 0x{command:02X}")
    return command, length - HEADER.size


def read_packet(command: int, body: bytes) -> Packet:
    """One packet from the second byte of its header and what followed the header.

    An opening that is not one of Type B raises WireError with its refusal in ``reply``: whoever opens like that
    won't do better at the next try.
    """
    if command == DATA:
        return Data(body)
    if command == SESSION_OPEN:
        return _read_opening(body)
    if command == OPEN_CONFIRM:
        return Confirmation(_only_byte(body, "confirmation"))
    if command == SESSION_CLOSE:
        return Closing(_only_byte(body, "closing"))
    return UnknownControl(command, body)


def render_packet(packet: Packet) -> bytes:
    """A packet as bytes; ValueError for data that is too long for one."""
    match packet:
        case Data(payload):
            return _packet(DATA, payload)
        case Opening():
            return _packet(SESSION_OPEN, _render_opening(packet))
        case Confirmation(value):
            return _packet(OPEN_CONFIRM, bytes((value,)))
        case Closing(code):
            return _packet(SESSION_CLOSE, bytes((code,)))
        case UnknownControl(command, body):
            return _packet(command, body)


def _packet(command: int, body: bytes) -> bytes:
    if len(body) > PAYLOAD_BYTES_MAX:
        raise ValueError(f"{len(body)} bytes: a packet takes {PAYLOAD_BYTES_MAX}")
    return HEADER.pack(VERSION, command, HEADER.size + len(body)) + body


def _only_byte(body: bytes, what: str) -> int:
    if len(body) != 1:
        raise WireError("length_invalid", f"a {what} has 5 bytes, not {HEADER.size + len(body)}")
    return body[0]


def _incoherent(text: str) -> WireError:
    return WireError("opening_incoherent", text, refusal(Cause.INCOHERENT))


def _read_opening(body: bytes) -> Opening:
    if body and body[0] & 0xF0 == _TYPE_A:
        text = "a session of Type A was asked for, only Type B is served"
        raise WireError("opening_type_a", text, refusal(Cause.TRAFFIC_TYPE))
    if len(body) not in (2, 2 + _HLDS.size):
        raise _incoherent(f"an opening has 6 or 10 bytes, not {HEADER.size + len(body)}")
    traffic, flags = body[0], body[1]
    if traffic & 0xF8 or traffic not in list(Coding):
        raise _incoherent(f"0x{traffic:02X} is no traffic type and coding")
    bflag = flags & 0x0F
    if bflag & ~(_FROM_GATEWAY | _WITH_HLDS):
        raise _incoherent(f"0x{bflag:X} is no BFLAG")
    if bool(bflag & _WITH_HLDS) != (len(body) > 2):
        raise _incoherent(f"BFLAG 0x{bflag:X} in an opening of {HEADER.size + len(body)} bytes")
    sender, recipient = _HLDS.unpack(body[2:]) if len(body) > 2 else (None, None)
    return Opening(Coding(traffic), flags >> 4, bool(bflag & _FROM_GATEWAY), sender, recipient)


def _render_opening(opening: Opening) -> bytes:
    bflag = _FROM_GATEWAY if opening.from_gateway else 0
    hlds = b""
    if opening.sender_hld is not None and opening.recipient_hld is not None:
        bflag |= _WITH_HLDS
        hlds = _HLDS.pack(opening.sender_hld, opening.recipient_hld)
    return bytes((opening.coding, opening.protection << 4 | bflag)) + hlds
