"""Reads everything one batch may touch: a fixed number of statements, however long the batch."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.carriage import join
from loyalty_core.contest import contest_keys
from loyalty_core.entities import Card, Credit, Ids, Member, Person
from loyalty_core.evidence import Evidence, read_content
from loyalty_core.ledger import GENESIS, Chain
from loyalty_core.membership import card_subject, member_subject
from loyalty_core.programme import Programme
from loyalty_core.transactions import Name, Submission
from loyalty_core.world import World

from . import tables
from .activations import programmes_after, recoded_departures
from .cases import find_tickets, load_accepted, load_known_departures
from .flights import load_flights
from .grants import load_given, load_offered, load_used
from .load_ledger import load_balances, load_entries, load_live_lots, load_made_lots, load_moves, who_may_pay
from .lot_days import load_expired, whose_flights
from .membership import load_concerned, load_families, load_offsets, load_related, load_told_of
from .operations import find_due, load_operations, load_places, members_named
from .outbox import load_outbox
from .part_sets import load_sets
from .rivals import keys_of_rivals
from .statements import Lookup
from .waiting import carriages_on, load_told
from .wanted import Wanted, wanted_by

_T = tables
_CREDIT_COLUMNS = [_T.standing_credit.c[name] for name in Credit.__dataclass_fields__ if name != "key"]
_CREDIT_COLUMNS.append(_T.standing_credit.c.credit_key)

_EDITIONS = Lookup(_T.list_edition.columns, _T.list_edition.c.departure_key)
_OWNERS = Lookup([_T.identity.c.carriage_id], _T.identity.c.key)
_STANDING_LISTS = Lookup(
    [_T.evidence.c[name] for name in ("carriage_id", "originator", "kind", "departure_key")],
    _T.evidence.c.departure_key,
    _T.evidence.c.standing == 1,
)
_CLAIMS = Lookup(_T.claim.columns, _T.claim.c.number)
_CARRIAGES = Lookup(_T.carriage.columns, _T.carriage.c.id)
_CONTESTING = Lookup(_T.contest.columns, _T.contest.c.key)
_EVIDENCE = Lookup(_T.evidence.columns, _T.evidence.c.carriage_id, _T.evidence.c.standing == 1)
_CARDS = Lookup(_T.card.columns, _T.card.c.number)
_CARDS_OF = Lookup(_T.card.columns, _T.card.c.member_id)
_CREDITS_ON = Lookup(_CREDIT_COLUMNS, _T.standing_credit.c.carriage_id)
_LATER_CREDITS = Lookup(
    _CREDIT_COLUMNS,
    _T.standing_credit.c.member_id,
    _T.standing_credit.c.flown_on >= sa.bindparam("since"),
)
_MEMBERS = Lookup(_T.member.columns, _T.member.c.id)
_DAY_TOTALS = Lookup(_T.day_total.columns, _T.day_total.c.member_id)
_LANES = Lookup(_T.lane.columns, _T.lane.c.name)


_HIGHEST = sa.select(
    *(
        sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)).scalar_subquery().label(table.name)
        for table in (_T.journal, _T.carriage, _T.evidence, _T.member, _T.outbox)
    ),
    # A carriage may be gone and its evidence still name it.
    sa.select(sa.func.coalesce(sa.func.max(_T.evidence.c.carriage_id), 0)).scalar_subquery().label("named"),
)


def _load_ids(connection: sa.Connection) -> Ids:
    """Numbers for new rows, in the order of decision: there is one writer at a time, so the highest is the last."""
    highest = dict(connection.execute(_HIGHEST).one()._mapping)
    highest["carriage"] = max(highest["carriage"], highest.pop("named"))
    return Ids(highest)


def load_world(
    connection: sa.Connection,
    batch: Sequence[Submission],
    lane: str,
    programmes: dict[str, Programme],
) -> World:
    """The world of a batch, read by the one writer: nothing of it changes before the batch is committed."""
    wanted = wanted_by(batch)
    after = programmes_after(batch, programmes)
    world = World(ids=_load_ids(connection), chain=_load_lane(connection, lane), programmes=after)
    _widen_to_concerned(connection, world, wanted)
    find_tickets(connection, wanted)
    wanted.departures |= find_due(connection, wanted.operations, programmes)
    if after != programmes:
        wanted.recoded = recoded_departures(connection, batch, programmes, after)
        wanted.departures |= wanted.recoded
    _load_editions(connection, world, wanted)
    _load_persons(connection, world, wanted)
    _load_rivals(connection, world, wanted)
    load_told(connection, world, wanted.departures)
    _load_credits(connection, world)
    _load_members(connection, world, wanted)
    entries = load_operations(connection, world, wanted.operations)
    if wanted.spoken_of:
        entries |= load_offsets(connection, world)
    load_accepted(connection, world, wanted)
    load_known_departures(connection, world, wanted)
    _load_member_state(connection, world, wanted, entries)
    load_used(connection, world)
    load_sets(connection, world, wanted.sets)
    if wanted.operations.granting or after != programmes:
        load_offered(connection, world)
    load_outbox(connection, world, batch)
    load_flights(connection, world, batch)
    world.programmes = dict(programmes)
    return world


def _widen_to_concerned(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    """One card of a member may be named who has others, or to whom other members belong: it concerns them all."""
    if wanted.spoken_of:
        ids, cards = load_concerned(connection, world, wanted.members, wanted.imported_cards)
        wanted.member_ids |= ids
        wanted.imported_cards |= cards | {row.number for row in _CARDS_OF(connection, ids)}
        wanted.cards |= wanted.imported_cards


def _load_editions(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    for row in _EDITIONS(connection, {departure for departure, _originator, _kind in wanted.lists}):
        world.editions[row.departure_key, row.originator, row.kind] = row.edition


def _load_persons(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    superseded = {slot[0] for slot in wanted.lists if slot in world.editions}
    found = {
        row.carriage_id
        for row in _STANDING_LISTS(connection, superseded)
        if (row.departure_key, row.originator, row.kind) in wanted.lists
    }
    for row in _CLAIMS(connection, wanted.imported_cards):
        world.claims.setdefault(row.number, set()).add(row.carriage_id)
        found.add(row.carriage_id)
    found |= set(wanted.operations.due.carriages)
    if any(programme.crediting.waits_for_pfs for programme in world.programmes.values()):
        found |= carriages_on(connection, wanted.told)
    found |= carriages_on(connection, wanted.recoded)
    _know_carriages(connection, world, found)
    _load_joined(connection, world, wanted.identity | world.identity.keys())


def _load_joined(connection: sa.Connection, world: World, ahead: set[str]) -> None:
    """Whoever has one of these identity keys, and whoever shares one with those: a carriage may gain what another one
    loses."""
    seen: set[str] = set()
    while ahead:
        seen |= ahead
        found = {row.carriage_id for row in _OWNERS(connection, ahead)} - world.persons.keys()
        _know_carriages(connection, world, found)
        ahead = {
            key for each in found for one in world.persons[each].pieces.values() for key in one.keys
        } - seen


def _load_rivals(connection: sa.Connection, world: World, wanted: Wanted) -> None:
    """Whoever may be the same flight of the same person as what is loaded, on whatever departure; and who may be that
    again. (Not by identity keys: a ticket that two of one list have is no key, but may be the coupon of both.)"""
    asked: set[str] = set()
    while True:
        _load_cards(connection, world, wanted)
        contested = keys_of_rivals(world, wanted) - asked
        if not contested:
            return
        asked |= contested
        rows = _CONTESTING(connection, contested)
        for row in rows:
            # It may be known by the cards of others that are one flight with it, too.
            world.meet(row.carriage_id, (row.key,))
        new = {row.carriage_id for row in rows} - world.persons.keys()
        _know_carriages(connection, world, new)
        # Who can't be told from them may put them in doubt.
        _load_joined(connection, world, {key for each in new for key in world.keys_of(each)})


def _know_carriages(connection: sa.Connection, world: World, ids: set[int]) -> None:
    for row in _CARRIAGES(connection, ids):
        world.know_person(
            Person(row.id, row.departure_key, {}, None, row.credit, row.reason, due_at=row.due_at)
        )
    for row in _EVIDENCE(connection, ids):
        world.persons[row.carriage_id].pieces[row.id] = _evidence(row)
    for person in (world.persons[each] for each in ids):
        if person.pieces:
            world.see(person, join(list(person.pieces.values())), contest_keys(person))
        world.know_keys(person)


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
        rows += _CARDS_OF(connection, load_families(connection, world, owners))
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
    ids |= members_named(connection, wanted.operations)
    ids = load_related(
        connection, world, ids | wanted.member_ids, {card_subject(*slot) for slot in world.cards}
    )
    _know_members(connection, world, ids)
    _know_more(connection, world, load_places(connection, world, wanted.operations, ids) - ids)


def _know_members(connection: sa.Connection, world: World, ids: set[int]) -> None:
    for row in _MEMBERS(connection, ids):
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
            row.said_at,
            row.kind,
            row.tier_until,
            row.spells,
            row.grants_due,
            row.residence,
            row.groups,
        )
        world.members[row.id] = member
        world.member_ids[row.programme, row.number] = row.id


def _know_more(connection: sa.Connection, world: World, ids: set[int]) -> None:
    """Members, and what is said of them: their tiers hang on it."""
    _know_members(connection, world, ids)
    own = (world.members[each] for each in ids)
    load_told_of(connection, world, {member_subject(each.programme, each.number) for each in own})


def _know_days(connection: sa.Connection, world: World, ids: Iterable[int]) -> None:
    """What the posted flights of these members count, by day."""
    for row in _DAY_TOTALS(connection, ids):
        world.counted.setdefault(row.member_id, {}).setdefault(row.day, {})[row.unit] = row.amount


def _load_member_state(
    connection: sa.Connection, world: World, wanted: Wanted, entries: set[tuple[str, int]]
) -> None:
    # Same-day and later flights of the members concerned: their tier may hang on what happens now.
    dates = [key.split("/")[2] for key in wanted.departures]
    dates += [person.departure_key.split("/")[2] for person in world.persons.values()]
    since = "" if wanted.spoken_of else min(dates, default="9999")
    _know_credits(world, _LATER_CREDITS(connection, world.members, since=since))
    granting = {each for one in wanted.operations.granting for each in world.family(one)}
    _know_credits(world, _LATER_CREDITS(connection, granting, since=""))
    entries |= load_given(connection, world, granting)
    _know_days(connection, world, world.members)
    credited = {(each.lane, each.seq) for each in world.credits.values()}
    load_made_lots(connection, world, credited | entries)
    load_entries(connection, world, credited | entries)
    load_moves(connection, world, entries)
    # A share of a flight's miles may have gone to a pool that the member has left since, a transfer to anybody; those
    # merged into one with him pay what he owes.
    owners = {lot.member_id for lot in world.lots.values()}
    owners |= {credit.pool_id for credit in world.credits.values()} - {0}
    owners -= world.members.keys()
    late = load_families(connection, world, owners).keys() - world.members.keys()
    _know_more(connection, world, late)
    _know_days(connection, world, late)
    load_balances(connection, world, world.members.values())
    all_may_pay = wanted.operations or wanted.spoken_of
    payers = set(world.members) if all_may_pay else who_may_pay(world)
    load_live_lots(connection, world, payers)
    flyers = whose_flights(world, payers | load_expired(connection, world))
    _know_credits(world, _LATER_CREDITS(connection, flyers, since=""))


def load_lives(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> None:
    """What says when the miles of these members end, and their open lots."""
    ids = load_standing(connection, world, member_ids)
    _know_credits(world, _LATER_CREDITS(connection, ids, since=""))
    load_live_lots(connection, world, ids)


def load_standing(connection: sa.Connection, world: World, member_ids: Iterable[int]) -> set[int]:
    """What the tiers of these members hang on; their ids, and those of the members merged into one with them."""
    ids = set(load_families(connection, world, member_ids))
    _know_more(connection, world, ids)
    _know_days(connection, world, ids)
    return ids


def _load_lane(connection: sa.Connection, lane: str) -> Chain:
    rows = _LANES(connection, [lane])
    return Chain(lane, rows[0].seq, rows[0].head) if rows else Chain(lane, 0, GENESIS)
