"""The databases that storage tests run on: empty, separate, gone afterwards."""

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.postgres import fresh_database


def test_each_engine_gives_an_empty_writable_database(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    try:
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE probe (n INTEGER)"))
            connection.execute(text("INSERT INTO probe VALUES (7)"))
            assert connection.execute(text("SELECT n FROM probe")).scalar() == 7
    finally:
        engine.dispose()


def test_two_databases_do_not_see_each_other_and_end_with_their_test(postgres_url: str) -> None:
    with fresh_database(postgres_url) as first, fresh_database(postgres_url) as second:
        assert first != second
        with psycopg.connect(first.replace("+psycopg", "", 1)) as connection:
            connection.execute("CREATE TABLE probe (n INTEGER)")
        with psycopg.connect(second.replace("+psycopg", "", 1)) as connection:
            assert connection.execute("SELECT to_regclass('probe')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.replace("+psycopg", "", 1))
