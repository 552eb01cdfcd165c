"""``ffgate send``: telegrams queued to leave by a link."""

import json
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED, config_option


@click.command(
    epilog="""\b
Examples:
  ffgate send --link dcs-files telegram.txt
  ffgate send --link dcs-files --to MOWRMXY --to LEDKKXY --from MOWFFXY note.txt

\b
Exit codes: 0 queued (or queued before), 1 not queued, 2 usage, 3 settings."""
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--link", "link", required=True, metavar="NAME", help="The link that they leave by.")
@click.option("--to", "to", multiple=True, metavar="ADDRESS", help="Whom to; once for each.")
@click.option("--from", "origin", default="", metavar="ORIGIN", help="Whom from.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file and line.")
@config_option
def send(
    files: tuple[Path, ...], link: str, to: tuple[str, ...], origin: str, as_json: bool, config_path: Path
) -> None:
    """Queue the telegrams of FILES to leave by a link, in that order.

    A telegram has its envelope (addresses, origin line), or begins with the kind and gets one from --to and --from;
    free text that is too long goes in parts. A file may hold several. The server sends them, repeats what fails, and
    marks as a possible duplicate what may have arrived. On SQLite they are handed to the running server; without one
    they wait for the next. The same text by the same link is queued once.
    """
    from adapter.config import load_config
    from adapter.errors import TelegramError
    from adapter.outgoing import now
    from adapter.texts import telegrams_of

    config = load_config(config_path)
    if link not in config.senders:
        names = ", ".join(sorted(config.senders)) or "none"
        raise click.BadParameter(
            f"no telegram can leave by a link {link!r} (links that can: {names})", param_hint="--link"
        )
    texts = {}
    good = True
    for file in files:
        try:
            texts[file] = telegrams_of(file.read_bytes(), config.senders[link].encoding, to, origin, now())
        except TelegramError as error:
            good = False
            for problem in error.problems:
                place = ":".join(
                    str(part) for part in (file, problem.line or "", problem.column or "") if part
                )
                click.echo(f"{place}: {problem.text} [{problem.code}]", err=True)
    if not good:
        click.echo("ffgate: nothing was queued", err=True)
        raise SystemExit(EXIT_FAILED)
    hand_over = _hand_over(config)
    for file, own in texts.items():
        report = hand_over({"link": link, "telegrams": list(own)})
        good &= report["queued"]
        if as_json:
            click.echo(json.dumps({"file": str(file), **report}, ensure_ascii=False))
        else:
            click.echo(f"{file}: {_words(report)}")
    if not good:
        raise SystemExit(EXIT_FAILED)


def _words(report: dict[str, Any]) -> str:
    if not report["queued"]:
        return "not queued: another telegram has its key"
    if report["repeated"]:
        return (
            f"this very text was handed over before (journal row {report['journal_id']}); nothing was queued"
        )
    number = len(report["telegrams"])
    parts = f" in {number} parts" if number > 1 else ""
    return f"queued for link {report['link']}{parts}, journal row {report['journal_id']}"


def _hand_over(config: Any) -> Any:
    """A function that queues one file's telegrams: by the running server where that alone may write, else by itself."""
    from adapter import door
    from loyalty_core import StorageLocked

    try:
        return _by_ourselves(config)
    except StorageLocked:
        found = door.find_door(door.door_file(config.sqlite_file)) if config.sqlite_file else None
        if found is None:
            raise
    return lambda order: _by_the_server(found, order)


def _by_the_server(found: Any, order: dict[str, Any]) -> dict[str, Any]:
    from adapter import door
    from adapter.outgoing import ORDER

    status, answer = door.order(found, ORDER, order)
    if status != 200 or not isinstance(answer, dict):
        text = answer.get("error", "") if isinstance(answer, dict) else ""
        raise door.DoorClosed(f"process {found.process} refused the telegrams ({status}): {text}")
    return answer


def _by_ourselves(config: Any) -> Any:
    from contextlib import closing

    from adapter.door import DoorClosed
    from adapter.outbox import queueing
    from adapter.outgoing import now, read_order, report_of
    from loyalty_core import Core, OutboxAnswer, OutboxCheck, StorageUnavailable

    def open_core() -> Core:
        return Core.open(config.database_url, lane=config.database.lane, config_digest=config.digest)

    def hand_over(order: dict[str, Any]) -> dict[str, Any]:
        asked = read_order(config, json.dumps(order).encode())
        with closing(open_core()) as core:
            (outbox,) = core.answer([OutboxCheck()])
            assert isinstance(outbox, OutboxAnswer)
            if dict(outbox.waiting).get(asked[0].link, 0) + len(asked) > config.sending.queue_max:
                raise DoorClosed(f"too many telegrams wait for link {asked[0].link} already")
            (result,) = core.execute([queueing(asked, now())])
        if result.system_error:
            raise StorageUnavailable("the telegrams could not be queued")
        return report_of(asked, result)

    open_core().close()  # says now whether we may write
    return hand_over
