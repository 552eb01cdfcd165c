"""The command line: help for newcomers, light to import, exit codes, init and check."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from adapter.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, list(words), prog_name="ffgate")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_help_imports_nothing_heavy() -> None:
    heavy = "('pydantic', 'sqlalchemy', 'twisted', 'lxml', 'yaml', 'cryptography', 'prometheus_client')"
    program = (
        "import sys\nfrom adapter.cli import cli\n"
        "try:\n    cli(['--help'], prog_name='ffgate')\n"
        "except SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"found = sorted(set(sys.modules) & set({heavy}))\nassert not found, found\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "Exit codes:" in ended.stdout


def test_the_bare_command_and_both_help_options_print_help() -> None:
    code, bare, _ = run()
    assert code == 0
    assert bare == run("--help")[1] == run("-h")[1]
    for name, (_, _, line) in COMMANDS.items():
        assert name in bare
        assert line.split()[0] in bare


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples_and_exit_codes(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    below = [(name, word) for word in command.commands] if isinstance(command, click.Group) else [(name,)]
    for words in below:
        code, text, _ = run(*words, "--help")
        assert code == 0
        assert "Examples:" in text
        assert f"    ffgate {' '.join(words)}" in text
        assert "Exit codes:" in text


def test_the_version_is_told() -> None:
    code, text, _ = run("--version")
    assert code == 0
    assert text.startswith("ffgate")


def test_a_misspelt_command_or_option_is_a_usage_error_with_a_suggestion() -> None:
    code, _, said = run("chekc")
    assert code == 2
    assert "Did you mean 'check'?" in said
    code, _, said = run("check", "--jsno")
    assert code == 2
    assert "--json" in said


def test_init_writes_private_files_that_check_accepts(tmp_path: Path) -> None:
    home = tmp_path / "airline"
    code, out, said = run("init", str(home))
    assert (code, out) == (0, "")
    assert "ffgate check" in said
    written = {path.relative_to(home).as_posix(): path.stat().st_mode & 0o777 for path in home.rglob("*")}
    assert written == {
        "config.yaml": 0o600,
        "keys": 0o700,
        "keys/gateway.pem": 0o600,
        "keys/gateway.pub.pem": 0o600,
        "var": 0o700,
        "var/spool": 0o700,
        "var/spool/dcs": 0o700,
        "var/spool/dcs/incoming": 0o700,
    }
    assert "\n    key_file: keys/gateway.pem " in (home / "config.yaml").read_text("utf-8")
    assert "cipher: plaintext\n" in (home / "config.yaml").read_text("utf-8")
    code, out, said = run("check", "-c", str(home / "config.yaml"))
    assert (code, out) == (0, ""), out
    assert said.endswith("config.yaml: good\n")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys" / "gateway.pem").write_text("mine")
    code, _, said = run("init", str(tmp_path))
    assert code == 1
    assert "gateway.pem: there already, nothing was changed" in said
    assert (tmp_path / "keys" / "gateway.pem").read_text() == "mine"
    assert os.listdir(tmp_path) == ["keys"]


def test_the_length_of_the_key_can_be_chosen(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    assert run("init", "--key-bits", "1024", str(tmp_path))[0] == 0
    key = load_pem_private_key((tmp_path / "keys" / "gateway.pem").read_bytes(), None)
    assert key.key_size == 1024  # type: ignore[union-attr]
    assert run("init", "--key-bits", "512", str(tmp_path / "other"))[0] == 2


def test_check_lists_every_mistake_and_ends_with_3(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("gate: {batch_mx: 3}\nlogs: {level: loud}\n")
    code, out, said = run("check", "-c", str(path))
    assert code == 3
    assert out.splitlines() == [
        f'{path}:1:8: gate.batch_mx: unknown setting (did you mean "batch_max"?)',
        f'{path}:2:15: logs.level: "loud" is not known here (one of: debug, info, warning, error)',
    ]
    assert said == f"{path}: 2 problems\n"
    code, out, _ = run("check", "--config", str(path), "--json")
    assert code == 3
    told = json.loads(out)
    assert told["ok"] is False
    assert [(p["code"], p["line"], p["column"], p["path"]) for p in told["problems"]] == [
        ("unknown_key", 1, 8, "gate.batch_mx"),
        ("unknown_value", 2, 15, "logs.level"),
    ]


def test_check_reads_keys_and_programmes(tmp_path: Path) -> None:
    assert run("init", str(tmp_path))[0] == 0
    (tmp_path / "keys" / "gateway.pem").write_text("not a key")
    (tmp_path / "own.yaml").write_text("nonsense: 1\n")
    path = tmp_path / "config.yaml"
    path.write_text(
        path.read_text("utf-8").replace("programmes: [demo]", "programmes: [./own.yaml]"), "utf-8"
    )
    code, out, _ = run("check", "-c", str(path))
    assert code == 3
    assert "keys/gateway.pem: this is not an unencrypted private key" in out
    assert "own.yaml:1:1: nonsense: unknown setting" in out


def test_check_takes_the_file_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFGATE_CONFIG", str(tmp_path / "absent.yaml"))
    code, out, _ = run("check")
    assert code == 3
    assert "absent.yaml: No such file" in out
