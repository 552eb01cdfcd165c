"""MATIP sessions: states, splits of the stream, collisions, garbage."""

import random
from contextlib import suppress

import pytest

from adapter.errors import WireError
from adapter.wire.framing import Waiting
from adapter.wire.matip import (
    TRANSITIONS,
    Closed,
    Event,
    Ignored,
    MatipConnection,
    OpenAsked,
    Opened,
    Refused,
    State,
    Step,
    TelegramCame,
    is_higher,
)
from adapter.wire.matip_packets import Cause, Closing, Coding, Data, Opening, UnknownControl, render_packet
from tests.wire.hexfile import read_hex

ASCII = Opening(Coding.ASCII)
GARBAGE_STATES = (State.CLOSED, State.OPENING, State.OPEN, State.PARTED)


def connection(**more) -> MatipConnection:
    return MatipConnection(wins_collision=more.pop("wins_collision", False), **more)


def in_state(state: State, **more) -> MatipConnection:
    """A connection brought there by its own calls and the peer's packets."""
    one = connection(**more)
    if state is State.CLOSED:
        return one
    if state is State.ASKED:
        assert take(one, render_packet(ASCII)) == [OpenAsked(ASCII)]
        return one
    one.open(ASCII)
    if state is not State.OPENING:
        assert take(one, bytes.fromhex("01fd000500")) == [Opened()]
    if state is State.PARTED:
        one.close()
    assert one.state is state
    return one


def take(one: MatipConnection, data: bytes) -> list[Event]:
    one.receive_data(data)
    events = []
    while (event := one.next_event()) is not None:
        events.append(event)
    return events


def take_and_accept(one: MatipConnection, data: bytes) -> list[Event]:
    """As a link does that takes every session."""
    one.receive_data(data)
    events = []
    while True:
        event = one.next_event()
        if event is None:
            return events
        events.append(event)
        if isinstance(event, OpenAsked):
            assert one.accept() == bytes.fromhex("01 fd 00 05 00")


WHOLE = [OpenAsked(ASCII), TelegramCame(b"FTL\r\nENDFTL"), Closed(0x84)]


def test_a_session_from_its_opening_to_its_end():
    one = connection()
    assert take_and_accept(one, read_hex("matip_ascii")) == WHOLE
    assert one.state is State.CLOSED
    assert one.waiting is Waiting.NOTHING


def test_the_other_side_of_it_writes_the_same_bytes():
    one = connection()
    written = one.open(ASCII)
    assert take(one, bytes.fromhex("01 fd 00 05 00")) == [Opened()]
    written += one.send(b"FTL\r\nENDFTL") + one.close(0x84)
    assert written == read_hex("matip_ascii")


def test_byte_by_byte():
    one = connection()
    events, waits = [], []
    for byte in read_hex("matip_ascii"):
        events += take_and_accept(one, bytes((byte,)))
        waits.append(one.waiting.value[0])
    assert events == WHOLE
    assert "".join(waits) == "hhhbbn" + "hhhbbbbbbbbbbbn" + "hhhbn"


@pytest.mark.parametrize("seed", range(20))
def test_random_pieces(seed):
    dice = random.Random(seed)
    sender = in_state(State.OPEN)
    telegrams = [dice.randbytes(dice.choice([0, 1, 4, 300, 65_531])) for _ in range(20)]
    stream = render_packet(ASCII) + b"".join(sender.send(telegram) for telegram in telegrams) + sender.close()
    one = connection()
    got: list[Event] = []
    position = 0
    while position < len(stream):
        size = dice.choice([1, 3, 4, 5, 1000, 70_000])
        got += take_and_accept(one, stream[position : position + size])
        position += size
    assert got == [OpenAsked(ASCII), *map(TelegramCame, telegrams), Closed(0)]


def test_what_follows_waits_for_our_word():
    one = connection()
    assert take(one, read_hex("matip_ascii")) == [OpenAsked(ASCII)]
    assert one.next_event() is None
    one.accept()
    assert take(one, b"") == WHOLE[1:]


def test_an_opening_carries_hlds():
    event = take(connection(), read_hex("matip_hlds"))
    assert event == [OpenAsked(Opening(Coding.EBCDIC, 3, True, 0x1234, 0xABCD))]


def test_a_refused_session_may_be_opened_better():
    one = in_state(State.ASKED)
    assert one.refuse(Cause.PROTECTION) == bytes.fromhex("01 fd 00 05 43")
    assert one.state is State.CLOSED
    assert take(one, render_packet(ASCII)) == [OpenAsked(ASCII)]


@pytest.mark.parametrize(
    ("byte", "cause"),
    [
        (0x41, Cause.TRAFFIC_TYPE),
        (0x42, Cause.INCOHERENT),
        (0x43, Cause.PROTECTION),
        (0x44, None),
        (0x01, None),
    ],
)
def test_a_refusal_is_told_with_its_cause(byte, cause):
    one = in_state(State.OPENING)
    assert take(one, bytes((1, 0xFD, 0, 5, byte))) == [Refused(byte, cause)]
    assert one.state is State.CLOSED
    one.open(ASCII)


def test_an_opening_within_a_session_begins_a_new_one():
    one = in_state(State.OPEN)
    better = Opening(Coding.EBCDIC)
    assert take(one, render_packet(Data(b"1")) + render_packet(better) + render_packet(Data(b"2"))) == [
        TelegramCame(b"1"),
        OpenAsked(better, reopened=True),
    ]
    one.accept()
    assert take(one, b"") == [TelegramCame(b"2")]


def test_after_a_closing_either_side_opens_again():
    one = in_state(State.OPEN)
    assert take(one, render_packet(Closing())) == [Closed(0)]
    assert one.open(ASCII) == bytes.fromhex("01 fe 00 06 04 00")
    assert take(one, bytes.fromhex("01fd000500 01fc000500 01fe00060400")) == [
        Opened(),
        Closed(0),
        OpenAsked(ASCII),
    ]


def test_what_was_under_way_when_we_closed_still_counts():
    one = in_state(State.PARTED)
    assert take(one, render_packet(Data(b"late")) + render_packet(Closing())) == [
        TelegramCame(b"late"),
        Closed(0),
    ]
    with pytest.raises(WireError) as caught:
        take(one, render_packet(Data(b"too late")))
    assert caught.value.code == "told_unexpected"


def test_of_two_openings_at_once_that_of_the_higher_address_counts():
    high = in_state(State.OPENING, wins_collision=True)
    low = in_state(State.OPENING, wins_collision=False)
    assert take(high, render_packet(ASCII)) == [Ignored("opening_collided")]
    assert take(low, render_packet(ASCII)) == [OpenAsked(ASCII)]
    assert take(high, low.accept()) == [Opened()]
    assert low.state is high.state is State.OPEN


@pytest.mark.parametrize(
    ("higher", "lower"),
    [
        (("10.0.1.0", 1), ("10.0.0.255", 9)),
        (("10.0.0.1", 1), ("9.255.0.1", 9)),
        (("127.0.0.1", 351), ("127.0.0.1", 350)),
        (("::1", 1), ("255.0.0.1", 9)),
        (("10.0.0.2", 1), ("::ffff:10.0.0.1", 9)),
        (("0.0.0.1", 1), ("no address", 9)),
    ],
)
def test_the_higher_address(higher, lower):
    assert is_higher(higher, lower)
    assert not is_higher(lower, higher)


@pytest.mark.parametrize("state", [State.CLOSED, State.OPENING, State.OPEN, State.PARTED])
def test_unknown_control_packets_by_policy(state):
    packet = render_packet(UnknownControl(0xFB, b"status?"))
    assert take(in_state(state), packet) == [Ignored("control_unknown")]
    with pytest.raises(WireError) as caught:
        take(in_state(state, ignore_unknown=False), packet)
    assert caught.value.code == "control_unknown"


SAMPLES = {
    Step.ASKED: "01fe00060400",
    Step.CONFIRMED: "01fd000500",
    Step.REFUSED: "01fd000541",
    Step.ENDED: "01fc000500",
    Step.TOLD: "010000055a",
}


@pytest.mark.parametrize("state", GARBAGE_STATES)
@pytest.mark.parametrize("step", SAMPLES)
def test_every_packet_in_every_state_follows_the_table(state, step):
    one = in_state(state)
    packet = bytes.fromhex(SAMPLES[step])
    if (state, step) in TRANSITIONS:
        assert len(take(one, packet)) == 1
        assert one.state is TRANSITIONS[state, step]
    else:
        with pytest.raises(WireError) as caught:
            take(one, packet)
        assert caught.value.code == f"{step.name.lower()}_unexpected"


CALLS = {
    Step.OPEN: lambda one: one.open(ASCII),
    Step.ACCEPT: lambda one: one.accept(),
    Step.REFUSE: lambda one: one.refuse(Cause.INCOHERENT),
    Step.SEND: lambda one: one.send(b"x"),
    Step.CLOSE: lambda one: one.close(),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", CALLS)
def test_every_call_in_every_state_follows_the_table(state, step):
    one = in_state(state)
    if (state, step) in TRANSITIONS:
        CALLS[step](one)
        assert one.state is TRANSITIONS[state, step]
    else:
        with pytest.raises(ValueError, match=state.value):
            CALLS[step](one)
        assert one.state is state


def test_every_state_can_be_left_and_reached():
    assert {state for state, _step in TRANSITIONS} == set(State)
    assert set(TRANSITIONS.values()) == set(State)
    assert {step for _state, step in TRANSITIONS} == set(Step)


def test_a_packet_longer_than_the_limit_is_refused_at_its_header():
    one = in_state(State.OPEN, packet_bytes_max=20)
    assert take(one, render_packet(Data(bytes(16)))) == [TelegramCame(bytes(16))]
    with pytest.raises(WireError) as caught:
        take(one, render_packet(Data(bytes(17)))[:4])
    assert caught.value.code == "packet_too_long"
    assert take(in_state(State.OPEN), render_packet(Data(bytes(65_531)))) == [TelegramCame(bytes(65_531))]


def test_a_telegram_too_long_for_a_packet_is_not_sent():
    with pytest.raises(ValueError, match="65531"):
        in_state(State.OPEN).send(bytes(65_532))


@pytest.mark.parametrize("code", [1, 0x83, 0x100, -1])
def test_reserved_codes_of_closing_are_not_sent(code):
    with pytest.raises(ValueError, match="reserved"):
        in_state(State.OPEN).close(code)


def test_reserved_codes_of_closing_still_close():
    assert take(in_state(State.OPEN), bytes.fromhex("01 fc 00 05 01")) == [Closed(1)]


@pytest.mark.parametrize("seed", range(40))
def test_garbage_is_events_or_a_wire_error(seed):
    dice = random.Random(seed)
    one = in_state(dice.choice(GARBAGE_STATES), ignore_unknown=dice.random() < 0.5)
    likely = [0, 0, 1, 1, 4, 5, 6, 10, 0xFE, 0xFD, 0xFC]
    data = bytes(dice.choice([*likely, dice.randrange(256)]) for _ in range(500))
    with suppress(WireError):  # and nothing else
        take_and_accept(one, data)


@pytest.mark.parametrize("seed", range(200))
def test_damaged_sessions_are_events_or_a_wire_error(seed):
    dice = random.Random(seed)
    data = bytearray(read_hex("matip_ascii") + read_hex("matip_hlds") + read_hex("matip_ascii"))
    for _ in range(dice.randrange(1, 4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    with suppress(WireError):
        take_and_accept(connection(), bytes(data))
