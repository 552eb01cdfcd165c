"""Requests and answers on the wire: cipher, compression, order, message ids, the form of the text."""

import zlib
from dataclasses import replace

import pytest

from tests.independent.conftest import Connect
from tests.independent.gateway_client import (
    BLOCK_BYTES,
    COMPRESSED,
    ENCRYPTED,
    PYTHON_CLIENT,
    TAKES_COMPRESSED,
    Answer,
    GatewayClient,
    SessionKey,
    check_answer_header,
    query,
)
from tests.independent.messages import GROMOV, HOLDERS, SOKOLOVA, TIERS, check_ffp, ffp_info
from tests.independent.server_process import PLAIN

Ciphered = tuple[GatewayClient, SessionKey]


def _status(answer: Answer) -> str | None:
    info = answer.method.find("info")
    assert info is not None, answer.text
    return info.get("status")


def test_the_python_clients_traffic(ciphered: Ciphered) -> None:
    """0x1c: zlib inside DES in both directions."""
    client, key = ciphered
    answer = client.ask(ffp_info(*GROMOV), flags=PYTHON_CLIENT, key=key)
    assert answer.header.flags == PYTHON_CLIENT
    assert len(answer.body) < len(answer.text)
    assert answer.header.key_id == key.number
    assert answer.method.tag == "ffp_info"
    card = answer.method.find("ffp")
    assert card is not None
    assert (card.get("company"), card.text) == ("UT", GROMOV[0])
    info = answer.method.find("info")
    assert info is not None
    assert info.get("status") == "SILVER"
    assert ("LEV", "GROMOV") in [(name.get("first"), name.get("last")) for name in info.findall("name")]


def test_des_without_compression_is_answered_without_it(ciphered: Ciphered) -> None:
    """0x08 alone; a client of this kind takes 0x10 for "inflate this", so it must never appear."""
    client, key = ciphered
    assert client.ask(ffp_info(*GROMOV), flags=ENCRYPTED, key=key).header.flags == ENCRYPTED


def test_uncompressed_des_answers_never_fill_their_last_block(
    ciphered: Ciphered, plain: GatewayClient
) -> None:
    """A client in use can't take the padding off a text whose length is a multiple of eight: a newline is added.

    The passenger's id comes back in the answer, so ids of one to eight characters make eight lengths in a row.
    """
    client, key = ciphered
    lengthened = 0
    for digits in range(1, BLOCK_BYTES + 1):
        method = check_ffp("7" * digits, SOKOLOVA[0])
        natural = plain.ask(method).text
        text = client.ask(method, flags=ENCRYPTED, key=key).text
        assert len(text) % BLOCK_BYTES
        assert text == natural + (b"\n" if len(natural) % BLOCK_BYTES == 0 else b"")
        lengthened += text != natural
    assert lengthened == 1


@pytest.mark.parametrize("length_rest", range(BLOCK_BYTES))
def test_requests_of_every_length(ciphered: Ciphered, length_rest: int) -> None:
    """A text whose length is a multiple of eight gets a whole block of padding."""
    client, key = ciphered
    text = query(ffp_info(*GROMOV))
    text += b"\n" * ((length_rest - len(text)) % BLOCK_BYTES)
    assert len(text) % BLOCK_BYTES == length_rest
    client.send(*client.pack(text, flags=ENCRYPTED, key=key))
    assert _status(client.receive()) == "SILVER"


def test_a_request_without_padding_is_read_too(ciphered: Ciphered) -> None:
    client, key = ciphered
    text = query(ffp_info(*GROMOV))
    text += b"\n" * (-len(text) % BLOCK_BYTES)
    body = key.encrypt_blocks(text)
    client.send(client.header(len(body), flags=ENCRYPTED, key_id=key.number), body)
    assert _status(client.receive()) == "SILVER"


@pytest.mark.parametrize("flags", [0, COMPRESSED, TAKES_COMPRESSED, COMPRESSED | TAKES_COMPRESSED])
@pytest.mark.parametrize("encrypted", [0, ENCRYPTED])
def test_compression_follows_what_the_client_takes(
    ciphered: Ciphered, plain: GatewayClient, flags: int, encrypted: int
) -> None:
    client, key = ciphered if encrypted else (plain, None)
    answer = client.ask(ffp_info(*GROMOV), flags=flags | encrypted, key=key)
    smaller = len(zlib.compress(answer.text)) < len(answer.text)
    assert bool(answer.header.flags & COMPRESSED) == (bool(flags & TAKES_COMPRESSED) and smaller)
    assert answer.header.flags & TAKES_COMPRESSED == flags & TAKES_COMPRESSED
    assert _status(answer) == "SILVER"


def test_binary_0x02_suppresses_compression(plain: GatewayClient) -> None:
    answer = plain.ask(ffp_info(*GROMOV), flags=TAKES_COMPRESSED | 0x02)
    assert not answer.header.flags & COMPRESSED


def test_a_deflated_body_may_end_early(plain: GatewayClient) -> None:
    """The vendor's inflater doesn't insist on the checksum at the end."""
    body = zlib.compress(query(ffp_info(*GROMOV)))[:-4]
    plain.send(plain.header(len(body), flags=COMPRESSED), body)
    assert _status(plain.receive()) == "SILVER"


def test_a_plain_client_may_fill_the_header_with_noise(plain: GatewayClient) -> None:
    """Creation time and, without cipher, the key id mean nothing; both come back as they were."""
    header, body = plain.pack(query(ffp_info(*GROMOV)))
    sent = plain.send(replace(header, created=0xFEDCBA98, key_id=0x7F00FF01), body)
    answer = plain.receive()
    check_answer_header(sent, answer.header)
    assert _status(answer) == "SILVER"


def test_a_reserved_byte_that_is_set_disturbs_nobody(plain: GatewayClient) -> None:
    header, body = plain.pack(query(ffp_info(*GROMOV)))
    plain.send(replace(header, reserved=b"\x07" * 32), body)
    assert _status(plain.receive()) == "SILVER"


@pytest.mark.parametrize("message_id", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_every_message_id_comes_back(plain: GatewayClient, message_id: int) -> None:
    """The header's is what counts; the answer element may repeat it, but never say another one."""
    answer = plain.ask(ffp_info(*GROMOV), message_id=message_id)
    assert answer.header.message_id == message_id
    assert answer.envelope.get("msgid", str(message_id)) == str(message_id)
    assert answer.envelope.get("instance", "TST") == "TST"


def test_the_root_ends_on_a_line_of_its_own(ciphered: Ciphered, plain: GatewayClient) -> None:
    """One client reads by line until it sees the closing tag and nothing else."""
    client, key = ciphered
    for answer in (
        plain.ask(ffp_info(*GROMOV)),
        plain.ask(ffp_info("1", "NOBODY", "N")),
        plain.ask("<no_such_method/>"),
        plain.ask("<key_info/>"),
        client.ask(ffp_info(*GROMOV), flags=PYTHON_CLIENT, key=key),
    ):
        assert b"</sirena>" in answer.text.split(b"\n")
        assert answer.text.endswith(b"</sirena>\n")
        assert answer.text.startswith(b"<?xml")
        answer.text.decode("utf-8")


def test_a_batch_of_fifty_in_one_go(ciphered: Ciphered) -> None:
    """Answers may come in any order; each is told by its id and must speak of its own card."""
    client, key = ciphered
    wanted = [HOLDERS[number % len(HOLDERS)] for number in range(50)]
    answers = client.batch([ffp_info(*holder) for holder in wanted], flags=PYTHON_CLIENT, key=key)
    assert len(answers) == 50
    for holder, answer in zip(wanted, answers, strict=True):
        assert answer.method.findtext("ffp") == holder[0]
        assert _status(answer) == TIERS[holder[0]]


def test_a_batch_that_mixes_keys_and_client_ids(connect: Connect) -> None:
    client = connect()
    one, other = client.handshake(), client.handshake()
    frames = [client.pack(query(ffp_info(*GROMOV)), flags=PYTHON_CLIENT, key=key) for key in (one, other) * 5]
    client.client_id = PLAIN  # another client id on the same connection
    frames += [client.pack(query(ffp_info(*GROMOV))) for _each in range(5)]
    client.socket.sendall(b"".join(header.packed() + body for header, body in frames))
    sent = {header.message_id: header for header, _body in frames}
    for _each in frames:
        answer = client.receive()
        check_answer_header(sent.pop(answer.header.message_id), answer.header)
        assert _status(answer) == "SILVER"


def test_a_client_that_always_says_999(plain: GatewayClient) -> None:
    for number in range(12):
        holder = HOLDERS[number % len(HOLDERS)]
        answer = plain.ask(ffp_info(*holder), message_id=999)
        assert answer.method.findtext("ffp") == holder[0]
        assert _status(answer) == TIERS[holder[0]]


def test_one_id_for_several_requests_in_flight(plain: GatewayClient) -> None:
    """Nobody can tell those answers apart, but each request has to get one."""
    frames = [plain.pack(query(ffp_info(*holder)), message_id=999) for holder in HOLDERS]
    plain.socket.sendall(b"".join(header.packed() + body for header, body in frames))
    answers = [plain.receive() for _each in frames]
    assert {answer.header.message_id for answer in answers} == {999}
    assert {answer.method.findtext("ffp") for answer in answers} == {holder[0] for holder in HOLDERS}


def test_more_requests_at_once_than_the_server_works_on(ciphered: Ciphered) -> None:
    """Above its window it reads no further, and goes on when there is room."""
    client, key = ciphered
    answers = client.batch([ffp_info(*GROMOV)] * 300, flags=PYTHON_CLIENT, key=key)
    assert all(_status(answer) == "SILVER" for answer in answers)


def test_a_frame_that_comes_byte_by_byte(plain: GatewayClient) -> None:
    header, body = plain.pack(query(ffp_info(*GROMOV)))
    for octet in header.packed() + body:
        plain.socket.sendall(bytes([octet]))
    assert _status(plain.receive()) == "SILVER"


def test_ping(ciphered: Ciphered, plain: GatewayClient) -> None:
    """Answered in plain with all flags of the first byte off, whatever the request's were."""
    client, key = ciphered
    wanted = b"<sirena><answer><_connection_test_>ok</_connection_test_></answer></sirena>"
    asked = b"<sirena><query><_connection_test_/></query></sirena>"
    for who, flags, secret in ((plain, 0, None), (plain, 0x14, None), (client, PYTHON_CLIENT, key)):
        sent = who.send(*who.pack(asked, flags=flags, key=secret))
        answer = who.receive()
        assert answer.header.flags == 0
        assert answer.header.message_id == sent.message_id
        assert b"".join(answer.text.split()) == wanted
