"""The way out for telegrams over HTTP: each is one POST, and the answer says whether the other side has kept it.

What is sent and wanted is what ``typeb_http`` takes and gives, so that two of us can talk to each other.

Life of a telegram: 1. a connection is taken up again, or opened within ``connect_seconds``; over TLS the request waits
until the other side has shown a certificate that holds for its name; 2. POST with the telegram as body, byte for byte;
3. within ``send_seconds`` after that, connection and answer together, the answer:

====================  ===============================================================================
200 and ``true``      kept: sent
200 and anything else not what was agreed: once more, marked (PDM)
400, 413, 414, 415,   this telegram is not wanted, and would not be the next time: failed for good
422
other 4xx             not this telegram but the way to the other side is wrong (path, permission, pace): once more
5xx, others, none     perhaps kept: a 503 may come from something in between that had passed the telegram on. Once more,
                      marked
====================  ===============================================================================

As long as the body was not given to a connection, nothing of the telegram has left, whatever else went wrong. One
telegram is under way at a time, and one connection is kept for the next. After anything but success it is closed, so
that no late answer can be taken for another telegram's. Redirections are not followed.
"""

import logging
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IConsumer, IStreamClientEndpoint
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer

from .http_pool import AnswerBody, HttpPool
from .outward import NotSent

_log = logging.getLogger("ffgate.link")

KEPT = b"true"
"""The answer of somebody who has kept a telegram."""
_UNWANTED = frozenset({400, 413, 414, 415, 422})


@implementer(IBodyProducer)
class _Body:
    """A telegram on its way; ``is_given`` once a connection has it."""

    def __init__(self, telegram: bytes) -> None:
        self.length = len(telegram)
        self.is_given = False
        self._telegram = telegram

    def startProducing(self, consumer: IConsumer) -> "Deferred[None]":
        self.is_given = True
        consumer.write(self._telegram)
        return succeed(None)

    def pauseProducing(self) -> None:
        """It is one piece."""

    def resumeProducing(self) -> None:
        """It is one piece."""

    def stopProducing(self) -> None:
        """It is one piece."""


class TelegramPost:
    """Posts telegrams to one URL; a link by itself where none come in.

    ``seconds`` are those of one telegram, connecting included; ``charset`` is told to the other side.
    """

    def __init__(
        self,
        name: str,
        clock: Any,
        endpoint: IStreamClientEndpoint,
        url: str,
        *,
        charset: str,
        seconds: float,
        telegram_bytes_max: int,
        count: Callable[[str], None] = lambda event: None,
    ) -> None:
        self.name = name
        self.url = url
        self.charset = charset
        self.seconds = seconds
        self.telegram_bytes_max = telegram_bytes_max
        self._clock = clock
        self._count = count
        self._pool = HttpPool(clock)
        self._agent = self._pool.agent(endpoint)
        self._under_way: Deferred[None] | None = None
        self._is_stopping = False

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Fires once the other side says that it has kept the telegram; fails with NotSent."""
        if self._is_stopping:
            return fail(NotSent("stopped", "the link takes no telegrams", perhaps_sent=False))
        if self._under_way is not None:
            return fail(NotSent("not_taken", "another telegram is under way", perhaps_sent=False))
        if not 0 < len(telegram) <= self.telegram_bytes_max:
            text = f"{len(telegram)} bytes: 1 to {self.telegram_bytes_max} can be sent"
            return fail(NotSent("length_wrong", text, perhaps_sent=False, is_final=True))
        self._count("telegram_out")
        body = _Body(telegram)
        headers = Headers({b"Content-Type": [f"text/plain; charset={self.charset}".encode("ascii")]})
        sent: Deferred[Any] = self._agent.request(b"POST", self.url.encode("ascii"), headers, body)
        self._under_way = sent
        sent.addCallback(self._read)
        sent.addTimeout(self.seconds, self._clock, onTimeoutCancel=_time_is_over)
        sent.addErrback(self._failed, body)
        sent.addBoth(self._ended)
        return sent

    def start(self) -> None:
        """A connection is opened when there is something to send."""

    def pause(self) -> None:
        """Nothing comes in that could be held."""

    def resume(self) -> None:
        """Nothing is held."""

    def stop(self) -> "Deferred[None]":
        """Gives up what is under way, and closes the connection; the other side's consent is not waited for."""
        self._is_stopping = True
        if self._under_way is not None:
            self._under_way.cancel()
        self._pool.abort()
        return succeed(None)

    def _read(self, response: Any) -> "Deferred[None]":
        if response.code != 200:
            raise _refused(response.code)
        answer = AnswerBody()
        response.deliverBody(answer)
        return answer.whole.addCallback(_check)

    def _failed(self, failure: Failure, body: _Body) -> None:
        """Says what went wrong by the words of a link."""
        error = failure.value
        if isinstance(error, NotSent):
            raise error
        if not body.is_given:
            _log.warning("%s: not connected: %s", self.name, failure.getErrorMessage())
            raise NotSent("unreachable", "nobody took the telegram", perhaps_sent=False)
        if isinstance(error, DeferredTimeout):
            raise NotSent("no_answer", f"no answer within {self.seconds:g} seconds")
        if _is_cancelled(error):
            raise NotSent("stopped", "given up before the answer came")
        if isinstance(error, ResponseNeverReceived):
            raise NotSent("disconnected", "the connection ended before the answer")
        raise NotSent("answer_unusable", "the answer is too long, broken or cut off")

    def _ended(self, result: Any) -> Any:
        self._under_way = None
        if isinstance(result, Failure):
            self._count("undelivered")
            self._pool.abort()
        else:
            self._count("delivered")
        return result


def _time_is_over(_result: Any, seconds: float) -> None:
    raise DeferredTimeout(seconds)


def _is_cancelled(error: BaseException | None) -> bool:
    """Whether we gave up ourselves; Twisted's client wraps that."""
    causes = [one.value for one in error.reasons] if isinstance(error, ResponseFailed) else [error]
    return any(isinstance(cause, CancelledError) for cause in causes)


def _check(body: bytes) -> None:
    if body.strip() != KEPT:
        raise NotSent("answer_unknown", "the answer does not say that the telegram is kept")


def _refused(code: int) -> NotSent:
    # The number comes from outside: what is none of HTTP's is not repeated in our words.
    word = f"status_{code}" if 100 <= code <= 599 else "answer_unusable"
    return NotSent(
        word,
        f"answered with status {code}",
        perhaps_sent=not 400 <= code <= 499,
        is_final=code in _UNWANTED,
    )
