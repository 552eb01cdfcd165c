"""Lines that begin like lines of another kind, and mean what they say all the same."""

import pytest

from adapter.documents.catalogue import Catalogue
from tests.documents.teletype_samples import listed, opened, problems, warnings


@pytest.mark.parametrize("off", ["SIN", "RBD", "NIL", "AVA", "ANA"])
def test_off_points_that_are_words_elsewhere(catalogue: Catalogue, off: str) -> None:
    body = f"{off} 00/008/097\nLED 00/001/001\n-{off}\nNOSHO 1Y\n1DUB/OLEG\n-LED\n"
    tree = opened(catalogue, listed(body, "PFS")).tree
    assert [element.get("off") for element in tree.iterfind("numerics")] == [off, "LED"]
    assert [element.get("off") for element in tree.iterfind("group")] == [off, "LED"]


@pytest.mark.parametrize("name", ["O/MINA", "U/THANT", "I/CHIA HUI", "E/JUN"])
def test_surnames_that_are_elements_elsewhere(catalogue: Catalogue, name: str) -> None:
    surname, _, given = name.partition("/")
    (passenger,) = opened(catalogue, listed(f"-LED01Y\nADD\n1{name}\n", "ADL")).tree.iter("passenger")
    assert (passenger.get("surname"), passenger.get("given")) == (surname, given)


def test_an_element_with_a_digit_for_its_dot_is_no_passenger(catalogue: Catalogue) -> None:
    text = listed("-LED01Y\nADD\n1DUB/OLEG\n1R/WCHR\n", "ADL")
    assert problems(catalogue, text) == [("line_break_lost", 8, 1)]


def test_the_beginning_of_an_element_is_no_part_of_the_remark_before_it(catalogue: Catalogue) -> None:
    text = listed("-LED01Y\nADD\n1DUB/OLEG\n.R/WCHR\n.R\n1INF DUB/ANNA\n", "ADL")
    assert ("line_unknown", 9, 1) in problems(catalogue, text)


def test_no_section_goes_under_in_free_text(catalogue: Catalogue) -> None:
    text = listed("-LED01Y\n1DUB/OLEG\n.R/1INF DUBBI\nSI/ANNA\n2PC BAGS\n-AER01Y\n1KIM/AN\n")
    assert problems(catalogue, text) == [("line_out_of_place", 10, 1)]
    assert opened(catalogue, text.replace("-AER01Y\n", "")).tree.get("originator") == "DMEDCXY"


def test_what_is_said_of_a_blocked_seat_is_reported(catalogue: Catalogue) -> None:
    document = opened(catalogue, listed("-LED02Y\n1DUB/OLEG\n1ZZ/EXST\n.W/K/1/60\n"))
    assert document.unread == (8,)
    assert ("line_out_of_place", 8) in warnings(document)
