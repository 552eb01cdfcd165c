"""Tests that are killed leave no server behind: each kind of server that tests start, under a pytest that dies."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgres import GIVEN_URL
from tests.system.server import ROOT

END_SECONDS = 20
DYING = """
import os
import signal
from pathlib import Path

from tests.independent.server_process import ServerProcess
from tests.postgres import postgres_url
from tests.system.server import serving


def die(started):
    print(f"\\nstarted {started}", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def test_server(tmp_path):
    with serving(tmp_path) as server:
        die(server.process.pid)


def test_independent(tmp_path):
    server = ServerProcess(tmp_path)
    server.install()
    server.start()
    die(server.pid)


def test_independent_clock(tmp_path):
    server = ServerProcess(tmp_path, module="tests.independent.launch_with_later_clock")
    server.install()
    server.start()
    die(server.pid)


def test_postgres(postgres_url):
    data = Path(postgres_url.partition("host=")[2], "data")
    die((data / "postmaster.pid").read_text().splitlines()[0] + f" {data}")
"""


def what_was_started(test: str, directory: Path) -> str:
    """Run a test that ends by SIGKILL; what it says it had started."""
    path = directory / "test_dying.py"
    path.write_text(DYING, encoding="utf-8")
    options = (
        "-s",
        "-p",
        "no:cacheprovider",
        "-c",
        ROOT / "pyproject.toml",
        "--basetemp",
        directory / "inner",
    )
    # Without -s the guard of PostgreSQL would not hold our pipe, whose end says here that it has done its work.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"{path}::{test}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout
    [line] = [line for line in done.stdout.splitlines() if line.startswith("started ")]
    return line.removeprefix("started ")


def has_ended(pid: int) -> bool:
    """Wait for the end of a process that is not our child."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], END_SECONDS)[0])
    finally:
        os.close(process)


@pytest.mark.parametrize("test", ["test_server", "test_independent", "test_independent_clock"])
def test_no_server_outlives_killed_tests(test: str, tmp_path: Path) -> None:
    assert has_ended(int(what_was_started(test, tmp_path)))


@pytest.mark.skipif(GIVEN_URL in os.environ, reason="the PostgreSQL server is not the tests' own")
def test_no_postgresql_outlives_killed_tests(postgres_url: str, tmp_path: Path) -> None:
    pid, _, data = what_was_started("test_postgres", tmp_path).partition(" ")
    assert has_ended(int(pid))
    assert not Path(data).parent.exists()
