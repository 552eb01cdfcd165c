"""Precision and recall of the grades over generated pairs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from loyalty_core.names import Grade, Match, match
from tests.names.pairs import Pair

SURE = (Grade.EXACT, Grade.EQUIVALENT)


@dataclass(slots=True)
class Tally:
    """Of one grade: ``due`` pairs deserve it, ``found`` of those got it or a better one, ``given`` got it, ``right`` of
    those may."""

    due: int = 0
    found: int = 0
    given: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.due if self.due else 1.0


@dataclass(slots=True)
class Figures:
    """``wrong``: graded surer than the truth allows, or a person not recognised; the worst first."""

    pairs: int = 0
    grades: dict[Grade, Tally] = field(default_factory=lambda: {grade: Tally() for grade in Grade})
    kinds: dict[str, dict[Grade, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(Grade, 0))
    )
    due: dict[str, Grade] = field(default_factory=dict)
    wrong: list[tuple[int, Pair, Match]] = field(default_factory=list)


def good(figures: Figures, kind: str) -> float:
    """Share of the pairs of a kind that got what they deserve: one person recognised, two never credited."""
    counts, due = figures.kinds[kind], figures.due[kind]
    if due is Grade.REJECT:
        return 1 - sum(counts[grade] for grade in SURE) / sum(counts.values())
    return sum(counts[grade] for grade in Grade if grade >= due) / sum(counts.values())


def measure(pairs: Iterable[Pair]) -> Figures:
    figures = Figures()
    for pair in pairs:
        outcome = match(pair.claim, pair.known)
        _count(figures, pair, outcome)
    figures.wrong.sort(key=lambda item: -item[0])
    return figures


def _count(figures: Figures, pair: Pair, outcome: Match) -> None:
    grade = outcome.grade
    figures.pairs += 1
    figures.kinds[pair.kind][grade] += 1
    figures.due[pair.kind] = min(pair.due, figures.due.get(pair.kind, pair.due))
    tally = figures.grades[grade]
    tally.given += 1
    # What is right of a grade: no more than the truth allows; and of a rejection, that they are two persons.
    tally.right += not pair.same if grade is Grade.REJECT else grade <= pair.due
    due = figures.grades[pair.due]
    due.due += 1
    due.found += grade is Grade.REJECT if pair.due is Grade.REJECT else grade >= pair.due
    if grade > pair.due and not (grade is Grade.PROBABLE and not pair.same):
        figures.wrong.append((10 * grade, pair, outcome))
    elif pair.same and grade < pair.due:
        figures.wrong.append((pair.due - grade, pair, outcome))
