"""What each piece of evidence says about a person on a leg: one table of states, one of single facts.

The highest rank among standing evidence wins, never the last to arrive. Sources: DESIGN 5; the exceptions of a PFS as
the departure control system Astra defines them (observed) and IATA RP 1719; coupon letters of IATA Resolution 722.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

COUPON = "COUPON"
"""Kind of evidence given by a report on a single coupon; the other kinds are list names (FTL, PFS, PNL)."""


CLAIM = "CLAIM"
"""Kind of evidence given by a member: brings a card, and says nothing about flying."""

STAFF = "STAFF"
"""Kind of evidence given by staff about a whole carriage (``loyalty_core.claims``)."""


STATEMENTS = frozenset({CLAIM, STAFF})


class CarriageState(StrEnum):
    """What became of the person on this leg, as far as the evidence goes; programmes decide what earns."""

    CLAIMED = "claimed"
    """Nobody but a member or staff knows of it."""
    CANCELLED = "cancelled"
    BOOKED = "booked"
    UNUSED = "unused"
    """The coupon's own last word is that it was not used: open, suspended or unavailable, with the time of that."""
    LISTED = "listed"
    CHECKED_IN = "checked_in"
    BOARDED = "boarded"
    DOUBTFUL = "doubtful"
    """A PFS names the person under a category that nobody knows: it may take the flight back or not."""
    NOT_FLOWN = "not_flown"
    FLOWN = "flown"
    EXCHANGED = "exchanged"
    REFUNDED = "refunded"
    VOID = "void"


RANKED_STATES: Mapping[tuple[str, str], tuple[int, CarriageState]] = {
    # (kind, coupon letter, PFS category or ADL change) -> (rank, state). What is not here leaves the carriage booked:
    # printed and other coupon letters, those of ``IDLE`` without a time, PNL, an addition or change of an ADL, and
    # APIPX; but an unknown category of a PFS is a doubt.
    (COUPON, "V"): (100, CarriageState.VOID),
    (COUPON, "R"): (95, CarriageState.REFUNDED),
    (COUPON, "E"): (90, CarriageState.EXCHANGED),
    (COUPON, "G"): (90, CarriageState.EXCHANGED),  # exchanged to an FIM: another carriage flies on it
    (COUPON, "X"): (90, CarriageState.EXCHANGED),  # exchanged to paper
    (COUPON, "F"): (80, CarriageState.FLOWN),
    ("PFS", "NOSHO"): (70, CarriageState.NOT_FLOWN),
    ("PFS", "OFFLK"): (70, CarriageState.NOT_FLOWN),  # off-loaded, with a booking
    ("PFS", "OFFLN"): (70, CarriageState.NOT_FLOWN),  # off-loaded, without one
    ("PFS", "OFLD"): (70, CarriageState.NOT_FLOWN),  # off-loaded, as other systems write it
    ("PFS", "GOSHN"): (70, CarriageState.NOT_FLOWN),  # stood by and stayed behind
    ("PFS", "CHGFL"): (70, CarriageState.NOT_FLOWN),  # moved to another flight
    (STAFF, "UPHOLD"): (65, CarriageState.BOARDED),  # staff has seen a boarding pass
    ("PRL", ""): (60, CarriageState.BOARDED),
    ("ETL", ""): (60, CarriageState.BOARDED),
    ("ASL", ""): (60, CarriageState.BOARDED),
    (COUPON, "L"): (60, CarriageState.BOARDED),
    ("PFS", "GOSHO"): (60, CarriageState.BOARDED),  # stood by and boarded
    ("PFS", "NOREC"): (60, CarriageState.BOARDED),  # boarded without a booking
    ("PFS", "CFMWL"): (60, CarriageState.BOARDED),  # boarded from the waiting list
    ("PFS", "IDPAD"): (60, CarriageState.BOARDED),  # staff that boarded
    ("PFS", "FQTVN"): (60, CarriageState.BOARDED),
    ("PFS", "INVOL"): (60, CarriageState.BOARDED),
    ("PFS", "CHGCL"): (60, CarriageState.BOARDED),
    ("PFS", "CHGSG"): (60, CarriageState.BOARDED),
    (COUPON, "C"): (40, CarriageState.CHECKED_IN),
    ("FTL", ""): (30, CarriageState.LISTED),  # checked in with a card, perhaps never boarded
    ("ADL", "DEL"): (5, CarriageState.CANCELLED),
    (CLAIM, ""): (3, CarriageState.CLAIMED),
    (STAFF, "ASSIGN"): (3, CarriageState.CLAIMED),
    (STAFF, "REJECT"): (3, CarriageState.CLAIMED),
    (STAFF, "WITHDRAW"): (3, CarriageState.CLAIMED),
}
BOOKED = (10, CarriageState.BOOKED)

IDLE = frozenset("OSU")
"""Letters of coupons that were not used: open, suspended, unavailable. With the time of the event that is news (she was
checked in, and is no longer); without it, perhaps only what every coupon is at first."""
UNUSED = (12, CarriageState.UNUSED)

DOUBT = (65, CarriageState.DOUBTFUL)
"""Above boarded, for most categories say that somebody was not; below those that are known to, and the flown coupon."""
STATELESS_CATEGORIES = frozenset({"", "APIPX"})
"""Categories of a PFS that say nothing of the carriage: APIPX is a change of documents."""


def ranked(kind: str, status: str) -> tuple[int, CarriageState]:
    """Rank and state that a piece of evidence speaks for."""
    unknown = kind == "PFS" and status not in STATELESS_CATEGORIES
    return RANKED_STATES.get((kind, status), DOUBT if unknown else BOOKED)


def coupon_words(reports: Iterable[tuple[str, str]]) -> list[tuple[int, CarriageState]]:
    """What reports on one coupon, (letter, event time or ""), have to say: of those with an event time the latest
    alone, of one time the highest rank; those without count beside it by rank. Empty for no reports."""
    told = list(reports)
    latest = max((at for _letter, at in told), default="")
    words = [RANKED_STATES.get((COUPON, letter), BOOKED) for letter, at in told if not at]
    if latest:
        words.append(max(_word_at(letter) for letter, at in told if at == latest))
    return words


def _word_at(letter: str) -> tuple[int, CarriageState]:
    return RANKED_STATES.get((COUPON, letter), UNUSED if letter in IDLE else BOOKED)


def latest_word(reports: Iterable[tuple[str, str]]) -> tuple[int, CarriageState]:
    """The word that counts among reports on one coupon; booked where there are none."""
    return max(coupon_words(reports), default=BOOKED)


TAKEN_BACK = frozenset({CarriageState.EXCHANGED, CarriageState.REFUNDED, CarriageState.VOID})

STAYED_BEHIND = frozenset({CarriageState.NOT_FLOWN, CarriageState.CANCELLED})
"""States that no programme can credit: whoever didn't travel has nothing to wait for."""

STATE_RANKS: Mapping[CarriageState, int] = {
    state: rank for rank, state in (BOOKED, UNUSED, DOUBT, *RANKED_STATES.values())
}


class Effect(StrEnum):
    """What a piece of evidence settles beside the state, against all that others say."""

    REPLACES_CARDS = "replaces_cards"
    KEEPS_BOOKED_CLASS = "keeps_booked_class"
    CHANGES_CLASS = "changes_class"
    CHANGES_DESTINATION = "changes_destination"
    EARNS_NOTHING = "earns_nothing"


EFFECTS: Mapping[tuple[str, str], Effect] = {
    ("PFS", "FQTVN"): Effect.REPLACES_CARDS,  # the card was added or changed at the airport
    ("PFS", "INVOL"): Effect.KEEPS_BOOKED_CLASS,  # carried in another class, but not by the passenger's wish
    ("PFS", "CHGCL"): Effect.CHANGES_CLASS,  # of the passenger's own will
    ("PFS", "CHGSG"): Effect.CHANGES_DESTINATION,
    ("PFS", "IDPAD"): Effect.EARNS_NOTHING,  # staff and other standby fares
}
