"""Handing a message over, for links that hold on to it until it is kept."""

import logging
from collections.abc import Callable

from adapter.envelope import Envelope, Handle, Reply

_log = logging.getLogger("ffgate.link")


def hand_over(
    handle: Handle, envelope: Envelope, done: Callable[[Reply], None], count: Callable[[str], None]
) -> None:
    """Hand over, and have ``done`` called exactly once: a handler that fails has kept nothing, unless it has answered
    before.
    """
    is_answered = False

    def answered(reply: Reply) -> None:
        nonlocal is_answered
        if not is_answered:
            is_answered = True
            done(reply)

    try:
        handle(envelope, answered)
    except Exception:
        _log.exception("%s: %s could not be handed over", envelope.link, envelope.id)
        count("handle_failed")
        answered(Reply(not_processed=True))
