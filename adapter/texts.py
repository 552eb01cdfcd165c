"""Telegrams made of a file's text: as it is where it has an envelope, else with one put around it.

A text without envelope begins with its kind, three letters alone. Free text is split where it is too long for one
telegram; a passenger list is not (its parts are written from what it says, not from its lines).
"""

from collections.abc import Sequence
from datetime import datetime

from adapter.errors import Problem, TelegramError
from adapter.outbox import problems_of
from adapter.wire.typeb_egress import Heading, write_text
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
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TelegramError([Problem("wrong_encoding", f"not {encoding}", line=line, column=1)]) from None
    lines = split_lines(text)
    # Framing belongs to the line that carries the telegram, and lines that carry nothing mean nothing.
    # A blank at the end of a line may belong to a remark that goes on.
    kept = [
        (number, line.strip(FRAMING_CHARACTERS))
        for number, line in enumerate(lines, 1)
        if not is_framing(line)
    ]
    if not kept:
        raise TelegramError([Problem("telegram_empty", "there is no text", line=1, column=1)])
    body = [line for _number, line in kept]
    if any(read_origin(line) for line in body):
        if to or origin:
            text_ = "the file has an envelope of its own: give no addresses and no origin"
            raise TelegramError([Problem("envelope_twice", text_, line=kept[0][0], column=1)])
        return _whole(body, encoding, [number for number, _line in kept])
    if not to or not origin:
        text_ = "there is no origin line, so addresses and origin are needed"
        raise TelegramError([Problem("origin_missing", text_, line=kept[0][0], column=1)])
    if not is_kind(body[0]):
        text_ = "a text without envelope begins with its kind, three letters alone"
        raise TelegramError([Problem("kind_missing", text_, line=kept[0][0], column=1)])
    heading = Heading(tuple(to), origin, created.replace(second=0, microsecond=0))
    kind = body[0].strip()
    if any(read_end(line) for line in body):
        (head,) = write_text(heading, kind, (), line_end="\n")
        above = split_lines(head.removesuffix("\n"))[:-1]
        return _whole([*above, *body], encoding, [0] * len(above) + [number for number, _line in kept])
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
