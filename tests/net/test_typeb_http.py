"""Telegrams by POST: ``true`` once kept, and nothing that could be taken for it otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.task import Clock

from adapter.envelope import Envelope, Reply
from adapter.net.limits import HttpLimits
from adapter.net.typeb_http import TypebHttpLink
from tests.fakes import NOW
from tests.net.test_http import Rig as XmlRig
from tests.net.test_http import headers, request, status

FTL = "MOWFFXY\n.DMEDCXY 201206\nFTL\nЮТ418/20AUG ДМД PART1\nNIL\nENDFTL\n".encode("cp866")
HEAD = b"POST /typeb HTTP/1.1"


class Rig(XmlRig):
    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.counted: list[str] = []
        self.arrived: list[tuple[Envelope, Callable[[Reply], None]]] = []
        self.link = TypebHttpLink(
            "posts",
            lambda envelope, done: self.arrived.append((envelope, done)),
            self.clock,
            path="/typeb",
            limits=HttpLimits(**limits),
            count=self.counted.append,
            now=lambda: NOW,
            encoding="cp866",
        )


def test_a_telegram_is_answered_true_once_it_is_kept() -> None:
    rig = Rig()
    _, socket = rig.send(request(FTL, HEAD))
    [(envelope, done)] = rig.arrived
    assert envelope == Envelope("posts", "typeb", "1", FTL, NOW, "cp866")
    assert socket.value() == b""
    done(Reply(kept=True))
    assert status(socket) == 200
    assert headers(socket)[b"Content-Type"].startswith(b"text/plain")
    assert socket.value().endswith(b"\r\n\r\ntrue")


def test_quarantined_is_kept_too() -> None:
    rig = Rig()
    _, socket = rig.send(request(FTL, HEAD))
    rig.arrived[0][1](Reply(kept=True, quarantined=True))
    assert socket.value().endswith(b"\r\n\r\ntrue")


def test_what_is_not_kept_is_asked_for_again() -> None:
    rig = Rig()
    _, socket = rig.send(request(FTL, HEAD))
    rig.arrived[0][1](Reply(not_processed=True))
    assert status(socket) == 503
    assert headers(socket)[b"Retry-After"] == b"1"
    assert b"true" not in socket.value()


@pytest.mark.parametrize(
    ("body", "head", "code"),
    [
        (b"", HEAD, 400),
        (b" \r\n\r\n", HEAD, 400),
        (FTL, b"POST /astra HTTP/1.1", 404),
        (FTL, b"PUT /typeb HTTP/1.1", 405),
        (FTL * 100, HEAD, 413),
    ],
)
def test_refusals(body: bytes, head: bytes, code: int) -> None:
    rig = Rig(body_bytes_max=1000)
    _, socket = rig.send(request(body, head))
    assert status(socket) == code
    assert b"true" not in socket.value()
    assert rig.arrived == []


def test_no_answer_in_time_is_no_success() -> None:
    rig = Rig(answer_seconds=10.0)
    _, socket = rig.send(request(FTL, HEAD))
    rig.clock.advance(10)
    assert status(socket) == 504
    rig.arrived[0][1](Reply(kept=True))
    assert b"true" not in socket.value()
    assert "answer_unsent" in rig.counted
