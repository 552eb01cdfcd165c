"""The project's own promises: sizes of modules, packages that are really packed, one test command."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("adapter", "loyalty_core", "simulators", "schemas", "mappings")
LINES_MAX = 400


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    modules = [path for name in (*OURS, "tests") for path in (ROOT / name).rglob("*.py")]
    assert len(modules) > 20
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_every_package_is_packed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = set(settings["tool"]["setuptools"]["packages"])
    found = {
        str(path.parent.relative_to(ROOT)).replace("/", ".")
        for name in OURS
        for path in (ROOT / name).rglob("__init__.py")
    }
    assert packed == found


def test_readme_and_ci_name_the_same_test_command() -> None:
    command = (
        "python3 -m venv .venv && .venv/bin/pip install -q '.[test]' && .venv/bin/python -m pytest -n auto"
    )
    assert command in (ROOT / "README.md").read_text("utf-8").splitlines()
    assert f'test_command="{command}"' in (ROOT / ".ci" / "run").read_text("utf-8")
