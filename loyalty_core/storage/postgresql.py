"""Connections to PostgreSQL that hold no thread for good, and that keep what was answered.

Whatever hangs (a lock, a statement, the server's machine, the line to it) ends in an error within a named time, which
the engine turns into "not processed, repeat". The server watches over locks, statements and idle transactions, so that
a client that vanished doesn't keep the writer's lock; the client watches over a server that says nothing at all.

Imported only where a PostgreSQL database is opened: the driver is an optional dependency.
"""

import time
from collections.abc import Generator
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

CONNECT_SECONDS = 10
"""How long opening a connection may take."""
STATEMENT_SECONDS = 60
"""How long a statement of the writer or of a card check may take, beyond what it waits for a lock."""
REPORT_SECONDS = 600
"""The same for reads of people: verifying, explaining, replaying."""
GRACE_SECONDS = 5
"""How much longer than the server the client waits, so that the server's own word is heard where there is one."""
UNACKNOWLEDGED_SECONDS = 30
"""How long bytes may travel unacknowledged before the line counts as dead, on both sides."""

DURABLE = ("on", "remote_apply")
"""Settings of ``synchronous_commit`` under which a commit is on disk, here and on the standbys that are waited for."""


class Bounded(psycopg.Connection[Any]):
    """A connection that is closed when the server says nothing for ``silence_seconds`` while it is waited for."""

    silence_seconds = float(CONNECT_SECONDS)

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        return super().wait(self._listen(gen), *arguments, **named)

    def _listen(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        # The driver sends what became ready, and nothing (0) every tenth of a second meanwhile.
        heard = time.monotonic()
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > self.silence_seconds:
                    self.close()
                    raise psycopg.OperationalError(f"the server said nothing for {self.silence_seconds:g} s")
                wanted = steps.send(ready)
        except StopIteration as end:
            return end.value


def connect_options(url: sa.URL) -> dict[str, Any]:
    """What a connection is opened with, where the URL itself doesn't say otherwise."""
    wanted = {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
    }
    return {name: value for name, value in wanted.items() if name not in url.query}


def prepare_postgresql(
    engine: sa.Engine, *, read_only: bool, busy_seconds: float, statement_seconds: float
) -> None:
    """Bounds and, for a writer, durability of every connection of this engine."""
    longest = busy_seconds + statement_seconds
    settings = {
        "lock_timeout": busy_seconds,
        "statement_timeout": longest,
        # Between two statements a batch is decided, or a report summed up.
        "idle_in_transaction_session_timeout": statement_seconds,
        "tcp_user_timeout": UNACKNOWLEDGED_SECONDS,
    }
    milliseconds = {name: str(max(1, round(seconds * 1000))) for name, seconds in settings.items()}

    @event.listens_for(engine, "do_connect")
    def open_bounded(_dialect: Any, _record: Any, arguments: Any, named: Any) -> Bounded:
        connection = Bounded.connect(*arguments, **named)
        connection.silence_seconds = longest + GRACE_SECONDS
        return connection

    @event.listens_for(engine, "connect")
    def prepare(connection: Bounded, _record: Any) -> None:
        for name, value in milliseconds.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        if not read_only:
            (level,) = connection.execute("SHOW synchronous_commit").fetchone() or ("",)
            if level not in DURABLE:
                # What was answered must survive a fall of the server, whatever its settings say.
                connection.execute("SET synchronous_commit = on")
        connection.commit()
