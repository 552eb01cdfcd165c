"""kill -9 between any two steps of receive, decide, commit, reply and put away: nothing lost, nothing doubled.

Each case runs the same small workload over real sockets and files, ends the server at one named call (or at
several, one after the other, the later ones during recovery), starts it again, lets the hosts repeat what they
got no answer to, and compares the books with those of a run without deaths. A point that is never reached fails.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.book_oracle import Books, check_nothing_lost, check_same, read_books
from tests.system.doomed import KILLED, Kill, Launcher, Server, command
from tests.system.host_book import SETTINGS, Book, ServerDied, workload
from tests.system.kill_points import BEFORE_THE_FIRST_MESSAGE, DURING_RECOVERY, WHILE_SERVING
from tests.system.server import MEMBERS


@dataclass(frozen=True, slots=True)
class Prepared:
    """A directory with members, to be copied; what the workload leaves when nothing dies."""

    directory: Path
    reference: Books


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture(scope="module")
def prepared(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    directory = tmp_path_factory.mktemp("prepared")
    (directory / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    command(launcher, directory, "members", "import", str(MEMBERS))
    unkilled = tmp_path_factory.mktemp("reference") / "run"
    shutil.copytree(directory, unkilled)
    return Prepared(directory, run(launcher, unkilled))


def run(launcher: Launcher, directory: Path, *kills: Kill, fault: str = "", members: bool = True) -> Books:
    """The workload with these deaths in it, then to its end; what is in the books."""
    book = workload()
    for kill in kills:
        die_at(launcher, directory, book, kill, fault)
    if not members:
        command(launcher, directory, "members", "import", str(MEMBERS))
    server = Server(launcher, directory, None, fault if not kills else "")
    try:
        assert server.wait_until_ready(), server.log()
        if kills:
            check_nothing_lost(directory, book)
        book.play(server)
        different = book.repeat(server)
        server.terminate()
        assert server.wait() == 0, server.log()
    finally:
        server.close()
    assert not different, f"divergent: {different}"
    return read_books(directory)


def die_at(launcher: Launcher, directory: Path, book: Book, kill: Kill, fault: str = "") -> None:
    """One life of the server, which must end at this point."""
    server = Server(launcher, directory, kill, fault)
    try:
        if server.wait_until_ready():
            try:
                book.play(server)
            except ServerDied:
                pass
            else:
                server.terminate()
        code = server.wait()
    finally:
        server.close()
    assert code == KILLED, f"{kill} was never reached: exit code {code}\n{server.log()}"


@pytest.fixture
def directory(prepared: Prepared, tmp_path: Path) -> Path:
    """A directory of its own for one case."""
    return shutil.copytree(prepared.directory, tmp_path / "run")


@pytest.mark.parametrize("kill", WHILE_SERVING, ids=str)
def test_death_while_serving(launcher: Launcher, prepared: Prepared, directory: Path, kill: Kill) -> None:
    check_same(run(launcher, directory, kill), prepared.reference)


@pytest.mark.parametrize("kills", DURING_RECOVERY, ids=lambda kills: "+".join(map(str, kills)))
def test_death_during_recovery(
    launcher: Launcher, prepared: Prepared, directory: Path, kills: tuple[Kill, ...]
) -> None:
    check_same(run(launcher, directory, *kills), prepared.reference)


@pytest.mark.parametrize("kill", BEFORE_THE_FIRST_MESSAGE, ids=str)
def test_death_at_the_very_first_start(
    launcher: Launcher, prepared: Prepared, tmp_path: Path, kill: Kill
) -> None:
    (tmp_path / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    check_same(run(launcher, tmp_path, kill, members=False), prepared.reference)


def test_there_are_points_enough_and_each_but_once() -> None:
    points = [str(kill) for kill in WHILE_SERVING]
    assert len(points) == len(set(points)) >= 30
