"""What a batch is cut into, which answers of a message decided again still stand, and what its outcomes amount to."""

from collections.abc import Iterator, Sequence
from typing import Any

from .claims import ClaimOutcome, ClaimStatus, ResolveOutcome
from .member_statements import StatementOutcome
from .operations import OperationOutcome
from .outcomes import ClockOutcome, CouponOutcome, ListOutcome, Outcome, PartOutcome, Reason, State
from .transactions import Clock, ProgrammeActivated, Submission
from .world import World


def stretches(batch: Sequence[Submission]) -> Iterator[Sequence[Submission]]:
    """The batch cut before and behind every stroke of the business clock and every activation. A stroke takes what is
    due in the books, a limited number of things, and how much of a batch came before it must play no part; what has to
    be loaded for a message depends on the programmes in force when it is decided."""
    plain: list[Submission] = []
    for submission in batch:
        if any(
            isinstance(transaction, Clock | ProgrammeActivated) for transaction in submission.transactions
        ):
            if plain:
                yield plain
            yield [submission]
            plain = []
        else:
            plain.append(submission)
    if plain:
        yield plain


def kept(earlier: tuple[Outcome, ...], count: int) -> list[Outcome | None]:
    """The first answers that still stand when a message is decided again: all but the refused ones, claims that are
    not credited, and parts for which there was no room."""
    if len(earlier) != count:
        return [None] * count
    return [
        None
        if _refused(outcome)
        or (isinstance(outcome, PartOutcome) and outcome.crowded)
        or (isinstance(outcome, ClaimOutcome) and outcome.undecided)
        else outcome
        for outcome in earlier
    ]


def _refused(outcome: Outcome) -> bool:
    if isinstance(outcome, CouponOutcome | OperationOutcome | StatementOutcome):
        return outcome.status == "refused"
    return False


_UNHEARD = (ClaimStatus.REFUSED, ClaimStatus.FLIGHT_UNKNOWN)


def state_of(outcomes: tuple[Outcome, ...]) -> State:
    """What became of a message with these outcomes."""
    if any(
        isinstance(outcome, PartOutcome) and (outcome.conflict or outcome.crowded) for outcome in outcomes
    ):
        return State.QUARANTINED
    if any(
        isinstance(outcome, PartOutcome) and not (outcome.texts or outcome.repeated) for outcome in outcomes
    ):
        return State.WAITING
    refused = [
        _refused(outcome)
        or (
            isinstance(outcome, ListOutcome | ResolveOutcome | ClockOutcome)
            and outcome.reason is not Reason.NONE
        )
        or (isinstance(outcome, ClaimOutcome) and outcome.status in _UNHEARD)
        for outcome in outcomes
    ]
    return State.REFUSED if refused and all(refused) else State.APPLIED


def mark(world: World) -> Any:
    """Two marks are equal where nothing was decided in between but the same refusal again."""
    persons = [(each.id, each.credit, each.reason, each.due_at, each.view) for each in world.persons.values()]
    spending = world.spending
    counts = (len(each) for each in (world.chain.entries, world.new_evidence, world.changed_accepted))
    said = (dict(world.members), dict(world.new_told), dict(spending.operations), dict(spending.places))
    return (persons, *said, *counts)
