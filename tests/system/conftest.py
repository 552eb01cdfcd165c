"""Fixtures of the system tests."""

from collections.abc import Iterator

import pytest

from tests.system.doomed import Launcher


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """The process that starts servers quickly; see ``killed_server``."""
    launcher = Launcher()
    yield launcher
    launcher.close()
