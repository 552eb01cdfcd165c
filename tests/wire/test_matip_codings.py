"""Codings of telegrams in MATIP, by bytes made by hand."""

import random

import pytest

from adapter.wire.matip_codings import ENCODINGS, decode, encode
from adapter.wire.matip_packets import Coding
from tests.wire.hexfile import read_hex

ITA2 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-?:(),.'=/+ \r\n"


def test_ascii_stays_as_it_is():
    every = bytes(range(256))
    assert decode(every, Coding.ASCII) == every
    assert encode(every, Coding.ASCII) == every


def test_ebcdic():
    telegram = b"\x01QU MOWFFUT\r\n.DMEKMUT 201205\n\x02FTL-/=?(+)':,\x03"
    assert decode(read_hex("matip_ebcdic"), Coding.EBCDIC) == telegram
    # New line (15) is read, line feed (25) is written.
    assert encode(telegram, Coding.EBCDIC) == read_hex("matip_ebcdic").replace(b"\x15", b"\x25")


def test_ebcdic_loses_nothing_but_the_kind_of_line_end():
    every = bytes(range(256))
    decoded = decode(every, Coding.EBCDIC).decode(ENCODINGS[Coding.EBCDIC])
    assert decoded.encode("cp500") == every.replace(b"\x15", b"\x25")


def test_baudot():
    telegram = b"ZCZC\r\n.DMEKMUT 201205\r\nFTL\r\nUT280/20AUG DME-()+=?:,'6934"
    data = read_hex("matip_baudot")
    assert decode(data, Coding.BAUDOT) == telegram
    # Blanks and line ends stand in both tables, so no shift is spent on them.
    assert encode(telegram, Coding.BAUDOT) == data


def test_every_character_of_the_alphabet_both_ways():
    telegram = ITA2.encode()
    assert decode(encode(telegram, Coding.BAUDOT), Coding.BAUDOT) == telegram
    dice = random.Random(7)
    for _ in range(200):
        text = "".join(dice.choices(ITA2, k=dice.randrange(40))).encode()
        assert decode(encode(text, Coding.BAUDOT), Coding.BAUDOT) == text


@pytest.mark.parametrize("padding", [0x00, 0x60, 0x80, 0xE0])
def test_what_pads_the_five_bits_does_not_matter(padding):
    assert decode(bytes(code | padding for code in (0x0D, 0x10, 0x12)), Coding.BAUDOT) == b"FTL"


def test_blanks_and_shifts_print_nothing_and_each_packet_begins_in_letters():
    assert decode(bytes.fromhex("00 1b 1b 13 1f 1f 13 00 1b"), Coding.BAUDOT) == b"2W"
    assert decode(bytes.fromhex("13"), Coding.BAUDOT) == b"W"


def test_codes_that_no_telegram_has_stay_visible():
    decoded = decode(bytes.fromhex("1b 09 0b 0d 14 1a"), Coding.BAUDOT)
    assert decoded == b"\x05\x07\x7f\x7f\x7f"
    assert not any(chr(byte).isprintable() for byte in decoded)


@pytest.mark.parametrize("coding", [Coding.BAUDOT, Coding.EBCDIC])
def test_nothing_is_replaced_by_something_like_it(coding):
    with pytest.raises(ValueError, match="at 4"):
        encode("FTL Я".encode(), coding)
    if coding is Coding.BAUDOT:
        for text in (b"ftl", b"A*B", b"A\x00", b"\x7f", b"\x07"):
            with pytest.raises(ValueError, match="Telegraph Alphabet"):
                encode(text, coding)


@pytest.mark.parametrize("coding", [Coding.ASCII, Coding.BAUDOT, Coding.EBCDIC])
def test_any_bytes_are_some_text(coding):
    every = random.Random(3).randbytes(5000)
    if coding is not Coding.ASCII:
        decode(every, coding).decode(ENCODINGS[coding])
