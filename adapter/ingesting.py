"""Files taken in as if they had come by a link: the work behind ``ffgate ingest``.

The very same pipeline and core as in a server, without threads, sockets or a running reactor: every message has ended
before the next one is opened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from adapter.config import Config
from adapter.decoding import plain
from adapter.engine import Engine
from adapter.envelope import Envelope
from adapter.exchange import Passed
from adapter.files import read_messages
from adapter.telling import row_of, told


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that was taken in and what became of it; ``file`` is that of the closing part of a set."""

    file: str
    passed: Passed

    @property
    def good(self) -> bool:
        """False for what was quarantined, answered as invalid or not kept."""
        return (
            self.passed.error is None
            and self.passed.work.refusal is None
            and not self.passed.reply.quarantined
        )

    def as_data(self) -> dict[str, Any]:
        """The object that ``ingest --json`` prints."""
        work, result = self.passed.work, self.passed.result
        submission = work.submission
        body = self.passed.reply.body
        problems = work.refusal.problems if work.refusal is not None else ()
        return {
            "file": self.file,
            "link": work.envelope.link,
            "id": work.envelope.id,
            "kind": work.kind,
            "state": result.state.value if result is not None else self.passed.state,
            "reason": result.reason.value if result is not None else "",
            "repeated": result is not None and result.repeated,
            "journal_id": result.journal_id if result is not None else None,
            "set_key": submission.set_key if submission is not None else "",
            "entries": list(result.entries) if result is not None else [],
            "outcomes": [plain(one) for one in self._outcomes()],
            "problems": [plain(problem) for problem in problems],
            "warnings": [plain(problem) for problem in work.warnings],
            "reply": body.decode() if body is not None else None,
        }

    def as_text(self) -> str:
        """The same for people."""
        data = self.as_data()
        row = f", journal row {data['journal_id']}" if data["journal_id"] is not None else ""
        again = ", a repeat" if data["repeated"] else ""
        joined = ", joined from its parts" if self.passed.followed else ""
        lines = [f"{self.file}: {data['kind'] or 'unknown kind'}: {data['state']}{again}{row}{joined}"]
        problems = self.passed.work.refusal.problems if self.passed.work.refusal is not None else ()
        lines += [f"  {problem} [{problem.code}]" for problem in problems]
        lines += [f"  warning: {problem} [{problem.code}]" for problem in self.passed.work.warnings]
        lines += [f"  {told(row_of(outcome))}" for outcome in self._outcomes()]
        if data["entries"]:
            lines.append(f"  ledger entries {', '.join(data['entries'])}")
        return "\n".join(lines)

    def _outcomes(self) -> Sequence[Any]:
        result = self.passed.result
        return self.passed.answers or (result.outcomes if result is not None else ())


def ingest_files(
    config: Config, link: str, files: Sequence[Path], received_at: datetime, **engine: Any
) -> Iterator[Taken]:
    """Take in the messages of ``files`` one after the other. Raises what opening files and database can raise.

    ``link`` may be a partner of one; files for a partner that sends EBCDIC or Baudot are read as ASCII.
    """
    settings = config.ends[link]
    protocol, encoding = settings.protocol, settings.text_encoding
    passed: list[Passed] = []
    # Without threads nothing is ever waited for, so a clock that stands still will do.
    running = Engine(config, Clock(), threads=False, observe=passed.append, **engine)
    try:
        finish(running.start())
        yield from (Taken("", one) for one in passed)
        for path in files:
            for envelope in read_messages(path, link, protocol, encoding, received_at):
                passed.clear()
                running.exchange.handle(envelope, lambda reply: None)
                yield from (Taken(str(path), one) for one in passed)
    finally:
        finish(running.stop(0.0))


def ingest_envelope(config: Config, envelope: Envelope) -> Taken:
    """Take in one message that a command has made. Raises what opening the database can raise."""
    passed: list[Passed] = []
    running = Engine(config, Clock(), threads=False, observe=passed.append)
    try:
        finish(running.start())
        passed.clear()
        running.exchange.handle(envelope, lambda reply: None)
        return Taken("", passed[0])
    finally:
        finish(running.stop(0.0))


def finish(stage: Any) -> None:
    """The end of a stage that does not wait, or the exception that ended it."""
    failures: list[Any] = []
    Deferred.fromCoroutine(stage).addErrback(failures.append)
    for failure in failures:
        failure.raiseException()
