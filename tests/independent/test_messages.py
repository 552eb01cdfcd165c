"""What the methods answer over the gateway, and where their errors stand."""

import pytest

from tests.independent.gateway_client import (
    ENCRYPTED,
    PYTHON_CLIENT,
    GatewayClient,
    SessionKey,
)
from tests.independent.messages import (
    BELOVA,
    GROMOV,
    LUGIN,
    ORLOV,
    SOKOLOVA,
    ffp_accrual,
    ffp_info,
)

Ciphered = tuple[GatewayClient, SessionKey]


def test_a_client_without_cipher(plain: GatewayClient) -> None:
    answer = plain.ask(ffp_info(*BELOVA))
    assert answer.header.flags == 0
    info = answer.method.find("info")
    assert info is not None
    assert info.get("status") == "GOLD"


def test_cyrillic_holders_meet_their_latin_cards(plain: GatewayClient) -> None:
    info = plain.ask(ffp_info(SOKOLOVA[0], "СОКОЛОВА", "ЮЛИЯ", SOKOLOVA[3])).method.find("info")
    assert info is not None
    for name in info.findall("name"):
        assert name.get("first")
        assert name.get("last")


@pytest.mark.parametrize(
    ("request_text", "code"),
    [
        (ffp_info("9999999999999", "GROMOV", "LEV", "1981-02-23"), "3"),
        (ffp_info(GROMOV[0], "PETUKHOV", "IGOR", "1981-02-23"), "4"),
        (ffp_info(GROMOV[0], "GROMOV", "LEV", "1977-01-01"), "4"),
        (ffp_info(*ORLOV), "5"),
        (ffp_info("123456", "GROMOV", "LEV", company="ZZ"), "5"),
        (ffp_info(LUGIN[0], LUGIN[1], ""), "6"),
        ('<ffp_info><ffp company="UT" surname="GROMOV">2904000000017</ffp></ffp_info>', "2"),
        (ffp_info(GROMOV[0], "GROMOV", "LEV", "23.02.1981"), "2"),
        (ffp_info("1" * 26, "GROMOV", "LEV"), "2"),
        ("<ffp_info/>", "2"),
    ],
    ids=["unknown card", "another holder", "another birth date", "blocked", "another programme", "name missing",
         "attribute missing", "birth date not ISO", "card too long", "nothing asked"],
)  # fmt: skip
def test_business_errors_stand_inside_the_method(
    plain: GatewayClient, ciphered: Ciphered, request_text: str, code: str
) -> None:
    """Directly under answer one client would take any of them for the end of the world."""
    client, key = ciphered
    for answer in (plain.ask(request_text), client.ask(request_text, flags=PYTHON_CLIENT, key=key)):
        assert answer.method.tag == "ffp_info"
        assert answer.error_code == code
        error = answer.method.find("error")
        assert error is not None
        assert error.get("message")
        assert answer.method.find("info") is None


def test_an_invalid_request_is_told_where_it_is_wrong(plain: GatewayClient) -> None:
    reference = plain.ask(ffp_info(GROMOV[0], "GROMOV", "LEV", "23.02.1981")).method.find("error/reference")
    assert reference is not None
    assert "birthdate" in reference.get("path", "")
    assert reference.get("value") == "23.02.1981"


def test_an_unknown_method_is_echoed(plain: GatewayClient) -> None:
    answer = plain.ask("<order_of_tomorrow><regnum>AB12CD</regnum></order_of_tomorrow>")
    assert answer.method.tag == "order_of_tomorrow"
    assert answer.error_code == "2"


@pytest.mark.parametrize(
    "text",
    [
        b"<sirena><query><ffp_info></query></sirena>",
        b"<sirena><query>",
        b"not XML at all",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "e">]><sirena><query><ffp_info>&e;</ffp_info></query></sirena>',
        b"<sirena><query><ffp_info>\xff\xfe</ffp_info></query></sirena>",
    ],
    ids=["tags crossed", "cut off", "text", "entity", "not UTF-8"],
)
def test_what_is_not_well_formed_is_33003(plain: GatewayClient, ciphered: Ciphered, text: bytes) -> None:
    client, key = ciphered
    plain.send(*plain.pack(text))
    client.send(*client.pack(text, flags=ENCRYPTED, key=key))
    for who, flags in ((plain, 0), (client, ENCRYPTED)):
        answer = who.receive()
        assert answer.header.flags == flags
        children = list(answer.envelope)
        assert [(child.tag, child.get("code")) for child in children] == [("error", "33003")]
        assert who.ask("<key_info/>").method.tag == "key_info"


def test_the_parameters_that_every_request_may_carry(plain: GatewayClient) -> None:
    method = ffp_info(*GROMOV).replace(
        "</ffp_info>",
        "<request_params/><answer_params><lang>en</lang><curr>RUB</curr></answer_params></ffp_info>",
    )
    assert plain.ask(method).method.find("info") is not None


@pytest.mark.parametrize(
    "text",
    [
        b"<sirena/>",
        b"<sirena><query/></sirena>",
        b"<sirena><answer/></sirena>",
        b"<sirena><ffp_info/></sirena>",
    ],
)
def test_a_text_without_a_method_is_an_error_of_the_request(plain: GatewayClient, text: bytes) -> None:
    plain.send(*plain.pack(text))
    envelope = plain.receive().envelope
    assert [(child.tag, child.get("code")) for child in envelope] == [("error", "33003")]
    assert plain.ask(ffp_info(*GROMOV)).method.find("info") is not None


@pytest.mark.parametrize(
    "text", [b"<other><query><ffp_info/></query></other>", b"<query><ffp_info/></query>", b"<ffp_info/>"]
)
def test_every_answer_is_wrapped_as_clients_read_it(plain: GatewayClient, text: bytes) -> None:
    """One client reads lines until ``</sirena>``, whatever it sent."""
    plain.send(*plain.pack(text))
    answer = plain.receive()
    assert b"</sirena>" in answer.text.split(b"\n")
    assert answer.envelope.find(".//error") is not None


def test_an_accrual_is_posted_once_and_repeats_are_told_the_same(
    plain: GatewayClient, ciphered: Ciphered
) -> None:
    """A host that got no answer sends the message again; the same coupon by another document is a repeat."""
    client, key = ciphered
    accrual = ffp_accrual("2981000000109", flight="283")
    first = plain.ask(accrual).method
    result = first.find("result")
    assert first.tag == "ffp_accrual"
    assert result is not None
    assert (result.get("status"), result.get("code")) == ("posted", "0")
    assert (result.findtext("award"), result.findtext("qualifying")) == ("840", "840")
    assert first.findtext("ffp") == SOKOLOVA[0]

    again = plain.ask(accrual).method.find("result")
    assert again is not None
    assert again.attrib == result.attrib
    assert again.findtext("balance") == result.findtext("balance")

    reworded = client.ask(accrual.replace("><", ">\n<", 1) + "", flags=PYTHON_CLIENT, key=key).method.find(
        "result"
    )
    assert reworded is not None
    assert reworded.findtext("balance") == result.findtext("balance")

    fare = accrual.replace("</ffp_accrual>", '<fare amount="4000.00" currency="RUB"/></ffp_accrual>')
    other = plain.ask(fare).method.find("result")
    assert other is not None
    assert other.get("status") == "repeated"
    assert other.findtext("balance") == result.findtext("balance")


@pytest.mark.parametrize(
    ("ticket", "card", "surname", "given", "status", "code"),
    [
        ("2981000000206", "9999999999999", "GROMOV", "LEV", "refused", "3"),
        ("2981000000214", ORLOV[0], ORLOV[1], ORLOV[2], "refused", "5"),
        ("2981000000222", GROMOV[0], "PETUKHOV", "IGOR", "pending", "4"),
    ],
    ids=["unknown card", "blocked", "another holder"],
)
def test_an_accrual_that_can_not_be_posted(
    plain: GatewayClient, ticket: str, card: str, surname: str, given: str, status: str, code: str
) -> None:
    answer = plain.ask(ffp_accrual(ticket, card, surname, given, flight="284"))
    result = answer.method.find("result")
    assert result is not None, answer.text
    assert (result.get("status"), result.get("code")) == (status, code)
    assert result.findtext("award") == "0"


def test_an_accrual_of_an_airport_that_does_not_exist(plain: GatewayClient) -> None:
    answer = plain.ask(ffp_accrual("2981000000303").replace('"AER"', '"QQQ"'))
    assert answer.method.tag == "ffp_accrual"
    assert answer.error_code == "2"
