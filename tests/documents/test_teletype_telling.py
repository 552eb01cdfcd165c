"""Cards and tickets: read where a vendor spells them otherwise, never lost without a word."""

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.teletype_telling import Telling
from adapter.documents.teletype_writer import render
from tests.documents.teletype_samples import listed, opened, passengers, rows, warnings


def read(
    catalogue: Catalogue, line: str, kind: str = "PRL"
) -> tuple[list[tuple[object, ...]], list[str], str | None]:
    """What a line leaves below the passenger, the codes of its warnings, and the mark at the passenger."""
    body = f"-LED02Y\n1ABLE/ADA\n{line}\n1BAKER/BEN\n.L/5LM8RX/XY\n"
    document = opened(catalogue, listed(body, kind))
    first, second = passengers(document)
    assert (second.get("damaged"), len(second)) == (None, 1)
    found = warnings(document)
    assert all(number == 7 for _, number in found)
    assert (7 in document.unread) == bool(found)
    assert all(warning.column > 0 for warning in document.warnings)
    return rows(first), [code for code, _ in found], first.get("damaged")


@pytest.mark.parametrize(
    "line",
    [
        *(".R/FQT UT 1234567890", ".R/FQTX UT 1234567890", ".R/FQTS UT 1234567890", ".R/TKN HK1 1"),
        *(
            ".R/QTV UT 1234567890",
            ".R/XQTV UT 1234567890",
            ".R/XFQTV UT 1234567890",
            ".R/F QTV UT 1234567890",
        ),
        *(".R/TKNX HK1 2981234567890/1", ".R/1KNE HK1 2981234567890/1", ".R/TNE HK1 2981234567890/1"),
        *(".R/SSR FQTV UT HK1 1234567890", ".R/OTHS HK1 FQTV UT 1234567890", ".R/OTHS ABCFQTV UT 1234567890"),
        *(".S/FQTV UT 1234567890", ".W/TKNE HK1 2981234567890/1", ".R/DOCS HK1 TKNE HK1 2981234567890"),
        *(".R/OTHS HK1 R/FQTVUT 1234567890", ".R/VGML HK1\n.RN/FQTV UT 1234567890"),
    ],
)
def test_what_is_nearly_a_card_or_a_ticket_is_told(catalogue: Catalogue, line: str) -> None:
    _, codes, damaged = read(catalogue, line)
    assert (codes, damaged) == (["remark_doubtful"], "remark_doubtful")


@pytest.mark.parametrize(
    "line",
    [
        *(".R/FQTV-UT 1234567890", ".R/FQTV.UT.1234567890", ".R/FQTV,UT 1234567890", ".R/FQTVXUT 1234567890"),
        *(".R/FQTVHK1 UT 1234567890", ".R/TKNEXHK1 2981234567890"),
        *(".R/TKNE HK1 2981234567890D1", ".R/TKNE HK1 2981234567890C5", ".R/TKNE HK1 298123456789"),
        *(".R/TKNE HK1 298123456789012", ".R/TKNE HK1 INF298123456789", ".R/TKNE HK1 2981234567890 1"),
    ],
)
def test_their_words_with_anything_else_behind_them_are_told(catalogue: Catalogue, line: str) -> None:
    assert read(catalogue, line) == ([], ["line_unreadable"], "line_unreadable")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (".R/FQTVUT 1234567890", ("fqt", "FQTV", "UT", "1234567890")),
        (".R/FQTVU6 1234567890-Y", ("fqt", "FQTV", "U6", "1234567890", "Y")),
        (".R/TKNEHK1 2981234567890/1", ("ticket", "2981234567890", "1", "false")),
        (".R/TKNM HK1 2981234567890/1", ("ticket", "2981234567890", "1", "false")),
        (".R/TKNE HK1 2981234567890C1", ("ticket", "2981234567890", "1", "false")),
        (".R/TKNE HK1 INF2981234567890C2", ("ticket", "2981234567890", "2", "true")),
        (".R/TKNE HK1 83A2451071307C1", ("ticket", "83A2451071307", "1", "false")),
        (".R/TKNE HK1 298 1234567890C1", ("ticket", "2981234567890", "1", "false")),
        (".R/TKNE HK1 29812345678905/3", ("ticket", "2981234567890", "3", "false")),
        (".R/TKNE HK1 29812345678905", ("ticket", "2981234567890", "false")),
    ],
)
def test_spellings_of_vendors(catalogue: Catalogue, line: str, expected: tuple[str, ...]) -> None:
    assert read(catalogue, line) == ([expected], [], None)


@pytest.mark.parametrize(
    "line",
    [
        *(
            ".R/OTHS HK1 FQTSTATUS GOLD",
            ".R/FQTSTATUS GOLD",
            ".R/KNEE INJURY",
            ".R/OTHS HK1 BOTKNERA",
            ".R/VGML HK1",
        ),
        *(".R/INFT HK1 BOTKNAR/ADA", ".R/WCHR", ".R/TKT 123", ".C/ANY GROUP"),
    ],
)
def test_other_words_are_left_alone(catalogue: Catalogue, line: str) -> None:
    found, codes, damaged = read(catalogue, line)
    assert (len(found), codes, damaged) == (1, [], None)


def test_no_words_are_near_to_nothing() -> None:
    telling = Telling()
    assert not telling.near("FQTX")
    assert (telling.within("ANY FQTV"), telling.begins("FQTV")) == (-1, "")


@pytest.mark.parametrize("line", [".O/XY983Y2", ".I/XY983Y21", ".O2/LATER"])
def test_a_connection_that_can_t_be_read_is_told(catalogue: Catalogue, line: str) -> None:
    assert read(catalogue, line) == ([], ["line_unreadable"], "line_unreadable")


def test_what_is_told_of_is_written_as_it_was_read(catalogue: Catalogue) -> None:
    line = ".N/7128384875001/LED/TKNE HK1 8483212312014/2"
    document = opened(catalogue, listed(f"-LED01Y\n1ABLE/ADA\n{line}\n", "PRL"))
    assert warnings(document) == [("remark_doubtful", 7)]
    assert line in render(document.tree, catalogue.kinds["PRL"].grammar).splitlines()
