"""Telegrams on their way out: what can be done to them (transactions) and asked about them, as values.

Life of a telegram: queued -> sending (an attempt, counted before anything is sent) -> sent; or, after a failed attempt,
queued again until its next attempt is due, and in the end failed. Every step is a transaction with a journal row of its
own, so a replay ends with the same telegrams in the same states and sends nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .outcomes import Answer, ListAnswer, Outcome
from .transactions import Question, Transaction


class TelegramState(StrEnum):
    """Where a telegram stands. ``NONE``: no telegram has this key."""

    NONE = ""
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TelegramQueued(Transaction):
    """A telegram is to leave by a link. ``key`` names it for ever: a second one with the same key is not queued.

    ``text`` is the whole telegram, address lines first, lines ended by LF. ``answers`` is the key of the list answer
    that this telegram is (part of), "" otherwise; that answer is due no longer. When the telegram has ended, its text
    is only in the journal.
    """

    link: str
    key: str
    text: str
    answers: str = ""


@dataclass(frozen=True, slots=True)
class TelegramAttempted(Transaction):
    """An attempt at sending begins; ``attempt`` counts from 1. Committed before the first byte leaves.

    Beginning the next attempt while one is still open says that the outcome of that one was never known (the process
    ended in between).
    """

    key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TelegramSent(Transaction):
    """The other side has the telegram, as far as the link's protocol can tell."""

    key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TelegramFailed(Transaction):
    """An attempt came to nothing. ``perhaps_sent``: the other side may have the telegram all the same.

    ``due_at`` (aware) is when to try again, None when that is given up. ``reason`` is a word of ours, never a peer's.
    """

    key: str
    attempt: int
    reason: str
    perhaps_sent: bool
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TelegramOutcome(Outcome):
    """``accepted`` false: the transaction did not fit the telegram's state and changed nothing.

    ``perhaps_sent``: an earlier attempt may have reached the other side, so the next one has to say so (PDM).
    """

    key: str
    state: TelegramState
    accepted: bool = True
    attempt: int = 0
    perhaps_sent: bool = False


@dataclass(frozen=True, slots=True)
class OutboxCheck(Question):
    """What is to be sent by this process, and which list answers are due behind ``answers_after`` (the ``due_after`` of
    the last look)?"""

    answers_after: tuple[int, str] = (0, "")


@dataclass(frozen=True, slots=True)
class WaitingTelegram:
    """The oldest telegram of a link that has not ended. ``due_at`` and ``queued_at`` are aware."""

    link: str
    key: str
    text: str
    state: TelegramState
    attempts: int
    queued_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxAnswer(Answer):
    """``heads``: for each link with telegrams waiting, the first of them; ``waiting``: (link, how many wait);
    ``due``: answers to lists that nobody has queued yet, oldest first (a limited number); ``due_after`` is where the
    next look finds more, (0, "") for the beginning."""

    heads: tuple[WaitingTelegram, ...] = ()
    waiting: tuple[tuple[str, int], ...] = ()
    due: tuple[ListAnswer, ...] = ()
    due_after: tuple[int, str] = (0, "")
