"""When to send a telegram again, and what a failed attempt means."""

from dataclasses import dataclass
from datetime import timedelta

from twisted.internet.defer import CancelledError
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.error import ConnectError, ConnectionClosed
from twisted.python.failure import Failure

from adapter.net.outward import NotSent


@dataclass(frozen=True, slots=True)
class Patience:
    """When to try again and when to stop. The n-th failure waits ``first_retry_seconds * retry_factor ** (n - 1)``, at
    most ``retry_seconds_max``; ``give_up_seconds`` after it was queued a telegram has failed for good."""

    first_retry_seconds: float = 5.0
    retry_factor: float = 2.0
    retry_seconds_max: float = 300.0
    give_up_seconds: float = 86_400.0
    answer_seconds: float = 60.0
    """How long the other side may take to take a telegram."""
    poll_seconds: float = 5.0
    """How often to look for what another process has queued, or what the database refused to take."""

    def wait_after(self, attempts: int) -> timedelta:
        """How long to wait after so many failed attempts."""
        seconds = self.first_retry_seconds
        for _ in range(attempts - 1):
            if seconds >= self.retry_seconds_max:
                break
            seconds *= self.retry_factor
        return timedelta(seconds=min(seconds, self.retry_seconds_max))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an attempt failed, as a word of ours. ``perhaps_sent``: the other side may have the telegram all the same;
    ``is_final``: sending it again can't help."""

    reason: str
    perhaps_sent: bool = True
    is_final: bool = False


def judged(failure: Failure) -> Verdict:
    """What a failed ``Outward.send`` means; whatever says nothing else leaves it unclear whether it arrived."""
    error = failure.value
    if isinstance(error, NotSent):
        return Verdict(error.code, error.perhaps_sent, error.is_final)
    if isinstance(error, DeferredTimeout):
        return Verdict("no_answer")
    if isinstance(error, CancelledError):
        return Verdict("stopped")
    if isinstance(error, ValueError):
        return Verdict("unsendable", perhaps_sent=False, is_final=True)
    if isinstance(error, ConnectError):
        return Verdict("unreachable", perhaps_sent=False)
    if isinstance(error, ConnectionError | ConnectionClosed):
        return Verdict("disconnected")
    return Verdict("failed")
