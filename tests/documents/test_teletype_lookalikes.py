"""Lines that begin like lines of another kind, and mean what they say all the same."""

import pytest

from adapter.documents.catalogue import Catalogue
from tests.documents.teletype_samples import listed, opened, problems


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
