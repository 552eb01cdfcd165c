"""A starter of ``ffgate`` processes that kill themselves at a named step of the product.

Run as a program it loads the product once and then reads orders, one JSON object a line::

    {"directory": ".", "arguments": ["serve"], "kill": {...} or null, "fault": "" or a name of FAULTS}

For each it forks a process that runs this command in that directory, waits for its end and prints
``ended CODE`` (negative: the signal). What the command itself prints comes by the same pipe, what it logs goes
to ``stderr.txt`` in the directory. Forking spares each of some two hundred processes the two seconds that
importing, compiling schemas and checking maps take; everything that has a state (reactor, database, sockets,
threads) is made in the forked process alone.

A kill point is ``{"target": "module:Class.function", "when": ..., "n": 1, "match": "", "from_start": false}``:
the process sends itself SIGKILL just before or just after the n-th call whose arguments, as ``repr`` shows
them, contain ``match``. Calls count from the moment the server is ready, or from its start. The functions are
the product's own, wrapped here: the product knows nothing of it. ``when`` is "before", "after", or one of the
ways of dying inside that ``INSIDE`` lists.
"""

import functools
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMMIT = "sqlalchemy.dialects.sqlite.pysqlite:SQLiteDialect_pysqlite.do_commit"


def die() -> None:
    """As the power of SIGKILL has it: no handler, no buffer flushed, no lock given back by us."""
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()  # a signal to oneself is delivered at once, other threads may get a moment


def find(target: str) -> tuple[Any, str]:
    """The module or class that holds a function, and the function's name in it."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    return owner, name


def replace(target: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put what ``make`` makes of a function in its place."""
    owner, name = find(target)
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))


# --- ways of dying inside a call -------------------------------------------------------------------------------------


def half(original: Callable[..., Any], connection: Any, data: bytes) -> None:
    """Half of an answer leaves, then no more."""
    connection.socket.send(bytes(data[: len(data) // 2]))


def checkpoint(original: Callable[..., Any], dialect: Any, connection: Any) -> None:
    """The write-ahead log is moved into the database right after a commit."""
    original(dialect, connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


INSIDE: dict[str, Callable[..., None]] = {"half": half, "checkpoint": checkpoint}


class KillPoint:
    """Counts the calls of one function and ends the process at the right one."""

    def __init__(self, target: str, when: str, n: int, match: str, from_start: bool) -> None:
        self._when = when
        self._left = n
        self._match = match
        self._armed = from_start
        replace(target, self._wrapped)
        if not from_start:
            replace("adapter.app:Application.start", self._arming)

    def _arming(self, start: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            # Added before the callback that says "ready": whoever talks to us then is counted.
            return start(*arguments, **named).addCallback(self._arm)

        return wrapper

    def _arm(self, value: Any) -> Any:
        self._armed = True
        return value

    def _wrapped(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            reached = self._is_reached(arguments, named)
            if reached and self._when == "before":
                die()
            if reached and self._when in INSIDE:
                INSIDE[self._when](original, *arguments, **named)
                die()
            value = original(*arguments, **named)
            if reached:
                die()
            return value

        return wrapper

    def _is_reached(self, arguments: Any, named: Any) -> bool:
        if not self._armed or (self._match and self._match not in repr((arguments, named))):
            return False
        self._left -= 1
        return self._left == 0


# --- faults: what the tests must be able to find ---------------------------------------------------------------------


def _commit_lost() -> None:
    """Answers are given, but what they promise is rolled back."""
    serving = threading.Event()

    def starting(start: Callable[..., Any]) -> Callable[..., Any]:
        # Only once it serves: a server that can't even keep its schema would not start.
        return lambda application: start(application).addCallback(lambda _none: serving.set())

    def committing(commit: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(dialect: Any, connection: Any) -> None:
            if serving.is_set():
                connection.rollback()
            else:
                commit(dialect, connection)

        return wrapper

    replace("adapter.app:Application.start", starting)
    replace(COMMIT, committing)


def _archived_early() -> None:
    """A spooled file is put away as soon as it is claimed."""

    def make(take: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(link: Any, file: Any) -> None:
            take(link, file)
            file.path.rename(link.directory.root / "done" / file.path.name)

        return wrapper

    replace("adapter.net.spool:SpoolLink._take", make)


def _receipts_forgotten() -> None:
    """A repeated message is not recognised."""
    from loyalty_core.storage.records import Receipts

    def load(connection: Any, batch: Any) -> Receipts:
        return Receipts()

    replace("loyalty_core.storage.records:load_receipts", lambda original: load)


FAULTS: dict[str, Callable[[], None]] = {
    "commit lost": _commit_lost,
    "archived early": _archived_early,
    "receipts forgotten": _receipts_forgotten,
}


# --- the starter -----------------------------------------------------------------------------------------------------


def preload() -> None:
    """Everything that costs time and has no state: modules, schemas, maps."""
    for name in ("app", "commands.service", "commands.books", "config_checks", "ingesting"):
        importlib.import_module(f"adapter.{name}")
    importlib.import_module("alembic.command")
    importlib.import_module("sqlalchemy.dialects.sqlite")
    from adapter import engine
    from adapter.config import programme_file
    from loyalty_core import load_programme

    # Reading a programme reads the table of all airports, which stays in memory.
    load_programme(programme_file("demo", Path()).read_text("utf-8"), "demo.yaml")
    messages = engine.load_messages()
    # The tests' settings leave all limits at their defaults, with which these were made.
    engine.load_messages = lambda config=None: messages
    assert "twisted.internet.reactor" not in sys.modules, "a reactor must not be shared by forked processes"
    assert threading.active_count() == 1
    gc.freeze()  # the collector of a forked process need not touch, and so copy, all of this


def run(order: dict[str, Any]) -> int:
    """One command, in the forked process; its exit code."""
    os.chdir(order["directory"])
    log = os.open("stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if order["fault"]:
        FAULTS[order["fault"]]()
    if order["kill"]:
        KillPoint(**order["kill"])
    from adapter.cli import cli

    try:
        cli.main(order["arguments"], prog_name="ffgate")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def wait(child: int) -> int:
    """The exit code of a forked process. Whoever gave the order may die first: then nobody needs the process."""
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, 0], [], [])
    if ended not in ready:
        # There is one order at a time, so this can only be the end of the orders.
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise SystemExit
    os.close(ended)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Serve orders until there are no more."""
    preload()
    orders = os.fdopen(0, "rb", buffering=0)
    print("loaded", flush=True)
    # Unbuffered: what has been read ahead would not show in ``select``.
    while line := orders.readline():
        child = os.fork()
        if not child:
            code = 70
            try:
                code = run(json.loads(line))
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(f"process {child}", flush=True)
        print(f"ended {wait(child)}", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    main()
