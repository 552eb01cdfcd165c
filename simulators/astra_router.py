"""A router (or a host) on the Astra gateway: sends telegrams as datagrams until they are receipted, takes others in."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol

from adapter.errors import WireError
from adapter.wire.astra_gateway import read_datagram, render_datagram
from adapter.wire.astra_gateway_router import Delivered, Failed, Received, Router, RouterSettings


class NotDelivered(Exception):
    """No F_ACK; the text is the gateway's word for it: GATE, TEXT or TIME."""


class AstraRouter(DatagramProtocol):
    """One side of the gateway; ``start`` opens the socket, ``send`` sends to the one peer there is.

    ``keeps`` says of each telegram that comes whether it is receipted; those that are stand in ``received``.
    """

    transport: Any

    def __init__(
        self,
        reactor: Any,
        own: str,
        peer: str,
        address: tuple[str, int],
        *,
        repeat_seconds: float = 1.0,
        send_seconds: float = 60.0,
        keeps: Callable[[bytes], bool] = lambda body: True,
        print_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.received: list[bytes] = []
        self._reactor = reactor
        self._address = address
        settings = RouterSettings(repeat_seconds=repeat_seconds, send_seconds=send_seconds)
        self._router = Router(own, peer, settings, int(reactor.seconds() * 1000))
        self._keeps = keeps
        self._print = print_line
        self._sent: dict[int, Deferred[None]] = {}
        self._timer: IDelayedCall | None = None
        self._port: Any = None

    def start(self, port: int = 0, interface: str = "127.0.0.1") -> int:
        """Opens the socket; its port."""
        self._port = self._reactor.listenUDP(port, self, interface, 65535)
        return int(self._port.getHost().port)

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Fires on F_ACK, fails with NotDelivered."""
        sent: Deferred[None] = Deferred()
        self._sent[self._router.send(telegram, self._reactor.seconds())] = sent
        self._flush()
        return sent

    def stop(self) -> Any:
        """Repeats nothing more and closes the socket."""
        self._router.give_up()
        self._flush()
        return self._port.stopListening()

    def datagramReceived(self, data: bytes, addr: Any) -> None:
        try:
            datagram = read_datagram(data)
        except WireError as error:
            self._print(f"< unusable: {error}")
            return
        self._print(f"< {datagram.type.name} {datagram.number} {datagram.sender} to {datagram.receiver}")
        now = self._reactor.seconds()
        self._deal_with(self._router.receive(datagram, now), now)

    def _tick(self) -> None:
        self._timer = None
        now = self._reactor.seconds()
        self._deal_with(self._router.tick(now), now)

    def _deal_with(self, events: list[Any], now: float) -> None:
        for event in events:
            if isinstance(event, Received):
                if self._keeps(event.datagram.body):
                    self.received.append(event.datagram.body)
                    self._router.kept(event, now)
                else:
                    self._router.dropped(event)
            elif isinstance(event, Delivered):
                self._sent.pop(event.number).callback(None)
            elif isinstance(event, Failed):
                self._sent.pop(event.number).errback(NotDelivered(event.code))
        self._flush()

    def _flush(self) -> None:
        for datagram in self._router.take():
            self._print(f"> {datagram.type.name} {datagram.number} {datagram.sender} to {datagram.receiver}")
            self.transport.write(render_datagram(datagram), self._address)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self._router.next_at
        if at is not None:
            self._timer = self._reactor.callLater(max(at - self._reactor.seconds(), 0.0), self._tick)
