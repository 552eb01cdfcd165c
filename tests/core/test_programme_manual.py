"""The manual of the language: every example in it is read as it stands."""

import re
from pathlib import Path

import pytest

import loyalty_core
from loyalty_core.programme import load_programme
from loyalty_core.rules.shapes.when import WORDS
from tests.core.rule_texts import FRAME, RULES

MANUAL = (Path(loyalty_core.__file__).parent / "programmes" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
BASE = {
    **RULES,
    "accrual": "{award: [distance, percent, round: floor], segments: [amount: 1]}",
    "units": "{award: {}, qualifying: {}, segments: {}, xp: {}}",
    "zones": "{europe: {countries: [DE, FR]}}",
    "fares": "[{fare: FLEX, when: {brands: [FLEX]}}, {fare: BASIC, when: {brands: [BASIC]}}]",
}
TABLE = re.search(r"```\n(carriers,.*?)```", MANUAL, re.DOTALL)
FILES = {"distances.csv": "from,to,miles,since\nDME,LED,400,\n", "partners.csv": TABLE[1] if TABLE else ""}


def whole(block: str) -> str:
    """The block over the sections that it doesn't have."""
    own = set(re.findall(r"^([a-z_]+):", block, re.MULTILINE))
    frame = [line for line in FRAME.splitlines() if line.partition(":")[0] not in own]
    base = [f"{name}: {value}" for name, value in BASE.items() if name not in own]
    return "\n".join([*frame, *base, block])


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split(":")[0].strip())
def test_an_example_of_the_manual_can_be_read(block: str) -> None:
    load_programme(whole(block), "manual.yaml", FILES)


def test_every_condition_of_the_manual_can_be_read() -> None:
    rows = re.findall(
        r"^\| (`[a-z_`, ]+`) \| `(.+?)` \|", MANUAL[MANUAL.index("## Conditions") :], re.MULTILINE
    )
    found = {word: value for words, value in rows for word in re.findall(r"[a-z_]+", words)}
    conditions = {word: found[word] for word in WORDS}
    for word, value in conditions.items():
        charts = f"charts: [{{name: a, when: {{{word}: {value}}}, rows: [{{percent: 100}}]}}]"
        load_programme(whole(charts), "manual.yaml")
