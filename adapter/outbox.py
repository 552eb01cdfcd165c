"""Telegrams on their way out, as messages for the core's one door.

Each step of a telegram (queued, attempted, sent, failed) is a submission with a journal row: kind and JSON text say all
that the transaction holds, so that a replay reads it back without settings, links or clock.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapter.errors import Problem
from adapter.wire.typeb_egress import Sizes
from adapter.wire.typeb_lines import read_origin, split_lines
from loyalty_core import (
    Submission,
    TelegramAttempted,
    TelegramFailed,
    TelegramQueued,
    TelegramSent,
    Transaction,
)

OUTBOX_LINK = "outbox"
"""What the journal names as the link of all this; no link of the settings may be called so."""
QUEUED, ATTEMPTED, SENT, FAILED = (
    "telegram_queued",
    "telegram_attempted",
    "telegram_sent",
    "telegram_failed",
)
TELEGRAMS_AT_ONCE_MAX = 99
"""Telegrams that one submission queues: the parts of one text."""


def queueing(telegrams: Sequence[TelegramQueued], received_at: datetime) -> Submission:
    """All of these are queued, or none. The first one's key is the submission's own: the same key with other texts is
    refused as reused."""
    content: dict[str, Any] = {
        "telegrams": [
            {"link": one.link, "key": one.key, "text": one.text, "answers": one.answers} for one in telegrams
        ]
    }
    return _submission(QUEUED, content, tuple(telegrams), received_at, key=telegrams[0].key)


def step(transaction: TelegramAttempted | TelegramSent | TelegramFailed, received_at: datetime) -> Submission:
    """One attempt begun, or what became of it."""
    content: dict[str, Any] = {"key": transaction.key, "attempt": transaction.attempt}
    if isinstance(transaction, TelegramFailed):
        due_at = transaction.due_at
        content |= {
            "reason": transaction.reason,
            "perhaps_sent": transaction.perhaps_sent,
            "due_at": due_at.isoformat() if due_at is not None else None,
        }
        return _submission(FAILED, content, (transaction,), received_at)
    kind = ATTEMPTED if isinstance(transaction, TelegramAttempted) else SENT
    return _submission(kind, content, (transaction,), received_at)


def read_transactions(kind: str, raw: bytes) -> tuple[Transaction, ...]:
    """What a journal row of the outbox asked for. Raises ValueError for a kind that is none of these."""
    content = json.loads(raw)
    if content.pop("step") != kind:
        raise ValueError(f"the text of this {kind} tells of another step")
    if kind == QUEUED:
        return tuple(TelegramQueued(**one) for one in content["telegrams"])
    if kind == ATTEMPTED:
        return (TelegramAttempted(**content),)
    if kind == SENT:
        return (TelegramSent(**content),)
    if kind == FAILED:
        due_at = content.pop("due_at")
        return (TelegramFailed(**content, due_at=datetime.fromisoformat(due_at) if due_at else None),)
    raise ValueError(f"{kind} is no step of a telegram")


def sent_by_hand(link: str, texts: Sequence[str]) -> tuple[TelegramQueued, ...]:
    """Telegrams handed over by people or programs. The same text by the same link has the same key: handing it over
    twice queues it once."""
    found = []
    for text in texts:
        digest = hashlib.sha256(f"{link}\n{text}".encode()).hexdigest()
        found.append(TelegramQueued(link, f"sent/{digest[:24]}", text))
    return tuple(found)


def problems_of(text: str, encoding: str, sizes: Sizes | None = None) -> list[Problem]:
    """Why a telegram can't leave as it is: too long, unreadable for the other side, or without origin line (behind
    which a repeat has to say that it is one)."""
    sizes = sizes or Sizes()
    found = []
    lines = split_lines(text)
    if not any(read_origin(line) for line in lines):
        found.append(Problem("origin_missing", "there is no origin line", line=1, column=1))
    if len(text) > sizes.part_characters_max:
        found.append(
            Problem("telegram_too_long", f"{len(text)} characters, at most {sizes.part_characters_max}")
        )
    for number, line in enumerate(lines, 1):
        if len(line) > sizes.rigid_columns_max:
            found.append(
                Problem(
                    "line_too_long",
                    f"{len(line)} columns, at most {sizes.rigid_columns_max}",
                    line=number,
                    column=1,
                )
            )
        for column, character in enumerate(line, 1):
            if not character.isprintable():
                code = f"U+{ord(character):04X}"
                found.append(
                    Problem(
                        "control_character", f"{code} has no place in a telegram", line=number, column=column
                    )
                )
                break
            if not _is_encodable(character, encoding):
                found.append(Problem("not_encodable", f"not in {encoding}", line=number, column=column))
                break
    return found


def _is_encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _submission(
    kind: str,
    content: dict[str, Any],
    transactions: tuple[Transaction, ...],
    received_at: datetime,
    key: str = "",
) -> Submission:
    # The step is part of the text: an attempt and its end have the same key and number, and are not the same message.
    raw = json.dumps({"step": kind, **content}, ensure_ascii=False, separators=(",", ":")).encode()
    return Submission(
        OUTBOX_LINK, kind, raw, hashlib.sha256(raw).digest(), received_at, transactions, key=key
    )
