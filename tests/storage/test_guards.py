"""What the database itself refuses, whoever asks: changed history, accounts on the wrong side, lots out of bounds."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from loyalty_core import Core
from tests.storage.books import books
from tests.storage.miles import done, give, pool, redeem, reserve


@pytest.fixture
def core(database_url: str) -> Iterator[Core]:
    with books(database_url) as found:
        give(found, 900, "G")
        done(found, reserve("H", 500))
        done(found, redeem("R", 100))
        done(found, pool("P", "open", share=30))
        yield found


REFUSED = [
    *(f"UPDATE {table} SET lane = 'x'" for table in ("handling", "entry", "posting", "lot_move")),
    *(f"DELETE FROM {table}" for table in ("journal", "handling", "entry", "posting", "lot_move")),
    "UPDATE handling SET state = 'refused'",
    "UPDATE balance SET amount = -1 WHERE account LIKE '%:award'",
    "UPDATE balance SET amount = -1 WHERE account LIKE '%:held'",
    "INSERT INTO balance VALUES ('member:demo:M1:deficit', 'award', 1)",
    "INSERT INTO balance VALUES ('member:demo:M1:pending', 'award', -1)",
    "UPDATE lot SET remaining = -1",
    "UPDATE lot SET held = -1",
    "UPDATE lot SET expired = amount",
    "UPDATE lot SET remaining = amount",
    "UPDATE lot SET expires_on = '2020-01-01'",
    "UPDATE lot SET amount = 1000000000001",
    "UPDATE operation SET remaining = 0 WHERE key = 'H'",
    "UPDATE operation SET remaining = 501 WHERE key = 'H'",
    "UPDATE operation SET remaining = 1 WHERE key = 'R'",
    "UPDATE operation SET state = 'lost'",
    "UPDATE pool_place SET share = 101",
    "UPDATE pool_place SET pool_id = member_id",
    "INSERT INTO posting SELECT lane, seq, 7, source, source, unit, amount FROM posting WHERE seq = 1",
    "INSERT INTO posting SELECT lane, seq, 7, source, destination, unit, 0 FROM posting WHERE seq = 1",
    "INSERT INTO posting SELECT lane, 4711, 1, source, destination, unit, amount FROM posting WHERE seq = 1",
    "INSERT INTO entry SELECT lane, 99, previous, hash, 'gift', programme, programme_digest, member_id, carriage_key,"
    " flown_on, posted_at, '', journal_id, trace, because FROM entry WHERE seq = 1",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_store_refuses(statement: str, core: Core) -> None:
    engine = sa.create_engine(core.url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            with pytest.raises(sa.exc.DBAPIError):
                connection.exec_driver_sql(
                    statement.replace("%", "%%") if _escapes(connection) else statement
                )
    finally:
        engine.dispose()


def _escapes(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql"
