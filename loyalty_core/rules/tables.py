"""Rows from CSV: the same words as in YAML, and the place of every cell.

The first line names the columns; blank lines and lines that begin with ``#`` say nothing. Cells are separated by commas
(by semicolons where the first line has those and no comma) and may stand in double quotes; an empty cell says nothing.
A dot in a column's name leads into a mapping: ``amounts.award``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InputError
from ..located_yaml import Located, Path, read_scalar, suggestion
from ..problems import Problem

CHARACTERS_MAX = 16 * 1024 * 1024
LINES_MAX = 200_000
COLUMNS_MAX = 100

Cell = tuple[str, int]
"""Text and column, from 1."""


def read_table(text: str, file: str, columns: Mapping[str, Callable[[str], Any]]) -> Located:
    """The rows of a table as a list of mappings that remembers its places.

    ``columns``: name → how a cell is read; a name that ends with a dot stands for all that begin so. Raises InputError
    with every problem found.
    """
    if len(text) > CHARACTERS_MAX or text.count("\n") > LINES_MAX:
        limit = f"a table has at most {CHARACTERS_MAX} characters and {LINES_MAX} lines"
        raise InputError([Problem("file_too_long", limit, line=1, column=1, file=file)])
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    places: dict[Path, tuple[int, int]] = {(): (1, 1)}
    head: list[tuple[str, Callable[[str], Any]] | None] = []
    separator = ","
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if not head and ";" in line and "," not in line:
            separator = ";"
        cells = _cells(line, separator)
        if cells is None:
            problems.append(Problem("csv_syntax", "a quote is not closed", line=number, column=1, file=file))
            continue
        if not head:
            head, wrong = _head(cells, number, file, columns)
            problems += wrong
            continue
        if len(cells) > len(head):
            what = f"{len(cells)} cells, but {len(head)} columns"
            column = cells[len(head)][1]
            problems.append(Problem("csv_syntax", what, line=number, column=column, file=file))
        row: dict[str, Any] = {}
        places[(len(rows),)] = (number, 1)
        for about, (cell, column) in zip(head, cells, strict=False):
            if about is None or not cell:
                continue
            path = tuple(_key(part) for part in about[0].split("."))
            if not _put(row, path, about[1](cell)):
                what = f'"{about[0]}" stands beside a cell for "{path[0]}"'
                problems.append(Problem("bad_value", what, line=number, column=column, file=file))
            for length in range(1, len(path) + 1):
                places.setdefault((len(rows), *path[:length]), (number, column))
        rows.append(row)
    if not head:
        problems.append(
            Problem("missing", "a table begins with the names of its columns", line=1, column=1, file=file)
        )
    if problems:
        raise InputError(problems)
    return Located(rows, file, places, {})


def _head(
    cells: list[Cell], line: int, file: str, columns: Mapping[str, Callable[[str], Any]]
) -> tuple[list[tuple[str, Callable[[str], Any]] | None], list[Problem]]:
    head: list[tuple[str, Callable[[str], Any]] | None] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for name, column in cells[:COLUMNS_MAX]:
        read = columns.get(name) or next(
            (how for known, how in columns.items() if known.endswith(".") and name.startswith(known)), None
        )
        if name in seen:
            problems.append(
                Problem(
                    "bad_value", f'column "{name}" stands here twice', line=line, column=column, file=file
                )
            )
        elif read is None:
            near = suggestion(name, columns)
            problems.append(
                Problem("unknown_key", f'unknown column "{name}"{near}', line=line, column=column, file=file)
            )
        seen.add(name)
        head.append((name, read) if read else None)
    return head, problems


def _cells(line: str, separator: str) -> list[Cell] | None:
    """The cells of a line, None where a quote is not closed."""
    cells: list[Cell] = []
    at = 0
    while True:
        start = at
        while at < len(line) and line[at] in " \t":
            at += 1
        if at < len(line) and line[at] == '"':
            begin, text = at, ""
            at += 1
            while True:
                end = line.find('"', at)
                if end < 0:
                    return None
                text += line[at:end]
                at = end + 1
                if line[at : at + 1] != '"':
                    break
                text += '"'
                at += 1
            end = line.find(separator, at)
            cells.append((text, begin + 1))
        else:
            end = line.find(separator, start)
            text = line[start:] if end < 0 else line[start:end]
            cells.append((text.strip(), start + 1 + len(text) - len(text.lstrip())))
        if end < 0:
            return cells
        at = end + len(separator)


def _key(part: str) -> str | int:
    return int(part) if part.isdigit() else part


def _put(row: dict[Any, Any], path: tuple[str | int, ...], value: Any) -> bool:
    """Puts a cell where its column says; False where another cell stands in the way."""
    for part in path[:-1]:
        row = row.setdefault(part, {})
        if not isinstance(row, dict):
            return False
    if path[-1] in row:
        return False
    row[path[-1]] = value
    return True


# --- how cells are read ----------------------------------------------------------------------------------------------


def word(cell: str) -> Any:
    return cell


def scalar(cell: str) -> Any:
    """A number where it is one; "-" is nothing."""
    return None if cell == "-" else read_scalar(cell)


def numbers(cell: str) -> Any:
    """A number, or several separated by blanks, one for each column of the chart."""
    found = [scalar(each) for each in cell.split()]
    return found[0] if len(found) == 1 else found


def words(cell: str) -> list[str]:
    """A list, separated by blanks."""
    return cell.split()


def slashed(cell: str) -> list[str]:
    """A list of what may hold blanks, separated by slashes."""
    return [each.strip() for each in cell.split("/")]


def ends(cell: str) -> list[list[str]]:
    """Two ends, separated by a blank; an end of several places has slashes between them."""
    return [each.split("/") for each in cell.split()]


WHEN_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("carriers", "operating", "marketing", "classes", "cabins", "fares"), words),
    **dict.fromkeys(("ticket_stock", "roles", "passenger_types", "from", "to", "weekdays"), words),
    **dict.fromkeys(("residence", "groups", "channels", "within_zone"), words),
    **dict.fromkeys(("brands", "flights", "tiers"), slashed),
    **dict.fromkeys(("fare_basis.prefix", "fare_basis.suffix", "fare_basis.contains"), words),
    "fare_basis.letters.": words,
    "between": ends,
    "domestic": scalar,
    **dict.fromkeys(("miles.from", "miles.below", "age.from", "age.below"), scalar),
    **dict.fromkeys(
        (f"{word}.{end}" for word in ("dates", "booked", "ticketed") for end in ("from", "until")), word
    ),
}
ROW_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    **WHEN_COLUMNS,
    **{f"unless.{name}": how for name, how in WHEN_COLUMNS.items()},
    "priority": scalar,
    "note": word,
    **dict.fromkeys(("percent", "percent.", "amounts.", "rate", "rate."), numbers),
}
PAIR_COLUMNS: Mapping[str, Callable[[str], Any]] = {"from": word, "to": word, "miles": scalar, "since": word}
EXAMPLE_COLUMNS: Mapping[str, Callable[[str], Any]] = {
    "name": word,
    **{
        f"given.{name}": word
        for name in (
            *("operating", "marketing", "class", "cabin", "from", "to", "flight", "marketing_flight"),
            *("flown_on", "booked_on", "ticketed_on", "fare_basis", "brand", "ticket", "role"),
            *("passenger_type", "channel", "currency", "tier", "residence"),
        )
    },
    **{f"given.{name}": scalar for name in ("distance", "percent", "price", "surcharges", "taxes", "age")},
    "given.groups": words,
    "given.earned_on_flight.": scalar,
    "standing.on": word,
    "standing.residence": word,
    "standing.": scalar,
    "earned_on": word,
    "last_activity": word,
    "member.tier": word,
    "member.residence": word,
    "member.age": scalar,
    "member.born": word,
    "event.": word,
    "event.minutes": scalar,
    "migrated.on": word,
    "migrated.": scalar,
    "claim.": word,
    "member.groups": words,
    "expect.reason": word,
    "expect.trace": word,
    "expect.tier": word,
    "expect.expires_on": word,
    "expect.refusal": word,
    "expect.": scalar,
}
