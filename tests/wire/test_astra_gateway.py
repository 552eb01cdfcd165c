"""Datagrams of the Astra gateway: the header by hand-made bytes."""

import random

import pytest

from adapter.errors import WireError
from adapter.wire.astra_gateway import (
    BODY_BYTES_MAX,
    Content,
    Datagram,
    Type,
    content_of,
    read_datagram,
    receipt,
    render_datagram,
)
from adapter.wire.astra_gateway_router import (
    Noticed,
    Received,
    Router,
)
from tests.wire.hexfile import read_hex

TEXT = b"MOWFFXY\n.BETDCXY"


def telegram(number: int = 4711, body: bytes = TEXT, type_: Type = Type.TLG_OUT, ttl: int = 0) -> Datagram:
    return Datagram(number, type_, "BETDC", "FFGTW", ttl, body)


def test_a_telegram_and_its_receipts_byte_for_byte():
    datagram = read_datagram(read_hex("astra_gateway"))
    assert datagram == telegram()
    assert render_datagram(datagram) == read_hex("astra_gateway")
    assert render_datagram(receipt(datagram, Type.ACK)) == read_hex("astra_gateway_ack")
    assert render_datagram(receipt(datagram, Type.F_ACK)) == read_hex("astra_gateway_f_ack")
    assert read_datagram(read_hex("astra_gateway_ack_ack")).type is Type.ACK_ACK


def test_all_types_have_the_numbers_of_the_table():
    names = "TLG_IN TLG_OUT ACK F_ACK F_NEG CRASH ACK_ACK ERR_CFG CONN_REQ CONN_RES"
    names += " FLOW_A_ON FLOW_A_OFF FLOW_B_ON FLOW_B_OFF FLOW_AB_ON FLOW_AB_OFF ERR_TLG"
    assert [one.name for one in Type] == names.split()
    assert [one.value for one in Type] == list(range(17))


def test_a_number_may_be_negative_and_a_name_short():
    data = bytes.fromhex("FFFFFFFF 0008 4D0000000000 464600000000 0000".replace(" ", ""))
    assert read_datagram(data) == Datagram(-1, Type.CONN_REQ, "M", "FF")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "datagram_short"),
        (read_hex("astra_gateway")[:19], "datagram_short"),
        (read_hex("astra_gateway")[:20], "telegram_empty"),
        (read_hex("astra_gateway")[:20] + b"\0\0", "telegram_empty"),
        (read_hex("astra_gateway")[:20] + b"X" * (BODY_BYTES_MAX + 1), "telegram_too_long"),
        (b"\0\0\0\1\0\x11" + read_hex("astra_gateway")[6:], "type_unknown"),
        (b"\0\0\0\1\0\1BETDCX" + read_hex("astra_gateway")[12:], "name_invalid"),
        (b"\0\0\0\1\0\1BE DC\0" + read_hex("astra_gateway")[12:], "name_invalid"),
        (b"\0\0\0\1\0\1\0\0\0\0\0\0" + read_hex("astra_gateway")[12:], "name_invalid"),
        (b"\0\0\0\1\0\1B\0TDC\0" + read_hex("astra_gateway")[12:], "name_invalid"),
    ],
)
def test_unusable_datagrams(data, code):
    with pytest.raises(WireError) as caught:
        read_datagram(data)
    assert caught.value.code == code


def test_the_longest_telegram_and_what_cannot_be_sent():
    longest = telegram(body=b"X" * BODY_BYTES_MAX)
    assert read_datagram(render_datagram(longest)) == longest
    with pytest.raises(ValueError, match="10241 bytes"):
        render_datagram(telegram(body=b"X" * (BODY_BYTES_MAX + 1)))
    with pytest.raises(ValueError, match="1 to 5"):
        render_datagram(Datagram(1, Type.ACK, "TOOLONG", "FFGTW"))


@pytest.mark.parametrize("seed", range(50))
def test_garbage_is_a_datagram_or_a_wire_error(seed):
    dice = random.Random(seed)
    good = bytearray(read_hex("astra_gateway"))
    for _ in range(dice.randrange(1, 8)):
        good[dice.randrange(len(good))] = dice.randrange(256)
    try:
        datagram = read_datagram(bytes(good[: dice.randrange(len(good) + 1)]))
    except WireError:
        return
    for event in Router("FFGTW", "BETDC").receive(datagram, 0.0):
        assert isinstance(event, Received | Noticed)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"UNB+SIRE:1+A+B", Content.EDIFACT),
        (b"UNA:+.? 'UNB+", Content.EDIFACT),
        (b"\x02UNB+IATA:1", Content.EDIFACT),
        (b"V.\rVDLG.WA/E5AAA/I5BBB/P0001\rVGYA\r\x02UNB+IATA:1", Content.EDIFACT),
        (b"CIRS:XXX", Content.APPS),
        (b"CIMA:XXX", Content.APPS),
        (b"UNAKKXY MOWFFXY\n.DMEDCXY 201206", Content.TYPE_B),
        (b"V.\rVDLG.WA/E5AAA/I5BBB/P0001\rVGYA\r\x02MOWFFXY", Content.TYPE_B),
        (b"CIRSKXY\n.DMEDCXY", Content.TYPE_B),
        (b"", Content.TYPE_B),
    ],
)
def test_the_first_characters_tell_what_it_is(body, content):
    assert content_of(body) is content
