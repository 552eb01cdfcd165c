"""Lists written back: what comes out to the letter, what differs from what came in, and what can't be written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.documents.teletype_files import read_files
from adapter.documents.teletype_writer import list_telegrams, render
from adapter.envelope import Envelope
from adapter.errors import TelegramError
from adapter.wire.typeb_egress import Sizes
from tests.documents.telegram_trees import content
from tests.documents.teletype_samples import SAMPLES, opened

HEAD = ".DMEDCXY 201206\nETL\nXY418/20AUG DME PART1\n"


def written(catalogue: Catalogue, text: str) -> str:
    document = opened(catalogue, text)
    return render(document.tree, catalogue.kinds[document.kind].grammar)


def tree(body: str, kind: str = "ETL") -> etree._Element:
    flight = '<flight carrier="XY" number="418" date="2026-08-20" board="DME"/>'
    return etree.fromstring(
        f'<{kind} originator="DMEDCXY" created="2026-08-20T12:06:00Z">{flight}{body}</{kind}>'
    )


@pytest.mark.parametrize(
    "name", [path.stem for path in sorted(SAMPLES.glob("*.txt")) if "part" not in path.stem]
)
def test_samples_come_back(catalogue: Catalogue, name: str) -> None:
    document = opened(catalogue, (SAMPLES / f"{name}.txt").read_text(encoding="utf-8"))
    text = render(document.tree, catalogue.kinds[document.kind].grammar)
    assert content(opened(catalogue, text).tree) == content(document.tree)


def test_reference_lists_come_back(catalogue: Catalogue, shared: Path) -> None:
    """Whatever of them can be read, at one of the times at which their dates may be meant."""
    grammars = {name: kind.grammar for name, kind in catalogue.kinds.items() if kind.grammar is not None}
    corpus = shared / "corpus"
    came_back = 0
    for path in (*corpus.glob("astra/typeb/*/*.txt"), *corpus.glob("constructed/*.txt")):
        raw = path.read_bytes()
        encoding = "cp866" if b"\xd0" not in raw and not raw.isascii() else "utf-8"
        for month in (1, 5, 9):
            received = datetime(2021, month, 28, tzinfo=UTC)
            for reading in read_files([(path.name, raw)], grammars, encoding=encoding, received_at=received):
                if reading.document is None or reading.document.tree.find("body") is not None:
                    continue
                text = render(reading.document.tree, grammars[reading.kind])
                created = datetime.fromisoformat(reading.document.tree.get("created", ""))
                again = catalogue.open(
                    Envelope("", "typeb", "", text.encode(), received, created_hint=created)
                )
                assert isinstance(again, Document)
                assert content(again.tree) == content(reading.document.tree), path
                came_back += 1
    assert came_back > 40


def test_a_correction_is_written_as_one(catalogue: Catalogue) -> None:
    came = ".DMEDCXY 201206\nCOR\nPRL\nXY418/20AUG DME PART1\n-LED01Y\n1DUB/OLEG\nENDPRL\n"
    assert written(catalogue, came) == came


def test_everything_that_may_differ(catalogue: Catalogue) -> None:
    came = (
        "QU MOWFFXY LEDFFXY\n.DMEDCXY XY/201206\nPDM\nPRL\nXY0418/20AUG26 DME PART1\n"
        "CFG/008C114Y\n\n  -LED003Y\n"
        "2ORLOVA/VERA/NINA .L/4KD7QW/XY .L/Q9Q9Q9\n.R/TKNE HK1 9990000000011/1-1ORLOVA/NINA\n"
        "1KIM/AN/JOO\n.L/4KD7QX\n.M/ZZ5418H20DMELED\n.R/FQTV HK1 XY 2000000000018-GOLD\n.R/FQTR XY 3/SOME TEXT\n"
        ".R/TKNE HK1 999 0000000021\n.R/INFT HK1 01MAY26 KIM/BO\n.R/DOCS HK1/P/XYZ/1/XYZ/01JAN80/F/01JAN33/KIM/AN\n"
        "-AER01C\n1CELLO/PABLO/CBBG\n"
        "-LED04Y\n1DUB/OLEG\n.R/TKNE HK1 99А0000000031/2\n"
        "SI FREE TEXT\nMORE OF IT\nENDPRL\n"
    )
    assert written(catalogue, came) == (
        ".DMEDCXY 201206\nPRL\nXY418/20AUG DME PART1\n"
        "CFG/008C114Y\n-LED04Y\n"
        "1ORLOVA/VERA\n.L/4KD7QW/XY\n.L/Q9Q9Q9\n"
        "1ORLOVA/NINA\n.L/4KD7QW/XY\n.L/Q9Q9Q9\n.R/TKNE HK1 9990000000011/1\n"
        "1KIM/AN JOO\n.M/ZZ5418H20DMELED\n.L/4KD7QX\n.R/FQTV XY 2000000000018/GOLD\n.R/FQTR XY 3\n"
        ".R/TKNA HK1 9990000000021\n.R/1INF KIM/BO\n.R/DOCS\n"
        "1DUB/OLEG\n.R/TKNE HK1 99A0000000031/2\n"
        "-AER01C\n1CELLO/PABLO/CBBG\n"
        "ENDPRL\n"
    )


def test_not_boarded(catalogue: Catalogue) -> None:
    """Said before the rest of the list, before the last of a group, and taken back by the totals line."""
    person = '<passenger seats="1" surname="{}"/>'
    away = '<passenger seats="1" surname="{}" boarded="false"/>'
    mixed = person.format("ORLOVA") + away.format("DUB") + person.format("KIM")
    source = tree(
        f'<group off="LED" count="2" class="Y">{mixed}</group>'
        f'<group off="AER" count="1" class="Y">{person.format("CELLO")}</group>'
        f'<group off="LED" count="1" class="Y">{away.format("MELNIK")}</group>'
        '<group off="AER" count="0" class="C"/>'
    )
    text = render(source, catalogue.kinds["ETL"].grammar)
    assert text == (
        f"{HEAD}-LED02Y\n1ORLOVA\nNOT BOARDED\n1DUB\n-LED02Y\n1KIM\n-AER01Y\n1CELLO\n"
        "NOT BOARDED\n-LED01Y\n1MELNIK\n-AER00C\nENDETL\n"
    )
    assert content(opened(catalogue, text).tree) == content(source)


def test_seconds_and_lists_without_origin(catalogue: Catalogue) -> None:
    grammar = catalogue.kinds["ETL"].grammar
    source = tree("<nil/>")
    source.set("created", "2026-08-20T12:06:07Z")
    assert render(source, grammar).startswith(".DMEDCXY 20120607\nETL\n")
    del source.attrib["originator"]
    assert render(source, grammar) == "ETL\nXY418/20AUG DME PART1\nNIL\nENDETL\n"


def test_long_remarks_go_on_in_the_next_line(catalogue: Catalogue) -> None:
    infant = f'<infant surname="{"A" * 50}" given="{"B" * 50}"/>'
    source = tree(
        f'<group off="LED" count="1" class="Y"><passenger seats="1" surname="DUB">{infant}</passenger></group>',
        "PRL",
    )
    text = render(source, catalogue.kinds["PRL"].grammar)
    assert f"\n.R/1INF {'A' * 50}/{'B' * 4}\n.RN/{'B' * 46}\n" in text
    assert content(opened(catalogue, text).tree) == content(source)


def test_telegrams_of_a_list(catalogue: Catalogue) -> None:
    people = "".join(f'<passenger seats="1" surname="{name}"/>' for name in ("ORLOVA", "DUB", "KIM"))
    source = tree(
        f'<association number="007"/><configuration text="9Y"/><group off="LED" count="3" class="Y">{people}</group>'
    )
    grammar = catalogue.kinds["ETL"].grammar
    texts = list_telegrams(source, grammar, ("MOWFFXY",), sizes=Sizes(part_characters_max=108), line_end="\n")
    head = "MOWFFXY\n.DMEDCXY 201206\nETL\nXY418/20AUG DME PART"
    assert texts == (
        f"{head}1\nANA/007\nCFG/9Y\n-LED03Y\n1ORLOVA\nENDPART1\n",
        f"{head}2\nANA/007\n-LED03Y\n1DUB\n1KIM\nENDETL\n",
    )
    repeat = list_telegrams(source, grammar, ("MOWFFXY",), possible_duplicate=True)
    assert repeat[0].split("\r\n")[:3] == ["MOWFFXY", ".DMEDCXY 201206", "PDM"]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ("<odd/>", "element_not_writable", "/ETL/odd"),
        ('<group off="LED" count="1"/>', "element_not_writable", "/ETL/group"),
        (
            '<group off="LED" count="1" class="Y"><passenger seats="1" surname="4"/></group>',
            "element_not_writable",
            "*",
        ),
        (
            '<group off="LED" count="1" class="Y"><passenger seats="1" surname="DUB .L" given="ILYA"/></group>',
            "element_not_writable",
            "*",
        ),
        (
            '<group off="LED" count="1" class="Y"><passenger seats="1" surname="DUB" given="CBBG"/></group>',
            "line_unreadable",
            "",
        ),
        (
            '<group off="LED" count="0" class="Y"><passenger seats="1" surname="DUB"/></group>',
            "more_names_than_total",
            "",
        ),
    ],
)
def test_what_no_line_can_carry_is_refused(catalogue: Catalogue, body: str, code: str, path: str) -> None:
    with pytest.raises(TelegramError) as caught:
        render(tree(body), catalogue.kinds["ETL"].grammar)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.path == ("/ETL/group/passenger" if path == "*" else path)


def test_a_list_without_flight(catalogue: Catalogue) -> None:
    with pytest.raises(TelegramError) as caught:
        render(etree.fromstring("<ETL><nil/></ETL>"), catalogue.kinds["ETL"].grammar)
    assert [problem.code for problem in caught.value.problems] == ["flight_line_missing"]


def test_every_element_of_every_kind_has_a_line(catalogue: Catalogue) -> None:
    for kind in catalogue.kinds.values():
        if kind.grammar is not None:
            grammar = kind.grammar
            rules = {rule for pairs in grammar.starts.values() for _, rule in pairs}
            rules |= {*grammar.elements.values(), *grammar.remarks.values()}
            rules |= {grammar.otherwise} if grammar.otherwise else set()
            silent = {rule.name for rule in rules if (rule.element or rule.marks) and not rule.writes}
            assert not silent, kind.name
