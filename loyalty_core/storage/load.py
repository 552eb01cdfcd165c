"""Reads everything one batch may touch: a fixed number of statements, however long the batch."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.carriage import join
from loyalty_core.contest import contest_keys, legs_of
from loyalty_core.evidence import Evidence, read_content
from loyalty_core.ledger import AWARD, Chain, Posting, member_account
from loyalty_core.programme import Programme
from loyalty_core.transactions import Name, Submission
from loyalty_core.world import Card, Credit, Ids, Lot, Member, Person, World

from . import tables
from .cases import find_tickets, load_accepted, load_known_departures
from .flights import load_flights
from .outbox import load_outbox
from .part_sets import load_sets
from .statements import Lookup, insert_all, upsert_all
from .wanted import Wanted, wanted_by

_T = tables
_CREDIT_COLUMNS = [_T.standing_credit.c[name] for name in Credit.__dataclass_fields__ if name != "key"]
_CREDIT_COLUMNS.append(_T.standing_credit.c.credit_key)

_DEPARTURES = Lookup([_T.departure.c.key], _T.departure.c.key)
_LOCKED_DEPARTURES = Lookup([_T.departure.c.id], _T.departure.c.key, lock=True)
_EDITIONS = Lookup(_T.list_edition.columns, _T.list_edition.c.departure_key)
_OWNERS = Lookup([_T.identity.c.carriage_id], _T.identity.c.key)
_STANDING_LISTS = Lookup(
    [_T.evidence.c[name] for name in ("carriage_id", "originator", "kind", "departure_key")],
    _T.evidence.c.departure_key,
    _T.evidence.c.standing == 1,
)
_CLAIMS = Lookup(_T.claim.columns, _T.claim.c.number)
_CARRIAGES = Lookup(_T.carriage.columns, _T.carriage.c.id)
_CONTESTING = Lookup([_T.contest.c.carriage_id], _T.contest.c.key)
_EVIDENCE = Lookup(_T.evidence.columns, _T.evidence.c.carriage_id, _T.evidence.c.standing == 1)
_CARDS = Lookup(_T.card.columns, _T.card.c.number)
_CARDS_OF = Lookup(_T.card.columns, _T.card.c.member_id)
_CREDITS_ON = Lookup(_CREDIT_COLUMNS, _T.standing_credit.c.carriage_id)
_LATER_CREDITS = Lookup(
    _CREDIT_COLUMNS,
    _T.standing_credit.c.member_id,
    _T.standing_credit.c.flown_on >= sa.bindparam("since"),
)
_MEMBERS_NAMED = Lookup([_T.member.c.id], _T.member.c.number)
_LOCKED_MEMBERS = Lookup(_T.member.columns, _T.member.c.id, lock=True)
_YEAR_TOTALS = Lookup(_T.year_total.columns, _T.year_total.c.member_id)
_BALANCES = Lookup(_T.balance.columns, _T.balance.c.account)
_LOTS = Lookup(_T.lot.columns, _T.lot.c.seq, _T.lot.c.lane == sa.bindparam("lane"))
_ENTRIES = Lookup(
    [_T.entry.c.seq, _T.entry.c.because], _T.entry.c.seq, _T.entry.c.lane == sa.bindparam("lane")
)
_POSTINGS = Lookup(_T.posting.columns, _T.posting.c.seq, _T.posting.c.lane == sa.bindparam("lane"))
_LOCKED_LANES = Lookup(_T.lane.columns, _T.lane.c.name, lock=True)


class NewIds:
    """Row numbers for a writer: SQLite has one writer, so they follow the highest; PostgreSQL hands out blocks."""

    BLOCK = 100
    TABLES = ("journal", "carriage", "evidence", "member", "departure", "outbox")

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._following = {name: self._numbers(name) for name in self.TABLES}

    def of(self) -> Ids:
        return Ids(self._following)

    def _numbers(self, name: str) -> Iterator[int]:
        if self._engine.dialect.name != "sqlite":
            return self._blocks(name)
        table = tables.metadata.tables[name]
        with self._engine.connect() as connection:
            highest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0
        return count(highest + 1)

    def _blocks(self, name: str) -> Iterator[int]:
        while True:
            # A connection of its own: numbers taken by a batch that fails are simply not used.
            with self._engine.connect() as connection:
                first = connection.execute(sa.text(f"SELECT nextval('{name}_ids')")).scalar_one()
            yield from range(first, first + self.BLOCK)


def load_world(
    connection: sa.Connection,
    batch: Sequence[Submission],
    ids: Ids,
    lane: str,
    programmes: dict[str, Programme],
) -> World:
    """The world of a batch. Locks (where the engine has row locks): departures in key order, then members in id order,
    then the lane."""
    wanted = wanted_by(batch)
    world = World(ids=ids, chain=Chain(lane, 0, ""), programmes=dict(programmes))
    _guard_imports(connection, wanted)
    _widen_import(connection, wanted)
    find_tickets(connection, wanted)
    _load_departures(connection, wanted, ids)
    _load_editions(connection, world, wanted)
    _load_persons(connection, world, wanted)
    _load_rivals(connection, world, wanted)
    _load_credits(connection, world)
    _load_members(connection, world, wanted)
    load_accepted(connection, world, wanted)
    load_known_departures(connection, world, wanted)
    _load_member_state(connection, world, wanted)
    load_sets(connection, world, wanted.sets)
    load_outbox(connection, world, batch)
    load_flights(connection, world, batch)
    world.chain = _load_lane(connection, lane)
    return world


_IMPORTS = 0x66666761
"""Number of the advisory lock that keeps member imports apart from everything else."""


def _guard_imports(connection: sa.Connection, wanted: Wanted) -> None:
    """An import settles carriages by their cards, and can't lock one that another process is about to add: so imports
    run alone where there is more than one process."""
    if connection.dialect.name == "postgresql":
        mode = "" if wanted.members or wanted.named_cards else "_shared"
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock{mode}({_IMPORTS})"))


def _widen_import(connection: sa.Connection, wanted: Wanted) -> None:
    """A file may name one card of a member who has others: what changes about the member concerns them all."""
    owners = {row.id for row in _MEMBERS_NAMED(connection, wanted.members)}
    owners |= {row.member_id for row in _CARDS(connection, wanted.named_cards)}
    wanted.imported_cards |= wanted.named_cards
    wanted.imported_cards |= {row.number for row in _CARDS_OF(connection, owners)}
    wanted.cards |= wanted.imported_cards


def _load_departures(connection: sa.Connection, wanted: Wanted, ids: Ids) -> None:
    table = tables.departure
    if not wanted.departures:
        return
    known = {row.key for row in _DEPARTURES(connection, wanted.departures)}
    missing = [
        {"id": ids.take("departure"), "key": key, "flown_on": key.split("/")[2]}
        for key in sorted(wanted.departures - known)
    ]
    if connection.dialect.name == "sqlite":
        insert_all(connection, table, missing)
        return
    upsert_all(connection, table, missing, ignore=True)
    _LOCKED_DEPARTURES(connection, wanted.departures)


def _load_editions(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    departures = {departure for departure, _originator, _kind in wanted.lists}
    for row in _EDITIONS(connection, departures):
        world.editions[row.departure_key, row.originator, row.kind] = row.edition


def _load_persons(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    found = {row.carriage_id for row in _OWNERS(connection, wanted.identity)}
    superseded = {slot[0] for slot in wanted.lists if world.editions.get(slot)}
    found |= {
        row.carriage_id
        for row in _STANDING_LISTS(connection, superseded)
        if (row.departure_key, row.originator, row.kind) in wanted.lists
    }
    for row in _CLAIMS(connection, wanted.imported_cards):
        world.claims.setdefault(row.number, set()).add(row.carriage_id)
        found.add(row.carriage_id)
    _know_carriages(connection, world, found)


def _load_rivals(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    """Whoever may be the same flight of the same person as what is loaded, on whatever departure; and who may be that
    again. (Not by identity keys: a ticket that two of one list have is no key, but may be the coupon of both.)"""
    asked: set[str] = set()
    while True:
        _load_cards(connection, world, wanted)
        contested = _contest_keys(world, wanted) - asked
        if not contested:
            return
        asked |= contested
        found = {row.carriage_id for row in _CONTESTING(connection, contested)}
        _know_carriages(connection, world, found - world.persons.keys())


def _contest_keys(world: World, wanted: Wanted) -> set[str]:
    # Which of a departure's messages are about one person is not decided yet, so each of its marketing flights is taken
    # with each of its cards.
    legs = {departure: set(own) for departure, own in wanted.legs.items()}
    numbers = {departure: set(own) for departure, own in wanted.leg_cards.items()}
    coupons = set(wanted.coupons)
    for person in world.persons.values():
        key, pieces = person.departure_key, person.pieces.values()
        legs.setdefault(key, set()).update(legs_of(key, pieces))
        cards = {keys.ascii_key(card.number) for piece in pieces for card in piece.cards}
        numbers.setdefault(key, set()).update(cards)
        coupons |= {keys.coupon_key(piece.ticket, piece.coupon) for piece in pieces}
    found = coupons - {""}
    for departure, own in legs.items():
        aliases = {alias for number in numbers.get(departure, ()) for alias in world.aliases(number)}
        found |= {f"{leg}|{number}" for leg in own for number in aliases}
    return found


def _know_carriages(connection: sa.Connection, world: World, ids: set[int]) -> None:
    for row in _CARRIAGES(connection, ids):
        world.know_person(Person(row.id, row.departure_key, {}, None, row.credit, row.reason))
    for row in _EVIDENCE(connection, ids):
        world.persons[row.carriage_id].pieces[row.id] = _evidence(row)
    for person in (world.persons[each] for each in ids):
        if person.pieces:
            world.see(person, join(list(person.pieces.values())), contest_keys(person))
        for piece in person.pieces.values():
            for key in piece.keys:
                world.identity[key] = person.id
            for card in piece.cards:
                world.claims.setdefault(keys.ascii_key(card.number), set()).add(person.id)


def _evidence(row: sa.Row[Any]) -> Evidence:
    return Evidence(
        id=row.id,
        departure_key=row.departure_key,
        journal_id=row.journal_id,
        line=row.line,
        line_end=row.line_end,
        originator=row.originator,
        kind=row.kind,
        edition=row.edition,
        event_at=row.event_at,
        status=row.status,
        content=row.data,
        **read_content(row.data),  # type: ignore[arg-type]
    )


def _load_cards(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    """The cards named, those that replaced them, and all others of their holders."""
    numbers = set(wanted.cards)
    for person in world.persons.values():
        for piece in person.pieces.values():
            numbers.update(keys.ascii_key(card.number) for card in piece.cards)
    while numbers - wanted.cards_asked:
        # Once more for every generation of replaced cards; seldom more than twice.
        rows = list(_CARDS(connection, numbers - wanted.cards_asked))
        wanted.cards_asked |= numbers
        owners = {row.member_id for row in rows} - world.cards_by_member.keys()
        rows += _CARDS_OF(connection, owners)
        for row in rows:
            world.know_card(Card(row.programme, row.number, row.member_id, row.state, row.replaced_by))
        numbers = {row.replaced_by for row in rows if row.replaced_by}


def _know_credits(world: World, rows: Iterable[sa.Row[Any]]) -> None:
    for row in rows:
        fields = dict(row._mapping)
        fields["key"] = fields.pop("credit_key")
        credit = Credit(**fields)
        if (credit.programme, credit.key) not in world.credits:
            world.know_credit(credit)
            world.stored_credits.add((credit.programme, credit.key))


def _load_credits(connection: sa.Connection, world: World) -> None:
    _know_credits(world, _CREDITS_ON(connection, world.persons))


def _load_members(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    ids = {card.member_id for card in world.cards.values()}
    ids |= {credit.member_id for credit in world.credits.values()}
    ids |= {row.id for row in _MEMBERS_NAMED(connection, wanted.members)}
    for row in _LOCKED_MEMBERS(connection, ids):
        names = tuple(Name(*parts) for parts in json.loads(row.names))
        member = Member(
            row.id,
            row.programme,
            row.number,
            names,
            row.birth_date,
            row.granted_tier,
            row.tier,
            row.state,
            row.enrolled_on,
        )
        world.members[row.id] = member
        world.member_ids[row.programme, row.number] = row.id


def _load_member_state(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    # Same-day and later flights of the members concerned: their tier may hang on what happens now.
    dates = [key.split("/")[2] for key in wanted.departures]
    dates += [person.departure_key.split("/")[2] for person in world.persons.values()]
    since = "" if wanted.members or wanted.named_cards else min(dates, default="9999")
    _know_credits(world, _LATER_CREDITS(connection, world.members, since=since))
    for row in _YEAR_TOTALS(connection, world.members):
        world.year_totals[row.member_id, row.year] = (row.qualifying, row.segments)
        world.years_of.setdefault(row.member_id, set()).add(row.year)
    accounts = {member_account(member.programme, member.number, AWARD) for member in world.members.values()}
    for row in _BALANCES(connection, accounts):
        world.balances[row.account, row.unit] = row.amount
    for lane in sorted({each.lane for each in world.credits.values()}):
        seqs = {each.seq for each in world.credits.values() if each.lane == lane}
        for row in _LOTS(connection, seqs, lane=lane):
            world.lots[row.lane, row.seq] = Lot(**row._mapping)
        _load_postings(connection, world, lane, seqs)


def _load_postings(connection: sa.Connection, world: World, lane: str, seqs: set[int]) -> None:
    because = {row.seq: row.because for row in _ENTRIES(connection, seqs, lane=lane)}
    found: dict[int, list[tuple[int, Posting]]] = {}
    for row in _POSTINGS(connection, seqs, lane=lane):
        one = Posting(row.source, row.destination, row.unit, row.amount)
        found.setdefault(row.seq, []).append((row.number, one))
    for seq in seqs:
        ordered = sorted(found.get(seq, ()), key=lambda each: each[0])
        world.postings[lane, seq] = (tuple(one for _number, one in ordered), because[seq])


def _load_lane(connection: sa.Connection, lane: str) -> Chain:
    (row,) = _LOCKED_LANES(connection, [lane])
    return Chain(lane, row.seq, row.head)
