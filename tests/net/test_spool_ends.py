"""Spools whose processes end: what the next one finds, and when it says that it came."""

import os
from datetime import UTC, datetime

import pytest

from adapter.net.spool import SpoolLink
from adapter.net.spool_files import ClaimedFile, Finished, SpoolDirectory
from adapter.wire.typeb_files import Piece
from tests.net.spools import AT, KEPT, LONG_AGO, NIL, UNUSABLE, Host, Spool, close_files


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


def test_what_cannot_be_claimed_is_told_once_and_keeps_nobody_waiting(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host()
    spool.process(host)
    too_long = "a" * 240 + ".txt"  # a claimed file's name is longer
    spool.drop(too_long)
    spool.drop("b.txt")
    spool.tick()
    spool.tick()
    assert spool.where() == {"incoming": [too_long], "done": ["b.txt"]}
    assert spool.counted.count("spool_unclaimable") == 1
    assert caplog.text.count("can't be claimed") == 1


def test_what_cannot_be_moved_away_is_told(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    spool.process(Host())
    (spool.root / "done").rename(spool.root / "gone")
    spool.drop("a.txt")
    spool.tick()
    (spool.root / "gone").rename(spool.root / "done")
    spool.tick()
    assert "a.txt can't be moved away" in caplog.text
    assert spool.where() == {"done": ["a.txt"]}
    assert spool.counted.count("spool_unmovable") == 1


def test_a_disk_that_fails_to_read_one_file_is_tried_again(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = ClaimedFile.read, [OSError(5, "Input/output error")]

    def fail_once(file: ClaimedFile, bytes_max: int) -> bytes:
        if failures:
            raise failures.pop()
        return read(file, bytes_max)

    monkeypatch.setattr(ClaimedFile, "read", fail_once)
    spool.process(Host())
    spool.drop("a.txt")
    spool.drop("b.txt")
    spool.tick()
    assert spool.where() == {"claimed": ["a.txt"], "done": ["b.txt"]}
    spool.tick()
    assert spool.where() == {"done": ["a.txt", "b.txt"]}
    assert spool.counted.count("spool_unreadable") == 1


def test_a_defect_of_ours_quarantines_its_file_and_watching_goes_on(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def cut(data: bytes, encoding: str) -> list[Piece]:
        if data == b"defect":
            raise RecursionError
        return [Piece(data, 1)]

    monkeypatch.setattr("adapter.net.spool.split_telegrams", cut)
    host = Host()
    spool.process(host)
    spool.drop("a.txt", "defect")
    spool.drop("b.txt")
    spool.tick()
    assert spool.where() == {"done": ["b.txt"], "quarantine": ["a.txt", "a.txt"]}
    assert "a.txt could not be cut" in caplog.text


def test_a_name_that_is_no_text_is_a_name_all_the_same(spool: Spool) -> None:
    spool.process(Host(reply=lambda _envelope: UNUSABLE))
    name = os.fsdecode(b"\xff\xfe.txt")
    spool.drop(name)
    spool.tick()
    assert spool.where() == {"quarantine": [name, name]}
    note = next((spool.root / "quarantine").glob("*.why"))
    assert note.read_text("utf-8").startswith("\\udcff\\udcfe.txt#1 from line 1")


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
