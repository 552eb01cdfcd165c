"""Telegrams of kinds that are known and not read: one opaque body, every line of it accounted for.

``<MVT originator="..." created="..."><flight .../><departed .../><body lines="7"/></MVT>``: the flight where the
line after the kind names one, in any of the forms that lists, movements and load messages write it. Of a
movement's AD line the times are read too, because they tell that a flight has departed. Nothing is done
with the body; it stays in the journal, byte for byte.
"""

import re
from datetime import UTC, date, datetime, timedelta

from adapter.documents.document import Document
from adapter.documents.teletype_tree import Leaf, Node, grow
from adapter.errors import DocumentError, Problem
from adapter.wire.typeb import Telegram
from adapter.wire.typeb_dates import MONTHS, nearest_day, resolve_flight_date
from adapter.wire.typeb_lines import UPPER, bare, is_framing, read_end

_FLIGHT = re.compile(
    rf"(?P<carrier>(?=[0-9]?[{UPPER}])[{UPPER}0-9]{{2}}[{UPPER}]?)0*(?P<number>[0-9]{{1,5}})(?P<suffix>[{UPPER}])?"
    rf"/(?P<day>[0-9]{{1,2}})(?P<month>[{UPPER}]{{3}})?(?P<year>[0-9]{{2}})?"
    rf"(?:[. ](?P<registration>[{UPPER}0-9-]{{4,10}}))?[. ][ ]*(?P<board>[{UPPER}]{{3}})(?P<off>[{UPPER}]{{3}})?(?:[ /.].*)?"
)
_DEPARTED = re.compile(r"AD(?P<block>[0-9]{4}(?:[0-9]{2})?)(?:/(?P<air>[0-9]{4}(?:[0-9]{2})?))?(?:[ ]+(?P<rest>.*))?")
_OFF = re.compile(rf"(?:EA[0-9]{{4,6}}[ ]+)?(?P<off>[{UPPER}]{{3}})")


def read_opaque(telegram: Telegram, received_at: datetime, digest: bytes) -> Document:
    """The document of a telegram whose kind is only known by name. Raises DocumentError where its end line
    says that it is of another kind.
    """
    content = [
        (number, bare(line)) for number, line in enumerate(telegram.lines, start=1) if not is_framing(line)
    ]
    first = next((place for place, (_, line) in enumerate(content) if line == telegram.kind), None)
    if first is None:  # a reservation message has no line for its kind; its body follows the origin line
        first = next((place for place, (_, line) in enumerate(content) if line.startswith(".")), -1)
    body = content[first + 1 :]
    for number, line in body:
        if (end := read_end(line)) and end[0] and end[0] != telegram.kind:
            what = f"{line} ends a telegram of another kind than {telegram.kind}"
            raise DocumentError(
                [Problem("end_mismatch", what, line=number, column=1)], telegram.kind, digest=digest
            )
    created = telegram.created or received_at
    attributes = {"originator": telegram.originator} if telegram.originator else {}
    attributes["created"] = f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    root = Node(1, telegram.kind, attributes)
    flight = _FLIGHT.fullmatch(body[0][1]) if body else None
    if flight is not None and (on := _date(flight, received_at)) is not None:
        values = {name: flight[name] for name in ("carrier", "number", "suffix") if flight[name]}
        values |= {"date": on.isoformat(), "board": flight["board"]}
        values |= {name: flight[name] for name in ("off", "registration") if flight[name]}
        root.children.append((body[0][0], "flight", values))
        if telegram.kind == "MVT":
            root.children += _departure(body[1:], on, created)
    start = body[0][0] if body else len(telegram.lines)
    root.children.append((start, "body", {"lines": str(len(body))}))
    return Document(
        kind=telegram.kind,
        tree=grow(root, escape=False),
        digest=digest,
        lines=len(content),
        warnings=telegram.warnings,
    )


def _date(flight: re.Match[str], received_at: datetime) -> date | None:
    day = int(flight["day"])
    if flight["month"] is None:
        return nearest_day(day, received_at.astimezone(UTC).date()) if 1 <= day <= 31 else None
    year = 2000 + int(flight["year"]) if flight["year"] else None
    month = MONTHS.get(flight["month"], 0)
    return resolve_flight_date(day, month, received_at, year) if month else None


def _departure(body: list[tuple[int, str]], on: date, created: datetime) -> list[Leaf]:
    """Off-block and airborne times of an AD line, in UTC: hours and minutes, or with the day in front."""
    for number, line in body:
        match = _DEPARTED.fullmatch(line)
        if match is None:
            continue
        block = _instant(match["block"], on, created)
        air = _instant(match["air"], block.date(), block) if match["air"] and block else None
        off = _OFF.fullmatch(match["rest"] or "")
        values = {"off_block": block, "airborne": air}
        attributes = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in values.items() if time is not None}
        if block is not None:
            return [(number, "departed", {**attributes, **({"off": off["off"]} if off else {})})]
    return []


def _instant(text: str, on: date, near: datetime) -> datetime | None:
    """The instant nearest to ``near`` that the digits may mean, on the day of the flight or the next."""
    days = [on, on + timedelta(days=1)]
    if len(text) == 6:
        day = nearest_day(int(text[:2]), on)
        days = [day] if day is not None else []
    hour, minute = int(text[-4:-2]), int(text[-2:])
    if hour > 23 or minute > 59:
        return None
    found = [datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) for day in days]
    return min(found, key=lambda instant: abs(instant - near), default=None)

