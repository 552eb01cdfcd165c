"""Holds, redemptions and lots, step by step on both engines: what is asked, what is told, what the books then say."""

from datetime import UTC, datetime, timezone
from typing import Any

import pytest

from loyalty_core import (
    CardClaim,
    Clock,
    ClockAnswer,
    ClockCheck,
    Core,
    Flight,
    Operation,
    ProgrammeActivated,
)
from tests.storage.airline import CARD, NOON, PROGRAMME, coupon, submission
from tests.storage.books import books, one
from tests.storage.membership import card, members
from tests.storage.miles import (
    DAY,
    HOUR,
    OLEG,
    adjust,
    award,
    capture,
    done,
    give,
    lots,
    order,
    pool,
    redeem,
    release,
    reserve,
    strike,
    told,
    transfer,
    undo,
)


@pytest.fixture
def core(lots_of_three: Core) -> Core:
    return lots_of_three


STORIES: dict[str, list[tuple[Operation, str, dict[str, int]]]] = {
    "a hold sets miles aside": [(reserve("H", 500), "posted", {"award": 400, "held": 500})],
    "captured whole": [
        (reserve("H", 500), "posted", {"award": 400, "held": 500}),
        (capture("C", "H"), "posted", {"award": 400}),
    ],
    "captured in part, the rest released": [
        (reserve("H", 500), "posted", {"award": 400, "held": 500}),
        (capture("C", "H", 150), "posted", {"award": 750}),
        (capture("C2", "H", 1), "refused: operation_ended hold", {"award": 750}),
    ],
    "captured in parts, the rest kept": [
        (reserve("H", 500), "posted", {"award": 400, "held": 500}),
        (capture("C", "H", 150, keep_rest=True), "posted", {"award": 400, "held": 350}),
        (capture("C2", "H", 351), "refused: insufficient_miles amount", {"award": 400, "held": 350}),
        (capture("C2", "H", 100, keep_rest=True), "posted", {"award": 400, "held": 250}),
        (release("R", "H"), "posted", {"award": 650}),
        (release("R2", "H"), "refused: operation_ended hold", {"award": 650}),
    ],
    "more than there is": [
        (reserve("H", 901), "refused: insufficient_miles amount", {"award": 900}),
        (redeem("R", 901), "refused: insufficient_miles amount", {"award": 900}),
        (reserve("H2", 900), "posted", {"held": 900}),
        (redeem("R", 1), "refused: insufficient_miles amount", {"held": 900}),
    ],
    "nothing, and less": [
        (reserve("H", 0), "refused: invalid amount", {"award": 900}),
        (redeem("R", -5), "refused: invalid amount", {"award": 900}),
        (reserve("H", 10**13), "refused: invalid amount", {"award": 900}),
    ],
    "a hold that ends before it begins, or too late": [
        (reserve("H", 1, until=NOON), "refused: date_out_of_window until", {"award": 900}),
        (reserve("H", 1, until=NOON + 25 * HOUR), "refused: date_out_of_window until", {"award": 900}),
        (reserve("H", 1, until=NOON + 24 * HOUR), "posted", {"award": 899, "held": 1}),
    ],
    "a hold that ends at the world's end, or its beginning": [
        (reserve("H", 1, until=each), "refused: date_out_of_window until", {"award": 900})
        for each in (
            datetime.min.replace(tzinfo=UTC),
            datetime.min.replace(tzinfo=timezone(14 * HOUR)),
            datetime.max.replace(tzinfo=UTC),
            datetime.max.replace(tzinfo=timezone(-12 * HOUR)),
        )
    ],
    "the same again": [
        (reserve("H", 500), "posted", {"award": 400, "held": 500}),
        (capture("C", "H", 100), "posted", {"award": 800}),
    ],
    "one key, two meanings": [
        (redeem("K", 500), "posted", {"award": 400}),
        (reserve("K", 500), "refused: key_reused key", {"award": 400}),
        (capture("C", "K"), "refused: operation_unknown hold", {"award": 400}),
        (capture("C", "nobody's"), "refused: operation_unknown hold", {"award": 400}),
    ],
    "a redemption is undone once": [
        (redeem("R", 500), "posted", {"award": 400}),
        (undo("U", "R"), "posted", {"award": 900}),
        (undo("U2", "R"), "refused: operation_ended operation", {"award": 900}),
        (undo("U3", "U"), "refused: operation_unknown operation", {"award": 900}),
    ],
    "a capture is undone, a hold is released": [
        (reserve("H", 500), "posted", {"award": 400, "held": 500}),
        (undo("U", "H"), "refused: operation_unknown operation", {"award": 400, "held": 500}),
        (capture("C", "H", 150, keep_rest=True), "posted", {"award": 400, "held": 350}),
        (undo("U", "C"), "posted", {"award": 550, "held": 350}),
        (capture("C2", "H"), "posted", {"award": 550}),
        (undo("U2", "C2"), "posted", {"award": 900}),
    ],
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str, core: Core) -> None:
    before = lots(core)
    for operation, answer, balances in STORIES[name]:
        assert told(core, operation) == answer, operation
        assert award(core) == balances, operation
    if balances == {"award": 900}:
        assert lots(core) == before
    for operation, answer, _balances in STORIES[name]:
        # What was done is not done again, by whatever link it comes; what was refused may be granted by now.
        if answer == "posted":
            again = one(core, submission(operation, link="another")).outcomes[0]
            assert (again.status, again.reason) == ("repeated", ""), operation  # type: ignore[attr-defined]
    assert award(core) == balances


def test_the_lot_that_expires_first_is_spent_first_and_comes_back(core: Core) -> None:
    whole = [("2027-08-20", 200), ("2028-08-20", 400), ("2028-08-21", 300)]
    assert lots(core) == whole
    done(core, reserve("H", 500))
    assert lots(core) == [("2028-08-20", 100), ("2028-08-21", 300)]
    done(core, capture("C", "H", 250, keep_rest=True))
    done(core, redeem("R", 150))
    assert lots(core) == [("2028-08-21", 250)]
    done(core, release("F", "H"))
    assert lots(core) == [("2028-08-20", 250), ("2028-08-21", 250)]
    done(core, undo("U", "C"))
    assert lots(core) == [("2027-08-20", 200), ("2028-08-20", 300), ("2028-08-21", 250)]
    done(core, undo("V", "R"))
    assert lots(core) == whole


def test_a_hold_ends_when_its_time_is_up(core: Core) -> None:
    done(core, reserve("H", 500))
    done(core, reserve("later", 100, until=NOON + 2 * HOUR))
    assert core.answer([ClockCheck(NOON + HOUR, 300)]) == [ClockAnswer(1)]
    # Its time is up though the clock has not struck: what it held comes back with the clock only.
    assert told(core, capture("C", "H"), NOON + HOUR) == "refused: operation_ended hold"
    (outcome,) = strike(core, NOON + HOUR).outcomes
    assert outcome.holds == 1  # type: ignore[attr-defined]
    assert award(core) == {"award": 800, "held": 100}
    assert core.answer([ClockCheck(NOON + HOUR, 300)]) == [ClockAnswer(0)]
    assert told(core, release("R", "H"), NOON + HOUR) == "refused: operation_ended hold"


def test_a_hold_survives_a_restart(database_url: str) -> None:
    with books(database_url) as core:
        give(core, 900, "G")
        done(core, reserve("H", 500))
    core = Core.open(database_url)
    try:
        assert award(core) == {"award": 400, "held": 500}
        assert told(core, capture("C", "H", 200)) == "posted"
        assert award(core) == {"award": 700}
        assert core.verify()["ok"]
    finally:
        core.close()


CREDITED = 840
"""What the flight of ``coupon()`` gives."""


@pytest.mark.parametrize("spent", [0, 500, 900, 1740])
def test_what_is_taken_back_after_it_was_spent_is_owed_and_absorbed(spent: int, core: Core) -> None:
    one(core, submission(coupon()))
    if spent:
        done(core, redeem("R", spent))
    one(core, submission(coupon("R")))
    left = 900 - spent
    assert award(core) == ({"award": left} if left > 0 else {"deficit": left} if left else {})
    if left < 0:
        assert told(core, reserve("H", 1)) == "refused: insufficient_miles amount"
    one(core, submission(coupon(flight=Flight("UT", "461"), ticket="2986120000099")))
    assert award(core) == ({"award": left + CREDITED} if left + CREDITED else {})


def test_a_flight_priced_again_leaves_no_debt_between(core: Core, database_url: str) -> None:
    one(core, submission(coupon()))
    done(core, redeem("R", 1700))
    one(core, submission(coupon(letter="C", reported_at=NOON + HOUR)))
    assert award(core) == {"award": 40 + CREDITED}


def test_a_refund_restores_miles_into_the_debt_first(core: Core) -> None:
    one(core, submission(coupon()))
    done(core, redeem("R", 1740))
    one(core, submission(coupon("R")))
    assert award(core) == {"deficit": -840}
    done(core, undo("U", "R"))
    assert award(core) == {"award": 900}


def test_expired_miles_of_a_flight_come_back_when_it_is_taken_back(core: Core) -> None:
    one(core, submission(coupon()))
    late = datetime.fromisoformat("2029-01-01T12:00:00+00:00")
    strike(core, late)
    assert award(core) == {}
    one(core, submission(coupon("R")))
    assert award(core) == {}  # no debt for miles that nobody had


def test_held_miles_of_a_flight_taken_back_stay_held(core: Core) -> None:
    one(core, submission(coupon()))
    done(core, reserve("H", 1700))
    one(core, submission(coupon("R")))
    assert award(core) == {"held": 1700, "deficit": -800}
    done(core, release("F", "H"))
    assert award(core) == {"award": 900}


def test_a_pending_credit_falls_when_nobody_confirms_it(core: Core) -> None:
    one(core, submission(coupon("C")))
    found: dict[str, Any] = core.member("M1") or {}
    assert found["balances"]["pending"] == CREDITED
    check = ClockCheck(NOON + 45 * DAY, 300)
    assert core.answer([check]) == [ClockAnswer(0)]
    (outcome,) = strike(core, NOON + 46 * DAY).outcomes
    assert outcome.timed_out == 1  # type: ignore[attr-defined]
    found = core.member("M1") or {}
    assert "pending" not in found["balances"]
    # Late evidence counts all the same.
    one(core, submission(coupon("F", reported_at=NOON + 46 * DAY)))
    assert award(core) == {"award": 900 + CREDITED}


def test_a_programme_may_post_what_nobody_confirms(core: Core) -> None:
    one(core, submission(ProgrammeActivated(PROGRAMME.replace(b"then: none", b"then: posted"), "other.yaml")))
    one(core, submission(coupon("C")))
    strike(core, NOON + 46 * DAY)
    assert award(core) == {"award": 900 + CREDITED}
    # Whoever stayed behind is found out later.
    one(core, submission(coupon("R", reported_at=NOON + 50 * DAY)))
    assert award(core) == {"award": 900}


def test_operations_need_a_good_card(core: Core) -> None:
    for bad, answer in (
        (CardClaim("UT", "7700000000029"), "card_blocked"),
        (CardClaim("UT", "7700009999999"), "card_unknown"),
        (CardClaim("ZZ", CARD.number), "programme_not_served"),
    ):
        assert told(core, redeem("R", 1, bad)) == f"refused: {answer} card"
        assert told(core, adjust("A", 1, bad)) == f"refused: {answer} card"


@pytest.mark.parametrize("state", ["lost", "stolen", "closed"])
def test_the_number_of_a_card_that_is_gone_spends_nothing(state: str, core: Core) -> None:
    """Its successor does; and somebody who sends miles may go on using the old number."""
    row = "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT"
    new = CardClaim("UT", "7700000000516")
    one(core, members(f"{row},{CARD.number},{state},{new.number},", f"{row},{new.number},active,,", said=1))
    refused = f"refused: card_{'closed' if state == 'closed' else 'blocked'} card"
    assert told(core, redeem("R", 1)) == refused
    assert told(core, reserve("H", 1)) == refused
    assert told(core, transfer("T", 1)) == refused
    assert told(core, adjust("A", 1)) == refused
    assert told(core, pool("P", "open")) == refused
    assert told(core, redeem("R", 1, new)) == "posted"
    give(core, 50, "G", OLEG)
    assert told(core, transfer("T", 50, OLEG, CARD)) == "posted"
    assert award(core) == {"award": 949}


@pytest.mark.parametrize("state", ["replaced", "expired"])
def test_the_number_of_a_card_out_of_date_is_as_good_as_its_successor(state: str, core: Core) -> None:
    row = "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT"
    new = "7700000000516"
    one(core, members(f"{row},{CARD.number},{state},{new},", f"{row},{new},active,,", said=1))
    assert told(core, redeem("R", 1)) == "posted"
    one(core, submission(card("lost", number=new, said=2)))
    assert told(core, redeem("R2", 1)) == "refused: card_blocked card"


def test_a_batch_groups_only_statements(database_url: str) -> None:
    """One batch of everything, strokes of the clock in between."""
    with books(database_url) as core:
        core.execute(
            [
                order(adjust("G", 900)),
                order(reserve("H", 500)),
                submission(Clock(NOON + 2 * HOUR, 300), link="clock", received_at=NOON + 2 * HOUR),
                order(reserve("I", 500, until=NOON + 3 * HOUR), NOON + 2 * HOUR),
                order(capture("C", "I", 100), NOON + 2 * HOUR),
                submission(Clock(NOON + 4 * HOUR, 300), link="clock", received_at=NOON + 4 * HOUR),
            ]
        )
        assert award(core) == {"award": 800}
