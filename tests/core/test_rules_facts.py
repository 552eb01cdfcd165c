"""Facts and standing: what the books keep of them."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from loyalty_core.programme import Facts, Standing
from loyalty_core.rules.facts import AGE_UNKNOWN, facts_json, read_facts_json
from loyalty_core.stable_json import decode, encode
from tests.core.rule_texts import FACTS, earned, programme

days = some.none() | some.dates(date(1990, 1, 1))
money = some.none() | some.decimals(0, 10**6, places=2)


def test_what_is_not_told_is_left_out() -> None:
    assert facts_json(FACTS) == {
        "operating_carrier": "QQ",
        "marketing_carrier": "QQ",
        "booking_class": "Y",
        "class_is_cabin": False,
        "board_point": "DME",
        "off_point": "AER",
        "flown_on": "2026-01-05",
        "fare_basis": "",
        "ticket": "",
        "role": "FQTV",
    }


@given(days, days, money, money, some.none() | some.integers(0, 13_000), some.text("ABC1", max_size=5))
def test_facts_are_read_back_as_they_were(
    booked_on: date | None,
    ticketed_on: date | None,
    price: Decimal | None,
    taxes: Decimal | None,
    distance: int | None,
    word: str,
) -> None:
    facts = Facts(
        *("QQ", "ZZ", "C", True, "DME", "AER", date(2026, 1, 5)),
        operating_number=word,
        brand=word,
        booked_on=booked_on,
        ticketed_on=ticketed_on,
        price=price,
        taxes=taxes,
        distance=distance,
    )
    assert read_facts_json(decode(encode(facts_json(facts)))) == facts


def test_age_is_of_full_years() -> None:
    leap = Standing(born=date(2012, 2, 29))
    assert [leap.age_on(day) for day in (date(2013, 2, 28), date(2013, 3, 1), date(2016, 2, 29))] == [0, 1, 4]
    assert Standing().age_on(date(2026, 1, 1)) is None


def test_who_flew_is_asked_for_the_age_not_the_owner_of_the_account() -> None:
    rules = programme(charts="[{name: a, rows: [{age: {below: 12}, percent: 50}], otherwise: nothing}]")
    owner = Standing(born=date(1980, 1, 1))
    assert earned(rules, owner).award == 0
    assert earned(rules, owner, age=7).award == 500
    child = Standing(born=date(2020, 1, 1))
    assert earned(rules, child).award == 500
    assert earned(rules, child, age=AGE_UNKNOWN).award == 0
