"""Metrics: the names that dashboards rely on, and that each function moves its figure."""

from adapter import metrics


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_message_is_counted_and_timed() -> None:
    labels = {"link": "metrics-test", "kind": "ffp_info", "state": "answered"}
    before = value("ffgate_messages_total", **labels)
    metrics.message("metrics-test", "ffp_info", "answered", 0.001, 0.02, 0.003)
    assert value("ffgate_messages_total", **labels) == before + 1
    assert value("ffgate_message_seconds_sum", link="metrics-test", stage="gate") >= 0.02
    metrics.message("metrics-test", "", "quarantined", 0, 0, 0)
    assert value("ffgate_messages_total", link="metrics-test", kind="unknown", state="quarantined") >= 1


def test_link_events_problems_and_batches_are_counted() -> None:
    metrics.link_event("metrics-test", "refused_magic")
    metrics.problem("metrics-test", "xml_syntax")
    metrics.batch("write", 17, 0.004)
    assert value("ffgate_link_events_total", link="metrics-test", event="refused_magic") >= 1
    assert value("ffgate_problems_total", link="metrics-test", code="xml_syntax") >= 1
    assert value("ffgate_batch_size_sum", lane="write") >= 17
    assert value("ffgate_batch_seconds_count", lane="write") >= 1


def test_gauges_are_read_when_somebody_looks() -> None:
    waiting = [3.0]
    metrics.queue_depth("write", lambda: waiting[0])
    metrics.in_flight(lambda: 5)
    waiting[0] = 4.0
    assert value("ffgate_queue_depth", lane="write") == 4
    assert value("ffgate_in_flight") == 5


def test_the_exposition_has_every_promised_name() -> None:
    metrics.queue_depth("read", lambda: 0)
    metrics.outbox("test", lambda: 2, lambda: 7.5)
    assert value("ffgate_outbox_waiting", link="test") == 2
    assert value("ffgate_outbox_oldest_seconds", link="test") == 7.5
    text = metrics.exposition().decode()
    for name in (
        "ffgate_messages_total",
        "ffgate_message_seconds",
        "ffgate_link_events_total",
        "ffgate_problems_total",
        "ffgate_part_sets_given_up_total",
        "ffgate_batch_size",
        "ffgate_batch_seconds",
        "ffgate_queue_depth",
        "ffgate_in_flight",
        "ffgate_outbox_waiting",
        "ffgate_outbox_oldest_seconds",
    ):
        assert f"# HELP {name} " in text, name
