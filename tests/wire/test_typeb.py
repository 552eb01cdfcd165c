"""Type B envelope: every piece of it, and everything that can be wrong with it, with its place."""

import random
from datetime import UTC, date, datetime

import pytest

from adapter.wire.typeb import Limits, Telegram, canonical, read_telegram

RECEIVED = datetime(2026, 8, 20, 15, 0, tzinfo=UTC)
BODY = "-LED01Y\n1ORLOVA/VERA\n"


def telegram(
    flight: str = "XY418/20AUG DME PART1",
    head: str = "MOWFFXY\n.DMEDCXY 201206\n",
    body: str = BODY,
    end: str = "ENDFTL",
) -> str:
    return f"{head}FTL\n{flight}\n{body}{end}\n"


def read(text: str, received_at: datetime = RECEIVED, limits: Limits | None = None) -> Telegram:
    return read_telegram(text, received_at, listed_kinds=("FTL",), limits=limits)


def codes(text: str, limits: Limits | None = None) -> list[str]:
    return [problem.code for problem in read(text, limits=limits).problems]


def test_plain_telegram() -> None:
    found = read(telegram())
    assert found.problems == found.warnings == ()
    assert (found.addresses, found.priority, found.originator) == (("MOWFFXY",), "", "DMEDCXY")
    assert found.created == datetime(2026, 8, 20, 12, 6, tzinfo=UTC)
    assert (found.kind, found.part, found.final) == ("FTL", 1, True)
    flight = found.flight
    assert flight is not None
    assert (flight.carrier, flight.number, flight.suffix, flight.board) == ("XY", "418", "", "DME")
    assert flight.on == date(2026, 8, 20)
    assert found.lines[slice(*found.body)] == ("-LED01Y", "1ORLOVA/VERA")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("QU AAAAAXY BBBBBXY\nCCCCCXY\n.DMEDCXY ZZ/201206\n", ("QU", 3, "ZZ", False, False)),
        ("AAAAAXY\n.DMEDCXY 20120633 REF77\nPDM\n", ("", 1, "", True, False)),
        ("AAAAAXY\n.DMEDCXY 201206 PDM\nCOR\n", ("", 1, "", True, True)),
        (".DMEDCXY 201206\n", ("", 0, "", False, False)),
        ("ZCZC ABC001\n\x01QK AAAAAXY\n\n.DMEDCXY 201206\n\x02", ("QK", 1, "", False, False)),
        ("LONGERADDR\n.ЛЕДДЦЮТ 201206\n", ("", 1, "", False, False)),
    ],
)
def test_heads(head: str, expected: tuple[str, int, str, bool, bool]) -> None:
    found = read(telegram(head=head))
    assert found.problems == ()
    seen = (
        found.priority,
        len(found.addresses),
        found.double_signature,
        found.possible_duplicate,
        found.correction,
    )
    assert seen == expected


def test_every_piece_of_the_heading_is_kept() -> None:
    lines = "\n".join(
        f"AAAA{number}XY BBBB{number}XYPLUS CCCC{number}XY DDDD{number}XY" for number in range(8)
    )
    found = read(telegram(head=f"ZCZC LINE7 0123\n\x01QD {lines}\n.DMEDCXY ZZ/20120633 REF77 PDM XK\n\x02"))
    assert found.problems == found.warnings == ()
    assert (found.priority, len(found.addresses), found.addresses[1]) == ("QD", 32, "BBBB0XYPLUS")
    assert (found.double_signature, found.identity) == ("ZZ", ("REF77", "XK"))
    assert found.created == datetime(2026, 8, 20, 12, 6, 33, tzinfo=UTC)
    assert (found.possible_duplicate, found.correction) == (True, False)
    ended = read(telegram(head="\x01AAAAAXY\n.DMEDCXY 201206\nCOR\n\x02", end="ENDFTL\n\x03NNNN"))
    assert (ended.problems, ended.correction, ended.kind) == ((), True, "FTL")


def test_a_copy_without_envelope() -> None:
    found = read(telegram(head=""))
    assert found.problems == ()
    assert (found.originator, found.created, found.addresses, found.kind) == ("", None, (), "FTL")


@pytest.mark.parametrize(
    "line",
    ["XY418Y20AUGDMELED HK1", "SSR FQTV XY HK1 2000000", "OSI XY ANY WORDS", "XY0418A Y20AUG DMELED HK2"],
)
def test_reservation_messages_are_known_by_their_lines(line: str) -> None:
    head = "MOWFFXY\n.DMEDCXY 201206\nDMEXY ABC123\n1ORLOVA/VERA\n"
    found = read(f"{head}{line}\n")
    known = line != "XY0418A Y20AUG DMELED HK2"
    assert (found.kind, len(found.problems)) == (("AIRIMP", 0) if known else ("", 1))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_blank_and_padded_lines(line_end: str) -> None:
    text = telegram().replace("\n", f"   {line_end}  {line_end}")
    found = read(text)
    assert found.problems == ()
    assert canonical(found) == canonical(read(telegram()))


@pytest.mark.parametrize(
    ("line", "carrier", "number", "suffix", "part"),
    [
        ("XY0418/20AUG DME PART1", "XY", "418", "", 1),
        ("XY418A/20AUG DME PART01", "XY", "418", "A", 1),
        ("S7123/20AUG DME PART1", "S7", "123", "", 1),
        ("5N1/20AUG26 DME PART1", "5N", "1", "", 1),
        ("ABC12345/20АВГ DME PART1", "ABC", "12345", "", 1),
        ("ЮТ418/20AUG ВНК PART1", "ЮТ", "418", "", 1),
        ("XY418/20AUG DME", "XY", "418", "", 0),
        ("XY418/20AUG DME  PART 1", "XY", "418", "", 1),
    ],
)
def test_flight_lines(line: str, carrier: str, number: str, suffix: str, part: int) -> None:
    flight = read(telegram(flight=line)).flight
    assert flight is not None
    assert (flight.carrier, flight.number, flight.suffix, flight.part) == (carrier, number, suffix, part)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (telegram(flight="XY418/31FEB DME PART1"), "flight_date_invalid", 4, 7),
        (telegram(flight="XY418/20AGU DME PART1"), "flight_date_invalid", 4, 7),
        (telegram(flight="XY418/20FEB DME PART1"), "flight_date_out_of_window", 4, 7),
        (telegram(flight="XY418/20AUG19 DME PART1"), "flight_date_out_of_window", 4, 7),
        (telegram(flight="XY418/????? DME PART1"), "flight_unknown", 4, 1),
        (telegram(flight="99418/20AUG DME PART1"), "flight_line_invalid", 4, 1),
        (telegram(flight="XY418/20AUG DME PART100"), "part_number_invalid", 4, 21),
        (telegram(flight="XY418/20AUG DME PART0"), "part_number_invalid", 4, 21),
        (telegram(flight="XY４18/20AUG DME PART1"), "flight_line_invalid", 4, 1),
        (telegram(end="-LED01C"), "end_missing", 7, 1),
        (telegram(end="ENDPRL"), "end_mismatch", 7, 1),
        (telegram(end="ENDPART2"), "end_part_mismatch", 7, 1),
        (telegram(end="ENDFTL\n1ANOTHER/NAME"), "text_after_end", 8, 1),
        (telegram(head="MOWFFXY\n.DMEDC 201206\n"), "origin_invalid", 2, 1),
        (telegram(head="MOWFFXY\n.DMEDCXY 321206\n"), "creation_time_invalid", 2, 1),
        (telegram(head="MOWFFXY\n"), "origin_missing", 1, 1),
        (telegram(body="-LED01Y\n1ORL\x07OVA/VERA\n"), "control_character", 6, 5),
        (telegram(body="-LED01Y\n1ORLOVA\ufeff/VERA\n"), "control_character", 6, 8),
        ("MOWFFXY\n.DMEDCXY 201206\nFTL\n", "flight_line_missing", 4, 1),
        ("MOWFFXY\n.DMEDCXY 201206\nABOUT A BOOKING\n", "kind_missing", 3, 1),
        ("", "telegram_empty", 1, 1),
        ("just some words\nabout nothing\n", "kind_missing", 1, 1),
    ],
)
def test_what_is_wrong_has_a_place(text: str, code: str, line: int, column: int) -> None:
    problem = read(text).problems[0]
    assert (problem.code, problem.line, problem.column) == (code, line, column)


def test_limits_are_reached() -> None:
    usual = telegram(body="-LED01Y\n1ORLOVA/VERA\n.R/" + "A" * 70 + "\n")
    assert [warning.code for warning in read(usual).warnings] == ["line_long"]
    assert codes(telegram(body="1" + "A" * 512 + "\n")) == ["line_too_long"]
    assert codes(telegram(head="\n".join(["AAAAAXY"] * 32) + "\n.DMEDCXY 201206\n")) == []
    assert codes(telegram(head="\n".join(["AAAAAXY"] * 33) + "\n.DMEDCXY 201206\n")) == ["address_too_long"]
    assert codes(telegram(head="AAAAAXY\n.DMEDCXY 201206\n"), Limits(address_characters_max=6)) == [
        "address_too_long"
    ]
    assert codes(telegram(head="AAAAAXY BBBBBXY\n.DMEDCXY 201206\n"), Limits(addresses_max=1)) == [
        "address_too_long"
    ]
    assert codes(telegram(flight="XY418/20AUG DME" + " " * 90 + "PART1")) == ["flight_line_invalid"]
    assert codes(telegram(flight="XY418/20AUG DME PART3"), Limits(parts_max=2)) == ["part_number_invalid"]


@pytest.mark.parametrize("words", ["2012", "2012060633", "XY/2012", "2O1206", "20120 REF77", "REF77 2012"])
def test_a_damaged_time_is_no_missing_one(words: str) -> None:
    """As of its receipt, an old list that is sent again would displace the newest."""
    found = read(telegram(head=f"AAAAAXY\n.DMEDCXY {words}\n"))
    assert [(problem.code, problem.line) for problem in found.problems] == [("creation_time_invalid", 2)]


@pytest.mark.parametrize("words", ["", " REF77", " PDM", " XY/", " XY/REF"])
def test_an_origin_line_may_tell_no_time(words: str) -> None:
    found = read(telegram(head=f"AAAAAXY\n.DMEDCXY{words}\n"))
    assert (found.problems, found.created) == ((), None)


def test_a_correction_is_another_text_than_what_it_corrects() -> None:
    plain, corrected = (
        canonical(read(telegram(head=f"AAAAAXY\n.DMEDCXY 201206\n{mark}"))) for mark in ("", "COR\n")
    )
    assert plain != corrected


def test_the_digest_text_leaves_out_who_got_it_and_how_often() -> None:
    plain = canonical(read(telegram()))
    other = telegram(head="ZCZC X1\nQU SVOFFXY\n.DMEDCXY AB/201206\nPDM\n") + "NNNN\n"
    assert canonical(read(other)) == plain
    assert canonical(read(telegram(body=BODY.replace("VERA", "VIRA")))) != plain
    assert canonical(read(telegram(head=".SVODCXY 201206\n"))) != plain
    assert canonical(read(telegram(head=".DMEDCXY 201207\n"))) != plain
    later = read_telegram(telegram(), RECEIVED.replace(year=2027), listed_kinds=("FTL",))
    assert canonical(later) != plain


def test_blanks_before_a_continuation_are_content() -> None:
    one = telegram(body=BODY + ".R/VGML A \n.RN/B\n")
    other = telegram(body=BODY + ".R/VGML A\n.RN/B\n")
    assert canonical(read(one)) != canonical(read(other))


def test_only_the_kinds_asked_for_are_read_further() -> None:
    found = read("MOWFFXY\n.DMEDCXY 201206\nMVT\nXY418/20.RA12345.DME\nAD1200/1210\n")
    assert (found.kind, found.flight, found.problems) == ("MVT", None, ())


def test_garbage_never_raises() -> None:
    rng = random.Random(1719)
    base = telegram()
    for _ in range(2000):
        text = list(base)
        for _ in range(rng.randint(1, 6)):
            text[rng.randrange(len(text))] = chr(
                rng.choice([0, 10, 13, 32, 46, 47, 65, 1102, 0x2028, 0xFFFE, 57])
            )
        read("".join(text))
        read(base[: rng.randrange(len(base))])
