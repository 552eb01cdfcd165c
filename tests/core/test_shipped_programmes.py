"""The shipped programmes: each loads and keeps its examples; Aeroplan's are those of the reference, none left out."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from loyalty_core.programme import check_examples, load_programme
from loyalty_core.rules.bundle import bundle, read_bundle, unbundle

FOLDER = Path(__file__).resolve().parents[2] / "loyalty_core" / "programmes"
PROGRAMMES = sorted(FOLDER.glob("*.yaml"))
AEROPLAN_EXAMPLES = 137

UNITS = {"sqm": "sqm", "sqc": "sqc", "lqm": "lqm", "totalPoints": "award", "aeroplanMiles": "award"}
ANOTHER = {"class_unknown": "not_earning", "estimated": "measured"}
BONUS_DISTANCE = 5449
"""Points of the examples that state the multiplier of a bonus: without one those of the distance, …"""
BONUS_DOLLARS = 100
"""… with one a point a dollar, and so many more as it says."""


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@pytest.mark.parametrize("path", PROGRAMMES, ids=lambda path: path.stem)
def test_a_shipped_programme_loads_and_keeps_its_examples(path: Path) -> None:
    programme = load_programme(read_bundle(path), path.name)
    assert programme.name == path.stem
    assert len(programme.examples) >= 10
    assert check_examples(programme) == ()


# --- Aeroplan --------------------------------------------------------------------------------------------------------


def numbered(name: str) -> dict[int, dict[str, str]]:
    """The examples that begin with the number of a row of the reference; a number stands there once."""
    found: dict[int, dict[str, str]] = {}
    for row in rows_of(FOLDER / name):
        if row["name"][:3].isdigit():
            number = int(row["name"][:3])
            if row["name"][3:4] == " ":
                assert number not in found, row["name"]
                found[number] = row
    return found


def test_every_example_of_aeroplan_holds_or_is_listed_as_open() -> None:
    holding, listed = numbered("aeroplan_examples.csv"), numbered("aeroplan_open.csv")
    assert sorted([*holding, *listed]) == list(range(1, AEROPLAN_EXAMPLES + 1))
    assert all(row["why"] for row in listed.values())


def failing(rows: Iterable[dict[str, str]]) -> str:
    """What doesn't hold where these are Aeroplan's only examples."""
    table = io.StringIO()
    names = rows_of(FOLDER / "aeroplan_examples.csv")[0]
    writer = csv.DictWriter(table, list(names), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    own, files = unbundle(read_bundle(FOLDER / "aeroplan.yaml"))
    programme = load_programme(
        bundle(own, files | {"aeroplan_examples.csv": table.getvalue()}), "aeroplan.yaml"
    )
    return "\n".join(check_examples(programme)) + "\n"


def test_what_is_listed_as_open_does_not_hold() -> None:
    listed = numbered("aeroplan_open.csv").values()
    found = failing(listed)
    assert [row["name"] for row in listed if f": {row['name']}: " not in found] == []


def test_with_another_value_no_example_holds() -> None:
    changed = []
    for row in numbered("aeroplan_examples.csv").values():
        stated = [name for name, value in row.items() if name.startswith("expect.") and value]
        values = [name for name in stated if name != "expect.reason"]
        for name in values or stated:
            value = row[name]
            another = str(int(value) + 1) if value.isdigit() else ANOTHER[value]
            changed.append({**row, name: another})
    found = failing(changed)
    assert [row["name"] for row in changed if f": {row['name']}: " not in found] == []


@pytest.fixture(scope="module")
def reference(shared: Path) -> Path:
    return shared / "programmes"


def test_examples_state_what_the_reference_states(reference: Path) -> None:
    stated = rows_of(reference / "aeroplan_worked_examples.csv")
    ours = {**numbered("aeroplan_examples.csv"), **numbered("aeroplan_open.csv")}
    assert len(stated) == AEROPLAN_EXAMPLES
    for number, theirs in enumerate(stated, start=1):
        row = ours[number]
        assert _given(row) == _stated(theirs), number
        said = {name: value for name, value in row.items() if name.startswith("expect.") and value}
        reason = said.pop("expect.reason", "")
        assert said == _expected(theirs), number
        nothing = theirs["expect_value"] == "0" and not theirs["expect_field"].startswith("elite")
        if theirs["expect_field"] == "result":
            assert reason == "class_unknown", number
        else:
            # A reason is said only where nothing of what is looked at is earned. No example tells a price.
            assert reason in (("", "not_earning", "price_unknown") if nothing else ("",)), number


def _given(row: dict[str, str]) -> dict[str, str]:
    names = ("operating", "marketing", "from", "to", "class", "fare_basis", "price")
    flown = date.fromisoformat(row["given.flown_on"])
    version = "2026" if flown >= date(2026, 1, 1) else "2024" if flown >= date(2024, 2, 27) else "2020"
    return {
        **{name: row[f"given.{name}"] for name in names},
        "stock": row["given.ticket"][:3],
        "version": version,
        "tier": row["given.tier"],
        "bonus": "yes" if row["given.groups"] else "",
    }


def _stated(row: dict[str, str]) -> dict[str, str]:
    """The facts of a row of the reference, in the words of ours."""
    bonus = row["elite_bonus_pct_or_multiplier"]
    newest = row["rules_version"] == "SQC-revenue-(2026)"
    if newest:
        tier = {"0": "", "1": "25K", "2": "35K", "3": "50K"}[bonus]
    elif bonus == "0":
        tier = {"true": "25K", "false": ""}[row["member_has_status"]]
    else:
        tier = {"100": "SE"}[bonus]
    return {
        "operating": row["operating"],
        "marketing": row["marketing"],
        "from": row["origin"],
        "to": row["destination"],
        "class": row["booking_class"],
        "fare_basis": row["fare_basis"],
        "price": row["revenue"],
        "stock": row["ticket_stock"],
        "version": "2026" if newest else "2024",
        "tier": tier,
        "bonus": "yes" if bonus != "0" and not newest else "",
    }


def _expected(row: dict[str, str]) -> dict[str, str]:
    """What a row of the reference states, in the words of ours."""
    field, value = row["expect_field"], row["expect_value"]
    if field == "result":
        assert value == "null"
        return {}
    if field == "isSqmPercentEstimated":
        assert value == "true"
        return {"expect.trace": "estimated"}
    if field == "eliteBonusMultiplier":
        if value == "0":
            assert row["distance_mi_programme_table"] == str(BONUS_DISTANCE)
            return {"expect.award": str(BONUS_DISTANCE)}
        return {"expect.award": str(int(row["revenue"]) * (1 + int(value)))}
    if field == "sqmPercent":
        return {"expect.percent.sqm": value}
    if field == "sqcMultiplier":
        return {"expect.rate.sqc": value}
    if field == "distanceResult.distance":
        return {"expect.distance": value}
    return {f"expect.{UNITS[field]}": value}


def test_distances_are_those_of_the_reference(reference: Path) -> None:
    stated = rows_of(reference / "aeroplan_distances.csv")
    ours: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows_of(FOLDER / "aeroplan_distances.csv"):
        ours.setdefault((row["from"], row["to"]), []).append((row["since"], row["miles"]))
    assert {(row["origin"], row["destination"]) for row in stated} == set(ours)
    changed = {("MEX", "YUL"): "2026-04-20", ("PHX", "YUL"): "2026-04-20", ("BZE", "YUL"): "2026-05-03"}
    for row in stated:
        pair = row["origin"], row["destination"]
        old, new = row["old_distance"], row["distance"]
        if pair in changed:
            assert ours[pair] == [*([("", old)] if old else []), (changed[pair], new)], pair
        else:
            assert ours[pair] == [("", new or old)], pair


def _letters(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Carrier, letter, percent of points and of status miles of the charts without conditions."""
    for row in rows_of(path):
        if not any(
            row[name] for name in ("between", "domestic", "ticket_stock", "dates.from", "dates.until")
        ):
            for carrier in row["carriers"].split():
                for letter in row["classes"].split():
                    yield carrier, letter, row["percent.award"], row["percent.sqm"]


def test_partner_charts_are_those_of_the_reference(reference: Path) -> None:
    stated: dict[str, Any] = json.loads(
        (reference / "aeroplan_partner_charts_2025.json").read_text(encoding="utf-8")
    )
    ours: dict[str, dict[str, tuple[str, str]]] = {}
    for carrier, letter, award, sqm in _letters(FOLDER / "aeroplan_partners.csv"):
        assert letter not in ours.setdefault(carrier, {}), (carrier, letter)
        ours[carrier][letter] = award, sqm
    for key, chart in stated.items():
        carrier = key.lstrip("_")
        in_alliance = chart["kind"] == "SimpleStarAllianceEarningCalculator"
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            percent = str(chart["percent_by_class"].get(letter, chart["default"]))
            assert ours[carrier][letter] == (percent, percent if in_alliance else "0"), (carrier, letter)
