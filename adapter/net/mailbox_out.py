"""The way out by mail: each telegram is one message in a Maildir, from which a mail server takes it and sends it on.

Sent means: durably in ``new``. What the mail server makes of it, and whether its recipients ever read it, is not known
here; its notices of failure go to the sender's address.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime

from adapter.wire.mail_writer import render_mail

from .mailbox_files import NEW, deliver, prepare
from .outward import NotSent
from .spool_files import synchronise


class MailSender:
    """Writes into one Maildir; a link by itself where no mail comes in."""

    def __init__(
        self,
        clock: IReactorTime,
        root: Path,
        *,
        encoding: str,
        sender: str,
        recipients: tuple[str, ...],
        count: Callable[[str], None] = lambda event: None,
    ) -> None:
        self.clock = clock
        self.root = root
        self.encoding = encoding
        self.sender = sender
        self.recipients = recipients
        self.count = count

    def start(self) -> None:
        """Makes what is missing of the Maildir. Raises OSError when that can't be done."""
        prepare(self.root)

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Fires when the message is on disk; fails with NotSent."""
        now = self.clock.seconds()
        sent_at = datetime.fromtimestamp(now, UTC)
        mail = render_mail(
            telegram, self.encoding, sender=self.sender, recipients=self.recipients, sent_at=sent_at
        )
        is_there = False
        try:
            deliver(self.root, mail, now)
            # From here on the mail server may have taken it, whatever becomes of the name on disk.
            is_there = True
            synchronise(self.root / NEW)
        except OSError as error:
            self.count("mail_unwritable")
            return fail(NotSent("not_written", error.strerror or "can't be written", perhaps_sent=is_there))
        self.count("telegram_out")
        return succeed(None)

    def pause(self) -> None:
        """Nothing comes in that could be held."""

    def resume(self) -> None:
        """Nothing is held."""

    def stop(self) -> "Deferred[None]":
        """Nothing is ever under way."""
        return succeed(None)
