from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway_keys import client_key, key_store, server_key
from tests.net.spools import Spool, close_files

__all__ = ["client_key", "key_store", "server_key"]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    yield made
    for link in made.links:
        if not link.is_stopping:
            link.stop()
        close_files(link)
