"""What flights gave members, read member by member for comparing programmes."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

import sqlalchemy as sa

from loyalty_core.companies import is_share
from loyalty_core.given_tiers import GIVEN_TIER, given_facts
from loyalty_core.membership import member_subject
from loyalty_core.owners import GROUPS, RESIDENCE, OwnerFacts, owner_facts
from loyalty_core.posting import read_facts
from loyalty_core.rules.whatif import Traffic
from loyalty_core.standing import Told
from loyalty_core.tiers import by_file

from . import tables

ROWS_AT_ONCE = 2_000

_CREDIT, _MEMBER, _LOT, _ENTRY = tables.standing_credit, tables.member, tables.lot, tables.entry
_TOLD = tables.told


def members_traffic(connection: sa.Connection, programme: str) -> Iterator[Traffic]:
    """Members of a programme with posted credits, by their ids; shares of companies are left out."""
    spent = (
        sa.select(
            _LOT.c.member_id, sa.func.sum(_LOT.c.amount - _LOT.c.remaining - _LOT.c.held - _LOT.c.expired)
        )
        .join_from(_LOT, _ENTRY, sa.and_(_LOT.c.lane == _ENTRY.c.lane, _LOT.c.seq == _ENTRY.c.seq))
        .join(_MEMBER, _MEMBER.c.id == _LOT.c.member_id)
        .where(_MEMBER.c.programme == programme, _ENTRY.c.kind == "accrual", _standing())
        .group_by(_LOT.c.member_id)
        .having(sa.func.sum(_LOT.c.amount - _LOT.c.remaining - _LOT.c.held - _LOT.c.expired) > 0)
    )
    by_member = {member_id: int(amount) for member_id, amount in connection.execute(spent)}
    said, granted = _said_of_tiers(connection, programme), _granted(connection, programme)
    owners = _owners(connection, programme)
    statement = (
        sa.select(
            *(_MEMBER.c[name] for name in ("id", "number", "birth_date", "residence")),
            _MEMBER.c.enrolled_on,
            *(_CREDIT.c[name] for name in ("credit_key", "facts", "award")),
        )
        .join_from(_CREDIT, _MEMBER, _MEMBER.c.id == _CREDIT.c.member_id)
        .where(_CREDIT.c.programme == programme, _CREDIT.c.status == "posted")
        .order_by(_MEMBER.c.id, _CREDIT.c.flown_on, _CREDIT.c.credit_key)
    )
    rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    for member_id, group in groupby(rows, key=lambda row: row.id):
        of_member = [row for row in group if not is_share(row.credit_key)]
        if not of_member:
            continue
        first = of_member[0]
        yield Traffic(
            first.number,
            (owners.get(member_id) or owner_facts(first.birth_date, {}, {})).on,
            first.residence,
            _day(first.enrolled_on),
            (
                *by_file(sorted(granted.get(member_id, ()))),
                *given_facts(said.get(member_id, ())),
            ),
            [(read_facts(row.facts), row.award) for row in of_member],
            by_member.get(member_id, 0),
        )


def _said_of_tiers(connection: sa.Connection, programme: str) -> dict[int, list[Told]]:
    """Member id -> what was said of tiers given to it and to those merged into it."""
    statement = (
        sa.select(_MEMBER.c.survivor_id, *(_TOLD.c[name] for name in ("subject", "since", "word", "said_at")))
        .join(_MEMBER, _TOLD.c.subject == member_subject(programme, "") + _MEMBER.c.number)
        .where(_TOLD.c.aspect == GIVEN_TIER, _MEMBER.c.programme == programme)
    )
    of_member: dict[int, dict[str, dict[tuple[str, str], str]]] = {}
    for row in connection.execute(statement):
        own = of_member.setdefault(row.survivor_id, {}).setdefault(row.subject, {})
        own[row.since, row.word] = row.said_at
    return {member_id: list(own.values()) for member_id, own in of_member.items()}


def _granted(connection: sa.Connection, programme: str) -> dict[int, set[str]]:
    """Member id -> the tiers that the member file grants to it and to those merged into it."""
    columns = (_MEMBER.c.survivor_id, _MEMBER.c.granted_tier)
    statement = sa.select(*columns).where(_MEMBER.c.granted_tier != "", _MEMBER.c.programme == programme)
    found: dict[int, set[str]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.survivor_id, set()).add(row.granted_tier)
    return found


def _owners(connection: sa.Connection, programme: str) -> dict[int, OwnerFacts]:
    """Member id -> what rules ask of it, of those of whom anything of that was said."""
    statement = (
        sa.select(*(_MEMBER.c[name] for name in ("id", "birth_date")), _TOLD)
        .join(_MEMBER, _TOLD.c.subject == member_subject(programme, "") + _MEMBER.c.number)
        .where(_TOLD.c.aspect.in_([RESIDENCE, GROUPS]), _MEMBER.c.programme == programme)
        .order_by(_MEMBER.c.id)
    )
    found = {}
    # Files may say the same again every day: that is read row by row, and not kept.
    rows = connection.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    for (member_id, birth_date), group in groupby(rows, key=lambda row: (row.id, row.birth_date)):
        told: dict[str, dict[tuple[str, str], str]] = {RESIDENCE: {}, GROUPS: {}}
        for row in group:
            told[row.aspect][row.since, row.word] = row.said_at
        found[member_id] = owner_facts(birth_date, told[RESIDENCE], told[GROUPS])
    return found


def _standing() -> sa.ColumnElement[bool]:
    """Entries that were not taken back: lots of a reversed one are gone, and were not spent."""
    later = _ENTRY.alias()
    return ~sa.exists().where(later.c.reverses == _ENTRY.c.lane + "/" + sa.cast(_ENTRY.c.seq, sa.Text))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
