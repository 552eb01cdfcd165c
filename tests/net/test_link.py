"""What every stream link does, tried on the length-prefixed one: windows, timers, limits, stopping."""

import struct
from dataclasses import replace

import pytest

from adapter.envelope import Reply
from adapter.net.length_prefixed import LengthPrefixedFactory
from adapter.net.limits import LinkLimits
from adapter.net.peers import PeerWatch, is_within, read_networks
from tests.net.gateway import Handler, Peer, clock_at, counting

LIMITS = LinkLimits()


def message(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


class Rig:
    def __init__(self, limits: LinkLimits = LIMITS, **more):
        self.clock = clock_at()
        self.handler = Handler()
        self.counts, count = counting()
        self.link = LengthPrefixedFactory(
            "partners", self.handler, self.clock, limits=limits, count=count, **more
        )

    def peer(self, host: str = "127.0.0.1") -> Peer:
        return Peer(self.link, host)


def test_a_message_becomes_an_envelope_and_its_answer_comes_back():
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    (envelope,) = rig.handler.envelopes
    assert (envelope.link, envelope.protocol, envelope.id, envelope.raw) == (
        "partners",
        "length_prefixed",
        "1",
        b"<a/>",
    )
    assert envelope.received_at.timestamp() == 1_800_000_000
    assert str(envelope.received_at.tzinfo) == "UTC"
    assert peer.written() == b""
    rig.handler.answer(0, b"<b/>\n")
    assert peer.written() == message(b"<b/>\n")
    assert rig.counts == {"connected": 1, "received": 1, "answered": 1}


def test_answers_without_numbers_leave_in_the_order_of_the_requests():
    rig = Rig()
    peer = rig.peer()
    peer.send(b"".join(message(b"<%d/>" % n) for n in range(4)))
    rig.handler.answer(2, b"2")
    rig.handler.answer(1, b"1")
    assert peer.written() == b""
    rig.handler.answer(0, b"0")
    assert peer.written() == message(b"0") + message(b"1") + message(b"2")
    rig.handler.answer(3, b"3")
    assert peer.written() == message(b"3")


def test_not_processed_closes_because_the_protocol_has_no_word_for_it():
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>") + message(b"<b/>"))
    rig.handler.answer(0, not_processed=True)
    assert peer.is_closed
    rig.handler.answer(1, b"late")
    assert peer.written() == b""
    assert rig.counts["answer_unsent"] == 1


def test_answers_that_come_at_once_need_no_stack():
    rig = Rig()
    rig.handler.at_once = Reply(b"ok")
    peer = rig.peer()
    peer.send(message(b"<a/>") * 2000)
    assert peer.written() == message(b"ok") * 2000


def test_above_the_window_nothing_more_is_read():
    rig = Rig(replace(LIMITS, in_flight_max=3))
    peer = rig.peer()
    peer.send(b"".join(message(b"<%d/>" % n) for n in range(8)) + b"\0\0")
    assert len(rig.handler.received) == 3
    assert not peer.is_read_from
    rig.clock.advance(3600)  # the cut frame at the end is not the peer's fault now
    assert not peer.is_closed
    rig.handler.answer(1, b"1")
    assert len(rig.handler.received) == 4
    assert not peer.is_read_from
    for index in (0, 2, 3, 4, 5, 6, 7):
        rig.handler.answer(index, b"x")
    assert peer.is_read_from
    assert [envelope.raw for envelope in rig.handler.envelopes] == [b"<%d/>" % n for n in range(8)]
    rig.clock.advance(LIMITS.header_seconds)
    assert peer.is_closed


@pytest.mark.parametrize(
    ("pieces", "seconds", "code"),
    [
        ([b"\0"], LIMITS.header_seconds, "header_too_slow"),
        ([b"\0\0\0\5"], LIMITS.body_seconds, "body_too_slow"),
        ([message(b"<a/>") + b"\0\0"], LIMITS.header_seconds, "header_too_slow"),
        ([message(b"<a/>") + b"\0\0\0\5abc"], LIMITS.body_seconds, "body_too_slow"),
    ],
)
def test_a_frame_that_began_has_to_end_in_time(pieces, seconds, code):
    rig = Rig()
    peer = rig.peer()
    for piece in pieces:
        peer.send(piece)
    rig.clock.advance(seconds - 0.001)
    assert not peer.is_closed
    rig.clock.advance(0.001)
    assert peer.is_closed
    assert rig.counts[f"refused_{code}"] == 1


def test_a_slow_writer_gains_no_time_by_single_bytes():
    rig = Rig()
    peer = rig.peer()
    peer.send(b"\0\0\0\x7f")
    for _ in range(5):
        rig.clock.advance(5)
        peer.send(b"x")
    assert not peer.is_closed
    rig.clock.advance(5)
    assert peer.is_closed


def test_every_frame_has_its_own_time():
    rig = Rig()
    rig.handler.at_once = Reply(b"ok")
    peer = rig.peer()
    peer.send(b"\0")
    for _ in range(20):
        rig.clock.advance(LIMITS.header_seconds - 1)
        peer.send(b"\0\0\1x\0")  # the rest of one frame, the first byte of the next
    assert not peer.is_closed
    assert len(rig.handler.received) == 20


def test_a_connection_may_idle_between_frames():
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    rig.clock.advance(100_000)
    assert not peer.is_closed
    assert rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_frame_that_was_cut_off_leaves_nothing(cut):
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>")[:cut])
    peer.gone()
    assert rig.handler.received == []
    assert rig.clock.getDelayedCalls() == []
    assert not rig.link.connections
    assert rig.counts["frame_cut_off"] == 1


@pytest.mark.parametrize(
    ("data", "code"), [(b"\xff\xff\xff\xff", "frame_too_long"), (b"\0\0\0\0<a/>", "frame_empty")]
)
def test_a_broken_protocol_ends_the_connection(data, code):
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>") + data)
    assert len(rig.handler.received) == 1
    assert peer.is_closed
    assert rig.counts[f"refused_{code}"] == 1
    peer.send(message(b"<b/>"))
    assert len(rig.handler.received) == 1


def test_answers_after_the_end_are_dropped():
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    peer.gone()
    rig.handler.answer(0, b"late")
    assert peer.written() == b""
    assert rig.counts["answer_unsent"] == 1


def test_a_second_answer_to_one_message_is_not_written(caplog):
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    rig.handler.answer(0, b"one")
    rig.handler.answer(0, b"two")
    assert peer.written() == message(b"one")
    assert "answered twice" in caplog.text


def test_our_own_defect_costs_the_connection_only(caplog):
    rig = Rig()

    def broken(_envelope, _done):
        raise RuntimeError("planted")

    rig.link.handle = broken
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    assert peer.is_aborted
    assert rig.counts["handle_failed"] == 1
    assert "planted" in caplog.text


# --- the peer doesn't read ---------------------------------------------------------------------------------------


def test_a_peer_that_does_not_read_is_not_read_from_and_cut_off():
    rig = Rig()
    peer = rig.peer()
    assert peer.transport.streaming
    peer.connection.pauseProducing()  # what a transport does when its buffer is full
    assert not peer.is_read_from
    rig.clock.advance(LIMITS.out_stalled_seconds - 0.001)
    assert not peer.is_aborted
    rig.clock.advance(0.001)
    assert peer.is_aborted
    assert rig.counts["out_stalled"] == 1


def test_a_peer_that_reads_again_is_served_again():
    rig = Rig()
    peer = rig.peer()
    peer.connection.pauseProducing()
    peer.send(message(b"<a/>"))  # was on its way
    assert rig.handler.received == []
    rig.clock.advance(LIMITS.out_stalled_seconds - 1)
    peer.connection.resumeProducing()
    assert peer.is_read_from
    assert len(rig.handler.received) == 1
    rig.clock.advance(1000)
    assert not peer.is_aborted


# --- who may connect ---------------------------------------------------------------------------------------------


def test_the_longest_idle_connection_gives_way():
    rig = Rig(replace(LIMITS, connections_max=2))
    first, second = rig.peer(), rig.peer()
    rig.clock.advance(1)
    first.send(message(b"<a/>"))
    rig.handler.answer(0, b"x")
    third = rig.peer()
    assert not third.is_refused
    assert second.is_closed
    assert not first.is_closed


def test_busy_connections_do_not_give_way():
    rig = Rig(replace(LIMITS, connections_max=2))
    first, second = rig.peer(), rig.peer()
    first.send(message(b"<a/>"))
    second.send(b"\0\0")
    assert rig.peer().is_refused
    assert rig.counts["refused_connections_max"] == 1
    rig.handler.answer(0, b"x")
    assert not rig.peer().is_refused
    assert first.is_closed
    assert not second.is_closed


def test_only_peers_may_connect():
    rig = Rig(peers=read_networks(["10.1.0.0/16", "127.0.0.1"]))
    assert not rig.peer("10.1.2.3").is_refused
    assert not rig.peer("::ffff:127.0.0.1").is_refused
    assert rig.peer("10.2.0.1").is_refused
    assert rig.peer("").is_refused


def test_too_many_refusals_drop_the_peer_for_a_while():
    rig = Rig(replace(LIMITS, refusals_per_minute_max=3))
    bystander, same_host = rig.peer("10.0.0.2"), rig.peer()
    for _ in range(3):
        rig.peer().send(b"\0\0\0\0")
    assert not same_host.is_closed
    rig.peer().send(b"\0\0\0\0")
    assert same_host.is_closed
    assert not bystander.is_closed
    assert rig.counts["peer_dropped"] == 1
    assert rig.peer().is_refused
    assert not rig.peer("10.0.0.3").is_refused
    rig.clock.advance(LIMITS.refused_peer_seconds)
    assert not rig.peer().is_refused


def test_refusals_are_counted_by_the_minute():
    watch = PeerWatch(2, 60.0, 10)
    assert [watch.refuse("a", now) for now in (0.0, 30.0, 60.0, 61.0, 62.0)] == [
        False,
        False,
        False,
        False,
        True,
    ]
    assert watch.is_blocked("a", 121.9)
    assert not watch.is_blocked("a", 122.0)
    assert not watch.is_blocked("b", 62.0)


def test_handshakes_are_counted_by_the_second():
    watch = PeerWatch(20, 60.0, 2)
    assert [watch.allow_handshake("a", now) for now in (0.0, 0.5, 0.9, 1.0)] == [True, True, False, True]
    assert watch.allow_handshake("b", 0.9)


def test_only_so_many_peers_are_remembered():
    watch = PeerWatch(20, 60.0, 10, peers_max=3)
    for host in "abcde":
        watch.refuse(host, 0.0)
    assert len(watch) == 3


def test_networks():
    networks = read_networks(["192.168.7.0/24", "fd00::/8"])
    assert is_within("192.168.7.9", networks)
    assert is_within("fd00::1", networks)
    assert not is_within("192.168.8.9", networks)
    assert not is_within("not an address", networks)
    with pytest.raises(ValueError):
        read_networks(["192.168.7.1/24"])


# --- pausing and stopping ----------------------------------------------------------------------------------------


def test_a_paused_link_answers_but_does_not_read():
    rig = Rig()
    peer = rig.peer()
    peer.send(message(b"<a/>"))
    rig.link.pause()
    assert not peer.is_read_from
    peer.send(message(b"<b/>"))
    assert len(rig.handler.received) == 1
    rig.handler.answer(0, b"x")
    assert peer.written() == message(b"x")
    assert not peer.is_read_from
    rig.link.resume()
    assert peer.is_read_from
    assert len(rig.handler.received) == 2


def test_stopping_finishes_the_window_and_closes():
    rig = Rig()
    idle, busy = rig.peer(), rig.peer()
    busy.send(message(b"<a/>") + message(b"<b/>") + b"\0\0")
    rig.link.stop_reading()
    assert rig.peer().is_refused
    assert not idle.is_closed
    busy.send(b"\0\1c")
    assert len(rig.handler.received) == 2
    assert rig.link.in_flight == 2
    fired = []
    rig.link.drain().addCallback(fired.append)
    assert idle.is_closed
    idle.gone()
    rig.handler.answer(1, b"2")
    assert not busy.is_closed
    rig.handler.answer(0, b"1")
    assert busy.written() == message(b"1") + message(b"2")
    assert busy.is_closed
    assert not fired
    busy.gone()
    assert fired == [None]
    assert rig.clock.getDelayedCalls() == []


def test_stopping_does_not_wait_for_ever_for_a_peer():
    rig = Rig()
    peer = rig.peer()
    rig.link.drain()
    assert peer.is_closed
    rig.clock.advance(LIMITS.linger_seconds)
    assert peer.is_aborted


def test_a_link_without_connections_is_drained_at_once():
    fired = []
    Rig().link.stop().addCallback(fired.append)
    assert fired == [None]
