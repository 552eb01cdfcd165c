"""A client of the Sirena XML gateway that shares nothing with the server: written from the description of the protocol
alone, on blocking sockets. Where it and the server disagree, one of the two has read the description wrongly.

A conversation: connect; ask ``key_info`` for the server's public key, or know it; send a session key of eight bytes,
encrypted for the server and signed (0x40); from then on requests travel in DES (0x08) under the key id that the server
chose. A client without cipher simply sends its XML. Answers come in any order and are told apart by message id.
"""

import os
import socket
import struct
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from xml.etree import ElementTree

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes

# length, created, message id, reserved, client id, flags, more flags, symmetric key id, reserved
HEADER = struct.Struct(">III32sHBBI48s")
COUNT = struct.Struct(">I")

COMPRESSED = 0x04
ENCRYPTED = 0x08
TAKES_COMPRESSED = 0x10
HANDSHAKE = 0x40
SYSTEM_ERROR = 0x80
NOT_PROCESSED = 0x01  # in the second byte

PYTHON_CLIENT = COMPRESSED | ENCRYPTED | TAKES_COMPRESSED
"""What the airline's own Python client sets on its traffic; its plain requests bear the same without ENCRYPTED."""

BLOCK_BYTES = 8
SECRET_BYTES = 8
TIMEOUT_SECONDS = 10.0


class ProtocolBroken(Exception):
    """The server did something that the description of the protocol rules out."""


@dataclass(frozen=True)
class Header:
    """The hundred bytes before every body."""

    length: int
    created: int
    message_id: int
    client_id: int
    flags: int = 0
    more_flags: int = 0
    key_id: int = 0
    reserved: bytes = bytes(32)
    tail: bytes = bytes(48)

    def packed(self) -> bytes:
        return HEADER.pack(
            self.length, self.created, self.message_id, self.reserved, self.client_id,
            self.flags, self.more_flags, self.key_id, self.tail,
        )  # fmt: skip

    @classmethod
    def unpacked(cls, octets: bytes) -> Self:
        length, created, message_id, reserved, client_id, flags, more_flags, key_id, tail = HEADER.unpack(
            octets
        )
        return cls(length, created, message_id, client_id, flags, more_flags, key_id, reserved, tail)


@dataclass(frozen=True)
class SessionKey:
    """Eight bytes that both sides know, and the number the server gave them."""

    number: int
    secret: bytes

    def _cipher(self) -> Cipher[modes.ECB]:
        return Cipher(TripleDES(self.secret * 3), modes.ECB())  # three equal keys make it single DES

    def encrypt(self, plain: bytes) -> bytes:
        missing = BLOCK_BYTES - len(plain) % BLOCK_BYTES
        return self.encrypt_blocks(plain + bytes([missing]) * missing)

    def encrypt_blocks(self, blocks: bytes) -> bytes:
        """Without padding: whole blocks only."""
        encryptor = self._cipher().encryptor()
        return encryptor.update(blocks) + encryptor.finalize()

    def decrypt(self, octets: bytes) -> bytes:
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(octets) + decryptor.finalize()
        count = padded[-1]
        if not 1 <= count <= BLOCK_BYTES or padded[-count:] != bytes([count]) * count:
            raise ProtocolBroken(f"an encrypted answer without padding: …{padded[-BLOCK_BYTES:].hex()}")
        return padded[:-count]


@dataclass(frozen=True)
class Answer:
    """One frame from the server: as it came, and its text laid open."""

    header: Header
    body: bytes
    text: bytes

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.text)

    @property
    def envelope(self) -> ElementTree.Element:
        """The one ``answer`` inside ``sirena``."""
        root = self.root
        if root.tag != "sirena" or [child.tag for child in root] != ["answer"]:
            raise ProtocolBroken(f"not an answer: {self.text!r}")
        return root[0]

    @property
    def method(self) -> ElementTree.Element:
        """The method element; an error directly under ``answer`` is none."""
        children = list(self.envelope)
        if len(children) != 1 or children[0].tag == "error":
            raise ProtocolBroken(f"no method in {self.text!r}")
        return children[0]

    @property
    def error_code(self) -> str:
        """Code of the error inside the method element."""
        error = self.method.find("error")
        if error is None:
            raise ProtocolBroken(f"no error in {self.text!r}")
        return error.get("code", "")

    @property
    def crypt_error(self) -> int:
        """Number of a system error, whose form is checked on the way."""
        children = list(self.envelope)
        if len(children) != 1 or children[0].tag != "error" or children[0].get("code") != "-1":
            raise ProtocolBroken(f"not a system error: {self.text!r}")
        return int(children[0].get("crypt_error", ""))


def query(method: str) -> bytes:
    """A request as the clients write it."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n<sirena><query>{method}</query></sirena>'.encode()


def handshake_body(ciphertext: bytes, private_key: rsa.RSAPrivateKey) -> bytes:
    """Length of the ciphertext, the ciphertext, and our signature over its bytes."""
    # The protocol's own algorithms; nothing newer is spoken there.
    signature = private_key.sign(ciphertext, padding.PKCS1v15(), hashes.SHA1())
    return COUNT.pack(len(ciphertext)) + ciphertext + signature


class GatewayClient:
    """One connection. Keys learnt from handshakes stay in ``keys`` and may be shared with other connections."""

    def __init__(
        self,
        port: int,
        client_id: int,
        private_key: rsa.RSAPrivateKey | None = None,
        server_key: rsa.RSAPublicKey | None = None,
        keys: dict[int, SessionKey] | None = None,
    ) -> None:
        self.client_id = client_id
        self.private_key = private_key
        self.server_key = server_key
        self.keys = {} if keys is None else keys
        self._last_id = 0
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS)
        self.socket.settimeout(TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def header(
        self, length: int, *, message_id: int | None = None, flags: int = 0, key_id: int = 0
    ) -> Header:
        number = self.next_id() if message_id is None else message_id
        return Header(length, int(time.time()), number, self.client_id, flags, 0, key_id)

    def pack(
        self,
        text: bytes,
        *,
        flags: int = 0,
        key: SessionKey | None = None,
        key_id: int | None = None,
        message_id: int | None = None,
    ) -> tuple[Header, bytes]:
        """A request's header and body; ``key_id`` is what the header says where that isn't the key's own number."""
        body = zlib.compress(text) if flags & COMPRESSED else text
        if flags & ENCRYPTED:
            assert key is not None, "an encrypted request needs a key"
            body = key.encrypt(body)
        number = key_id if key_id is not None else key.number if key else 0
        return self.header(len(body), message_id=message_id, flags=flags, key_id=number), body

    def send(self, header: Header, body: bytes) -> Header:
        self.socket.sendall(header.packed() + body)
        return header

    def _exactly(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise ProtocolBroken(f"closed after {len(octets)} of {count} bytes: {octets!r}")
            octets += more
        return octets

    def receive(self) -> Answer:
        """The next answer, whichever request it belongs to."""
        header = Header.unpacked(self._exactly(HEADER.size))
        body = self._exactly(header.length)
        text = body
        if header.flags & HANDSHAKE:
            return Answer(header, body, b"")
        if header.flags & ENCRYPTED:
            text = self.keys[header.key_id].decrypt(text)
        if header.flags & COMPRESSED:
            text = zlib.decompress(text)
        return Answer(header, body, text)

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        octets = b""
        while more := self.socket.recv(65536):
            octets += more
        return octets

    def ask(
        self,
        method: str,
        *,
        flags: int = 0,
        key: SessionKey | None = None,
        key_id: int | None = None,
        message_id: int | None = None,
    ) -> Answer:
        """Send one request, wait for its answer and see that it is its answer."""
        sent = self.send(
            *self.pack(query(method), flags=flags, key=key, key_id=key_id, message_id=message_id)
        )
        answer = self.receive()
        check_answer_header(sent, answer.header)
        return answer

    def batch(self, methods: Iterable[str], *, flags: int = 0, key: SessionKey | None = None) -> list[Answer]:
        """Send all requests in one go, collect the answers in any order, return them in that of the requests."""
        frames = [self.pack(query(method), flags=flags, key=key) for method in methods]
        self.socket.sendall(b"".join(header.packed() + body for header, body in frames))
        answers: dict[int, Answer] = {}
        for _each in frames:
            answer = self.receive()
            if answer.header.message_id in answers:
                raise ProtocolBroken(f"message {answer.header.message_id} was answered twice")
            answers[answer.header.message_id] = answer
        for header, _body in frames:
            check_answer_header(header, answers[header.message_id].header)
        return [answers[header.message_id] for header, _body in frames]

    def learn_server_key(self, *, flags: int = 0, key: SessionKey | None = None) -> rsa.RSAPublicKey:
        """Ask ``key_info`` for the server's public key."""
        answer = self.ask("<key_info/>", flags=flags, key=key)
        pem = answer.method.findtext("key_manager/server_public_key", "")
        if answer.method.tag != "key_info" or not pem.strip().startswith("-----BEGIN PUBLIC KEY-----"):
            raise ProtocolBroken(f"no public key in {answer.text!r}")
        public = serialization.load_pem_public_key(pem.strip().encode())
        assert isinstance(public, rsa.RSAPublicKey)
        return public

    def seal(self, secret: bytes) -> bytes:
        """The body of a handshake with this session key."""
        assert self.server_key is not None
        assert self.private_key is not None
        return handshake_body(self.server_key.encrypt(secret, padding.PKCS1v15()), self.private_key)

    def send_handshake(self, body: bytes, *, message_id: int | None = None) -> Header:
        return self.send(self.header(len(body), message_id=message_id, flags=HANDSHAKE), body)

    def open_seal(self, answer: Answer) -> bytes:
        """The session key in the server's answer, after its signature was verified (InvalidSignature)."""
        assert self.server_key is not None
        assert self.private_key is not None
        count = COUNT.unpack_from(answer.body)[0]
        ciphertext, signature = answer.body[4 : 4 + count], answer.body[4 + count :]
        self.server_key.verify(signature, ciphertext, padding.PKCS1v15(), hashes.SHA1())
        return self.private_key.decrypt(ciphertext, padding.PKCS1v15())

    def handshake(self, secret: bytes = b"") -> SessionKey:
        """Register a session key and check all that the server says about it."""
        secret = secret or os.urandom(SECRET_BYTES)
        sent = self.send_handshake(self.seal(secret))
        answer = self.receive()
        if answer.header.flags & SYSTEM_ERROR:
            raise ProtocolBroken(f"handshake refused: {answer.body!r}")
        number = answer.header.key_id
        if not number:
            raise ProtocolBroken("key id 0 means 'the latest' and is no key's own")
        expected = replace(sent, length=answer.header.length, key_id=number)
        if answer.header != expected:
            raise ProtocolBroken(f"header {answer.header} instead of {expected}")
        if self.open_seal(answer) != secret:
            raise ProtocolBroken("the server answered with another session key")
        self.keys[number] = SessionKey(number, secret)
        return self.keys[number]


def check_answer_header(sent: Header, received: Header) -> None:
    """An answer bears the request's header: only length, COMPRESSED and a key id of 0 may have changed."""
    expected = replace(
        sent,
        length=received.length,
        flags=sent.flags & ~COMPRESSED | received.flags & COMPRESSED,
        key_id=sent.key_id or received.key_id,
    )
    if received != expected:
        raise ProtocolBroken(f"header {received} instead of {expected}")
    if received.flags & COMPRESSED and not sent.flags & TAKES_COMPRESSED:
        raise ProtocolBroken("a compressed answer to a client that takes none")
    if sent.flags & ENCRYPTED and not received.key_id:
        raise ProtocolBroken("an encrypted answer does not say which key it was")
