"""Peers that break the protocol: the connection is closed without a word, and nothing reaches the books."""

import socket
import struct

import pytest

from tests.independent.conftest import Connect
from tests.independent.gateway_client import HEADER, ENCRYPTED, GatewayClient, query
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


def test_garbage_after_a_good_frame(plain: GatewayClient) -> None:
    """The good one was accepted and is answered; then the connection ends."""
    header, body = plain.pack(query(ffp_info(*GROMOV)))
    plain.socket.sendall(header.packed() + body + b"\xff" * 150)
    assert plain.receive().method.find("info") is not None
    assert _said_until_closed(plain) == b""


@pytest.mark.parametrize("client_id", [UNKNOWN, ELSEWHERE, 0])
def test_a_client_id_that_may_not_come_from_here(connect: Connect, client_id: int) -> None:
    client = connect(client_id)
    client.send(*client.pack(query(ffp_info(*GROMOV))))
    assert b"<info" not in _said_until_closed(client)


def test_two_client_ids_on_one_connection(plain: GatewayClient, connect: Connect) -> None:
    """Each frame names its client; one that is unknown is none, wherever it stands."""
    assert plain.ask(ffp_info(*GROMOV)).method.find("info") is not None
    plain.client_id = UNKNOWN
    plain.send(*plain.pack(query(ffp_info(*GROMOV))))
    assert b"<info" not in _said_until_closed(plain)


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


def test_a_peer_that_stops_writing_still_gets_its_answers(connect: Connect) -> None:
    client = connect(PLAIN)
    for _each in range(5):
        client.send(*client.pack(query(ffp_info(*GROMOV))))
    client.socket.shutdown(socket.SHUT_WR)
    for _each in range(5):
        assert client.receive().method.find("info") is not None
    assert _said_until_closed(client) == b""


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
