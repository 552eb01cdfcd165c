"""The project's one YAML reader: plain values, and for each of them the line and column it came from.

Settings, maps, grammars and programmes are all read here, so that every complaint about them can say where.
Scalars are those of the YAML 1.2 core schema, with two deliberate narrowings, because our files are full of
codes: digits with a leading zero (``012``) and digits with an exponent but no point (``1E5``) stay strings.
``NO``, ``on``, ``12:30`` and ``2026-08-20`` are strings as well. Duplicate keys, anchors, aliases, tags and
second documents are refused: none of them is needed in a settings file, and each has bitten somebody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from .errors import InputError
from .problems import Problem
from .schema_problems import path_in, problems_of, suggestion

__all__ = [
    "CHARACTERS_MAX",
    "DEPTH_MAX",
    "NODES_MAX",
    "Located",
    "Path",
    "load",
    "load_file",
    "path_in",
    "problems_of",
    "suggestion",
]

Path = tuple[str | int, ...]

CHARACTERS_MAX = 4 * 1024 * 1024
DEPTH_MAX = 64
NODES_MAX = 200_000
INTEGER_DIGITS_MAX = 30

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)\.)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_STRING_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Located:
    """A YAML document as plain Python (dict, list, str, int, float, bool, None) that remembers its places."""

    value: Any
    file: str
    _values: Mapping[Path, tuple[int, int]] = field(repr=False)
    _keys: Mapping[Path, tuple[int, int]] = field(repr=False)

    def place(self, path: Path, key: bool = False) -> tuple[int, int]:
        """Line and column, both from 1, of the value at ``path``, or of its key.

        A path that does not exist has the place of its nearest parent; list items and the root have no key
        and give the place of the value.
        """
        for length in range(len(path), -1, -1):
            part = path[:length]
            if key and part in self._keys:
                return self._keys[part]
            if part in self._values:
                return self._values[part]
        return (1, 1)

    def name(self, path: Path) -> str:
        """A path as people write it: ``links.gateway.clients.4242.address[0]``; positions count from 0."""
        text = ""
        for length, part in enumerate(path, start=1):
            if isinstance(part, int) and path[:length] not in self._keys:
                text += f"[{part}]"
            else:
                text += f".{part}" if text else str(part)
        return text

    def problem(self, code: str, text: str, path: Path = (), *, key: bool = False) -> Problem:
        """A problem at ``path`` of this file, which is how all checkers of our files report."""
        line, column = self.place(path, key)
        return Problem(code, text, self.name(path), line, column, self.file)


def load(text: str, file: str) -> Located:
    """Read one YAML document. ``file`` is the name for messages; an empty document has the value None.

    Raises InputError with every problem found. After a syntax error nothing more can be said, so that one is
    the last.
    """
    if len(text) > CHARACTERS_MAX:
        limit = f"the file has {len(text)} characters, {CHARACTERS_MAX} are allowed"
        raise InputError([Problem("file_too_long", limit, line=1, column=1, file=file)])
    text = text.removeprefix("\ufeff")
    builder = _Builder(file)
    if not_allowed := _NOT_ALLOWED.search(text):
        line_begin = text.rfind("\n", 0, not_allowed.start()) + 1
        line, column = text.count("\n", 0, line_begin) + 1, not_allowed.start() - line_begin + 1
        what = f"character U+{ord(not_allowed[0]):04X} is not allowed in YAML"
        raise InputError([Problem("yaml_syntax", what, line=line, column=column, file=file)])
    try:
        builder.read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = ", ".join(str(part) for part in (error.context, error.problem) if part)
        builder.problems.append(Problem("yaml_syntax", what, line=line, column=column, file=file))
    except _TooMuch:
        pass
    if builder.problems:
        raise InputError(builder.problems)
    return Located(builder.root, file, builder.values, builder.keys)


def load_file(path: FilePath, name: str = "") -> Located:
    """Read a UTF-8 file; messages call it ``name``, or its path as given. Raises InputError, also for no such
    file.
    """
    file = name or str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(4 * CHARACTERS_MAX + 1)
    except OSError as error:
        raise InputError([Problem("file_unreadable", error.strerror or str(error), file=file)]) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        begin = raw.rfind(b"\n", 0, error.start) + 1
        line, column = raw.count(b"\n", 0, begin) + 1, len(raw[begin : error.start].decode("utf-8")) + 1
        what = f"byte 0x{raw[error.start]:02X} is not UTF-8"
        raise InputError([Problem("not_utf8", what, line=line, column=column, file=file)]) from error
    return load(text, file)


class _TooMuch(Exception):
    """A limit was passed; the problem has been noted and reading ends."""


class _Frame:
    """A collection being filled; ``key`` is the mapping key that waits for its value."""

    __slots__ = ("box", "has_key", "key", "path")

    def __init__(self, box: dict[Any, Any] | list[Any], path: Path) -> None:
        self.box = box
        self.path = path
        self.key: str | int = ""
        self.has_key = False


class _Builder:
    """Turns parser events into values; on events, so that depth and number are capped on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.values: dict[Path, tuple[int, int]] = {}
        self.keys: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._nodes = 0
        self._documents = 0

    def read(self, text: str) -> None:
        for event in yaml.parse(text, Loader=_LOADER):
            match event:
                case yaml.ScalarEvent():
                    self._begin(event)
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._begin(event)
                    self._open({}, event)
                case yaml.SequenceStartEvent():
                    self._begin(event)
                    self._open([], event)
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    self._stack.pop()
                case yaml.AliasEvent():
                    self._note(
                        event, "yaml_alias", f"alias *{event.anchor}: aliases are not read, repeat the value"
                    )
                    self._value(None, event)
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents == 2:
                        self._stop(event, "yaml_documents", "a second document begins here")

    def _begin(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._stop(event, "file_too_large", f"more than {NODES_MAX} values")
        if event.anchor:
            self._note(event, "yaml_anchor", f"anchor &{event.anchor}: anchors are not read")
        if event.tag not in (None, "!", _STRING_TAG):
            self._note(event, "yaml_tag", f"tag {event.tag}: tags are not read")

    def _open(self, box: dict[Any, Any] | list[Any], event: Any) -> None:
        if len(self._stack) >= DEPTH_MAX:
            self._stop(event, "file_too_deep", f"nested deeper than {DEPTH_MAX} levels")
        if self._stack and isinstance(self._stack[-1].box, dict) and not self._stack[-1].has_key:
            self._stop(event, "yaml_key", "a key has to be a single word or number")
        self._stack.append(_Frame(box, self._value(box, event)))

    def _scalar(self, event: Any) -> None:
        plain = event.implicit[0] and event.tag is None
        value = self._resolve(event) if plain else event.value
        frame = self._stack[-1] if self._stack else None
        if frame is None or isinstance(frame.box, list) or frame.has_key:
            self._value(value, event)
            return
        if not isinstance(value, str | int) or isinstance(value, bool):
            self._note(event, "yaml_key", f'key "{event.value}" reads as {_kind(value)}: put it in quotes')
            value = event.value
        path = (*frame.path, value)
        if path in self.keys:
            line, column = self.keys[path]
            self._note(event, "yaml_duplicate_key", f'key "{value}" stood already at {line}:{column}')
        else:
            self.keys[path] = _place(event)
        frame.key, frame.has_key = value, True

    def _resolve(self, event: Any) -> Any:
        text = event.value
        if len(text) > INTEGER_DIGITS_MAX and text.lstrip("+-").isdigit():
            self._note(
                event, "yaml_number", f"a number of {len(text)} digits; put it in quotes if it is a code"
            )
            return 0
        return read_scalar(text)

    def _value(self, value: Any, event: Any) -> Path:
        """Put a value where it belongs and say at which path that is."""
        if not self._stack:
            self.root = value
            path: Path = ()
        else:
            frame = self._stack[-1]
            if isinstance(frame.box, list):
                path = (*frame.path, len(frame.box))
                frame.box.append(value)
            elif not frame.has_key:
                self._stop(event, "yaml_key", "a key has to be a single word or number")
            else:
                path = (*frame.path, frame.key)
                frame.box[frame.key] = value
                frame.has_key = False
        self.values[path] = _place(event)
        return path

    def _note(self, event: Any, code: str, text: str) -> None:
        line, column = _place(event)
        path = Located(None, self.file, {}, self.keys).name(self._stack[-1].path[:8]) if self._stack else ""
        self.problems.append(Problem(code, text, path, line, column, self.file))

    def _stop(self, event: Any, code: str, text: str) -> None:
        self._note(event, code, text)
        raise _TooMuch


def read_scalar(text: str) -> str | int | float | bool | None:
    """The value of an unquoted scalar, by the core schema as narrowed above."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _SPECIAL.get(text.lower(), text)


def _place(event: Any) -> tuple[int, int]:
    return (event.start_mark.line + 1, event.start_mark.column + 1)


def _kind(value: object) -> str:
    return {bool: "a truth value", float: "a decimal number", type(None): "nothing"}.get(
        type(value), "a value"
    )
