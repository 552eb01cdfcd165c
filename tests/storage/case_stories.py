"""Claims and resolutions about one departure: what is said, and what must be credited in the end, in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from loyalty_core import (
    CardClaim,
    CaseResolved,
    CreditClaimed,
    ListedPerson,
    ListReceived,
    MembersImported,
    Name,
    Transaction,
    keys,
)
from tests.storage.airline import CARD, DEPARTURE, HEADER, NOON, VERA, coupon
from tests.storage.list_stories import POSTED, TICKET, adl, pfs, told, who

IVAN = Name("ORLOV", "IVAN")
IVANS_CARD = CardClaim("UT", "7700000000417")
MORE = (HEADER + "M9,ORLOV,IVAN,,,UT,7700000000417,active,,\n").encode()
MISTYPED = CardClaim("UT", "7700000000012")
LOCATOR_KEY = keys.locator_identity(DEPARTURE, "0Q4MR7", VERA)
TICKET_KEY = f"{DEPARTURE.key}|T|{TICKET}/1"
STRANGER = Name("SMITH", "ANN")
STRANGER_KEY = keys.locator_identity(DEPARTURE, "0Q4MR7", STRANGER)


def claiming(name: Name = VERA, card: CardClaim = CARD, **said: Any) -> CreditClaimed:
    """A claim of the departure of all tests; with ``flight=False`` by ticket alone."""
    leg = {"marketing": DEPARTURE.flight, "on": DEPARTURE.on, "board_point": "DME"}
    flight = leg if said.pop("flight", True) else {}
    return CreditClaimed("portal", card, name, **{**flight, **said})


def resolving(action: str, carriage: str = "", at: int = 0, **said: Any) -> CaseResolved:
    stated = NOON + timedelta(days=1, minutes=at)
    return CaseResolved("a.petrova", "passport seen", action, stated, carriage, **said)


def prl(person: ListedPerson) -> ListReceived:
    """Grouped by booking class: Y would be a cabin."""
    return told("PRL", replace(person, group_class="B"))


BOARDED = prl(who(ticket=TICKET, coupon=1))
BY_TICKET = claiming(ticket=TICKET, coupon=1)
WITH_CARD = prl(who(card=CARD, ticket=TICKET, coupon=1))
BOOKED = told("PNL", who(group="B", ticket=TICKET, coupon=1), at=-600)
NO_SHOW = pfs("NOSHO", ticket=TICKET, coupon=1)
ANOTHER = told("ETL", who(STRANGER, group="B", locator="ZZZZZZ", ticket="2986120000099", coupon=1))
ANOTHERS_KEY = f"{DEPARTURE.key}|T|2986120000099/1"
AWAY = claiming(ticket="2986120000099", coupon=1)


MISMATCH = prl(who(STRANGER, card=CARD, ticket=TICKET, coupon=1))
MARRIED = Name("SMITH", "VERA")
UNDER_MARRIED_NAME = prl(who(MARRIED, card=CARD, locator="0Q4MR8", ticket=TICKET, coupon=1))
ACCEPT = resolving("accept_name", card=CARD, name=MARRIED)

STORIES: Sequence[tuple[str, tuple[Transaction, ...], dict[str, dict[str, int]]]] = (
    ("a claim before or after the list", (BY_TICKET, BOARDED), {"M1": POSTED}),
    ("a claim, the list, and a PFS that takes it back", (BY_TICKET, BOARDED, NO_SHOW), {}),
    ("a claim and a cancelled booking", (BY_TICKET, BOOKED, adl("DEL", -500, ticket=TICKET, coupon=1)), {}),
    ("a claim and a coupon that is flown", (BY_TICKET, coupon(card=MISTYPED)), {"M1": POSTED}),
    (
        "two members claim one coupon; the name decides",
        (BY_TICKET, claiming(IVAN, IVANS_CARD, ticket=TICKET, coupon=1), BOARDED),
        {"M1": POSTED},
    ),
    (
        "two claims of one flight by one member, one ticket is another's",
        (BY_TICKET, AWAY, BOARDED, ANOTHER),
        {"M1": POSTED},
    ),
    (
        "staff assigns a carriage under a wrong name",
        (MISMATCH, resolving("assign", STRANGER_KEY, card=CARD)),
        {"M1": POSTED},
    ),
    (
        "staff assigns to another than the card says",
        (WITH_CARD, resolving("assign", TICKET_KEY, card=IVANS_CARD)),
        {"M9": POSTED},
    ),
    (
        "assigned, but not flown",
        (
            MISMATCH,
            resolving("assign", STRANGER_KEY, card=CARD),
            pfs("NOSHO", locator="", ticket=TICKET, coupon=1),
        ),
        {},
    ),
    (
        "a last word of three",
        (
            BOARDED,
            resolving("assign", TICKET_KEY, card=CARD),
            resolving("reject", TICKET_KEY, at=1),
            resolving("assign", LOCATOR_KEY, card=CARD, at=2),
        ),
        {"M1": POSTED},
    ),
    (
        "rejected at last",
        (WITH_CARD, resolving("assign", TICKET_KEY, card=CARD), resolving("reject", LOCATOR_KEY, at=1)),
        {},
    ),
    (
        "withdrawn: the lists count again",
        (WITH_CARD, resolving("reject", TICKET_KEY), resolving("withdraw", TICKET_KEY, at=1)),
        {"M1": POSTED},
    ),
    (
        "upheld on a boarding pass, no list says so",
        (BOOKED, resolving("uphold", TICKET_KEY, card=CARD)),
        {"M1": POSTED},
    ),
    ("upheld, but the PFS says not flown", (BOOKED, resolving("uphold", TICKET_KEY, card=CARD), NO_SHOW), {}),
    (
        "upheld on the claim alone",
        (
            claiming(ticket=TICKET, coupon=1, off_point="AER", booking_class="B"),
            resolving("uphold", TICKET_KEY, card=CARD),
        ),
        {"M1": POSTED},
    ),
    ("a spelling is accepted, for all cards of the holder", (UNDER_MARRIED_NAME, ACCEPT), {"M1": POSTED}),
    (
        "a spelling is accepted and forgotten",
        (UNDER_MARRIED_NAME, ACCEPT, resolving("forget_name", at=1, card=CARD, name=MARRIED)),
        {},
    ),
    (
        "forgotten first, accepted later",
        (UNDER_MARRIED_NAME, ACCEPT, resolving("forget_name", at=-1, card=CARD, name=MARRIED)),
        {"M1": POSTED},
    ),
    (
        "assigned to a card that is not known yet",
        (BOARDED, resolving("assign", TICKET_KEY, card=IVANS_CARD), MembersImported(MORE)),
        {"M9": POSTED},
    ),
    (
        "a spelling accepted for a card that is not known yet",
        (
            prl(who(STRANGER, card=IVANS_CARD, ticket=TICKET, coupon=1)),
            resolving("accept_name", card=IVANS_CARD, name=STRANGER),
            MembersImported(MORE),
        ),
        {"M9": POSTED},
    ),
    (
        "one flight, assigned twice to one member",
        (
            BOARDED,
            ANOTHER,
            resolving("assign", TICKET_KEY, card=CARD),
            resolving("assign", ANOTHERS_KEY, card=CARD),
        ),
        {"M1": POSTED},
    ),
)
