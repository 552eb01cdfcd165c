"""Credits for flights: an entry with its lots, and its reversal. What has to stand is decided in ``settle``."""

from .accounts import counters_of
from .bookkeeping import Cause, post, undo
from .companies import carriage_key_of
from .entities import Credit, Member, read_counters, write_counters
from .families import family_balance
from .ledger import EntryKind, accrual_postings, pending_postings
from .lots import NewLot
from .programme import Evaluation, Facts, Programme
from .promoting import Promoted, apart, count_promoted, write_promoted
from .rules.facts import facts_json, read_facts_json
from .stable_json import decode, encode
from .world import World

__all__ = ["Cause", "enter", "facts_json", "facts_text", "member_balance", "read_facts", "reverse"]


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
    before: Credit | None = None,
) -> None:
    """A credit begins to stand. Posted award miles make a lot; a member who gives a share of them to a family pool
    makes two, and the share is that of the moment of posting. ``before`` is the posted credit that this one corrects:
    pool and share stay what they were then."""
    posted = status == "posted"
    flown_on = facts.flown_on.isoformat()
    lots: list[NewLot] = []
    pool_id = percent = 0
    promoted: Promoted = {}
    if posted:
        pool_id, percent = (before.pool_id, before.pool_share) if before else _share(world, member)
        pool = world.members[pool_id] if pool_id else None
        pooled = evaluation.award * percent // 100
        expires = programme.earliest_end(facts.flown_on)
        until = expires.isoformat() if expires else ""
        number = pool.number if pool else ""
        shares = ((member, evaluation.award - pooled), (pool, pooled))
        lots = [NewLot(owner.id, flown_on, until, amount) for owner, amount in shares if owner and amount]
        whole = accrual_postings(programme.name, member.number, evaluation.amounts, number, pooled)
        postings, promoted = apart(whole, programme.name, evaluation.promoted)
    else:
        postings = [*pending_postings(programme.name, member.number, evaluation.award)]
    entry = post(
        world,
        EntryKind.ACCRUAL if posted else EntryKind.PENDING,
        member,
        cause,
        postings,
        trace=trace,
        lots=lots,
        because=because,
        carriage_key=carriage_key_of(key),
        flown_on=flown_on,
    )
    credit = Credit(
        programme=programme.name,
        key=key,
        carriage_id=carriage_id,
        member_id=member.id,
        status=status,
        lane=entry.lane,
        seq=entry.seq,
        award=evaluation.award,
        counters=write_counters(evaluation.amounts),
        flown_on=flown_on,
        tier=tier,
        carriage_key=carriage_key_of(key),
        facts=facts_text(facts),
        pool_id=pool_id,
        pool_share=percent,
        promoted=write_promoted(promoted),
    )
    world.put_credit(credit)
    if posted:
        count_promoted(world, credit, 1)
        world.count(member.id, flown_on, counters_of(evaluation.amounts))


def _share(world: World, member: Member) -> tuple[int, int]:
    """The id of the family pool that gets a share of the member's miles now, and the percent."""
    place = world.place_of(member.id)
    return (place.pool_id, place.share) if place else (0, 0)


def reverse(world: World, credit: Credit, cause: Cause, because: str) -> None:
    """The credit stands no longer: its entry is reversed, by the rules of then."""
    undo(
        world,
        world.members[credit.member_id],
        (credit.lane, credit.seq),
        cause,
        trace={},
        because=because,
        carriage_key=credit.carriage_key,
        flown_on=credit.flown_on,
    )
    world.drop_credit(credit)
    if credit.status == "posted":
        count_promoted(world, credit, -1)
        world.count(credit.member_id, credit.flown_on, read_counters(credit.counters), -1)


def facts_text(facts: Facts) -> str:
    return encode(facts_json(facts))


def read_facts(text: str) -> Facts:
    return read_facts_json(decode(text))


def member_balance(world: World, member: Member) -> int:
    return family_balance(world, member)
