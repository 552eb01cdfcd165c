"""MATIP links without sockets: who is who, sessions in both directions, telegrams until they are kept."""

from dataclasses import replace
from functools import partial

import pytest

from adapter.envelope import Reply
from adapter.net.limits import LinkLimits
from adapter.net.matip_partner import BackOff, PartnerSettings
from adapter.wire.matip import Closed, OpenAsked, Opened, Refused, TelegramCame
from adapter.wire.matip_packets import Cause, Closing, Coding, Data, Opening, render_packet
from tests.net.matip_peer import Rig, caller

ASCII = Opening(Coding.ASCII)
KEPT = Reply(kept=True)
LIMITS = LinkLimits()
data = partial(render_packet)


def results(deferred) -> list:
    found: list = []
    deferred.addBoth(found.append)
    return found


# --- telegrams ---------------------------------------------------------------------------------------------------


def test_a_telegram_becomes_an_envelope_of_its_partner():
    rig = Rig(caller("network"))
    peer = rig.peer()
    assert peer.open(ASCII) == [Opened()]
    peer.tell(b"FTL\r\nENDFTL\r\n")
    (envelope,) = rig.handler.envelopes
    assert (envelope.link, envelope.protocol, envelope.id, envelope.raw, envelope.encoding) == (
        "network",
        "typeb",
        "1",
        b"FTL\r\nENDFTL\r\n",
        "ascii",
    )
    assert envelope.received_at.timestamp() == 1_800_000_000
    assert str(envelope.received_at.tzinfo) == "UTC"
    rig.handler.answer(0, kept=True)
    assert peer.written() == b""
    assert rig.counts == {"connected": 1, "session_opened": 1, "received": 1, "kept": 1}


@pytest.mark.parametrize(
    ("coding", "payload", "encoding"),
    [
        (Coding.EBCDIC, bytes.fromhex("c6e3d3 0d25"), "latin-1"),
        (Coding.BAUDOT, bytes.fromhex("1f 0d1012 0802"), "ascii"),
    ],
)
def test_other_codings_become_ascii(coding, payload, encoding):
    rig = Rig(caller("network", coding=coding, encoding=encoding))
    peer = rig.peer()
    peer.open(Opening(coding))
    peer.tell(payload)
    (envelope,) = rig.handler.envelopes
    assert (envelope.raw, envelope.encoding) == (b"FTL\r\n", encoding)
    rig.link.partners["network"].send(b"FTL\r\n")
    assert peer.events() == [TelegramCame(payload)]


def test_eight_bits_in_the_partners_encoding_stay_as_they_are():
    rig = Rig(caller("network", encoding="cp866"))
    peer = rig.peer()
    peer.open(ASCII)
    telegram = "ФТЛ".encode("cp866")
    peer.tell(telegram)
    assert (rig.handler.envelopes[0].raw, rig.handler.envelopes[0].encoding) == (telegram, "cp866")


def test_empty_data_is_no_telegram():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"", b"FTL")
    assert len(rig.handler.received) == 1
    assert rig.counts["telegram_empty"] == 1


def test_what_is_not_kept_is_handed_over_again_and_nothing_is_read_meanwhile():
    rig = Rig(retry_seconds=7.0)
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1", b"2", b"3")
    rig.handler.answer(1, not_processed=True)
    assert not peer.is_read_from
    peer.tell(b"4")  # was on its way
    rig.handler.answer(0, kept=True)
    rig.handler.answer(2, kept=True)
    assert len(rig.handler.received) == 3
    rig.clock.advance(6.999)
    assert len(rig.handler.received) == 3
    rig.clock.advance(0.001)
    assert rig.handler.envelopes[3] == rig.handler.envelopes[1]
    rig.handler.answer(3, not_processed=True)
    rig.clock.advance(7)
    rig.handler.answer(4, kept=True)
    assert peer.is_read_from
    assert [envelope.raw for envelope in rig.handler.envelopes] == [b"1", b"2", b"3", b"2", b"2", b"4"]


def test_a_connection_that_is_gone_takes_no_telegram_with_it():
    rig = Rig(retry_seconds=7.0)
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1")
    peer.gone()
    rig.handler.answer(0, not_processed=True)
    newer = rig.peer()
    newer.open(ASCII)
    assert newer.connection.partner.is_blocked
    rig.clock.advance(7)
    rig.handler.answer(1, kept=True)
    newer.tell(b"2")
    assert [envelope.raw for envelope in rig.handler.envelopes] == [b"1", b"1", b"2"]


def test_our_own_defect_costs_no_telegram(caplog):
    rig = Rig(retry_seconds=7.0)
    peer = rig.peer()
    peer.open(ASCII)
    handler, rig.link.partners["network"]._handle = rig.handler, lambda _envelope, _done: 1 / 0
    peer.tell(b"1")
    assert rig.counts["handle_failed"] == 1
    assert "ZeroDivisionError" in caplog.text
    rig.link.partners["network"]._handle = handler
    rig.clock.advance(7)
    assert [envelope.raw for envelope in handler.envelopes] == [b"1"]


def test_above_the_window_nothing_more_is_read():
    rig = Rig(limits=replace(LIMITS, in_flight_max=3))
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(*(b"%d" % n for n in range(8)))
    assert len(rig.handler.received) == 3
    assert not peer.is_read_from
    rig.handler.answer(1, kept=True)
    assert len(rig.handler.received) == 4
    for index in (0, 2, 3, 4, 5, 6, 7):
        rig.handler.answer(index, kept=True)
    assert peer.is_read_from
    assert [envelope.raw for envelope in rig.handler.envelopes] == [b"%d" % n for n in range(8)]


def test_one_partner_does_not_hold_up_another():
    rig = Rig(caller("a"), caller("b", "10.0.0.2"), limits=replace(LIMITS, in_flight_max=1))
    first, second = rig.peer(), rig.peer("10.0.0.2")
    for peer in (first, second):
        peer.open(ASCII)
        peer.tell(b"1")
    assert [envelope.link for envelope in rig.handler.envelopes] == ["a", "b"]
    rig.handler.answer(1, kept=True)
    assert (first.is_read_from, second.is_read_from) == (False, True)


def test_telegrams_kept_at_once_need_no_stack():
    rig = Rig()
    rig.handler.at_once = KEPT
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(*[b"x"] * 2000)
    assert rig.counts["kept"] == 2000


# --- who is who --------------------------------------------------------------------------------------------------


def test_two_partners_on_one_port_are_told_apart_by_their_hlds():
    rig = Rig(
        caller("a", our_hld=0x0100, their_hld=0x000A),
        caller("b", our_hld=0x0100, their_hld=0x000B),
        caller("nameless"),
    )
    for name, hlds in (("b", (0x000B, 0x0100)), ("a", (0x000A, 0x0100)), ("nameless", (None, None))):
        peer = rig.peer()
        assert peer.open(Opening(Coding.ASCII, 0, False, *hlds)) == [Opened()]
        peer.tell(name.encode())
        assert rig.handler.envelopes[-1].link == name
    assert len(rig.link.connections) == 3


def test_by_their_addresses_where_there_are_no_hlds():
    rig = Rig(caller("a", "10.0.0.0/30"), caller("b", "10.0.0.4/30"))
    for host, name in (("10.0.0.6", "b"), ("::ffff:10.0.0.2", "a")):
        peer = rig.peer(host)
        peer.open(ASCII)
        peer.tell(b"x")
        assert rig.handler.envelopes[-1].link == name
    assert rig.peer("10.0.0.9").is_refused
    assert rig.counts["refused_peer"] == 1


def test_a_partner_without_hlds_may_say_some():
    rig = Rig(caller("a"))
    peer = rig.peer()
    assert peer.open(Opening(Coding.ASCII, 0, True, 1, 2)) == [Opened()]


@pytest.mark.parametrize(
    ("opening", "cause"),
    [
        (Opening(Coding.ASCII, 0, False, 0x0B, 0x0A), Cause.INCOHERENT),
        (Opening(Coding.ASCII, 0, False, 0x0A, 0x0C), Cause.INCOHERENT),
        (ASCII, Cause.INCOHERENT),
        (Opening(Coding.BAUDOT, 0, False, 0x0A, 0x0B), Cause.INCOHERENT),
        (Opening(Coding.IPARS, 0, False, 0x0A, 0x0B), Cause.INCOHERENT),
        (Opening(Coding.ASCII, 2, False, 0x0A, 0x0B), Cause.PROTECTION),
    ],
)
def test_what_was_not_agreed_is_refused_and_may_be_tried_again(opening, cause):
    rig = Rig(caller("network", our_hld=0x0B, their_hld=0x0A))
    peer = rig.peer()
    assert peer.open(opening) == [Refused(0x40 | cause, cause)]
    assert not peer.is_closed
    assert rig.counts[f"refused_opening_{cause.name.lower()}"] == 1
    assert peer.open(Opening(Coding.ASCII, 0, False, 0x0A, 0x0B)) == [Opened()]
    peer.tell(b"FTL")
    assert len(rig.handler.received) == 1


def test_a_type_a_opening_is_refused_with_the_cause_of_the_rfc():
    rig = Rig()
    peer = rig.peer()
    peer.send(bytes.fromhex("01 fe 00 0c 14 20 00 a0 00 00 00 00"))
    assert peer.written() == bytes.fromhex("01 fd 00 05 41")
    assert peer.is_closed
    assert rig.counts["refused_opening_type_a"] == 1


@pytest.mark.parametrize(
    ("text", "code", "reply"),
    [
        ("02 00 00 04", "version_unknown", ""),
        ("01 00 00 03", "length_invalid", ""),
        ("01 00 00 05 41", "told_unexpected", ""),
        ("01 fd 00 05 00", "confirmed_unexpected", ""),
        ("01 fe 00 06 04 02", "opening_incoherent", "01 fd 00 05 42"),
    ],
)
def test_a_broken_protocol_ends_the_connection(text, code, reply):
    rig = Rig()
    peer = rig.peer()
    peer.send(bytes.fromhex(text))
    assert peer.written() == bytes.fromhex(reply)
    assert peer.is_closed
    assert rig.counts[f"refused_{code}"] == 1
    peer.gone()
    assert not rig.link.connections
    assert rig.clock.getDelayedCalls() == []


def test_only_so_many_bytes_make_a_packet():
    rig = Rig(limits=replace(LIMITS, frame_bytes_max=1024))
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(bytes(1020))
    assert len(rig.handler.received) == 1
    peer.tell(bytes(1021))
    assert peer.is_closed
    assert rig.counts["refused_packet_too_long"] == 1


@pytest.mark.parametrize("ignore", [True, False])
def test_unknown_control_packets_by_policy(ignore):
    rig = Rig(ignore_unknown_control=ignore)
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(bytes.fromhex("01 fb 00 04"))
    assert peer.is_closed is not ignore
    assert rig.counts["control_unknown" if ignore else "refused_control_unknown"] == 1


def test_too_many_refusals_keep_a_peer_out():
    rig = Rig(limits=replace(LIMITS, refusals_per_minute_max=2))
    peer = rig.peer()
    for _ in range(3):
        peer.open(Opening(Coding.EBCDIC))
    assert peer.is_closed
    assert rig.peer().is_refused
    rig.clock.advance(LIMITS.refused_peer_seconds)
    assert not rig.peer().is_refused


def test_only_connections_without_session_give_way():
    rig = Rig(limits=replace(LIMITS, connections_max=2))
    first, second = rig.peer(), rig.peer()
    first.open(ASCII)
    third = rig.peer()
    assert (first.is_closed, second.is_closed, third.is_refused) == (False, True, False)
    second.gone()
    rig2 = Rig(limits=replace(LIMITS, connections_max=1))
    rig2.peer().open(ASCII)
    assert rig2.peer().is_refused
    assert rig2.counts["refused_connections_max"] == 1


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
    assert results(rig.link.partners["a"].send(b"x"))[0].check(ConnectionError)
    assert results(rig.link.partners["b"].send(b"x")) == [None]


def test_an_opening_that_is_refused_has_ended_the_session_before_it():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(render_packet(Opening(Coding.EBCDIC)))
    assert peer.written() == bytes.fromhex("01 fd 00 05 42")
    assert results(rig.link.partners["network"].send(b"x"))[0].check(ConnectionError)
    rig.clock.advance(30)
    assert peer.is_closed


def test_after_a_closing_the_connection_stays_for_the_next_opening():
    rig = Rig()
    peer = rig.peer()
    peer.open(ASCII)
    peer.send(peer.codec.close())
    assert results(rig.link.partners["network"].send(b"x"))[0].check(ConnectionError)
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
    assert results(network.send(b"FTL"))[0].check(ConnectionError)
    peer = rig.peer()
    peer.open(ASCII)
    assert results(network.send(b"FTL")) == [None]
    assert results(network.send(bytes(65_532)))[0].check(ValueError)
    assert results(network.send("ФТЛ".encode("cp866")))[0].check(ValueError)
    peer.connection.pauseProducing()  # what a transport does when its buffer is full
    assert results(network.send(b"FTL"))[0].check(ConnectionError)
    peer.connection.resumeProducing()
    peer.gone()
    assert results(network.send(b"FTL"))[0].check(ConnectionError)
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
    assert results(rig.link.partners["hub"].send(b"x"))[0].check(ConnectionError)


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
