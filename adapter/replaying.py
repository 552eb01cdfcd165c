"""Rebuilding the books: every row of a journal, in order, through the pipeline into an empty database.

The bytes are read again, mapped again and decided again, with the received time of then: what comes out must be the
same ledger, hash for hash. Rows of joined telegrams are read from the replayed parts at the place in the order where
they were read the first time.

Each row is decided in the lane of the process that decided it the first time, so that every lane's chain ends alike.

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
from adapter.pipeline import NOT_PERMITTED, Pipeline
from adapter.wire.typeb_files import read_copy_name
from adapter.work import LinkPolicy, Work
from loyalty_core import Core, MembersImported, Operation, ProgrammeActivated, Submission

BATCH_MAX = 200
"""Messages in one commit; no entry depends on it."""

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


class Replay:
    """Replays the journal of ``source`` into ``target``, read by ``messages``; both stay open."""

    def __init__(self, config: Config, messages: Messages, source: Core, target: Core) -> None:
        self._config = config
        self._source = source
        self._target = target
        policies = policies_of(config)
        # What a link may send is a matter of today; a journal row was permitted or not when it came.
        every = {name: replace(policy, operations=None) for name, policy in policies.items()}
        none = {name: replace(policy, operations=frozenset()) for name, policy in policies.items()}
        # A link may have gone from the settings since.
        self._pipeline = Pipeline(*messages, every, LinkPolicy(operations=None))
        self._forbidding = Pipeline(*messages, none)

    def run(self, progress: Callable[[int], None] = lambda rows: None) -> Replayed:
        """All rows up to now; ``progress`` hears how many are through.

        Raises ReplayFailed at a row that can't be repeated.
        """
        original = self._source.verify()
        rows = 0
        lane = ""
        batch: list[Submission] = []
        for row in takewhile(lambda row: row["id"] <= original["journal_id"], self._source.journal_rows()):
            # The parts of a set must be in before it can be read.
            if row["set_key"] or row["lane"] != lane:
                self._execute(batch, lane)
                lane = row["lane"]
            batch.append(self._submission(row))
            rows += 1
            if len(batch) == BATCH_MAX:
                self._execute(batch, lane)
                progress(rows)
        self._execute(batch, lane)
        progress(rows)
        return Replayed(rows, original, self._target.verify())

    def _execute(self, batch: list[Submission], lane: str) -> None:
        if batch:
            for result in self._target.execute(batch, lane=lane):
                if result.system_error:
                    raise ReplayFailed(
                        f"journal row {result.journal_id} of the rebuilt books could not be decided"
                    )
        batch.clear()

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
        if work.submission and _moves_miles(work.submission) and self._was_forbidden(row["id"]):
            work = self._forbidding.receive(self._envelope(row, received_at))
        if work.submission is None:
            raise ReplayFailed(f"journal row {row['id']} ({row['kind']}) is a question that no link journals")
        if work.submission.digest != bytes(row["digest"]):
            raise ReplayFailed(f"journal row {row['id']} ({row['kind']}) has another canonical form now")
        if work.submission.wants_answer and row["config_digest"] != self._config.digest:
            # Under other settings nobody can say whether this list was to be answered; where it was, the answer's own
            # row follows. Whoever serves from the rebuilt books must not answer lists of long ago.
            return replace(work.submission, wants_answer=False)
        return work.submission

    def _was_forbidden(self, journal_id: int) -> bool:
        handling = self._source.explain(journal_id=journal_id)["journal"]["handling"]
        return all(
            any(problem["code"] == NOT_PERMITTED for problem in attempt["problems"]) for attempt in handling
        )

    def _envelope(self, row: Mapping[str, Any], received_at: datetime) -> Envelope:
        link = self._config.ends.get(row["link"])
        if link is None:
            raise ReplayFailed(
                f"journal row {row['id']} came by link {row['link']}, which the settings don't have"
            )
        name = read_copy_name(row["source"])
        return Envelope(
            link=row["link"],
            protocol=link.protocol,
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


def _moves_miles(submission: Submission) -> bool:
    return any(isinstance(transaction, Operation) for transaction in submission.transactions)
