"""``ffgate`` in the tests' own process."""

from pathlib import Path

from click.testing import CliRunner, Result

from adapter.cli import cli


def run(*arguments: str | Path, code: int = 0) -> Result:
    """One command to its end; fails when the exit code is another than ``code``."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == code, f"{result.exit_code}\n{result.output}\n{result.exception!r}"
    return result
