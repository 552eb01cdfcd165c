"""What the prover says of programmes with a known fault, and that it says so where it gives up."""

import inspect

import pytest

from loyalty_core.rules.places import countries
from loyalty_core.rules.prover import boxes, places, regions, texts
from loyalty_core.rules.prover.prove import Finding, prove
from loyalty_core.rules.prover.words import case_in_words
from loyalty_core.rules.shapes.when import WhenShape

HEAD = """programme: draft
title: Draft
carriers: [LH]
policy: {listed: pending, checked_in: pending, boarded: posted, flown: posted}
window: {future_days: 2, past_days: 365}
expiry: {model: never}
accrual: {award: [distance, percent, round: half_up]}
"""
TIERS = "tiers: [{name: BASIC}, {name: GOLD, reached: {qualifying: 1000}}]\n"
ONE_CHART = "charts: [{name: all, otherwise: unknown, rows: [{percent: 100}]}]\n"


def findings(text: str, head: str = HEAD + TIERS) -> list[str]:
    """``kind rules: case`` of each, rules by their lines behind the head."""
    before = head.count("\n")

    def told(finding: Finding) -> str:
        lines = [str(int(rule.removeprefix("draft.yaml:")) - before) for rule in finding.rules]
        case = f": {case_in_words(finding.case)}" if finding.case is not None else ""
        return f"{finding.kind} {' '.join(lines)}{case}"

    return [told(finding) for finding in prove(head + text, "draft.yaml").findings]


def test_a_programme_in_which_all_is_said_once_has_no_findings() -> None:
    assert findings(ONE_CHART) == []


def test_fares_that_one_fare_basis_has_both() -> None:
    text = """fares:
  - {fare: LIGHT, when: {carriers: [LH], fare_basis: {suffix: [LT]}}}
  - {fare: FLEX, when: {fare_basis: {prefix: [M], letters: {3: [X]}}}}
"""
    assert findings(text + ONE_CHART) == ["overlap 2 3: operating LH, fare basis MAXLT"]
    assert findings(text.replace("{3: [X]}", "{3: [X], 4: [Y], 5: [Z]}") + ONE_CHART) == [
        "overlap 2 3: operating LH, fare basis MAXYZLT"
    ]
    # Nothing ends on LT and on O.
    assert findings(text.replace("letters: {3: [X]}", "suffix: [O]") + ONE_CHART) == []
    assert findings(text.replace("[X]}}}}", "[X]}}}, priority: 1}") + ONE_CHART) == []


def test_a_fare_basis_has_no_more_than_fifteen_characters() -> None:
    text = "fares:\n  - {fare: A, when: {fare_basis: {prefix: [ABCDEFGH]}}}\n"
    assert findings(text + "  - {fare: B, when: {fare_basis: {suffix: [JKLMNOP]}}}\n" + ONE_CHART) == [
        "overlap 2 3: fare basis ABCDEFGHJKLMNOP"
    ]
    assert findings(text + "  - {fare: B, when: {fare_basis: {suffix: [JKLMNOPQ]}}}\n" + ONE_CHART) == []


def test_a_chart_over_fares_is_proved_through_the_rules_of_fares() -> None:
    text = """fares:
  - {fare: LIGHT, when: {fare_basis: {suffix: [LT]}}}
charts:
  - name: own
    when: {fare_basis: {contains: [LT]}}
    rows:
      - {fares: [LIGHT], percent: 50}
"""
    assert findings(text) == ["gap 4: fare basis LTA"]
    assert findings(text.replace("contains", "suffix")) == []


def test_gaps_name_the_classes_that_no_row_takes() -> None:
    text = """charts:
  - name: own
    when: {classes: [Y, M, K]}
    rows:
      - {classes: [Y], percent: 100}
      - {classes: [M], between: [RU, [DE, FR]], percent: 50}
"""
    found = prove(HEAD + TIERS + text, "draft.yaml").findings
    assert [finding.text for finding in found] == [
        "chart own: no row takes class K, and it has no otherwise",
        "chart own: no row takes class M, some routes, and it has no otherwise",
    ]
    assert found[0].case == {"class": "K"}
    case = found[1].case
    assert case is not None
    assert case["class"] == "M"
    ends = {countries()[str(case[end])] for end in ("from", "to")}
    assert not ends <= {"RU", "DE", "FR"} or ends in ({"DE", "FR"}, {"DE"}, {"FR"}, {"RU"})


def test_who_counts_as_operating_is_undone() -> None:
    text = """operators:
  - {when: {operating: [WK], marketing: [LX]}, as: LX}
charts:
  - name: Swiss
    when: {carriers: [LX]}
    otherwise: unknown
    rows: [{percent: 100}]
  - name: Edelweiss
    when: {carriers: [WK], marketing: [LX]}
    otherwise: unknown
    rows: [{percent: 100}]
"""
    assert findings(text) == ["never 8", "never 11"]


def test_versions_days_and_weekdays() -> None:
    text = (
        ONE_CHART
        + """versions:
  - from: 2020-01-01
    charts:
      - name: all
        otherwise: nothing
        rows:
          - {weekdays: [sat], dates: {from: 2026-08-17, until: 2026-08-21}, percent: 1}
          - {dates: {until: 2019-12-31}, percent: 2}
          - {classes: [Y], percent: 3}
  - from: 2019-01-01
    charts: [{name: earlier, rows: [{percent: 1}]}]
  - {from: 2018-01-01, fares: [{fare: A, when: {fare_basis: {prefix: [A]}}}]}
"""
    )
    # The last of the list whose days hold counts: it hides the first two.
    assert findings(text) == ["never 3", "never 11"]
    ended = text.replace("  - {from: 2018-01-01", "  - {from: 2018-01-01, until: 2018-12-31")
    assert findings(ended) == ["never 3"]
    # No Saturday lies between Monday and Friday, and the version begins after 2019.
    in_order = text.replace("from: 2018", "from: 2030").replace("from: 2019", "from: 2029")
    assert findings(in_order) == ["never 8", "never 9"]


def test_routes_are_as_long_as_they_are() -> None:
    text = """charts:
  - name: all
    otherwise: unknown
    rows:
      - {between: [DME, LED], miles: {below: 500}, percent: 1}
      - {between: [DME, LED], miles: {from: 500}, percent: 1}
      - {between: [LED, [VKO, DME]], miles: {below: 350}, priority: 1, percent: 1}
"""
    assert findings(text) == ["never 6", "never 7"]
    assert findings(text.replace("below: 350", "below: 420")) == ["never 5", "never 6"]


def test_tiers_that_are_nobodys() -> None:
    tiers = """tiers:
  - {name: BASIC}
  - {name: SILVER, reached: {any_of: [{qualifying: 20000}, {segments: 60}]}}
  - {name: GOLD, reached: {any_of: [{qualifying: 20000}, {segments: 50}]}}
"""
    assert findings(tiers + ONE_CHART, HEAD) == ["unreachable 3 4"]
    assert findings(tiers.replace("{segments: 60}", "{segments: 40}") + ONE_CHART, HEAD) == []


def test_where_too_many_boxes_are_needed_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("operating", "marketing", "brands", "residence")
    rows = [
        f"      - {{{name}: [{one}], unless: {{tiers: [GOLD], classes: [{letter}]}}, percent: 1}}\n"
        for letter, one in zip("ABCD", ("DE", "FR", "IT", "ES"), strict=True)
        for name in names
    ]
    text = "charts:\n  - name: own\n    rows:\n" + "".join(rows)
    assert not any(line.startswith("undecided") for line in findings(text))
    monkeypatch.setattr(boxes, "BOXES_MAX", 10)
    proof = prove(HEAD + TIERS + text, "draft.yaml")
    undecided = [finding for finding in proof.findings if finding.kind == "undecided"]
    assert "whether its rows take every case can't be decided: needs more than 10 boxes" in undecided[0].text
    assert not proof.holds


def test_where_patterns_or_places_are_too_many_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    fares = "".join(
        f"  - {{fare: {part}, when: {{fare_basis: {{contains: [{part}]}}}}}}\n" for part in ("AB", "BA")
    )
    fares = f"fares:\n{fares}"
    monkeypatch.setattr(texts, "STATES_MAX", 3)
    texts._combined.cache_clear()
    try:
        proof = prove(HEAD + TIERS + fares + ONE_CHART, "draft.yaml")
    finally:
        texts._combined.cache_clear()
    assert "patterns of texts need more than 3 states" in proof.findings[0].text
    assert not proof.holds
    monkeypatch.setattr(places, "KINDS_MAX", 2)
    rows = "[{between: [DME, LED], percent: 1}, {between: [JFK, LED], percent: 1}]"
    rows = f"charts: [{{name: all, otherwise: unknown, rows: {rows}}}]\n"
    proof = prove(HEAD + TIERS + rows, "draft.yaml")
    assert [finding.kind for finding in proof.findings] == ["undecided"]
    assert "needs more than 2 kinds of places" in proof.findings[0].text
    assert not proof.holds


def test_the_prover_reads_every_word_of_the_language() -> None:
    source = inspect.getsource(regions)
    for word in WhenShape.model_fields:
        assert f'"{word}"' in source or f"when.{word}" in source, word
