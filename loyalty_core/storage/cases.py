"""What claims and resolutions need: where a ticket is known, accepted spellings, departures that are known at all."""

import sqlalchemy as sa

from loyalty_core.claims import COUPONS
from loyalty_core.keys import ascii_key
from loyalty_core.names import name_key
from loyalty_core.states import CarriageState
from loyalty_core.transactions import Name
from loyalty_core.world import AcceptedName, World

from . import tables
from .flight_tables import accepted_name, arrival, member_name
from .statements import Lookup, row_of, upsert_all
from .wanted import Wanted

_COUPONS = Lookup(
    [tables.carriage.c.departure_key, tables.contest.c.key],
    tables.contest.c.key,
    tables.carriage.c.id == tables.contest.c.carriage_id,
)
_ACCEPTED = Lookup(accepted_name.columns, accepted_name.c.number)
_KNOWN = Lookup(
    [tables.carriage.c.departure_key],
    tables.carriage.c.departure_key,
    tables.carriage.c.state != CarriageState.CLAIMED.value,
)
_LISTED = Lookup([arrival.c.departure_key], arrival.c.departure_key, arrival.c.fate != "refused")


def find_tickets(connection: sa.Connection, wanted: Wanted) -> None:
    """A claim by ticket alone is about departures on which the ticket is known: they are wanted like any others."""
    for row in _COUPONS(connection, wanted.tickets):
        wanted.departures.add(row.departure_key)
        wanted.legs.setdefault(row.departure_key, {row.departure_key})
        wanted.leg_cards.setdefault(row.departure_key, set()).update(wanted.ticket_cards)
        wanted.claimed.add(row.departure_key)
        ticket = row.key.rpartition("/")[0]
        wanted.identity.update(f"{row.departure_key}|T|{ticket}/{coupon}" for coupon in COUPONS)


def load_accepted(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    """The spellings that staff accepted for the holders of all cards that are known here, or may be in a moment."""
    numbers = {number for _programme, number in world.cards} | wanted.cards
    for row in _ACCEPTED(connection, numbers):
        one = AcceptedName(**row._mapping)
        world.accepted.setdefault(one.number, {})[one.airline, one.surname, one.given] = one


def load_known_departures(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    world.known_departures = {
        row.departure_key for lookup in (_KNOWN, _LISTED) for row in lookup(connection, wanted.claimed)
    }


def write_accepted(connection: sa.Connection, world: World) -> None:
    said = [
        world.accepted[number][airline, surname, given]
        for number, airline, surname, given in sorted(world.changed_accepted)
    ]
    upsert_all(connection, accepted_name, [row_of(one) for one in said])
    named = {
        (name_key(Name(one.surname, one.given)), card.member_id)
        for one in said
        for (_programme, number), card in world.cards.items()
        if number == ascii_key(one.number)
    }
    rows = [{"key": key, "member_id": member_id} for key, member_id in sorted(named)]
    upsert_all(connection, member_name, rows, ignore=True)
