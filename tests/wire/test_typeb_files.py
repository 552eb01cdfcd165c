"""Where one telegram of a file ends and the next begins; names of file copies."""

import time
from datetime import UTC, datetime

import pytest

from adapter.wire.typeb_files import read_copy_name, split_telegrams

ONE = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\n-LED01Y\n1ORLOVA/VERA\nENDPART1\n"
TWO = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART2\n-LED01Y\n1MELNIK/ILYA\nENDFTL\n"
COPY = "PRL\nЮТ418/20AUG ВНК PART1\nNIL\nENDPRL\n"


def pieces(text: str, encoding: str = "utf-8") -> list[tuple[str, int]]:
    return [
        (piece.raw.decode(encoding), piece.first_line)
        for piece in split_telegrams(text.encode(encoding), encoding)
    ]


@pytest.mark.parametrize("between", ["", "\n", "\n \n\n", "NNNN\n", "\x03\n\x1a\n"])
def test_telegrams_end_at_their_end_line(between: str) -> None:
    found = pieces(ONE + between + TWO)
    assert len(found) == 2
    assert "".join(text for text, _ in found) == ONE + between + TWO
    assert found[1] == (TWO, 8 + between.count("\n"))


def test_blank_lines_inside_end_nothing() -> None:
    assert len(pieces(ONE.replace("\n", "\n\n"))) == 1


@pytest.mark.parametrize("encoding", ["cp866", "koi8-r", "cp1251", "utf-8"])
def test_every_encoding_and_line_end(encoding: str) -> None:
    for line_end in ("\n", "\r\n", "\r"):
        text = (COPY + COPY).replace("\n", line_end)
        assert [first for _, first in pieces(text, encoding)] == [1, 5]


@pytest.mark.parametrize(
    "start", [TWO, "QU MOWFFXY LEDFFXY\nSVOFFXY\n.DMEDCXY 201206\nFTL\n", "ZCZC AB12\n" + TWO, COPY]
)
def test_a_telegram_cut_off_ends_where_the_next_begins(start: str) -> None:
    cut = ONE[: ONE.index("ENDPART1")]
    found = pieces(cut + start)
    assert [text for text, _ in found] == [cut, start]


def test_text_behind_the_last_end_is_a_piece_of_its_own() -> None:
    assert pieces(ONE + "\nWHAT IS THIS\n") == [(ONE + "\n", 1), ("WHAT IS THIS\n", 9)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\xff\xfe garbage", "не телеграмма".encode("koi8-r")])
def test_anything_is_at_least_one_piece(content: bytes) -> None:
    found = list(split_telegrams(content, "cp866"))
    assert b"".join(piece.raw for piece in found) == content
    assert len(found) == 1


def test_one_undecodable_telegram_leaves_its_neighbour_alone() -> None:
    bad = ONE.encode().replace(b"VERA", b"V\xffRA")
    found = list(split_telegrams(bad + TWO.encode(), "utf-8"))
    assert [piece.raw for piece in found] == [bad, TWO.encode()]


def test_a_file_of_kinds_alone_is_cut_in_passing() -> None:
    began = time.process_time()
    assert len(list(split_telegrams(b"FTL\n" * 200_000, "cp866"))) == 1
    # A second or so; with a copy of all lines so far for each line it was minutes.
    assert time.process_time() - began < 30


def test_copy_names() -> None:
    name = read_copy_name("2026_08_20_12_06_07_123.0001234562.PRL.XY418.20.08")
    assert name is not None
    assert name.created == datetime(2026, 8, 20, 12, 6, 7, tzinfo=UTC)
    assert (name.id, name.part, name.kind) == ("000123456", 2, "PRL")


@pytest.mark.parametrize(
    "name",
    [
        "FTL.txt",
        "2026_13_20_12_06_07_123.000123456.PRL.XY418.20.08",
        "2026_08_20_12_06_07_123.12.PRL.XY418.20.08",
        "",
    ],
)
def test_other_names_say_nothing(name: str) -> None:
    assert read_copy_name(name) is None
