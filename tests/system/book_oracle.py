"""The judge of a run: what the hosts' book says against what the database and the directories hold.

**lost**: answered, but not in the books. **doubled**: more than one credit for one coupon, or two rows for one
message. **ghost**: a row that nobody sent. **divergent**: a repeat that is answered otherwise than at first.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loyalty_core import Core
from loyalty_core.keys import instant
from tests.system.host_book import Book

LIVE_ENTRIES = """
SELECT carriage_key, count(*) FROM entry
WHERE kind <> 'reversal' AND lane || '/' || seq NOT IN (SELECT reverses FROM entry)
GROUP BY carriage_key
"""
NEWEST = """
SELECT link, kind, set_key, source, raw, state, received_at, outcome
FROM journal JOIN handling ON journal_id = id
WHERE attempt = (SELECT max(attempt) FROM handling WHERE journal_id = id)
"""
"""Each row with its newest handling."""


@dataclass(frozen=True, slots=True)
class Books:
    """What a run left: a row for each message with what became of it in the end, and the sum of all books."""

    rows: frozenset[tuple[Any, ...]]
    state_hash: str
    folders: tuple[tuple[str, ...], tuple[str, ...]]
    """Files in done and in quarantine, by the names they were dropped under."""


@contextmanager
def _reading(directory: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(directory / "var" / "ffgate.sqlite")) as connection:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        yield connection


def check_nothing_lost(directory: Path, book: Book) -> None:
    """Everything answered and every file put away is in the journal. To be asked before anything is repeated."""
    # Looked at before the journal: a server that goes on with recovery meanwhile puts more files away.
    put_away = [name for folder in _folders(directory) for name in folder]
    with _reading(directory) as connection:
        rows = connection.execute(NEWEST).fetchall()
    kept = {(link, raw): (state, outcome) for link, _kind, _set, _source, raw, state, _at, outcome in rows}
    lost = [
        one.raw for one in book.messages if one.answer and one.journalled and (one.link, one.raw) not in kept
    ]
    assert not lost, f"lost: answered, but not in the journal: {lost}"
    for one in book.messages:
        if one.credited:
            state, outcome = kept[one.link, one.raw]
            assert state == "applied", f"lost: {one.raw!r} was credited, the books say {state}"
            statuses = {each["status"] for each in json.loads(outcome)["outcomes"]}
            assert statuses & {"posted", "pending"}, f"lost: {one.raw!r} has the outcomes {statuses}"
    telegrams = Counter(source for _link, _kind, set_key, source, *_rest in rows if source and not set_key)
    for name in put_away:
        missing = book.files[name] - telegrams[name]
        assert missing == 0, f"lost: {name} was put away, {missing} of its telegrams are not in the journal"


def journalled(directory: Path) -> set[tuple[str, bytes]]:
    """(link, bytes) of every message in the journal."""
    with _reading(directory) as connection:
        return set(connection.execute("SELECT link, raw FROM journal"))


def read_books(directory: Path) -> Books:
    """The end of a run, with everything checked that must hold in any."""
    with _reading(directory) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        live = dict(connection.execute(LIVE_ENTRIES).fetchall())
        rows = connection.execute(NEWEST).fetchall()
        count = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        credited = connection.execute(
            "SELECT count(*), count(DISTINCT credit_key) FROM standing_credit"
        ).fetchone()
    doubled = {key: number for key, number in live.items() if number > 1}
    assert not doubled, f"doubled: more than one live entry for {doubled}"
    assert credited[0] == credited[1] == len(live)
    twice = [key for key, number in Counter((row[0], row[2], row[4]) for row in rows).items() if number > 1]
    assert not twice, f"doubled: more than one journal row for {twice}"
    assert count == len(rows)
    claims = _claims(directory)
    for link, _kind, _set, source, raw, _state, received_at, _outcome in rows:
        if link == "files":
            # Whichever process put it into the journal: a file is received when it is claimed.
            assert claims[source] == received_at, f"divergent: {raw!r} of {source} came at another time"
    report = verify(directory)
    assert report["ok"], f"verify: {report['checks']}"
    for folder in ("incoming", "claimed"):
        left = sorted(path.name for path in (directory / "spool" / folder).iterdir())
        assert not left, f"files left in {folder}: {left}"
    return Books(frozenset(row[:-2] for row in rows), report["state_hash"], _folders(directory))


def verify(directory: Path) -> dict[str, Any]:
    """What ``ffgate verify`` finds."""
    core = Core.open(f"sqlite:///{directory}/var/ffgate.sqlite", read_only=True)
    try:
        return core.verify()
    finally:
        core.close()


def check_same(found: Books, reference: Books) -> None:
    """A run with deaths in it ended where one without ended."""
    ghosts = found.rows - reference.rows
    lost = reference.rows - found.rows
    assert not ghosts, f"ghost: {sorted(ghosts, key=str)}"
    assert not lost, f"lost: {sorted(lost, key=str)}"
    assert found.folders == reference.folders, "files ended in other folders"
    assert found.state_hash == reference.state_hash, "the books differ from those of a run without deaths"


def _claims(directory: Path) -> dict[str, str]:
    """When each file was claimed, as its name still says."""
    claims = {}
    for folder in ("done", "quarantine"):
        for path in (directory / "spool" / folder).iterdir():
            name, _, rest = path.name.removesuffix(".why").rpartition("~")
            claimed_at = datetime.strptime(rest.partition("-")[2], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
            claims[name] = instant(claimed_at)
    return claims


def _folders(directory: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    done, quarantine = (
        tuple(
            sorted(
                path.name.rpartition("~")[0]
                for path in (directory / "spool" / folder).iterdir()
                if path.suffix != ".why"
            )
        )
        for folder in ("done", "quarantine")
    )
    return done, quarantine
