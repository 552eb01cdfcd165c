"""Session keys: how clients register them, and what the server must prove in return."""

import struct
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from tests.independent.conftest import Connect
from tests.independent.gateway_client import (
    COMPRESSED,
    ENCRYPTED,
    HANDSHAKE,
    PYTHON_CLIENT,
    TAKES_COMPRESSED,
    GatewayClient,
)
from tests.independent.messages import BELOVA, GROMOV, SOKOLOVA, ffp_info
from tests.independent.server_process import FIRST, LONG_KEY, SECOND, ServerProcess


def _status(client: GatewayClient, holder: tuple[str, str, str, str], **settings: object) -> str | None:
    answer = client.ask(ffp_info(*holder), **settings)  # type: ignore[arg-type]
    info = answer.method.find("info")
    assert info is not None, answer.text
    return info.get("status")


def test_the_python_clients_way(server: ServerProcess, connect: Connect) -> None:
    """It asks for the server's key in a compressed plain request, then signs, then talks in 0x1c."""
    client = connect(FIRST)
    client.server_key = client.learn_server_key(flags=COMPRESSED | TAKES_COMPRESSED)
    assert client.server_key.public_numbers() == server.key.public_key().public_numbers()
    key = client.handshake(b"\x00\xff8bytes\x01"[:8])
    assert _status(client, GROMOV, flags=PYTHON_CLIENT, key=key) == "SILVER"
    assert _status(client, BELOVA, flags=PYTHON_CLIENT, key=key) == "GOLD"


def test_the_go_clients_way(server: ServerProcess, connect: Connect) -> None:
    """It has the server's key in its settings, reads the answer at fixed places and asks key_info encrypted."""
    client = connect(FIRST)
    body = client.seal(b"go-quirk")
    assert len(body) == 260
    sent = client.send_handshake(body, message_id=3_456_789_012)
    answer = client.receive()
    assert answer.header.flags == HANDSHAKE
    assert answer.header.message_id == sent.message_id
    assert answer.header.length == 260
    assert struct.unpack(">I", answer.body[:4]) == (128,)
    assert client.private_key is not None
    assert client.private_key.decrypt(answer.body[4:132], padding.PKCS1v15()) == b"go-quirk"
    assert client.open_seal(answer) == b"go-quirk"

    key = connect(FIRST, client.keys).handshake(b"go-quirk")
    assert (
        client.learn_server_key(flags=ENCRYPTED, key=key).public_numbers()
        == server.key.public_key().public_numbers()
    )
    assert _status(client, SOKOLOVA, flags=ENCRYPTED, key=key) == "BASIC"


def test_the_key_info_answer_has_the_form_that_clients_parse(connect: Connect) -> None:
    client = connect(FIRST)
    manager = client.ask("<key_info/>").method.find("key_manager")
    assert manager is not None
    pem = manager.findtext("server_public_key", "").strip()
    assert serialization.load_pem_public_key(pem.encode())
    expiration = manager.findtext("expiration")
    if expiration is not None:  # one client parses it strictly
        assert datetime.strptime(expiration, "%H:%M %d.%m.%Y") > datetime.now()
    for state in manager.findall("key"):
        assert state.get("state") in ("current", "future")


def test_a_client_key_of_2048_bits_is_answered_at_its_own_length(connect: Connect) -> None:
    client = connect(LONG_KEY)
    sent = client.seal(b"longlong")
    assert len(sent) == 4 + 128 + 256
    client.send_handshake(sent)
    answer = client.receive()
    assert answer.header.length == 4 + 256 + 128
    assert client.open_seal(answer) == b"longlong"


def test_key_ids_are_never_zero_and_differ(connect: Connect) -> None:
    client = connect(FIRST)
    numbers = [client.handshake().number for _each in range(5)]
    assert len(set(numbers)) == 5
    assert 0 not in numbers


def test_two_connections_and_two_keys_of_one_client_live_at_once(connect: Connect) -> None:
    """Clients share keys between connections and processes, so each key serves on either connection."""
    one = connect(FIRST)
    other = connect(FIRST, one.keys)
    first, second = one.handshake(), other.handshake()
    for client in (one, other, one):
        for key in (first, second, first):
            assert _status(client, GROMOV, flags=PYTHON_CLIENT, key=key) == "SILVER"


def test_a_key_survives_the_connection_that_made_it(connect: Connect) -> None:
    one = connect(FIRST)
    key = one.handshake()
    one.socket.close()
    assert _status(connect(FIRST, one.keys), GROMOV, flags=ENCRYPTED, key=key) == "SILVER"


def test_key_id_zero_is_the_latest_key_of_this_client(connect: Connect) -> None:
    client, neighbour = connect(FIRST), connect(SECOND)
    older = client.handshake()
    latest = client.handshake()
    neighbour.handshake()
    answer = client.ask(ffp_info(*GROMOV), flags=PYTHON_CLIENT, key=latest, key_id=0)
    assert answer.header.key_id == latest.number != older.number
    assert answer.method.find("info") is not None
    answer = client.ask(ffp_info(*GROMOV), flags=PYTHON_CLIENT, key=older)
    assert answer.header.key_id == older.number


def test_the_same_secret_may_be_registered_twice(connect: Connect) -> None:
    client = connect(FIRST)
    first, second = client.handshake(b"samesame"), client.handshake(b"samesame")
    for key in (first, second):
        assert _status(client, GROMOV, flags=ENCRYPTED, key=key) == "SILVER"
