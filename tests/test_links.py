"""From settings to links: each setting arrives where it means something, and nowhere as another one's value."""

import socket
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from zope.interface import implementer

from adapter.config import Config, Limits, load_config
from adapter.engine import Engine, load_messages
from adapter.errors import ConfigError
from adapter.links import build_link
from adapter.net.outward import Outward
from tests.fakes import FakeCore

SETTINGS = """
database: {busy_seconds: 3.5}
gate: {unavailable_pause_seconds: 2.5}
limits: {depth_max: 20, parts_max: 40}
links:
  dcs:
    type: http
    listen: tcp:0:interface=127.0.0.1
    idle_seconds: 61.0
    retry_after_seconds: 7
    limits:
      connections_max: 3
      frame_bytes_max: 100000
      depth_max: 9
      errors_per_reply_max: 2
      header_seconds: 1.0
      body_seconds: 2.0
      out_stalled_seconds: 4.0
      out_buffer_bytes_max: 2048
      keepalive_idle_seconds: 11
      keepalive_interval_seconds: 12
      keepalive_probes: 13
      user_timeout_seconds: 14
  gateway:
    type: sirena
    listen: tcp:0:interface=127.0.0.1
    session_keys_per_client_max: 5
    clients: {7: {name: host, address: [127.0.0.1]}}
  files:
    type: spool
    directory: in
    in_flight_max: 6
    files_in_flight_max: 2
    telegrams_in_file_max: 3
    retry_seconds: 8.0
    poll_seconds: 0.5
    limits: {frame_bytes_max: 70000, telegram_bytes_max: 3000, parts_max: 4}
"""


def settings(directory: Path) -> Config:
    path = directory / "config.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    return load_config(path)


def link(directory: Path, name: str) -> Any:
    return build_link(
        settings(directory), name, lambda envelope, done: None, Clock(), lambda event: None
    ).link


def test_limits_of_messages_arrive_by_link(tmp_path: Path) -> None:
    catalogue, _ = load_messages(settings(tmp_path))
    assert catalogue.limits.depth_max == 20
    _, xml, telegrams = catalogue._limits_of("dcs")
    assert (xml.depth_max, xml.problems_max, telegrams.parts_max) == (9, 2, 40)
    _, xml, telegrams = catalogue._limits_of("files")
    assert (xml.depth_max, telegrams.telegram_bytes_max, telegrams.parts_max) == (20, 3000, 4)
    assert catalogue._limits_of("gone")[1] == catalogue.limits


def test_settings_of_http_arrive(tmp_path: Path) -> None:
    limits = link(tmp_path, "dcs").limits
    for name in ("connections_max", "header_seconds", "body_seconds", "user_timeout_seconds"):
        assert getattr(limits, name) != getattr(Limits(), name)
    assert (limits.idle_seconds, limits.retry_after_seconds, limits.body_bytes_max) == (61.0, 7, 100000)
    assert (limits.header_seconds, limits.body_seconds, limits.abort_seconds) == (1.0, 2.0, 4.0)
    assert limits.out_buffer_bytes_max == 2048


def test_settings_of_a_spool_arrive(tmp_path: Path) -> None:
    limits = link(tmp_path, "files").limits
    assert (limits.in_flight_max, limits.files_in_flight_max, limits.telegrams_in_file_max) == (6, 2, 3)
    assert (limits.file_bytes_max, limits.telegram_bytes_max) == (70000, 3000)
    assert (limits.poll_seconds, limits.retry_seconds) == (0.5, 8.0)


def test_settings_of_the_gateway_arrive(tmp_path: Path) -> None:
    assert link(tmp_path, "gateway").key_store._session_keys_per_client_max == 5


def test_settings_of_gate_and_database_arrive(tmp_path: Path) -> None:
    opened: dict[str, Any] = {}

    def open_core(url: str, **given: Any) -> Any:
        opened.update(given)
        return FakeCore()

    engine = Engine(settings(tmp_path), Clock(), threads=False, open_core=open_core)
    assert opened["busy_seconds"] == 3.5
    assert engine.gate._unavailable_pause_seconds == 2.5


def test_http_connections_get_their_options(tmp_path: Path) -> None:
    @implementer(ITCPTransport)
    class Transport(StringTransport):
        """A transport over a real socket that is never connected."""

        bufferSize = 0  # Twisted's own name

        def __init__(self) -> None:
            super().__init__()
            self.socket = socket.socket()
            self.no_delay = self.alive = False

        def getHandle(self) -> socket.socket:
            return self.socket

        def setTcpNoDelay(self, enabled: bool) -> None:
            self.no_delay = enabled

        def setTcpKeepAlive(self, enabled: bool) -> None:
            self.alive = enabled

    transport = Transport()
    try:
        channel = link(tmp_path, "dcs").buildProtocol(None)
        channel.makeConnection(transport)
        assert (transport.bufferSize, transport.no_delay, transport.alive) == (2048, True, True)
        for name, value in (("TCP_KEEPIDLE", 11), ("TCP_KEEPINTVL", 12), ("TCP_USER_TIMEOUT", 14000)):
            if hasattr(socket, name):
                assert transport.socket.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value
        channel.setTimeout(None)
    finally:
        transport.socket.close()


OUTWARD = """
links:
  post:
    type: typeb_http
    send_to: https://[::1]:8443/in
    encoding: cp1251
    connect_seconds: 3.0
    send_seconds: 4.0
    limits: {telegram_bytes_max: 3000}
  mail:
    type: mailbox
    encoding: koi8-r
    outgoing: {directory: out, sender: a@b.example, to: [c@d.example, e@f.example]}
  both-posts: {type: typeb_http, listen: "tcp:0:interface=127.0.0.1", send_to: "http://localhost/in"}
  both-mails: {type: mailbox, directory: in, outgoing: {directory: back, sender: a@b.example, to: [c@d.example]}}
"""


def test_settings_of_the_ways_out_arrive(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(OUTWARD, encoding="utf-8")
    config = load_config(path)
    built = {
        name: build_link(config, name, lambda envelope, done: None, MemoryReactorClock(), lambda event: None)
        for name in config.links
    }
    assert all(isinstance(one.outward[name], Outward) for name, one in built.items())
    assert {name: (one.listen, one.place) for name, one in built.items()} == {
        "post": ("", "sends to https://[::1]:8443/in"),
        "mail": ("", f"sends by {tmp_path}/out"),
        "both-posts": ("tcp:0:interface=127.0.0.1", "sends to http://localhost/in"),
        "both-mails": ("", f"{tmp_path}/in"),
    }
    post, mail = built["post"].link, built["mail"].link
    assert (post.charset, post.seconds, post.telegram_bytes_max) == ("windows-1251", 7.0, 3000)
    assert (mail.root, mail.encoding, mail.sender) == (tmp_path / "out", "koi8-r", "a@b.example")
    assert mail.recipients == ("c@d.example", "e@f.example")


def test_a_file_without_certificates_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "links: {x: {type: typeb_http, send_to: 'https://a.example/', ca_file: ca.pem}}\n", encoding="utf-8"
    )
    for content in ("", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        (tmp_path / "ca.pem").write_text(content)
        with pytest.raises(ConfigError, match=r"ca\.pem: no certificates in PEM form"):
            build_link(
                load_config(tmp_path / "config.yaml"),
                "x",
                lambda *_: None,
                MemoryReactorClock(),
                lambda event: None,
            )
