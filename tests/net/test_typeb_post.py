"""Telegrams posted: what the answers mean, when it is certain that nothing has left, and what is bounded."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost, DNSLookupError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from adapter.envelope import Envelope, Reply
from adapter.net.http_pool import ANSWER_BYTES_MAX, KEPT_SECONDS
from adapter.net.limits import HttpLimits
from adapter.net.outward import NotSent, Outward
from adapter.net.typeb_http import TypebHttpLink
from adapter.net.typeb_post import TelegramPost
from tests.fakes import NOW

TELEGRAM = "MOWRMXY\r\n.MOWFFXY 201206\r\nFQA\r\nЮТ418/20АВГ\r\nENDFQA\r\n".encode("cp866")
KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"


class Socket(StringTransport):
    """A transport that tells its protocol of the end, as real ones do: a moment later."""

    protocol: Any = None
    clock: Any = None

    def abortConnection(self) -> None:
        self.clock.callLater(0, self.end, ConnectionDone())

    def loseConnection(self) -> None:
        self.abortConnection()

    def end(self, why: Exception) -> None:
        if not self.disconnected:
            self.disconnected = True
            self.protocol.connectionLost(Failure(why))


@implementer(IStreamClientEndpoint)
class Rig:
    """The link, and the other side as the test plays it."""

    def __init__(self, **changed: Any) -> None:
        self.clock = Clock()
        self.counted: list[str] = []
        self.sockets: list[Socket] = []
        self.refusal: Exception | None = None
        self.hangs = False
        self.outcomes: list[Any] = []
        given: dict[str, Any] = {"charset": "IBM866", "seconds": 40.0, "telegram_bytes_max": 1000}
        self.link = TelegramPost(
            "posts",
            self.clock,
            self,
            "https://dcs.example:8443/typeb",
            count=self.counted.append,
            **(given | changed),
        )

    def connect(self, factory: Any) -> "Deferred[Any]":
        if self.refusal is not None:
            return fail(self.refusal)
        if self.hangs:
            return Deferred()
        protocol = factory.buildProtocol(None)
        socket = Socket()
        socket.protocol, socket.clock = protocol, self.clock
        protocol.makeConnection(socket)
        self.sockets.append(socket)
        return succeed(protocol)

    def send(self, telegram: bytes = TELEGRAM) -> "Deferred[None]":
        sent = self.link.send(telegram)
        sent.addBoth(self.outcomes.append)
        return sent

    def answer(self, data: bytes) -> None:
        self.sockets[-1].protocol.dataReceived(data)

    def failed(self) -> tuple[str, bool, bool]:
        """Code, perhaps sent, final; of the last outcome."""
        error = self.outcomes[-1].value
        assert isinstance(error, NotSent)
        return error.code, error.perhaps_sent, error.is_final

    @property
    def is_idle(self) -> bool:
        self.clock.advance(0)
        return not self.clock.getDelayedCalls() and all(one.disconnected for one in self.sockets)


def test_a_telegram_is_posted_and_taken() -> None:
    rig = Rig()
    assert isinstance(rig.link, Outward)
    rig.send()
    head, _, body = rig.sockets[0].value().partition(b"\r\n\r\n")
    assert body == TELEGRAM
    first, *headers = head.split(b"\r\n")
    assert first == b"POST /typeb HTTP/1.1"
    assert {header.lower() for header in headers} == {
        b"host: dcs.example:8443",
        b"content-type: text/plain; charset=ibm866",
        b"content-length: %d" % len(TELEGRAM),
    }
    assert rig.outcomes == []
    rig.answer(KEPT)
    assert rig.outcomes == [None]
    assert rig.counted == ["telegram_out", "delivered"]


def test_one_connection_is_kept_for_the_next_telegram_and_for_a_while_only() -> None:
    rig = Rig()
    for number in range(3):
        rig.send(b"%d" % number)
        rig.answer(KEPT)
    assert len(rig.sockets) == 1
    rig.clock.advance(KEPT_SECONDS)
    assert rig.is_idle
    rig.send()
    rig.answer(KEPT)
    assert len(rig.sockets) == 2
    rig.sockets[1].end(ConnectionDone())
    rig.send()
    rig.answer(KEPT)
    assert (len(rig.sockets), rig.outcomes) == (3, [None] * 5)


def test_one_telegram_at_a_time() -> None:
    rig = Rig()
    rig.send()
    rig.send()
    assert rig.failed() == ("not_taken", False, False)
    rig.answer(KEPT)
    rig.send()
    rig.answer(KEPT)
    assert rig.outcomes[1:] == [None, None]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"503 Busy\r\nContent-Length: 7\r\n\r\nrepeat\n", ("status_503", True, False)),
        (b"500 Error\r\nContent-Length: 0\r\n\r\n", ("status_500", True, False)),
        (b"504 Late\r\nContent-Length: 4\r\n\r\ntrue", ("status_504", True, False)),
        (b"301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", ("status_301", True, False)),
        (b"202 Accepted\r\nContent-Length: 4\r\n\r\ntrue", ("status_202", True, False)),
        (b"204 Nothing\r\n\r\n", ("status_204", True, False)),
        (b"400 Bad\r\nContent-Length: 0\r\n\r\n", ("status_400", False, True)),
        (b"413 Long\r\nContent-Length: 50000\r\n\r\n", ("status_413", False, True)),
        (b"415 Kind\r\nContent-Length: 0\r\n\r\n", ("status_415", False, True)),
        (b"422 What\r\nContent-Length: 0\r\n\r\n", ("status_422", False, True)),
        (b"401 Who\r\nContent-Length: 0\r\n\r\n", ("status_401", False, False)),
        (b"404 Where\r\nTransfer-Encoding: chunked\r\n\r\n", ("status_404", False, False)),
        (b"429 Slow\r\nContent-Length: 0\r\n\r\n", ("status_429", False, False)),
        (b"200 OK\r\nContent-Length: 5\r\n\r\nfalse", ("answer_unknown", True, False)),
        (b"200 OK\r\nContent-Length: 0\r\n\r\n", ("answer_unknown", True, False)),
        (b"99999999999 X\r\nContent-Length: 0\r\n\r\n", ("answer_unusable", True, False)),
        (b"none X\r\n\r\n", ("answer_unusable", True, False)),
        (b"200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ("answer_unusable", True, False)),
    ],
)
def test_what_answers_mean(answer: bytes, expected: tuple[str, bool, bool]) -> None:
    rig = Rig()
    rig.send()
    rig.answer(b"HTTP/1.1 " + answer)
    assert rig.failed() == expected
    assert rig.is_idle, "what failed leaves no connection behind"
    assert rig.counted == ["telegram_out", "undelivered"]
    rig.send()
    rig.answer(KEPT)
    assert rig.outcomes[-1] is None


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntr\r\n2\r\nue\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntrue\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 4\nConnection: close\n\ntrue",
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_other_ways_to_say_true(answer: bytes, step: int) -> None:
    rig = Rig()
    rig.send()
    for start in range(0, len(answer), step):
        rig.answer(answer[start : start + step])
    assert rig.outcomes == [None]


def test_an_answer_that_ends_with_its_connection() -> None:
    rig = Rig()
    rig.send()
    rig.answer(b"HTTP/1.0 200 OK\r\n\r\ntrue")
    assert rig.outcomes == []
    rig.sockets[0].end(ConnectionDone())
    assert rig.outcomes == [None]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "disconnected"),
        (b"HTTP/1.1 200 O", "answer_unusable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntru", "answer_unusable"),
        (b"HTTP/1.0 200 OK\r\n\r\ntru", "answer_unknown"),
    ],
)
def test_a_connection_that_ends_too_early(given: bytes, code: str) -> None:
    rig = Rig()
    rig.send()
    if given:
        rig.answer(given)
    rig.sockets[0].end(ConnectionLost())
    assert rig.failed() == (code, True, False)
    assert rig.is_idle


@pytest.mark.parametrize("refusal", [ConnectError(), DNSLookupError(), OSError(101, "unreachable")])
def test_who_is_not_there_has_nothing(refusal: Exception) -> None:
    rig = Rig()
    rig.refusal = refusal
    rig.send()
    assert rig.failed() == ("unreachable", False, False)
    assert rig.is_idle


def test_time_is_over_before_and_after_the_telegram_has_left() -> None:
    rig = Rig()
    rig.hangs = True
    rig.send()
    rig.clock.advance(40)
    assert rig.failed() == ("unreachable", False, False)
    rig.hangs = False
    rig.send()
    rig.clock.advance(40)
    assert rig.failed() == ("no_answer", True, False)
    rig.send()
    rig.clock.advance(39)
    rig.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nt")
    rig.clock.advance(1)
    assert rig.failed() == ("no_answer", True, False)
    assert rig.is_idle


def test_who_has_waited_long_enough_gives_up() -> None:
    rig = Rig()
    rig.send().cancel()
    assert rig.failed() == ("stopped", True, False)
    assert rig.is_idle
    sent = rig.send()
    rig.answer(KEPT[:-1])
    sent.cancel()
    assert rig.failed() == ("stopped", True, False)
    assert rig.is_idle
    rig.hangs = True
    rig.send().cancel()
    assert rig.failed() == ("unreachable", False, False)


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"t" * ANSWER_BYTES_MAX,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * (ANSWER_BYTES_MAX // 6),
        b"HTTP/1.1 100 Continue\r\n\r\n" * (ANSWER_BYTES_MAX // 25 + 1),
        b"x" * (ANSWER_BYTES_MAX + 1),
    ],
)
@pytest.mark.parametrize("step", [1000, 1_000_000])
def test_an_answer_has_an_end(flood: bytes, step: int) -> None:
    rig = Rig()
    rig.send()
    for start in range(0, len(flood), step):
        rig.answer(flood[start : start + step])
    rig.clock.advance(0)
    code, perhaps_sent, is_final = rig.failed()
    assert (perhaps_sent, is_final) == (True, False)
    assert code in ("answer_unusable", "disconnected"), "it depends on how much came before the end"
    assert rig.is_idle


def test_the_count_of_an_answer_begins_anew_with_each() -> None:
    rig = Rig()
    padded = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000 + b"\r\nContent-Length: 4\r\n\r\ntrue"
    for _ in range(4):
        rig.send()
        rig.answer(padded)
    assert rig.outcomes == [None] * 4
    assert len(rig.sockets) == 1


@pytest.mark.parametrize("telegram", [b"", b"x" * 1001])
def test_what_can_never_be_sent(telegram: bytes) -> None:
    rig = Rig()
    rig.send(telegram)
    assert rig.failed() == ("length_wrong", False, True)
    assert rig.sockets == []


def test_stop_gives_up_what_is_under_way_and_closes() -> None:
    rig = Rig()
    rig.send()
    rig.answer(KEPT)
    rig.send()
    done: list[None] = []
    rig.link.stop().addCallback(done.append)
    assert done == [None]
    assert rig.failed() == ("stopped", True, False)
    assert rig.is_idle
    rig.send()
    assert rig.failed() == ("stopped", False, False)
    kept = Rig()
    kept.send()
    kept.answer(KEPT)
    kept.link.stop()
    assert kept.is_idle


def test_two_of_us_talk_to_each_other() -> None:
    """What one link posts the other takes, byte for byte, and its answers are understood."""
    arrived: list[tuple[Envelope, Callable[[Reply], None]]] = []
    rig = Rig()
    receiver = TypebHttpLink(
        "posts",
        lambda envelope, done: arrived.append((envelope, done)),
        rig.clock,
        path="/typeb",
        limits=HttpLimits(answer_seconds=10.0),
        now=lambda: NOW,
        encoding="cp866",
        post=rig.link,
    )
    assert isinstance(receiver, Outward)
    for reply, expected in (
        (Reply(kept=True), None),
        (Reply(kept=True, quarantined=True), None),
        (Reply(not_processed=True), ("status_503", True, False)),
        (None, ("status_504", True, False)),
    ):
        receiver.send(TELEGRAM).addBoth(rig.outcomes.append)
        channel = receiver.buildProtocol(None)
        assert channel is not None
        far = StringTransport()
        channel.makeConnection(far)
        ours = rig.sockets[-1]
        channel.dataReceived(ours.value())
        ours.clear()
        envelope, done = arrived.pop()
        assert (envelope.raw, envelope.encoding) == (TELEGRAM, "cp866")
        if reply is None:
            rig.clock.advance(10)
        else:
            done(reply)
        rig.answer(far.value())
        assert rig.outcomes[-1] is None if expected is None else rig.failed() == expected
        channel.setTimeout(None)
    receiver.stop()
    rig.clock.advance(0)
    assert all(socket.disconnected for socket in rig.sockets)
