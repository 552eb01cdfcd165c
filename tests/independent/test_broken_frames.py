"""Peers that break the protocol: the connection is closed without a word, and nothing reaches the books."""

import re
import socket
import struct
from dataclasses import replace

import pytest

from tests.independent.conftest import Connect
from tests.independent.gateway_client import ENCRYPTED, HEADER, GatewayClient, Header, query
from tests.independent.messages import GROMOV, SOKOLOVA, ffp_accrual, ffp_info
from tests.independent.server_process import ELSEWHERE, FRAME_BYTES_MAX, PLAIN, UNKNOWN, ServerProcess


def _said_until_closed(client: GatewayClient) -> bytes:
    """A reset is a closed connection, too: the server may have unread bytes of ours."""
    try:
        return client.rest()
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("length", [FRAME_BYTES_MAX + 1, 32 * 1024 * 1024 + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_beyond_the_limit_closes_without_answer(plain: GatewayClient, length: int) -> None:
    plain.send(plain.header(length), b"")
    assert _said_until_closed(plain) == b""


def test_the_longest_frame_allowed_is_read(plain: GatewayClient) -> None:
    text = query(ffp_info(*GROMOV))
    text += b"\n" * (FRAME_BYTES_MAX - len(text))
    plain.send(*plain.pack(text))
    assert plain.receive().method.find("info") is not None


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 200, b"POST /astra HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n" + b" " * 60,
     b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(120)],
    ids=["ones", "HTTP", "TLS"],
)  # fmt: skip
def test_another_protocol_is_shown_the_door(plain: GatewayClient, garbage: bytes) -> None:
    plain.socket.sendall(garbage)
    assert _said_until_closed(plain) == b""


def test_garbage_after_a_good_frame_and_its_answer(plain: GatewayClient) -> None:
    assert plain.ask(ffp_info(*GROMOV)).method.find("info") is not None
    plain.socket.sendall(b"\xff" * 150)
    assert _said_until_closed(plain) == b""


def test_garbage_right_behind_a_good_frame_leaves_the_books_in_order(connect: Connect) -> None:
    """The connection ends, perhaps before the answer; the good frame counts once, however often it is sent."""
    before = _award(connect(PLAIN))
    client = connect(PLAIN)
    header, body = client.pack(query(ffp_accrual("2981000000025", flight="285")))
    client.socket.sendall(header.packed() + body + b"\xff" * 150)
    _said_until_closed(client)
    repeating = connect(PLAIN)
    repeating.send(header, body)
    result = repeating.receive().method.find("result")
    assert result is not None
    assert result.get("status") == "posted"
    assert _award(repeating) == before + 840


@pytest.mark.parametrize(("client_id", "code"), [(UNKNOWN, "-1"), (0, "-1"), (ELSEWHERE, "33494")])
def test_a_client_id_that_may_not_come_from_here(connect: Connect, client_id: int, code: str) -> None:
    """ "Invalid user" in the second flag byte, an error directly under answer, and the end."""
    client = connect(client_id)
    sent = client.send(*client.pack(query(ffp_info(*GROMOV))))
    _refused_as_user(client, sent, code)


def test_a_client_id_is_looked_at_in_every_frame(plain: GatewayClient) -> None:
    assert plain.ask(ffp_info(*GROMOV)).method.find("info") is not None
    plain.client_id = UNKNOWN
    sent = plain.send(*plain.pack(query(ffp_info(*GROMOV))))
    _refused_as_user(plain, sent, "-1")


def _refused_as_user(client: GatewayClient, sent: Header, code: str) -> None:
    answer = client.receive()
    assert answer.header == replace(sent, length=answer.header.length, more_flags=0x04)
    children = list(answer.envelope)
    assert [(child.tag, child.get("code")) for child in children] == [("error", code)]
    assert answer.text.endswith(b"\n</sirena>\n")
    assert _said_until_closed(client) == b""


def _award(client: GatewayClient) -> int:
    found = re.search(r'<balance unit="award">(-?\d+)<', _balance(client))
    assert found
    return int(found[1])


def _balance(client: GatewayClient) -> str:
    card, surname, given, _born = SOKOLOVA
    method = f'<ffp_balance><ffp company="UT" surname="{surname}" name="{given}">{card}</ffp></ffp_balance>'
    answer = client.ask(method)
    assert answer.method.tag == "ffp_balance"
    assert answer.method.find("error") is None, answer.text
    return answer.text.decode().split("<ffp_balance>")[1]


def test_a_frame_cut_off_books_nothing(server: ServerProcess, connect: Connect) -> None:
    accrual = ffp_accrual("2981000000017", flight="282")
    asking = connect(PLAIN)
    before, rows = _balance(asking), server.status()["messages"]
    header, body = asking.pack(query(accrual))
    frame = header.packed() + body
    for offset in (1, 4, 50, HEADER.size - 1, HEADER.size, HEADER.size + 1, len(frame) // 2, len(frame) - 1):
        client = connect(PLAIN)
        client.socket.sendall(frame[:offset])
        client.socket.shutdown(socket.SHUT_WR)
        assert _said_until_closed(client) == b"", offset
    assert _balance(asking) == before
    assert server.status()["messages"] == rows

    asking.send(header, body)
    result = asking.receive().method.find("result")
    assert result is not None
    assert result.get("status") == "posted"
    assert _balance(asking) != before


def test_a_reset_in_the_middle_of_a_frame_leaves_the_server_well(connect: Connect) -> None:
    client = connect(PLAIN)
    header, body = client.pack(query(ffp_info(*GROMOV)))
    client.socket.sendall(header.packed() + body[:30])
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()
    assert connect(PLAIN).ask(ffp_info(*GROMOV)).method.find("info") is not None


def test_an_empty_body_has_a_defined_answer(plain: GatewayClient) -> None:
    plain.send(plain.header(0), b"")
    error = plain.receive().envelope.find("error")
    assert error is not None
    assert error.get("code") == "33003"


def test_an_encrypted_empty_body_is_undecryptable(connect: Connect) -> None:
    client = connect()
    key = client.handshake()
    client.send(client.header(0, flags=ENCRYPTED, key_id=key.number), b"")
    assert client.receive().crypt_error == 4
