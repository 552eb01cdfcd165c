"""The whole books, for the checker: plain values, nothing decided here."""

import hashlib

import sqlalchemy as sa

from loyalty_core.ledger import Entry, EntryKind, Posting, cause_of
from loyalty_core.verify import Books

from . import tables
from .operation_tables import family_offset, operation, pool_place
from .reports import JOURNAL_SLICE


def load_books(connection: sa.Connection) -> Books:
    """Everything ``verify_books`` looks at."""
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
        year_totals={
            (row.member_id, row.year): (row.qualifying, row.segments)
            for row in connection.execute(sa.select(tables.year_total))
        },
        unhandled=_count_unhandled(connection),
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
                    members[row.survivor_id].number if row.survivor_id in members else "",
                )
                for row in members.values()
            ),
            *(
                ("card", row.programme, row.number, row.state, row.replaced_by)
                for row in connection.execute(sa.select(tables.card))
            ),
        ],
        journal_id=connection.execute(sa.select(sa.func.max(journal.c.id))).scalar_one() or 0,
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


def _count_unhandled(connection: sa.Connection) -> int:
    journal, handling = tables.journal, tables.handling
    statement = (
        sa.select(sa.func.count())
        .select_from(journal.outerjoin(handling, handling.c.journal_id == journal.c.id))
        .where(handling.c.journal_id.is_(None))
    )
    return int(connection.execute(statement).scalar_one())


def _count_lost_evidence(connection: sa.Connection) -> int:
    evidence, carriage = tables.evidence, tables.carriage
    statement = (
        sa.select(sa.func.count())
        .select_from(evidence.outerjoin(carriage, carriage.c.id == evidence.c.carriage_id))
        .where(carriage.c.id.is_(None), evidence.c.standing == 1)
    )
    return int(connection.execute(statement).scalar_one())
