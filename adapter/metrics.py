"""What is counted and measured, under fixed names that dashboards and alarms may rely on.

All in one registry of our own. Label values come from the settings and from our own fixed words, never from a message:
a host must not be able to make series.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = [
    "CONTENT_TYPE",
    "REGISTRY",
    "batch",
    "exposition",
    "in_flight",
    "link_event",
    "message",
    "outbox",
    "problem",
    "queue_depth",
]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
REGISTRY = CollectorRegistry(auto_describe=True)

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

_messages = Counter(
    "ffgate_messages",
    "Messages that ended, by what became of them.",
    ("link", "kind", "state"),
    registry=REGISTRY,
)
_stages = Histogram(
    "ffgate_message_seconds",
    "Time that messages took in each stage (receive, gate, reply).",
    ("link", "stage"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
_events = Counter(
    "ffgate_link_events",
    "Events of links: connected, received, answered, refused_…",
    ("link", "event"),
    registry=REGISTRY,
)
_problems = Counter(
    "ffgate_problems", "Problems found in messages, by code.", ("link", "code"), registry=REGISTRY
)
_given_up = Counter(
    "ffgate_part_sets_given_up",
    "Telegrams of which some parts never came; what came of them is in quarantine.",
    ("link",),
    registry=REGISTRY,
)
_batch_sizes = Histogram(
    "ffgate_batch_size", "Messages or questions per batch.", ("lane",), buckets=_SIZES, registry=REGISTRY
)
_batch_seconds = Histogram(
    "ffgate_batch_seconds",
    "Time from handing a batch over to its commit.",
    ("lane",),
    buckets=_SECONDS,
    registry=REGISTRY,
)
_queue_depth = Gauge(
    "ffgate_queue_depth", "Messages or questions waiting at the gate.", ("lane",), registry=REGISTRY
)
_outbox_waiting = Gauge(
    "ffgate_outbox_waiting", "Telegrams waiting to be sent.", ("link",), registry=REGISTRY
)
_outbox_age = Gauge(
    "ffgate_outbox_oldest_seconds", "How long the oldest of them waits.", ("link",), registry=REGISTRY
)
_in_flight = Gauge("ffgate_in_flight", "Messages taken in and not yet ended.", registry=REGISTRY)


def message(
    link: str, kind: str, state: str, receive_seconds: float, gate_seconds: float, reply_seconds: float
) -> None:
    """A message has ended. ``kind`` is a kind of the catalogue; anything else has to come as ""."""
    _messages.labels(link, kind or "unknown", state).inc()
    _stages.labels(link, "receive").observe(receive_seconds)
    _stages.labels(link, "gate").observe(gate_seconds)
    _stages.labels(link, "reply").observe(reply_seconds)


def link_event(link: str, event: str) -> None:
    """Something happened on a link; ``event`` is one of the links' own words."""
    _events.labels(link, event).inc()


def problem(link: str, code: str) -> None:
    """A message had a problem with this code."""
    _problems.labels(link, code).inc()


def part_set_given_up(link: str) -> None:
    """A telegram stayed incomplete."""
    _given_up.labels(link).inc()


def batch(lane: str, size: int, seconds: float) -> None:
    """A batch has come back; ``lane`` is ``write`` or ``read``."""
    _batch_sizes.labels(lane).observe(size)
    _batch_seconds.labels(lane).observe(seconds)


def queue_depth(lane: str, read: Callable[[], float]) -> None:
    """Ask this function for the depth of a queue whenever somebody looks."""
    _queue_depth.labels(lane).set_function(read)


def in_flight(read: Callable[[], float]) -> None:
    """Ask this function for the number of messages under way whenever somebody looks."""
    _in_flight.set_function(read)


def outbox(link: str, waiting: Callable[[], float], oldest_seconds: Callable[[], float]) -> None:
    """Ask these functions for a link's queue of telegrams whenever somebody looks."""
    _outbox_waiting.labels(link).set_function(waiting)
    _outbox_age.labels(link).set_function(oldest_seconds)


def exposition() -> bytes:
    """All figures in Prometheus' text form."""
    return generate_latest(REGISTRY)
