"""What the radar reads: departures with their people and lists, and members who may be those people."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loyalty_core.evidence import read_content
from loyalty_core.flights import Movement
from loyalty_core.keys import ascii_key, coupon_key
from loyalty_core.names import name_key
from loyalty_core.programme import Programme
from loyalty_core.radar import Departed, Listed, Seen, Word
from loyalty_core.radar_members import Candidate, Candidates, Wanted
from loyalty_core.radar_report import report, suspense
from loyalty_core.transactions import CardClaim, Name

from . import tables
from .flight_tables import accepted_name, arrival, departure, member_name, movement
from .statements import Lookup

QUARANTINED_MAX = 500
"""Quarantined messages that are looked through for one departure, newest first."""

_CARRIAGES = Lookup(tables.carriage.columns, tables.carriage.c.departure_key)
_PIECES = Lookup(
    [
        tables.evidence.c[name]
        for name in ("carriage_id", "journal_id", "line", "originator", "kind", "edition", "status", "data")
    ],
    tables.evidence.c.carriage_id,
    tables.evidence.c.standing == 1,
)
_CREDITS = Lookup(
    [tables.standing_credit.c[name] for name in ("carriage_id", "member_id", "status", "award")],
    tables.standing_credit.c.carriage_id,
)
_ARRIVALS = Lookup(
    [*arrival.columns, *(tables.journal.c[name] for name in ("received_at", "link", "set_key"))],
    arrival.c.departure_key,
    tables.journal.c.id == arrival.c.journal_id,
)
_EDITIONS = Lookup(tables.list_edition.columns, tables.list_edition.c.departure_key)
_MOVEMENTS = Lookup([movement.c[name] for name in Movement.__slots__], movement.c.departure_key)
_NAMED = Lookup(member_name.columns, member_name.c.key)
_CARDS = Lookup(tables.card.columns, tables.card.c.number)
_CARDS_OF = Lookup(tables.card.columns, tables.card.c.member_id)
_MEMBERS = Lookup(
    [tables.member.c[name] for name in ("id", "programme", "number", "names", "state", "survivor_id")],
    tables.member.c.id,
)
_ACCEPTED = Lookup(accepted_name.columns, accepted_name.c.number)
_COUPONS = Lookup(tables.contest.columns, tables.contest.c.key)
_CLAIMS = Lookup(
    [tables.claim.c.number, tables.carriage.c.id, tables.carriage.c.departure_key],
    tables.claim.c.number,
    tables.carriage.c.id == tables.claim.c.carriage_id,
)


def departures_on(connection: sa.Connection, flown_on: str) -> list[str]:
    """Keys of all departures of a local date that have people, lists or a movement; in order."""
    carriage = tables.carriage
    of_day = sa.select(departure.c.key).where(departure.c.flown_on == flown_on)
    known: sa.Select[Any] = of_day.where(
        sa.or_(
            sa.exists().where(carriage.c.departure_key == departure.c.key),
            sa.exists().where(arrival.c.departure_key == departure.c.key),
        )
    )
    moved = sa.select(movement.c.departure_key).where(movement.c.flown_on == flown_on)
    return sorted(connection.execute(sa.union(known, moved)).scalars())


def load_departure(connection: sa.Connection, key: str) -> Departed:
    """One departure as the books have it; empty where nothing is known of it."""
    carriages = _CARRIAGES(connection, [key])
    ids = {row.id for row in carriages}
    words: dict[int, list[Word]] = {}
    locators: dict[int, set[str]] = {}
    identity: dict[int, set[str]] = {}
    for row in _PIECES(connection, ids):
        words.setdefault(row.carriage_id, []).append(
            Word(row.kind, row.status, row.originator, row.edition, row.journal_id, row.line)
        )
        content: Any = read_content(row.data)
        locators.setdefault(row.carriage_id, set()).update(_locators(content))
        identity.setdefault(row.carriage_id, set()).update(content["keys"])
    credited = {row.carriage_id: (row.member_id, row.award) for row in _CREDITS(connection, ids)}
    standing = {(row.originator, row.kind): row.edition for row in _EDITIONS(connection, [key])}
    moved = _MOVEMENTS(connection, [key])
    return Departed(
        key,
        tuple(
            sorted(
                (
                    replace(
                        _seen(row, words.get(row.id, []), locators.get(row.id, set()), credited),
                        identity=frozenset(identity.get(row.id, ())),
                    )
                    for row in carriages
                ),
                key=lambda one: (one.key, one.id),
            )
        ),
        tuple(
            Listed(
                kind=row.kind,
                originator=row.originator,
                edition=row.edition,
                received_at=row.received_at,
                persons=row.persons,
                fate="superseded"
                if row.fate == "taken"
                and row.edition < standing.get((row.originator, row.kind), "")
                and row.kind != "ADL"
                else row.fate,
                journal_id=row.journal_id,
                link=row.link,
                in_parts=bool(row.set_key),
            )
            for row in sorted(
                _ARRIVALS(connection, [key]),
                key=lambda row: (row.edition, row.kind, row.originator, row.journal_id),
            )
        ),
        Movement(**moved[0]._mapping) if moved else None,
    )


def report_departure(
    connection: sa.Connection,
    key: str,
    programmes: Mapping[str, Programme],
    expected: Mapping[str, int],
    at: datetime,
) -> dict[str, Any] | None:
    """``radar_report.report`` of one departure, None where nothing is known of it."""
    departed = load_departure(connection, key)
    if not departed.known:
        return None
    return report(departed, lambda wanted: load_candidates(connection, wanted), programmes, expected, at)


def _locators(content: Mapping[str, Any]) -> set[str]:
    return {ascii_key(code) for code, _airline in content["locators"]}


def _seen(
    row: sa.Row[Any], words: list[Word], locators: set[str], credited: dict[int, tuple[int, int]]
) -> Seen:
    view = json.loads(row.view)
    member_id, award = credited.get(row.id, (0, 0))
    return Seen(
        id=row.id,
        departure_key=row.departure_key,
        key=row.key,
        state=row.state,
        credit=row.credit,
        reason=row.reason,
        names=tuple(Name(*name) for name in view["names"]),
        cards=tuple(CardClaim(*card) for card in view["cards"]),
        ticket=view["ticket"],
        coupon=view["coupon"],
        off_point=view["off_point"],
        booking_class=view["booking_class"],
        staff=view["staff"],
        locators=frozenset(locators),
        words=tuple(sorted(words)),
        member_id=member_id,
        award=award,
    )


def suspended(connection: sa.Connection, limit: int) -> list[Seen]:
    """Carriages in suspense, the latest flights first."""
    carriage = tables.carriage
    statement = sa.select(carriage).where(
        carriage.c.credit == sa.literal_column("'suspense'")  # as the partial index says it
    )
    rows = connection.execute(statement).all()
    rows = sorted(rows, key=lambda row: row.departure_key.split("/")[2], reverse=True)[:limit]
    keys = {row.departure_key for row in rows}
    ids = {row.id for row in rows}
    return [seen for key in sorted(keys) for seen in load_departure(connection, key).people if seen.id in ids]


def report_suspense(
    connection: sa.Connection, programmes: Mapping[str, Programme], limit: int
) -> list[dict[str, Any]]:
    """``radar_report.suspense`` of the latest flights."""
    people = suspended(connection, limit)
    return suspense(people, lambda wanted: load_candidates(connection, wanted), programmes)


def load_candidates(connection: sa.Connection, wanted: Wanted) -> Candidates:
    """Members who may be the people that ``wanted`` tells about: by name, by card, and by other coupons of a ticket."""
    found = Candidates()
    for row in _NAMED(connection, {name_key(name) for name in wanted.names}):
        found.by_name.setdefault(row.key, set()).add(row.member_id)
    by_name = {each for members in found.by_name.values() for each in members}
    cards = {(row.programme, row.number): row for row in _CARDS(connection, wanted.numbers)}
    coupons = {coupon_key(ticket, coupon) for ticket in wanted.tickets for coupon in range(1, 5)} - {""}
    of_ticket: dict[int, set[str]] = {}
    for row in _COUPONS(connection, coupons):
        of_ticket.setdefault(row.carriage_id, set()).add(row.key)
    by_ticket = {row.member_id: of_ticket[row.carriage_id] for row in _CREDITS(connection, of_ticket)}
    ids = by_name | {row.member_id for row in cards.values()} | by_ticket.keys()
    root = _load_members(connection, found, ids)
    for key, named in found.by_name.items():
        found.by_name[key] = {root[each] for each in named}
    for (programme, number), row in cards.items():
        found.cards[programme, number] = (root[row.member_id], row.state)
    for member_id, tickets in by_ticket.items():
        found.by_ticket.setdefault(root[member_id], set()).update(tickets)
    _add_locators(connection, found, {root[each] for each in by_name}, wanted)
    return found


def _load_members(connection: sa.Connection, found: Candidates, ids: Collection[int]) -> dict[int, int]:
    """Takes these members in with their cards and all spellings of their names, those merged with others as the one who
    survives; each one's id -> the survivor's."""
    rows = {row.id: row for row in _MEMBERS(connection, ids)}
    root = {each: row.survivor_id for each, row in rows.items()}
    rows |= {row.id: row for row in _MEMBERS(connection, set(root.values()) - rows.keys())}
    root |= {each: each for each in root.values()}
    spellings: dict[int, dict[Name, None]] = {each: {} for each in root.values()}
    for member_id in sorted(rows, key=lambda each: (root[each] != each, each)):
        for surname, given in json.loads(rows[member_id].names):
            spellings[root[member_id]][Name(surname, given)] = None
    owners: dict[str, int] = {}
    for row in _CARDS_OF(connection, rows):
        owners[row.number] = root[row.member_id]
        found.card_numbers.setdefault(root[row.member_id], []).append((row.state != "active", row.number))
    for row in sorted(_ACCEPTED(connection, owners), key=lambda each: (each.surname, each.given)):
        if row.accepted:
            spellings[owners[row.number]][Name(row.surname, row.given)] = None
    for member_id, names in spellings.items():
        row = rows[member_id]
        found.members[member_id] = Candidate(member_id, row.programme, row.number, tuple(names), row.state)
    return root


def _add_locators(
    connection: sa.Connection, found: Candidates, members: Collection[int], wanted: Wanted
) -> None:
    """Bookings in which a candidate's own card was named on other departures."""
    if not wanted.locators:
        return
    owner = {
        number: member_id
        for member_id in members
        for _inactive, number in found.card_numbers.get(member_id, ())
    }
    flights = {row.id: (owner[row.number], row.departure_key) for row in _CLAIMS(connection, owner)}
    for row in _PIECES(connection, flights):
        member_id, departure_key = flights[row.carriage_id]
        for locator in _locators(read_content(row.data)) & wanted.locators:
            found.by_locator.setdefault(member_id, set()).add((locator, departure_key))


def quarantined(connection: sa.Connection, since: str, until: str) -> list[dict[str, Any]]:
    """Messages that are in quarantine and came within a time: [{"id", "kind", "link", "received_at", "encoding", "raw",
    "problems": [code]}], newest first, at most ``QUARANTINED_MAX``."""
    journal, handling = tables.journal, tables.handling
    newer = handling.alias()
    statement = (
        sa.select(journal, handling.c.outcome)
        .join(handling, handling.c.journal_id == journal.c.id)
        .where(
            handling.c.state == sa.literal_column("'quarantined'"),  # as the partial index says it
            journal.c.received_at >= since,
            journal.c.received_at < until,
            ~sa.exists().where(
                newer.c.journal_id == handling.c.journal_id, newer.c.attempt > handling.c.attempt
            ),
        )
        .order_by(journal.c.id.desc())
        .limit(QUARANTINED_MAX)
    )
    return [
        {
            **{name: row._mapping[name] for name in ("id", "kind", "link", "received_at", "encoding")},
            "raw": bytes(row.raw),
            "problems": [problem["code"] for problem in json.loads(row.outcome).get("problems", ())],
        }
        for row in connection.execute(statement)
    ]


def incomplete_sets(connection: sa.Connection) -> list[dict[str, Any]]:
    """Part sets that wait or were given up: [{"merge_key", "kind", "originator", "state", "parts": [number],
    "final"}]."""
    part_set, part = tables.part_set, tables.part
    statement = (
        sa.select(part_set, part.c.number, part.c.final)
        .join(part, part.c.set_key == part_set.c.key)
        .where(part_set.c.state.in_(["open", "given_up"]))
        .order_by(part_set.c.key, part.c.number)
    )
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(statement):
        one = found.setdefault(
            row.key,
            {
                **{name: row._mapping[name] for name in ("merge_key", "kind", "originator", "state")},
                "parts": [],
                "final": False,
            },
        )
        one["parts"].append(row.number)
        one["final"] |= bool(row.final)
    return list(found.values())
