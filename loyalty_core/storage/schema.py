"""Creating and upgrading the database's schema by Alembic's migrations; a schema we don't know is refused."""

from pathlib import Path

import sqlalchemy as sa

from loyalty_core.errors import StorageUnavailable

HEAD = "0001"
"""The migration this version works with."""

UPGRADED: tuple[str, ...] = ()
"""Older migrations that this version brings up to date."""


def schema_version(engine: sa.Engine) -> str | None:
    """The migration the database stands at, None for an empty one."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def require_schema(engine: sa.Engine) -> None:
    version = schema_version(engine)
    if version != HEAD:
        raise StorageUnavailable(f"the database is at schema {version or 'none'}, this version needs {HEAD}")


def create_schema(engine: sa.Engine, *, create: bool) -> None:
    """Brings an empty or older database to ``HEAD``; with ``create`` false a missing schema is refused instead."""
    version = schema_version(engine)
    if version == HEAD:
        return
    if version is None and not create:
        raise StorageUnavailable(
            "the database is empty; open it once with a writing command to create the tables"
        )
    if version is not None and version not in UPGRADED:
        raise StorageUnavailable(
            f"the database is at schema {version}, which this version ({HEAD}) doesn't know"
        )
    # Alembic takes half a second to import: only when there is work for it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
