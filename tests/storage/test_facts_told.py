"""What messages tell of a flight reaches the rules: the fare, how it was sold, the age of who flew. On both engines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import CouponOutcome, CreditStatus, ProgrammeActivated, Reason, Submission
from tests.storage.airline import CARD, DEPARTURE, NOON, PROGRAMME, coupon, listed, person, submission
from tests.storage.books import balances, books, coupon_outcome, one, query
from tests.storage.membership import all_orders, relate
from tests.storage.test_merges import CHILD, CHILDS

RULES = PROGRAMME[: PROGRAMME.index(b"examples:\n")]
BY_PRICE = (
    RULES[: RULES.index(b"accrual:\n")]
    + b"""accrual:
  award: [price, rate: 4, round: floor]
  segments: [amount: SEGMENTS]
"""
    + RULES[RULES.index(b"tiers:\n") :]
)
TOLD = replace(coupon(), fare_amount="100.50", fare_currency="EUR")


def activated(text: bytes) -> Submission:
    return submission(ProgrammeActivated(text, "demo.yaml"))


def by_price(segments: int) -> Submission:
    return activated(BY_PRICE.replace(b"SEGMENTS", b"%d" % segments))


def test_a_fare_that_a_coupon_tells_earns(database_url: str) -> None:
    with books(database_url, by_price(0)) as core:
        assert coupon_outcome(core, submission(TOLD)).award == 402
        ((facts,),) = query(database_url, "SELECT facts FROM standing_credit")
        assert '"price":"100.50"' in facts
        assert '"currency":"EUR"' in facts


def test_a_fare_that_nobody_told_is_no_fare_of_nothing(database_url: str) -> None:
    with books(database_url, by_price(0)) as core:
        found = coupon_outcome(core, submission(coupon()))
        assert isinstance(found, CouponOutcome)
        assert (found.status, found.reason) == (CreditStatus.REFUSED, Reason.PRICE_UNKNOWN)
        assert found.field == "fare_amount"
        assert balances(core) == {}
        # A message that tells it mends the flight.
        assert coupon_outcome(core, submission(TOLD)).award == 402
        one(core, submission(listed("FTL", person(card=CARD))))
        assert balances(core)["award"] == 402


def test_other_units_earn_without_the_fare(database_url: str) -> None:
    with books(database_url, by_price(1)) as core:
        one(core, submission(coupon()))
        assert balances(core) == {"segments": 1}
        assert "award hangs on a price that is not known" in str(core.explain(card=CARD.number))
        one(core, submission(TOLD))
        assert balances(core) == {"award": 402, "segments": 1}


def test_a_child_is_a_child_on_its_parents_account(database_url: str) -> None:
    half = b"    - distance\n    - percent\n"
    assert RULES.count(half) == 1
    rules = RULES.replace(half, half + b"    - percent: {value: 50, when: {age: {below: 12}}}\n")
    parental = activated(rules + b"\nmembers: {children: parent}\n")
    with books(database_url, parental, submission(relate("parent", "M8", "M1")), CHILD) as core:
        one(core, submission(CHILDS))
        assert balances(core, "M8") == {}
        assert balances(core)["award"] == 500, "half of 840, raised to the minimum"


# --- the sale ---------------------------------------------------------------------------------------------------------

BY_SALE = (
    RULES[: RULES.index(b"charts:\n")]
    + b"""charts:
  - name: by the sale
    columns: {brands: [LIGHT, FLEX]}
    rows:
      - {passenger_types: [CHD], percent: [10, 20], priority: 1}
      - {channels: [web], booked: {until: 2026-05-31}, percent: [150, 400]}
      - {percent: [50, 200], priority: -1}
    otherwise: unknown
accrual: {award: [price: {of: total}, percent, round: floor], segments: [amount: 1]}
versions:
  - from: 2026-06-01
    chosen_by: ticketing_date
    accrual: {award: [price: {of: total}, percent, add: 7, round: floor]}
"""
    + RULES[RULES.index(b"tiers:\n") :]
)
NOON_OF = {minutes: NOON + timedelta(minutes=minutes) for minutes in range(10)}
SOLD = replace(TOLD, brand="FLEX", reported_at=NOON_OF[0])
"""100.50 EUR by brand FLEX: twice the price, and 7 by the rules of the flight's date."""


@pytest.mark.parametrize(
    ("told", "award"),
    [
        ({}, 208),
        ({"brand": "LIGHT"}, 57),
        ({"ticketed_on": date(2026, 5, 31)}, 201),
        ({"ticketed_on": date(2026, 6, 1)}, 208),
        ({"booked_on": date(2026, 5, 31)}, 208),
        ({"booked_on": date(2026, 5, 31), "channel": "web"}, 409),
        ({"booked_on": date(2026, 6, 1), "channel": "web"}, 208),
        ({"passenger_type": "CHD"}, 27),
        ({"passenger_type": "ADT"}, 208),
        ({"taxes_amount": "20.50"}, 249),
        ({"surcharges_amount": "9.50", "taxes_amount": "20"}, 267),
    ],
)
def test_what_is_told_of_the_sale_changes_the_miles(
    told: dict[str, Any], award: int, database_url: str
) -> None:
    with books(database_url, activated(BY_SALE)) as core:
        one(core, submission(replace(SOLD, **told)))
        assert balances(core)["award"] == award


def test_a_brand_that_nobody_told_is_told_later(database_url: str) -> None:
    with books(database_url, activated(BY_SALE)) as core:
        assert coupon_outcome(core, submission(TOLD)).reason is Reason.CLASS_UNKNOWN
        assert coupon_outcome(core, submission(SOLD)).award == 208
        (carriage,) = core.explain(card=CARD.number)["carriages"]
        assert [piece["sale"] for piece in carriage["evidence"]] == [{}, {"brand": "FLEX"}]


REPORTS = (
    replace(SOLD, ticketed_on=date(2026, 5, 31), taxes_amount="20"),
    replace(coupon("L"), reported_at=NOON_OF[1]),
    replace(SOLD, brand="LIGHT", channel="web", reported_at=NOON_OF[2]),
    replace(TOLD, passenger_type="ADT", booked_on=date(2026, 5, 1), reported_at=NOON_OF[3]),
)


@pytest.mark.parametrize("order", list(permutations(range(len(REPORTS)))), ids=str)
def test_of_each_fact_the_newest_report_counts_that_tells_it(
    order: Sequence[int], tmp_path: Path, reference: str
) -> None:
    """Silence takes nothing back, and nothing hangs on the order."""
    with books(f"sqlite:///{tmp_path}/books.sqlite", activated(BY_SALE)) as core:
        for number in order:
            one(core, submission(REPORTS[number]))
        # Brand and channel of the third, taxes and day of issue of the first, the rest of the last.
        assert balances(core)["award"] == 180, "150 % of 120.50, by the rules of May"
        assert core.verify()["state_hash"] == reference


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('reference')}/books.sqlite"
    with books(url, activated(BY_SALE)) as core:
        core.execute([submission(each) for each in REPORTS])
        return str(core.verify()["state_hash"])


@pytest.mark.parametrize("backwards", [False, True])
def test_a_silent_report_takes_nothing_back(backwards: bool, database_url: str) -> None:
    rich = replace(SOLD, ticketed_on=date(2026, 5, 31), taxes_amount="20", channel="web")
    silent = replace(coupon(), reported_at=NOON_OF[5])
    with books(database_url, activated(BY_SALE)) as core:
        for report in (silent, rich) if backwards else (rich, silent):
            one(core, submission(report))
        assert balances(core)["award"] == 241, "twice 120.50"


@pytest.mark.parametrize("backwards", [False, True])
def test_taxes_of_another_currency_are_no_part_of_the_fare(backwards: bool, tmp_path: Path) -> None:
    euros = replace(SOLD, taxes_amount="20")
    roubles = replace(SOLD, fare_amount="9000", fare_currency="RUB", reported_at=NOON_OF[1])
    with books(f"sqlite:///{tmp_path}/books.sqlite", activated(BY_SALE)) as core:
        for report in (roubles, euros) if backwards else (euros, roubles):
            one(core, submission(report))
        assert balances(core)["award"] == 18_007


@pytest.mark.parametrize("fact", ["booked_on", "ticketed_on"])
@pytest.mark.parametrize("late", [DEPARTURE.on + timedelta(days=2), date.max])
def test_a_day_after_the_flight_is_as_one_that_nobody_told(fact: str, late: date, database_url: str) -> None:
    with books(database_url, activated(BY_SALE)) as core:
        told = coupon_outcome(core, submission(replace(SOLD, **{fact: late})))
        assert (told.status, told.award) == (CreditStatus.POSTED, 208)
        assert late.isoformat() not in query(database_url, "SELECT facts FROM standing_credit")[0].facts
        (carriage,) = core.explain(card=CARD.number)["carriages"]
        assert carriage["view"]["sale"] == {"brand": "FLEX"}
        (piece,) = carriage["evidence"]
        assert (piece["sale"][fact], piece["sale_not_counted"]) == (late.isoformat(), [fact])
        # Where it was sold it may have been tomorrow already.
        tomorrow = DEPARTURE.on + timedelta(days=1)
        one(core, submission(replace(SOLD, **{fact: tomorrow}, reported_at=NOON_OF[1])))
        assert tomorrow.isoformat() in query(database_url, "SELECT facts FROM standing_credit")[0].facts


def test_an_impossible_day_takes_nothing_back(tmp_path: Path) -> None:
    reports = [
        replace(SOLD, ticketed_on=date(2026, 5, 31)),
        replace(SOLD, ticketed_on=DEPARTURE.on + timedelta(days=2), reported_at=NOON_OF[1]),
        replace(coupon(), booked_on=date.max, reported_at=NOON_OF[2]),
    ]
    all_orders(tmp_path, list(map(submission, reports)), first=[activated(BY_SALE)])
    with books(f"sqlite:///{tmp_path}/books.sqlite", activated(BY_SALE)) as core:
        core.execute(list(map(submission, reports)))
        assert balances(core)["award"] == 201, "by the rules of May"


def test_an_open_ticket_is_issued_before_its_flight_is_booked(tmp_path: Path) -> None:
    with books(f"sqlite:///{tmp_path}/books.sqlite", activated(BY_SALE)) as core:
        report = replace(SOLD, booked_on=date(2026, 8, 19), ticketed_on=date(2026, 5, 1))
        assert coupon_outcome(core, submission(report)).award == 201


@pytest.mark.parametrize("backwards", [False, True])
def test_a_list_tells_a_child_unless_a_report_says_otherwise(backwards: bool, database_url: str) -> None:
    child = listed("PRL", replace(person(card=CARD, ticket=TOLD.ticket, coupon=1), child=True))
    with books(database_url, activated(BY_SALE)) as core:
        for message in (SOLD, child) if backwards else (child, SOLD):
            one(core, submission(message))
        assert balances(core)["award"] == 27, "20 % of the price and 7"
        one(core, submission(replace(SOLD, passenger_type="ADT", reported_at=NOON_OF[1])))
        assert balances(core)["award"] == 208
