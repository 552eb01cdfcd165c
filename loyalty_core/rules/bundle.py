"""A programme and the tables it names, as one text: what is checked, digested, journalled and read back is the same.

The programme's own text comes first, so that its lines keep their numbers. Each table follows behind a line
``--- file: NAME.csv``, which no YAML document of ours can hold, for a second document in a file is refused.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import located_yaml
from ..errors import InputError
from ..problems import Problem

MARK = "--- file: "
FILES_MAX = 100
"""Tables of one programme."""


def bundle(text: str, files: Mapping[str, str]) -> str:
    """One text of a programme and its tables (name → content). Without tables it is the programme's text as it is.
    Raises InputError for a table that holds a line of the bundle's own kind.
    """
    parts = [text]
    for name, content in files.items():
        table = content.removeprefix("\ufeff")
        for number, line in enumerate(table.splitlines(), start=1):
            if line.startswith(MARK):
                text = f'a line can\'t begin with "{MARK.strip()}"'
                raise InputError([Problem("bad_value", text, line=number, column=1, file=name)])
        for part in (f"{MARK}{name}\n", table):
            if parts[-1] and not parts[-1].endswith("\n"):
                parts.append("\n")
            parts.append(part)
    return "".join(parts)


def unbundle(text: str) -> tuple[str, dict[str, str]]:
    """The programme's own text and its tables by name."""
    if MARK not in text:
        return text, {}
    own: list[str] = []
    files: dict[str, list[str]] = {}
    lines = own
    for line in text.splitlines(keepends=True):
        if line.startswith(MARK):
            lines = files.setdefault(line[len(MARK) :].strip(), [])
        else:
            lines.append(line)
    return "".join(own), {name: "".join(content) for name, content in files.items()}


def named_files(value: object) -> Iterator[str]:
    """The tables that a definition names: every ``file:`` in it."""
    if isinstance(value, dict):
        for key, below in value.items():
            if key == "file" and isinstance(below, str):
                yield below
            else:
                yield from named_files(below)
    elif isinstance(value, list):
        for below in value:
            yield from named_files(below)


def read_bundle(path: Path) -> str:
    """The text of a programme's file with all tables it names, which stand in the same folder.

    Raises OSError and UnicodeDecodeError for the programme's file, InputError for its tables. A definition that can't
    be read as YAML is given back as it is: whoever loads it will say why.
    """
    text = path.read_text(encoding="utf-8")
    if "file:" not in text:
        return text
    own, within = unbundle(text)
    try:
        located = located_yaml.load(own, str(path))
    except InputError:
        return text
    names = sorted(set(named_files(located.value)) - set(within))
    problems, files = [], {}
    for name in names[:FILES_MAX]:
        place = path.parent / name
        if Path(name).name != name or not name.endswith(".csv"):
            continue  # Refused by the shape, with its place.
        try:
            files[name] = place.read_text(encoding="utf-8")
        except OSError as error:
            problems.append(Problem("file_unreadable", error.strerror or str(error), file=str(place)))
        except UnicodeDecodeError as error:
            problems.append(Problem("not_utf8", str(error), file=str(place)))
    if problems:
        raise InputError(problems)
    return bundle(text, files)
