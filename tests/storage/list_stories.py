"""Stories about one passenger: what the lists say, and what must stand at the end. Told in any order."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from loyalty_core import (
    CardClaim,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Marketing,
    Name,
    Transaction,
)
from tests.storage.airline import CARD, DEPARTURE, HEADER, NOON, VERA, coupon, person

TICKET = "2986120000017"
SECOND_CARD = CardClaim("UT", "7700000000300")
FOREIGN_CARD = CardClaim("S7", "900000000017")
IVAN, IGOR = Name("ORLOV", "IVAN"), Name("ORLOV", "IGOR")
IGORS_CARD = CardClaim("UT", "7700000000219")
OTHERS = (
    HEADER
    + "M5,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,,UT,7700000000300,active,,\n"
    + "M8,ORLOV,IGOR,,,UT,7700000000219,active,,\n"
).encode()
ORDERS_MAX = 120
"""Orders of one story: all of those of up to five messages."""

POSTED = {"award": 840, "qualifying": 840, "segments": 1}


def who(name: Name = VERA, card: CardClaim | None = None, **said: Any) -> ListedPerson:
    """A listed person; what is not about name, card and locator is set by its field."""
    base = person(name, card=card, locator=said.pop("locator", "0Q4MR7"), group=said.pop("group", "Y"))
    return replace(base, **said)


def told(
    kind: str, *persons: ListedPerson, at: int = 0, by: str = "MOWRMUT", on: Departure = DEPARTURE
) -> ListReceived:
    """A list made ``at`` minutes after noon."""
    return ListReceived(kind, by, on, NOON + timedelta(minutes=at), persons)


def pfs(category: str, card: CardClaim | None = None, at: int = 30, **said: Any) -> ListReceived:
    return told("PFS", who(card=card, category=category, **said), at=at)


def adl(change: str, at: int, card: CardClaim | None = None, **said: Any) -> ListReceived:
    return told("ADL", who(card=card, change=change, **said), at=at)


FTL = told("FTL", who(card=CARD))
PRL = told("PRL", who(ticket=TICKET, coupon=1))
PRL_WITH_CARD = told("PRL", who(card=CARD, ticket=TICKET, coupon=1, group="Y"))
PNL = told("PNL", who(card=CARD, ticket=TICKET, coupon=1), at=-600)
BARE_PNL = told("PNL", who(), at=-600)
NEXT_DAY = Departure(Flight("UT", "453"), DEPARTURE.on + timedelta(days=1), "DME")
STRANGER = who(Name("SMITH", "ANN"), locator="ZZZZZZ")


@dataclass(frozen=True)
class Story:
    """``people`` are (state, credit) of all carriages that have an end of their own, sorted; ``miles`` by member."""

    name: str
    messages: tuple[Transaction, ...]
    people: tuple[tuple[str, str], ...]
    miles: dict[str, dict[str, int]]


def story(name: str, *messages: Transaction, ends: str, **miles: dict[str, int]) -> Story:
    people = [tuple(one.split()) for one in ends.split(",") if one.strip()]
    return Story(name, messages, tuple(sorted(people)), miles)  # type: ignore[arg-type]


STORIES = [
    # --- PFS: who didn't fly
    story("FTL lists her, PFS says NOSHO", FTL, pfs("NOSHO"), ends="not_flown none"),
    story("she was on the PRL, yet PFS says NOSHO", FTL, PRL, pfs("NOSHO"), ends="not_flown none"),
    story(
        "NOSHO, but the coupon was flown", FTL, pfs("NOSHO"), PRL, coupon("F"), ends="flown posted", M1=POSTED
    ),
    story("off-loaded with a booking", FTL, PNL, pfs("OFFLK"), ends="not_flown none"),
    story("off-loaded without a booking", FTL, pfs("OFFLN"), ends="not_flown none"),
    story("stood by in vain", FTL, pfs("GOSHN"), ends="not_flown none"),
    story(
        "moved to tomorrow's flight, where the coupon is flown",
        FTL,
        PRL,
        pfs("CHGFL"),
        coupon("F", on=NEXT_DAY.on, flight=NEXT_DAY.flight),
        ends="not_flown none, flown posted",
        M1=POSTED,
    ),
    story(
        "a later PFS takes the NOSHO back",
        FTL,
        PRL,
        pfs("NOSHO"),
        told("PFS", replace(STRANGER, category="NOSHO"), at=31),
        ends="boarded posted, not_flown none",
        M1=POSTED,
    ),
    story(
        "a later PFS of numbers only takes nothing back",
        FTL,
        pfs("NOSHO"),
        told("PFS", at=31),
        ends="not_flown none",
    ),
    story(
        "no-show under somebody else's card: nobody has to look into it",
        told("FTL", who(Name("KOVALEVA", "INNA"), card=CARD)),
        told("PFS", who(Name("KOVALEVA", "INNA"), category="NOSHO"), at=30),
        ends="not_flown none",
    ),
    # --- PFS: who flew after all
    story("stood by and boarded, card at the airport", pfs("GOSHO", CARD), ends="boarded posted", M1=POSTED),
    story("boarded without a booking", pfs("NOREC", CARD), ends="boarded posted", M1=POSTED),
    story("boarded from the waiting list", PNL, pfs("CFMWL"), ends="boarded posted", M1=POSTED),
    story("staff boards, even with a card", FTL, PRL, pfs("IDPAD"), ends="boarded none"),
    story("staff by the PRL's own word", told("PRL", who(card=CARD, staff=True)), ends="boarded none"),
    story(
        "only documents changed: nothing happens",
        FTL,
        pfs("APIPX"),
        ends="listed pending",
        M1={"pending": 840},
    ),
    story("a category nobody knows", FTL, pfs("XQZWW"), ends="doubtful pending", M1={"pending": 840}),
    story(
        "boarded, but the PFS has a category that nobody knows",
        FTL,
        PRL,
        pfs("NSHOW"),
        ends="doubtful pending",
        M1={"pending": 840},
    ),
    story(
        "whatever that category is, the coupon was flown",
        FTL,
        pfs("NSHOW"),
        coupon("F"),
        ends="flown posted",
        M1=POSTED,
    ),
    story(
        "one category that nobody knows, and one that everybody does",
        FTL,
        told("PFS", who(category="NSHOW"), who(category="NOSHO"), at=30),
        ends="not_flown none",
    ),
    # --- PFS: what changed
    story(
        "another card at the airport", FTL, PRL, pfs("FQTVN", SECOND_CARD), ends="boarded posted", M5=POSTED
    ),
    story("a card at last", BARE_PNL, PRL, pfs("FQTVN", CARD), ends="boarded posted", M1=POSTED),
    story("another airline's card instead", FTL, PRL, pfs("FQTVN", FOREIGN_CARD), ends="boarded refused"),
    story("a card changed, but none is given", FTL, PRL, pfs("FQTVN"), ends="boarded posted", M1=POSTED),
    story(
        "lifted to business against her will: as booked",
        PNL,
        told("PRL", who(card=CARD, ticket=TICKET, coupon=1, group="D")),
        pfs("INVOL", group="D"),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "put down to economy against her will: as booked",
        told("PNL", who(card=CARD, group="D"), at=-600),
        told("FTL", who(card=CARD, group="Y")),
        pfs("INVOL", group="Y"),
        ends="boarded posted",
        M1={"award": 1260, "qualifying": 1260, "segments": 1},
    ),
    story(
        "lifted against her will, booked as the marketing flight says",
        told("FTL", who(card=CARD, group="D")),
        pfs("INVOL", group="D", marketing=Marketing(Flight("UT", "451"), "Y")),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "paid for business at the airport: as carried",
        PNL,
        told("FTL", who(card=replace(CARD, booked_class="Y"), group="D")),
        pfs("CHGCL", group="D"),
        ends="boarded posted",
        M1={"award": 1260, "qualifying": 1260, "segments": 1},
    ),
    story(
        "gets off elsewhere",
        PNL,
        told("FTL", who(card=CARD)),
        pfs("CHGSG", off_point="LED"),
        ends="boarded posted",
        M1={"award": 500, "qualifying": 500, "segments": 1},
    ),
    # --- PNL and ADL
    story("a booking earns nothing", PNL, ends="booked none"),
    story("booked, deleted", PNL, adl("DEL", -500), ends="cancelled none"),
    story("booked, deleted, booked again", PNL, adl("DEL", -500), adl("ADD", -400, CARD), ends="booked none"),
    story(
        "deleted, and yet aboard",
        PNL,
        adl("DEL", -500),
        PRL_WITH_CARD,
        ends="boarded posted",
        M1={"award": 500, "qualifying": 500, "segments": 1},
    ),
    story(
        "the deleted booking's card counts no longer",
        PNL,
        adl("DEL", -500),
        told("PRL", who()),
        ends="boarded none",
    ),
    story(
        "an ADL gives the card, the PRL that she boarded",
        BARE_PNL,
        adl("CHG", -400, CARD),
        told("PRL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "an ADL changes the card",
        PNL,
        adl("CHG", -400, SECOND_CARD),
        told("PRL", who()),
        ends="boarded posted",
        M5=POSTED,
    ),
    story(
        "an older ADL comes behind a newer",
        PNL,
        adl("CHG", -400, SECOND_CARD),
        adl("CHG", -300, CARD),
        told("PRL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "another class: deleted and added in one ADL",
        PNL,
        told("ADL", who(change="DEL", group="Y"), who(card=CARD, change="ADD", group="L"), at=-400),
        told("ETL", who()),
        ends="boarded posted",
        M1={"award": 630, "qualifying": 630, "segments": 1},
    ),
    story(
        "an ADL without its PNL", adl("ADD", -400, CARD), told("ETL", who()), ends="boarded posted", M1=POSTED
    ),
    story(
        "a second PNL takes the place of all before",
        PNL,
        adl("ADD", -500, SECOND_CARD, name=IVAN, locator="1A1A1A"),
        told("PNL", STRANGER, at=-300),
        ends="booked none",
    ),
    story(
        "an ADL older than the second PNL",
        told("PNL", who(card=CARD), at=-300),
        adl("DEL", -500),
        told("ETL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "a PNL of numbers only",
        PNL,
        told("PNL", at=-300),
        told("ETL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story("a PNL of the same moment as its ADL", PNL, adl("DEL", -600), ends="cancelled none"),
    story(
        "two systems have her booked, one deletes her",
        PNL,
        told("PNL", who(card=CARD), at=-590, by="LEDRM1A"),
        told("ADL", who(change="DEL"), at=-500, by="LEDRM1A"),
        told("ETL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story("a NIL ADL", PNL, replace(told("ADL", at=-400), nil=True), ends="booked none"),
    story(
        "booked in economy, PRL knows only the cabin",
        told("PNL", who(card=CARD, group="L"), at=-600),
        PRL,
        ends="boarded posted",
        M1={"award": 630, "qualifying": 630, "segments": 1},
    ),
    # --- persons
    story("an infant without seat", told("PRL", who(card=CARD, seats=0)), ends=""),
    story(
        "an extra seat earns nothing",
        told("FTL", who(card=CARD, seats=2)),
        told("ETL", who(seats=2)),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "cards of two airlines on one name",
        told("FTL", replace(who(), cards=(FOREIGN_CARD, CARD))),
        told("ETL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "the booked class stands behind the card",
        told("FTL", who(card=replace(CARD, booked_class="Y"), group="D")),
        told("ETL", who()),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "a ticket without coupon number joins nobody, its locator does",
        FTL,
        told("PRL", who(ticket=TICKET)),
        ends="boarded posted",
        M1=POSTED,
    ),
    story(
        "a Russian ticket number",
        told("PNL", who(card=CARD, ticket="83A2451071307", coupon=2), at=-600),
        coupon("F", ticket="83А2451071307", number=2),  # the letter in Cyrillic
        ends="flown posted",
        M1=POSTED,
    ),
    story(
        "a party: one locator, own names, own cards",
        told("PNL", who(card=CARD), who(IGOR, card=IGORS_CARD), at=-600),
        told("ETL", who(), who(IGOR)),
        pfs("NOSHO", at=30, name=IGOR),
        ends="boarded posted, not_flown none",
        M1=POSTED,
    ),
    story(
        "father and son of one initial: the father's NOSHO is not the son's",
        told("FTL", who(IGOR, card=IGORS_CARD)),
        told("PRL", who(IGOR)),
        told("PFS", who(IVAN, category="NOSHO"), at=30),
        ends="boarded posted, not_flown none",
        M8=POSTED,
    ),
    story(
        "under two categories of one PFS",
        FTL,
        told(
            "PFS",
            who(card=SECOND_CARD, category="FQTVN"),
            who(category="INVOL", group="D"),
            at=30,
        ),
        ends="boarded posted",
        M5=POSTED,
    ),
    story(
        "boarded by the list of services used",
        FTL,
        told("ASL", who(ticket=TICKET, coupon=1)),
        ends="boarded posted",
        M1=POSTED,
    ),
]
