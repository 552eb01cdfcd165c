"""Figures, not pass or fail: what a passenger of a list costs from bytes to transactions, against the least that any
reader must do, measured in the same run; and what a day of lists costs in memory. Run it with

    python -m pytest -m bench -s tests/bench/test_teletype.py

Other programs share the processors: read the ratios, not the microseconds.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.envelope import Envelope
from adapter.mapping import Maps
from tests.bench.flown_lists import PEOPLE, one_pass, telegram
from tests.documents.telegram_trees import RECEIVED

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("FFGATE_BENCH_ROUNDS", "5"))
REPEATS = 20


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "schemas")


def microseconds(work: Callable[[], object]) -> float:
    """Processor time of one call, a passenger."""
    began = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - began) / REPEATS / PEOPLE * 1e6


@pytest.mark.parametrize("kind", ["FTL", "PRL"])
def test_a_passenger(catalogue: Catalogue, kind: str) -> None:
    maps = Maps.load(ROOT / "mappings", catalogue)
    raw = telegram(kind)
    envelope = Envelope("bench", "typeb", "1", raw, RECEIVED)

    def tree() -> Document:
        document = catalogue.open(envelope)
        assert isinstance(document, Document)
        return document

    def transactions() -> int:
        return len(maps.read(tree(), envelope))

    (transaction,) = maps.read(tree(), envelope)
    assert len(transaction.persons) == len(one_pass(raw)) == PEOPLE  # type: ignore[union-attr]
    floors, trees, wholes = [], [], []
    for _ in range(ROUNDS):
        floors.append(microseconds(lambda: one_pass(raw)))
        trees.append(microseconds(tree))
        wholes.append(microseconds(transactions))
    print(
        f"\n{kind}, {PEOPLE} passengers, {len(raw) / PEOPLE:.0f} bytes each: floor {median(floors):.1f} µs a passenger,"
        f" validated tree {median(trees):.1f} µs ({ratio(trees, floors)}),"
        f" transactions {median(wholes):.1f} µs ({ratio(wholes, floors)})"
    )


def ratio(ours: list[float], floors: list[float]) -> str:
    ratios = [one / floor for one, floor in zip(ours, floors, strict=True)]
    return f"{median(ratios):.1f} ×, {min(ratios):.1f} to {max(ratios):.1f}"


DAY = """
import gc, json, sys
from pathlib import Path
from adapter.documents.catalogue import Catalogue
from adapter.envelope import Envelope
from adapter.mapping import Maps
from tests.bench.flown_lists import day
from tests.documents.telegram_trees import RECEIVED

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

root, kinds, people, kept = Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3]), sys.argv[4] == "kept"
catalogue = Catalogue.load(root / "schemas")
maps = Maps.load(root / "mappings", catalogue)
gc.collect()
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: what loading took is not asked here
before = peak()
persons, waiting = 0, []
for kind in kinds:
    for number, raw in enumerate(day(kind, people)):
        envelope = Envelope("bench", "typeb", str(number), raw, RECEIVED)
        transactions = maps.read(catalogue.open(envelope), envelope)
        persons += sum(len(each.persons) for each in transactions)
        if kept:
            waiting.append(transactions)
print(json.dumps({"before_kib": before, "peak_kib": peak(), "persons": persons}))
"""


@pytest.mark.parametrize("kept", ["one list at a time", "kept"])
def test_memory_of_a_day(kept: str) -> None:
    people = 10_000
    command = [sys.executable, "-c", DAY, str(ROOT), "FTL,PRL", str(people), kept]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=True)
    found = json.loads(done.stdout)
    assert found["persons"] == 2 * people
    print(
        f"\nFTL and PRL of {people:,} passengers, {kept}: peak {found['peak_kib'] / 1024:.0f} MiB,"
        f" {(found['peak_kib'] - found['before_kib']) / 1024:.1f} MiB over the loaded schemas and maps"
    )
