"""Mail with telegrams in it: as text, as files, in any wrapping; and mail that holds none or means harm."""

import random
from contextlib import suppress
from email.message import EmailMessage

import pytest

from adapter.wire.mail import Mail, MailLimits, MailRefused, read_mail

FTL = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n"
COPY = "FTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n"
COPY_NAME = "2026_08_20_12_06_07_123.0001234561.FTL.XY418.20.08"
ALLOWED = ("dcs@airline.example", "@handling.example")


def mail(text: str | None = FTL, sender: str = "DCS <dcs@airline.example>", **more: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "lists@ffgate.example"
    message["Subject"] = "FTL XY418"
    if text is not None:
        message.set_content(text, **more)
    return message


def read(message: EmailMessage | bytes, encoding: str = "cp866", **more) -> Mail:
    return read_mail(message if isinstance(message, bytes) else bytes(message), encoding, **more)


def refused(message: EmailMessage | bytes, **more) -> str:
    with pytest.raises(MailRefused) as caught:
        read(message, **more)
    return caught.value.code


def test_the_text_of_a_mail_is_a_telegram():
    (one,) = read(mail()).telegrams
    assert one.piece.raw.replace(b"\r\n", b"\n") == FTL.encode()
    assert (one.encoding, one.file, one.part) == ("utf-8", "", 1)


def test_one_that_says_nothing_about_its_text_is_in_the_links_encoding():
    text = FTL.replace("FTL\n", "FTL\n", 1).replace("XY418", "ЮТ418").replace("DME ", "ДМД ")
    raw = b"From: dcs@airline.example\nSubject: x\n\n" + text.encode("cp866")
    (one,) = read(raw).telegrams
    assert (one.piece.raw, one.encoding) == (text.encode("cp866"), "cp866")
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=us-ascii\n\n" + text.encode("cp866")
    assert read(raw).telegrams[0].encoding == "cp866"


@pytest.mark.parametrize("charset", ["utf-8", "koi8-r", "windows-1251", "cp866", "utf-16"])
@pytest.mark.parametrize("cte", ["base64", "quoted-printable"])
def test_what_a_part_declares_holds(charset, cte):
    text = FTL.replace("XY418", "ЮТ418").replace("DME ", "ДМД ")
    if charset == "utf-16":
        message = EmailMessage()
        message["From"] = "a@b.example"
        message.set_content(text.encode("utf-16"), maintype="text", subtype="plain", cte="base64")
        message.set_param("charset", "utf-16")
    else:
        message = mail(text, charset=charset, cte=cte)
    (one,) = read(message).telegrams
    assert one.piece.raw.decode(one.encoding).replace("\r\n", "\n") == text
    assert one.encoding in ("utf-8", "koi8-r", "cp1251", "cp866")


@pytest.mark.parametrize(
    "charset", ["x-klingon", "hex", "zlib", "undefined", "idna", "punycode", "unicode_escape"]
)
def test_an_unknown_character_set_counts_as_none(charset):
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=%s\n\n" % charset.encode() + FTL.encode()
    assert read(raw).telegrams[0].encoding == "cp866"


@pytest.mark.parametrize("charset", ["utf-7", "hz", "iso-2022-jp"])
def test_a_character_set_that_shifts_is_read_before_the_text_is_cut(charset):
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=%s\n\n" % charset.encode() + FTL.encode()
    (one,) = read(raw).telegrams
    assert (one.encoding, one.piece.raw) == ("utf-8", FTL.encode())


def test_attached_files_and_a_greeting():
    message = mail("Dear colleagues,\n\nplease find the lists attached.\n")
    text = COPY.replace("XY418", "ЮТ418")
    message.add_attachment(
        text.encode("cp866"), maintype="application", subtype="octet-stream", filename=COPY_NAME
    )
    message.add_attachment(FTL.encode(), maintype="text", subtype="plain", filename="list.txt")
    found = read(message)
    assert [(one.piece.raw, one.encoding, one.file) for one in found.telegrams] == [
        (text.encode("cp866"), "cp866", COPY_NAME),
        (FTL.encode(), "cp866", ""),
    ]
    assert found.skipped == 1


def test_several_telegrams_in_one_text_and_a_signature():
    found = read(mail(FTL + "\n" + FTL.replace("418", "419") + "\n-- \nThe DCS team\n"))
    assert [b"XY419" in one.piece.raw for one in found.telegrams] == [False, True]
    assert found.skipped == 1


def test_a_forwarded_mail_is_looked_into():
    outer = mail("FYI\n")
    outer.add_attachment(mail())
    assert len(read(outer).telegrams) == 1


def test_a_cut_telegram_is_still_one():
    assert len(read(mail("\n".join(FTL.splitlines()[:4]))).telegrams) == 1


def test_html_and_pictures_are_not_read():
    message = mail(FTL)
    message.add_alternative(f"<pre>{FTL}</pre>", subtype="html")
    message.add_attachment(FTL.encode(), maintype="image", subtype="png", filename="a.png")
    assert len(read(message).telegrams) == 1


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (mail("Meeting at ten.\n"), "no_telegram"),
        (mail(""), "no_telegram"),
        (b"", "no_telegram"),
        (b"\0\1\2", "no_telegram"),
        (mail(FTL * 4), "mail_telegrams_too_many"),
    ],
)
def test_mail_that_is_refused(message, code):
    assert refused(message, limits=MailLimits(telegrams_max=3)) == code


def test_every_limit_is_reached():
    assert refused(mail(), limits=MailLimits(bytes_max=100)) == "mail_too_long"
    message = mail("see files\n")
    for _ in range(5):
        message.add_attachment(FTL.encode(), maintype="text", subtype="plain", filename="a")
    assert refused(message, limits=MailLimits(parts_max=6)) == "mail_parts_too_many"
    assert len(read(message, limits=MailLimits(parts_max=7)).telegrams) == 5
    assert refused(message, limits=MailLimits(boundary_lines_max=6)) == "mail_parts_too_many"
    assert len(read(message, limits=MailLimits(boundary_lines_max=7)).telegrams) == 5
    for _ in range(5):
        outer = mail("FYI\n")
        outer.add_attachment(message)
        message = outer
    assert refused(message, limits=MailLimits(depth_max=5)) == "mail_too_deep"


@pytest.mark.parametrize("header", ["Content-Type: text/plain; x=", "From: "])
def test_an_overlong_header_is_not_read(header):
    raw = header.encode() + b"x" * 5000 + b"\n\n" + FTL.encode()
    senders = ALLOWED if header.startswith("From") else ()
    assert refused(raw, senders=senders) in ("no_telegram", "sender_not_allowed")


def test_hostile_nesting_is_unreadable_and_no_more():
    raw = b""
    for depth in range(2000):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    limits = MailLimits(boundary_lines_max=10_000)
    assert refused(raw, limits=limits) in ("mail_unreadable", "mail_too_deep")
    assert refused(raw) == "mail_parts_too_many"


@pytest.mark.parametrize(
    ("sender", "is_allowed"),
    [
        ("dcs@airline.example", True),
        ("DCS <DCS@Airline.Example>", True),
        ("any.body@handling.example", True),
        ("dcs@airline.example.evil.example", False),
        ("dcs@sub.handling.example", False),
        ('"dcs@airline.example" <x@evil.example>', False),
        ("", False),
    ],
)
def test_who_may_send(sender, is_allowed):
    raw = f"From: {sender}\nSubject: x\n\n{FTL}".encode()
    assert len(read(raw).telegrams) == 1
    if is_allowed:
        assert len(read(raw, senders=ALLOWED).telegrams) == 1
    else:
        assert refused(raw, senders=ALLOWED) == "sender_not_allowed"


def test_the_name_of_a_file_counts_only_if_it_is_that_of_a_copy():
    for name in ("../../etc/passwd", f"{COPY_NAME}" + "x" * 200, "list\r\nX: y.txt"):
        raw = (
            "From: a@b.example\nContent-Type: text/plain\n"
            f'Content-Disposition: attachment; filename="{name}"\n\n{FTL}'
        ).encode()
        try:
            found = read(raw)
        except MailRefused:
            continue
        assert [one.file for one in found.telegrams] == [""]


@pytest.mark.parametrize("seed", range(100))
def test_corrupted_mail_is_read_or_refused(seed):
    dice = random.Random(seed)
    message = mail("see files\n", sender="Иван <dcs@airline.example>")
    message.add_attachment(FTL.encode(), maintype="text", subtype="plain", filename="список.txt")
    message.add_attachment(mail(FTL, charset="koi8-r", cte="base64"))
    data = bytearray(bytes(message))
    for _ in range(dice.randrange(1, 30)):
        data[dice.randrange(len(data))] = dice.choice([0, 10, 13, 34, 61, 58, 59, 255, dice.randrange(256)])
    with suppress(MailRefused):  # and nothing else
        read(bytes(data), senders=ALLOWED)
