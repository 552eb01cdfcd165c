"""Telegrams on a stream: where each begins and ends, and the way back after garbage."""

import random

import pytest

from adapter.wire.framing import Waiting
from adapter.wire.typeb_stream import ACK, Frame, Framing, Shape, TypebStream
from tests.wire.hexfile import read_hex

ZCZC, SOH = read_hex("typeb_zczc"), read_hex("typeb_soh")
CASES = [(Framing.ZCZC, ZCZC, b"\r\n\r\n"), (Framing.SOH, SOH, b"")]


def read_all(stream: TypebStream) -> list[Frame]:
    frames = []
    while (frame := stream.next_frame()) is not None:
        frames.append(frame)
    return frames


def frames_of(framing: Framing, data: bytes, frame_bytes_max: int = 1000) -> list[tuple[str, bytes]]:
    stream = TypebStream(framing, frame_bytes_max)
    stream.receive_data(data)
    found = read_all(stream)
    last = stream.end()
    return [(one.shape.value, one.raw) for one in [*found, *([last] if last else [])]]


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
def test_whole(framing, raw, between):
    assert frames_of(framing, raw) == [("whole", raw)]
    assert frames_of(framing, between + raw + between + raw + between) == [("whole", raw)] * 2


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
def test_byte_by_byte(framing, raw, between):
    stream = TypebStream(framing)
    for byte in raw:
        assert stream.next_frame() is None
        stream.receive_data(bytes((byte,)))
    assert read_all(stream) == [Frame(raw, Shape.WHOLE)]
    assert stream.waiting is Waiting.NOTHING


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
def test_what_lacks(framing, raw, between):
    stream = TypebStream(framing)
    assert stream.waiting is Waiting.NOTHING
    stream.receive_data(b"\r\n")
    assert (stream.next_frame(), stream.waiting) == (None, Waiting.NOTHING)
    stream.receive_data(b"X")
    assert (stream.next_frame(), stream.waiting) == (None, Waiting.HEADER)
    stream.receive_data(raw[:-1])
    assert stream.next_frame() == Frame(b"X", Shape.GARBAGE)
    assert (stream.next_frame(), stream.waiting) == (None, Waiting.BODY)


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
@pytest.mark.parametrize("garbage", [b"login: ", b"\xff\xfe\x80", b"garbage\r\nof two lines\r\n"])
def test_garbage_is_one_frame_and_the_next_telegram_is_whole(framing, raw, between, garbage):
    assert frames_of(framing, garbage + raw + between + garbage) == [
        ("garbage", garbage),
        ("whole", raw),
        ("garbage", garbage),
    ]


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
@pytest.mark.parametrize("cut", [6, 20, 40])
def test_a_beginning_within_a_telegram_shows_that_one_was_cut_off(framing, raw, between, cut):
    cut_off = raw[: min(cut, len(raw) - 8)]
    shapes = frames_of(framing, cut_off + between[:2] + raw)
    assert [shape for shape, _raw in shapes] == ["cut", "whole"]
    assert shapes[0][1].startswith(cut_off)
    assert shapes[1][1] == raw


def test_an_end_without_a_beginning_ends_the_garbage():
    assert frames_of(Framing.ZCZC, b"the rest of one\r\nNNNN\r\n" + ZCZC) == [
        ("garbage", b"the rest of one\r\nNNNN"),
        ("whole", ZCZC),
    ]
    assert frames_of(Framing.SOH, b"the rest\x03" + SOH) == [("garbage", b"the rest\x03"), ("whole", SOH)]


def test_marks_inside_of_lines_are_text():
    text = b"ZCZC 1\r\nMOWFFXY\r\n.R/TEXT ZCZC AND NNNN\r\nFTL\r\nNNNN"
    assert frames_of(Framing.ZCZC, text) == [("whole", text)]


@pytest.mark.parametrize(("framing", "raw", "between"), CASES)
@pytest.mark.parametrize("piece", [1, 7, 64, 5000])
def test_of_what_is_too_long_the_beginning_is_given_and_the_rest_dropped(framing, raw, between, piece):
    body = b"1IVANOV/IVAN\r\n" * 100
    long = raw[: -len(b"NNNN" if framing is Framing.ZCZC else b"\x03")] + body
    long += b"NNNN" if framing is Framing.ZCZC else b"\x03"
    stream = TypebStream(framing, 200)
    data = long + between + raw + between + long + between + raw
    found = []
    for start in range(0, len(data), piece):
        stream.receive_data(data[start : start + piece])
        found += read_all(stream)
        assert len(stream._data) <= 200 + piece
    assert [(len(one.raw), one.was_too_long) for one in found] == [(201, True), (len(raw), False)] * 2
    assert [one.raw for one in found] == [long[:201], raw, long[:201], raw]


def test_endless_garbage_costs_no_memory():
    stream = TypebStream(Framing.ZCZC, 100)
    found = []
    for _ in range(1000):
        stream.receive_data(b"garbage without any line end ")
        found += read_all(stream)
        assert len(stream._data) < 200
    assert [(one.shape, one.was_too_long) for one in found] == [(Shape.GARBAGE, True)]
    stream.receive_data(b"\r\n" + ZCZC)
    assert read_all(stream) == [Frame(ZCZC, Shape.WHOLE)]


def test_the_end_of_a_stream_gives_away_what_is_there():
    stream = TypebStream(Framing.ZCZC)
    stream.receive_data(ZCZC[:-4])
    assert stream.next_frame() is None
    assert stream.end() == Frame(ZCZC[:-4], Shape.CUT)
    assert stream.end() is None


def test_acknowledgements_stand_between_telegrams():
    stream = TypebStream(Framing.SOH)
    stream.receive_data(ACK + SOH + ACK + ACK + b"\r\n" + SOH[:10] + ACK)
    assert read_all(stream) == [Frame(SOH, Shape.WHOLE)]
    assert stream.acks == 3
    stream.receive_data(SOH[10:])
    assert read_all(stream)[0].raw == SOH[:10] + ACK + SOH[10:]


@pytest.mark.parametrize("framing", Framing)
def test_what_is_sent_is_read(framing):
    stream = TypebStream(framing)
    text = b"MOWFFXY\n.DMEDCXY 201206\nFTL\n"
    sent = stream.send(text)
    stream.receive_data(sent + stream.send(sent))
    assert [(one.shape, text.strip() in one.raw) for one in read_all(stream)] == [(Shape.WHOLE, True)] * 2


@pytest.mark.parametrize(
    ("framing", "telegram"),
    [
        (Framing.ZCZC, b"MOWFFXY\r\nNNNN\r\nFTL"),
        (Framing.ZCZC, b"MOWFFXY\r\nZCZC 1\r\nFTL"),
        (Framing.ZCZC, b"ZCZC 1\r\nMOWFFXY"),
        (Framing.ZCZC, b"ZCZC 1\r\nMOWFFXY\r\nNNNN\r\nFTL"),
        (Framing.SOH, b"MOWFFXY\x03FTL"),
        (Framing.SOH, b"\x01MOWFFXY"),
        (Framing.SOH, b"MOWFFXY\x01FTL"),
    ],
)
def test_what_could_not_be_read_as_one_telegram_is_not_sent(framing, telegram):
    with pytest.raises(ValueError, match="mark"):
        TypebStream(framing).send(telegram)


@pytest.mark.parametrize("seed", range(60))
def test_random_pieces_of_anything_lose_nothing(seed):
    dice = random.Random(seed)
    framing, raw, between = dice.choice(CASES)
    parts = [
        dice.choice([raw + between, b"junk", dice.randbytes(9), raw[:20], b"\r\nNNNN\r\n", b"\x03", b"\x01"])
        for _ in range(20)
    ]
    data = b"".join(parts)
    stream = TypebStream(framing, 10_000)
    found, position = [], 0
    while position < len(data):
        size = dice.choice([1, 2, 5, 40])
        stream.receive_data(data[position : position + size])
        position += size
        found += read_all(stream)
    last = stream.end()
    raws = [one.raw for one in found] + ([last.raw] if last else [])
    nothing = bytes.maketrans(b"", b"")
    blank = b" \t\r\n\0\x1a" + ACK
    assert b"".join(raws).translate(nothing, blank) == data.translate(nothing, blank)
