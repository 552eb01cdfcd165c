"""``ffgate status``, ``verify``, ``members`` and ``explain``: what the books hold, and why."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED, config_option

json_option = click.option("--json", "as_json", is_flag=True, help="Data on standard output, for programs.")


def _open(config_path: Path) -> Any:
    """The core for reading, beside a server that may be writing."""
    from adapter.config import load_config
    from loyalty_core import Core

    config = load_config(config_path)
    return Core.open(config.database_url, read_only=True, busy_seconds=config.database.busy_seconds)


@click.command(
    epilog="""\b
Examples:
  ffgate status
  ffgate status --json

\b
Exit codes: 0 done, 1 the database can't be read, 3 settings."""
)
@config_option
@json_option
def status(config_path: Path, as_json: bool) -> None:
    """Count messages by state and link, ledger entries, telegrams to be sent, and what waits.

    Works beside a running server: it only reads.
    """
    core = _open(config_path)
    try:
        report = core.status()
    finally:
        core.close()
    for counts in report["outbox"].values():
        oldest = counts["oldest_queued_at"]
        since = datetime.fromisoformat(oldest) if oldest else None
        counts["oldest_waits_seconds"] = (datetime.now(UTC) - since).total_seconds() if since else None
    if as_json:
        click.echo(json.dumps(report))
        return
    states = ", ".join(f"{count} {state}" for state, count in sorted(report["messages"].items())) or "none"
    click.echo(f"messages     {states}")
    click.echo(f"entries      {report['entries']}")
    click.echo(f"pending      {report['pending']} carriages wait for proof of flying or for a holder")
    sets = report["part_sets"]
    click.echo(f"part sets    {sets['open']} wait for their parts, {sets['given_up']} were given up")
    for link, counts in report["links"].items():
        click.echo(f"link {link}: " + ", ".join(f"{count} {state}" for state, count in counts.items()))
    for link, counts in report["outbox"].items():
        states = ", ".join(f"{count} {state}" for state, count in counts.items() if isinstance(count, int))
        age = counts["oldest_waits_seconds"]
        waits = f", the oldest waits for {age:.0f} s" if age is not None else ""
        click.echo(f"telegrams by {link}: {states}{waits}")
    if report["answers_due"]:
        click.echo(f"answers      {report['answers_due']} to lists are due")


@click.command(
    epilog="""\b
Examples:
  ffgate verify
  ffgate verify --json | jq .state_hash

\b
Exit codes: 0 every invariant holds, 1 one doesn't, 3 settings."""
)
@config_option
@json_option
def verify(config_path: Path, as_json: bool) -> None:
    """Check the books: hash chains of ledger and journal, sums, lots, counters, and that every message came to an end.

    The state hash sums up what the books say now and doesn't depend on the order in which messages came; the chain head
    sums up the history of the ledger. The log head vouches for all of it: every message that came, what became of it,
    and the ledger. Whoever keeps it elsewhere can prove later that nothing was changed.
    """
    core = _open(config_path)
    try:
        report = core.verify()
    finally:
        core.close()
    if as_json:
        click.echo(json.dumps(report))
    else:
        for check in report["checks"]:
            click.echo(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}")
            for found in check["found"]:
                click.echo(f"        {found}")
        click.echo(f"entries     {report['entries']}")
        click.echo(f"state hash  {report['state_hash']}")
        click.echo(f"chain head  {report['chain_head']}")
        click.echo(f"log head    {report['log_head']}")
    if not report["ok"]:
        raise SystemExit(EXIT_FAILED)


@click.group()
def members() -> None:
    """Take over and look up members."""


@members.command(
    "import",
    epilog="""\b
Examples:
  ffgate members import members.csv --dry-run
  ffgate members import members.csv

\b
Exit codes: 0 done, 1 the file has mistakes (nothing was changed), 3 settings.""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and say what would change; change nothing.")
@config_option
@json_option
def import_(file: Path, dry_run: bool, config_path: Path, as_json: bool) -> None:
    """Take over FILE: CSV in UTF-8, one row per card. Not while a server writes to the same SQLite database.

    Columns: member, surname, given, card_airline, card; and if you have them other_names, birth_date, residence,
    groups, programme, card_state, replaced_by, tier, enrolled_on. All mistakes are listed with their rows. Flights that
    were reported before a member was known are credited now.
    """
    from twisted.internet.task import Clock

    from adapter.config import load_config
    from adapter.engine import Engine, digest_after
    from adapter.ingesting import finish
    from adapter.replaying import MEMBERS_LINK
    from loyalty_core import ImportOutcome, MembersImported, State, Submission

    content = file.read_bytes()
    # Without threads everything is done when start() has ended; nobody ever waits on this clock.
    engine = Engine(load_config(config_path), Clock(), threads=False)
    try:
        finish(engine.start())
        newest = engine.core.newest_of(MEMBERS_LINK)
        if newest is not None and newest["raw"] == content:
            click.echo("this very file was the last one taken over; nothing changed", err=as_json)
            if as_json:
                click.echo(
                    json.dumps(
                        {"opened": 0, "changed": 0, "unchanged": 0, "dry_run": dry_run, "repeated": True}
                    )
                )
            return
        submission = Submission(
            MEMBERS_LINK,
            "members",
            content,
            digest_after(content, newest),
            datetime.now(UTC),
            (MembersImported(content),),
            source=file.name,
        )
        (result,) = engine.core.rehearse([submission])
        if result.state is not State.QUARANTINED and not dry_run:
            (result,) = engine.core.execute([submission])
    finally:
        engine.core.close()
    if result.state is State.QUARANTINED:
        for problem in result.problems:
            column = f" {problem.path}:" if problem.path else ""
            click.echo(f"{file}:{problem.line}:{column} {problem.text}", err=True)
        raise SystemExit(EXIT_FAILED)
    (outcome,) = result.outcomes
    assert isinstance(outcome, ImportOutcome)
    counts = {"opened": outcome.opened, "changed": outcome.changed, "unchanged": outcome.unchanged}
    if as_json:
        click.echo(json.dumps({**counts, "dry_run": dry_run, "repeated": False}))
        return
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    click.echo(f"{'would be ' if dry_run else ''}{words}")


def _belief_text(belief: dict[str, Any]) -> str:
    since = f"since {belief['since']}" if belief["since"] else "from the start"
    if not belief["tier"]:
        return f"no other tier {since} any more"
    until = f" until {belief['until']}" if belief["until"] else ""
    # What was flown for may last longer because somebody gave it as well.
    source = (
        f"{' by' if belief['why'] == 'given' else ', then'} {belief['source']}" if belief["source"] else ""
    )
    return f"{belief['tier']} {since}{until}, {belief['why']}{source}"


@members.command(
    epilog="""\b
Examples:
  ffgate members show 2904000000017
  ffgate members show D100001 --json

\b
Exit codes: 0 done, 1 unknown, 3 settings."""
)
@click.argument("number")
@config_option
@json_option
def show(number: str, config_path: Path, as_json: bool) -> None:
    """Show a member by member or card NUMBER: cards, tier, what was said and given, balances, lots."""
    from adapter.telling import given_tier

    core = _open(config_path)
    try:
        found = core.member(number)
    finally:
        core.close()
    if found is None:
        click.echo(f"ffgate: no member or card {number}", err=True)
        raise SystemExit(EXIT_FAILED)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    until = f" until {found['tier_until']}" if found["tier_until"] else ""
    click.echo(f"member {found['number']} of {found['programme']}: {found['tier']}{until}, {found['state']}")
    if found["merged_into"]:
        click.echo(f"merged     into {found['merged_into']}")
    click.echo("names      " + "; ".join(f"{surname}/{given}" for surname, given in found["names"]))
    for card in found["cards"]:
        replaced = f", replaced by {card['replaced_by']}" if card["replaced_by"] else ""
        click.echo(f"card       {card['number']} {card['state']}{replaced}")
    for told in found["told"]:
        since = f" since {told['since']}" if told["since"] else ""
        what = f"{told['subject'].partition('/')[2]}: {told['aspect']} {told['word'] or 'none'}{since}"
        click.echo(f"told       {told['said_at']} {what}")
    for given in found["given_tiers"]:
        click.echo(f"given      {given_tier(given)}")
    for belief in found["tiers"]:
        click.echo(
            f"tier       {belief['known_at']} {_belief_text(belief)}, journal row {belief['journal_id']}"
        )
    for other in found["person"]:
        click.echo(f"person     is {other['number']} of {other['programme']}, too")
    for purpose, amount in found["balances"].items():
        click.echo(f"{purpose:<10} {amount}")
    for lot in found["lots"]:
        expiry = f"until {lot['expires_on']}" if lot["expires_on"] else "for ever"
        click.echo(f"lot        {lot['remaining']} earned on {lot['earned_on']}, good {expiry}")


@click.command(
    epilog="""\b
Examples:
  ffgate explain --ticket 2986120000017/1
  ffgate explain --card 2904000000017
  ffgate explain --journal 5

\b
Exit codes: 0 found, 1 nothing found, 2 usage, 3 settings."""
)
@click.option("--journal", type=click.IntRange(min=1), help="Number of a journal row.")
@click.option("--card", help="Number of a card.")
@click.option("--ticket", metavar="NUMBER[/COUPON]", help="Ticket, or one coupon of it.")
@config_option
@json_option
def explain(
    journal: int | None, card: str | None, ticket: str | None, config_path: Path, as_json: bool
) -> None:
    """Show the chain from the bytes of messages to the miles posted, with every rule on the way."""
    if sum(each is not None for each in (journal, card, ticket)) != 1:
        raise click.UsageError("name exactly one of --journal, --card, --ticket")
    from adapter.explanation import as_data, as_text

    core = _open(config_path)
    try:
        found = core.explain(journal_id=journal or 0, card=card or "", ticket=ticket or "")
    finally:
        core.close()
    if found["journal"] is None and not found["carriages"] and not found["entries"]:
        click.echo("ffgate: nothing known of it", err=True)
        raise SystemExit(EXIT_FAILED)
    click.echo(json.dumps(as_data(found), ensure_ascii=False) if as_json else as_text(found))


@click.command(
    epilog="""\b
Examples:
  ffgate replay --into sqlite:///rebuilt.sqlite
  ffgate replay --into postgresql+psycopg://ffgate@localhost/rebuilt

\b
Exit codes: 0 the rebuilt books are the same, hash for hash; 1 they are not, or a row can't be replayed; 3 settings."""
)
@click.option(
    "--into", "url", required=True, metavar="URL", help="An empty database to rebuild the books in."
)
@config_option
@json_option
def replay(url: str, config_path: Path, as_json: bool) -> None:
    """Rebuild all books from the journal into an empty database and compare.

    Reads the bytes of every message again, in order, with today's maps. Works beside a running server.
    """
    from adapter.config import load_config
    from adapter.engine import load_messages
    from adapter.replaying import Replay
    from loyalty_core import Core

    config = load_config(config_path)
    messages = load_messages(config)
    busy_seconds = config.database.busy_seconds
    source = Core.open(config.database_url, read_only=True, busy_seconds=busy_seconds)
    try:
        target = Core.open(
            url,
            lane=config.database.lane,
            config_digest=config.digest,
            maps_digest=messages.digest,
            busy_seconds=busy_seconds,
        )
        try:
            if next(iter(target.journal_rows()), None) is not None:
                click.echo(f"ffgate: {url} is not empty", err=True)
                raise SystemExit(EXIT_FAILED)
            found = Replay(config, messages, source, target).run(
                lambda rows: click.echo(f"{rows} rows", err=True)
            )
        finally:
            target.close()
    finally:
        source.close()
    names = ("state_hash", "chain_head", "entries")
    if as_json:
        sides = {
            side: {name: getattr(found, side)[name] for name in names} for side in ("original", "rebuilt")
        }
        click.echo(json.dumps({"rows": found.rows, "same": found.same, **sides}))
    else:
        for name in names:
            original, rebuilt = found.original[name], found.rebuilt[name]
            sign = "same" if original == rebuilt else f"differs from the rebuilt {rebuilt}"
            click.echo(f"{name:<11} {original}  {sign}")
    if not found.same:
        raise SystemExit(EXIT_FAILED)
