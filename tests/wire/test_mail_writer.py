"""Telegrams as mail: read back byte for byte, before and after servers have done to it what servers do."""

import re
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.wire.mail import read_mail
from adapter.wire.mail_writer import CHARSETS, render_mail

AT = datetime(2026, 8, 20, 12, 6, 7, tzinfo=UTC)
HEAD = "QU MOWRMXY\r\n.MOWFFXY 201206\r\n"
FQA = HEAD + "FQA\r\nXY418/20AUG DME PART1\r\nENDFQA\r\n"
CYRILLIC = HEAD + "FTL\r\nЮТ418/20АВГ ДМД PART1\r\n-АЭР01Y\r\n1ИВАНОВА/АННА\r\nENDFTL\r\n"


def render(telegram: bytes, encoding: str = "cp866", **changed: object) -> bytes:
    given: dict = {"sender": "loyalty@airline.example", "recipients": ("dcs@airline.example",), "sent_at": AT}
    return render_mail(telegram, encoding, **(given | changed))


def read_back(mail: bytes, encoding: str = "cp866") -> bytes:
    (one,) = read_mail(mail, encoding, senders=("@airline.example",)).telegrams
    assert one.encoding in (encoding, "ascii")
    return one.piece.raw


def relayed(mail: bytes) -> bytes:
    """As mail arrives: lines end in LF, blanks at their ends are gone, and mbox has guarded its separator."""
    text = mail.replace(b"\r\n", b"\n")
    text = re.sub(rb"(?m)[ \t]+$", b"", text)
    return re.sub(rb"(?m)^From ", b">From ", text)


def test_a_plain_telegram_is_a_plain_mail() -> None:
    assert render(FQA.encode()) == (
        b"From: loyalty@airline.example\r\n"
        b"To: dcs@airline.example\r\n"
        b"Date: Thu, 20 Aug 2026 12:06:07 +0000\r\n"
        b"Message-ID: <8fb5f081668199abc564afb62e2afe18@airline.example>\r\n"
        b"Subject: FQA\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b'Content-Type: text/plain; charset="us-ascii"\r\n'
        b"MIME-Version: 1.0\r\n"
        b"\r\n" + FQA.encode()
    )


@pytest.mark.parametrize("encoding", CHARSETS)
@pytest.mark.parametrize("text", [FQA, CYRILLIC])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_the_round_trip_in_every_encoding(encoding: str, text: str, line_end: str) -> None:
    telegram = text.replace("\r\n", line_end).encode(encoding)
    mail = render(telegram, encoding)
    assert read_back(mail, encoding) == telegram
    assert mail.isascii()
    if text is CYRILLIC:
        assert read_back(relayed(mail), encoding) == telegram
        assert read_mail(mail, "utf-8").telegrams[0].encoding == encoding, "it says itself what it is"


@pytest.mark.parametrize(
    "line",
    [
        ".",
        "..",
        ".R/TKNE HK1 2981234567890C1",
        "From DME TO AER",
        ">From DME",
        "FROM DME",
        "X" * 76,
        "X" * 77,
        "X" * 998,
        "X" * 5000,
        "BLANK AT THE END ",
        "=3D=0D=",
        "TAB\tHERE",
        "CONTROL\x1aCHARACTER",
        "ЛИНИЯ",
        "-- ",
        "",
        " ",
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "", "\r\n\r\n", "\n\r"])
def test_no_line_is_changed_on_the_way(line: str, end: str) -> None:
    telegram = (HEAD + "FQA\r\n" + line + end).encode("cp866")
    mail = render(telegram)
    assert read_back(mail) == telegram
    found = read_back(relayed(mail))
    if b"Content-Transfer-Encoding: 7bit" in mail:
        # Lines of mail end as the server that delivers it ends them.
        assert found.replace(b"\n", b"\r\n") == telegram
    else:
        assert found == telegram
    assert all(len(one) <= 78 for one in mail.split(b"\r\n"))
    assert b"\n.\n" not in mail.replace(b"\r\n", b"\n")


@given(
    st.lists(st.text(st.characters(codec="cp866"), max_size=90), max_size=8), st.sampled_from(["\r\n", "\n"])
)
def test_any_telegram_comes_back(lines: list[str], end: str) -> None:
    telegram = (HEAD + "FQA" + end + end.join(lines)).encode("cp866")
    mail = read_mail(render(telegram), "cp866")
    # The reader may see a second telegram in it; nothing is lost between the two.
    assert b"".join(one.piece.raw for one in mail.telegrams)[: len(HEAD)] == HEAD.encode()
    body = BytesParser(policy=default).parsebytes(render(telegram)).get_payload(decode=True)
    assert body == telegram


def test_the_subject_is_the_kind_and_nothing_of_the_text() -> None:
    for text, subject in (
        (FQA, "FQA"),
        (FQA.replace("FQA\r\n", "PDM\r\nCOR\r\nFQA\r\n", 1), "FQA"),
        (HEAD + "IVANOVA/ANNA\r\n", "telegram"),
        (HEAD, "telegram"),
        ("SOMETHING ELSE\r\n", "telegram"),
    ):
        assert f"\r\nSubject: {subject}\r\n".encode() in render(text.encode())


def message_id(telegram: str, **changed: object) -> bytes:
    (line,) = (one for one in render(telegram.encode(), **changed).split(b"\r\n") if b"Message-ID" in one)
    return line


def test_a_repeat_is_the_same_message_to_mail_servers() -> None:
    first = message_id(FQA)
    assert message_id(FQA, sent_at=AT.replace(hour=13)) == first
    assert message_id(FQA.replace("201206\r\n", "201206\r\nPDM\r\n")) == first
    assert b"\r\nPDM\r\n" in render(FQA.replace("201206\r\n", "201206\r\nPDM\r\n").encode())
    assert message_id(FQA.replace("201206", "201207")) != first
    assert message_id(FQA, recipients=("other@airline.example",)) != first
    assert message_id(FQA, sender="other@airline.example") != first


def test_long_headers_stay_whole() -> None:
    domain = "a" * 60 + "." + "b" * 60 + ".example"
    recipients = tuple(f"station-{number}@{domain}" for number in range(32))
    mail = render(FQA.encode(), sender=f"loyalty@{domain}", recipients=recipients)
    message = BytesParser(policy=default).parsebytes(mail)
    assert [one.addr_spec for one in message["To"].addresses] == list(recipients)
    assert message["From"].addresses[0].addr_spec == f"loyalty@{domain}"
    assert re.fullmatch(rf"<[0-9a-f]{{32}}@{domain}>", message["Message-ID"].strip())
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))
    assert b"=?" not in mail
