"""Operations, family pools and what the business clock has to decide: read for a batch and written with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.operations import ChangePool, Operation, TransferMiles, named_by
from loyalty_core.programme import Programme
from loyalty_core.sharing import pool_number
from loyalty_core.spending import Due, KeptOperation, Place
from loyalty_core.stable_json import decode
from loyalty_core.transactions import CardClaim, Clock, ClockCheck, Transaction
from loyalty_core.world import World

from . import tables
from .operation_tables import business_clock, operation, pool_place
from .standings import tier_ended
from .statements import Lookup, among, insert_all, keys_of, row_of, upsert_all

_OPERATIONS = Lookup(operation.columns, operation.c.key)
_PAYERS = Lookup([operation.c[name] for name in ("member_id", "kind", "state", "content")], operation.c.key)
_PLACES_OF = Lookup(pool_place.columns, pool_place.c.member_id)
_PLACES_IN = Lookup(pool_place.columns, pool_place.c.pool_id)
_NUMBERED = Lookup([tables.member.c.id], tables.member.c.number)
_OWNERS = Lookup([tables.carriage.c.departure_key], tables.carriage.c.id)

CLOCK = "business"
_LOT, _CREDIT, _CARRIAGE = tables.lot, tables.standing_credit, tables.carriage
_OPEN_HOLD = sa.literal_column("operation.remaining") > sa.literal_column("0")  # as the partial index says it
_EXPIRING = sa.and_(
    sa.literal_column("lot.remaining") > sa.literal_column("0"),
    sa.literal_column("lot.expires_on") != sa.literal_column("''"),
)
_WAITING = sa.literal_column("carriage.due_at") != sa.literal_column("''")
_PENDING = sa.literal_column("standing_credit.status") == sa.literal_column("'pending'")


@dataclass(slots=True)
class WantedOperations:
    """What the transactions of a batch name: keys of operations, cards, numbers of pools; and the stroke of the
    business clock, which is always alone in its batch, with what it finds due."""

    keys: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)
    clock: Clock | None = None
    due: Due = field(default_factory=Due)
    expiring: set[int] = field(default_factory=set)
    """Members whose lots are due."""
    standing: set[int] = field(default_factory=set)
    """Members whose tier is due."""

    def __bool__(self) -> bool:
        return bool(self.keys or self.clock)

    def add(self, transaction: Transaction) -> None:
        if isinstance(transaction, Clock):
            self.clock = transaction
        if not isinstance(transaction, Operation):
            return
        self.keys |= {transaction.key, named_by(transaction)} - {""}
        claims = [getattr(transaction, "card", None)]
        if isinstance(transaction, TransferMiles):
            claims.append(transaction.to)
        if isinstance(transaction, ChangePool):
            claims.append(transaction.member)
            self.pools.add(pool_number(transaction.pool))
        self.cards |= {keys.ascii_key(claim.number) for claim in claims if isinstance(claim, CardClaim)}


# --- what is due ------------------------------------------------------------------------------------------------------


def _in_order(connection: sa.Connection, *columns: Any) -> list[Any]:
    """Texts by code point on both engines: which things a stroke takes first must not hang on a locale."""
    plain = connection.dialect.name == "sqlite"
    return [
        column if plain or not isinstance(column.type, sa.Text) else sa.collate(column, "C")
        for column in columns
    ]


def _cutoffs(programmes: Mapping[str, Programme], clock: Clock | ClockCheck) -> sa.ColumnElement[bool] | None:
    """Pending credits whose time is up, by the rules of their programmes; None where no programme has one."""
    rules = [
        sa.and_(
            _CREDIT.c.programme == programme.name,
            _CREDIT.c.flown_on
            < (clock.at.date() - timedelta(days=programme.pending_timeout.days)).isoformat(),
        )
        for _name, programme in sorted(programmes.items())
        if programme.pending_timeout
    ]
    return sa.and_(_PENDING, sa.or_(*rules)) if rules else None


def _conditions(
    programmes: Mapping[str, Programme], clock: Clock | ClockCheck
) -> tuple[
    sa.ColumnElement[bool],
    sa.ColumnElement[bool],
    sa.ColumnElement[bool],
    sa.ColumnElement[bool] | None,
]:
    at = keys.order_of(clock.at)
    return (
        sa.and_(_OPEN_HOLD, operation.c.until <= at),
        sa.and_(_EXPIRING, _LOT.c.expires_on < at[:10]),
        sa.and_(_WAITING, _CARRIAGE.c.due_at <= at),
        _cutoffs(programmes, clock),
    )


def count_due(connection: sa.Connection, programmes: Mapping[str, Programme], check: ClockCheck) -> int:
    """How many holds, lots, carriages, pending credits and members wait for the clock."""
    holds, lots, waiting, pending = _conditions(programmes, check)
    found = 0
    due = ((operation, holds), (_LOT, lots), (_CARRIAGE, waiting), (_CREDIT, pending))
    for table, condition in (*due, (tables.member, tier_ended(check))):
        if condition is not None:
            statement = sa.select(sa.func.count()).select_from(table).where(condition)
            found += int(connection.execute(statement).scalar_one())
    return found


def find_due(
    connection: sa.Connection, wanted: WantedOperations, programmes: Mapping[str, Programme]
) -> set[str]:
    """Takes down what the stroke has to decide; the departures concerned."""
    if wanted.clock is None:
        return set()
    limit = wanted.clock.decisions_max
    holds, lots, waiting, pending = _conditions(programmes, wanted.clock)

    def first(columns: Iterable[Any], condition: Any, order: Iterable[Any]) -> list[sa.Row[Any]]:
        statement = sa.select(*columns).where(condition).order_by(*_in_order(connection, *order))
        return list(connection.execute(statement.limit(limit + 1)).all())

    found_holds = first([operation.c.key], holds, [operation.c.until, operation.c.key])
    key = [_LOT.c.lane, _LOT.c.seq, _LOT.c.number]
    found_lots = first([_LOT.c.member_id, *key], lots, [_LOT.c.expires_on, *key])
    found_waiting = first(
        [_CARRIAGE.c.id], waiting, [_CARRIAGE.c.due_at, _CARRIAGE.c.departure_key, _CARRIAGE.c.key]
    )
    found_credits = (
        first(
            [_CREDIT.c.carriage_id],
            pending,
            [_CREDIT.c.flown_on, _CREDIT.c.programme, _CREDIT.c.credit_key],
        )
        if pending is not None
        else []
    )
    member = tables.member.c
    found_members = first(
        [member.id], tier_ended(wanted.clock), [member.tier_until, member.programme, member.number]
    )
    wanted.due = Due(
        tuple(row.key for row in found_holds[:limit]),
        tuple((row.lane, row.seq, row.number) for row in found_lots[:limit]),
        (
            *(row.id for row in found_waiting[:limit]),
            *(row.carriage_id for row in found_credits[:limit]),
        ),
        tuple(row.id for row in found_members[:limit]),
        more=max(map(len, (found_holds, found_lots, found_waiting, found_credits, found_members))) > limit,
    )
    wanted.keys |= set(wanted.due.holds)
    wanted.standing = set(wanted.due.members)
    wanted.expiring = {row.member_id for row in found_lots[:limit]}
    return {row.departure_key for row in _OWNERS(connection, wanted.due.carriages)}


# --- loading ----------------------------------------------------------------------------------------------------------


def members_named(connection: sa.Connection, wanted: WantedOperations) -> set[int]:
    """Members whose miles the batch's operations are about, besides those of the cards named."""
    rows = list(_PAYERS(connection, wanted.keys))
    # Whoever approves a reversal names that; what it reverses is needed too.
    waiting = (row.content for row in rows if row.kind == "reverse" and row.state == "open")
    wanted.keys |= {decode(content)["operation"] for content in waiting}
    found = {row.member_id for row in rows}
    found |= {row.id for row in _NUMBERED(connection, wanted.pools)}
    return found | wanted.expiring | wanted.standing


def load_places(
    connection: sa.Connection, world: World, wanted: WantedOperations, member_ids: Iterable[int]
) -> set[int]:
    """The places in pools of these members, and everybody's in a pool that is to change; the pools found."""
    rows = _PLACES_OF(connection, member_ids)
    pools = {row.pool_id for row in rows}
    for row in (*rows, *_PLACES_IN(connection, member_ids if wanted.pools else ())):
        world.spending.know_place(Place(**row._mapping))
    return pools


def load_operations(
    connection: sa.Connection, world: World, wanted: WantedOperations
) -> set[tuple[str, int]]:
    """The operations named, after their members are locked; the entries behind them."""
    spending = world.spending
    spending.due = wanted.due
    for row in _OPERATIONS(connection, wanted.keys):
        spending.operations[row.key] = KeptOperation(**row._mapping)
    spending.stored_operations = set(spending.operations)
    statement = sa.select(business_clock.c.at).where(business_clock.c.name == CLOCK)
    spending.business_at = connection.execute(statement).scalar() or ""
    if wanted.clock and not spending.business_at:
        first = sa.select(tables.journal.c.received_at).order_by(tables.journal.c.id).limit(1)
        spending.opened_at = connection.execute(first).scalar() or ""
    return {(kept.lane, kept.seq) for kept in spending.operations.values() if kept.seq}


# --- writing ----------------------------------------------------------------------------------------------------------


def write_operations(connection: sa.Connection, world: World) -> None:
    """A key that another process took since we looked is refused by the database, and the batch runs again."""
    spending = world.spending
    changed = sorted(spending.changed_operations)
    new = [row_of(spending.operations[key]) for key in changed if key not in spending.stored_operations]
    insert_all(connection, operation, new)
    stored = [row_of(spending.operations[key]) for key in changed if key in spending.stored_operations]
    upsert_all(connection, operation, stored)
    left = spending.changed_places - spending.places.keys()
    for pool_id in sorted({pool_id for _member_id, pool_id in left}):
        statement = sa.delete(pool_place).where(
            among(connection, pool_place.c.member_id), pool_place.c.pool_id == pool_id
        )
        gone = {member_id for member_id, of in left if of == pool_id}
        connection.execute(statement, {"keys": keys_of(connection, gone)})
    taken = sorted(spending.changed_places & spending.places.keys())
    upsert_all(connection, pool_place, [row_of(spending.places[each]) for each in taken])
    if spending.struck:
        upsert_all(connection, business_clock, [{"name": CLOCK, "at": spending.business_at}])
