"""A loyalty programme at work: what a flight earns, which tier that makes, when miles end.

``load_programme`` reads a definition (``programmes/README.md`` explains the language) and compiles it; what
is here is the compiled form. ``Programme.evaluate`` is a pure function of facts, the member's standing and the
programme, and says of every step which line of the definition asked for it. No rule of a programme is written in
Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from .crediting import Credit, Crediting
from .outcomes import Reason
from .rules.evaluation import Evaluation, Step, nothing
from .rules.examples.checking import check_examples
from .rules.expiry import Expiry
from .rules.facts import Facts, Standing
from .rules.lot_life import counts_activity, earliest_end, is_moving, plain_rules
from .rules.organisation import NOTHING_OFFERED, MemberRules, Operations, PendingTimeout, Window
from .rules.tiers.ladder import Qualification, Tier
from .rules.versions import Version

if TYPE_CHECKING:
    from .rules.examples.worked import Example
    from .rules.promotions import Promotion

__all__ = [
    "Credit",
    "Evaluation",
    "Facts",
    "Programme",
    "Standing",
    "Step",
    "check_examples",
    "load_programme",
]


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme as compiled from its definition. ``digest`` is the SHA-256 of the bundled text, in hex."""

    name: str
    title: str
    carriers: tuple[str, ...]
    """Airline codes on cards that this programme answers for."""
    digest: str
    units: Mapping[str, str]
    """Unit → its title; ``award`` can be spent, the others are counters."""
    versions: tuple[Version, ...]
    """As they are listed; of those whose days hold the last one counts."""
    crediting: Crediting
    window: Window
    members: MemberRules
    operations: Operations = NOTHING_OFFERED
    pending_timeout: PendingTimeout | None = None
    codeshares: Mapping[str, str] = field(default_factory=dict)
    """Marketing flight -> the one that operates it, as ``S7/7123``."""
    examples: "tuple[Example, ...]" = ()
    has_moving_ends: bool = field(init=False, repr=False)
    """Can miles end on another day than that of earning alone says?"""
    limited: "tuple[Promotion, ...]" = field(init=False, repr=False)
    """Promotions that end with a budget or with what one member can get; of one name in several versions the last."""
    counts_activity: bool = field(init=False, repr=False)
    """Do flights keep miles alive?"""
    _same_flights: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        same: dict[str, frozenset[str]] = {}
        for pair in self.codeshares.items():
            together = same.get(pair[0], frozenset(pair)) | same.get(pair[1], frozenset(pair))
            same |= dict.fromkeys(together, together)
        object.__setattr__(self, "_same_flights", same)
        object.__setattr__(self, "has_moving_ends", any(map(is_moving, self.versions)))
        own = {one.name: one for version in self.versions for one in version.promotions.all if one.limited}
        object.__setattr__(self, "limited", tuple(own[name] for name in sorted(own)))
        object.__setattr__(self, "counts_activity", any(map(counts_activity, self.versions)))

    @property
    def ends_by(self) -> str:
        """What miles end by, in short: the same for the same rules, whatever else a definition says."""
        return " ".join(version.ends_by for version in self.versions)

    @property
    def grants_by(self) -> str:
        """The same of grants."""
        return " ".join(version.grants_by for version in self.versions)

    # --- versions -----------------------------------------------------------------------------------------------------

    def version_for(self, facts: Facts) -> Version | None:
        """The version by which this coupon earns; None before the first."""
        for version in reversed(self.versions):
            if version.first <= version.date_of(facts)[0] <= version.last:
                return version
        return None

    def version_on(self, day: date | None = None) -> Version:
        """The version whose rules of expiry and allowances count on a day; without one, and before the first, the
        newest. Members' tiers are found by the rules of all days (``rules.tiers.over_time``)."""
        if day is not None:
            for version in reversed(self.versions):
                if version.first <= day <= version.last:
                    return version
        return self.versions[-1]

    def _passed_over(self, chosen: Version, facts: Facts) -> Version | None:
        """The version that would count but for the day on which the coupon was booked or issued."""
        for version in reversed(self.versions):
            if version is chosen:
                return None
            if version.first <= facts.flown_on <= version.last:
                return version
        return None

    # --- what a coupon earns ------------------------------------------------------------------------------------------

    def evaluate(self, facts: Facts, standing: Standing) -> Evaluation:
        """What the coupon earns for a member who stands so at the date of the flight."""
        versions = self.versions
        if len(versions) == 1 and versions[0].chosen_by == "flight_date":
            version = versions[0]
            if version.first <= facts.flown_on <= version.last:
                return version.evaluate(facts, standing)
        elif (found := self.version_for(facts)) is not None:
            return found.evaluate(facts, standing, told=True, passed=self._passed_over(found, facts))
        note = ("version", versions[0].rule, _no_version, (facts.flown_on,))
        return nothing(Reason.NOT_EARNING, "flown_on", [note])

    # --- tiers --------------------------------------------------------------------------------------------------------

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Those of the last version of the list, which has all that others have, from the base tier upwards."""
        return self.versions[-1].tiers

    @property
    def base_tier(self) -> str:
        """The tier of members who have reached nothing yet."""
        return self.tiers[0].name

    def tier_rank(self, tier: str) -> int:
        """0 for the base tier, growing upwards; -1 for a name that this programme doesn't have."""
        return self.versions[-1].ranks.get(tier, -1)

    def tier_for(self, qualifying: int, segments: int) -> str:
        """The highest tier whose conditions these two counters meet."""
        return self.tier_of({"qualifying": qualifying, "segments": segments})

    def tier_of(self, counters: Mapping[str, int], on: date | None = None, residence: str = "") -> str:
        """The highest tier whose conditions these counters meet, by the rules of a day (without one: the newest)."""
        tiers = self.version_on(on).tiers
        for tier in reversed(tiers):
            if tier.reached_by(counters, residence):
                return tier.name
        return tiers[0].name

    def qualification_on(self, day: date | None = None) -> Qualification:
        return self.version_on(day).qualification

    # --- time ---------------------------------------------------------------------------------------------------------

    def expiry_for(self, earned_on: date, standing: Standing | None = None) -> Expiry:
        """The rule by which miles earned on a day end, for a member who stood so then."""
        version = self.version_on(earned_on)
        facts = Facts("", "", "", False, "", "", earned_on)
        case = version.case(facts, standing or Standing())
        # The last one holds for everybody.
        return next(one for one in version.expiry if one.test is None or one.test(case))

    def expires_on(
        self, earned_on: date, standing: Standing | None = None, last_activity: date | None = None
    ) -> date | None:
        """The last day of validity of miles earned on a day, None when they don't expire."""
        born = standing.born if standing else None
        return self.expiry_for(earned_on, standing).expires_on(earned_on, last_activity, born)

    def earliest_end(self, earned_on: date) -> date | None:
        """The first day that can be the last of miles earned on a day; None where they never end."""
        return earliest_end(self.version_on(earned_on), earned_on)

    def ends_like(self, other: "Programme") -> bool:
        """Do miles surely end by this definition on the same days as by another?"""
        own, others = ([plain_rules(each) for each in one.versions] for one in (self, other))
        return own == others and all(each is not None for each in own)

    def timed_out(self, flown_on: str, today: str) -> bool:
        """Is a credit for a flight of this day pending no longer? Days are ISO texts; ``today`` "" is before all."""
        rule = self.pending_timeout
        return bool(
            rule and today and (date.fromisoformat(flown_on) + timedelta(days=rule.days)).isoformat() < today
        )

    def same_flights(self, flight: str) -> frozenset[str]:
        """Flights that the table of code shares makes one with this one, as ``S7/7123``."""
        return self._same_flights.get(flight, frozenset())


@lru_cache(maxsize=64)
def _load(text: str, file: str) -> Programme:
    # Loading needs the YAML reader and the schema library; running a programme needs neither.
    from .rules.loader import load

    return load(text, file)


def load_programme(text: str, file: str, files: Mapping[str, str] | None = None) -> Programme:
    """Read and compile a definition; raises InputError with all problems, each with file, line and column.

    ``text`` may hold its tables (``rules.bundle``), or they come in ``files`` (name → content). The same text gives
    the same programme, which nothing changes: an activation is decided, kept and read back without compiling it three
    times.
    """
    if files:
        from .rules.bundle import bundle

        text = bundle(text, files)
    return _load(text, file)


def _no_version(day: date) -> str:
    return f"no version of the programme for {day}"
