"""What time alone decides about miles: expiry, the end of holds, and credits that nobody ever confirmed.

Only a stroke of the business clock decides it, so a replay needs no clock. A stroke is always decided on committed
books, alone: how much of a batch came before it plays no part. What one stroke doesn't take is left to the next.
"""

from collections.abc import Iterable
from datetime import timedelta

from .bookkeeping import Cause
from .expiring import expire
from .holds import time_out
from .keys import moment_of, order_of
from .settle import settle
from .transactions import Clock
from .world import World


def leaps(world: World, clock: Clock) -> bool:
    """Is this stroke further behind the last one than its own bound allows?"""
    last = world.spending.business_at or world.spending.opened_at
    if not clock.leap_days_max or not last:
        return False
    return clock.at - moment_of(last) > timedelta(days=clock.leap_days_max)


def age(world: World, clock: Clock, cause: Cause) -> tuple[int, int, int]:
    """Ends what is due; (holds that timed out, miles that expired, credits given up or posted by time)."""
    at = order_of(clock.at)
    spending = world.spending
    if at > spending.business_at:
        spending.business_at, spending.struck = at, True
    holds = [
        hold
        for hold in (spending.operations[key] for key in spending.due.holds if key in spending.operations)
        if hold.state == "open" and hold.until <= at
    ]
    for hold in sorted(holds, key=lambda each: (each.until, each.key)):
        time_out(world, hold, cause)
    expired = expire(world, spending.due.lots, at[:10], cause)
    waiting = {each for each in spending.due.carriages if each in world.persons}
    before = _credits(world, waiting)
    settle(world, waiting, cause)
    world.changed_persons -= world.gone_persons
    after = _credits(world, waiting)
    changed = sum(before.get(slot) != after.get(slot) for slot in before | after)
    return len(holds), expired, changed


def _credits(world: World, carriage_ids: Iterable[int]) -> dict[tuple[str, str], str]:
    return {
        (credit.programme, credit.key): credit.status
        for each in carriage_ids
        for credit in world.credits_on(each)
    }
