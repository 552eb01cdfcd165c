"""Telegrams out of a real server: wherever it dies, an answer to a list leaves once, or twice and then marked."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty_core import Core
from tests.system.doomed import KILLED, WAIT_SECONDS, Kill, Launcher, Server, command
from tests.system.killed_server import COMMIT
from tests.system.server import MEMBERS, ffgate, serving

SETTINGS = """
database: {url: sqlite:///var/ffgate.sqlite}
programmes: [demo]
admin: {listen: "tcp:0:interface=127.0.0.1"}
sending: {first_retry_seconds: 0.05, poll_seconds: 0.1}
links:
  dcs:
    type: spool
    directory: in
    finished: {suffix: .txt}
    poll_seconds: 0.05
    answer: {origin: MOWFFUT, link: back}
  back: {type: spool, directory: back, finished: {suffix: .txt}, poll_seconds: 0.05}
"""
LIST = """MOWFFUT
.MOWRMUT {now:%d%H%M}
FTL
UT280/{day} DME PART1
-AER02Y
1GROMOV/LEV
.R/FQTV UT 2904000000017
1IVANOVA/ANNA
.L/0M71MH/UT
.R/FQTV UT 2904000000991
ENDFTL
"""
BEGIN = "adapter.sending:Sending._begin"
ATTEMPTED = "adapter.sending:Sending._attempted"
ARRIVED = "adapter.sending:Sending._arrived"
RECORDED = "adapter.sending:Sending._recorded"
ANSWER = "adapter.due_answers:DueAnswers._answer"
ANSWERED = "adapter.due_answers:DueAnswers._answered"
COMPOSE = "adapter.outgoing:compose"
WRITE = "adapter.net.spool_files:SpoolDirectory.write"
LINK = "os:link"
APPLY = "loyalty_core.storage.apply:write_outbox"
STEP = "adapter.sending:step"

POINTS = [
    *[Kill(COMMIT, when, n) for n in range(1, 5) for when in ("before", "after")],
    *[
        Kill(target, when)
        for target in (ANSWER, COMPOSE, ANSWERED, BEGIN, ATTEMPTED, WRITE, LINK, ARRIVED, RECORDED)
        for when in ("before", "after")
    ],
    *[Kill(APPLY, when, n) for n in (1, 3, 4) for when in ("before", "after")],
    Kill(STEP, "after", 2),
]


@pytest.fixture(scope="module")
def prepared(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("prepared")
    (directory / "config.yaml").write_text(SETTINGS, encoding="utf-8")
    command(launcher, directory, "members", "import", str(MEMBERS))
    return directory


@pytest.fixture
def directory(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "run")
    return tmp_path / "run"


def drop(directory: Path, name: str = "list") -> None:
    """A list as a departure control system drops it; the same whenever it is dropped again within a test."""
    text = directory / "list.text"
    if not text.exists():
        now = datetime.now(UTC)
        text.write_text(LIST.format(now=now, day=f"{now:%d%b}".upper()), encoding="utf-8")
    incoming = directory / "in" / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    shutil.copy2(text, incoming / f"{name}.tmp")
    (incoming / f"{name}.tmp").rename(incoming / f"{name}.txt")


def left(directory: Path) -> list[str]:
    """The telegrams that have left, in order."""
    folder = directory / "back" / "outgoing"
    return [
        path.read_bytes().decode().replace("\r\n", "\n")
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".")
    ]


def outbox(directory: Path) -> dict[str, object]:
    core = Core.open(f"sqlite:///{directory}/var/ffgate.sqlite", read_only=True)
    try:
        status = core.status()
        assert core.verify()["ok"]
        return {**status["outbox"].get("back", {}), "due": status["answers_due"]}
    finally:
        core.close()


def until(server: Server, condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert not server.has_ended(0.02), f"it ended before {what}\n{server.log()}"
        assert time.monotonic() < deadline, f"never: {what}\n{server.log()}"


def sent(directory: Path, count: int = 1) -> Callable[[], bool]:
    def condition() -> bool:
        found = outbox(directory)
        return found.get("sent") == count and not found["due"]

    return condition


def check_answer(directory: Path) -> None:
    telegrams = left(directory)
    first, *again = telegrams
    lines = first.splitlines()
    assert lines[0] == "MOWRMUT"
    unmarked = [line for line in lines if line != "PDM"]
    assert unmarked[2] == "FQA"
    assert unmarked[4].endswith(" 1 CARD")
    assert unmarked[5:] == ["LINE 8 AER .L/0M71MH FQTV UT 2904000000991", "3 CARD NOT FOUND", "ENDFQA"]
    assert len(again) <= 1, "at most one attempt was cut off"
    for telegram in again:
        assert telegram.splitlines()[2] == "PDM"
        assert [line for line in telegram.splitlines() if line != "PDM"] == unmarked


@pytest.mark.parametrize("kill", POINTS, ids=str)
def test_wherever_the_server_dies_the_answer_leaves(kill: Kill, directory: Path, launcher: Launcher) -> None:
    first = Server(launcher, directory, kill)
    try:
        assert first.wait_until_ready(), first.log()
        drop(directory)
        assert first.wait() == KILLED, first.log()
    finally:
        first.close()
    second = Server(launcher, directory)
    try:
        assert second.wait_until_ready(), second.log()
        until(second, sent(directory), "the answer is sent")
        # The host drops its list once more: no second answer.
        drop(directory, "again")
        done = directory / "in" / "done"
        until(second, lambda: any(path.name.startswith("again") for path in done.iterdir()), "it is read")
        second.terminate()
        assert second.wait() == 0, second.log()
    finally:
        second.close()
    check_answer(directory)
    assert outbox(directory) == {"sent": 1, "due": 0, "oldest_queued_at": ""}
    command(launcher, directory, "replay", "--into", f"sqlite:///{directory}/rebuilt.sqlite")
    rebuilt = [
        Core.open(f"sqlite:///{directory}/{name}.sqlite", read_only=True)
        for name in ("var/ffgate", "rebuilt")
    ]
    try:
        original, replayed = (
            {**core.status()["outbox"], "due": core.status()["answers_due"]} for core in rebuilt
        )
        assert original == replayed
    finally:
        for core in rebuilt:
            core.close()
    assert len(left(directory)) <= 2, "a replay sends nothing"


def test_telegrams_handed_over_to_a_running_server(prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("FQA\nHELLO\n", encoding="utf-8")
    (tmp_path / "whole.txt").write_text("QU MOWRMUT\n.MOWFFUT 201206\nFQA\nWHOLE\n", encoding="utf-8")
    with serving(tmp_path, SETTINGS) as server:
        door = tmp_path / "var" / "ffgate.sqlite.door"
        assert door.stat().st_mode & 0o777 == 0o600
        arguments = ("--link", "back", "--json")
        by_hand = ffgate(
            tmp_path, "send", *arguments, "--to", "LEDKKUT", "--from", "MOWFFUT", str(tmp_path / "note.txt")
        )
        assert json.loads(by_hand.stdout)["queued"] is True
        whole = [
            json.loads(ffgate(tmp_path, "send", *arguments, str(tmp_path / "whole.txt")).stdout) for _ in "ab"
        ]
        assert [one["repeated"] for one in whole] == [False, True]
        deadline = time.monotonic() + WAIT_SECONDS
        while len(left(tmp_path)) < 2 and time.monotonic() < deadline:
            assert server.process.poll() is None
        assert [telegram.splitlines()[-1] for telegram in left(tmp_path)] == ["HELLO", "WHOLE"]
        figures = server.get("/metrics")[1].decode()
        assert 'ffgate_link_events_total{event="telegram_sent",link="back"} 2.0' in figures
        assert 'ffgate_outbox_waiting{link="back"} 0.0' in figures
        bad = json.loads(door.read_text())
        door.write_text(json.dumps({**bad, "secret": "0" * 64}), encoding="utf-8")
        refused = ffgate(tmp_path, "send", *arguments, str(tmp_path / "whole.txt"), code=1)
        assert "refused the telegrams (401)" in refused.stderr
        assert str(server.process.pid) in refused.stderr
        server.process.terminate()
        assert server.process.wait(WAIT_SECONDS) == 0
        assert not door.exists()
    log = (tmp_path / "stderr.txt").read_text()
    assert "HELLO" not in log
    assert bad["secret"] not in log
