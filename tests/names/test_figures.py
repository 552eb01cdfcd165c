"""The promise of the README: exact and equivalent are right in 99.9 % of the cases, and few persons are missed."""

import pytest

from loyalty_core.names import Grade
from tests.names.figures import SURE, Figures, measure
from tests.names.pairs import SEED, Pair, pairs

PRECISION_MIN = 0.999
RECALL_MIN = {Grade.EXACT: 1.0, Grade.EQUIVALENT: 0.95, Grade.PROBABLE: 0.98, Grade.REJECT: 0.85}


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(pairs(SEED))


def test_there_are_enough_pairs_of_both_sorts(figures: Figures) -> None:
    assert figures.pairs >= 20_000
    assert figures.grades[Grade.REJECT].due >= 10_000
    assert figures.grades[Grade.EQUIVALENT].due >= 10_000


@pytest.mark.parametrize("grade", SURE)
def test_a_credit_goes_to_the_right_person(figures: Figures, grade: Grade) -> None:
    tally = figures.grades[grade]
    assert tally.precision >= PRECISION_MIN, [wrong for wrong in figures.wrong if wrong[2].grade is grade][
        :10
    ]


@pytest.mark.parametrize("grade", list(Grade))
def test_persons_are_recognised(figures: Figures, grade: Grade) -> None:
    assert figures.grades[grade].recall >= RECALL_MIN[grade], figures.wrong[:10]


@pytest.mark.parametrize(
    "kind", ["sister or brother", "husband and wife", "crossed names", "strangers", "same given name"]
)
def test_these_are_never_taken_for_each_other(figures: Figures, kind: str) -> None:
    counts = figures.kinds[kind]
    assert counts[Grade.REJECT] == sum(counts.values())


def test_one_seed_makes_the_same_pairs_and_another_one_others() -> None:
    def some(seed: int) -> list[Pair]:
        return list(pairs(seed, 3))

    assert some(1) == some(1)
    assert some(1) != some(2)


def test_a_comparison_that_believes_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from loyalty_core.names import Match

    monkeypatch.setattr(
        "tests.names.figures.match", lambda claim, known: Match(Grade.EQUIVALENT, "planted", 1.0)
    )
    assert measure(pairs(SEED, 20)).grades[Grade.EQUIVALENT].precision < PRECISION_MIN
