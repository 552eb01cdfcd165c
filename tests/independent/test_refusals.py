"""Crypto errors: which number for what, in which frame, and never one that makes a client try for ever."""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.independent.conftest import Connect
from tests.independent.gateway_client import (
    COMPRESSED,
    COUNT,
    ENCRYPTED,
    HANDSHAKE,
    PYTHON_CLIENT,
    SYSTEM_ERROR,
    Answer,
    GatewayClient,
    Header,
    SessionKey,
    handshake_body,
    query,
)
from tests.independent.messages import GROMOV, ffp_info
from tests.independent.server_process import DAMAGED, FIRST, PLAIN, SECOND, ServerProcess

TIME = re.compile(rb' time="([0-9:]{8} [0-9.]{10})"')
CLEARED = 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x40


def _checked_error(sent: Header, answer: Answer) -> int:
    """The number of a system error whose frame and text are as described."""
    assert answer.header == replace(
        sent,
        length=answer.header.length,
        flags=sent.flags & ~CLEARED | SYSTEM_ERROR,
        key_id=answer.header.key_id,
    )
    assert answer.header.key_id == sent.key_id
    assert answer.envelope.get("client_id") == str(sent.client_id)
    assert answer.envelope.get("msgid") == str(sent.message_id)
    assert answer.envelope.get("instance") == "TST"
    said = answer.envelope.get("time", "")
    assert abs(datetime.strptime(said, "%H:%M:%S %d.%m.%Y").timestamp() - time.time()) < 86_400
    number = answer.crypt_error
    text = answer.envelope[0].text or ""
    assert text.startswith(f"{number} ")
    assert len(text) > 5
    assert answer.text.endswith(b"\n</sirena>\n")
    return number


def _refused_handshake(client: GatewayClient, body: bytes, message_id: int = 77) -> tuple[int, bytes]:
    sent = client.send_handshake(body, message_id=message_id)
    answer = client.receive()
    return _checked_error(sent, answer), TIME.sub(b"", answer.body)


def _opens_to_a_key(server: ServerProcess, ciphertext: bytes) -> bool:
    """OpenSSL answers bad padding with made-up bytes; one time in a hundred there are eight of them."""
    try:
        return len(server.key.decrypt(ciphertext, padding.PKCS1v15())) == 8
    except ValueError:
        return False


def _below_modulus(server: ServerProcess, ciphertext: bytes) -> bool:
    return int.from_bytes(ciphertext) < server.key.public_key().public_numbers().n


def _unopenable(server: ServerProcess) -> bytes:
    """128 bytes that don't decrypt to eight."""
    random = Random(20260820)
    while True:
        ciphertext = random.randbytes(128)
        if _below_modulus(server, ciphertext) and not _opens_to_a_key(server, ciphertext):
            return ciphertext


def _for_somebody_else(server: ServerProcess) -> bytes:
    """A session key encrypted with another server's key, the one mistake that clients really make here."""
    stranger = rsa.generate_private_key(65537, 1024).public_key()
    while True:
        ciphertext = stranger.encrypt(b"8 bytes!", padding.PKCS1v15())
        if _below_modulus(server, ciphertext) and not _opens_to_a_key(server, ciphertext):
            return ciphertext


def _wrong_after_signature(server: ServerProcess, client: GatewayClient) -> Iterator[bytes]:
    """Handshakes whose signature is good and whose ciphertext is not."""
    assert client.private_key is not None
    for length in (0, 1, 7, 9, 16, 24, 117):
        yield client.seal(os.urandom(length))
    ciphertexts = [
        _unopenable(server),
        bytes(128),
        b"\xff" * 128,  # above the modulus
        b"\x01",
        _unopenable(server)[:127],
        _unopenable(server) + b"\x00",
        bytes(256),
    ]
    ciphertexts.append(_for_somebody_else(server))
    # The server's key is new in every run: whatever opens to eight bytes under this one is a good handshake.
    for ciphertext in ciphertexts:
        if _opens_to_a_key(server, ciphertext):
            continue
        yield handshake_body(ciphertext, client.private_key)


def test_a_bad_signature_is_3(server: ServerProcess, connect: Connect) -> None:
    client = connect(FIRST)
    good = client.seal(b"8 bytes!")
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    assert _refused_handshake(client, flipped)[0] == 3
    other_text = good[:10] + bytes([good[10] ^ 1]) + good[11:]
    assert _refused_handshake(client, other_text)[0] == 3
    neighbours = handshake_body(good[4:132], server.client_keys[SECOND])
    assert _refused_handshake(client, neighbours)[0] == 3
    assert _refused_handshake(client, good[:-64])[0] == 3
    client.handshake()  # the connection is still good


def test_a_bad_signature_is_found_before_the_ciphertext_is_looked_at(
    server: ServerProcess, connect: Connect
) -> None:
    client = connect(FIRST)
    for body in _wrong_after_signature(server, client):
        assert _refused_handshake(client, body[:-1] + bytes([body[-1] ^ 1]))[0] == 3


def test_everything_wrong_after_the_signature_is_9_and_looks_the_same(
    server: ServerProcess, connect: Connect
) -> None:
    """Or the server would tell an eavesdropper, answer by answer, what a recorded session key was."""
    client = connect(FIRST)
    answers = {_refused_handshake(client, body) for body in _wrong_after_signature(server, client)}
    assert len(answers) == 1
    number, _body = answers.pop()
    assert number == 9


@pytest.mark.parametrize(
    "body",
    [b"", b"\x00", b"\x00\x00\x00", COUNT.pack(0), COUNT.pack(128), COUNT.pack(256) + bytes(256),
     COUNT.pack(257) + bytes(256), COUNT.pack(0xFFFFFFFF) + bytes(256), COUNT.pack(0) + bytes(128), bytes(260)],
    ids=["empty", "one byte", "three bytes", "no ciphertext", "nothing after the length", "no signature",
         "longer than the body", "longest", "zero and a signature", "zeros"],
)  # fmt: skip
def test_a_handshake_that_makes_no_sense_is_refused_as_one(connect: Connect, body: bytes) -> None:
    """4 or 5 would send the Python client into the next handshake for ever."""
    client = connect(FIRST)
    number, _body = _refused_handshake(client, body)
    assert number in (3, 6, 9)
    client.handshake()


def test_no_registered_key_is_1(connect: Connect) -> None:
    client = connect(PLAIN)
    client.private_key = rsa.generate_private_key(65537, 1024)
    assert _refused_handshake(client, client.seal(b"8 bytes!"))[0] == 1


def test_a_registered_key_that_is_damaged_is_7(connect: Connect) -> None:
    client = connect(DAMAGED)
    client.private_key = rsa.generate_private_key(65537, 1024)
    assert _refused_handshake(client, client.seal(b"8 bytes!"))[0] == 7


def test_a_client_with_a_cipher_is_not_served_without_it(connect: Connect) -> None:
    """Neither 4 nor 5: a new key would change nothing."""
    client = connect(FIRST)
    sent = client.send(*client.pack(query(ffp_info(*GROMOV))))
    assert _checked_error(sent, client.receive()) in (6, 8, 9)


def test_an_unknown_key_id_is_5(connect: Connect) -> None:
    client = connect(FIRST)
    key = client.handshake()
    for number in (key.number + 1000, 0xFFFFFFFF, 0x80000000):
        sent = client.send(
            *client.pack(query(ffp_info(*GROMOV)), flags=PYTHON_CLIENT, key=key, key_id=number)
        )
        assert _checked_error(sent, client.receive()) == 5
    assert client.ask(ffp_info(*GROMOV), flags=PYTHON_CLIENT, key=key).method.find("info") is not None


def test_another_clients_key_is_5(connect: Connect) -> None:
    key = connect(FIRST).handshake()
    client = connect(SECOND)
    sent = client.send(*client.pack(query(ffp_info(*GROMOV)), flags=PYTHON_CLIENT, key=key))
    assert _checked_error(sent, client.receive()) == 5


def test_key_id_zero_before_any_handshake_is_5(connect: Connect) -> None:
    client = connect(PLAIN)
    key = SessionKey(0, b"8 bytes!")
    sent = client.send(*client.pack(query(ffp_info(*GROMOV)), flags=ENCRYPTED, key=key))
    assert _checked_error(sent, client.receive()) in (1, 5)


@pytest.mark.parametrize("length", [1, 7, 9, 401])
def test_a_ciphertext_of_broken_blocks_is_4(connect: Connect, length: int) -> None:
    client = connect(FIRST)
    key = client.handshake()
    body = bytes(range(length % 256)) + bytes(length - length % 256)
    sent = client.send(client.header(len(body), flags=ENCRYPTED, key_id=key.number), body)
    assert _checked_error(sent, client.receive()) == 4


@pytest.mark.parametrize("flags", [ENCRYPTED, PYTHON_CLIENT])
def test_traffic_under_another_secret_is_4(connect: Connect, flags: int) -> None:
    """The Python client then makes a new key and goes on, on the same connection."""
    client = connect(FIRST)
    key = client.handshake(b"rightkey")
    wrong = SessionKey(key.number, b"otherkey")
    sent = client.send(*client.pack(query(ffp_info(*GROMOV)), flags=flags, key=wrong))
    assert _checked_error(sent, client.receive()) == 4
    key = client.handshake()
    assert client.ask(ffp_info(*GROMOV), flags=flags, key=key).method.find("info") is not None


def test_a_body_that_does_not_inflate_is_a_system_error(plain: GatewayClient) -> None:
    """A negative number: the inflater's own."""
    body = b"this was never compressed by anything"
    sent = plain.send(plain.header(len(body), flags=COMPRESSED), body)
    assert _checked_error(sent, plain.receive()) < 0
    assert plain.ask(ffp_info(*GROMOV)).method.find("info") is not None


def test_handshakes_are_never_answered_with_4_or_5(server: ServerProcess, connect: Connect) -> None:
    client = connect(FIRST)
    random = Random(4)
    good = client.seal(b"8 bytes!")
    for _each in range(60):
        body = bytearray(good[: random.choice((len(good), random.randrange(len(good))))])
        for _flip in range(random.randrange(1, 4)):
            if body:
                body[random.randrange(len(body))] ^= 1 << random.randrange(8)
        header = client.header(len(body), flags=HANDSHAKE, key_id=random.choice((0, 1, 99_999)))
        sent = client.send(header, bytes(body))
        number = _checked_error(sent, client.receive())
        assert number in (3, 6, 9), bytes(body).hex()
