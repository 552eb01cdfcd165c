"""Lists into trees: samples of every kind, parts, totals, and damage with its place."""

import hashlib
import itertools
import random
import time
from contextlib import suppress

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Manner
from adapter.documents.teletype import UnreadableList, open_telegram
from adapter.documents.teletype_grammar import Grammar
from adapter.errors import DocumentError
from adapter.wire.typeb import Limits
from tests.documents.teletype_samples import (
    envelope,
    listed,
    opened,
    passengers,
    problems,
    rows,
    sample,
    warnings,
)


def test_ftl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("FTL_latin"))
    assert (document.kind, document.lines, document.unread, document.warnings) == ("FTL", 17, (), ())
    assert dict(document.tree.attrib) == {"originator": "DMEDCXY", "created": "2026-08-20T12:06:00Z"}
    assert rows(document.tree)[0] == ("flight", "XY", "418", "2026-08-20", "DME")
    assert [dict(group.attrib) for group in document.tree.findall("group")] == [
        {"off": "LED", "count": "2", "class": "C"},
        {"off": "LED", "count": "1", "class": "Y"},
    ]
    first, second, third = passengers(document)
    assert dict(first.attrib) == {"seats": "1", "surname": "ORLOVA", "given": "VERA MRS"}
    assert rows(first) == [("locator", "4KD7QW", "XY"), ("fqt", "FQTV", "XY", "2000000000018", "Y")]
    assert rows(second) == [
        ("marketing", "ZZ", "5418", "D", "DME", "LED", "2026-08-20"),
        ("locator", "4KD7QX", "XY"),
        ("fqt", "FQTV", "ZZ", "44100217", "GOLD"),
        ("fqt", "FQTU", "XY", "2000000000026"),
    ]
    assert second.find("fqt").get("tier") == "GOLD"
    assert rows(third) == [("fqt", "FQTR", "XY", "2000000000034")]
    assert [passenger.sourceline for passenger in passengers(document)] == [6, 9, 15]
    assert third.find("fqt").sourceline == 16


@pytest.mark.parametrize("encoding", ["utf-8", "cp866", "koi8-r", "cp1251"])
def test_cyrillic_codes_stay_as_received(catalogue: Catalogue, encoding: str) -> None:
    text = sample("FTL_cyrillic")
    if encoding == "koi8-r" or encoding == "cp866" or encoding == "cp1251":
        assert text.encode(encoding).decode(encoding) == text
    document = opened(catalogue, text, encoding)
    flight, group = document.tree
    assert (flight.get("carrier"), flight.get("board"), group.get("off"), group.get("class")) == (
        "ЮТ",
        "ВНК",
        "СОЧ",
        "Э",
    )
    assert [passenger.get("given") for passenger in passengers(document)] == ["ВЕРА ПАВЛОВНА", "ПЁТР"]
    # Cyrillic С is the booking class S and no Latin C: tables decide, not looks.
    assert passengers(document)[1].find("fqt").get("suffix") == "С"


def test_wrong_encodings_are_noticed(catalogue: Catalogue) -> None:
    text = sample("FTL_cyrillic")
    for written, read in itertools.permutations(("utf-8", "cp866", "koi8-r", "cp1251"), 2):
        with pytest.raises(DocumentError) as caught:
            catalogue.open(envelope(text.encode(written), read))
        assert caught.value.problems[0].line > 0
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text.encode("cp866"), "utf-8"))
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.column) == ("encoding_wrong", 4, 1)


def test_etl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("ETL_not_boarded"))
    assert (document.unread, warnings(document)) == ((), [("fewer_names_than_total", 9)])
    assert document.tree.find("flight").get("suffix") == "A"
    assert rows(document.tree)[1:3] == [("configuration", "008C114Y/738"), ("time", "ATD", "201431")]
    first, second, third = passengers(document)
    assert rows(first)[1:] == [
        ("ticket", "9990000000011", "1", "false"),
        ("ticket", "9990000000012", "1", "true"),
    ]
    assert [child.tag for child in second] == ["locator", "ticket", "baggage", "baggage"]
    assert [passenger.get("boarded") for passenger in (first, second, third)] == [None, None, "false"]
    assert rows(third) == [("ticket", "9990000000014", "false")]


def test_not_boarded_before_a_totals_line_holds_to_the_end(catalogue: Catalogue) -> None:
    body = "-LED01Y\n1ABLE/ADA\nNOT BOARDED\n-LED01Y\n1BAKER/BEN\n-AER01Y\n1CHARLIE/CYD\n"
    document = opened(catalogue, listed(body, "ETL"))
    assert [passenger.get("boarded") for passenger in passengers(document)] == [None, "false", "false"]
    assert document.warnings == ()
    body = "-LED02Y\n1ABLE/ADA\nNOT BOARDED\n1BAKER/BEN\n-AER01Y\n1CHARLIE/CYD\n"
    document = opened(catalogue, listed(body, "ETL"))
    assert [passenger.get("boarded") for passenger in passengers(document)] == [None, "false", None]


def test_prl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("PRL_full"))
    assert (document.unread, warnings(document)) == ((), [("fewer_names_than_total", 7)])
    first, second, third = passengers(document)
    assert rows(first) == [
        ("marketing", "ZZ", "5418", "H", "DME", "LED", "2026-08-20"),
        ("locator", "4KD7QW", "XY"),
        ("locator", "Q9Q9Q9", "1H"),
        ("baggage", "BG", "002"),
        ("baggage", "W", "K/2/31/7"),
        ("baggage", "N", "0999453919002/LED"),
        ("connection", "I", "XY", "17", "Y", "OVB", "DME", "2026-08-19"),
        ("connection", "O", "XY", "461", "Y", "TJM", "2026-08-21"),
        ("connection", "O2", "XY", "462", "Y", "TJM", "SGC", "2026-08-21"),
        ("infant", "ORLOV", "IVAN"),
        ("check_in", "0012", "true"),
        ("ticket", "9990000000012", "1", "true"),
        ("seat", "12A"),
        ("check_in", "0012"),
        ("fqt", "FQTV", "XY", "2000000000018"),
        ("status", "SILVER"),
        ("remark", "XBAG"),
        ("service", "A", "0B5", "SEAT", "A", "9994555892312", "1"),
        ("ticket", "9990000000011", "1", "false"),
        ("private", "DOCS"),
        ("private", "FOID"),
    ]
    assert rows(second)[:2] == [("standby", "DG2", "050"), ("child",)]
    # The Cyrillic А in a ticket number is the Latin one that the DCS means.
    assert second.find("ticket").get("number") == "99A0000000021"
    assert (third.get("seats"), third.get("given")) == ("2", "PABLO")
    assert [element.tag for element in document.tree.findall("group")[1]] == [*["passenger"] * 3, "blocked"]


def test_documents_of_people_never_enter_the_tree(catalogue: Catalogue) -> None:
    text = etree.tostring(opened(catalogue, sample("PRL_full")).tree, encoding="unicode")
    assert "770000001" not in text
    assert "01JAN80" not in text
    body = "-LED01Y\n1ABLE/ADA\n.R/PCTC /5550001\n.R/OTHS HK1 DOCS/7700\n.R/CTCM 5550002\n"
    body += ".C/SECRET\n.U/5550003\n.R/VGML 5550004\n"
    text = etree.tostring(opened(catalogue, listed(body)).tree, encoding="unicode")
    assert "555" not in text
    assert "SECRET" not in text
    assert "7700" not in text


@pytest.mark.parametrize("kind", ["FTL", "ETL", "PRL"])
def test_nil(catalogue: Catalogue, kind: str) -> None:
    document = opened(catalogue, sample(f"{kind}_nil"))
    assert [child.tag for child in document.tree] == ["flight", "nil"]
    assert (document.lines, document.unread) == (6, ())


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("FQTV XY 12345678", ("FQTV", "XY", "12345678", None, None)),
        ("FQTV XY 12345678-Y", ("FQTV", "XY", "12345678", "Y", None)),
        ("FQTV HK1 XY 12345678-Э", ("FQTV", "XY", "12345678", "Э", None)),
        ("FQTV XY HK1 12345678", ("FQTV", "XY", "12345678", None, None)),
        ("FQTV HK1 XY0012345678", ("FQTV", "XY", "0012345678", None, None)),
        ("FQTV ABC 12345678/PLATINUM", ("FQTV", "ABC", "12345678", None, "PLATINUM")),
        ("FQTV S7 A12345678-GOLD", ("FQTV", "S7", "A12345678", None, "GOLD")),
        ("FQTV XY 12345678-1ABLE/ADA", ("FQTV", "XY", "12345678", None, None)),
        ("FQTV XY 12345678-Y-1ABLE/ADA", ("FQTV", "XY", "12345678", "Y", None)),
        ("FQTU XY 12345678-C", ("FQTU", "XY", "12345678", None, None)),
        ("FQTU XY 12345678-FREE TEXT", ("FQTU", "XY", "12345678", None, None)),
        ("FQTR HK1 XY12345678T", ("FQTR", "XY", "12345678T", None, None)),
        ("FQTV ЮТ 1234567890123456789012345", ("FQTV", "ЮТ", "1234567890123456789012345", None, None)),
    ],
)
def test_card_remarks(catalogue: Catalogue, remark: str, expected: tuple[str | None, ...]) -> None:
    document = opened(catalogue, listed(f"-LED01Y\n1ABLE/ADA\n.R/{remark}\n", "FTL"))
    (card,) = passengers(document)[0]
    assert tuple(card.get(name) for name in ("role", "airline", "number", "suffix", "tier")) == expected


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("TKNE HK1 9990000000011/1", ("9990000000011", "1", "false")),
        ("TKNE 9990000000011/4-1ABLE/ADA", ("9990000000011", "4", "false")),
        ("TKNE HK1 INF9990000000011/2", ("9990000000011", "2", "true")),
        ("TKNE HK1 999-0000000011/2", ("9990000000011", "2", "false")),
        ("TKNA HK1 9990000000011", ("9990000000011", None, "false")),
        ("TKNE HK1 99A0000000011/1", ("99A0000000011", "1", "false")),
    ],
)
def test_ticket_remarks(catalogue: Catalogue, remark: str, expected: tuple[str | None, ...]) -> None:
    document = opened(catalogue, listed(f"-LED01Y\n1ABLE/ADA\n.R/{remark}\n"))
    (ticket,) = passengers(document)[0]
    assert tuple(ticket.get(name) for name in ("number", "coupon", "infant")) == expected


@pytest.mark.parametrize(
    "element", [".R/FQTV XY", ".R/FQTV XY 1234５678", ".R/TKNE HK1 9990000000011/9", ".M/NONSENSE", ".L/"]
)
def test_an_element_that_cant_be_read_is_unread_with_a_warning(catalogue: Catalogue, element: str) -> None:
    document = opened(catalogue, listed(f"-LED01Y\n1ABLE/ADA\n{element}\n"))
    assert (warnings(document), document.unread) == ([("line_unreadable", 7)], (7,))
    assert len(passengers(document)[0]) == 0


def test_continuations_join_byte_for_byte(catalogue: Catalogue) -> None:
    body = "-LED01Y\n1ABLE/ADA\n.R/FQTV XY 1234\n.RN/5678\n.RN/-Y\n.R/TKNE HK1\n.RN/ 9990000000011\n.RN//1\n"
    body += ".R/SEAT HK1 \n.RN/3A\n"
    card, ticket, seat = passengers(opened(catalogue, listed(body)))[0]
    assert (card.get("number"), card.get("suffix"), card.sourceline) == ("12345678", "Y", 7)
    assert (ticket.get("number"), ticket.get("coupon")) == ("9990000000011", "1")
    assert seat.get("numbers") == "3A"


def test_a_remark_grows_to_its_limit_and_no_further(catalogue: Catalogue) -> None:
    def body(characters: int) -> str:
        text = ".R/DOCS " + "A" * (characters - 8)
        return "-LED02Y\n1ABLE/ADA\n" + "\n.RN/".join(text[at : at + 400] for at in range(0, len(text), 400))

    longest = Limits().remark_characters_max
    (document,) = passengers(opened(catalogue, listed(f"{body(longest)}\n1BAKER/BEN\n")))[0]
    assert (document.tag, document.get("code")) == ("private", "DOCS")
    too_long = listed(f"{body(longest + 1)}\n.RN/MORE\n1BAKER/BEN\n.L/ABC123\n")
    assert problems(catalogue, too_long) == [("line_too_long", 12, 1)]
    kept = catalogue.open(envelope(too_long), Manner(tolerant=True))
    assert isinstance(kept, Document)
    assert (warnings(kept)[-1], kept.unread) == (("line_too_long", 12), (12, 13))
    assert [(one.get("surname"), one.get("damaged")) for one in passengers(kept)] == [
        ("ABLE", "line_too_long"),
        ("BAKER", None),
    ]


def test_words_with_a_dot_are_appended_up_to_the_same_limit(catalogue: Catalogue) -> None:
    words = f".{'W' * 500}\n" * 5
    found = problems(catalogue, listed(f"-LED01Y\n1ABLE/ADA\n.R/OTHS HK1 ANY\n{words}"))
    assert found == [("line_too_long", 12, 1)]


def test_elements_on_the_same_line(catalogue: Catalogue) -> None:
    inline = "-LED01Y\n1ABLE/ADA MRS .L/ABC123/XY .R/FQTV XY 12345678 .W/K/1/9\n"
    apart = inline.replace(" .", "\n.")
    trees = [opened(catalogue, listed(body)).tree for body in (inline, apart)]
    assert etree.tostring(trees[0]) == etree.tostring(trees[1])


def test_parties(catalogue: Catalogue) -> None:
    body = (
        "-LED05Y\n2ABLE/ADA/BEN-A2 .L/ABC123/XY\n.R/FQTV XY 11111111-1ABLE/BEN\n.R/FQTV XY 22222222\n"
        "3DUB/EVE/FAY/EXST\n1GUN/HAL/MR\n"
    )
    document = opened(catalogue, listed(body))
    seen = [(p.get("given"), p.get("seats"), [child.tag for child in p]) for p in passengers(document)]
    assert seen == [
        ("ADA", "1", ["locator"]),
        ("BEN", "1", ["locator", "fqt"]),
        ("EVE", "2", []),
        ("FAY", "1", []),
        ("HAL MR", "1", []),
    ]
    assert passengers(document)[0].get("party") == "A2"
    assert (warnings(document), document.unread) == ([("remark_unbound", 8)], (8,))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CFG/113Y/MD8", ("configuration", "113Y/MD8")),
        ("CFG/F22C33Y222", ("configuration", "F22C33Y222")),
        ("CFG/???", ("configuration", "???")),
        ("CFG/???C120Y", ("configuration", "???C120Y")),
        ("STD/1405", ("time", "STD", "1405")),
        ("ATD/????", ("time", "ATD")),
        ("RBD C/CDJZ Y/BEGHK", ("booking_classes", "C/CDJZ Y/BEGHK")),
        ("ANA/123456", ("association", "123456")),
    ],
)
def test_header_lines(catalogue: Catalogue, line: str, expected: tuple[str, ...]) -> None:
    document = opened(catalogue, listed(f"{line}\n-LED00Y\n"))
    assert rows(document.tree)[1] == expected


@pytest.mark.parametrize("cabins", ["?" * 400, "A111A" * 80])
def test_a_hostile_configuration_takes_no_time(catalogue: Catalogue, cabins: str) -> None:
    began = time.process_time()
    with pytest.raises(DocumentError) as caught:
        opened(catalogue, listed(f"CFG/{cabins}!\n-LED00Y\n"))
    assert time.process_time() - began < 0.5
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("line_unreadable", 5)]


def test_blocks_and_free_text_are_read_and_leave_nothing(catalogue: Catalogue) -> None:
    body = "AVAIL\n DME  LED\nC008  004\nTRANSIT\nC001\n-LED01Y\n1ABLE/ADA\nSI ANY WORDS .L/ABC123\n1NOT A NAME\n.X/Y\n"
    document = opened(catalogue, listed(body))
    assert (document.unread, document.warnings, document.lines) == ((), (), 15)
    assert [child.tag for child in document.tree] == ["flight", "group"]
    assert len(passengers(document)[0]) == 0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("-LED01Y\n1ABLE/ADA\nWHAT IS THIS\n", ("line_unknown", 7, 1)),
        ("-LED01Y\n1ABLE/ADA\n.Z/NEW\n", ("line_unknown", 7, 1)),
        ("1ABLE/ADA\n", ("line_out_of_place", 5, 1)),
        ("-LED01Y\n.L/ABC123\n", ("line_out_of_place", 6, 1)),
        ("-LED01Y\n1ABLE/ADA\n.RN/ABC\n", ("line_out_of_place", 7, 1)),
        ("-LED01Y\n1able/ada\n", ("line_unreadable", 6, 1)),
        ("-LED01\n1ABLE/ADA\n", ("line_unreadable", 5, 1)),
        ("-LED1000Y\n1ABLE/ADA\n", ("line_unreadable", 5, 1)),
        ("-LED02Y\n2ABLE/ADA/BEN/CYD\n", ("more_names_than_seats", 6, 1)),
        ("-LED01Y\n1ABLE/ADA\n1BAKER/BEN\n", ("more_names_than_total", 5, 1)),
        ("-LED00Y\n1ABLE/ADA\n", ("more_names_than_total", 5, 1)),
    ],
)
def test_damage_quarantines_with_its_place(
    catalogue: Catalogue, body: str, expected: tuple[str, int, int]
) -> None:
    assert problems(catalogue, listed(body))[0] == expected


def test_standby_passengers_are_beyond_the_total(catalogue: Catalogue) -> None:
    document = opened(catalogue, listed("-LED001Y-PAD002\n1ABLE/ADA\n1BAKER/BEN\n1CYD/C\n"))
    assert document.warnings == ()
    body = "-LED001Y-PAD001\n1ABLE/ADA\n1BAKER/BEN\n1CYD/C\n"
    assert problems(catalogue, listed(body)) == [("more_names_than_total", 5, 1)]


def test_nothing_below_a_lost_name_moves_to_the_one_before(grammars: dict[str, Grammar]) -> None:
    body = "-LED02Y\n1ABLE/ADA\n.L/AAAAAA\n1baker\n.L/BBBBBB\n.R/TKNE HK1 9990000000011/1\n.RN/X\n1CYD/C\n.L/CCCCCC\n"
    with pytest.raises(UnreadableList) as caught:
        open_telegram(envelope(listed(body)), grammars)
    assert [problem.line for problem in caught.value.problems] == [8]
    assert caught.value.unread == (8, 9, 10, 11)


def test_a_list_without_any_content_is_refused(catalogue: Catalogue) -> None:
    assert problems(catalogue, listed(""))
    assert problems(catalogue, listed("NIL\n-LED01Y\n1ABLE/ADA\n"))


def test_unknown_kinds_are_named(catalogue: Catalogue) -> None:
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(listed("ANYTHING\n", "QQQ")))
    problem = caught.value.problems[0]
    assert (caught.value.kind, problem.code, problem.line) == ("QQQ", "kind_unknown", 3)


def test_too_long_telegrams_are_not_looked_at(grammars: dict[str, Grammar]) -> None:
    with pytest.raises(DocumentError) as caught:
        open_telegram(envelope(b"A" * 65537), grammars)
    assert caught.value.problems[0].code == "telegram_too_long"
    assert caught.value.digest == hashlib.sha256(b"A" * 65537).digest()


def test_problems_are_capped(grammars: dict[str, Grammar]) -> None:
    body = "".join(f"THIS IS NO LINE {number}\n" for number in range(50))
    with pytest.raises(DocumentError) as caught:
        open_telegram(envelope(listed(body)), grammars, Limits(problems_max=20))
    assert len(caught.value.problems) == 20


def test_list_length_is_limited(grammars: dict[str, Grammar]) -> None:
    text = listed("-LED09Y\n" + "1ABLE/ADA\n" * 9)
    assert isinstance(open_telegram(envelope(text), grammars, Limits(list_lines_max=16)), Document)
    with pytest.raises(DocumentError) as caught:
        open_telegram(envelope(text), grammars, Limits(list_lines_max=14))
    assert caught.value.problems[0].code == "list_too_long"


def test_repeats_have_the_same_digest(grammars: dict[str, Grammar]) -> None:
    text = sample("FTL_latin")
    digests = set()
    for variant in (
        text,
        text.replace("QU LEDFFXY MOWFFXY", "SVOFFXY"),
        text.replace("FTL\n", "PDM\nFTL\n", 1),
    ):
        document = open_telegram(envelope(variant), grammars)
        digests.add(document.digest)
    assert len(digests) == 1


def test_damage_of_single_bytes_is_never_a_surprise(catalogue: Catalogue) -> None:
    rng = random.Random(20260820)
    for name in ("FTL_latin", "ETL_not_boarded", "PRL_full", "FTL_cyrillic"):
        raw = bytearray(sample(name).encode("cp866"))
        for _ in range(300):
            damaged = bytearray(raw)
            position = rng.randrange(len(raw))
            damaged[position] = rng.choice((0, 10, 13, 32, 45, 46, 47, 49, 65, 97, 160, 255))
            with suppress(DocumentError):
                catalogue.open(envelope(bytes(damaged), "cp866"))
