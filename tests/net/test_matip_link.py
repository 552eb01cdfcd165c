"""MATIP links without sockets: who is who, sessions in both directions, telegrams until they are kept."""

from dataclasses import replace

import pytest

from adapter.envelope import Reply
from adapter.net.limits import LinkLimits
from adapter.wire.matip import Opened, Refused, TelegramCame
from adapter.wire.matip_packets import Cause, Coding, Opening
from tests.net.matip_peer import Rig, caller

ASCII = Opening(Coding.ASCII)
KEPT = Reply(kept=True)
LIMITS = LinkLimits()


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


def test_telegrams_that_waited_for_the_window_when_the_connection_ended_are_taken():
    rig = Rig(limits=replace(LIMITS, in_flight_max=1))
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1", b"2", b"3")
    peer.send(peer.codec.close() + b"\x09")
    assert len(rig.handler.envelopes) == 1
    peer.gone()
    assert [envelope.raw for envelope in rig.handler.envelopes] == [b"1", b"2", b"3"]
    for index in range(3):
        rig.handler.answer(index, kept=True)
    assert rig.link.in_flight == 0
    assert rig.clock.getDelayedCalls() == []


def test_what_breaks_the_protocol_after_them_is_counted():
    rig = Rig(limits=replace(LIMITS, in_flight_max=1))
    peer = rig.peer()
    peer.open(ASCII)
    peer.tell(b"1", b"2")
    peer.send(bytes.fromhex("02 00 00 04"))
    peer.gone()
    assert len(rig.handler.envelopes) == 2
    assert rig.counts["refused_version_unknown"] == 1


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
