"""The shapes of single lines of a telegram's envelope: framing, origin, kind, flight line, end line."""

import re

NO_ORIGIN = "-------"
"""Stands for the originator in texts of ours about telegrams that came without origin line."""

UPPER = "A-ZА-ЯЁ"
_ORIGIN = re.compile(rf"\.([{UPPER}0-9]{{7,12}}|{NO_ORIGIN})(?:[ \t]+(.*))?")
_TIME = re.compile(r"[0-9]{6}(?:[0-9]{2})?")
KIND = re.compile(r"[A-Z]{3}")
FLIGHT = re.compile(
    rf"(?P<carrier>(?=[0-9]?[{UPPER}])[{UPPER}0-9]{{2}}[{UPPER}]?)0*(?P<number>[0-9]{{1,5}})(?P<suffix>[{UPPER}])?"
    rf"/(?P<day>[0-9]{{1,2}})(?P<month>[{UPPER}]{{3}})(?P<year>[0-9]{{2}})?"
    rf"[ \t]+(?P<board>[{UPPER}]{{3}})(?:[ \t]+PART[ \t]?(?P<part>[0-9]{{1,3}}))?"
)
_END = re.compile(r"END[ \t]?(?:PART[ \t]?(?P<part>[0-9]{1,3})|(?P<kind>[A-Z]{3}))")
RESERVATION = "AIRIMP"
"""What stands for the kind of reservation messages, which have no line that names it."""
_RESERVATION = re.compile(
    rf"SSR [A-Z]{{4}}[ /].*|OSI [A-Z0-9]{{2,3}} .*"
    rf"|[{UPPER}0-9]{{2,3}}[0-9]{{1,4}}[{UPPER}]?[{UPPER}][0-9]{{2}}[{UPPER}]{{3}} ?[{UPPER}]{{6}} ?[A-Z]{{2}}[0-9]{{1,3}}.*"
)
PRIORITY = re.compile(r"[QS][A-Z]")
ADDRESS = re.compile(rf"[{UPPER}0-9]{{7,12}}")
_FRAMING = re.compile(r"(?:ZCZC(?:[ \t].*)?|N{4})?")
FRAMING_CHARACTERS = "\x01\x02\x03\x04\x1a\x00"
BLANKS = " \t\x0b\x0c"


_EDGES = BLANKS + FRAMING_CHARACTERS
MAY_FRAME = frozenset(_EDGES + "ZN")
"""What a line can begin with that carries nothing of the telegram."""


def split_lines(text: str) -> list[str]:
    """Lines without their ends. Only CR and LF separate lines here: ``str.splitlines`` knows a dozen more."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def bare(line: str) -> str:
    """A line without framing characters and the blanks around it."""
    return line.strip(_EDGES)


def is_framing(line: str) -> bool:
    """Whether a line carries nothing of the telegram: blank, ZCZC, NNNN, control characters of framing."""
    # Nearly all lines of a telegram are not; their first character tells.
    if line and line[0] not in MAY_FRAME:
        return False
    return _FRAMING.fullmatch(bare(line)) is not None


def read_origin(line: str) -> tuple[str, str, str, tuple[str, ...]] | None:
    """Originator, double signature, creation token ("" when none) and the further tokens; None if not an
    origin line.
    """
    match = _ORIGIN.fullmatch(bare(line))
    if match is None:
        return None
    signature = token = ""
    others = []
    for word in (match[2] or "").split():
        head, slash, tail = word.partition("/")
        if not signature and not token and slash and re.fullmatch(rf"[{UPPER}0-9]{{2}}", head):
            signature, word = head, tail
        if not token and _TIME.fullmatch(word):
            token = word
        elif word:
            others.append(word)
    return match[1], signature, token, tuple(others)


def read_end(line: str) -> tuple[str, int] | None:
    """(kind, 0) of a final end line, ("", n) of ENDPARTn, None if it is no end line."""
    match = _END.fullmatch(bare(line)) if "END" in line else None
    if match is None:
        return None
    return (match["kind"] or "", int(match["part"] or 0))


def is_kind(line: str) -> bool:
    """Whether a line could name the kind: three Latin letters alone."""
    return KIND.fullmatch(bare(line)) is not None


def is_reservation(line: str) -> bool:
    """Whether a line can only stand in a reservation message (AIRIMP): a segment, SSR or OSI."""
    return _RESERVATION.fullmatch(bare(line)) is not None


def is_flight_line(line: str) -> bool:
    """Whether a line has the shape of a flight line of a passenger list."""
    return FLIGHT.fullmatch(bare(line)) is not None
