"""``programme check``, ``test``, ``earn`` and ``coverage``: what an analyst gets from a file of rules."""

import io
import json
import sys
from pathlib import Path

import pytest

from adapter.config import programme_file
from tests.commands.command import run

DEMO = programme_file("demo", Path()).read_text("utf-8")
CASE = {"operating": "UT", "class": "D", "from": "UFA", "to": "VKO", "tier": "GOLD"}


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(DEMO, "utf-8")
    return path


def change(draft: Path, old: str, new: str) -> int:
    """Puts ``new`` for ``old``; the line where it stands."""
    text = draft.read_text("utf-8")
    assert text.count(old) == 1, text.count(old)
    draft.write_text(text.replace(old, new), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_shipped_programme_is_proved_by_its_name() -> None:
    found = run("programme", "check", "demo")
    assert "demo.yaml: proved: every case has exactly one result" in found.stdout


def test_every_mistake_is_told_with_its_place(draft: Path) -> None:
    first = change(draft, "percent: 12.5", "percnt: 12.5")
    second = change(draft, "round: floor}", "round: flor}")
    told = run("programme", "check", draft, code=1).stderr.splitlines()
    assert [int(line.split(":")[1]) for line in told] == [first, second]
    assert 'did you mean "percent"?' in told[0]
    problems = json.loads(run("programme", "check", draft, "--json", code=1).stdout)
    assert [problem["line"] for problem in problems["problems"]] == [first, second]
    assert not problems["proved"]


def test_an_overlap_is_told_with_both_lines_and_a_case_that_can_be_tried(draft: Path, tmp_path: Path) -> None:
    line = change(draft, "- {classes: [G, U, O], percent: 12.5}", "- {classes: [G, U, O, K], percent: 12.5}")
    told = run("programme", "check", draft, code=1).stdout
    assert f"overlap     draft.yaml:{line - 2}, draft.yaml:{line}" in told
    assert "such as: operating UT, class K" in told
    assert f"{draft}: not proved: 1 fault (" in told
    (finding,) = json.loads(run("programme", "check", draft, "--json", code=1).stdout)["findings"]
    assert finding["kind"] == "overlap"
    case = tmp_path / "case.json"
    case.write_text(json.dumps({**finding["case"], "from": "DME", "to": "AER"}))
    assert f"[draft.yaml:{line - 2}]" in run("programme", "earn", draft, case).stdout


def test_a_gap_is_told_with_what_no_row_takes(draft: Path) -> None:
    line = change(draft, "  - name: own flights\n", "  - name: ours\n")
    change(
        draft,
        '# Z is not sold: whoever reports it gets "class unknown".\n    otherwise: unknown',
        "# Z is not sold",
    )
    told = run("programme", "check", draft, code=1).stdout
    assert f"gap         draft.yaml:{line}" in told
    assert "chart ours: no row takes class Z, cabin W, and it has no otherwise" in told
    assert "such as: operating UT, class Z" in told


def test_what_never_decides_anything_is_told_and_does_no_harm(draft: Path) -> None:
    change(
        draft,
        "- {cabins: [Y], percent: 50}",
        "- {cabins: [Y], dates: {from: 2026-08-17, until: 2026-08-18}, weekdays: [sun], percent: 50}",
    )
    told = run("programme", "check", draft).stdout
    assert "never" in told
    assert "no case meets its conditions" in told
    assert "1 rule to look at, without harm to results" in told


def test_examples_that_come_out_otherwise_are_told_with_every_step(draft: Path) -> None:
    assert "demo.yaml: 18 examples: all as they say" in run("programme", "test", "demo").stdout
    line = (
        change(
            draft, "expect: {award: 1050, qualifying: 840, segments: 1}", "expect: {award: 1000, segments: 2}"
        )
        - 2
    )
    told = run("programme", "test", draft, "demo", code=1).stdout.splitlines()
    assert told[:3] == [
        f"draft.yaml:{line}: the same for a silver member",
        "  award 1050, not 1000",
        "  segments 1, not 2",
    ]
    assert any(
        "210 more as SILVER: 25 % of the smaller of accrued and distance (840)" in each for each in told
    )
    assert told[-2].endswith("draft.yaml: 18 examples: 1 comes out otherwise")
    assert told[-1].endswith("demo.yaml: 18 examples: all as they say")
    data = json.loads(run("programme", "test", draft, "--json", code=1).stdout)
    assert data["failed"][0]["wrong"] == ["award 1050, not 1000", "segments 1, not 2"]
    assert {"name": "row", "text": "class Y", "rule": "draft.yaml:51"} in data["failed"][0]["steps"]


def test_one_case_is_reckoned_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    told = run("programme", "earn", "demo", case).stdout.splitlines()
    assert told[0] == "1470 award miles, 1103 qualifying miles and 1 segment"
    assert (
        "    367 more as GOLD: 50 % of the smaller of accrued and distance (735), rounded down  [demo.yaml:106]"
        in told
    )
    data = json.loads(run("programme", "earn", "demo", case, "--json").stdout)
    assert data["amounts"] == {"award": 1470, "qualifying": 1103, "segments": 1}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(CASE).encode())))
    case.write_text(json.dumps({**CASE, "class": "Z"}))
    told = run("programme", "earn", "demo", case).stdout.splitlines()
    assert told[0] == "nothing: class unknown (booking class)"


def test_mistakes_of_a_case_are_told_with_their_places(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text('{"operating": "UT", "clas": "D",\n "from": "UFA", "to": "VKO"}')
    told = run("programme", "earn", "demo", case, code=1).stderr
    assert 'case.json:1:21: clas: unknown setting (did you mean "class"?)' in told
    case.write_text('{"operating": "UT", "class": "D",\n "from": "UFA", "to": "VKO", "tier": "GLD"}')
    told = run("programme", "earn", "demo", case, code=1).stderr
    assert 'case.json:2:38: tier: no tier "GLD" (did you mean "GOLD"?)' in told


def test_rules_that_no_example_touches_are_listed() -> None:
    told = run("programme", "coverage", "demo", "--require", "50").stdout
    assert "demo.yaml:50  row of own flights" in told
    assert "demo.yaml:51" not in told
    assert "demo.yaml:114  expiry months" in told
    data = json.loads(run("programme", "coverage", "demo", "--json").stdout)
    assert data["percent"] == 100 * data["touched"] // len(data["rules"])
    assert "% required" in run("programme", "coverage", "demo", "--require", "99", code=1).stderr


def test_a_file_that_is_not_there() -> None:
    assert "no-such.yaml: No such file" in run("programme", "check", "no-such.yaml", code=1).stderr


def test_words_that_the_gateway_does_not_act_on_are_told_without_harm(draft: Path) -> None:
    line = change(draft, "- at_least: 500", "- at_most: {amount: 9000, per: flight}")
    told = run("programme", "check", draft).stdout
    assert f"not acted on  draft.yaml:{line}\n" in told
    assert "at_most.per: what other coupons of a flight earned is not asked" in told
    found = json.loads(run("programme", "check", draft, "--json").stdout)
    assert found["proved"]
    assert {"word": "at_most.per", "rules": [f"draft.yaml:{line}"]}.items() <= found["notes"][-1].items()
