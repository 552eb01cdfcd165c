"""MATIP partners without sockets: string transports, endpoints that answer when told, and the codec on their side."""

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from adapter.net.limits import LinkLimits
from adapter.net.matip import MatipFactory, MatipSettings
from adapter.net.matip_partner import PartnerSettings
from adapter.net.peers import read_networks
from adapter.wire.matip import Event, MatipConnection, State
from adapter.wire.matip_packets import Opening
from tests.net.gateway import Handler, clock_at, counting

OURS = IPv4Address("TCP", "10.0.0.100", 351)


def caller(name: str, *address: str, **more: Any) -> PartnerSettings:
    return PartnerSettings(name, address=read_networks(address or ("10.0.0.1",)), **more)


class Endpoint:
    """Where we call: collects the calls, each answered or failed by the test."""

    def __init__(self, host: str = "10.0.0.200") -> None:
        self.host = host
        self.calls: list[tuple[Any, Deferred[Any]]] = []
        self.cancelled = 0

    def connect(self, factory: Any) -> "Deferred[Any]":
        def cancelled(_deferred: Any) -> None:
            self.cancelled += 1

        made: Deferred[Any] = Deferred(cancelled)
        self.calls.append((factory, made))
        return made

    def fail(self) -> None:
        self.calls.pop(0)[1].errback(ConnectionRefusedError("nobody there"))


class Rig:
    """A MATIP link with its surroundings."""

    def __init__(self, *partners: PartnerSettings, limits: LinkLimits | None = None, **more: Any) -> None:
        self.clock = clock_at()
        self.handler = Handler()
        self.counts, count = counting()
        self.endpoint = Endpoint()
        called = {one.name: self.endpoint for one in partners if not one.address}
        settings = {name: more.pop(name) for name in list(more) if name in MatipSettings.__dataclass_fields__}
        self.link = MatipFactory(
            "teletype",
            partners or (caller("network"),),
            called,
            self.handler,
            self.clock,
            settings=MatipSettings(**settings),
            limits=limits or LinkLimits(),
            count=count,
            chance=lambda: 1.0,
            **more,
        )

    def peer(self, host: str = "10.0.0.1") -> "Peer":
        """Someone who calls us."""
        address = IPv4Address("TCP", host, 40000)
        return Peer(self.link.buildProtocol(address), address)

    def answer(self) -> "Peer":
        """Answer our oldest call."""
        factory, made = self.endpoint.calls.pop(0)
        address = IPv4Address("TCP", self.endpoint.host, 351)
        peer = Peer(factory.buildProtocol(address), address)
        made.callback(peer.connection)
        return peer


class Peer:
    """The far end of one connection; ``codec`` is its own side of the session."""

    def __init__(self, connection: Any, address: IPv4Address) -> None:
        self.connection = connection
        self.codec = MatipConnection(wins_collision=False)
        self.transport = StringTransport(hostAddress=OURS, peerAddress=address)
        if connection is not None:
            connection.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.connection.dataReceived(data)

    def written(self) -> bytes:
        data = self.transport.value()
        self.transport.clear()
        return data

    def events(self) -> list[Event]:
        """What our link has said, as this side's codec sees it."""
        self.codec.receive_data(self.written())
        found = []
        while (event := self.codec.next_event()) is not None:
            found.append(event)
        return found

    def open(self, opening: Opening) -> list[Event]:
        """Ask for a session; what came back."""
        self.send(self.codec.open(opening))
        return self.events()

    def tell(self, *telegrams: bytes) -> None:
        self.send(b"".join(self.codec.send(one) for one in telegrams))

    @property
    def has_session(self) -> bool:
        return self.codec.state is State.OPEN and self.connection.session is not None

    @property
    def is_refused(self) -> bool:
        return self.connection is None

    @property
    def is_closed(self) -> bool:
        return self.transport.disconnecting or self.transport.disconnected

    @property
    def is_read_from(self) -> bool:
        return self.transport.producerState == "producing"

    def gone(self) -> None:
        self.connection.connectionLost(Failure(ConnectionDone()))


def results(deferred: "Deferred[Any]") -> list[Any]:
    """What came of it, once it has."""
    found: list[Any] = []
    deferred.addBoth(found.append)
    return found
