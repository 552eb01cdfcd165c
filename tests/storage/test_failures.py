"""When something breaks: a message that can't be decided, a database that can't be written."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from loyalty_core import (
    CardCheck,
    Core,
    CouponReported,
    ListReceived,
    Name,
    State,
    StorageLocked,
    StorageUnavailable,
    Submission,
    decide,
)
from loyalty_core.storage import engine, load, reports
from tests.storage.airline import CARD, FTL, PRL, VERA, coupon, opening, submission
from tests.storage.books import balances, books, count, one, query

POISON = replace(coupon(ticket="2986120009999"), fare_basis="POISON")


def poisoned(decided: Callable[..., Any]) -> Callable[..., Any]:
    def poison(world: Any, report: Any, context: Any) -> Any:
        outcome = decided(world, report, context)
        if report.fare_basis == "POISON":
            raise ZeroDivisionError("a rule divided by nothing")
        return outcome

    return poison


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = decide._HANDLERS
    monkeypatch.setitem(handlers, CouponReported, poisoned(handlers[CouponReported]))


@pytest.mark.usefixtures("poison")
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_message_that_cannot_be_decided_is_quarantined_alone(place: int, database_url: str) -> None:
    neighbours = [submission(each) for each in (FTL, PRL, coupon(), coupon("O"))]
    batch = [*neighbours[:place], submission(POISON), *neighbours[place:]]
    with books(database_url) as core:
        results = core.execute(batch)
        assert [result.system_error for result in results] == [each == place for each in range(5)]
        assert results[place].state is State.QUARANTINED
        assert not results[place].outcomes
        assert balances(core)["award"] == 840
        assert count(database_url, "journal") == 7
        found = core.explain(journal_id=results[place].journal_id)
        assert "a rule divided by nothing" in str(found["journal"]["handling"])


def test_what_was_quarantined_by_a_defect_is_decided_after_the_fix(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = submission(POISON)
    with books(database_url) as core:
        with monkeypatch.context() as defect:
            defect.setitem(decide._HANDLERS, CouponReported, poisoned(decide._HANDLERS[CouponReported]))
            first, second = core.execute([message])[0], core.execute([message])[0]
            assert first.system_error
            assert second.system_error
            assert not second.repeated, "a system error is never a stored answer"
            assert second.journal_id == first.journal_id
            assert balances(core) == {}
        mended = one(core, message)
        assert (mended.state, mended.journal_id) == (State.APPLIED, first.journal_id)
        assert balances(core)["award"] == 840


def test_a_message_that_breaks_the_loading_is_quarantined_too(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted_by = load.wanted_by

    def wanted(batch: Any) -> Any:
        batch = list(batch)
        if any(
            getattr(each, "fare_basis", "") == "POISON" for message in batch for each in message.transactions
        ):
            raise ValueError("no such key")
        return wanted_by(batch)

    monkeypatch.setattr(load, "wanted_by", wanted)
    with books(database_url) as core:
        results = core.execute([submission(coupon()), submission(POISON), submission(PRL)])
        assert [result.system_error for result in results] == [False, True, False]
        assert balances(core)["award"] == 840


@pytest.mark.parametrize("text", ["\ud800", "A\x00B", "\x00"])
def test_text_that_a_database_cannot_hold_harms_only_its_message(text: str, database_url: str) -> None:
    strange = coupon(name=Name(f"LUGOVAYA{text}", "VERA"), ticket="2986120009999")
    odd_file = replace(submission(coupon()), source=f"spool/{text}.txt", kind=f"FTL{text}")
    messages = [odd_file, submission(strange, raw=b"strange"), submission(PRL)]
    with books(database_url) as core:
        results = core.execute(messages)
        assert [result.system_error for result in results][::2] == [False, False]
        assert results[1].state in (State.QUARANTINED, State.APPLIED)
        assert balances(core)["award"] == 840


@pytest.mark.parametrize("name", ["link", "key", "set_key", "encoding", "kind", "source"])
def test_text_around_a_message_that_a_database_cannot_hold(name: str, database_url: str) -> None:
    strange = replace(submission(coupon()), **{name: "A\x00B\ud800"})
    with books(database_url) as core:
        results = core.execute([submission(FTL), strange, submission(PRL)])
        assert [result.system_error for result in results] == [False] * 3
        assert balances(core)["award"] == 840
        (row,) = [row for row in core.journal_rows() if row["id"] == results[1].journal_id]
        assert row["host_key" if name == "key" else name] == r"A\x00B\ud800"
        assert core.execute([strange])[0].repeated


def test_an_unknown_kind_of_list_is_quarantined(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, submission(FTL))
        unknown: ListReceived = replace(FTL, kind="XXX")
        result = core.execute([submission(unknown)])[0]
        assert (result.state, result.system_error) == (State.QUARANTINED, True)


# --- the database -----------------------------------------------------------------------------------------------------


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another connection that has begun to write and doesn't end."""
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def test_a_locked_database_keeps_nothing_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    path = tmp_path / "books.sqlite"
    batch = [submission(each) for each in (FTL, coupon())]
    with books(f"sqlite:///{path}") as core:
        before = core.verify()["state_hash"]
        with held(path), pytest.raises(StorageUnavailable, match="locked"):
            core.execute(batch)
        assert core.verify()["state_hash"] == before
        assert count(core.url, "journal") == 2
        # The promise of "repeat": then it works, as if nothing had been.
        assert [result.repeated for result in core.execute(batch)] == [False, False]
        assert balances(core)["award"] == 840


def test_reads_go_on_beside_a_writer_that_is_stuck(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with books(f"sqlite:///{path}") as core, held(path):
        (answer,) = core.answer([CardCheck("UT", CARD.number, VERA)])
        assert answer.tier == "BASIC"  # type: ignore[attr-defined]


@pytest.mark.parametrize("table", ["journal", "handling", "receipt", "evidence", "carriage", "entry", "posting",
                                   "balance", "lot", "standing_credit", "day_total"])  # fmt: skip
@pytest.mark.parametrize("words", ["database or disk is full", "disk I/O error"])
def test_a_write_that_fails_anywhere_keeps_nothing(table: str, words: str, tmp_path: Path) -> None:
    """Whichever of the bulk statements fails, all of the batch is gone and the error says "repeat"."""
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url) as core:
        before = core.verify()

        @sa.event.listens_for(core._engine, "before_cursor_execute")
        def full(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith((f"INSERT INTO {table} ", f"INSERT INTO {table}(")):
                raise sa.exc.OperationalError(statement, None, sqlite3.OperationalError(words))

        with pytest.raises(StorageUnavailable, match=words):
            core.execute([submission(each) for each in (FTL, coupon())])
        sa.event.remove(core._engine, "before_cursor_execute", full)
        after = core.verify()
        assert (after["state_hash"], after["chain_head"]) == (before["state_hash"], before["chain_head"])
        assert count(url, "journal") == 2
        core.execute([submission(each) for each in (FTL, coupon())])
        assert balances(core)["award"] == 840


def test_a_damaged_file_is_unavailable_not_a_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    path.write_bytes(b"this was never a database" * 1000)
    with pytest.raises(StorageUnavailable):
        Core.open(f"sqlite:///{path}")


def test_the_disk_is_told_to_keep_what_was_answered(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core, core._engine.connect() as connection:
        pragma = connection.exec_driver_sql
        assert pragma("PRAGMA synchronous").scalar() == 2, "FULL"
        assert pragma("PRAGMA journal_mode").scalar() == "wal"
        assert pragma("PRAGMA foreign_keys").scalar() == 1


# --- one writer -------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url), pytest.raises(StorageLocked, match=f"process {os.getpid()}"):
        Core.open(url)
    with books(url, members=False):
        pass


def test_a_second_writer_by_another_name_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "there" / "books.sqlite")
    with books(f"sqlite:///{tmp_path}/there/books.sqlite"), pytest.raises(StorageLocked):
        Core.open(f"sqlite:///{tmp_path}/link.sqlite")


def test_a_reader_that_closes_last_leaves_the_file_whole(tmp_path: Path) -> None:
    """SQLite checkpoints then, with nobody else there; while a writer has the file, it doesn't."""
    url, wal = f"sqlite:///{tmp_path}/books.sqlite", tmp_path / "books.sqlite-wal"
    with books(url):
        before = wal.stat().st_size
        reader = Core.open(url, read_only=True)
        assert reader.verify()["ok"]
        reader.close()
        assert wal.stat().st_size == before > 0
        reader = Core.open(url, read_only=True)
        assert reader.verify()["ok"]
    assert wal.exists()
    reader.close()
    assert not wal.exists()


def test_a_programme_that_this_version_cannot_read_is_no_defect_of_a_message(database_url: str) -> None:
    """Another process of a newer version has activated it; hosts repeat until this one is replaced."""
    with books(database_url) as core:
        digest = core.programmes["demo"].digest

        def become(content: str, digest: str) -> None:
            statement = sa.text("UPDATE programme SET content = :content, digest = :digest")
            with core._engine.begin() as connection:
                connection.execute(statement, {"content": content, "digest": digest})

        ((content,),) = query(database_url, "SELECT content FROM programme")
        become(f"{content}\nearn_by_mood: true\n", "of-tomorrow")
        for ask in (
            lambda: core.execute([submission(coupon())]),
            lambda: core.answer([CardCheck("UT", CARD.number, VERA)]),
            lambda: Core.open(database_url, read_only=True),
        ):
            with pytest.raises(StorageUnavailable, match=r"demo \(of-tomorrow\).*earn_by_mood"):
                ask()
        become(content, digest)
        one(core, submission(coupon()))
        assert balances(core)["award"] == 840


def test_the_journal_is_read_in_slices_each_a_transaction_of_its_own(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "JOURNAL_SLICE", 1)
    with books(database_url) as core:
        rows = core.journal_rows()
        found = [next(rows)["kind"]]
        assert core._reports.pool.checkedout() == 0  # type: ignore[attr-defined]
        one(core, submission(coupon()))
        found += [row["kind"] for row in rows]
        assert found == ["ProgrammeActivated", "MembersImported", "CouponReported"]


def test_the_newest_row_of_a_link_is_found_by_an_index(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        plan = query(
            core.url, "EXPLAIN QUERY PLAN SELECT raw FROM journal WHERE link = 'x' ORDER BY id DESC LIMIT 1"
        )
    assert "journal_link" in str(plan)
    assert "B-TREE" not in str(plan)


def test_a_reader_beside_the_writer_sees_what_is_committed_and_writes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/books.sqlite"
    with books(url) as core:
        reader = Core.open(url, read_only=True)
        try:
            assert balances(reader) == {}
            one(core, submission(coupon()))
            assert balances(reader)["award"] == 840
            assert reader.verify()["ok"]
            (answer,) = reader.answer([CardCheck("UT", CARD.number, VERA)])
            assert answer.tier == "BASIC"  # type: ignore[attr-defined]
            with pytest.raises(AssertionError):
                reader.execute([submission(FTL)])
            with reader._reader.connect() as connection, pytest.raises(sa.exc.OperationalError):
                connection.exec_driver_sql("UPDATE member SET tier = 'GOLD'")
        finally:
            reader.close()


def test_a_reader_does_not_make_a_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.sqlite"
    with pytest.raises(StorageUnavailable):
        Core.open(url, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StorageUnavailable):
        Core.open("postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=1")


def test_a_rehearsal_keeps_nothing(database_url: str) -> None:
    with books(database_url) as core:
        before, rows = core.verify(), count(database_url, "journal")
        batch = [submission(each) for each in (FTL, PRL, coupon())]
        rehearsed = core.rehearse(batch)
        assert [result.state for result in rehearsed] == [State.APPLIED] * 3
        assert core.verify() == before
        assert count(database_url, "journal") == rows
        done = core.execute(batch)
        assert [result.outcomes for result in done] == [result.outcomes for result in rehearsed]
        assert [result.entries for result in done] == [result.entries for result in rehearsed]


def test_rehearsing_a_programme_does_not_activate_it(database_url: str) -> None:
    with books(database_url, members=False) as core:
        core.rehearse(opening())
        assert core.programmes == {}
        assert core.member("M1") is None
        results = core.execute(opening())
        assert all(result.state is State.APPLIED for result in results)


def test_a_submission_of_nothing_is_journalled_and_asked_again_each_time(database_url: str) -> None:
    """A link with ``journal: all`` sends checks through the gate: kept, not remembered."""
    check = Submission("http", "ffp_info", b"<ffp_info/>", b"\x01" * 32, submission(FTL).received_at)
    with books(database_url) as core:
        first, second = core.execute([check, check])
        assert (first.state, second.state) == (State.APPLIED, State.APPLIED)
        assert second.journal_id != first.journal_id


def test_how_long_a_lock_is_waited_for_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    core = Core.open(f"sqlite:///{path}", busy_seconds=0.05)
    try:
        began = time.monotonic()
        with held(path), pytest.raises(StorageUnavailable, match="locked"):
            core.execute([submission(coupon())])
        assert time.monotonic() - began < engine.BUSY_SECONDS / 2
    finally:
        core.close()
