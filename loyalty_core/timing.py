"""What the business clock decides about miles and members besides holds and tiers, while a batch is decided: how far
lots were looked at, and what members were granted."""

from dataclasses import dataclass, field

from .lots import LotKey

ALL_MEMBERS = 0
"""In place of a member's id: what all have together."""


@dataclass(frozen=True, slots=True)
class GivenGrant:
    """A grant that stands, as its table has it: what a member was given once, and for which ``occasion`` ("" where a
    grant has but one, a year for birthdays). ``day``: that of the occasion (ISO text); ``amounts``: unit -> whole units
    as ``stable_json`` writes them; ``lane``/``seq`` name the entry."""

    member_id: int
    name: str
    occasion: str
    day: str
    amounts: str
    lane: str
    seq: int

    @property
    def slot(self) -> tuple[int, str, str]:
        return (self.member_id, self.name, self.occasion)


@dataclass(slots=True)
class Timing:
    """The part of a batch's world that strokes of the clock work on."""

    looked: dict[LotKey, str] = field(default_factory=dict)
    """Lots that a stroke left alive -> until when nobody has to look again, "" for ever."""
    unsure: set[int] = field(default_factory=set)
    """Members whose lots have to be looked at again from their first day on."""
    rules_changed: set[str] = field(default_factory=set)
    """Programmes by whose new definition lots may end on other days."""
    expired_by: dict[LotKey, str] = field(default_factory=dict)
    """Lots of which miles have expired -> by what (``Programme.ends_by``)."""
    activity: dict[tuple[object, ...], bool] = field(default_factory=dict)
    """(digest of a programme, rule, facts; tier, birth date, residence and groups of its day) -> does such a flight
    keep miles alive?"""
    granting_changed: set[str] = field(default_factory=set)
    """Programmes whose grants an activation may have changed: all members are due."""
    given: dict[tuple[int, str, str], GivenGrant] = field(default_factory=dict)
    """(member id, grant, occasion) -> what stands."""
    granted_by: dict[tuple[str, int], str] = field(default_factory=dict)
    """Of their entries by what they were given (``Programme.grants_by``)."""
    new_given: set[tuple[int, str, str]] = field(default_factory=set)
    gone_given: set[tuple[int, str, str]] = field(default_factory=set)
    used: dict[tuple[int, str, str, str], int] = field(default_factory=dict)
    """(member id or ``ALL_MEMBERS``, programme, promotion, unit) -> what posted flights have of it."""
    changed_used: set[tuple[int, str, str, str]] = field(default_factory=set)
    offered: dict[tuple[str, str], str] = field(default_factory=dict)
    """(programme, grant) -> the day since which it is offered (ISO text)."""
    new_offered: set[tuple[str, str]] = field(default_factory=set)
