"""``ffgate suspense``, ``resolve`` and ``claim``: what waits for people to decide, and how they do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED, config_option
from adapter.commands.books import _open as open_core
from adapter.commands.books import json_option
from adapter.commands.by_staff import airline_and_number, now, submit

LISTED_MAX = 200

ACTIONS = ("assign", "uphold", "reject", "withdraw", "accept_name", "forget_name")


@click.command(
    epilog="""\b
Examples:
  ffgate suspense
  ffgate suspense --json | jq .carriage

\b
Exit codes: 0 done, 1 the database can't be read, 3 settings."""
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=LISTED_MAX, show_default=True)
@config_option
@json_option
def suspense(limit: int, config_path: Path, as_json: bool) -> None:
    """List what waits for somebody to decide whose it is, with members it may be, the latest flights first.

    Each case is named by a carriage key; `ffgate resolve` takes it. With --json, one object per line.
    """
    from adapter.designators import written
    from adapter.radar_text import missed_lines

    core = open_core(config_path)
    try:
        cases = core.suspense(limit)
    finally:
        core.close()
    for case in cases:
        if as_json:
            click.echo(json.dumps(case, ensure_ascii=False))
            continue
        first, *others = missed_lines(case)
        click.echo(f"{written(case['departure'])}  {first}")
        click.echo(f"  carriage {case['carriage']}")
        for line in others:
            click.echo(line)
    if not cases and not as_json:
        click.echo("nothing is in suspense")


@click.command(
    epilog="""\b
Examples:
  ffgate resolve assign "UT/451/2026-08-20/DME|T|2986120000017/1" --card UT:7700000000011 \\
    --by a.petrova --reason "passport seen"
  ffgate resolve reject "UT/451/2026-08-20/DME|L|0Q4MR7|SMITH/A" --by a.petrova --reason "card of an agent"
  ffgate resolve accept_name --card UT:7700000000011 --name SMITH/VERA --by a.petrova --reason "married in May"

\b
Exit codes: 0 done, 1 refused or not kept, 2 usage, 3 settings."""
)
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("carriage", required=False, default="")
@click.option("--card", metavar="AIRLINE:NUMBER", help="A card of the member it is about.")
@click.option("--name", metavar="SURNAME/GIVEN", help="The spelling to accept or to forget.")
@click.option("--by", required=True, metavar="ACCOUNT", help="Who decides.")
@click.option("--reason", required=True, help="Why, in words.")
@config_option
@json_option
def resolve(
    action: str, carriage: str, card: str | None, name: str | None, by: str, reason: str,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Decide a case of CARRIAGE: assign it to a card's holder, uphold it (flown, a boarding pass was seen), reject it,
    or withdraw what was decided; or accept a spelling of a holder's name.

    The decision is kept with its reason, and counts whatever lists still come. Works on the database itself (as an
    `ffp_resolve` message): with SQLite not while a server runs, which takes the message by its link instead.
    """
    from lxml import etree

    root = etree.Element("ffp_resolve", action=action, by=by, reason=reason, stated=now())
    if carriage:
        etree.SubElement(root, "carriage", key=carriage)
    if card:
        _add_card(root, card)
    if name:
        _add_name(root, name)
    if submit(config_path, root, as_json)["reason"]:
        raise SystemExit(EXIT_FAILED)


@click.command(
    epilog="""\b
Examples:
  ffgate claim --card UT:7700000000011 --name LUGOVAYA/VERA --ticket 2986120000017/1
  ffgate claim --card UT:7700000000011 --name LUGOVAYA/VERA --flight UT451/20AUG/DME --locator 0Q4MR7

\b
Exit codes: 0 credited, now or before, 1 not credited (the answer says why), 2 usage, 3 settings."""
)
@click.option("--card", required=True, metavar="AIRLINE:NUMBER")
@click.option("--name", required=True, metavar="SURNAME/GIVEN", help="As on the ticket.")
@click.option("--ticket", metavar="NUMBER[/COUPON]")
@click.option("--flight", metavar="DEPARTURE", help="Such as UT451/20AUG/DME.")
@click.option("--locator", metavar="CODE", help="Of the booking; needs --flight.")
@config_option
@json_option
def claim(
    card: str, name: str, ticket: str | None, flight: str | None, locator: str | None,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Claim a flight for a member, and say what the journal knows of it.

    A claim that can't be upheld yet is kept and counts when the lists come; one by ticket alone that finds nothing is
    not. Works on the database itself (as an `ffp_claim` message): with SQLite not while a server runs, which takes the
    message by its link instead.
    """
    from lxml import etree

    if not ticket and not flight:
        raise click.UsageError("name the ticket or the flight")
    if locator and not flight:
        raise click.UsageError("--locator needs --flight")
    root = etree.Element("ffp_claim", claimed=now())
    _add_card(root, card)
    _add_name(root, name)
    if ticket:
        number, _slash, coupon = ticket.partition("/")
        etree.SubElement(root, "ticket", {"number": number, **({"coupon": coupon} if coupon else {})})
    if flight:
        _add_segment(root, flight, locator)
    if submit(config_path, root, as_json)["status"] not in ("credited", "credited_before"):
        raise SystemExit(EXIT_FAILED)


def _add_card(root: Any, card: str) -> None:
    from lxml import etree

    airline, number = airline_and_number(card, "--card")
    etree.SubElement(root, "ffp", company=airline).text = number


def _add_name(root: Any, name: str) -> None:
    from lxml import etree

    surname, slash, given = name.upper().partition("/")
    if not slash or not given:
        raise click.BadParameter(f"{name!r} is not SURNAME/GIVEN", param_hint="--name")
    etree.SubElement(root, "passenger", surname=surname, name=given)


def _add_segment(root: Any, flight: str, locator: str | None) -> None:
    from lxml import etree

    from adapter.designators import load_codes, read_designator

    try:
        key = read_designator(flight, load_codes(), datetime.now(UTC))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--flight") from None
    carrier, number, on, board = key.split("/")
    attributes = {"company": carrier, "flight": number, "date": on, "departure": board}
    etree.SubElement(root, "segment", attributes | ({"locator": locator.upper()} if locator else {}))
