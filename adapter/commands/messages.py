"""``ffgate decode`` and ``ffgate ingest``: files of messages understood, or taken in as if a host had sent them."""

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED, config_option

ENCODINGS = ("utf-8", "cp866", "koi8-r", "cp1251")


def _instant(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a time such as 2026-08-21T06:30:00Z") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


_files = click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
_received_at = click.option(
    "--received-at",
    callback=_instant,
    metavar="ISO",
    help="When the messages count as received (UTC unless a zone is given): years left out are resolved against it. "
    "Default: now.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object per message and line.")


@click.command(
    epilog="""\b
Examples:
  ffgate decode FTL_UT280.txt
  ffgate decode --json --received-at 2026-08-21T06:30:00Z part1.txt part2.txt
  ffgate decode request.xml | less

\b
Exit codes: 0 all understood, 1 a link would quarantine at least one."""
)
@_files
@_as_json
@click.option(
    "--encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True, help="Of telegrams."
)
@click.option(
    "--profile", default="", metavar="NAME", help="Grammar profile of a vendor, as a link's `profile:`."
)
@click.option(
    "--tolerant", is_flag=True, help="Use lists with local damage, as a link with `tolerant: true` does."
)
@_received_at
def decode(
    files: tuple[Path, ...],
    as_json: bool,
    encoding: str,
    profile: str,
    tolerant: bool,
    received_at: datetime | None,
) -> None:
    """Say what the messages in FILES mean and what is wrong with them.

    Nothing is stored and no database is needed. Parts of one telegram that are given together are joined.
    """
    from adapter.decoding import decode_files
    from adapter.documents.document import Manner
    from adapter.engine import load_messages

    catalogue, maps = load_messages()
    if profile and profile not in catalogue.profiles:
        known = ", ".join(catalogue.profiles)
        raise click.BadParameter(f"there is no profile {profile!r} (known: {known})", param_hint="--profile")
    instant = received_at or datetime.now(UTC)
    decoded = decode_files(files, catalogue, maps, encoding, instant, Manner(profile, tolerant))
    for one in decoded:
        _print_decoded(one, as_json)
    if any(one.problems for one in decoded):
        raise SystemExit(EXIT_FAILED)


def _print_decoded(decoded: Any, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(decoded.as_data(), ensure_ascii=False))
        return
    parts = f" ({len(decoded.parts)} parts)" if len(decoded.parts) > 1 else ""
    found = len(decoded.transactions)
    verdict = "not usable" if decoded.problems else f"{found} transaction{'' if found == 1 else 's'}"
    click.echo(
        f"{', '.join(decoded.files)}: {decoded.kind or 'unknown kind'}{parts}, "
        f"{decoded.lines} lines, {len(decoded.unread)} unread: {verdict}"
    )
    for label, problems in (("", decoded.problems), ("warning: ", decoded.warnings)):
        for problem in problems:
            place = ":".join(map(str, (problem.file, problem.line, problem.column)))
            words = [place, problem.path, f"{label}{problem.text} [{problem.code}]"]
            click.echo("  " + ": ".join(word for word in words if word))
    for transaction in decoded.transactions:
        click.echo(f"  {_brief(transaction)}")


def _brief(transaction: Any) -> str:
    from loyalty_core import ListReceived

    if not isinstance(transaction, ListReceived):
        return f"{type(transaction).__name__}: {_words(transaction)}"
    nil = ", NIL" if transaction.nil else ""
    lines = [
        f"{transaction.kind} of {transaction.departure.key}, as of {transaction.edition.isoformat()}{nil}, "
        f"{len(transaction.persons)} persons"
    ]
    for person in transaction.persons:
        cards = [
            f"{card.role} {card.airline} {card.number}{card.booked_class and '-' + card.booked_class}"
            for card in person.cards
        ]
        ticket = f"ticket {person.ticket}/{person.coupon}" if person.ticket else ""
        name = f"{person.name.surname}/{person.name.given}"
        words = [f"line {person.line}", name, f"{person.off_point} {person.group_class}", ticket, *cards]
        lines.append("  " + "  ".join(word for word in words if word))
    return "\n  ".join(lines)


def _words(value: Any) -> str:
    """The fields of a value that say something, nested ones in brackets."""
    words = []
    for field in fields(value):
        one = getattr(value, field.name)
        if is_dataclass(one):
            words.append(f"{field.name} ({_words(one)})")
        elif one not in ("", None, (), 0):
            words.append(f"{field.name} {one}")
    return ", ".join(words)


@click.command(
    epilog="""\b
Examples:
  ffgate ingest --link dcs-files FTL_UT280.txt
  ffgate ingest --link gateway --json request.xml
  ffgate ingest --link dcs-files --received-at 2026-08-21T06:30:00Z old/*.txt

\b
Exit codes: 0 all kept or answered, 1 at least one quarantined or not kept, 3 settings can't be used."""
)
@_files
@click.option(
    "--link", "link", required=True, metavar="NAME", help="The link that the messages count as come by."
)
@_as_json
@_received_at
@config_option
def ingest(
    files: tuple[Path, ...], link: str, as_json: bool, received_at: datetime | None, config_path: Path
) -> None:
    """Take in the messages of FILES as if they had come by a link, and print what became of each.

    Works on the database itself, so no server may be running on it (SQLite).
    """
    from adapter.config import load_config
    from adapter.ingesting import ingest_files
    from adapter.logs import configure

    config = load_config(config_path)
    if link not in config.ends:
        names = ", ".join(sorted(config.ends)) or "none"
        raise click.BadParameter(
            f"there is no link {link!r} in {config_path} (links: {names})", param_hint="--link"
        )
    configure("warning")
    good = True
    for taken in ingest_files(config, link, files, received_at or datetime.now(UTC)):
        good &= taken.good
        click.echo(json.dumps(taken.as_data(), ensure_ascii=False) if as_json else taken.as_text())
    if not good:
        raise SystemExit(EXIT_FAILED)
