"""The whole books, for the checker: plain values, nothing decided here."""

import hashlib
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from loyalty_core.handling_log import CAME, handling_hash
from loyalty_core.handling_log import GENESIS as HANDLING_GENESIS
from loyalty_core.ledger import GENESIS, Entry, EntryKind, Posting, cause_of
from loyalty_core.outcomes import ClockOutcome
from loyalty_core.programme import Programme
from loyalty_core.rules.tiers.over_time import standing_rules
from loyalty_core.stable_json import decode
from loyalty_core.verify import Books
from loyalty_core.verify_journal import Place
from loyalty_core.verify_tiers import StoredTiers
from loyalty_core.verify_timing import StoredTiming

from . import tables
from .grant_tables import offered_grant, promotion_use, standing_grant
from .operation_tables import business_clock, family_offset, operation, pool_place
from .reports import JOURNAL_SLICE

_STROKE = f'"is":"{ClockOutcome.__name__}"'
"""What the outcome of a stroke of the business clock has in it."""


def load_books(connection: sa.Connection, programmes: Mapping[str, Programme]) -> Books:
    """Everything ``verify_books`` looks at; ``programmes`` are those in force."""
    entry, journal = tables.entry, tables.journal
    postings: dict[tuple[str, int], list[Posting]] = {}
    for row in connection.execute(
        sa.select(tables.posting).order_by(
            tables.posting.c.lane, tables.posting.c.seq, tables.posting.c.number
        )
    ):
        one = Posting(row.source, row.destination, row.unit, row.amount)
        postings.setdefault((row.lane, row.seq), []).append(one)
    member = tables.member
    members = {row.id: row for row in connection.execute(sa.select(member))}
    statement = (
        sa.select(entry, journal.c.digest, journal.c.raw_digest)
        .join(journal, journal.c.id == entry.c.journal_id)
        .order_by(entry.c.lane, entry.c.seq)
    )
    entries = [
        Entry(
            lane=row.lane,
            seq=row.seq,
            previous=row.previous,
            kind=EntryKind(row.kind),
            programme=row.programme,
            programme_digest=row.programme_digest,
            member_number=members[row.member_id].number if row.member_id in members else "",
            member_id=row.member_id,
            carriage_key=row.carriage_key,
            flown_on=row.flown_on,
            posted_at=row.posted_at,
            reverses=row.reverses,
            cause=cause_of(bytes(row.digest), bytes(row.raw_digest)),
            journal_id=row.journal_id,
            trace=row.trace,
            because=row.because,
            postings=tuple(postings.pop((row.lane, row.seq), ())),
            hash=row.hash,
        )
        for row in connection.execute(statement)
    ]
    return Books(
        entries=entries,
        stray_postings=len(postings),
        lanes={row.name: (row.seq, row.head) for row in connection.execute(sa.select(tables.lane))},
        balances={
            (row.account, row.unit): row.amount for row in connection.execute(sa.select(tables.balance))
        },
        operations=sorted(
            # Sorted here: a database's own order of texts is a matter of its locale.
            (dict(row._mapping) for row in connection.execute(sa.select(operation))),
            key=lambda row: str(row["key"]),
        ),
        places=[dict(row._mapping) for row in connection.execute(sa.select(pool_place))],
        lot_moves=[
            dict(row._mapping)
            for row in connection.execute(
                sa.select(tables.lot_move).order_by(
                    tables.lot_move.c.lane, tables.lot_move.c.seq, tables.lot_move.c.number
                )
            )
        ],
        lots=[dict(row._mapping) for row in connection.execute(sa.select(tables.lot))],
        credits=[dict(row._mapping) for row in connection.execute(sa.select(tables.standing_credit))],
        carriages=[dict(row._mapping) for row in connection.execute(sa.select(tables.carriage))],
        members={row.id: (row.programme, row.number, row.tier) for row in members.values()},
        counted={
            (row.member_id, row.day, row.unit): row.amount
            for row in connection.execute(sa.select(tables.day_total))
        },
        tiers=StoredTiers(
            members={each: dict(row._mapping) for each, row in members.items()},
            beliefs=tuple(
                dict(row._mapping)
                for row in connection.execute(
                    sa.select(tables.tier_belief).order_by(tables.tier_belief.c.journal_id)
                )
            ),
            rules={name: standing_rules(each.versions) for name, each in programmes.items()},
            business_at=connection.execute(sa.select(business_clock.c.at)).scalar() or "",
        ),
        timing=StoredTiming(
            programmes,
            [dict(row._mapping) for row in connection.execute(sa.select(standing_grant))],
            {
                (row.member_id, row.programme, row.name, row.unit): row.used
                for row in connection.execute(sa.select(promotion_use))
            },
            {(row.programme, row.name): row.since for row in connection.execute(sa.select(offered_grant))},
            [dict(row._mapping) for row in connection.execute(sa.select(tables.told))],
            {
                (row.name, row.digest): row.grants_by
                for row in connection.execute(sa.select(tables.programme))
            },
        ),
        log=_load_log(connection, entries),
        log_end=_log_end(connection),
        journal_ids=list(connection.execute(sa.select(journal.c.id).order_by(journal.c.id)).scalars()),
        waiting_parts=_waiting_parts(connection),
        changed_answers=_changed_answers(connection),
        changed_bytes=_changed_bytes(connection),
        evidence_without_carriage=_count_lost_evidence(connection),
        survivors={row.id: row.survivor_id for row in members.values() if row.survivor_id != row.id},
        offsets={row.entry: row.member_id for row in connection.execute(sa.select(family_offset))},
        standing=[
            *(
                (
                    "member",
                    row.programme,
                    row.number,
                    row.state,
                    row.enrolled_on,
                    row.residence,
                    row.groups,
                    members[row.survivor_id].number if row.survivor_id in members else "",
                )
                for row in members.values()
            ),
            *(
                (
                    "card",
                    row.programme,
                    row.number,
                    members[row.member_id].number if row.member_id in members else "",
                    row.state,
                    row.replaced_by,
                )
                for row in connection.execute(sa.select(tables.card))
            ),
        ],
    )


def _changed_bytes(connection: sa.Connection) -> list[int]:
    """Journal rows whose bytes are not those that came; read slice by slice, for they are the bulk of the books."""
    table = tables.journal
    statement = sa.select(table.c.id, table.c.raw, table.c.raw_digest).order_by(table.c.id)
    found: list[int] = []
    since = 0
    while rows := connection.execute(statement.where(table.c.id > since).limit(JOURNAL_SLICE)).all():
        found += [row.id for row in rows if hashlib.sha256(row.raw).digest() != bytes(row.raw_digest)]
        since = rows[-1].id
    return found


_LOG = sa.select(
    tables.handling, *(tables.journal.c[name].label(f"came_{name}") for name in CAME)
).select_from(tables.handling.outerjoin(tables.journal, tables.journal.c.id == tables.handling.c.journal_id))


def _load_log(connection: sa.Connection, entries: Iterable[Entry]) -> list[Place]:
    """The handling log with its hashes checked, slice by slice, for outcomes of lists are long."""
    heads = {(entry.lane, entry.seq): entry.hash for entry in entries}
    number = tables.handling.c.number
    previous = HANDLING_GENESIS
    found: list[Place] = []
    since = -1
    while rows := connection.execute(_LOG.where(number > since).order_by(number).limit(JOURNAL_SLICE)).all():
        for row in rows:
            place = dict(row._mapping)
            came = {name: place[f"came_{name}"] for name in CAME} if row.attempt == 1 else None
            lost = came is not None and came["digest"] is None
            head = heads.get((row.lane, row.seq), "") if row.seq else GENESIS
            sound = not lost and handling_hash(previous, place, head, came) == bytes(row.hash)
            previous = bytes(row.hash)
            stroke = bool(row.decided) and _STROKE in row.outcome
            names = ("number", "journal_id", "attempt", "lane", "seq", "state", "at")
            own = {name: place[name] for name in names}
            found.append(
                Place(**own, decided=bool(row.decided), sound=sound, stroke=stroke, hash=previous.hex())
            )
        since = rows[-1].number
    return found


def _log_end(connection: sa.Connection) -> tuple[int, str]:
    head = tables.handling_head.c
    row = connection.execute(sa.select(head.number, head.hash)).one_or_none()
    return (row.number, bytes(row.hash).hex()) if row is not None else (0, "")


def _changed_answers(connection: sa.Connection) -> list[int]:
    receipt, handling = tables.receipt, tables.handling
    decided = (
        sa.select(sa.func.max(handling.c.number))
        .where(handling.c.decided == 1)
        .group_by(handling.c.journal_id)
    )
    last = sa.select(handling).where(handling.c.number.in_(decided)).subquery()
    statement = sa.select(
        receipt.c.journal_id, receipt.c.state, receipt.c.outcome, last.c.state, last.c.outcome
    ).select_from(receipt.outerjoin(last, last.c.journal_id == receipt.c.journal_id))
    return sorted(
        journal_id
        for journal_id, state, answer, decided_state, outcome in connection.execute(statement)
        if state != decided_state or decode(answer)["outcomes"] != decode(outcome)["outcomes"]
    )


def _waiting_parts(connection: sa.Connection) -> dict[int, str]:
    part, one = tables.part, tables.part_set
    statement = (
        sa.select(part.c.journal_id, one.c.touched_at)
        .join(one, one.c.key == part.c.set_key)
        .where(one.c.state.in_(["open", "closed"]))
    )
    return {row.journal_id: row.touched_at for row in connection.execute(statement)}


def _count_lost_evidence(connection: sa.Connection) -> int:
    evidence, carriage = tables.evidence, tables.carriage
    statement = (
        sa.select(sa.func.count())
        .select_from(evidence.outerjoin(carriage, carriage.c.id == evidence.c.carriage_id))
        .where(carriage.c.id.is_(None), evidence.c.standing == 1)
    )
    return int(connection.execute(statement).scalar_one())
