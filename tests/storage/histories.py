"""The convergence promise on seeded histories (``history_author``): ``differences`` runs one in several orders, batch
sizes, with repetitions, splits and restarts in between; all must end in one state, and what was run must replay to the
same chain head.
"""

import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from loyalty_core import Core, ListReceived, PartReceived, Submission
from tests.compiled import share_compiled
from tests.storage.airline import part_submission
from tests.storage.history_author import History, history_of
from tests.storage.replays import check_replay

ORDERS = 12
BATCH_MAX = 64


def sync_off() -> None:
    """Nobody pulls the plug on a test: commits needn't wait for the disk."""

    @sa.event.listens_for(sa.pool.Pool, "checkout")
    def checkout(connection: object, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


def _split(one: Submission, chance: random.Random) -> list[Submission]:
    """A list as two parts, in any order, and what is read from them once both are there."""
    (message,) = one.transactions
    assert isinstance(message, ListReceived)
    key = f"{one.digest.hex()[:16]}"
    parts = [
        part_submission(PartReceived(key, number, number == 2, f"part {number} of {key}"))
        for number in (1, 2)
    ]
    chance.shuffle(parts)
    return [*parts, replace(one, set_key=key)]


def order_of(history: History, chance: random.Random) -> list[Submission]:
    """One order of a history, with repetitions and splits."""
    shuffled = list(history.messages)
    chance.shuffle(shuffled)
    found: list[Submission] = []
    for one in shuffled:
        splits = isinstance(one.transactions[0], ListReceived) and chance.random() < 0.1
        found += _split(one, chance) if splits else [one]
    for again in chance.sample(shuffled, len(shuffled) // 4):
        # A repeat comes any time later.
        first = next(place for place, one in enumerate(found) if one.digest == again.digest)
        found.insert(chance.randint(first + 1, len(found)), again)
    # What comes behind the clock is measured by it, so it may as well strike early.
    strikes = len(found) if chance.random() < 0.5 or history.closes_last else chance.randint(0, len(found))
    return [*history.opening, *found[:strikes], *history.closing, *found[strikes:]]


def run(path: Path, order: Sequence[Submission], chance: random.Random) -> str:
    """The state hash at the end."""
    core = Core.open(f"sqlite:///{path}")
    try:
        rest = list(order)
        while rest:
            size = chance.choice([1, 1, 2, 4, 16, BATCH_MAX])
            for result in core.execute(rest[:size]):
                assert not result.system_error, core.explain(journal_id=result.journal_id)["journal"]
            del rest[:size]
            if chance.random() < 0.1:
                core.close()
                core = Core.open(f"sqlite:///{path}")
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        return str(report["state_hash"])
    finally:
        core.close()


def differences(history: History, empty: Path, folder: Path, seed: int, orders: int = ORDERS) -> str:
    """What is wrong with this history, in words; "" when all its orders agree and replay. ``empty`` is a database with
    nothing but its schema."""

    def fresh(name: str) -> Path:
        path = folder / f"{os.getpid()}-{name}.sqlite"
        for each in folder.glob(f"{path.name}*"):
            each.unlink()
        shutil.copy(empty, path)
        return path

    def _url(name: str) -> str:
        return f"sqlite:///{folder}/{os.getpid()}-{name}.sqlite"

    ends: dict[str, int] = {}
    for number in range(orders):
        chance = random.Random(f"{seed}/{number}")
        order = order_of(history, chance)
        try:
            state = run(fresh("run"), order, chance)
            if number == 0:
                check_replay(_url("run"), f"sqlite:///{fresh('replay')}", order)
        except AssertionError as error:
            return f"order {number}: {error}"
        ends.setdefault(state, number)
    return f"orders {sorted(ends.values())} end in different states" if len(ends) > 1 else ""


def shrunk(history: History, empty: Path, folder: Path, seed: int) -> History:
    """The history without messages that its failure doesn't need: for people who have to understand it."""
    kept = list(history.messages)
    for one in history.messages:
        fewer = replace(history, messages=tuple(each for each in kept if each is not one))
        if differences(fewer, empty, folder, seed, 24):
            kept = list(fewer.messages)
    return replace(history, messages=tuple(kept))


def check(seeds: Sequence[int], empty: str, folder: str) -> list[tuple[int, str]]:
    """(seed, what is wrong) of the histories that fail: the work of one process."""
    sync_off()
    share_compiled()
    place = Path(folder)
    found = ((seed, differences(history_of(seed), Path(empty), place, seed)) for seed in seeds)
    return [(seed, wrong) for seed, wrong in found if wrong]
