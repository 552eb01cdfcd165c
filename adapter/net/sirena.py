"""The XML gateway's listener: who may speak, how, and what is answered at the line itself."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from twisted.internet.interfaces import IReactorTime

from adapter.envelope import Handle, Reply
from adapter.wire.framing import Waiting
from adapter.wire.sirena import DES, RSA, Frame, Header, WireLimits
from adapter.wire.sirena_crypto import CryptCode, PrivateKey
from adapter.wire.sirena_keys import KeyStore
from adapter.wire.sirena_server import Refused, Registered, Request, ServerConnection

from .answering_connection import AnsweringConnection
from .limits import LinkLimits
from .link import StreamLink
from .peers import Network, is_within, read_networks

_log = logging.getLogger("ffgate.link")

_UNKNOWN_CLIENT = -1
_FORBIDDEN_ADDRESS = 33494

_HARMLESS = (CryptCode.NO_CLIENT_KEY, CryptCode.CLIENT_KEY_EXPIRED, CryptCode.CLIENT_KEY_UNREADABLE)
"""Refusals that cost nothing, tell nothing and come from a key that somebody forgot to renew."""


@dataclass(frozen=True, slots=True)
class SirenaClient:
    """One client id: from where it may connect, whether it encrypts, and what it understands.

    A client with ``cipher`` is served in plaintext only for ping, ``key_info`` and ``iclient_pub_key``; one
    without may not use a cipher. ``on_overload``: observed, one real client doesn't read the body of a "not
    processed" frame and hangs; to such a one the connection is closed instead.
    """

    name: str
    address: tuple[str, ...]
    cipher: bool = False
    on_overload: Literal["not_processed", "close"] = "not_processed"
    networks: tuple[Network, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "networks", read_networks(self.address))


@dataclass(frozen=True, slots=True)
class SirenaSettings:
    """``instance`` is the name of this gateway in its own answers."""

    clients: Mapping[int, SirenaClient]
    instance: str = "FFG"
    limits: LinkLimits = field(default_factory=LinkLimits)
    peers: tuple[Network, ...] | None = None


class SirenaConnection(AnsweringConnection):
    """One connection; several client ids may share it, each is checked for itself."""

    link: "SirenaFactory"

    def __init__(self, link: "SirenaFactory", host: str) -> None:
        super().__init__(link, host)
        limits = link.limits
        self._codec = ServerConnection(
            link.key_store,
            link.server_key,
            link.instance,
            WireLimits(limits.frame_bytes_max, limits.inflated_bytes_max, limits.inflate_ratio_max),
        )
        self._clients: dict[int, SirenaClient] = {}
        self._unknown_keys: set[tuple[int, int]] = set()

    def receive(self, data: bytes) -> None:
        self._codec.receive_data(data)

    def waiting(self) -> Waiting:
        return self._codec.waiting

    def take_frame(self) -> bool:
        frame = self._codec.next_frame()
        if frame is None:
            return False
        client = self._clients.get(frame.header.client_id) or self._admit(frame)
        if client is not None:
            self._open_frame(frame, client)
        return True

    def answer(self, request: Any, reply: Reply) -> None:
        if reply.not_processed or reply.body is None:
            self._not_processed(request)
        else:
            self.link.count("answered")
            self.transport.write(self._codec.answer(request, reply.body))

    def _admit(self, frame: Frame) -> SirenaClient | None:
        header = frame.header
        client = self.link.clients.get(header.client_id)
        if client is not None and is_within(self.host, client.networks):
            self._clients[header.client_id] = client
            return client
        if client is None:
            code, word, text = (
                _UNKNOWN_CLIENT,
                "unknown_client",
                f"client {header.client_id} is not known here",
            )
        else:
            code, word = _FORBIDDEN_ADDRESS, "forbidden_address"
            text = f"client {header.client_id} may not connect from {self.host}"
        self.transport.write(self._codec.invalid_user(header, code, text, self.last_used))
        self.refuse(word, text)
        self.close()
        return None

    def _open_frame(self, frame: Frame, client: SirenaClient) -> None:
        header = frame.header
        if client.cipher and header.flags & RSA and not header.flags & DES:
            if not self.link.watch.allow_handshake(self.host, self.last_used):
                # Before the arithmetic: an RSA operation costs as much as many messages.
                self._overload(client, header)
                self.refuse("handshake_rate", "session keys are registered too fast")
                return
            self.link.count("handshake")
        event = self._codec.open(frame, self.last_used, cipher=client.cipher)
        match event:
            case Request(transport=None):
                self.hand_over(f"{header.client_id}:{header.message_id}", event.body, event)
            case Request():
                self.link.count("transport")
                self.transport.write(self._codec.transport_answer(event))
            case Registered():
                self.link.count("key_registered")
                self.transport.write(event.answer)
            case Refused():
                self.transport.write(event.answer)
                self._refused(event, client)

    def _refused(self, event: Refused, client: SirenaClient) -> None:
        if event.code in _HARMLESS:
            self.link.count(f"refused_crypt_{event.code}")
            return
        if event.code == CryptCode.SESSION_KEY_UNKNOWN:
            # After our restart, or when a key expires, a whole window of honest requests carries the same
            # dead key: it counts once. Whoever tries ids one after the other is counted for each.
            key = (event.header.client_id, event.header.key_id)
            if key in self._unknown_keys:
                self.link.count(f"refused_crypt_{event.code}")
                return
            self._unknown_keys.add(key)
        self.refuse(f"crypt_{event.code}", f"client {client.name}: crypt_error {event.code}")

    def _not_processed(self, request: Request) -> None:
        self._overload(self._clients[request.header.client_id], request.header)

    def _overload(self, client: SirenaClient, header: Header) -> None:
        self.link.count("not_processed")
        if client.on_overload == "close":
            self.close()
        else:
            self.transport.write(self._codec.not_processed(header, self.link.now()))


class SirenaFactory(StreamLink):
    """The listener of one gateway. ``key_store`` belongs to the gateway and outlives every connection."""

    wire = "sirena"

    def __init__(
        self,
        name: str,
        settings: SirenaSettings,
        key_store: KeyStore,
        server_key: PrivateKey | None,
        handle: Handle,
        clock: IReactorTime,
        count: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, handle, clock, limits=settings.limits, peers=settings.peers, count=count)
        self.clients = settings.clients
        self.instance = settings.instance
        self.key_store = key_store
        self.server_key = server_key

    def connection(self, host: str) -> SirenaConnection:
        return SirenaConnection(self, host)
