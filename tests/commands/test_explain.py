"""``explain`` as somebody at a call centre reads it: one whole explanation, word for word."""

from pathlib import Path

import pytest

from tests.commands.command import run
from tests.commands.test_books import flown, place

__all__ = ["place"]

GOLDEN = Path(__file__).parent.parent / "golden" / "explain_posting.txt"


def test_one_whole_explanation(place: Path) -> None:
    flown(place)
    assert run("explain", "--ticket", "2984400000032/1").stdout == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("wanted", ["passport", "4512998877"])
def test_it_names_nothing_that_is_of_no_concern(wanted: str) -> None:
    assert wanted not in GOLDEN.read_text("utf-8").lower()
