"""The client's side of a gateway connection, for simulators: requests to frames, frames to answers."""

from dataclasses import dataclass

from adapter.errors import WireError

from .framing import Waiting
from .sirena import (
    CRYPT_ERROR,
    DES,
    MAY_ZLIB,
    NOT_PROCESSED,
    RSA,
    ZLIB,
    Frame,
    FrameReader,
    Header,
    InflateError,
    WireLimits,
    deflate_if_smaller,
    inflate,
)
from .sirena_crypto import CryptError, DesCipher, PrivateKey, PublicKey, new_session_key


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame that came back, its body clear.

    ``session_key_id`` is set when it completed a key registration (the body is empty then).
    """

    header: Header
    body: bytes
    session_key_id: int = 0

    @property
    def message_id(self) -> int:
        return self.header.message_id

    @property
    def is_not_processed(self) -> bool:
        return bool(self.header.status & NOT_PROCESSED)

    @property
    def is_crypt_error(self) -> bool:
        return bool(self.header.flags & CRYPT_ERROR)


class ClientConnection:
    """One connection of one client.

    Session keys stay usable for the connection's life, the newest one encrypts.
    """

    def __init__(
        self, client_id: int, private_key: PrivateKey | None = None, limits: WireLimits | None = None
    ) -> None:
        self.client_id = client_id
        self._private_key = private_key
        self._limits = limits or WireLimits()
        self._reader = FrameReader(self._limits.frame_bytes_max)
        self._offered: dict[int, tuple[bytes, PublicKey]] = {}
        self._ciphers: dict[int, DesCipher] = {}
        self.key_id = 0
        """Id of the session key in use, 0 before the first registration."""

    def register(self, message_id: int, server_key: PublicKey, created: int = 0, key: bytes = b"") -> bytes:
        """The frame that registers a session key (a new random one unless ``key`` is given)."""
        if self._private_key is None:
            raise ValueError("registering a session key needs the client's private key")
        key = key or new_session_key()
        self._offered[message_id] = (key, server_key)
        header = Header(0, created, message_id, self.client_id, RSA)
        return Frame(header, self._private_key.seal(key, server_key)).render()

    def use_key(self, key_id: int, key: bytes) -> None:
        """Use a session key that was registered elsewhere: over another connection, by another process."""
        self._ciphers[key_id] = DesCipher(key)
        self.key_id = key_id

    def send(
        self, message_id: int, body: bytes, *, created: int = 0, zlib: bool = False, encrypt: bool = False
    ) -> bytes:
        """The frame of one request; with ``zlib`` it is compressed and the answer may be."""
        flags = 0
        if zlib:
            flags |= MAY_ZLIB
            packed = deflate_if_smaller(body)
            if packed is not None:
                body = packed
                flags |= ZLIB
        if encrypt:
            body = self._ciphers[self.key_id].encrypt(body)
            flags |= DES
        header = Header(0, created, message_id, self.client_id, flags, 0, self.key_id if encrypt else 0)
        return Frame(header, body).render()

    def receive_data(self, data: bytes) -> None:
        self._reader.receive_data(data)

    @property
    def waiting(self) -> Waiting:
        return self._reader.waiting

    def next_answer(self) -> Answer | None:
        """The next whole answer, decrypted and inflated; None if more bytes are needed.

        WireError for everything that no server may send: a broken frame, a body that doesn't decrypt or
        inflate, the confirmation of a key that nobody offered.
        """
        frame = self._reader.next_frame()
        if frame is None:
            return None
        try:
            return self._open(frame)
        except (CryptError, InflateError) as error:
            raise WireError("answer_unreadable", f"the answer can't be read: {error}") from error

    def _open(self, frame: Frame) -> Answer:
        header, body = frame.header, frame.body
        if header.flags & RSA:
            return self._registered(header, body)
        if header.flags & DES:
            cipher = self._ciphers.get(header.key_id)
            if cipher is None:
                raise WireError("answer_unreadable", f"unknown session key {header.key_id}")
            body = cipher.decrypt(body)
        if header.flags & ZLIB:
            body = inflate(body, self._limits)
        return Answer(header, body)

    def _registered(self, header: Header, body: bytes) -> Answer:
        offer = self._offered.pop(header.message_id, None)
        if offer is None or self._private_key is None:
            raise WireError("answer_unexpected", "the server confirmed a session key that was not offered")
        key, server_key = offer
        if self._private_key.unseal(body, server_key) != key:
            raise WireError("answer_unexpected", "the server confirmed another session key than offered")
        self.use_key(header.key_id, key)
        return Answer(header, b"", header.key_id)
