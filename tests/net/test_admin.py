"""The admin listener over bytes: health, readiness with reasons, metrics, and who may connect."""

import json
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from adapter.net.admin import AdminSite


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
