"""Carriages: what all standing evidence about one person on one leg says together.

A function of the *set* of evidence, so that any order of arrival gives the same carriages.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .editions import BOOKINGS, last_words
from .evidence import Evidence
from .keys import CORRECTED, ascii_key, coupon_key
from .resolutions import last_resolution
from .sale import Sale, believed, together
from .stable_json import encode
from .states import (
    BOOKED,
    CLAIM,
    COUPON,
    EFFECTS,
    STAFF,
    STATE_RANKS,
    TAKEN_BACK,
    CarriageState,
    Effect,
    coupon_words,
    latest_word,
    ranked,
)
from .transactions import CardClaim, Marketing, Name


def _ranked(piece: Evidence) -> tuple[int, CarriageState]:
    return ranked(piece.kind, piece.status)


# Which source to believe for a field when several give it; earlier is stronger.
_CARD_SOURCES = (COUPON, "PRL", "FTL", "PFS", "ETL", "ASL", "ADL", "PNL", CLAIM, STAFF)
_NAME_SOURCES = (COUPON, "PRL", "ETL", "ASL", "FTL", "PFS", "ADL", "PNL", CLAIM, STAFF)
_LEG_SOURCES = (COUPON, "PRL", "ETL", "ASL", "FTL", "ADL", "PNL", "PFS", CLAIM, STAFF)
"""Of the lists a PFS comes last: the letter behind a category is often only a cabin. What it changes is in
``EFFECTS``."""


@dataclass(frozen=True, slots=True)
class Carriage:
    """The joined view of one person on one leg. ``key`` is the coupon where known, else the smallest identity key."""

    departure_key: str
    key: str
    state: CarriageState
    cards: tuple[CardClaim, ...]
    """Cards named for this person, strongest source first."""
    names: tuple[Name, ...]
    off_point: str
    booking_class: str
    class_is_cabin: bool
    marketing: Marketing | None
    ticket: str
    coupon: int
    fare_basis: str
    fare: tuple[str, str]
    """Amount and currency of the coupon's fare, ("", "") where nobody told it."""
    sale: Sale
    """What else was told of the coupon's sale."""
    staff: bool
    """Travels as staff or on standby: earns nothing, whatever the state."""
    resolution: str = ""
    """What the airline's staff decided about the carriage: ASSIGN, UPHOLD, REJECT or ""."""

    @property
    def assigned(self) -> bool:
        """Staff says whose carriage it is: the only card is the holder's, and names don't count."""
        return self.resolution in ("ASSIGN", "UPHOLD")

    def as_json(self) -> str:
        """All of it as stable JSON text: carriages are stored in this form, and the state hash covers it."""
        marketing = self.marketing
        return encode(
            {
                "state": self.state,
                "cards": [
                    [card.airline, card.number, card.role, card.booked_class, card.tier]
                    for card in self.cards
                ],
                "names": [[name.surname, name.given] for name in self.names],
                "off_point": self.off_point,
                "booking_class": self.booking_class,
                "class_is_cabin": self.class_is_cabin,
                "marketing": [
                    marketing.flight.carrier,
                    marketing.flight.number,
                    marketing.flight.suffix,
                    marketing.booking_class,
                ]
                if marketing
                else None,
                "ticket": self.ticket,
                "coupon": self.coupon,
                "fare_basis": self.fare_basis,
                "staff": self.staff,
            }
            | ({"fare": self.fare} if self.fare[0] else {})
            | ({"sale": sale} if (sale := self.sale.told()) else {})
            | ({"resolution": self.resolution} if self.resolution else {})
        )

    def names_with(self, card: CardClaim, evidence: Iterable[Evidence]) -> tuple[Name, ...]:
        """The names under which messages gave this very card, in the order of ``names``."""
        wanted = ascii_key(card.number)
        found = {
            piece.name
            for piece in evidence
            if any(ascii_key(other.number) == wanted for other in piece.cards)
        }
        return tuple(name for name in self.names if name in found)

    def names_of_state(self, evidence: Iterable[Evidence]) -> tuple[Name, ...]:
        """The names under which messages said what became of the person: those that give the carriage its state."""
        found = {piece.name for piece in evidence if _ranked(piece)[1] is self.state}
        return tuple(name for name in self.names if name in found)


def _strength(sources: Sequence[str]) -> Callable[[Evidence], tuple[object, ...]]:
    """Sort key: stronger source first, then the later event or edition, then the content, so that ties never depend
    on arrival. Of claims the older is stronger: who claims a flight later takes it from nobody."""

    def key(piece: Evidence) -> tuple[object, ...]:
        moment = piece.event_at or piece.edition
        if moment and not moment.endswith(CORRECTED):
            moment += " "  # of one width with a correction, which belongs before what it corrects
        direction = 1 if piece.kind == CLAIM else -1
        in_time = tuple(direction * ord(letter) for letter in moment)
        # A text that is given sorts before none at all.
        return (sources.index(piece.kind), not in_time, in_time, piece.status, piece.content)

    return key


def _reports(pieces: Iterable[Evidence]) -> list[tuple[str, str]]:
    return [(piece.status, piece.event_at) for piece in pieces]


def _word_of(
    key: str, told: Sequence[Evidence], elsewhere: Mapping[str, Sequence[Evidence]]
) -> tuple[int, CarriageState]:
    """What was said here of one coupon, unless reports on it from other departures take it back or supersede that.
    They never say more: who flew there has not flown here."""
    own = [piece for piece in told if piece.kind == COUPON]
    words = coupon_words(_reports(own))
    others = elsewhere.get(key)
    if others:
        word = max(words, default=BOOKED)
        overall = latest_word(_reports([*own, *others]))
        if overall[1] in TAKEN_BACK:
            word = overall
        elif word[1] not in TAKEN_BACK:
            word = min(word, overall)
        if word[1] in TAKEN_BACK:
            return word
        words = [word] if own else []
    return max([*words, *(_ranked(piece) for piece in told if piece.kind != COUPON)])


def _state_of(
    pieces: Sequence[Evidence], elsewhere: Mapping[str, Sequence[Evidence]]
) -> tuple[CarriageState, Sequence[Evidence]]:
    """What became of the person, and the evidence to take the leg's facts from.

    Refunded, exchanged or void is one coupon, not the person: who changed an exchanged ticket for a new one flies on
    that. So each coupon has its own word, and what speaks about taken-back ones counts only where nothing else is left.
    """
    of_coupon: dict[str, list[Evidence]] = {}
    for piece in pieces:
        of_coupon.setdefault(coupon_key(piece.ticket, piece.coupon), []).append(piece)
    words = {key: _word_of(key, told, elsewhere) for key, told in of_coupon.items()}
    alive = {key for key, (_rank, state) in words.items() if key and state not in TAKEN_BACK}
    if alive and words.get("", BOOKED)[1] not in TAKEN_BACK:
        pieces = [piece for key, told in of_coupon.items() if not key or key in alive for piece in told]
        words = {key: word for key, word in words.items() if not key or key in alive}
    return max(words.values())[1], pieces


def _telling(pieces: Iterable[Evidence], effect: Effect) -> list[Evidence]:
    return [piece for piece in pieces if EFFECTS.get((piece.kind, piece.status)) is effect]


_NOTHING: Mapping[str, Sequence[Evidence]] = {}


def join(pieces: Sequence[Evidence], elsewhere: Mapping[str, Sequence[Evidence]] = _NOTHING) -> Carriage:
    """What the standing evidence about one person on one leg says, all of it taken together. ``pieces`` not empty, the
    departure is that of the first. ``elsewhere``: coupon key -> reports on it from other departures."""
    told = [piece for piece in pieces if piece.kind != STAFF]
    resolved = last_resolution(pieces)
    said = last_words(told or pieces)
    state, standing = _state_of(said, elsewhere)
    by_card, by_name, by_leg = (
        sorted(told, key=_strength(sources)) if len(told) > 1 else told
        for told, sources in ((said, _CARD_SOURCES), (said, _NAME_SOURCES), (standing, _LEG_SOURCES))
    )
    replacing = [piece for piece in _telling(by_card, Effect.REPLACES_CARDS) if piece.cards]
    cards: dict[tuple[str, str], CardClaim] = {}
    for piece in replacing or by_card:
        for card in sorted(
            piece.cards,
            key=lambda card: (card.role, card.airline, card.number, card.booked_class, card.tier),
        ):
            cards.setdefault((card.airline, card.number), card)
    letter, is_cabin = _class_to_credit(by_leg)
    ticketed = next((piece for piece in by_leg if piece.ticket and piece.coupon), None) or next(
        (piece for piece in by_leg if piece.ticket), None
    )
    ticket, coupon = (ticketed.ticket, ticketed.coupon) if ticketed else ("", 0)
    fare = next((piece.fare for piece in by_leg if piece.fare[0]), ("", ""))
    if resolved is not None:
        state = max(_ranked(resolved), (STATE_RANKS[state], state))[1]
        if resolved.cards:
            cards = {(card.airline, card.number): card for card in resolved.cards}
    return Carriage(
        departure_key=pieces[0].departure_key,
        key=coupon_key(ticket, coupon) or min(key for piece in pieces for key in piece.keys),
        state=state,
        cards=tuple(cards.values()),
        names=tuple(dict.fromkeys(piece.name for piece in by_name)),
        off_point=(_telling(by_leg, Effect.CHANGES_DESTINATION) or by_leg)[0].off_point,
        booking_class=letter,
        class_is_cabin=is_cabin,
        marketing=next((piece.marketing for piece in by_leg if piece.marketing), None),
        ticket=ticket,
        coupon=coupon,
        fare_basis=next((piece.fare_basis for piece in by_leg if piece.fare_basis), ""),
        fare=fare,
        sale=together(
            [(believed(piece.sale, piece.departure_key), piece.fare[1]) for piece in by_leg], fare[1]
        ),
        staff=any(piece.staff for piece in said) or bool(_telling(said, Effect.EARNS_NOTHING)),
        resolution=resolved.status if resolved is not None else "",
    )


def _class_to_credit(by_leg: Sequence[Evidence]) -> tuple[str, bool]:
    """The class changed to by the passenger's own will, else the booked class behind the card, else the coupon's class,
    else (carried in another class against the will) the one of the booking, else a list grouped by booking class, else
    the marketing flight's class, else the cabin; the flag is true for the last."""
    for piece in _telling(by_leg, Effect.CHANGES_CLASS):
        if piece.booking_class:
            return piece.booking_class, False
    for piece in by_leg:
        for card in piece.cards:
            if card.role == "FQTV" and card.booked_class:
                return card.booked_class, False
    kept = _telling(by_leg, Effect.KEEPS_BOOKED_CLASS)
    for wanted in (
        [piece.booking_class for piece in by_leg if piece.kind == COUPON],
        [piece.booking_class for piece in by_leg if kept and piece.kind in BOOKINGS],
        [piece.marketing.booking_class for piece in by_leg if kept and piece.marketing],
        [piece.booking_class for piece in by_leg if not piece.class_is_cabin],
        [piece.marketing.booking_class for piece in by_leg if piece.marketing],
    ):
        letter = next((letter for letter in wanted if letter), "")
        if letter:
            return letter, False
    return by_leg[0].booking_class, True
