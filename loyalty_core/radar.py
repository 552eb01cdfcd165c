"""The missed-credit radar: what is known of one departure, what is missing, and where its lists contradict each other.

Reads only, decides nothing. Times are aware UTC, or texts of ``keys.order_of`` where they come from the books.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from .flights import Movement
from .keys import instant, moment_of
from .states import COUPON, RANKED_STATES, CarriageState
from .transactions import CardClaim, Name
from .zones import zone_of

FLEW = frozenset({CarriageState.BOARDED, CarriageState.FLOWN})
STAYED = CarriageState.NOT_FLOWN
BOARDING_LISTS = ("PRL", "ETL")
"""Lists that name everybody who boarded (an ASL only those with services)."""
BOOKING_LISTS = ("PNL", "ADL")


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """One standing piece of evidence about a person: who said it, as what, and where it stands."""

    kind: str
    status: str
    originator: str
    edition: str
    journal_id: int
    line: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One carriage with its standing evidence. ``member_id`` and ``award`` are those of its credit, 0 without one."""

    id: int
    departure_key: str
    key: str
    state: str
    credit: str
    reason: str
    names: tuple[Name, ...]
    cards: tuple[CardClaim, ...]
    ticket: str
    coupon: int
    off_point: str
    booking_class: str
    staff: bool
    locators: frozenset[str]
    words: tuple[Word, ...]
    identity: frozenset[str] = frozenset()
    """Identity keys within the departure."""
    member_id: int = 0
    award: int = 0

    @property
    def carriage(self) -> str:
        """The identity key by which a statement names the carriage best: ticket, then locator, then card."""
        order = "TLCN"
        return min(self.identity, key=lambda key: (order.find(key.split("|")[1]), key), default="")

    @property
    def name(self) -> Name:
        return self.names[0] if self.names else Name("")

    def said(self, *kinds: str) -> bool:
        """Do lists of one of these kinds name the person (as somebody who goes)?"""
        return any(word.kind in kinds and word.status != "DEL" for word in self.words)

    @property
    def exception(self) -> str:
        """The category of the PFS under which the person stands, "" for none."""
        return next((word.status for word in self.words if word.kind == "PFS"), "")


@dataclass(frozen=True, slots=True)
class Listed:
    """One list that came. ``fate`` as of ``flights.Arrival``, superseded also where a newer one came later."""

    kind: str
    originator: str
    edition: str
    received_at: str
    persons: int
    fate: str
    journal_id: int
    link: str
    in_parts: bool


@dataclass(frozen=True, slots=True)
class Departed:
    """All that the books know of one departure."""

    key: str
    people: tuple[Seen, ...]
    lists: tuple[Listed, ...]
    movement: Movement | None = None

    @property
    def known(self) -> bool:
        return bool(self.people or self.lists or self.movement)

    def stands(self, *kinds: str) -> bool:
        """Did a list of one of these kinds come that names people and still stands?"""
        return any(one.kind in kinds and one.fate == "taken" for one in self.lists)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources that can't both be right about a person; ``person`` None where only their counts differ."""

    code: str
    text: str
    person: Seen | None = None


def leaves_at(departed: Departed) -> tuple[datetime, datetime]:
    """(earliest, latest) instant at which the flight may have left: one instant where a movement says so, else the ends
    of the local day at the board point."""
    if departed.movement is not None:
        at = moment_of(departed.movement.off_block)
        return at, at
    _carrier, _number, flown_on, board_point = departed.key.split("/")
    zone = zone_of(board_point)
    start = datetime.combine(datetime.fromisoformat(flown_on).date(), time(), zone)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def expected_by(departed: Departed, minutes: int) -> datetime:
    """When a list that is expected so many minutes after departure (before it, if negative) should be here at the
    latest, as far as the departure time is known."""
    earliest, latest = leaves_at(departed)
    return (latest if minutes >= 0 else earliest) + timedelta(minutes=minutes)


def lists_of(departed: Departed, expected: Mapping[str, int], at: datetime) -> list[dict[str, Any]]:
    """Every list that came, oldest first, then those that should have come: [{"kind", "state": taken | superseded |
    nothing | refused | missing | awaited, "late_minutes": 0 for in time, …}]. Only a kind's first list can be late."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for one in sorted(departed.lists, key=lambda each: (_moment(each.received_at), each.journal_id)):
        late = 0
        if one.kind in expected and one.kind not in seen and one.fate != "refused":
            by = expected_by(departed, expected[one.kind])
            late = max(0, int((_moment(one.received_at) - by).total_seconds() // 60))
        seen |= {one.kind} if one.fate != "refused" else set()
        found.append(
            {
                "kind": one.kind,
                "state": one.fate,
                "originator": one.originator,
                "edition": instant(moment_of(one.edition)),
                "received_at": one.received_at,
                "late_minutes": late,
                "persons": one.persons,
                "in_parts": one.in_parts,
                "link": one.link,
                "journal_id": one.journal_id,
            }
        )
    for kind, minutes in expected.items():
        if kind not in seen:
            by = expected_by(departed, minutes)
            state = "missing" if at > by else "awaited"
            late = max(0, int((at - by).total_seconds() // 60))
            found.append({"kind": kind, "state": state, "late_minutes": late, "expected_by": instant(by)})
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def movement_of(departed: Departed) -> dict[str, Any] | None:
    """{"off_block", "airborne" ("" unknown), "off_point", "diverted": bool, "originator", "journal_id"}; None without
    a movement. Diverted: bound for a place that nobody on board is booked to."""
    moved = departed.movement
    if moved is None:
        return None
    booked = {seen.off_point for seen in departed.people} - {""}
    return {
        "off_block": instant(moment_of(moved.off_block)),
        "airborne": instant(moment_of(moved.airborne)) if moved.airborne else "",
        "off_point": moved.off_point,
        "diverted": bool(moved.off_point and booked and moved.off_point not in booked),
        "originator": moved.originator,
        "journal_id": moved.journal_id,
    }


def counts_of(departed: Departed) -> dict[str, dict[str, int]]:
    """{state: {credit: people}}, as the carriages stand."""
    found: dict[str, Counter[str]] = {}
    for seen in departed.people:
        found.setdefault(seen.state, Counter())[seen.credit] += 1
    return {state: dict(sorted(found[state].items())) for state in CarriageState if state in found}


# --- contradictions ---------------------------------------------------------------------------------------------------


def _boarded(seen: Seen) -> list[str]:
    """The sources that say the person was on board."""
    return sorted(
        {
            "coupon" if word.kind == COUPON else word.kind
            for word in seen.words
            if word.kind != "PFS" and RANKED_STATES.get((word.kind, word.status), (0, STAYED))[1] in FLEW
        }
    )


def _stayed_behind(seen: Seen) -> bool:
    return RANKED_STATES.get(("PFS", seen.exception), (0, None))[1] is STAYED


def _boarded_but_exception(departed: Departed, seen: Seen) -> str:
    said = _boarded(seen)
    return f"boarded ({', '.join(said)}), but {seen.exception} (PFS)" if said and _stayed_behind(seen) else ""


def _one_boarding_list(departed: Departed, seen: Seen) -> str:
    if not all(departed.stands(kind) for kind in BOARDING_LISTS):
        return ""
    named = [kind for kind in BOARDING_LISTS if seen.said(kind)]
    if len(named) != 1 or (named == ["PRL"] and not seen.ticket):
        return ""
    (other,) = set(BOARDING_LISTS) - set(named)
    return f"in the {named[0]}, missing in the {other}"


def _flown_but_unlisted(departed: Departed, seen: Seen) -> str:
    listed = departed.stands(*BOARDING_LISTS) and not seen.said(*BOARDING_LISTS, "ASL")
    return (
        "the coupon is flown, no boarding list has the person"
        if listed and _boarded(seen) == ["coupon"]
        else ""
    )


def _vanished(departed: Departed, seen: Seen) -> str:
    if not (departed.stands("PFS") and departed.stands(*BOARDING_LISTS)) or seen.exception or _boarded(seen):
        return ""
    if seen.said("FTL"):
        return "checked in with a card (FTL), boarded by no list, and the PFS has no reason"
    return "booked, boarded by no list, and the PFS has no reason" if seen.said(*BOOKING_LISTS) else ""


def _without_booking(departed: Departed, seen: Seen) -> str:
    if not (departed.stands("PNL") and departed.stands("PFS")) or seen.said(*BOOKING_LISTS) or seen.exception:
        return ""
    return "boarded without a booking, and the PFS doesn't say so" if _boarded(seen) else ""


RULES: Sequence[tuple[str, Callable[[Departed, Seen], str]]] = (
    ("boarded_and_exception", _boarded_but_exception),
    ("one_boarding_list", _one_boarding_list),
    ("flown_but_unlisted", _flown_but_unlisted),
    ("vanished", _vanished),
    ("without_booking", _without_booking),
)
"""Code of a contradiction -> what it says of a person, "" where there is none."""


def contradictions(departed: Departed) -> Iterator[Contradiction]:
    """Where sources contradict each other: counts first, then person by person."""
    counts = {
        kind: sum(one.persons for one in departed.lists if one.kind == kind and one.fate == "taken")
        for kind in BOARDING_LISTS
        if departed.stands(kind)
    }
    if len(set(counts.values())) > 1:
        words = ", ".join(f"{kind} has {count}" for kind, count in counts.items())
        yield Contradiction("counts_differ", f"people on board: {words}")
    for seen in departed.people:
        for code, rule in RULES:
            text = rule(departed, seen)
            if text:
                yield Contradiction(code, text, seen)
