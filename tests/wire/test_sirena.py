"""Frames of the gateway: every sample whole, byte by byte, with trailing bytes and in random pieces."""

import random
import zlib
from contextlib import suppress

import pytest

from adapter.errors import WireError
from adapter.wire.framing import Waiting
from adapter.wire.sirena import (
    Frame,
    FrameReader,
    Header,
    InflateError,
    WireLimits,
    deflate_if_smaller,
    inflate,
)
from tests.wire.hexfile import read_hex

SAMPLES = ["plain_request", "plain_answer", "des_request", "stored_zlib_request"]


def read_all(reader: FrameReader) -> list[Frame]:
    frames = []
    while (frame := reader.next_frame()) is not None:
        frames.append(frame)
    return frames


def test_header_fields_stand_where_the_specification_puts_them():
    reader = FrameReader()
    reader.receive_data(read_hex("plain_request"))
    frame = reader.next_frame()
    assert frame is not None
    header = frame.header
    assert (header.length, header.created, header.message_id) == (59, 0xDEADBEEF, 999)
    assert (header.client_id, header.flags, header.status, header.key_id) == (4242, 0, 0, 0x7A69)
    assert frame.body == b"<sirena><query><ffp_info></ffp_info></query></sirena>\r\n\r\n  "


@pytest.mark.parametrize("name", SAMPLES)
def test_a_frame_renders_to_the_bytes_it_was_read_from(name):
    data = read_hex(name)
    reader = FrameReader()
    reader.receive_data(data)
    (frame,) = read_all(reader)
    assert frame.render() == data
    assert reader.waiting is Waiting.NOTHING


@pytest.mark.parametrize("name", SAMPLES)
def test_byte_by_byte(name):
    data = read_hex(name)
    reader = FrameReader()
    for number, byte in enumerate(data, start=1):
        assert reader.next_frame() is None
        assert reader.waiting is (
            Waiting.NOTHING if number == 1 else Waiting.HEADER if number <= 100 else Waiting.BODY
        )
        reader.receive_data(bytes((byte,)))
    assert [frame.render() for frame in read_all(reader)] == [data]


@pytest.mark.parametrize("name", SAMPLES)
def test_trailing_bytes_wait_for_their_rest(name):
    data = read_hex(name)
    reader = FrameReader()
    reader.receive_data(data + data[:57])
    assert len(read_all(reader)) == 1
    assert reader.waiting is Waiting.HEADER
    reader.receive_data(data[57:])
    assert [frame.render() for frame in read_all(reader)] == [data]


@pytest.mark.parametrize("seed", range(30))
def test_random_pieces_of_many_frames(seed):
    dice = random.Random(seed)
    frames = [
        Frame(Header(0, n, n, 7), dice.randbytes(dice.choice([0, 1, 99, 3000, 70_000]))) for n in range(20)
    ]
    stream = b"".join(frame.render() for frame in frames)
    reader = FrameReader()
    got = []
    position = 0
    while position < len(stream):
        size = dice.choice([1, 7, 100, 101, 5000, 90_000])
        reader.receive_data(stream[position : position + size])
        position += size
        got += read_all(reader)
    assert [(frame.header.message_id, frame.body) for frame in got] == [
        (frame.header.message_id, frame.body) for frame in frames
    ]


def test_an_empty_body_is_a_frame():
    reader = FrameReader()
    reader.receive_data(bytes(100))
    (frame,) = read_all(reader)
    assert frame.body == b""


def test_a_frame_at_the_limit_passes_and_one_above_is_refused_at_its_header():
    reader = FrameReader(frame_bytes_max=64)
    reader.receive_data(Frame(Header(0, 0, 1, 1), b"x" * 64).render())
    assert len(read_all(reader)) == 1
    reader.receive_data(Frame(Header(0, 0, 1, 1), b"x" * 65).render()[:100])
    with pytest.raises(WireError) as caught:
        reader.next_frame()
    assert caught.value.code == "frame_too_long"


@pytest.mark.parametrize("seed", range(50))
def test_garbage_is_frames_or_a_wire_error(seed):
    dice = random.Random(seed)
    reader = FrameReader(frame_bytes_max=2**31 if seed % 2 else 1024)
    reader.receive_data(bytes(dice.choice([0, 0, 255, dice.randrange(256)]) for _ in range(3000)))
    with suppress(WireError):  # and nothing else
        read_all(reader)


def test_inflate_reads_a_stream_made_by_hand():
    assert inflate(read_hex("stored_zlib_request")[100:], WireLimits()) == b"<a/>"


def test_inflate_takes_streams_that_end_early_and_drops_what_follows_the_end():
    body = b"<sirena>" + bytes(range(256)) * 8
    packed = zlib.compress(body)
    assert inflate(packed + b"trailing", WireLimits()) == body
    early = inflate(packed[:-6], WireLimits())
    assert early
    assert body.startswith(early)
    assert inflate(b"", WireLimits()) == b""


def test_inflate_says_what_is_no_zlib():
    with pytest.raises(InflateError) as caught:
        inflate(b"<sirena/>", WireLimits())
    assert caught.value.number == -3


@pytest.mark.parametrize(
    ("limits", "passes"),
    [
        (WireLimits(inflated_bytes_max=5000, inflate_ratio_max=1000), True),
        (WireLimits(inflated_bytes_max=4999, inflate_ratio_max=1000), False),
        (WireLimits(inflated_bytes_max=10_000, inflate_ratio_max=200), True),
        (WireLimits(inflated_bytes_max=10_000, inflate_ratio_max=100), False),
    ],
)
def test_inflate_stops_at_the_size_and_at_the_ratio(limits, passes):
    bomb = zlib.compress(bytes(5000), 9)
    assert 25 < len(bomb) < 50
    if passes:
        assert inflate(bomb, limits) == bytes(5000)
    else:
        with pytest.raises(WireError) as caught:
            inflate(bomb, limits)
        assert caught.value.code == "inflated_too_long"


def test_deflate_only_where_it_helps():
    assert deflate_if_smaller(b"<a/>") is None
    sizes = [(body, len(zlib.compress(body))) for body in (b"<a><b/></a>" + b"c" * n for n in range(40))]
    (equal, *_more) = [body for body, size in sizes if size == len(body)]
    assert deflate_if_smaller(equal) is None
    packed = deflate_if_smaller(b"<a/>" * 100)
    assert packed is not None
    assert zlib.decompress(packed) == b"<a/>" * 100


def test_an_answer_header_copies_everything_but_byte_83():
    request = Header.read(read_hex("des_request")[:100])
    echo = request.echo(flags=0x08).render()
    changed = [index for index, (a, b) in enumerate(zip(request.render(), echo, strict=True)) if a != b]
    assert changed == [83]
