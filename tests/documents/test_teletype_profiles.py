"""Profiles: what a vendor's lists do otherwise, as data."""

import shutil
from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Manner
from adapter.errors import ConfigError, DocumentError
from tests.documents.teletype_samples import envelope, listed, opened

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
VENDOR = Manner("class-first")
BODY = "-LEDY002\n1ABLE/ADA\n.R/FQTV XY 12345678*GOLD\n1BAKER/BEN\n.R/FQTV XY 12345679-K*SILVER\n"


def test_the_vendors_list_is_read_with_its_profile_only(catalogue: Catalogue) -> None:
    assert "class-first" in catalogue.profiles
    with pytest.raises(DocumentError):
        catalogue.open(envelope(listed(BODY, "FTL")))
    document = catalogue.open(envelope(listed(BODY, "FTL")), VENDOR)
    assert isinstance(document, Document)
    (group,) = document.tree.findall("group")
    assert dict(group.attrib) == {"off": "LED", "class": "Y", "count": "2"}
    cards = [(card.get("number"), card.get("suffix"), card.get("tier")) for card in group.iter("fqt")]
    assert cards == [("12345678", None, "GOLD"), ("12345679", "K", "SILVER")]
    assert (document.unread, document.warnings) == ((), ())


def test_what_a_profile_does_not_name_stays(catalogue: Catalogue) -> None:
    plain = listed("CFG/008C114Y\n1ABLE/ADA\n", "FTL").replace("1ABLE", "-LEDY001\n1ABLE")
    document = catalogue.open(envelope(plain), VENDOR)
    assert isinstance(document, Document)
    assert [child.tag for child in document.tree] == ["flight", "configuration", "group"]
    assert opened(catalogue, listed("-LED01Y\n1ABLE/ADA\n", "FTL")).warnings == ()


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    (tmp_path / "typeb").mkdir()
    for file in (SCHEMAS / "typeb").glob("*.*"):
        shutil.copy(file, tmp_path / "typeb")
    (tmp_path / "typeb/profiles").mkdir()
    return tmp_path


def profile(schemas: Path, text: str) -> Catalogue:
    (schemas / "typeb/profiles/own.yaml").write_text(text, encoding="utf-8")
    return Catalogue.load(schemas)


def test_a_profile_may_bring_lines_of_its_own(schemas: Path) -> None:
    text = "profile: 1\nkinds: [FTL]\nlines:\n  gate:\n    starts: GATE\n    under: list\n    forms: ['GATE [0-9]+']\n"
    catalogue = profile(schemas, text)
    message = envelope(listed("GATE 12\n-LED01Y\n1ABLE/ADA\n", "FTL"))
    document = catalogue.open(message, Manner("own"))
    assert isinstance(document, Document)
    assert document.unread == ()
    with pytest.raises(DocumentError):
        catalogue.open(message)
    with pytest.raises(DocumentError):  # for no other kind
        catalogue.open(envelope(listed("GATE 12\n-LED01Y\n1ABLE/ADA\n", "PRL")), Manner("own"))


def test_a_profile_changes_the_digest(schemas: Path) -> None:
    assert profile(schemas, "profile: 1\n").digest != profile(schemas, "profile: 1\nabout: else\n").digest


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("profile: 2\n", 1, "version 1"),
        ("profile: 1\nuse: [name]\n", 2, "unknown setting"),
        ("profile: 1\nlines:\n  totals:\n    forms: ['-(']\n", 4, "bad pattern"),
        ("profile: 1\nlines:\n  totals:\n    form: ['-']\n", 4, 'did you mean "forms"'),
        ("profile: 1\npieces: {card: 5}\n", 2, "a piece is a pattern"),
    ],
)
def test_mistakes_have_a_place(schemas: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profile(schemas, text)
    found = [problem for problem in caught.value.problems if said in problem.text]
    assert found, [str(problem) for problem in caught.value.problems]
    assert (found[0].line, Path(found[0].file).name) == (line, "own.yaml")
