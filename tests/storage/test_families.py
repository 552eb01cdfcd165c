"""Merged members pay together and owe together; a merge that ends leaves everybody what they had."""

from loyalty_core import BalanceCheck, CardAnswer, CardClaim, Core, Name
from tests.storage.airline import CARD, NOON, VERA, coupon, submission
from tests.storage.books import books, one
from tests.storage.membership import merge, unmerge
from tests.storage.miles import (
    DAY,
    HOUR,
    award,
    capture,
    done,
    give,
    lots,
    pool,
    redeem,
    release,
    reserve,
    strike,
    told,
    transfer,
    undo,
)

IGNAT = CardClaim("UT", "7700000000045")
FLOWN = submission(coupon(name=Name("ARTEMEV", "IGNAT"), card=IGNAT, ticket="2986120000093"))
BOTH = ("M1", "M3")


def holdings(core: Core) -> list[object]:
    return [(award(core, each), lots(core, each)) for each in BOTH]


def spendable(core: Core, card: CardClaim = CARD) -> int:
    (answer,) = core.answer([BalanceCheck("UT", card.number, VERA)])
    assert isinstance(answer, CardAnswer)
    return next(balance.amount for balance in answer.balances if balance.unit == "award")


def flown_and_spent(core: Core) -> None:
    """M3 has flown for 1050 miles (SILVER) and spent 700 of them; M1 was given 900."""
    give(core, 900, "given")
    one(core, FLOWN)
    assert award(core, "M3") == {"award": 1050}
    assert done(core, redeem("spent", 700, IGNAT)).status == "posted"


def test_what_was_spent_before_is_paid_by_the_family(database_url: str) -> None:
    with books(database_url) as core:
        flown_and_spent(core)
        before = holdings(core)
        one(core, submission(merge("M3", "M1")))
        assert award(core, "M3") == {}, "the flight is the survivor's, who has paid what was spent"
        assert award(core) == {"award": 900 + 1050 - 700}
        assert (spendable(core), spendable(core, IGNAT)) == (1250, 1250)
        assert told(core, redeem("too much", 1251)) == "refused: insufficient_miles amount"
        one(core, submission(unmerge("M3")))
        assert holdings(core) == before


def test_what_stands_on_either_account_pays(database_url: str) -> None:
    with books(database_url) as core:
        give(core, 300, "one")
        give(core, 500, "other", IGNAT, NOON - DAY)
        one(core, submission(merge("M3", "M1")))
        outcome = done(core, redeem("spent", 600, IGNAT))
        assert (outcome.status, outcome.balance) == ("posted", 200)
        assert (award(core), award(core, "M3")) == ({"award": 200}, {}), (
            "what was earned first is spent first"
        )
        assert done(core, undo("back", "spent")).balance == 800
        assert (award(core), award(core, "M3")) == ({"award": 300}, {"award": 500})
        assert done(core, transfer("to the pool", 400, IGNAT, None)).reason == "pool_unfit"
        assert done(core, pool("open", "open", CARD, 0, True)).status == "posted"
        assert done(core, transfer("again", 400, IGNAT, None)).status == "posted", "the family has one place"


def test_a_hold_goes_through_a_merge_and_out_again(database_url: str) -> None:
    with books(database_url) as core:
        one(core, FLOWN)
        assert done(core, reserve("held", 800, card=IGNAT, until=NOON + 5 * HOUR)).status == "posted"
        one(core, submission(merge("M3", "M1")))
        assert spendable(core) == 250
        assert done(core, capture("part", "held", 300, keep_rest=True)).status == "posted"
        assert spendable(core) == 250
        one(core, submission(unmerge("M3")))
        assert (award(core), award(core, "M3")) == ({}, {"award": 250, "held": 500})
        assert done(core, release("over", "held")).balance == 750


def test_a_family_pays_anew_each_time_it_changes(database_url: str) -> None:
    with books(database_url) as core:
        flown_and_spent(core)
        before = holdings(core)
        for said in range(3):
            one(core, submission(merge("M3", "M1", said=-1.0 + said / 10)))
            assert award(core) == {"award": 1250}
            one(core, submission(unmerge("M3", said=-0.95 + said / 10)))
            assert holdings(core) == before
        strike(core, NOON + DAY)
        assert core.verify()["ok"], core.verify()
