"""Two programmes compared, told to people, and a table of members for spreadsheets."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

COLUMNS = (
    "member", "credits", "recorded_award", "award_a", "award_b", "change", "tier_a", "tier_b", "open_a", "open_b"
)  # fmt: skip
WIDTH = 14


@contextmanager
def member_rows(file: TextIO | None) -> Iterator[Callable[[Any], None]]:
    """A function that writes a row for each compared member; it does nothing without a file."""
    from loyalty_core import member_data

    if file is None:
        yield lambda member: None
        return
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    yield lambda member: writer.writerow(member_data(member))


def summary_in_words(found: Mapping[str, Any]) -> Iterator[str]:
    """``Summary.as_data`` as text."""
    yield f"{found['members']} members, {found['credits']} credited flights, {found['recorded_award']:,} award recorded"
    same = found["members_as_recorded_by_a"]
    yield f"A gives {same} of {found['members']} members what the books hold"
    yield ""
    yield _row("", ("A", "B", "change"))
    for unit, sides in found["units"].items():
        yield _row(unit, _numbers(sides))
    yield _row("open award", _numbers(found["liability"]["open"]))
    for year, sides in found["liability"]["by_year"].items():
        yield _row(f"  until {year}" if year else "  for ever", _numbers(sides))
    if any(found["liability"]["owed"].values()):
        yield _row("owed award", _numbers(found["liability"]["owed"]))
    for reason, sides in found["earning_nothing"].items():
        yield _row(reason.replace("_", " "), _numbers(sides))
    yield ""
    yield f"{found['win']} win, {found['lose']} lose, {found['same']} get the same award"
    for each in found["changes"]:
        if each["members"]:
            yield f"  {_class(each['from'], each['below']):<22}{each['members']:>8,}"
    moves = [each for each in found["tiers"] if each["a"] != each["b"]]
    yield "Tiers: " + (
        ", ".join(f"{each['a']} -> {each['b']} {each['members']}" for each in moves) or "nobody moves"
    )
    for title, members in (("Win most", found["winners"]), ("Lose most", found["losers"])):
        if members:
            yield title
            yield from (_member(each) for each in members)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<20}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)


def _numbers(sides: Mapping[str, int]) -> tuple[str, str, str]:
    return f"{sides['a']:,}", f"{sides['b']:,}", f"{sides['change']:+,}"


def _class(low: int | None, high: int | None) -> str:
    if low is None:
        return f"lose more than {-(high or 0):,}"
    if high is None:
        return f"win more than {low - 1:,}"
    if (low, high) == (0, 1):
        return "the same"
    return f"win {low:,} to {high - 1:,}" if low > 0 else f"lose {-high + 1:,} to {-low:,}"


def _member(one: Mapping[str, Any]) -> str:
    tiers = one["tier_a"] if one["tier_a"] == one["tier_b"] else f"{one['tier_a']} -> {one['tier_b']}"
    return (
        f"  {one['member']:<16}{one['award_a']:>10,} -> {one['award_b']:>10,} ({one['change']:+,})"
        f"  {one['credits']} flights, {tiers}"
    )
