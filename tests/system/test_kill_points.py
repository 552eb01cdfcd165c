"""kill -9 between any two steps of receive, decide, commit, reply and put away: nothing lost, nothing doubled.

Each case runs the same small workload over real sockets and files, ends the server at one named call (or at
several, one after the other, the later ones during recovery), starts it again, lets the hosts repeat what they
got no answer to, and compares the books with those of a run without deaths. A point that is never reached fails.
"""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.book_oracle import Books, check_nothing_lost, check_same, read_books
from tests.system.doomed import KILLED, WAIT_SECONDS, Kill, Launcher, Place, Server, command
from tests.system.host_book import SETTINGS, Book, ServerDied, workload
from tests.system.kill_points import (
    BEFORE_THE_FIRST_MESSAGE,
    DURING_RECOVERY,
    EXECUTE,
    FOLLOW,
    SOCKET_WRITE,
    WHILE_SERVING,
)
from tests.system.killed_server import COMMIT
from tests.system.server import MEMBERS, serving
from tests.system.server import Server as ColdServer


@dataclass(frozen=True, slots=True)
class Prepared:
    """A directory with members, to be copied; what the workload leaves when nothing dies."""

    directory: Path
    reference: Books


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


class Cold(Place):
    """A server that the launcher has not started."""

    def __init__(self, server: ColdServer) -> None:
        super().__init__(server.log.parent)
        self._process = server.process
        for name, address in server.addresses.items():
            port = address.rpartition(":")[2]
            if port.isdigit():
                self.ports[name] = int(port)

    def has_ended(self, seconds: float = 0.0) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def test_a_server_started_by_the_command_itself_goes_on_after_a_death(
    launcher: Launcher, prepared: Prepared, directory: Path
) -> None:
    """The others are restarted by the launcher, which has loaded everything already; this one from scratch."""
    book = workload()
    die_at(launcher, directory, book, Kill(FOLLOW, "before", 1, "c-prl-1.txt"))
    with serving(directory, SETTINGS) as process:
        check_nothing_lost(directory, book)
        place = Cold(process)
        book.play(place)
        assert not book.repeat(place)
        process.process.terminate()
        assert process.process.wait(WAIT_SECONDS) == 0
    check_same(read_books(directory), prepared.reference)


# --- what the judge must find ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kill", "finding"),
    [
        ("commit lost", Kill(SOCKET_WRITE, "after", 2), "lost: answered, but not in the journal"),
        ("archived early", Kill(EXECUTE, "before", 1, "'files'"), "lost: a-ftl.txt was put away"),
    ],
)
def test_a_promise_broken_by_death_is_found(
    launcher: Launcher, directory: Path, fault: str, kill: Kill, finding: str
) -> None:
    with pytest.raises(AssertionError, match=finding):
        run(launcher, directory, kill, fault=fault)


def test_repeats_taken_for_new_messages_are_found(launcher: Launcher, directory: Path) -> None:
    with pytest.raises(AssertionError, match=r"doubled|divergent"):
        run(launcher, directory, fault="receipts forgotten")


def test_a_point_that_is_never_reached_is_found(launcher: Launcher, directory: Path) -> None:
    with pytest.raises(AssertionError, match="was never reached: exit code 0"):
        run(launcher, directory, Kill(COMMIT, "before", 10_000))
    with pytest.raises(AssertionError, match="was never reached: exit code 70"):
        run(launcher, directory, Kill("loyalty_core.core:Core.no_such_step", "before"))
