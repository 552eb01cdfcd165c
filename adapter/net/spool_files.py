"""The directories of a spool: which files are complete, whose they are, where they go.

::

    incoming/     hosts drop files here; names that begin with a dot are not looked at
    claimed/      taken by one process, not yet kept in the journal
    done/         every telegram of the file is in the journal
    quarantine/   in the journal too, but something in it is unusable; NAME.why beside it says what
    outgoing/     telegrams for the host, one a file, their names in the order of sending; the host takes them away

A file is claimed by renaming it, which only one process can do, and by an exclusive lock on the open file,
which the system gives back when the process ends however it ends. A claimed file without a lock is therefore
an orphan, and is taken over at the next look. A claimed file is called ``NAME~INODE-TIME``: two files of one
name can't displace each other, and whoever reads it a second time knows when it was received.
"""

import contextlib
import fcntl
import itertools
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_CLAIMED_NAME = re.compile(r"(.+)~[0-9a-f]+-([0-9]{8}T[0-9]{12}Z)", re.DOTALL)
_TIME = "%Y%m%dT%H%M%S%fZ"
INCOMING, CLAIMED, DONE, QUARANTINE = "incoming", "claimed", "done", "quarantine"
OUTGOING = "outgoing"


def synchronise(folder: Path) -> None:
    """See to it that the names in a directory are on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Finished:
    """When a dropped file is complete: it has this suffix, or size and time stayed the same for so many
    seconds.
    """

    suffix: str = ""
    unchanged_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A file that is ours until it is closed. ``name`` is the one it was dropped under.

    ``received_at`` is the time of the claim. It is part of the claimed name, which one rename gives to the file: it
    survives crashes, so that a file read twice gets the same dates both times. The time of modification would not do:
    whoever copies files keeps it, and a file of years ago would be read as if it had come then.
    """

    name: str
    path: Path
    stream: BinaryIO
    received_at: datetime

    def read(self, bytes_max: int) -> bytes:
        """At most so many bytes from the beginning; read from the open file, never by its path."""
        self.stream.seek(0)
        return self.stream.read(bytes_max)


class SpoolDirectory:
    """One spool on disk. Whatever the system refuses is raised as OSError, and then the file is where it was."""

    def __init__(self, root: Path, finished: Finished) -> None:
        self.root = root
        self.finished = finished
        self._seen: dict[str, tuple[int, int, float]] = {}

    def prepare(self) -> None:
        """Makes the directories that are missing, closed to others: lists hold names."""
        for folder in (INCOMING, CLAIMED, DONE, QUARANTINE, OUTGOING):
            (self.root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def complete(self, now: float) -> list[str]:
        """Names in ``incoming`` that may be claimed, oldest name first. ``now`` is the clock's, in seconds."""
        names = []
        seen: dict[str, tuple[int, int, float]] = {}
        with os.scandir(self.root / INCOMING) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not stat.S_ISREG(facts.st_mode):
                    continue
                if self.finished.suffix:
                    if entry.name.endswith(self.finished.suffix):
                        names.append(entry.name)
                    continue
                size, modified, since = self._seen.get(entry.name, (-1, -1, now))
                if (size, modified) != (facts.st_size, facts.st_mtime_ns):
                    since = now
                elif now - since >= self.finished.unchanged_seconds:
                    names.append(entry.name)
                seen[entry.name] = (facts.st_size, facts.st_mtime_ns, since)
        self._seen = seen
        return sorted(names)

    def strays(self) -> set[str]:
        """Names of files that lie beside ``incoming`` instead of in it, where nobody reads them."""
        if not (self.root / INCOMING).is_dir():
            return set()
        with os.scandir(self.root) as entries:
            return {
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and not entry.is_dir(follow_symlinks=False)
            }

    def claim(self, name: str, now: float) -> ClaimedFile | None:
        """Takes a file out of ``incoming`` at ``now`` (seconds since 1970); None when another process was faster."""
        source = self.root / INCOMING / name
        try:
            inode = source.stat(follow_symlinks=False).st_ino
            stamp = datetime.fromtimestamp(now, UTC).strftime(_TIME)
            path = self.root / CLAIMED / f"{name}~{inode:x}-{stamp}"
            source.rename(path)
        except FileNotFoundError:
            return None
        return self._open(path)

    def orphans(self, ours: set[Path]) -> Iterator[ClaimedFile]:
        """Claimed files that belong to no living process: left by a crash, of this or of another one."""
        for path in sorted((self.root / CLAIMED).iterdir()):
            if path not in ours and (file := self._open(path)) is not None:
                yield file

    def _open(self, path: Path) -> ClaimedFile | None:
        try:
            stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        except OSError:
            return None
        try:
            facts = os.fstat(stream.fileno())
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Between opening and locking its owner may have archived it.
            is_ours = stat.S_ISREG(facts.st_mode) and path.stat(follow_symlinks=False).st_ino == facts.st_ino
        except OSError:
            is_ours = False
        if not is_ours:
            stream.close()
            return None
        name, received_at = self._claimed_as(
            path, datetime.fromtimestamp(facts.st_mtime_ns // 1_000_000_000, UTC)
        )
        return ClaimedFile(name, path, stream, received_at)

    def _claimed_as(self, path: Path, modified_at: datetime) -> tuple[str, datetime]:
        """Name and time of receipt of a claimed file."""
        if (claimed := _CLAIMED_NAME.fullmatch(path.name)) is not None:
            return claimed[1], datetime.strptime(claimed[2], _TIME).replace(tzinfo=UTC)
        # Claimed before times stood in names, or put there by hand.
        return path.name.rpartition("~")[0] or path.name, modified_at

    def archive(self, file: ClaimedFile) -> None:
        """Everything in it is kept and usable. It keeps the name that it had while claimed."""
        self._move(file, DONE)

    def quarantine(self, file: ClaimedFile, why: str) -> None:
        """Something in it is unusable. The reason is written first: a file without one would be a riddle."""
        write_note(self.root / QUARANTINE / f"{file.path.name}.why", why)
        self._move(file, QUARANTINE)

    def release(self, file: ClaimedFile) -> None:
        """Leaves the file claimed, for whoever looks next."""
        file.stream.close()

    def write(self, telegram: bytes, now: float) -> Path:
        """Puts a telegram into ``outgoing``, whole and on disk before it can be seen. ``now`` (seconds since 1970) and
        a serial make its name. Raises OSError, and then nothing is there. That the name lasts too, ``sync`` says."""
        folder = self.root / OUTGOING
        stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S%f")
        temporary = folder / f".{stamp}.{os.getpid()}"
        try:
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(telegram)
                stream.flush()
                os.fsync(stream.fileno())
            for serial in itertools.count(1):
                path = folder / f"{stamp}-{serial:04}.txt"
                # Unlike a rename a link never takes the place of a file that is there.
                with contextlib.suppress(FileExistsError):
                    os.link(temporary, path)
                    break
        finally:
            temporary.unlink(missing_ok=True)
        return path

    def sync(self) -> None:
        """The names in ``outgoing`` are on disk when this returns. Raises OSError."""
        synchronise(self.root / OUTGOING)

    def _move(self, file: ClaimedFile, folder: str) -> None:
        # If this fails the file stays claimed and is read again, which the journal's digest makes harmless.
        try:
            file.path.rename(self.root / folder / file.path.name)
        finally:
            file.stream.close()


def write_note(path: Path, why: str) -> None:
    """Says beside a quarantined file what is wrong with it, as far as the disk lets us. The name of the file is part
    of that, and names need not be text.
    """
    with contextlib.suppress(OSError):
        path.write_text(why, encoding="utf-8", errors="backslashreplace")
