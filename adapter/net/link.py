"""Listeners for protocols of framed messages over TCP: who may connect, how many, and how all of it stops."""

import logging
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorTime, IStreamServerEndpoint
from twisted.internet.protocol import ServerFactory

from adapter.envelope import Handle

from .connection import LinkConnection
from .limits import LinkLimits
from .peers import Network, PeerWatch, is_within

_log = logging.getLogger("ffgate.link")


def _ignore(_event: str) -> None:
    pass


class StreamLink(ServerFactory, metaclass=ABCMeta):
    """A listener and its connections.

    ``clock`` is the reactor (its seconds are Unix time and stamp the messages) or a test's clock. ``count``
    is called with a stable word for everything worth a metric. ``peers`` limits who may connect; None leaves
    that to the address listened on.
    """

    noisy = False
    wire: ClassVar[str]
    """The protocol's name in envelopes."""

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        *,
        limits: LinkLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.handle = handle
        self.clock = clock
        self.limits = limits or LinkLimits()
        self.count = count or _ignore
        self.watch = PeerWatch(
            self.limits.refusals_per_minute_max,
            self.limits.refused_peer_seconds,
            self.limits.handshakes_per_second_max,
        )
        self.connections: dict[LinkConnection, None] = {}
        self.is_paused = False
        self.is_stopping = False
        self._peers = peers
        self._port: IListeningPort | None = None
        self._drained: list[Deferred[None]] = []

    def now(self) -> float:
        """Unix seconds."""
        return float(self.clock.seconds())

    @property
    def in_flight(self) -> int:
        """Messages handed over and not answered yet."""
        return sum(connection.in_flight for connection in self.connections)

    def listen(self, endpoint: IStreamServerEndpoint) -> "Deferred[IListeningPort]":
        """Open the listener; the Deferred fails when the address can't be had."""

        def opened(port: IListeningPort) -> IListeningPort:
            self._port = port
            return port

        return endpoint.listen(self).addCallback(opened)

    @abstractmethod
    def connection(self, host: str) -> LinkConnection:
        """A new connection of the subclass's kind."""

    def buildProtocol(self, addr: IAddress | None) -> LinkConnection | None:
        """Take the connection, or have it closed at once."""
        host = str(getattr(addr, "host", ""))
        if self.is_stopping:
            return None
        if self._peers is not None and not is_within(host, self._peers):
            self.count("refused_peer")
            _log.warning("%s: %s is not among the peers", self.name, host)
            return None
        if self.watch.is_blocked(host, self.now()):
            self.count("refused_blocked")
            return None
        if not self._make_room():
            self.count("refused_connections_max")
            _log.warning("%s: no room for %s: all connections are busy", self.name, host)
            return None
        return self.connection(host)

    def pause(self) -> None:
        """Read nothing for now; what was read is still answered."""
        self.is_paused = True
        self._pump()

    def resume(self) -> None:
        """Read again."""
        self.is_paused = False
        self._pump()

    def stop_reading(self) -> None:
        """Take no new connection and read nothing more, for good. What was handed over is still answered."""
        self.is_stopping = True
        self._pump()

    def drain(self) -> "Deferred[None]":
        """Close every connection as soon as it has all its answers; fires when the last one is gone.

        The limit is the peers': one that doesn't take its answers in is cut off after ``linger_seconds``.
        """
        self.is_stopping = True
        drained: Deferred[None] = Deferred()
        self._drained.append(drained)
        for connection in list(self.connections):
            connection.stop()
        self._check_drained()
        return drained

    def stop(self) -> "Deferred[None]":
        """Stop listening, then drain."""
        self.stop_reading()
        port, self._port = self._port, None
        closed = succeed(None) if port is None else maybeDeferred(port.stopListening)
        return closed.addCallback(lambda _none: self.drain())

    def forget(self, connection: LinkConnection) -> None:
        """A connection is gone."""
        self.connections.pop(connection, None)
        self.count("disconnected")
        self._check_drained()

    def _check_drained(self) -> None:
        if not self.connections:
            drained, self._drained = self._drained, []
            for one in drained:
                one.callback(None)

    def _make_room(self) -> bool:
        if len(self.connections) < self.limits.connections_max:
            return True
        idle = [one for one in self.connections if one.is_idle and not one.is_closing]
        if not idle:
            return False
        self.count("evicted")
        min(idle, key=lambda one: one.last_used).close(linger=False)
        return True

    def _pump(self) -> None:
        for connection in list(self.connections):
            connection.pump()
