"""Making entries: a credit with its lot, and its reversal. What has to stand is decided in ``settle``."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .companies import carriage_key_of
from .ledger import AWARD, EntryKind, Posting, accrual_postings, member_account, pending_postings
from .programme import Evaluation, Facts, Programme
from .stable_json import decode, encode
from .world import Credit, Lot, Member, World


@dataclass(frozen=True, slots=True)
class Cause:
    """The message that makes the difference: its journal row, digest (hex) and received time (ISO text)."""

    journal_id: int
    digest: str
    received_at: str


def enter(
    world: World,
    member: Member,
    programme: Programme,
    status: str,
    evaluation: Evaluation,
    tier: str,
    cause: Cause,
    key: str,
    facts: Facts,
    carriage_id: int,
    trace: dict[str, object],
    because: str,
) -> None:
    posted = status == "posted"
    postings = (
        accrual_postings(
            programme.name, member.number, evaluation.award, evaluation.qualifying, evaluation.segments
        )
        if posted
        else pending_postings(programme.name, member.number, evaluation.award)
    )
    flown_on = facts.flown_on.isoformat()
    entry = world.chain.append(
        kind=EntryKind.ACCRUAL if posted else EntryKind.PENDING,
        programme=programme.name,
        programme_digest=programme.digest,
        member_number=member.number,
        member_id=member.id,
        carriage_key=carriage_key_of(key),
        flown_on=flown_on,
        posted_at=cause.received_at,
        cause=cause.digest,
        journal_id=cause.journal_id,
        trace=encode(trace),
        because=because,
        postings=postings,
    )
    world.postings[entry.lane, entry.seq] = (postings, because)
    _move_balances(world, postings)
    world.put_credit(
        Credit(
            programme=programme.name,
            key=key,
            carriage_id=carriage_id,
            member_id=member.id,
            status=status,
            lane=entry.lane,
            seq=entry.seq,
            award=evaluation.award,
            qualifying=evaluation.qualifying,
            segments=evaluation.segments,
            flown_on=flown_on,
            tier=tier,
            carriage_key=carriage_key_of(key),
            facts=facts_text(facts),
        )
    )
    if posted:
        world.add_to_year(member.id, flown_on, evaluation.qualifying, evaluation.segments)
        if evaluation.award:
            expires = programme.expires_on(facts.flown_on)
            world.put_lot(
                Lot(
                    entry.lane,
                    entry.seq,
                    member.id,
                    AWARD,
                    flown_on,
                    expires.isoformat() if expires else "",
                    evaluation.award,
                    evaluation.award,
                )
            )


def reverse(world: World, credit: Credit, cause: Cause, because: str) -> None:
    """Mirrors the entry's postings; the lot it made is emptied by the same amount."""
    member = world.members[credit.member_id]
    postings = tuple(posting.reversed() for posting in world.postings[credit.lane, credit.seq][0])
    entry = world.chain.append(
        kind=EntryKind.REVERSAL,
        programme=credit.programme,
        programme_digest=world.programmes[credit.programme].digest,
        member_number=member.number,
        member_id=member.id,
        carriage_key=credit.carriage_key,
        flown_on=credit.flown_on,
        posted_at=cause.received_at,
        cause=cause.digest,
        journal_id=cause.journal_id,
        trace="{}",
        because=because,
        postings=postings,
        reverses=f"{credit.lane}/{credit.seq}",
    )
    world.postings[entry.lane, entry.seq] = (postings, because)
    _move_balances(world, postings)
    world.drop_credit(credit)
    if credit.status == "posted":
        world.add_to_year(member.id, credit.flown_on, -credit.qualifying, -credit.segments)
        if credit.award:
            world.take_from_lot(credit.lane, credit.seq, credit.award)


def _move_balances(world: World, postings: Iterable[Posting]) -> None:
    for posting in postings:
        for account, amount in ((posting.source, -posting.amount), (posting.destination, posting.amount)):
            slot = (account, posting.unit)
            world.balances[slot] = world.balances.get(slot, 0) + amount


def facts_json(facts: Facts) -> dict[str, object]:
    return {name: getattr(facts, name) for name in Facts.__slots__} | {"flown_on": facts.flown_on.isoformat()}


def facts_text(facts: Facts) -> str:
    return encode(facts_json(facts))


def read_facts(text: str) -> Facts:
    fields = decode(text)
    return Facts(**{**fields, "flown_on": date.fromisoformat(fields["flown_on"])})


def member_balance(world: World, member: Member) -> int:
    return world.balances.get((member_account(member.programme, member.number, AWARD), AWARD), 0)
