"""Type B telegrams: the envelope around a passenger list, read without knowing what the list says.

Life of a telegram:

1. optional network framing: ``ZCZC ...``, SOH; its end NNNN, ETX; a DOS end-of-file mark counts as framing;
2. address lines, the first perhaps with a two-letter priority (``QU``); everything before the origin line;
3. the origin line: ``.`` and an address of 7 characters, perhaps ``XX/`` (double signature), DDHHMM or
   DDHHMMSS;
4. perhaps ``PDM`` (possible duplicate) or ``COR`` on lines of their own, then the kind, three letters alone
   (``FTL``);
5. the flight line: ``UT280/20AUG DME PART1``;
6. the body, whose lines belong to the grammars;
7. the end line: ``ENDPART1`` where more parts follow, ``ENDFTL`` where not.

Copies that a DCS drops as files begin with step 4. Lines end in LF, CRLF or CR; blank lines mean nothing;
blanks around a line mean nothing except at the end of a remark that is continued by ``.RN/``. Sources:
Astra's generator and parser (observed), IATA RP 1707b in the shape that public sources show.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from adapter.errors import Problem

from .typeb_dates import MONTHS, exists_in_some_year, resolve_created, resolve_flight_date
from .typeb_lines import (
    ADDRESS,
    BLANKS,
    FLIGHT,
    FRAMING_CHARACTERS,
    KIND,
    NO_ORIGIN,
    PRIORITY,
    RESERVATION,
    bare,
    is_framing,
    is_reservation,
    read_end,
    read_origin,
    split_lines,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes beyond which a telegram is refused; lines over ``line_characters_usual`` are only reported."""

    telegram_bytes_max: int = 65536
    parts_max: int = 99
    line_characters_max: int = 512
    line_characters_usual: int = 69
    remark_characters_max: int = 2048
    """Of a remark with all its continuations: thirty lines, where the longest known ones have five."""
    addresses_max: int = 32
    address_characters_max: int = 416
    """Of the whole address block: as many addresses of twelve characters as there may be, with blanks."""
    heading_characters_max: int = 100
    list_lines_max: int = 200_000
    """Lines of a joined list: ten thousand passengers of a dozen lines are 120,000."""
    problems_max: int = 100
    """Problems reported of one telegram; the rest is only counted, so that garbage can't flood the
    journal.
    """


@dataclass(frozen=True, slots=True)
class FlightLine:
    """Step 5, resolved. ``number`` has no leading zeros; ``on`` is local at ``board``; ``part`` is 0 when
    not written.
    """

    carrier: str
    number: str
    suffix: str
    on: date
    board: str
    part: int


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram (or one part of one). All line indexes count from 0 into ``lines``, which are as received.

    ``body`` is the half-open range of the lines between flight line and end line. ``flight`` is None where
    the kind is not one of the passenger lists that were asked for; then only the envelope was read.
    Problems make the telegram unusable, warnings don't.
    """

    lines: tuple[str, ...]
    priority: str
    addresses: tuple[str, ...]
    originator: str
    double_signature: str
    identity: tuple[str, ...]
    """Further tokens of the origin line, as the communications put them there."""
    created: datetime | None
    possible_duplicate: bool
    correction: bool
    kind: str
    flight: FlightLine | None
    body: tuple[int, int]
    final: bool
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def part(self) -> int:
        """Number of the part; a telegram without PARTn is its own part 1."""
        return (self.flight.part if self.flight else 0) or 1


class _Reader:
    """Reads one telegram from the top; every complaint gets its line, so nothing has to be thrown on the
    way.
    """

    def __init__(self, text: str, limits: Limits) -> None:
        self.lines = split_lines(text)
        self.limits = limits
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def complain(self, code: str, text: str, index: int, column: int = 1) -> None:
        self.problems.append(Problem(code, text, line=index + 1, column=column))

    def content(self) -> list[tuple[int, str]]:
        """The heading: what is not blank, up to and with the line after the kind; all of it where there is none."""
        found: list[tuple[int, str]] = []
        for index, line in enumerate(self.lines):
            if is_framing(line):
                continue
            found.append((index, bare(line)))
            if len(found) > 1 and KIND.fullmatch(found[-2][1]) and found[-2][1] not in ("PDM", "COR"):
                break
        return found

    def check_lines(self) -> None:
        if (
            "".join(self.lines).isprintable()
            and max(map(len, self.lines)) <= self.limits.line_characters_usual
        ):
            return
        usual, cap = self.limits.line_characters_usual, self.limits.line_characters_max
        for index, line in enumerate(self.lines):
            if len(line) > usual:
                length = len(line.rstrip(BLANKS))
                if length > cap:
                    self.complain(
                        "line_too_long", f"{length} characters, at most {cap} are read", index, cap + 1
                    )
                elif length > usual:
                    text = f"{length} characters, usual are at most {usual}"
                    self.warnings.append(Problem("line_long", text, line=index + 1, column=1))
            if not line.isprintable():
                self.check_characters(line, index)

    def check_characters(self, line: str, index: int) -> None:
        for character in line.strip(FRAMING_CHARACTERS):
            if not character.isprintable() and character != "\t":
                text = f"character U+{ord(character):04X} has no place in a telegram"
                self.complain("control_character", text, index, line.index(character) + 1)
                return


def read_telegram(
    text: str,
    received_at: datetime,
    *,
    listed_kinds: Iterable[str] = (),
    created_hint: datetime | None = None,
    limits: Limits | None = None,
) -> Telegram:
    """Reads the envelope of one telegram, heading and end line included where its kind is one of
    ``listed_kinds``.

    Never raises for bad input: what is wrong stands in ``problems`` with line and column.
    """
    limits = limits or Limits()
    reader = _Reader(text, limits)
    reader.check_lines()
    content = reader.content()
    addresses: list[str] = []
    address_lines: list[int] = []
    priority = originator = signature = token = kind = ""
    identity: tuple[str, ...] = ()
    pdm = cor = origin_seen = False
    position = 0
    if not content:
        reader.complain("telegram_empty", "there is no text", 0)
    while position < len(content):
        index, line = content[position]
        origin = read_origin(line) if line.startswith(".") and not origin_seen else None
        if origin is not None:
            originator, signature, token, others = origin
            origin_seen = True
            pdm, cor = pdm or "PDM" in others, cor or "COR" in others
            identity = tuple(word for word in others if word not in ("PDM", "COR"))
        elif line.startswith("."):
            text_ = "second origin line" if origin_seen else "origin line without an address of 7 characters"
            reader.complain("origin_invalid", text_, index)
            break
        elif line in ("PDM", "COR"):
            pdm, cor = pdm or line == "PDM", cor or line == "COR"
        elif KIND.fullmatch(line):
            kind = line
            position += 1
            break
        elif origin_seen and any(is_reservation(other) for other in reader.lines[index:]):
            kind = RESERVATION
            break
        elif origin_seen:
            reader.complain("kind_missing", "no line of three letters names the kind of this telegram", index)
            break
        else:
            address_lines.append(index)
            addresses += line.split()
        position += 1
    else:
        if content:
            reader.complain("kind_missing", "neither origin line nor kind was found", content[0][0])
    if addresses and PRIORITY.fullmatch(addresses[0]):
        priority = addresses.pop(0)
    if address_lines:
        if kind and not origin_seen:
            reader.complain(
                "origin_missing", "address lines, but no origin line after them", address_lines[-1]
            )
        block = len(" ".join(addresses))
        if len(addresses) > limits.addresses_max or block > limits.address_characters_max:
            text_ = (
                f"{len(addresses)} addresses of {block} characters: at most {limits.addresses_max} are read,"
            )
            text_ += f" of {limits.address_characters_max} characters together"
            reader.complain("address_too_long", text_, address_lines[0])
        elif odd := [address for address in addresses if not ADDRESS.fullmatch(address)]:
            text_ = f"{len(odd)} of {len(addresses)} addresses are not 7 letters and digits"
            reader.warnings.append(Problem("address_odd", text_, line=address_lines[0] + 1, column=1))
    created = created_hint
    if odd_time := next((word for word in identity if word[0].isdigit()), "") if not token else "":
        # A time that was damaged is no missing one: as of its receipt, an old list would displace the newest.
        origin_index = next(i for i, line in content if line.startswith("."))
        reader.complain("creation_time_invalid", f"{odd_time} is no day and time", origin_index)
    elif token:
        created = resolve_created(token, received_at)
        if created is None:
            origin_index = next(i for i, line in content if line.startswith("."))
            reader.complain("creation_time_invalid", f"{token} is no day and time", origin_index)
    flight, start, end, final = None, len(reader.lines), len(reader.lines), False
    if kind and kind in listed_kinds:
        flight, start, end, final = _read_frame(reader, content[position:], kind, received_at)
    return Telegram(
        lines=tuple(reader.lines),
        priority=priority,
        addresses=tuple(addresses),
        originator="" if originator == NO_ORIGIN else originator,
        double_signature=signature,
        identity=identity,
        created=created,
        possible_duplicate=pdm,
        correction=cor,
        kind=kind,
        flight=flight,
        body=(start, end),
        final=final,
        problems=tuple(reader.problems),
        warnings=tuple(reader.warnings),
    )


def _read_frame(
    reader: _Reader, content: list[tuple[int, str]], kind: str, received_at: datetime
) -> tuple[FlightLine | None, int, int, bool]:
    """Flight line and end line of a list: (flight line, first body index, index of the end line, final)."""
    last = len(reader.lines)
    if not content:
        reader.complain("flight_line_missing", f"nothing after {kind}", last - 1)
        return None, last, last, False
    flight = _read_flight(reader, *content[0], received_at)
    start = content[0][0] + 1
    for index in range(start, last):
        if "END" in reader.lines[index] and (end := read_end(reader.lines[index])) is not None:
            break
    else:
        there = next(index for index in reversed(range(last)) if not is_framing(reader.lines[index]))
        reader.complain("end_missing", f"no END{kind} or ENDPARTn: the telegram is cut off", there)
        return flight, start, last, False
    end_kind, end_part = end
    line = bare(reader.lines[index])
    if end_kind and end_kind != kind:
        reader.complain("end_mismatch", f"{line} ends a telegram of kind {kind}", index)
    elif not end_kind and flight is not None and end_part != flight.part:
        reader.complain("end_part_mismatch", f"{line} ends part {flight.part or 'without number'}", index)
    trailing = next((other for other in range(index + 1, last) if not is_framing(reader.lines[other])), None)
    if trailing is not None:
        reader.complain("text_after_end", "text after the end line", trailing)
    return flight, start, index, bool(end_kind)


def _read_flight(reader: _Reader, index: int, line: str, received_at: datetime) -> FlightLine | None:
    limits = reader.limits
    match = FLIGHT.fullmatch(line) if len(line) <= limits.heading_characters_max else None
    if match is None:
        code = "flight_unknown" if re.search(r"\?{3}", line) else "flight_line_invalid"
        reader.complain(code, "the flight line is not airline, number, date, board point and part", index)
        return None
    day, month = int(match["day"]), MONTHS.get(match["month"], 0)
    on = None
    column = match.start("day") + 1
    if not month or not exists_in_some_year(day, month):
        reader.complain("flight_date_invalid", f"{match['day']}{match['month']} is no date", index, column)
    else:
        year = 2000 + int(match["year"]) if match["year"] else None
        on = resolve_flight_date(day, month, received_at, year)
        if on is None:
            text = f"{match['day']}{match['month']}{match['year'] or ''} is not within 180 days of receipt"
            reader.complain("flight_date_out_of_window", text, index, column)
    part = int(match["part"] or 0)
    if match["part"] and not 1 <= part <= limits.parts_max:
        reader.complain(
            "part_number_invalid", f"part {part}: 1 to {limits.parts_max}", index, match.start("part") + 1
        )
        return None
    if on is None:
        return None
    return FlightLine(match["carrier"], match["number"], match["suffix"] or "", on, match["board"], part)


def canonical(telegram: Telegram) -> str:
    """What a telegram says, whoever sent it how often: the text that its digest is taken over.

    Left out: framing, addresses, priority, double signature, PDM, blank lines, blanks around lines
    (but not the blanks before a continuation, which belong to a remark). The dates stand resolved, because
    the same words a year later speak about another flight. COR stays: even where nothing else is new, a
    correction displaces what a plain list doesn't.
    """
    flight = telegram.flight
    created = telegram.created.isoformat() if telegram.created else ""
    head = [telegram.kind, telegram.originator, created]
    if telegram.correction:
        head.append("COR")
    if flight is not None:
        name = f"{flight.carrier}{flight.number}{flight.suffix}/{flight.on.isoformat()} {flight.board}"
        head.append(f"{name} PART{telegram.part}")
    start, end = telegram.body if flight is not None else (0, len(telegram.lines))
    body = [line for line in telegram.lines[start : end + 1] if line[:1] == "." or not is_framing(line)]
    bare_lines = [line.strip(BLANKS) for line in body]
    text = "\n".join(head + bare_lines)
    if "\n.RN/" not in text:
        return text
    for position, line in enumerate(bare_lines):
        if line.startswith(".RN/") and position:
            bare_lines[position - 1] = body[position - 1].lstrip(BLANKS)
    return "\n".join(head + bare_lines)
