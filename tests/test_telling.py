"""Outcomes in words: what went wrong with a part is said, not only that it was a part."""

import pytest

from adapter.telling import row_of, told
from loyalty_core import PartOutcome


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (PartOutcome("SET", 2), "part 2"),
        (PartOutcome("SET", 2, repeated=True), "part 2 once more"),
        (PartOutcome("SET", 2, conflict=True), "part 2 contradicts what came of its set"),
        (
            PartOutcome("SET", 2, crowded=True),
            "part 2 not taken: its originator has too many incomplete telegrams",
        ),
    ],
)
def test_a_part(outcome: PartOutcome, words: str) -> None:
    assert told(row_of(outcome)) == words
