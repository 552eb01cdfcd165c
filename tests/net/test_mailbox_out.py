"""Telegrams put into a Maildir for a mail server: whole, on disk, never over another."""

import os
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from adapter.net import mailbox_files
from adapter.net.mailbox import MailboxLink
from adapter.net.mailbox_files import MailDirectory
from adapter.net.mailbox_out import MailSender
from adapter.net.outward import NotSent, Outward
from adapter.wire.mail import read_mail
from tests.net.spools import Host, close_files

TELEGRAM = "MOWRMXY\r\n.MOWFFXY 201206\r\nFQA\r\nЮТ418/20АВГ\r\nENDFQA\r\n".encode("cp866")
NOW = 1_787_000_000.25


class Rig:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.clock.advance(NOW)
        self.counted: list[str] = []
        self.sender = MailSender(
            self.clock,
            root,
            encoding="cp866",
            sender="loyalty@airline.example",
            recipients=("dcs@airline.example",),
            count=self.counted.append,
        )
        self.sender.start()

    def send(self, telegram: bytes = TELEGRAM) -> Any:
        found: list[Any] = []
        self.sender.send(telegram).addBoth(found.append)
        return found[0]

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).iterdir())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "out")


def test_each_telegram_is_one_mail_in_new(rig: Rig) -> None:
    assert isinstance(rig.sender, Outward)
    assert [rig.send(), rig.send(TELEGRAM.replace(b"418", b"419"))] == [None, None]
    first, second = rig.names("new")
    assert first.startswith(f"1787000000.M250000P{os.getpid()}Q")
    for name, flight in ((first, b"418"), (second, b"419")):
        path = rig.root / "new" / name
        (one,) = read_mail(path.read_bytes(), "utf-8").telegrams
        assert (one.piece.raw, one.encoding) == (TELEGRAM.replace(b"418", flight), "cp866")
        assert path.stat().st_mode & 0o777 == 0o600
    assert rig.names("tmp") == rig.names("cur") == []
    assert rig.root.stat().st_mode & 0o777 == 0o700
    assert rig.counted == ["telegram_out", "telegram_out"]


def test_our_own_mailbox_takes_it_in(rig: Rig, tmp_path: Path) -> None:
    rig.send()
    host = Host()
    link = MailboxLink(
        "mail",
        host.handle,
        rig.clock,
        MailDirectory(rig.root),
        encoding="utf-8",
        senders=("loyalty@airline.example",),
    )
    link.start()
    try:
        ((raw, encoding),) = {(envelope.raw, envelope.encoding) for envelope in host.taken}
        assert (raw, encoding) == (TELEGRAM, "cp866")
    finally:
        link.stop()
        close_files(link)


def test_one_link_with_both_directions(rig: Rig, tmp_path: Path) -> None:
    host = Host()
    (tmp_path / "out").rename(tmp_path / "gone")
    link = MailboxLink(
        "mail", host.handle, rig.clock, MailDirectory(tmp_path / "in"), encoding="cp866", outgoing=rig.sender
    )
    link.start()
    assert isinstance(link, Outward)
    link.send(TELEGRAM)
    assert len(rig.names("new")) == 1
    link.stop()
    assert host.taken == []


def test_half_a_mail_is_never_seen(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        assert (len(rig.names("tmp")), rig.names("new")) == (1, [])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    failure = rig.send()
    assert failure.check(NotSent)
    assert (failure.value.code, failure.value.perhaps_sent) == ("not_written", False)
    assert rig.names("tmp") == rig.names("new") == []
    assert rig.counted == ["mail_unwritable"]


def test_a_name_that_may_not_be_on_disk_counts_as_perhaps_sent(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", second_fails)
    failure = rig.send()
    assert (failure.value.code, failure.value.perhaps_sent) == ("not_written", True)
    assert len(rig.names("new")) == 1


def test_a_maildir_that_is_gone_took_nothing(rig: Rig) -> None:
    for folder in ("tmp", "new", "cur"):
        (rig.root / folder).rmdir()
    failure = rig.send()
    assert (failure.value.code, failure.value.perhaps_sent, failure.value.is_final) == (
        "not_written",
        False,
        False,
    )


def test_names_of_machines_are_kept_apart_from_the_flags(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox_files.socket, "gethostname", lambda: "a/b:c")
    rig.send()
    assert rig.names("new")[0].endswith(r".a\057b\072c")
