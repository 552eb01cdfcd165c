"""Fixtures for all tests."""

from pathlib import Path

import pytest

from tests.postgres import database_url, postgres_url  # noqa: F401  (fixtures)

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference samples that may lie beside the project; the test is skipped where they are absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared folder with reference samples beside the project")
    return folder
