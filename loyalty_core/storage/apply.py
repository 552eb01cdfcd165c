"""Writes what a batch decided: a fixed number of bulk statements."""

import json
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.entities import Person
from loyalty_core.ledger import balance_changes
from loyalty_core.world import World

from . import tables
from .cases import write_accepted
from .flights import write_flights
from .grants import mark_granting, write_grants
from .lot_days import write_lot_days
from .membership import write_offsets, write_told
from .operations import write_operations
from .outbox import write_outbox
from .part_sets import write_sets
from .standings import mark_retiered, write_beliefs
from .statements import among, delete_among, insert_all, keys_of, row_of, upsert_all


def apply_world(connection: sa.Connection, world: World) -> None:
    """Everything but journal, handling and receipts, which the caller writes in the same transaction."""
    _write_evidence(connection, world)
    _write_persons(connection, world)
    _write_members(connection, world)
    write_told(connection, world)
    write_offsets(connection, world)
    _write_ledger(connection, world)
    _write_credits(connection, world)
    write_sets(connection, world)
    write_outbox(connection, world)
    write_operations(connection, world)
    write_flights(connection, world)
    write_accepted(connection, world)
    write_beliefs(connection, world)
    write_lot_days(connection, world)
    write_grants(connection, world)


def _write_evidence(connection: sa.Connection, world: World) -> None:
    table = tables.evidence
    insert_all(
        connection,
        table,
        [
            {
                "id": piece.id,
                "carriage_id": carriage_id,
                "departure_key": piece.departure_key,
                "journal_id": piece.journal_id,
                "line": piece.line,
                "line_end": piece.line_end,
                "originator": piece.originator,
                "kind": piece.kind,
                "edition": piece.edition,
                "event_at": piece.event_at,
                "status": piece.status,
                "data": piece.content,
                "standing": 0 if piece.id in world.fallen_evidence else 1,
            }
            for piece, carriage_id in world.new_evidence.values()
        ],
    )
    fallen = world.fallen_evidence - world.new_evidence.keys()
    if fallen:
        statement = sa.update(table).where(among(connection, table.c.id)).values(standing=0)
        connection.execute(statement, {"keys": keys_of(connection, fallen)})
    if world.moved_evidence:
        connection.execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("evidence_id"))
            .values(carriage_id=sa.bindparam("owner")),
            [{"evidence_id": key, "owner": owner} for key, owner in world.moved_evidence.items()],
        )
    insert = [
        {"departure_key": slot[0], "originator": slot[1], "kind": slot[2], "edition": world.editions[slot]}
        for slot in sorted(world.changed_editions)
    ]
    upsert_all(connection, tables.list_edition, insert)


def _row(person: Person) -> dict[str, Any]:
    view = person.view
    return {
        "id": person.id,
        "departure_key": person.departure_key,
        "key": view.key if view else "",
        "state": view.state if view else "booked",
        "view": view.as_json() if view else "{}",
        "credit": person.credit,
        "reason": person.reason,
        "due_at": person.due_at,
    }


def _write_persons(connection: sa.Connection, world: World) -> None:
    rearranged = world.changed_persons | world.gone_persons
    upsert_all(
        connection, tables.carriage, [_row(world.persons[each]) for each in sorted(world.changed_persons)]
    )
    # Identity keys of rearranged carriages are written anew: a key may have moved or lost its evidence.
    for table in (tables.identity, tables.claim, tables.contest):
        delete_among(connection, table, table.c.carriage_id, rearranged)
    delete_among(connection, tables.carriage, tables.carriage.c.id, world.gone_persons)
    identity, claims, contests = [], set(), []
    for carriage_id in sorted(world.changed_persons):
        pieces = world.persons[carriage_id].pieces.values()
        identity += [
            {"key": key, "carriage_id": carriage_id}
            for key in sorted({key for piece in pieces for key in piece.keys})
        ]
        contests += [
            {"key": key, "carriage_id": carriage_id} for key in sorted(world.persons[carriage_id].meets_by)
        ]
        claims |= {(keys.ascii_key(card.number), carriage_id) for piece in pieces for card in piece.cards}
    insert_all(connection, tables.identity, identity)
    insert_all(connection, tables.contest, contests)
    insert_all(
        connection,
        tables.claim,
        [{"number": number, "carriage_id": owner} for number, owner in sorted(claims)],
    )


def _write_members(connection: sa.Connection, world: World) -> None:
    # First of all: who was looked at by the new rules within the batch isn't due any more.
    mark_retiered(connection, world.retiered)
    mark_granting(connection, world.timing.granting_changed)
    members = [world.members[each] for each in sorted(world.changed_members)]
    upsert_all(
        connection,
        tables.member,
        [
            {
                **{
                    name: getattr(member, name)
                    for name in (
                        "id",
                        "programme",
                        "number",
                        "birth_date",
                        "residence",
                        "groups",
                        "enrolled_on",
                        "state",
                        "said_at",
                        "kind",
                    )
                },
                "granted_tier": member.granted_tier,
                "tier": member.tier,
                "tier_until": member.tier_until,
                "spells": member.spells,
                "grants_due": member.grants_due,
                "survivor_id": world.root(member.id),
                "names": json.dumps(
                    [[name.surname, name.given] for name in member.names], ensure_ascii=False
                ),
            }
            for member in members
        ],
    )
    upsert_all(connection, tables.card, [row_of(world.cards[each]) for each in sorted(world.changed_cards)])
    for name, (programme, message, journal_id) in sorted(world.activated.items()):
        table = tables.programme
        connection.execute(sa.update(table).where(table.c.name == name).values(active=0))
        row = {
            "name": name,
            "digest": programme.digest,
            "file": message.file,
            "content": message.content.decode(),
            "ends_by": programme.ends_by,
            "grants_by": programme.grants_by,
            "journal_id": journal_id,
            "active": 1,
        }
        upsert_all(connection, table, [row])


_PLACES = ("remaining", "held", "expired")
_CHANGE_LOT = (
    sa.update(tables.lot)
    .where(
        tables.lot.c.lane == sa.bindparam("of_lane"),
        tables.lot.c.seq == sa.bindparam("of_seq"),
        tables.lot.c.number == sa.bindparam("of_number"),
    )
    .values({place: sa.bindparam(place) for place in _PLACES})
)


def _write_ledger(connection: sa.Connection, world: World) -> None:
    entries = world.chain.entries
    if not entries:
        return
    columns = [column.name for column in tables.entry.columns]
    insert_all(
        connection, tables.entry, [{name: getattr(entry, name) for name in columns} for entry in entries]
    )
    insert_all(
        connection,
        tables.posting,
        [
            {"lane": entry.lane, "seq": entry.seq, "number": number, **row_of(posting)}
            for entry in entries
            for number, posting in enumerate(entry.postings, 1)
        ],
    )
    upsert_all(
        connection,
        tables.balance,
        [
            {"account": account, "unit": unit, "amount": amount}
            for (account, unit), amount in sorted(balance_changes(entries).items())
            if amount
        ],
        add="amount",
    )
    made = {(entry.lane, entry.seq) for entry in entries}
    lots = [world.lots[each] for each in sorted(world.changed_lots)]
    insert_all(connection, tables.lot, [row_of(lot) for lot in lots if (lot.lane, lot.seq) in made])
    stored = [lot for lot in lots if (lot.lane, lot.seq) not in made]
    if stored:
        connection.execute(
            _CHANGE_LOT,
            [
                {
                    **dict(zip(("of_lane", "of_seq", "of_number"), lot.key, strict=True)),
                    **{place: getattr(lot, place) for place in _PLACES},
                }
                for lot in stored
            ],
        )
    insert_all(
        connection,
        tables.lot_move,
        [
            {
                **dict(zip(("lane", "seq", "number"), (*slot, number), strict=True)),
                **dict(zip(("lot_lane", "lot_seq", "lot_number"), move.lot, strict=True)),
                "source": str(move.source),
                "destination": str(move.destination),
                "amount": move.amount,
            }
            for slot, moves in sorted(world.new_moves.items())
            for number, move in enumerate(moves, 1)
        ],
    )
    # Last of all: it seals the entries.
    chain = world.chain
    upsert_all(connection, tables.lane, [{"name": chain.lane, "seq": chain.seq, "head": chain.head}])


def _write_credits(connection: sa.Connection, world: World) -> None:
    table = tables.standing_credit
    for programme in sorted({programme for programme, _key in world.gone_credits}):
        gone = {key for name, key in world.gone_credits if name == programme}
        statement = sa.delete(table).where(
            among(connection, table.c.credit_key), table.c.programme == programme
        )
        connection.execute(statement, {"keys": keys_of(connection, gone)})
    rows = []
    for each in sorted(world.changed_credits):
        fields = row_of(world.credits[each])
        fields["credit_key"] = fields.pop("key")
        rows.append(fields)
    # A key that is new to us is plainly inserted: had we overlooked a credit, the database must refuse the second one
    # rather than let it take the first one's place.
    stored: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for row in rows:
        known = (row["programme"], row["credit_key"]) in world.stored_credits
        (stored if known else new).append(row)
    insert_all(connection, table, new)
    upsert_all(connection, table, stored)
    upsert_all(
        connection,
        tables.day_total,
        [
            {"member_id": owner, "day": day, "unit": unit, "amount": world.counted[owner][day][unit]}
            for owner, day, unit in sorted(world.changed_days)
        ],
    )
