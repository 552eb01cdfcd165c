"""The part of the books that one batch touches, in memory: loaded before, changed by decisions, written after.

Decisions are made transaction by transaction on this state; whatever they change is remembered, so that storage writes
a handful of bulk statements at the end.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from .carriage import Carriage
from .entities import AcceptedName, Card, Credit, EndedSet, Ids, KeptPart, Member, PartSet, Person, Telegram
from .evidence import Evidence
from .flights import Arrival, Movement
from .keys import ascii_key
from .ledger import Chain, Posting
from .lots import Lot, LotKey, LotMove
from .outcomes import ListAnswer
from .owners import OwnerFacts
from .programme import Programme
from .rules.tiers.over_time import StandingRules
from .rules.tiers.spells import Spell
from .spending import Place as PoolPlace
from .spending import Spending
from .standing import SUCCEEDED
from .timing import Timing
from .transactions import Name, ProgrammeActivated


@dataclass(slots=True)
class World:
    """State for one batch. The ``changed_*`` and ``new_*`` fields are what storage has to write."""

    ids: Ids
    chain: Chain
    programmes: dict[str, Programme]
    editions: dict[tuple[str, str, str], str] = field(default_factory=dict)
    persons: dict[int, Person] = field(default_factory=dict)
    identity: dict[str, set[int]] = field(default_factory=dict)
    """Identity key -> the carriages of whom it is one; seldom more than one (``identity`` tells them apart)."""
    claims: dict[str, set[int]] = field(default_factory=dict)
    departures: dict[str, set[int]] = field(default_factory=dict)
    contested: dict[str, set[int]] = field(default_factory=dict)
    """Contest key -> carriages that have it or once did within this batch; ``contest_keys`` the other way."""
    contest_keys: dict[int, set[str]] = field(default_factory=dict)
    exceptions_told: set[str] = field(default_factory=set)
    """Departures of which a PFS was received, as far as a programme asks."""
    members: dict[int, Member] = field(default_factory=dict)
    member_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    cards: dict[tuple[str, str], Card] = field(default_factory=dict)
    cards_by_member: dict[int, set[str]] = field(default_factory=dict)
    survivors: dict[int, int] = field(default_factory=dict)
    """Id of a member merged into another -> id of the one who survives."""
    told: dict[tuple[str, str], dict[tuple[str, str], str]] = field(default_factory=dict)
    """(subject, aspect) -> what was said of it, see ``membership``."""
    credits: dict[tuple[str, str], Credit] = field(default_factory=dict)
    credits_by_carriage: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    credits_by_member: dict[int, set[tuple[str, str]]] = field(default_factory=dict)
    counted: dict[int, dict[str, dict[str, int]]] = field(default_factory=dict)
    """Member id -> flight date -> unit -> what the posted flights of that day count, over all of the member's days."""
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    lots: dict[LotKey, Lot] = field(default_factory=dict)
    lots_by_member: dict[int, set[LotKey]] = field(default_factory=dict)
    moves: dict[tuple[str, int], tuple[LotMove, ...]] = field(default_factory=dict)
    """What entries did to lots: those made in this batch, and those that may be reversed."""
    postings: dict[tuple[str, int], tuple[tuple[Posting, ...], str]] = field(default_factory=dict)
    """Postings of the entries behind the standing credits, so that they can be reversed, and their evidence."""
    rules: dict[tuple[str, int], str] = field(default_factory=dict)
    """Of the same entries the digest of the programme that decided them."""
    sets: dict[str, PartSet] = field(default_factory=dict)
    open_sets: dict[str, int] = field(default_factory=dict)
    """Originator -> how many sets it has open."""
    parts: dict[tuple[str, int], KeptPart] = field(default_factory=dict)
    telegrams: dict[str, Telegram] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    """Key of a list answer -> due or queued."""

    spending: Spending = field(default_factory=Spending)
    timing: Timing = field(default_factory=Timing)

    new_evidence: dict[int, tuple[Evidence, int]] = field(default_factory=dict)
    fallen_evidence: set[int] = field(default_factory=set)
    moved_evidence: dict[int, int] = field(default_factory=dict)
    changed_editions: set[tuple[str, str, str]] = field(default_factory=set)
    changed_persons: set[int] = field(default_factory=set)
    gone_persons: set[int] = field(default_factory=set)
    changed_members: set[int] = field(default_factory=set)
    changed_cards: set[tuple[str, str]] = field(default_factory=set)
    new_told: dict[tuple[str, str, str, str], tuple[str, int]] = field(default_factory=dict)
    """(subject, aspect, since, word) -> when it was said, and by which journal row."""
    changed_credits: set[tuple[str, str]] = field(default_factory=set)
    stored_credits: set[tuple[str, str]] = field(default_factory=set)
    """Keys that the database knows; all others are new to it."""
    gone_credits: set[tuple[str, str]] = field(default_factory=set)
    changed_days: set[tuple[int, str, str]] = field(default_factory=set)
    """(member id, day, unit) of ``counted``."""
    spells: dict[int, tuple[object, tuple[Spell, ...]]] = field(default_factory=dict)
    """Member id -> what they were worked out from besides flights, and the spells of tiers."""
    standing_rules: dict[tuple[str, str], StandingRules] = field(default_factory=dict)
    """(programme, digest) -> its rules of tiers."""
    unsettled_tiers: set[int] = field(default_factory=set)
    """Members whose tier the transaction at hand may have changed."""
    retiered: set[str] = field(default_factory=set)
    """Programmes whose rules of tiers an activation has changed: all members are due at the next stroke."""
    restated: dict[int, OwnerFacts] = field(default_factory=dict)
    """Members of whom the transaction at hand says what rules ask, otherwise than before -> what was known before."""
    new_beliefs: dict[tuple[int, str, int, int], list[str | int] | None] = field(default_factory=dict)
    """(member id, since, flown, journal row) -> the spell as ``tiers`` keeps it; None: not believed any more."""
    changed_lots: set[LotKey] = field(default_factory=set)
    new_moves: dict[tuple[str, int], tuple[LotMove, ...]] = field(default_factory=dict)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    """Entry that stands by which merged members paid for one of them -> whose debt it was (``families``)."""
    new_offsets: set[tuple[str, int]] = field(default_factory=set)
    gone_offsets: set[tuple[str, int]] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    """Members whose award or deficit account the transaction at hand has changed."""
    changed_sets: set[str] = field(default_factory=set)
    new_parts: list[tuple[str, int, str]] = field(default_factory=list)
    """(set key, number, head)."""
    merged_sets: list[tuple[str, str]] = field(default_factory=list)
    """(set that is no more, the one that has its parts now), in order of time."""
    ended_sets: list[EndedSet] = field(default_factory=list)
    activated: dict[str, tuple[Programme, ProgrammeActivated, int]] = field(default_factory=dict)
    changed_telegrams: set[str] = field(default_factory=set)
    stored_telegrams: set[str] = field(default_factory=set)
    due_answers: dict[str, tuple[ListAnswer, int]] = field(default_factory=dict)
    """Answers that became due in this batch, with the journal row of their list."""
    ended_answers: set[str] = field(default_factory=set)
    unasked_answers: dict[str, int] = field(default_factory=dict)
    """Answers queued that no list had made due, with the journal row of their telegrams."""
    accepted: dict[str, dict[tuple[str, str, str], AcceptedName]] = field(default_factory=dict)
    """Card number -> (airline, surname, given) -> what staff said of this spelling last."""
    changed_accepted: set[tuple[str, str, str, str]] = field(default_factory=set)
    known_departures: set[str] = field(default_factory=set)
    """Departures asked for by claims of which any list is known."""
    arrivals: list[Arrival] = field(default_factory=list)
    movements: dict[str, Movement] = field(default_factory=dict)
    changed_movements: set[str] = field(default_factory=set)
    stored_movements: set[str] = field(default_factory=set)

    def put_set(self, one: PartSet) -> None:
        before = self.sets.get(one.key)
        if before is not None and before.state == "open" != one.state:
            self.open_sets[one.originator] = self.open_sets.get(one.originator, 0) - 1
        self.sets[one.key] = one
        self.changed_sets.add(one.key)

    def parts_of(self, key: str) -> list[tuple[int, KeptPart]]:
        """The parts that a set has, in order of their numbers."""
        return [(number, self.parts[key, number]) for of, number in sorted(self.parts) if of == key]

    def end_set(self, one: PartSet, at: str) -> None:
        """The set is read, given up or disputed: the journal rows of its parts get their last word."""
        self.put_set(one)
        rows = tuple(part.journal_id for _number, part in self.parts_of(one.key))
        self.ended_sets.append(EndedSet(one.key, one.state, at, rows))

    def see(self, person: Person, view: Carriage, keys: Iterable[str]) -> None:
        """Takes a joined view over; the carriage can be found by these contest keys."""
        person.view = view
        self.meet(person.id, keys)

    def meet(self, carriage_id: int, keys: Iterable[str]) -> None:
        """The carriage can be found by these contest keys, beside those it had."""
        own = self.contest_keys.setdefault(carriage_id, set())
        for key in keys:
            own.add(key)
            self.contested.setdefault(key, set()).add(carriage_id)

    def know_keys(self, person: Person) -> None:
        """Makes a carriage known by the identity keys and cards of its evidence."""
        for piece in person.pieces.values():
            for key in piece.keys:
                self.identity.setdefault(key, set()).add(person.id)
            for card in piece.cards:
                self.claims.setdefault(ascii_key(card.number), set()).add(person.id)

    def joined_with(self, pieces: Iterable[Evidence]) -> set[int]:
        """The carriages that share an identity key with one of these pieces, directly or through others."""
        found: set[int] = set()
        ahead = {key for piece in pieces for key in piece.keys}
        seen: set[str] = set()
        while ahead:
            seen |= ahead
            new = {owner for key in ahead for owner in self.identity.get(key, ())} - found
            found |= new
            ahead = {
                key for each in new for one in self.persons[each].pieces.values() for key in one.keys
            } - seen
        return found

    def keys_of(self, carriage_id: int) -> set[str]:
        """The identity keys of a carriage."""
        return {key for piece in self.persons[carriage_id].pieces.values() for key in piece.keys}

    def sharing(self, person: Person) -> set[int]:
        """The other carriages that share an identity key with this one: people whom a key doesn't tell apart."""
        return {owner for key in self.keys_of(person.id) for owner in self.identity.get(key, ())} - {
            person.id
        }

    def know_card(self, card: Card) -> None:
        self.cards[card.programme, card.number] = card
        self.cards_by_member.setdefault(card.member_id, set()).add(card.number)

    def put_card(self, card: Card) -> None:
        self.know_card(card)
        self.changed_cards.add((card.programme, card.number))

    def root(self, member_id: int) -> int:
        """The id of the member who survives, where this one was merged into another."""
        return self.survivors.get(member_id, member_id)

    def family(self, member_id: int) -> list[int]:
        """Ids of the surviving member and all merged into it, the survivor first."""
        root = self.root(member_id)
        merged = (each for each, survivor in self.survivors.items() if survivor == root != each)
        return [root, *sorted(merged, key=lambda each: self.members[each].number)]

    def holder(self, card: Card) -> Member:
        """The member to whom a card belongs, after merges."""
        return self.members[self.root(card.member_id)]

    def names_of(self, member: Member) -> tuple[Name, ...]:
        """All spellings that are known to be the member's: those of the member file, those of members merged with it,
        and those that staff accepted."""
        if not self.survivors and not self.accepted:
            return member.names
        family = self.family(member.id)
        accepted = {
            Name(one.surname, one.given)
            for each in family
            for number in self.cards_by_member.get(each, ())
            for one in self.accepted.get(number, {}).values()
            if one.accepted and one.airline in self.programmes[member.programme].carriers
        }
        own = (name for each in family for name in self.members[each].names)
        return tuple(dict.fromkeys([*own, *sorted(accepted, key=lambda name: (name.surname, name.given))]))

    def aliases(self, number: str) -> set[str]:
        """This card number and all others of the members who have it."""
        found = {number}
        for programme in self.programmes:
            card = self.cards.get((programme, number))
            if card is not None:
                root = self.root(card.member_id)
                merged = [each for each, survivor in self.survivors.items() if survivor == root]
                for member_id in (root, card.member_id, *merged):
                    found |= self.cards_by_member.get(member_id, set())
        return found

    def listed(self, departure_key: str, originator: str, kind: str) -> list[Evidence]:
        """Standing evidence that lists of this originator and kind gave about a departure."""
        return [
            piece
            for carriage_id in self.departures.get(departure_key, ())
            for piece in self.persons[carriage_id].pieces.values()
            if (piece.originator, piece.kind) == (originator, kind)
        ]

    def know_person(self, person: Person) -> Person:
        self.persons[person.id] = person
        self.departures.setdefault(person.departure_key, set()).add(person.id)
        return person

    def programme_for(self, airline: str) -> Programme | None:
        """The programme that serves cards of this airline code."""
        for name in sorted(self.programmes):
            if airline in self.programmes[name].carriers:
                return self.programmes[name]
        return None

    def operated_as(self, departure_key: str) -> set[str]:
        """The departures that programmes' tables of code shares say are flown under this one's number; seldom any."""
        found = set()
        for programme in self.programmes.values():
            if programme.codeshares:
                carrier, number, when_and_where = departure_key.split("/", 2)
                flight = programme.codeshares.get(f"{carrier}/{number}")
                found |= {f"{flight}/{when_and_where}"} if flight else set()
        return found

    def same_departures(self, departure_key: str) -> set[str]:
        """This departure and those that programmes' tables of code shares say are the same flight."""
        found = {departure_key}
        for programme in self.programmes.values():
            if programme.codeshares:
                carrier, number, when_and_where = departure_key.split("/", 2)
                flights = programme.same_flights(f"{carrier}/{number}")
                found |= {f"{flight}/{when_and_where}" for flight in flights}
        return found

    def card_of(self, programme: str, number: str, followed: Container[str] = SUCCEEDED) -> Card | None:
        """The card, or the one of the same member that replaced it, however often, as long as the state is one of
        those ``followed``; old numbers stay aliases for ever."""
        card = self.cards.get((programme, ascii_key(number)))
        seen: set[str] = set()
        while card is not None and card.state in followed and card.replaced_by and card.number not in seen:
            seen.add(card.number)
            successor = self.cards.get((programme, card.replaced_by))
            if successor is None or self.root(successor.member_id) != self.root(card.member_id):
                break
            card = successor
        return card

    def credits_on(self, carriage_id: int) -> list[Credit]:
        """The standing credits of one carriage, in key order."""
        return [self.credits[key] for key in sorted(self.credits_by_carriage.get(carriage_id, ()))]

    def credits_of(self, member_id: int, since: str) -> list[Credit]:
        """The member's standing credits of flights on ``since`` or later (earlier ones need not be loaded)."""
        found = (self.credits[key] for key in self.credits_by_member.get(member_id, ()))
        return [credit for credit in found if credit.flown_on >= since]

    def know_credit(self, credit: Credit) -> None:
        """Takes over a credit as it stands, without marking it changed."""
        key = (credit.programme, credit.key)
        self.credits[key] = credit
        self.credits_by_carriage.setdefault(credit.carriage_id, set()).add(key)
        self.credits_by_member.setdefault(credit.member_id, set()).add(key)

    def put_credit(self, credit: Credit) -> None:
        """Raises RuntimeError where another entry stands under this key: nobody could take it back any more."""
        known = self.credits.get((credit.programme, credit.key))
        if known is not None and (known.lane, known.seq) != (credit.lane, credit.seq):
            raise RuntimeError(f"{credit.key} is credited by entry {known.lane}/{known.seq} already")
        self.know_credit(credit)
        self.changed_credits.add((credit.programme, credit.key))
        self.gone_credits.discard((credit.programme, credit.key))

    def drop_credit(self, credit: Credit) -> None:
        key = (credit.programme, credit.key)
        del self.credits[key]
        self.credits_by_carriage[credit.carriage_id].discard(key)
        self.credits_by_member[credit.member_id].discard(key)
        self.changed_credits.discard((credit.programme, credit.key))
        self.gone_credits.add((credit.programme, credit.key))

    def count(self, member_id: int, day: str, counters: Mapping[str, int], sign: int = 1) -> None:
        """A flight of this day counts so much for tiers from now on; -1: no longer."""
        own = self.counted.setdefault(member_id, {}).setdefault(day, {})
        for unit, amount in counters.items():
            own[unit] = own.get(unit, 0) + sign * amount
            self.changed_days.add((member_id, day, unit))
        self.spells.pop(member_id, None)
        self.unsettled_tiers.add(member_id)

    def put_member(self, member: Member) -> None:
        self.members[member.id] = member
        self.member_ids[member.programme, member.number] = member.id
        self.changed_members.add(member.id)

    def put_telegram(self, telegram: Telegram) -> None:
        self.telegrams[telegram.key] = telegram
        self.changed_telegrams.add(telegram.key)

    def end_answer(self, key: str, journal_id: int) -> None:
        """The telegrams of this list answer are in the outbox, by this journal row."""
        if key not in self.answers:
            self.unasked_answers[key] = journal_id
        elif self.answers[key] == "due":
            self.ended_answers.add(key)
        self.answers[key] = "queued"

    def know_lot(self, lot: Lot) -> None:
        self.lots[lot.key] = lot
        self.lots_by_member.setdefault(lot.member_id, set()).add(lot.key)

    def put_lot(self, lot: Lot) -> None:
        self.know_lot(lot)
        self.changed_lots.add(lot.key)

    def put_offset(self, slot: tuple[str, int], debtor_id: int) -> None:
        self.offsets[slot] = debtor_id
        self.new_offsets.add(slot)

    def drop_offset(self, slot: tuple[str, int]) -> None:
        del self.offsets[slot]
        if slot in self.new_offsets:
            self.new_offsets.remove(slot)
        else:
            self.gone_offsets.add(slot)

    def place_of(self, member_id: int) -> PoolPlace | None:
        """The place in the pool that a member, or one merged into one with it, has joined."""
        places = (self.spending.joined.get(each) for each in self.family(member_id))
        return next((place for place in places if place is not None), None)

    def lots_of(self, member_id: int) -> list[Lot]:
        """The member's lots, as far as they are loaded: open and held ones wherever miles may be spent."""
        return [self.lots[key] for key in self.lots_by_member.get(member_id, ())]

    def lots_made_by(self, lane: str, seq: int) -> list[Lot]:
        """The lots that an entry made, by number."""
        found: list[Lot] = []
        while (lot := self.lots.get((lane, seq, len(found) + 1))) is not None:
            found.append(lot)
        return found
