"""Fixtures: the shipped schemas and maps, loaded once, and a small installation to change."""

from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.mapping import Maps
from tests.mapping.installation import ROOT, Installation


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT / "schemas")


@pytest.fixture(scope="session")
def maps(catalogue: Catalogue) -> Maps:
    return Maps.load(ROOT / "mappings", catalogue)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)
