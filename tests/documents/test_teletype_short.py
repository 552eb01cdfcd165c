"""The short way of usual lines: which patterns have one, what it writes, and that it leads where the long way does."""

import re

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.teletype_short import short_of
from tests.documents.teletype_samples import listed, opened, passengers, warnings


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("(?P<a>[A-Z]+)/(?P<b>[0-9]+)", "X/1", ' a="X" b="1"'),
        ("(?P<a>[A-Z]+)(?:/(?P<b>[0-9]+))?", "X", ' a="X"'),
        ("(?P<a>[A-Z]+)(?:/(?P<b>[0-9]+))?(?P<c>-)", "X-", ""),  # a gap
        ("(?P<a>[A-Z ]+)", "X Y", ' a="X Y"'),
        ("(?P<a>[A-Z ]+)", "X ", ""),  # a blank to be taken off
        ("(?P<a>[A-Z ]+)", " X", ""),
        ("(?P<a>[A-Z]*)/(?P<b>[0-9]+)", "/1", ""),  # nothing, which is no attribute
        ("(?P<a>[A-Z]+)(?:-(?P<bound>[A-Z]+))?", "X", ' a="X"'),
        ("(?P<a>[A-Z]+)(?:-(?P<bound>[A-Z]+))?", "X-Y", ""),
    ],
)
def test_what_it_writes(pattern: str, text: str, expected: str) -> None:
    compiled = re.compile(pattern)
    short, match = short_of(compiled, {}), compiled.fullmatch(text)
    assert short is not None
    assert match is not None
    assert short.attributes(match) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<a>.+)",
        "(?P<a>[^/]+)",
        "(?P<a>[ -~]+)",
        "(?P<a>[A-Z&]+)",
        '(?P<a>[A-Z"]+)',
        r"(?P<a>\w+)",
        "(?P<a>A(?P<b>B)?)",
        "(A)(?P<a>B)",
        "(?P<bound>A)(?P<a>B)",
        "NOTHING",
    ],
)
def test_what_has_none(pattern: str) -> None:
    assert short_of(re.compile(pattern), {}) is None


def test_characters_that_are_left_out_of_a_value() -> None:
    plain, dashed = re.compile("(?P<a>[0-9]{2})"), re.compile("(?P<a>[0-9]-[0-9])")
    assert short_of(plain, {"b": "1%"}, {"a": "- "}) is not None
    assert short_of(dashed, {}, {"a": "- "}) is None


LINES = [
    ".L/ABC123/XY",
    ".L/DEF456",
    ".R/FQTV XY 12345678",
    ".R/FQTV XY 12345678-Y",
    ".R/FQTV XY 12345678-GOLD STAR",
    ".R/FQTV/XY 12345678",
    ".R/TKNE HK1 9990000000011/1",
    ".R/TKNE HK1 999 0000000012/1",
    ".R/TKNE HK1 INF9990000000013/1",
    ".R/OTHS HK1 FQTSTATUS BEST SILVER",
    ".R/SEAT HK2 1A 2B",
    ".R/CHKD HK1 0012",
    ".R/DOCS HK1/P/XYZ/1/XYZ/01JAN80/F/01JAN33/ABLE/ADA",
    ".W/K/1/17",
    ".C/ANY GROUP",
]


@pytest.mark.parametrize("line", LINES)
def test_both_ways_lead_to_the_same_tree(catalogue: Catalogue, line: str) -> None:
    """A blank at the end of a line means nothing, and is enough for the long way."""
    names = ("1ABLE/ADA", "1BAKER/BEN MR-A2")
    short = opened(catalogue, listed(f"-LED02Y\n{names[0]}\n{line}\n{names[1]}\n{line}\n"))
    long = opened(catalogue, listed(f"-LED02Y\n{names[0]} \n{line} \n{names[1]} \n{line} \n"))
    assert etree.tostring(short.tree) == etree.tostring(long.tree)
    assert (short.lines, short.unread, warnings(short)) == (long.lines, long.unread, warnings(long))
    places = [[element.sourceline for element in document.tree.iter()] for document in (short, long)]
    assert places[0] == places[1] == [1, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("between", ["", " \n", "ZCZC ABC\n"])
def test_a_line_that_goes_on_is_not_read_alone(catalogue: Catalogue, between: str) -> None:
    body = f"-LED01Y\n1ABLE/ADA\n.R/FQTV XY 1234\n{between}.RN/5678\n.R/OTHS HK1 ANY\n.WORD\n.L/ABC123\n"
    card, *_ = passengers(opened(catalogue, listed(body)))[0]
    assert card.get("number") == "12345678"
