"""Journal, handling and receipts: what came, what became of it, and the answer a repeat gets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.entities import EndedSet
from loyalty_core.handling_log import GENESIS, handling_hash
from loyalty_core.ledger import Chain
from loyalty_core.outcome_json import read_outcomes, write_outcomes
from loyalty_core.outcomes import Outcome, Reason, Result, State
from loyalty_core.problems import Problem
from loyalty_core.stable_json import decode, encode
from loyalty_core.transactions import Submission
from loyalty_core.world import World

from . import tables
from .statements import Lookup, insert_all, upsert_all


@dataclass(slots=True)
class Receipt:
    """The remembered answer to a document. ``final`` false: decided again when it comes again (it was refused)."""

    link: str
    digest: bytes
    journal_id: int
    state: str
    outcomes: tuple[Outcome, ...]
    reason: Reason
    final: bool
    repeats: int = 0
    stored_repeats: int = 0
    attempts: int = 0
    """Handling rows so far; like ``raw_digest`` loaded only for receipts that may be decided again."""
    raw_digest: bytes = b""
    """SHA-256 of the bytes in the journal: those of the first time, whatever else a repeat may bring along."""
    stored: bool = False
    told: str = ""
    """``outcomes`` and ``reason`` as JSON text."""


class Receipts:
    """The receipts that a batch may meet, those it makes included."""

    def __init__(self) -> None:
        self.by_digest: dict[tuple[str, bytes], Receipt] = {}
        self.by_key: dict[tuple[str, str], bytes] = {}
        self.new_keys: list[tuple[str, str]] = []

    def add(self, receipt: Receipt) -> None:
        self.by_digest[receipt.link, receipt.digest] = receipt

    def name(self, submission: Submission) -> bool:
        """The host's key names this document for ever, as does each other key that it gives to it; is it new?"""
        slot = (submission.link, submission.key)
        if not submission.key or slot in self.by_key:
            return False
        self.by_key[slot] = submission.digest
        self.new_keys.append(slot)
        return True

    def of(self, submission: Submission) -> Receipt | None:
        return (
            self.by_digest.get((submission.link, submission.digest)) if leaves_receipt(submission) else None
        )

    def settled(self, submission: Submission) -> Receipt | None:
        """The receipt whose answer stands. A document that was unusable and now can be read (our map was mended) is
        decided again."""
        receipt = self.of(submission)
        if receipt is None or not receipt.final:
            return None
        mended = receipt.state == State.QUARANTINED and not submission.problems
        return None if mended else receipt

    def key_reused(self, submission: Submission) -> bool:
        """The host gave a key it had given to another document."""
        known = self.by_key.get((submission.link, submission.key)) if submission.key else None
        return known is not None and known != submission.digest


def leaves_receipt(submission: Submission) -> bool:
    """Whatever changes or could have changed the books is answered alike when repeated; a mere check is not."""
    return bool(submission.transactions or submission.problems)


_BY_DIGEST = sa.select(tables.receipt).where(
    tables.receipt.c.link == sa.bindparam("link"),
    # One parameter a digest: BLOBs don't travel in a JSON parameter.
    tables.receipt.c.digest.in_(sa.bindparam("digests", expanding=True)),
)
_BY_HOST_KEY = Lookup(
    tables.host_key.columns, tables.host_key.c.key, tables.host_key.c.link == sa.bindparam("link")
)
_RAW_DIGESTS = Lookup([tables.journal.c.id, tables.journal.c.raw_digest], tables.journal.c.id)
_ATTEMPTS = Lookup([tables.handling.c.journal_id, tables.handling.c.attempt], tables.handling.c.journal_id)


def load_receipts(connection: sa.Connection, batch: Sequence[Submission]) -> Receipts:
    found = Receipts()
    rows: list[sa.Row[Any]] = []
    for link in sorted({each.link for each in batch}):
        digests = {each.digest for each in batch if each.link == link and leaves_receipt(each)}
        rows += connection.execute(_BY_DIGEST, {"link": link, "digests": sorted(digests)}).all()
        host_keys = {each.key for each in batch if each.link == link and each.key}
        for named in _BY_HOST_KEY(connection, host_keys, link=link):
            found.by_key[link, named.key] = named.digest
    again = []
    for row in rows:
        body = decode(row.outcome)
        receipt = Receipt(
            row.link,
            row.digest,
            row.journal_id,
            row.state,
            read_outcomes(body["outcomes"]),
            Reason(body["reason"]),
            bool(row.final),
            row.repeats,
            row.repeats,
            stored=True,
            told=row.outcome,
        )
        found.add(receipt)
        if not receipt.final or receipt.state == State.QUARANTINED:
            again.append(receipt)
    ids = {receipt.journal_id for receipt in again}
    attempts = load_attempts(connection, ids)
    raw_digests = {row.id: bytes(row.raw_digest) for row in _RAW_DIGESTS(connection, ids)}
    for receipt in again:
        receipt.attempts = attempts.get(receipt.journal_id, 0)
        receipt.raw_digest = raw_digests[receipt.journal_id]
    return found


_LOG_END = sa.select(tables.handling_head.c.number, tables.handling_head.c.hash)
_HEAD = "handling"


def load_log_end(connection: sa.Connection) -> tuple[int, bytes]:
    """Number and hash of the last place in the handling log."""
    row = connection.execute(_LOG_END).one_or_none()
    return (row.number, bytes(row.hash)) if row is not None else (0, GENESIS)


def load_attempts(connection: sa.Connection, journal_ids: set[int]) -> dict[int, int]:
    """Journal id -> how often it was handled."""
    attempts: dict[int, int] = {}
    for row in _ATTEMPTS(connection, journal_ids):
        attempts[row.journal_id] = max(attempts.get(row.journal_id, 0), row.attempt)
    return attempts


@dataclass(slots=True)
class Book:
    """What a batch adds to journal, handling and receipts; ``log_end`` as ``load_log_end``."""

    receipts: Receipts
    digests: tuple[str, str]
    lane: str
    log_end: tuple[int, bytes]
    _journal: list[dict[str, Any]] = field(default_factory=list)
    _handling: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    """Rows without number and hash, with the head of the lane at that moment."""

    def note(
        self,
        submission: Submission,
        result: Result,
        receipt: Receipt | None,
        failed: str,
        chain: Chain,
        did: bool,
    ) -> None:
        """Takes down one decided submission. A message decided again keeps its journal row; it gets a new place in the
        handling log only where the answer changed or anything else was done (``did``, or it brought a new key)."""
        if receipt is None:
            self._journal.append(self._row(submission, result.journal_id))
        told = write_outcomes(result.outcomes)
        head = f'{{"outcomes":{told},"reason":{encode(result.reason)}'
        warnings = f',"warnings":{_written(submission.warnings)}' if submission.warnings else ""
        outcome = f'{head},"problems":{_written(submission.problems)}{warnings},"error":{encode(failed)}}}'
        changed = did or receipt is None
        changed |= receipt is not None and (receipt.state, receipt.outcomes) != (
            str(result.state),
            result.outcomes,
        )
        attempt = receipt.attempts + 1 if receipt is not None else 1
        if leaves_receipt(submission) and result.reason is not Reason.KEY_REUSED and not failed:
            changed |= self.receipts.name(submission)
        if changed:
            place = {
                "journal_id": result.journal_id,
                "attempt": attempt,
                "decided": 1,
                "host_key": submission.key,
                "state": str(result.state),
                "outcome": _storable(outcome),
                "at": keys.instant(submission.received_at),
            }
            self._handle(place, chain)
        if not leaves_receipt(submission):
            return
        final = not failed and result.reason in (Reason.NONE, Reason.INVALID) and not _refused_in(result)
        known = receipt or Receipt(
            submission.link,
            submission.digest,
            result.journal_id,
            "",
            (),
            Reason.NONE,
            False,
            raw_digest=raw_digest_of(submission),
        )
        known.state, known.final, known.told = str(result.state), final, head + "}"
        known.outcomes, known.reason = result.outcomes, result.reason
        known.attempts = attempt if changed else known.attempts
        known.repeats += receipt is not None
        self.receipts.add(known)

    def _handle(self, place: dict[str, Any], chain: Chain) -> None:
        config_digest, maps_digest = self.digests
        settings = {"config_digest": config_digest, "maps_digest": maps_digest}
        self._handling.append(({**place, **settings, "lane": self.lane, "seq": chain.seq}, chain.head))

    def tell_parts(self, ended: Sequence[EndedSet], chain: Chain) -> None:
        """The journal rows of these sets' parts get their last word."""
        for one in ended:
            state, outcome = LAST_WORDS[one.state]
            for journal_id in sorted(set(one.journal_ids)):
                place = {"journal_id": journal_id, "decided": 0, "host_key": "", "state": state}
                self._handle({**place, "outcome": outcome, "at": one.at}, chain)

    def end_set(self, submission: Submission, world: World) -> None:
        """The telegram of a part set is decided, or was known already: its parts wait no longer."""
        one = world.sets.get(submission.set_key)
        if one is not None and one.state != "read":
            world.end_set(replace(one, state="read"), keys.instant(submission.received_at))

    def _row(self, submission: Submission, journal_id: int) -> dict[str, Any]:
        return {
            "id": journal_id,
            "link": submission.link,
            "kind": submission.kind,
            "received_at": keys.instant(submission.received_at),
            "digest": submission.digest,
            "set_key": submission.set_key,
            "encoding": submission.encoding,
            "source": submission.source,
            "raw": submission.raw,
            "raw_digest": raw_digest_of(submission),
        }

    def write(self, connection: sa.Connection, world: World) -> None:
        insert_all(connection, tables.journal, self._journal)
        self._write_log(connection)
        rows = [
            {
                "link": each.link,
                "digest": each.digest,
                "journal_id": each.journal_id,
                "state": each.state,
                "outcome": each.told,
                "final": int(each.final),
                "repeats": each.repeats,
            }
            for each in self.receipts.by_digest.values()
            if not each.stored or not each.final or each.repeats != each.stored_repeats
        ]
        upsert_all(connection, tables.receipt, rows)
        keys_given = [
            {"link": link, "key": key, "digest": self.receipts.by_key[link, key]}
            for link, key in self.receipts.new_keys
        ]
        insert_all(connection, tables.host_key, keys_given)

    def _write_log(self, connection: sa.Connection) -> None:
        if not self._handling:
            return
        told = {place["journal_id"] for place, _head in self._handling if "attempt" not in place}
        attempts = load_attempts(connection, told)
        came = {row["id"]: row for row in self._journal}
        number, previous = self.log_end
        rows = []
        for place, lane_head in self._handling:
            number += 1
            journal_id = place["journal_id"]
            attempt = place.get("attempt") or attempts.get(journal_id, 0) + 1
            attempts[journal_id] = attempt
            row = {**place, "number": number, "attempt": attempt}
            previous = handling_hash(previous, row, lane_head, came[journal_id] if attempt == 1 else None)
            rows.append({**row, "hash": previous})
        insert_all(connection, tables.handling, rows)
        upsert_all(connection, tables.handling_head, [{"name": _HEAD, "number": number, "hash": previous}])


def _quarantined(code: str, text: str) -> tuple[str, str]:
    problem = {"code": code, "path": "", "line": 0, "column": 0, "text": text}
    outcome = {"outcomes": [], "reason": "invalid", "problems": [problem], "error": ""}
    return "quarantined", encode(outcome)


LAST_WORDS = {
    "read": ("applied", "{}"),
    "given_up": _quarantined("parts_missing", "the other parts of this telegram never came"),
    "disputed": _quarantined("part_conflict", "parts of this telegram contradict each other"),
}
"""What becomes of the parts of a set that ends."""


def raw_digest_of(submission: Submission) -> bytes:
    return hashlib.sha256(submission.raw).digest()


_TEXTS = ("link", "kind", "key", "set_key", "encoding", "source")


def storable(submission: Submission) -> Submission:
    """The submission with texts that a database can hold; its transactions are left as they are."""
    texts = {name: _storable(getattr(submission, name)) for name in _TEXTS}
    if all(getattr(submission, name) == text for name, text in texts.items()):
        return submission
    return replace(submission, **texts)  # type: ignore[arg-type]


def _written(problems: Sequence[Problem]) -> str:
    return encode(
        [
            {
                "code": each.code,
                "path": each.path,
                "line": each.line,
                "column": each.column,
                "text": each.text,
            }
            for each in problems
        ]
    )


def _storable(text: str) -> str:
    """Without what a database's text can't hold (NUL, and halves of surrogate pairs as in an ill-encoded file name)."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _refused_in(result: Result) -> bool:
    return any(
        getattr(outcome, "undecided", getattr(outcome, "status", "") == "refused")
        or getattr(outcome, "crowded", False)
        for outcome in result.outcomes
    )
