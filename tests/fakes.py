"""Stand-ins for slow or distant parts: a core without database, a runner without thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from twisted.internet.task import Clock

from loyalty_core import (
    Answer,
    CardAnswer,
    CouponOutcome,
    CouponReported,
    CreditStatus,
    ListOutcome,
    ListReceived,
    Name,
    OutboxAnswer,
    OutboxCheck,
    Outcome,
    PartOutcome,
    PartReceived,
    Question,
    Result,
    State,
    Submission,
)

NOW = datetime(2026, 8, 21, 6, 30, tzinfo=UTC)


@dataclass
class Closed:
    """A part set as the core tells it at start."""

    set_key: str = "SET"
    kind: str = "FTL"
    texts: tuple[str, ...] = ("one", "two")
    link: str = "dcs-files"
    encoding: str = "utf-8"
    received_at: str = NOW.isoformat()
    source: str = "part-2.txt"


class Threadless:
    """A runner on a fake clock: the work is done when the clock advances, so tests decide what is in
    flight.
    """

    def __init__(self, clock: Clock, seconds: float = 0.001) -> None:
        self._clock = clock
        self._seconds = seconds
        self.stopped = False

    def run(self, function: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        def work() -> None:
            try:
                value = function(argument)
            except Exception as error:
                value = error
            done(value)

        self._clock.callLater(self._seconds, work)

    def stop(self) -> None:
        self.stopped = True


class FakeCore:
    """Decides in memory: every coupon earns 500 miles, part sets are kept, repeats get their first answer."""

    def __init__(self) -> None:
        self.batches: list[list[Submission]] = []
        self.asked: list[list[Question]] = []
        self.failure: Exception | None = None
        self.results: dict[bytes, Result] = {}
        self.sets: dict[str, dict[int, PartReceived]] = {}
        self.unread: list[Any] = []
        self.programmes: dict[str, Any] = {}
        self.closed = False

    @property
    def submissions(self) -> list[Submission]:
        return [submission for batch in self.batches for submission in batch]

    def execute(self, batch: Sequence[Submission]) -> list[Result]:
        if self.failure is not None:
            raise self.failure
        self.batches.append(list(batch))
        return [self._decide(submission) for submission in batch]

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        if self.failure is not None:
            raise self.failure
        if all(isinstance(one, OutboxCheck) for one in questions):
            return [OutboxAnswer() for _ in questions]
        self.asked.append(list(questions))
        names = (Name("IVANOV", "IVAN"),)
        cards: list[Any] = list(questions)
        return [CardAnswer(one.airline, one.number, tier="SILVER", names=names) for one in cards]

    def unread_sets(self) -> list[Any]:
        return list(self.unread)

    def close(self) -> None:
        self.closed = True

    def _decide(self, submission: Submission) -> Result:
        if submission.digest in self.results and submission.transactions:
            first = self.results[submission.digest]
            return Result(first.journal_id, first.state, first.outcomes, repeated=True)
        journal_id = len(self.results) + 1
        if submission.problems:
            result = Result(journal_id, State.QUARANTINED)
        else:
            outcomes = tuple(self._outcome(transaction) for transaction in submission.transactions)
            open_set = any(isinstance(one, PartOutcome) and not one.texts for one in outcomes)
            result = Result(journal_id, State.WAITING if open_set else State.APPLIED, outcomes)
        self.results[submission.digest] = result
        return result

    def _outcome(self, transaction: Any) -> Outcome:
        if isinstance(transaction, CouponReported):
            card = transaction.card
            return CouponOutcome(
                CreditStatus.POSTED,
                award=500,
                qualifying=500,
                balance=500,
                airline=card.airline,
                number=card.number,
            )
        if isinstance(transaction, ListReceived):
            return ListOutcome(persons=len(transaction.persons), pending=len(transaction.persons))
        if isinstance(transaction, PartReceived):
            parts = self.sets.setdefault(transaction.set_key, {})
            parts[transaction.number] = transaction
            complete = any(p.final for p in parts.values()) and set(parts) == set(range(1, max(parts) + 1))
            texts = tuple(parts[number].text for number in sorted(parts)) if complete else ()
            return PartOutcome(transaction.set_key, transaction.number, texts)
        return Outcome()
