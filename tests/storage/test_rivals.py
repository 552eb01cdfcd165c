"""What one process decides while another is in the middle of a batch: two cores on one PostgreSQL.

The first is held at a chosen statement of its batch until the second has committed, or visibly waits; whatever comes
out must be what comes out when one follows the other.
"""

import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from loyalty_core import Core, Flight, ProgrammeActivated, Result, Submission
from tests.storage.airline import PROGRAMME, coupon, opening, submission
from tests.storage.books import balances, books, one, query

COMMIT_SECONDS_MAX = 1.0
"""How long the second has to commit before it is taken to wait for the first."""
SECONDS_MAX = 60

ON_800 = coupon(flight=Flight("UT", "800"))
ON_801 = coupon(flight=Flight("UT", "801"))
VOID_ON_801 = coupon("V", flight=Flight("UT", "801"))


@pytest.fixture
def rivals(postgres_database: str) -> Iterator[tuple[Core, Core]]:
    first = Core.open(postgres_database, lane="east")
    try:
        first.execute(opening())
        second = Core.open(postgres_database, lane="west")
        try:
            yield first, second
        finally:
            second.close()
    finally:
        first.close()


def meet(
    rivals: tuple[Core, Core], at: str, first: Sequence[Submission], second: Sequence[Submission]
) -> tuple[list[Result], list[Result]]:
    """Both batches, the second one begun when the first is about to run a statement with the words ``at``."""
    results: list[Result] = []
    other = threading.Thread(target=lambda: results.extend(rivals[1].execute(second)), daemon=True)

    def hold(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if at in statement and other.ident is None:
            other.start()
            other.join(COMMIT_SECONDS_MAX)

    sa.event.listen(rivals[0]._engine, "before_cursor_execute", hold)
    try:
        own = rivals[0].execute(first)
    finally:
        sa.event.remove(rivals[0]._engine, "before_cursor_execute", hold)
    other.join(SECONDS_MAX)
    assert not other.is_alive(), "two writers wait for each other"
    assert len(results) == len(second), "the second batch failed"
    for result in (*own, *results):
        assert not result.system_error
    report = rivals[0].verify()
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]
    return own, results


def state_after(*batches: Sequence[Submission]) -> str:
    """The state hash of one process that gets the batches one after the other."""
    with tempfile.TemporaryDirectory() as folder, books(f"sqlite:///{folder}/books.sqlite") as core:
        for batch in batches:
            core.execute(batch)
        return str(core.verify()["state_hash"])


@pytest.mark.parametrize("credited_first", [True, False])
def test_a_coupon_is_void_on_one_flight_while_it_is_reported_flown_on_another(
    credited_first: bool, rivals: tuple[Core, Core]
) -> None:
    opened = [submission(ON_801, link="host")] if credited_first else []
    rivals[0].execute(opened)
    flown, void = [submission(ON_800, link="host")], [submission(VOID_ON_801, link="west")]
    meet(rivals, "INSERT INTO journal", flown, void)
    assert rivals[0].verify()["state_hash"] == state_after(opened, flown, void)
    assert balances(rivals[0]) == {}


def test_the_same_document_on_two_processes_is_decided_once(rivals: tuple[Core, Core]) -> None:
    document = submission(ON_800, link="host")
    (own,), (other,) = meet(rivals, "INSERT INTO journal", [document], [document])
    assert [own.repeated, other.repeated] == [False, True]
    assert (own.journal_id, own.state, own.outcomes) == (other.journal_id, other.state, other.outcomes)
    assert query(rivals[0].url, "SELECT count(*) FROM journal WHERE link = 'host'") == [(1,)]
    assert query(rivals[0].url, "SELECT repeats FROM receipt WHERE link = 'host'") == [(1,)]


def test_nothing_is_of_the_past_whatever_isolation_the_database_has(postgres_database: str) -> None:
    with psycopg.connect(postgres_database.replace("+psycopg", "", 1), autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ()
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    document = submission(ON_800, link="host")
    with books(postgres_database, lane="east") as east:
        west = Core.open(postgres_database, lane="west")
        try:
            (own,), (other,) = meet((east, west), "INSERT INTO journal", [document], [document])
        finally:
            west.close()
    assert [own.repeated, other.repeated] == [False, True]


@pytest.mark.parametrize("at", ["INSERT INTO journal", "INSERT INTO programme"])
def test_two_versions_of_a_programme_activated_at_once(at: str, rivals: tuple[Core, Core]) -> None:
    versions = [PROGRAMME + b"\n# east\n", PROGRAMME + b"\n# west\n"]
    east, west = ([submission(ProgrammeActivated(each, "demo.yaml"))] for each in versions)
    meet(rivals, at, east, west)
    active = query(rivals[0].url, "SELECT content FROM programme WHERE active = 1")
    assert active == [(versions[1].decode(),)]
    one(rivals[0], submission(ON_800))
    assert [core.programmes["demo"].digest for core in rivals] == [rivals[1].programmes["demo"].digest] * 2


def test_a_programme_has_one_version_in_force_whatever_is_written(database_url: str) -> None:
    with books(database_url) as core:
        engine = sa.create_engine(core.url)
        copied = (
            "INSERT INTO programme (name, digest, file, content, journal_id, active, ends_by, grants_by)"
            " SELECT name, 'another', file, content, journal_id, active, ends_by, grants_by FROM programme"
        )
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(sa.text(copied))
        engine.dispose()


def test_journal_ids_follow_the_order_of_decision(rivals: tuple[Core, Core]) -> None:
    """Whichever process decides, its row is the newest; and numbers taken by a batch that failed are used again."""
    ids = []
    for number in range(6):
        told = replace(ON_800, ticket=f"29861200001{number:02d}")
        ids.append(one(rivals[number % 2], submission(told, link="host")).journal_id)
        newest = rivals[0].newest_of("host")
        assert newest is not None
        assert newest["id"] == ids[-1]
    assert ids == list(range(ids[0], ids[0] + 6))


def test_a_rebuild_in_one_process_has_the_same_chains(rivals: tuple[Core, Core]) -> None:
    """Row by row, each in the lane that decided it."""
    told = [
        submission(each, link="host") for each in (ON_801, ON_800, VOID_ON_801, replace(ON_800, coupon=2))
    ]
    decided = [(("east", "west")[number % 2], each) for number, each in enumerate(told)]
    for lane, each in decided:
        one(rivals[lane == "west"], each)
    report = rivals[0].verify()
    assert report["ok"]
    assert report["lanes"].keys() == {"east", "west"}
    with tempfile.TemporaryDirectory() as folder, books(f"sqlite:///{folder}/books.sqlite") as rebuilt:
        for lane, each in decided:
            rebuilt.execute([each], lane=lane)
        # The log names lanes as well, and the opening was decided in another one here.
        assert rebuilt.verify() | {"log_head": ""} == report | {"log_head": ""}
