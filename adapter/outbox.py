"""Telegrams on their way out, as messages for the core's one door.

Each step of a telegram (queued, attempted, sent, failed) is a submission with a journal row: kind and JSON text say all
that the transaction holds, so that a replay reads it back without settings, links or clock.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from adapter.errors import Problem
from adapter.wire.typeb_egress import Sizes, resent_length, wire_length
from adapter.wire.typeb_lines import is_framing, read_origin
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
    """Why a telegram can't leave as it is: nobody to send it to, no origin line (behind which a repeat has to say that
    it is one), too long, or lines that the other side would not read as they are meant."""
    sizes = sizes or Sizes()
    found = []
    lines = text.split("\n")
    origin = next((number for number, line in enumerate(lines) if read_origin(line)), None)
    if origin is None:
        found.append(Problem("origin_missing", "there is no origin line", line=1, column=1))
    elif not any(line.strip() for line in lines[:origin]):
        found.append(
            Problem("address_missing", "no address before the origin line", line=origin + 1, column=1)
        )
    if (size := wire_length(lines) if origin is None else resent_length(text)) > sizes.part_characters_max:
        told = f"{size} characters with line ends and PDM, at most {sizes.part_characters_max}"
        found.append(Problem("telegram_too_long", told))
    for number, line in enumerate(lines, 1):
        found += [
            Problem(code, told, line=number, column=column)
            for code, told, column in _problems_of_line(line, encoding, sizes)
        ]
    return found


def _problems_of_line(line: str, encoding: str, sizes: Sizes) -> Iterator[tuple[str, str, int]]:
    """Code, sentence and column of each."""
    if len(line) > sizes.rigid_columns_max:
        yield "line_too_long", f"{len(line)} columns, at most {sizes.rigid_columns_max}", 1
    if line.strip() and is_framing(line):
        yield "line_ends_telegram", "a line that would end the telegram", 1
    for column, character in enumerate(line, 1):
        if not character.isprintable():
            yield "control_character", f"U+{ord(character):04X} has no place in a telegram", column
            return
        if not _is_encodable(character, encoding):
            yield "not_encodable", f"not in {encoding}", column
            return


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
