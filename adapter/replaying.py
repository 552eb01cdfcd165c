"""Rebuilding the books: every decision on a journal row, in order, through the pipeline into an empty database.

The bytes are read again, mapped again and decided again, with the received time of then: what comes out must be the
same ledger, hash for hash. A document that was refused and came again was decided again, and so it is here. What could
not be read or not be decided then is not read now either, for our maps may have been mended since: had it come again,
a later row would say so. Rows of joined telegrams are read from the replayed parts at the place in the order where
they were read the first time.

Each row is decided in the lane of the process that decided it then, so that every lane's chain ends alike.

A server may be writing meanwhile: the books are verified first, and replayed up to the row they ended with then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from adapter.business_clock import CLOCK_LINK, clock_submission, read_clock
from adapter.config import Config
from adapter.engine import PROGRAMME_LINK, Messages, policies_of
from adapter.envelope import Envelope
from adapter.errors import AdapterError
from adapter.outbox import OUTBOX_LINK, read_transactions
from adapter.pipeline import Pipeline
from adapter.wire.typeb_files import read_copy_name
from adapter.work import COMMAND_LINK, COMMAND_PROTOCOL, LinkPolicy, Work
from loyalty_core import Core, MembersImported, Problem, ProgrammeActivated, State, Submission

BATCH_MAX = 200
"""Messages in one commit; no entry depends on it."""

PROGRESS_ROWS = 1000
"""After so many rows, each time, it is told how many are through."""

MEMBERS_LINK = "members"
"""What the journal names as the link of a member file taken over by command."""


class ReplayFailed(AdapterError):
    """A journal row could not be replayed; the text names it."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The two sets of books side by side: reports of ``Core.verify``."""

    rows: int
    original: Mapping[str, Any]
    rebuilt: Mapping[str, Any]

    @property
    def same(self) -> bool:
        return all(
            self.original[name] == self.rebuilt[name] for name in ("state_hash", "chain_head", "entries")
        )


Reader = Callable[[Mapping[str, Any]], Submission]
"""What a row of ``Core.journal_rows`` asked of the core, read from its bytes again."""


def rebuild(
    source: Core, target: Core, read: Reader, progress: Callable[[int], None] = lambda rows: None
) -> Replayed:
    """All decisions up to now, in their order; ``progress`` hears how many are through.

    Raises ReplayFailed at a row that can't be repeated.
    """
    original = source.verify()
    rows = 0
    lane = ""
    batch: list[Submission] = []

    def execute() -> None:
        if batch:
            for result in target.execute(batch, lane=lane):
                if result.system_error:
                    text = f"journal row {result.journal_id} of the rebuilt books could not be decided"
                    raise ReplayFailed(text)
        batch.clear()

    for row in takewhile(lambda row: row["number"] <= original["handled"], source.journal_rows()):
        # The parts of a set must be in before it can be read.
        if row["set_key"] or row["lane"] != lane or len(batch) == BATCH_MAX:
            execute()
            lane = row["lane"]
        batch.append(_as_then(row, read))
        rows += 1
        if rows % PROGRESS_ROWS == 0:
            progress(rows)
    execute()
    progress(rows)
    return Replayed(rows, original, target.verify())


def _as_then(row: Mapping[str, Any], read: Reader) -> Submission:
    if row["state"] != State.QUARANTINED or not (row["problems"] or row["error"]):
        return replace(read(row), key=row["host_key"])
    problems = row["problems"] or (Problem("defect", row["error"]),)
    return Submission(
        row["link"], row["kind"], bytes(row["raw"]), bytes(row["digest"]),
        datetime.fromisoformat(row["received_at"]), set_key=row["set_key"], encoding=row["encoding"],
        # What we failed on ourselves named no key.
        source=row["source"], key="" if row["error"] else row["host_key"], problems=problems,
    )  # fmt: skip


class Replay:
    """Replays the journal of ``source`` into ``target``, read by ``messages``; both stay open."""

    def __init__(self, config: Config, messages: Messages, source: Core, target: Core) -> None:
        self._config = config
        self._source = source
        self._target = target
        policies = policies_of(config)
        # What a link may send is a matter of today; a journal row was permitted or not when it came.
        every = {name: replace(policy, operations=None) for name, policy in policies.items()}
        # A link may have gone from the settings since.
        self._pipeline = Pipeline(*messages, every, LinkPolicy(operations=None))

    def run(self, progress: Callable[[int], None] = lambda rows: None) -> Replayed:
        """All rows up to now; ``progress`` hears how many are through.

        Raises ReplayFailed at a row that can't be repeated.
        """
        return rebuild(self._source, self._target, self._submission, progress)

    def _submission(self, row: Mapping[str, Any]) -> Submission:
        received_at = datetime.fromisoformat(row["received_at"])
        if row["link"] == CLOCK_LINK:
            return clock_submission(read_clock(bytes(row["raw"])))
        if row["link"] in (PROGRAMME_LINK, MEMBERS_LINK):
            raw = bytes(row["raw"])
            transaction = (
                ProgrammeActivated(raw, row["source"])
                if row["link"] == PROGRAMME_LINK
                else MembersImported(raw)
            )
            return Submission(
                row["link"], row["kind"], raw, bytes(row["digest"]), received_at, (transaction,),
                source=row["source"],
            )  # fmt: skip
        if row["link"] == OUTBOX_LINK:
            raw = bytes(row["raw"])
            return Submission(
                row["link"], row["kind"], raw, bytes(row["digest"]), received_at,
                read_transactions(row["kind"], raw), key=row["host_key"],
            )  # fmt: skip
        work = (
            self._joined(row) if row["set_key"] else self._pipeline.receive(self._envelope(row, received_at))
        )
        if work.submission is None:
            raise ReplayFailed(f"journal row {row['id']} ({row['kind']}) is a question that no link journals")
        if work.submission.digest != bytes(row["digest"]):
            raise ReplayFailed(f"journal row {row['id']} ({row['kind']}) has another canonical form now")
        if work.submission.wants_answer and row["config_digest"] != self._config.digest:
            # Under other settings nobody can say whether this list was to be answered; where it was, the answer's own
            # row follows. Whoever serves from the rebuilt books must not answer lists of long ago.
            return replace(work.submission, wants_answer=False)
        return work.submission

    def _envelope(self, row: Mapping[str, Any], received_at: datetime) -> Envelope:
        link = self._config.ends.get(row["link"])
        if link is None and row["link"] != COMMAND_LINK:
            raise ReplayFailed(
                f"journal row {row['id']} came by link {row['link']}, which the settings don't have"
            )
        name = read_copy_name(row["source"])
        return Envelope(
            link=row["link"],
            protocol=link.protocol if link is not None else COMMAND_PROTOCOL,
            id=f"journal {row['id']}",
            raw=bytes(row["raw"]),
            received_at=received_at,
            encoding=row["encoding"],
            source=row["source"],
            created_hint=name.created if name else None,
            kind_hint=name.kind if name else "",
        )

    def _joined(self, row: Mapping[str, Any]) -> Work:
        for closed in self._target.unread_sets():
            if closed.set_key == row["set_key"]:
                return self._pipeline.reread(closed, row["received_at"], row["source"])
        raise ReplayFailed(f"journal row {row['id']}: the parts of its set are not complete before it")
