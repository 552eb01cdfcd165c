"""The command ``ffgate``: which commands there are, how they are found, and what their exit codes mean.

Nothing but click is imported until a command runs, so that ``--help`` answers at once and works without settings.
To add a command: a function in a module of ``adapter.commands`` and a line in ``COMMANDS``.
"""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

EXIT_FAILED = 1
EXIT_CONFIG = 3
"""2 is click's own, for usage."""

COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("adapter.commands.setup", "init", "Write settings, keys and directories to start with."),
    "check": (
        "adapter.commands.setup",
        "check",
        "Say whether the settings can be used, and where they can't.",
    ),
    "programme": (
        "adapter.commands.programme",
        "programme",
        "Prove, test and try out programmes; compare drafts.",
    ),
    "demo": ("adapter.commands.demo", "demo", "Play a morning of a demo airline, and explain it."),
    "members": ("adapter.commands.members", "members", "Take over and look up members."),
    "status": ("adapter.commands.books", "status", "Count messages, ledger entries and what waits."),
    "verify": ("adapter.commands.books", "verify", "Check the invariants of the ledger."),
    "explain": ("adapter.commands.books", "explain", "Show the chain from bytes to miles."),
    "flight": ("adapter.commands.flights", "flight", "Show a departure: credits missed, lists missing."),
    "flights": ("adapter.commands.flights", "flights", "Show the departures of a day, worst first."),
    "suspense": ("adapter.commands.cases", "suspense", "List what waits for somebody to decide whose it is."),
    "resolve": (
        "adapter.commands.cases",
        "resolve",
        "Decide a case: whose a carriage is, how a name is spelt.",
    ),
    "claim": ("adapter.commands.cases", "claim", "Claim a flight for a member."),
    "replay": ("adapter.commands.books", "replay", "Rebuild the books from the journal, and compare."),
    "serve": ("adapter.commands.service", "serve", "Serve the links of the settings until told to stop."),
    "ingest": ("adapter.commands.messages", "ingest", "Take in files as if they had come by a link."),
    "send": ("adapter.commands.sending", "send", "Queue telegrams to be sent by a link."),
    "decode": ("adapter.commands.messages", "decode", "Say what files of messages mean; store nothing."),
}
"""Name of a command -> module, attribute of the click command, one line for the list of commands."""

EPILOG = """\b
Exit codes:
  0  done
  1  failed: what was asked for did not succeed
  2  usage: unknown command or option
  3  settings: the configuration can't be used

\b
To start:
  ffgate init airline && cd airline && ffgate serve
  ffgate COMMAND --help
"""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports each when it is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " See ffgate --help."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            code = _explain(error)
            if code is None:
                raise
            ctx.exit(code)


def _explain(error: Exception) -> int | None:
    """Tell an expected error to people; None for a defect of ours, which keeps its traceback."""
    from adapter.errors import AdapterError, ConfigError
    from loyalty_core import CoreError, InputError

    if isinstance(error, ConfigError | InputError):
        for problem in error.problems:
            click.echo(str(problem), err=True)
    elif isinstance(error, AdapterError | CoreError):
        click.echo(f"ffgate: {error}", err=True)
    else:
        return None
    return EXIT_CONFIG if isinstance(error, ConfigError) else EXIT_FAILED


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"ffgate {version('ffgate')}")
        except PackageNotFoundError:
            click.echo("ffgate, run from its source tree without being installed")
        ctx.exit()


def config_option(function: Any) -> Any:
    """The option --config, alike for all commands; handed over as ``config_path``."""
    return click.option(
        "-c",
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        default=lambda: os.environ.get("FFGATE_CONFIG", "config.yaml"),
        show_default="$FFGATE_CONFIG or config.yaml",
        metavar="FILE",
        help="Settings.",
    )(function)


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Frequent-flyer gateway: turns what airline host systems send into miles, and proves each of them."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Entry point of the console script."""
    try:
        cli(prog_name="ffgate")
    except BrokenPipeError:
        # The reader (head, less) had enough; a second failure while flushing must not be shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
