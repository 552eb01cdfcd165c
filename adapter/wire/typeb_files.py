"""Files of telegrams: where one telegram ends and the next begins, and what the name of a DCS copy says.

A telegram ends at its end line, never at a blank line. One that was cut off has none; it then ends where
the next one visibly begins: at a ZCZC, at the address lines before another origin line, or at a kind with
its flight line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from .typeb_lines import bare, is_flight_line, is_framing, is_kind, read_end, read_origin

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_ADDRESS_LINE = re.compile(r"(?:[QS][A-Z] )?[A-ZА-ЯЁ0-9]{7,12}(?: +[A-ZА-ЯЁ0-9]{7,12})*|[QS][A-Z]")
_COPY_NAME = re.compile(
    r"(?P<year>[0-9]{4})_(?P<month>[0-9]{2})_(?P<day>[0-9]{2})_(?P<hour>[0-9]{2})_(?P<minute>[0-9]{2})"
    r"_(?P<second>[0-9]{2})_(?P<thousandth>[0-9]{1,3})"
    r"\.(?P<id>[0-9]{9})(?P<part>[0-9]*)\.(?P<kind>[A-Za-z]{3,8})\.(?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One telegram of a file, byte for byte; ``first_line`` counts from 1."""

    raw: bytes
    first_line: int


@dataclass(frozen=True, slots=True)
class CopyName:
    """What the name of a DCS file copy claims: creation time (UTC), message id, part (0 unknown), kind."""

    created: datetime
    id: str
    part: int
    kind: str


def read_copy_name(name: str) -> CopyName | None:
    """Reads ``yyyy_mm_dd_hh_nn_ss_mmm.<9-digit id><part>.<type>.<flight>.<dd.mm>``; None for any other
    name.
    """
    match = _COPY_NAME.fullmatch(name)
    if match is None:
        return None
    numbers = [int(match[group]) for group in ("year", "month", "day", "hour", "minute", "second")]
    try:
        # The thousandths are left out: origin lines have none, and a list that comes both ways is one
        # edition.
        created = datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    return CopyName(created, match["id"], int(match["part"] or 0), match["kind"].upper())


def split_telegrams(data: bytes, encoding: str) -> Iterator[Piece]:
    """The telegrams of a file, in order. Always at least one piece, even for an empty file or for garbage.

    Works on the bytes, so that one undecodable telegram doesn't spoil its neighbours; every supported
    encoding has ASCII for ASCII. Text after the last end line that is more than framing makes a piece of
    its own.
    """
    raw_lines = [match[0] for match in _LINE.finditer(data) if match[0]]
    lines = [bare(raw.rstrip(b"\r\n").decode(encoding, "replace")) for raw in raw_lines]
    starts = [0]
    blank_since_end = False
    for index, line in enumerate(lines):
        if blank_since_end:
            if is_framing(line) and not line.startswith("ZCZC"):
                continue
            starts.append(index)
            blank_since_end = False
        elif (begin := _new_telegram(lines, starts[-1], index)) is not None:
            starts.append(begin)
        if read_end(line) is not None:
            blank_since_end = True
    starts.append(len(lines))
    for start, stop in pairwise(starts):
        yield Piece(b"".join(raw_lines[start:stop]), start + 1)


def _new_telegram(lines: list[str], start: int, index: int) -> int | None:
    """Where a new telegram began, if this line shows that the one begun at ``start`` was cut off before
    it.
    """
    line = lines[index]
    if not line or index == start:
        return None
    kind_before = _kind_index(lines, start, index)
    if kind_before is None:
        return None
    if line.startswith("ZCZC"):
        return index
    if line.startswith(".") and read_origin(line) is not None:
        begin = index
        while begin - 1 > kind_before and (not lines[begin - 1] or _ADDRESS_LINE.fullmatch(lines[begin - 1])):
            begin -= 1
        return begin
    if is_kind(line):
        following = next((other for other in lines[index + 1 : index + 4] if other), "")
        if is_flight_line(following):
            # Looked at one by one: a copy of all lines so far, for each line, would hold everything up.
            before = next((lines[at] for at in range(index - 1, kind_before - 1, -1) if lines[at]), "")
            return None if before.startswith(".") else index
    return None


def _kind_index(lines: list[str], start: int, index: int) -> int | None:
    for position in range(start, min(index, start + 40)):
        if is_kind(lines[position]) and lines[position] not in ("PDM", "COR"):
            return position
    return None
