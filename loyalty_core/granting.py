"""What members get without flying: grants at enrolment, with the first flight, on birthdays.

What a member should have been given is a function of facts: of the occasions that have come by the day of the business
clock (the day of enrolment, that of the first posted flight, birthdays since), of how the member stood in the morning
of each, and of what the programme offered then. A stroke of the clock brings the ledger to it, by the difference: what
is missing is given, and what has lost its occasion (the first flight was none, two numbers are one person) is taken
back. So it makes no matter how often the clock strikes, or how late.

A grant is offered from the day on which a definition first had it: whoever flew or enrolled before gets nothing for it.
What was given by an earlier definition stays given as long as its occasion does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from .accounts import AWARD, POOL_PREFIX, counters_of, issue_account, member_account
from .bookkeeping import Cause, post, undo
from .companies import is_share
from .entities import Member
from .ledger import EntryKind, Posting
from .lots import NewLot
from .membership import STATE, member_subject, standing_of, told_of
from .programme import Programme
from .relations import enrolled_on
from .rules.expiry import birthday
from .rules.facts import Facts, Standing
from .rules.grants import Grant
from .rules.tiers.spells import tier_before
from .settle import reprice
from .stable_json import decode, encode
from .standing import MemberKind, member_refusal
from .tiers import DUE, spells
from .timing import GivenGrant
from .world import World


@dataclass(frozen=True, slots=True)
class Occasion:
    """``event``: enrolment, first_flight or birthday; ``name`` tells occasions of one grant apart: "" where there is
    but one, else the year."""

    event: str
    name: str
    day: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a member should have been given for an occasion."""

    occasion: Occasion
    grant: Grant


def has_grants(programme: Programme) -> bool:
    return any(version.allowances.grants for version in programme.versions)


def offer(world: World, programme: Programme, day: str) -> None:
    """Grants that no definition before had are offered from this day on."""
    for version in programme.versions:
        for grant in version.allowances.grants:
            slot = (programme.name, grant.name)
            if slot not in world.timing.offered:
                world.timing.offered[slot] = day
                world.timing.new_offered.add(slot)


def look_later(world: World) -> None:
    """Something has become known of members: the next stroke looks at what they were granted."""
    for member_id in sorted(world.unsettled_tiers):
        if has_grants(world.programmes[world.members[member_id].programme]):
            for each in world.family(member_id):
                member = world.members[each]
                if member.grants_due != DUE and not member.number.startswith(POOL_PREFIX):
                    world.put_member(replace(member, grants_due=DUE))


# --- what should be given ---------------------------------------------------------------------------------------------


def _began(world: World, member: Member, flown: str) -> str:
    """The day from which somebody is a member: of enrolment, where that isn't told of the first flight; "" never."""
    return enrolled_on(world, member) or flown


def _first_flight(world: World, member: Member) -> str:
    """The day of the first flight that is posted, "" where none is."""
    standing = (credit for each in world.family(member.id) for credit in world.credits_of(each, ""))
    days = (credit.flown_on for credit in standing if credit.status == "posted" and not is_share(credit.key))
    return min(days, default="")


def _all_occasions(world: World, member: Member, until: int) -> Iterator[Occasion]:
    """All of a member who survives, whether they have come or not; birthdays from the day on which a grant was offered
    to the end of a year."""
    flown = _first_flight(world, member)
    began = _began(world, member, flown)
    for event, day in (("enrolment", enrolled_on(world, member)), ("first_flight", flown)):
        if day:
            yield Occasion(event, "", date.fromisoformat(day))
    slots = (day for (programme, _name), day in world.timing.offered.items() if programme == member.programme)
    since = max(began, min(slots, default=""))
    if not (member.birth_date and began and since):
        return
    born = date.fromisoformat(member.birth_date)
    for year in range(max(int(since[:4]), born.year), until + 1):
        day_of_year = birthday(born, year - born.year)
        if since <= day_of_year.isoformat():
            yield Occasion("birthday", str(year), day_of_year)


def occasions(world: World, member: Member, today: date) -> list[Occasion]:
    """All that have come by a day, in order of days, for a member who survives."""
    found = (one for one in _all_occasions(world, member, today.year) if one.day <= today)
    return sorted(found, key=lambda one: (one.day, one.event))


def _in_the_morning(world: World, programme: Programme, member: Member, day: date) -> Standing:
    """How a member stands before anything of a day counts: what is given for an occasion plays no part in whether it
    is given."""
    return standing_of(world, member, tier_before(spells(world, programme, member), day), day)


def _offered(world: World, programme: Programme, member: Member, occasion: Occasion) -> Iterator[Grant]:
    """The grants that are given for an occasion."""
    version = programme.version_on(occasion.day)
    if not version.first <= occasion.day <= version.last:
        return
    own = [grant for grant in version.allowances.grants if occasion.event in grant.on]
    if not own:
        return
    told = told_of(world, member_subject(programme.name, member.number), STATE)
    if member_refusal(told, occasion.day.isoformat(), programme.members):
        return
    facts = Facts("", "", "", False, "", "", occasion.day)
    case = version.case(facts, _in_the_morning(world, programme, member, occasion.day))
    for grant in own:
        since = world.timing.offered.get((programme.name, grant.name), "")
        if since and since <= occasion.day.isoformat() and (grant.test is None or grant.test(case)):
            yield grant


def wanted(world: World, programme: Programme, member: Member, today: date) -> dict[tuple[str, str], Wanted]:
    """(grant, occasion) -> what a member should have been given by a day; of several occasions the first."""
    found: dict[tuple[str, str], Wanted] = {}
    if member.kind != MemberKind.PERSON or member.number.startswith(POOL_PREFIX):
        return found
    for occasion in occasions(world, member, today):
        for grant in _offered(world, programme, member, occasion):
            found.setdefault((grant.name, occasion.name), Wanted(occasion, grant))
    return found


def next_look(world: World, member: Member, programme: Programme, today: date) -> str:
    """The next day on which time alone may give something (ISO text), "" never. An occasion may be ahead of the clock:
    who flies in the far east does so on the next day already."""
    events = {each for one in programme.versions for grant in one.allowances.grants for each in grant.on}
    # The next birthday is no later than in the year after that in which somebody is a member.
    years = [today.year, *(one.day.year for one in _all_occasions(world, member, 0))]
    ahead = (one for one in _all_occasions(world, member, max(years) + 1) if one.event in events)
    return min((one.day.isoformat() for one in ahead if one.day > today), default="")


def difference(
    world: World, programme: Programme, member: Member, today: date
) -> tuple[list[GivenGrant], dict[tuple[str, str], Wanted]]:
    """What stands of a member and those merged into one with it and shouldn't, and (grant, occasion) -> what should
    stand and doesn't. What was given by an earlier definition stays as long as its occasion does."""
    want = wanted(world, programme, member, today)
    come = {(each.name, each.day.isoformat()) for each in occasions(world, member, today)}
    family = world.family(member.id)
    given = sorted(
        (one for one in world.timing.given.values() if one.member_id in family),
        key=lambda one: (world.members[one.member_id].number, one.name, one.occasion),
    )
    back = []
    for one in given:
        due = want.get((one.name, one.occasion))
        stays = (one.occasion, one.day) in come and world.timing.granted_by.get(
            (one.lane, one.seq)
        ) != programme.grants_by
        if due is not None and due.occasion.day.isoformat() == one.day:
            stays = True
        if one.member_id == member.id and stays:
            want.pop((one.name, one.occasion), None)
        else:
            back.append(one)
    return back, want


# --- strokes of the clock ---------------------------------------------------------------------------------------------


def grant(world: World, cause: Cause) -> int:
    """Brings what the members who are due were granted to what they should have been; how many entries that took."""
    roots = {world.root(each) for each in world.spending.due.granting if each in world.members}
    before = len(world.chain.entries)
    for member in sorted(
        (world.members[each] for each in roots), key=lambda one: (one.programme, one.number)
    ):
        _bring(world, member, date.fromisoformat(world.spending.business_at[:10]), cause)
    return len(world.chain.entries) - before


def _bring(world: World, member: Member, today: date, cause: Cause) -> None:
    """Day by day: what is given for one may raise the tier by which later ones are judged, never that of its own."""
    programme = world.programmes[member.programme]
    done = ""
    while True:
        back, want = difference(world, programme, member, today)
        days = [one.day for one in back] + [due.occasion.day.isoformat() for due in want.values()]
        day = min((each for each in days if each > done), default="")
        if not day:
            break
        done = day
        now = {slot: due for slot, due in sorted(want.items()) if due.occasion.day.isoformat() == day}
        changed = []
        before = spells(world, programme, member)
        for one in back:
            if one.day == day or (one.member_id == member.id and (one.name, one.occasion) in now):
                _take_back(world, one, cause)
                changed.append(one)
        changed += [_give(world, member, programme, slot, due, cause) for slot, due in now.items()]
        counting = [one.day for one in changed if counters_of(decode(one.amounts))]
        if counting:
            reprice(world, member, min(counting), before, cause)
    for each in world.family(member.id):
        own = world.members[each]
        survives = each == member.id and has_grants(programme)
        look = next_look(world, own, programme, today) if survives else ""
        if own.grants_due != look:
            world.put_member(replace(own, grants_due=look))


def _give(
    world: World, member: Member, programme: Programme, slot: tuple[str, str], due: Wanted, cause: Cause
) -> GivenGrant:
    day = due.occasion.day.isoformat()
    amounts = due.grant.amounts
    postings = [
        Posting(
            issue_account(programme.name),
            member_account(programme.name, member.number, unit),
            unit,
            amounts[unit],
        )
        for unit in sorted(amounts)
    ]
    lots = []
    if amounts.get(AWARD):
        expires = programme.earliest_end(due.occasion.day)
        lots = [NewLot(member.id, day, expires.isoformat() if expires else "", amounts[AWARD])]
    trace = {"grant": slot[0], "occasion": slot[1], "event": due.occasion.event, "rule": due.grant.rule}
    entry = post(world, EntryKind.GRANT, member, cause, postings, trace=trace, lots=lots, flown_on=day)
    given = GivenGrant(member.id, *slot, day, encode(dict(amounts)), entry.lane, entry.seq)
    world.timing.given[given.slot] = given
    world.timing.granted_by[given.lane, given.seq] = programme.grants_by
    world.timing.new_given.add(given.slot)
    world.count(member.id, day, counters_of(amounts))
    return given


def _take_back(world: World, one: GivenGrant, cause: Cause) -> None:
    trace = {"grant": one.name, "occasion": one.occasion}
    slot = (one.lane, one.seq)
    undo(world, world.members[one.member_id], slot, cause, trace=trace, because="[]", flown_on=one.day)
    del world.timing.given[one.slot]
    world.timing.gone_given.add(one.slot)
    world.count(one.member_id, one.day, counters_of(decode(one.amounts)), -1)
