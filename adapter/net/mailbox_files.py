"""A mailbox in Maildir form, as a mail server delivers into it, and where its messages go from there.

::

    tmp/               the mail server writes here; never looked at
    new/               delivered: the mail server has moved a complete message here
    cur/               taken by one process, not yet kept in the journal (NAME:2,)
    .done/cur/         every telegram of the message is in the journal (NAME:2,S)
    .quarantine/cur/   no telegram in it, or one that can't be used (NAME:2,S)
    .quarantine/       NAME.why says what

``.done`` and ``.quarantine`` are folders as mail programs know them (Maildir++), so that people can read them.
Claims work as in a spool: a rename that one process alone can do, and a lock that ends with the process; what
lies in ``cur`` without a lock and without the flag S (seen) is an orphan. A message that somebody has read by a mail
program bears S: it is his, and left alone.
"""

import contextlib
import itertools
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from .spool_files import ClaimedFile, Finished, SpoolDirectory, write_note

_serials = itertools.count(1)
TMP, NEW, CUR = "tmp", "new", "cur"
DONE, QUARANTINE = ".done", ".quarantine"
_TAKEN, _SEEN = ":2,", ":2,S"


def prepare(root: Path) -> None:
    """Makes what is missing of one folder of a mailbox, closed to others: lists hold names."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (TMP, NEW, CUR):
        (root / name).mkdir(mode=0o700, exist_ok=True)


def deliver(root: Path, message: bytes, now: float) -> Path:
    """Puts a message into ``new``, whole and on disk before it can be seen there; ``synchronise`` of that directory is
    left to the caller. ``now`` is in seconds since 1970. Raises OSError, and then nothing is there.

    The name is that of the Maildir specification: time, then what tells this delivery from all others of the machine,
    then the machine.
    """
    seconds, micro = divmod(int(now * 1_000_000), 1_000_000)
    host = socket.gethostname().replace("/", r"\057").replace(":", r"\072")
    name = f"{seconds}.M{micro:06}P{os.getpid()}Q{next(_serials)}.{host}"
    temporary = root / TMP / name
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(message)
            stream.flush()
            os.fsync(stream.fileno())
        return temporary.rename(root / NEW / name)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


class MailDirectory(SpoolDirectory):
    """One mailbox on disk, with the ways of a spool."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, Finished())

    def prepare(self) -> None:
        """Makes the directories that are missing, closed to others."""
        for folder in (".", DONE, QUARANTINE):
            prepare(self.root / folder)
        for folder in (DONE, QUARANTINE):
            (self.root / folder / "maildirfolder").touch(mode=0o600, exist_ok=True)

    def complete(self, now: float) -> list[str]:
        """Names in ``new``, oldest name first (names begin with the time of delivery)."""
        with os.scandir(self.root / NEW) as entries:
            return sorted(
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
            )

    def claim(self, name: str, now: float) -> ClaimedFile | None:
        """Takes a message out of ``new``; None when another process was faster."""
        path = self.root / CUR / f"{_bare(name)}{_TAKEN}"
        source = self.root / NEW / name
        try:
            # Not renamed, which would displace a message of the same name.
            os.link(source, path, follow_symlinks=False)
        except FileExistsError:
            # Left by a process that ended between the two steps; or really another message of that name.
            if not _same(source, path):
                return None
        except FileNotFoundError:
            return None
        file = self._open(path)
        if file is not None:
            self._leave_new(source, path)
        return file

    def orphans(self, ours: set[Path]) -> Iterator[ClaimedFile]:
        """Messages in ``cur`` that belong to no living process and that nobody has read."""
        for path in sorted((self.root / CUR).iterdir()):
            if path in ours or "S" in path.name.partition(_TAKEN)[2] or path.name.startswith("."):
                continue
            if (file := self._open(path)) is not None:
                self._leave_new(self.root / NEW / file.name, path)
                yield file

    def archive(self, file: ClaimedFile) -> None:
        self._put(file, DONE)

    def quarantine(self, file: ClaimedFile, why: str) -> None:
        write_note(self.root / QUARANTINE / f"{file.name}.why", why)
        self._put(file, QUARANTINE)

    def _claimed_as(self, path: Path, modified_at: datetime) -> tuple[str, datetime]:
        # The mail server wrote the file itself, when it was delivered.
        return _bare(path.name), modified_at

    def strays(self) -> set[str]:
        """None: whatever else a mail server keeps in a mailbox is its own affair."""
        return set()

    def _leave_new(self, source: Path, path: Path) -> None:
        if _same(source, path):
            with contextlib.suppress(FileNotFoundError):
                source.unlink()

    def _put(self, file: ClaimedFile, folder: str) -> None:
        target = self.root / folder / CUR / f"{file.name}{_SEEN}"
        if target.exists() and not _same(file.path, target):
            target = target.with_name(f"{file.name}~{os.fstat(file.stream.fileno()).st_ino:x}{_SEEN}")
        # If this fails the message stays claimed and is read again, which the journal's digest makes harmless.
        try:
            file.path.rename(target)
        finally:
            file.stream.close()


def _bare(name: str) -> str:
    return name.partition(_TAKEN)[0]


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
