"""A PostgreSQL database of one's own, for tests that need both engines at once."""

from collections.abc import Iterator

import pytest

from tests.postgres import fresh_database


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url
