"""Compiled SQL statements shared by all engines of a test run.

Every engine has a dialect object of its own and SQLAlchemy keeps compiled statements by dialect object. A server opens
its engines once; tests open thousands, and would spend half their time on compiling the same statements anew.
"""

from typing import Any

import sqlalchemy as sa


class _Compiled(dict[Any, Any]):
    """By the dialect's name instead of the dialect object, which is the first part of a key."""

    @staticmethod
    def _shared(key: Any) -> Any:
        dialect, *rest = key
        return dialect.name, *rest

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self._shared(key))

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(self._shared(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self._shared(key), value)


def share_compiled() -> None:
    """For all engines of this process, from now on."""
    compiled = _Compiled()

    @sa.event.listens_for(sa.Engine, "engine_connect")
    def connected(connection: sa.Connection) -> None:
        connection.execution_options(compiled_cache=compiled)
