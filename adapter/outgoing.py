"""What the settings make of sending: the service with its links, the answers to lists, and telegrams handed over."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from twisted.internet.defer import Deferred, succeed

from adapter.answering import ORIGINATOR, AnswerForm, Codes, compose
from adapter.config import Config
from adapter.due_answers import Count
from adapter.gate import Gate
from adapter.links import BuiltLink
from adapter.net.outward import Outward
from adapter.outbox import TELEGRAMS_AT_ONCE_MAX, problems_of, queueing, sent_by_hand
from adapter.patience import Patience
from adapter.sending import Sending, Way
from loyalty_core import ListAnswer, Result, State, TelegramOutcome, TelegramQueued

ORDER = "telegrams"
"""Name of the order by which a command hands telegrams over to a running server."""
CODES = "ffp_codes"


def now() -> datetime:
    """The wall clock; it goes into the core only as the time of receipt of our own messages."""
    return datetime.fromtimestamp(time.time(), UTC)


def patience_of(config: Config) -> Patience:
    """When to try again, by the settings."""
    given = config.sending
    return Patience(
        given.first_retry_seconds,
        given.retry_factor,
        given.retry_seconds_max,
        given.give_up_seconds,
        given.answer_seconds,
        given.poll_seconds,
    )


def build_sending(
    config: Config, gate: Gate, links: Sequence[BuiltLink], codes: Codes, reactor: Any, count: Count
) -> Sending:
    """The service for all links by which telegrams can leave."""
    outward = {name: one for built in links for name, one in built.outward.items()}
    ways = {}
    for name, sender in config.senders.items():
        assert isinstance(outward[name], Outward), f"{name} can't send"
        ways[name] = Way(outward[name], sender.encoding, sender.seconds_max)
    return Sending(
        gate,
        ways,
        reactor,
        now,
        compose=composer(config, codes),
        patience=patience_of(config),
        queue_max=config.sending.queue_max,
        count=count,
    )


def composer(config: Config, codes: Codes) -> Callable[[ListAnswer], Sequence[TelegramQueued] | None]:
    """Writes the answer to a list as its link's settings say; None where that link answers no lists (any more)."""
    forms = {name: answer_form(config, name) for name in config.answers}

    def write(answer: ListAnswer) -> Sequence[TelegramQueued] | None:
        form = forms.get(answer.link)
        return compose(answer, form, codes) if form is not None else None

    return write


def answer_form(config: Config, link: str) -> AnswerForm:
    """How lists that come by this link are answered."""
    given = config.answers[link]
    way = given.link or link
    to = () if given.to == ORIGINATOR else tuple(given.to)
    return AnswerForm(to, given.origin, way, config.senders[way].encoding, given.priority or "")


def taker(
    config: Config, gate: Gate, sending: Sending, clock: Callable[[], datetime] = now
) -> Callable[[bytes], "Deferred[tuple[int, Any]]"]:
    """The order that queues telegrams: ``{"link": NAME, "telegrams": [TEXT, ...]}``."""

    def take(body: bytes) -> "Deferred[tuple[int, Any]]":
        try:
            asked = read_order(config, body)
        except ValueError as error:
            return succeed((400, {"error": str(error)}))
        if not sending.has_room(asked[0].link, len(asked)):
            return succeed((503, {"error": f"too many telegrams wait for link {asked[0].link} already"}))
        answered: Deferred[tuple[int, Any]] = Deferred()

        def decided(value: Result | Exception) -> None:
            if isinstance(value, Exception):
                answered.callback((503, {"error": "nothing was queued: the database can't be used now"}))
                return
            sending.wake()
            answered.callback((200, report_of(asked, value)))

        gate.submit(queueing(asked, clock()), decided)
        return answered

    return take


def read_order(config: Config, body: bytes) -> tuple[TelegramQueued, ...]:
    """The telegrams of an order. Raises ValueError with a sentence for whoever gave it."""
    try:
        order = json.loads(body)
    except ValueError:
        raise ValueError("the order is not JSON") from None
    link, texts = (order.get("link"), order.get("telegrams")) if isinstance(order, Mapping) else (None, None)
    if (
        not isinstance(link, str)
        or not isinstance(texts, list)
        or not all(isinstance(one, str) for one in texts)
    ):
        raise ValueError("an order has a link and a list of telegrams")
    if not 1 <= len(texts) <= TELEGRAMS_AT_ONCE_MAX:
        raise ValueError(f"an order has 1 to {TELEGRAMS_AT_ONCE_MAX} telegrams")
    if link not in config.senders:
        raise ValueError(f"there is no link {link!r} by which telegrams can leave")
    for number, text in enumerate(texts, 1):
        for problem in problems_of(text, config.senders[link].encoding):
            raise ValueError(f"telegram {number}, line {problem.line}: {problem.text}")
    return sent_by_hand(link, texts)


def report_of(asked: Sequence[TelegramQueued], result: Result) -> dict[str, Any]:
    """What became of telegrams handed over; ``repeated``: they were handed over before, and nothing was queued."""
    outcomes = [one for one in result.outcomes if isinstance(one, TelegramOutcome)]
    queued = result.state is State.APPLIED and all(one.accepted for one in outcomes)
    return {
        "link": asked[0].link,
        "queued": queued,
        "repeated": result.repeated,
        "journal_id": result.journal_id,
        "telegrams": [{"key": one.key} for one in asked],
    }
