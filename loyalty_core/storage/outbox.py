"""The outbox and the answers that are due: read for a batch, written with it, and looked through by who sends."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loyalty_core.entities import Telegram
from loyalty_core.list_answers import answer_key, read_answer, write_answer
from loyalty_core.telegrams import (
    OutboxAnswer,
    TelegramAttempted,
    TelegramFailed,
    TelegramQueued,
    TelegramSent,
    TelegramState,
    WaitingTelegram,
)
from loyalty_core.transactions import ListReceived, Submission
from loyalty_core.world import World

from . import tables
from .statements import Lookup, among, insert_all, keys_of, row_of, upsert_all

DUE_ANSWERS_MAX = 100
"""Answers handed out at once; whoever asks again asks for those behind them."""

_TELEGRAMS = Lookup(tables.outbox.columns, tables.outbox.c.key)
_ANSWERS = Lookup([tables.list_answer.c.key, tables.list_answer.c.state], tables.list_answer.c.key)
_WAITING = sa.literal_column("outbox.ended_at") == sa.literal_column("''")  # as the partial index says it


def keys_wanted(batch: Iterable[Submission]) -> tuple[set[str], set[str]]:
    """Keys of telegrams and of list answers that a batch names."""
    telegrams, answers = set(), set()
    for submission in batch:
        for transaction in submission.transactions:
            if isinstance(transaction, TelegramQueued):
                telegrams.add(transaction.key)
                if transaction.answers:
                    answers.add(transaction.answers)
            elif isinstance(transaction, TelegramAttempted | TelegramSent | TelegramFailed):
                telegrams.add(transaction.key)
            elif isinstance(transaction, ListReceived) and submission.wants_answer:
                answers.add(answer_key(transaction, submission.digest.hex()))
    return telegrams, answers


def load_outbox(connection: sa.Connection, world: World, batch: Iterable[Submission]) -> None:
    telegrams, answers = keys_wanted(batch)
    for row in _TELEGRAMS(connection, telegrams):
        world.telegrams[row.key] = Telegram(**row._mapping)
    world.stored_telegrams = set(world.telegrams)
    for row in _ANSWERS(connection, answers):
        world.answers[row.key] = row.state


def write_outbox(connection: sa.Connection, world: World) -> None:
    changed = sorted(world.changed_telegrams)
    new = [row_of(world.telegrams[key]) for key in changed if key not in world.stored_telegrams]
    insert_all(connection, tables.outbox, new)
    known = [row_of(world.telegrams[key]) for key in changed if key in world.stored_telegrams]
    upsert_all(connection, tables.outbox, known)
    answers = [
        {
            "key": key,
            "lane": world.chain.lane,
            "journal_id": journal_id,
            # Queued in the very batch that made it due, as in a replay.
            "state": world.answers[key],
            "data": write_answer(answer) if world.answers[key] == "due" else "",
        }
        for key, (answer, journal_id) in sorted(world.due_answers.items())
    ]
    answers += [
        {"key": key, "lane": world.chain.lane, "journal_id": journal_id, "state": "queued", "data": ""}
        for key, journal_id in sorted(world.unasked_answers.items())
    ]
    insert_all(connection, tables.list_answer, answers)
    ended = world.ended_answers - world.due_answers.keys()
    if ended:
        table = tables.list_answer
        statement = sa.update(table).where(among(connection, table.c.key)).values(state="queued", data="")
        connection.execute(statement, {"keys": keys_of(connection, ended)})


def check_outbox(connection: sa.Connection, lane: str, answers_after: tuple[int, str]) -> OutboxAnswer:
    """What the process of this lane has to send; answers that are due only behind this journal row and key."""
    table, answer = tables.outbox, tables.list_answer
    ours = sa.and_(_WAITING, table.c.lane == lane)
    counted = connection.execute(
        sa.select(table.c.link, sa.func.min(table.c.id).label("first"), sa.func.count().label("waiting"))
        .where(ours)
        .group_by(table.c.link)
        .order_by(table.c.link)
    ).all()
    firsts = [row.first for row in counted]
    heads = connection.execute(sa.select(table).where(ours, table.c.id.in_(firsts))).all() if firsts else []
    due = connection.execute(
        sa.select(answer)
        .where(
            answer.c.state == "due",
            answer.c.lane == lane,
            sa.tuple_(answer.c.journal_id, answer.c.key) > answers_after,
        )
        .order_by(answer.c.journal_id, answer.c.key)
        .limit(DUE_ANSWERS_MAX)
    ).all()
    last = (due[-1].journal_id, due[-1].key) if len(due) == DUE_ANSWERS_MAX else (0, "")
    return OutboxAnswer(
        tuple(_head(row) for row in sorted(heads, key=lambda row: row.link)),
        tuple((row.link, row.waiting) for row in counted),
        tuple(read_answer(row.key, row.data) for row in due),
        last,
    )


def _head(row: sa.Row[Any]) -> WaitingTelegram:
    return WaitingTelegram(
        row.link,
        row.key,
        row.text,
        TelegramState(row.state),
        row.attempts,
        datetime.fromisoformat(row.queued_at),
        datetime.fromisoformat(row.due_at),
    )


def report(connection: sa.Connection) -> dict[str, Any]:
    """{"outbox": {link: {state: n, "oldest_queued_at": ISO text of the oldest that waits, "" for none}},
    "answers_due": n}."""
    table, answer = tables.outbox, tables.list_answer
    found: dict[str, dict[str, Any]] = {}
    statement = (
        sa.select(table.c.link, table.c.state, sa.func.count(), sa.func.min(table.c.queued_at))
        .group_by(table.c.link, table.c.state)
        .order_by(table.c.link, table.c.state)
    )
    for link, state, number, oldest in connection.execute(statement):
        counts = found.setdefault(link, {"oldest_queued_at": ""})
        counts[state] = number
        if state in (TelegramState.QUEUED, TelegramState.SENDING):
            counts["oldest_queued_at"] = min(counts["oldest_queued_at"] or oldest, oldest)
    due = sa.select(sa.func.count()).select_from(answer).where(answer.c.state == "due")
    return {"outbox": found, "answers_due": connection.execute(due).scalar_one()}
