"""Lists become one transaction each, with IATA codes whatever the alphabet."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.mapping import Maps
from loyalty_core import CardClaim, Departure, Flight, ListReceived, Marketing, Name

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "tests/documents/samples"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "schemas")


@pytest.fixture(scope="module")
def maps(catalogue: Catalogue) -> Maps:
    return Maps.load(ROOT / "mappings", catalogue)


def read(catalogue: Catalogue, maps: Maps, name: str) -> ListReceived:
    raw = (SAMPLES / f"{name}.txt").read_bytes()
    envelope = Envelope("dcs", "typeb", "1", raw, datetime(2026, 8, 20, 15, tzinfo=UTC))
    document = catalogue.open(envelope)
    assert isinstance(document, Document)
    (transaction,) = maps.read(document, envelope)
    assert isinstance(transaction, ListReceived)
    return transaction


def test_ftl(catalogue: Catalogue, maps: Maps) -> None:
    found = read(catalogue, maps, "FTL_latin")
    assert (found.kind, found.originator, found.nil) == ("FTL", "DMEDCXY", False)
    assert found.departure == Departure(Flight("XY", "418"), date(2026, 8, 20), "DME")
    assert found.edition == datetime(2026, 8, 20, 12, 6, tzinfo=UTC)
    first, second, third = found.persons
    assert first.name == Name("ORLOVA", "VERA MRS")
    assert (first.off_point, first.group_class, first.seats) == ("LED", "C", 1)
    assert (first.locators, first.ticket, first.coupon) == ((("4KD7QW", "XY"),), "", 0)
    assert first.cards == (CardClaim("XY", "2000000000018", "FQTV", "Y"),)
    assert (first.line, first.line_end) == (6, 8)
    assert second.marketing == Marketing(Flight("ZZ", "5418"), "D")
    assert [card.role for card in second.cards] == ["FQTV", "FQTU"]
    assert third.cards == (CardClaim("XY", "2000000000034", "FQTR"),)


def test_cyrillic_codes_are_translated_whole(catalogue: Catalogue, maps: Maps) -> None:
    found = read(catalogue, maps, "FTL_cyrillic")
    assert found.departure == Departure(Flight("UT", "418"), date(2026, 8, 20), "VKO")
    first, second = found.persons
    assert first.name == Name("ОРЛОВА", "ВЕРА ПАВЛОВНА")
    assert (first.off_point, first.group_class) == ("AER", "Y")
    assert second.cards == (CardClaim("UT", "2000000000026", "FQTV", "S"),)


def test_etl_without_those_who_did_not_board(catalogue: Catalogue, maps: Maps) -> None:
    found = read(catalogue, maps, "ETL_not_boarded")
    assert found.departure.flight == Flight("XY", "418", "A")
    # The infant's ticket is nobody's of its own, and DUB stands below NOT BOARDED.
    assert [(person.name.surname, person.ticket, person.coupon) for person in found.persons] == [
        ("ORLOVA", "9990000000011", 1),
        ("MELNIK", "9990000000013", 2),
    ]


def test_prl(catalogue: Catalogue, maps: Maps) -> None:
    found = read(catalogue, maps, "PRL_full")
    first, second, third = found.persons
    assert (first.ticket, first.coupon) == ("9990000000011", 1)
    assert first.locators == (("4KD7QW", "XY"), ("Q9Q9Q9", "1H"))
    assert first.cards == (CardClaim("XY", "2000000000018"),)
    assert second.ticket == "99A0000000021"
    assert third.seats == 2


@pytest.mark.parametrize("kind", ["FTL", "ETL", "PRL"])
def test_nil(catalogue: Catalogue, maps: Maps, kind: str) -> None:
    found = read(catalogue, maps, f"{kind}_nil")
    assert (found.kind, found.nil, found.persons) == (kind, True, ())
