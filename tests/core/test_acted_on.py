"""No word of the language is silently without effect: the tables are whole, the manual says the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import loyalty_core
from loyalty_core import load_programme, read_bundle
from loyalty_core.rules.acted_on import ACTED_ON, IDLE, idle_words
from loyalty_core.rules.shapes.programme import ProgrammeShape, RowShape, VersionedShape, VersionShape
from loyalty_core.rules.shapes.when import WhenShape
from tests.core.rule_texts import FILE, text

FOLDER = Path(loyalty_core.__file__).parent / "programmes"
WHERE = {
    "step": "accrual",
    "base": "bonus.of",
    "days": "dates",
    "distance_row": "distances.rows",
    "exclusion": "not_earning",
    "any_period": "period",
    "settling": "posted_when",
}
"""Shapes whose place in a definition is called otherwise."""
NARROWER = {"grant.channels"}
"""Words of conditions that are acted on, but not where a grant asks for them."""


def shapes(kind: Any, seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen or kind.__name__.startswith("Example"):
            return
        seen.add(kind)
        yield kind
        for one in kind.model_fields.values():
            yield from shapes(one.annotation, seen)
    for one in get_args(kind):
        yield from shapes(one, seen)


def words_of(shape: type[BaseModel]) -> set[str]:
    shared: type[BaseModel] | None = {RowShape: WhenShape, ProgrammeShape: VersionedShape}.get(shape)
    fields = {
        name: one for name, one in shape.model_fields.items() if not shared or name not in shared.model_fields
    }
    return {one.alias or name for name, one in fields.items()}


def test_every_word_of_the_language_is_in_one_of_the_tables() -> None:
    language, tables = {}, {where: set(words.split()) for where, words in ACTED_ON.items()}
    for shape in shapes(ProgrammeShape, set()):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", shape.__name__.removesuffix("Shape")).lower()
        where = WHERE.get(name, name)
        language[where] = words_of(shape)
        if where in IDLE:
            tables[where] = language[where]
    for word in IDLE.keys() - NARROWER:
        where, dot, name = word.rpartition(".")
        if dot:
            assert name not in tables.get(where, ()), f"{word} stands in both"
            tables.setdefault(where, set()).add(name)
    assert tables == language
    assert VersionShape.__name__


def test_the_manual_lists_what_the_gateway_does_not_act_on() -> None:
    manual = (FOLDER / "README.md").read_text("utf-8")
    begin = manual.index("## What the gateway does not act on")
    rows = re.findall(
        r"^\| `(.+?)` \| (.+?) \|$", manual[begin : manual.index("\n## ", begin + 1)], re.MULTILINE
    )
    assert dict(rows) == {word: why for word, why in IDLE.items() if not why.startswith("see ")}


USED = {
    "aeroflot_bonus": {"version.migrations", "version.compensations", "grant.channels"}
    | {"version.conversions"},
    "aeroplan": set(),
    "belavia_leader": set(),
    "delta_skymiles": set(),
    "demo": set(),
    "egyptair_plus": set(),
    "iberia_plus": set(),
    "miles_and_more": set(),
    "qantas_ff": set(),
    "royal_orchid_plus": set(),
    "s7_priority": {"grant.channels"},
    "utair_status": set(),
}
"""Shipped programme -> its words that only examples prove."""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_programme_is_told_what_only_its_examples_prove(path: Path) -> None:
    found = idle_words(read_bundle(path), str(path))
    assert {one.word for one in found} - {"unit.title"} == USED[path.stem]
    assert all(re.fullmatch(r"[a-z0-9_]+\.(yaml|csv):[0-9]+", rule) for one in found for rule in one.rules)


@pytest.mark.parametrize(
    ("word", "sections"),
    [
        (
            "grant.channels",
            {"grants": "[{name: g, on: enrolment, amounts: {award: 1}, when: {channels: [web]}}]"},
        ),
        ("version.migrations", {"migrations": "[{on: 2026-01-01, unit: award, factor: 2, round: floor}]"}),
        ("version.conversions", {"conversions": "[{from: award, to: qualifying}]"}),
        ("version.compensations", {"compensations": "[{name: c, kind: delay, amounts: {award: 1}}]"}),
        ("at_most.per", {"accrual": "{award: [distance, at_most: {amount: 9, per: flight}]}"}),
        ("unit.title", {"units": "{award: {title: miles}, qualifying: {}, segments: {}}"}),
    ],
)
def test_a_word_without_effect_is_told_with_its_place(word: str, sections: dict[str, str]) -> None:
    whole = text(**sections)
    load_programme(whole, FILE)
    (found,) = idle_words(whole, FILE)
    assert (found.word, found.text) == (word, IDLE[word])
    (rule,) = found.rules
    line = whole.splitlines()[int(rule.rpartition(":")[2]) - 1]
    assert f"{word.rpartition('.')[2]}:" in line


def test_what_changes_nothing_is_not_told() -> None:
    whole = text(accrual="{award: [distance, at_most: {amount: 9, per: coupon}, round: floor]}")
    assert idle_words(whole, FILE) == []


def test_what_a_message_may_tell_of_a_coupon_is_acted_on() -> None:
    whole = text(
        fares="[{fare: A, when: {brands: [X], channels: [web]}}]",
        not_earning="[{when: {roles: [FQTR]}, unless: {passenger_types: [CHD]}, why: w}]",
        charts="[{name: a, when: {ticketed: {from: 2026-01-01}, booked: {until: 2026-02-01}}, columns: {brands: [X]},"
        " rows: [{percent: [1]}], otherwise: nothing}]",
        accrual="{award: [price: {of: total}, round: floor]}",
        grants="[{name: g, on: enrolment, amounts: {award: 1}, unless: {groups: [vip], channels: [web]}}]",
        versions="[{from: 2026-01-01, chosen_by: booking_date, expiry: {model: never}}]",
    )
    assert [one.word for one in idle_words(whole, FILE)] == ["grant.channels"]
