"""What commands have in common by which staff says something: it is written as the message of a host would be, and
taken in the same way."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def airline_and_number(text: str, where: str) -> tuple[str, str]:
    """A card or member as ``UT:7700000000011``; ``where`` is the argument that it was given by. Raises BadParameter."""
    airline, colon, number = text.partition(":")
    if not colon:
        raise click.BadParameter(f"{text!r} is not AIRLINE:NUMBER", param_hint=where)
    return airline.upper(), number


def submit(config_path: Path, root: Any, as_json: bool) -> dict[str, Any]:
    """Takes the message in as one of staff and tells what became of it; that is returned as data. Ends the command
    where the message was invalid or not kept."""
    from lxml import etree

    from adapter.config import load_config
    from adapter.envelope import Envelope
    from adapter.ingesting import ingest_envelope
    from adapter.telling import row_of, told
    from adapter.work import COMMAND_LINK, COMMAND_PROTOCOL

    config = load_config(config_path)
    query = etree.Element("query")
    query.append(root)
    raw = etree.tostring(query, xml_declaration=True, encoding="UTF-8")
    envelope = Envelope(COMMAND_LINK, COMMAND_PROTOCOL, "command", raw, datetime.now(UTC))
    taken = ingest_envelope(config, envelope)
    data = taken.as_data()
    for problem in data["problems"]:
        click.echo(f"ffgate: {problem['path']}: {problem['text']}", err=True)
    if not data["outcomes"] or taken.passed.result is None:
        click.echo(f"ffgate: {data['state']}", err=True)
        raise SystemExit(EXIT_FAILED)
    (outcome,) = taken.passed.result.outcomes
    words = f"{told(row_of(outcome))}; journal row {data['journal_id']}"
    row = {**data["outcomes"][0], "journal_id": data["journal_id"]}
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else words)
    return row
