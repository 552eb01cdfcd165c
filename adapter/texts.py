"""Telegrams made of a file's text: as they are where they have an envelope, else with one put around each.

A file may hold several, as a DCS or a line writes them. A text without envelope begins with its kind, three letters
alone. Free text is split where it is too long for one telegram; a passenger list is not (its parts are written from
what it says, not from its lines).
"""

from collections.abc import Sequence
from datetime import datetime

from adapter.errors import Problem, TelegramError
from adapter.outbox import TELEGRAMS_AT_ONCE_MAX, problems_of
from adapter.wire.typeb_egress import Heading, write_text
from adapter.wire.typeb_files import split_telegrams
from adapter.wire.typeb_lines import (
    FRAMING_CHARACTERS,
    is_framing,
    is_kind,
    read_end,
    read_origin,
    split_lines,
)


def telegrams_of(
    content: bytes, encoding: str, to: Sequence[str], origin: str, created: datetime
) -> tuple[str, ...]:
    """The telegrams to be queued for one file, lines ended by LF. Raises TelegramError with lines of the file."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TelegramError([Problem("wrong_encoding", f"not {encoding}", line=line, column=1)]) from None
    heading = Heading(tuple(to), origin, created.replace(second=0, microsecond=0))
    found: list[str] = []
    for piece in split_telegrams(content, encoding):
        # Framing belongs to the line that carries the telegram, and lines that carry nothing mean nothing.
        # A blank at the end of a line may belong to a remark that goes on.
        lines = [
            (number, line.strip(FRAMING_CHARACTERS))
            for number, line in enumerate(split_lines(piece.raw.decode(encoding)), piece.first_line)
            if not is_framing(line)
        ]
        if lines:
            found += _telegrams(lines, encoding, heading)
    if not found:
        raise TelegramError([Problem("telegram_empty", "there is no text", line=1, column=1)])
    if len(found) > TELEGRAMS_AT_ONCE_MAX:
        text = f"{len(found)} telegrams, at most {TELEGRAMS_AT_ONCE_MAX} in one file"
        raise TelegramError([Problem("telegrams_too_many", text, line=1, column=1)])
    return tuple(found)


def _telegrams(lines: Sequence[tuple[int, str]], encoding: str, heading: Heading) -> tuple[str, ...]:
    """One telegram of the file, or the parts of one; ``lines`` with their numbers."""
    first = lines[0][0]
    body = [line for _number, line in lines]
    places = [number for number, _line in lines]
    if any(read_origin(line) for line in body):
        if heading.addresses or heading.originator:
            text = "the file has an envelope of its own: give no addresses and no origin"
            raise TelegramError([Problem("envelope_twice", text, line=first, column=1)])
        return _whole(body, encoding, places)
    if not heading.addresses or not heading.originator:
        text = "there is no origin line, so addresses and origin are needed"
        raise TelegramError([Problem("origin_missing", text, line=first, column=1)])
    if not is_kind(body[0]):
        text = "a text without envelope begins with its kind, three letters alone"
        raise TelegramError([Problem("kind_missing", text, line=first, column=1)])
    kind = body[0].strip()
    if any(read_end(line) for line in body):
        (head,) = write_text(heading, kind, (), line_end="\n")
        above = split_lines(head.removesuffix("\n"))[:-1]
        return _whole([*above, *body], encoding, [0] * len(above) + places)
    texts = write_text(heading, kind, body[1:], line_end="\n")
    problems = [problem for one in texts for problem in problems_of(one, encoding)]
    if problems:
        raise TelegramError(problems)
    return texts


def _whole(lines: Sequence[str], encoding: str, places: Sequence[int]) -> tuple[str, ...]:
    text = "".join(f"{line}\n" for line in lines)
    problems = [
        Problem(one.code, one.text, line=places[one.line - 1] if one.line else 0, column=one.column)
        for one in problems_of(text, encoding)
    ]
    if problems:
        raise TelegramError(problems)
    return (text,)
