"""Cases in which two carriages, or two cards of one, are as good as each other: what decides must be what was said, not
what came first."""

from datetime import date, timedelta
from pathlib import Path

from loyalty_core import (
    CardClaim,
    Clock,
    CreditClaimed,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Name,
    ProgrammeActivated,
)
from tests.storage.airline import CARD, NOON, submission
from tests.storage.history_programmes import LATE
from tests.storage.membership import all_orders, members, merge

ON = date(2026, 8, 9)


def received(kind: str, board_point: str, *persons: ListedPerson) -> ListReceived:
    return ListReceived(kind, "MOWRMUT", Departure(Flight("UT", "451"), ON, board_point), NOON, persons)


def listed(name: Name, letter: str, locator: str, card: str, line: int) -> ListedPerson:
    return ListedPerson(
        name, "AER", letter, ((locator, "UT"),), (CardClaim("UT", card),), line=line, line_end=line
    )


def test_time_decides_by_the_card_that_is_claimed_where_the_listed_one_is_unknown(tmp_path: Path) -> None:
    name = Name("LUGOVAYA", "VERA")
    booked = received("PNL", "LED", listed(name, "Y", "0AAAAA", "7700000000999", 5))
    claim = CreditClaimed("portal", CARD, name, "", 0, Flight("UT", "451"), ON, "LED", locator="0AAAAA")
    clock = submission(Clock(NOON + timedelta(days=2), 3600), received_at=NOON)
    first = [submission(ProgrammeActivated(LATE, "demo.yaml"))]
    all_orders(tmp_path, [submission(booked), submission(claim), clock], first)


def test_of_relatives_with_one_key_the_same_one_is_credited_whatever_came_first(tmp_path: Path) -> None:
    card = "7700000000219"
    flown = received(
        "FTL",
        "DME",
        listed(Name("ORLOV", "IGOR"), "Y", "0BBBBB", card, 5),
        listed(Name("ORLOV", "IVAN"), "L", "0BBBBB", card, 6),
    )
    rows = (f"M8,ORLOV,IGOR,,,UT,{card},active,,", "M9,ORLOV,IVAN,,,UT,7700000000227,active,,")
    all_orders(tmp_path, [submission(flown), submission(merge("M8", "M9")), *(members(row) for row in rows)])


def test_lines_of_one_number_in_contradicting_lists_of_one_moment_are_two_passengers(tmp_path: Path) -> None:
    """Of two of one name under one card nobody knows who is meant, so both are known by list and line alone; and
    another list of the same moment says something else in those lines."""
    card = "7700000000227"
    lists = []
    for name, own in ((Name("LUGOVAYA", "VERA"), CARD), (Name("ORLOV", "IVAN"), CardClaim("UT", card))):
        both = (ListedPerson(name, "AER", letter, (), (own,), line=5, line_end=5) for letter in "YC")
        lists.append(submission(received("FTL", "DME", *both)))
    file = members(f"M9,ORLOV,IVAN,,,UT,{card},active,,")
    all_orders(
        tmp_path,
        [
            *lists,
            file,
            submission(
                CreditClaimed("portal", CARD, Name("LUGOVAYA", "VERA"), "", 0, Flight("UT", "451"), ON, "DME")
            ),
        ],
    )
