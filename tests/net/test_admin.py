"""The admin listener over bytes: health, readiness with reasons, metrics, and who may connect."""

import json
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adapter.net.admin import ORDER_BYTES_MAX, AdminSite


def site(reasons: list[str], **settings: Any) -> AdminSite:
    return AdminSite(
        lambda: reasons, lambda: b"figure 1\n", "text/plain; version=0.0.4", reactor=Clock(), **settings
    )


def ask(served: AdminSite, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    protocol = served.buildProtocol(IPv4Address("TCP", "127.0.0.1", 50000))
    transport = StringTransport()
    protocol.makeConnection(transport)
    protocol.dataReceived(f"{method} {path} HTTP/1.0\r\n\r\n".encode())
    head, _, body = transport.value().partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


def test_health_says_that_the_process_lives() -> None:
    status, headers, body = ask(site(["no database"]), "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "alive"})
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_readiness_gives_its_reasons() -> None:
    reasons: list[str] = ["the database can't be written"]
    served = site(reasons)
    status, _, body = ask(served, "/readyz")
    assert (status, json.loads(body)) == (503, {"status": "not ready", "reasons": reasons})
    reasons.clear()
    status, _, body = ask(served, "/readyz")
    assert (status, json.loads(body)) == (200, {"status": "ready"})


def test_metrics_come_as_they_are() -> None:
    status, headers, body = ask(site([]), "/metrics")
    assert (status, body) == (200, b"figure 1\n")
    assert headers["content-type"] == "text/plain; version=0.0.4"
    assert headers["cache-control"] == "no-store"


def test_pages_can_be_added() -> None:
    served = site([], pages={"status": lambda: (200, "application/json", b"{}")})
    assert ask(served, "/status")[2] == b"{}"


@pytest.mark.parametrize("path", ["/", "/other", "/healthz/below", "/readyz/"])
def test_nothing_else_is_served(path: str) -> None:
    assert ask(site([]), path)[0] == 404


def test_only_reading_is_served() -> None:
    assert ask(site([]), "/healthz", "POST")[0] == 405
    assert ask(site([]), "/healthz", "HEAD")[2] == b""


def test_only_peers_may_connect() -> None:
    served = site([], peers=("10.1.0.0/16",))
    assert served.buildProtocol(IPv4Address("TCP", "10.2.0.1", 50000)) is None
    assert served.buildProtocol(IPv4Address("TCP", "10.1.0.1", 50000)) is not None
    assert served.buildProtocol(IPv6Address("TCP", "::ffff:10.1.0.1", 50000)) is not None


SECRET = "s" * 64


class Counter:
    """An order that keeps what it was given and answers when told to."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.waiting: list[Any] = []

    def take(self, body: bytes) -> Any:
        self.taken.append(body)
        answer: Any = Deferred()
        self.waiting.append(answer)
        return answer


def give(
    counter: Counter,
    body: bytes = b"{}",
    *,
    secret: str = SECRET,
    host: str = "127.0.0.1",
    method: str = "POST",
    ours: str = SECRET,
) -> StringTransport:
    served = site([], orders={"telegrams": counter.take}, secret=ours)
    protocol = served.buildProtocol(IPv4Address("TCP", host, 50000))
    transport = StringTransport(peerAddress=IPv4Address("TCP", host, 50000))
    protocol.makeConnection(transport)
    head = f"{method} /telegrams HTTP/1.0\r\nContent-Length: {len(body)}\r\nAuthorization: Bearer {secret}\r\n\r\n"
    protocol.dataReceived(head.encode() + body)
    return transport


def test_an_order_is_answered_when_it_is_done() -> None:
    counter = Counter()
    transport = give(counter, b'{"link": "dcs"}')
    assert counter.taken == [b'{"link": "dcs"}']
    assert transport.value() == b""
    counter.waiting[0].callback((200, {"queued": True}))
    head, _, body = transport.value().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 ")
    assert json.loads(body) == {"queued": True}


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "t" * 64}, 401),
        ({"secret": ""}, 401),
        ({"secret": SECRET[:-1]}, 401),
        ({"secret": "", "ours": ""}, 401),
        ({"host": "10.1.0.1"}, 403),
        ({"host": "10.1.0.1", "secret": "wrong"}, 403),
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"body": b"x" * (ORDER_BYTES_MAX + 1)}, 413),
    ],
)
def test_orders_of_strangers_are_not_even_looked_at(how: dict[str, Any], status: int) -> None:
    counter = Counter()
    transport = give(counter, **how)
    assert transport.value().startswith(f"HTTP/1.0 {status} ".encode())
    assert counter.taken == []


def test_an_order_of_the_greatest_length_is_taken() -> None:
    counter = Counter()
    give(counter, b"x" * ORDER_BYTES_MAX)
    assert len(counter.taken[0]) == ORDER_BYTES_MAX


def test_who_gave_an_order_may_be_gone_when_it_is_done() -> None:
    counter = Counter()
    served = site([], orders={"telegrams": counter.take}, secret=SECRET)
    address = IPv4Address("TCP", "127.0.0.1", 50000)
    protocol = served.buildProtocol(address)
    protocol.makeConnection(StringTransport(peerAddress=address))
    head = f"POST /telegrams HTTP/1.0\r\nContent-Length: 2\r\nAuthorization: Bearer {SECRET}\r\n\r\n"
    protocol.dataReceived(head.encode() + b"{}")
    protocol.connectionLost(Failure(ConnectionDone()))
    counter.waiting[0].callback((200, {}))
