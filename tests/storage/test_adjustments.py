"""Adjustments with their second person, transfers, family pools and what is undone of them, on both engines."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from loyalty_core import ApproveAdjustment, Core, Flight
from tests.storage.airline import CARD, NOON, coupon, submission
from tests.storage.books import balances, books, one, query
from tests.storage.membership import merge, unmerge
from tests.storage.miles import (
    DAY,
    FAMILY,
    HOUR,
    INNA,
    OLEG,
    adjust,
    award,
    capture,
    done,
    give,
    invite,
    lots,
    order,
    pool,
    redeem,
    release,
    reserve,
    told,
    transfer,
    undo,
)


@pytest.fixture
def core(database_url: str) -> Iterator[Core]:
    with books(database_url, FAMILY) as found:
        yield found


def test_one_person_may_adjust_up_to_the_limit(core: Core) -> None:
    assert told(core, adjust("A", 5000)) == "posted"
    assert told(core, adjust("B", -3000)) == "posted"
    assert told(core, adjust("C", -2001)) == "refused: insufficient_miles amount"
    assert told(core, adjust("D", 0)) == "refused: invalid amount"
    assert told(core, adjust("E", 5, by=" ")) == "refused: invalid by"
    assert award(core) == {"award": 2000}


def test_above_it_somebody_else_has_to_approve(core: Core) -> None:
    assert told(core, adjust("A", 5001)) == "pending"
    assert told(core, adjust("A", 5001)) == "pending"
    assert award(core) == {}
    assert told(core, undo("U", "A")) == "refused: operation_ended operation"
    for by in ("Ivanova", " IVANOVA ", ""):
        answer = told(core, ApproveAdjustment("P" + by, "A", by))
        assert answer == "refused: second_person_needed by"
    assert told(core, ApproveAdjustment("P1", "B", "Petrov")) == "refused: operation_unknown adjustment"
    assert told(core, ApproveAdjustment("P2", "A", "Petrov")) == "posted"
    # The very same document gets its first answer, another one about the same operation the state of things.
    assert told(core, ApproveAdjustment("P2", "A", "Petrov")) == "posted"
    assert told(core, adjust("A", 5001)) == "pending"
    assert told(core, adjust("A", 5001), NOON + HOUR, link="other") == "repeated"
    assert told(core, ApproveAdjustment("P3", "A", "Sidorov")) == "refused: operation_ended adjustment"
    assert award(core) == {"award": 5001}
    assert told(core, undo("V", "A")) == "pending"
    assert told(core, ApproveAdjustment("P4", "V", "Petrov")) == "posted"
    assert award(core) == {}


@pytest.mark.parametrize(
    "by",
    [
        "Ivаnova",
        "Ivanova.",
        "IVANOVA",
        "Iv anova",
        "Ιvanova",
        "Иванова",
        "Ｉｖａｎｏｖａ",
        "lvanova",
        "Ivánova",
        "--",
    ],
)
def test_another_spelling_is_no_second_person(by: str, core: Core) -> None:
    assert told(core, adjust("A", 5001)) == "pending"
    assert told(core, ApproveAdjustment("P", "A", by)) == "refused: second_person_needed by"


@pytest.mark.parametrize("by", ["Ivanov", "Ivanova-Petrova", "Petrova", "M. Ivanova", "ivanova2"])
def test_another_name_is_a_second_person(by: str, core: Core) -> None:
    assert told(core, adjust("A", 5001)) == "pending"
    assert told(core, ApproveAdjustment("P", "A", by)) == "posted"


def test_what_needs_a_second_person_is_not_undone_alone(core: Core) -> None:
    give(core, 5000, "A")
    give(core, 9000, "B")
    assert told(core, undo("U", "A")) == "posted"
    assert told(core, undo("V", "B")) == "pending"
    assert told(core, undo("W", "B")) == "pending"
    assert award(core) == {"award": 9000}
    assert told(core, ApproveAdjustment("P", "V", "ivanova")) == "refused: second_person_needed by"
    assert told(core, ApproveAdjustment("Q", "W", "Petrov", approved=False)) == "posted"
    assert told(core, ApproveAdjustment("R", "V", "Petrov")) == "posted"
    assert award(core) == {}
    assert told(core, undo("V", "B"), NOON + HOUR, link="other") == "repeated"
    assert told(core, ApproveAdjustment("S", "W", "Petrov")) == "refused: operation_ended adjustment"
    assert told(core, undo("X", "B")) == "refused: operation_ended operation"


def test_two_reversals_wait_and_one_is_done(core: Core) -> None:
    give(core, 9000, "B")
    answers = core.execute(
        [
            order(each)
            for each in (
                undo("V", "B"),
                undo("W", "B"),
                ApproveAdjustment("P", "V", "Petrov"),
                ApproveAdjustment("Q", "W", "Petrov"),
            )
        ]
    )
    told_them = [answer.outcomes[0].status for answer in answers]  # type: ignore[attr-defined]
    assert told_them == ["pending", "pending", "posted", "refused"]
    assert award(core) == {}


def test_a_declined_adjustment_never_posts(core: Core) -> None:
    assert told(core, adjust("A", 9000)) == "pending"
    assert told(core, ApproveAdjustment("P", "A", "Petrov", approved=False)) == "posted"
    assert told(core, ApproveAdjustment("Q", "A", "Petrov")) == "refused: operation_ended adjustment"
    assert award(core) == {}


def test_what_is_taken_has_to_be_there_when_it_is_approved(core: Core) -> None:
    give(core, 9000, "A")
    assert told(core, adjust("B", -6000)) == "pending"
    done(core, redeem("R", 4000))
    assert told(core, ApproveAdjustment("P", "B", "Petrov")) == "refused: insufficient_miles amount"
    done(core, undo("U", "R"))
    assert told(core, ApproveAdjustment("P", "B", "Petrov")) == "posted"
    assert award(core) == {"award": 3000}


def test_a_partner_pays(core: Core, database_url: str) -> None:
    done(core, adjust("A", 500, partner="HOTEL"))
    sources = query(database_url, "SELECT source FROM posting")
    assert sources == [("programme:demo:partner/HOTEL",)]


def test_an_adjustment_undone_after_it_was_spent_is_owed(core: Core) -> None:
    give(core, 500, "A")
    done(core, redeem("R", 400))
    assert told(core, undo("U", "A")) == "posted"
    assert award(core) == {"deficit": -400}
    give(core, 1000, "B")
    assert award(core) == {"award": 600}


def test_transferred_miles_keep_their_expiry(core: Core) -> None:
    give(core, 300, "A")
    give(core, 400, "B", at=NOON + DAY)
    before = lots(core)
    assert told(core, transfer("T", 500)) == "posted"
    assert lots(core) == [("2028-08-21", 200)]
    assert lots(core, "M4") == [("2028-08-20", 300), ("2028-08-21", 200)]
    assert told(core, transfer("T2", 201)) == "refused: insufficient_miles amount"
    assert told(core, transfer("T3", 1, to=CARD)) == "refused: invalid to"
    assert told(core, undo("U", "T")) == "posted"
    assert told(core, undo("V", "T")) == "refused: operation_ended operation"
    assert lots(core) == before
    assert award(core, "M4") == {}


def test_a_transfer_undone_after_it_was_spent_is_owed_by_who_spent(core: Core) -> None:
    give(core, 300, "A")
    done(core, transfer("T", 300))
    done(core, redeem("R", 250, OLEG))
    assert told(core, undo("U", "T")) == "posted"
    assert award(core) == {"award": 300}
    assert award(core, "M4") == {"deficit": -250}
    give(core, 100, "B")
    done(core, transfer("T2", 400))
    assert award(core, "M4") == {"award": 150}


def test_who_has_to_give_back_what_he_spent_pays_at_once_of_what_he_has(core: Core) -> None:
    give(core, 300, "A")
    done(core, transfer("T", 300))
    done(core, redeem("R", 300, OLEG))
    give(core, 500, "B", OLEG)
    assert told(core, undo("U", "T")) == "posted"
    assert (award(core), award(core, "M4")) == ({"award": 300}, {"award": 200})
    assert told(core, redeem("R2", 201, OLEG)) == "refused: insufficient_miles amount"


def test_those_merged_into_the_taker_pay_for_him(core: Core) -> None:
    one(core, submission(merge("M5", "M4")))
    give(core, 300, "A")
    done(core, transfer("T", 300))
    done(core, redeem("R", 300, OLEG))
    one(core, submission(unmerge("M5", said=1)))
    give(core, 500, "B", INNA)
    one(core, submission(merge("M5", "M4", said=2)))
    assert told(core, undo("U", "T")) == "posted"
    assert (award(core, "M4"), award(core, "M5")) == ({}, {"award": 200})


def test_a_pool_pays_at_once_what_it_has_to_give_back(core: Core) -> None:
    done(core, pool("1", "open", share=50, spends=True))
    one(core, submission(coupon()))
    done(core, redeem("2", 420, from_pool=True))
    give(core, 1000, "A")
    done(core, transfer("3", 1000, to=None))
    one(core, submission(coupon("R", reported_at=NOON)))
    assert (award(core), award(core, "pool/LUGOVYE")) == ({}, {"award": 580})


def test_a_family_pool(core: Core) -> None:
    assert told(core, pool("1", "join", OLEG)) == "refused: pool_unfit pool"
    assert told(core, pool("1", "open", share=30, spends=True)) == "posted"
    assert told(core, pool("2", "open", INNA)) == "refused: pool_unfit pool"
    assert told(core, pool("2", "join", OLEG, share=100)) == "refused: pool_unfit pool"
    assert told(core, invite("I", OLEG)) == "posted"
    assert told(core, pool("2", "join", OLEG, share=100, spends=True)) == "refused: pool_unfit spends"
    assert told(core, pool("2", "join", OLEG, share=100)) == "posted"
    assert told(core, pool("3", "join", OLEG)) == "refused: pool_unfit pool"
    assert told(core, pool("3", "join", INNA, share=101)) == "refused: invalid share"
    one(core, submission(coupon()))
    assert award(core) == {"award": 588}
    assert balances(core)["qualifying"] == 840
    assert award(core, "pool/LUGOVYE") == {"award": 252}
    assert lots(core, "pool/LUGOVYE") == [("2028-08-20", 252)]
    give(core, 100, "A", OLEG)
    assert told(core, transfer("4", 60, OLEG, None)) == "posted"
    assert award(core, "pool/LUGOVYE") == {"award": 312}
    assert told(core, reserve("5", 300, card=OLEG, from_pool=True)) == "refused: pool_unfit from_pool"
    assert told(core, reserve("6", 300, from_pool=True)) == "posted"
    assert award(core, "pool/LUGOVYE") == {"award": 12, "held": 300}
    assert told(core, capture("7", "6", 200)) == "posted"
    assert told(core, transfer("8", 50, to=INNA, from_pool=True)) == "posted"
    assert award(core, "pool/LUGOVYE") == {"award": 62}
    assert award(core, "M5") == {"award": 50}
    assert told(core, pool("9", "leave")) == "posted"
    assert told(core, pool("10", "leave")) == "refused: pool_unfit pool"
    assert told(core, redeem("11", 1, from_pool=True)) == "refused: pool_unfit from_pool"


def test_a_pool_is_its_owners(core: Core, database_url: str) -> None:
    give(core, 1000, "G")
    done(core, pool("1", "open", spends=True))
    done(core, transfer("2", 1000, to=None))
    assert told(core, pool("3", "join", OLEG, spends=True)) == "refused: pool_unfit pool"
    assert told(core, invite("4", INNA, card=OLEG)) == "refused: pool_unfit pool"
    assert told(core, invite("5", CARD)) == "refused: pool_unfit member"
    assert told(core, pool("6", "invite")) == "refused: invalid member"
    assert told(core, pool("7", "join", OLEG, member=INNA)) == "refused: invalid member"
    assert told(core, invite("8", OLEG)) == "posted"
    assert told(core, redeem("9", 1, OLEG, from_pool=True)) == "refused: pool_unfit from_pool"
    assert told(core, pool("10", "join", OLEG)) == "posted"
    assert told(core, redeem("11", 1, OLEG, from_pool=True)) == "refused: pool_unfit from_pool"
    assert told(core, invite("12", OLEG, spends=True, card=OLEG)) == "refused: pool_unfit pool"
    assert told(core, invite("13", OLEG, spends=True)) == "posted"
    assert told(core, redeem("14", 100, OLEG, from_pool=True)) == "posted"
    ((trace,),) = query(database_url, "SELECT trace FROM entry WHERE kind = 'redemption'")
    assert '"spender":"M4"' in trace
    assert told(core, pool("15", "exclude", member=CARD)) == "refused: pool_unfit member"
    assert told(core, pool("16", "exclude", OLEG, member=CARD)) == "refused: pool_unfit pool"
    assert told(core, pool("17", "exclude", member=OLEG)) == "posted"
    assert told(core, redeem("18", 1, OLEG, from_pool=True)) == "refused: pool_unfit from_pool"
    assert told(core, pool("19", "join", OLEG)) == "refused: pool_unfit pool"
    assert told(core, pool("20", "throw")) == "refused: invalid action"
    # The owner may leave and come back, and stays the owner meanwhile; nobody else can take the pool.
    assert told(core, pool("21", "leave")) == "posted"
    assert told(core, pool("22", "open", OLEG)) == "refused: pool_unfit pool"
    assert told(core, invite("23", INNA, spends=True)) == "posted"
    assert told(core, pool("24", "join", INNA, share=10, spends=True)) == "posted"
    assert told(core, pool("25", "join", spends=True)) == "posted"
    assert told(core, pool("26", "leave", INNA)) == "posted"
    assert told(core, pool("27", "join", INNA)) == "refused: pool_unfit pool"
    assert award(core, "pool/LUGOVYE") == {"award": 900}


def test_a_pools_share_is_taken_back_with_its_flight(core: Core) -> None:
    done(core, pool("1", "open", share=50, spends=True))
    one(core, submission(coupon()))
    done(core, redeem("2", 300, from_pool=True))
    done(core, pool("3", "leave"))
    one(core, submission(coupon("R")))
    assert award(core) == {}
    assert award(core, "pool/LUGOVYE") == {"deficit": -300}
    done(core, pool("4", "join", share=100))
    one(core, submission(coupon(flight=Flight("UT", "461"), ticket="2986120000099")))
    assert award(core) == {}
    assert award(core, "pool/LUGOVYE") == {"award": 540}


def test_a_correction_leaves_a_flights_share_where_it_was(core: Core) -> None:
    done(core, pool("1", "open", share=50, spends=True))
    one(core, submission(coupon()))
    done(core, redeem("2", 400, from_pool=True))
    done(core, pool("3", "leave"))
    one(core, submission(coupon(letter="W", reported_at=NOON)))
    assert (award(core), award(core, "pool/LUGOVYE")) == ({"award": 525}, {"award": 125})


def test_a_pool_gets_nothing_of_flights_before_it(core: Core) -> None:
    one(core, submission(coupon()))
    done(core, pool("1", "open", share=100))
    one(core, submission(coupon(letter="W", reported_at=NOON)))
    assert (award(core), award(core, "pool/LUGOVYE")) == ({"award": 1050}, {})
    one(core, submission(coupon("R", reported_at=NOON + HOUR)))
    one(core, submission(coupon("F", reported_at=NOON + 2 * HOUR)))
    assert (award(core), award(core, "pool/LUGOVYE")) == ({}, {"award": 840}), (
        "posted anew, as a new flight is"
    )


def test_a_flight_priced_again_keeps_its_share(core: Core) -> None:
    one(core, submission(coupon()))
    done(core, pool("1", "open", share=100))
    for number in range(8):
        flight = coupon(letter="C", on=NOON.date() - 10 * DAY, ticket=f"29861200001{number:02d}")
        one(core, submission(replace(flight, marketing=Flight("UT", str(600 + number)))))
    assert award(core) == {"award": 1050}, "with the bonus of a tier reached by then"
    assert award(core, "pool/LUGOVYE") == {"award": 8 * 1680}


def test_a_pool_has_a_size(core: Core) -> None:
    done(core, pool("1", "open"))
    for number in range(8, 16):
        rows = f"P{number},LUGOVOI,P{'ABCDEFGH'[number - 8]},,,UT,88000000000{number},active,,\n"
        one(core, _members(rows))
    from loyalty_core import CardClaim

    answers = [told(core, invite(f"{each}", CardClaim("UT", f"88000000000{each}"))) for each in range(8, 16)]
    assert answers == ["posted"] * 7 + ["refused: pool_unfit pool"]


def _members(rows: str):  # type: ignore[no-untyped-def]
    from loyalty_core import MembersImported
    from tests.storage.airline import HEADER

    return submission(MembersImported((HEADER + rows).encode()))


def test_holds_are_released_by_another_hand(core: Core) -> None:
    give(core, 100, "A")
    done(core, reserve("H", 100, until=NOON + HOUR))
    assert told(core, release("R", "H")) == "posted"
    assert award(core) == {"award": 100}
