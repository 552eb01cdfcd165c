"""Teletype telegrams as documents: envelope to kind, parts to one list, list to tree.

The tree of a list (all lists share it; ``schemas/typeb/lists.xsd`` is its contract)::

    <FTL originator="MOWRMUT" created="2026-08-20T12:05:00Z">
      <flight carrier="UT" number="280" date="2026-08-20" board="DME"/>
      <group off="AER" count="3" class="Y">
        <passenger seats="1" surname="IVANOV" given="IVAN"> <locator/> <fqt/> <ticket/> ... </passenger>
      </group>
    </FTL>

Codes stand as received, in either alphabet; dates are resolved against the time of receipt. ``originator``
is missing in copies without origin line. Kinds that are known and not read become one opaque body
(``teletype_opaque``).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import repeat
from math import inf

from adapter.documents.document import Document, Part
from adapter.documents.teletype_damage import LOCAL_IN_ENVELOPE
from adapter.documents.teletype_grammar import Grammar, load_grammar
from adapter.documents.teletype_kinds import OPAQUE_KINDS
from adapter.documents.teletype_opaque import read_opaque
from adapter.documents.teletype_reader import BodyReader
from adapter.documents.teletype_tree import Node, grow
from adapter.envelope import Envelope
from adapter.errors import DocumentError, Problem
from adapter.wire.astra_gateway import Content, content_of
from adapter.wire.typeb import Limits, Telegram, canonical, read_telegram
from adapter.wire.typeb_files import read_copy_name
from adapter.wire.typeb_lines import BLANKS, NO_ORIGIN, is_framing

__all__ = [
    "Grammar",
    "Joined",
    "UnreadableList",
    "join_lines",
    "join_parts",
    "load_grammar",
    "open_telegram",
    "read_envelope",
    "read_list",
    "set_identity",
]


@dataclass(frozen=True, slots=True)
class Joined:
    """The lines of a list whose parts were put together: the first part whole, of later ones what follows
    the flight line, without ENDPARTn. ``lines`` are (number in the joined list, text); ``places`` give part
    and line in that part, both from 1, of joined line 1, 2, ... ``damaged`` are problems of single lines
    that a tolerant link survives.
    """

    first: Telegram
    body: tuple[tuple[int, str], ...]
    places: tuple[tuple[int, int], ...]
    digest: bytes
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    damaged: Mapping[int, Problem]


class UnreadableList(DocumentError):
    """A list with a readable envelope and an unusable body. ``lines`` and ``unread`` as in ``Document``."""

    def __init__(
        self, problems: Sequence[Problem], kind: str, digest: bytes, lines: int, unread: tuple[int, ...]
    ) -> None:
        super().__init__(problems, kind, digest=digest)
        self.lines = lines
        self.unread = unread


def _decode(envelope: Envelope, limits: Limits) -> str:
    raw = envelope.raw
    if len(raw) > limits.telegram_bytes_max:
        text = f"{len(raw)} bytes, at most {limits.telegram_bytes_max} are read"
        raise DocumentError([Problem("telegram_too_long", text)], digest=hashlib.sha256(raw).digest())
    try:
        return raw.decode(envelope.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = raw[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        line, column = before.count(b"\n") + 1, error.start - raw.rfind(b"\n", 0, error.start)
        text = f"byte 0x{raw[error.start]:02X} is not {envelope.encoding}"
        problem = Problem("encoding_wrong", text, line=line, column=column)
        raise DocumentError([problem], digest=hashlib.sha256(raw).digest()) from error


def _digest(telegram: Telegram) -> bytes:
    return hashlib.sha256(canonical(telegram).encode()).digest()


def _refuse_kind(telegram: Telegram, grammars: Mapping[str, Grammar]) -> Problem | None:
    kind = telegram.kind
    if not kind or kind in grammars or kind in OPAQUE_KINDS:
        return None
    line = next((number for number, text in enumerate(telegram.lines, 1) if text.strip() == kind), 0)
    return Problem("kind_unknown", f"{kind} is no known kind of telegram", line=line, column=1)


def _is_local(problem: Problem, telegram: Telegram) -> bool:
    start, end = telegram.body
    return problem.code in LOCAL_IN_ENVELOPE and telegram.flight is not None and start < problem.line <= end


def read_envelope(
    envelope: Envelope,
    grammars: Mapping[str, Grammar],
    limits: Limits | None = None,
    *,
    tolerant: bool = False,
) -> Telegram:
    """The telegram in an envelope, fit to be read further. Raises DocumentError with all problems found so
    far. Where ``tolerant``, problems of single lines of the body stay in the telegram.
    """
    limits = limits or Limits()
    content = content_of(envelope.raw)
    if content is not Content.TYPE_B:
        # Gateways carry more than telegrams; what it is, their first characters say.
        problem = Problem("kind_not_served", f"{content.value} is not read", line=1, column=1)
        raise DocumentError([problem], content.value, digest=hashlib.sha256(envelope.raw).digest())
    text = _decode(envelope, limits)
    telegram = read_telegram(
        text, envelope.received_at, listed_kinds=grammars, created_hint=envelope.created_hint, limits=limits
    )
    problems = list(telegram.problems)
    if tolerant and all(_is_local(problem, telegram) for problem in problems):
        problems = []
    if refused := _refuse_kind(telegram, grammars):
        problems.insert(0, refused)
    elif envelope.kind_hint and telegram.kind and envelope.kind_hint[:3] != telegram.kind[:3]:
        text = f"the file name says {envelope.kind_hint}, the text {telegram.kind}"
        telegram = replace(
            telegram, warnings=(*telegram.warnings, Problem("kind_differs", text, line=1, column=1))
        )
    if problems:
        raise DocumentError(problems[: limits.problems_max], telegram.kind, digest=_digest(telegram))
    return telegram


PNL_PARTS_APART_SECONDS = 120
ADL_PARTS_APART_SECONDS = 300
"""Some systems date each part of a PNL, or of an ADL with an association number, by itself (observed: Astra)."""

_ASSOCIATION = re.compile(r"ANA/([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class SetIdentity:
    """To which set a part belongs: see ``Part``."""

    key: str
    created: datetime | None
    apart_seconds: int

    def admits(self, other: "SetIdentity") -> bool:
        """Whether a part of that identity may belong to the set that one of this began, were they not at one time."""
        if self.key != other.key or self.created is None or other.created is None:
            return False
        return self.apart_from(other) <= self.apart_seconds

    def apart_from(self, other: "SetIdentity") -> float:
        """Seconds between the creation times; endless where either has none."""
        if self.key != other.key or self.created is None or other.created is None:
            return inf
        return abs((self.created - other.created).total_seconds())


def set_identity(telegram: Telegram, copy_id: str = "") -> SetIdentity:
    """What the parts of one list have in common: originator, kind, flight line as resolved, whether it is a correction,
    association number; and the creation time.

    Parts of a file copy have no origin line, and their names may differ by moments: there the DCS's message
    id stands for originator and time.
    """
    flight, kind = telegram.flight, telegram.kind
    assert flight is not None
    name = f"{flight.carrier}{flight.number}{flight.suffix}/{flight.on.isoformat()}/{flight.board}"
    if telegram.correction:  # the parts of a correction have the time of the parts that they correct
        name += "/COR"
    if copy_id and not telegram.originator:
        return SetIdentity(f"#{copy_id}/{kind}/{name}", None, 0)
    association = _association(telegram) if kind in ("PNL", "ADL") else ""
    apart = PNL_PARTS_APART_SECONDS if kind == "PNL" else ADL_PARTS_APART_SECONDS if association else 0
    key = f"{telegram.originator}/{kind}/{name}" + (f"/ANA{association}" if association else "")
    return SetIdentity(key, telegram.created, apart)


def _association(telegram: Telegram) -> str:
    """The number of ``ANA/123`` among the lines before the first group, without leading zeros; "" when none."""
    start, end = telegram.body
    for line in telegram.lines[start:end]:
        text = line.strip(BLANKS)
        if match := _ASSOCIATION.fullmatch(text):
            return match[1].lstrip("0")
        if text.startswith("-"):
            break
    return ""


def open_telegram(
    envelope: Envelope,
    grammars: Mapping[str, Grammar],
    limits: Limits | None = None,
    *,
    tolerant: bool = False,
) -> Document | Part:
    """A whole list as a document, one part of a longer one, or a telegram of a kind that is not read. Raises
    DocumentError.

    The text of a part is the telegram as received; where it had no origin line, one of ours is its head, so that
    the set can be read later from its texts alone.
    """
    telegram = read_envelope(envelope, grammars, limits, tolerant=tolerant)
    if telegram.kind not in grammars:
        return read_opaque(telegram, envelope.received_at, _digest(telegram))
    if telegram.final and telegram.part == 1:
        joined = join_lines([telegram], tolerant=tolerant)
        return read_list(joined, grammars[telegram.kind], envelope.received_at, limits, tolerant=tolerant)
    if telegram.created is None:
        what = "a part without creation time belongs to no set"
        problem = Problem("creation_time_missing", what, line=1, column=1)
        raise DocumentError([problem], telegram.kind, digest=_digest(telegram))
    head = "" if telegram.originator else f".{NO_ORIGIN} {telegram.created.astimezone(UTC):%d%H%M%S}\n"
    name = read_copy_name(envelope.source.replace("\\", "/").rpartition("/")[2])
    identity = set_identity(telegram, name.id if name else "")
    return Part(
        kind=telegram.kind,
        set_key=identity.key,
        number=telegram.part,
        final=telegram.final,
        # A database may refuse NUL in a text; SUB is framing at the edges of a line and damage within, as NUL is.
        text=_decode(envelope, limits or Limits()).replace("\x00", "\x1a"),
        digest=_digest(telegram),
        originator=telegram.originator,
        created=identity.created,
        apart_seconds=identity.apart_seconds,
        head=head,
    )


def join_parts(
    texts: Sequence[str],
    grammar: Grammar,
    received_at: datetime,
    limits: Limits | None = None,
    *,
    tolerant: bool = False,
) -> Document:
    """The parts of a complete set, in any order, as one document. Raises DocumentError.

    Lines are numbered as in the joined list; ``Problem.path`` names the part and the line in it.
    """
    telegrams = [
        read_telegram(text, received_at, listed_kinds=(grammar.kind,), limits=limits) for text in texts
    ]
    joined = join_lines(telegrams, tolerant=tolerant)
    return read_list(joined, grammar, received_at, limits, tolerant=tolerant)


def join_lines(telegrams: Sequence[Telegram], *, tolerant: bool = False) -> Joined:
    """Puts parts together in the order of their numbers, complaining of gaps, repeats and a missing or
    early end.
    """
    ordered = sorted(telegrams, key=lambda telegram: telegram.part)
    problems: list[Problem] = []
    warnings: list[Problem] = []
    damaged: dict[int, Problem] = {}
    body: list[tuple[int, str]] = []
    places: list[tuple[int, int]] = []
    last = len(ordered)
    for position, telegram in enumerate(ordered, start=1):
        shift = len(places)
        if telegram.part != position or telegram.kind != ordered[0].kind:
            what = f"part {telegram.part} of {telegram.kind} where {position} belongs"
            problems.append(Problem("part_missing", what))
        if telegram.final != (position == last):
            problems.append(Problem("part_end_wrong", f"part {position} of {last} ends as if it were not"))
        start, end = telegram.body
        skipped = 0 if position == 1 else start
        stop = len(telegram.lines) if position == last else end
        own = telegram.lines[0].startswith(f".{NO_ORIGIN}")  # a line of ours, not of the part as it came
        places += zip(repeat(telegram.part), range(skipped + 1 - own, stop + 1 - own), strict=False)
        moved = shift - skipped
        for problem in telegram.problems:
            placed = _moved(problem, moved, telegram.part, last)
            if tolerant and _is_local(problem, telegram):
                damaged.setdefault(placed.line, placed)
            else:
                problems.append(placed)
        warnings += [_moved(problem, moved, telegram.part, last) for problem in telegram.warnings]
        body += enumerate(telegram.lines[start:end], start + 1 + moved)
    digest = hashlib.sha256("\n".join(canonical(telegram) for telegram in ordered).encode()).digest()
    return Joined(ordered[0], tuple(body), tuple(places), digest, tuple(problems), tuple(warnings), damaged)


def _moved(problem: Problem, lines: int, part: int, parts: int) -> Problem:
    path = f"part {part}, line {problem.line}" if parts > 1 and problem.line else problem.path
    return replace(problem, line=max(problem.line + lines, 1) if problem.line else 0, path=path)


def read_list(
    joined: Joined,
    grammar: Grammar,
    received_at: datetime,
    limits: Limits | None = None,
    *,
    tolerant: bool = False,
) -> Document:
    """The tree of a list whose lines are all there. Raises DocumentError; the schema is checked by the
    catalogue. A list that doesn't say when it was made counts as made when it was received.
    """
    limits = limits or Limits()
    telegram, flight = joined.first, joined.first.flight
    if flight is None:
        raise DocumentError(joined.problems[: limits.problems_max], telegram.kind, digest=joined.digest)
    if len(joined.places) > limits.list_lines_max:
        text = f"{len(joined.places)} lines, at most {limits.list_lines_max} are read"
        raise DocumentError([Problem("list_too_long", text)], telegram.kind, digest=joined.digest)
    created = telegram.created or received_at
    attributes = {"originator": telegram.originator} if telegram.originator else {}
    root = Node(1, telegram.kind, {**attributes, "created": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"})
    if telegram.correction:
        root.attributes["correction"] = "true"
    warnings = list(joined.warnings)
    if telegram.created is None:
        text = "neither an origin line nor the file name tells when this list was made"
        warnings.append(Problem("creation_time_missing", text, line=1, column=1))
    heading = {"carrier": flight.carrier, "number": flight.number, "suffix": flight.suffix}
    heading |= {"date": flight.on.isoformat(), "board": flight.board}
    root.children.append(
        (telegram.body[0], "flight", {key: value for key, value in heading.items() if value})
    )
    reader = BodyReader(grammar, root, flight.on, limits, tolerant=tolerant, damaged=joined.damaged)
    body = reader.read(joined.body)
    framing = sum(1 for line in telegram.lines[: telegram.body[0]] if not is_framing(line)) + 1
    lines = body.lines + framing
    problems = (*joined.problems, *(_placed(problem, joined) for problem in body.problems))
    if problems:
        raise UnreadableList(
            problems[: limits.problems_max], telegram.kind, joined.digest, lines, body.unread
        )
    text = "".join([line for _, line in joined.body])
    return Document(
        kind=telegram.kind,
        tree=grow(root, escape=any(character in text for character in '&<"')),
        digest=joined.digest,
        lines=lines,
        unread=body.unread,
        warnings=(*warnings, *(_placed(problem, joined) for problem in body.warnings)),
    )


def _placed(problem: Problem, joined: Joined) -> Problem:
    if not problem.line or joined.places[-1][0] == 1:
        return problem
    part, line = joined.places[min(problem.line, len(joined.places)) - 1]
    return replace(problem, path=f"part {part}, line {line}")
