"""Telegrams written into a spool's outgoing directory: whole, in order, never over another."""

import os
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from adapter.net.outward import NotSent, Outward
from adapter.net.spool import SpoolLink
from adapter.net.spool_files import Finished, SpoolDirectory


def link(root: Path, clock: Clock | None = None) -> SpoolLink:
    directory = SpoolDirectory(root, Finished(suffix=".txt"))
    made = SpoolLink("dcs", lambda envelope, done: None, clock or Clock(), directory, encoding="utf-8")
    directory.prepare()
    return made


def outcome(deferred: Any) -> Any:
    found: list[Any] = []
    deferred.addBoth(found.append)
    return found[0]


def test_each_telegram_is_a_file_and_their_names_are_in_order(tmp_path: Path) -> None:
    clock = Clock()
    clock.advance(1_787_000_000.25)
    spool = link(tmp_path, clock)
    assert isinstance(spool, Outward)
    for number in range(12):
        assert outcome(spool.send(b"%d" % number)) is None
    clock.advance(0.5)
    spool.send(b"12")
    files = sorted((tmp_path / "outgoing").iterdir())
    assert [int(path.read_bytes()) for path in files] == list(range(13))
    assert files[0].name == "20260817T205320250000-0001.txt"
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "outgoing").stat().st_mode & 0o777 == 0o700


def test_two_processes_do_not_displace_each_others_files(tmp_path: Path) -> None:
    one, other = link(tmp_path), link(tmp_path)
    one.send(b"one")
    other.send(b"other")
    assert sorted(path.read_bytes() for path in (tmp_path / "outgoing").iterdir()) == [b"one", b"other"]


def test_what_cannot_be_written_has_not_left(tmp_path: Path) -> None:
    spool = link(tmp_path)
    (tmp_path / "outgoing").rmdir()
    failure = outcome(spool.send(b"x"))
    assert failure.check(NotSent)
    assert (failure.value.code, failure.value.perhaps_sent) == ("not_written", False)


def test_half_a_telegram_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = link(tmp_path)

    def full(descriptor: int) -> None:
        assert [path.name[0] for path in (tmp_path / "outgoing").iterdir()] == ["."]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert outcome(spool.send(b"x")).check(NotSent)
    assert list((tmp_path / "outgoing").iterdir()) == []


def test_a_file_that_may_not_last_may_have_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the directory, where the host may have taken it, but the directory could not be synced."""
    spool = link(tmp_path)
    calls: list[int] = []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", second_fails)
    failure = outcome(spool.send(b"x"))
    assert len(list((tmp_path / "outgoing").iterdir())) == 1
    assert failure.check(NotSent)
    assert (failure.value.code, failure.value.perhaps_sent) == ("not_written", True)
