"""The prover's verdict on random small programmes is that of trying every case."""

import json
import random
import re
from typing import Any

import pytest

from loyalty_core import InputError
from loyalty_core.rules.loader import load
from loyalty_core.rules.prover import boxes, derivation
from loyalty_core.rules.prover.prove import Proof, prove
from tests.rules.prover_oracle import TooManyCases, Verdict

PROGRAMMES = 80
HEAD = """programme: draft
title: Draft
carriers: [AA]
policy: {listed: pending, checked_in: pending, boarded: posted, flown: posted}
window: {future_days: 2, past_days: 365}
expiry: {model: never}
tiers: [{name: BASIC}, {name: GOLD, reached: {qualifying: 1}}]
accrual: {award: [distance, percent, round: half_up]}
"""


class Maker:
    """A random definition: as text whose rules stand in one line each, and as data that knows these lines."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines = HEAD.splitlines()
        # A programme that speaks of everything takes long to try: each speaks of some words.
        self.words = self.random.sample(
            ["operating", "marketing", "carriers", "classes", "classes", "cabins", "fare_basis", "fare_basis", "fares",
             "fares", "tiers", "groups", "dates", "booked", "weekdays", "between", "from", "domestic"], 5
        )  # fmt: skip
        self.definition = self._sections(
            ("operators", "agreements", "booking_class", "fares", "not_earning"), ""
        )
        self.definition |= self._charts("")
        if self.random.random() < 0.4:
            self._versions()

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _line(self, text: str) -> str:
        # Positions of letters are numbers, which JSON can't say of keys.
        self.lines.append(re.sub(r'"([12])":', r"\1:", text))
        return f"draft.yaml:{len(self.lines)}"

    def _versions(self) -> None:
        self._line("versions:")
        self.definition["versions"] = []
        for _ in range(self.random.randint(1, 2)):
            version: dict[str, Any] = {
                **self._span(),
                "chosen_by": self.random.choice(["flight_date", "booking_date"]),
            }
            start, *rest = [f"{name}: {json.dumps(value)}" for name, value in version.items()]
            self._line(f"  - {start}")
            for line in rest:
                self._line(f"    {line}")
            version |= self._sections(self.random.sample(["fares", "not_earning"], 1), "    ")
            version |= self._charts("    ")
            self.definition["versions"].append(version)

    def _sections(self, names: Any, indent: str) -> dict[str, Any]:
        said: dict[str, Any] = {
            "operators": ("as", ["AA", "BB"], ["carriers", "fares"]),
            "agreements": ("chart_of", ["marketing", "operating"], ["carriers", "fares"]),
            "booking_class": ("letter", ["Y", "fare_basis"], ["fares"]),
            "fares": ("fare", ["LOW", "HIGH"], ["fares"]),
            "not_earning": ("why", ["so"], []),
        }
        found: dict[str, Any] = {}
        for name in names:
            word, values, not_yet = said[name]
            count = self.random.choice([0, 0, 1, 2]) if name != "fares" else 3
            if not count:
                continue
            self._line(f"{indent}{name}:")
            found[name] = []
            for number in range(count):
                entry = self._conditions(not_yet)
                if name == "not_earning":
                    entry["when"] = self._when(not_yet) or {"classes": ["Y"]}
                entry[word] = values[number % len(values)]
                if name != "not_earning" and self.random.random() < 0.4:
                    entry["priority"] = 1
                entry["place"] = self._line(f"{indent}  - {json.dumps(entry)}")
                entry.setdefault("priority", 0)
                found[name].append(entry)
        return found

    def _charts(self, indent: str) -> dict[str, Any]:
        self._line(f"{indent}charts:")
        charts = []
        for number in range(self.random.randint(1, 3)):
            entry = {
                **self._conditions([]),
                "name": f"chart {number}",
                "priority": self.random.choice([0, 0, 1]),
            }
            place = self._line(f"{indent}  - name: {entry['name']}")
            for word in ("when", "unless", "priority"):
                if word in entry:
                    self._line(f"{indent}    {word}: {json.dumps(entry[word])}")
            otherwise = self.random.random() < 0.3
            if otherwise:
                self._line(f"{indent}    otherwise: unknown")
            self._line(f"{indent}    rows:")
            rows = []
            for _ in range(self.random.randint(1, 4)):
                row = self._conditions([])
                priority = self.random.choice([0, 0, 0, 1])
                flat = {**row.get("when", {}), **({"unless": row["unless"]} if "unless" in row else {})}
                line = self._line(
                    f"{indent}      - {json.dumps({**flat, 'percent': 100, 'priority': priority})}"
                )
                rows.append(
                    {"row": row.get("when", {}), "priority": priority, "place": line}
                    | ({"unless": row["unless"]} if "unless" in row else {})
                )
            charts.append({**entry, "rows": rows, "otherwise": otherwise, "place": place})
        return {"charts": charts}

    def _conditions(self, not_yet: list[str]) -> dict[str, Any]:
        entry: dict[str, Any] = {"when": self._when(not_yet)}
        if not entry["when"] and self.random.random() < 0.5:
            del entry["when"]
        if self.random.random() < 0.25 and (unless := self._when(not_yet)):
            entry["unless"] = unless
        return entry

    def _when(self, not_yet: list[str]) -> dict[str, Any]:
        words = [word for word in self.words if word not in not_yet]
        chosen = self.random.sample(words, min(len(words), self.random.choice([0, 1, 1, 2])))
        return {word: self._value(word) for word in chosen}

    def _some(self, *values: Any) -> list[Any]:
        return self.random.sample(values, self.random.randint(1, len(values) - 1))

    def _span(self) -> dict[str, str]:
        first = self.random.randint(5, 11)
        last = self.random.randint(first, 11)
        span = {"from": f"2026-01-{first:02}", "until": f"2026-01-{last:02}"}
        if self.random.random() < 0.3:
            del span[self.random.choice(["from", "until"])]
        return span

    def _value(self, word: str) -> Any:
        choose = self.random.choice
        match word:
            case "operating" | "marketing" | "carriers":
                return [choose(["AA", "BB"])]
            case "classes":
                return self._some("Y", "M", "Z")
            case "cabins":
                return [choose("YF")]
            case "fares":
                return [choose(["LOW", "HIGH"])]
            case "tiers":
                return [choose(["BASIC", "GOLD"])]
            case "groups":
                return choose([["one"], ["two"], ["one", "two"]])
            case "dates" | "booked":
                return self._span()
            case "weekdays":
                return self._some("mon", "tue", "sat", "sun")
            case "between":
                return choose([["DME", "LED"], ["RU", "US"], [["DME", "JFK"], "RU"], ["DME", ["AER", "JFK"]]])
            case "from":
                return choose([["DME"], ["US"], ["LED", "JFK"]])
            case "domestic":
                return choose([True, False])
        kind = choose(["prefix", "suffix", "contains", "letters"])
        letters = ["".join(choose("AB") for _ in range(choose([1, 2])))]
        return {kind: {choose(["1", "2"]): [choose("AB")]} if kind == "letters" else letters}


def told_by(proof: Proof) -> tuple[set[tuple[str, ...]], set[str], set[str]]:
    """Overlaps, gaps and rules that never decide."""
    by_kind: dict[str, set[Any]] = {"overlap": set(), "gap": set(), "never": set(), "undecided": set()}
    for finding in proof.findings:
        by_kind.setdefault(finding.kind, set()).add(
            finding.rules[0] if finding.kind in ("gap", "never") else tuple(finding.rules)
        )
    assert not by_kind["undecided"]
    return by_kind["overlap"], by_kind["gap"], by_kind["never"]


def rules_of(definition: Any) -> set[str]:
    """Places of all rules; versions are left out, whose charts have places of their own."""
    if isinstance(definition, dict):
        own = {definition["place"]} if "place" in definition else set()
        return own.union(*(rules_of(value) for value in definition.values()))
    if isinstance(definition, list):
        return set().union(*(rules_of(value) for value in definition))
    return set()


def differs(seed: int) -> str:
    """What the prover and trying say otherwise of one random programme; "" where they agree, and where it can't be
    loaded or has too many cases."""
    maker = Maker(seed)
    try:
        load(maker.text, "draft.yaml")
    except InputError:
        return ""
    try:
        tried = Verdict(maker.definition)
    except TooManyCases:
        return ""
    overlaps, gaps, never = told_by(prove(maker.text, "draft.yaml"))
    versions = maker.definition.get("versions", ())
    wanted = rules_of(maker.definition) - tried.deciding
    # A version that never counts is told of itself: of what stands in it nothing more is said.
    for number in range(len(versions) + 1):
        if f"version {number}" not in tried.deciding:
            return ""
    places = {place for place in never if place in rules_of(maker.definition)}
    sides = (("overlaps", overlaps, tried.overlaps), ("gaps", gaps, tried.gaps), ("never", places, wanted))
    found = [
        f"{what}: proved {sorted(proved)}, tried {sorted(seen)}"
        for what, proved, seen in sides
        if proved != seen
    ]
    return f"{maker.text}\n{found}" if found else ""


@pytest.mark.parametrize("seed", range(0, PROGRAMMES, 10))
def test_the_prover_finds_what_trying_every_case_finds(seed: int) -> None:
    for number in range(seed, seed + 10):
        assert not differs(number), number


def test_enough_of_the_random_programmes_can_be_loaded_and_have_something_to_find() -> None:
    loaded = []
    for seed in range(PROGRAMMES):
        try:
            load(Maker(seed).text, "draft.yaml")
        except InputError:
            continue
        loaded.append(told_by(prove(Maker(seed).text, "draft.yaml")))
    assert len(loaded) > PROGRAMMES / 2
    assert sum(bool(overlaps) for overlaps, _, _ in loaded) > PROGRAMMES / 8
    assert sum(bool(gaps) for _, gaps, _ in loaded) > PROGRAMMES / 8
    assert sum(bool(never) for _, _, never in loaded) > PROGRAMMES / 20
    assert any(not overlaps and not gaps for overlaps, gaps, _ in loaded)


def test_a_prover_that_forgets_what_comes_before_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "minus", lambda region, other: region)
    assert any(differs(seed) for seed in range(PROGRAMMES))


def test_a_prover_that_loses_a_side_of_a_box_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = boxes._without
    monkeypatch.setattr(boxes, "_without", lambda box, other: list(whole(box, other))[:1])
    assert any(differs(seed) for seed in range(PROGRAMMES))
