"""An open session of a MATIP link: telegrams through coding and protection, in and out."""

from collections.abc import Callable
from functools import partial

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from adapter.wire.matip_codings import decode, encode

from .matip_partner import Partner
from .outward import NotSent


class Session:
    """An open session with a partner, and its protection.

    ``write`` sends one payload; ``taken`` gives a Deferred that fires when the partner's TCP has all of them.
    """

    def __init__(
        self, partner: Partner, write: Callable[[bytes], None], taken: Callable[[], "Deferred[None]"]
    ) -> None:
        self.partner = partner
        self._write = write
        self._taken = taken
        self._protection = partner.settings.protection()
        self._unacknowledged: dict[bytes, tuple[Deferred[None], IDelayedCall]] = {}
        self._is_over = False

    def take(self, payload: bytes) -> None:
        """One data packet. WireError when it breaks the protection."""
        incoming = self._protection.on_message(payload)
        for ack_id in incoming.acknowledged:
            self._acknowledged(ack_id)
        if incoming.telegram:
            telegram = decode(incoming.telegram, self.partner.settings.coding)
            self.partner.take(telegram, partial(self._kept, incoming.ack_id))
        elif incoming.telegram is not None:
            self.partner.count("telegram_empty")

    def send(self, telegram: bytes) -> "Deferred[None]":
        """See ``Partner.send``; what can't be sent is raised here."""
        settings = self.partner.settings
        telegram.decode(settings.encoding)  # what the partner couldn't read must not leave
        outgoing = self._protection.render(encode(telegram, settings.coding))
        self._write(outgoing.payload)
        self.partner.count("sent")
        if not outgoing.ack_id:
            return self._taken()

        def cancelled(_sent: "Deferred[None]") -> None:
            self._forget(outgoing.ack_id)

        sent: Deferred[None] = Deferred(cancelled)
        self._unacknowledged[outgoing.ack_id] = (sent, self._retransmit_later(outgoing.ack_id))
        return sent

    def end(self) -> None:
        """Nothing more can be sent; what still comes is taken."""
        self._is_over = True
        unacknowledged, self._unacknowledged = self._unacknowledged, {}
        for sent, timer in unacknowledged.values():
            timer.cancel()
            sent.errback(
                NotSent("disconnected", f"the session with {self.partner.name} ended without acknowledgement")
            )

    def _kept(self, ack_id: bytes) -> None:
        if ack_id and not self._is_over:
            self._write(self._protection.acknowledgement(ack_id))

    def _acknowledged(self, ack_id: bytes) -> None:
        sent = self._forget(ack_id)
        if sent is not None:
            sent.callback(None)

    def _forget(self, ack_id: bytes) -> "Deferred[None] | None":
        sent, timer = self._unacknowledged.pop(ack_id, (None, None))
        if timer is not None:
            timer.cancel()
        return sent

    def _retransmit_later(self, ack_id: bytes) -> IDelayedCall:
        return self.partner.clock.callLater(self._protection.retransmit_seconds, self._retransmit, ack_id)

    def _retransmit(self, ack_id: bytes) -> None:
        sent, _timer = self._unacknowledged[ack_id]
        self._unacknowledged[ack_id] = (sent, self._retransmit_later(ack_id))
        self.partner.count("retransmitted")
        self._write(self._protection.retransmission(ack_id))
