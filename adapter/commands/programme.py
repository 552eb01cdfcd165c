"""``ffgate programme``: what an analyst asks of a programme's file before it counts."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from adapter.cli import EXIT_FAILED

json_option = click.option("--json", "as_json", is_flag=True, help="Data on standard output, for programs.")
file_argument = click.argument("file", metavar="FILE")
RULES_TOLD = 5
"""Places of one word that are shown to people; programs get all."""
FILES = "FILE is a programme's YAML file, or the name of one that is shipped."


@click.group(epilog=FILES)
def programme() -> None:
    """Prove, test and try out programmes, and compare drafts over recorded traffic."""


def read(name: str) -> tuple[str, str, Any]:
    """Text (with its tables), file and compiled form of a programme. Raises InputError with every problem."""
    from adapter.config import programme_file
    from loyalty_core import InputError, Problem, load_programme, read_bundle

    path = Path(name)
    if not path.exists() and programme_file(name, Path()).exists():
        path = programme_file(name, Path())
    file = str(path)
    try:
        text = read_bundle(path)
    except OSError as error:
        raise InputError([Problem("file_unreadable", error.strerror or str(error), file=file)]) from None
    except UnicodeDecodeError as error:
        raise InputError([Problem("not_utf8", str(error), file=file)]) from None
    return text, file, load_programme(text, file)


@programme.command(
    epilog=f"""\b
Examples:
  ffgate programme check demo
  ffgate programme check draft.yaml --json | jq '.findings[] | select(.fault)'

\b
{FILES}
Exit codes: 0 proved, 1 it can't be loaded, or a case has no result or two, or that can't be decided."""
)
@file_argument
@json_option
def check(file: str, as_json: bool) -> None:
    """Say every mistake of FILE, then prove that each case has exactly one result.

    A case is any flight, class, fare basis, ticket, member and date there can be. Listed are cases that two rules of
    one priority take (overlap), that no row of a chart takes (gap), and rules that never decide anything; each with
    the lines it is about and with one such case, which `ffgate programme earn` can try.

    Words that the gateway does not act on are listed too, because no message tells what they ask for or nothing brings
    it about: examples alone prove them.
    """
    from loyalty_core import InputError, idle_words, prove

    try:
        text, place, loaded = read(file)
    except InputError as error:
        if as_json:
            problems = [
                {"file": one.file, "line": one.line, "column": one.column, "path": one.path, "text": one.text}
                for one in error.problems
            ]
            click.echo(json.dumps({"proved": False, "problems": problems, "findings": []}))
            raise SystemExit(EXIT_FAILED) from None
        raise
    proof, idle = prove(text, place), idle_words(text, place)
    if as_json:
        findings = [
            {"kind": one.kind, "fault": one.is_fault, "rules": one.rules, "text": one.text, "case": one.case}
            for one in proof.findings
        ]
        counts = {"versions": proof.versions, "rules": proof.questions}
        found = {
            "programme": loaded.name,
            "proved": proof.holds,
            **counts,
            "problems": [],
            "findings": findings,
            "notes": [{"word": one.word, "rules": one.rules, "text": one.text} for one in idle],
        }
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for line in (*_idle_in_words(idle), *_proof_in_words(place, proof)):
            click.echo(line)
    if not proof.holds:
        raise SystemExit(EXIT_FAILED)


def _proof_in_words(place: str, proof: Any) -> Iterator[str]:
    from loyalty_core import case_in_words

    for one in proof.findings:
        yield f"{one.kind:<12}{', '.join(one.rules)}"
        yield f"            {one.text}"
        if one.case is not None:
            yield f"            such as: {case_in_words(one.case)}"
    faults = sum(one.is_fault for one in proof.findings)
    size = f"{_count(proof.versions, 'version')}, {_count(proof.questions, 'rule')}"
    if proof.holds:
        yield f"{place}: proved: every case has exactly one result ({size})"
    else:
        yield f"{place}: not proved: {_count(faults, 'fault')} ({size})"
    if rest := len(proof.findings) - faults:
        yield f"{place}: {_count(rest, 'rule')} to look at, without harm to results"


def _idle_in_words(idle: Any) -> Iterator[str]:
    for one in idle:
        rest = f" and {len(one.rules) - RULES_TOLD} more" if len(one.rules) > RULES_TOLD else ""
        yield f"not acted on  {', '.join(one.rules[:RULES_TOLD])}{rest}"
        yield f"            {one.word}: {one.text}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


@programme.command(
    epilog=f"""\b
Examples:
  ffgate programme test demo
  ffgate programme test drafts/*.yaml

\b
{FILES}
Exit codes: 0 every example comes out as it says, 1 one doesn't, or a file can't be loaded."""
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@json_option
def test(files: tuple[str, ...], as_json: bool) -> None:
    """Run the worked examples that stand in FILES; say which come out otherwise, and by which steps."""
    from loyalty_core import InputError, try_examples

    good = True
    for name in files:
        try:
            _, place, loaded = read(name)
        except InputError as error:
            good = False
            for problem in error.problems:
                click.echo(str(problem), err=True)
            continue
        trials = try_examples(loaded)
        failed = [trial for trial in trials if trial.wrong]
        good = good and not failed
        if as_json:
            found = {"file": place, "programme": loaded.name, "examples": len(trials), "failed": [
                {"name": trial.name, "rule": trial.rule, "wrong": trial.wrong, "steps": _steps(trial.evaluation)}
                for trial in failed
            ]}  # fmt: skip
            click.echo(json.dumps(found, ensure_ascii=False))
            continue
        for trial in failed:
            for line in _failure_in_words(trial):
                click.echo(line)
        verdict = (
            f"{len(failed)} come{'s' if len(failed) == 1 else ''} out otherwise"
            if failed
            else "all as they say"
        )
        click.echo(f"{place}: {_count(len(trials), 'example')}: {verdict if trials else 'none to run'}")
    if not good:
        raise SystemExit(EXIT_FAILED)


def _steps(evaluation: Any) -> list[dict[str, str]]:
    if evaluation is None:
        return []
    return [{"name": step.name, "text": step.text, "rule": step.rule} for step in evaluation.trace]


def _failure_in_words(trial: Any) -> Iterator[str]:
    from adapter.reckoning import steps_in_words

    yield f"{trial.rule}: {trial.name}"
    for wrong in trial.wrong:
        yield f"  {wrong}"
    if trial.evaluation is not None:
        steps = [(step.name, step.text, step.rule) for step in trial.evaluation.trace]
        yield from steps_in_words(steps, "    ")


@programme.command(
    epilog=f"""\b
Examples:
  ffgate programme earn demo case.json
  echo '{{"operating": "UT", "class": "Y", "from": "DME", "to": "AER", "tier": "GOLD"}}' | ffgate programme earn demo

\b
{FILES} CASE has the words of `given` in examples; without CASE, or with -, it is read from standard input.
Exit codes: 0 done (also where nothing is earned), 1 the programme or the case has mistakes."""
)
@file_argument
@click.argument("case", type=click.File("r", encoding="utf-8"), default="-")
@json_option
def earn(file: str, case: Any, as_json: bool) -> None:
    """Say what one CASE earns by FILE, step by step, each step with the line that asked for it."""
    from adapter.reckoning import amounts_in_words, steps_in_words
    from loyalty_core import try_case

    _, _, loaded = read(file)
    name = "case" if case.name == "<stdin>" else case.name
    found = try_case(loaded, case.read(), name)
    if as_json:
        reason = found.reason.value
        click.echo(
            json.dumps(
                {
                    "amounts": dict(found.amounts),
                    "reason": reason,
                    "field": found.field,
                    "steps": _steps(found),
                },
                ensure_ascii=False,
            )
        )
        return
    why = (
        f": {found.reason.value.replace('_', ' ')} ({found.field.replace('_', ' ')})"
        if found.reason.value
        else ""
    )
    click.echo(f"{amounts_in_words(found.amounts.items())}{why}")
    for line in steps_in_words([(step.name, step.text, step.rule) for step in found.trace], "  "):
        click.echo(line)


def _percentage(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    if value is not None and not 0 <= value <= 100:
        raise click.BadParameter(f"{value} is not a percentage from 0 to 100")
    return value


@programme.command(
    epilog=f"""\b
Examples:
  ffgate programme coverage demo
  ffgate programme coverage draft.yaml --require 90

\b
{FILES}
Exit codes: 0 done, 1 it can't be loaded, or less is touched than required."""
)
@file_argument
@click.option("--require", type=int, callback=_percentage, metavar="N", help="Fail below N percent.")
@json_option
def coverage(file: str, require: int | None, as_json: bool) -> None:
    """List the rules of FILE that no example touches: versions, charts, rows, fares, steps, tiers, promotions …"""
    from loyalty_core import coverage as covered

    text, place, loaded = read(file)
    rules = covered(text, place, loaded)
    touched = sum(bool(rule.examples) for rule in rules)
    # Rounded down, so that 100 is all of them.
    percent = 100 * touched // len(rules)
    if as_json:
        found = [
            {"kind": one.kind, "name": one.name, "rule": one.rule, "examples": one.examples} for one in rules
        ]
        click.echo(json.dumps({"percent": percent, "touched": touched, "rules": found}, ensure_ascii=False))
    else:
        for rule in rules:
            if not rule.examples:
                click.echo(f"{rule.rule}  {rule.kind} {rule.name}")
        size = (
            f"{touched} of {_count(len(rules), 'rule')} touched by {_count(len(loaded.examples), 'example')}"
        )
        click.echo(f"{place}: {size}: {percent} %")
    if require is not None and percent < require:
        click.echo(f"ffgate: {percent} % touched, {require} % required", err=True)
        raise SystemExit(EXIT_FAILED)


def _today(ctx: click.Context, param: click.Parameter, value: str | None) -> date:
    if value is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a day such as 2026-08-21") from None


@programme.command(
    epilog=f"""\b
Examples:
  ffgate programme diff demo draft.yaml
  ffgate programme diff demo draft.yaml --journal postgresql+psycopg://ffgate@localhost/ffgate --csv members.csv

\b
{FILES}
Exit codes: 0 done, 1 a programme can't be loaded or the database not read, 2 usage, 3 settings."""
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--journal",
    default=lambda: os.environ.get("FFGATE_CONFIG", "config.yaml"),
    show_default="$FFGATE_CONFIG or config.yaml",
    metavar="URL|CONFIG",
    help="The database whose traffic is taken, or settings that name it. It is only read.",
)
@click.option(
    "--on", callback=_today, metavar="DAY", help="The day of tiers and liability. Default: today (UTC)."
)
@click.option(
    "--top", type=click.IntRange(0, 1000), default=5, show_default=True, help="Winners and losers named."
)
@click.option("--csv", "csv_file", type=click.File("w", encoding="utf-8"), help="One row per member.")
@json_option
def diff(a: str, b: str, journal: str, on: date, top: int, csv_file: Any, as_json: bool) -> None:
    """Run A and B over the flights that a database holds, and say who wins and loses, and what it costs.

    Taken are all posted credits of members of A's programme, with the facts by which they were priced; flights that are
    credited to nobody today are not among them. Each programme follows its own tiers, from those that staff gave.
    Recorded redemptions are taken off the miles that expire first. Works beside a running server.
    """
    from adapter.difference import member_rows, summary_in_words
    from loyalty_core import Summary, compare

    (_, place_a, one), (_, place_b, other) = read(a), read(b)
    core = _open(journal)
    summary = Summary(top)
    try:
        with member_rows(csv_file) as write:
            for member in compare(one, other, core.traffic(one.name), on):
                summary.add(member)
                write(member)
    finally:
        core.close()
    if as_json:
        found = {"a": place_a, "b": place_b, "programme": one.name, "on": on.isoformat(), **summary.as_data()}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    click.echo(f"A is {place_a}, B is {place_b}; as of {on}")
    for line in summary_in_words(summary.as_data()):
        click.echo(line)


def _open(journal: str) -> Any:
    """The core for reading, by URL or by settings."""
    from adapter.config import load_config
    from loyalty_core import Core

    if "://" in journal:
        return Core.open(journal, read_only=True)
    config = load_config(Path(journal))
    return Core.open(config.database_url, read_only=True, busy_seconds=config.database.busy_seconds)
