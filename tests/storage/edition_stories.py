"""Stories about lists that stand beside others or take their place: damaged ones and corrections."""

from dataclasses import replace

from tests.storage.airline import CARD
from tests.storage.list_stories import (
    FTL,
    PNL,
    POSTED,
    PRL,
    PRL_WITH_CARD,
    SECOND_CARD,
    STRANGER,
    TICKET,
    adl,
    pfs,
    story,
    told,
    who,
)

BY_CABIN = {"award": 500, "qualifying": 500, "segments": 1}
"""Where nothing but a PRL by cabins says the class: the least of all, which is the programme's minimum."""

EDITION_STORIES = [
    # --- lists of which names were lost
    story(
        "the newer PRL has lost a name: it may be hers",
        PRL_WITH_CARD,
        replace(told("PRL", STRANGER, at=5), incomplete=True),
        ends="boarded none, boarded posted",
        M1=BY_CABIN,
    ),
    story(
        "a whole PRL after the damaged one names her no longer",
        PRL_WITH_CARD,
        replace(told("PRL", STRANGER, at=5), incomplete=True),
        told("PRL", STRANGER, at=10),
        ends="boarded none",
    ),
    story(
        "what a damaged list does say of her corrects the older one",
        PRL_WITH_CARD,
        replace(told("PRL", who(card=SECOND_CARD, ticket=TICKET, coupon=1), at=5), incomplete=True),
        ends="boarded posted",
        M5=BY_CABIN,
    ),
    story(
        "a damaged list older than the whole one says nothing any more",
        told("PRL", STRANGER, at=5),
        replace(PRL_WITH_CARD, incomplete=True),
        ends="boarded none",
    ),
    story(
        "two damaged lists stand beside each other",
        replace(PRL_WITH_CARD, incomplete=True),
        replace(told("PRL", STRANGER, at=5), incomplete=True),
        ends="boarded none, boarded posted",
        M1=BY_CABIN,
    ),
    story(
        "a later PFS that has lost a name takes no NOSHO back",
        FTL,
        PRL,
        pfs("NOSHO"),
        replace(told("PFS", replace(STRANGER, category="NOSHO"), at=31), incomplete=True),
        ends="not_flown none, not_flown none",
    ),
    story(
        "a later PNL that has lost a name leaves the booking before it standing",
        PNL,
        replace(told("PNL", STRANGER, at=-500), incomplete=True),
        adl("CHG", -550, SECOND_CARD, ticket=TICKET, coupon=1),
        told("PRL", who(ticket=TICKET, coupon=1)),
        ends="boarded posted, booked none",
        M5=POSTED,
    ),
    # --- corrections
    story(
        "a correction of the same time names her no longer",
        PRL_WITH_CARD,
        replace(told("PRL", STRANGER), correction=True),
        ends="boarded none",
    ),
    story(
        "lists of one time stand beside each other until one is corrected",
        PRL_WITH_CARD,
        told("PRL", STRANGER),
        replace(told("PRL", who(card=SECOND_CARD, ticket=TICKET, coupon=1)), correction=True),
        ends="boarded posted",
        M5=BY_CABIN,
    ),
    story(
        "whatever is later than the correction displaces it",
        PRL,
        replace(told("PRL", STRANGER), correction=True),
        told("PRL", who(card=CARD), at=1),
        ends="boarded posted",
        M1=BY_CABIN,
    ),
    story(
        "a damaged correction adds and corrects",
        PRL_WITH_CARD,
        replace(told("PRL", STRANGER), correction=True, incomplete=True),
        ends="boarded none, boarded posted",
        M1=BY_CABIN,
    ),
    story(
        "a corrected ADL takes the place of its own, and of no other",
        PNL,
        adl("CHG", -500, SECOND_CARD),
        told("ADL", replace(STRANGER, change="ADD"), at=-400),
        replace(told("ADL", replace(STRANGER, change="ADD"), at=-500), correction=True),
        told("PRL", who(ticket=TICKET, coupon=1)),
        ends="boarded posted, booked none",
        M1=POSTED,
    ),
    story(
        "an ADL of the PNL's time still says the last word when the PNL is corrected",
        replace(PNL, correction=True),
        adl("CHG", -600, SECOND_CARD, ticket=TICKET, coupon=1),
        told("PRL", who(ticket=TICKET, coupon=1)),
        ends="boarded posted",
        M5=POSTED,
    ),
]
