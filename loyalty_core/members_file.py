"""Reads a member file: CSV in, checked rows out, or every problem of the file with its row.

One row per card; a member with two cards has two rows that agree in everything about the person. The first
row names the columns, in any order:

* ``member``: member number, 1-25 letters A-Z and digits;
* ``surname``, ``given``: the main spelling, in either alphabet, as it is shown to hosts;
* ``card_airline``, ``card``: airline code and number of the card, as on the coupon;
* ``other_names``: other spellings, ``ИВАНОВ/ИВАН;IVANOFF/IVAN`` (in quotes where ; separates columns);
* ``birth_date``: ``1985-03-07``; without it nobody is identified by a merely probable name;
* ``residence``: the country where the member lives, ISO 3166, as ``FR``;
* ``groups``: the target groups the member is in, with blanks between them, as ``vip crew``;
* ``programme``: name of the programme; empty means the active one that serves the card's airline;
* ``card_state``: active, issued, expired, replaced, lost, stolen, blocked or closed; empty says nothing about it, and a
  new card of which nothing is said is active;
* ``card_since``: the day from which on the card is in this state; empty means always;
* ``replaced_by``: number of the card that took this one's place;
* ``tier``: a tier to start with;
* ``enrolled_on``: ``2024-01-31``;
* ``kind``: person (default) or company;
* ``member_state``: active, temporary, blocked, closed or died; empty says nothing, as for cards;
* ``member_since``: the day from which on the member is in this state; empty means always;
* ``merged_into``: member number of the same person that survives this one;
* ``parent``, ``guardian``, ``company``: member number of the account whose child card this is, of who answers for a
  minor, of the company that the member travels for; each from the day in ``parent_since``, ``guardian_since``,
  ``company_since`` on, empty means always;
* ``person``: a key of 1-40 letters, digits, ``.``, ``_``, ``-``: members of several programmes with one key are one
  person;
* ``said_at``: the instant at which all this was so (``2026-08-20T12:00:00+03:00``), for example when the file was
  written; empty means the time of the import. What was said later counts, whichever comes first.

The first five are required, the others may be missing or empty. An empty cell says nothing of a relation; ``-`` says
that there is none any more. ``residence`` and ``groups`` hold from the day of ``said_at`` (UTC) on, and what was said
of them first for all days before it, too: an empty cell says that there is none from that day on, a file without the
column says nothing. Names, ``birth_date``, ``tier`` and ``kind`` are what the file said last says, all of them: where
it leaves one out, it is not known any more.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum

from .errors import InputError
from .located_yaml import suggestion
from .member_rows import MemberRow, problems_between
from .problems import Problem
from .relations import DATED, Relation
from .rules.facts import GROUP
from .rules.places import is_country
from .standing import SUCCEEDED, CardState, MemberKind, MemberState
from .transactions import Name

ROWS_MAX = 25_000
"""Rows of one file, which is one message and keeps the writer from all others while it is taken over: two seconds."""
BYTES_MAX = 32 * 1024 * 1024
PROBLEMS_MAX = 1_000
"""Problems listed of one file; more than that is another kind of file."""
NUMBER_CHARACTERS_MAX = 25
NAME_CHARACTERS_MAX = 70
TIER_CHARACTERS_MAX = 20
OTHER_NAMES_MAX = 20
GROUPS_MAX = 20
"""Target groups of one member."""

RELATIONS = tuple(relation.value for relation in Relation)
REQUIRED = ("member", "surname", "given", "card_airline", "card")
OPTIONAL = (
    "other_names",
    "birth_date",
    "residence",
    "groups",
    "programme",
    "card_state",
    "replaced_by",
    "tier",
    "enrolled_on",
    "kind",
    "card_since",
    "member_state",
    "member_since",
    "said_at",
    *RELATIONS,
    *(f"{relation}_since" for relation in RELATIONS if relation in DATED),
)

_NUMBER = re.compile(r"[A-Z0-9]+")
_AIRLINE = re.compile(r"[A-Z0-9]{2,3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PROGRAMME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TIER = re.compile(r"[A-Z0-9][A-Z0-9 _-]*")
_GROUP = re.compile(GROUP)
_PERSON = re.compile(r"[A-Za-z0-9._-]{1,40}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_members(
    content: bytes, *, rows_max: int = ROWS_MAX, bytes_max: int = BYTES_MAX
) -> tuple[MemberRow, ...]:
    """The rows of a member file in file order; raises InputError with all problems (``line`` is the row)."""
    if len(content) > bytes_max:
        raise InputError([Problem("file_too_large", f"more than {bytes_max} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError([Problem("not_utf8", "the file is not UTF-8", line=line, column=1)]) from None
    reader = _Reader()
    rows = reader.read(text, rows_max)
    if reader.problems:
        ordered = sorted(reader.problems, key=lambda problem: problem.line)[:PROBLEMS_MAX]
        raise InputError(ordered)
    return rows


class _Reader:
    """Reads row by row and collects what is wrong; ``problems`` empty at the end means that all is well."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._row = 1
        self._cells: Mapping[str, str] = {}

    def read(self, text: str, rows_max: int) -> tuple[MemberRow, ...]:
        rows: list[MemberRow] = []
        number = 0
        for number, cells in enumerate(self._tables(text), 1):
            if number > rows_max:
                text = f"more than {rows_max} rows: split the file, with all cards of a member in one part"
                self._complain("too_many_rows", text)
                break
            if len(self.problems) >= PROBLEMS_MAX:
                self._complain("too_many_problems", "and so on: reading stopped here")
                break
            self._cells = cells
            before = len(self.problems)
            row = self._member_row()
            if len(self.problems) == before:
                rows.append(row)
        if not number and not self.problems:
            self._complain("no_rows", "there is no row below the header")
        self.problems += problems_between(rows)
        return tuple(rows)

    def _tables(self, text: str) -> Iterator[Mapping[str, str]]:
        """The data rows as column name → cell, once the header is understood."""
        if "\0" in text:
            self._row = text.count("\n", 0, text.index("\0")) + 1
            self._complain("not_text", "a NUL byte: this is no text file")
            return
        first_line = text.partition("\n")[0]
        delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header: list[str] = []
        try:
            for cells in lines:
                cells = [" ".join(cell.split()) for cell in cells]
                if not any(cells):
                    continue
                # A quoted cell may run over several lines; the row is known by its last.
                self._row = lines.line_num
                if not header:
                    header = [cell.casefold() for cell in cells]
                    if not self._header_is_good(header):
                        return
                elif len(cells) != len(header):
                    self._complain("wrong_columns", f"{len(cells)} cells, but the header has {len(header)}")
                else:
                    yield dict(zip(header, cells, strict=True))
        except csv.Error as error:
            self._row = lines.line_num
            self._complain("not_csv", f"this is no CSV: {error}")
            return
        if not header:
            self._complain("no_rows", "the file is empty")

    def _header_is_good(self, header: list[str]) -> bool:
        known = (*REQUIRED, *OPTIONAL)
        for name in dict.fromkeys(header):
            if name not in known:
                rest = [one for one in known if one not in header]
                self._complain("unknown_column", f'unknown column "{name}"{suggestion(name, rest)}', name)
            elif header.count(name) > 1:
                self._complain("duplicate_column", f'column "{name}" stands here twice', name)
        for name in REQUIRED:
            if name not in header:
                self._complain("missing_column", f'column "{name}" is missing', name)
        return not self.problems

    def _member_row(self) -> MemberRow:
        state = self._word("card_state", CardState)
        replaced_by = self._number("replaced_by", required=False)
        if state == "replaced" and not replaced_by:
            self._complain("missing", "a replaced card needs the number of its successor", "replaced_by")
        if replaced_by and state not in SUCCEEDED:
            text = f"a card that is {state or 'in no named state'} has no successor"
            self._complain("bad_value", text, "replaced_by")
        card = self._number("card")
        if replaced_by and replaced_by == card:
            self._complain("bad_value", "a card can't replace itself", "replaced_by", card)
        return MemberRow(
            member=self._number("member"),
            surname=self._name("surname"),
            given=self._name("given"),
            other_names=self._other_names(),
            birth_date=self._date("birth_date"),
            programme=self._fitting("programme", _PROGRAMME, "a programme's name"),
            tier=self._fitting("tier", _TIER, "the name of a tier", TIER_CHARACTERS_MAX),
            enrolled_on=self._date("enrolled_on"),
            card_airline=self._fitting("card_airline", _AIRLINE, "an airline code", required=True),
            card=card,
            card_state=state,
            replaced_by=replaced_by,
            row=self._row,
            card_since=self._since("card"),
            member_state=self._word("member_state", MemberState),
            member_since=self._since("member"),
            said_at=self._instant("said_at"),
            kind=self._word("kind", MemberKind) or MemberKind.PERSON,
            residence=self._country("residence"),
            groups=self._groups(),
            relations=tuple(self._relations()),
        )

    def _country(self, column: str) -> str | None:
        value = self._cells.get(column)
        if value and not (_COUNTRY.fullmatch(value) and is_country(value)):
            near = value.upper()
            hint = f' (did you mean "{near}"?)' if _COUNTRY.fullmatch(near) and is_country(near) else ""
            self._complain("unknown_value", f'"{value}" is no country{hint}', column, value)
        return value

    def _groups(self) -> tuple[str, ...] | None:
        if "groups" not in self._cells:
            return None
        names = sorted(set(self._cells["groups"].split()))
        for name in names:
            if not _GROUP.fullmatch(name):
                self._complain("bad_value", f'"{name}" is not the name of a target group', "groups", name)
        if len(names) > GROUPS_MAX:
            self._complain("too_long", f"more than {GROUPS_MAX} groups", "groups")
        return tuple(names)

    def _relations(self) -> Iterator[tuple[str, str, date | None]]:
        for relation in RELATIONS:
            since = self._date(f"{relation}_since")
            other = self._cells.get(relation, "")
            if since and not other:
                self._complain("missing", f"{relation}_since is given, but no {relation}", relation)
            if other and other == self._cells["member"] and relation != Relation.PERSON:
                self._complain("bad_value", f"nobody is a {relation} of himself", relation, other)
            if other == "-":
                yield relation, "", since
            elif relation == Relation.PERSON and other:
                yield relation, self._fitting(relation, _PERSON, "a key of a person"), since
            elif other:
                yield relation, self._number(relation), since

    def _word(self, column: str, words: type[StrEnum]) -> str:
        word = self._cells.get(column, "")
        known = [each.value for each in words]
        if word and word not in known:
            near = suggestion(word, known, offer=True)
            self._complain("unknown_value", f'"{word}" is no {column.replace("_", " ")}{near}', column, word)
        return word

    def _since(self, whose: str) -> date | None:
        column = f"{whose}_since"
        if self._cells.get(column) and not self._cells.get(f"{whose}_state"):
            self._complain("missing", f"{column} is given, but no {whose}_state", f"{whose}_state")
        return self._date(column)

    def _instant(self, column: str) -> datetime | None:
        value = self._cells.get(column, "")
        if not value:
            return None
        try:
            instant = datetime.fromisoformat(value) if "T" in value else None
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            text = f'"{value}" is no instant like 2026-08-20T12:00:00+03:00'
            self._complain("bad_value", text, column, value)
            return None
        return instant

    def _fitting(
        self, column: str, pattern: re.Pattern[str], what: str, length_max: int = 40, required: bool = False
    ) -> str:
        value = self._cells.get(column, "")
        if not value:
            if required:
                self._complain("missing", f"{column} is empty", column)
            return ""
        if unicodedata.normalize("NFKC", value) != value or not value.isascii():
            # Look-alike letters of another alphabet, full-width digits: they would never meet what hosts
            # send.
            text = f'"{value}" holds characters that only look like the letters A-Z and digits'
            self._complain("not_ascii", text, column, value)
        elif not pattern.fullmatch(value):
            near = value.upper().replace(" ", "").replace("-", "")
            hint = f' (did you mean "{near}"?)' if near != value and pattern.fullmatch(near) else ""
            self._complain("bad_value", f'"{value}" is not {what}{hint}', column, value)
        elif len(value) > length_max:
            self._complain("too_long", f"{column} has more than {length_max} characters", column, value)
        return value

    def _number(self, column: str, required: bool = True) -> str:
        what = "a number of letters A-Z and digits"
        return self._fitting(column, _NUMBER, what, NUMBER_CHARACTERS_MAX, required)

    def _name(self, column: str) -> str:
        return self._name_part(self._cells[column], column)

    def _name_part(self, value: str, column: str) -> str:
        value = unicodedata.normalize("NFC", value).upper()
        if not any(letter.isalpha() for letter in value):
            # Hosts refuse an answer without first or last name.
            self._complain("missing", f"{column} has no letters", column)
        elif len(value) > NAME_CHARACTERS_MAX:
            self._complain("too_long", f"a name has more than {NAME_CHARACTERS_MAX} characters", column)
        elif strange := sorted({c for c in value if not (c.isalpha() or c in " -'.’ʼ`" or _is_accent(c))}):
            self._complain("bad_value", f"a name can't hold {' '.join(map(ascii, strange))}", column)
        return value

    def _other_names(self) -> tuple[Name, ...]:
        names = []
        for text in self._cells.get("other_names", "").split(";"):
            if not text.strip():
                continue
            parts = [part.strip() for part in text.split("/")]
            if len(parts) != 2:
                self._complain("bad_value", f'"{text.strip()}" is not SURNAME/GIVEN', "other_names")
                continue
            names.append(Name(*(self._name_part(part, "other_names") for part in parts)))
        if len(names) > OTHER_NAMES_MAX:
            self._complain("too_long", f"more than {OTHER_NAMES_MAX} other names", "other_names")
        return tuple(names)

    def _date(self, column: str) -> date | None:
        value = self._cells.get(column, "")
        if not value:
            return None
        try:
            # fromisoformat alone would also take 20240131 and week dates.
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        self._complain("bad_value", f'"{value}" is no date like 1985-03-07', column, value)
        return None

    def _complain(self, code: str, text: str, path: str = "", value: str = "") -> None:
        self.problems.append(Problem(code, text, path, self._row, 1, value=value))


def _is_accent(character: str) -> bool:
    return unicodedata.category(character).startswith("M")
