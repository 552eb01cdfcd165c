"""A programme's text and its tables read together: one tree of plain values, each of which knows its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from .. import located_yaml
from ..errors import InputError
from ..located_yaml import Located, Path
from ..problems import Problem
from .bundle import unbundle
from .tables import EXAMPLE_COLUMNS, PAIR_COLUMNS, ROW_COLUMNS, read_table


@dataclass(frozen=True, slots=True)
class Sources(Located):
    """A located document in which whole lists come from tables; ``tables``: path → the table."""

    tables: Mapping[Path, Located] = field(default_factory=dict)

    def _table(self, path: Path) -> tuple[Located, Path] | None:
        for length in range(1, min(len(path), 5) + 1):
            table = self.tables.get(path[:length])
            if table is not None and len(path) > length:
                return table, path[length:]
        return None

    def place(self, path: Path, key: bool = False) -> tuple[int, int]:
        found = self._table(path)
        if found is not None:
            return found[0].place(found[1], key)
        return Located.place(self, path, key)

    def file_of(self, path: Path) -> str:
        found = self._table(path)
        return found[0].file if found else self.file

    def problem(self, code: str, text: str, path: Path = (), *, key: bool = False) -> Problem:
        line, column = self.place(path, key)
        return Problem(code, text, self.name(path), line, column, self.file_of(path))


def read_sources(text: str, file: str) -> Sources:
    """The tree of a definition with the rows of its tables in place of ``file:``. Raises InputError."""
    own, files = unbundle(text)
    located = located_yaml.load(own, file)
    reader = _Reader(located, files)
    value = reader.filled()
    if reader.problems:
        raise InputError(reader.problems)
    return Sources(value, file, located._values, located._keys, reader.tables)


class _Reader:
    def __init__(self, located: Located, files: Mapping[str, str]) -> None:
        self.located = located
        self.files = files
        self.tables: dict[Path, Located] = {}
        self.problems: list[Problem] = []
        self._seen: dict[str, Located] = {}

    def filled(self) -> Any:
        value = self.located.value
        if not isinstance(value, dict):
            return value
        value = {**value, **self._section(value, ())}
        versions = value.get("versions")
        if isinstance(versions, list):
            value["versions"] = [
                {**one, **self._section(one, ("versions", number))} if isinstance(one, dict) else one
                for number, one in enumerate(versions)
            ]
        if (rows := self._rows(value.get("examples"), ("examples",), EXAMPLE_COLUMNS)) is not None:
            value["examples"] = rows
        return value

    def _section(self, value: dict[Any, Any], path: Path) -> dict[str, Any]:
        """What changes of a version: its charts, distances and fares with the rows of their tables."""
        changed: dict[str, Any] = {}
        charts = value.get("charts")
        if isinstance(charts, list):
            changed["charts"] = []
            for number, chart in enumerate(charts):
                rows = None
                if isinstance(chart, dict):
                    place = (*path, "charts", number, "rows")
                    rows = self._rows(chart.get("rows"), place, ROW_COLUMNS)
                changed["charts"].append(chart if rows is None else {**chart, "rows": rows})
        distances = value.get("distances")
        if isinstance(distances, dict) and "file" in distances:
            place = (*path, "distances", "rows")
            rows = self._rows({"file": distances["file"]}, place, PAIR_COLUMNS, (*path, "distances", "file"))
            rest = {key: each for key, each in distances.items() if key != "file"}
            changed["distances"] = {**rest, "rows": rows or []}
        return changed

    def _rows(self, value: Any, path: Path, columns: Any, named_at: Path = ()) -> list[Any] | None:
        """The rows of the table that is named here, None where none is."""
        if not isinstance(value, dict) or set(value) != {"file"}:
            return None
        name, place = value["file"], named_at or (*path, "file")
        if not isinstance(name, str) or PurePath(name).name != name or not name.endswith(".csv"):
            self._complain("bad_value", "a table is a file.csv in the programme's own folder", place)
            return []
        if name not in self.files:
            near = located_yaml.suggestion(name, self.files)
            self._complain("file_unreadable", f'there is no table "{name}"{near}', place)
            return []
        try:
            # Shown with the folder of the programme, so that the place can be opened.
            shown = str(PurePath(self.located.file).with_name(name))
            table = self._seen.get(name) or read_table(self.files[name], shown, columns)
        except InputError as error:
            self.problems += error.problems
            return []
        self._seen[name] = self.tables[path] = table
        assert isinstance(table.value, list)
        return table.value

    def _complain(self, code: str, text: str, path: Path) -> None:
        self.problems.append(self.located.problem(code, text, path))


class Reader:
    """What a compiler of one part asks: the line of a rule, and where to complain."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._names: dict[str, str] = {}
        """File → its name without folders, which every rule needs."""
        self.problems: list[Problem] = []

    def rule(self, *path: str | int) -> str:
        """The rule's place, as ``demo.yaml:41``: with a key it begins there, not at a value that stands lower."""
        line, _ = self._sources.place(path, key=True)
        file = self._sources.file_of(path)
        name = self._names.get(file)
        if name is None:
            name = self._names[file] = PurePath(file).name
        return f"{name}:{line}"

    def complain(self, code: str, text: str, *path: str | int) -> None:
        self.problems.append(self._sources.problem(code, text, path))
