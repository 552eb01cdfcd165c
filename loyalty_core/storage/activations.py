"""What a new version of a programme changes for flights in progress: those of which its table of code shares speaks
otherwise than before."""

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from loyalty_core.codeshares import recoded_flights
from loyalty_core.errors import InputError
from loyalty_core.programme import Programme, load_programme
from loyalty_core.transactions import ProgrammeActivated, Submission

from .flight_tables import departure


def programmes_after(
    batch: Sequence[Submission], programmes: Mapping[str, Programme]
) -> dict[str, Programme]:
    """The programmes as they will be after the batch; a definition with faults changes nothing."""
    found = dict(programmes)
    for message in (each for submission in batch for each in submission.transactions):
        if isinstance(message, ProgrammeActivated):
            try:
                programme = load_programme(message.content.decode(), message.file)
            except (InputError, UnicodeDecodeError):
                continue
            found[programme.name] = programme
    return found


def recoded_departures(
    connection: sa.Connection,
    batch: Sequence[Submission],
    before: Mapping[str, Programme],
    after: Mapping[str, Programme],
) -> set[str]:
    """The departures known of flights for which the tables say something new, of days that are still believed."""
    found: set[str] = set()
    for name, programme in after.items():
        if programme is before.get(name):
            continue
        flights = recoded_flights(before.get(name), programme)
        if flights:
            starts = [departure.c.key.startswith(f"{flight}/", autoescape=True) for flight in sorted(flights)]
            keys = connection.execute(sa.select(departure.c.key).where(sa.or_(*starts))).scalars()
            days = [submission.received_at.date() for submission in batch]
            found |= {
                key
                for key in keys
                if any(programme.window.holds(date.fromisoformat(key.split("/")[2]), day) for day in days)
            }
    return found
