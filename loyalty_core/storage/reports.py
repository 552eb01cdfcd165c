"""Reads for people: status, journal, the chain from bytes to posting, and single members."""

import json
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.problems import Problem
from loyalty_core.sale import Sale, impossible_days

from . import tables
from .flight_tables import accepted_name
from .part_sets import count_by_state
from .statements import Lookup

JOURNAL_SLICE = 500
"""Rows read at once when the journal is walked: bytes of a few lists, never the whole journal."""

_POSTINGS = Lookup(
    tables.posting.columns, tables.posting.c.seq, tables.posting.c.lane == sa.bindparam("lane")
)
_CARRIAGES = Lookup(tables.carriage.columns, tables.carriage.c.id)
_SOURCES = Lookup(
    [tables.journal.c[name] for name in ("id", "link", "kind", "received_at", "encoding", "source", "raw")],
    tables.journal.c.id,
)
_ACCEPTED = Lookup(accepted_name.columns, accepted_name.c.number)
_LATEST = (
    sa.select(tables.handling.c.journal_id, sa.func.max(tables.handling.c.attempt).label("attempt"))
    .group_by(tables.handling.c.journal_id)
    .subquery()
)
_HANDLED = tables.handling.join(
    _LATEST,
    sa.and_(
        tables.handling.c.journal_id == _LATEST.c.journal_id, tables.handling.c.attempt == _LATEST.c.attempt
    ),
)


_DECISIONS = (
    sa.select(
        *(
            tables.handling.c[name]
            for name in (
                *("number", "attempt", "lane", "host_key", "state", "outcome", "at"),
                *("config_digest", "maps_digest"),
            )
        ),
        *(
            tables.journal.c[name]
            for name in ("id", "link", "kind", "digest", "set_key", "encoding", "source", "raw")
        ),
    )
    .select_from(tables.handling.join(tables.journal))
    .where(tables.handling.c.number > sa.bindparam("since"), tables.handling.c.decided == 1)
    .order_by(tables.handling.c.number)
    .limit(JOURNAL_SLICE)
)


def status(connection: sa.Connection) -> dict[str, Any]:
    """{"messages": {state: n}, "entries", "quarantined", "pending", "links": {link: {state: n}}, "part_sets": {"open",
    "given_up"}}."""
    journal, handling = tables.journal, tables.handling
    statement = (
        sa.select(journal.c.link, handling.c.state, sa.func.count())
        .select_from(_HANDLED.join(journal, journal.c.id == handling.c.journal_id))
        .group_by(journal.c.link, handling.c.state)
        .order_by(journal.c.link, handling.c.state)
    )
    messages: dict[str, int] = {}
    links: dict[str, dict[str, int]] = {}
    for link, state, count in connection.execute(statement):
        messages[state] = messages.get(state, 0) + count
        links.setdefault(link, {})[state] = count
    carriage = tables.carriage
    waiting = sa.select(sa.func.count()).where(carriage.c.credit.in_(["pending", "suspense"]))
    return {
        "messages": messages,
        "entries": connection.execute(sa.select(sa.func.count()).select_from(tables.entry)).scalar_one(),
        "quarantined": messages.get("quarantined", 0),
        "pending": connection.execute(waiting).scalar_one(),
        "links": links,
        "part_sets": count_by_state(connection),
    }


def journal_slice(connection: sa.Connection, since: int) -> list[dict[str, Any]]:
    """The next decisions behind the one numbered ``since``, as ``Core.journal_rows``; none at the end."""
    rows = connection.execute(_DECISIONS, {"since": since}).all()
    return [_decision(row) for row in rows]


def _decision(row: sa.Row[Any]) -> dict[str, Any]:
    found = dict(row._mapping)
    told = json.loads(found.pop("outcome"))
    problems = tuple(Problem(**each) for each in told["problems"])
    return {**found, "received_at": found.pop("at"), "problems": problems, "error": told["error"]}


def newest_of(connection: sa.Connection, link: str) -> dict[str, Any] | None:
    """The newest journal row of one link: {"id", "raw"}; None while there is none."""
    table = tables.journal
    statement = (
        sa.select(table.c.id, table.c.raw).where(table.c.link == link).order_by(table.c.id.desc()).limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else {"id": row.id, "raw": bytes(row.raw)}


_TOLD_OF_ATTEMPTS = ("number", "attempt", "state", "at", "host_key", "lane", "config_digest", "maps_digest")


def journal_row(connection: sa.Connection, journal_id: int) -> dict[str, Any] | None:
    """One journal row with its handling, oldest attempt first."""
    journal, handling = tables.journal, tables.handling
    row = connection.execute(sa.select(journal).where(journal.c.id == journal_id)).one_or_none()
    if row is None:
        return None
    attempts = connection.execute(
        sa.select(handling).where(handling.c.journal_id == journal_id).order_by(handling.c.attempt)
    )
    return {
        **row._mapping,
        "handling": [
            {
                **{name: each._mapping[name] for name in _TOLD_OF_ATTEMPTS},
                **json.loads(each.outcome),
            }
            for each in attempts
        ],
    }


def entries_where(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Entries with their postings, in order of the chain."""
    rows_found = connection.execute(sa.select(tables.entry).where(condition))
    # Sorted here: a database may put names of lanes in the order of some language.
    found = sorted((dict(row._mapping) for row in rows_found), key=lambda each: (each["lane"], each["seq"]))
    for lane in sorted({each["lane"] for each in found}):
        seqs = {each["seq"] for each in found if each["lane"] == lane}
        postings: dict[int, list[dict[str, Any]]] = {}
        rows = _POSTINGS(connection, seqs, lane=lane)
        for row in sorted(rows, key=lambda row: (row.seq, row.number)):
            one = {name: row._mapping[name] for name in ("source", "destination", "unit", "amount")}
            postings.setdefault(row.seq, []).append(one)
        for each in found:
            if each["lane"] == lane:
                each["postings"] = postings.get(each["seq"], [])
                each["trace"] = json.loads(each["trace"])
                each["because"] = json.loads(each["because"])
    return found


def explain(connection: sa.Connection, *, journal_id: int, card: str, ticket: str) -> dict[str, Any]:
    """{"journal": row or None, "carriages": [...], "entries": [...], "accepted_names": [...], "sources": {journal id:
    {...}}}.

    A card finds every carriage it was claimed on and the operations with its holder's miles, a ticket those whose
    coupon it is, a journal row those it gave evidence about; entries are all that were ever made for these carriages.
    """
    evidence, claim, carriage = tables.evidence, tables.claim, tables.carriage
    carriage_ids: set[int] = set()
    journal = journal_row(connection, journal_id) if journal_id else None
    entry_condition: sa.ColumnElement[bool] = sa.false()
    if journal_id:
        rows = connection.execute(
            sa.select(evidence.c.carriage_id).where(evidence.c.journal_id == journal_id)
        )
        carriage_ids |= {row.carriage_id for row in rows}
        entry_condition = tables.entry.c.journal_id == journal_id
    if card:
        entry_condition = _operations_of(card)
        rows = connection.execute(sa.select(claim.c.carriage_id).where(claim.c.number == card))
        carriage_ids |= {row.carriage_id for row in rows}
    if ticket:
        number, _slash, coupon = ticket.partition("/")
        prefix = keys.ascii_key(number) + "/"
        matches = (
            carriage.c.key == prefix + coupon
            if coupon
            else carriage.c.key.startswith(prefix, autoescape=True)
        )
        rows = connection.execute(sa.select(carriage.c.id).where(matches))
        carriage_ids |= {row.id for row in rows}
    carriages = []
    credit_entries: set[tuple[str, int]] = set()
    for row in _CARRIAGES(connection, carriage_ids):
        pieces = _pieces(connection, row.id)
        standing = _credits(connection, row.id)
        credit_entries |= {(each["lane"], each["seq"]) for each in standing}
        view = json.loads(row.view)
        carriages.append({**row._mapping, "view": view, "evidence": pieces, "credits": standing})
    carriages.sort(key=lambda each: (each["departure_key"], each["key"]))
    carriage_keys = {each["key"] for each in carriages} | {
        key for each in carriages for key in _identity(each)
    }
    if carriage_keys:
        entry_condition = sa.or_(entry_condition, tables.entry.c.carriage_key.in_(sorted(carriage_keys)))
    entries = entries_where(connection, entry_condition)
    wanted = {piece["journal_id"] for each in carriages for piece in each["evidence"]}
    wanted |= {line[0] for each in entries for line in each["because"]} | {
        each["journal_id"] for each in entries
    }
    numbers = {card} | {keys.ascii_key(each[1]) for one in carriages for each in one["view"].get("cards", ())}
    accepted = [dict(row._mapping) for row in _ACCEPTED(connection, numbers - {""})]
    wanted |= {each["journal_id"] for each in accepted}
    return {
        "journal": journal,
        "carriages": carriages,
        "entries": entries,
        "accepted_names": sorted(accepted, key=lambda each: (each["number"], each["surname"], each["given"])),
        "sources": _sources(connection, wanted),
    }


def _operations_of(card: str) -> sa.ColumnElement[bool]:
    """Entries that no flight caused, and that moved or made miles of this card's holder."""
    entry, lot = tables.entry, tables.lot
    owner = sa.select(tables.card.c.member_id).where(tables.card.c.number == card)
    received = sa.select(lot.c.seq).where(
        lot.c.member_id.in_(owner), lot.c.lane == entry.c.lane, lot.c.seq == entry.c.seq
    )
    return sa.and_(
        entry.c.carriage_key == "", sa.or_(entry.c.member_id.in_(owner), entry.c.seq.in_(received))
    )


def _identity(carriage: dict[str, Any]) -> set[str]:
    # Entries made before a ticket was known name the carriage by its smallest identity key of then.
    return {key for piece in carriage["evidence"] for key in piece["keys"]}


def _pieces(connection: sa.Connection, carriage_id: int) -> list[dict[str, Any]]:
    from loyalty_core.evidence import read_content

    table = tables.evidence
    rows = connection.execute(sa.select(table).where(table.c.carriage_id == carriage_id).order_by(table.c.id))
    names = (
        "journal_id",
        "line",
        "line_end",
        "originator",
        "kind",
        "edition",
        "event_at",
        "status",
        "standing",
    )
    return [
        {**{name: row._mapping[name] for name in names}, **_said(read_content(row.data), row.departure_key)}
        for row in rows
    ]


def _said(content: dict[str, object], departure_key: str) -> dict[str, object]:
    """What of a piece's content is not seen in the joined view: identity keys, and facts that no rule uses yet; and
    which days of the sale count for nothing (``sale_not_counted``)."""
    told = {name: content[name] for name in ("keys", "fare_basis", "fare", "damaged", "remark")}
    sale = content["sale"]
    assert isinstance(sale, Sale)
    return {
        **told,
        "sale": sale.told(),
        "sale_not_counted": list(impossible_days(sale, departure_key)),
    }


def _credits(connection: sa.Connection, carriage_id: int) -> list[dict[str, Any]]:
    table = tables.standing_credit
    rows = connection.execute(sa.select(table).where(table.c.carriage_id == carriage_id))
    return [{**row._mapping, "counters": json.loads(row.counters)} for row in rows]


def _sources(connection: sa.Connection, journal_ids: set[int]) -> dict[int, dict[str, Any]]:
    rows = _SOURCES(connection, journal_ids)
    return {row.id: {**row._mapping, "raw": bytes(row.raw)} for row in rows}
