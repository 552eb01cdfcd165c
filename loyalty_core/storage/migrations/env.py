"""Alembic's entry point: the caller hands over a connection with an open transaction."""

from alembic import context

from loyalty_core.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
