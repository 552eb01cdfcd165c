"""Mailboxes: what is claimed, where it goes, and every step at which a process may end."""

import os
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from adapter.envelope import Envelope, Reply
from adapter.net.mailbox import MailboxLink
from adapter.net.mailbox_files import MailDirectory
from adapter.net.spool import SpoolLimits
from tests.net.spools import KEPT, NIL, RETRY, UNUSABLE, Host, close_files

AT = 1_787_000_000


def mail(*texts: str, sender: str = "dcs@airline.example") -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message.set_content(texts[0] if len(texts) == 1 else "see files\n")
    for number, text in enumerate(texts if len(texts) > 1 else ()):
        message.add_attachment(text.encode(), maintype="text", subtype="plain", filename=f"{number}.txt")
    return bytes(message)


class Mailbox:
    """A mailbox under test with its clock; ``process`` makes one more process watch it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.counted: list[str] = []
        self.links: list[MailboxLink] = []

    def process(self, host: Host, senders: tuple[str, ...] = (), **limits: int) -> MailboxLink:
        link = MailboxLink(
            "mail",
            host.handle,
            self.clock,
            MailDirectory(self.root),
            encoding="cp866",
            senders=senders,
            limits=SpoolLimits(**limits),
            count=self.counted.append,
        )
        link.start()
        self.links.append(link)
        return link

    def deliver(self, name: str, content: bytes = b"") -> Path:
        """As a mail server does: written in tmp, moved to new."""
        for folder in ("tmp", "new", "cur"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        half = self.root / "tmp" / name
        half.write_bytes(content or mail(NIL))
        os.utime(half, (AT, AT))
        return half.rename(self.root / "new" / name)

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)

    def where(self) -> dict[str, list[str]]:
        folders = ("tmp", "new", "cur", ".done/cur", ".quarantine/cur")
        return {
            folder: names
            for folder in folders
            if (names := sorted(path.name for path in (self.root / folder).iterdir()))
        }


@pytest.fixture
def mailbox(tmp_path: Path):
    made = Mailbox(tmp_path / "mail")
    yield made
    for link in made.links:
        if not link.is_stopping:
            link.stop()
        close_files(link)


def crash(mailbox: Mailbox, link: MailboxLink) -> None:
    """What the end of a process does: nothing more happens, and the system takes its locks back."""
    link.is_stopping = True
    link._poll.stop()
    close_files(link)


def test_a_mail_is_claimed_handed_over_and_archived(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1787000000.M1P1.host")
    mailbox.process(host)
    (envelope,) = host.taken
    assert (envelope.link, envelope.protocol, envelope.id, envelope.source) == (
        "mail",
        "typeb",
        "1787000000.M1P1.host#1",
        "1787000000.M1P1.host",
    )
    assert envelope.raw.replace(b"\r\n", b"\n") == NIL.encode()
    assert envelope.received_at == datetime.fromtimestamp(AT, UTC)
    assert mailbox.where() == {".done/cur": ["1787000000.M1P1.host:2,S"]}
    assert mailbox.counted == ["spool_claimed", "spool_done"]


def test_attachments_are_one_envelope_each(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a", mail(NIL, NIL.replace("418", "419")))
    mailbox.process(host)
    assert [envelope.id for envelope in host.taken] == ["1.a#1", "1.a#2"]
    assert "mail_text_skipped" in mailbox.counted


def test_the_mailbox_is_made_where_there_is_none_and_closed_to_others(mailbox: Mailbox) -> None:
    mailbox.process(Host())
    for folder in ("new", "cur", "tmp", ".done/cur", ".quarantine/new"):
        assert (mailbox.root / folder).stat().st_mode & 0o777 == 0o700
    assert (mailbox.root / ".done" / "maildirfolder").is_file()


def test_what_is_being_written_and_what_is_no_plain_file_stays(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a")
    (mailbox.root / "new/1.a").rename(mailbox.root / "tmp/1.a")
    (mailbox.root / "new/2.b").symlink_to(mailbox.root / "tmp/1.a")
    (mailbox.root / "new/3.c").mkdir()
    mailbox.process(host)
    mailbox.tick()
    assert host.taken == []


def test_what_people_have_read_is_theirs(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a").rename(mailbox.root / "cur" / "1.a:2,S")
    mailbox.deliver("2.b").rename(mailbox.root / "cur" / "2.b:2,RS")
    mailbox.process(host)
    mailbox.tick()
    assert host.taken == []


def test_mail_without_a_telegram_is_quarantined_and_not_journalled(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a", mail("Meeting at ten.\n"))
    mailbox.deliver("2.b")
    mailbox.process(host)
    assert [envelope.id for envelope in host.taken] == ["2.b#1"]
    assert mailbox.where() == {".done/cur": ["2.b:2,S"], ".quarantine/cur": ["1.a:2,S"]}
    assert (mailbox.root / ".quarantine/1.a.why").read_text() == "1.a\n  no_telegram\n"
    assert "mail_refused_no_telegram" in mailbox.counted


def test_refused_mail_is_told_whatever_its_file_is_called(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host()
    mailbox.process(host)
    mailbox.deliver(os.fsdecode(b"1.\xff.host"), mail("hello\n"))
    mailbox.deliver("2.host")
    mailbox.tick()
    assert len(host.taken) == 1
    assert mailbox.where()[".done/cur"] == ["2.host:2,S"]
    assert len(mailbox.where()[".quarantine/cur"]) == 1
    assert "is refused: no_telegram" in caplog.text


def test_senders_who_are_not_allowed(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a", mail(NIL, sender="x@evil.example"))
    mailbox.deliver("2.b")
    mailbox.process(host, senders=("@airline.example",))
    assert [envelope.id for envelope in host.taken] == ["2.b#1"]
    assert (mailbox.root / ".quarantine/1.a.why").read_text() == "1.a\n  sender_not_allowed\n"


def test_an_unusable_telegram_quarantines_its_mail_and_says_where(mailbox: Mailbox) -> None:
    host = Host(lambda envelope: UNUSABLE if envelope.id.endswith("2") else KEPT)
    mailbox.deliver("1.a", mail(NIL + NIL))
    mailbox.process(host)
    assert mailbox.where() == {".quarantine/cur": ["1.a:2,S"]}
    assert (mailbox.root / ".quarantine/1.a.why").read_text() == (
        "1.a#2 from line 7\n  line_unknown line 11 column 1\n"
    )


def test_not_processed_stays_claimed_and_is_handed_over_again(mailbox: Mailbox) -> None:
    replies = [RETRY, KEPT]
    host = Host(lambda envelope: replies.pop(0))
    mailbox.deliver("1.a")
    mailbox.process(host, retry_seconds=5)
    assert mailbox.where() == {"cur": ["1.a:2,"]}
    mailbox.tick(5)
    assert mailbox.where() == {".done/cur": ["1.a:2,S"]}


def test_limits(mailbox: Mailbox) -> None:
    host = Host()
    mailbox.deliver("1.a", mail("x" * 5000))
    mailbox.deliver("2.b", mail(NIL * 3))
    mailbox.deliver("3.c", mail(NIL.replace("NIL", "NIL\n" * 100)))
    mailbox.process(host, file_bytes_max=4000, telegrams_in_file_max=2, telegram_bytes_max=200)
    assert {"mail_refused_mail_too_long", "mail_refused_mail_telegrams_too_many"} <= set(mailbox.counted)
    assert [len(envelope.raw) for envelope in host.taken] == [201]


def test_two_mails_of_one_name_never_displace_each_other(mailbox: Mailbox) -> None:
    host = Host(lambda envelope: None)
    mailbox.deliver("1.a")
    mailbox.process(host)
    mailbox.deliver("1.a", mail(NIL.replace("418", "419")))
    mailbox.tick()
    assert len(host.taken) == 1
    host.waiting.pop()(KEPT)
    mailbox.tick()
    assert len(host.taken) == 2
    host.waiting.pop()(KEPT)
    assert len(mailbox.where()[".done/cur"]) == 2
    assert list(mailbox.where()) == [".done/cur"]


@pytest.mark.parametrize(
    "step", ["delivered", "linked", "claimed", "handed over", "kept in part", "kept", "noted"]
)
def test_the_end_of_a_process_between_any_two_steps(mailbox: Mailbox, step: str) -> None:
    journal: set[tuple[bytes, datetime]] = set()
    host = Host(lambda envelope: None)
    mailbox.deliver("1.a", mail(NIL + NIL.replace("418", "419")))
    directory = MailDirectory(mailbox.root)
    directory.prepare()
    if step == "linked":
        os.link(mailbox.root / "new/1.a", mailbox.root / "cur/1.a:2,")
    elif step == "claimed":
        claimed = directory.claim("1.a", AT)
        assert claimed is not None
        claimed.stream.close()
    elif step != "delivered":
        link = mailbox.process(host)
        if step != "handed over":
            journal.add((host.taken[0].raw, host.taken[0].received_at))
            host.waiting[0](KEPT)
        if step in ("kept", "noted"):
            # Both are in the journal; the process ends before the file is moved.
            journal.add((host.taken[1].raw, host.taken[1].received_at))
        if step == "noted":
            (mailbox.root / ".quarantine/1.a.why").write_text("x\n")
        crash(mailbox, link)
    after = Host()
    mailbox.process(after)
    mailbox.tick()
    assert mailbox.where() == {".done/cur": ["1.a:2,S"]}
    journal |= {(envelope.raw, envelope.received_at) for envelope in after.taken}
    # Read again with the same bytes and the same time of receipt: the journal holds each telegram once.
    assert len(journal) == 2


def test_two_processes_share_a_mailbox(mailbox: Mailbox) -> None:
    one, other = Host(lambda envelope: None), Host(lambda envelope: None)
    mailbox.process(one, files_in_flight_max=3)
    mailbox.process(other, files_in_flight_max=3)
    for number in range(6):
        mailbox.deliver(f"{number}.a")
    mailbox.tick()
    mailbox.tick()
    assert len(one.taken) == len(other.taken) == 3
    assert len({envelope.source for envelope in one.taken + other.taken}) == 6
    while one.waiting or other.waiting:
        (one.waiting or other.waiting).pop()(KEPT)
    assert len(mailbox.where()[".done/cur"]) == 6


def test_stop_waits_for_answers_and_leaves_the_rest_claimed(mailbox: Mailbox) -> None:
    host = Host(lambda envelope: None)
    mailbox.deliver("1.a")
    mailbox.deliver("2.b", mail(NIL * 2))
    link = mailbox.process(host, in_flight_max=1)
    fired: list[None] = []
    link.stop().addCallback(fired.append)
    assert fired == []
    host.waiting.pop(0)(Reply(kept=True))
    assert fired == [None]
    assert mailbox.where() == {"cur": ["2.b:2,"], ".done/cur": ["1.a:2,S"]}


def test_the_hint_in_the_name_of_an_attached_copy_is_used(mailbox: Mailbox) -> None:
    taken: list[Envelope] = []
    host = Host(lambda envelope: taken.append(envelope) or KEPT)
    message = EmailMessage()
    message["From"] = "dcs@airline.example"
    message.set_content("see file\n")
    name = "2026_08_20_12_06_07_123.0001234561.FTL.XY418.20.08"
    message.add_attachment(b"FTL\nXY418/20AUG DME\n", maintype="text", subtype="plain", filename=name)
    mailbox.deliver("1.a", bytes(message))
    mailbox.process(host)
    assert (taken[0].source, taken[0].kind_hint) == (name, "FTL")
    assert taken[0].created_hint == datetime(2026, 8, 20, 12, 6, 7, tzinfo=UTC)
