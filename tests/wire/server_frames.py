"""Frames as the server's tests make and read them."""

from adapter.wire.sirena import Frame, Header
from adapter.wire.sirena_keys import KeyStore
from adapter.wire.sirena_server import ServerConnection
from tests.gateway_keys import CLIENT_ID

NOW = 1_793_820_839.0  # 4 November 2026, 19:33:59 UTC
DES_KEY = bytes.fromhex("0123456789abcdef")
QUERY = b"<sirena><query><ffp_info/></query></sirena>"


def frame_of(data: bytes) -> Frame:
    connection = ServerConnection(KeyStore(), None, "T")
    connection.receive_data(data)
    frame = connection.next_frame()
    assert frame is not None
    assert connection.next_frame() is None
    return frame


def header(flags: int = 0, **more: int) -> Header:
    return Header(0, 7, 5, CLIENT_ID, flags, **more)
