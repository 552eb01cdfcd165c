"""A host's client of the Sirena XML gateway: session keys, zlib, many requests in flight, answers matched by id.

Life of a client: 1. connect; 2. with a private key: ask ``key_info`` for the server's public key unless it is
known, register a session key; 3. send, as many at once as wanted; 4. an answer "session key unknown" or "does
not decrypt" makes it register once more and repeat, "not processed" makes it repeat after a pause; 5. close.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import connectProtocol
from twisted.internet.interfaces import IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from adapter.wire.sirena_client import Answer, ClientConnection
from adapter.wire.sirena_crypto import PrivateKey, PublicKey, load_public_key

from .messages import KEY_INFO, read_answer

_STALE_KEY_ERRORS = ("4", "5")


class GatewayError(Exception):
    """The gateway answered, but not with an answer to the question."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Who the client is and how it behaves. Without ``private_key`` it speaks plaintext."""

    client_id: int
    private_key: PrivateKey | None = None
    server_key: PublicKey | None = None
    zlib: bool = True
    answer_seconds: float = 60.0
    repeats_max: int = 5
    repeat_seconds: float = 1.0


class SirenaClient(Protocol):
    """One connection; ``ask`` may be called any number of times at once."""

    transport: Any

    def __init__(self, settings: ClientSettings, clock: IReactorTime) -> None:
        self.settings = settings
        self.codec = ClientConnection(settings.client_id, settings.private_key)
        self.registrations = 0
        self._clock = clock
        self._server_key = settings.server_key
        self._message_id = 0
        self._waiting: dict[int, Deferred[Answer]] = {}
        self._registering: list[Deferred[None]] | None = None
        self._closed: list[Deferred[None]] = []
        self._lost: Failure | None = None

    @classmethod
    def connect(
        cls, endpoint: IStreamClientEndpoint, settings: ClientSettings, clock: IReactorTime
    ) -> "Deferred[SirenaClient]":
        """A connected client; the Deferred fails if nobody listens."""
        connect: Any = connectProtocol  # not annotated
        connected: Deferred[SirenaClient] = connect(endpoint, cls(settings, clock))
        return connected

    @property
    def in_flight(self) -> int:
        return len(self._waiting)

    async def ask(self, body: bytes) -> bytes:
        """The clear answer to a clear request.

        GatewayError for an answer below the XML that repeating doesn't cure, TimeoutError after
        ``answer_seconds``, ConnectionLost if the connection ends before the answer.
        """
        encrypt = self.settings.private_key is not None
        for _attempt in range(self.settings.repeats_max + 1):
            if encrypt and not self.codec.key_id:
                await self.register()
            key_id = self.codec.key_id
            answer = await self.send(body, encrypt=encrypt)
            if answer.is_not_processed:
                await self._pause(self.settings.repeat_seconds)
            elif answer.is_crypt_error:
                error = crypt_error(answer)
                if error not in _STALE_KEY_ERRORS:
                    raise GatewayError(f"crypt_error {error}: {answer.body.decode('utf-8', 'replace')}")
                if key_id == self.codec.key_id:  # unless another request has registered a new key meanwhile
                    await self.register()
            else:
                return answer.body
        raise GatewayError(f"no answer after {self.settings.repeats_max} repeats")

    def send(self, body: bytes, *, encrypt: bool = False) -> "Deferred[Answer]":
        """Send one frame; fires with the frame that answers it, whatever that says."""
        message_id = self._next_id()
        frame = self.codec.send(
            message_id, body, created=self._now(), zlib=self.settings.zlib, encrypt=encrypt
        )
        return self._write(message_id, frame)

    async def register(self) -> None:
        """Register a new session key; those who come while one is being registered wait for that one."""
        if self._registering is not None:
            waiter: Deferred[None] = Deferred()
            self._registering.append(waiter)
            await waiter
            return
        self._registering = []
        problem: Exception | None = None
        try:
            await self._register()
        except Exception as error:
            problem = error
            raise
        finally:
            waiters, self._registering = self._registering, None
            for waiter in waiters:
                if problem is None:
                    waiter.callback(None)
                else:
                    waiter.errback(problem)

    def close(self) -> "Deferred[None]":
        """Close; fires when the connection is gone."""
        if self._lost is not None:
            return succeed(None)
        closed: Deferred[None] = Deferred()
        self._closed.append(closed)
        self.transport.loseConnection()
        return closed

    def dataReceived(self, data: bytes) -> None:
        self.codec.receive_data(data)
        while (answer := self.codec.next_answer()) is not None:
            waiting = self._waiting.pop(answer.message_id, None)
            if waiting is not None:  # else: too late, or never asked for
                waiting.callback(answer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = reason
        waiting, self._waiting = self._waiting, {}
        for one in waiting.values():
            one.errback(reason)
        closed, self._closed = self._closed, []
        for done in closed:
            done.callback(None)

    async def _register(self) -> None:
        if self._server_key is None:
            answer = await self.send(KEY_INFO)
            tree = read_answer(answer.body)
            pem = tree.findtext(".//server_public_key")
            if not pem:
                raise GatewayError("the gateway told no server_public_key")
            self._server_key = load_public_key(pem)
        message_id = self._next_id()
        frame = self.codec.register(message_id, self._server_key, self._now())
        registered = await self._write(message_id, frame)
        if not registered.session_key_id:
            raise GatewayError(f"the session key was refused: {registered.body.decode('utf-8', 'replace')}")
        self.registrations += 1

    def _write(self, message_id: int, frame: bytes) -> "Deferred[Answer]":
        def forget(_cancelled: object) -> None:
            self._waiting.pop(message_id, None)

        answered: Deferred[Answer] = Deferred(forget)
        if self._lost is not None:
            answered.errback(self._lost)
            return answered
        self._waiting[message_id] = answered
        answered.addTimeout(self.settings.answer_seconds, self._clock)
        self.transport.write(frame)
        return answered

    def _next_id(self) -> int:
        self._message_id = self._message_id % 0xFFFFFFFF + 1
        return self._message_id

    def _now(self) -> int:
        return int(self._clock.seconds()) & 0xFFFFFFFF

    def _pause(self, seconds: float) -> "Deferred[None]":
        passed: Deferred[None] = Deferred()
        fire: Callable[[None], Any] = passed.callback
        self._clock.callLater(seconds, fire, None)
        return passed


def crypt_error(answer: Answer) -> str:
    """The attribute ``crypt_error`` of a crypto error answer, "" if there is none."""
    try:
        tree = read_answer(answer.body)
    except etree.XMLSyntaxError:
        return ""
    error = tree.find("./answer/error")
    return "" if error is None else error.get("crypt_error", "")
