"""Logs: one line of JSON an event, allowed fields only, nothing personal, nothing forged."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes during a test; the logging of the session is put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("ffgate")
    before = (list(root.handlers), root.level, ours.level)
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], root.level, ours.level = before[0], before[1], before[2]
    logging.Logger.manager._clear_cache()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_message_is_one_line_with_the_time_of_each_stage(stream: io.StringIO) -> None:
    logs.log_message(
        link="dcs",
        kind="ffp_info",
        state="answered",
        receive_seconds=0.0012345,
        gate_seconds=0.5,
        reply_seconds=0,
        journal_id=7,
        body="<query/>",
    )
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "ffgate.message",
        "text": "ffp_info answered",
        "link": "dcs",
        "kind": "ffp_info",
        "state": "answered",
        "receive_ms": 1.234,
        "gate_ms": 500.0,
        "reply_ms": 0,
        "journal_id": 7,
    }


def test_fields_that_are_not_allowed_are_left_out(stream: io.StringIO) -> None:
    logging.getLogger("ffgate.x").info("text", extra={"link": "dcs", "surname": "IVANOV", "raw": b"<query/>"})
    (line,) = lines(stream)
    assert set(line) == {"time", "level", "logger", "text", "link"}


def test_a_card_field_keeps_four_digits(stream: io.StringIO) -> None:
    logging.getLogger("ffgate.x").info("text", extra={"card": 1010000000012, "peer": "10.1.2.3"})
    assert lines(stream)[0]["card"] == "…0012"
    assert lines(stream)[0]["peer"] == "10.1.2.3"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("card 1010000000012 unknown", "card …0012 unknown"),
        ("ticket 298-6145372512", "ticket …2512"),
        ("card 1010 0000 0001 2", "card …0012"),
        ("passport 45 06 123456", "passport …3456"),
        ("FQTV UT1000123456", "FQTV …3456"),
        ("AB1234567", "…4567"),
        ("call +7 912 345-67-89 now", "call +…6789 now"),
        ("write to ivan.ivanov@example.net", "write to …@…"),
        ('<passenger surname="IVANOV" name="IVAN"/>', "<passenger surname=… name=…/>"),
        ("1IVANOV/IVANMR not read", "1…/… not read"),
        ("ИВАНОВ/ИВАН", "…/…"),
        # what an operator needs stays
        ("UT280 2026-08-20 DME", "UT280 2026-08-20 DME"),
        ("listening on 127.0.0.1:34321", "listening on 127.0.0.1:34321"),
        ("journal row 123456", "journal row 123456"),
        ("var/spool/dcs", "var/spool/dcs"),
        ("TCP/IP", "TCP/IP"),
    ],
)
def test_numbers_and_names_are_masked(stream: io.StringIO, text: str, safe: str) -> None:
    logging.getLogger("ffgate.x").info(text)
    assert lines(stream)[0]["text"] == safe


def test_control_characters_cannot_forge_a_line(stream: io.StringIO) -> None:
    logging.getLogger("ffgate.x").warning('a\n{"level":"info"}\r\x1b[2J\u2028\u202e')
    assert len(stream.getvalue().splitlines()) == 1
    assert lines(stream)[0]["text"] == 'a\\n{"level":"info"}\\r\\x1b[2J\\u2028\\u202e'


def test_long_texts_are_cut(stream: io.StringIO) -> None:
    logging.getLogger("ffgate.x").warning("x" * 100_000)
    assert len(lines(stream)[0]["text"]) == logs.CHARACTERS_MAX + 1


def test_exceptions_keep_their_places_and_lose_what_is_personal(stream: io.StringIO) -> None:
    try:
        try:
            raise ValueError('bad surname="IVANOV"\n  card 1010000000012')
        except ValueError as error:
            raise RuntimeError("could not") from error
    except RuntimeError:
        logging.getLogger("ffgate.x").exception("failed")
    told = lines(stream)[0]["exception"]
    assert told[0] == "RuntimeError: could not"
    assert "test_logs.py" in told[1]
    assert told[2] == "ValueError: bad surname=…\\n  card …0012"
    assert "IVANOV" not in stream.getvalue()
    assert "1010000000012" not in stream.getvalue()


def test_levels_and_other_libraries(stream: io.StringIO) -> None:
    logging.getLogger("ffgate.x").debug("too fine")
    logging.getLogger("library").info("about itself")
    logging.getLogger("library").warning("mind")
    assert [line["text"] for line in lines(stream)] == ["mind"]


def test_a_second_configuration_replaces_the_first(stream: io.StringIO, tmp_path: Path) -> None:
    handler = logs.configure("debug", file=tmp_path / "log")
    logging.getLogger("ffgate.x").debug("only there")
    handler.close()
    assert stream.getvalue() == ""
    assert json.loads((tmp_path / "log").read_text("utf-8"))["text"] == "only there"


def test_twisted_events_come_through(stream: io.StringIO) -> None:
    from twisted.logger import Logger

    logs.configure("info", stream)
    Logger("some.protocol").warn("connection of {peer} lost", peer="10.1.2.3")
    assert lines(stream)[-1]["text"] == "connection of 10.1.2.3 lost"
