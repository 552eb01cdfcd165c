"""Names that are not as names are: taken as they stand, and told."""

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.teletype_writer import render
from tests.documents.teletype_samples import listed, opened, passengers, problems, warnings

REST = ".L/4KD7QW/XY\n1BAKER/BEN\n.L/5LM8RX/XY\n"


@pytest.mark.parametrize("kind", ["FTL", "PNL", "PRL"])
@pytest.mark.parametrize(
    "name", ["NGUYEN/VAN 2ND", "O'NEIL/A,B", "O'NEIL/A, B", "KING/MARTIN 3RD MR", "KING/LEE,-A2"]
)
def test_a_name_with_an_ordinal_or_a_comma(catalogue: Catalogue, kind: str, name: str) -> None:
    document = opened(catalogue, listed(f"-LED02Y\n1{name}\n{REST}", kind))
    first, second = passengers(document)
    assert (first.get("surname"), first.get("given")) == tuple(name.removesuffix("-A2").split("/"))
    assert (first.get("damaged"), second.get("damaged")) == ("name_unusual", None)
    assert [len(first), len(second)] == [1, 1]
    assert ("name_unusual", 6) in warnings(document)
    assert f"1{name}" in render(document.tree, catalogue.kinds[kind].grammar)


@pytest.mark.parametrize(
    "name",
    [
        "ABLE/ADA2",
        "ABLE/ADA,1CHARLIE/CYD",
        "ABLE/ADA 2NDA",
        "ABLE/ADA L/4KD7QW",
        "ABLE/ADA,-LED02Y",
        "AB,LE/ADA",
        "ABLE/A;B",
    ],
)
def test_what_may_be_the_next_line_is_no_name(catalogue: Catalogue, name: str) -> None:
    assert ("line_unreadable", 6, 1) in problems(catalogue, listed(f"-LED02Y\n1{name}\n{REST}"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("3ABLE/ADA/BEN", True),
        ("4ABLE/ADA/BEN/CBBG", True),
        ("3ABLE/ADA/BEN/CBBG", False),
        ("2ABLE/ADA/BEN", False),
        ("2ABLE/ADA", False),  # one passenger with a second seat
    ],
)
def test_a_party_of_fewer_names_than_seats_is_told(catalogue: Catalogue, name: str, told: bool) -> None:
    document = opened(catalogue, listed(f"-LED0{name[0]}Y\n{name}\n"))
    assert warnings(document) == ([("fewer_names_than_seats", 6)] if told else [])
