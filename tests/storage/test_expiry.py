"""Expiry and debts: what time takes, in what order it is spent before, and what a stroke of the clock leaves alone."""

from datetime import datetime

import pytest

from loyalty_core import (
    Clock,
    ClockAnswer,
    ClockCheck,
    ClockOutcome,
    Core,
    Reason,
    Result,
)
from tests.storage.airline import NOON, submission
from tests.storage.books import books, count, one
from tests.storage.membership import merge
from tests.storage.miles import (
    DAY,
    FAMILY,
    HOUR,
    INNA,
    OLEG,
    award,
    done,
    give,
    redeem,
    reserve,
    strike,
    told,
    transfer,
    undo,
)


@pytest.fixture
def core(lots_of_three: Core) -> Core:
    return lots_of_three


def test_expired_miles_are_not_spent_and_go_to_the_expired_once(core: Core, database_url: str) -> None:
    late = datetime.fromisoformat("2027-08-21T00:00:00+00:00")
    assert told(core, redeem("R", 701), late) == "refused: insufficient_miles amount"
    assert core.answer([ClockCheck(late - HOUR, 300), ClockCheck(late, 300)]) == [
        ClockAnswer(0),
        ClockAnswer(1),
    ]
    (outcome,) = strike(core, late).outcomes
    assert outcome.expired == 200  # type: ignore[attr-defined]
    assert award(core) == {"award": 700}
    entries = count(database_url, "entry")
    strike(core, late + HOUR)
    assert count(database_url, "entry") == entries


def test_a_clock_that_leaps_decides_nothing(core: Core) -> None:
    """Its bound is measured from its last stroke, in the beginning from the first message; both are in the journal."""
    done(core, reserve("H", 100))
    wrong = datetime.fromisoformat("2036-01-01T00:00:00+00:00")

    def bounded(at: datetime, days_max: int = 92) -> Result:
        stroke = Clock(at, 300, 1000, days_max)
        return one(core, submission(stroke, link="clock", kind="clock", received_at=at))

    for last in (NOON - DAY, NOON + 50 * DAY):
        if last > NOON:
            assert bounded(last).state == "applied"
        for at in (wrong, last + 92 * DAY + HOUR):
            refused = bounded(at)
            assert (refused.state, refused.entries) == ("refused", ())
            assert refused.outcomes == (ClockOutcome(reason=Reason.DATE_OUT_OF_WINDOW),)
            assert core.answer([ClockCheck(wrong, 300)]) != [ClockAnswer(0)]
    assert bounded(NOON + 142 * DAY).state == "applied"
    assert award(core) == {"award": 900}
    assert bounded(wrong, 36_500).state == "applied"
    assert award(core) == {}


def test_more_expires_at_once_than_one_posting_moves(database_url: str) -> None:
    with books(database_url, FAMILY) as core:
        for key in "ABC":
            give(core, 10**12, key)
        give(core, 100, "D", OLEG)
        done(core, reserve("H", 50, card=OLEG))
        (outcome,) = strike(core, NOON + 800 * DAY).outcomes
        assert (outcome.holds, outcome.expired) == (1, 3 * 10**12 + 100)  # type: ignore[attr-defined]
        assert (award(core), award(core, "M4")) == ({}, {})


def test_a_debt_paid_at_once_may_be_more_than_one_posting_moves(database_url: str) -> None:
    with books(database_url, FAMILY) as core:
        for key in "AB":
            give(core, 10**12, key)
            done(core, transfer(f"{key}T", 10**12))
            give(core, 10**12, f"{key}I", INNA)
        for word, step in (
            ("R", lambda key: redeem(key, 10**12, OLEG)),
            ("U", lambda key: undo(key, key[0] + "T")),
        ):
            for key in "AB":
                done(core, step(key + word))
        assert award(core, "M4") == {"deficit": -2 * 10**12}
        one(core, submission(merge("M5", "M4")))
        assert (award(core, "M4"), award(core, "M5")) == ({}, {})


def test_miles_given_back_after_their_last_day_expire_with_the_next_stroke(core: Core) -> None:
    done(core, redeem("R", 250))
    late = datetime.fromisoformat("2027-09-01T12:00:00+00:00")
    strike(core, late)
    done(core, undo("U", "R"), late)
    assert done(core, undo("U", "R"), late + HOUR, link="other").balance == 700
    assert award(core) == {"award": 900}
    assert told(core, redeem("again", 701), late) == "refused: insufficient_miles amount"
    strike(core, late + HOUR)
    assert award(core) == {"award": 700}


@pytest.mark.parametrize("struck", [True, False])
def test_a_debt_is_not_paid_with_expired_miles_whether_or_not_the_clock_struck(
    struck: bool, database_url: str
) -> None:
    with books(database_url, FAMILY) as core:
        give(core, 300, "A", at=NOON - 100 * DAY)
        give(core, 300, "B")
        done(core, redeem("R", 300))
        late = NOON + 740 * DAY
        if struck:
            strike(core, late)
        outcome = done(core, undo("U", "A"), late)
        assert outcome.balance == 0
        strike(core, late + HOUR)
        assert award(core) == {"deficit": -300}
        give(core, 500, "C", at=late + DAY)
        assert award(core) == {"award": 200}


def test_one_stroke_takes_a_limited_number_of_things(core: Core) -> None:
    for number in range(5):
        done(core, reserve(f"H{number}", 10 + number))
    for left in (3, 1):
        (outcome,) = strike(core, NOON + left * DAY, 2).outcomes
        assert (outcome.holds, outcome.more) == (2, True)  # type: ignore[attr-defined]
    (outcome,) = strike(core, NOON + 9 * DAY, 2).outcomes
    assert (outcome.holds, outcome.more) == (1, False)  # type: ignore[attr-defined]
    assert award(core) == {"award": 900}
