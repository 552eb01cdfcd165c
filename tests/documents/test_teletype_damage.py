"""Damage: what makes a list unusable, what a tolerant link survives, and that nothing ever moves to somebody else."""

import random

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Manner, Part
from adapter.documents.xml import line_of
from adapter.errors import DocumentError
from tests.documents.corruption import moved
from tests.documents.teletype_samples import RECEIVED, envelope, opened, problems, sample

TOLERANT = Manner(tolerant=True)
HEAD = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\n"
LIST = HEAD + "-LED02Y\n1ABLE/ADA\n.L/4KD7QW/XY\n1BAKER/BEN\n.L/5LM8RX/XY\nENDFTL\n"


def used(catalogue: Catalogue, text: str) -> Document:
    document = catalogue.open(envelope(text), TOLERANT)
    assert isinstance(document, Document)
    return document


def survivors(document: Document) -> list[tuple[str | None, str | None, int]]:
    return [(one.get("surname"), one.get("damaged"), len(one)) for one in document.tree.iter("passenger")]


LOCAL = [
    # an element nobody knows: what follows it may be somebody else's
    (".Q/WHAT\n.L/9ZZ9ZZ", "line_unknown", [("ABLE", "line_unknown", 1), ("BAKER", None, 1)]),
    (".R/FQTV XY", "line_unreadable", [("ABLE", "line_unreadable", 1), ("BAKER", None, 1)]),
    ("XR/SEAT HK1 12A", "line_unknown", [("ABLE", "line_unknown", 1), ("BAKER", None, 1)]),
    # a name that can't be read is lost with its elements
    ("1cha/rl\n.L/9ZZ9ZZ", "line_unreadable", [("ABLE", None, 1), ("BAKER", None, 1)]),
    ("XCHARLIE/CYD\n.L/9ZZ9ZZ", "line_unknown", [("ABLE", None, 1), ("BAKER", None, 1)]),
    ("2CHARLIE/CYD/DAN/EVE\n.L/9ZZ9ZZ", "more_names_than_seats", [("ABLE", None, 1), ("BAKER", None, 1)]),
    (".R/SEAT HK1 12\x07A", "control_character", [("ABLE", "control_character", 1), ("BAKER", None, 1)]),
    (".R/" + "A" * 600, "line_too_long", [("ABLE", "line_too_long", 1), ("BAKER", None, 1)]),
    (".R/SEAT HK1 12AX.L/9ZZ9ZZ", "line_break_lost", [("ABLE", "line_break_lost", 1), ("BAKER", None, 1)]),
    (".R/FQTV XY 123456-1CHARLIE/CYD", "remark_unbound", [("ABLE", "remark_unbound", 1), ("BAKER", None, 1)]),
]


@pytest.mark.parametrize(("lines", "code", "expected"), LOCAL)
def test_a_tolerant_link_uses_the_rest(
    catalogue: Catalogue, lines: str, code: str, expected: list[tuple[str, str | None, int]]
) -> None:
    text = LIST.replace("1BAKER", f"{lines}\n1BAKER")
    document = used(catalogue, text)
    assert survivors(document) == expected
    assert code in [warning.code for warning in document.warnings]
    assert 8 in document.unread
    lost = document.tree.find("group").get("lost")
    assert (lost is not None) == (expected[0][1] is None)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("-LED02Y", "XLED02Y", "line_unknown"),
        ("-LED02Y", "-LED0XY", "line_unreadable"),
        ("1ABLE/ADA", "1OT BOARDED", "line_out_of_place"),
        ("1BAKER/BEN", ".OT BOARDED", "line_unknown"),
        ("1BAKER/BEN", "-BAKER/BEN", "line_unreadable"),
        ("1BAKER/BEN\n", "1BAKER/BEN\n1CYD/CON\n", "more_names_than_total"),
        ("ENDFTL", "ENDPRL", "end_mismatch"),
        ("XY418", "XY4\x0718", "control_character"),
        ("1BAKER/BEN", "QQQ", "line_unknown"),
        ("1BAKER/BEN", "XY418/20AUG DME PART1", "flight_line_repeated"),
        ("1BAKER/BEN", ".SVODCXY 201206", "origin_repeated"),
    ],
)
def test_damage_that_is_not_local_is_not_survived(
    catalogue: Catalogue, old: str, new: str, code: str
) -> None:
    text = LIST.replace(old, new, 1)
    if new == "1OT BOARDED":
        text = text.replace("-LED02Y\n", "")
    if "BOARDED" in new:
        text = text.replace("FTL", "ETL")
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text), TOLERANT)
    assert code in [problem.code for problem in caught.value.problems]
    assert all(problem.line for problem in caught.value.problems)


def test_a_name_that_a_lost_line_break_hides(catalogue: Catalogue) -> None:
    text = LIST.replace(".L/4KD7QW/XY\n", ".R/OTHS HK1 SOME TEXT\n")
    broken = text.replace("TEXT\n1BAKER", "TEXT 1BAKER")
    assert problems(catalogue, broken) == [("line_break_lost", 7, 4)]
    document = used(catalogue, broken)
    assert survivors(document) == [("ABLE", "line_break_lost", 0)]
    assert document.unread == (7, 8)
    # Where nobody is missing, the same words are words.
    whole = text.replace("TEXT", "TEXT 1BAKER/BEN")
    assert survivors(used(catalogue, whole))[0] == ("ABLE", None, 1)


@pytest.mark.parametrize(
    "line",
    [
        *(
            ".R/CTCE HK1 IVAN.R//MAIL.RU",
            ".R/CTCE HK1/IVAN.F/MAIL.RU",
            ".R/XXX AB.L/CD",
            ".R/CTCE HK1 A.L//B.R//MAIL.RU",
        ),
        *(
            ".R/CTCE HK1\n.RN/IVAN.R//MAIL.RU",
            ".R/CTCT HK1 A.C/MAIL.RU",
            ".C/A.L/B",
            ".R/DOCA HK1/R/ST.O/1.W/A",
        ),
    ],
)
def test_a_mail_address_is_no_lost_line_break(catalogue: Catalogue, line: str) -> None:
    document = opened(catalogue, LIST.replace(".L/4KD7QW/XY", line))
    assert (document.unread, document.warnings) == ((), ())
    assert [len(one) for one in document.tree.iter("passenger")] == [1, 1]


@pytest.mark.parametrize(
    "line",
    [
        *(
            ".R/CTCE HK1 IVAN.R/FQTV XY 1234567",
            ".R/CTCE HK1 IVAN.L/4KD7QW/XY",
            ".R/XXX AB.R/TKNX HK1 2981234567890",
        ),
        *(
            ".R/XXX AB.R/WCHR",
            ".R/CTCE HK1 A.R//B.L/4KD7QW",
            ".R/XXX.RN/A",
            ".R/SEAT HK1 12A.L/CD",
        ),
        ".R/XXX\n.RN/AB.W/K/1/17",
    ],
)
def test_an_element_behind_free_text_is_a_lost_line_break(catalogue: Catalogue, line: str) -> None:
    found = problems(catalogue, LIST.replace(".L/4KD7QW/XY", line))
    assert [code for code, *_ in found] == ["line_break_lost"]


def test_parts_with_local_damage_are_joined(catalogue: Catalogue) -> None:
    first = LIST.replace("XY\n1BAKER/BEN\n.L/5LM8RX/XY\nENDFTL", "X\x07Y\nENDPART1")
    second = HEAD.replace("PART1", "PART2") + "-LED02Y\n1BAKER/BEN\nENDFTL\n"
    texts = []
    for text in (first, second):
        part = catalogue.open(envelope(text), TOLERANT)
        assert isinstance(part, Part)
        texts.append(part.text)
    document = catalogue.join(tuple(texts), "FTL", RECEIVED, manner=TOLERANT)
    assert survivors(document) == [("ABLE", "control_character", 0), ("BAKER", None, 0)]
    with pytest.raises(DocumentError):
        catalogue.join(tuple(texts), "FTL", RECEIVED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIST[:60], ("end_missing", 6)),
        (LIST + LIST, ("text_after_end", 11)),
        (LIST.replace("ENDFTL\n", "") + LIST.replace("DMEDC", "SVODC"), ("line_unknown", 10)),
        (LIST.lower(), ("origin_invalid", 2)),
        (LIST.replace("ADA", "A\x00DA"), ("control_character", 6)),
        (LIST.replace("ENDFTL\n", ""), ("end_missing", 9)),
        (LIST.replace("ENDFTL", "ENDPART1"), None),
        (LIST.replace("20AUG", "31FEB"), ("flight_date_invalid", 4)),
        ("MOWFFXY\n" * 255 + LIST, ("address_too_long", 1)),
    ],
)
def test_bad_input_has_code_line_and_column(
    catalogue: Catalogue, text: str, expected: tuple[str, int] | None
) -> None:
    if expected is None:  # a first part whose others never come: nothing is wrong with it yet
        assert isinstance(catalogue.open(envelope(text)), Part)
        return
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text))
    assert expected in [(problem.code, problem.line) for problem in caught.value.problems]
    assert all(problem.column > 0 for problem in caught.value.problems)


def test_cut_anywhere(catalogue: Catalogue) -> None:
    for length in range(len(LIST) - 2):
        with pytest.raises(DocumentError) as caught:
            catalogue.open(envelope(LIST[:length]))
        assert caught.value.problems[0].line > 0


def test_a_part_is_kept_without_characters_that_a_database_refuses(catalogue: Catalogue) -> None:
    part = catalogue.open(envelope(LIST.replace("ENDFTL", "ENDPART1\x00")))
    assert isinstance(part, Part)
    assert "\x00" not in part.text


@pytest.mark.parametrize("manner", [Manner(), TOLERANT], ids=["strict", "tolerant"])
@pytest.mark.parametrize("name", ["PNL_parties", "ADL_changes", "PFS_categories", "ASL_one", "FTL_latin"])
def test_one_wrong_byte_moves_nothing(catalogue: Catalogue, name: str, manner: Manner) -> None:
    raw = sample(name).replace("4KD7QX", "5LM8RX").encode("cp866")
    before = catalogue.open(envelope(raw, "cp866"))
    assert isinstance(before, Document)
    chance = random.Random(name)
    for place in range(len(raw)):
        for byte in chance.sample(b"\n \r\t.-/?0127ABXYZR\x00\x07\xe0", 1):
            wrong = raw[:place] + bytes([byte]) + raw[place + chance.choice((0, 1, 1)) :]
            try:
                document = catalogue.open(envelope(wrong, "cp866"), manner)
            except DocumentError:
                continue
            if isinstance(document, Part) or document.kind != before.kind:
                continue
            assert bool(document.unread) <= bool(document.warnings), wrong
            found = moved(before.tree, document)
            # A party shares its locator: one wrong byte in it is wrong for all of them. Names that a tolerant
            # link leaves out are told by their group.
            told = "passengers changed" in found or ("became" in found and document.warnings)
            assert not found or told, (found, wrong.decode("cp866"))


def test_ten_thousand_passengers_in_99_parts(catalogue: Catalogue) -> None:
    """A dozen lines each: beyond what libxml2 can count, and no line may be told wrong."""
    people, parts = 9_999, 99
    texts = []
    own = "".join(f".R/OTHS HK1 LINE {number}\n" for number in range(9))
    for part in range(1, parts + 1):
        body = "".join(
            f"1ABLE/{_letters(number)}\n.L/4KD7QW/XY\n{own}.R/FQTV XY 20000{number:05}\n"
            for number in range((part - 1) * 101, part * 101)
        )
        groups = f"-LE{chr(65 + (part - 1) // 9)}999Y\n"
        end = "ENDPRL" if part == parts else f"ENDPART{part}"
        texts.append(HEAD.replace("FTL", "PRL").replace("PART1", f"PART{part}") + groups + body + f"{end}\n")
    assert parts * 101 == people
    received = [catalogue.open(envelope(text)) for text in texts]
    assert all(isinstance(part, Part) for part in received)
    document = catalogue.join(tuple(reversed(texts)), "PRL", RECEIVED)
    found = list(document.tree.iter("passenger"))
    assert (len(found), document.unread) == (people, ())
    assert document.lines == parts + people * 12 + 5
    joined = ["MOWFFXY", ".DMEDCXY 201206", "PRL", "XY418/20AUG DME PART1"]
    for text in texts:
        joined += text.split("PART", 1)[1].splitlines()[1:-1]
    assert len(joined) > 65535
    for one in [found[0], found[5460], found[5461], found[5999], found[-1]]:
        assert joined[line_of(one) - 1] == f"1ABLE/{one.get('given')}"
        assert joined[line_of(one.find("fqt")) - 1].endswith(one.find("fqt").get("number"))
    broken = texts[98].replace("1ABLE", "?ABLE", 1)
    with pytest.raises(DocumentError) as caught:
        catalogue.join((*texts[:98], broken), "PRL", RECEIVED)
    assert caught.value.problems[0].path == "part 99, line 6"


def _letters(number: int) -> str:
    return "".join(chr(65 + number // 26**place % 26) for place in range(4))


def test_lines_of_elements_need_no_attribute_in_usual_lists(catalogue: Catalogue) -> None:
    assert " line=" not in etree.tostring(used(catalogue, LIST).tree, encoding="unicode")
