"""The server's side: what a frame means and what its answer looks like, by the rules and quirks of real clients."""

import random
import zlib
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.errors import WireError
from adapter.wire.sirena import (
    BINARY,
    CRYPT_ERROR,
    DES,
    MAY_ZLIB,
    RSA,
    SPECIAL,
    TEXT,
    ZLIB,
    Frame,
    Header,
    WireLimits,
)
from adapter.wire.sirena_client import Answer, ClientConnection
from adapter.wire.sirena_crypto import ClientKey, DesCipher, load_public_key
from adapter.wire.sirena_keys import KeyStore
from adapter.wire.sirena_server import Refused, Registered, Request, ServerConnection
from tests.gateway_keys import CLIENT_ID
from tests.wire.hexfile import read_hex
from tests.wire.server_frames import NOW, QUERY, frame_of, header
from tests.wire.test_sirena_crypto import KEY, decrypts_to_eight_bytes, signed, undecryptable

# --- plaintext ---------------------------------------------------------------------------------------------------


def test_a_plain_request_ignores_the_noise_in_its_key_id(server):
    server.receive_data(read_hex("plain_request"))
    event = server.open(server.next_frame(), NOW, cipher=False)
    assert isinstance(event, Request)
    assert (event.session, event.transport) == (None, None)
    assert event.body.startswith(b"<sirena><query><ffp_info>")
    assert server.answer(event, b"<sirena/>\n") == read_hex("plain_answer")


def test_a_zlib_request_made_by_hand(server):
    event = server.open(frame_of(read_hex("stored_zlib_request")), NOW, cipher=False)
    assert isinstance(event, Request)
    assert event.body == b"<a/>"


@pytest.mark.parametrize(
    ("flags", "body", "expected"),
    [
        (0, b"x" * 500, 0),
        (ZLIB, b"x" * 500, 0),
        (MAY_ZLIB, b"x" * 500, MAY_ZLIB | ZLIB),
        (MAY_ZLIB | ZLIB, b"x" * 500, MAY_ZLIB | ZLIB),
        (MAY_ZLIB | ZLIB, b"short", MAY_ZLIB),
        (MAY_ZLIB | BINARY, b"x" * 500, MAY_ZLIB | BINARY),
        (TEXT | SPECIAL, b"x" * 500, TEXT | SPECIAL),
        (CRYPT_ERROR, b"x" * 500, 0),
    ],
)
def test_answers_are_compressed_only_where_asked_and_helpful(server, flags, body, expected):
    answer = frame_of(server.answer(Request(header(flags), b"", None, None), body))
    assert answer.header.flags == expected
    assert (zlib.decompress(answer.body) if expected & ZLIB else answer.body) == body


def test_an_answer_of_random_bytes_stays_uncompressed(server):
    dice = random.Random(3)
    bodies = [dice.randbytes(size) for size in range(100)]
    for body in bodies:
        answer = frame_of(server.answer(Request(header(MAY_ZLIB), b"", None, None), body))
        assert answer.header.flags == MAY_ZLIB
        assert answer.body == body


def test_the_status_of_the_request_is_not_echoed(server):
    answer = frame_of(server.answer(Request(header(status=5), b"", None, None), b"x"))
    assert answer.header.status == 0


# --- encrypted ---------------------------------------------------------------------------------------------------


def test_a_des_request_made_by_another_program(server, key_store):
    key_store.client(CLIENT_ID).sessions.clear()
    session = key_store.register(CLIENT_ID, KEY, 7.0)
    assert session.id == 7
    event = server.open(frame_of(read_hex("des_request")), 8.0, cipher=True)
    assert isinstance(event, Request)
    assert event.body == QUERY
    answer = frame_of(server.answer(event, b"<sirena>!</sirena>\n"))
    assert (answer.header.flags, answer.header.key_id, answer.header.message_id) == (DES, 7, 5)
    assert session.cipher.decrypt(answer.body) == b"<sirena>!</sirena>\n"


def test_key_id_zero_is_the_newest_and_the_answer_names_it(server, session):
    event = server.open(Frame(header(DES), session.cipher.encrypt(QUERY)), NOW, cipher=True)
    assert isinstance(event, Request)
    assert frame_of(server.answer(event, b"x")).header.key_id == session.id != 0


@pytest.mark.parametrize("size", range(17))
def test_an_encrypted_answer_is_never_a_multiple_of_eight(server, session, size):
    request = Request(header(DES), b"", session, None)
    answer = frame_of(server.answer(request, b"x" * size))
    assert session.cipher.decrypt(answer.body) == b"x" * size + (b"\n" if size % 8 == 0 else b"")


def test_a_compressed_encrypted_answer_is_left_alone(server, session):
    request = Request(header(DES | MAY_ZLIB), b"", session, None)
    for size in range(100, 200):
        answer = frame_of(server.answer(request, b"x" * size))
        assert answer.header.flags == DES | MAY_ZLIB | ZLIB
        assert zlib.decompress(session.cipher.decrypt(answer.body)) == b"x" * size


def test_with_both_crypt_bits_the_symmetric_one_counts(server, session):
    event = server.open(Frame(header(DES | RSA), session.cipher.encrypt(QUERY)), NOW, cipher=True)
    assert isinstance(event, Request)
    assert frame_of(server.answer(event, b"x")).header.flags == DES


def test_compress_then_encrypt(server, session):
    body = session.cipher.encrypt(zlib.compress(QUERY))
    event = server.open(Frame(header(DES | ZLIB | MAY_ZLIB), body), NOW, cipher=True)
    assert isinstance(event, Request)
    assert event.body == QUERY


# --- registration ------------------------------------------------------------------------------------------------


def test_registration_follows_the_specification(server, server_key, client_key, key_store):
    body = client_key.seal(KEY, server_key.public_key)
    event = server.open(Frame(header(RSA), body), NOW, cipher=True)
    assert isinstance(event, Registered)
    answer = frame_of(event.answer)
    assert (answer.header.flags, answer.header.message_id, answer.header.status) == (RSA, 5, 0)
    assert answer.header.key_id == event.key_id == int(NOW)
    assert len(answer.body) == 260
    assert client_key.unseal(answer.body, server_key.public_key) == KEY
    assert key_store.session(CLIENT_ID, event.key_id, NOW).cipher.encrypt(b"x") == DesCipher(KEY).encrypt(
        b"x"
    )


def test_client_and_server_agree(server, server_key, client_key):
    client = ClientConnection(CLIENT_ID, client_key)

    def exchange(data: bytes) -> Answer:
        server.receive_data(data)
        event = server.open(server.next_frame(), NOW, cipher=True)
        if isinstance(event, Request):
            frame = (
                server.transport_answer(event) if event.transport else server.answer(event, event.body * 3)
            )
        else:
            frame = event.answer
        client.receive_data(frame)
        answer = client.next_answer()
        assert answer is not None
        return answer

    info = ElementTree.fromstring(
        exchange(client.send(1, b"<sirena><query><key_info/></query></sirena>")).body
    )
    public = load_public_key(info.findtext(".//server_public_key") or "")
    assert exchange(client.register(2, public)).session_key_id == client.key_id != 0
    for number, compressed in ((3, False), (4, True)):
        answer = exchange(client.send(number, QUERY * 5, zlib=compressed, encrypt=True))
        assert answer.message_id == number
        assert answer.body.rstrip() == QUERY * 15
        assert bool(answer.header.flags & ZLIB) is compressed


# --- errors below the XML ----------------------------------------------------------------------------------------


def crypt_error_of(event) -> int:
    assert isinstance(event, Refused)
    frame = frame_of(event.answer)
    assert frame.header.flags & CRYPT_ERROR
    assert not frame.header.flags & (TEXT | BINARY | ZLIB | DES | MAY_ZLIB | RSA)
    assert frame.header.status == 0
    root = ElementTree.fromstring(frame.body)
    (error,) = root.findall("./answer/error")
    assert error.get("code") == "-1"
    code = int(error.get("crypt_error") or "")
    assert (error.text or "").startswith(f"{code} ")
    assert code == event.code
    return code


def test_the_crypt_error_frame(server):
    event = server.open(Frame(header(DES | MAY_ZLIB | SPECIAL, key_id=99), bytes(8)), NOW, cipher=True)
    assert crypt_error_of(event) == 5
    frame = frame_of(event.answer)
    assert frame.header.flags == CRYPT_ERROR | SPECIAL
    assert (frame.header.message_id, frame.header.key_id, frame.header.created) == (5, 99, 7)
    assert frame.body.endswith(b"\n</sirena>\n")
    answer = ElementTree.fromstring(frame.body)[0]
    assert dict(answer.attrib) == {
        "client_id": "4242",
        "msgid": "5",
        "time": "19:33:59 04.11.2026",
        "instance": "FFG",
    }


def test_traffic_errors(server, session, key_store):
    def traffic(body: bytes, now: float = NOW, flags: int = DES, key_id: int = 0) -> int:
        return crypt_error_of(server.open(Frame(header(flags, key_id=key_id), body), now, cipher=True))

    good = session.cipher.encrypt(QUERY)
    assert traffic(good, key_id=session.id + 1) == 5
    assert traffic(good, now=NOW + 5400) == 5
    assert traffic(b"") == 4
    assert traffic(good[:-1]) == 4
    assert traffic(DesCipher(b"\x11" * 8).encrypt(QUERY)) == 4
    assert traffic(session.cipher.encrypt(QUERY), flags=DES | ZLIB) == -3
    other = ServerConnection(KeyStore(), None, "T")
    assert crypt_error_of(other.open(Frame(header(DES), good), NOW, cipher=True)) == 5


def test_plain_zlib_errors(server):
    assert crypt_error_of(server.open(Frame(header(ZLIB), b"<no zlib/>"), NOW, cipher=False)) == -3
    bomb = zlib.compress(bytes(10_000_000), 9)
    with pytest.raises(WireError) as caught:
        server.open(Frame(header(ZLIB), bomb), NOW, cipher=False)
    assert caught.value.code == "inflated_too_long"
    small = ServerConnection(KeyStore(), None, "T", WireLimits(inflated_bytes_max=100))
    with pytest.raises(WireError):
        small.open(Frame(header(ZLIB), zlib.compress(bytes(101))), NOW, cipher=False)


def test_a_bad_signature_is_three(server, server_key, client_key):
    good = client_key.seal(KEY, server_key.public_key)
    for body in (b"", good[:100], good[:-1] + b"!", server_key.seal(KEY, server_key.public_key)):
        assert crypt_error_of(server.open(Frame(header(RSA), body), NOW, cipher=True)) == 3


def test_every_failure_after_the_signature_answers_the_same_bytes(server, server_key, client_key, key_store):
    public = server_key.public_key
    wrong = [
        public.encrypt(b"7 bytes", padding.PKCS1v15()),
        public.encrypt(b"9 bytes!!", padding.PKCS1v15()),
        public.encrypt(b"", padding.PKCS1v15()),
        undecryptable(server_key),
        b"\xff" * 128,
        b"\x01" * 20,
    ]
    answers = set()
    for sealed in wrong:
        event = server.open(Frame(header(RSA), signed(client_key, sealed)), NOW, cipher=True)
        assert crypt_error_of(event) == 9
        answers.add(event.answer)
    assert len(answers) == 1
    assert not key_store.client(CLIENT_ID).sessions


def test_registration_errors_from_the_key_store(server, server_key, client_key, key_store):
    body = client_key.seal(KEY, server_key.public_key)
    pem = client_key.public_pem.encode()

    def register() -> int:
        return crypt_error_of(server.open(Frame(header(RSA), body), NOW, cipher=True))

    key_store.set_public_key(CLIENT_ID, ClientKey.load(pem, NOW - 1))
    assert register() == 2
    key_store.set_public_key(CLIENT_ID, ClientKey.load(b"damaged"))
    assert register() == 7
    other = ServerConnection(KeyStore(), server_key, "T")
    assert crypt_error_of(other.open(Frame(header(RSA), body), NOW, cipher=True)) == 1


@pytest.mark.parametrize("seed", range(40))
def test_a_registration_is_never_answered_with_four_or_five(server, server_key, client_key, seed):
    dice = random.Random(seed)
    size = dice.choice([0, 1, 8, 127, 128, 129])
    while decrypts_to_eight_bytes(server_key, sealed := dice.randbytes(size)):
        pass
    body = signed(client_key, sealed) if seed % 2 else dice.randbytes(dice.randrange(300))
    flags = RSA | dice.choice([0, ZLIB, MAY_ZLIB, TEXT, ZLIB | MAY_ZLIB])
    assert crypt_error_of(server.open(Frame(header(flags, key_id=seed), body), NOW, cipher=True)) in {3, 9}


@pytest.mark.parametrize("seed", range(40))
def test_garbage_is_an_event_or_a_wire_error(server, session, seed):
    dice = random.Random(seed)
    for _ in range(30):
        frame = Frame(
            Header(
                0,
                0,
                1,
                CLIENT_ID,
                dice.randrange(256),
                dice.choice([0, 0, 2]),
                dice.choice([0, session.id, 3]),
            ),
            dice.choice([b"", bytes(8), QUERY, zlib.compress(QUERY), dice.randbytes(64)]),
        )
        try:
            event = server.open(frame, NOW, cipher=dice.random() < 0.7)
        except WireError:
            continue
        if isinstance(event, Request):
            server.answer(event, b"x" * dice.randrange(50))


# --- who may use what --------------------------------------------------------------------------------------------


def test_a_cipher_client_is_not_served_in_plaintext_but_for_the_line(server):
    assert crypt_error_of(server.open(Frame(header(), QUERY), NOW, cipher=True)) == 6
    assert crypt_error_of(server.open(Frame(header(), b""), NOW, cipher=True)) == 6
    for body in (
        b"<sirena><query><key_info/></query></sirena>",
        b"<sirena><query><iclient_pub_key></iclient_pub_key></query></sirena>",
        b"<sirena><query><_connection_test_/></query></sirena>",
    ):
        event = server.open(Frame(header(), body), NOW, cipher=True)
        assert isinstance(event, Request)
        assert event.transport is not None


def test_a_plaintext_client_may_not_use_a_cipher(server, server_key, client_key, session):
    handshake = Frame(header(RSA), client_key.seal(KEY, server_key.public_key))
    assert crypt_error_of(server.open(handshake, NOW, cipher=False)) == 1
    traffic = Frame(header(DES), session.cipher.encrypt(QUERY))
    assert crypt_error_of(server.open(traffic, NOW, cipher=False)) == 1


def test_the_gost_cipher_is_not_spoken(server):
    assert crypt_error_of(server.open(Frame(header(status=2), QUERY), NOW, cipher=True)) == 6


# --- not processed, not admitted ---------------------------------------------------------------------------------


def test_not_processed_is_plain_and_flagged(server):
    frame = frame_of(server.not_processed(header(DES | MAY_ZLIB | SPECIAL), NOW))
    assert (frame.header.flags, frame.header.status, frame.header.message_id) == (0, 1, 5)
    error = ElementTree.fromstring(frame.body).find("./answer/error")
    assert error is not None
    assert error.attrib == {"code": "-1"}


def test_somebody_unknown_is_told_so(server):
    frame = frame_of(server.invalid_user(header(), 33494, "not from <here>", NOW))
    assert (frame.header.flags, frame.header.status) == (0, 4)
    error = ElementTree.fromstring(frame.body).find("./answer/error")
    assert error is not None
    assert (error.get("code"), error.text) == ("33494", "not from <here>")


# --- the client's side refuses nonsense --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        Frame(header(DES), bytes(8)),
        Frame(header(DES, key_id=7), b"odd"),
        Frame(header(RSA), bytes(260)),
        Frame(header(ZLIB), b"no zlib"),
    ],
)
def test_the_client_side_raises_wire_errors_only(frame, client_key):
    client = ClientConnection(CLIENT_ID, client_key)
    client.use_key(7, KEY)
    client.receive_data(frame.render())
    with pytest.raises(WireError):
        client.next_answer()
