"""``ffgate flight`` and ``ffgate flights``: the missed-credit radar for people and programs."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED, config_option
from adapter.commands.books import _open as open_core
from adapter.commands.books import json_option
from adapter.commands.messages import _instant as read_instant

UNUSABLE_FROM_DAYS, UNUSABLE_UNTIL_DAYS = 4, 10
"""Unread messages are looked at that came so many days before and after the flight's date."""

at_option = click.option(
    "--at",
    callback=read_instant,
    metavar="ISO",
    help="Judge what is late or missing as of this instant. Default: now.",
)


class _Radar:
    """The books of one installation, with what it takes to name flights."""

    def __init__(self, config_path: Path, at: datetime | None) -> None:
        from adapter.config import load_config
        from adapter.designators import load_codes

        self.at = at or datetime.now(UTC)
        self.codes = load_codes()
        self.expected = load_config(config_path).flights.expected_minutes
        self.core = open_core(config_path)

    def unusable(self, on: date) -> dict[str, Any]:
        noon = datetime.combine(on, time(12), UTC)
        found: dict[str, Any] = self.core.unusable(
            noon - timedelta(days=UNUSABLE_FROM_DAYS), noon + timedelta(days=UNUSABLE_UNTIL_DAYS)
        )
        return found

    def report(self, key: str, unusable: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the core knows of a departure, with the unread messages that name it; None if nothing does."""
        from adapter.designators import Mentions

        mentions = Mentions(key, self.codes)
        quarantined = [
            {name: value for name, value in row.items() if name not in ("raw", "encoding")}
            for row in unusable["quarantined"]
            if mentions.in_message(row["raw"], row["encoding"])
        ]
        incomplete = [one for one in unusable["incomplete"] if mentions.in_set(one["merge_key"])]
        found: dict[str, Any] | None = self.core.departure(key, self.expected, self.at)
        if found is None:
            if not quarantined and not incomplete:
                return None
            found = {
                "departure": key, "movement": None, "people": {}, "credited": 0, "award": 0, "missed": [],
                "lists": [], "contradictions": [],
            }  # fmt: skip
        return {**found, "quarantined": quarantined, "incomplete": incomplete}


@click.command(
    epilog="""\b
Examples:
  ffgate flight UT280/20AUG/DME
  ffgate flight UT280/2026-08-20/DME --json

\b
Exit codes: 0 found, 1 nothing known of it, 2 usage, 3 settings."""
)
@click.argument("departure")
@at_option
@config_option
@json_option
def flight(departure: str, at: datetime | None, config_path: Path, as_json: bool) -> None:
    """Show one DEPARTURE: who is credited, who flew without a credit and probably is a member, which lists came, late,
    in pieces or not at all, and where they contradict each other.

    Works beside a running server: it only reads. Without a year, the date is the nearest one.
    """
    from adapter.designators import read_designator
    from adapter.radar_text import as_lines

    radar = _Radar(config_path, at)
    try:
        try:
            key = read_designator(departure, radar.codes, radar.at)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        found = radar.report(key, radar.unusable(date.fromisoformat(key.split("/")[2])))
    finally:
        radar.core.close()
    if found is None:
        click.echo(f"ffgate: nothing known of {key}", err=True)
        raise SystemExit(EXIT_FAILED)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(as_lines(found)))


@click.command(
    epilog="""\b
Examples:
  ffgate flights 2026-08-20
  ffgate flights 2026-08-20 --json | jq .departure

\b
Exit codes: 0 done, 2 usage, 3 settings."""
)
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@at_option
@config_option
@json_option
def flights(day: datetime, at: datetime | None, config_path: Path, as_json: bool) -> None:
    """Show the departures of a local DAY, one a line (one JSON object with --json), those to look at first."""
    from adapter.radar_text import as_line, badness

    radar = _Radar(config_path, at)
    try:
        unusable = radar.unusable(day.date())
        keys = radar.core.departures_on(day.date().isoformat())
        reports = [found for key in keys if (found := radar.report(key, unusable)) is not None]
    finally:
        radar.core.close()
    reports.sort(key=lambda found: (*(-each for each in badness(found)), found["departure"]))
    for found in reports:
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else as_line(found))
    if not reports and not as_json:
        click.echo("no departures")
