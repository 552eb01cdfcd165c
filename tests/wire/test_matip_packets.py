"""MATIP packets against vectors made by hand, and every way in which a packet can be wrong."""

import random

import pytest

from adapter.errors import WireError
from adapter.wire.matip_packets import (
    HEADER,
    Cause,
    Closing,
    Coding,
    Confirmation,
    Data,
    Opening,
    Packet,
    UnknownControl,
    read_header,
    read_packet,
    refusal,
    render_packet,
)


def read(data: bytes) -> Packet:
    command, _size = read_header(data[: HEADER.size])
    return read_packet(command, data[HEADER.size :])


def error(text: str) -> WireError:
    with pytest.raises(WireError) as caught:
        read(bytes.fromhex(text))
    return caught.value


OWN = [
    ("01 fe 00 06 04 00", Opening(Coding.ASCII)),
    ("01 fe 00 06 06 f4", Opening(Coding.EBCDIC, 15, True)),
    ("01 fe 00 06 00 00", Opening(Coding.BAUDOT)),
    ("01 fe 00 06 02 10", Opening(Coding.IPARS, 1)),
    ("01 fe 00 0a 04 02 00 00 ff ff", Opening(Coding.ASCII, 0, False, 0, 0xFFFF)),
    ("01 fe 00 0a 00 16 01 02 03 04", Opening(Coding.BAUDOT, 1, True, 0x0102, 0x0304)),
    ("01 fd 00 05 00", Confirmation()),
    ("01 fd 00 05 7f", Confirmation(0x7F)),
    ("01 fc 00 05 ff", Closing(0xFF)),
    ("01 00 00 04", Data(b"")),
    ("01 00 00 06 0d 0a", Data(b"\r\n")),
    ("01 80 00 04", UnknownControl(0x80, b"")),
    ("01 fb 00 06 01 02", UnknownControl(0xFB, b"\x01\x02")),
]


@pytest.mark.parametrize(("text", "packet"), OWN)
def test_hand_made_packets_both_ways(text, packet):
    data = bytes.fromhex(text)
    assert read_header(data[: HEADER.size]) == (data[1], len(data) - HEADER.size)
    assert read(data) == packet
    assert render_packet(packet) == data


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("02 00 00 04", "version_unknown"),
        ("09 00 00 04", "version_unknown"),
        ("00 00 00 04", "version_unknown"),
        ("01 00 00 03", "length_invalid"),
        ("01 fc 00 00", "length_invalid"),
        ("01 01 00 04", "command_invalid"),
        ("01 7e 00 04", "command_invalid"),
        ("01 fd 00 04", "length_invalid"),
        ("01 fd 00 06 00 00", "length_invalid"),
        ("01 fc 00 04", "length_invalid"),
        ("01 fc 00 06 00 00", "length_invalid"),
    ],
)
def test_what_is_no_packet(text, code):
    found = error(text)
    assert (found.code, found.reply) == (code, b"")


@pytest.mark.parametrize(
    "text",
    [
        "01 fe 00 04",
        "01 fe 00 05 04",
        "01 fe 00 08 04 02 4b 1f",
        "01 fe 00 0b 04 02 4b 1f 4b 2a 00",
        "01 fe 00 06 04 02",
        "01 fe 00 06 04 06",
        "01 fe 00 0a 04 00 4b 1f 4b 2a",
        "01 fe 00 06 04 01",
        "01 fe 00 0a 04 03 4b 1f 4b 2a",
        "01 fe 00 06 04 08",
        "01 fe 00 06 04 0c",
        "01 fe 00 06 05 00",
        "01 fe 00 06 07 00",
        "01 fe 00 06 0c 00",
        "01 fe 00 06 84 00",
        "01 fe 00 06 24 00",
    ],
)
def test_incoherent_openings_are_refused_with_that_cause(text):
    found = error(text)
    assert (found.code, found.reply.hex(" ")) == ("opening_incoherent", "01 fd 00 05 42")


@pytest.mark.parametrize(
    "text",
    [
        "01 fe 00 0c 14 20 00 a0 00 00 00 00",
        "01 fe 00 0d 16 80 00 90 12 34 00 00 3f",
        "01 fe 00 11 14 10 00 a1 00 00 00 00 00 00 00 00 00",
        "01 fe 00 05 10",
    ],
)
def test_openings_of_type_a_are_refused_because_the_traffic_does_not_match(text):
    found = error(text)
    assert (found.code, found.reply.hex(" ")) == ("opening_type_a", "01 fd 00 05 41")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"protection": 16}, "0 to 15"),
        ({"protection": -1}, "0 to 15"),
        ({"sender_hld": 1}, "both"),
        ({"recipient_hld": 1}, "both"),
        ({"sender_hld": 0x10000, "recipient_hld": 1}, "0 to 65535"),
        ({"sender_hld": 1, "recipient_hld": -1}, "0 to 65535"),
    ],
)
def test_openings_that_cannot_be(values, text):
    with pytest.raises(ValueError, match=text):
        Opening(Coding.ASCII, **values)


@pytest.mark.parametrize("seed", range(50))
def test_any_opening_comes_back(seed):
    dice = random.Random(seed)
    hlds = (dice.randrange(0x10000), dice.randrange(0x10000)) if dice.random() < 0.5 else (None, None)
    opening = Opening(dice.choice(list(Coding)), dice.randrange(16), dice.random() < 0.5, *hlds)
    assert read(render_packet(opening)) == opening


def vectors(shared) -> dict[str, bytes]:
    lines = (shared / "corpus" / "matip_vectors.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, _, octets = line.partition("  ")
            found[name.strip()] = bytes.fromhex(octets)
    return found


def meaning(name: str) -> Packet | str:
    """What a vector's name says that it is, put together from the name's words."""
    words = set(name.replace("->", " ").split())
    if name.startswith("INVALID version"):
        return "version_unknown"
    if name.startswith("INVALID length"):
        return "length_invalid"
    if name.startswith("INVALID SO"):
        return "opening_incoherent"
    if name.startswith("typea") and "SO" in words:
        return "opening_type_a"
    causes = {"traffic": 0x41, "incoherent": 0x42, "protection": 0x43, "conversational": 0x02}
    if "OC" in words:
        return Confirmation(
            next((causes[word] for word in causes if word in words), 0) if "refuse" in words else 0
        )
    if "SO" in words:
        coding = Coding.ASCII if "ascii" in words else Coding.BAUDOT
        hlds = (0x4B1F, 0x4B2A) if "HLD" in words or {"4B1F", "4B2A"} <= words else (None, None)
        return Opening(coding, 2 if "BATAP" in words else 0, "gateway" in words, *hlds)
    if "SC" in words:
        return Closing(0x84 if "0x84" in words else 0)
    return Data(b"ABC" if '"ABC"' in words else b"")


def test_every_vector_of_the_reference(shared):
    found = vectors(shared)
    assert len(found) >= 21
    for name, data in found.items():
        expected = meaning(name)
        if isinstance(expected, str):
            assert error(data.hex()).code == expected, name
        else:
            assert read(data) == expected, name
            assert render_packet(expected) == data, name


def test_the_refusals_of_the_reference_are_ours(shared):
    found = vectors(shared)
    assert refusal(Cause.TRAFFIC_TYPE) == found["typeb OC refuse traffic mismatch"]
    assert refusal(Cause.INCOHERENT) == found["typeb OC refuse incoherent SO"]
    assert refusal(Cause.PROTECTION) == found["typeb OC refuse protection differs"]
