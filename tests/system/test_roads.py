"""Each road for telegrams into a real server: pending credits, a receipt after the commit and not before, and one
row in the journal however often the server dies and the host repeats.
"""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators import morning
from tests.system.doomed import KILLED, WAIT_SECONDS, Kill, Launcher, Server, command
from tests.system.kill_points import COMMIT, EXECUTE, RECEIVE, REPLY
from tests.system.road_hosts import HOSTS, AstraHost, Host, MailHost
from tests.system.server import MEMBERS

NOW = datetime.now(UTC)
FTL = morning.ftl(NOW - timedelta(minutes=30), (NOW - timedelta(days=1)).date()).encode()
KILLS = [
    *[Kill(target, when) for target in (RECEIVE, EXECUTE, COMMIT) for when in ("before", "after")],
    Kill(REPLY, "after"),
]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.fixture(params=HOSTS, ids=lambda kind: kind.link)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def directory(launcher: Launcher, host: Host, tmp_path: Path) -> Path:
    settings = f"programmes: [demo]\nadmin: null\nlinks:\n  {host.link}: {host.settings}\n"
    (tmp_path / "config.yaml").write_text(settings, encoding="utf-8")
    command(launcher, tmp_path, "members", "import", str(MEMBERS))
    return tmp_path


def start(launcher: Launcher, directory: Path, kill: Kill | None = None) -> Server:
    server = Server(launcher, directory, kill)
    assert server.wait_until_ready(), server.log()
    return server


def journal(directory: Path) -> list[tuple[str, str, list[str]]]:
    """Kind, state and statuses of what the road's link brought, oldest first."""
    with closing(sqlite3.connect(directory / "var" / "ffgate.sqlite")) as connection:
        rows = connection.execute(
            "SELECT kind, state, outcome FROM journal JOIN handling ON journal_id = id"
            " WHERE link NOT IN ('config', 'members') ORDER BY id, attempt"
        ).fetchall()
    return [(kind, state, json.loads(outcome or "{}").get("outcomes", [])) for kind, state, outcome in rows]


def test_an_ftl_comes_in_and_waits_as_pending_credits(
    launcher: Launcher, host: Host, directory: Path
) -> None:
    server = start(launcher, directory)
    try:
        assert host.bring(server, FTL)
        rows = journal(directory)
        server.terminate()
        assert server.wait() == 0, server.log()
    finally:
        server.close()
    assert [(kind, state) for kind, state, _outcomes in rows] == [("FTL", "applied")]
    assert rows[0][2][0]["pending"] > 0, rows


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_death_before_the_receipt_and_the_host_repeats(
    launcher: Launcher, host: Host, directory: Path, kill: Kill
) -> None:
    server = start(launcher, directory, kill)
    try:
        assert not host.bring(server, FTL), "there was a receipt before the commit was through"
        assert server.wait() == KILLED, server.log()
    finally:
        server.close()
    server = start(launcher, directory)
    try:
        assert host.bring(server, FTL)
        if not isinstance(host, MailHost):
            assert host.bring(server, FTL), "a repeat is receipted as well"
        server.terminate()
        assert server.wait() == 0, server.log()
    finally:
        server.close()
    assert [(kind, state) for kind, state, _outcomes in journal(directory)] == [("FTL", "applied")]


def test_the_gateway_gives_its_receipts_in_order(launcher: Launcher, tmp_path: Path) -> None:
    host = AstraHost()
    (tmp_path / "config.yaml").write_text(f"admin: null\nlinks: {{astra: {host.settings}}}\n", "utf-8")
    server = start(launcher, tmp_path)
    try:
        assert host.bring(server, b"UNB+SIRE:1+BETDC+FFGTW+261121:1000+0001'")
        server.terminate()
        assert server.wait() == 0, server.log()
    finally:
        server.close()
        host.close()
    assert host.seen[:2] == ["ACK", "F_ACK"]
    assert [(kind, state) for kind, state, _outcomes in journal(tmp_path)] == [("EDIFACT", "quarantined")]


def test_a_line_that_we_call_ourselves(launcher: Launcher, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT_SECONDS)
        far = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
        link = f'{{type: typeb_tcp, connect: "{far}", framing: soh, acknowledge: true}}'
        (tmp_path / "config.yaml").write_text(f"admin: null\nlinks: {{telex: {link}}}\n", "utf-8")
        server = start(launcher, tmp_path)
        try:
            for _ in range(2):  # a line that was cut is called again
                line, _address = listener.accept()
                with line:
                    line.settimeout(WAIT_SECONDS)
                    line.sendall(b"\x01" + FTL + b"\x03")
                    assert line.recv(10) == b"\x06"
            server.terminate()
            assert server.wait() == 0, server.log()
        finally:
            server.close()
