"""Teletype files read without a journal: what is in them, with the parts of a set put together where they
are all there.

For looking at files (``ffgate decode``); nothing is stored, and the same rules apply as on a link.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapter.documents.document import Document
from adapter.documents.teletype import (
    Joined,
    SetIdentity,
    UnreadableList,
    join_lines,
    read_envelope,
    read_list,
    set_identity,
)
from adapter.documents.teletype_opaque import read_opaque
from adapter.documents.teletype_rules import Grammar
from adapter.envelope import Envelope
from adapter.errors import DocumentError, Problem
from adapter.wire.typeb import Limits, Telegram
from adapter.wire.typeb_files import read_copy_name, split_telegrams
from adapter.wire.typeb_lines import is_framing, split_lines


@dataclass(frozen=True, slots=True)
class Reading:
    """One message found in files. All lines of ``problems`` and ``unread`` are lines of the file they name.

    ``document`` is None when the message is unusable; problems then say why, else they are warnings.
    ``envelope`` is that of the first part. ``places`` has file and line of each line of the (joined)
    list, to turn the lines in the document's tree and transactions back into lines of files.
    """

    files: tuple[str, ...]
    kind: str
    parts: tuple[int, ...]
    envelope: Envelope
    document: Document | None
    problems: tuple[Problem, ...]
    lines: int
    unread: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A telegram in a file: ``first_line`` is the file's line of the telegram's first."""

    file: str
    first_line: int
    envelope: Envelope
    telegram: Telegram | None
    problems: tuple[Problem, ...]
    kind: str


def read_files(
    files: Sequence[tuple[str, bytes]],
    grammars: Mapping[str, Grammar],
    *,
    encoding: str,
    received_at: datetime,
    link: str = "",
    limits: Limits | None = None,
    check: Callable[[Document], Document] | None = None,
    tolerant: bool = False,
) -> tuple[Reading, ...]:
    """Every message in the files, in the order of first lines. ``check`` validates a document, or raises
    DocumentError.

    Parts that belong to one set are one message, in whatever order and files they come.
    """
    limits = limits or Limits()
    sets: list[tuple[list[SetIdentity], list[_Found]]] = []
    for file, content in files:
        for position, piece in enumerate(split_telegrams(content, encoding), start=1):
            name = read_copy_name(_base_name(file))
            envelope = Envelope(
                link=link,
                protocol="typeb",
                id=f"{_base_name(file)}#{position}",
                raw=piece.raw,
                received_at=received_at,
                encoding=encoding,
                source=_base_name(file),
                created_hint=name.created if name else None,
                kind_hint=name.kind if name else "",
            )
            found = _look(file, piece.first_line, envelope, grammars, limits, tolerant=tolerant)
            identity = None
            telegram = found.telegram
            in_parts = telegram is not None and telegram.kind in grammars
            if telegram is not None and in_parts and not (telegram.final and telegram.part == 1):
                identity = set_identity(telegram, name.id if name else "")
            _set_for(sets, identity, found).append(found)
    return tuple(
        _reading(found, grammars, limits, check, tolerant=tolerant) for _known, found in sets if found
    )


def _set_for(
    sets: list[tuple[list[SetIdentity], list[_Found]]], identity: SetIdentity | None, found: _Found
) -> list[_Found]:
    """Where a telegram belongs: the set of the very same identity, else the one nearest in time to any of its parts
    that lacks this part, else one of its own. Sets between which this part is the link become one."""
    if identity is None:
        sets.append(([], []))
        return sets[-1][1]
    for known, members in sets:
        if known and known[0] == identity:
            return members
    near = [
        (min(one.apart_from(identity) for one in known), position)
        for position, (known, members) in enumerate(sets)
        if any(one.admits(identity) for one in known) and not _has_part(members, found)
    ]
    if not near:
        sets.append(([identity], []))
        return sets[-1][1]
    known, members = sets[min(near)[1]]
    known.append(identity)
    for _distance, position in sorted(near)[1:]:
        others, parts = sets[position]
        if not any(_has_part(members, part) for part in parts):
            known += others
            members += parts
            others.clear()
            parts.clear()
    return members


def _has_part(members: Sequence[_Found], found: _Found) -> bool:
    numbers = {one.telegram.part for one in members if one.telegram is not None}
    return found.telegram is not None and found.telegram.part in numbers


def _look(
    file: str,
    first_line: int,
    envelope: Envelope,
    grammars: Mapping[str, Grammar],
    limits: Limits,
    *,
    tolerant: bool,
) -> _Found:
    try:
        telegram = read_envelope(envelope, grammars, limits, tolerant=tolerant)
    except DocumentError as error:
        return _Found(file, first_line, envelope, None, error.problems, error.kind)
    return _Found(file, first_line, envelope, telegram, (), telegram.kind)


def _base_name(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2]


def _reading(
    found: list[_Found],
    grammars: Mapping[str, Grammar],
    limits: Limits,
    check: Callable[[Document], Document] | None,
    *,
    tolerant: bool,
) -> Reading:
    first = found[0]
    if first.telegram is None:
        return _unusable(first)
    if first.kind not in grammars:
        return _passed_on(first, first.telegram, check)
    numbered: dict[int, _Found] = {}
    problems: list[Problem] = []
    for one in found:
        assert one.telegram is not None
        known = numbered.setdefault(one.telegram.part, one)
        if known is not one:
            same = known.telegram is not None and known.telegram.lines == one.telegram.lines
            code, text = (
                ("part_repeated", "was there") if same else ("part_conflict", "was there with another text")
            )
            place = f"{known.file}:{known.first_line}"
            text = f"part {one.telegram.part} {text}, in {place}"
            problems.append(Problem(code, text, line=one.first_line, column=1, file=one.file))
    ordered = [numbered[number] for number in sorted(numbered)]
    telegrams = [one.telegram for one in ordered if one.telegram is not None]
    joined = join_lines(telegrams, tolerant=tolerant)
    by_part = {one.telegram.part: one for one in ordered if one.telegram is not None}
    places = tuple((by_part[part].file, by_part[part].first_line + line - 1) for part, line in joined.places)
    is_broken = any(problem.code == "part_conflict" for problem in problems)
    document: Document | None = None
    unread: tuple[int, ...] = ()
    lines = sum(1 for one in ordered if one.telegram for line in one.telegram.lines if not is_framing(line))
    try:
        document = read_list(
            joined, grammars[first.kind], first.envelope.received_at, limits, tolerant=tolerant
        )
        lines, unread = document.lines, document.unread
        found_problems = document.warnings
        document = check(document) if check is not None else document
    except UnreadableList as error:
        lines, unread, found_problems = error.lines, error.unread, error.problems
    except DocumentError as error:
        document = None
        found_problems = error.problems
    return Reading(
        files=tuple(dict.fromkeys(one.file for one in ordered)),
        kind=first.kind,
        parts=tuple(sorted(numbered)),
        envelope=ordered[0].envelope,
        document=None if is_broken else document,
        problems=(*problems, *(_in_file(problem, joined, places, first) for problem in found_problems)),
        lines=lines,
        unread=tuple(places[number - 1] for number in unread),
        places=places,
    )


def _passed_on(found: _Found, telegram: Telegram, check: Callable[[Document], Document] | None) -> Reading:
    """A telegram of a kind that is known and not read."""
    places = tuple((found.file, found.first_line + number) for number in range(len(telegram.lines)))
    document: Document | None = None
    try:
        document = read_opaque(telegram, found.envelope.received_at, b"")
        problems = document.warnings
        document = check(document) if check is not None else document
    except DocumentError as error:
        document, problems = None, error.problems
    lines = [number for number, line in enumerate(telegram.lines) if not is_framing(line)]
    placed = (
        replace(
            problem,
            file=found.file,
            line=found.first_line + max(problem.line, 1) - 1,
            column=max(problem.column, 1),
        )
        for problem in problems
    )
    return Reading(
        files=(found.file,),
        kind=found.kind,
        parts=(1,),
        envelope=found.envelope,
        document=document,
        problems=tuple(placed),
        lines=len(lines),
        unread=() if document is not None else tuple(places[number] for number in lines),
        places=places,
    )


def _in_file(problem: Problem, joined: Joined, places: tuple[tuple[str, int], ...], first: _Found) -> Problem:
    file, line = (first.file, first.first_line)
    if problem.line:
        file, line = places[min(problem.line, len(places)) - 1]
    return replace(problem, file=file, line=line, column=max(problem.column, 1))


def _unusable(found: _Found) -> Reading:
    """A telegram whose envelope or kind can't be read: every line of it is unread."""
    text = found.envelope.raw.decode(found.envelope.encoding, "replace")
    numbers = [number for number, line in enumerate(split_lines(text), start=1) if not is_framing(line)]
    shift = found.first_line - 1
    problems = (
        replace(problem, file=found.file, line=max(problem.line, 1) + shift, column=max(problem.column, 1))
        for problem in found.problems
    )
    return Reading(
        files=(found.file,),
        kind=found.kind,
        parts=(1,),
        envelope=found.envelope,
        document=None,
        problems=tuple(problems),
        lines=len(numbers),
        unread=tuple((found.file, number + shift) for number in numbers),
        places=tuple(
            (found.file, number)
            for number in range(found.first_line, found.first_line + text.count("\n") + 1)
        ),
    )
