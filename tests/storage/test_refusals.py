"""Why a coupon is not credited: every reason can be reached, with the field it lies in; and what a check answers."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from loyalty_core import (
    BalanceCheck,
    CardAnswer,
    CardCheck,
    CardClaim,
    CouponReported,
    CreditStatus,
    Flight,
    MembersImported,
    Name,
    Reason,
    State,
)
from tests.storage.airline import HEADER, NOON, VERA, coupon, submission
from tests.storage.books import balances, books, count, coupon_outcome, one

CARDS = (
    HEADER
    + "M4,GROMOVA,INNA,,,UT,7700000000110,closed,,\n"
    + "M5,TITOV,MARK,,,UT,7700000000128,lost,,\n"
    + "M6,ZUEVA,NINA,,,UT,7700000000136,replaced,7700000000144,\n"
    + "M6,ZUEVA,NINA,,,UT,7700000000144,replaced,7700000000151,\n"
    + "M6,ZUEVA,NINA,,,UT,7700000000151,active,,\n"
    + "M7,PANIN,LEV,,,UT,7700000000169,replaced,7700000000177,\n"
).encode()
GROMOVA, TITOV, ZUEVA, PANIN = (
    Name("GROMOVA", "INNA"),
    Name("TITOV", "MARK"),
    Name("ZUEVA", "NINA"),
    Name("PANIN", "LEV"),
)


def _with(name: Name, card: str) -> CouponReported:
    return coupon(name=name, card=CardClaim("UT", card))


@pytest.mark.parametrize(
    ("report", "reason", "field"),
    [
        (coupon(on=date(2026, 8, 23)), Reason.DATE_OUT_OF_WINDOW, "on"),
        (coupon(on=date(2025, 8, 19)), Reason.DATE_OUT_OF_WINDOW, "on"),
        (coupon(off="QQQ"), Reason.AIRPORT_UNKNOWN, "off_point"),
        (coupon(board="QQQ"), Reason.AIRPORT_UNKNOWN, "board_point"),
        (coupon(letter="Z"), Reason.CLASS_UNKNOWN, "booking_class"),
        (coupon(letter=""), Reason.CLASS_UNKNOWN, "booking_class"),
        (coupon(card=CardClaim("ZZ", "7700000000011")), Reason.PROGRAMME_NOT_SERVED, ""),
        (coupon(card=CardClaim("UT", "7700000009999")), Reason.CARD_UNKNOWN, ""),
        (_with(Name("BORISOV", "OLEG"), "7700000000029"), Reason.CARD_BLOCKED, ""),
        (_with(GROMOVA, "7700000000110"), Reason.CARD_CLOSED, ""),
        (_with(TITOV, "7700000000128"), Reason.CARD_BLOCKED, ""),
        # Replaced by a card that was never told us.
        (_with(PANIN, "7700000000169"), Reason.CARD_BLOCKED, ""),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_refused(report: CouponReported, reason: Reason, field: str, database_url: str) -> None:
    with books(database_url, submission(MembersImported(CARDS))) as core:
        message = submission(report)
        result = one(core, message)
        (outcome,) = result.outcomes
        assert outcome == core.execute([message])[0].outcomes[0], "the repeat says something else"
        assert (outcome.status, outcome.reason, outcome.field) == (CreditStatus.REFUSED, reason, field)  # type: ignore[attr-defined]
        assert result.state is State.REFUSED
        assert count(database_url, "entry") == 0
        assert (outcome.airline, outcome.number) == (report.card.airline, report.card.number)  # type: ignore[attr-defined]


@pytest.mark.parametrize("days", [2, -365])
def test_the_edges_of_the_date_window_are_inside(days: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        on = NOON.date() + timedelta(days=days)
        assert coupon_outcome(core, submission(coupon(on=on))).status is CreditStatus.POSTED
        beyond = on + timedelta(days=1 if days > 0 else -1)
        assert coupon_outcome(core, submission(coupon(on=beyond))).reason is Reason.DATE_OUT_OF_WINDOW


@pytest.mark.parametrize(
    "report",
    [
        replace(coupon(), card=CardClaim("UT", "7700000000011", role="FQTR")),
        coupon(letter="X"),
        replace(coupon(), fare_basis="YAWARDRT"),
        coupon(off="DME"),
    ],
    ids=["FQTR", "award class", "award fare", "nowhere"],
)
def test_what_earns_nothing_is_posted_with_nothing(report: CouponReported, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        outcome = coupon_outcome(core, submission(report))
        assert (outcome.status, outcome.reason, outcome.award) == (
            CreditStatus.POSTED,
            Reason.NOT_EARNING,
            0,
        )
        assert balances(core) == {}


def test_the_wrong_holder_waits(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        for name in (Name("LUGOVAYA"), Name("LUGOVAYA", "V"), Name("VERA", "LUGOVAYA"), Name("SMITH", "ANN")):
            outcome = coupon_outcome(core, submission(coupon(name=name), link=str(name)))
            assert (outcome.status, outcome.reason) == (CreditStatus.PENDING, Reason.HOLDER_MISMATCH), name
            assert outcome.award == outcome.balance == 0


@pytest.mark.parametrize("number", ["7700000000136", "7700000000144", "7700000000151", "77 0000 0000 136"])
def test_an_old_number_stands_for_the_card_that_replaced_it(number: str, database_url: str) -> None:
    with books(database_url, submission(MembersImported(CARDS))) as core:
        outcome = coupon_outcome(core, submission(_with(ZUEVA, number)))
        assert (outcome.status, outcome.award) == (CreditStatus.POSTED, 840)
        assert balances(core, "M6")["award"] == 840
        (answer,) = core.answer([CardCheck("UT", number, ZUEVA)])
        assert isinstance(answer, CardAnswer)
        assert (answer.reason, answer.tier) == (Reason.NONE, "BASIC")


def test_a_card_of_another_airline_is_not_looked_up(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The same digits with another airline's code are another programme's card."""
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        (answer,) = core.answer([CardCheck("ZZ", "7700000000011", VERA)])
        assert isinstance(answer, CardAnswer)
        assert answer == CardAnswer("ZZ", "7700000000011", Reason.PROGRAMME_NOT_SERVED)


BORN = date(1987, 4, 9)
OTHER_DAY = date(1990, 1, 1)


@pytest.mark.parametrize(
    ("name", "birth_date", "reason"),
    [
        (VERA, None, Reason.NONE),
        (VERA, BORN, Reason.NONE),
        (VERA, OTHER_DAY, Reason.HOLDER_MISMATCH),
        (Name("ЛУГОВАЯ", "ВЕРА"), None, Reason.NONE),
        (Name("LUGOVAIA", "VERA MRS"), None, Reason.NONE),
        (Name("LUGOVAYA"), None, Reason.TIER_WITHHELD),
        (Name("LUGOVAYA"), BORN, Reason.NONE),
        (Name("LUGOVAYA", "V"), None, Reason.TIER_WITHHELD),
        (Name("LUGOVAYA", "V"), OTHER_DAY, Reason.HOLDER_MISMATCH),
        (Name("VERA", "LUGOVAYA"), None, Reason.TIER_WITHHELD),
        (Name("VERA", "LUGOVAYA"), BORN, Reason.NONE),
        (Name("SMITH", "VERA"), None, Reason.HOLDER_MISMATCH),
        (Name("SMITH", "VERA"), BORN, Reason.HOLDER_MISMATCH),
        (Name("", ""), BORN, Reason.HOLDER_MISMATCH),
        (None, None, Reason.NONE),
    ],
)
def test_who_may_know_the_tier(name: Name | None, birth_date: date | None, reason: Reason, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        (answer,) = core.answer([CardCheck("UT", "7700000000011", name, birth_date)])
        assert isinstance(answer, CardAnswer)
        assert answer.reason is reason
        if reason:
            assert answer == CardAnswer("UT", "7700000000011", reason), "a refusal gives nothing away"
        else:
            assert answer.tier == "BASIC"
            assert answer.names[0] == VERA


def test_a_birth_date_that_is_not_on_file_helps_nobody(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(CARDS))) as core:
        answers = core.answer(
            [
                CardCheck("UT", "7700000000151", ZUEVA, BORN),
                CardCheck("UT", "7700000000151", Name("ZUEVA"), BORN),
            ]
        )
        assert [answer.reason for answer in answers] == [Reason.NONE, Reason.TIER_WITHHELD]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("card", "holder", "reason"),
    [
        ("7700000000029", Name("BORISOV", "OLEG"), Reason.CARD_BLOCKED),
        ("7700000000029", Name("SMITH", "OLEG"), Reason.HOLDER_MISMATCH),  # a stranger learns nothing
        ("7700000000029", None, Reason.CARD_BLOCKED),
        ("7700000000110", GROMOVA, Reason.CARD_CLOSED),
        ("7700000000128", TITOV, Reason.CARD_BLOCKED),
        ("7700000000169", PANIN, Reason.CARD_BLOCKED),
        ("0000000000000", VERA, Reason.CARD_UNKNOWN),
    ],
)
def test_checks_of_cards_that_are_no_good(
    card: str, holder: Name | None, reason: Reason, database_url: str
) -> None:
    with books(database_url, submission(MembersImported(CARDS))) as core:
        (answer,) = core.answer([CardCheck("UT", card, holder)])
        assert answer == CardAnswer("UT", card, reason)
        if holder is not None:
            (answer,) = core.answer([BalanceCheck("UT", card, holder)])
            assert answer == CardAnswer("UT", card, reason)


def test_a_balance_shows_what_stands_and_what_ends_next(database_url: str) -> None:
    with books(database_url) as core:
        for number, day in enumerate((20, 20, 19)):
            flight = Flight("UT", str(460 + number))
            one(
                core,
                submission(
                    coupon(flight=flight, ticket=f"298612000010{number}", on=date(2026, 8, day), letter="C")
                ),
            )
        one(core, submission(coupon("C", flight=Flight("UT", "470"), ticket="2986120000109")))
        (answer,) = core.answer([BalanceCheck("UT", "7700000000011", VERA)])
        assert isinstance(answer, CardAnswer)
        amounts = {balance.unit: balance.amount for balance in answer.balances}
        assert amounts == {"award": 5040, "pending": 840, "qualifying": 5040, "segments": 6}
        assert (answer.expires_on, answer.expires_amount) == (date(2028, 8, 19), 1680)
        (empty,) = core.answer([BalanceCheck("UT", "7700000000045", Name("ARTEMEV", "IGNAT"))])
        assert isinstance(empty, CardAnswer)
        assert (empty.tier, empty.expires_on, empty.expires_amount) == ("SILVER", None, 0)


def test_checks_write_nothing(database_url: str) -> None:
    with books(database_url) as core:
        before = [count(database_url, table) for table in ("journal", "handling", "receipt")]
        core.answer([CardCheck("UT", str(number)) for number in range(50)])
        assert [count(database_url, table) for table in ("journal", "handling", "receipt")] == before
