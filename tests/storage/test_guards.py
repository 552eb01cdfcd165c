"""What the database itself refuses, whoever asks: changed history, accounts on the wrong side, lots out of bounds."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from loyalty_core import Core
from tests.storage.airline import NOON, coupon, submission
from tests.storage.books import books, one
from tests.storage.miles import done, give, pool, redeem, reserve, strike


@pytest.fixture(scope="module")
def core(module_database_url: str) -> Iterator[Core]:
    """One for all statements: what is refused changes nothing, and what isn't is rolled back."""
    with books(module_database_url) as found:
        give(found, 900, "G")
        done(found, reserve("H", 500))
        done(found, redeem("R", 100))
        done(found, pool("P", "open", share=30))
        one(found, submission(coupon()))
        strike(found, NOON)
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
    "UPDATE lot SET earned_on = '2020-01-01'",
    "UPDATE lot SET expires_on = '2099-12-31'",
    "UPDATE lot SET member_id = member_id + 1",
    "UPDATE lot SET amount = amount + 1",
    *(
        f"DELETE FROM {table}"
        for table in ("lot", "operation", "balance", "card", "member", "lane", "receipt", "handling_head")
    ),
    "UPDATE operation SET key = 'Z' WHERE key = 'R'",
    "UPDATE operation SET kind = 'redeem' WHERE kind = 'pool'",
    "UPDATE operation SET content = '{}'",
    "UPDATE operation SET amount = amount + 1",
    "UPDATE operation SET until = '2099-01-01T00:00:00.000000Z' WHERE key = 'H'",
    "UPDATE operation SET member_id = member_id + 1",
    "UPDATE operation SET seq = seq + 1 WHERE key = 'R'",
    "UPDATE card SET member_id = member_id + 1",
    "UPDATE member SET number = 'M99' WHERE number = 'M1'",
    "UPDATE balance SET account = 'member:demo:M3:award' WHERE account LIKE '%M1:award'",
    "UPDATE lane SET seq = seq - 1",
    "UPDATE handling_head SET number = number - 1",
    "UPDATE standing_credit SET award = -5",
    "UPDATE standing_credit SET award = 1000000000001",
    """UPDATE standing_credit SET counters = '{"qualifying":-5}'""",
    "UPDATE standing_credit SET counters = ''",
    "UPDATE standing_credit SET lane = 'nowhere'",
    "UPDATE day_total SET amount = -7",
    "INSERT INTO lot SELECT lane, 99, number, member_id, unit, earned_on, expires_on, amount, remaining, held, expired"
    " FROM lot WHERE seq = 1",
    # Entries are sealed once the head of their lane is written.
    "INSERT INTO lot SELECT lane, seq, 9, member_id, unit, earned_on, expires_on, amount, remaining, held, expired"
    " FROM lot WHERE seq = 1",
    "INSERT INTO lot_move SELECT lane, seq, 9, lot_lane, lot_seq, lot_number, source, destination, amount FROM lot_move"
    " WHERE seq = 2",
    "INSERT INTO posting SELECT lane, seq, 9, source, destination, unit, amount FROM posting WHERE seq = 1",
    "INSERT INTO entry SELECT lane, 0, previous, hash, kind, programme, programme_digest, member_id, carriage_key,"
    " flown_on, posted_at, '', journal_id, trace, because FROM entry WHERE seq = 1",
    "UPDATE pool_place SET share = 101",
    "UPDATE pool_place SET pool_id = member_id",
    "INSERT INTO posting SELECT lane, seq, 7, source, source, unit, amount FROM posting WHERE seq = 1",
    "INSERT INTO posting SELECT lane, seq, 7, source, destination, unit, 0 FROM posting WHERE seq = 1",
    "INSERT INTO posting SELECT lane, 4711, 1, source, destination, unit, amount FROM posting WHERE seq = 1",
    "INSERT INTO entry SELECT lane, 99, previous, hash, 'gift', programme, programme_digest, member_id, carriage_key,"
    " flown_on, posted_at, '', journal_id, trace, because FROM entry WHERE seq = 1",
    "INSERT INTO entry SELECT lane, 99, previous, hash, kind, programme, programme_digest, member_id, carriage_key,"
    " flown_on, posted_at, '', 4711, trace, because FROM entry WHERE seq = 1",
    "UPDATE business_clock SET at = ''",
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
