"""What is known of operations with miles while a batch is decided: operations by key, family pools, what is due."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class KeptOperation:
    """An operation as its table has it. ``content`` is what was asked, so that a repeat is known from a second use of
    the key.

    ``member_id`` is whose miles are moved (the pool's, where a pool pays). ``state``: *open* (a hold with miles held,
    an adjustment or the reversal of one that waits for its second person), *done*, *released* or *timed_out* (holds),
    *declined* (by the second person), *reversed*. ``remaining`` is what a hold still holds; ``until`` when it ends
    (``keys.order_of``). ``lane``/``seq`` name its entry, ""/0 for none.
    """

    key: str
    kind: str
    programme: str
    member_id: int
    amount: int
    remaining: int
    until: str
    state: str
    lane: str
    seq: int
    content: str
    journal_id: int

    @property
    def waits(self) -> bool:
        """Does it wait for a second person?"""
        return self.state == "open" and self.kind in ("adjust", "reverse")

    @property
    def entry(self) -> str:
        return f"{self.lane}/{self.seq}" if self.seq else ""


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place in a family pool: the percent of flights' award miles that go to it, and whether the member may
    spend from it. The ``owner`` opened the pool and keeps a place in it for ever; others have one that he gave them,
    and are in the pool once they have ``joined``."""

    member_id: int
    pool_id: int
    share: int
    spends: int
    owner: int
    joined: int


@dataclass(slots=True)
class Due:
    """What a stroke of the business clock has to decide, oldest first. ``more``: one stroke doesn't take it all."""

    holds: tuple[str, ...] = ()
    lots: tuple[tuple[str, int, int], ...] = ()
    carriages: tuple[int, ...] = ()
    members: tuple[int, ...] = ()
    """Whose tier has ended."""
    more: bool = False


@dataclass(slots=True)
class Spending:
    """The part of a batch's world that operations work on; ``changed_*`` is what storage has to write."""

    operations: dict[str, KeptOperation] = field(default_factory=dict)
    stored_operations: set[str] = field(default_factory=set)
    changed_operations: set[str] = field(default_factory=set)
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    """(member id, pool id) -> place."""
    joined: dict[int, Place] = field(default_factory=dict)
    """Member id -> the place in the one pool that the member has joined."""
    changed_places: set[tuple[int, int]] = field(default_factory=set)
    due: Due = field(default_factory=Due)
    business_at: str = ""
    """The latest instant at which the business clock has struck (``keys.order_of``), "" where it never has."""
    struck: bool = False
    opened_at: str = ""
    """When the first message of all came (``keys.instant``); only for the first stroke of all."""

    def put(self, operation: KeptOperation) -> None:
        self.operations[operation.key] = operation
        self.changed_operations.add(operation.key)

    def know_place(self, place: Place) -> None:
        self.places[place.member_id, place.pool_id] = place
        if place.joined:
            self.joined[place.member_id] = place
        elif place.member_id in self.joined and self.joined[place.member_id].pool_id == place.pool_id:
            del self.joined[place.member_id]

    def put_place(self, place: Place) -> None:
        self.know_place(place)
        self.changed_places.add((place.member_id, place.pool_id))

    def drop_place(self, place: Place) -> None:
        self.put_place(replace(place, joined=0))
        del self.places[place.member_id, place.pool_id]

    def places_in(self, pool_id: int) -> list[Place]:
        return [place for place in self.places.values() if place.pool_id == pool_id]
