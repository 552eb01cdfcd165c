"""The link to the routers of the Astra gateway: one UDP socket, telegrams in and out, receipts.

A router is known by its name and the address that it sends from; its receipts and our telegrams go to the
port that the settings give for it, whatever port it sent from (observed: hosts send from one port and listen
on another). A telegram is receipted only once it is kept; one that can't be kept now gets nothing, and its
sender repeats. While the gate is full, routers are told by flow control, and what comes all the same is not
taken. Nothing here costs memory for strangers: their datagrams are counted and forgotten.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import DatagramProtocol

from adapter.envelope import Envelope, Handle, Reply
from adapter.errors import WireError
from adapter.wire.astra_gateway import (
    BODY_BYTES_MAX,
    HEADER,
    Datagram,
    Type,
    read_datagram,
    render_datagram,
)
from adapter.wire.astra_gateway_router import (
    Delivered,
    Event,
    Failed,
    Noticed,
    Received,
    Router,
    RouterSettings,
)

from .handing import hand_over
from .outward import NotSent

_log = logging.getLogger("ffgate.link")

_SHOWN_BYTES = 48
_COMPLAINTS_SECONDS = 1.0
"""Between two log lines about unusable datagrams: anybody can send any number of those."""


@dataclass(frozen=True, slots=True)
class RouterAddress:
    """One router: its name on the gateway, where its datagrams come from, where ours go to."""

    name: str
    address: str
    port: int


class AstraGatewayLink(DatagramProtocol):
    """The link. ``clock`` is the reactor or a test's clock; ``count`` is called with a word per event.

    ``send_to`` names the router that takes our telegrams; the only one needs no naming.
    """

    noisy = False
    transport: Any

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: Any,
        routers: tuple[RouterAddress, ...],
        *,
        own_name: str,
        listen: tuple[int, str],
        encoding: str,
        send_to: str = "",
        flow_control: bool = True,
        in_flight_max: int = 64,
        settings: RouterSettings | None = None,
        count: Callable[[str], None] = lambda event: None,
    ) -> None:
        self.name = name
        self.handle = handle
        self.clock = clock
        self.count = count
        self.in_flight = 0
        self.is_paused = self.is_stopping = False
        self._listen = listen
        self._encoding = encoding
        self._own_name = own_name
        self._flow_control = flow_control
        self._in_flight_max = in_flight_max
        # Milliseconds: no two runs begin with the same number.
        first = int(clock.seconds() * 1000)
        self._routers = {
            one.name: (one, Router(own_name, one.name, settings, first + index))
            for index, one in enumerate(routers)
        }
        self._send_to = send_to or (routers[0].name if len(routers) == 1 else "")
        self._sent: dict[tuple[str, int], Deferred[None]] = {}
        self._timer: IDelayedCall | None = None
        self._complained_at = 0.0
        self._port: Any = None
        self._stopped: Deferred[None] | None = None

    def start(self) -> str:
        """Opens the socket; the address it has. Raises CannotListenError.

        A run that ended while it was closed to telegrams has left its routers waiting, so they are told to go on.
        """
        port, interface = self._listen
        # One byte more than the longest, so that a longer one shows as such and isn't cut unseen.
        self._port = self.clock.listenUDP(port, self, interface, HEADER.size + BODY_BYTES_MAX + 1)
        self._tell_routers(Router.open)
        host = self._port.getHost()
        return f"{host.host}:{host.port}"

    def pause(self) -> None:
        """Takes no telegrams until ``resume``; receipts go on. The routers are told."""
        if not self.is_paused:
            self.is_paused = True
            self._tell_routers(Router.close)

    def resume(self) -> None:
        """Takes telegrams again."""
        if self.is_paused:
            self.is_paused = False
            self._tell_routers(Router.open)

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Sends a telegram; fires on F_ACK, fails with NotSent (``time``, ``gate``, ``text``, ``length_wrong`` ...)."""
        if self.is_stopping or self.transport is None:
            return fail(NotSent("stopped", "the link takes no telegrams", perhaps_sent=False))
        if self._send_to not in self._routers:
            return fail(NotSent("no_router", "no router is named to send to", perhaps_sent=False))
        _address, router = self._routers[self._send_to]
        try:
            number = router.send(telegram, self._now())
        except ValueError as error:
            is_final = not 0 < len(telegram) <= BODY_BYTES_MAX
            code = "length_wrong" if is_final else "not_taken"
            return fail(NotSent(code, str(error), perhaps_sent=False, is_final=is_final))
        key = (self._send_to, number)
        sent: Deferred[None] = Deferred(partial(self._cancelled, key))
        self._sent[key] = sent
        self.count("telegram_out")
        self._flush()
        return sent

    def stop(self) -> "Deferred[None]":
        """Takes nothing more; fires when everything handed over is answered and the socket is closed."""
        if self._stopped is None:
            self.is_stopping = True
            self._stopped = Deferred()
            for key, sent in list(self._sent.items()):
                text = "the link was stopped before the receipt came"
                sent.errback(NotSent("stopped", text, perhaps_sent=self._forget(key)))
            self._check_stopped()
        return self._stopped

    def datagramReceived(self, data: bytes, addr: tuple[str, int]) -> None:
        host, port = addr[0], addr[1]
        if not any(one.address == host for one, _router in self._routers.values()):
            self._complain("unknown_address", host, data)
            return
        try:
            datagram = read_datagram(data)
        except WireError as error:
            self._complain(error.code, host, data)
            return
        known = self._routers.get(datagram.sender)
        if known is None or known[0].address != host:
            self._complain("unknown_router", host, data)
            return
        if datagram.receiver != self._own_name:
            self._complain("not_for_us", host, data)
            return
        self.count(f"datagram_{datagram.type.name.lower()}")
        address, router = known
        if datagram.type is Type.CONN_REQ:
            # Whoever asks whether we live listens where he asks from.
            address = RouterAddress(address.name, host, port)
        for event in router.receive(datagram, self._now()):
            self._deal_with(event, address, router)
        self._write(address, router.take())
        self._set_timer()

    def _deal_with(self, event: Event, address: RouterAddress, router: Router) -> None:
        if isinstance(event, Received):
            self._take(event, address, router)
        elif isinstance(event, Noticed):
            self.count(event.word)
        else:
            sent = self._sent.pop((address.name, event.number), None)
            self.count("delivered" if isinstance(event, Delivered) else f"undelivered_{event.code.lower()}")
            if sent is None:
                return
            if isinstance(event, Failed):
                text = f"the telegram was not delivered to {address.name}: {event.code}"
                is_final = event.code == "TEXT"
                sent.errback(
                    NotSent(event.code.lower(), text, perhaps_sent=event.has_left, is_final=is_final)
                )
            else:
                sent.callback(None)

    def _take(self, received: Received, address: RouterAddress, router: Router) -> None:
        if self.is_paused or self.is_stopping or self.in_flight >= self._in_flight_max:
            router.dropped(received)
            self.count("express_lost" if received.is_express else "not_taken")
            return
        datagram = received.datagram
        envelope = Envelope(
            self.name,
            "typeb",
            f"{address.name}#{datagram.number}",
            datagram.body,
            datetime.fromtimestamp(self._now(), UTC),
            self._encoding,
        )
        self.in_flight += 1
        self.count("received")
        hand_over(self.handle, envelope, partial(self._done, received, address, router), self.count)

    def _done(self, received: Received, address: RouterAddress, router: Router, reply: Reply) -> None:
        self.in_flight -= 1
        if reply.kept:
            self.count("kept")
            router.kept(received, self._now())
            self._write(address, router.take())
        else:
            self.count("express_lost" if received.is_express else "not_processed")
            router.dropped(received)
        self._set_timer()
        self._check_stopped()

    def _tell_routers(self, ask: Callable[[Router, float], None]) -> None:
        if not self._flow_control or self.transport is None:
            return
        for _address, router in self._routers.values():
            ask(router, self._now())
        self._flush()

    def _tick(self) -> None:
        self._timer = None
        for address, router in self._routers.values():
            for event in router.tick(self._now()):
                self._deal_with(event, address, router)
        self._flush()

    def _flush(self) -> None:
        for address, router in self._routers.values():
            self._write(address, router.take())
        self._set_timer()

    def _write(self, address: RouterAddress, datagrams: list[Datagram]) -> None:
        for datagram in datagrams:
            try:
                self.transport.write(render_datagram(datagram), (address.address, address.port))
            except OSError as error:
                # Whatever has no receipt is sent again, so this is as good as lost on the way.
                self.count("datagram_unsent")
                _log.warning("%s: %s can't be reached: %s", self.name, address.name, error.strerror)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = [at for _address, router in self._routers.values() if (at := router.next_at) is not None]
        if times:
            self._timer = self.clock.callLater(max(min(times) - self._now(), 0.0), self._tick)

    def _cancelled(self, key: tuple[str, int], sent: "Deferred[None]") -> None:
        if not self._forget(key):
            sent.errback(NotSent("not_taken", "the router took no telegrams", perhaps_sent=False))

    def _forget(self, key: tuple[str, int]) -> bool:
        """Send it no more; whether it was sent at all."""
        self._sent.pop(key, None)
        has_left = self._routers[key[0]][1].forget(key[1])
        self._set_timer()
        return has_left

    def _check_stopped(self) -> None:
        stopped = self._stopped
        if stopped is None or stopped.called or self.in_flight:
            return
        for _address, router in self._routers.values():
            router.give_up()
        self._set_timer()
        port, self._port = self._port, None
        closed: Deferred[Any] = succeed(None) if port is None else maybeDeferred(port.stopListening)
        closed.addBoth(lambda _none: stopped.callback(None))

    def _complain(self, code: str, host: str, data: bytes) -> None:
        self.count(f"refused_{code}")
        now = self._now()
        if now >= self._complained_at + _COMPLAINTS_SECONDS:
            self._complained_at = now
            _log.warning("%s: refused %s: %s: %s", self.name, host, code, data[:_SHOWN_BYTES].hex())

    def _now(self) -> float:
        return float(self.clock.seconds())
