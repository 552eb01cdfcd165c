"""From what is known about carriages to what must stand in the ledger, and the difference between the two.

Nothing is added to what stands: the desired credit of a carriage is computed from all its standing evidence, and where
the ledger says otherwise the old entry is reversed and a new one posted. A change in one flight's qualifying miles can
change the tier on later flights: those are priced again, by date, so the cascade ends.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from .companies import evaluate_share, is_share, share_key
from .desired import Desired, Grant, desired, swiping
from .entities import Credit, Member, Person
from .membership import standing_of
from .outcomes import Reason
from .posting import Cause, enter, facts_json, facts_text, read_facts, reverse
from .programme import Evaluation, Facts, Programme
from .promoting import Promoted, left_for
from .rules.tiers.spells import Spell, tier_before
from .stable_json import encode
from .states import STATE_RANKS
from .stories import NaturalOrder, Story, gather
from .tiers import given_by, rules_of, spells, tier_on
from .world import World


@dataclass(frozen=True, slots=True)
class Priced:
    """A grant with its amounts and the tier they were computed for."""

    grant: Grant
    tier: str
    evaluation: Evaluation


@dataclass(slots=True)
class _Plan:
    """What is to be done about one carriage: ``due`` is what shall stand, ``share`` the same for a company."""

    story: Story
    want: Desired
    due: Priced | None = None
    share: Priced | None = None
    kept: dict[bool, Credit] = field(default_factory=dict)
    """Credits that stand and shall: by whether they are the company's share."""

    @property
    def person(self) -> Person:
        return self.story.person

    @property
    def dues(self) -> list[tuple[bool, Priced]]:
        """(is it a share, what shall stand)."""
        return [(side, due) for side, due in ((False, self.due), (True, self.share)) if due]

    def keeps(self, credit: Credit) -> bool:
        """Is this credit what shall stand?"""
        side = is_share(credit.key)
        due = dict(self.dues).get(side)
        if due is None or side in self.kept or not _same(credit, self.want.status, due):
            return False
        self.kept[side] = credit
        return True


def settle(world: World, carriage_ids: Iterable[int], cause: Cause) -> None:
    """Brings the ledger to what the evidence about these carriages says, then everything that follows from it.

    Carriages that may be the same flight are settled together, and what no longer stands is reversed before anything is
    posted: a coupon's credit is free before another carriage asks for it.
    """
    plans = [_plan(world, story) for story in gather(world, carriage_ids, _natural_order(world))]
    _tell_swiping(world, plans)
    _contest(plans)
    _time_out(plans, world.spending.business_at[:10])
    for plan in plans:
        plan.share = _share(world, plan.due)
    since: dict[int, str] = {}
    before: dict[int, tuple[Spell, ...]] = {}
    undone: dict[tuple[int, int, bool], Credit] = {}

    def remember(member: Member) -> None:
        if member.id not in before:
            before[member.id] = spells(world, world.programmes[member.programme], member)

    def changed(credit: Credit) -> None:
        since[credit.member_id] = min(since.get(credit.member_id, credit.flown_on), credit.flown_on)

    for plan in plans:
        person, want = plan.person, plan.want
        person.credit, person.reason, person.reason_field = want.status, str(want.reason), want.field
        person.due_at = want.due_at
        world.changed_persons.add(person.id)
        for credit in world.credits_on(person.id):
            if not plan.keeps(credit):
                remember(world.members[credit.member_id])
                changed(credit)
                if credit.status == "posted":
                    undone[person.id, credit.member_id, is_share(credit.key)] = credit
                reverse(world, credit, cause, _because(plan.story))
    _rekey(world, plans)
    for plan in plans:
        for side, due in plan.dues:
            if side not in plan.kept:
                remember(due.grant.member)
                corrected = undone.get((plan.person.id, due.grant.member.id, side))
                changed(_post(world, plan.story, plan.want.status, due, side, cause, corrected))
    for member in sorted(
        (world.members[each] for each in since), key=lambda one: (one.programme, one.number)
    ):
        reprice(world, member, since[member.id], before[member.id], cause)


def _natural_order(world: World) -> Callable[[int], NaturalOrder]:
    """By flight date first (what is earlier may lift the tier of what is later), never by id: ids differ between
    runs."""

    def order(carriage_id: int) -> NaturalOrder:
        person = world.persons[carriage_id]
        smallest = min((key for piece in person.pieces.values() for key in piece.keys), default="")
        # Relatives under one card and locator have one key, but something else is said of each.
        said = tuple(sorted(piece.content for piece in person.pieces.values()))
        flown_on = person.departure_key.split("/")[2]
        # A list that names several no more leaves them without view and evidence: what is taken back tells them apart.
        credited = min((credit.key for credit in world.credits_on(person.id)), default="")
        key = person.view.key if person.view else ""
        return (flown_on, person.departure_key, key, smallest, said, credited)

    return order


def _plan(world: World, story: Story) -> _Plan:
    want = desired(world, story.view, story.pieces, doubted=story.doubted) if story.view else Desired("none")
    if not want.grant:
        return _Plan(story, want)
    if story.provisional:
        return _Plan(story, Desired("refused", Reason.COUPON_CREDITED_ELSEWHERE, "ticket"))
    own = (credit for credit in world.credits_on(story.person.id) if not is_share(credit.key))
    priced = _price(world, want.grant, next(own, None))
    want = _checked(want, priced.evaluation)
    return _Plan(story, want, priced if want.grant else None)


def _tell_swiping(world: World, plans: Sequence[_Plan]) -> None:
    present = [(plan.person.departure_key, plan.story.view) for plan in plans]
    for plan, swiped in zip(plans, swiping(world, present), strict=True):
        if swiped and plan.want.reason == Reason.HOLDER_MISMATCH:
            plan.want = replace(plan.want, reason=Reason.CARD_ON_SEVERAL_NAMES)


def _contest(plans: Sequence[_Plan]) -> None:
    """A coupon earns once, in whatever programme, and a member flies a leg once: of the carriages that claim the same,
    the one whose evidence is strongest; of equals the last departure. Arrival plays no part."""
    taken: set[tuple[str, ...]] = set()
    # Plans come in natural order; sorting keeps equals as they are, so the last departure is to be first.
    last_first = list(reversed(plans))
    for plan in sorted(last_first, key=_strength, reverse=True):
        if plan.due is None or plan.story.view is None:
            continue
        grant = plan.due.grant
        claims: set[tuple[str, ...]] = {(plan.story.view.key,), (_own_key(plan),)}
        claims |= {(grant.programme.name, grant.traveller.number, leg) for leg in plan.story.legs}
        if claims & taken:
            plan.want, plan.due = Desired("refused", Reason.COUPON_CREDITED_ELSEWHERE, "ticket"), None
        else:
            taken |= claims


def _own_key(plan: _Plan) -> str:
    return plan.person.view.key if plan.person.view else ""


def _time_out(plans: Iterable[_Plan], today: str) -> None:
    """What nobody confirmed in time is pending no longer. Last of all, for a stroke of the clock looks again at nothing
    but pending credits: what is refused for another reason must be so before it as well as after."""
    for plan in plans:
        if plan.due is None or plan.want.status != "pending":
            continue
        grant = plan.due.grant
        if grant.programme.timed_out(grant.facts.flown_on.isoformat(), today):
            rule = grant.programme.pending_timeout
            assert rule is not None
            if rule.then == "posted":
                plan.want = replace(plan.want, status="posted", reason=Reason.NONE)
            else:
                plan.want = Desired("none", Reason.NOT_CONFIRMED, due_at=plan.want.due_at)
                plan.due = None


def _strength(plan: _Plan) -> tuple[int, int]:
    """What all evidence says counts before what the carriage's own says."""
    views = (plan.story.view, plan.person.view)
    together, own = (STATE_RANKS[view.state] if view else 0 for view in views)
    return (together, own)


def _price(world: World, grant: Grant, standing: Credit | None = None) -> Priced:
    """``standing``: the credit that the carriage has, whose bonus may have been given in good faith."""
    programme, member = grant.programme, grant.member
    tier = tier_on(world, programme, member, grant.facts.flown_on.isoformat())
    same = (
        standing is not None and standing.member_id == member.id and standing.facts == facts_text(grant.facts)
    )
    if standing is not None and same and _in_good_faith(world, programme, standing, tier):
        tier = standing.tier
    same = same and standing is not None and standing.status == "posted" and standing.tier == tier
    known_before = world.restated.get(member.id)
    if known_before is not None:
        day = grant.facts.flown_on
        same = same and known_before.on(day) == standing_of(world, member, "", day)
    left = left_for(world, programme, member.id, standing, same=same)
    return Priced(grant, tier, _evaluate(world, programme, member, tier, grant.facts, left))


def _in_good_faith(world: World, programme: Programme, credit: Credit, tier: str) -> bool:
    """Was more given than this tier gives, in a programme that takes no bonus back? What came first stays, so this
    alone hangs on the order in which things became known."""
    rules = rules_of(world, programme).calendar_on(date.fromisoformat(credit.flown_on))
    keeps = rules.good_faith == "keep"
    return (
        keeps and credit.status == "posted" and programme.tier_rank(credit.tier) > programme.tier_rank(tier)
    )


def _evaluate(
    world: World, programme: Programme, member: Member, tier: str, facts: Facts, left: Promoted
) -> Evaluation:
    """``member``: the owner of the account; the age of whoever else flew is among the facts."""
    return programme.evaluate(facts, replace(standing_of(world, member, tier, facts.flown_on), left=left))


def _share(world: World, due: Priced | None) -> Priced | None:
    """What the traveller's company gets where this is due to the traveller, None for nothing."""
    if due is None or due.grant.company is None:
        return None
    grant = replace(due.grant, member=due.grant.company, match=f"company of {due.grant.traveller.number}")
    evaluation = evaluate_share(world, grant.programme, due.grant.member, grant.facts)
    return Priced(grant, grant.programme.base_tier, evaluation) if evaluation.award else None


def _checked(want: Desired, evaluation: Evaluation) -> Desired:
    """``want`` if its amounts may be credited, else why not."""
    if evaluation.reason == Reason.NOT_EARNING or not (evaluation.reason or evaluation.amounts):
        return Desired("none", Reason.NOT_EARNING, evaluation.field)
    if evaluation.reason:
        return Desired("refused", evaluation.reason, evaluation.field)
    return want


def _same(credit: Credit, status: str, priced: Priced) -> bool:
    grant, evaluation = priced.grant, priced.evaluation
    return (credit.programme, credit.member_id, credit.status) == (
        grant.programme.name,
        grant.member.id,
        status,
    ) and credit.amounts == evaluation.amounts


def _rekey(world: World, plans: Iterable[_Plan]) -> None:
    """The same amounts stand, but a carriage may be known by a better key now (the ticket arrived). Keys may go round
    (this carriage's new one was that one's old), so all are taken off before any is put back."""
    moved = []
    for plan in plans:
        view = plan.person.view
        for side, due in plan.dues:
            kept = plan.kept.get(side)
            if kept is None or view is None:
                continue
            renewed = replace(
                kept,
                key=share_key(view.key) if side else view.key,
                carriage_id=plan.person.id,
                carriage_key=view.key,
                tier=due.tier,
                facts=facts_text(due.grant.facts),
            )
            if renewed != kept:
                # Whether a flight keeps miles alive may hang on facts that amounts don't.
                world.unsettled_tiers.add(kept.member_id)
                world.drop_credit(kept)
                moved.append(renewed)
    for credit in moved:
        world.put_credit(credit)


def _because(story: Story) -> str:
    """Where the evidence stands: journal row, first and last line, kind; in that order of rows."""
    return encode(
        [
            [piece.journal_id, piece.line, piece.line_end, piece.kind]
            for piece in sorted(story.pieces, key=lambda piece: (piece.journal_id, piece.line))
        ]
    )


def _post(
    world: World, story: Story, status: str, due: Priced, side: bool, cause: Cause, before: Credit | None
) -> Credit:
    person, grant = story.person, due.grant
    view = person.view
    assert view is not None
    assert story.view is not None
    # What was reversed or posted since it was planned may have changed the tier.
    tier = tier_on(world, grant.programme, grant.member, grant.facts.flown_on.isoformat())
    # So may what is left of a promotion: those before it had their part.
    fixed = side or (tier == due.tier and not (grant.programme.limited and status == "posted"))
    priced = due if fixed else _price(world, grant)
    key = share_key(view.key) if side else view.key
    enter(
        world,
        grant.member,
        grant.programme,
        status,
        priced.evaluation,
        priced.tier,
        cause,
        key,
        grant.facts,
        person.id,
        _trace(world, priced, story.view.state),
        _because(story),
        before,
    )
    return world.credits[grant.programme.name, key]


def _trace(world: World, priced: Priced, state: str) -> dict[str, object]:
    """Why these amounts, for ``explain``: holder, state, tier (and who gave it, if anybody), facts and every rule step
    with its line."""
    grant = priced.grant
    source = given_by(world, grant.programme, grant.member, grant.facts.flown_on.isoformat(), priced.tier)
    return {
        "match": grant.match,
        "state": state,
        "tier": priced.tier,
        **({"tier_by": source} if source else {}),
        "facts": facts_json(grant.facts),
        "steps": [
            [step.name, step.text, step.rule] for step in (*priced.grant.why, *priced.evaluation.trace)
        ],
    }


def reprice(world: World, member: Member, since: str, before: Sequence[Spell], cause: Cause) -> None:
    """Prices the member's later flights again where the tier they were priced with is no longer the one they had.

    ``before``: the member's spells by today's definition and what was known before. A flight priced by another
    definition is priced again only where its tier changed between that and now: a definition that changes takes no
    bonus back, and gives none, only facts do.

    The cascade ends, and prices each flight at most once: the tier of a flight hangs on flights of earlier days only
    (``rules.tiers.spells``), so by the time a flight's turn comes in order of dates everything its tier hangs on has
    been priced for good. Flights of one day don't change one another's tier, so their order among themselves is no
    matter.
    """
    programme = world.programmes[member.programme]
    later = sorted(
        (
            credit
            for credit in world.credits_of(member.id, since)
            if credit.flown_on > since and not is_share(credit.key)
        ),
        key=lambda credit: (credit.flown_on, credit.key),
    )
    for credit in later:
        tier = tier_on(world, programme, member, credit.flown_on)
        if tier == credit.tier or (
            world.rules[credit.lane, credit.seq] != programme.digest
            and tier == tier_before(before, date.fromisoformat(credit.flown_on))
        ):
            continue
        if _in_good_faith(world, programme, credit, tier):
            continue
        facts = read_facts(credit.facts)
        left = left_for(world, programme, member.id, credit)
        evaluation = _evaluate(world, programme, member, tier, facts, left)
        if credit.amounts == evaluation.amounts:
            world.put_credit(replace(credit, tier=tier))
            continue
        because = world.postings[credit.lane, credit.seq][1]
        reverse(world, credit, cause, because)
        priced = Priced(Grant(member, programme, facts, ""), tier, evaluation)
        trace = _trace(world, priced, "priced again: tier changed by an earlier flight")
        enter(
            world,
            member,
            programme,
            credit.status,
            evaluation,
            tier,
            cause,
            credit.key,
            facts,
            credit.carriage_id,
            trace,
            because,
            credit if credit.status == "posted" else None,
        )
