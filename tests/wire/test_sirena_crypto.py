"""DES with and without padding, the registration of a session key, the key store."""

import base64
import random
import struct
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from adapter.wire.sirena_crypto import (
    ClientKey,
    CryptError,
    DesCipher,
    PrivateKey,
    load_public_key,
    public_key_digest,
)
from adapter.wire.sirena_keys import KeyStore
from tests.gateway_keys import CLIENT_ID
from tests.wire.hexfile import read_hex

KEY = bytes.fromhex("0123456789abcdef")


def code_of(caught: pytest.ExceptionInfo[CryptError]) -> int:
    return caught.value.code


# --- DES ---------------------------------------------------------------------------------------------------------


def test_des_agrees_with_the_standards_example():
    # FIPS 81, table B1: three blocks of electronic code book.
    blocks = DesCipher(KEY).encrypt(b"Now is the time for all ")
    assert blocks[:24].hex() == "3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53"
    assert len(blocks) == 32


def test_des_reads_what_another_program_made():
    assert DesCipher(KEY).decrypt(read_hex("des_request")[100:]) == (
        b"<sirena><query><ffp_info/></query></sirena>"
    )


@pytest.mark.parametrize("size", range(25))
def test_des_round_trip_always_pads(size):
    cipher = DesCipher(KEY)
    sealed = cipher.encrypt(b"<" * size)
    assert len(sealed) == size // 8 * 8 + 8
    assert cipher.decrypt(sealed) == b"<" * size


def test_des_takes_text_without_padding():
    cipher = DesCipher(KEY)
    # The last is a zlib stream that happens to end like a padding of 3, but for the bytes before.
    for text in (b"<sirena><a/>\n  \n", b"\n <a/>\n ", b"\xef\xbb\xbf<a/>\n", b"\x78\x9c12345\x03"):
        assert cipher.decrypt(cipher.encrypt(text)[:-8]) == text


@pytest.mark.parametrize("data", [b"", b"1234567", b"123456789"])
def test_des_refuses_what_is_no_whole_number_of_blocks(data):
    with pytest.raises(CryptError) as caught:
        DesCipher(KEY).decrypt(data)
    assert code_of(caught) == 4


def test_another_key_shows_as_invalid_key():
    sealed = DesCipher(KEY).encrypt(b"<sirena><query><ffp_info/></query></sirena>")
    with pytest.raises(CryptError) as caught:
        DesCipher(b"\x11" * 8).decrypt(sealed)
    assert code_of(caught) == 4


def test_a_des_key_has_eight_bytes():
    with pytest.raises(ValueError):
        DesCipher(b"short")


# --- registration ------------------------------------------------------------------------------------------------


def test_seal_has_the_layout_of_the_specification(server_key, client_key):
    body = client_key.seal(KEY, server_key.public_key)
    assert len(body) == 260
    assert struct.unpack(">I", body[:4]) == (128,)
    client_key.public_key.verify(body[132:], body[4:132], padding.PKCS1v15(), hashes.SHA1())
    assert server_key.unseal(body, client_key.public_key) == KEY


def undecryptable(server_key: PrivateKey, size: int = 128) -> bytes:
    """Bytes that no public key made.

    OpenSSL "decrypts" them to pseudo-random bytes of pseudo-random length, which for some is 8: not these.
    """
    candidates = (bytes((fill,)) * size for fill in range(1, 120))
    return next(one for one in candidates if not decrypts_to_eight_bytes(server_key, one))


def decrypts_to_eight_bytes(server_key: PrivateKey, sealed: bytes) -> bool:
    try:
        return len(server_key._key.decrypt(sealed, padding.PKCS1v15())) == 8
    except ValueError:
        return False


def signed(client_key: PrivateKey, sealed: bytes) -> bytes:
    signature = client_key._key.sign(sealed, padding.PKCS1v15(), hashes.SHA1())
    return struct.pack(">I", len(sealed)) + sealed + signature


def bodies_with_a_bad_signature(client_key, server_key):
    good = client_key.seal(KEY, server_key.public_key)
    yield b""
    yield b"\0\0\0"
    yield good[:4]
    yield good[:131]
    yield good[:132]  # no signature at all
    yield good[:-1] + bytes((good[-1] ^ 1,))
    yield good[:10] + bytes((good[10] ^ 1,)) + good[11:]
    yield struct.pack(">I", 0xFFFFFFFF) + good[4:]
    yield struct.pack(">I", 256) + good[4:]
    yield struct.pack(">I", 0) + good[4:]
    yield server_key.seal(KEY, server_key.public_key)  # somebody else's signature


def test_the_signature_comes_first(client_key, server_key):
    for body in bodies_with_a_bad_signature(client_key, server_key):
        with pytest.raises(CryptError) as caught:
            server_key.unseal(body, client_key.public_key)
        assert code_of(caught) == 3


def test_everything_after_the_signature_is_one_error(client_key, server_key):
    public = server_key.public_key
    sealed = [
        public.encrypt(b"", padding.PKCS1v15()),
        public.encrypt(b"7 bytes", padding.PKCS1v15()),
        public.encrypt(b"9 bytes!!", padding.PKCS1v15()),
        public.encrypt(bytes(117), padding.PKCS1v15()),
        undecryptable(server_key),
        b"\xff" * 128,  # above the modulus
        b"\x01" * 64,
        b"",
    ]
    for one in sealed:
        with pytest.raises(CryptError) as caught:
            server_key.unseal(signed(client_key, one), client_key.public_key)
        assert code_of(caught) == 9


@pytest.mark.parametrize("seed", range(20))
def test_garbage_never_raises_anything_else(client_key, server_key, seed):
    dice = random.Random(seed)
    body = dice.randbytes(dice.choice([0, 3, 4, 5, 132, 260, 1000]))  # never signed: 3
    with pytest.raises(CryptError):
        server_key.unseal(body, client_key.public_key)
    cipher = DesCipher(dice.randbytes(8))
    for _ in range(20):
        with suppress(CryptError):  # and nothing else
            cipher.decrypt(dice.randbytes(dice.randrange(40)))


# --- keys in text ------------------------------------------------------------------------------------------------


def test_public_keys_are_read_with_and_without_their_lines(client_key):
    pem = client_key.public_pem
    assert pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    bare = "".join(pem.splitlines()[1:-1])
    pkcs1 = client_key.public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    for text in (pem, bare, pem.replace("\n", "\r\n  "), base64.b64encode(pkcs1).decode()):
        key = ClientKey.load(text.encode())
        assert key.key is not None
        assert key.digest == client_key.digest == public_key_digest(client_key.public_key)
    assert load_public_key(pem).public_numbers() == client_key.public_key.public_numbers()


def test_unusable_public_keys_are_marked_not_raised():
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    texts = [b"", b"rubbish!", b"AAAA", "ключ".encode()]
    texts.append(elliptic.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for text in texts:
        assert ClientKey.load(text).key is None
    with pytest.raises(ValueError):
        load_public_key("AAAA")


def test_private_keys(server_key):
    assert PrivateKey.load(server_key.private_pem()).digest == server_key.digest
    elliptic = ec.generate_private_key(ec.SECP256R1())
    pem = elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="RSA key of 1024"):
        PrivateKey.load(pem)
    with pytest.raises(ValueError, match="PEM"):
        PrivateKey.load(b"rubbish")


# --- key store ---------------------------------------------------------------------------------------------------


def test_session_keys_live_ninety_minutes_side_by_side(key_store):
    first = key_store.register(CLIENT_ID, KEY, 1000.0)
    second = key_store.register(CLIENT_ID, b"\x22" * 8, 1000.0 + 3600)
    assert first.id != second.id
    assert key_store.session(CLIENT_ID, first.id, 1000.0 + 5399) is first
    assert key_store.session(CLIENT_ID, 0, 1000.0 + 5399) is second
    with pytest.raises(CryptError) as caught:
        key_store.session(CLIENT_ID, first.id, 1000.0 + 5400)
    assert code_of(caught) == 5
    assert key_store.session(CLIENT_ID, second.id, 1000.0 + 5400) is second
    with pytest.raises(CryptError):
        key_store.session(CLIENT_ID, 0, 1000.0 + 3600 + 5400)


def test_session_keys_belong_to_one_client(key_store):
    session = key_store.register(CLIENT_ID, KEY, 0.0)
    for client_id, key_id in ((1, session.id), (1, 0), (CLIENT_ID, session.id + 1)):
        with pytest.raises(CryptError) as caught:
            key_store.session(client_id, key_id, 0.0)
        assert code_of(caught) == 5


def test_key_ids_are_never_zero_and_grow_over_a_restart():
    assert KeyStore().register(1, KEY, 0.0).id == 1
    assert KeyStore().register(1, KEY, 1_800_000_000.0).id == 1_800_000_000
    store = KeyStore()
    ids = [store.register(1, KEY, 1_800_000_000.0).id for _ in range(3)]
    assert ids == [1_800_000_000, 1_800_000_001, 1_800_000_002]
    assert store.register(1, KEY, 2.0**32).id == 1


def test_the_oldest_session_key_gives_way_at_the_limit():
    store = KeyStore(session_keys_per_client_max=2)
    ids = [store.register(1, KEY, 5.0).id for _ in range(3)]
    with pytest.raises(CryptError):
        store.session(1, ids[0], 5.0)
    assert [store.session(1, key_id, 5.0).id for key_id in ids[1:]] == ids[1:]
    assert len(store.client(1).sessions) == 2


def test_errors_of_public_keys(client_key):
    pem = client_key.public_pem.encode()
    store = KeyStore()
    with pytest.raises(CryptError) as caught:
        store.public_key(1, 0.0)
    assert code_of(caught) == 1
    store.set_public_key(1, ClientKey.load(pem, expires_at=100.0))
    assert store.public_key(1, 99.0) == client_key.public_key
    with pytest.raises(CryptError) as caught:
        store.public_key(1, 100.0)
    assert code_of(caught) == 2
    store.set_public_key(1, ClientKey.load(b"damaged"), "future")
    with pytest.raises(CryptError) as caught:
        store.public_key(1, 100.0)
    assert code_of(caught) == 7
    store.set_public_key(1, ClientKey.load(pem), "future")
    assert store.public_key(1, 100.0) == client_key.public_key


def test_an_unconfirmed_key_is_used_for_nothing(client_key):
    store = KeyStore()
    store.set_public_key(1, ClientKey.load(client_key.public_pem.encode()), "unconfirmed")
    with pytest.raises(CryptError) as caught:
        store.public_key(1, 0.0)
    assert code_of(caught) == 1
