"""A spool under test: its host, its clock, and the processes that watch it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.task import Clock

from adapter.envelope import Envelope, Reply
from adapter.errors import Problem
from adapter.net.spool import SpoolLimits, SpoolLink
from adapter.net.spool_files import Finished, SpoolDirectory

NIL = "MOWFFXY\n.DMEDCXY 201206\nFTL\nXY418/20AUG DME PART1\nNIL\nENDFTL\n"
KEPT = Reply(kept=True)
RETRY = Reply(not_processed=True)
UNUSABLE = Reply(kept=True, quarantined=True, problems=(Problem("line_unknown", "IVANOV", line=5, column=1),))
AT = 1_787_000_000
LONG_AGO = 1_000_000_000
"""When the files that are dropped here were last changed."""


@dataclass
class Host:
    """The other side of a link: keeps what was handed over and answers when told to."""

    reply: Callable[[Envelope], Reply | None] = lambda envelope: KEPT
    taken: list[Envelope] = field(default_factory=list)
    waiting: list[Callable[[Reply], None]] = field(default_factory=list)

    def handle(self, envelope: Envelope, done: Callable[[Reply], None]) -> None:
        self.taken.append(envelope)
        reply = self.reply(envelope)
        if reply is None:
            self.waiting.append(done)
        else:
            done(reply)


class Spool:
    """A spool under test with its clock; ``process`` makes one more process watch the same directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = Clock()
        self.clock.advance(AT)
        self.counted: list[str] = []
        self.links: list[SpoolLink] = []

    def process(self, host: Host, finished: Finished | None = None, **limits: int) -> SpoolLink:
        directory = SpoolDirectory(self.root, finished or Finished(suffix=".txt"))
        link = SpoolLink(
            "dcs",
            host.handle,
            self.clock,
            directory,
            encoding="cp866",
            limits=SpoolLimits(**limits),
            count=self.counted.append,
        )
        link.start()
        self.links.append(link)
        return link

    def drop(self, name: str, text: str = NIL) -> Path:
        folder = self.root / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_bytes(text.encode("cp866"))
        os.utime(path, (LONG_AGO, LONG_AGO))
        return path

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)

    def names(self, folder: str) -> list[str]:
        return sorted(path.name.rpartition("~")[0] or path.name for path in (self.root / folder).iterdir())

    def where(self) -> dict[str, list[str]]:
        return {
            folder: names
            for folder in ("incoming", "claimed", "done", "quarantine")
            if (names := self.names(folder))
        }


def close_files(link: SpoolLink) -> None:
    for job in link._jobs.values():
        job.file.stream.close()
