"""What README.md says is refused: every code it names is raised by the program, and asked for by a test."""

import re
from pathlib import Path

import pytest

from adapter.exchange import part_problems
from loyalty_core import PartOutcome, Result, State

ROOT = Path(__file__).resolve().parents[1]
EGRESS = {"typeb_egress.py"}
"""What only says no to what we write ourselves refuses nothing that comes in."""


def named() -> list[str]:
    """The codes in the table of what is refused."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.split("### What is refused, and why", 1)[1].split("\n### ", 1)[0]
    cells = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")]
    return sorted({code for cell in cells for code in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", cell)})


def texts(*folders: str) -> str:
    files = [
        file
        for folder in folders
        for file in sorted((ROOT / folder).rglob("*.py"))
        if file.name not in EGRESS
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_the_table_is_found() -> None:
    assert {"line_unknown", "more_names_than_seats", "address_too_long", "kind_unknown"} <= set(named())


@pytest.mark.parametrize("code", named())
def test_a_code_of_the_table_is_raised_on_the_way_in(code: str) -> None:
    assert f'"{code}"' in texts("adapter", "loyalty_core")


@pytest.mark.parametrize("code", named())
def test_a_code_of_the_table_is_hit_by_a_test(code: str) -> None:
    assert code in texts("tests")


def test_a_part_beyond_the_sets_of_its_originator_has_its_code() -> None:
    result = Result(1, State.QUARANTINED, (PartOutcome("SET", 2, crowded=True),))
    assert [problem.code for problem in part_problems(result)] == ["open_sets_full"]
