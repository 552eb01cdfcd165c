"""Queues the telegrams of answers that lists are due.

An answer is due until its telegrams are queued, so whatever goes wrong here is tried again: at the next look where the
database or the queue had no room, at the next start where nobody can write it or the core refused it. The database
hands out a limited number at a time; each look goes on behind the last one, so that answers which have to wait hold up
no others.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from adapter.gate import Gate
from adapter.outbox import queueing
from loyalty_core import ListAnswer, OutboxAnswer, Result, State, TelegramOutcome, TelegramQueued

log = logging.getLogger("ffgate.sending")

Compose = Callable[[ListAnswer], Sequence[TelegramQueued] | None]
Count = Callable[[str, str], None]


class DueAnswers:
    """``compose`` makes the telegrams of an answer (None where its link answers no lists any more), ``reserve`` takes
    room for so many in a link's queue if there is any, ``ended`` hears whether something was queued."""

    def __init__(
        self,
        gate: Gate,
        compose: Compose,
        now: Callable[[], datetime],
        reserve: Callable[[str, int], bool],
        count: Count,
        ended: Callable[[bool], None],
    ) -> None:
        self._gate = gate
        self._compose = compose
        self._now = now
        self._reserve = reserve
        self._count = count
        self._ended = ended
        self._under_way: set[str] = set()
        self._left: set[str] = set()
        """Those that this process tries no more."""
        self.after = (0, "")
        """Where the next look goes on."""

    @property
    def is_busy(self) -> bool:
        """Some are being queued."""
        return bool(self._under_way)

    def take(self, found: OutboxAnswer) -> None:
        """Queue what a look has found."""
        self.after = found.due_after
        for answer in found.due:
            if answer.key not in self._under_way and answer.key not in self._left:
                self._answer(answer)

    def _answer(self, answer: ListAnswer) -> None:
        try:
            telegrams = self._compose(answer)
        except Exception:
            log.exception("the answer to a list could not be written", extra={"link": answer.link})
            telegrams = None
        if not telegrams:
            self._left.add(answer.key)
            log.warning(
                "the answer to a list stays due: %s",
                "its link answers none now" if telegrams is None else "it is empty",
                extra={"link": answer.link, "kind": answer.kind},
            )
        elif self._reserve(telegrams[0].link, len(telegrams)):
            self._under_way.add(answer.key)
            self._gate.submit(queueing(telegrams, self._now()), partial(self._answered, answer))

    def _answered(self, answer: ListAnswer, value: Result | Exception) -> None:
        self._under_way.discard(answer.key)
        is_queued = not isinstance(value, Exception) and _is_queued(value)
        if is_queued:
            self._count(answer.link, "list_answered")
        elif not isinstance(value, Exception):
            # Tried again at once it would be refused again, for ever.
            self._left.add(answer.key)
            self._count(answer.link, "list_answer_refused")
            text = "alarm: the answer to a list could not be queued"
            log.error(text, extra={"link": answer.link, "kind": answer.kind, "id": answer.key})
        self._ended(is_queued)


def _is_queued(result: Result) -> bool:
    return result.state is State.APPLIED and all(
        outcome.accepted for outcome in result.outcomes if isinstance(outcome, TelegramOutcome)
    )
