"""The message descriptions that ship, loaded once."""

from pathlib import Path

import pytest

from adapter.documents.catalogue import Catalogue
from adapter.documents.teletype_grammar import Grammar, load_grammar

KINDS = ("FTL", "ETL", "ASL", "PRL", "PFS", "PNL", "ADL")
SCHEMAS = Path(__file__).resolve().parent.parent.parent / "schemas"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load(SCHEMAS)


@pytest.fixture(scope="session")
def grammars() -> dict[str, Grammar]:
    return {kind: load_grammar(SCHEMAS / "typeb" / f"{kind}.grammar.yaml") for kind in KINDS}
