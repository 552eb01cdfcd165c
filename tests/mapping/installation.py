"""A small installation of its own for tests of the engine: schemas and maps written into a temporary directory."""

from datetime import UTC, datetime
from pathlib import Path

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.mapping import Maps

ROOT = Path(__file__).resolve().parents[2]
RECEIVED_AT = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)

REQUEST = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="report"><xs:complexType><xs:sequence>
  <xs:element name="card"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="company" use="required"/><xs:attribute name="born"/>
  </xs:extension></xs:simpleContent></xs:complexType></xs:element>
  <xs:element name="holder" minOccurs="0"><xs:complexType>
    <xs:attribute name="surname" use="required"/><xs:attribute name="given"/>
  </xs:complexType></xs:element>
  <xs:element name="note" type="xs:string" minOccurs="0" maxOccurs="3"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>
"""
REPLY = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="report"><xs:complexType><xs:choice>
  <xs:sequence>
    <xs:element name="card"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">
      <xs:attribute name="status" use="required"/>
    </xs:extension></xs:simpleContent></xs:complexType></xs:element>
    <xs:element name="name" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
      <xs:attribute name="last"/></xs:complexType></xs:element>
    <xs:element name="expiry" minOccurs="0"><xs:complexType>
      <xs:attribute name="date" use="required"/></xs:complexType></xs:element>
  </xs:sequence>
  <xs:element name="error"><xs:complexType><xs:sequence>
    <xs:element name="reference" minOccurs="0" maxOccurs="5"><xs:complexType>
      <xs:attribute name="path"/><xs:attribute name="value"/></xs:complexType></xs:element>
  </xs:sequence><xs:attribute name="code"/><xs:attribute name="message"/></xs:complexType></xs:element>
</xs:choice></xs:complexType></xs:element></xs:schema>
"""
MAP = """message: report
request:
  each: .
  to: CardCheck
  fields:
    airline: {from: card/@company, convert: code, table: airlines}
    number: {from: card, convert: card_number}
    birth_date: {from: card/@born, convert: date_iso}
    name:
      from: holder
      fields:
        surname: "@surname"
        given: "@given"
reply:
  each: .
  item: CardAnswer
  errors: {table: ffp_codes}
  body:
    card: {"@status": tier, .: $request card}
    name: {$each: names, "@last": surname}
    expiry: {$when: expires_on, "@date": expires_on}
"""


class Installation:
    """Schemas and maps under one directory; ``load`` builds what a running program would hold."""

    def __init__(self, directory: Path) -> None:
        self.schemas = directory / "schemas"
        self.mappings = directory / "mappings"
        self.write("schemas/own/report.request.xsd", REQUEST)
        self.write("schemas/own/report.reply.xsd", REPLY)
        self.write("mappings/own/report.yaml", MAP)
        for table in ("airlines", "ffp_codes"):
            name = f"tables/{table}.yaml"
            self.write(f"mappings/{name}", (ROOT / "mappings" / name).read_text(encoding="utf-8"))

    def write(self, name: str, text: str) -> Path:
        path = self.schemas.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.schemas.parent / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def load(self) -> tuple[Catalogue, Maps]:
        catalogue = Catalogue.load(self.schemas)
        return catalogue, Maps.load(self.mappings, catalogue)


def envelope(text: str, link: str = "dcs") -> Envelope:
    return Envelope(link, "http", "1", text.encode(), RECEIVED_AT)


def opened(catalogue: Catalogue, text: str) -> Document:
    document = catalogue.open(envelope(text))
    assert isinstance(document, Document)
    return document
