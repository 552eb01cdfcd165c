"""Telegrams to be sent: sizes kept, nothing lost in cutting, and refusals that name everything wrong at once."""

import random
from datetime import UTC, datetime

import pytest

from adapter.errors import TelegramError
from adapter.wire.typeb import read_telegram
from adapter.wire.typeb_egress import Block, Heading, Sizes, fold, mark_resent, write_list, write_text

CREATED = datetime(2026, 8, 20, 12, 6, tzinfo=UTC)
HEADING = Heading(("MOWFFXY",), "DMEDCXY", CREATED)
FLIGHT = "XY418/20AUG DME"


def heading(**facts: object) -> Heading:
    return Heading(**({"addresses": ("MOWFFXY",), "originator": "DMEDCXY", "created": CREATED} | facts))  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    return text.split("\r\n")[:-1]


def passengers(count: int) -> list[Block]:
    first = Block((f"-LED{count:02}Y", "1NAMEA/A", ".L/AAAAAA"))
    return [
        first,
        *(Block((f"1NAME{chr(65 + n)}/B", ".L/BBBBBB"), (f"-LED{count:02}Y",)) for n in range(1, count)),
    ]


def problems(caught: pytest.ExceptionInfo[TelegramError]) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in caught.value.problems]


def test_one_part() -> None:
    (text,) = write_list(HEADING, "FTL", FLIGHT, passengers(1))
    assert lines(text) == [
        "MOWFFXY",
        ".DMEDCXY 201206",
        "FTL",
        "XY418/20AUG DME PART1",
        "-LED01Y",
        "1NAMEA/A",
        ".L/AAAAAA",
        "ENDFTL",
    ]


def test_everything_a_heading_can_say() -> None:
    said = heading(
        priority="QU",
        double_signature="XY",
        possible_duplicate=True,
        created=CREATED.replace(second=7),
        addresses=("MOWFFXY", "LEDFFXY", "MOWFFXY"),
    )
    (text,) = write_list(said, "FTL", FLIGHT, [Block(("NIL",))], line_end="\n")
    assert text.split("\n")[:4] == ["QU MOWFFXY LEDFFXY", ".DMEDCXY XY/20120607", "PDM", "FTL"]
    found = read_telegram(text, CREATED, listed_kinds=("FTL",))
    assert found.problems == found.warnings == ()
    assert (found.priority, found.addresses) == ("QU", ("MOWFFXY", "LEDFFXY"))
    assert (found.double_signature, found.possible_duplicate) == ("XY", True)
    assert found.created == said.created


def test_address_lines_are_filled_and_never_longer_than_the_columns() -> None:
    addresses = tuple(f"ADR{number:02}XY" for number in range(32))
    (text,) = write_text(heading(addresses=addresses, priority="QD"), "MVT", ["AD1200"])
    block = lines(text)[: lines(text).index(".DMEDCXY 201206")]
    assert [len(line) for line in block] == [58, 63, 63, 63, 7]
    assert " ".join(block).split() == ["QD", *addresses]
    with pytest.raises(TelegramError) as caught:
        write_text(heading(addresses=(*addresses, "ADR99XY")), "MVT", ["AD1200"])
    assert problems(caught) == [("addresses_too_many", 0)]


def test_parts_begin_between_passengers_under_their_totals_line() -> None:
    texts = write_list(
        HEADING, "FTL", FLIGHT, passengers(4), each_part=("ANA/123",), sizes=Sizes(part_characters_max=135)
    )
    assert all(len(text) <= 135 for text in texts)
    assert [lines(text)[3:] for text in texts] == [
        [
            "XY418/20AUG DME PART1",
            "ANA/123",
            "-LED04Y",
            "1NAMEA/A",
            ".L/AAAAAA",
            "1NAMEB/B",
            ".L/BBBBBB",
            "ENDPART1",
        ],
        [
            "XY418/20AUG DME PART2",
            "ANA/123",
            "-LED04Y",
            "1NAMEC/B",
            ".L/BBBBBB",
            "1NAMED/B",
            ".L/BBBBBB",
            "ENDFTL",
        ],
    ]


def test_a_passenger_longer_than_a_part_is_refused() -> None:
    with pytest.raises(TelegramError) as caught:
        write_list(
            HEADING, "FTL", FLIGHT, [Block(("-LED01Y", "1NAME/A"))], sizes=Sizes(part_characters_max=80)
        )
    assert problems(caught) == [("block_too_long", 2)]


def test_at_most_so_many_parts() -> None:
    sizes = Sizes(part_characters_max=110, parts_max=3)
    assert len(write_list(HEADING, "FTL", FLIGHT, passengers(3), sizes=sizes)) == 3
    with pytest.raises(TelegramError) as caught:
        write_list(HEADING, "FTL", FLIGHT, passengers(4), sizes=sizes)
    assert problems(caught) == [("parts_too_many", 0)]


def test_other_kinds_are_continued() -> None:
    text = [f"LINE {number}" for number in range(20)]
    assert lines(write_text(HEADING, "SSM", text)[0])[2:] == ["SSM", *text]
    parts = write_text(HEADING, "SSM", text, sizes=Sizes(part_characters_max=115))
    assert all(len(mark_resent(part)) <= 115 for part in parts)
    bodies = [lines(part)[3:] for part in parts]
    assert [body[-1] for body in bodies] == ["PART 1 CONTINUED", "PART 2 CONTINUED", "PART 3 END"]
    assert [line for body in bodies for line in body[:-1]] == text
    with pytest.raises(TelegramError) as caught:
        write_text(HEADING, "SSM", text, sizes=Sizes(part_characters_max=115, parts_max=2))
    assert problems(caught) == [("parts_too_many", 0)]


def test_long_remarks_are_continued_byte_for_byte() -> None:
    chance = random.Random(63)
    for _ in range(300):
        remark = ".R/" + "".join(chance.choices("AB /.-1", k=chance.randrange(1, 400)))
        pieces = fold(remark)
        assert all(len(piece) <= 63 for piece in pieces)
        assert all(piece.startswith(".RN/") for piece in pieces[1:])
        assert pieces[0] + "".join(piece.removeprefix(".RN/") for piece in pieces[1:]) == remark
        assert not any(piece.endswith(" ") for piece in pieces[:-1])


def test_a_remark_of_blanks_is_cut_all_the_same() -> None:
    assert fold(".R/X" + " " * 80 + "Y") == (".R/X", ".RN/" + " " * 59, ".RN/" + " " * 21 + "Y")


def test_lines_that_cannot_be_continued() -> None:
    (text,) = write_list(HEADING, "FTL", FLIGHT, [Block(("1" + "A" * 68,))])
    assert len(lines(text)[4]) == 69
    with pytest.raises(TelegramError) as caught:
        write_list(HEADING, "FTL", FLIGHT, [Block(("-LED01Y", "1" + "A" * 69))])
    assert problems(caught) == [("line_too_long", 2)]


def test_every_mistake_is_named_at_once() -> None:
    wrong = heading(addresses=("MOW",), originator="", priority="XX", double_signature="X")
    with pytest.raises(TelegramError) as caught:
        write_text(wrong, "ftl", ["A\x07", "ENDFTL", "NNNN"])
    assert problems(caught) == [
        ("address_odd", 0),
        ("priority_invalid", 0),
        ("origin_invalid", 0),
        ("origin_invalid", 0),
        ("kind_invalid", 0),
        ("control_character", 1),
        ("line_ends_telegram", 2),
        ("line_ends_telegram", 3),
    ]
    with pytest.raises(TelegramError) as caught:
        write_text(heading(addresses=()), "MVT", [])
    assert problems(caught) == [("address_missing", 0)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_resent_with_pdm_once(line_end: str) -> None:
    (text,) = write_list(HEADING, "FTL", FLIGHT, passengers(1), line_end=line_end)
    again = mark_resent(text)
    assert again == text.replace(f"201206{line_end}", f"201206{line_end}PDM{line_end}")
    assert mark_resent(again) == again
    with pytest.raises(TelegramError) as caught:
        mark_resent("FTL\n")
    assert problems(caught) == [("origin_missing", 0)]
