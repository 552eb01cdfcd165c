"""What is shown of a list's lines, and what stays in the journal."""

import pytest

from adapter.explanation import HIDDEN, known_by, source_lines


def shown(text: str, encoding: str = "utf-8") -> list[str]:
    source = {"raw": text.encode(encoding), "encoding": encoding}
    return [line for _number, line in source_lines(source, 1, text.count("\n") + 1)]


@pytest.mark.parametrize(
    "line",
    [
        "1GROMOV/LEV MR",
        ".L/0K7QR3/UT",
        ".M/S7123Y20DMEAER",
        ".F/UT 2904000000017",
        ".ID2/7",
        ".R/FQTV UT 2904000000017-Y",
        ".R/TKNE HK1 2984400000032/1",
        ".R/OTHS HK1 FQTSTATUS SILVER",
        "-AER02Y",
        '<ffp company="UT">2904000000017</ffp>',
    ],
)
def test_what_the_books_read_is_shown(line: str) -> None:
    assert shown(line) == [line]


@pytest.mark.parametrize(
    "line",
    [
        ".R/DOCS HK1/P/RUS/7741003355",
        ".R/ DOCS HK1/P/RUS/7741003355",
        ".R/OTHS HK1 DOCS/7741003355",
        ".R/OTHS HK1 SAYS FQTSTATUSES 7741003355",
        ".R/CKIN HK1 7741003355",
        ".U/7741003355",
        ".C/GROUP",
        ".W/K/1/20",
    ],
)
def test_all_else_stays_in_the_journal(line: str) -> None:
    assert shown(line) == [HIDDEN]


def test_continuations_are_shown_as_what_they_continue() -> None:
    assert shown(".R/FQTV UT 29040000\n.RN/00017\n.R/DOCS HK1/P/77\n.RN/41003355\n.L/0K7QR3\n.RN/X") == [
        ".R/FQTV UT 29040000",
        ".RN/00017",
        HIDDEN,
        HIDDEN,
        ".L/0K7QR3",
        ".RN/X",
    ]


def test_elements_behind_the_name() -> None:
    line = "1ГРОМОВ/ЛЕВ .R/FOID HK1 PP7741003355 .L/0К7QР3/ЮТ .R/CTCM HK1 77 .U/1"
    assert shown(line, "cp866") == [f"1ГРОМОВ/ЛЕВ {HIDDEN}.L/0К7QР3/ЮТ {HIDDEN}"]


def test_by_what_a_piece_is_known() -> None:
    keys = ("UT/451/2026-08-20/DME|C|7700000000011|LUGOVAIA/V", "UT/451/2026-08-20/DME|T|2986120000017/1")
    assert known_by(keys) == "card 7700000000011 of LUGOVAIA/V, ticket 2986120000017/1"
    assert (
        known_by(("UT/451/2026-08-20/DME|N|MOWRMUT|FTL|2026-08-20T12:00:00.000000Z|8",))
        == "its list and line alone"
    )
