"""Mistakes in grammar files, each with its file and line."""

from pathlib import Path

import pytest

from adapter.documents.teletype_grammar import load_grammar
from adapter.errors import ConfigError

GOOD = """grammar: 1
kind: FTL
pieces:
  letter: "[A-Z]"
lines:
  totals:
    starts: "-"
    under: list
    element: group
    opens: group
    forms: ["-(?P<off>{letter}{3})"]
  name:
    starts: "1"
    under: group
    element: passenger
    forms: ["1(?P<surname>{letter}+)"]
"""


def load(tmp_path: Path, text: str, name: str = "FTL.grammar.yaml") -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    load_grammar(path)


def test_a_grammar_of_its_own(tmp_path: Path) -> None:
    load(tmp_path, GOOD)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("grammar: 1", "grammar: 2", 1, "version 1"),
        ("kind: FTL", "kind: ETL", 2, "ETL.grammar.yaml"),
        ("kind: FTL", "kind: Ftl", 2, "three capital letters"),
        ("{letter}{3}", "{leter}{3}", 11, "unknown piece {leter}"),
        ("(?P<off>{letter}{3})", "(?P<off>{letter}{3}", 11, "bad pattern"),
        ("under: group", "under: troup", 14, "one of list, group, category, passenger"),
        ("    element: passenger", "    elment: passenger", 15, 'did you mean "element"'),
        ("element: passenger", "element: 1st", 15, "no name of an element"),
        ('    starts: "1"\n', "", 13, "starts is missing"),
        ("    element: passenger", "    total: count", 13, "no form captures 'count'"),
        ("    element: passenger", "    persons: {}", 13, "no form captures 'given'"),
        ("    element: passenger", "    unreadable: ignore", 15, "problem or warning"),
        ("lines:", "lines:\n  other: 5", 6, "a line is a table"),
        ("pieces:", "use: [name, nane]\npieces:", 3, 'did you mean "name"'),
        ("pieces:", "include: ../x.yaml\npieces:", 3, "same folder"),
        ("lines:", "extra: 1\nlines:", 5, "unknown setting"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    matching = [problem for problem in caught.value.problems if said in problem.text]
    assert matching, [str(problem) for problem in caught.value.problems]
    assert matching[0].line == line
    assert matching[0].file.endswith("FTL.grammar.yaml")


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("under: group", "under: troup").replace("{letter}{3}", "{leter}{3}")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["", "- a\n", "a: [\n"])
def test_no_grammar_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load(tmp_path, text)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_grammar(tmp_path / "FTL.grammar.yaml")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace("kind: FTL", "kind: FTL\ninclude: none.yaml"))
    assert "none.yaml" in caught.value.problems[0].file


def test_what_a_group_looks_ahead_at_is_no_part_of_it(tmp_path: Path) -> None:
    """Elements whose values can't need more than to be written down take the short way."""
    element = (
        "remarks:\n  any:\n    word: ANY\n    element: fqt\n    forms:\n"
        '      - "ANY (?P<airline>(?=[0-9]?[A-Z])[A-Z0-9]{2}(?=[ -])) (?P<number>[0-9]+)"\n'
        '      - "ANY (?P<airline>[A-Z ]+)"\n'
    )
    path = tmp_path / "FTL.grammar.yaml"
    path.write_text(GOOD + element, encoding="utf-8")
    ahead, blanks = (form.short for form in load_grammar(path).remarks["ANY"].forms)
    assert ahead is not None
    assert blanks is not None
    assert (ahead.edges, blanks.edges) == (False, True)
