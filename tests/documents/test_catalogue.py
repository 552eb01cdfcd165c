"""The catalogue: kinds found by listing, documents opened and validated, rejections in the sender's terms."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.documents.xml import XmlLimits
from adapter.envelope import Envelope
from adapter.errors import ConfigError, DocumentError
from adapter.wire.typeb import Limits

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
NOW = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(SCHEMAS)


def envelope(text: str, protocol: str = "http") -> Envelope:
    return Envelope("dcs", protocol, "1", text.encode(), NOW)


def refused(catalogue: Catalogue, text: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        catalogue.open(envelope(text))
    return caught.value


CHECK = '<ffp_info><ffp company="UT" surname="SOKOLOVA" name="VERA">2020000000017</ffp></ffp_info>'


@pytest.mark.parametrize(
    ("text", "wrapper"),
    [
        (CHECK, ""),
        (f"<query>{CHECK}</query>", "query"),
        (f"<sirena><query>{CHECK}</query></sirena>", "sirena/query"),
    ],
)
@pytest.mark.parametrize("protocol", ["http", "sirena", "length_prefixed"])
def test_every_protocol_opens_every_wrapper(
    catalogue: Catalogue, text: str, wrapper: str, protocol: str
) -> None:
    document = catalogue.open(envelope(text, protocol))
    assert isinstance(document, Document)
    assert (document.kind, document.wrapper, document.tree.tag) == ("ffp_info", wrapper, "ffp_info")
    assert document.digest == catalogue.open(envelope(CHECK)).digest


def test_a_rejection_names_path_value_and_line(catalogue: Catalogue) -> None:
    error = refused(
        catalogue,
        '<sirena>\n<query>\n<ffp_info>\n<ffp company="UT" surname="SOKOLOVA" name="VERA" birthdate="3.4.90">'
        "2020000000017</ffp></ffp_info></query></sirena>",
    )
    assert (error.kind, error.wrapper) == ("ffp_info", "sirena/query")
    assert len(error.digest) == 32
    (problem,) = error.problems
    assert (problem.path, problem.value, problem.line) == (
        "/sirena/query/ffp_info/ffp/@birthdate",
        "3.4.90",
        4,
    )
    assert problem.code == "value_invalid"


@pytest.mark.parametrize(
    ("body", "code", "path", "value"),
    [
        ('<ffp company="UT" surname="SOKOLOVA">1</ffp>', "attribute_missing", "/ffp_info/ffp/@name", ""),
        ('<ffp company="UT" surname="A" name="" x="9">1</ffp>', "attribute_unknown", "/ffp_info/ffp/@x", "9"),
        ('<ffp company="UT" surname="A" name=""> </ffp>', "value_invalid", "/ffp_info/ffp", ""),
        ('<ffp company="ut" surname="A" name="">1</ffp>', "value_invalid", "/ffp_info/ffp/@company", "ut"),
        ('<ffp company="UT" surname="A" name="" birthdate="1990-02-30">1</ffp>', "value_invalid",
         "/ffp_info/ffp/@birthdate", "1990-02-30"),
        ('<ffp company="UT" surname="A" name="" birthdate="1990-02-20Z">1</ffp>', "value_invalid",
         "/ffp_info/ffp/@birthdate", "1990-02-20Z"),
        ("<card/>", "element_unexpected", "/ffp_info/card", ""),
        ("", "element_unexpected", "/ffp_info", ""),
        ("text", "text_unexpected", "/ffp_info", "text"),
    ],
)  # fmt: skip
def test_each_kind_of_mistake_has_a_code(
    catalogue: Catalogue, body: str, code: str, path: str, value: str
) -> None:
    problem = refused(catalogue, f"<ffp_info>{body}</ffp_info>").problems[0]
    assert (problem.code, problem.path, problem.value) == (code, path, value)


def test_the_right_one_of_several_elements_is_named_and_at_most_five(catalogue: Catalogue) -> None:
    good = "<ffp><crs_pax_id>1</crs_pax_id><airline>UT</airline><card_number>1</card_number></ffp>"
    bad = good.replace("UT", "?")
    error = refused(catalogue, f"<CheckFFP><ffps>{good}{bad * 7}</ffps></CheckFFP>")
    assert [problem.path for problem in error.problems] == [
        f"/CheckFFP/ffps/ffp[{number}]/airline" for number in range(2, 7)
    ]


def test_an_unknown_method_is_named(catalogue: Catalogue) -> None:
    error = refused(catalogue, "<query><ffp_status/></query>")
    assert (error.kind, error.wrapper, error.problems[0].code) == ("ffp_status", "query", "unknown_method")


def test_a_teletype_kind_is_no_method(catalogue: Catalogue) -> None:
    assert refused(catalogue, "<FTL/>").problems[0].code == "unknown_method"


def test_the_hosts_own_key_is_taken_where_the_schema_has_one(catalogue: Catalogue) -> None:
    report = (
        '<ffp company="UT">2020000000017</ffp><passenger surname="SOKOLOVA" name="VERA"/><coupon status="F"/>'
        '<segment company="UT" flight="41" date="2026-08-19" departure="DME" arrival="LED" subclass="Q"/>'
    )
    document = catalogue.open(envelope(f'<ffp_accrual reference="A-1">{report}</ffp_accrual>'))
    assert isinstance(document, Document)
    assert document.key == "A-1"
    error = refused(catalogue, f'<ffp_accrual reference="A-1"><x/>{report}</ffp_accrual>')
    assert error.key == "A-1"
    assert catalogue.kinds["ffp_info"].key_attribute == ""


def test_limits_reach_the_reader() -> None:
    tight = Catalogue.load(SCHEMAS, XmlLimits(bytes_max=20))
    assert refused(tight, CHECK).problems[0].code == "xml_too_large"


def test_the_digest_covers_every_file(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS / "sirena", tmp_path / "sirena")
    before = Catalogue.load(tmp_path).digest
    assert before == Catalogue.load(tmp_path).digest
    common = tmp_path / "sirena" / "common.xsd"
    common.write_text(common.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert Catalogue.load(tmp_path).digest != before


def test_defects_of_schemas_come_together(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "one.request.xsd").write_text("<xs:schema", encoding="utf-8")
    (folder / "two.request.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n<xs:element name="two" type="none"/></xs:schema>',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        Catalogue.load(tmp_path)
    files = {Path(problem.file).name: problem for problem in caught.value.problems}
    assert set(files) == {"one.request.xsd", "two.request.xsd"}
    assert files["two.request.xsd"].line == 2
    with pytest.raises(ConfigError):
        Catalogue.load(tmp_path / "nowhere")


def test_a_kind_has_one_description(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        shutil.copytree(SCHEMAS / "sirena", tmp_path / folder)
    with pytest.raises(ConfigError) as caught:
        Catalogue.load(tmp_path)
    assert {problem.code for problem in caught.value.problems} == {"kind_twice"}


def test_limits_of_telegrams_come_from_the_settings() -> None:
    telegram = "MOWFFUT\n.MOWRMUT 201205\nFTL\nUT451/20AUG DME PART1\nNIL\nENDFTL\n"
    Catalogue.load(SCHEMAS).open(envelope(telegram, "typeb"))
    narrow = Catalogue.load(SCHEMAS, telegram_limits=Limits(telegram_bytes_max=len(telegram) - 1))
    with pytest.raises(DocumentError) as caught:
        narrow.open(envelope(telegram, "typeb"))
    assert [problem.code for problem in caught.value.problems] == ["telegram_too_long"]


def test_a_link_has_limits_of_its_own_and_nothing_is_compiled_again(catalogue: Catalogue) -> None:
    tight = catalogue.with_links(
        {"dcs": (XmlLimits(elements_max=1), Limits(telegram_bytes_max=40, list_lines_max=1))}, {}
    )
    assert tight.kinds is catalogue.kinds
    assert "element" in refused(tight, CHECK).problems[0].text
    assert isinstance(tight.open(replace(envelope(CHECK), link="other")), Document)
    telegram = "MOWFFUT\n.DMEKMUT 201205\nFTL\nUT280/20AUG DME PART1\nNIL\nENDFTL\n"
    with pytest.raises(DocumentError):
        tight.open(envelope(telegram, "typeb"))
    assert isinstance(tight.open(replace(envelope(telegram, "typeb"), link="other")), Document)
    with pytest.raises(DocumentError):
        tight.join((telegram,), "FTL", NOW, link="dcs")
    assert tight.join((telegram,), "FTL", NOW, link="other").kind == "FTL"
