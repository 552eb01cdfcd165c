"""What messages tell of a flight reaches the rules: the fare, and the age of who flew. On both engines."""

from dataclasses import replace

from loyalty_core import CouponOutcome, CreditStatus, ProgrammeActivated, Reason, Submission
from tests.storage.airline import CARD, PROGRAMME, coupon, listed, person, submission
from tests.storage.books import balances, books, coupon_outcome, one, query
from tests.storage.membership import relate
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
