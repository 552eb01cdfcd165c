"""The link to the gateway's routers: a fake socket, a clock, and a handler that answers when it is told to."""

import pytest
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock

from adapter.envelope import Reply
from adapter.net.datagrams import AstraGatewayLink, RouterAddress
from adapter.net.outward import NotSent, Outward
from adapter.wire.astra_gateway import (
    BODY_BYTES_MAX,
    Datagram,
    Type,
    read_datagram,
    render_datagram,
)
from adapter.wire.astra_gateway_router import RouterSettings
from tests.net.gateway import Handler, clock_at, counting

TEXT = b"MOWFFXY\n.BETDCXY 201206\nFTL\n"
ROUTERS = (RouterAddress("BETDC", "10.0.0.1", 8993), RouterAddress("MOWET", "10.0.0.2", 8995))


class Socket:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written: list[tuple[bytes, tuple[str, int]]] = []
        self.fails = False

    def write(self, data: bytes, address: tuple[str, int]) -> None:
        if self.fails:
            raise OSError(101, "Network is unreachable")
        self.written.append((data, address))


class Port:
    def __init__(self) -> None:
        self.is_open = True

    def getHost(self):
        return type("Host", (), {"host": "127.0.0.1", "port": 8993})

    def stopListening(self) -> None:
        self.is_open = False


class Rig:
    def __init__(self, routers=ROUTERS, **more):
        self.clock: Clock = clock_at()
        self.handler = Handler()
        self.counts, count = counting()
        self.socket, self.port = Socket(), Port()
        self.clock.listenUDP = self.listen
        self.link = AstraGatewayLink(
            "astra",
            self.handler,
            self.clock,
            routers,
            own_name="FFGTW",
            listen=(8993, "127.0.0.1"),
            encoding="cp866",
            count=count,
            **{"settings": RouterSettings(send_seconds=60.0), **more},
        )
        self.place = self.link.start()
        self.opened = self.gone()
        for _word, number, (host, _port) in self.opened:
            name = next(one.name for one in routers if one.address == host)
            self.come(Datagram(number, Type.F_ACK, name, "FFGTW"), host)
        self.socket.written.clear()
        self.counts.clear()

    def listen(self, port, protocol, interface, size):
        assert (port, interface, size) == (8993, "127.0.0.1", 20 + BODY_BYTES_MAX + 1)
        protocol.transport = self.socket
        return self.port

    def come(self, datagram: Datagram, host: str = "10.0.0.1", port: int = 40_000) -> None:
        self.link.datagramReceived(render_datagram(datagram), (host, port))

    def telegram(self, number: int = 1, body: bytes = TEXT, type_: Type = Type.TLG_OUT, **more) -> None:
        self.come(Datagram(number, type_, "BETDC", "FFGTW", body=body), **more)

    def gone(self) -> list[tuple[str, int, tuple[str, int]]]:
        written, self.socket.written = self.socket.written, []
        return [
            (one.type.name, one.number, address)
            for data, address in written
            if (one := read_datagram(data)) is not None
        ]


def failure_of(sent) -> str:
    caught: list[str] = []
    sent.addErrback(lambda failure: caught.append(failure.trap(NotSent) and failure.value.code))
    return caught[0] if caught else ""


def test_a_telegram_is_receipted_once_it_is_kept_at_the_routers_own_port():
    rig = Rig()
    assert rig.place == "127.0.0.1:8993"
    rig.telegram()
    (envelope,) = rig.handler.envelopes
    assert (envelope.link, envelope.protocol, envelope.id) == ("astra", "typeb", "BETDC#1")
    assert (envelope.raw, envelope.encoding) == (TEXT, "cp866")
    assert envelope.received_at.timestamp() == 1_800_000_000
    assert rig.gone() == []
    rig.handler.answer(0, kept=True)
    assert rig.gone() == [("ACK", 1, ("10.0.0.1", 8993)), ("F_ACK", 1, ("10.0.0.1", 8993))]
    rig.clock.advance(1)
    assert rig.gone() == [("F_ACK", 1, ("10.0.0.1", 8993))]
    rig.come(Datagram(1, Type.ACK_ACK, "BETDC", "FFGTW"))
    rig.clock.advance(5)
    assert rig.gone() == []
    assert rig.counts == {"datagram_tlg_out": 1, "received": 1, "kept": 1, "datagram_ack_ack": 1}


def test_a_repeat_is_receipted_again_and_not_handed_over():
    rig = Rig()
    rig.telegram()
    rig.telegram()
    assert len(rig.handler.envelopes) == 1
    rig.handler.answer(0, kept=True)
    rig.gone()
    rig.telegram()
    assert [word for word, *_ in rig.gone()] == ["ACK", "F_ACK"]
    assert len(rig.handler.envelopes) == 1
    assert (rig.counts["repeated_in_flight"], rig.counts["repeated"]) == (1, 1)


def test_quarantined_is_kept():
    rig = Rig()
    rig.handler.at_once = Reply(kept=True, quarantined=True)
    rig.telegram()
    assert [word for word, *_ in rig.gone()] == ["ACK", "F_ACK"]


def test_what_is_not_processed_gets_no_receipt_and_is_new_when_it_comes_again():
    rig = Rig()
    rig.telegram()
    rig.handler.answer(0, not_processed=True)
    assert rig.gone() == []
    rig.telegram()
    rig.handler.answer(1, kept=True)
    assert [word for word, *_ in rig.gone()] == ["ACK", "F_ACK"]
    assert rig.counts["not_processed"] == 1


def test_a_handler_that_fails_is_as_one_that_keeps_nothing(caplog):
    rig = Rig()

    def broken(envelope, done):
        raise RuntimeError("defect")

    rig.link.handle = broken
    rig.telegram()
    assert rig.gone() == []
    assert rig.link.in_flight == 0
    assert "could not be handed over" in caplog.text


@pytest.mark.parametrize(
    ("datagram", "host", "code"),
    [
        (Datagram(1, Type.TLG_OUT, "BETDC", "FFGTW", body=TEXT), "10.0.0.9", "unknown_address"),
        (Datagram(1, Type.TLG_OUT, "BETDC", "FFGTW", body=TEXT), "10.0.0.2", "unknown_router"),
        (Datagram(1, Type.TLG_OUT, "OTHER", "FFGTW", body=TEXT), "10.0.0.1", "unknown_router"),
        (Datagram(1, Type.TLG_OUT, "BETDC", "OTHER", body=TEXT), "10.0.0.1", "not_for_us"),
        (Datagram(1, Type.TLG_OUT, "BETDC", "FFGTW"), "10.0.0.1", "telegram_empty"),
    ],
)
def test_strangers_and_broken_datagrams_get_nothing(datagram, host, code, caplog):
    rig = Rig()
    rig.come(datagram, host)
    rig.come(datagram, host)
    assert rig.counts == {f"refused_{code}": 2}
    assert rig.gone() == []
    assert rig.handler.envelopes == []
    assert len(caplog.records) == 1, "anybody can send any number of these"


def test_a_telegram_longer_than_the_protocol_allows_is_refused():
    rig = Rig()
    header = render_datagram(Datagram(1, Type.TLG_OUT, "BETDC", "FFGTW"))
    rig.link.datagramReceived(header + b"X" * (BODY_BYTES_MAX + 1), ("10.0.0.1", 1))
    assert rig.counts == {"refused_telegram_too_long": 1}


def test_above_the_window_nothing_is_taken_and_the_sender_repeats():
    rig = Rig(in_flight_max=2)
    for number in (1, 2, 3):
        rig.telegram(number)
    assert len(rig.handler.envelopes) == 2
    assert rig.counts["not_taken"] == 1
    rig.handler.answer(0, kept=True)
    rig.telegram(3)
    assert [envelope.id for envelope in rig.handler.envelopes] == ["BETDC#1", "BETDC#2", "BETDC#3"]


def test_express_and_expired():
    rig = Rig()
    rig.telegram(0)
    rig.handler.answer(0, kept=True)
    assert rig.gone() == []
    rig.come(Datagram(5, Type.TLG_IN, "BETDC", "FFGTW", ttl_seconds=1, body=TEXT))
    assert len(rig.handler.envelopes) == 1
    assert (rig.counts["kept"], rig.counts["expired"]) == (1, 1)
    rig.link.pause()
    rig.telegram(0)
    assert rig.counts["express_lost"] == 1


def test_overload_is_told_by_flow_control():
    rig = Rig()
    rig.link.pause()
    rig.link.pause()
    told = rig.gone()
    assert [(word, address) for word, _number, address in told] == [
        ("FLOW_B_OFF", ("10.0.0.1", 8993)),
        ("FLOW_B_OFF", ("10.0.0.2", 8995)),
    ]
    rig.come(Datagram(told[0][1], Type.F_ACK, "BETDC", "FFGTW"))
    assert rig.gone() == [("ACK_ACK", told[0][1], ("10.0.0.1", 8993))]
    rig.telegram()
    assert rig.handler.envelopes == []
    rig.clock.advance(1)
    assert rig.gone() == [("FLOW_B_OFF", told[1][1], ("10.0.0.2", 8995))]
    rig.link.resume()
    assert [word for word, *_ in rig.gone()] == ["FLOW_B_ON", "FLOW_B_ON"]
    rig.telegram()
    assert len(rig.handler.envelopes) == 1


def test_a_start_opens_what_the_last_run_may_have_left_closed():
    rig = Rig()
    assert [(word, address) for word, _number, address in rig.opened] == [
        ("FLOW_B_ON", ("10.0.0.1", 8993)),
        ("FLOW_B_ON", ("10.0.0.2", 8995)),
    ]


def test_flow_control_can_be_left_out():
    rig = Rig(flow_control=False)
    assert rig.opened == []
    rig.link.pause()
    rig.telegram()
    rig.link.resume()
    assert (rig.gone(), rig.handler.envelopes) == ([], [])


def test_a_ping_is_answered_where_it_came_from():
    rig = Rig()
    rig.come(Datagram(9, Type.CONN_REQ, "BETDC", "FFGTW"), port=41_234)
    assert rig.gone() == [("CONN_RES", 9, ("10.0.0.1", 41_234))]


def test_sending_until_f_ack():
    rig = Rig(send_to="MOWET")
    sent = rig.link.send(TEXT)
    ((word, number, address),) = rig.gone()
    assert (word, address) == ("TLG_OUT", ("10.0.0.2", 8995))
    rig.clock.advance(1)
    assert rig.gone() == [("TLG_OUT", number, ("10.0.0.2", 8995))]
    rig.come(Datagram(number, Type.ACK, "MOWET", "FFGTW"), "10.0.0.2")
    rig.clock.pump([1] * 5)
    assert rig.gone() == []
    assert not sent.called
    rig.come(Datagram(number, Type.F_ACK, "MOWET", "FFGTW"), "10.0.0.2")
    assert sent.called
    assert rig.gone() == [("ACK_ACK", number, ("10.0.0.2", 8995))]
    assert rig.counts["delivered"] == 1
    assert rig.clock.getDelayedCalls() == []


@pytest.mark.parametrize(("type_", "code"), [(Type.ERR_CFG, "gate"), (Type.ERR_TLG, "text")])
def test_sending_fails_by_the_routers_word(type_, code):
    rig = Rig(ROUTERS[:1])
    sent = rig.link.send(TEXT)
    ((_word, number, _address),) = rig.gone()
    rig.come(Datagram(number, type_, "BETDC", "FFGTW"))
    assert failure_of(sent) == code
    assert rig.counts[f"undelivered_{code}"] == 1


def test_sending_fails_when_the_time_is_over():
    rig = Rig(ROUTERS[:1])
    sent = rig.link.send(TEXT)
    rig.clock.pump([1] * 59)
    assert not sent.called
    rig.clock.pump([1])
    assert failure_of(sent) == "time"
    assert len(rig.gone()) == 60
    assert rig.clock.getDelayedCalls() == []


def test_what_a_closed_router_never_got_has_not_arrived():
    rig = Rig(ROUTERS[:1])
    rig.come(Datagram(5, Type.FLOW_B_OFF, "BETDC", "FFGTW"))
    doubts: list[tuple[str, bool]] = []

    def failed(failure) -> None:
        failure.trap(NotSent)
        doubts.append((failure.value.code, failure.value.perhaps_sent))

    late, cancelled = rig.link.send(TEXT), rig.link.send(TEXT)
    for sent in (late, cancelled):
        sent.addErrback(failed)
    cancelled.cancel()
    rig.clock.advance(61)
    rig.link.send(TEXT).addErrback(failed)
    rig.link.stop()
    assert doubts == [("not_taken", False), ("time", False), ("stopped", False)]
    assert "TLG_OUT" not in {word for word, *_ in rig.gone()}


def test_what_cannot_be_sent_fails_at_once():
    assert failure_of(Rig().link.send(TEXT)) == "no_router"
    assert failure_of(Rig(ROUTERS[:1]).link.send(b"X" * (BODY_BYTES_MAX + 1))) == "length_wrong"
    rig = Rig(ROUTERS[:1], settings=RouterSettings(outstanding_max=1, queue_max=1))
    kept = [rig.link.send(TEXT) for _ in range(2)]
    assert failure_of(rig.link.send(TEXT)) == "not_taken"
    rig.link.stop()
    assert [failure_of(sent) for sent in kept] == ["stopped", "stopped"]
    assert failure_of(rig.link.send(TEXT)) == "stopped"


def test_a_cancelled_telegram_is_sent_no_more():
    rig = Rig(ROUTERS[:1])
    assert isinstance(rig.link, Outward)
    sent = rig.link.send(TEXT)
    ((_word, number, _address),) = rig.gone()
    sent.addErrback(lambda failure: failure.trap(CancelledError))
    sent.cancel()
    rig.clock.pump([1] * 5)
    assert rig.gone() == []
    assert rig.clock.getDelayedCalls() == []
    rig.come(Datagram(number, Type.F_ACK, "BETDC", "FFGTW"))
    assert rig.counts["receipt_unknown"] == 1


def test_an_unreachable_network_is_a_lost_datagram(caplog):
    rig = Rig(ROUTERS[:1])
    rig.socket.fails = True
    sent = rig.link.send(TEXT)
    rig.telegram()
    rig.handler.answer(0, kept=True)
    assert rig.counts["datagram_unsent"] == 3
    rig.socket.fails = False
    rig.clock.advance(1)
    assert sorted(word for word, *_ in rig.gone()) == ["F_ACK", "TLG_OUT"]
    assert not sent.called
    rig.link.stop()
    failure_of(sent)


def test_stop_waits_for_what_is_under_way_and_receipts_it():
    rig = Rig()
    rig.telegram()
    stopped: list[None] = []
    rig.link.stop().addCallback(stopped.append)
    rig.telegram(2)
    assert len(rig.handler.envelopes) == 1
    assert (stopped, rig.port.is_open) == ([], True)
    rig.handler.answer(0, kept=True)
    assert [word for word, *_ in rig.gone()] == ["ACK", "F_ACK"]
    assert (stopped, rig.port.is_open) == ([None], False)
    assert rig.clock.getDelayedCalls() == []


def test_stop_of_an_idle_link_fires_at_once():
    rig = Rig()
    assert rig.link.stop().called
    assert rig.link.stop().called
    assert not rig.port.is_open
