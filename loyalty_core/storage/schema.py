"""Creating and upgrading the database's schema by Alembic's migrations; a schema we don't know is refused."""

from pathlib import Path

import sqlalchemy as sa

from loyalty_core.errors import StorageUnavailable

from .engine import writing

HEAD = "0001"
"""The migration this version works with."""

UPGRADED: tuple[str, ...] = ()
"""Older migrations that this version brings up to date."""


def schema_version(connection: sa.Connection) -> str | None:
    """The migration the database stands at, None for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def require_schema(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        version = schema_version(connection)
    if version != HEAD:
        raise StorageUnavailable(f"the database is at schema {version or 'none'}, this version needs {HEAD}")


def create_schema(engine: sa.Engine, *, create: bool) -> None:
    """Brings an empty or older database to ``HEAD``; with ``create`` false a missing schema is refused instead.

    Looks as a reader first: a database that needs nothing is not locked. What is to be done is found out again by the
    one writer, for another process may have done it meanwhile.
    """
    with engine.connect() as connection:
        if not _is_wanting(connection, create):
            return
    with writing(engine) as connection:
        if _is_wanting(connection, create):
            _upgrade(connection)


def _is_wanting(connection: sa.Connection, create: bool) -> bool:
    """Is there work for a migration? Raises StorageUnavailable where it must not or can't be done."""
    version = schema_version(connection)
    if version is None and not create:
        raise StorageUnavailable(
            "the database is empty; open it once with a writing command to create the tables"
        )
    if version not in (None, HEAD, *UPGRADED):
        raise StorageUnavailable(
            f"the database is at schema {version}, which this version ({HEAD}) doesn't know"
        )
    return version != HEAD


def _upgrade(connection: sa.Connection) -> None:
    # Alembic takes half a second to import: only when there is work for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
