"""Telegrams to be sent: address block, origin line and parts, in the sizes that every receiver takes.

The mirror of ``typeb``. What is written here is read back there, joined, as the same list:

1. address lines, filled to 63 columns, the first perhaps with a priority; no address twice, at most 32;
2. the origin line with DDHHMM (DDHHMMSS where the second matters), perhaps with a double signature;
3. ``PDM`` where the telegram may have arrived before, ``COR`` where it corrects another;
4. the kind; for lists the flight line with ``PARTn``;
5. lines. Those of a remark that are too long go on in ``.RN/``, cut so that the pieces put side by side are
   the remark again, byte for byte;
6. ``ENDPARTn`` where more parts follow, ``END`` and the kind in the last. Kinds that are no lists end their
   parts with ``PART n CONTINUED`` and ``PART n END`` instead, and have neither where one part is enough.

A part has at most 3000 characters as it leaves, with CR LF behind each line and room for the ``PDM`` that a repeat
may need. It begins anew between passengers, never inside one, and repeats the lines
that the next passenger stands under, totals lines with their full counts. Sources: Astra's generator and the
host library's splitter (observed), RP 1707b in the shape that public sources show.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapter.errors import Problem, TelegramError

from .typeb_lines import ADDRESS, KIND, PRIORITY, UPPER, bare, is_framing, read_end, read_origin, split_lines

CONTINUED, CONTINUATION = ".R/", ".RN/"
POSSIBLE_DUPLICATE = "PDM"
CORRECTION = "COR"
LINE_END = "\r\n"
"""Of every line as it leaves, whatever it ends in here."""
_SIGNATURE = re.compile(rf"[{UPPER}0-9]{{2}}")


@dataclass(frozen=True, slots=True)
class Sizes:
    """What receivers take. A line that can't be continued may be longer than ``columns``, up to
    ``rigid_columns_max``: some receivers stop there, none sooner.
    """

    columns: int = 63
    rigid_columns_max: int = 69
    part_characters_max: int = 3000
    parts_max: int = 99
    addresses_max: int = 32


@dataclass(frozen=True, slots=True)
class Heading:
    """Who writes to whom, and when. ``created`` is the same for all parts of a telegram and for every repeat
    of it; ``possible_duplicate`` is for repeats, ``correction`` for a list in place of one made at that time.
    """

    addresses: tuple[str, ...]
    originator: str
    created: datetime
    priority: str = ""
    double_signature: str = ""
    possible_duplicate: bool = False
    correction: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that stay together: a passenger with all that is said of it. ``under`` are the lines before it
    that a new part has to say again when it begins with this block.
    """

    lines: tuple[str, ...]
    under: tuple[str, ...] = ()


def write_list(
    heading: Heading,
    kind: str,
    flight: str,
    blocks: Iterable[Block],
    *,
    each_part: Sequence[str] = (),
    sizes: Sizes | None = None,
    line_end: str = LINE_END,
) -> tuple[str, ...]:
    """A passenger list as one telegram or as many as it takes. ``flight`` is the flight line without PARTn;
    ``each_part`` are lines below it that every part repeats. Raises TelegramError with all problems.
    """
    return _Egress(heading, kind, sizes or Sizes(), line_end).as_list(flight, blocks, each_part)


def write_text(
    heading: Heading, kind: str, lines: Iterable[str], *, sizes: Sizes | None = None, line_end: str = LINE_END
) -> tuple[str, ...]:
    """Any other telegram, in one part or more. Raises TelegramError with all problems."""
    return _Egress(heading, kind, sizes or Sizes(), line_end).as_text(lines)


def wire_length(lines: Iterable[str]) -> int:
    """Characters of these lines as they leave."""
    return sum(len(line) + len(LINE_END) for line in lines)


def resent_length(telegram: str) -> int:
    """Characters of a telegram as it leaves, marked as a repeat. It has an origin line."""
    return wire_length(split_lines(mark_resent(telegram).rstrip("\r\n")))


def mark_resent(telegram: str) -> str:
    """The same telegram once more, with ``PDM`` behind its origin line; as it was where it has that already."""
    line_end = "\r\n" if "\r\n" in telegram else "\n"
    lines = split_lines(telegram)
    for position, line in enumerate(lines):
        if (origin := read_origin(line)) is not None:
            following = bare(lines[position + 1]) if position + 1 < len(lines) else ""
            if POSSIBLE_DUPLICATE not in (following, *origin[3]):
                lines.insert(position + 1, POSSIBLE_DUPLICATE)
            return line_end.join(lines)
    raise TelegramError([Problem("origin_missing", "no origin line to put PDM behind")])


def fold(line: str, sizes: Sizes | None = None) -> tuple[str, ...]:
    """A line in the pieces that fit. Only remarks can be cut; a piece never ends in a blank, which lines lose
    on their way.
    """
    columns = (sizes or Sizes()).columns
    if len(line) <= columns or not line.startswith(CONTINUED):
        return (line,)
    pieces = []
    rest, prefix = line, ""
    while len(prefix) + len(rest) > columns:
        room = columns - len(prefix)
        room = len(rest[:room].rstrip()) or room
        pieces.append(prefix + rest[:room])
        rest, prefix = rest[room:], CONTINUATION
    return (*pieces, prefix + rest)


class _Egress:
    """One telegram on its way into parts; complaints are collected and thrown before anything is returned."""

    def __init__(self, heading: Heading, kind: str, sizes: Sizes, line_end: str) -> None:
        self.heading, self.kind, self.sizes, self.line_end = heading, kind, sizes, line_end
        self.problems: list[Problem] = []
        self.head = [*self.address_lines(), self.origin_line()]
        if heading.possible_duplicate:
            self.head.append(POSSIBLE_DUPLICATE)
        if heading.correction:
            self.head.append(CORRECTION)
        if not KIND.fullmatch(kind):
            self.complain("kind_invalid", f"{kind!r} is not three capital letters")
        self.head.append(kind)

    def complain(self, code: str, text: str, line: int = 0) -> None:
        self.problems.append(Problem(code, text, line=line, column=1 if line else 0))

    def address_lines(self) -> list[str]:
        heading, sizes = self.heading, self.sizes
        addresses = list(dict.fromkeys(heading.addresses))
        if not addresses:
            self.complain("address_missing", "nobody to send it to")
        if len(addresses) > sizes.addresses_max:
            self.complain("addresses_too_many", f"{len(addresses)} addresses, at most {sizes.addresses_max}")
        for address in addresses:
            if not ADDRESS.fullmatch(address):
                self.complain("address_odd", f"address {address!r} is not 7 letters and digits")
        if heading.priority and not PRIORITY.fullmatch(heading.priority):
            self.complain("priority_invalid", f"{heading.priority!r} is no priority")
        lines: list[str] = []
        for word in ([heading.priority] if heading.priority else []) + addresses:
            if lines and len(lines[-1]) + 1 + len(word) <= sizes.columns:
                lines[-1] += " " + word
            else:
                lines.append(word)
        return lines

    def origin_line(self) -> str:
        heading = self.heading
        if not ADDRESS.fullmatch(heading.originator):
            self.complain("origin_invalid", f"originator {heading.originator!r} is not 7 letters and digits")
        if heading.double_signature and not _SIGNATURE.fullmatch(heading.double_signature):
            self.complain("origin_invalid", f"{heading.double_signature!r} is no double signature")
        signature = f"{heading.double_signature}/" if heading.double_signature else ""
        return f".{heading.originator} {signature}{creation_token(heading.created)}"

    def checked(self, lines: Iterable[str], number: int) -> list[str]:
        """The lines in their pieces. ``number`` counts them for complaints."""
        pieces: list[str] = []
        for line in lines:
            number += 1
            if not line.isprintable():
                self.complain("control_character", "a character that has no place in a telegram", number)
            elif read_end(line) or (line.strip() and is_framing(line)):
                self.complain("line_ends_telegram", "a line that would end the telegram", number)
            for piece in fold(line, self.sizes):
                longest = self.sizes.rigid_columns_max
                if len(piece) > longest:
                    self.complain("line_too_long", f"{len(piece)} columns, at most {longest}", number)
                pieces.append(piece)
        return pieces

    def room(self, frame: Iterable[str]) -> int:
        """Characters that a part has for its own lines beside these, which each part has."""
        mark = () if self.heading.possible_duplicate else (POSSIBLE_DUPLICATE,)
        return self.sizes.part_characters_max - wire_length((*mark, *frame))

    def as_list(self, flight: str, blocks: Iterable[Block], each_part: Sequence[str]) -> tuple[str, ...]:
        repeated = self.checked(each_part, 0)
        frame = [*self.head, f"{flight} PART{self.sizes.parts_max}", *repeated]
        room = self.room([*frame, f"ENDPART{self.sizes.parts_max}"])
        parts: list[list[str]] = [[]]
        used = number = 0
        for block in blocks:
            lines = self.checked(block.lines, number)
            number += len(block.lines)
            if used and used + wire_length(lines) > room:
                parts.append([])
                lines = [*block.under, *lines]
                used = 0
            used += wire_length(lines)
            if used > room:
                self.complain("block_too_long", "longer than a part, and nowhere to cut", number)
            parts[-1] += lines
        self.finish(len(parts))
        last = len(parts)
        return tuple(
            self.text(
                [
                    *self.head,
                    f"{flight} PART{part}",
                    *repeated,
                    *lines,
                    f"END{self.kind}" if part == last else f"ENDPART{part}",
                ]
            )
            for part, lines in enumerate(parts, start=1)
        )

    def as_text(self, lines: Iterable[str]) -> tuple[str, ...]:
        pieces = self.checked(lines, 0)
        room = self.room(self.head)
        if wire_length(pieces) <= room:
            self.finish(1)
            return (self.text([*self.head, *pieces]),)
        room -= wire_length([f"PART {self.sizes.parts_max} CONTINUED"])
        parts: list[list[str]] = [[]]
        used = 0
        for piece in pieces:
            length = wire_length([piece])
            if used and used + length > room:
                parts.append([])
                used = 0
            parts[-1].append(piece)
            used += length
        self.finish(len(parts))
        last = len(parts)
        return tuple(
            self.text([*self.head, *own, f"PART {part} {'END' if part == last else 'CONTINUED'}"])
            for part, own in enumerate(parts, start=1)
        )

    def text(self, lines: Iterable[str]) -> str:
        return "".join(line + self.line_end for line in lines)

    def finish(self, parts: int) -> None:
        if parts > self.sizes.parts_max:
            self.complain("parts_too_many", f"{parts} parts, at most {self.sizes.parts_max}")
        if self.problems:
            raise TelegramError(self.problems, self.kind)


def creation_token(created: datetime) -> str:
    """The time of an origin line; seconds only where there are some, because receivers expect none."""
    moment = created.astimezone(UTC)
    return f"{moment:%d%H%M%S}" if moment.second else f"{moment:%d%H%M}"
