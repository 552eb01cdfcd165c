"""Every turn of the talk with a router of the Astra gateway, and two routers on a bad line."""

import random

import pytest

from adapter.wire.astra_gateway import (
    BODY_BYTES_MAX,
    Datagram,
    Type,
    read_datagram,
    render_datagram,
)
from adapter.wire.astra_gateway_router import (
    Delivered,
    Failed,
    Noticed,
    Received,
    Router,
    RouterSettings,
)
from tests.wire.hexfile import read_hex

TEXT = b"MOWFFXY\n.BETDCXY"
SETTINGS = RouterSettings(repeat_seconds=1.0, send_seconds=60.0, receipt_repeats_max=2)


def telegram(number: int = 4711, body: bytes = TEXT, type_: Type = Type.TLG_OUT, ttl: int = 0) -> Datagram:
    return Datagram(number, type_, "BETDC", "FFGTW", ttl, body)


def router(**more) -> Router:
    return Router("FFGTW", "BETDC", SETTINGS, **more)


def words(datagrams: list[Datagram]) -> list[tuple[str, int]]:
    return [(one.type.name, one.number) for one in datagrams]


def stored(talk: Router, datagram: Datagram, now: float = 0.0) -> None:
    (event,) = talk.receive(datagram, now)
    assert isinstance(event, Received)
    talk.kept(event, now)


# --- telegrams that come in ------------------------------------------------------------------------------------------


def test_nothing_is_receipted_before_it_is_kept():
    talk = router()
    (event,) = talk.receive(telegram(), 0.0)
    assert isinstance(event, Received)
    assert talk.take() == []
    assert talk.next_at is None
    talk.kept(event, 5.0)
    assert [render_datagram(one) for one in talk.take()] == [
        read_hex("astra_gateway_ack"),
        read_hex("astra_gateway_f_ack"),
    ]


def test_what_a_router_passes_on_has_its_ack_already():
    talk = router()
    stored(talk, telegram(type_=Type.TLG_IN))
    assert words(talk.take()) == [("F_ACK", 4711)]


def test_the_last_receipt_is_repeated_until_it_is_confirmed():
    talk = router()
    stored(talk, telegram())
    talk.take()
    assert talk.next_at == 1.0
    assert talk.tick(0.5) == []
    assert talk.take() == []
    talk.tick(1.0)
    assert words(talk.take()) == [("F_ACK", 4711)]
    assert talk.receive(read_datagram(read_hex("astra_gateway_ack_ack")), 1.1) == []
    assert talk.next_at is None
    assert talk.take() == []


def test_it_is_not_repeated_for_ever():
    talk = router()
    stored(talk, telegram())
    talk.take()
    for now in (1.0, 2.0):
        assert talk.tick(now) == []
    assert words(talk.take()) == [("F_ACK", 4711)] * 2
    assert talk.tick(3.0) == [Noticed("receipt_unconfirmed")]
    assert (talk.take(), talk.next_at) == ([], None)


def test_a_repeat_is_ignored_before_and_receipted_again_after():
    talk = router()
    (event,) = talk.receive(telegram(), 0.0)
    assert talk.receive(telegram(), 0.1) == [Noticed("repeated_in_flight")]
    assert talk.take() == []
    talk.kept(event, 0.2)
    talk.take()
    assert talk.receive(telegram(), 0.3) == [Noticed("repeated")]
    assert words(talk.take()) == [("ACK", 4711), ("F_ACK", 4711)]


def test_what_could_not_be_kept_is_new_when_it_comes_again():
    talk = router()
    (event,) = talk.receive(telegram(), 0.0)
    talk.dropped(event)
    assert talk.take() == []
    (again,) = talk.receive(telegram(), 1.0)
    assert isinstance(again, Received)


def test_a_number_with_another_text_is_another_telegram():
    talk = router()
    stored(talk, telegram())
    stored(talk, telegram(body=b"another"))
    assert words(talk.take()) == [("ACK", 4711), ("F_ACK", 4711)] * 2
    assert talk.receive(telegram(), 1.0) == [Noticed("repeated")]
    assert talk.receive(telegram(body=b"another"), 1.0) == [Noticed("repeated")]


def test_only_so_many_telegrams_are_remembered():
    talk = Router("FFGTW", "BETDC", RouterSettings(remembered_max=3))
    for number in range(1, 6):
        stored(talk, telegram(number))
    assert talk.receive(telegram(5), 1.0) == [Noticed("repeated")]
    assert isinstance(talk.receive(telegram(1), 1.0)[0], Received)
    assert len(talk._receipts) <= 3


def test_express_is_taken_but_never_receipted():
    talk = router()
    for _ in range(2):
        (event,) = talk.receive(telegram(0), 0.0)
        assert isinstance(event, Received)
        assert event.is_express
        talk.kept(event, 0.0)
    assert (talk.take(), talk.next_at) == ([], None)


def test_an_expired_telegram_is_dropped_without_receipt():
    talk = router()
    assert talk.receive(telegram(ttl=1), 0.0) == [Noticed("expired")]
    assert talk.take() == []
    stored(talk, telegram(ttl=2))


# --- telegrams that go out -------------------------------------------------------------------------------------------


def answer(number: int, type_: Type) -> Datagram:
    return Datagram(number, type_, "BETDC", "FFGTW", body=b"MOWFFXY\n. %d" % number)


def test_put_send_done():
    talk = router(first_number=7)
    number = talk.send(TEXT, 0.0)
    (out,) = talk.take()
    assert (number, out) == (7, Datagram(7, Type.TLG_OUT, "FFGTW", "BETDC", body=TEXT))
    assert talk.next_at == 1.0
    assert talk.tick(1.0) == [Noticed("sent_again")]
    assert talk.take() == [out]
    assert talk.receive(answer(7, Type.ACK), 1.1) == []
    assert talk.tick(30.0) == []
    assert talk.take() == []
    assert talk.receive(answer(7, Type.F_ACK), 31.0) == [Delivered(7)]
    assert words(talk.take()) == [("ACK_ACK", 7)]
    assert (talk.unsent, talk.next_at) == (0, None)
    assert talk.receive(answer(7, Type.F_ACK), 32.0) == [Noticed("receipt_unknown")]
    assert words(talk.take()) == [("ACK_ACK", 7)]


def test_f_ack_without_ack_is_delivery_too():
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    assert talk.receive(answer(7, Type.F_ACK), 0.1) == [Delivered(7)]


def test_f_neg_and_crash_bring_it_back():
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    talk.receive(answer(7, Type.ACK), 0.1)
    talk.take()
    assert talk.receive(answer(7, Type.F_NEG), 0.2) == [Noticed("not_delivered")]
    assert words(talk.take()) == [("ACK_ACK", 7)]
    talk.tick(1.2)
    assert words(talk.take()) == [("TLG_OUT", 7)]
    talk.receive(answer(7, Type.ACK), 1.3)
    assert talk.receive(answer(99, Type.CRASH), 2.0) == [Noticed("router_crashed"), Noticed("sent_again")]
    assert words(talk.take()) == [("ACK_ACK", 99), ("TLG_OUT", 7)]


@pytest.mark.parametrize(("type_", "code"), [(Type.ERR_CFG, "GATE"), (Type.ERR_TLG, "TEXT")])
def test_errors_end_it(type_, code):
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    talk.take()
    assert talk.receive(answer(7, type_), 0.2) == [Failed(7, code)]
    assert words(talk.take()) == [("ACK_ACK", 7)]
    assert talk.next_at is None


@pytest.mark.parametrize("has_ack", [False, True])
def test_the_time_for_it_ends(has_ack):
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    if has_ack:
        talk.receive(answer(7, Type.ACK), 0.1)
    assert Failed(7, "TIME") not in talk.tick(59.9)
    assert talk.tick(60.0) == [Failed(7, "TIME")]
    assert talk.unsent == 0


def test_ten_at_a_time_and_a_queue_that_ends():
    talk = Router("FFGTW", "BETDC", RouterSettings(queue_max=2, outstanding_max=10, send_seconds=60))
    for _ in range(12):
        talk.send(TEXT, 0.0)
    assert len(talk.take()) == 10
    with pytest.raises(ValueError, match="2 telegrams wait"):
        talk.send(TEXT, 0.0)
    talk.receive(answer(1, Type.F_ACK), 0.1)
    assert words(talk.take()) == [("ACK_ACK", 1), ("TLG_OUT", 11)]
    assert len([one for one in talk.tick(60.0) if isinstance(one, Failed)]) == 11


@pytest.mark.parametrize("body", [b"", b"X" * (BODY_BYTES_MAX + 1)])
def test_what_cannot_be_sent_is_refused(body):
    with pytest.raises(ValueError, match="can be sent"):
        router().send(body, 0.0)


def test_numbers_leave_zero_out_and_begin_anew():
    talk = router(first_number=2**31 - 1)
    assert [talk.send(TEXT, 0.0) for _ in range(3)] == [2**31 - 1, 1, 2]


# --- life and flow ---------------------------------------------------------------------------------------------------


def test_a_ping_is_answered():
    talk = router()
    assert talk.receive(Datagram(5, Type.CONN_REQ, "BETDC", "FFGTW"), 0.0) == [Noticed("asked_for_life")]
    assert words(talk.take()) == [("CONN_RES", 5)]
    assert talk.receive(Datagram(6, Type.CONN_RES, "BETDC", "FFGTW"), 0.0) == []


@pytest.mark.parametrize(
    ("off", "on"), [(Type.FLOW_B_OFF, Type.FLOW_B_ON), (Type.FLOW_AB_OFF, Type.FLOW_AB_ON)]
)
def test_flow_control_of_type_b_is_honoured(off, on):
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    talk.take()
    assert talk.receive(answer(50, off), 0.1) == [Noticed("closed")]
    assert words(talk.take()) == [("F_ACK", 50)]
    talk.send(TEXT, 0.2)
    talk.tick(5.0)
    assert talk.take() == []
    assert talk.next_at == 60.0
    assert talk.receive(answer(51, on), 6.0)[0] == Noticed("opened")
    assert words(talk.take()) == [("F_ACK", 51), ("TLG_OUT", 8), ("TLG_OUT", 7)]


def test_a_router_that_starts_anew_is_open_again():
    talk = router(first_number=7)
    talk.send(TEXT, 0.0)
    talk.receive(answer(50, Type.FLOW_B_OFF), 0.1)
    talk.take()
    talk.receive(answer(51, Type.CRASH), 5.0)
    assert words(talk.take()) == [("ACK_ACK", 51), ("TLG_OUT", 7)]


def test_flow_control_of_type_a_is_none_of_ours():
    talk = router()
    for type_ in (Type.FLOW_A_OFF, Type.FLOW_A_ON):
        assert talk.receive(answer(50, type_), 0.1) == [Noticed("flow_of_type_a")]
    assert words(talk.take()) == [("F_ACK", 50)] * 2
    assert talk.is_open


def test_our_own_flow_control_is_repeated_a_few_times():
    talk = router(first_number=7)
    talk.close(0.0)
    assert words(talk.take()) == [("FLOW_B_OFF", 7)]
    talk.tick(1.0)
    talk.tick(2.0)
    assert words(talk.take()) == [("FLOW_B_OFF", 7)] * 2
    assert talk.tick(3.0) == [Noticed("flow_unconfirmed")]
    talk.open(4.0)
    assert words(talk.take()) == [("FLOW_B_ON", 8)]
    assert talk.receive(answer(8, Type.F_ACK), 4.1) == []
    assert words(talk.take()) == [("ACK_ACK", 8)]
    assert talk.next_at is None


def test_giving_up_leaves_nothing_to_wait_for():
    talk = router(first_number=7)
    stored(talk, telegram())
    for _ in range(12):
        talk.send(TEXT, 0.0)
    talk.close(0.0)
    assert talk.give_up() == list(range(7, 19))
    assert (talk.next_at, talk.unsent) == (None, 0)


# --- two of us -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_every_telegram_arrives_once_over_a_line_that_loses_doubles_and_mixes(seed):
    dice = random.Random(seed)
    settings = RouterSettings(send_seconds=1000.0, receipt_repeats_max=5, queue_max=100)
    here = Router("FFGTW", "BETDC", settings, first_number=1)
    there = Router("BETDC", "FFGTW", settings, first_number=1)
    texts = [b"telegram %d" % number for number in range(30)]
    for text in texts:
        there.send(text, 0.0)
    line: list[tuple[Router, Datagram]] = []
    kept: list[bytes] = []
    ended = []
    now = 0.0
    for _ in range(4000):
        for sender, receiver in ((here, there), (there, here)):
            for datagram in sender.take():
                line += [(receiver, datagram)] * dice.choice([0, 1, 1, 2])
        dice.shuffle(line)
        while line:
            receiver, datagram = line.pop()
            for event in receiver.receive(datagram, now):
                if isinstance(event, Received):
                    if dice.random() < 0.3:
                        receiver.dropped(event)
                    else:
                        kept.append(event.datagram.body)
                        receiver.kept(event, now)
                elif isinstance(event, Delivered | Failed):
                    ended.append(event)
        now += 0.5
        for one in (here, there):
            ended += [event for event in one.tick(now) if isinstance(event, Delivered | Failed)]
        if len(ended) == len(texts):
            break
    assert sorted(kept) == sorted(texts)
    # The last receipt may be lost six times in a row: then the sender doesn't know, but nothing is kept twice.
    assert sum(isinstance(event, Delivered) for event in ended) >= len(texts) - 2
