"""The tables: migrations make exactly what the code uses, and strange schemas are refused."""

import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from loyalty_core import Core, StorageUnavailable
from loyalty_core.storage import tables
from tests.storage.books import change, query


def test_migrations_make_the_tables_of_the_code(empty_database_url: str) -> None:
    Core.open(empty_database_url).close()
    engine = sa.create_engine(empty_database_url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []
            inspector = sa.inspect(connection)
            for table in tables.metadata.sorted_tables:
                made = {check["name"] for check in inspector.get_check_constraints(table.name)}
                meant = {check.name for check in table.constraints if isinstance(check, sa.CheckConstraint)}
                assert made == meant, table.name
                found = [column["name"] for column in inspector.get_columns(table.name)]
                assert found == [column.name for column in table.columns], table.name
                key = inspector.get_pk_constraint(table.name)["constrained_columns"]
                assert key == [column.name for column in table.primary_key.columns], table.name
    finally:
        engine.dispose()


def test_sqlite_tables_are_strict(tmp_path) -> None:  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path}/books.sqlite"
    Core.open(url).close()
    lax = query(
        url,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0"
        " AND name NOT LIKE 'sqlite%' AND name <> 'alembic_version'",
    )
    assert lax == []


@pytest.mark.parametrize("version", ["9999", "0000"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_schema_of_another_version_is_refused(
    version: str, read_only: bool, empty_database_url: str
) -> None:
    Core.open(empty_database_url).close()
    change(empty_database_url, f"UPDATE alembic_version SET version_num = '{version}'")
    with pytest.raises(StorageUnavailable, match=version):
        Core.open(empty_database_url, read_only=read_only)
    # Nothing was changed, and nothing is left behind that keeps others out.
    change(empty_database_url, "UPDATE alembic_version SET version_num = '0001'")
    Core.open(empty_database_url).close()


def test_processes_start_at_once_on_an_empty_database(postgres_database: str) -> None:
    """One makes the tables; the others wait and find them made."""
    barrier = threading.Barrier(3, timeout=60)
    failed: list[BaseException] = []

    def start(lane: str) -> None:
        barrier.wait()
        try:
            Core.open(postgres_database, lane=lane).close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start, args=(lane,)) for lane in ("east", "west", "north")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []


def test_an_empty_database_is_not_filled_unasked(empty_database_url: str) -> None:
    with pytest.raises(StorageUnavailable, match="empty"):
        Core.open(empty_database_url, create=False)
    Core.open(empty_database_url).close()
    Core.open(empty_database_url, create=False).close()


def test_opening_again_changes_nothing(empty_database_url: str) -> None:
    for _again in range(2):
        Core.open(empty_database_url).close()
        assert query(empty_database_url, "SELECT version_num FROM alembic_version") == [("0001",)]
        assert query(empty_database_url, "SELECT count(*) FROM journal") == [(0,)]
