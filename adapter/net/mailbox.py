"""A mailbox into which a mail server delivers telegrams: as the text of a message, or as attached files.

Life of a message: delivered -> claimed -> read -> each telegram in it handed over as one envelope -> all kept:
into ``.done``; one of them unusable: into ``.quarantine`` with a note. A message without any telegram, or from a
sender who is not allowed, goes to ``.quarantine`` unjournalled: it is no message of a host. Everything else, above
all what happens when a process ends, is as in a spool.

The time of receipt is that of the delivery (the file's modification time).

The way out is another mailbox, from which a mail server takes what we put there: see ``mailbox_out``.
"""

import logging
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from adapter.envelope import Envelope, Handle
from adapter.wire.mail import MailLimits, MailRefused, read_mail
from adapter.wire.typeb_files import Piece

from .mailbox_files import MailDirectory
from .mailbox_out import MailSender
from .spool import SpoolLimits, SpoolLink
from .spool_files import ClaimedFile

_log = logging.getLogger("ffgate.spool")


class MailboxLink(SpoolLink):
    """Watches one mailbox. ``senders`` limits who may send, see ``read_mail``; ``outgoing`` is the way out, if any."""

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        directory: MailDirectory,
        *,
        encoding: str,
        senders: tuple[str, ...] = (),
        outgoing: MailSender | None = None,
        limits: SpoolLimits | None = None,
        count: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, handle, clock, directory, encoding=encoding, limits=limits, count=count)
        self._senders = senders
        self._outgoing = outgoing
        self._mail_limits = MailLimits(
            bytes_max=self.limits.file_bytes_max, telegrams_max=self.limits.telegrams_in_file_max
        )

    def start(self) -> None:
        if self._outgoing is not None:
            self._outgoing.start()
        super().start()

    def send(self, telegram: bytes) -> "Deferred[None]":
        """As ``MailSender``; only where there is one."""
        assert self._outgoing is not None
        return self._outgoing.send(telegram)

    def _open(self, file: ClaimedFile) -> list[tuple[Envelope, Piece]]:
        data = file.read(self._mail_limits.bytes_max + 1)
        try:
            mail = read_mail(data, self.encoding, self._mail_limits, self._senders)
        except MailRefused as refused:
            self.count(f"mail_refused_{refused.code}")
            _log.warning("%s: mail %s is refused: %s", self.name, file.name, refused.code)
            self._put_away(file, f"{file.name}\n  {refused.code}\n")
            return []
        for _ in range(mail.skipped):
            self.count("mail_text_skipped")
        return [
            (self._envelope(file, number, one.piece, one.encoding, one.file or file.name), one.piece)
            for number, one in enumerate(mail.telegrams, start=1)
        ]
