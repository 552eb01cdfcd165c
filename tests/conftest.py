"""Fixtures for all tests."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from twisted.internet.testing import EventLoggingObserver

from tests.compiled import share_compiled, share_schemas
from tests.postgres import (  # noqa: F401  (fixtures)
    database_url,
    empty_database_url,
    module_database_url,
    postgres_url,
    postgres_with_tables,
    sqlite_with_tables,
)

ROOT = Path(__file__).resolve().parent.parent

# A developer's own settings must not become those of a command that a test runs without naming any.
os.environ.pop("FFGATE_CONFIG", None)

# Twisted's test tools declare an interface on a subclass of Sequence; zope.interface leaves a descriptor behind on the
# abstract base classes that xmlschema, whose schemas have the same ancestors, stumbles over. The server never imports
# those tools.
for _ancestor in EventLoggingObserver.__mro__:
    if _ancestor.__module__ == "collections.abc" and "__provides__" in vars(_ancestor):
        del _ancestor.__provides__

share_compiled()
share_schemas()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ffgate")
    group.addoption("--histories", type=int, default=200, help="seeded histories to run in several orders")
    group.addoption("--first-seed", type=int, default=0, help="the seed of the first history")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """File names need not be text, and what was logged of one has to go from the processes that run tests to the one
    that reports."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections
    ]
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference samples that may lie beside the project; the test is skipped where they are absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared folder with reference samples beside the project")
    return folder
