"""The gateway's cipher: DES-ECB session keys, exchanged under RSA with PKCS#1 v1.5 and SHA-1.

All of it is forbidden by today's rules and all of it is what the clients speak: a compatibility feature,
never the security boundary (TLS, IPsec or a private line is). Nothing outside this module uses DES, SHA-1 or
1024-bit keys.

Registration of a session key, body of a frame with the RSA flag, in both directions:

=========  ==============================================================================
4 bytes    n, big-endian
n bytes    C = RSAES-PKCS1-v1_5 of the 8 key bytes under the receiver's public key
the rest   S = RSASSA-PKCS1-v1_5 with SHA-1 over the *bytes of C*, by the sender's private key
=========  ==============================================================================

S is verified before C is decrypted, and everything that can go wrong afterwards gives one and the same error, so
that the answer tells nothing about the padding (Bleichenbacher). OpenSSL from 3.2 on returns pseudo-random bytes
instead of an error for a bad padding: then only the length shows it. About one in a hundred of those has 8 bytes by
chance and registers a key that nobody knows; its client finds out from the answer, as with any wrong key.
"""

import base64
import binascii
import hashlib
import os
import struct
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature

# Single DES is triple DES with the same key three times. The class lives among the "decrepit" ciphers; taking
# it from there, with all 24 bytes spelled out, is the one way that raises no deprecation warning.
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from adapter.errors import AdapterError

SESSION_KEY_BYTES = 8
BLOCK_BYTES = 8
RSA_BITS_MIN = 1024
RSA_BITS_MAX = 4096  # one operation with a longer key would hold the reactor for many milliseconds

PublicKey = rsa.RSAPublicKey
"""For annotations elsewhere: no other module needs to know the library."""

_LENGTH = struct.Struct(">I")


class CryptCode(IntEnum):
    """Value of the attribute ``crypt_error``; negative ones are zlib's and stand beside these."""

    NO_CLIENT_KEY = 1
    CLIENT_KEY_EXPIRED = 2
    BAD_SIGNATURE = 3
    BAD_CIPHERTEXT = 4
    SESSION_KEY_UNKNOWN = 5
    OTHER = 6
    CLIENT_KEY_UNREADABLE = 7
    HANDSHAKE_FAILED = 9


class CryptError(AdapterError):
    """A request failed below the XML and is answered with a crypto error frame; the link stays open."""

    def __init__(self, code: int) -> None:
        super().__init__(f"crypt_error {int(code)}")
        self.code = int(code)


class DesCipher:
    """DES-ECB with PKCS padding under one 8-byte key, used as it is (parity bits ignored)."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != SESSION_KEY_BYTES:
            raise ValueError(f"a DES key has 8 bytes, not {len(key)}")
        self._cipher = Cipher(TripleDES(key * 3), modes.ECB())

    def encrypt(self, clear: bytes) -> bytes:
        """Encrypt; 1 to 8 bytes of padding are always added."""
        fill = BLOCK_BYTES - len(clear) % BLOCK_BYTES
        encryptor = self._cipher.encryptor()
        return encryptor.update(clear + bytes((fill,)) * fill) + encryptor.finalize()

    def decrypt(self, data: bytes) -> bytes:
        """Decrypt; text without (valid) padding is taken as it stands, as the vendor's server does.

        CryptError 4 if the data is no whole number of blocks, or if a text without padding begins like
        neither XML nor zlib: then the key was another one, and saying so lets the client register a new key.
        """
        if not data or len(data) % BLOCK_BYTES:
            raise CryptError(CryptCode.BAD_CIPHERTEXT)
        decryptor = self._cipher.decryptor()
        clear = decryptor.update(data) + decryptor.finalize()
        fill = clear[-1]
        if 1 <= fill <= BLOCK_BYTES and clear.endswith(bytes((fill,)) * fill):
            return clear[:-fill]
        if clear[:64].lstrip()[:1] in (b"<", b"\xef", b"\x78"):
            return clear
        raise CryptError(CryptCode.BAD_CIPHERTEXT)


def new_session_key() -> bytes:
    return os.urandom(SESSION_KEY_BYTES)


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A client's public key as the operator registered it.

    ``key`` is None if the text couldn't be read; that is told to the client when it tries to use it
    (crypt_error 7), because its other requests may well be served. ``expires_at`` is in Unix seconds, None =
    does not expire.
    """

    key: PublicKey | None
    digest: str
    expires_at: float | None = None

    @classmethod
    def load(cls, text: bytes, expires_at: float | None = None) -> "ClientKey":
        """Read PEM, or the bare base64 of it; never raises."""
        der = _der(text)
        key = None if der is None else _rsa_public_key(der)
        return cls(key, public_key_digest(key) if key else "", expires_at)


class PrivateKey:
    """A private RSA key: the server's, or in a simulator the client's."""

    __slots__ = ("_key", "digest", "public_key", "public_pem")

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        self.public_key = key.public_key()
        self.public_pem = self.public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode("ascii")
        self.digest = public_key_digest(self.public_key)

    @classmethod
    def load(cls, pem: bytes) -> "PrivateKey":
        """Read an unencrypted PEM; ValueError with a sentence for people if it is none or too weak."""
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            raise ValueError("this is not an unencrypted private key in PEM form") from None
        if not isinstance(key, rsa.RSAPrivateKey) or not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
            raise ValueError(f"an RSA key of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits is needed")
        return cls(key)

    @classmethod
    def generate(cls, bits: int = 2048) -> "PrivateKey":
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=bits))

    def private_pem(self) -> bytes:
        """For the file that only its owner may read."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def seal(self, session_key: bytes, receiver: PublicKey) -> bytes:
        """The body that carries a session key to ``receiver``, signed by us."""
        sealed = receiver.encrypt(session_key, padding.PKCS1v15())
        signature = self._key.sign(sealed, padding.PKCS1v15(), hashes.SHA1())
        return _LENGTH.pack(len(sealed)) + sealed + signature

    def unseal(self, body: bytes, sender: PublicKey) -> bytes:
        """The session key in ``body``; CryptError 3 for the signature, 9 for all that follows."""
        sealed, signature = _split(body)
        try:
            sender.verify(signature, sealed, padding.PKCS1v15(), hashes.SHA1())
        except InvalidSignature:
            raise CryptError(CryptCode.BAD_SIGNATURE) from None
        try:
            session_key = self._key.decrypt(sealed, padding.PKCS1v15())
        except ValueError:
            session_key = b""
        if len(session_key) != SESSION_KEY_BYTES:
            raise CryptError(CryptCode.HANDSHAKE_FAILED)
        return session_key


def load_public_key(pem: str) -> PublicKey:
    """The public key in a ``key_info`` answer; ValueError if it is none."""
    key = ClientKey.load(pem.encode("utf-8")).key
    if key is None:
        raise ValueError("this is not an RSA public key")
    return key


def public_key_digest(key: PublicKey) -> str:
    """What people compare over the telephone: base64 of SHA-1 over the DER form."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha1(der, usedforsecurity=False).digest()).decode("ascii")


def _split(body: bytes) -> tuple[bytes, bytes]:
    if len(body) < _LENGTH.size:
        raise CryptError(CryptCode.BAD_SIGNATURE)
    (length,) = _LENGTH.unpack_from(body)
    if length >= len(body) - _LENGTH.size:
        raise CryptError(CryptCode.BAD_SIGNATURE)
    return body[_LENGTH.size : _LENGTH.size + length], body[_LENGTH.size + length :]


def _der(text: bytes) -> bytes | None:
    lines = [line.strip() for line in text.splitlines()]
    try:
        return base64.b64decode(b"".join(line for line in lines if not line.startswith(b"--")), validate=True)
    except binascii.Error:
        return None


def _rsa_public_key(der: bytes) -> PublicKey | None:
    try:
        key = serialization.load_der_public_key(der)
    except Exception:  # the library has a dozen kinds of refusal, among them its own UnsupportedAlgorithm
        return None
    if not isinstance(key, rsa.RSAPublicKey) or not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        return None
    return key
