"""A directory into which a host drops files of telegrams.

Life of a file: complete (by the rule) -> claimed -> cut into telegrams -> each handed over as one envelope ->
all kept: archived; one of them unusable: quarantined with a note; one not processed: that one is handed over
again later, and the file stays claimed meanwhile. A crash at any point leaves the file in ``incoming`` or
``claimed``, from where it is read again; what the journal has already, it knows by its digest. Nothing is
ever deleted here. What can't be claimed or moved away is told and tried again at every look; what a defect of ours
keeps from being read goes to quarantine, so that it doesn't stand in the way of the rest.

The way out: a telegram to be sent is a file in ``outgoing``, there as a whole or not at all, for the host to take away.

The time of receipt is that of the claim, see ``ClaimedFile``.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from adapter.envelope import Envelope, Handle, Reply
from adapter.wire.typeb_files import Piece, read_copy_name, split_telegrams

from .handing import hand_over
from .outward import NotSent
from .spool_files import ClaimedFile, SpoolDirectory

_log = logging.getLogger("ffgate.spool")


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """What a spool may cost: open files, telegrams handed over and not answered, sizes, and its pace."""

    files_in_flight_max: int = 16
    in_flight_max: int = 64
    file_bytes_max: int = 8 * 1024 * 1024
    telegram_bytes_max: int = 64 * 1024
    telegrams_in_file_max: int = 1000
    poll_seconds: float = 1.0
    retry_seconds: float = 5.0


@dataclass(slots=True, eq=False)
class _Job:
    """A claimed file on its way: how many telegrams are not kept yet, and what was wrong with which."""

    file: ClaimedFile
    outstanding: int
    why: list[str] = field(default_factory=list)


def _ignore(_event: str) -> None:
    pass


class SpoolLink:
    """Watches one spool. ``clock`` is the reactor or a test's clock; ``count`` is called with a word per
    event.
    """

    def __init__(
        self,
        name: str,
        handle: Handle,
        clock: IReactorTime,
        directory: SpoolDirectory,
        *,
        encoding: str,
        limits: SpoolLimits | None = None,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.handle = handle
        self.clock = clock
        self.directory = directory
        self.encoding = encoding
        self.limits = limits or SpoolLimits()
        self.count = count or _ignore
        self.in_flight = 0
        self.is_paused = self.is_stopping = False
        self._jobs: dict[object, _Job] = {}
        self._waiting: deque[tuple[_Job, Envelope, Piece]] = deque()
        self._retries: set[IDelayedCall] = set()
        self._strays: set[str] = set()
        self._unclaimable: set[str] = set()
        self._is_handing = False
        self._stopped: list[Deferred[None]] = []
        self._poll = LoopingCall(self._look)
        self._poll.clock = clock

    def start(self) -> None:
        """Begins to look. Raises OSError when the directories can't be made."""
        self.directory.prepare()
        self._poll.start(self.limits.poll_seconds, now=True).addErrback(self._broken)

    def pause(self) -> None:
        """Takes no file and hands over nothing until ``resume``; what is under way goes on."""
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False
        self._hand_over()

    def send(self, telegram: bytes) -> "Deferred[None]":
        """Writes a telegram into ``outgoing``; fires when it is on disk."""
        is_there = False
        try:
            self.directory.write(telegram, self.clock.seconds())
            is_there = True  # and the host may take it at once
            self.directory.sync()
        except OSError as error:
            self.count("spool_unwritable")
            text = error.strerror or "can't be written"
            return fail(NotSent("not_written", text, perhaps_sent=is_there))
        self.count("telegram_out")
        return succeed(None)

    def stop(self) -> "Deferred[None]":
        """Takes nothing more; fires when everything handed over is answered. Unfinished files stay claimed."""
        self.is_stopping = True
        if self._poll.running:
            self._poll.stop()
        for call in self._retries:
            call.cancel()
        self._retries.clear()
        self._waiting.clear()
        if not self.in_flight:
            self._release_all()
            return succeed(None)
        stopped: Deferred[None] = Deferred()
        self._stopped.append(stopped)
        return stopped

    def _broken(self, failure: Failure) -> None:
        self.count("spool_broken")
        _log.error("%s: watching has ended: %s", self.name, failure.getErrorMessage())

    def _look(self) -> None:
        if self.is_paused or self.is_stopping:
            return
        try:
            self._tell_strays()
            self._take_files()
        except OSError as error:
            # A full or unmounted disk comes back; whoever watches sees the counter.
            self.count("spool_unreadable")
            _log.warning("%s: %s", self.name, error.strerror)
        self._hand_over()

    def _tell_strays(self) -> None:
        """Warns once of each file that its host dropped at the wrong place."""
        strays = self.directory.strays()
        new = sorted(strays - self._strays)
        for _ in new:
            self.count("spool_stray")
        if new:
            _log.warning(
                "%s: %d files lie in %s, where nobody reads them: they belong in incoming, as %s does",
                self.name, len(new), self.directory.root, new[0],
            )  # fmt: skip
        self._strays = strays

    def _take_files(self) -> None:
        names = self.directory.complete(self.clock.seconds())
        self._unclaimable.intersection_update(names)
        for file in self.directory.orphans({job.file.path for job in self._jobs.values()}):
            if len(self._jobs) >= self.limits.files_in_flight_max:
                self.directory.release(file)
                return
            self._take(file)
        for name in names:
            if len(self._jobs) >= self.limits.files_in_flight_max:
                return
            try:
                claimed = self.directory.claim(name, self.clock.seconds())
            except OSError as error:
                self._tell_unclaimable(name, error)
                continue
            if claimed is not None:
                self._take(claimed)

    def _tell_unclaimable(self, name: str, error: OSError) -> None:
        if name not in self._unclaimable:
            self._unclaimable.add(name)
            self.count("spool_unclaimable")
            _log.warning("%s: %s can't be claimed: %s", self.name, name, error.strerror)

    def _take(self, file: ClaimedFile) -> None:
        self.count("spool_claimed")
        try:
            found = self._open(file)
        except OSError as error:
            self.count("spool_unreadable")
            _log.warning("%s: %s can't be read: %s", self.name, file.name, error.strerror)
            self.directory.release(file)
            return
        except Exception:
            self.count("spool_defect")
            _log.exception("%s: %s could not be cut into telegrams", self.name, file.name)
            self._put_away(file, f"{file.name}\n  defect\n")
            return
        if not found:
            return
        job = _Job(file, len(found))
        self._jobs[file.path] = job
        self._waiting.extend((job, envelope, piece) for envelope, piece in found)

    def _put_away(self, file: ClaimedFile, why: str = "") -> None:
        """Archive or, for a reason, quarantine."""
        try:
            if why:
                self.directory.quarantine(file, why)
            else:
                self.directory.archive(file)
        except OSError as error:
            self.count("spool_unmovable")
            _log.error("%s: %s can't be moved away: %s", self.name, file.name, error.strerror)

    def _open(self, file: ClaimedFile) -> list[tuple[Envelope, Piece]]:
        """The telegrams of a file; none only where it is put away already."""
        pieces = enumerate(self._cut(file), start=1)
        return [
            (self._envelope(file, number, piece, self.encoding, file.name), piece) for number, piece in pieces
        ]

    def _envelope(self, file: ClaimedFile, number: int, piece: Piece, encoding: str, source: str) -> Envelope:
        copy = read_copy_name(source)
        return Envelope(
            link=self.name,
            protocol="typeb",
            id=f"{file.name}#{number}",
            # One byte too many is enough for the refusal, and spares the journal the rest.
            raw=piece.raw[: self.limits.telegram_bytes_max + 1],
            received_at=file.received_at,
            encoding=encoding,
            source=source,
            created_hint=copy.created if copy else None,
            kind_hint=copy.kind if copy else "",
        )

    def _cut(self, file: ClaimedFile) -> list[Piece]:
        data = file.read(self.limits.file_bytes_max + 1)
        if len(data) > self.limits.file_bytes_max:
            self.count("spool_file_too_long")
            return [Piece(data, 1)]
        pieces = []
        for piece in split_telegrams(data, self.encoding):
            pieces.append(piece)
            if len(pieces) > self.limits.telegrams_in_file_max:
                self.count("spool_file_too_many")
                return [Piece(data, 1)]
        return pieces

    def _hand_over(self) -> None:
        # A handler may answer at once; then the loop goes on here instead of going deeper.
        if self._is_handing:
            return
        self._is_handing = True
        try:
            while self._waiting and self.in_flight < self.limits.in_flight_max and not self.is_paused:
                job, envelope, piece = self._waiting.popleft()
                self.in_flight += 1
                self._hand(job, envelope, piece)
        finally:
            self._is_handing = False

    def _hand(self, job: _Job, envelope: Envelope, piece: Piece) -> None:
        def done(reply: Reply) -> None:
            self.in_flight -= 1
            self._answered(job, envelope, piece, reply)
            if self.is_stopping and not self.in_flight:
                self._release_all()
                stopped, self._stopped = self._stopped, []
                for deferred in stopped:
                    deferred.callback(None)
            else:
                self._hand_over()

        hand_over(self.handle, envelope, done, self.count)

    def _answered(self, job: _Job, envelope: Envelope, piece: Piece, reply: Reply) -> None:
        if not reply.kept:
            self.count("spool_retry")
            if not self.is_stopping:
                self._retry(job, envelope, piece)
            return
        job.outstanding -= 1
        if reply.quarantined:
            job.why.append(self._why(envelope, piece, reply))
        if job.outstanding:
            return
        del self._jobs[job.file.path]
        if job.why:
            self.count("spool_quarantined")
        else:
            self.count("spool_done")
        self._put_away(job.file, "".join(job.why))

    def _retry(self, job: _Job, envelope: Envelope, piece: Piece) -> None:
        def again() -> None:
            self._retries.discard(call)
            self._waiting.append((job, envelope, piece))
            self._hand_over()

        call = self.clock.callLater(self.limits.retry_seconds, again)
        self._retries.add(call)

    def _why(self, envelope: Envelope, piece: Piece, reply: Reply) -> str:
        """Codes and places in the file; texts and values could name people."""
        lines = [f"{envelope.id} from line {piece.first_line}\n"]
        for problem in reply.problems:
            line = problem.line + piece.first_line - 1 if problem.line else piece.first_line
            lines.append(f"  {problem.code} line {line} column {max(problem.column, 1)}\n")
        return "".join(lines)

    def _release_all(self) -> None:
        for job in self._jobs.values():
            self.directory.release(job.file)
        self._jobs.clear()
