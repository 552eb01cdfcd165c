"""``ffgate demo``: a demo airline's morning, played against a server of its own."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED


@click.command(
    epilog="""\b
Examples:
  ffgate demo
  ffgate demo --dir try --json

\b
Exit codes: 0 played to the end and the books are in order, 1 not."""
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="A new directory for settings, keys and database. Default: one in the system's directory for temporary files.",
)
@click.option("--json", "as_json", is_flag=True, help="Data on standard output, for programs.")
def demo(directory: Path | None, as_json: bool) -> None:
    """Play a morning of a demo airline: card checks, coupons, passenger lists, and what became of them.

    Starts a server on this machine's loopback, lets simulated hosts talk to it over the real protocols, says what came
    in, what was answered, what was posted and why; ends by itself and leaves the database for a closer look.
    """
    from twisted.internet.defer import Deferred
    from twisted.internet.task import react

    from adapter.demo.airline import Airline, AirlineFailed
    from adapter.demo.story import DemoFailed, Scene, Stage

    if directory is None:
        directory = Path(tempfile.mkdtemp(prefix="ffgate-demo-"))
    elif directory.exists():
        raise click.BadParameter(f"{directory} exists already", param_hint="--dir")
    else:
        directory.mkdir(mode=0o700, parents=True)
    airline = Airline(directory.resolve())
    number = 0

    def tell(scene: Scene) -> None:
        nonlocal number
        number += 1
        click.echo(f"\n{number}. {scene.title}", err=as_json)
        for line in scene.lines:
            click.echo(f"   {line}", err=as_json)

    played: list[Any] = []

    def main(reactor: Any) -> "Deferred[None]":
        stage = Stage(airline, reactor, tell)
        return Deferred.fromCoroutine(stage.play()).addCallback(played.append)

    try:
        airline.install()
        click.echo(f"Settings, keys and database of this demo: {airline.directory}", err=as_json)
        click.echo(f"Members taken over from a file: {airline.import_members()}", err=as_json)
        pid = airline.start()
        click.echo(
            f"ffgate serve runs as process {pid}: HTTP on port {airline.http}, gateway on {airline.sirena}",
            err=as_json,
        )
        try:
            react(main)
        except SystemExit as end:
            if end.code:
                raise DemoFailed(
                    "the morning broke off; the server's log is var/ffgate.log, its errors are in var/serve.err"
                ) from None
        exit_code = airline.stop()
        if exit_code:
            raise DemoFailed(f"the server ended with exit code {exit_code}: {airline.errors()}")
    except (AirlineFailed, DemoFailed) as error:
        click.echo(f"ffgate demo: {error}", err=True)
        raise SystemExit(EXIT_FAILED) from None
    finally:
        airline.stop()
    (morning,) = played
    if as_json:
        click.echo(json.dumps(_data(airline, morning), ensure_ascii=False))
    else:
        _farewell(airline, morning)
    if not morning.verified["ok"]:
        raise SystemExit(EXIT_FAILED)


def _data(airline: Any, morning: Any) -> dict[str, Any]:
    return {
        "checks": morning.checks,
        "accruals": morning.accruals,
        "entries": morning.status["entries"],
        "quarantined": morning.status["quarantined"],
        "pending": morning.status["pending"],
        "state_hash": morning.verified["state_hash"],
        "chain_head": morning.verified["chain_head"],
        "ok": morning.verified["ok"],
        "directory": str(airline.directory),
        "steps": [{"title": scene.title, "lines": scene.lines} for scene in morning.scenes],
    }


def _farewell(airline: Any, morning: Any) -> None:
    status, verified = morning.status, morning.verified
    good = sum(1 for check in verified["checks"] if check["ok"])
    click.echo(
        f"\n{morning.checks} card checks and {morning.accruals} coupon reports answered;"
        f" {status['entries']} ledger entries, {status['pending']} carriages pending,"
        f" {status['quarantined']} message quarantined."
    )
    click.echo(
        f"{good} of {len(verified['checks'])} invariants of the ledger hold; state {verified['state_hash'][:16]}…"
    )
    config = f"-c {airline.config}"
    ffgate = sys.argv[0] if sys.argv[0].endswith("ffgate") else f"{sys.executable} -m adapter"
    click.echo("\nLook further:")
    for command, what in (
        (f"explain {config} --ticket 2984400000021/1", "from the bytes of three telegrams to the miles"),
        (f"members show {config} 2904000000017", "a member's tier, balances and lots"),
        (f"verify {config}", "every invariant by name"),
        (f"serve {config}", "the same server, for hosts of your own"),
    ):
        click.echo(f"  {ffgate} {command}    {what}")
