"""``ffgate serve``: the server, from settings to the last answer."""

import gc
import sys
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_CONFIG, EXIT_FAILED, config_option

READY = "ffgate is ready"
"""The line that says so, for people and for whatever started the server."""


@click.command(
    epilog="""\b
Examples:
  ffgate serve
  ffgate serve -c /srv/ffgate/config.yaml

\b
Exit codes: 0 stopped by SIGTERM or SIGINT after everything was answered, 1 could not start (database or address
taken, for example), 3 the settings can't be used."""
)
@config_option
def serve(config_path: Path) -> None:
    """Serve the links of the settings until told to stop.

    Says where each link takes messages in, then that it is ready. Standard error has the log as JSON lines, unless the
    settings name a file for it.
    """
    from adapter.config import load_config
    from adapter.logs import configure

    config = load_config(config_path)
    from twisted.internet import reactor

    configure(config.logs.level, file=config.logs.file)
    from adapter.app import Application

    raise SystemExit(_run(Application(config, reactor), reactor))


def _run(application: Any, reactor: Any) -> int:
    """Run the reactor until the application has stopped; returns the exit code."""
    failures: list[Any] = []

    def started(_: None) -> None:
        if not application.is_ready:
            return
        for name, place in application.addresses.items():
            click.echo(f"{name:<16} {place}")
        if application.admin_address:
            click.echo(f"{'admin':<16} http://{application.admin_address}/readyz")
        # What lives as long as the process (schemas, maps, tables) need not be looked through for garbage again.
        gc.collect()
        gc.freeze()
        click.echo(READY)
        sys.stdout.flush()

    def failed(failure: Any) -> None:
        failures.append(failure)
        reactor.stop()

    reactor.callWhenRunning(lambda: application.start().addCallback(started).addErrback(failed))
    # SIGTERM and SIGINT stop the reactor, which waits for this Deferred before it ends.
    reactor.addSystemEventTrigger("before", "shutdown", application.stop)
    reactor.run()
    return _explain(failures[0]) if failures else 0


def _explain(failure: Any) -> int:
    from twisted.internet.error import CannotListenError

    from adapter.errors import ConfigError
    from loyalty_core import CoreError

    error = failure.value
    if isinstance(error, ConfigError):
        for problem in error.problems:
            click.echo(str(problem), err=True)
        return EXIT_CONFIG
    if isinstance(error, CannotListenError):
        click.echo(
            f"ffgate: {error.interface}:{error.port} can't be listened on: {error.socketError}", err=True
        )
    elif isinstance(error, CoreError | OSError):
        click.echo(f"ffgate: {error}", err=True)
    else:
        click.echo(failure.getTraceback(), err=True)
    return EXIT_FAILED
