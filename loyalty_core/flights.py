"""What came about a departure besides its people: which lists arrived, and movements of the aircraft.

Both are kept for the radar (``loyalty_core.radar``) and change no credit.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from . import editions, keys
from .outcomes import ListOutcome, Outcome
from .transactions import Departure, Flight, ListReceived, Transaction
from .zones import zone_of

if TYPE_CHECKING:
    from .decide import Context
    from .world import World


@dataclass(frozen=True, slots=True)
class DepartureMoved(Transaction):
    """A movement message (MVT, AHM 780) says that a flight has left.

    ``on`` is the scheduled date in UTC, as movements give it (lists give the local one). ``off_block`` and ``airborne``
    are aware UTC; ``off_point`` is where it is bound for now, "" where the message doesn't say. ``edition`` is the
    message's creation time: of all movements of one flight the latest stands.
    """

    originator: str
    flight: Flight
    on: date
    board_point: str
    edition: datetime
    off_block: datetime
    airborne: datetime | None = None
    off_point: str = ""


@dataclass(frozen=True, slots=True)
class MovementOutcome(Outcome):
    """``departure`` is the key that the movement is kept under; ``superseded``: a later one was known already."""

    departure: str
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """A list that came. ``fate`` is taken, superseded (a newer edition stood already), nothing (NIL, or numbers only)
    or refused (the whole list); ``persons`` counts all that it names."""

    departure_key: str
    journal_id: int
    kind: str
    originator: str
    edition: str
    persons: int
    fate: str


@dataclass(frozen=True, slots=True)
class Movement:
    """The movement that stands for a departure, as its table has it; instants are texts of ``keys.order_of``."""

    departure_key: str
    on_utc: str
    originator: str
    edition: str
    off_block: str
    airborne: str
    off_point: str
    journal_id: int

    @property
    def order(self) -> tuple[str, ...]:
        """The latest counts; of several of one time the one with the greatest content, so that arrival plays no
        part."""
        return (self.edition, self.off_block, self.airborne, self.off_point, self.originator, self.on_utc)


def arrival_of(message: ListReceived, outcome: ListOutcome, journal_id: int) -> Arrival:
    if editions.says_nothing(message):
        fate = "nothing"
    elif outcome.superseded:
        fate = "superseded"
    else:
        fate = "refused" if outcome.reason else "taken"
    return Arrival(
        message.departure.key,
        journal_id,
        message.kind,
        message.originator,
        keys.order_of(message.edition),
        len(message.persons),
        fate,
    )


def move(world: "World", message: DepartureMoved, context: "Context") -> MovementOutcome:
    """Keeps the movement if it is the latest of its departure."""
    moved = Movement(
        moved_departure(message).key,
        message.on.isoformat(),
        message.originator,
        keys.order_of(message.edition),
        keys.order_of(message.off_block),
        keys.order_of(message.airborne),
        message.off_point,
        context.journal_id,
    )
    known = world.movements.get(moved.departure_key)
    if known is not None and known.order >= moved.order:
        return MovementOutcome(moved.departure_key, superseded=known.order > moved.order)
    world.movements[moved.departure_key] = moved
    world.changed_movements.add(moved.departure_key)
    return MovementOutcome(moved.departure_key)


def moved_departure(message: DepartureMoved) -> Departure:
    """The departure as lists name it: by the local date. It is the local date of leaving the block; only where that
    lies on no local day which the printed UTC date can mean (a day's delay), the nearest such day."""
    local = message.off_block.astimezone(zone_of(message.board_point)).date()
    first, last = (
        instant.astimezone(zone_of(message.board_point)).date() for instant in _ends_of_day(message.on)
    )
    return Departure(message.flight, min(max(local, first), last), message.board_point)


def _ends_of_day(day: date) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1, microseconds=-1)
