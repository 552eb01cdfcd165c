"""Checks of what the business clock will find: whether it looks at every lot in time, and whether members were granted
what they should have been; part of ``verify``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from .entities import Credit, Ids, Member
from .granting import difference
from .ledger import GENESIS, Chain
from .lot_ends import Ends
from .lots import NEVER, Lot
from .programme import Programme
from .timing import GivenGrant
from .world import World

if TYPE_CHECKING:
    from .verify import Books


@dataclass(frozen=True, slots=True)
class StoredTiming:
    """What the books say of time. ``programmes``: those in force, by name; ``grants``: what members were granted, as it
    stands."""

    programmes: Mapping[str, Programme] = field(default_factory=dict)
    grants: Sequence[Mapping[str, Any]] = ()
    used: Mapping[tuple[int, str, str, str], int] = field(default_factory=dict)
    """(member id or 0, programme, promotion, unit) -> what posted flights have of it."""
    offered: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(programme, grant) -> the day since which it is offered."""
    told: Sequence[Mapping[str, Any]] = ()
    """What was said of members and cards."""
    grants_by: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(programme, digest) -> by what it grants."""

    def told_by_subject(self) -> dict[tuple[str, str], dict[tuple[str, str], str]]:
        """``told`` as decisions have it (``World.told``)."""
        found: dict[tuple[str, str], dict[tuple[str, str], str]] = {}
        for row in self.told:
            found.setdefault((row["subject"], row["aspect"]), {})[row["since"], row["word"]] = row["said_at"]
        return found


def looks(books: "Books") -> list[str]:
    """Open miles are looked at by the clock no later than on the day after their last: what the note of a lot says of
    the days ahead is what the facts say."""
    world = _world(books)
    today = books.tiers.business_at[:10] or "0001-01-01"
    ends: dict[str, Ends] = {}
    wrong = []
    for row in books.lots:
        if not row["remaining"] or row["member_id"] not in world.members:
            continue
        lot = Lot(**row)
        try:
            day = max(today, lot.earned_on)
            found = ends.setdefault(day, Ends(world, day)).of(lot)
        except (KeyError, ValueError, TypeError):
            wrong.append(f"lot {'/'.join(map(str, lot.key))}: nobody can say when it ends")
            continue
        sure = found.day.isoformat() if found.day else NEVER
        if not found.over and sure != NEVER:
            # Whatever changes before, nobody's miles end sooner.
            programme = world.programmes[world.members[lot.member_id].programme]
            first = programme.earliest_end(date.fromisoformat(lot.earned_on))
            sure = max(sure, first.isoformat() if first else NEVER)
        if (lot.look_on or NEVER) > sure:
            until = lot.look_on or "for ever"
            wrong.append(
                f"lot {'/'.join(map(str, lot.key))}: not looked at until {until}, is sure until {sure} only"
            )
    return wrong


def awaited(books: "Books") -> list[str]:
    """Members at whom the clock need not look again have been given what they should have been, and nothing else."""
    today = books.tiers.business_at[:10]
    if not today:
        return []
    world = _world(books)
    for row in books.timing.grants:
        given = GivenGrant(**row)
        world.timing.given[given.slot] = given
    world.timing.offered.update(books.timing.offered)
    rules = books.timing.grants_by
    for entry in books.entries:
        found = rules.get((entry.programme, entry.programme_digest), "")
        world.timing.granted_by[entry.lane, entry.seq] = found
    wrong = []
    for member in sorted(world.members.values(), key=lambda one: (one.programme, one.number)):
        if world.root(member.id) != member.id:
            continue
        family = [world.members[each] for each in world.family(member.id) if each in world.members]
        if any(one.grants_due and one.grants_due <= today for one in family):
            continue
        try:
            back, want = difference(
                world, world.programmes[member.programme], member, date.fromisoformat(today)
            )
        except (KeyError, ValueError, TypeError):
            wrong.append(f"member {member.number}: nobody can say what should have been granted")
            continue
        wrong += [f"member {member.number}: grant {one.name} of {one.day} has no occasion" for one in back]
        wrong += [
            f"member {member.number}: grant {name} of {due.occasion.day} was not given"
            for (name, _occasion), due in sorted(want.items())
        ]
    return wrong


def _world(books: "Books") -> World:
    """The part of the books that says when miles end, as decisions see it."""
    world = World(Ids({}), Chain("", 0, GENESIS), dict(books.timing.programmes))
    fields = Member.__dataclass_fields__
    for member_id, row in books.tiers.members.items():
        if row["programme"] in world.programmes:
            own = {name: row[name] for name in fields if name not in ("names", "id")}
            world.members[member_id] = Member(id=member_id, names=(), **own)
    world.survivors = {
        member_id: survivor for member_id, survivor in books.survivors.items() if survivor in world.members
    }
    world.told.update(books.timing.told_by_subject())
    for (member_id, day, unit), amount in books.counted.items():
        world.counted.setdefault(member_id, {}).setdefault(day, {})[unit] = amount
    for credit in books.credits:
        own = {name: credit[name] for name in Credit.__dataclass_fields__ if name != "key"}
        world.know_credit(Credit(key=credit["credit_key"], **own))
    return world
