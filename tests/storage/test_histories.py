"""The convergence promise, on random histories: ``--histories N`` says how many, ``--first-seed`` where they begin."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from loyalty_core import Core
from tests.storage.histories import check

CHUNK = 5


@pytest.mark.timeout(0)
def test_histories(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    count = request.config.getoption("--histories")
    first = request.config.getoption("--first-seed")
    empty = tmp_path / "empty.sqlite"
    Core.open(f"sqlite:///{empty}").close()
    seeds = range(first, first + count)
    chunks = [seeds[at : at + CHUNK] for at in range(0, count, CHUNK)]
    failed: list[tuple[int, str]] = []
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for found in pool.map(check, chunks, [str(empty)] * len(chunks), [str(tmp_path)] * len(chunks)):
            failed += found
    print(f"seeds {first} to {first + count - 1}")
    assert not failed, "\n".join(f"seed {seed}: {wrong}" for seed, wrong in failed)
