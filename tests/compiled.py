"""What a server prepares once and tests would prepare thousands of times: shared within the process.

Every engine has a dialect object of its own and SQLAlchemy keeps compiled statements by dialect object. A server opens
its engines once; tests open thousands, and would spend half their time on compiling the same statements anew.
"""

from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


class _Compiled(dict[Any, Any]):
    """By the dialect's name and version instead of the dialect object, which is the first part of a key."""

    @staticmethod
    def _shared(key: Any) -> Any:
        dialect, *rest = key
        return dialect.name, dialect.server_version_info, *rest

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


def share_schemas() -> None:
    """What maps see of the schemas shipped, which no test changes; copies elsewhere are read anew."""
    from adapter.mapping import check

    read = check.view_schema
    once = cache(read)
    check.view_schema = lambda path: once(path) if path.is_relative_to(SCHEMAS) else read(path)
