"""The whole books, for the checker: plain values, nothing decided here."""

import sqlalchemy as sa

from loyalty_core.ledger import Entry, EntryKind, Posting
from loyalty_core.verify import Books

from . import tables


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
        sa.select(entry, journal.c.digest)
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
            cause=bytes(row.digest).hex(),
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
        lots=[dict(row._mapping) for row in connection.execute(sa.select(tables.lot))],
        credits=[dict(row._mapping) for row in connection.execute(sa.select(tables.standing_credit))],
        carriages=[dict(row._mapping) for row in connection.execute(sa.select(tables.carriage))],
        members={row.id: (row.programme, row.number, row.tier) for row in members.values()},
        year_totals={
            (row.member_id, row.year): (row.qualifying, row.segments)
            for row in connection.execute(sa.select(tables.year_total))
        },
        unhandled=_count_unhandled(connection),
        evidence_without_carriage=_count_lost_evidence(connection),
        lost_survivors=sum(1 for row in members.values() if row.survivor_id not in members),
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
