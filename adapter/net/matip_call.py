"""Calls to the partners of a MATIP link that wait to be called: one connection each, and a new one when it is gone."""

import logging
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IProtocol, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from .matip_partner import Partner

if TYPE_CHECKING:
    from .matip import MatipFactory
    from .matip_connection import MatipLinkConnection

_log = logging.getLogger("ffgate.link")


class Call(Factory):
    """Keeps calling one partner. Pauses grow while no session comes about."""

    noisy = False

    def __init__(self, link: "MatipFactory", partner: Partner, endpoint: IStreamClientEndpoint) -> None:
        self._link = link
        self._partner = partner
        self._endpoint = endpoint
        self._timer: IDelayedCall | None = None
        self._attempt: Deferred[IProtocol] | None = None

    def start(self) -> None:
        """Call now."""
        self._timer = None
        self._attempt = self._endpoint.connect(self)
        self._attempt.addCallbacks(self._answered, self._failed)

    def stop(self) -> None:
        """Call no more. A connection that stands is the link's business."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._attempt is not None:
            self._attempt.cancel()

    def lost(self) -> None:
        """The connection is gone: call again in a while."""
        if not self._link.is_stopping:
            self._timer = self._link.clock.callLater(self._partner.back_off.next(), self.start)

    def buildProtocol(self, addr: IAddress | None) -> "MatipLinkConnection | None":
        if self._link.is_stopping:
            return None
        return self._link.called(self._partner, str(getattr(addr, "host", "")), self)

    def _answered(self, _protocol: IProtocol) -> None:
        self._attempt = None

    def _failed(self, failure: Failure) -> None:
        self._attempt = None
        if not self._link.is_stopping:
            self._link.count("call_failed")
            _log.warning("%s: %s can't be called: %s", self._link.name, self._partner.name, failure.value)
        self.lost()
