"""The server put together on a reactor and a core in memory: order of start and stop, pressure, failures."""

import logging
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from adapter import metrics
from adapter.app import Application
from adapter.config import Config, load_config
from adapter.engine import Engine, activation
from adapter.errors import ConfigError
from loyalty_core import ListReceived, PartReceived, ProgrammeActivated, StorageUnavailable
from tests.fakes import NOW, Closed, FakeCore

CHECK = (
    b'<query><ffp_info><ffp company="UT" surname="IVANOV" name="IVAN">1010000000012</ffp></ffp_info></query>'
)
PART = "MOWFFUT\n.MOWRMUT {origin}\nFTL\nUT280/20AUG DME PART{number}\n-AER02Y\n1IVANOV/IVAN\n{end}\n"
SETTINGS = """
database: {{url: sqlite:///{directory}/books.sqlite}}
gate: {{drain_seconds: 8.0}}
admin: {admin}
links:
  dcs: {{type: http, listen: "tcp:8080:interface=127.0.0.1"}}
  files: {{type: spool, directory: {directory}/spool, finished: {{suffix: .txt}}}}
"""


def settings(directory: Path, admin: str = '{listen: "tcp:8090:interface=127.0.0.1"}') -> Config:
    path = directory / "config.yaml"
    path.write_text(SETTINGS.format(directory=directory, admin=admin), encoding="utf-8")
    return load_config(path)


class Rig:
    def __init__(self, directory: Path, core: FakeCore | None = None) -> None:
        self.core = core or FakeCore()
        self.reactor = MemoryReactorClock()
        self.reactor.advance(NOW.timestamp())
        self.opened_with: dict[str, Any] = {}
        self.application = Application(
            settings(directory), self.reactor, threads=False, open_core=self.open_core
        )

    def open_core(self, url: str, **settings: Any) -> Any:
        self.opened_with = {"url": url, **settings}
        return self.core

    @property
    def ports(self) -> list[int]:
        return [server[0] for server in self.reactor.tcpServers]

    def start(self) -> Any:
        failures: list[Any] = []
        self.application.start().addErrback(failures.append)
        return failures[0].value if failures else None

    def post(self, body: bytes) -> tuple[Any, bytes]:
        factory = next(server[1] for server in self.reactor.tcpServers if server[0] == 8080)
        channel = factory.buildProtocol(None)
        transport = StringTransport()
        channel.makeConnection(transport)
        channel.dataReceived(
            b"POST /astra HTTP/1.1\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
        )
        return channel, transport.value()


def closed_set() -> Closed:
    texts = tuple(
        PART.format(origin="201205", number=number, end=end)
        for number, end in ((1, "ENDPART1"), (2, "ENDFTL"))
    )
    return Closed(texts=texts)


def test_the_books_are_ready_before_the_listeners_open(tmp_path: Path) -> None:
    core = FakeCore()
    core.unread = [closed_set()]
    rig = Rig(tmp_path, core)
    ports_at_first_batch: list[list[int]] = []
    execute = core.execute

    def watched(batch: Any) -> Any:
        ports_at_first_batch.append(rig.ports)
        return execute(batch)

    rig.application.engine.gate._writes._work = watched
    assert rig.start() is None
    assert ports_at_first_batch == [[8090], [8090]], "only the admin listener may be open"
    assert [type(one.transactions[0]) for one in core.submissions] == [ProgrammeActivated, ListReceived]
    assert core.submissions[1].set_key == "SET"
    assert rig.ports == [8090, 8080]
    assert set(rig.application.addresses) == {"dcs", "files"}
    assert rig.application.addresses["files"] == str(tmp_path / "spool" / "incoming")
    assert (tmp_path / "spool" / "incoming").is_dir()
    assert rig.opened_with["lane"] == "main"
    assert rig.opened_with["config_digest"]
    assert rig.opened_with["maps_digest"]


def test_a_message_goes_all_the_way_and_leaves_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ffgate.message")
    rig = Rig(tmp_path)
    rig.start()
    _, answer = rig.post(CHECK)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'<info status="SILVER">' in answer
    [record] = [one for one in caplog.records if one.name == "ffgate.message"]
    assert (record.__dict__["link"], record.__dict__["kind"], record.__dict__["state"]) == (
        "dcs",
        "ffp_info",
        "answered",
    )
    assert "IVANOV" not in caplog.text


def test_without_database_hosts_are_told_to_repeat_and_readiness_says_why(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert rig.application.reasons() == ["it is starting"]
    rig.start()
    assert rig.application.reasons() == []
    rig.core.failure = StorageUnavailable("disk full")
    _, answer = rig.post(CHECK)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert rig.application.reasons() == ["the database can't be used"]
    assert all(built.link.paused for built in rig.application.links if built.type == "http")
    rig.core.failure = None
    rig.reactor.advance(1)
    assert rig.application.reasons() == []
    assert not any(built.link.paused for built in rig.application.links if built.type == "http")


def test_stopping_closes_listeners_then_gate_then_core_and_leaves_no_timer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ffgate.app")
    rig = Rig(tmp_path)
    rig.start()
    channel, _ = rig.post(CHECK)
    stopped: list[None] = []
    rig.application.stop().addCallback(stopped.append)
    assert stopped == [], "a connection has still to take its answer in"
    assert not rig.core.closed
    assert rig.application.reasons() == ["it is stopping"]
    assert caplog.messages[-1].startswith("stopping: ")
    channel.connectionLost(Failure(ConnectionDone()))
    assert stopped == [None]
    assert rig.core.closed
    assert [message.split(":")[0] for message in caplog.messages[-2:]] == ["drained", "stopped"]
    assert rig.application.stop().called, "a second stop is the same one"
    assert rig.reactor.getDelayedCalls() == []


def test_a_stop_during_the_start_opens_nothing_more(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    execute = rig.core.execute

    def interrupted(batch: Any) -> Any:
        rig.application.stop()
        return execute(batch)

    rig.application.engine.gate._writes._work = interrupted
    assert rig.start() is None
    assert rig.ports == [8090]
    assert not rig.application.is_ready
    assert rig.core.closed


def test_a_stop_while_the_last_link_opens_leaves_no_door(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    open_link = rig.application._open

    async def interrupted(built: Any) -> None:
        await open_link(built)
        if built is rig.application.links[-1]:
            rig.application.stop()

    rig.application._open = interrupted  # type: ignore[method-assign]
    rig.start()
    assert not rig.application.is_ready
    assert list(tmp_path.glob("*.door")) == [], "commands would knock there in vain"
    assert rig.reactor.getDelayedCalls() == []


def test_a_peer_that_takes_nothing_in_holds_the_end_up_only_so_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(tmp_path)
    rig.start()
    rig.post(CHECK)
    rig.application.stop()
    rig.reactor.advance(7.9)
    assert not rig.core.closed
    rig.reactor.advance(0.2)
    assert rig.core.closed
    assert "did not take their answers in" in caplog.text


def test_part_sets_that_cannot_be_read_keep_the_listeners_closed(tmp_path: Path) -> None:
    core = FakeCore()
    rig = Rig(tmp_path, core)
    core.unread = [closed_set()]
    execute = core.execute

    def fails_after_the_programme(batch: Any) -> Any:
        if isinstance(batch[0].transactions[0], ProgrammeActivated):
            return execute(batch)
        raise StorageUnavailable("disk full")

    rig.application.engine.gate._writes._work = fails_after_the_programme
    assert isinstance(rig.start(), StorageUnavailable)
    assert 8080 not in rig.ports
    assert core.closed


def test_an_address_that_is_taken_ends_the_start_with_everything_closed(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    def taken(port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        raise OSError(f"{port} is taken")

    rig.reactor.listenTCP = taken  # type: ignore[method-assign]
    assert isinstance(rig.start(), OSError)
    assert rig.core.closed


def test_a_programme_in_force_is_not_activated_again_but_going_back_is_a_new_activation(
    tmp_path: Path,
) -> None:
    first = Rig(tmp_path)
    first.start()
    [activated] = first.core.submissions

    class InForce:
        digest = activated.digest.hex()

    again = Rig(tmp_path)
    again.core.programmes = {"demo": InForce()}
    again.start()
    assert again.core.submissions == []
    programme = tmp_path / "a.yaml"
    programme.write_text("name: a\n", encoding="utf-8")
    assert activation(programme, NOW).digest != activation(programme, NOW, {"id": 1}).digest


def test_a_broken_programme_is_told_before_the_database_is_opened(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    config = settings(tmp_path).model_copy(update={"programmes": (str(tmp_path / "mine.yaml"),)})
    opened: list[str] = []
    with pytest.raises(ConfigError) as raised:
        Engine(config, Clock(), threads=False, open_core=lambda url, **_: opened.append(url))  # type: ignore[arg-type]
    assert raised.value.problems[0].file.endswith("mine.yaml")
    assert opened == []


def test_a_file_in_the_spool_becomes_parts_and_a_list(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.start()
    for number, end in ((2, "ENDFTL"), (1, "ENDPART1")):
        text = PART.format(origin="201205", number=number, end=end)
        path = tmp_path / "spool" / "incoming" / f"part{number}.txt"
        path.write_text(text, encoding="utf-8")
        rig.reactor.advance(1)
    transactions = [one.transactions[0] for one in rig.core.submissions[1:]]
    assert [type(one) for one in transactions] == [PartReceived, PartReceived, ListReceived]
    assert sorted(path.name.split("~")[0] for path in (tmp_path / "spool" / "done").iterdir()) == [
        "part1.txt",
        "part2.txt",
    ]


def test_unread_lines_of_a_list_are_logged_and_counted_without_their_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def counted() -> float:
        labels = {"link": "files", "code": "line_unreadable"}
        return metrics.REGISTRY.get_sample_value("ffgate_problems_total", labels) or 0.0

    caplog.set_level(logging.INFO, "ffgate.message")
    rig = Rig(tmp_path)
    rig.start()
    before = counted()
    text = "MOWFFUT\n.MOWRMUT 201205\nPRL\nUT280/20AUG DME PART1\n-AER01Y\n1IVANOV/IVAN\n"
    (tmp_path / "spool" / "incoming" / "prl.txt").write_text(f"{text}.R/TKNE HK1 29861/9\nENDPRL\n")
    rig.reactor.advance(1)
    assert isinstance(rig.core.submissions[-1].transactions[0], ListReceived)
    assert [one.code for one in rig.core.submissions[-1].warnings] == ["line_unreadable"]
    assert counted() == before + 1
    [record] = [one for one in caplog.records if one.name == "ffgate.message"]
    assert record.__dict__["warnings"] == ["line_unreadable line 7"]
    assert "29861" not in caplog.text
