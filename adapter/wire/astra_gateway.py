"""Datagrams of the Astra gateway: telegrams over UDP with receipts, between a host and its routers.

One datagram carries one telegram or one receipt. Header, 20 bytes, most significant byte first:

| offset | size | field                                                        |
|--------|------|--------------------------------------------------------------|
| 0      | 4    | number of the telegram, signed; 0: express, never receipted  |
| 4      | 2    | type, see ``Type``                                           |
| 6      | 6    | sender, up to 5 characters, filled with NUL                  |
| 12     | 6    | receiver, likewise                                           |
| 18     | 2    | TTL in seconds; 0: none, 1: expired on the way               |
| 20     | ...  | body, up to 10 240 bytes; its length is that of the datagram |

The life of a telegram stands in ``astra_gateway_router``. Sources: Astra's sender and receiver and the library
both use (observed). Nothing on this layer protects anything: a router is known by its address alone.
"""

import re
import struct
from dataclasses import dataclass
from enum import Enum, IntEnum

from adapter.errors import WireError

HEADER = struct.Struct(">iH6s6sH")
BODY_BYTES_MAX = 10_240
RECEIPT_TEXT_BYTES = 9
"""So much of a telegram's beginning is repeated in its receipts."""
TTL_EXPIRED = 1

_NAME = re.compile(rb"([A-Z0-9]{1,5})\0{1,5}")


class Type(IntEnum):
    """What a datagram is."""

    TLG_IN = 0
    TLG_OUT = 1
    ACK = 2
    """A router has it: the sender stops repeating and waits for F_ACK."""
    F_ACK = 3
    """It is delivered."""
    F_NEG = 4
    """It could not be delivered: the sender sends it again."""
    CRASH = 5
    """The router has started anew: whatever has no F_ACK yet is lost and is sent again."""
    ACK_ACK = 6
    """Receipt for F_ACK, F_NEG, CRASH, ERR_CFG and ERR_TLG."""
    ERR_CFG = 7
    """The router has no way to the receiver: no use in sending it again."""
    CONN_REQ = 8
    CONN_RES = 9
    FLOW_A_ON = 10
    FLOW_A_OFF = 11
    FLOW_B_ON = 12
    FLOW_B_OFF = 13
    FLOW_AB_ON = 14
    FLOW_AB_OFF = 15
    ERR_TLG = 16
    """The telegram is defective: no use in sending it again."""


TELEGRAMS = frozenset({Type.TLG_IN, Type.TLG_OUT})


class Content(Enum):
    """What the first characters of a body say about the rest."""

    TYPE_B = ""
    EDIFACT = "EDIFACT"
    APPS = "APPS"


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram. Names without their NULs."""

    number: int
    type: Type
    sender: str
    receiver: str
    ttl_seconds: int = 0
    body: bytes = b""


def read_datagram(data: bytes) -> Datagram:
    """Take a datagram apart. WireError: ``datagram_short``, ``type_unknown``, ``name_invalid``,
    ``telegram_empty``, ``telegram_too_long``.
    """
    if len(data) < HEADER.size:
        raise WireError("datagram_short", f"{len(data)} bytes, the header alone has {HEADER.size}")
    number, kind, sender, receiver, ttl = HEADER.unpack_from(data)
    try:
        type_ = Type(kind)
    except ValueError:
        raise WireError("type_unknown", f"type {kind} is not known") from None
    body = data[HEADER.size :]
    if len(body) > BODY_BYTES_MAX:
        raise WireError("telegram_too_long", f"{len(body)} bytes, at most {BODY_BYTES_MAX} are allowed")
    if type_ in TELEGRAMS and not body.strip(b"\0"):
        raise WireError("telegram_empty", "a telegram without text")
    return Datagram(number, type_, _read_name(sender), _read_name(receiver), ttl, body)


def render_datagram(datagram: Datagram) -> bytes:
    """Put a datagram together; ValueError for a name or a body that can't be sent."""
    if len(datagram.body) > BODY_BYTES_MAX:
        raise ValueError(f"{len(datagram.body)} bytes, at most {BODY_BYTES_MAX} can be sent")
    names = [name.encode("ascii") for name in (datagram.sender, datagram.receiver)]
    if not all(1 <= len(name) <= 5 for name in names):
        raise ValueError("names have 1 to 5 characters")
    header = HEADER.pack(datagram.number, datagram.type, *names, datagram.ttl_seconds)
    return header + datagram.body


def receipt(of: Datagram, type_: Type) -> Datagram:
    """The receipt for a datagram: same number, the names exchanged, the first characters and the number."""
    body = b"%s %d" % (of.body[:RECEIPT_TEXT_BYTES], of.number)
    return Datagram(of.number, type_, of.receiver, of.sender, body=body)


_HOST_TO_HOST = re.compile(rb"V\.\r?\n?V[^\r\n]*\r\n?(?:VGY[^\r\n]*\r\n?)?")
_EDIFACT = re.compile(rb"UN[AB][^A-Za-z0-9 ]")
"""Followed by a separator: UNAKKXS is an address."""
_APPS = re.compile(rb"CI(?:RQ|RS|CX|CC|MR|MA):")
_FRAMING = b"\0\x01\x02 \t\r\n"


def content_of(body: bytes) -> Content:
    """What a body holds, by its first characters, as the gateway itself tells them apart.

    EDIFACT begins with UNA or UNB, perhaps behind a host-to-host header; APPS (interactive passenger data for
    governments) with its transaction code and a colon.
    """
    start = body[:256].lstrip(_FRAMING)
    header = _HOST_TO_HOST.match(start)
    if header is not None:
        start = start[header.end() :].lstrip(_FRAMING)
    if _EDIFACT.match(start):
        return Content.EDIFACT
    return Content.APPS if _APPS.match(start) else Content.TYPE_B


def _read_name(field: bytes) -> str:
    match = _NAME.fullmatch(field)
    if match is None:
        raise WireError("name_invalid", f"{field.hex()} is not a name of 1 to 5 characters and NULs")
    return match[1].decode("ascii")
