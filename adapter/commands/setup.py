"""``ffgate init`` and ``ffgate check``: settings written, settings judged."""

import json
import os
import sysconfig
from dataclasses import asdict
from pathlib import Path

import click

from adapter.cli import EXIT_CONFIG, EXIT_FAILED, config_option

KEY_LINE = "    # key_file: keys/gateway.pem      #"
DIRECTORIES = ("", "keys", "var", "var/spool", "var/spool/dcs", "var/spool/dcs/incoming")
BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent.parent / "config.yaml"


def manual() -> str:
    """The commented settings that ship with ffgate: beside the packages in a source tree, else in share/ffgate."""
    installed = Path(sysconfig.get_path("data")) / "share" / "ffgate" / "config.yaml"
    return next(path for path in (BESIDE_THE_PACKAGE, installed) if path.is_file()).read_text("utf-8")


@click.command(
    epilog="""\b
Examples:
  ffgate init                      into the current directory
  ffgate init /srv/ffgate          into one of its own
  ffgate init --key-bits 1024 old  for a host that can't take longer keys

\b
Exit codes: 0 done, 1 something is there already (nothing was changed)."""
)
@click.argument("directory", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key-bits",
    type=click.Choice(["1024", "2048"]),
    default="2048",
    show_default=True,
    help="Length of the gateway's RSA key; 1024 only where a host insists.",
)
def init(directory: Path, key_bits: str) -> None:
    """Write commented settings, an RSA key pair and directories into DIRECTORY.

    Overwrites nothing. Files are for their owner only (0600), directories too (0700). The legacy cipher stays off; the
    key pair is there for when a host needs it.
    """
    from adapter.config import load_config
    from adapter.wire.sirena_crypto import PrivateKey

    settings = manual()
    if KEY_LINE not in settings:
        raise RuntimeError("the shipped config.yaml has lost its line for the gateway's key")
    settings = settings.replace(KEY_LINE, "    key_file: keys/gateway.pem        #", 1)
    targets = [directory / name for name in ("config.yaml", "keys/gateway.pem", "keys/gateway.pub.pem")]
    if there := [str(path) for path in targets if os.path.lexists(path)]:
        click.echo(f"ffgate: {', '.join(there)}: there already, nothing was changed", err=True)
        raise SystemExit(EXIT_FAILED)
    key = PrivateKey.generate(int(key_bits))
    for name in DIRECTORIES:
        # An existing directory keeps its mode: it may be the user's home.
        (directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, content in zip(
        targets, (settings.encode(), key.private_pem(), key.public_pem.encode()), strict=True
    ):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    load_config(targets[0])
    for path in targets:
        click.echo(f"written: {path}", err=True)
    click.echo(f"next:    edit {targets[0]}, then: cd {directory} && ffgate check && ffgate serve", err=True)


@click.command(
    epilog="""\b
Examples:
  ffgate check
  ffgate check -c /srv/ffgate/config.yaml
  ffgate check --json | jq '.problems[]'

\b
Exit codes: 0 usable, 3 not usable."""
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(config_path: Path, as_json: bool) -> None:
    """Say whether the settings can be used; if not, every mistake as FILE:LINE:COLUMN.

    Also reads the keys, schemas, maps and programmes that the settings call for. Opens no socket and no database and
    creates nothing.
    """
    from adapter.commands.checking import problems_with

    problems = problems_with(config_path)
    if as_json:
        listed = [asdict(problem) for problem in problems]
        click.echo(
            json.dumps({"ok": not problems, "file": str(config_path), "problems": listed}, ensure_ascii=False)
        )
    else:
        for problem in problems:
            click.echo(str(problem))
    if problems:
        click.echo(f"{config_path}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", err=True)
        raise SystemExit(EXIT_CONFIG)
    click.echo(f"{config_path}: good", err=True)
