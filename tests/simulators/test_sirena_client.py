"""The simulated gateway client, joined in memory to the real link."""

from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.defer import TimeoutError as TimedOut
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adapter.net.sirena import SirenaClient as ClientOfLink
from adapter.net.sirena import SirenaFactory, SirenaSettings
from adapter.wire.sirena_keys import KeyStore
from simulators.sirena_client import ClientSettings, GatewayError, SirenaClient
from tests.gateway_keys import CLIENT_ID
from tests.net.gateway import Handler, Peer, clock_at

QUERY = b"<sirena><query><ffp_info/></query></sirena>"


class Wire:
    """A client and a link with nothing between them but bytes, moved when told to."""

    def __init__(self, key_store: KeyStore, server_key: Any, settings: ClientSettings) -> None:
        self.clock = clock_at()
        self.handler = Handler()
        self.key_store = key_store
        clients = {CLIENT_ID: ClientOfLink("host", ("127.0.0.1",), cipher=settings.private_key is not None)}
        link = SirenaFactory(
            "gateway", SirenaSettings(clients), key_store, server_key, self.handler, self.clock
        )
        self.server = Peer(link)
        self.client = SirenaClient(settings, self.clock)
        self.client_transport = StringTransport()
        self.client.makeConnection(self.client_transport)

    def move(self) -> None:
        """Move bytes both ways until there are none."""
        while True:
            to_server = self.client_transport.value()
            self.client_transport.clear()
            if to_server:
                self.server.send(to_server)
            to_client = self.server.written()
            if to_client:
                self.client.dataReceived(to_client)
            if not to_server and not to_client:
                return

    def ask(self, body: bytes = QUERY) -> "Deferred[bytes]":
        return ensureDeferred(self.client.ask(body))


@pytest.fixture
def make_wire(key_store, server_key, client_key) -> Callable[..., Wire]:
    def make(**more: Any) -> Wire:
        return Wire(key_store, server_key, ClientSettings(CLIENT_ID, client_key, **more))

    return make


def result_of(deferred: "Deferred[Any]") -> Any:
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "nothing happened yet"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def test_the_first_question_registers_a_key(make_wire):
    wire = make_wire()
    asked = wire.ask()
    wire.move()
    assert [envelope.raw for envelope in wire.handler.envelopes] == [QUERY]
    wire.handler.answer(0, b"<sirena/>\n")
    wire.move()
    assert result_of(asked) == b"<sirena/>\n"
    assert wire.client.registrations == 1
    assert wire.client.in_flight == 0


def test_a_known_server_key_saves_the_question_for_it(make_wire, server_key):
    wire = make_wire(server_key=server_key.public_key)
    asked = wire.ask()
    assert wire.client_transport.value()[46] == 0x40
    wire.move()
    wire.handler.answer(0, b"<sirena/>")
    wire.move()
    assert result_of(asked) == b"<sirena/>"


def test_fifty_at_once_are_matched_by_their_ids(make_wire):
    wire = make_wire()
    asked = [wire.ask(b"<q n='%d'/>" % number) for number in range(50)]
    wire.move()
    assert wire.client.registrations == 1
    order = [number * 7 % 50 for number in range(50)]
    for index in order:
        wire.handler.answer(index, wire.handler.envelopes[index].raw.replace(b"q", b"a"))
    wire.move()
    assert [result_of(one) for one in asked] == [b"<a n='%d'/>" % number for number in range(50)]


def test_an_expired_key_is_replaced_once_for_all(make_wire):
    wire = make_wire()
    first = wire.ask()
    wire.move()
    wire.handler.answer(0, b"<sirena/>")
    wire.move()
    result_of(first)
    wire.clock.advance(5400)
    asked = [wire.ask() for _ in range(10)]
    wire.move()
    assert len(wire.handler.received) == 11
    assert wire.client.registrations == 2
    for index in range(1, 11):
        wire.handler.answer(index, b"<b/>")
    wire.move()
    assert [result_of(one) for one in asked] == [b"<b/>"] * 10


def test_not_processed_is_repeated_after_a_pause(make_wire):
    wire = make_wire(repeats_max=2)
    asked = wire.ask()
    wire.move()
    wire.handler.answer(0, not_processed=True)
    wire.move()
    assert len(wire.handler.received) == 1
    wire.clock.advance(1)
    wire.move()
    wire.handler.answer(1, b"<b/>")
    wire.move()
    assert result_of(asked) == b"<b/>"


def test_repeating_ends(make_wire):
    wire = make_wire(repeats_max=2)
    asked = wire.ask()
    for index in range(3):
        wire.move()
        wire.handler.answer(index, not_processed=True)
        wire.move()
        wire.clock.advance(1)
    with pytest.raises(GatewayError, match="2 repeats"):
        result_of(asked)


def test_refusals_are_told(make_wire):
    wire = make_wire()
    wire.key_store.client(CLIENT_ID).current = None
    asked = [wire.ask(), wire.ask()]
    wire.move()
    for one in asked:
        with pytest.raises(GatewayError, match="crypt_error='1'"):
            result_of(one)


def test_no_answer_in_time(make_wire):
    wire = make_wire()
    asked = wire.ask()
    wire.move()
    wire.clock.advance(60)
    with pytest.raises(TimedOut):
        result_of(asked)
    assert wire.client.in_flight == 0
    wire.handler.answer(0, b"<late/>")
    wire.move()


def test_a_lost_connection_fails_what_waits_and_what_comes(make_wire):
    wire = make_wire()
    asked = wire.ask()
    wire.move()
    closed = wire.client.close()
    wire.client.connectionLost(Failure(ConnectionDone()))
    assert result_of(closed) is None
    for one in (asked, wire.ask()):
        with pytest.raises(ConnectionDone):
            result_of(one)


def test_plaintext(key_store, server_key):
    wire = Wire(key_store, server_key, ClientSettings(CLIENT_ID, zlib=False))
    asked = wire.ask()
    assert wire.client_transport.value()[100:] == QUERY
    wire.move()
    wire.handler.answer(0, b"<b/>")
    wire.move()
    assert result_of(asked) == b"<b/>"
    assert wire.client.registrations == 0
