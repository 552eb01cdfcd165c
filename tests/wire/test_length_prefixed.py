"""XML behind a 4-byte length."""

import random
from contextlib import suppress

import pytest

from adapter.errors import WireError
from adapter.wire.framing import Waiting
from adapter.wire.length_prefixed import LengthPrefixedConnection
from tests.wire.hexfile import read_hex


def read_all(connection: LengthPrefixedConnection) -> list[bytes]:
    messages = []
    while (message := connection.next_frame()) is not None:
        messages.append(message)
    return messages


def test_whole_and_back():
    connection = LengthPrefixedConnection()
    data = read_hex("length_prefixed")
    connection.receive_data(data)
    assert read_all(connection) == [b"<a/>"]
    assert connection.send(b"<a/>") == data
    assert connection.waiting is Waiting.NOTHING


def test_byte_by_byte():
    connection = LengthPrefixedConnection()
    waits = []
    for byte in read_hex("length_prefixed"):
        assert connection.next_frame() is None
        waits.append(connection.waiting.value)
        connection.receive_data(bytes((byte,)))
    assert waits == ["nothing", "header", "header", "header", "body", "body", "body", "body"]
    assert read_all(connection) == [b"<a/>"]


def test_trailing_bytes_wait_for_their_rest():
    connection = LengthPrefixedConnection()
    connection.receive_data(read_hex("length_prefixed") + b"\0\0\0")
    assert read_all(connection) == [b"<a/>"]
    assert connection.waiting is Waiting.HEADER
    connection.receive_data(b"\1x")
    assert read_all(connection) == [b"x"]


@pytest.mark.parametrize("seed", range(20))
def test_random_pieces(seed):
    dice = random.Random(seed)
    messages = [dice.randbytes(dice.choice([1, 4, 300, 80_000])) for _ in range(20)]
    connection = LengthPrefixedConnection()
    stream = b"".join(connection.send(message) for message in messages)
    got = []
    position = 0
    while position < len(stream):
        size = dice.choice([1, 3, 4, 5, 1000, 70_000])
        connection.receive_data(stream[position : position + size])
        position += size
        got += read_all(connection)
    assert got == messages


def test_limits():
    connection = LengthPrefixedConnection(frame_bytes_max=8)
    connection.receive_data(connection.send(b"12345678") + connection.send(b"123456789")[:4])
    assert connection.next_frame() == b"12345678"
    with pytest.raises(WireError) as caught:
        connection.next_frame()
    assert caught.value.code == "frame_too_long"


def test_an_empty_message_breaks_the_protocol():
    connection = LengthPrefixedConnection()
    connection.receive_data(b"\0\0\0\0")
    with pytest.raises(WireError) as caught:
        connection.next_frame()
    assert caught.value.code == "frame_empty"


@pytest.mark.parametrize("seed", range(30))
def test_garbage_is_messages_or_a_wire_error(seed):
    dice = random.Random(seed)
    connection = LengthPrefixedConnection()
    connection.receive_data(bytes(dice.choice([0, 0, 0, 1, dice.randrange(256)]) for _ in range(500)))
    with suppress(WireError):  # and nothing else
        read_all(connection)
