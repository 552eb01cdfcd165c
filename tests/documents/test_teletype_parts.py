"""Lists in several parts, and copies in files that have no envelope of their own."""

import itertools
from datetime import UTC, datetime

import pytest
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document, Part
from adapter.documents.teletype import join_parts, open_telegram
from adapter.documents.teletype_grammar import Grammar
from adapter.errors import DocumentError
from tests.documents.teletype_samples import (
    RECEIVED,
    envelope,
    opened,
    passengers,
    problems,
    sample,
    warnings,
)

PARTS = tuple(sample(f"PRL_part{number}") for number in (1, 2, 3))


def test_the_parts_of_a_correction_are_a_set_of_their_own(catalogue: Catalogue) -> None:
    """They have the time of the parts that they correct."""
    corrected = tuple(text.replace("\nPRL\n", "\nCOR\nPRL\n", 1) for text in PARTS)
    keys = []
    for text in (*PARTS, *corrected):
        part = catalogue.open(envelope(text))
        assert isinstance(part, Part)
        keys.append((part.set_key, part.created))
    assert len(set(keys)) == 2
    assert len(set(keys[:3])) == len(set(keys[3:])) == 1
    assert catalogue.join(corrected, "PRL", RECEIVED).tree.get("correction") == "true"
    assert catalogue.join(PARTS, "PRL", RECEIVED).tree.get("correction") is None


def test_parts_in_any_order_are_one_list(catalogue: Catalogue) -> None:
    parts = []
    for text in PARTS:
        part = catalogue.open(envelope(text))
        assert isinstance(part, Part)
        parts.append(part)
    assert len({part.set_key for part in parts}) == 1
    assert [(part.number, part.final) for part in parts] == [(1, False), (2, False), (3, True)]
    trees = set()
    for order in itertools.permutations(part.text for part in parts):
        document = catalogue.join(order, "PRL", RECEIVED)
        assert (document.unread, document.warnings) == ((), ())
        trees.add((etree.tostring(document.tree), document.digest))
    assert len(trees) == 1
    assert [p.get("surname") for p in passengers(document)] == ["ABLE", "BAKER", "CHARLIE"]
    # One group of three, never three groups or a total of nine.
    assert [group.get("count") for group in document.tree.findall("group")] == ["3"]


def test_lines_of_a_joined_list(catalogue: Catalogue) -> None:
    broken = PARTS[1].replace("1BAKER", "1baker")
    with pytest.raises(DocumentError) as caught:
        catalogue.join((PARTS[0], broken, PARTS[2]), "PRL", RECEIVED)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.path) == ("line_unreadable", 11, "part 2, line 6")


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ((0, 2), "part_missing"),
        ((1, 2), "part_missing"),
        ((0, 1), "part_end_wrong"),
        ((0, 1, 1, 2), "part_missing"),
    ],
)
def test_sets_that_are_none(grammars: dict[str, Grammar], chosen: tuple[int, ...], code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        join_parts([PARTS[number] for number in chosen], grammars["PRL"], RECEIVED)
    assert code in [problem.code for problem in caught.value.problems]


def test_totals_that_differ_between_parts(catalogue: Catalogue) -> None:
    parts = (PARTS[0], PARTS[1].replace("-LED03Y", "-LED02Y"), PARTS[2])
    document = catalogue.join(parts, "PRL", RECEIVED)
    assert warnings(document) == [("totals_differ", 10)]


COPY = "PRL\nXY420/20AUG DME PART{n}\n-LED02Y\n1ABLE/ADA{a}\n{end}\n"


def test_file_copies_without_origin(catalogue: Catalogue, grammars: dict[str, Grammar]) -> None:
    name = "2026_08_20_14_51_0{n}_123.000123456{n}.PRL.XY420.20.08"
    parts = []
    for number, end in ((1, "ENDPART1"), (2, "ENDPRL")):
        created = datetime(2026, 8, 20, 14, 51, number, tzinfo=UTC)
        text = COPY.format(n=number, a="A" * number, end=end)
        part = open_telegram(
            envelope(text, source=name.format(n=number), created_hint=created, kind_hint="PRL"), grammars
        )
        assert isinstance(part, Part)
        parts.append(part)
    assert parts[0].set_key == parts[1].set_key
    document = catalogue.join(tuple(part.head + part.text for part in parts), "PRL", RECEIVED)
    assert "originator" not in document.tree.attrib
    assert document.tree.get("created") == "2026-08-20T14:51:01Z"
    assert len(passengers(document)) == 2


def test_a_part_without_any_creation_time_is_refused(catalogue: Catalogue) -> None:
    assert problems(catalogue, COPY.format(n=1, a="", end="ENDPART1")) == [("creation_time_missing", 1, 1)]


def test_a_whole_list_without_creation_time_counts_as_made_when_received(catalogue: Catalogue) -> None:
    document = opened(catalogue, COPY.format(n=1, a="", end="ENDPRL").replace("02Y", "01Y"))
    assert document.tree.get("created") == "2026-08-20T15:00:00Z"
    assert warnings(document) == [("creation_time_missing", 1)]


def test_a_name_that_speaks_of_another_kind_is_a_warning(grammars: dict[str, Grammar]) -> None:
    document = open_telegram(envelope(sample("FTL_latin"), kind_hint="PRL"), grammars)
    assert isinstance(document, Document)
    assert [warning.code for warning in document.warnings] == ["kind_differs"]


def _part(
    grammars: dict[str, Grammar], kind: str, time: str, number: int, body: str = "", by: str = "MOWRMUT"
) -> Part:
    head = f"MOWFFUT\n.{by} {time}\n{kind}\nUT451/20AUG DME PART{number}\n"
    text = f"{head}{body}-AER01Y\n1ORLOVA/VERA\nENDPART{number}\n"
    part = open_telegram(envelope(text), grammars)
    assert isinstance(part, Part)
    return part


def test_how_far_apart_the_parts_of_a_list_may_be_made(grammars: dict[str, Grammar]) -> None:
    apart = {kind: _part(grammars, kind, "201205", 1).apart_seconds for kind in ("FTL", "PRL", "ETL", "PFS")}
    assert set(apart.values()) == {0}
    assert _part(grammars, "PNL", "201205", 1).apart_seconds == 120
    assert _part(grammars, "ADL", "201205", 1).apart_seconds == 0
    assert _part(grammars, "ADL", "201205", 1, "ANA/017\n").apart_seconds == 300


def test_the_association_number_tells_sets_apart(grammars: dict[str, Grammar]) -> None:
    first, again = (_part(grammars, "ADL", "201205", number, "ANA/017\n") for number in (1, 2))
    assert first.set_key == again.set_key == "MOWRMUT/ADL/UT451/2026-08-20/DME/ANA17"
    assert first.created == datetime(2026, 8, 20, 12, 5, tzinfo=UTC)
    assert first.originator == "MOWRMUT"
    other = _part(grammars, "ADL", "201205", 2, "ANA/018\n")
    assert other.set_key != first.set_key
    # Behind the first group the same words are a remark of somebody's.
    assert "ANA" not in _part(grammars, "ADL", "201205", 2, "-AER01Y\nADD\n1ORLOVA/VERA\nANA/018\n").set_key
