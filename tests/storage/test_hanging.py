"""A PostgreSQL that hangs is a database that can't be used now: no thread is held for good."""

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from loyalty_core import CardCheck, Core, StorageUnavailable
from loyalty_core.storage import engine as engine_module
from loyalty_core.storage import postgresql
from tests.storage.airline import CARD, VERA, coupon, submission
from tests.storage.books import balances, books, one, query

SOON = 1.0
SECONDS_MAX = 30


def plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


@contextmanager
def at_once() -> Iterator[None]:
    """The block must not take longer than a small part of the usual bounds."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS_MAX


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATEMENT_SECONDS", "GRACE_SECONDS", "REPORT_SECONDS"):
        monkeypatch.setattr(postgresql, name, SOON)


def settings(core: Core, engine: sa.Engine) -> dict[str, str]:
    with engine.connect() as connection:
        names = (
            "lock_timeout",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "synchronous_commit",
        )
        return {name: connection.execute(sa.text(f"SHOW {name}")).scalar_one() for name in names}


def test_every_connection_is_bounded_and_writers_are_durable(postgres_database: str) -> None:
    with psycopg.connect(plain(postgres_database), autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ()
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with books(postgres_database, busy_seconds=3) as core:
        wanted = {
            "lock_timeout": "3s",
            "statement_timeout": "63s",
            "idle_in_transaction_session_timeout": "1min",
        }
        assert settings(core, core._engine) == {**wanted, "synchronous_commit": "on"}
        assert settings(core, core._reader) == {**wanted, "synchronous_commit": "off"}
        assert settings(core, core._reports)["statement_timeout"] == "603s"


def test_a_stronger_promise_than_ours_is_left_alone(postgres_database: str) -> None:
    with psycopg.connect(plain(postgres_database), autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ()
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = remote_apply")
    with books(postgres_database) as core:
        assert settings(core, core._engine)["synchronous_commit"] == "remote_apply"


def test_what_the_url_says_is_not_overridden() -> None:
    url = sa.make_url("postgresql+psycopg://host/books?connect_timeout=1&keepalives_idle=60")
    options = postgresql.connect_options(url)
    assert "connect_timeout" not in options
    assert "keepalives_idle" not in options
    assert options["keepalives_count"] == 3


def test_another_writer_that_does_not_end_is_waited_for_only_so_long(postgres_database: str) -> None:
    with books(postgres_database, busy_seconds=SOON) as core:
        other = Core.open(postgres_database)
        waiting = pytest.raises(StorageUnavailable, match="lock timeout")
        with engine_module.writing(other._engine), at_once(), waiting:
            core.execute([submission(coupon())])
        other.close()
        assert balances(core) == {}
        one(core, submission(coupon()))
        assert balances(core)["award"] == 840


@pytest.mark.usefixtures("short")
def test_a_statement_that_does_not_end_is_ended(postgres_database: str) -> None:
    with books(postgres_database, busy_seconds=SOON) as core:
        _instead(core, "SELECT pg_sleep(60)")
        with at_once(), pytest.raises(StorageUnavailable, match="statement timeout"):
            core.execute([submission(coupon())])
        one(core, submission(coupon()))


@pytest.mark.usefixtures("short")
def test_a_transaction_in_which_nothing_happens_does_not_keep_the_lock(postgres_database: str) -> None:
    """As of a process that was stopped, or whose machine is gone."""
    with books(postgres_database, busy_seconds=SOON) as core:
        hits: list[int] = []

        @sa.event.listens_for(core._engine, "before_cursor_execute")
        def pause(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "INSERT INTO journal" in statement and not hits:
                hits.append(1)
                # Until the server has something to say of itself: that it ends the session.
                session = connection.connection.driver_connection
                assert select.select([session.fileno()], [], [], SECONDS_MAX)[0]

        with pytest.raises(StorageUnavailable):
            core.execute([submission(coupon())])
        assert hits
        assert query(postgres_database, "SELECT count(*) FROM journal WHERE kind = 'CouponReported'") == [
            (0,)
        ]
        one(core, submission(coupon()))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("asked", ["execute", "answer", "verify"])
def test_a_server_that_says_nothing_is_left(asked: str, postgres_database: str) -> None:
    """Its process is stopped: nothing comes back, and no error either."""
    with books(postgres_database, busy_seconds=SOON) as core:
        stopped: list[int] = []
        engine = {"execute": core._engine, "answer": core._reader, "verify": core._reports}[asked]

        @sa.event.listens_for(engine, "before_cursor_execute")
        def stop(connection: sa.Connection, *_rest: Any) -> None:
            if not stopped:
                stopped.append(connection.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]
                os.kill(stopped[0], signal.SIGSTOP)

        ask = {
            "execute": lambda: core.execute([submission(coupon())]),
            "answer": lambda: core.answer([CardCheck("UT", CARD.number, VERA)]),
            "verify": core.verify,
        }[asked]
        try:
            with at_once(), pytest.raises(StorageUnavailable, match="said nothing"):
                ask()
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        ask()


def test_a_server_that_has_become_a_standby_is_not_a_defect_of_the_message(postgres_database: str) -> None:
    with books(postgres_database) as core:
        _instead(core, "SET TRANSACTION READ ONLY")
        with pytest.raises(StorageUnavailable, match="read-only"):
            core.execute([submission(coupon())])
        one(core, submission(coupon()))
        assert balances(core)["award"] == 840


def _instead(core: Core, statement_run: str) -> None:
    """Once, something else happens before the journal is written."""
    hits: list[int] = []

    @sa.event.listens_for(core._engine, "before_cursor_execute")
    def hinder(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if "INSERT INTO journal" in statement and not hits:
            hits.append(1)
            cursor.execute(statement_run)
