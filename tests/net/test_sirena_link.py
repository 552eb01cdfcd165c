"""The gateway's listener: admission, answers in any order, what is answered at the line, overload, limits."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from adapter.net.limits import LinkLimits
from adapter.net.sirena import SirenaClient, SirenaFactory, SirenaSettings
from adapter.wire.sirena import CRYPT_ERROR, INVALID_USER, NOT_PROCESSED, RSA, Frame, Header
from adapter.wire.sirena_client import Answer, ClientConnection
from adapter.wire.sirena_crypto import DesCipher
from tests.gateway_keys import CLIENT_ID
from tests.net.gateway import Handler, Peer, clock_at, counting

PLAIN_ID, HANGING_ID = 17, 18
QUERY = b"<sirena><query><ffp_info/></query></sirena>"
KEY_INFO = b"<sirena><query><key_info/></query></sirena>"
KEY = bytes.fromhex("0123456789abcdef")

CLIENTS = {
    CLIENT_ID: SirenaClient("host", ("127.0.0.1",), cipher=True),
    PLAIN_ID: SirenaClient("plain", ("127.0.0.1", "10.1.0.0/16")),
    HANGING_ID: SirenaClient("hanging", ("127.0.0.1",), cipher=True, on_overload="close"),
}


class Rig:
    def __init__(self, key_store, server_key, client_key, **limits):
        self.clock = clock_at()
        self.handler = Handler()
        self.counts, count = counting()
        self.key_store = key_store
        self.server_key = server_key
        self.client_key = client_key
        settings = SirenaSettings(CLIENTS, "FFG", replace(LinkLimits(), **limits))
        self.link = SirenaFactory("gateway", settings, key_store, server_key, self.handler, self.clock, count)

    def client(self, client_id: int = CLIENT_ID, host: str = "127.0.0.1") -> "Client":
        return Client(self, client_id, host)


class Client(Peer):
    def __init__(self, rig: Rig, client_id: int, host: str):
        super().__init__(rig.link, host)
        self.codec = ClientConnection(client_id, rig.client_key)
        self._rig = rig

    def answers(self) -> list[Answer]:
        self.codec.receive_data(self.written())
        answers = []
        while (answer := self.codec.next_answer()) is not None:
            answers.append(answer)
        return answers

    def register(self, message_id: int = 1) -> list[Answer]:
        self.send(self.codec.register(message_id, self._rig.server_key.public_key))
        return self.answers()


@pytest.fixture
def rig(key_store, server_key, client_key):
    return Rig(key_store, server_key, client_key)


@pytest.fixture
def make_rig(key_store, server_key, client_key):
    def make(**limits):
        return Rig(key_store, server_key, client_key, **limits)

    return make


def crypt_error(answer: Answer) -> int:
    assert answer.header.flags & CRYPT_ERROR
    error = ElementTree.fromstring(answer.body).find("./answer/error")
    assert error is not None
    return int(error.get("crypt_error") or "")


# --- messages ----------------------------------------------------------------------------------------------------


def test_plain_requests_become_envelopes_and_answers_come_in_any_order(rig):
    client = rig.client(PLAIN_ID)
    client.send(b"".join(client.codec.send(number, b"<a n='%d'/>" % number) for number in (10, 11, 999, 999)))
    assert [(one.id, one.raw) for one in rig.handler.envelopes] == [
        ("17:10", b"<a n='10'/>"),
        ("17:11", b"<a n='11'/>"),
        ("17:999", b"<a n='999'/>"),
        ("17:999", b"<a n='999'/>"),
    ]
    assert {one.protocol for one in rig.handler.envelopes} == {"sirena"}
    for index in (3, 1, 0, 2):
        rig.handler.answer(index, b"<b n='%d'/>" % index)
    assert [(one.message_id, one.body) for one in client.answers()] == [
        (999, b"<b n='3'/>"),
        (11, b"<b n='1'/>"),
        (10, b"<b n='0'/>"),
        (999, b"<b n='2'/>"),
    ]


def test_registration_then_encrypted_compressed_traffic(rig):
    client = rig.client()
    client.send(client.codec.send(1, KEY_INFO, zlib=True))
    (info,) = client.answers()
    assert rig.server_key.public_pem.encode() in info.body
    (registered,) = client.register(2)
    assert registered.session_key_id == 1_800_000_000
    client.send(client.codec.send(3, QUERY * 9, zlib=True, encrypt=True))
    (envelope,) = rig.handler.envelopes
    assert envelope.raw == QUERY * 9
    rig.handler.answer(0, b"<b>" * 300)
    (answer,) = client.answers()
    assert (answer.message_id, answer.body) == (3, b"<b>" * 300)
    assert rig.counts["key_registered"] == 1


def test_a_session_key_serves_every_connection_until_it_expires(rig):
    first = rig.client()
    first.register()
    second = rig.client()
    second.codec.use_key(first.codec.key_id, KEY)
    rig.key_store.client(CLIENT_ID).sessions.clear()
    session = rig.key_store.register(CLIENT_ID, KEY, rig.clock.seconds())
    second.codec.use_key(session.id, KEY)
    rig.clock.advance(5399)
    second.send(second.codec.send(2, QUERY, encrypt=True))
    assert len(rig.handler.received) == 1
    rig.clock.advance(1)
    second.send(second.codec.send(3, QUERY, encrypt=True))
    (answer,) = second.answers()
    assert (answer.message_id, crypt_error(answer)) == (3, 5)
    assert second.register(4)[0].session_key_id != session.id
    second.send(second.codec.send(5, QUERY, encrypt=True))
    assert len(rig.handler.received) == 2
    assert not second.is_closed


def test_the_line_answers_its_own_requests(rig):
    client = rig.client()
    client.send(client.codec.send(7, b"<sirena><query><_connection_test_/></query></sirena>"))
    (answer,) = client.answers()
    assert b"<_connection_test_>ok<" in answer.body
    assert rig.handler.received == []
    assert rig.counts["transport"] == 1


@pytest.mark.parametrize("cut", [0, 1, 45, 99, 100, 101, 142])
def test_a_frame_that_was_cut_off_books_nothing(rig, cut):
    client = rig.client(PLAIN_ID)
    frame = client.codec.send(1, QUERY)
    assert len(frame) == 143
    client.send(frame[:cut])
    client.gone()
    assert rig.handler.received == []
    assert client.written() == b""
    assert rig.clock.getDelayedCalls() == []
    assert not rig.link.connections


# --- who may speak -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client_id", "host", "code", "word"),
    [
        (4711, "127.0.0.1", "-1", "unknown_client"),
        (CLIENT_ID, "10.1.2.3", "33494", "forbidden_address"),
        (PLAIN_ID, "10.2.2.3", "33494", "forbidden_address"),
    ],
)
def test_strangers_are_refused_and_closed(rig, client_id, host, code, word):
    client = rig.client(client_id, host)
    client.send(client.codec.send(3, KEY_INFO) + client.codec.send(4, KEY_INFO))
    (answer,) = client.answers()
    assert (answer.message_id, answer.header.status) == (3, INVALID_USER)
    error = ElementTree.fromstring(answer.body).find("./answer/error")
    assert error is not None
    assert error.get("code") == code
    assert client.is_closed
    assert rig.handler.received == []
    assert rig.counts[f"refused_{word}"] == 1


def test_every_client_id_on_a_connection_is_checked_for_itself(rig):
    client = rig.client(PLAIN_ID)
    client.send(client.codec.send(1, QUERY))
    client.send(Frame(Header(0, 0, 2, CLIENT_ID), QUERY).render())
    (answer,) = client.answers()
    assert (answer.message_id, crypt_error(answer)) == (2, 6)
    assert len(rig.handler.received) == 1


def test_addresses_are_networks_too(rig):
    client = rig.client(PLAIN_ID, "10.1.255.9")
    client.send(client.codec.send(1, QUERY))
    assert len(rig.handler.received) == 1


def test_addresses_are_read_when_configured():
    with pytest.raises(ValueError):
        SirenaClient("typo", ("127.0.0.l",))


# --- overload ----------------------------------------------------------------------------------------------------


def test_not_processed_goes_out_in_the_gateways_own_form(rig):
    client = rig.client()
    client.register()
    client.send(client.codec.send(2, QUERY, encrypt=True))
    rig.handler.answer(0, not_processed=True)
    (answer,) = client.answers()
    assert (answer.message_id, answer.header.flags, answer.header.status) == (2, 0, NOT_PROCESSED)
    assert not client.is_closed


def test_a_client_that_would_hang_on_it_is_closed_instead(rig):
    rig.key_store.register(HANGING_ID, KEY, rig.clock.seconds())
    client = rig.client(HANGING_ID)
    client.send(Frame(Header(0, 0, 1, HANGING_ID, 0x08), DesCipher(KEY).encrypt(QUERY)).render())
    rig.handler.answer(0, not_processed=True)
    assert client.written() == b""
    assert client.is_closed


def test_a_pipelined_batch_waits_at_the_window(make_rig):
    rig = make_rig(in_flight_max=10)
    client = rig.client(PLAIN_ID)
    client.send(b"".join(client.codec.send(number, QUERY) for number in range(1, 51)))
    for index in range(50):
        assert len(rig.handler.received) == min(50, index + 10)
        rig.handler.answer(index, b"<b/>")
    assert [answer.message_id for answer in client.answers()] == list(range(1, 51))


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_frame_above_the_limit_closes(make_rig):
    rig = make_rig(frame_bytes_max=1000)
    client = rig.client(PLAIN_ID)
    client.send(client.codec.send(1, b"<" * 1000))
    assert len(rig.handler.received) == 1
    client.send(client.codec.send(2, b"<" * 1001)[:100])
    assert client.is_closed
    assert rig.counts["refused_frame_too_long"] == 1


def test_an_inflation_bomb_closes(make_rig):
    rig = make_rig(inflated_bytes_max=10_000)
    client = rig.client(PLAIN_ID)
    client.send(client.codec.send(1, b"<a/>" * 3000, zlib=True))
    assert client.is_closed
    assert rig.handler.received == []
    assert rig.counts["refused_inflated_too_long"] == 1


def test_registrations_per_second_are_limited_before_the_arithmetic(make_rig, server_key):
    rig = make_rig(handshakes_per_second_max=2, refusals_per_minute_max=100)
    client = rig.client()
    frames = [client.codec.register(number, server_key.public_key, key=KEY) for number in range(1, 5)]
    client.send(b"".join(frames))
    answers = client.answers()
    assert [bool(answer.session_key_id) for answer in answers] == [True, True, False, False]
    assert [answer.header.status for answer in answers[2:]] == [NOT_PROCESSED] * 2
    assert rig.counts["handshake"] == 2
    assert rig.counts["refused_handshake_rate"] == 2
    rig.clock.advance(1)
    client.send(client.codec.register(9, server_key.public_key))
    assert client.answers()[0].session_key_id


def test_bad_signatures_drop_the_peer_in_the_end(make_rig):
    rig = make_rig(refusals_per_minute_max=3, handshakes_per_second_max=100)
    client = rig.client()
    bad = Frame(Header(0, 0, 1, CLIENT_ID, RSA), bytes(260)).render()
    client.send(bad * 3)
    assert [crypt_error(answer) for answer in client.answers()] == [3, 3, 3]
    assert not client.is_closed
    client.send(bad * 2)
    assert [crypt_error(answer) for answer in client.answers()] == [3]
    assert client.is_closed
    assert rig.client(PLAIN_ID).is_refused
    rig.clock.advance(60)
    assert not rig.client(PLAIN_ID).is_refused


def test_a_window_full_of_one_expired_key_is_no_attack(make_rig):
    rig = make_rig(refusals_per_minute_max=3)
    client = rig.client()
    client.codec.use_key(77, KEY)
    client.send(b"".join(client.codec.send(number, QUERY, encrypt=True) for number in range(50)))
    assert [crypt_error(answer) for answer in client.answers()] == [5] * 50
    assert not client.is_closed
    assert client.register(51)[0].session_key_id


def test_trying_key_ids_one_after_the_other_is_one(make_rig):
    rig = make_rig(refusals_per_minute_max=3)
    client = rig.client()
    for key_id in range(100, 110):
        client.codec.use_key(key_id, KEY)
        client.send(client.codec.send(key_id, QUERY, encrypt=True))
    assert [crypt_error(answer) for answer in client.answers()] == [5] * 4
    assert client.is_closed


def test_a_missing_client_key_is_told_as_often_as_asked(make_rig, server_key):
    rig = make_rig(refusals_per_minute_max=3, handshakes_per_second_max=100)
    client = rig.client(HANGING_ID)
    client.send(b"".join(client.codec.register(number, server_key.public_key) for number in range(6)))
    assert [crypt_error(answer) for answer in client.answers()] == [1] * 6
    assert not client.is_closed


# --- stopping ----------------------------------------------------------------------------------------------------


def test_stopping_answers_what_was_handed_over(rig):
    client = rig.client(PLAIN_ID)
    client.send(client.codec.send(1, QUERY) + client.codec.send(2, QUERY))
    fired = []
    rig.link.stop().addCallback(fired.append)
    client.send(client.codec.send(3, QUERY))
    rig.handler.answer(1, b"<b/>")
    rig.handler.answer(0, b"<b/>")
    assert [answer.message_id for answer in client.answers()] == [2, 1]
    assert len(rig.handler.received) == 2
    assert client.is_closed
    client.gone()
    assert fired == [None]
