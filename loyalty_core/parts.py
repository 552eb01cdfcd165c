"""Telegrams in parts: to which set a part belongs, when a set is complete, and when it is given up.

Life of a set: *open* with its first part -> *closed* once parts 1 to the final one are there -> *read* when the joined
telegram was decided. An open set to which nothing was added for too long is *given up* by the business clock: its
parts are quarantined with what arrived. They stay, though: should the missing part still come, the set closes; any
other lets it be open again, so that this part's row comes to an end as well.

Two texts for one part, or two ends: nobody can say which is true, so none is applied. The set is *disputed* for good,
its parts are quarantined, and so is whatever else comes for it. Where the set had closed before, its list is applied or
about to be, for nobody can wait for what may contradict it some day: the part that does is quarantined and told as a
problem (``part_conflict``), the list stays as it is.

Parts of one list are written within moments, and some systems date each part by itself: how far creation times may lie
apart is said by whoever reads the telegram, for it is a matter of its kind.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from . import keys
from .outcomes import ClockOutcome, GivenUpSet, PartOutcome
from .transactions import Clock, ClockCheck, PartReceived
from .world import KeptPart, PartSet, World


@dataclass(frozen=True, slots=True)
class Came:
    """How a part came: ``received_at`` as ``keys.order_of``; ``digest`` of its canonical form, which says whether it is
    the same text (another link's addresses and a PDM don't make it another)."""

    journal_id: int
    digest: str
    received_at: str
    link: str
    kind: str
    encoding: str


def receive_part(world: World, part: PartReceived, came: Came) -> PartOutcome:
    """Puts a part to its set; its texts are in the outcome if that completes it."""
    one = _set_of(world, part)
    if one is None:
        key = f"{part.set_key}/{keys.instant(part.created)}" if part.created else part.set_key
        owner = part.originator or came.link
        if world.open_sets.get(owner, 0) >= part.open_sets_max:
            return PartOutcome(key, part.number, crowded=True)
        one = PartSet(
            key=key,
            merge_key=part.set_key,
            originator=owner,
            kind=came.kind,
            created=keys.order_of(part.created),
            state="open",
            touched_at=came.received_at,
            link=came.link,
            encoding=came.encoding,
        )
        world.open_sets[owner] = world.open_sets.get(owner, 0) + 1
        world.sets[key] = one
    if one.state == "disputed":
        return PartOutcome(one.key, part.number, conflict=True)
    known = world.parts.get((one.key, part.number))
    if known is not None:
        same = (known.final, known.digest) == (part.final, came.digest)
        return PartOutcome(one.key, part.number, repeated=True) if same else _dispute(world, one, part, came)
    numbers = {number: kept.final for number, kept in world.parts_of(one.key)}
    last = next((number for number, final in numbers.items() if final), 0)
    beyond = part.number > last if last else False
    second_end = part.final and (bool(last) or any(number > part.number for number in numbers))
    if beyond or second_end:
        return _dispute(world, one, part, came)
    world.parts[one.key, part.number] = KeptPart(
        part.final, part.head + part.text, came.journal_id, came.digest, keys.order_of(part.created)
    )
    world.new_parts.append((one.key, part.number, part.head))
    last = part.number if part.final else last
    complete = bool(last) and numbers.keys() | {part.number} == set(range(1, last + 1))
    state = "closed" if complete and one.state != "read" else one.state
    if state == "given_up":
        # It waits again, and will be given up again.
        state = "open"
        world.open_sets[one.originator] = world.open_sets.get(one.originator, 0) + 1
    world.put_set(replace(one, touched_at=max(one.touched_at, came.received_at), state=state))
    texts = tuple(kept.text for _number, kept in world.parts_of(one.key)) if complete else ()
    return PartOutcome(one.key, part.number, texts)


def _dispute(world: World, one: PartSet, part: PartReceived, came: Came) -> PartOutcome:
    if one.state in ("open", "given_up"):
        world.end_set(replace(one, state="disputed"), keys.instant(keys.moment_of(came.received_at)))
    return PartOutcome(one.key, part.number, conflict=True)


def _set_of(world: World, part: PartReceived) -> PartSet | None:
    """The set that this part belongs to: the one of the very same creation time, else the nearest within reach of any
    of its parts that lacks this one. Other sets within reach are the same telegram, too, where no number is in both:
    this part is the link between them, and they become one."""
    if part.created is None:
        return world.sets.get(part.set_key)
    own = keys.order_of(part.created)
    apart = timedelta(seconds=part.apart_seconds)
    exact, found = [], []
    for one in world.sets.values():
        if one.merge_key != part.set_key or not one.created:
            continue
        kept = dict(world.parts_of(one.key))
        same = kept.get(part.number)
        if one.created == own or (same is not None and same.created == own):
            exact.append((one.created != own, one.key))
        distance = min(abs(keys.moment_of(each.created) - part.created) for each in kept.values())
        if distance <= apart and same is None:
            found.append((distance, one.key))
    if not exact and not found:
        return None
    one = world.sets[min(exact)[1] if exact else min(found)[1]]
    for _distance, key in sorted(found):
        other = world.sets[key]
        waiting = {one.state, other.state} <= {"open", "given_up"}
        numbers = [{number for number, _kept in world.parts_of(each.key)} for each in (one, other)]
        if key != one.key and waiting and part.number not in numbers[0] and not numbers[0] & numbers[1]:
            one = world.merge_set(other, one)
    return one


def strike(world: World, clock: Clock, at: str) -> ClockOutcome:
    """Gives up the open sets to which nothing was added for too long; ``at`` is for the handling log."""
    since = idle_since(clock)
    found = []
    for key in sorted(world.sets):
        one = world.sets[key]
        if one.state != "open" or one.touched_at > since:
            continue
        world.end_set(replace(one, state="given_up"), at)
        arrived = dict(world.parts_of(key))
        last = max(arrived)
        missing = tuple(number for number in range(1, last) if number not in arrived)
        found.append(GivenUpSet(key, one.link, one.kind, len(arrived), last, arrived[last].final, missing))
    return ClockOutcome(tuple(found))


def text_of(raw: bytes, encoding: str) -> str:
    """The text of a part as ``PartReceived`` brought it, from the journal's bytes."""
    return raw.decode(encoding).removeprefix("\ufeff")


def idle_since(clock: Clock | ClockCheck) -> str:
    """The instant (as ``keys.order_of``) at or before which an open set must have got its last part to be given up."""
    return keys.order_of(clock.at - timedelta(seconds=clock.part_set_seconds))
