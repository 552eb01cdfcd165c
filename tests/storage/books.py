"""Opening books for a test, asking them what happened, and looking into their tables."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from loyalty_core import Core, CouponOutcome, Outcome, Result, Submission
from tests.storage.airline import opening


@contextmanager
def books(url: str, *first: Submission, members: bool = True, **options: Any) -> Iterator[Core]:
    """A core on a new database; with the airline's programme and members unless told otherwise. Whatever the test did,
    the invariants must hold at the end."""
    core = Core.open(url, **options)
    try:
        core.execute([*(opening() if members else ()), *first])
        yield core
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
    finally:
        core.close()


def one(core: Core, submission: Submission) -> Result:
    """Executes one message alone."""
    (result,) = core.execute([submission])
    assert not result.system_error, result
    return result


def outcome_of(core: Core, submission: Submission) -> Outcome:
    (outcome,) = one(core, submission).outcomes
    return outcome


def coupon_outcome(core: Core, submission: Submission) -> CouponOutcome:
    outcome = outcome_of(core, submission)
    assert isinstance(outcome, CouponOutcome)
    return outcome


def balances(core: Core, number: str = "M1") -> dict[str, int]:
    member = core.member(number)
    assert member is not None
    found: dict[str, int] = member["balances"]
    return found


def query(url: str, statement: str) -> Sequence[Any]:
    """Rows of a plain SQL query on a connection of its own."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.text(statement)).all()
    finally:
        engine.dispose()


def change(url: str, statement: str) -> None:
    """Changes what the database lets anybody change, behind the core's back."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
    finally:
        engine.dispose()


def count(url: str, table: str) -> int:
    return int(query(url, f"SELECT count(*) FROM {table}")[0][0])


def tamper(path: Path, *statements: str) -> None:
    """Changes a SQLite file behind the core's back, guards removed."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints=ON")
        for statement in statements:
            assert connection.execute(statement).rowcount, f"changed nothing: {statement}"
    finally:
        connection.close()
