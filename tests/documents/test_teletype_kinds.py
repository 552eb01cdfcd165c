"""Every kind of list beyond the first three, and the kinds that are passed on unread."""

import re
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Part
from adapter.documents.teletype_kinds import OPAQUE_KINDS
from tests.documents.teletype_samples import envelope, listed, opened, problems, rows, sample, warnings

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "typeb"


def people(document: Document) -> list[etree._Element]:
    return list(document.tree.iter("passenger"))


def shown(person: etree._Element, *names: str) -> tuple[str | None, ...]:
    return tuple(person.get(name) for name in names)


def test_pnl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("PNL_parties"))
    assert (document.unread, document.warnings, document.lines) == ((), (), 39)
    assert rows(document.tree)[1:4] == [
        ("association", "004711"),
        ("configuration", "008C114Y"),
        ("booking_classes", "C/CDJ Y/YBHKM"),
    ]
    first, second, anna, oleg, yuri, solo, nameless = people(document)
    assert rows(first) == [
        ("marketing", "ZZ", "5418", "H", "DME", "LED", "2026-08-20"),
        ("locator", "4KD7QW", "XY"),
        ("locator", "Q9Z8T7", "1H"),
        ("ticket", "9991100000011", "1", "false"),
        ("status", "GOLD"),
        ("fqt", "FQTV", "XY", "2011000000018"),
        ("private", "DOCS"),
    ]
    # Only the first of a party carries the locators and the marketing flight; they hold for all of it.
    assert rows(second)[:3] == rows(first)[:3]
    assert rows(second)[3:] == [("ticket", "9992200000042", "1", "false"), ("private", "FOID")]
    assert rows(anna) == [("locator", "5LM8RX"), ("ticket", "9993300000073", "1", "false")]
    assert [row[0] for row in rows(oleg)] == ["locator", "fqt", "ticket"]
    assert rows(yuri) == [("locator", "5LM8RX"), ("child",), ("infant", "MELNIK", "IVAN")]
    assert shown(solo, "seats", "given", "extra") == ("1", "PIANO", "CBBG")
    assert rows(solo)[1] == ("seat", "12A")
    assert shown(nameless, "surname", "given") == ("BUV", None)
    assert document.tree.findall("group")[1].get("pad") == "1"


def test_names_that_are_not_given_are_persons_in_a_booking_list_only(catalogue: Catalogue) -> None:
    body = "-LED03Y\n3SMITH/JOHN\n"
    document = opened(catalogue, listed(body, "PNL"))
    assert [shown(one, "seats", "given") for one in people(document)] == [
        ("1", "JOHN"),
        ("1", None),
        ("1", None),
    ]
    assert warnings(document) == [("fewer_names_than_seats", 6)]
    assert [shown(one, "seats") for one in people(opened(catalogue, listed(body, "PRL")))] == [("3",)]


def test_a_party_with_more_members_than_it_says_shares_nothing(catalogue: Catalogue) -> None:
    body = "-LED03Y\n1ABLE/ADA-A2\n.L/4KD7QW\n1BAKER/BEN-A2\n1CYD/CON-A2\n"
    document = opened(catalogue, listed(body, "PNL"))
    assert [len(one) for one in people(document)] == [1, 0, 0]
    assert warnings(document) == [("party_too_large", 9)]


def test_adl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("ADL_changes"))
    assert (document.unread, document.warnings) == ((), ())
    assert [shown(one, "change", "surname") for one in people(document)] == [
        ("DEL", "ORLOVA"),
        ("DEL", "ORLOV"),
        ("ADD", "NOVIK"),
        ("CHG", "MELNIK"),
    ]
    assert rows(people(document)[1]) == [("locator", "4KD7QW", "XY")]
    # The totals of an ADL are those of the booking, not of the names below them.
    assert opened(catalogue, listed("-AER000Y\nDEL\n1ABLE/ADA\nADD\n1ABLE/EVA\n", "ADL")).warnings == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("-LED01Y\n1ABLE/ADA\n", ("line_out_of_place", 6, 1)),
        ("ADD\n1ABLE/ADA\n", ("line_out_of_place", 5, 1)),
        ("-LED01Y\nADD\n1ABLE/ADA\n-AER01Y\n1BAKER/BEN\n", ("line_out_of_place", 9, 1)),
        ("-LED01Y\nDEL\n1ABLE/ADA ADD\n1BAKER/BEN\n", ("line_break_lost", 7, 11)),
    ],
)
def test_a_change_that_is_not_named_is_none(
    catalogue: Catalogue, body: str, expected: tuple[str, int, int]
) -> None:
    assert problems(catalogue, listed(body, "ADL"))[0] == expected


def test_pfs(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("PFS_categories"))
    assert (document.unread, document.warnings) == ((), ())
    assert rows(document.tree)[1:3] == [
        ("numerics", "LED", "00/004/081", "0/0/2"),
        ("numerics", "AER", "/7/040"),
    ]
    seen = [
        (
            group.get("off"),
            *shown(category, "code", "count", "class"),
            [one.get("surname") for one in category],
        )
        for group in document.tree.findall("group")
        for category in group
    ]
    assert seen == [
        ("LED", "CFMWL", "1", "Y", ["ABLE"]),
        ("LED", "FQTVN", "2", "Y", ["BAKER", "CHARLIE"]),
        ("LED", "GOSHO", "2", "Y", ["DUB"]),
        ("LED", "NOSHO", "1", "C", ["FOX"]),
        ("AER", "NOSHO", "2", "Y", ["GUN", "HILL"]),
        ("AER", "OFFLK", "1", "Y", ["INK"]),
    ]
    baker, dub = people(document)[1], people(document)[3]
    assert [shown(card, "role", "airline", "number", "tier") for card in baker.findall("fqt")] == [
        ("FQTV", "XY", "2000000000018", None),
        ("FQTV", "ZZ", "44100217", "GOLD"),
    ]
    assert (shown(dub, "seats", "extra"), rows(dub)) == (("2", "CBBG"), [("denied", "USD200")])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("AER 00/008/097\n", ("AER", "00/008/097", None)),
        ("FCO 03/012\n", ("FCO", "03/012", None)),
        ("JNB /5/070\n", ("JNB", "/5/070", None)),
        ("LED 00/001/001 PAD1/2/3\n", ("LED", "00/001/001", "1/2/3")),
        ("LED 000/001/\n    002/003 PAD000/\n 001\n", ("LED", "000/001/002/003", "000/001")),
    ],
)
def test_numerics_alone_are_a_pfsn(
    catalogue: Catalogue, lines: str, expected: tuple[str | None, ...]
) -> None:
    document = opened(catalogue, listed(lines, "PFS"))
    (numerics,) = document.tree.findall("numerics")
    assert (shown(numerics, "off", "counts", "pad"), document.unread) == (expected, ())


def test_a_pfs_that_is_cut_between_its_lines(catalogue: Catalogue) -> None:
    whole = sample("PFS_categories")
    head, body = whole.split("PART1\n")
    lines = body.splitlines(keepends=True)
    for cut in range(1, len(lines) - 1):
        first = f"{head}PART1\n{''.join(lines[:cut])}ENDPART1\n"
        second = f"{head}PART2\n{''.join(lines[cut:])}"
        parts = [catalogue.open(envelope(text)) for text in (second, first)]
        texts = tuple(part.text for part in parts if isinstance(part, Part))
        tree = catalogue.join(texts, "PFS", envelope("").received_at).tree
        assert etree.tostring(tree) == etree.tostring(opened(catalogue, whole).tree)


def test_asl(catalogue: Catalogue) -> None:
    document = opened(catalogue, sample("ASL_one"))
    (one,) = people(document)
    assert rows(one)[-1] == ("service", "A", "0B5", "SEAT", "A", "9994555892312", "1")


HEAD = "MOWFFXY\n.DMEDCXY 201230\n"
MVT = HEAD + "MVT\nXY418/20.RA73001.DME\nAD1205/1218 EA1340 LED\nDL81/0015\nPX112\nSI NOTHING\n"


def test_a_movement_tells_that_a_flight_has_departed(catalogue: Catalogue) -> None:
    document = opened(catalogue, MVT)
    assert (document.lines, document.unread, document.warnings) == (8, (), ())
    assert rows(document.tree) == [
        ("flight", "XY", "418", "2026-08-20", "DME", "RA73001"),
        ("departed", "2026-08-20T12:05:00Z", "2026-08-20T12:18:00Z", "LED"),
        ("body", "5"),
    ]
    later = opened(catalogue, MVT.replace("201230", "210020").replace("AD1205/1218", "AD202350/210004"))
    assert rows(later.tree)[1][1:3] == ("2026-08-20T23:50:00Z", "2026-08-21T00:04:00Z")
    over = opened(catalogue, MVT.replace("201230", "201236").replace("AD1205/1218", "AD9905/1218"))
    assert [row[0] for row in rows(over.tree)] == ["flight", "body"]


@pytest.mark.parametrize(
    ("text", "kind", "flight", "lines"),
    [
        ("PTM\nXY418/20AUG DMELED PART1\nZZ12/20 AER 1Y 0B A/B\nENDPTM\n", "PTM", "LED", 3),
        ("LDM\nXY418/20.RA73001.C8Y114.2/4\n-LED.1/2/3\n", "LDM", None, 2),
        ("LCI\nXY418/20AUG.DME\nANY\n", "LCI", None, 2),
        ("BTM\n.V/1TDME\n.F/XY418/20AUG/LED/Y\n.N/0999123456001\nENDBTM\n", "BTM", None, 4),
        ("SSM\nUTC\nNEW\nXY418\n", "SSM", None, 3),
        ("DMEXY ABC123\n1ABLE/ADA\nXY418Y20AUGDMELED HK1\nSSR FQTV XY HK1 200\n", "AIRIMP", None, 4),
    ],
)
def test_other_kinds_are_passed_on(
    catalogue: Catalogue, text: str, kind: str, flight: str | None, lines: int
) -> None:
    document = opened(catalogue, HEAD + text)
    assert (document.kind, document.unread) == (kind, ())
    found = document.tree.find("flight")
    assert (found.get("off") if found is not None else None) == flight
    assert document.tree.find("body").get("lines") == str(lines)
    assert document.lines == lines + 3 - (kind == "AIRIMP")


def test_a_list_whose_kind_was_damaged_into_another_is_not_passed_on(catalogue: Catalogue) -> None:
    assert problems(catalogue, sample("FTL_latin").replace("FTL\n", "PIL\n", 1))[0][0] == "end_mismatch"


def test_the_schemas_know_the_kinds_that_are_known_by_name(catalogue: Catalogue) -> None:
    named = re.findall(r'<xs:element name="(\w+)" type="Opaque"', (SCHEMAS / "others.xsd").read_text("utf-8"))
    assert {*named, "MVT"} == set(OPAQUE_KINDS)
    assert {kind for kind in catalogue.kinds if catalogue.kinds[kind].grammar} == {
        *("FTL", "ETL", "ASL", "PRL", "PFS", "PNL", "ADL")
    }


def test_a_category_that_nobody_knows_is_told_and_kept(catalogue: Catalogue) -> None:
    body = "LED 00/004/081\n-LED\nNOSHO 1Y\n1ABLE/ADA\n NOSHP 1Y\n1BAKER/BEN\nREGRET 1Y\n1CHARLIE/CYD\n"
    document = opened(catalogue, listed(body, "PFS"))
    told = [(one.code, one.line, one.column) for one in document.warnings]
    assert told == [("category_unknown", 9, 2)]
    assert [one.get("code") for one in document.tree.iter("category")] == ["NOSHO", "NOSHP", "REGRET"]
    assert document.unread == ()
