"""Requests that the line answers itself: ping, key_info, iclient_pub_key."""

from xml.etree import ElementTree

import pytest

from adapter.wire.sirena import DES, MAY_ZLIB, Frame
from adapter.wire.sirena_crypto import ClientKey
from adapter.wire.sirena_keys import KeyStore
from adapter.wire.sirena_server import ServerConnection
from adapter.wire.sirena_transport import TransportRequest, transport_request
from tests.gateway_keys import CLIENT_ID
from tests.wire.server_frames import NOW, frame_of, header


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<sirena><query><key_info/></query></sirena>", TransportRequest.KEY_INFO),
        (b"<sirena><query><key_info></key_info></query></sirena>", TransportRequest.KEY_INFO),
        (
            b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\r\n<sirena>\n <query>\n  <key_info />',
            TransportRequest.KEY_INFO,
        ),
        (b"<sirena><query><iclient_pub_key>", TransportRequest.CLIENT_KEY),
        (b"<sirena><query><_connection_test_/></query></sirena>", TransportRequest.PING),
        (b"<_connection_test_>", TransportRequest.PING),
        (b"<sirena><query><key_information/></query></sirena>", None),
        (b"<sirena><query><ffp_info><key_info/></ffp_info></query></sirena>", None),
        (b"<query><key_info/></query>", None),
        (b"", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_requests_of_the_line_are_recognised(body, expected):
    assert transport_request(body) is expected


def test_ping_is_answered_in_plain_even_if_asked_encrypted(server, session):
    body = b"<sirena><query><_connection_test_/></query></sirena>"
    for frame in (Frame(header(MAY_ZLIB), body), Frame(header(DES), session.cipher.encrypt(body))):
        event = server.open(frame, NOW, cipher=True)
        answer = frame_of(server.transport_answer(event))
        assert (answer.header.flags, answer.header.status, answer.header.message_id) == (0, 0, 5)
        assert ElementTree.fromstring(answer.body).findtext("./answer/_connection_test_") == "ok"
        assert answer.body.endswith(b"\n</sirena>\n")


def test_key_info_in_plain_and_encrypted(server, session, server_key, client_key, key_store):
    pem = client_key.public_pem.encode()
    key_store.set_public_key(CLIENT_ID, ClientKey.load(pem))
    key_store.set_public_key(CLIENT_ID, ClientKey.load(server_key.public_pem.encode(), NOW), "future")
    body = b"<sirena><query><key_info/></query></sirena>"
    texts = []
    for frame in (Frame(header(), body), Frame(header(DES), session.cipher.encrypt(body))):
        event = server.open(frame, NOW, cipher=True)
        answer = frame_of(server.transport_answer(event))
        texts.append(session.cipher.decrypt(answer.body) if answer.header.flags & DES else answer.body)
    assert texts[0] == texts[1].removesuffix(b"\n") + b"\n" == texts[0].rstrip(b"\n") + b"\n"
    manager = ElementTree.fromstring(texts[0]).find("./answer/key_info/key_manager")
    assert manager is not None
    assert [child.tag for child in manager] == ["key", "expiration", "key", "expiration", "server_public_key"]
    assert [key.get("state") for key in manager.findall("key")] == ["current", "future"]
    assert manager.findtext("key") == client_key.digest
    assert [one.text for one in manager.findall("expiration")] == ["23:59 31.12.2099", "19:33 04.11.2026"]
    assert manager.findtext("server_public_key") == server_key.public_pem


def test_key_info_of_a_gateway_without_keys():
    server = ServerConnection(KeyStore(), None, "T")
    event = server.open(Frame(header(), b"<sirena><query><key_info/>"), NOW, cipher=False)
    answer = frame_of(server.transport_answer(event))
    manager = ElementTree.fromstring(answer.body).find("./answer/key_info/key_manager")
    assert manager is not None
    assert len(manager) == 0


def test_a_key_sent_in_waits_for_the_operator(server, server_key, key_store):
    def send(text: str) -> ElementTree.Element:
        body = f"<sirena><query><iclient_pub_key><pub_key>{text}</pub_key></iclient_pub_key></query></sirena>"
        event = server.open(Frame(header(), body.encode()), NOW, cipher=True)
        return ElementTree.fromstring(frame_of(server.transport_answer(event)).body)

    before = key_store.client(CLIENT_ID).current
    assert send(server_key.public_pem).findtext(".//iclient_pub_key/digest") == server_key.digest
    known = key_store.client(CLIENT_ID)
    assert known.current is before
    assert known.unconfirmed is not None
    info = server.open(Frame(header(), b"<sirena><query><key_info/>"), NOW, cipher=True)
    assert server_key.digest.encode() in frame_of(server.transport_answer(info)).body
    for text in ("rubbish", "", "A" * 9000):
        error = send(text).find(".//iclient_pub_key/error")
        assert error is not None
        assert error.get("code") == "33003"
    empty = server.open(Frame(header(), b"<sirena><query><iclient_pub_key/>"), NOW, cipher=True)
    assert b'code="33008"' in server.transport_answer(empty)
