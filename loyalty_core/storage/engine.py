"""Opening a database, the one writer of each engine, and the translation of driver errors.

On SQLite one process owns the writing and checkpointing connection (the WAL-reset bug of SQLite up to 3.51.2 can lose a
commit when two connections write and checkpoint at once); it holds ``<database>.lock``. Everybody else opens
``query_only`` and checkpoints only when it closes the last connection of all: SQLite does that under a lock that keeps
everybody else from opening the database, so nobody writes at that moment. Transactions begin IMMEDIATE: a deferred one
that upgrades later fails at once whatever the busy time-out says.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url

from loyalty_core.errors import StorageLocked, StorageUnavailable

__all__ = [
    "UNAVAILABLE",
    "Connection",
    "Engine",
    "WriterLock",
    "create_private",
    "open_engine",
    "retried",
    "sqlite_path",
    "storage_errors",
    "writing",
]

BUSY_SECONDS = 10
"""How long a statement waits for another process's lock before the batch is answered "not processed"."""


class WriterLock:
    """An advisory lock on a file beside the SQLite database; released by close() or the process's death."""

    def __init__(self, database: Path) -> None:
        # One file has one lock, by whatever name it is opened.
        database = database.resolve()
        self._path = database.with_name(database.name + ".lock")
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(self._descriptor, 64).decode("ascii", "replace").strip() or "another process"
            os.close(self._descriptor)
            raise StorageLocked(f"{database} is being written by {owner}; stop it first") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"process {os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def sqlite_path(address: str) -> Path | None:
    """The file of a SQLite URL, None for other engines or a database in memory."""
    url = make_url(address)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    assert url.database is not None
    return Path(url.database)


def create_private(database: Path) -> None:
    """Makes sure of the directory and of a file that only its owner can read: journals hold names and passports. The
    write-ahead log takes over the file's mode."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))


def open_engine(
    url: str, *, read_only: bool, busy_seconds: float | None = None, reports: bool = False
) -> sa.Engine:
    """An engine with one connection at a time per thread of use; SQL parameters never reach an error text or log.

    ``reports`` is for reads that may take long.
    """
    parsed = make_url(url)
    busy_seconds = busy_seconds or BUSY_SECONDS
    options: dict[str, Any] = {
        "hide_parameters": True,
        "pool_pre_ping": parsed.get_backend_name() != "sqlite",
    }
    if parsed.get_backend_name() == "sqlite":
        options["connect_args"] = {"check_same_thread": False, "timeout": busy_seconds}
        engine = sa.create_engine(parsed, **options)
        _prepare_sqlite(engine, read_only)
        return engine
    from . import postgresql

    options["connect_args"] = postgresql.connect_options(parsed)
    engine = sa.create_engine(parsed, **options)
    seconds = postgresql.REPORT_SECONDS if reports else postgresql.STATEMENT_SECONDS
    postgresql.prepare_postgresql(
        engine, read_only=read_only, busy_seconds=busy_seconds, statement_seconds=seconds
    )
    if read_only:
        # What several statements read must be of one moment, as it is on SQLite.
        return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    # Whatever the database's default is: a snapshot taken before the writer's lock was got would be of the past.
    return engine.execution_options(isolation_level="READ COMMITTED")


def _prepare_sqlite(engine: sa.Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling commits at the first released savepoint: we begin ourselves.
        connection.isolation_level = None
        cursor = connection.cursor()
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
            cursor.execute("PRAGMA wal_autocheckpoint=0")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


_WRITER = 0x66666761
"""Number of the advisory lock that the one writing transaction of a PostgreSQL database holds."""


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction of the one writer; committed at the end unless it was rolled back.

    Decisions are made one after the other, whoever makes them: what a message does may hang on any carriage, member or
    programme, and no set of row locks names them all beforehand. So the lock comes first, and everything is read after
    it. On SQLite ``BEGIN IMMEDIATE`` is that lock.
    """
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_WRITER})"))
        yield connection


UNAVAILABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""What drivers raise when the database can't work now."""

NOT_NOW = ("25006", "25P03")
"""SQLSTATEs that mean the same though their class says otherwise: a server that has become a standby, and a transaction
that the server has ended because nothing came for too long."""

RETRIES_MAX = 5
"""How often a transaction that lost against another process is tried again."""

LOST = ("40001", "40P01")
"""SQLSTATEs of a transaction that met another: serialization failure and deadlock."""

_Found = TypeVar("_Found")


def retried(run: Callable[[], _Found]) -> _Found:
    """The result of a whole transaction, run again where another session was in its way.

    There is no pause between the tries: each begins by waiting for the writers' lock.
    """
    for attempt in range(RETRIES_MAX + 1):
        try:
            return run()
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in LOST:
                raise
            if attempt == RETRIES_MAX:
                raise StorageUnavailable("gave up after repeated serialization failures") from error
    raise AssertionError("unreachable")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turns what a driver raises when the database can't work now into StorageUnavailable.

    A full disk says "database or disk is full", a file size limit "disk I/O error", a lock "database is locked": all
    arrive as OperationalError or one of its siblings and mean the same to a host: not processed, repeat.
    """
    try:
        yield
    except UNAVAILABLE as error:
        raise StorageUnavailable(
            f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
        ) from error
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise StorageUnavailable(f"connection lost: {error.orig}") from error
        if getattr(error.orig, "sqlstate", "") in NOT_NOW:
            raise StorageUnavailable(f"the database refuses to write: {error.orig}") from error
        if type(error) is sa.exc.DatabaseError:
            # Not one of its kinds: a damaged file, or no database at all.
            raise StorageUnavailable(f"the database is damaged: {error.orig}") from error
        raise
