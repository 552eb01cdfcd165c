"""Telegrams over TCP without sockets: what is kept, what is acknowledged, what is lost and said to be."""

from dataclasses import replace

import pytest
from twisted.internet.defer import CancelledError, Deferred

from adapter.envelope import Reply
from adapter.net.limits import LinkLimits
from adapter.net.outward import NotSent, Outward
from adapter.net.typeb_stream import SENDS_MAX, StreamSettings, TypebStreamLink
from adapter.wire.typeb_stream import ACK, Framing
from tests.net.gateway import Handler, Peer, clock_at, counting

LIMITS = LinkLimits(frame_bytes_max=1000)


def telegram(number: int = 1) -> bytes:
    return b"ZCZC %d\r\nMOWFFXY\r\nFTL\r\nNNNN" % number


class Rig:
    def __init__(self, limits: LinkLimits = LIMITS, **more):
        self.clock = clock_at()
        self.handler = Handler()
        self.counts, count = counting()
        settings = {
            name: more.pop(name) for name in list(more) if name in StreamSettings.__dataclass_fields__
        }
        self.link = TypebStreamLink(
            "telex",
            self.handler,
            self.clock,
            encoding="cp866",
            settings=StreamSettings(**settings),
            limits=limits,
            count=count,
            chance=lambda: 1.0,
            **more,
        )


def failure_of(sent) -> str:
    caught: list[str] = []
    sent.addErrback(lambda failure: caught.append(failure.trap(NotSent) and failure.value.code))
    return caught[0] if caught else ""


def test_a_telegram_becomes_an_envelope_and_nothing_is_answered():
    rig = Rig()
    peer = Peer(rig.link)
    peer.send(b"\r\n" + telegram(1) + b"\r\n" + telegram(2))
    assert [(one.id, one.raw, one.protocol, one.encoding) for one in rig.handler.envelopes] == [
        ("127.0.0.1#1", telegram(1), "typeb", "cp866"),
        ("127.0.0.1#2", telegram(2), "typeb", "cp866"),
    ]
    rig.handler.answer(0, kept=True)
    rig.handler.answer(1, kept=True)
    assert peer.written() == b""
    assert rig.counts == {"connected": 1, "received": 2, "kept": 2}


def test_acknowledgements_follow_the_order_and_only_what_is_kept():
    rig = Rig(acknowledge=True)
    peer = Peer(rig.link)
    peer.send(b"".join(telegram(number) for number in range(3)))
    assert peer.written() == b""
    rig.handler.answer(1, kept=True)
    assert peer.written() == b""
    rig.handler.answer(0, kept=True)
    assert peer.written() == ACK * 2
    rig.handler.answer(2, kept=True, quarantined=True)
    assert peer.written() == ACK


def test_garbage_and_cut_telegrams_are_journalled_but_not_acknowledged():
    rig = Rig(acknowledge=True)
    rig.handler.at_once = Reply(kept=True, quarantined=True)
    peer = Peer(rig.link)
    peer.send(b"garbage\r\n" + b"ZCZC 7\r\nMOWFFXY\r\n" + telegram(8))
    assert [one.raw for one in rig.handler.envelopes] == [
        b"garbage\r\n",
        b"ZCZC 7\r\nMOWFFXY\r\n",
        telegram(8),
    ]
    assert peer.written() == ACK
    assert (rig.counts["frame_garbage"], rig.counts["frame_cut"]) == (1, 1)


def test_a_telegram_that_finds_no_room_waits_and_is_handed_over_again():
    rig = Rig(acknowledge=True, retry_seconds=7.0)
    peer = Peer(rig.link)
    peer.send(telegram(1) + telegram(2))
    rig.handler.answer(1, kept=True)
    rig.handler.answer(0, not_processed=True)
    rig.clock.advance(7)
    assert [one.id for one in rig.handler.envelopes] == ["127.0.0.1#1", "127.0.0.1#2", "127.0.0.1#1"]
    assert peer.written() == b""
    rig.handler.answer(2, kept=True)
    assert peer.written() == ACK * 2


def test_a_handler_that_fails_is_tried_again(caplog):
    rig = Rig(retry_seconds=7.0)
    failures = [RuntimeError("defect")]

    def handle(envelope, done):
        if failures:
            raise failures.pop()
        done(Reply(kept=True))

    rig.link.handle = handle
    Peer(rig.link).send(telegram())
    rig.clock.advance(7)
    assert (rig.counts["not_processed"], rig.counts["kept"]) == (1, 1)


def test_above_the_window_nothing_more_is_read():
    rig = Rig(replace(LIMITS, in_flight_max=2))
    peer = Peer(rig.link)
    peer.send(b"".join(telegram(number) for number in range(4)))
    assert len(rig.handler.envelopes) == 2
    assert not peer.is_read_from
    rig.handler.answer(0, kept=True)
    assert len(rig.handler.envelopes) == 3
    for index in (1, 2, 3):
        rig.handler.answer(index, kept=True)
    assert peer.is_read_from


def test_pause_and_resume():
    rig = Rig()
    peer = Peer(rig.link)
    rig.link.pause()
    peer.send(telegram())
    assert (rig.handler.envelopes, peer.is_read_from) == ([], False)
    rig.link.resume()
    assert (len(rig.handler.envelopes), peer.is_read_from) == (1, True)


def test_one_too_long_is_given_cut_and_the_next_whole():
    rig = Rig(replace(LIMITS, frame_bytes_max=50))
    Peer(rig.link).send(b"ZCZC 1\r\n" + b"X\r\n" * 100 + b"NNNN\r\n" + telegram())
    assert [len(one.raw) for one in rig.handler.envelopes] == [51, len(telegram())]
    assert rig.counts["refused_frame_too_long"] == 1


def test_who_sends_too_much_garbage_is_dropped_and_kept_out_for_a_while():
    rig = Rig(replace(LIMITS, refusals_per_minute_max=2, refused_peer_seconds=60.0))
    rig.handler.at_once = Reply(kept=True)
    peer = Peer(rig.link)
    for number in range(2):
        peer.send(b"garbage\r\n" + telegram(number))
    assert not peer.is_closed
    peer.send(b"garbage\r\n" + telegram(3))
    assert peer.is_closed
    peer.gone()
    assert [one.raw for one in rig.handler.envelopes].count(b"garbage\r\n") == 3
    assert rig.handler.envelopes[-1].raw == telegram(3)
    assert (rig.counts["refused_garbage"], rig.counts["peer_dropped"]) == (3, 1)
    assert Peer(rig.link).is_refused
    rig.clock.advance(60)
    assert not Peer(rig.link).is_refused


@pytest.mark.parametrize(
    ("data", "seconds", "code"),
    [
        (b"garbage", LIMITS.header_seconds, "header"),
        (b"ZCZC 1\r\nMOWFFXY\r\n", LIMITS.body_seconds, "body"),
    ],
)
def test_what_does_not_go_on_is_given_away_and_the_stream_goes_on(data, seconds, code):
    rig = Rig()
    peer = Peer(rig.link)
    peer.send(data)
    rig.clock.advance(seconds)
    assert [one.raw for one in rig.handler.envelopes] == [data]
    assert rig.counts[f"refused_{code}_too_slow"] == 1
    assert not peer.is_closed
    peer.send(telegram())
    assert rig.handler.envelopes[1].raw == telegram()
    assert rig.clock.getDelayedCalls() == []


def test_a_connection_that_ends_within_a_telegram_gives_its_beginning_away():
    rig = Rig()
    peer = Peer(rig.link)
    peer.send(telegram() + telegram()[:-4])
    peer.gone()
    assert [one.raw for one in rig.handler.envelopes] == [telegram(), telegram()[:-4]]
    rig.handler.answer(0, kept=True)
    rig.handler.answer(1, kept=True)
    assert rig.clock.getDelayedCalls() == []


def test_telegrams_that_waited_for_the_window_when_the_connection_ended_stay_apart():
    rig = Rig(replace(LIMITS, in_flight_max=1))
    peer = Peer(rig.link)
    peer.send(telegram(1) + telegram(2) + telegram(3) + telegram(4)[:9])
    peer.gone()
    pieces = [telegram(1), telegram(2), telegram(3), telegram(4)[:9]]
    assert [one.raw for one in rig.handler.envelopes] == pieces
    assert rig.counts["frame_cut"] == 1


def test_stop_takes_what_was_read_and_waits_for_it():
    rig = Rig(replace(LIMITS, in_flight_max=1), acknowledge=True)
    peer = Peer(rig.link)
    peer.send(telegram(1) + telegram(2) + telegram(3)[:9])
    stopped: list[None] = []
    rig.link.stop().addCallback(stopped.append)
    assert [one.raw for one in rig.handler.envelopes] == [telegram(1), telegram(2)]
    rig.handler.answer(0, kept=True)
    assert not peer.is_closed
    rig.handler.answer(1, kept=True)
    assert peer.is_closed
    assert peer.written() == ACK * 2
    peer.gone()
    assert stopped == [None]
    assert rig.clock.getDelayedCalls() == []
    assert len(rig.handler.envelopes) == 2


def test_without_acknowledgements_a_stop_takes_what_is_on_its_way():
    rig = Rig(replace(LIMITS, in_flight_max=1))
    rig.handler.at_once = Reply(kept=True)
    peer = Peer(rig.link)
    peer.send(telegram(1) + telegram(2)[:9])
    stopped: list[None] = []
    rig.link.stop().addCallback(stopped.append)
    assert peer.is_closed
    peer.send(telegram(2)[9:] + telegram(3) + telegram(4)[:9])
    assert stopped == []
    peer.gone()
    pieces = [telegram(1), telegram(2), telegram(3), telegram(4)[:9]]
    assert [one.raw for one in rig.handler.envelopes] == pieces
    assert stopped == [None]
    assert rig.clock.getDelayedCalls() == []


def test_a_stop_does_not_wait_for_ever_for_the_other_side():
    rig = Rig()
    rig.handler.at_once = Reply(kept=True)
    peer = Peer(rig.link)
    rig.link.stop()
    rig.clock.advance(LIMITS.linger_seconds)
    assert peer.is_aborted
    assert rig.counts["linger_over"] == 1
    assert "out_stalled" not in rig.counts
    peer.gone()
    assert rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize(("acknowledge", "word"), [(False, "lost"), (True, "not_acknowledged")])
def test_a_stop_while_there_is_no_room_says_what_is_lost(acknowledge, word, caplog):
    rig = Rig(acknowledge=acknowledge)
    peer = Peer(rig.link)
    peer.send(telegram(1) + telegram(2))
    rig.handler.answer(0, not_processed=True)
    rig.link.stop()
    rig.handler.answer(1, not_processed=True)
    assert rig.counts[word] == 2
    assert ("is not kept" in caplog.text) is not acknowledge
    assert peer.is_closed
    assert peer.written() == b""
    peer.gone()
    assert rig.clock.getDelayedCalls() == []


def test_sending_without_acknowledgement_ends_with_the_transport():
    rig = Rig(framing=Framing.SOH)
    assert failure_of(rig.link.send(b"MOWFFXY")) == "disconnected"
    peer = Peer(rig.link)
    assert rig.link.send(b"MOWFFXY").called
    assert peer.written() == b"\x01MOWFFXY\x03"
    assert failure_of(rig.link.send(b"X" * 1001)) == "length_wrong"
    assert failure_of(rig.link.send(b"MOW\x03FFXY")) == "framing_inside"
    assert peer.written() == b""
    peer.connection.pauseProducing()
    assert failure_of(rig.link.send(b"MOWFFXY")) == "not_taken"
    peer.connection.resumeProducing()


def test_sending_without_acknowledgement_waits_for_the_other_sides_tcp(monkeypatch):
    acknowledged = 0
    monkeypatch.setattr("adapter.net.tcp_receipts.acknowledged_bytes", lambda _transport: acknowledged)
    rig = Rig(framing=Framing.SOH)
    peer = Peer(rig.link)
    first, second = rig.link.send(b"MOWFFXY"), rig.link.send(b"MOWFFXY")
    rig.clock.advance(1)
    assert (first.called, second.called) == (False, False)
    acknowledged = len(b"\x01MOWFFXY\x03")
    rig.clock.advance(1)
    assert (first.called, second.called) == (True, False)
    doubts: list[bool] = []
    second.addErrback(lambda failure: doubts.append(failure.value.perhaps_sent) or failure)
    peer.gone()
    assert (failure_of(second), doubts) == ("disconnected", [True])
    assert rig.clock.getDelayedCalls() == []


def test_sending_with_acknowledgement_ends_with_it():
    rig = Rig(acknowledge=True)
    peer = Peer(rig.link)
    first, second = rig.link.send(b"MOWFFXY"), rig.link.send(b"MOWFFXY")
    peer.send(ACK)
    assert (first.called, second.called) == (True, False)
    peer.send(b"\r\n" + ACK + ACK)
    assert second.called
    assert rig.counts["ack_unexpected"] == 1
    assert rig.clock.getDelayedCalls() == []


def test_a_cancelled_telegram_keeps_its_place_among_the_acknowledgements():
    rig = Rig(acknowledge=True)
    assert isinstance(rig.link, Outward)
    peer = Peer(rig.link)
    first, second = rig.link.send(b"MOWFFXY"), rig.link.send(b"MOWFFXY")
    first.addErrback(lambda failure: failure.trap(CancelledError))
    first.cancel()
    peer.send(ACK)
    assert not second.called
    peer.send(ACK)
    assert second.called


def test_an_acknowledgement_that_does_not_come_ends_the_connection():
    rig = Rig(acknowledge=True, ack_seconds=30.0)
    peer = Peer(rig.link)
    first, second = rig.link.send(b"MOWFFXY"), rig.link.send(b"MOWFFXY")
    rig.clock.advance(20)
    peer.send(ACK)
    rig.clock.advance(29)
    assert not second.called
    rig.clock.advance(1)
    assert (first.called, failure_of(second)) == (True, "time")
    assert peer.is_aborted


def test_a_connection_that_ends_fails_what_was_sent():
    rig = Rig(acknowledge=True)
    peer = Peer(rig.link)
    sent = [rig.link.send(b"MOWFFXY") for _ in range(SENDS_MAX)]
    assert failure_of(rig.link.send(b"MOWFFXY")) == "not_taken"
    peer.gone()
    assert {failure_of(one) for one in sent} == {"disconnected"}
    assert rig.clock.getDelayedCalls() == []


class Far:
    """The other side of a link that connects: every try is there to be answered."""

    def __init__(self) -> None:
        self.tries: list[Deferred] = []

    def __call__(self) -> "Far":
        return self

    def connect(self, factory) -> Deferred:
        self.tries.append(Deferred())
        return self.tries[-1]


def test_connecting_is_tried_again_ever_more_slowly():
    far = Far()
    rig = Rig(connect=far, reconnect_seconds_min=1.0, reconnect_seconds_max=60.0)
    rig.link.start()
    waits = []
    for _ in range(8):
        far.tries[-1].errback(ConnectionRefusedError("nobody listens"))
        (call,) = rig.clock.getDelayedCalls()
        waits.append(call.getTime() - rig.clock.seconds())
        rig.clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    peer = Peer(rig.link)
    far.tries[-1].callback(peer.connection)
    peer.send(telegram())
    assert len(rig.handler.envelopes) == 1
    rig.handler.answer(0, kept=True)
    peer.gone()
    rig.clock.advance(1)
    assert len(far.tries) == 10
    rig.link.stop()
    assert far.tries[-1].called
    assert rig.clock.getDelayedCalls() == []


def test_stop_ends_the_wait_for_another_try():
    far = Far()
    rig = Rig(connect=far)
    rig.link.start()
    far.tries[-1].errback(ConnectionRefusedError("nobody listens"))
    assert rig.link.stop().called
    assert rig.clock.getDelayedCalls() == []
