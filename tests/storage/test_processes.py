"""Several writers on one PostgreSQL: real threads, each with a core and a lane of its own."""

import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from loyalty_core import (
    CardClaim,
    Core,
    Flight,
    MembersImported,
    Name,
    Result,
    StorageUnavailable,
    Submission,
)
from loyalty_core.storage import engine as engine_module
from tests.storage.airline import CARD, ETL, FTL, HEADER, PRL, VERA, coupon, opening, submission
from tests.storage.books import balances, books, count, query

IGNATS_CARD, IGNAT = CardClaim("UT", "7700000000045"), Name("ARTEMEV", "IGNAT")
ROUNDS = 6
SECONDS_MAX = 60


Work = Sequence[Sequence[Submission]]
"""What one writer executes: batch after batch."""


def together(cores: Sequence[Core], *works: Work) -> list[list[Result]]:
    """Each core executes its work in a thread of its own, all started at once; gives the results of each."""
    barrier = threading.Barrier(len(works), timeout=SECONDS_MAX)
    found: list[list[Result] | BaseException] = [[] for _work in works]

    def run(number: int) -> None:
        try:
            barrier.wait()
            found[number] = [result for batch in works[number] for result in cores[number].execute(batch)]
        except BaseException as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_MAX)
        assert not thread.is_alive(), "two writers wait for each other"
    results = []
    for each in found:
        if isinstance(each, BaseException):
            raise each
        for result in each:
            assert not result.system_error, cores[0].explain(journal_id=result.journal_id)["journal"]
        results.append(each)
    return results


@pytest.fixture
def lanes(postgres_database: str) -> Any:
    cores = [Core.open(postgres_database, lane="east")]
    try:
        cores[0].execute(opening())
        cores.append(Core.open(postgres_database, lane="west"))
        yield cores
    finally:
        for core in cores:
            core.close()


def _check(cores: list[Core]) -> dict[str, Any]:
    report = cores[0].verify()
    assert report["ok"], [check for check in report["checks"] if not check["ok"]]
    return report


def test_two_writers_about_one_departure_give_one_credit(lanes: list[Core]) -> None:
    for number in range(ROUNDS):
        flight = Flight("UT", str(600 + number))
        departure = replace(FTL.departure, flight=flight)
        ticket = f"29861500000{number:02d}"
        persons = [replace(PRL.persons[0], ticket=ticket)]
        prl = replace(PRL, departure=departure, persons=tuple(persons))
        etl = replace(ETL, departure=departure, persons=(replace(ETL.persons[0], ticket=ticket),))
        ftl = replace(FTL, departure=departure)
        told = coupon(flight=flight, ticket=ticket)
        east = [
            [submission(ftl, link="east")],
            [submission(told, link="east")],
            [submission(etl, link="east")],
        ]
        west = [[submission(each, link="west") for each in (told, prl)], [submission(ftl, link="west")]]
        together(lanes, east, west)
        _check(lanes)
        assert balances(lanes[0])["segments"] == number + 1
    posted = query(lanes[0].url, "SELECT count(*) FROM standing_credit WHERE status = 'posted'")
    assert posted == [(ROUNDS,)]


def test_two_writers_about_one_member_on_many_departures(lanes: list[Core]) -> None:
    """The tier of each flight hangs on the others, whoever writes them."""

    def work(first: int) -> list[list[Submission]]:
        return [
            [
                submission(
                    coupon(
                        flight=Flight("UT", str(700 + number)),
                        ticket=f"29861600000{number:02d}",
                        off="VVO",
                        letter="C",
                        on=FTL.departure.on.replace(month=1 + number % 8),
                    )
                )
            ]
            for number in range(first, 16, 2)
        ]

    together(lanes, work(0), work(1))
    state = _check(lanes)["state_hash"]
    reference = work(0) + work(1)
    with psycopg.connect(lanes[0].url.replace("+psycopg", "", 1)) as connection:
        assert connection.execute("SELECT count(DISTINCT lane) FROM entry").fetchone() == (2,)
    assert state == _alone(reference)


def _alone(batches: Work) -> str:

    with tempfile.TemporaryDirectory() as folder, books(f"sqlite:///{folder}/books.sqlite") as core:
        for batch in batches:
            core.execute(batch)
        return str(core.verify()["state_hash"])


def test_two_writers_about_one_coupon_on_two_departures(lanes: list[Core]) -> None:
    """Neither sees the other's carriage before it commits; the coupon earns once all the same."""
    for number in range(ROUNDS):
        ticket = f"29861700000{number:02d}"
        reports = [
            coupon(flight=Flight("UT", str(800 + 2 * number + side)), ticket=ticket, card=card, name=name)
            for side, (card, name) in enumerate(
                [
                    (CARD, VERA),
                    (IGNATS_CARD, IGNAT),
                ]
            )
        ]
        together(lanes, *([[submission(told)]] for told in reports))
        _check(lanes)
    assert query(lanes[0].url, "SELECT count(*) FROM standing_credit") == [(ROUNDS,)]
    # The later flight number wins where all else is equal, whoever was first.
    assert balances(lanes[0], "M3")["segments"] == ROUNDS
    assert balances(lanes[0], "M1") == {}


def test_a_member_is_enrolled_while_another_process_reports_the_flight(lanes: list[Core]) -> None:
    for number in range(ROUNDS):
        card = f"77000000003{number:02d}"
        enrolled = (HEADER + f"N{number},ORLOVA,ANNA,,,UT,{card},active,,\n").encode()
        told = coupon(
            flight=Flight("UT", str(900 + number)), ticket=f"29861800000{number:02d}",
            card=CardClaim("UT", card), name=Name("ORLOVA", "ANNA"),
        )  # fmt: skip
        together(lanes, [[submission(MembersImported(enrolled))]], [[submission(told)]])
        _check(lanes)
        assert balances(lanes[0], f"N{number}")["award"] == 840


def test_the_same_member_file_on_two_processes(lanes: list[Core]) -> None:
    for number in range(ROUNDS):
        file = (HEADER + f"K{number},ORLOVA,ANNA,,,UT,77000000004{number:02d},active,,\n").encode()
        together(lanes, *([[submission(MembersImported(file), link=link)]] for link in ("east", "west")))
        _check(lanes)
        assert query(lanes[0].url, f"SELECT count(*) FROM member WHERE number = 'K{number}'") == [(1,)]


def test_one_host_key_on_two_processes_names_one_document(lanes: list[Core]) -> None:
    for number in range(ROUNDS):
        flight = Flight("UT", str(950 + number))
        reports = [
            submission(coupon(letter, flight=flight, ticket=f"29861900000{number:02d}"), key=f"K{number}")
            for letter in "FR"
        ]
        found = together(lanes, *([[told]] for told in reports))
        assert sorted(result.reason for (result,) in found) == ["", "key_reused"]
    _check(lanes)


def test_crossing_batches_do_not_lock_each_other_out(lanes: list[Core]) -> None:
    """The same departures and members named in opposite orders."""
    cards = [(CARD, VERA), (IGNATS_CARD, IGNAT)]
    for number in range(ROUNDS):
        batch = [
            submission(
                coupon(
                    flight=Flight("UT", str(300 + flight)),
                    ticket=f"2986200{number:02d}{flight}{side:03d}",
                    card=card,
                    name=name,
                )
            )
            for flight in range(4)
            for side, (card, name) in enumerate(cards)
        ]
        other = [replace(each, link="other") for each in reversed(batch)]
        together(lanes, [batch], [other])
    _check(lanes)


# --- retries ----------------------------------------------------------------------------------------------------------


class _Lost(psycopg.errors.SerializationFailure):
    """A serialization failure as the driver raises it."""


def _fail(core: Core, times: int, error: type[psycopg.Error]) -> list[str]:
    """Makes the next ``times`` transactions fail at their end, when all has been written."""
    hits: list[str] = []

    @sa.event.listens_for(core._engine, "before_cursor_execute")
    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INSERT INTO journal" in statement and len(hits) < times:
            hits.append(statement)
            raise error("met another transaction")

    return hits


@pytest.mark.parametrize("error", [_Lost, psycopg.errors.DeadlockDetected], ids=["40001", "40P01"])
def test_who_loses_against_another_transaction_tries_again(
    error: type[psycopg.Error], postgres_database: str
) -> None:
    with books(postgres_database) as core:
        hits = _fail(core, 2, error)
        (result,) = core.execute([submission(coupon())])
        assert len(hits) == 2
        assert not result.system_error
        assert balances(core)["award"] == 840
        assert count(postgres_database, "journal") == 3


def test_who_always_loses_is_told_to_repeat(postgres_database: str) -> None:
    with books(postgres_database) as core:
        hits = _fail(core, 99, _Lost)
        with pytest.raises(StorageUnavailable, match="serialization"):
            core.execute([submission(coupon())])
        assert len(hits) == engine_module.RETRIES_MAX + 1
        assert balances(core) == {}


def test_a_server_that_goes_away_keeps_nothing(postgres_database: str) -> None:
    with books(postgres_database) as core:
        plain = postgres_database.replace("+psycopg", "", 1)

        @sa.event.listens_for(core._engine, "before_cursor_execute")
        def cut(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "INSERT INTO journal" in statement and not cuts:
                cuts.append(1)
                with psycopg.connect(plain, autocommit=True) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )

        cuts: list[int] = []
        with pytest.raises(StorageUnavailable):
            core.execute([submission(coupon())])
        assert count(postgres_database, "journal") == 2
        # The pool finds its dead connections out; the repeat is decided for the first time.
        (result,) = core.execute([submission(coupon())])
        assert not result.repeated
        assert balances(core)["award"] == 840


def test_the_lock_comes_first(postgres_database: str) -> None:
    """Whatever was read before it might be of the past."""
    seen: list[str] = []
    with books(postgres_database) as core:

        @sa.event.listens_for(core._engine, "before_cursor_execute")
        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        core.execute([submission(each) for each in (PRL, coupon(), FTL)])
    assert "pg_advisory_xact_lock" in seen[0]
    assert not [statement for statement in seen[1:] if "advisory" in statement or "FOR UPDATE" in statement]
