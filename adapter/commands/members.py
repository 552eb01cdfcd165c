"""``ffgate members tier``: staff give a member a tier that was not reached by flying, or take it back."""

from pathlib import Path

import click

from adapter.cli import EXIT_FAILED, config_option
from adapter.commands.books import json_option, members
from adapter.commands.by_staff import airline_and_number, now, submit

__all__ = ["members"]

KINDS = ("gift", "match", "paid")


@members.command(
    epilog="""\b
Examples:
  ffgate members tier UT:M1 GOLD --kind gift --since 2026-09-01 --until 2027-08-31 --reason "lost baggage"
  ffgate members tier UT:M1 GOLD --kind paid --since 2027-01-01 --until 2027-12-31 --reason "receipt 4711"
  ffgate members tier UT:M1 GOLD --kind gift --since 2026-09-01 --withdraw --reason "wrong member"

\b
Exit codes: 0 done, 1 refused or not kept, 2 usage, 3 settings."""
)
@click.argument("member", metavar="AIRLINE:NUMBER")
@click.argument("tier")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Why it was not reached by flying.")
@click.option("--since", required=True, metavar="DATE", help="The first day.")
@click.option("--until", metavar="DATE", help="The last day; without it there is none.")
@click.option("--withdraw", is_flag=True, help="Take back what was given from that day on.")
@click.option("--reason", required=True, help="Why, in words.")
@config_option
@json_option
def tier(
    member: str, tier: str, kind: str, since: str, until: str | None, withdraw: bool, reason: str,
    config_path: Path, as_json: bool,
) -> None:  # fmt: skip
    """Give member AIRLINE:NUMBER a TIER that was not reached by flying: as a gift, as a match of another airline's, or
    by extending for money one that would end, where the programme lets it.

    Kind, tier and first day name what was given: said again, it gets another end. A member who isn't known yet has it
    once he is. Works on the database itself (as an `ffp_tier` message): with SQLite not while a server runs, which
    takes the message by its link instead.
    """
    from lxml import etree

    airline, number = airline_and_number(member, "AIRLINE:NUMBER")
    if withdraw and until:
        raise click.UsageError("what is taken back has no end: give --withdraw or --until")
    root = etree.Element("ffp_tier")
    said = {"company": airline, "tier": tier.upper(), "kind": kind, "since": since}
    said |= {"until": until} if until else {}
    said |= {"state": "withdrawn"} if withdraw else {}
    etree.SubElement(root, "member", said | {"reason": reason, "said": now()}).text = number
    if submit(config_path, root, as_json)["reason"]:
        raise SystemExit(EXIT_FAILED)
