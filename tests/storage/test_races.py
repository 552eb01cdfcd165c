"""Many at once about the same miles: nothing is spent twice and nothing is undone twice."""

import queue
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock as Timer

from adapter.gate import Gate, OwnThread
from loyalty_core import Core, Result, Submission
from tests.storage.books import books, query
from tests.storage.miles import award, done, give, redeem
from tests.storage.racer import CLIENTS, EACH, MILES, REVERSED, redemptions, reversals

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 100
FUNDS = 50_000


def through_the_gate(core: Core, works: list[list[Submission]]) -> Counter[str]:
    """Every client is a thread that hands its messages to the gate and waits for each answer; this thread is the
    reactor's."""
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def call(function: Callable[..., None], *arguments: Any) -> None:
        calls.put(lambda: function(*arguments))

    gate = Gate(
        core.execute,
        core.answer,
        clock=Timer(),
        writer=OwnThread("writer", call),
        reader=OwnThread("reader", call),
        batch_max=50,
        queue_max=10_000,
    )
    found: Counter[str] = Counter()
    running = len(works)

    def client(messages: list[Submission]) -> None:
        nonlocal running
        for message in messages:
            answers: queue.SimpleQueue[Result | Exception] = queue.SimpleQueue()
            call(gate.submit, message, answers.put)
            result = answers.get(timeout=SECONDS_MAX)
            assert isinstance(result, Result)
            (outcome,) = result.outcomes
            found[f"{outcome.status} {outcome.reason}".strip()] += 1  # type: ignore[attr-defined]
        call(finished)

    def finished() -> None:
        nonlocal running
        running -= 1

    threads = [threading.Thread(target=client, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    while running:
        calls.get(timeout=SECONDS_MAX)()
    return found


def in_two_processes(url: str, work: str) -> Counter[str]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.storage.racer", url, lane, work, str(first)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first, lane in enumerate(("east", "west"))
    ]
    found: Counter[str] = Counter()
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            told, _nothing = process.communicate(timeout=SECONDS_MAX)
            assert process.returncode == 0
            for line in told.splitlines():
                count, _blank, status = line.partition(" ")
                found[status] += int(count)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return found


ENOUGH = FUNDS // MILES
SPENT = {"posted": ENOUGH, "refused insufficient_miles": CLIENTS * EACH - ENOUGH}
UNDONE = {"posted": REVERSED, "refused operation_ended": REVERSED}


def fund(core: Core) -> None:
    for number in range(FUNDS // 5000):
        give(core, 5000, f"gift {number}")


def spend(core: Core) -> list[tuple[int, int]]:
    """One by one, what is to be undone; the lots before it."""
    fund(core)
    before = _lots(core)
    for number in range(REVERSED):
        assert done(core, redeem(f"spent {number}", MILES)).status == "posted"
    assert award(core) == {}
    return before


def _lots(core: Core) -> Any:
    return query(core.url, "SELECT seq, remaining FROM lot ORDER BY lane, seq, number")


def test_sixteen_clients_spend_what_there_is(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        fund(core)
        assert through_the_gate(core, [redemptions(client) for client in range(CLIENTS)]) == SPENT
        assert award(core) == {}


@pytest.mark.timeout(300)
def test_sixteen_clients_of_two_processes_spend_what_there_is(postgres_database: str) -> None:
    with books(postgres_database) as core:
        fund(core)
        assert in_two_processes(postgres_database, "redeem") == SPENT
        assert award(core) == {}
        assert query(postgres_database, "SELECT count(DISTINCT lane) FROM entry") == [(3,)]


def test_five_hundred_entries_each_undone_twice_at_once(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        before = spend(core)
        assert through_the_gate(core, [reversals(first) for first in range(2)]) == UNDONE
        assert award(core) == {"award": FUNDS}
        assert _lots(core) == before
        assert query(core.url, "SELECT sum(amount) FROM balance") == [(0,)]


@pytest.mark.timeout(300)
def test_five_hundred_entries_each_undone_twice_by_two_processes(postgres_database: str) -> None:
    with books(postgres_database) as core:
        before = spend(core)
        assert in_two_processes(postgres_database, "reverse") == UNDONE
        assert award(core) == {"award": FUNDS}
        assert _lots(core) == before
        assert query(core.url, "SELECT sum(amount) FROM balance") == [(0,)]
