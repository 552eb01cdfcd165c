"""What coupon statuses and lists together make of a carriage: the table, event times, all orders."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from loyalty_core.carriage import Carriage, CarriageState, join
from loyalty_core.evidence import Evidence, evidence_of_coupon, evidence_of_list
from loyalty_core.identity import partition, persons_of
from loyalty_core.transactions import (
    CardClaim,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Name,
)

NOON = datetime(2026, 8, 20, 12, tzinfo=UTC)
DEPARTURE = Departure(Flight("UT", "451"), NOON.date(), "DME")
CARD = CardClaim("UT", "7700000000011")
VERA = Name("LUGOVAYA", "VERA")
TICKET, NEW_TICKET = "2986120000017", "2986120000777"


def report(
    status: str, minute: float | None = None, *, ticket: str = TICKET, number: int = 1, letter: str = "Y"
) -> Evidence:
    at = None if minute is None else NOON + timedelta(minutes=minute)
    told = CouponReported(
        "gateway", CARD, VERA, status, DEPARTURE.flight, DEPARTURE.on, "DME", "AER", letter,
        ticket=ticket, coupon=1 if ticket else 0, reported_at=at,
    )  # fmt: skip
    return evidence_of_coupon(told, 1, number)


def listed(kind: str, *, ticket: str = "", number: int = 50) -> Evidence:
    who = ListedPerson(
        VERA, "AER", "Y", (("0Q4MR7", "UT"),), (CARD,), ticket=ticket, coupon=1 if ticket else 0
    )
    message = ListReceived(kind, "MOWRMUT", DEPARTURE, NOON, (who,))
    return evidence_of_list(message, 1, [number])[0]


STATES = {
    "O": "booked", "A": "booked", "S": "booked", "I": "booked", "P": "booked", "N": "booked", "T": "booked",
    "U": "booked", "Z": "booked", "C": "checked_in", "L": "boarded", "F": "flown", "E": "exchanged",
    "G": "exchanged", "X": "exchanged", "R": "refunded", "V": "void",
}  # fmt: skip


TIMED = STATES | dict.fromkeys("OSU", "unused")
"""What the same letters say with the time of the event."""


@pytest.mark.parametrize(("letter", "state"), STATES.items())
@pytest.mark.parametrize("minute", [None, 0])
def test_each_letter_alone(letter: str, state: str, minute: float | None) -> None:
    assert join([report(letter, minute)]).state == (state if minute is None else TIMED[letter])


RANKED = ["OASIPNTUZ", "C", "L", "F", "EGX", "R", "V"]


@pytest.mark.parametrize("lower", range(len(RANKED) - 1))
def test_without_event_time_the_rank_decides(lower: int) -> None:
    for weak in RANKED[lower]:
        for strong in RANKED[lower + 1]:
            both = report(weak, number=1), report(strong, number=2)
            assert join(both).state == join(both[::-1]).state == STATES[strong]


@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("then", "OCFRV")
def test_with_event_times_the_later_counts(first: str, then: str) -> None:
    both = report(first, 0, number=1), report(then, 0.5, number=2)
    assert join(both).state == join(both[::-1]).state == TIMED[then]


@pytest.mark.parametrize(
    "step", [timedelta(microseconds=1), timedelta(milliseconds=500), timedelta(seconds=1)]
)
def test_event_times_within_a_second_are_told_apart(step: timedelta) -> None:
    """12:00:00 is before 12:00:00.5, though its text without fraction sorts behind."""
    later = step.total_seconds() / 60
    for seconds in (0, 1):
        start = seconds / 60
        assert join([report("F", start), report("R", start + later, number=2)]).state == "refunded"
        assert join([report("R", start), report("F", start + later, number=2)]).state == "flown"


def test_flown_again_after_a_mistaken_refund() -> None:
    assert join([report("F", 1), report("R", 2, number=2), report("F", 3, number=3)]).state == "flown"


@pytest.mark.parametrize("letter", "REV")
def test_what_takes_back_outranks_the_lists(letter: str) -> None:
    lists = [
        listed("FTL", number=51),
        listed("PRL", ticket=TICKET, number=52),
        listed("ETL", ticket=TICKET, number=53),
    ]
    assert join([*lists, report("F"), report(letter, 1, number=2)]).state == STATES[letter]


def test_a_list_outranks_a_coupon_that_is_merely_open() -> None:
    assert join([listed("PRL", ticket=TICKET), report("O", 1)]).state == "boarded"
    assert join([listed("FTL"), report("O", 1)]).state == "listed"
    assert join([listed("FTL"), report("C", 1)]).state == "checked_in"


@pytest.mark.parametrize("letter", "REV")
@pytest.mark.parametrize("minute", [None, 30])
def test_who_exchanged_the_ticket_flies_on_the_new_one(letter: str, minute: float | None) -> None:
    """Refunded, exchanged and void speak about a coupon; the same person flew on another one."""
    pieces = [
        report(letter, minute, number=1),
        report("F", None if minute is None else 0, ticket=NEW_TICKET, letter="C", number=2),
        listed("FTL"),
    ]
    for order in permutations(pieces):
        view = join(order)
        assert (view.state, view.ticket, view.booking_class) == (CarriageState.FLOWN, NEW_TICKET, "C")
    assert join([report(letter, minute), listed("PRL", ticket=NEW_TICKET)]).state == "boarded"
    assert join([report(letter, minute), listed("PRL", ticket=TICKET)]).state == STATES[letter]


def test_a_report_without_ticket_speaks_about_the_person() -> None:
    assert join([report("R", ticket=""), listed("PRL", ticket=TICKET)]).state == "refunded"


def test_all_orders_of_three_reports_make_one_carriage() -> None:
    letters = "OCLFRVE"
    for first in letters:
        for second in letters:
            for minutes in ((None, None, None), (0, 1, None), (2, 1, 0), (1, 1, 1)):
                pieces = [
                    report(letter, minute, number=number)
                    for number, (letter, minute) in enumerate(zip((first, second, "F"), minutes, strict=True))
                ]
                views: set[Carriage] = {join(order) for order in permutations(pieces)}
                assert len(views) == 1, (first, second, minutes)


def test_partition_joins_through_others_and_keeps_strangers_apart() -> None:
    ftl, prl = listed("FTL", number=1), listed("PRL", ticket=TICKET, number=2)
    told, other = report("F", number=3), report("F", ticket=NEW_TICKET, number=4)
    alone = evidence_of_list(
        ListReceived("FTL", "X", DEPARTURE, NOON, (ListedPerson(Name("SMITH", "A"), "AER", "Y"),)), 1, [5]
    )[0]
    groups = partition([alone, other, told, prl, ftl])
    assert [[piece.id for piece in group] for group in groups] == [[1, 2, 3, 4], [5]]


def parted(*pieces: Evidence) -> list[list[int]]:
    return sorted([piece.id for piece in group] for group in persons_of(pieces))


def test_a_coupon_carries_one_person_and_one_taken_back_nobody() -> None:
    ftl, prl = listed("FTL", number=1), listed("PRL", ticket=TICKET, number=2)
    told, other = report("F", number=3), report("F", ticket=NEW_TICKET, number=4)
    assert parted(ftl, prl, told) == [[1, 2, 3]]
    assert parted(ftl, prl, told, other) == [[1, 2, 3], [4]]
    assert parted(ftl, prl, told, report("E", ticket=NEW_TICKET, number=4)) == [[1, 2, 3, 4]]
    # Open again, later: it carries somebody after all.
    again = report("O", 9, ticket=NEW_TICKET, number=5)
    assert parted(ftl, prl, told, report("E", 2, ticket=NEW_TICKET, number=4), again) == [[1, 2, 3], [4, 5]]
    assert parted(ftl, listed("PNL", ticket=TICKET, number=2), other) == [[1, 2, 4]]
