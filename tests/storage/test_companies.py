"""Companies and their travellers on the same coupon, minors, one person in several programmes."""

from datetime import date
from pathlib import Path

import pytest

from loyalty_core import CardClaim, CouponReported, CreditStatus, Name, ProgrammeActivated, Reason
from loyalty_core.minors import age_on
from tests.storage.airline import CARD, FTL, PRL, PROGRAMME, coupon, listed, person, submission
from tests.storage.books import balances, books, coupon_outcome, one, query
from tests.storage.membership import all_orders, member, members, merge, relate, state_after, unmerge

RULES = b"members: {company_percent: 12.5, minimum_age: 2}\n"
SHARING = submission(ProgrammeActivated(PROGRAMME + RULES, "demo.yaml"))
COMPANY = members("C1,SEVER TRADE,LLC,,,UT,7700000000904,,,,company", columns=",kind")
LATER, BEFORE = date(2026, 8, 21), date(2026, 8, 19)
FLOWN = {"award": 840, "qualifying": 840, "segments": 1}


def standing(core, number: str = "M1") -> dict[str, int]:  # type: ignore[no-untyped-def]
    return {name: amount for name, amount in balances(core, number).items() if amount}


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ([relate("company", "M1", "C1")], 105),
        ([relate("company", card=CARD.number, other="C1")], 105),
        ([relate("company", card="7700000000029", other="C1")], 0),
        ([relate("company", "M1", "C1", since=LATER)], 0),
        ([relate("company", "M1", "C1"), relate("company", "M1", said=-1, since=BEFORE)], 0),
        ([relate("company", "M1", "C1"), relate("company", "M1", said=-1, since=LATER)], 105),
        ([relate("company", "M1", "M3")], 0),
        ([relate("company", "M1", "C1"), member("closed", number="C1")], 0),
        ([relate("company", "M1", "C1"), member("closed", number="C1", since=LATER)], 105),
        ([relate("company", "M1", "C1"), member("blocked", number="C1")], 0),
    ],
)
def test_a_companys_share(words: list[object], share: int, tmp_path: Path) -> None:
    messages = [submission(coupon()), *map(submission, words), COMPANY]  # type: ignore[arg-type]
    all_orders(tmp_path, messages, [SHARING])
    with books(f"sqlite:///{tmp_path}/books.sqlite", SHARING) as core:
        for message in messages:
            one(core, message)
        assert standing(core) == FLOWN, "what the traveller gets is the same"
        assert standing(core, "C1") == ({"award": share} if share else {})


def test_a_share_follows_the_credit(database_url: str) -> None:
    with books(database_url, SHARING, COMPANY, submission(relate("company", "M1", "C1"))) as core:
        one(core, submission(FTL))
        assert (standing(core), standing(core, "C1")) == ({"pending": 840}, {"pending": 105})
        # The ticket arrives: both are known by the coupon now.
        one(
            core,
            submission(
                listed("FTL", person(card=CARD, ticket="2986120000017", coupon=1), originator="LEDRM1A")
            ),
        )
        keys = [row[0] for row in query(core.url, "SELECT credit_key FROM standing_credit ORDER BY 1")]
        assert keys == ["2986120000017/1", "2986120000017/1#company"]
        one(core, submission(PRL))
        assert (standing(core), standing(core, "C1")) == (FLOWN, {"award": 105})
        assert coupon_outcome(core, submission(coupon())).award == 840
        one(core, submission(coupon("R")))
        assert (standing(core), standing(core, "C1")) == ({}, {})


def test_the_travellers_tier_is_not_the_companys(database_url: str) -> None:
    gold = members("M1,LUGOVAYA,VERA,,1987-04-09,UT,7700000000011,,,GOLD")
    with books(database_url, SHARING, COMPANY, submission(relate("company", "M1", "C1"))) as core:
        one(core, submission(coupon()))
        result = one(core, gold)
        assert len(result.entries) == 2, "only the traveller's credit is priced again"
        assert (standing(core)["award"], standing(core, "C1")["award"]) == (1260, 105)


def test_a_merge_of_the_traveller_keeps_the_share(tmp_path: Path) -> None:
    twice = members("M5,ZORINA,VERA,,1987-04-09,UT,7700000000508,,,")
    first = [SHARING, COMPANY, twice, submission(relate("company", "M5", "C1"))]
    flights = [submission(coupon())]
    never = state_after(f"sqlite:///{tmp_path}/never.sqlite", [flights], first)
    merged = all_orders(tmp_path, [*flights, submission(merge("M1", "M5"))], first)
    assert merged != never
    assert (
        all_orders(tmp_path, [*flights, *map(submission, (merge("M1", "M5"), unmerge("M1")))], first) == never
    )


BABY = members("M8,LUGOVAYA,ANNA,,2024-08-20,UT,7700000000805,,,")


def babys(on: date) -> CouponReported:
    return coupon(name=Name("LUGOVAYA", "ANNA"), card=CardClaim("UT", "7700000000805"), on=on)


def test_too_young_to_earn(tmp_path: Path) -> None:
    for on, expected in ((date(2026, 8, 19), {}), (date(2026, 8, 20), FLOWN)):
        folder = tmp_path / on.isoformat()
        folder.mkdir()
        all_orders(folder, [submission(babys(on)), BABY], [SHARING])
        with books(f"sqlite:///{folder}/books.sqlite", SHARING, BABY) as core:
            outcome = coupon_outcome(core, submission(babys(on)))
            assert (outcome.status, outcome.reason is Reason.NOT_EARNING) == (
                CreditStatus.POSTED,
                not expected,
            )
            assert standing(core, "M8") == expected


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2008-08-20", "2026-08-19", 17),
        ("2008-08-20", "2026-08-20", 18),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("", "2026-03-01", None),
    ],
)
def test_age(born: str, day: str, age: int | None) -> None:
    assert age_on(born, day) == age


def test_one_person_in_several_programmes(database_url: str) -> None:
    other = PROGRAMME.replace(b"programme: demo", b"programme: north").replace(
        "carriers: [UT, ЮТ]".encode(), b"carriers: [N4]"
    )
    assert other != PROGRAMME
    north = submission(ProgrammeActivated(other, "north.yaml"))
    row = "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000011,,,,vera-1"
    away = "N7,LUGOVAYA,VERA,,1987-04-09,N4,5500000000017,,,,vera-1"
    with books(database_url, north, members(row, away, columns=",person")) as core:
        found = core.member("M1")
        assert found is not None
        assert found["person"] == [{"programme": "north", "number": "N7"}]
        one(core, submission(coupon()))
        assert (standing(core), standing(core, "N7")) == (FLOWN, {})
