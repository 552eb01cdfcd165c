"""The server's side of a gateway connection: frames to clear requests, clear answers to frames.

``receive_data`` and ``next_frame`` only cut frames; ``open`` does the work on one. Between the two the link
decides whether this client may speak at all and whether there is time for its arithmetic.
"""

from dataclasses import dataclass

from . import sirena_answers as answers
from . import sirena_transport as transport
from .framing import Waiting
from .sirena import (
    BINARY,
    CRYPT_ERROR,
    DES,
    GOST,
    INVALID_USER,
    MAY_ZLIB,
    NOT_PROCESSED,
    RSA,
    TEXT,
    ZLIB,
    Frame,
    FrameReader,
    Header,
    InflateError,
    WireLimits,
    deflate_if_smaller,
    inflate,
)
from .sirena_crypto import BLOCK_BYTES, CryptCode, CryptError, PrivateKey
from .sirena_keys import KeyStore, SessionKey

_NOT_IN_CRYPT_ERROR = TEXT | BINARY | ZLIB | DES | MAY_ZLIB | RSA


@dataclass(frozen=True, slots=True)
class Request:
    """A clear request; ``session`` is the key that its answer has to be encrypted with, None in plaintext."""

    header: Header
    body: bytes
    session: SessionKey | None
    transport: transport.TransportRequest | None
    """Set for requests that the line answers itself (``transport_answer``)."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A session key was registered; ``answer`` is the frame to write."""

    header: Header
    key_id: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A frame failed below the XML; ``answer`` is the crypto error frame to write."""

    header: Header
    code: int
    answer: bytes


Event = Request | Registered | Refused


class ServerConnection:
    """One connection; the keys are everybody's. ``now`` is Unix seconds, given by the caller."""

    def __init__(
        self, keys: KeyStore, server_key: PrivateKey | None, instance: str, limits: WireLimits | None = None
    ) -> None:
        self._keys = keys
        self._server_key = server_key
        self._instance = instance
        self._limits = limits or WireLimits()
        self._reader = FrameReader(self._limits.frame_bytes_max)

    def receive_data(self, data: bytes) -> None:
        self._reader.receive_data(data)

    def next_frame(self) -> Frame | None:
        """The next whole frame or None; WireError if the peer broke the framing."""
        return self._reader.next_frame()

    @property
    def waiting(self) -> Waiting:
        return self._reader.waiting

    def open(self, frame: Frame, now: float, *, cipher: bool) -> Event:
        """Decrypt and inflate one frame.

        ``cipher`` tells whether this client has to encrypt: then plaintext is refused but for requests of the
        line, and without it every encrypted frame is. WireError for a body that inflates beyond the limits.
        """
        header = frame.header
        try:
            if header.status & GOST:
                raise CryptError(CryptCode.OTHER)
            if header.flags & (DES | RSA) and not cipher:
                raise CryptError(CryptCode.NO_CLIENT_KEY)
            # With both bits set the symmetric one counts, as at the vendor's server.
            if header.flags & RSA and not header.flags & DES:
                if self._server_key is None:
                    raise CryptError(CryptCode.NO_CLIENT_KEY)
                return self._register(frame, self._server_key, now)
            return self._read(frame, now, cipher)
        except CryptError as error:
            return self.refuse(header, error.code, now)
        except InflateError as error:
            return self.refuse(header, error.number, now)

    def refuse(self, header: Header, code: int, now: float) -> Refused:
        """The crypto error frame for a request: always plain, and a client knows it by its flag."""
        body = answers.crypt_error(header, code, now, self._instance)
        echo = header.echo(flags=header.flags & ~_NOT_IN_CRYPT_ERROR | CRYPT_ERROR)
        return Refused(header, code, Frame(echo, body).render())

    def answer(self, request: Request, body: bytes) -> bytes:
        """The frame that answers ``request``: encrypted alike, compressed if allowed and helpful."""
        asked = request.header
        # A real answer keeps the request's flags, 0x10 among them: one client would inflate whenever it sees
        # 0x10, so it is only ever echoed.
        flags = asked.flags & ~(ZLIB | DES | RSA | CRYPT_ERROR)
        if asked.flags & MAY_ZLIB and not asked.flags & BINARY:
            packed = deflate_if_smaller(body)
            if packed is not None:
                body = packed
                flags |= ZLIB
        if request.session is None:
            return Frame(asked.echo(flags=flags), body).render()
        if not flags & ZLIB and len(body) % BLOCK_BYTES == 0:
            # Observed: one client can't remove a whole block of padding. A final newline hurts no XML.
            body += b"\n"
        echo = asked.echo(flags=flags | DES, key_id=request.session.id)
        return Frame(echo, request.session.cipher.encrypt(body)).render()

    def transport_answer(self, request: Request) -> bytes:
        """The frame that answers a request of the line (``request.transport`` is set)."""
        if request.transport is transport.TransportRequest.PING:
            return Frame(request.header.echo(flags=0), transport.ping_answer()).render()
        client_id = request.header.client_id
        if request.transport is transport.TransportRequest.KEY_INFO:
            body = transport.key_info_answer(self._keys, client_id, self._server_key)
        else:
            body = transport.client_key_answer(self._keys, client_id, request.body)
        return self.answer(request, body)

    def not_processed(self, header: Header, now: float) -> bytes:
        """The frame that asks for a repetition: always plain, also when the request was encrypted."""
        body = answers.not_processed(header, now, self._instance)
        return Frame(header.echo(flags=0, status=NOT_PROCESSED), body).render()

    def invalid_user(self, header: Header, code: int, text: str, now: float) -> bytes:
        """The last frame for somebody who may not speak here."""
        body = answers.refused(header, code, text, now, self._instance)
        return Frame(header.echo(flags=0, status=INVALID_USER), body).render()

    def _register(self, frame: Frame, server_key: PrivateKey, now: float) -> Registered:
        header = frame.header
        client_key = self._keys.public_key(header.client_id, now)
        key = server_key.unseal(frame.body, client_key)
        session = self._keys.register(header.client_id, key, now)
        echo = header.echo(flags=header.flags & ~(ZLIB | CRYPT_ERROR), key_id=session.id)
        return Registered(header, session.id, Frame(echo, server_key.seal(key, client_key)).render())

    def _read(self, frame: Frame, now: float, cipher: bool) -> Event:
        header, body = frame.header, frame.body
        session = None
        if header.flags & DES:
            session = self._keys.session(header.client_id, header.key_id, now)
            body = session.cipher.decrypt(body)
        if header.flags & ZLIB:
            body = inflate(body, self._limits)
        kind = transport.transport_request(body)
        if cipher and session is None and kind is None:
            raise CryptError(CryptCode.OTHER)
        return Request(header, body, session, kind)
