"""One flight of one person earns once, whatever number, card or coupon it is reported under, in any order."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from loyalty_core import (
    CardClaim,
    Core,
    CouponReported,
    CreditStatus,
    Flight,
    ListOutcome,
    Marketing,
    MembersImported,
    Name,
    ProgrammeActivated,
    Reason,
    State,
)
from tests.storage.airline import CARD, DEPARTURE, HEADER, NOON, PROGRAMME, coupon, listed, person, submission
from tests.storage.books import balances, books, count, coupon_outcome, one, outcome_of, query
from tests.storage.membership import all_orders, members
from tests.storage.test_identity import TICKET, carriages, in_any_order

CODESHARE = Flight("S7", "7123")
IGNAT = Name("ARTEMEV", "IGNAT")
OLD, NEW = CardClaim("UT", "7700000000037"), CardClaim("UT", "7700000000045")
BOARDED = listed(
    "PRL", replace(person(card=CARD, ticket=TICKET, coupon=1), marketing=Marketing(CODESHARE, "Y"))
)


def credited(core: Core) -> list[tuple[str, str]]:
    return [(each[0], each[3]) for each in carriages(core) if each[3] in ("posted", "pending")]


@pytest.mark.parametrize("status", ["R", "E", "V"])
@pytest.mark.parametrize(
    "elsewhere",
    [{"flight": Flight("UT", "453")}, {"on": DEPARTURE.on + timedelta(days=1)}, {"flight": CODESHARE}],
    ids=["another flight", "the next day", "the marketing flight"],
)
def test_taken_back_on_another_departure(elsewhere: dict[str, object], status: str, tmp_path: Path) -> None:
    back = coupon(status, **elsewhere)  # type: ignore[arg-type]
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        assert coupon_outcome(core, submission(coupon())).award == 840
        assert coupon_outcome(core, submission(back)).balance == 0
        assert balances(core) == {}


def test_taken_back_elsewhere_in_any_order(tmp_path: Path) -> None:
    back = coupon("R", flight=Flight("UT", "453"))
    _report, core = in_any_order(tmp_path, [coupon(), back, listed("PRL", person(card=CARD))])
    assert balances(core) == {}
    core.close()


def test_the_later_event_counts_wherever_it_was_reported(tmp_path: Path) -> None:
    other = Flight("UT", "453")
    back = coupon("R", flight=other, reported_at=NOON)
    again = coupon("F", reported_at=NOON + timedelta(minutes=1))
    _report, core = in_any_order(tmp_path, [back, again])
    assert credited(core) == [(DEPARTURE.key, "posted")]
    core.close()


@pytest.mark.parametrize(
    "messages",
    [
        [
            coupon(name=IGNAT, card=OLD, ticket="", number=0),
            coupon(name=IGNAT, card=NEW, ticket="", number=0),
        ],
        [
            coupon(name=IGNAT, card=NEW, ticket="", number=0),
            coupon(name=Name("АРТЕМЬЕВ", "ИГНАТ"), card=NEW, ticket="", number=0),
        ],
        [listed("PRL", person(IGNAT, card=NEW)), coupon(name=IGNAT, card=OLD)],
    ],
    ids=["old and new card", "another spelling", "list and coupon"],
)
def test_one_member_flies_a_leg_once(messages: list[CouponReported], tmp_path: Path) -> None:
    spelt = (HEADER + "M3,ARTEMEV,IGNAT,АРТЕМЬЕВ/ИГНАТ,1990-01-02,UT,7700000000045,active,,SILVER\n").encode()
    _report, core = in_any_order(tmp_path, messages, spelt)
    assert len(credited(core)) == 1
    assert balances(core, "M3")["segments"] == 1
    core.close()


@pytest.mark.parametrize(("ticket", "number"), [("", 0), (TICKET, 1)], ids=["by card", "by ticket"])
def test_the_marketing_flight_is_the_same_flight(ticket: str, number: int, tmp_path: Path) -> None:
    report = coupon(flight=CODESHARE, ticket=ticket, number=number)
    _report, core = in_any_order(tmp_path, [BOARDED, report])
    assert credited(core) == [(DEPARTURE.key, "posted")]
    assert balances(core)["segments"] == 1
    core.close()


def test_by_ticket_even_where_the_list_does_not_name_the_marketing_flight(tmp_path: Path) -> None:
    boarded = listed("PRL", person(card=CARD, ticket=TICKET, coupon=1))
    _report, core = in_any_order(tmp_path, [boarded, coupon(flight=CODESHARE)])
    assert credited(core) == [(DEPARTURE.key, "posted")]
    core.close()


def test_a_report_by_the_marketing_flight_takes_back_and_confirms(tmp_path: Path) -> None:
    by_card = coupon("R", flight=CODESHARE, ticket="", number=0)
    _report, core = in_any_order(tmp_path / "back", [BOARDED, by_card])
    assert balances(core) == {}
    core.close()
    checked_in = listed("FTL", replace(person(card=CARD), marketing=Marketing(CODESHARE, "Y")))
    _report, core = in_any_order(tmp_path / "flown", [checked_in, replace(by_card, status="F")])
    assert credited(core) == [(DEPARTURE.key, "posted")]
    core.close()


def test_the_link_may_come_from_a_list_without_the_card(tmp_path: Path) -> None:
    boarded = listed("PRL", replace(person(), marketing=Marketing(CODESHARE, "Y")))
    report = coupon(flight=CODESHARE, ticket="", number=0)
    _report, core = in_any_order(tmp_path, [listed("FTL", person(card=CARD)), boarded, report])
    assert credited(core) == [(DEPARTURE.key, "posted")]
    core.close()


@pytest.mark.parametrize("days", [3, -366])
def test_a_list_outside_the_window_is_refused_whole(days: int, database_url: str) -> None:
    on = DEPARTURE.on + timedelta(days=days)
    message = replace(BOARDED, departure=replace(DEPARTURE, on=on))
    with books(database_url) as core:
        result = one(core, submission(message))
        assert result.state is State.REFUSED
        assert result.outcomes == (ListOutcome(persons=1, reason=Reason.DATE_OUT_OF_WINDOW),)
        assert count(database_url, "evidence") == count(database_url, "list_edition") == 0
        repeated = one(core, submission(message))
        assert repeated.outcomes == result.outcomes


def test_a_list_says_who_was_refused_and_why(database_url: str) -> None:
    stranger = person(Name("SMITH", "ANN"), card=CARD, locator="1AAAAA", line=9)
    blocked = person(Name("BORISOV", "OLEG"), card=CardClaim("UT", "7700000000029"), locator="2AAAAA", line=7)
    message = submission(listed("PRL", stranger, blocked))
    with books(database_url) as core:
        outcome = outcome_of(core, message)
        assert isinstance(outcome, ListOutcome)
        assert outcome.refusals == ((7, "card_blocked"), (9, "holder_mismatch"))
        assert one(core, message).outcomes == (outcome,)


def test_enrolment_and_fare_are_kept(tmp_path: Path) -> None:
    header = HEADER.replace("tier\n", "tier,enrolled_on\n")
    row = header + "M7,ORLOV,IVAN,,,UT,7700000000201,active,,,2024-01-31\n"
    with books(f"sqlite:///{tmp_path}/books.sqlite", submission(MembersImported(row.encode()))) as core:
        member = core.member("M7")
        assert member is not None
        assert member["enrolled_on"] == date(2024, 1, 31).isoformat()
        report = replace(coupon(), fare_amount="4000.00", fare_currency="RUB")
        assert coupon_outcome(core, submission(report)).status is CreditStatus.POSTED
        (carriage,) = core.explain(ticket=TICKET)["carriages"]
        assert carriage["evidence"][0]["fare"] == ("4000.00", "RUB")


def test_a_host_that_knows_only_the_marketing_flight_hears_what_stands(tmp_path: Path) -> None:
    """The credit stands under the operating flight; the host's report is no mistake and is not refused."""
    with books(f"sqlite:///{tmp_path}/books.sqlite") as core:
        one(core, submission(BOARDED))
        outcome = coupon_outcome(core, submission(coupon(flight=CODESHARE)))
        assert (outcome.status, outcome.award) == (CreditStatus.POSTED, 840)


NORTH = (
    submission(
        ProgrammeActivated(
            PROGRAMME.replace(b"programme: demo", b"programme: north").replace(
                "carriers: [UT, ЮТ]".encode(), b"carriers: [ZZ]", 1
            ),
            "north.yaml",
        ),
        received_at=NOON - timedelta(days=1),
    ),
    members("X1,LUGOVAYA,VERA,,1987-04-09,ZZ,8800000000011,active,,"),
)
"""A second programme of the same rules, of which Vera is a member too."""
NORTHERN = CardClaim("ZZ", "8800000000011")


@pytest.mark.parametrize("flight", [DEPARTURE.flight, Flight("UT", "453"), Flight("UT", "449")])
def test_a_coupon_is_credited_by_one_programme(flight: Flight, tmp_path: Path, database_url: str) -> None:
    reports = [submission(coupon()), submission(coupon(card=NORTHERN, flight=flight))]
    all_orders(tmp_path, reports, NORTH)
    with books(database_url, *NORTH) as core:
        for report in reports:
            one(core, report)
        standing = query(core.url, "SELECT credit_key, award FROM standing_credit")
        assert [tuple(row) for row in standing] == [(f"{TICKET}/1", 840)]
        lost = query(core.url, "SELECT reason FROM carriage WHERE credit = 'refused'")
        assert lost == ([] if flight == DEPARTURE.flight else [("coupon_credited_elsewhere",)])


def test_a_coupon_may_go_over_to_another_programme_and_come_back(database_url: str) -> None:
    with books(database_url, *NORTH) as core:
        one(core, submission(coupon("C")))
        north = coupon(card=NORTHERN, flight=Flight("UT", "453"))
        assert coupon_outcome(core, submission(north)).award == 840
        assert balances(core) == {}
        one(core, submission(coupon(reported_at=NOON)))
        one(core, submission(replace(north, status="R", reported_at=NOON - timedelta(hours=1))))
        assert (balances(core)["award"], balances(core, "X1")) == (840, {})
