"""Templates of lines: what they write, what they leave out, and what they refuse to be."""

import pytest

from adapter.documents.teletype_templates import read_template


@pytest.mark.parametrize(
    ("template", "values", "line"),
    [
        ("NIL", {}, "NIL"),
        ("-{off}{count:02}{class}[-PAD{pad:03}]", {"off": "LED", "count": "3", "class": "Y"}, "-LED03Y"),
        ("-{off}{count:02}[-PAD{pad:03}]", {"off": "LED", "count": "103", "pad": "2"}, "-LED103-PAD002"),
        ("{surname}[/{given}][/{extra}]", {"surname": "DUB", "extra": "EXST"}, "DUB/EXST"),
        ("{surname}[/{given}{title}]", {"surname": "DUB", "given": "OLEG"}, "DUB"),
        ("{class}{date:day}{off}", {"class": "Y", "date": "2026-08-07", "off": "LED"}, "Y07LED"),
        ("{class}{date:day}{off}", {"class": "Y", "off": "LED"}, "Y00LED"),
        ("{number}", {}, None),
        ("[{number}]", {}, ""),
    ],
)
def test_written(template: str, values: dict[str, str], line: str | None) -> None:
    assert read_template(template).fill(values) == line


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{off", "column 1: neither text nor {attribute}"),
        ("AB{off:3}", "column 3: neither text nor {attribute}"),
        ("A}", "column 2: neither text nor {attribute}"),
        ("[A[B]]", "column 3: brackets don't nest"),
        ("A]", "column 2: brackets don't nest"),
        ("[A", "a bracket that is not closed"),
    ],
)
def test_refused(template: str, complaint: str) -> None:
    with pytest.raises(ValueError) as caught:
        read_template(template)
    assert str(caught.value) == complaint


def test_names() -> None:
    assert read_template("-{off}{count:02}[-PAD{pad:03}]").names == {"off", "count", "pad"}
