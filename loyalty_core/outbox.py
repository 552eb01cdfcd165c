"""Deciding what becomes of telegrams on their way out: pure, in journal order."""

from dataclasses import replace
from typing import TYPE_CHECKING

from . import keys
from .entities import Telegram
from .telegrams import (
    TelegramAttempted,
    TelegramFailed,
    TelegramOutcome,
    TelegramQueued,
    TelegramSent,
    TelegramState,
)
from .world import World

if TYPE_CHECKING:
    from .context import Context

OPEN = (TelegramState.QUEUED, TelegramState.SENDING)
"""States of telegrams that have not ended."""


def queue(world: World, message: TelegramQueued, context: "Context") -> TelegramOutcome:
    """A telegram enters the outbox of this writer's lane, behind those that are there."""
    if message.answers:
        world.end_answer(message.answers, context.journal_id)
    known = world.telegrams.get(message.key)
    if known is not None:
        # What has ended has no text here any more; its key names the same one.
        same = known.link == message.link and known.text in (message.text, "")
        return _outcome(known, accepted=same)
    now = keys.order_of(context.received_at)
    telegram = Telegram(
        id=world.ids.take("outbox"),
        key=message.key,
        lane=world.chain.lane,
        link=message.link,
        text=message.text,
        state=TelegramState.QUEUED,
        attempts=0,
        perhaps_sent=0,
        queued_at=now,
        due_at=now,
        ended_at="",
        reason="",
        journal_id=context.journal_id,
    )
    world.put_telegram(telegram)
    return _outcome(telegram)


def attempt(world: World, message: TelegramAttempted, context: "Context") -> TelegramOutcome:
    """The next attempt begins; one that is still open may have reached the other side."""
    known = world.telegrams.get(message.key)
    if known is None or known.state not in OPEN or message.attempt != known.attempts + 1:
        return _outcome(known, message.key, accepted=False)
    unknown_end = known.state == TelegramState.SENDING
    return _changed(
        world,
        replace(
            known,
            state=TelegramState.SENDING,
            attempts=message.attempt,
            perhaps_sent=int(bool(known.perhaps_sent) or unknown_end),
        ),
    )


def sent(world: World, message: TelegramSent, context: "Context") -> TelegramOutcome:
    """The telegram has arrived. An earlier attempt whose end is heard of late has brought it there just as well."""
    known = world.telegrams.get(message.key)
    if known is None or known.state not in OPEN or not 1 <= message.attempt <= known.attempts:
        return _outcome(known, message.key, accepted=False)
    return _ended(world, replace(known, state=TelegramState.SENT, reason=""), context)


def fail(world: World, message: TelegramFailed, context: "Context") -> TelegramOutcome:
    """An attempt has failed: the telegram waits for the next one, or is given up."""
    known = world.telegrams.get(message.key)
    fits = (
        known is not None
        and known.attempts == message.attempt
        and (known.state == TelegramState.SENDING or (known.state in OPEN and message.due_at is None))
    )
    if known is None or not fits:
        return _outcome(known, message.key, accepted=False)
    changed = replace(
        known, reason=message.reason, perhaps_sent=int(known.perhaps_sent or message.perhaps_sent)
    )
    if message.due_at is None:
        return _ended(world, replace(changed, state=TelegramState.FAILED), context)
    due_at = keys.order_of(message.due_at)
    return _changed(world, replace(changed, state=TelegramState.QUEUED, due_at=due_at))


def _ended(world: World, telegram: Telegram, context: "Context") -> TelegramOutcome:
    """Its text is in the journal; a second copy of what may name people is kept no longer than it is needed."""
    return _changed(world, replace(telegram, text="", ended_at=keys.order_of(context.received_at)))


def _changed(world: World, telegram: Telegram) -> TelegramOutcome:
    world.put_telegram(telegram)
    return _outcome(telegram)


def _outcome(telegram: Telegram | None, key: str = "", *, accepted: bool = True) -> TelegramOutcome:
    if telegram is None:
        return TelegramOutcome(key, TelegramState.NONE, accepted=False)
    return TelegramOutcome(
        telegram.key,
        TelegramState(telegram.state),
        accepted,
        telegram.attempts,
        bool(telegram.perhaps_sent),
    )
