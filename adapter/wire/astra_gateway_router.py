"""Both directions of one host's talk with one router of the Astra gateway. No socket, no clock: times come in.

Life of a telegram that comes in:

1. TLG_OUT (from its author) or TLG_IN (passed on by a router): a ``Received`` event. Expired on the way: dropped.
2. The same number and text again: repeated before the first is stored, it is ignored; afterwards it gets its
   receipts again. A number used before with another text is another telegram.
3. ``kept``: now, and not earlier, ACK for TLG_OUT (its author repeats until then), then F_ACK, which is repeated
   until ACK_ACK comes. ``dropped``: nothing is sent, the sender repeats by itself.
4. Number 0 is express: no receipt, and no repeating.

Life of a telegram that goes out (names of the states are the gateway's):

1. ``send``: it waits while ``outstanding_max`` others are under way, or while the router has closed Type B.
2. PUT: sent as TLG_OUT every ``repeat_seconds`` until ACK.
3. SEND: the router has it; F_ACK ends it (``Delivered``). F_NEG and CRASH bring it back to PUT.
4. ERR_CFG, ERR_TLG, or ``send_seconds`` are over: ``Failed`` with the code GATE, TEXT or TIME.

A CONN_REQ is answered by CONN_RES, flow control by F_ACK. ``close`` and ``open`` are our own flow control: FLOW_B_OFF
and FLOW_B_ON, repeated until F_ACK, but only a few times, because not every host knows them. Neither side's closing
outlives it: CRASH opens what the router had closed, and we say ``open`` at every start.
"""

import hashlib
from collections import OrderedDict, deque
from dataclasses import dataclass

from .astra_gateway import (
    BODY_BYTES_MAX,
    TELEGRAMS,
    TTL_EXPIRED,
    Datagram,
    Type,
    receipt,
)

_NUMBERS = 2**31
_CLOSES_B = {Type.FLOW_B_OFF, Type.FLOW_AB_OFF}
_OPENS_B = {Type.FLOW_B_ON, Type.FLOW_AB_ON}
_WANTS_ACK_ACK = {Type.F_ACK, Type.F_NEG, Type.CRASH, Type.ERR_CFG, Type.ERR_TLG}

Key = tuple[int, bytes]
"""Number and digest of the text: what makes a telegram the same one."""


@dataclass(frozen=True, slots=True)
class RouterSettings:
    """Times in seconds and counts; the gateway's own defaults where it has any."""

    repeat_seconds: float = 1.0
    send_seconds: float = 7200.0
    outstanding_max: int = 10
    queue_max: int = 1000
    receipt_repeats_max: int = 5
    remembered_max: int = 10_000


@dataclass(frozen=True, slots=True)
class Received:
    """A telegram to be stored; ``kept`` or ``dropped`` has to be called with it, unless it is express."""

    datagram: Datagram
    key: Key

    @property
    def is_express(self) -> bool:
        return self.datagram.number == 0


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something worth a counter: ``repeated``, ``repeated_in_flight``, ``expired``, ``closed``, ``opened`` ..."""

    word: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """F_ACK for a telegram of ours."""

    number: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A telegram of ours that won't be delivered; ``code`` is GATE, TEXT or TIME. ``has_left`` false: the router was
    closed all the time, and nothing of it was sent."""

    number: int
    code: str
    has_left: bool = True


Event = Received | Noticed | Delivered | Failed


@dataclass(slots=True)
class _Outgoing:
    """A telegram of ours (or a flow control datagram, which has only so many ``sends_left``)."""

    datagram: Datagram
    next_at: float
    ends_at: float
    has_ack: bool = False
    sends_left: int = -1


@dataclass(slots=True)
class _Receipt:
    datagram: Datagram
    next_at: float
    left: int


class Router:
    """The talk between us (``own``) and one router (``name``), each known by its five characters.

    Call ``receive`` for what comes, ``tick`` when ``next_at`` has come, and send what ``take`` gives after
    each call. ``first_number`` should differ from run to run, so that a late receipt for a telegram of the
    last run isn't taken for one of this.
    """

    def __init__(
        self, own: str, name: str, settings: RouterSettings | None = None, first_number: int = 1
    ) -> None:
        self.own = own
        self.name = name
        self.settings = settings or RouterSettings()
        self.is_open = True
        """False while the router has told us to send no Type B."""
        self._number = first_number % _NUMBERS
        self._out: list[Datagram] = []
        self._in_flight: set[Key] = set()
        self._stored: OrderedDict[Key, None] = OrderedDict()
        self._receipts: OrderedDict[int, _Receipt] = OrderedDict()
        self._outgoing: dict[int, _Outgoing] = {}
        self._waiting: deque[_Outgoing] = deque()
        self._flow: _Outgoing | None = None

    def take(self) -> list[Datagram]:
        """What has to be sent now, in this order."""
        taken, self._out = self._out, []
        return taken

    @property
    def next_at(self) -> float | None:
        """When ``tick`` has to be called; None if there is nothing to wait for."""
        times = [
            one.ends_at if one.has_ack or not self.is_open else min(one.next_at, one.ends_at)
            for one in self._outgoing.values()
        ]
        # Both are in the order of their times, so that the first stands for all.
        if self._receipts:
            times.append(next(iter(self._receipts.values())).next_at)
        if self._waiting:
            times.append(self._waiting[0].ends_at)
        if self._flow is not None:
            times.append(self._flow.next_at)
        return min(times, default=None)

    @property
    def unsent(self) -> int:
        """Telegrams of ours without F_ACK."""
        return len(self._outgoing) + len(self._waiting)

    def receive(self, datagram: Datagram, now: float) -> list[Event]:
        """A datagram of this router, addressed to us."""
        if datagram.type in TELEGRAMS:
            return self._receive_telegram(datagram, now)
        if datagram.type in _WANTS_ACK_ACK and datagram.number != 0:
            self._out.append(receipt(datagram, Type.ACK_ACK))
        if datagram.type is Type.CONN_REQ:
            self._out.append(receipt(datagram, Type.CONN_RES))
            return [Noticed("asked_for_life")]
        if Type.FLOW_A_ON <= datagram.type <= Type.FLOW_AB_OFF:
            return self._receive_flow(datagram, now)
        return self._receive_receipt(datagram, now)

    def kept(self, received: Received, now: float) -> None:
        """It is safe in the journal: receipts."""
        self._in_flight.discard(received.key)
        if received.is_express:
            return
        self._stored[received.key] = None
        if len(self._stored) > self.settings.remembered_max:
            self._stored.popitem(last=False)
        self._confirm(received.datagram, now)

    def dropped(self, received: Received) -> None:
        """It could not be stored: forgotten, so that the sender's next try counts as the first."""
        self._in_flight.discard(received.key)

    def send(self, body: bytes, now: float) -> int:
        """Take a telegram for sending; its number. ValueError if it is too long or the queue is full."""
        if not 0 < len(body) <= BODY_BYTES_MAX:
            raise ValueError(f"{len(body)} bytes: 1 to {BODY_BYTES_MAX} can be sent")
        if len(self._waiting) >= self.settings.queue_max:
            raise ValueError(f"{len(self._waiting)} telegrams wait already")
        datagram = Datagram(self._next_number(), Type.TLG_OUT, self.own, self.name, body=body)
        self._waiting.append(_Outgoing(datagram, now, now + self.settings.send_seconds))
        self._go_on(now)
        return datagram.number

    def forget(self, number: int) -> bool:
        """Send this telegram no more; a receipt that still comes is an unknown one. False if it was never sent."""
        has_left = self._outgoing.pop(number, None) is not None
        self._waiting = deque(one for one in self._waiting if one.datagram.number != number)
        return has_left

    def close(self, now: float) -> None:
        """Ask for no more Type B telegrams."""
        self._ask(Type.FLOW_B_OFF, now)

    def open(self, now: float) -> None:
        """Ask for Type B telegrams again."""
        self._ask(Type.FLOW_B_ON, now)

    def tick(self, now: float) -> list[Event]:
        """Repeat what has had no receipt in time, give up what has waited too long."""
        events: list[Event] = []
        for number, one in list(self._outgoing.items()):
            if now >= one.ends_at:
                del self._outgoing[number]
                events.append(Failed(number, "TIME"))
            elif not one.has_ack and self.is_open and now >= one.next_at:
                self._transmit(one, now)
                events.append(Noticed("sent_again"))
        while self._waiting and now >= self._waiting[0].ends_at:
            events.append(Failed(self._waiting.popleft().datagram.number, "TIME", has_left=False))
        events += self._repeat_receipts(now)
        if self._flow is not None and now >= self._flow.next_at:
            if self._flow.sends_left:
                self._transmit(self._flow, now)
            else:
                self._flow = None
                events.append(Noticed("flow_unconfirmed"))
        self._go_on(now)
        return events

    def give_up(self) -> list[int]:
        """Numbers of all telegrams without F_ACK; nothing is repeated any more."""
        numbers = [*self._outgoing, *(one.datagram.number for one in self._waiting)]
        self._outgoing.clear()
        self._waiting.clear()
        self._receipts.clear()
        self._flow = None
        return numbers

    def _receive_telegram(self, datagram: Datagram, now: float) -> list[Event]:
        if datagram.ttl_seconds == TTL_EXPIRED:
            return [Noticed("expired")]
        key = (datagram.number, hashlib.sha256(datagram.body).digest())
        received = Received(datagram, key)
        if received.is_express:
            return [received]
        if key in self._in_flight:
            return [Noticed("repeated_in_flight")]
        if key in self._stored:
            self._stored.move_to_end(key)
            self._confirm(datagram, now)
            return [Noticed("repeated")]
        self._in_flight.add(key)
        return [received]

    def _confirm(self, datagram: Datagram, now: float) -> None:
        if datagram.type is Type.TLG_OUT:
            self._out.append(receipt(datagram, Type.ACK))
        delivered = receipt(datagram, Type.F_ACK)
        self._out.append(delivered)
        settings = self.settings
        self._receipts[datagram.number] = _Receipt(
            delivered, now + settings.repeat_seconds, settings.receipt_repeats_max
        )
        self._receipts.move_to_end(datagram.number)
        if len(self._receipts) > settings.remembered_max:
            self._receipts.popitem(last=False)

    def _repeat_receipts(self, now: float) -> list[Event]:
        events: list[Event] = []
        while self._receipts:
            number, waiting = next(iter(self._receipts.items()))
            if now < waiting.next_at:
                break
            if waiting.left:
                waiting.left -= 1
                waiting.next_at = now + self.settings.repeat_seconds
                self._receipts.move_to_end(number)
                self._out.append(waiting.datagram)
            else:
                del self._receipts[number]
                events.append(Noticed("receipt_unconfirmed"))
        return events

    def _receive_receipt(self, datagram: Datagram, now: float) -> list[Event]:
        number = datagram.number
        if datagram.type is Type.CRASH:
            self.is_open = True
            for one in self._outgoing.values():
                one.has_ack, one.next_at = False, now
            events: list[Event] = [Noticed("router_crashed")]
            return events + self.tick(now)
        if datagram.type is Type.ACK_ACK:
            self._receipts.pop(number, None)
            return []
        if datagram.type is Type.F_ACK and self._flow is not None and number == self._flow.datagram.number:
            self._flow = None
            return []
        sent = self._outgoing.get(number)
        if sent is None:
            # Late, or repeated because our ACK_ACK was lost; CONN_RES answers nothing that we ask.
            return [Noticed("receipt_unknown")] if datagram.type is not Type.CONN_RES else []
        if datagram.type is Type.ACK:
            sent.has_ack = True
            return []
        if datagram.type is Type.F_NEG:
            sent.has_ack, sent.next_at = False, now + self.settings.repeat_seconds
            return [Noticed("not_delivered")]
        del self._outgoing[number]
        self._go_on(now)
        if datagram.type is Type.F_ACK:
            return [Delivered(number)]
        return [Failed(number, "GATE" if datagram.type is Type.ERR_CFG else "TEXT")]

    def _receive_flow(self, datagram: Datagram, now: float) -> list[Event]:
        self._out.append(receipt(datagram, Type.F_ACK))
        if datagram.type in _CLOSES_B:
            self.is_open = False
            return [Noticed("closed")]
        if datagram.type in _OPENS_B:
            self.is_open = True
            self._go_on(now)
            return [Noticed("opened"), *self.tick(now)]
        return [Noticed("flow_of_type_a")]  # we send none, so there is nothing to hold back

    def _go_on(self, now: float) -> None:
        while self._waiting and self.is_open and len(self._outgoing) < self.settings.outstanding_max:
            one = self._waiting.popleft()
            self._outgoing[one.datagram.number] = one
            self._transmit(one, now)

    def _transmit(self, one: _Outgoing, now: float) -> None:
        self._out.append(one.datagram)
        one.next_at = now + self.settings.repeat_seconds
        one.sends_left -= 1

    def _ask(self, type_: Type, now: float) -> None:
        datagram = Datagram(self._next_number(), type_, self.own, self.name)
        self._flow = _Outgoing(datagram, now, now, sends_left=1 + self.settings.receipt_repeats_max)
        self._transmit(self._flow, now)

    def _next_number(self) -> int:
        # 0 means express, so it is left out when the numbers begin anew.
        number = self._number or 1
        self._number = (number + 1) % _NUMBERS
        return number
