"""The HTTP link on a string transport and a fake clock: answers, refusals, limits, deadlines, pressure."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adapter.envelope import Envelope, Reply
from adapter.net.http import HttpLink
from adapter.net.limits import HttpLimits
from adapter.net.peers import read_networks
from tests.fakes import NOW

BODY = b"<query><ffp_info/></query>"


class Socket(StringTransport):
    """A transport that remembers how it was closed and can be paused twice, as real ones can."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True

    def pauseProducing(self) -> None:
        self.producerState = "paused"

    def resumeProducing(self) -> None:
        self.producerState = "producing"

    @property
    def paused(self) -> bool:
        return self.producerState == "paused"


class Rig:
    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.counted: list[str] = []
        self.arrived: list[tuple[Envelope, Callable[[Reply], None]]] = []
        self.link = HttpLink(
            "dcs",
            lambda envelope, done: self.arrived.append((envelope, done)),
            self.clock,
            limits=HttpLimits(**limits),
            peers=read_networks(["127.0.0.0/8"]),
            count=self.counted.append,
            now=lambda: NOW,
        )

    def connect(self) -> tuple[Any, Socket]:
        channel = self.link.buildProtocol(IPv4Address("TCP", "127.0.0.1", 40000))
        assert channel is not None
        socket = Socket()
        channel.makeConnection(socket)
        return channel, socket

    def send(self, request: bytes) -> tuple[Any, Socket]:
        channel, socket = self.connect()
        channel.dataReceived(request)
        return channel, socket

    def lose(self, channel: Any) -> None:
        channel.connectionLost(Failure(ConnectionDone()))


def request(body: bytes = BODY, head: bytes = b"POST /astra HTTP/1.1", *more: bytes) -> bytes:
    lines = [head, b"Content-Length: %d" % len(body), b"Host: 127.0.0.1:8080", *more, b"", body]
    return b"\r\n".join(lines)


def status(socket: Socket) -> int:
    return int(socket.value().split(b" ", 2)[1])


def headers(socket: Socket) -> dict[bytes, bytes]:
    head = socket.value().split(b"\r\n\r\n", 1)[0]
    return dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])


def test_a_document_is_answered_with_200_and_its_length_and_the_connection_stays() -> None:
    rig = Rig()
    channel, socket = rig.send(
        request(BODY, b"POST /astra HTTP/1.1", b'Content-Type: text/xml; charset="UTF-8"')
    )
    [(envelope, done)] = rig.arrived
    assert envelope == Envelope("dcs", "http", "1", BODY, NOW)
    assert socket.value() == b""
    done(Reply(b"<answer/>\n"))
    assert status(socket) == 200
    assert headers(socket)[b"Content-Length"] == b"10"
    assert headers(socket)[b"Content-Type"].startswith(b"text/xml")
    assert headers(socket)[b"Date"] == b"Fri, 21 Aug 2026 06:30:00 GMT"
    assert socket.value().endswith(b"\r\n\r\n<answer/>\n")
    assert not socket.disconnecting
    socket.clear()
    channel.dataReceived(request())
    assert rig.arrived[1][0].id == "2"
    rig.arrived[1][1](Reply(b"<answer/>"))
    assert status(socket) == 200
    assert len(rig.clock.getDelayedCalls()) == 1, "only the idle timer is left"


def test_a_request_in_single_bytes_and_a_chunked_one_arrive_whole() -> None:
    rig = Rig()
    channel, _ = rig.connect()
    for byte in request():
        channel.dataReceived(bytes([byte]))
    rig.send(
        b"POST /astra?x=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"6\r\n<query\r\n14\r\n><ffp_info/></query>\r\n0\r\n\r\n"
    )
    assert [envelope.raw for envelope, _ in rig.arrived] == [BODY, BODY]


def test_requests_sent_ahead_are_handled_one_after_the_other() -> None:
    rig = Rig()
    _, socket = rig.send(request() + request(b"<query>2</query>"))
    assert len(rig.arrived) == 1
    rig.arrived[0][1](Reply(b"<first/>"))
    assert len(rig.arrived) == 2
    rig.arrived[1][1](Reply(b"<second/>"))
    assert socket.value().index(b"<first/>") < socket.value().index(b"<second/>")


def test_the_connection_is_closed_where_the_client_asks_for_it() -> None:
    for head, more in (
        (b"POST /astra HTTP/1.1", b"Connection: close"),
        (b"POST /astra HTTP/1.0", b"X-Id: 1"),
    ):
        rig = Rig()
        channel, socket = rig.send(request(BODY, head, more))
        rig.arrived[0][1](Reply(b"<answer/>"))
        assert status(socket) == 200
        assert socket.disconnecting
        rig.lose(channel)
        assert rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (request(BODY, b"POST /elsewhere HTTP/1.1"), 404),
        (request(BODY, b"PUT /astra HTTP/1.1"), 405),
        (b"GET /astra HTTP/1.1\r\n\r\n", 405),
        (request(b""), 400),
        (b"POST /astra HTTP/1.1\r\n\r\n", 400),
        (request(BODY, b"POST /astra HTTP/1.1", b"Content-Encoding: gzip"), 415),
        (b"nonsense\r\n\r\n", 400),
        (b"POST /astra HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /astra HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ],
)
def test_a_bad_request_is_refused_with_its_status_and_nothing_is_handed_over(sent: bytes, code: int) -> None:
    rig = Rig()
    _, socket = rig.send(sent)
    assert status(socket) == code
    assert rig.arrived == []
    if code == 405:
        assert headers(socket)[b"Allow"] == b"POST"


def test_a_body_that_is_too_long_is_refused_before_and_while_it_arrives() -> None:
    rig = Rig(body_bytes_max=20)
    _, socket = rig.send(b"POST /astra HTTP/1.1\r\nContent-Length: 21\r\nExpect: 100-continue\r\n\r\n")
    assert status(socket) == 413
    assert b"100 Continue" not in socket.value()
    assert socket.disconnecting
    channel, socket = rig.send(
        b"POST /astra HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"
    )
    assert socket.value() == b""
    channel.dataReceived(b"b\r\n0123456789a\r\n")
    channel.dataReceived(b"0\r\n\r\n")
    assert status(socket) == 413
    assert socket.value().count(b"HTTP/1.1") == 1
    assert rig.arrived == []
    rig.clock.advance(30)
    assert socket.aborted
    _, socket = rig.send(request(b"x" * 20))
    assert len(rig.arrived) == 1


def test_nothing_kept_is_503_with_a_time_to_come_again() -> None:
    rig = Rig(retry_after_seconds=7)
    _, socket = rig.send(request())
    rig.arrived[0][1](Reply(not_processed=True))
    assert status(socket) == 503
    assert headers(socket)[b"Retry-After"] == b"7"
    assert not socket.disconnecting


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    rig = Rig(answer_seconds=10)
    channel, socket = rig.send(request())
    rig.clock.advance(9.9)
    assert socket.value() == b""
    rig.clock.advance(0.2)
    assert status(socket) == 504
    assert socket.disconnecting
    sent = socket.value()
    rig.lose(channel)
    rig.arrived[0][1](Reply(b"<answer/>"))
    assert socket.value() == sent
    assert rig.link.late == 1
    assert rig.clock.getDelayedCalls() == []


def test_a_client_that_has_gone_gets_no_answer() -> None:
    rig = Rig()
    channel, socket = rig.send(request())
    rig.lose(channel)
    rig.arrived[0][1](Reply(b"<answer/>"))
    assert socket.value() == b""
    assert rig.link.late == 1
    assert rig.clock.getDelayedCalls() == []


def test_a_slow_head_and_a_slow_body_are_cut_off_however_busy_they_look() -> None:
    rig = Rig(header_seconds=10, body_seconds=30, abort_seconds=5)
    channel, socket = rig.connect()
    for _ in range(9):
        channel.dataReceived(b"P")
        rig.clock.advance(1)
    assert not socket.disconnecting
    rig.clock.advance(1)
    assert socket.disconnecting
    assert not socket.aborted
    rig.clock.advance(5)
    assert socket.aborted
    channel, socket = rig.send(b"POST /astra HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(29):
        channel.dataReceived(b"x")
        rig.clock.advance(1)
    assert not socket.disconnecting
    rig.clock.advance(1)
    assert socket.disconnecting
    assert rig.arrived == []


def test_an_open_connection_may_idle_but_its_next_head_may_not() -> None:
    rig = Rig(header_seconds=10, idle_seconds=60)
    channel, socket = rig.send(request())
    rig.arrived[0][1](Reply(b"<answer/>"))
    rig.clock.advance(59)
    assert not socket.disconnecting
    channel.dataReceived(b"POST")
    rig.clock.advance(10)
    assert socket.disconnecting
    _, socket = rig.send(request())
    rig.arrived[1][1](Reply(b"<answer/>"))
    rig.clock.advance(60)
    assert socket.disconnecting


def test_connections_above_the_maximum_are_not_taken() -> None:
    rig = Rig(connections_max=2)
    first, _ = rig.connect()
    rig.connect()
    assert rig.link.buildProtocol(IPv4Address("TCP", "127.0.0.1", 40001)) is None
    assert rig.counted[-1] == "refused_connections_max"
    rig.lose(first)
    rig.connect()


def test_only_named_peers_may_connect() -> None:
    rig = Rig()
    assert rig.link.buildProtocol(IPv4Address("TCP", "10.0.0.9", 40001)) is None
    assert rig.counted == ["refused_peer"]


def test_under_pressure_nothing_is_read_until_it_goes() -> None:
    rig = Rig()
    idle, idle_socket = rig.connect()
    _, busy_socket = rig.send(request())
    rig.link.pause()
    assert idle_socket.paused
    rig.arrived[0][1](Reply(b"<answer/>"))
    assert status(busy_socket) == 200
    assert busy_socket.paused, "a connection that gets its answer meanwhile is held as well"
    _, new_socket = rig.connect()
    assert new_socket.paused
    idle.resumeProducing()
    assert idle_socket.paused, "room in the write buffer is no reason to read"
    rig.link.resume()
    assert not any(socket.paused for socket in (idle_socket, busy_socket, new_socket))


def test_stop_closes_idle_connections_and_waits_for_the_answers_under_way() -> None:
    rig = Rig()
    idle, idle_socket = rig.connect()
    busy, busy_socket = rig.send(request())
    stopped: list[None] = []
    rig.link.stop().addCallback(stopped.append)
    assert idle_socket.disconnecting
    assert not busy_socket.disconnecting
    rig.lose(idle)
    assert stopped == []
    assert rig.link.buildProtocol(IPv4Address("TCP", "127.0.0.1", 40001)) is None
    rig.arrived[0][1](Reply(b"<answer/>"))
    assert status(busy_socket) == 200
    assert headers(busy_socket)[b"Connection"] == b"close"
    assert busy_socket.disconnecting
    rig.lose(busy)
    assert stopped == [None]
    assert rig.clock.getDelayedCalls() == []


def test_an_idle_link_stops_at_once() -> None:
    stopped: list[None] = []
    Rig().link.stop().addCallback(stopped.append)
    assert stopped == [None]
