"""The core's facade: the one door to the books, and the only module that imports storage."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from . import batches, keys
from .context import Context
from .decide import decide
from .enquiries import answer_question
from .errors import InputError, StorageUnavailable
from .ledger import cause_of
from .outcomes import (
    Answer,
    ClockAnswer,
    Outcome,
    Reason,
    Result,
    State,
)
from .parts import idle_since
from .programme import Programme, load_programme
from .storage import load, lookup, operations, outbox, part_sets, records
from .storage.apply import apply_world
from .storage.engine import (
    WriterLock,
    create_private,
    open_engine,
    retried,
    sqlite_path,
    storage_errors,
    writing,
)
from .storage.schema import create_schema, require_schema
from .telegrams import OutboxCheck
from .transactions import ClockCheck, Question, Submission
from .world import World

if TYPE_CHECKING:
    from .rules.whatif import Traffic
    from .storage.engine import Connection, Engine


class Core:
    """Members, carriages and ledger behind one database.

    ``execute`` belongs to one thread, ``answer`` to another; each has its own connection.
    """

    def __init__(
        self,
        url: str,
        engine: "Engine",
        lock: WriterLock | None,
        lane: str,
        config_digest: str,
        maps_digest: str,
        busy_seconds: float | None = None,
        read_only: bool = False,
    ) -> None:
        self.url = url
        self._read_only = read_only
        self._engine = engine
        self._reader = open_engine(url, read_only=True, busy_seconds=busy_seconds)
        self._reports = open_engine(url, read_only=True, busy_seconds=busy_seconds, reports=True)
        self._lock = lock
        self._lane = lane
        self._digests = (config_digest, maps_digest)
        self._programmes: dict[str, Programme] = {}

    @classmethod
    def open(
        cls,
        url: str,
        *,
        lane: str = "main",
        config_digest: str = "",
        maps_digest: str = "",
        read_only: bool = False,
        create: bool = True,
        busy_seconds: float | None = None,
    ) -> "Core":
        """Opens (and, unless told otherwise, creates or upgrades) the database.

        Raises StorageLocked when another process writes to the same SQLite file, StorageUnavailable when the database
        can't be reached or has a schema this version doesn't know. ``busy_seconds`` is how long a batch waits for
        another process's lock before it is given back as not processed.
        """
        path = sqlite_path(url)
        if path is not None and not read_only:
            create_private(path)
        elif path is not None and not path.exists():
            raise StorageUnavailable(f"no database at {path}")
        lock = WriterLock(path) if path is not None and not read_only else None
        try:
            engine = open_engine(url, read_only=read_only, busy_seconds=busy_seconds)
            core = cls(url, engine, lock, lane, config_digest, maps_digest, busy_seconds, read_only)
        except BaseException:
            if lock is not None:
                lock.close()
            raise
        try:
            with storage_errors():
                if read_only:
                    require_schema(engine)
                else:
                    create_schema(engine, create=create)
                with engine.connect() as connection:
                    core._programmes = core._current_programmes(connection)
        except BaseException:
            core.close()
            raise
        return core

    def close(self) -> None:
        self._engine.dispose()
        self._reader.dispose()
        self._reports.dispose()
        if self._lock is not None:
            self._lock.close()

    @property
    def programmes(self) -> dict[str, Programme]:
        """The programmes in force, by name."""
        return dict(self._programmes)

    # --- writing ------------------------------------------------------------------------------------------------------

    def execute(self, batch: Sequence[Submission], *, lane: str = "") -> list[Result]:
        """Decides and commits a batch in order; one result per submission. ``lane`` is another than the own where a
        journal is replayed: that of the process which decided the batch.

        A submission that can't be decided (a defect of ours) is quarantined alone: the batch is rolled back and its
        members run singly. Raises StorageUnavailable when the database can't be used now: nothing was kept then, but
        for what had run singly before, and this is told again when it is repeated.
        """
        lane = lane or self._lane
        try:
            return self._run(batch, lane)
        except (StorageUnavailable, MemoryError):
            raise
        except Exception as error:
            if len(batch) > 1:
                return [result for submission in batch for result in self.execute([submission], lane=lane)]
            return self._run(batch, lane, f"{type(error).__name__}: {error}")

    def rehearse(self, batch: Sequence[Submission]) -> list[Result]:
        """What ``execute`` would do, with nothing kept."""
        return self._run(batch, self._lane, rehearsal=True)

    def _run(
        self, batch: Sequence[Submission], lane: str, failed: str = "", *, rehearsal: bool = False
    ) -> list[Result]:
        batch = [records.storable(each) for each in batch]
        with storage_errors():
            return retried(lambda: self._run_once(batch, lane, failed, rehearsal))

    def _run_once(self, batch: Sequence[Submission], lane: str, failed: str, rehearsal: bool) -> list[Result]:
        assert not self._read_only, "opened read-only"
        results: list[Result] = []
        with writing(self._engine) as connection:
            programmes = self._current_programmes(connection)
            for stretch in batches.stretches(batch):
                found, programmes = self._stretch(connection, stretch, programmes, lane, failed)
                results += found
            if rehearsal:
                connection.rollback()
                return results
        self._programmes = dict(programmes)
        return results

    def _stretch(
        self,
        connection: "Connection",
        batch: Sequence[Submission],
        programmes: dict[str, Programme],
        lane: str,
        failed: str,
    ) -> tuple[list[Result], dict[str, Programme]]:
        """Loads, decides and writes; the results, and the programmes in force after it."""
        receipts = records.load_receipts(connection, batch)
        # Nothing to be loaded for what is answered already; and whatever made a message fail must not make its
        # quarantine fail too.
        undecided = [
            replace(each, transactions=()) if failed or receipts.settled(each) else each for each in batch
        ]
        world = load.load_world(connection, undecided, lane, programmes)
        book = records.Book(receipts, self._digests, lane, records.load_log_end(connection))
        results = [self._one(world, book, submission, failed) for submission in batch]
        book.write(connection, world)
        apply_world(connection, world)
        return results, world.programmes

    def _one(self, world: World, book: "records.Book", submission: Submission, failed: str) -> Result:
        before = len(world.ended_sets)
        book.end_set(submission, world)
        result = self._decided(world, book, submission, failed)
        book.tell_parts(world.ended_sets[before:], world.chain)
        return result

    def _decided(self, world: World, book: "records.Book", submission: Submission, failed: str) -> Result:
        settled = book.receipts.settled(submission)
        if settled is not None:
            settled.repeats += 1
            return Result(
                settled.journal_id,
                State(settled.state),
                settled.outcomes,
                repeated=True,
                reason=settled.reason,
            )
        receipt = book.receipts.of(submission)
        journal_id = receipt.journal_id if receipt is not None else world.ids.take("journal")
        before = len(world.chain.entries)
        mark = batches.mark(world) if receipt is not None else None
        outcomes: tuple[Outcome, ...] = ()
        reason = Reason.NONE
        if failed:
            state = State.QUARANTINED
        elif submission.problems:
            state, reason = State.QUARANTINED, Reason.INVALID
        elif book.receipts.key_reused(submission):
            state, reason = State.QUARANTINED, Reason.KEY_REUSED
        else:
            raw_digest = receipt.raw_digest if receipt is not None else records.raw_digest_of(submission)
            context = Context(
                journal_id,
                submission.digest.hex(),
                cause_of(submission.digest, raw_digest),
                submission.received_at,
                submission.link,
                submission.kind,
                submission.encoding,
                submission.wants_answer,
            )
            earlier = receipt.outcomes if receipt is not None else ()
            try:
                outcomes = tuple(
                    kept if kept is not None else decide(world, transaction, context)
                    for transaction, kept in zip(
                        submission.transactions,
                        batches.kept(earlier, len(submission.transactions)),
                        strict=True,
                    )
                )
                state = batches.state_of(outcomes)
            except InputError as error:
                # A member or programme file that can't be used; such a handler changes nothing before it raises.
                submission = replace(submission, problems=error.problems)
                state, reason = State.QUARANTINED, Reason.INVALID
        result = Result(
            journal_id,
            state,
            outcomes,
            system_error=bool(failed),
            reason=reason,
            problems=submission.problems,
            entries=tuple(entry.reference for entry in world.chain.entries[before:]),
        )
        did = receipt is not None and batches.mark(world) != mark
        book.note(submission, result, receipt, failed, world.chain, did)
        return result

    def _current_programmes(self, connection: "Connection") -> dict[str, Programme]:
        """The programmes in force; read anew only where another process activated one."""
        found = {}
        for name, digest in lookup.active_programmes(connection):
            known = self._programmes.get(name)
            if known is None or known.digest != digest:
                file, content = lookup.programme_text(connection, name, digest)
                try:
                    known = load_programme(content, file)
                except InputError as error:
                    # Another process has a newer version of us: hosts repeat until this one is replaced as well.
                    text = f"programme {name} ({digest}) can't be read by this version: {error}"
                    raise StorageUnavailable(text) from error
            found[name] = known
        return found

    # --- reading ------------------------------------------------------------------------------------------------------

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers card, balance and outbox checks from the books as they stand; changes nothing."""
        with storage_errors(), self._reader.connect() as connection:
            programmes = self._programmes = self._current_programmes(connection)
            facts = lookup.load_card_facts(connection, questions, programmes)
            return [self._answer(connection, question, programmes, facts) for question in questions]

    def _answer(self, connection: "Connection", question: Question, programmes: Any, facts: Any) -> Answer:
        match question:
            case ClockCheck():
                due = operations.count_due(connection, programmes, question)
                return ClockAnswer(part_sets.count_due(connection, idle_since(question)) + due)
            case OutboxCheck(after):
                return outbox.check_outbox(connection, self._lane, after)
            case _:
                return answer_question(question, programmes, facts)

    def unread_sets(self) -> list["part_sets.ClosedSet"]:
        """Part sets that are complete but whose telegram was not read yet (a stop came in between)."""
        with self._reading() as connection:
            return part_sets.load_closed_sets(connection)

    @contextmanager
    def _reading(self) -> Iterator["Connection"]:
        with storage_errors(), self._reports.connect() as connection:
            yield connection

    def status(self) -> dict[str, Any]:
        """Counts for operations: messages by state, entries, quarantined, pending, per link; the outbox."""
        from .storage import reports

        with self._reading() as connection:
            return {**reports.status(connection), **outbox.report(connection)}

    def journal_rows(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """All decisions on journal rows behind the one numbered ``since``, in order, each with its row and raw bytes. A
        document decided again comes again, ``received_at`` that time; ``problems``, ``error``: why it was not read."""
        from .storage import reports

        while True:
            # A transaction for each slice: one that lasts as long as a replay keeps a database from tidying up.
            with self._reading() as connection:
                rows = reports.journal_slice(connection, since)
            if not rows:
                return
            yield from rows
            since = rows[-1]["number"]

    def newest_of(self, link: str) -> dict[str, Any] | None:
        """The newest journal row of a link, {"id", "raw"}; None while there is none."""
        from .storage import reports

        with self._reading() as connection:
            return reports.newest_of(connection, link)

    def verify(self) -> dict[str, Any]:
        """Checks the invariants of the ledger; see ``loyalty_core.verify``."""
        from .storage import audit
        from .verify import verify_books

        with self._reading() as connection:
            return verify_books(audit.load_books(connection, self._current_programmes(connection)))

    def explain(self, *, journal_id: int = 0, card: str = "", ticket: str = "") -> dict[str, Any]:
        """The chain from bytes to posting for a journal row, a card or a ticket[/coupon]."""
        from .storage import reports

        with self._reading() as connection:
            return reports.explain(
                connection, journal_id=journal_id, card=keys.ascii_key(card), ticket=ticket
            )

    def departure(self, key: str, expected: Mapping[str, int], at: datetime) -> dict[str, Any] | None:
        """One departure (``UT/280/2026-08-20/DME``) as the radar tells it, see ``radar_report.report``; None when
        nothing is known of it."""
        from .storage import departures

        with self._reading() as connection:
            programmes = self._current_programmes(connection)
            return departures.report_departure(connection, key, programmes, expected, at)

    def suspense(self, limit: int) -> list[dict[str, Any]]:
        """What waits for somebody to decide whose it is, with likely members; see ``radar_report.suspense``."""
        from .storage import departures

        with self._reading() as connection:
            return departures.report_suspense(connection, self._current_programmes(connection), limit)

    def departures_on(self, flown_on: str) -> list[str]:
        """Keys of the departures of a local date (ISO text)."""
        from .storage import departures

        with self._reading() as connection:
            return departures.departures_on(connection, flown_on)

    def unusable(self, since: datetime, until: datetime) -> dict[str, list[dict[str, Any]]]:
        """Messages that came between and are in quarantine, and incomplete part sets: {"quarantined", "incomplete"},
        see ``storage.departures``. Which flight they are about only their text says."""
        from .storage import departures

        with self._reading() as connection:
            found = departures.quarantined(connection, keys.instant(since), keys.instant(until))
            return {"quarantined": found, "incomplete": departures.incomplete_sets(connection)}

    def traffic(self, programme: str) -> Iterator["Traffic"]:
        """What the books hold of the flights of each member, for comparing programmes (``rules.whatif``)."""
        from .storage import traffic

        with self._reading() as connection:
            yield from traffic.members_traffic(connection, programme)

    def member(self, number: str) -> dict[str, Any] | None:
        """One member by member or card number, with states, relations, balances and lots; None when unknown."""
        from .storage import member_report

        with self._reading() as connection:
            return member_report.member(connection, number, self._current_programmes(connection))
