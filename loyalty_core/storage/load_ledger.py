"""Reads balances, lots and the entries that a batch may reverse."""

from collections.abc import Iterable

import sqlalchemy as sa

from loyalty_core.accounts import AWARD, DEFICIT, HELD, member_account
from loyalty_core.bookkeeping import balance
from loyalty_core.entities import Member
from loyalty_core.ledger import Posting
from loyalty_core.lots import Lot, LotMove, Place
from loyalty_core.world import World

from . import tables
from .statements import Lookup

_T = tables
_BALANCES = Lookup(_T.balance.columns, _T.balance.c.account)
_LOTS = Lookup(_T.lot.columns, _T.lot.c.seq, _T.lot.c.lane == sa.bindparam("lane"))
_LIVE_LOTS = Lookup(_T.lot.columns, _T.lot.c.member_id, sa.or_(_T.lot.c.remaining > 0, _T.lot.c.held > 0))
_LOTS_OF = Lookup(_T.lot.columns, _T.lot.c.member_id)
_ENTRIES = Lookup(
    [_T.entry.c.seq, _T.entry.c.because, _T.entry.c.programme_digest],
    _T.entry.c.seq,
    _T.entry.c.lane == sa.bindparam("lane"),
)
_POSTINGS = Lookup(_T.posting.columns, _T.posting.c.seq, _T.posting.c.lane == sa.bindparam("lane"))
_MOVES = Lookup(_T.lot_move.columns, _T.lot_move.c.seq, _T.lot_move.c.lane == sa.bindparam("lane"))

EntryKey = tuple[str, int]


def load_balances(connection: sa.Connection, world: World, members: Iterable[Member]) -> None:
    """What the members have to spend, hold and owe."""
    accounts = {
        member_account(member.programme, member.number, purpose)
        for member in members
        for purpose in (AWARD, HELD, DEFICIT)
    }
    for row in _BALANCES(connection, accounts):
        world.balances[row.account, row.unit] = row.amount


def load_made_lots(connection: sa.Connection, world: World, entries: set[EntryKey]) -> None:
    """The lots that these entries made."""
    for lane, seqs in _by_lane(entries):
        _know(world, _LOTS(connection, seqs, lane=lane))


def load_live_lots(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> None:
    """All lots of these members that hold anything to spend, or that a hold has set aside."""
    _know(world, _LIVE_LOTS(connection, member_ids))


def load_lots_of(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> None:
    """All lots that these members ever had."""
    _know(world, _LOTS_OF(connection, member_ids))


def who_may_pay(world: World) -> set[int]:
    """Members whose other lots may be asked for: a credit whose own lot isn't whole may be reversed, or they owe."""
    found = {lot.member_id for lot in world.lots.values() if lot.remaining < lot.amount}
    found |= {member.id for member in world.members.values() if balance(world, member, DEFICIT)}
    return found | {each for one in found for each in world.family(one)} if world.survivors else found


def load_entries(connection: sa.Connection, world: World, entries: set[EntryKey]) -> None:
    """What is needed to reverse these entries."""
    for lane, seqs in _by_lane(entries):
        because = {}
        for row in _ENTRIES(connection, seqs, lane=lane):
            because[row.seq] = row.because
            world.rules[lane, row.seq] = row.programme_digest
        found: dict[int, list[tuple[int, Posting]]] = {}
        for row in _POSTINGS(connection, seqs, lane=lane):
            one = Posting(row.source, row.destination, row.unit, row.amount)
            found.setdefault(row.seq, []).append((row.number, one))
        for seq in seqs:
            ordered = sorted(found.get(seq, ()), key=lambda each: each[0])
            world.postings[lane, seq] = (tuple(one for _number, one in ordered), because[seq])


def load_moves(connection: sa.Connection, world: World, entries: set[EntryKey]) -> None:
    """What these entries did to lots, and those lots."""
    touched: set[EntryKey] = set()
    for lane, seqs in _by_lane(entries):
        rows = sorted(_MOVES(connection, seqs, lane=lane), key=lambda row: (row.seq, row.number))
        for seq in seqs:
            world.moves[lane, seq] = tuple(
                LotMove(
                    (row.lot_lane, row.lot_seq, row.lot_number),
                    Place(row.source),
                    Place(row.destination),
                    row.amount,
                )
                for row in rows
                if row.seq == seq
            )
        touched |= {(row.lot_lane, row.lot_seq) for row in rows}
    load_made_lots(connection, world, touched)


def _know(world: World, rows: Iterable[sa.Row[tuple[object, ...]]]) -> None:
    for row in rows:
        world.know_lot(Lot(**row._mapping))


def _by_lane(entries: set[EntryKey]) -> list[tuple[str, set[int]]]:
    return [
        (lane, {seq for of, seq in entries if of == lane})
        for lane in sorted({lane for lane, _seq in entries})
    ]
