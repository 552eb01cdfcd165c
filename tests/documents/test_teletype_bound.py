"""Whom a remark means that names its passenger: -1SURNAME/NAME, as hosts spell it."""

import pytest

from adapter.documents.catalogue import Catalogue
from tests.documents.teletype_samples import listed, opened, passengers, problems, warnings

CARD = ".R/FQTV UT 12345678-1"


def owners(catalogue: Catalogue, name: str, line: str) -> list[str | None]:
    """Given names of those who have the element; nobody where the line is told to be nobody's."""
    document = opened(catalogue, listed(f"-LED0{name[0]}Y\n{name}\n{line}\n"))
    found = [one.get("given") for one in passengers(document) if len(one)]
    assert ([code for code, _ in warnings(document)] == ["remark_unbound"]) == (not found)
    return found


@pytest.mark.parametrize(
    ("name", "bound", "expected"),
    [
        ("2IVANOV/IVANMR/OLGAMRS", "IVANOV/IVAN", ["IVANMR"]),
        ("2IVANOV/IVANMR/OLGAMRS", "IVANOV/IVAN MR", ["IVANMR"]),
        ("2IVANOV/IVAN MR/OLGA MRS", "IVANOV/OLGAMRS", ["OLGA MRS"]),
        ("2IVANOV/IVANMR/IVANNAMRS", "IVANOV/IVAN", ["IVANMR"]),
        ("2IVANOV/IVAN PETROVICH/OLGA", "IVANOV/IVAN", ["IVAN PETROVICH"]),
        ("2IVANOV/IVAN/OLGA", "IVANOV/IVAN PETROVICH", ["IVAN"]),
        ("2VAN DYK/AN MR/BO MS", "VANDYK/BO", ["BO MS"]),
        ("3IVANOV/IVANMR/OLGAMRS/PETR", "IVANOV/IVAN/OLGA", ["IVANMR", "OLGAMRS"]),
        ("1IVANOV/IVANMR", "IVANOV/IVAN MR", ["IVANMR"]),
        ("1IVANOV/IVAN MR", "IVANOV/IVANMR", ["IVAN MR"]),
        # two that it may mean, or none
        ("2IVANOV/IVAN MR/IVAN MSTR", "IVANOV/IVAN", []),
        ("2IVANOV/IVANKA/IVANNA", "IVANOV/IVAN", []),
        ("2IVANOV/IVAN/OLGA", "IVANOV/PETR", []),
        ("2IVANOV/IVAN/OLGA", "PETROV/IVAN", []),
        ("2IVANOV/IVAN/OLGA", "IVANOV/IVAN/IVAN", []),
        ("1IVANOV/IVAN", "IVANOV/OLGA", []),
    ],
)
def test_a_name_is_known_by_more_than_its_letters(
    catalogue: Catalogue, name: str, bound: str, expected: list[str]
) -> None:
    assert owners(catalogue, name, f"{CARD}{bound}") == expected


def test_an_infant_of_another_name_belongs_to_the_adult_above(catalogue: Catalogue) -> None:
    line = ".R/TKNE HK1 INF2981234567890/1-1IVANOVA/MASHA"
    assert owners(catalogue, "1SIDOROV/OLGA", line) == ["OLGA"]
    # of a party any may be the adult
    assert owners(catalogue, "2SIDOROV/OLGA/IVAN", line) == []
    # an adult's ticket is the one's it names
    assert owners(catalogue, "1SIDOROV/OLGA", line.replace("INF", "")) == []


def test_an_infant_may_be_a_passenger_whose_line_break_was_damaged(catalogue: Catalogue) -> None:
    body = "-LED02Y\n1SIDOROV/OLGA\n.R/TKNE HK1 INF2981234567890/1-1IVANOVA/MASHA\n.L/4KD7QW\n"
    assert problems(catalogue, listed(body)) == [("line_break_lost", 7, 4)]
