"""Which words of the language the gateway acts on, and which ones only examples prove.

A programme may say more than any message tells, or than the books bring about: examples hold it to that, but a member
never sees it. Every word of the language stands in one of the two tables here, so none is silently without effect.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..located_yaml import Path
from .sources import Reader, read_sources

ACTED_ON: Mapping[str, str] = {
    "accrual": "distance promotions source price amount percent rate at_least at_most round bonus add only keep",
    "add": "when unless amount",
    "adds": "percent of round amount",
    "agreement": "when unless priority chart_of",
    "amount": "amount",
    "at_least": "when unless amount times round",
    "at_most": "when unless amount",
    "bonus": "when unless tiers of round at_most",
    "bonus.of": "word lesser distance_at_least lesser_at_least",
    "booking_class": "when unless priority letter",
    "by_residence": "residence reached",
    "chart": "when unless priority name columns rows otherwise accrual",
    "codeshare": "marketing operating",
    "columns": "carriers classes cabins fares brands tiers",
    "dates": "from until",
    "distances": "name rows pairs cities otherwise",
    "distances.rows": "from to miles since",
    "expiry": "model months years end activity not_before when unless",
    "extension": "fulfilment unit",
    "fare": "when unless priority fare",
    "fare_basis": "prefix suffix contains letters",
    "grant": "name on amounts when unless",
    "members": "temporary while_blocked before_closing before_death children company_percent minimum_age adult_age",
    "not_before": "age",
    "not_earning": "when unless why",
    "only": "when unless",
    "operations": "redemptions transfers hold_minutes_max pool_members_max adjust_alone_max",
    "operator": "when unless priority as",
    "pending_timeout": "days then",
    "percent": "when unless value",
    "period": "rolling_months anniversary year_from calendar_year membership_year",
    "policy": "listed checked_in boarded flown posted_when",
    "posted_when": "state stations pfs_received after_hours",
    "programme": "programme title carriers units policy window pending_timeout operations codeshares members versions"
    " examples",
    "price": "of",
    "promotion": "name when unless adds at_most budget order stacks",
    "qualification": "period valid soft_landing deduct rollover extension good_faith",
    "range": "from below",
    "rate": "when unless value",
    "round": "mode to",
    "retro": "months before_enrolment_days before_enrolment_months claim_after_enrolment_months not_before_days",
    "row": "unless priority percent amounts rate note",
    "tier": "name bonus_percent reached by_residence",
    "valid": "years months end",
    "version": "from until chosen_by distances zones operators agreements stocks booking_class fares not_earning charts"
    " accrual tiers qualification expiry promotions grants retro currencies",
    "when": "carriers operating marketing classes cabins fares brands fare_basis ticket_stock roles passenger_types"
    " flights between from to within_zone domestic miles dates booked ticketed weekdays tiers residence age groups"
    " channels",
    "window": "future_days past_days",
    "zone": "countries places zones except",
}
"""Where a word stands -> the words there that the gateway acts on."""

_NOT_TOLD = "nothing the gateway receives tells {}, so this holds only in examples"
_NOT_DONE = "the gateway does not do this: only examples prove it"

IDLE: Mapping[str, str] = {
    "grant.channels": _NOT_TOLD.format("by what channel a member came"),
    "version.compensations": _NOT_DONE,
    "version.migrations": _NOT_DONE,
    "version.conversions": _NOT_DONE,
    "at_most.per": "what other coupons of a flight earned is not asked: each coupon is cut by itself",
    "compensation": "see compensations",
    "migration": "see migrations",
    "conversion": "see conversions",
    "unit.title": "units are shown by their names: the title is for people who read the file",
}
"""Where and word, or where alone for all its words -> what it means that the gateway doesn't act on it. ``grant``
with a word of conditions is that word in a grant's condition."""

_HARMLESS: Mapping[str, object] = {"at_most.per": "coupon"}
"""Values with which the word changes nothing."""
_CONDITIONS = frozenset({"when", "unless", "activity"})
_BY_KEY: Mapping[str, tuple[str, str]] = {
    "per": ("at_most.per", "at_most"),
    "title": ("unit.title", "units"),
}
"""Key -> the word that it is below the other key."""


@dataclass(frozen=True, slots=True)
class Idle:
    """A word of a definition that the gateway doesn't act on. ``rules``: where it stands, as ``demo.yaml:41``."""

    word: str
    rules: tuple[str, ...]
    text: str


def idle_words(text: str, file: str) -> list[Idle]:
    """Those of a definition that can be loaded, by place."""
    sources = read_sources(text, file)
    reader = Reader(sources)
    found: dict[str, dict[str, None]] = {}
    for word, path in _used(sources.value, ()):
        found.setdefault(word, {})[reader.rule(*path)] = None
    return [Idle(word, tuple(rules), IDLE[word]) for word, rules in found.items()]


def _used(value: Any, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _used(one, (*path, number))
        return
    if not isinstance(value, dict):
        return
    words = [step for step in path if isinstance(step, str)]
    columns = words[-1:] == ["columns"]
    places = ["columns"] if columns else ["grant", "when"] if "grants" in words[-2:] else ["when"]
    conditions = columns or words[-1:] == ["rows"] or bool(_CONDITIONS & set(words[-1:]))
    for key, one in value.items():
        here = (*path, key)
        if not path and key == "examples":
            continue
        idle = [word for place in places if (word := f"{place}.{key}") in IDLE] if conditions else []
        if idle:
            yield idle[0], here
        elif (not path or (len(path) == 2 and path[0] == "versions")) and f"version.{key}" in IDLE:
            yield f"version.{key}", here
        elif key in _BY_KEY and _BY_KEY[key][1] in words[-2:] and one != _HARMLESS.get(_BY_KEY[key][0], ()):
            yield _BY_KEY[key][0], here
        else:
            yield from _used(one, here)
