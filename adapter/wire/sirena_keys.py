"""The keys of all gateway clients: public keys as registered, session keys as exchanged.

Session keys belong to the client id, not to the connection: real clients share one key between connections
and processes and keep it for close to its whole life. Several are alive at once, because two processes of one
client may register at the same moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .sirena_crypto import ClientKey, CryptCode, CryptError, DesCipher, PublicKey

SESSION_SECONDS = 90 * 60.0
SESSION_KEYS_PER_CLIENT_MAX = 64
_KEY_ID_MAX = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A registered DES key; ``expires_at`` in Unix seconds."""

    id: int
    cipher: DesCipher
    expires_at: float


@dataclass(slots=True)
class ClientKeys:
    """What the store knows of one client.

    ``unconfirmed`` was sent in by the client itself and is used for nothing.
    """

    current: ClientKey | None = None
    future: ClientKey | None = None
    unconfirmed: ClientKey | None = None
    sessions: dict[int, SessionKey] = field(default_factory=dict)
    """By id, oldest first."""


class KeyStore:
    """One for all connections of a gateway; used in the reactor thread only.

    ``now`` is always Unix seconds.
    """

    def __init__(
        self,
        session_seconds: float = SESSION_SECONDS,
        session_keys_per_client_max: int = SESSION_KEYS_PER_CLIENT_MAX,
    ) -> None:
        self._session_seconds = session_seconds
        self._session_keys_per_client_max = session_keys_per_client_max
        self._clients: dict[int, ClientKeys] = {}
        self._last_id = 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._clients)

    def client(self, client_id: int) -> ClientKeys:
        """The keys of a client; an empty record (not kept) for one that has none."""
        return self._clients.get(client_id) or ClientKeys()

    def set_public_key(
        self, client_id: int, key: ClientKey, state: Literal["current", "future", "unconfirmed"] = "current"
    ) -> None:
        setattr(self._clients.setdefault(client_id, ClientKeys()), state, key)

    def public_key(self, client_id: int, now: float) -> PublicKey:
        """The key to verify this client's signature with; CryptError 1, 2 or 7 if there is none to be used.

        The future key takes over when the current one has expired.
        """
        known = self.client(client_id)
        keys = [key for key in (known.current, known.future) if key is not None]
        if not keys:
            raise CryptError(CryptCode.NO_CLIENT_KEY)
        for key in keys:
            if key.expires_at is None or now < key.expires_at:
                if key.key is None:
                    raise CryptError(CryptCode.CLIENT_KEY_UNREADABLE)
                return key.key
        raise CryptError(CryptCode.CLIENT_KEY_EXPIRED)

    def register(self, client_id: int, key: bytes, now: float) -> SessionKey:
        """Take a new session key in; the ones before stay valid until they expire.

        Ids are never 0 (observed: two clients read 0 as "no key") and grow from the present second, so that a
        client which kept a key over our restart meets "unknown key" rather than somebody else's key under the
        same id.
        """
        sessions = self._clients.setdefault(client_id, ClientKeys()).sessions
        for old in [old for old in sessions.values() if old.expires_at <= now]:
            del sessions[old.id]
        while len(sessions) >= self._session_keys_per_client_max:
            del sessions[next(iter(sessions))]
        new_id = max(self._last_id + 1, int(now))
        self._last_id = new_id if 0 < new_id <= _KEY_ID_MAX else 1
        session = SessionKey(self._last_id, DesCipher(key), now + self._session_seconds)
        sessions[session.id] = session
        return session

    def session(self, client_id: int, key_id: int, now: float) -> SessionKey:
        """The session key under that id, the newest for id 0; CryptError 5 if unknown or expired."""
        sessions = self.client(client_id).sessions
        session = sessions.get(key_id) if key_id else next(reversed(sessions.values()), None)
        if session is None or session.expires_at <= now:
            raise CryptError(CryptCode.SESSION_KEY_UNKNOWN)
        return session
