"""Spool directories: what is claimed, what becomes of it, and every step at which a process may end."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from adapter.envelope import Envelope, Reply
from adapter.errors import Problem
from adapter.net.spool import SpoolLimits, SpoolLink
from adapter.net.spool_files import Finished, SpoolDirectory

NIL = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n"
KEPT = Reply(kept=True)
RETRY = Reply(not_processed=True)
UNUSABLE = Reply(kept=True, quarantined=True, problems=(Problem("line_unknown", "IVANOV", line=5, column=1),))
AT = 1_787_000_000
LONG_AGO = 1_000_000_000
"""When the files that are dropped here were last changed."""


@dataclass
class Host:
    """The other side of a link: keeps what was handed over and answers when told to."""

    reply: Callable[[Envelope], Reply | None] = lambda envelope: KEPT
    taken: list[Envelope] = field(default_factory=list)
    waiting: list[Callable[[Reply], None]] = field(default_factory=list)

    def handle(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        self.taken.append(envelope)
        reply = self.reply(envelope)
        if reply is None:
            self.waiting.append(done)
        else:
            done(reply)


class Spool:
    """A spool under test with its clock; ``process`` makes one more process watch the same directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.clock.advance(AT)
        self.counted: list[str] = []
        self.links: list[SpoolLink] = []

    def process(self, host: Host, finished: Finished | None = None, **limits: int) -> SpoolLink:
        directory = SpoolDirectory(self.root, finished or Finished(suffix=".txt"))
        link = SpoolLink(
            "dcs",
            host.handle,
            self.clock,
            directory,
            encoding="cp866",
            limits=SpoolLimits(**limits),
            count=self.counted.append,
        )
        link.start()
        self.links.append(link)
        return link

    def drop(self, name: str, text: str = NIL) -> Path:
        folder = self.root / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(text.encode("cp866"))
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)

    def names(self, folder: str) -> list[str]:
        return sorted(path.name.rpartition("~")[0] or path.name for path in (self.root / folder).iterdir())

    def where(self) -> dict[str, list[str]]:
        return {
            folder: names
            for folder in ("incoming", "claimed", "done", "quarantine")
            if (names := self.names(folder))
        }


def close_files(link: SpoolLink) -> None:
    for job in link._jobs.values():
        job.file.stream.close()


@pytest.fixture
def spool(tmp_path: Path):
    made = Spool(tmp_path / "spool")
    yield made
    for link in made.links:
        if not link.is_stopping:
            link.stop()
        close_files(link)


def test_a_file_is_claimed_handed_over_and_archived(spool: Spool) -> None:
    host = Host()
    spool.drop("one.txt")
    spool.process(host)
    (envelope,) = host.taken
    assert (envelope.link, envelope.protocol, envelope.id, envelope.source) == (
        "dcs",
        "typeb",
        "one.txt#1",
        "one.txt",
    )
    assert (envelope.raw, envelope.encoding) == (NIL.encode(), "cp866")
    assert envelope.received_at == datetime.fromtimestamp(AT, UTC)
    assert (envelope.created_hint, envelope.kind_hint) == (None, "")
    assert spool.where() == {"done": ["one.txt"]}
    assert spool.counted == ["spool_claimed", "spool_done"]


def test_directories_are_closed_to_others(spool: Spool) -> None:
    spool.process(Host())
    for folder in ("incoming", "claimed", "done", "quarantine"):
        assert (spool.root / folder).stat().st_mode & 0o777 == 0o700


def test_the_name_of_a_copy_is_read(spool: Spool) -> None:
    host = Host()
    spool.drop("2026_08_20_12_06_07_123.0001234561.FTL.XY418.20.08.txt")
    spool.process(host)
    assert host.taken[0].created_hint == datetime(2026, 8, 20, 12, 6, 7, tzinfo=UTC)
    assert host.taken[0].kind_hint == "FTL"


def test_every_telegram_of_a_file_is_an_envelope(spool: Spool) -> None:
    host = Host()
    spool.drop("two.txt", NIL + "\n" + NIL)
    spool.process(host)
    assert [envelope.id for envelope in host.taken] == ["two.txt#1", "two.txt#2"]
    assert b"".join(envelope.raw for envelope in host.taken) == (NIL + "\n" + NIL).encode()


def test_suffix_rule(spool: Spool) -> None:
    host = Host()
    path = spool.drop("one.part")
    spool.drop(".hidden.txt")
    spool.process(host)
    assert host.taken == []
    path.rename(path.with_suffix(".txt"))
    spool.tick()
    assert len(host.taken) == 1
    assert spool.where() == {"incoming": [".hidden.txt"], "done": ["one.txt"]}


def test_unchanged_rule(spool: Spool) -> None:
    host = Host()
    path = spool.drop("one", NIL[:20])
    spool.process(host, Finished(unchanged_seconds=3))
    spool.tick(2)
    path.write_text(NIL)  # it grew: the wait begins again
    os.utime(path, (AT, AT))
    spool.tick(2)
    spool.tick(2)
    assert host.taken == []
    os.utime(path, (AT + 1, AT + 1))  # and so does it for a new time alone
    spool.tick(1)
    spool.tick(2)
    assert host.taken == []
    spool.tick(1)
    assert [envelope.raw for envelope in host.taken] == [NIL.encode()]


def test_files_beside_incoming_are_told_once(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    host = Host()
    spool.process(host)
    (spool.root / "lost.txt").write_text(NIL)
    (spool.root / ".hidden").write_text(NIL)
    for _ in range(3):
        spool.tick()
    assert spool.counted == ["spool_stray"]
    [record] = [one for one in caplog.records if "where nobody reads them" in one.getMessage()]
    assert "lost.txt" in record.getMessage()
    (spool.root / "lost.txt").rename(spool.root / "incoming" / "lost.txt")
    spool.tick()
    assert len(host.taken) == 1
    (spool.root / "lost.txt").write_text(NIL)
    spool.tick()
    assert spool.counted.count("spool_stray") == 2


def test_what_is_no_plain_file_stays_where_it_is(spool: Spool) -> None:
    host = Host()
    target = spool.drop("target")
    (spool.root / "incoming/link.txt").symlink_to(target)
    (spool.root / "incoming/folder.txt").mkdir()
    os.mkfifo(spool.root / "incoming/pipe.txt")
    spool.process(host)
    spool.tick()
    assert host.taken == []


def test_quarantine_says_why_without_saying_who(spool: Spool) -> None:
    host = Host(lambda envelope: UNUSABLE if envelope.id.endswith("2") else KEPT)
    spool.drop("two.txt", NIL + NIL)
    spool.process(host)
    assert spool.names("done") == spool.names("claimed") == []
    file, why = sorted((spool.root / "quarantine").iterdir())
    assert file.read_text() == NIL + NIL
    assert why.name == file.name + ".why"
    assert why.read_text() == "two.txt#2 from line 7\n  line_unknown line 11 column 1\n"


def test_not_processed_stays_claimed_and_is_handed_over_again(spool: Spool) -> None:
    replies = [KEPT, RETRY, RETRY, KEPT]
    host = Host(lambda envelope: replies.pop(0))
    spool.drop("two.txt", NIL + NIL)
    spool.process(host, retry_seconds=5)
    assert spool.where() == {"claimed": ["two.txt"]}
    spool.tick(4)
    assert len(host.taken) == 2
    spool.tick(1)
    spool.tick(5)
    assert [envelope.id for envelope in host.taken] == ["two.txt#1", "two.txt#2", "two.txt#2", "two.txt#2"]
    assert spool.where() == {"done": ["two.txt"]}


def test_a_handler_that_fails_is_tried_again(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    failures = [RuntimeError("defect")]

    def reply(envelope: Envelope) -> Reply:
        if failures:
            raise failures.pop()
        return KEPT

    spool.drop("one.txt")
    spool.process(Host(reply))
    assert spool.where() == {"claimed": ["one.txt"]}
    assert "could not be handed over" in caplog.text
    spool.tick(5)
    assert spool.where() == {"done": ["one.txt"]}


@pytest.mark.parametrize("content", ["", "не телеграмма", "\x00\x01\x02"])
def test_garbage_is_handed_over_as_one_envelope(spool: Spool, content: str) -> None:
    host = Host(lambda envelope: UNUSABLE)
    spool.drop("bad.txt", content)
    spool.process(host)
    assert [envelope.raw for envelope in host.taken] == [content.encode("cp866")]
    assert spool.where()["quarantine"][0] == "bad.txt"


def test_limits_of_files(spool: Spool) -> None:
    host = Host()
    spool.drop("long.txt", NIL * 30)
    spool.process(host, file_bytes_max=len(NIL) * 29, telegram_bytes_max=100)
    assert [len(envelope.raw) for envelope in host.taken] == [101]
    spool.drop("many.txt", NIL * 3)
    spool.process(host, telegrams_in_file_max=2)
    assert host.taken[1].raw == NIL.encode() * 3
    assert {"spool_file_too_long", "spool_file_too_many"} <= set(spool.counted)


def test_limits_in_flight(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    for number in range(5):
        spool.drop(f"{number}.txt", NIL * 3)
    link = spool.process(host, files_in_flight_max=2, in_flight_max=4)
    assert (len(host.taken), link.in_flight) == (4, 4)
    assert len(spool.names("claimed")) == 2
    for _ in range(3):
        host.waiting.pop(0)(KEPT)
    assert link.in_flight == 3  # no more telegrams in the two files
    spool.tick()
    assert (len(spool.names("claimed")), link.in_flight) == (2, 4)
    while host.waiting:
        host.waiting.pop(0)(KEPT)
        spool.tick()
    assert len(spool.names("done")) == 5
    assert len(host.taken) == 15


def test_pause_and_resume(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt", NIL * 2)
    link = spool.process(host, in_flight_max=1)
    link.pause()
    host.waiting.pop()(KEPT)
    spool.drop("two.txt")
    spool.tick(5)
    assert len(host.taken) == 1
    link.resume()
    assert len(host.taken) == 2
    spool.tick()
    assert spool.names("incoming") == []


def test_stop_waits_for_answers_and_leaves_the_rest_claimed(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt")
    spool.drop("two.txt", NIL * 2)
    link = spool.process(host, in_flight_max=2)
    fired: list[None] = []
    link.stop().addCallback(fired.append)
    host.waiting.pop(0)(KEPT)
    assert fired == []
    host.waiting.pop(0)(KEPT)
    assert fired == [None]
    assert len(host.taken) == 2
    assert spool.where() == {"claimed": ["two.txt"], "done": ["one.txt"]}
    assert not spool.clock.getDelayedCalls()


def test_stop_with_nothing_under_way_fires_at_once(spool: Spool) -> None:
    fired: list[None] = []
    host = Host(lambda envelope: RETRY)
    spool.drop("one.txt")
    spool.process(host).stop().addCallback(fired.append)
    assert fired == [None]
    assert not spool.clock.getDelayedCalls()


def test_two_files_of_one_name_never_displace_each_other(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.drop("one.txt", NIL)
    spool.process(host)
    spool.drop("one.txt", NIL.replace("418", "419"))
    spool.tick()
    assert spool.names("claimed") == ["one.txt", "one.txt"]
    while host.waiting:
        host.waiting.pop()(KEPT)
    assert spool.names("done") == ["one.txt", "one.txt"]
    assert len({path.read_text() for path in (spool.root / "done").iterdir()}) == 2


def crash(spool: Spool, link: SpoolLink) -> None:
    """What the end of a process does: nothing more happens, and the system takes its locks back."""
    link.is_stopping = True
    link._poll.stop()
    close_files(link)


@pytest.mark.parametrize("step", ["dropped", "claimed", "handed over", "kept in part", "kept", "noted"])
def test_the_end_of_a_process_between_any_two_steps(spool: Spool, step: str) -> None:
    journal: set[tuple[bytes, datetime]] = set()
    received: set[datetime] = set()
    host = Host(lambda envelope: None)
    spool.drop("two.txt", NIL + NIL.replace("418", "419"))
    if step == "dropped":
        pass
    elif step == "claimed":
        directory = SpoolDirectory(spool.root, Finished(suffix=".txt"))
        directory.prepare()
        claimed = directory.claim("two.txt", AT)
        assert claimed is not None
        received.add(claimed.received_at)
        claimed.stream.close()
    else:
        link = spool.process(host)
        if step != "handed over":
            journal.add((host.taken[0].raw, host.taken[0].received_at))
            host.waiting[0](KEPT)
        if step in ("kept", "noted"):
            # Both are in the journal; the process ends before the file is moved.
            journal.add((host.taken[1].raw, host.taken[1].received_at))
        if step == "noted":
            (spool.root / "quarantine" / "two.txt~0.why").write_text("x\n")
        crash(spool, link)
    after = Host()
    spool.tick(86_400.5)
    spool.process(after)
    spool.tick()
    assert spool.names("incoming") == spool.names("claimed") == []
    assert spool.names("done") == ["two.txt"]
    journal |= {(envelope.raw, envelope.received_at) for envelope in after.taken}
    # Read again with the same bytes and the same time of receipt: the journal holds each telegram once.
    assert len(journal) == 2
    # One claim is one time of receipt, however often it is read.
    assert len(received | {received_at for _, received_at in journal}) == 1


def test_the_time_of_receipt_is_that_of_the_claim(spool: Spool) -> None:
    host = Host(lambda envelope: None)
    spool.process(host)
    spool.tick(7.25)
    spool.drop("one.txt")
    spool.tick(0.75)
    assert [envelope.received_at for envelope in host.taken] == [datetime.fromtimestamp(AT + 8, UTC)]
    assert [path.name.rpartition("-")[2] for path in (spool.root / "claimed").iterdir()] == [
        f"{datetime.fromtimestamp(AT + 8, UTC):%Y%m%dT%H%M%S}000000Z"
    ]


def test_a_file_claimed_before_times_stood_in_names_is_still_read(spool: Spool) -> None:
    spool.drop("one.txt").rename(spool.root / "one.txt~1f")
    (spool.root / "claimed").mkdir()
    (spool.root / "one.txt~1f").rename(spool.root / "claimed" / "one.txt~1f")
    host = Host()
    spool.process(host)
    assert [(one.source, one.received_at) for one in host.taken] == [
        ("one.txt", datetime.fromtimestamp(LONG_AGO, UTC))
    ]


def test_two_processes_share_a_directory(spool: Spool) -> None:
    one, other = Host(lambda envelope: None), Host(lambda envelope: None)
    spool.process(one, files_in_flight_max=3)
    spool.process(other, files_in_flight_max=3)
    for number in range(6):
        spool.drop(f"{number}.txt")
    spool.tick()
    spool.tick()
    assert len(one.taken) == len(other.taken) == 3
    assert {envelope.source for envelope in one.taken + other.taken} == {
        f"{number}.txt" for number in range(6)
    }
    while one.waiting or other.waiting:
        (one.waiting or other.waiting).pop()(KEPT)
    assert len(spool.names("done")) == 6


def test_a_living_process_takes_over_what_a_dead_one_left(spool: Spool) -> None:
    dead, living = Host(lambda envelope: None), Host()
    spool.drop("one.txt")
    first = spool.process(dead)
    spool.process(living)
    spool.tick()
    assert living.taken == []
    crash(spool, first)
    spool.tick()
    assert len(living.taken) == 1
    assert spool.where() == {"done": ["one.txt"]}


def test_an_unreadable_directory_is_counted_and_watching_goes_on(spool: Spool) -> None:
    host = Host()
    spool.process(host)
    (spool.root / "incoming").rename(spool.root / "away")
    spool.tick()
    assert "spool_unreadable" in spool.counted
    (spool.root / "away").rename(spool.root / "incoming")
    spool.drop("one.txt")
    spool.tick()
    assert len(host.taken) == 1
