"""One member for people: names, cards, states with their history, relations, balances and lots."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from loyalty_core import keys
from loyalty_core.entities import Ids
from loyalty_core.given_tiers import GIVEN_TIER, GivenKind, last_words
from loyalty_core.ledger import GENESIS, Chain
from loyalty_core.lots import LotKey
from loyalty_core.membership import card_subject, member_subject, told_of
from loyalty_core.programme import Programme
from loyalty_core.rules.tiers.spells import Given
from loyalty_core.tiers import DUE, facts_of, rules_of
from loyalty_core.world import World

from . import tables
from .last_days import worked_out
from .load import load_standing
from .standings import beliefs


def member(
    connection: sa.Connection, number: str, programmes: Mapping[str, Programme]
) -> dict[str, Any] | None:
    """One member by member number or card number; ``told`` is what was said of member and cards, in order of saying,
    ``tiers`` all that was believed of its tiers, in the order in which it became known, ``given_tiers`` those that were
    not reached by flying, as they stand now."""
    table, card = tables.member, tables.card
    owner = sa.select(card.c.member_id).where(card.c.number == keys.ascii_key(number))
    statement = sa.select(table).where(sa.or_(table.c.number == number, table.c.id.in_(owner)))
    row = connection.execute(statement.order_by(table.c.id)).first()
    if row is None:
        return None
    cards = connection.execute(
        sa.select(card).where(card.c.member_id == row.id).order_by(card.c.number)
    ).all()
    survivor = connection.execute(sa.select(table.c.number).where(table.c.id == row.survivor_id)).scalar_one()
    subjects = [
        member_subject(row.programme, row.number),
        *(card_subject(row.programme, each.number) for each in cards),
    ]
    return {
        "number": row.number,
        "programme": row.programme,
        "kind": row.kind,
        "names": json.loads(row.names),
        "birth_date": row.birth_date,
        "residence": row.residence,
        "groups": row.groups.split(),
        "enrolled_on": row.enrolled_on,
        "tier": row.tier,
        "tier_until": "" if row.tier_until == DUE else row.tier_until,
        "tiers": beliefs(connection, row.id),
        "state": row.state,
        "merged_into": "" if row.survivor_id == row.id else survivor,
        "person": _person(connection, subjects[0]),
        "cards": [
            {"number": each.number, "state": each.state, "replaced_by": each.replaced_by} for each in cards
        ],
        "given_tiers": _given_tiers(connection, row.id, programmes),
        "told": _told(connection, subjects),
        **_holdings(
            connection,
            row.id,
            f"member:{row.programme}:{row.number}:",
            worked_out(connection, programmes, [(row.id, row.programme)]),
        ),
    }


def _holdings(
    connection: sa.Connection, member_id: int, prefix: str, ends: Mapping[LotKey, str]
) -> dict[str, Any]:
    lot, balance = tables.lot, tables.balance
    balances = connection.execute(
        sa.select(balance)
        .where(balance.c.account.startswith(prefix, autoescape=True))
        .order_by(balance.c.account)
    )
    lots = connection.execute(
        sa.select(lot)
        .where(lot.c.member_id == member_id, lot.c.remaining > 0)
        .order_by(lot.c.expires_on, lot.c.seq)
    )
    return {
        "balances": {each.account.removeprefix(prefix): each.amount for each in balances if each.amount},
        "lots": [
            {
                "earned_on": each.earned_on,
                # The last day, if nothing more is flown; "" where none is in sight.
                "expires_on": ends.get((each.lane, each.seq, each.number), each.expires_on),
                "remaining": each.remaining,
            }
            for each in lots
        ],
    }


def _given_tiers(
    connection: sa.Connection, member_id: int, programmes: Mapping[str, Programme]
) -> list[dict[str, Any]]:
    """What staff gave the member and those merged into one with it, by days. ``extension``, of what was paid for: does
    it count, by how many units, and of how many."""
    world = World(Ids({}), Chain("", 0, GENESIS), dict(programmes))
    family = sorted(
        load_standing(connection, world, [member_id]), key=lambda each: world.members[each].number
    )
    member = world.members[member_id]
    extensions: dict[Given, dict[str, Any]] = {}
    if member.programme in programmes:
        rules = rules_of(world, programmes[member.programme])
        extensions = {
            given: {
                "counts": found.counts,
                "held": found.held,
                "unit": found.unit,
                "counted": found.counted,
                "needed": found.needed,
            }
            for given, found in rules.extensions(facts_of(world, member))
        }
    return [
        {
            "member": world.members[each].number,
            "kind": one.kind.value,
            "tier": one.tier,
            "since": one.since.isoformat(),
            "until": one.until.isoformat() if one.until else "",
            "reason": one.reason,
            "said_at": one.said_at,
            **({"extension": extensions.get(one.fact)} if one.kind is GivenKind.PAID else {}),
        }
        for each in family
        for one in last_words(
            told_of(world, member_subject(member.programme, world.members[each].number), GIVEN_TIER)
        )
        if not one.withdrawn
    ]


def _told(connection: sa.Connection, subjects: list[str]) -> list[dict[str, str]]:
    told = tables.told
    statement = (
        sa.select(told)
        .where(told.c.subject.in_(subjects))
        .order_by(told.c.said_at, told.c.subject, told.c.aspect, told.c.since, told.c.word)
    )
    names = ("subject", "aspect", "since", "word", "said_at")
    return [{name: row._mapping[name] for name in names} for row in connection.execute(statement)]


def _person(connection: sa.Connection, subject: str) -> list[dict[str, str]]:
    """The memberships of the same person in this and other programmes."""
    told = tables.told
    latest = sa.select(told).where(told.c.aspect == "person").order_by(told.c.said_at, told.c.word)
    own = [row.word for row in connection.execute(latest.where(told.c.subject == subject))]
    if not own or not own[-1]:
        return []
    others = {row.subject for row in connection.execute(latest.where(told.c.word == own[-1]))} - {subject}
    now = {row.subject: row.word for row in connection.execute(latest.where(told.c.subject.in_(others)))}
    same = sorted(each.split("/") for each, word in now.items() if word == own[-1])
    return [{"programme": programme, "number": number} for programme, _kind, number in same]
