"""The place of a protection layer, filled with a toy: what is acknowledged when, and what is sent again."""

import pytest

from adapter.config_links import PROTECTIONS as CONFIGURABLE
from adapter.errors import WireError
from adapter.net.outward import NotSent
from adapter.wire.matip import Closed, Opened, TelegramCame
from adapter.wire.matip_packets import Coding, Opening
from adapter.wire.matip_protection import PROTECTIONS, Incoming, NoProtection, Outgoing
from tests.net.matip_peer import Peer, Rig, caller

TOY = Opening(Coding.ASCII, 9)


class Toy:
    """``M7 text`` is message 7, ``A7`` acknowledges it, ``P7 text`` is message 7 as a possible duplicate."""

    number = 9
    retransmit_seconds = 12.0

    def __init__(self) -> None:
        self.serial = 0
        self.sent: dict[bytes, bytes] = {}

    def on_message(self, payload: bytes) -> Incoming:
        head, _blank, text = payload.partition(b" ")
        if payload.startswith(b"A"):
            return Incoming(None, acknowledged=(head[1:],))
        if payload[:1] not in (b"M", b"P"):
            raise WireError("toy_unknown", "neither message nor acknowledgement")
        return Incoming(text, head[1:])

    def acknowledgement(self, ack_id: bytes) -> bytes:
        return b"A" + ack_id

    def render(self, telegram: bytes) -> Outgoing:
        self.serial += 1
        ack_id = b"%d" % self.serial
        self.sent[ack_id] = telegram
        return Outgoing(b"M%s %s" % (ack_id, telegram), ack_id)

    def retransmission(self, ack_id: bytes) -> bytes:
        return b"P%s %s" % (ack_id, self.sent[ack_id])


@pytest.fixture
def rig() -> Rig:
    return Rig(caller("network", protection=Toy))


@pytest.fixture
def peer(rig: Rig) -> Peer:
    one = rig.peer()
    assert one.open(TOY) == [Opened()]
    return one


def test_a_telegram_is_acknowledged_once_it_is_kept_and_not_earlier(rig, peer):
    peer.tell(b"M7 FTL")
    assert rig.handler.envelopes[0].raw == b"FTL"
    rig.handler.answer(0, not_processed=True)
    assert peer.events() == []
    rig.clock.advance(5)
    rig.handler.answer(1, kept=True)
    assert peer.events() == [TelegramCame(b"A7")]


def test_after_the_session_nothing_is_acknowledged(rig, peer):
    peer.tell(b"M7 FTL")
    peer.send(peer.codec.close())
    rig.handler.answer(0, kept=True)
    assert peer.events() == []


def test_what_we_send_is_sent_again_until_it_is_acknowledged(rig, peer):
    found: list = []
    rig.link.partners["network"].send(b"FTL").addBoth(found.append)
    assert peer.events() == [TelegramCame(b"M1 FTL")]
    for _ in range(3):
        rig.clock.advance(12)
        assert peer.events() == [TelegramCame(b"P1 FTL")]
    assert found == []
    peer.tell(b"A1", b"A1", b"A2")
    assert found == [None]
    rig.clock.advance(1000)
    assert peer.events() == []
    assert rig.counts["retransmitted"] == 3


@pytest.mark.parametrize("end", ["gone", "closed", "stopped"])
def test_whoever_waits_for_an_acknowledgement_learns_that_the_session_ended(rig, peer, end):
    found: list = []
    rig.link.partners["network"].send(b"FTL").addBoth(found.append)
    if end == "gone":
        peer.gone()
    elif end == "closed":
        peer.send(peer.codec.close())
    else:
        peer.events()
        rig.link.stop()
        assert peer.events() == [Closed(0)]
    assert found[0].check(NotSent)


def test_broken_protection_ends_the_connection(rig, peer):
    peer.tell(b"?")
    assert peer.is_closed
    assert rig.counts["refused_toy_unknown"] == 1


def test_the_settings_offer_what_there_is():
    assert tuple(PROTECTIONS) == CONFIGURABLE
    assert NoProtection().on_message(b"FTL") == Incoming(b"FTL")
