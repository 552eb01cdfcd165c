"""The stylesheet hook: a vendor's structure is brought into shape first, checked again, and can reach nothing."""

from contextlib import suppress
from pathlib import Path

import pytest
from lxml import etree

from adapter.documents.xml import load_stylesheet
from adapter.errors import ConfigError, DocumentError
from loyalty_core import CardAnswer, CardCheck, Name
from tests.mapping.installation import MAP, REQUEST, ROOT, Installation, envelope, opened

VENDOR = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="report"><xs:complexType><xs:sequence>
  <xs:element name="card"><xs:complexType><xs:sequence>
    <xs:element name="company" type="xs:string"/><xs:element name="number" type="xs:string"/>
    <xs:element name="born" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="holder" minOccurs="0"><xs:complexType><xs:sequence>
    <xs:element name="surname" type="xs:string" minOccurs="0"/><xs:element name="given" type="xs:string"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element></xs:schema>
"""
NORMALISE = "normalise: elements_to_attributes.xsl\nnormalised_schema: own/report_normal.xsd\n"
SHIPPED = ROOT / "mappings" / "normalise" / "elements_to_attributes.xsl"


@pytest.fixture
def vendor(installation: Installation) -> Installation:
    installation.write("schemas/own/report.request.xsd", VENDOR)
    installation.write("schemas/own/report_normal.xsd", REQUEST)
    installation.write("mappings/own/report.yaml", NORMALISE + MAP)
    installation.write("mappings/normalise/elements_to_attributes.xsl", SHIPPED.read_text(encoding="utf-8"))
    return installation


def test_a_vendors_elements_are_read_as_attributes(vendor: Installation) -> None:
    catalogue, maps = vendor.load()
    document = opened(
        catalogue,
        "<report><card><company>ЮТ</company><number>\n 17 </number></card>"
        "<holder><surname>LIS</surname><given>A</given></holder></report>",
    )
    assert maps.read(document, envelope("")) == (CardCheck("UT", "17", Name("LIS", "A")),)
    reply = maps.render(document, [CardAnswer("UT", "17", tier="BASIC")])
    assert (reply[0].get("status"), reply[0].text) == ("BASIC", "17")


def test_what_the_stylesheet_makes_is_validated(vendor: Installation) -> None:
    catalogue, maps = vendor.load()
    document = opened(
        catalogue,
        "<report><card><company>UT</company><number>17</number></card><holder><given>A</given></holder></report>",
    )
    with pytest.raises(DocumentError) as caught:
        maps.read(document, envelope(""))
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [
        ("attribute_missing", "/report/holder/@surname")
    ]


def test_the_map_is_checked_against_the_normalised_schema(vendor: Installation) -> None:
    vendor.replace("mappings/own/report.yaml", "card/@company", "card/company")
    with pytest.raises(ConfigError) as caught:
        vendor.load()
    assert [problem.code for problem in caught.value.problems] == ["path_unknown"]


READ = "<xsl:copy-of select=\"document('{path}')\"/>"
WRITE = '<e:document href="{path}" method="text">written</e:document>'


@pytest.mark.parametrize("reach", [READ, WRITE])
def test_a_stylesheet_reaches_no_files(tmp_path: Path, reach: str) -> None:
    target = tmp_path / "target.xml"
    if reach is READ:
        target.write_text("<secret/>", encoding="utf-8")
    path = tmp_path / "reaching.xsl"
    path.write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
        'xmlns:e="http://exslt.org/common" extension-element-prefixes="e">'
        f'<xsl:template match="/"><out>{reach.format(path=target)}</out></xsl:template></xsl:stylesheet>',
        encoding="utf-8",
    )
    document = etree.fromstring("<report/>")
    made = ""
    with suppress(etree.XSLTApplyError):
        made = str(load_stylesheet(path)(document))
    assert "secret" not in made
    assert target.exists() == (reach is READ)
    # Without the ban the same stylesheet does reach the file, so this test can tell.
    made = str(etree.XSLT(etree.parse(path))(document))
    assert "secret" in made or target.exists()


def test_a_missing_or_broken_stylesheet_stops_the_start(vendor: Installation) -> None:
    path = vendor.write("mappings/normalise/elements_to_attributes.xsl", "<xsl:stylesheet")
    with pytest.raises(ConfigError) as caught:
        vendor.load()
    assert [problem.code for problem in caught.value.problems] == ["xml_not_well_formed"]
    path.unlink()
    with pytest.raises(ConfigError) as caught:
        vendor.load()
    assert [problem.code for problem in caught.value.problems] == ["file_missing"]
    vendor.replace("mappings/own/report.yaml", "normalised_schema: own/report_normal.xsd\n", "")
    with pytest.raises(ConfigError) as caught:
        vendor.load()
    assert [problem.code for problem in caught.value.problems] == ["map_word_missing"]
