"""A PostgreSQL database of one's own, for tests that need both engines at once; books with miles to spend."""

from collections.abc import Iterator

import pytest

from loyalty_core import Core
from tests.postgres import fresh_database
from tests.storage.airline import NOON
from tests.storage.books import books
from tests.storage.miles import DAY, FAMILY, give


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def lots_of_three(database_url: str) -> Iterator[Core]:
    """Vera has 900 miles to spend, of three lots: one that expires in August 2027, two of 2028."""
    with books(database_url, FAMILY) as found:
        give(found, 300, "late", at=NOON + DAY)
        give(found, 400, "noon")
        give(found, 200, "early", at=NOON - 365 * DAY)
        yield found
