"""Templates of lines to be written, the counterpart of a grammar's patterns: ``-{off}{count:02}{class}[-PAD{pad}]``.

``{name}`` stands for an attribute, ``{name:02}`` for one filled with zeros to so many digits, ``{name:day}`` for
the day of month of a date, 00 where there is no date. What stands in square brackets is written only where
all attributes inside it are there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

NO_DAY = "00"
_PIECE = re.compile(
    r"\{(?P<name>[a-z_]+)(?::(?P<form>0[1-9]|day))?\}|(?P<bracket>[\[\]])|(?P<text>[^{}\[\]]+)"
)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    name: str = ""
    width: int = 0
    day: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """``runs`` are pieces that are written together or not at all; the first of each pair says whether they
    must be there.
    """

    runs: tuple[tuple[bool, tuple[_Piece, ...]], ...]

    @property
    def names(self) -> frozenset[str]:
        """The attributes that it writes."""
        return frozenset(piece.name for _, pieces in self.runs for piece in pieces if piece.name)

    def fill(self, values: Mapping[str, str]) -> str | None:
        """The line, or None where an attribute is missing that it can't do without."""
        line = ""
        for needed, pieces in self.runs:
            run = [_written(piece, values) for piece in pieces]
            if None not in run:
                line += "".join(text for text in run if text)
            elif needed:
                return None
        return line


def _written(piece: _Piece, values: Mapping[str, str]) -> str | None:
    if not piece.name:
        return piece.text
    value = values.get(piece.name)
    if piece.day:
        return value[-2:] if value else NO_DAY
    return value.zfill(piece.width) if value is not None else None


def read_template(text: str) -> Template:
    """Raises ValueError with what is wrong with it."""
    runs: list[tuple[bool, list[_Piece]]] = [(True, [])]
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:
            raise ValueError(f"column {position + 1}: neither text nor {{attribute}}")
        position = match.end()
        needed = runs[-1][0]
        if match["bracket"]:
            if needed != (match["bracket"] == "["):
                raise ValueError(f"column {position}: brackets don't nest")
            runs.append((not needed, []))
        elif match["name"]:
            form = match["form"] or ""
            width = int(form) if form.isdigit() else 0
            runs[-1][1].append(_Piece("", match["name"], width, form == "day"))
        else:
            runs[-1][1].append(_Piece(match["text"]))
    if not runs[-1][0]:
        raise ValueError("a bracket that is not closed")
    return Template(tuple((needed, tuple(pieces)) for needed, pieces in runs if pieces))
