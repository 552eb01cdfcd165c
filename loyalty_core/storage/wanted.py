"""What a batch names, so that storage knows what to read for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from loyalty_core import editions, keys
from loyalty_core.claims import OF_CARRIAGES, CaseResolved, CreditClaimed, departure_of_key, keys_of_claim
from loyalty_core.evidence import departure_of_coupon, keys_of_coupon, keys_of_list
from loyalty_core.member_statements import Statement, subjects_of
from loyalty_core.members import cards_and_members_of
from loyalty_core.parts import idle_since
from loyalty_core.transactions import (
    CardClaim,
    Clock,
    CouponReported,
    Departure,
    ListReceived,
    Marketing,
    MembersImported,
    PartReceived,
    Submission,
)

from .operations import WantedOperations
from .part_sets import WantedSets


@dataclass(slots=True)
class Wanted:
    """Keys that the transactions of a batch name."""

    departures: set[str] = field(default_factory=set)
    identity: set[str] = field(default_factory=set)
    coupons: set[str] = field(default_factory=set)
    legs: dict[str, set[str]] = field(default_factory=dict)
    """Departure -> it and the marketing flights named with it; ``leg_cards`` the card numbers, ``leg_coupons`` the
    coupons."""
    leg_cards: dict[str, set[str]] = field(default_factory=dict)
    leg_coupons: dict[str, set[str]] = field(default_factory=dict)
    lists: set[tuple[str, str, str]] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    cards_asked: set[str] = field(default_factory=set)
    imported_cards: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    member_ids: set[int] = field(default_factory=set)
    sets: WantedSets = field(default_factory=WantedSets)
    operations: WantedOperations = field(default_factory=WantedOperations)
    tickets: set[str] = field(default_factory=set)
    """Coupons that are claimed without a flight."""
    ticket_cards: set[str] = field(default_factory=set)
    """The cards they are claimed with."""
    claimed: set[str] = field(default_factory=set)
    """Departures that are claimed."""
    told: set[str] = field(default_factory=set)
    """Departures of which a PFS comes: all their carriages may have waited for it."""
    spoken_of: bool = False
    """Something is said of members or cards: whatever stands under any card of theirs may have to be settled again."""

    def speak_of(self, cards: set[str], members: set[str]) -> None:
        self.imported_cards |= cards
        self.members |= members
        self.spoken_of = True

    def leg(
        self,
        departure: Departure,
        marketing: Marketing | None,
        cards: Iterable[CardClaim],
        coupons: Iterable[str] = (),
    ) -> None:
        """Takes a departure down, with a marketing flight of it and cards and coupons named on it."""
        legs = self.legs.setdefault(departure.key, {departure.key})
        if marketing is not None:
            legs.add(Departure(marketing.flight, departure.on, departure.board_point).key)
        self.departures |= legs
        numbers = {keys.ascii_key(card.number) for card in cards}
        self.leg_cards.setdefault(departure.key, set()).update(numbers)
        self.leg_coupons.setdefault(departure.key, set()).update(coupons)
        self.coupons.update(coupons)


def wanted_by(batch: Iterable[Submission]) -> Wanted:
    wanted = Wanted()
    for submission in batch:
        if submission.set_key:
            wanted.sets.keys.add(submission.set_key)
        for transaction in submission.transactions:
            if isinstance(transaction, CouponReported):
                departure = departure_of_coupon(transaction)
                coupon = keys.coupon_key(transaction.ticket, transaction.coupon)
                wanted.leg(departure, Marketing(transaction.marketing), (transaction.card,), (coupon,))
                wanted.identity.update(keys_of_coupon(transaction))
                wanted.cards.add(keys.ascii_key(transaction.card.number))
            elif isinstance(transaction, ListReceived):
                key = transaction.departure.key
                wanted.leg(transaction.departure, None, ())
                if transaction.kind == editions.PFS:
                    wanted.told.add(key)
                kinds = (transaction.kind, *editions.displaced_by(transaction.kind))
                wanted.lists.update((key, transaction.originator, kind) for kind in kinds)
                for own in keys_of_list(transaction):
                    wanted.identity.update(own)
                for person in transaction.persons:
                    coupon = keys.coupon_key(person.ticket, person.coupon)
                    wanted.leg(transaction.departure, person.marketing, person.cards, (coupon,))
                    wanted.cards.update(keys.ascii_key(card.number) for card in person.cards)
            elif isinstance(transaction, CreditClaimed):
                _want_claim(wanted, transaction)
            elif isinstance(transaction, CaseResolved):
                _want_case(wanted, transaction)
            elif isinstance(transaction, PartReceived):
                wanted.sets.merge_keys.add(transaction.set_key)
                wanted.sets.originators.add(transaction.originator or submission.link)
            elif isinstance(transaction, Clock):
                wanted.sets.idle_since = max(wanted.sets.idle_since, idle_since(transaction))
            elif isinstance(transaction, MembersImported):
                wanted.speak_of(*cards_and_members_of(transaction.content))
            elif isinstance(transaction, Statement):
                wanted.speak_of(*subjects_of(transaction))
            wanted.operations.add(transaction)
    wanted.cards |= wanted.imported_cards | wanted.operations.cards
    return wanted


def _want_claim(wanted: Wanted, claim: CreditClaimed) -> None:
    number = keys.ascii_key(claim.card.number)
    wanted.cards.add(number)
    wanted.coupons.update(claim.coupons)
    departure = claim.departure
    if departure is None:
        wanted.tickets.update(claim.coupons)
        wanted.ticket_cards.add(number)
        return
    wanted.leg(departure, None, (claim.card,), claim.coupons)
    wanted.identity.update(keys_of_claim(claim, departure))
    wanted.claimed.add(departure.key)


def _want_case(wanted: Wanted, case: CaseResolved) -> None:
    numbers = {keys.ascii_key(case.card.number)} if case.card is not None else set()
    wanted.cards |= numbers
    if case.action not in OF_CARRIAGES:
        wanted.speak_of(numbers, set())
        return
    departure = departure_of_key(case.carriage)
    if departure is not None:
        wanted.departures.add(departure)
        wanted.legs.setdefault(departure, {departure})
        wanted.leg_cards.setdefault(departure, set()).update(numbers)
        wanted.identity.add(case.carriage)
