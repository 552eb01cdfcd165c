"""Miles that end by what their owner does and is: what is told of their ends, and that they don't change hands."""

from datetime import date

import pytest

from loyalty_core import BalanceCheck, CardAnswer, Name
from tests.storage.books import books, one
from tests.storage.miles import FAMILY, OLEG, award, pool, redeem, strike, told, transfer
from tests.storage.test_moving_expiry import CHILDREN, GOLD_NEVER, INACTIVITY, USUAL, fly, noon, ruled


@pytest.mark.parametrize("rule", [INACTIVITY, GOLD_NEVER, CHILDREN])
def test_miles_that_end_by_their_owner_don_t_change_hands(rule: bytes, database_url: str) -> None:
    """Nobody could say how long they live with another one."""
    with books(database_url, ruled(rule), FAMILY) as core:
        fly(core, date(2027, 2, 10), 1)
        at = noon(2027, 2, 20)
        assert told(core, transfer("T", 100), at) == "refused: not_offered to"
        assert told(core, pool("P", "open", share=50), at) == "refused: not_offered action"
        assert award(core) == {"award": 840}
        assert award(core, "M4") == {}


def test_a_pool_of_other_times_can_be_left_and_spent_from(database_url: str) -> None:
    with books(database_url, ruled(USUAL), FAMILY) as core:
        assert told(core, pool("P", "open", share=50, spends=True), noon(2027, 2, 1)) == "posted"
        fly(core, date(2027, 2, 10), 1)
        one(core, ruled(INACTIVITY, at=noon(2027, 2, 20)))
        at = noon(2027, 2, 21)
        assert told(core, pool("I", "invite", member=OLEG), at) == "refused: not_offered action"
        assert told(core, redeem("R", 100, from_pool=True), at) == "posted"
        assert told(core, pool("L", "leave"), at) == "posted"


def test_answers_say_when_miles_end_and_not_when_they_may(database_url: str) -> None:
    question = BalanceCheck("UT", "7700000000011", Name("LUGOVAYA", "VERA"))
    with books(database_url, ruled(INACTIVITY)) as core:
        fly(core, date(2027, 2, 10), 1)
        fly(core, date(2027, 4, 1), 2)

        def ends() -> tuple[object, object]:
            (answer,) = core.answer([question])
            assert isinstance(answer, CardAnswer)
            return answer.expires_on, answer.expires_amount

        assert ends() == (date(2027, 6, 1), 1680)
        strike(core, noon(2027, 4, 11))
        fly(core, date(2027, 4, 20), 3)
        assert ends() == (date(2027, 6, 20), 2520)
        member = core.member("M1")
        assert member is not None
        assert {lot["expires_on"] for lot in member["lots"]} == {"2027-06-20"}
        one(core, ruled(GOLD_NEVER, at=noon(2027, 4, 22)))
        assert ends() == (date(2027, 4, 30), 840)
