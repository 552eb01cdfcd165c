"""MATIP sessions without sockets: their life in both directions, our calls, sending, stopping."""

from dataclasses import replace

from adapter.net.back_off import BackOff
from adapter.net.limits import LinkLimits
from adapter.net.matip_partner import PartnerSettings
from adapter.net.outward import NotSent
from adapter.wire.matip import Closed, OpenAsked, Opened, TelegramCame
from adapter.wire.matip_packets import Closing, Coding, Data, Opening, render_packet
from tests.net.matip_peer import Rig, caller, results

ASCII = Opening(Coding.ASCII)
LIMITS = LinkLimits()


# --- the life of sessions ----------------------------------------------------------------------------------------


def test_a_connection_has_to_become_a_session_in_time():
    rig = Rig(open_seconds=20.0)
    silent, good = rig.peer(), rig.peer()
    good.open(ASCII)
    rig.clock.advance(19.999)
    assert not silent.is_closed
    rig.clock.advance(0.001)
    assert silent.is_closed
    assert rig.counts["refused_open_too_slow"] == 1
    rig.clock.advance(100_000)
    assert not good.is_closed


def test_a_packet_that_began_has_to_end_in_time():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(b"\1\0\0")
    rig.clock.advance(LIMITS.header_seconds)
    assert peer.is_closed
    assert rig.counts["refused_header_too_slow"] == 1


def test_an_opening_within_a_session_begins_a_new_one():
    rig = Rig(caller("a", our_hld=1, their_hld=2), caller("b", our_hld=1, their_hld=3))
    peer = rig.peer()
    peer.open(Opening(Coding.ASCII, 0, False, 2, 1))
    peer.tell(b"of a")
    peer.send(render_packet(Opening(Coding.ASCII, 0, False, 3, 1)))
    assert peer.written() == bytes.fromhex("01 fd 00 05 00")
    peer.tell(b"of b")
    assert [(one.link, one.raw) for one in rig.handler.envelopes] == [("a", b"of a"), ("b", b"of b")]
    assert rig.counts["session_reopened"] == 1
    assert results(rig.link.partners["a"].send(b"x"))[0].check(NotSent)
    assert results(rig.link.partners["b"].send(b"x")) == [None]


def test_an_opening_that_is_refused_has_ended_the_session_before_it():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(render_packet(Opening(Coding.EBCDIC)))
    assert peer.written() == bytes.fromhex("01 fd 00 05 42")
    assert results(rig.link.partners["network"].send(b"x"))[0].check(NotSent)
    rig.clock.advance(30)
    assert peer.is_closed


def test_after_a_closing_the_connection_stays_for_the_next_opening():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(peer.codec.close())
    assert results(rig.link.partners["network"].send(b"x"))[0].check(NotSent)
    rig.clock.advance(1000)
    assert not peer.is_closed
    assert peer.open(ASCII) == [Opened()]
    peer.tell(b"FTL")
    assert len(rig.handler.received) == 1
    assert rig.counts["session_closed_by_peer"] == 1


def test_a_newer_connection_of_a_partner_replaces_a_dead_one():
    rig = Rig()
    dead = rig.peer()
    dead.open(ASCII)
    newer = rig.peer()
    newer.open(ASCII)
    assert dead.is_closed
    assert rig.counts["session_replaced"] == 1
    assert results(rig.link.partners["network"].send(b"x")) == [None]
    assert newer.events() == [TelegramCame(b"x")]
    dead.gone()
    assert results(rig.link.partners["network"].send(b"y")) == [None]


def test_we_open_where_that_is_our_part():
    rig = Rig(caller("network", opens=True, our_hld=1, their_hld=2, from_gateway=True))
    peer = rig.peer()
    assert peer.events() == [OpenAsked(Opening(Coding.ASCII, 0, True, 1, 2))]
    peer.send(peer.codec.accept())
    peer.tell(b"FTL")
    assert len(rig.handler.received) == 1
    # After a closing we open again, in a while.
    peer.send(peer.codec.close())
    rig.clock.advance(0.999)
    assert peer.events() == []
    rig.clock.advance(0.001)
    assert peer.written() == bytes.fromhex("01 fe 00 0a 04 06 00 01 00 02")


def test_both_open_at_once():
    # Ours is 10.0.0.100, the higher address: theirs counts for nothing and gets no answer.
    rig = Rig(caller("network", opens=True))
    low = rig.peer()
    ours = low.written()
    low.send(render_packet(ASCII))
    assert low.written() == b""
    assert rig.counts["opening_collided"] == 1
    low.send(bytes.fromhex("01 fd 00 05 00"))
    assert results(rig.link.partners["network"].send(b"x")) == [None]
    # From 10.0.0.101 theirs counts, and ours is forgotten.
    rig = Rig(caller("network", "10.0.0.101", opens=True))
    high = rig.peer("10.0.0.101")
    assert high.written() == ours
    high.send(render_packet(ASCII))
    assert high.written() == bytes.fromhex("01 fd 00 05 00")
    high.send(render_packet(Data(b"FTL")))
    assert len(rig.handler.received) == 1


# --- our calls ---------------------------------------------------------------------------------------------------

CALLED = PartnerSettings("hub", opens=True)


def test_we_call_and_open():
    rig = Rig(CALLED)
    rig.link.start()
    peer = rig.answer()
    assert peer.events() == [OpenAsked(ASCII)]
    peer.send(peer.codec.accept())
    peer.tell(b"FTL")
    assert rig.handler.envelopes[0].link == "hub"
    assert rig.peer("10.0.0.200").is_refused


def test_we_call_and_they_open():
    rig = Rig(PartnerSettings("hub"))
    rig.link.start()
    peer = rig.answer()
    assert peer.written() == b""
    assert peer.open(ASCII) == [Opened()]
    peer.tell(b"FTL")
    assert rig.handler.envelopes[0].link == "hub"


def test_we_call_again_after_growing_pauses():
    rig = Rig(CALLED, reconnect_seconds_min=1.0, reconnect_seconds_max=5.0)
    rig.link.start()
    for pause in (1.0, 2.0, 4.0, 5.0, 5.0):
        rig.endpoint.fail()
        rig.clock.advance(pause - 0.001)
        assert rig.endpoint.calls == []
        rig.clock.advance(0.001)
        assert len(rig.endpoint.calls) == 1
    assert rig.counts["call_failed"] == 5
    # A session makes the pauses short again; a connection without one doesn't.
    rig.answer().gone()
    rig.clock.advance(4.999)
    assert rig.endpoint.calls == []
    rig.clock.advance(0.001)
    peer = rig.answer()
    peer.events()
    peer.send(peer.codec.accept())
    peer.gone()
    rig.clock.advance(1)
    assert len(rig.endpoint.calls) == 1


def test_a_partner_that_refuses_is_called_again_later():
    rig = Rig(CALLED)
    rig.link.start()
    peer = rig.answer()
    peer.send(bytes.fromhex("01 fd 00 05 43"))
    assert peer.is_closed
    assert rig.counts["session_refused_by_peer"] == 1
    peer.gone()
    rig.clock.advance(1)
    assert len(rig.endpoint.calls) == 1


def test_a_partner_that_never_confirms_is_dead_and_called_again():
    rig = Rig(CALLED, open_seconds=20.0)
    rig.link.start()
    peer = rig.answer()
    rig.clock.advance(20)
    assert peer.is_closed
    assert rig.counts["refused_open_too_slow"] == 1
    rig.clock.advance(LIMITS.linger_seconds)
    assert peer.transport.disconnected
    peer.gone()
    rig.clock.advance(1)
    assert len(rig.endpoint.calls) == 1


def test_chance_spreads_the_calls():
    assert [BackOff(4, 100, lambda: 0.0).next(), BackOff(4, 100, lambda: 1.0).next()] == [2.0, 4.0]


# --- sending -----------------------------------------------------------------------------------------------------


def test_what_cannot_be_sent_is_told():
    rig = Rig()
    network = rig.link.partners["network"]
    assert results(network.send(b"FTL"))[0].check(NotSent)
    peer = rig.peer()
    peer.open(ASCII)
    assert results(network.send(b"FTL")) == [None]
    assert results(network.send(bytes(65_532)))[0].check(ValueError)
    assert results(network.send("ФТЛ".encode("cp866")))[0].check(ValueError)
    peer.connection.pauseProducing()  # what a transport does when its buffer is full
    assert results(network.send(b"FTL"))[0].check(NotSent)
    peer.connection.resumeProducing()
    peer.gone()
    assert results(network.send(b"FTL"))[0].check(NotSent)
    assert rig.counts["sent"] == 1
    assert rig.clock.getDelayedCalls() == []


# --- stopping ----------------------------------------------------------------------------------------------------


def test_stopping_closes_sessions_and_takes_what_was_on_its_way():
    rig = Rig()
    peer, idle = rig.peer(), rig.peer()
    peer.open(ASCII)
    peer.tell(b"1")
    stopped = results(rig.link.stop())
    assert peer.events() == [Closed(0)]
    assert idle.is_closed
    assert rig.peer().is_refused
    peer.send(render_packet(Data(b"2")))
    assert len(rig.handler.received) == 2
    idle.gone()
    peer.gone()
    rig.handler.answer(0, kept=True)
    assert not stopped
    rig.handler.answer(1, kept=True)
    assert stopped == [None]
    assert rig.clock.getDelayedCalls() == []


def test_stopping_takes_what_came_with_a_confirmation_that_was_on_its_way():
    rig = Rig(CALLED)
    rig.link.start()
    peer = rig.answer()
    rig.link.stop()
    peer.send(bytes.fromhex("01 fd 00 05 00") + render_packet(Data(b"FTL")))
    assert [(one.link, one.raw) for one in rig.handler.envelopes] == [("hub", b"FTL")]
    assert results(rig.link.partners["hub"].send(b"x"))[0].check(NotSent)


def test_stopping_does_not_wait_for_ever_for_a_partner():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    stopped = results(rig.link.stop())
    rig.clock.advance(LIMITS.linger_seconds)
    assert peer.transport.disconnected
    peer.gone()
    assert stopped == [None]


def test_an_opening_while_we_stop_is_not_answered():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    rig.link.stop()
    peer.written()
    peer.send(render_packet(Closing()) + render_packet(ASCII))
    assert peer.written() == b""
    assert peer.transport.disconnected
    peer.gone()


def test_what_was_never_kept_is_said_when_the_time_is_over(caplog):
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1")
    rig.handler.answer(0, not_processed=True)
    stop = rig.link.stop()
    peer.gone()
    stopped = results(stop.addTimeout(3, rig.clock))
    rig.clock.advance(3)
    assert stopped[0].type.__name__ == "TimeoutError"
    assert "1 telegrams were never kept" in caplog.text
    assert rig.counts["telegrams_lost"] == 1
    assert rig.clock.getDelayedCalls() == []


def test_the_time_may_be_over_before_the_connections_are():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1")
    rig.handler.answer(0, not_processed=True)
    stopped = results(rig.link.stop().addTimeout(3, rig.clock))
    rig.clock.advance(3)
    assert stopped[0].type.__name__ == "TimeoutError"
    assert rig.counts["telegrams_lost"] == 1


def test_stopping_ends_our_calls():
    rig = Rig(CALLED, replace(CALLED, name="other"))
    rig.link.start()
    rig.endpoint.fail()
    assert results(rig.link.stop()) == [None]
    assert rig.endpoint.cancelled == 1
    assert rig.clock.getDelayedCalls() == []


def test_a_paused_link_reads_nothing():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    rig.link.pause()
    assert not peer.is_read_from
    peer.tell(b"1")
    assert rig.handler.received == []
    rig.link.resume()
    assert len(rig.handler.received) == 1
