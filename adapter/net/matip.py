"""MATIP Type B links: several partners on one port, or called by us, each with a session of its own."""

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IReactorTime,
    IStreamClientEndpoint,
    IStreamServerEndpoint,
)
from twisted.python.failure import Failure

from adapter.envelope import Handle

from .back_off import BackOff
from .connection import LinkConnection
from .limits import LinkLimits
from .link import StreamLink
from .matip_call import Call
from .matip_connection import MatipLinkConnection
from .matip_partner import Partner, PartnerSettings
from .peers import Network, is_within

_log = logging.getLogger("ffgate.link")


@dataclass(frozen=True, slots=True)
class MatipSettings:
    """The pace of a MATIP link, and what it does with control packets that RFC 2351 doesn't have."""

    open_seconds: float = 30.0
    retry_seconds: float = 5.0
    reconnect_seconds_min: float = 1.0
    reconnect_seconds_max: float = 60.0
    ignore_unknown_control: bool = True


class MatipFactory(StreamLink):
    """One MATIP link. ``calls`` has an endpoint for each partner that we call, by its name."""

    wire = "typeb"

    def __init__(
        self,
        name: str,
        partners: Sequence[PartnerSettings],
        calls: Mapping[str, IStreamClientEndpoint],
        handle: Handle,
        clock: IReactorTime,
        *,
        settings: MatipSettings | None = None,
        limits: LinkLimits | None = None,
        peers: tuple[Network, ...] | None = None,
        count: Callable[[str], None] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(name, handle, clock, limits=limits, peers=peers, count=count)
        self.settings = settings or MatipSettings()
        pace = self.settings
        self.partners = {
            one.name: Partner(
                one,
                handle,
                clock,
                BackOff(pace.reconnect_seconds_min, pace.reconnect_seconds_max, chance),
                in_flight_max=self.limits.in_flight_max,
                retry_seconds=pace.retry_seconds,
                count=self.count,
                changed=self._partner_changed,
            )
            for one in partners
        }
        self._calls = [Call(self, self.partners[name], endpoint) for name, endpoint in calls.items()]
        self._kept: list[Deferred[None]] = []

    @property
    def in_flight(self) -> int:
        """Telegrams handed over and not kept yet."""
        return sum(partner.in_flight for partner in self.partners.values())

    def start(self) -> None:
        """Begin to call."""
        for call in self._calls:
            call.start()

    def listen(self, endpoint: IStreamServerEndpoint) -> "Deferred[IListeningPort]":
        """Open the listener, then begin to call."""

        def opened(port: IListeningPort) -> IListeningPort:
            self.start()
            return port

        return super().listen(endpoint).addCallback(opened)

    def buildProtocol(self, addr: Any) -> LinkConnection | None:
        host = str(getattr(addr, "host", ""))
        if not self._candidates(host):
            self.count("refused_peer")
            _log.warning("%s: no partner calls from %s", self.name, host)
            return None
        return super().buildProtocol(addr)

    def connection(self, host: str) -> MatipLinkConnection:
        return MatipLinkConnection(self, host, self._candidates(host))

    def called(self, partner: Partner, host: str, call: Call) -> MatipLinkConnection:
        """The connection of a call that was answered."""
        return MatipLinkConnection(self, host, (partner,), call)

    def stop_reading(self) -> None:
        super().stop_reading()
        for call in self._calls:
            call.stop()

    def drain(self) -> "Deferred[None]":
        """As every link, and no telegram is left that isn't kept; cancelled, those that are left are given up."""

        def kept(_none: None) -> "Deferred[None]":
            waiting: Deferred[None] = Deferred(lambda _cancelled: self._give_up())
            self._kept.append(waiting)
            self._check_kept()
            return waiting

        return super().drain().addCallbacks(kept, self._cut_short)

    def _cut_short(self, failure: Failure) -> Failure:
        self._give_up()
        return failure

    def _give_up(self) -> None:
        for partner in self.partners.values():
            partner.give_up()

    def _candidates(self, host: str) -> Sequence[Partner]:
        return [one for one in self.partners.values() if is_within(host, one.settings.address)]

    def _partner_changed(self, partner: Partner) -> None:
        for connection in list(self.connections):
            if isinstance(connection, MatipLinkConnection) and connection.partner is partner:
                connection.pump()
        self._check_kept()

    def _check_kept(self) -> None:
        if not self.in_flight:
            waiting, self._kept = self._kept, []
            for one in waiting:
                one.callback(None)
