"""Departures as people type them and as unread messages name them: ``UT280/20AUG/DME``, ``ЮТ280/20АВГ/ДМД``.

Codes of carriers and airports are translated by the tables of the maps, whole codes only.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from adapter.errors import ConfigError
from adapter.wire.typeb_dates import MONTHS, month_day, resolve_flight_date
from adapter.wire.typeb_lines import UPPER

_DESIGNATOR = re.compile(
    rf"(?P<carrier>(?=[0-9]?[{UPPER}])[{UPPER}0-9]{{2}}[{UPPER}]?)/?0*(?P<number>[0-9]{{1,5}})(?P<suffix>[{UPPER}])?"
    rf"/(?:(?P<iso>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})|(?P<day>[0-9]{{1,2}})(?P<month>[{UPPER}]{{3}})(?P<year>[0-9]{{2}})?)"
    rf"/(?P<board>[{UPPER}]{{3}})"
)
LINES_MAX = 60
"""Lines of an unread message in which its flight is looked for."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Native code -> IATA code."""

    airlines: Mapping[str, str]
    airports: Mapping[str, str]


def load_codes() -> Codes:
    """The tables shipped with the maps. Raises ConfigError."""
    from adapter.engine import MAPPINGS
    from adapter.mapping.loader import load_table

    found = {}
    for name in ("airlines", "airports"):
        table, problems = load_table(MAPPINGS / "tables" / f"{name}.yaml")
        if table is None:
            raise ConfigError(problems)
        found[name] = {key: str(value) for key, value in table.entries.items()}
    return Codes(found["airlines"], found["airports"])


def read_designator(text: str, codes: Codes, now: datetime) -> str:
    """The key of a departure (``UT/280/2026-08-20/DME``). A date without year is the nearest to ``now`` (within 180
    days). Raises ValueError, whose text says what is wrong.
    """
    match = _DESIGNATOR.fullmatch(text.strip().upper())
    if match is None:
        raise ValueError(f"{text!r} is not a departure such as UT280/20AUG/DME or UT280/2026-08-20/DME")
    on = _date(match, now)
    if on is None:
        raise ValueError(f"{text!r}: there is no such date within 180 days")
    return "/".join(
        (
            codes.airlines.get(match["carrier"], match["carrier"]),
            f"{match['number']}{match['suffix'] or ''}",
            on.isoformat(),
            codes.airports.get(match["board"], match["board"]),
        )
    )


def _date(match: re.Match[str], now: datetime) -> date | None:
    if match["iso"]:
        try:
            return date.fromisoformat(match["iso"])
        except ValueError:
            return None
    month = MONTHS.get(match["month"], 0)
    if not month:
        return None
    if match["year"]:
        return month_day(int(match["day"]), month, 2000 + int(match["year"]))
    return resolve_flight_date(int(match["day"]), month, now)


def written(key: str) -> str:
    """A departure's key for people: ``UT280/20AUG/DME`` with the year left out."""
    carrier, number, flown_on, board = key.split("/")
    on = date.fromisoformat(flown_on)
    month = next(name for name, value in MONTHS.items() if value == on.month)
    return f"{carrier}{number}/{on.day:02}{month}/{board}"


class Mentions:
    """Finds out whether an unread message or a part set is about one departure."""

    def __init__(self, key: str, codes: Codes) -> None:
        carrier, number, flown_on, self._board = key.split("/")
        on = date.fromisoformat(flown_on)
        carriers = "|".join(re.escape(code) for code in _spellings(carrier, codes.airlines))
        months = "|".join(name for name, value in MONTHS.items() if value == on.month)
        self._airports = codes.airports
        self._line = re.compile(
            rf"(?<![{UPPER}0-9])(?:{carriers})0*{number}/0?{on.day}(?:(?:{months})(?:{on:%y})?)?"
            rf"(?:[ \t.]+(?:[{UPPER}0-9-]{{4,10}}[ .]+)?(?P<board>[{UPPER}]{{3}})(?![{UPPER}0-9]))?"
        )
        self._set = re.compile(rf"/(?:{carriers}){number}/{flown_on}/(?P<board>[{UPPER}]{{3}})(?:/|$)")
        self._xml = (
            re.compile(rf"flight=[\"']0*{number}[\"']"),
            re.compile(rf"date=[\"']{flown_on}[\"']"),
        )

    def in_message(self, raw: bytes, encoding: str) -> bool:
        """Does the text name this very departure? Lists, movements and load messages name the flight in one line; XML
        names flight and date."""
        text = raw.decode(encoding, "replace")
        if text.lstrip().startswith("<"):
            return all(pattern.search(text) for pattern in self._xml)
        lines = re.split(r"[\r\n]+", text, maxsplit=LINES_MAX)[:LINES_MAX]
        return any(self._at_board_point(match) for line in lines if (match := self._line.search(line)))

    def in_set(self, merge_key: str) -> bool:
        """Is the part set about this departure?"""
        match = self._set.search(merge_key)
        return match is not None and self._at_board_point(match)

    def _at_board_point(self, match: re.Match[str]) -> bool:
        board = match["board"]
        return board is None or self._airports.get(board, board) == self._board


def _spellings(code: str, table: Mapping[str, str]) -> list[str]:
    return [code, *(native for native, iata in table.items() if iata == code)]
