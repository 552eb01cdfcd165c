"""Small reads: programmes in force, the writer's lane, and what card and balance checks need."""

import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.accounts import PENDING, member_account
from loyalty_core.enquiries import CardFacts
from loyalty_core.programme import Programme
from loyalty_core.transactions import BalanceCheck, CardCheck, Name, Question

from . import tables
from .flight_tables import accepted_name
from .last_days import worked_out
from .statements import Lookup

_CARDS = Lookup(tables.card.columns, tables.card.c.number)
_ME = tables.member.alias("me")
_FAMILIES = Lookup(
    [tables.member.c.id, tables.member.c.survivor_id],
    _ME.c.id,
    tables.member.c.survivor_id == _ME.c.survivor_id,
)
_MEMBERS = Lookup(tables.member.columns, tables.member.c.id)
_BALANCES = Lookup(tables.balance.columns, tables.balance.c.account)
_OPEN_LOTS = Lookup(
    [tables.lot.c[name] for name in ("lane", "seq", "number", "member_id", "expires_on", "remaining")],
    tables.lot.c.member_id,
    tables.lot.c.remaining > 0,
)
_ACCEPTED = Lookup(
    [
        tables.card.c.member_id,
        tables.card.c.programme,
        *(accepted_name.c[name] for name in ("airline", "surname", "given")),
    ],
    tables.card.c.member_id,
    accepted_name.c.number == tables.card.c.number,
    accepted_name.c.accepted == 1,
)
_ACTIVE_PROGRAMMES = (
    sa.select(tables.programme.c.name, tables.programme.c.digest)
    .where(tables.programme.c.active == 1)
    .order_by(tables.programme.c.name)
)


def active_programmes(connection: sa.Connection) -> list[tuple[str, str]]:
    """(name, digest) of the programmes in force."""
    rows = connection.execute(_ACTIVE_PROGRAMMES)
    return [(row.name, row.digest) for row in rows]


def programme_text(connection: sa.Connection, name: str, digest: str) -> tuple[str, str]:
    """(file name, content) of one version of a programme."""
    table = tables.programme
    statement = sa.select(table.c.file, table.c.content).where(table.c.name == name, table.c.digest == digest)
    row = connection.execute(statement).one()
    return row.file, row.content


def load_card_facts(
    connection: sa.Connection, questions: Sequence[Question], programmes: Mapping[str, Programme]
) -> CardFacts:
    """Cards (through their replacements), members and, for balance checks, balances and open lots."""
    facts = CardFacts()
    numbers = {
        keys.ascii_key(each.number) for each in questions if isinstance(each, CardCheck | BalanceCheck)
    }
    seen: set[str] = set()
    while numbers - seen:
        rows = _CARDS(connection, numbers - seen)
        seen |= numbers
        for row in rows:
            facts.cards[row.programme, row.number] = (row.member_id, row.state, row.replaced_by)
        numbers = {row.replaced_by for row in rows if row.replaced_by}
    owners = set()
    for row in _FAMILIES(connection, {member_id for member_id, _state, _replaced in facts.cards.values()}):
        owners.add(row.id)
        facts.survivors[row.id] = row.survivor_id
    accounts: dict[str, int] = {}
    whose: list[tuple[int, str]] = []
    for row in _MEMBERS(connection, owners):
        whose.append((row.id, row.programme))
        names = tuple(Name(*parts) for parts in json.loads(row.names))
        facts.members[row.id] = (names, row.birth_date, row.tier, row.state)
        for purpose in (PENDING, *programmes[row.programme].units):
            accounts[member_account(row.programme, row.number, purpose)] = row.id
    for row in _ACCEPTED(connection, owners):
        if row.airline in programmes[row.programme].carriers:
            names, *others = facts.members[row.member_id]
            facts.members[row.member_id] = ((*names, Name(row.surname, row.given)), *others)  # type: ignore[assignment]
    if not any(isinstance(question, BalanceCheck) for question in questions):
        return facts
    for row in _BALANCES(connection, accounts):
        purpose = row.account.rsplit(":", 1)[1]
        facts.balances.setdefault(accounts[row.account], {})[purpose] = row.amount
    ends = worked_out(connection, programmes, whose)
    for row in _OPEN_LOTS(connection, owners):
        day = ends.get((row.lane, row.seq, row.number), row.expires_on)
        if day:
            facts.lots.setdefault(row.member_id, []).append((day, row.remaining))
    return facts
