"""Every programme that is shipped is proved, and its examples come out as they say."""

from pathlib import Path

import pytest

from adapter.config_checks import PROGRAMMES
from loyalty_core import load_programme, prove, read_bundle, try_examples

FILES = sorted(PROGRAMMES.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_has_exactly_one_result(file: Path) -> None:
    text = read_bundle(file)
    proof = prove(text, str(file))
    assert [finding.text for finding in proof.findings if finding.is_fault] == []
    trials = try_examples(load_programme(text, str(file)))
    assert [f"{trial.rule}: {trial.wrong}" for trial in trials if trial.wrong] == []
