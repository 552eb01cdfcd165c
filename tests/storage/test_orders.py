"""One passenger, four messages, any order: one credit and one state."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from loyalty_core import CardClaim, Core, CouponOutcome, Flight, MembersImported, Name
from tests.storage.airline import (
    DEPARTURE,
    ETL,
    FTL,
    HEADER,
    NOON,
    PRL,
    coupon,
    listed,
    opening,
    person,
    submission,
)
from tests.storage.books import books

MESSAGES = {"FTL": FTL, "PRL": PRL, "ETL": ETL, "coupon": coupon()}


def run(url: str, batches: list[list[str]]) -> dict[str, object]:
    core = Core.open(url)
    try:
        core.execute(opening())
        for batch in batches:
            core.execute([submission(MESSAGES[name]) for name in batch])
        report = core.verify()
        report["balances"] = core.member("M1")["balances"]  # type: ignore[index]
        return report
    finally:
        core.close()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    path = tmp_path_factory.mktemp("reference") / "books.sqlite"
    return run(f"sqlite:///{path}", [["FTL"], ["PRL"], ["ETL"], ["coupon"]])


def test_the_reference_holds_one_credit(reference: dict[str, object]) -> None:
    assert reference["ok"], reference["checks"]
    # 840 miles great circle DME-AER at 100 %, base tier: no bonus.
    assert reference["balances"] == {"award": 840, "qualifying": 840, "segments": 1}


@pytest.mark.parametrize("order", list(permutations(MESSAGES)), ids="-".join)
def test_every_order_each_twice(order: tuple[str, ...], tmp_path, reference) -> None:
    report = run(f"sqlite:///{tmp_path}/books.sqlite", [[name] for name in order for _again in (1, 2)])
    assert report["ok"], report["checks"]
    assert report["state_hash"] == reference["state_hash"]
    assert report["balances"] == reference["balances"]


@pytest.mark.parametrize("seed", range(12))
def test_any_mix_of_batches(seed: int, database_url: str, reference) -> None:
    chance = random.Random(seed)
    names = [*MESSAGES, *MESSAGES]
    chance.shuffle(names)
    batches: list[list[str]] = [[]]
    for name in names:
        if batches[-1] and chance.random() < 0.5:
            batches.append([])
        batches[-1].append(name)
    report = run(database_url, batches)
    assert report["ok"], report["checks"]
    assert report["state_hash"] == reference["state_hash"], f"seed {seed}: {batches}"


@pytest.mark.parametrize("seed", range(4))
def test_batch_limits_leave_no_trace_in_the_chain(seed: int, tmp_path) -> None:
    chance = random.Random(seed)
    order = list(MESSAGES)
    chance.shuffle(order)
    singly = run(f"sqlite:///{tmp_path}/single.sqlite", [[name] for name in order])
    together = run(f"sqlite:///{tmp_path}/one.sqlite", [order])
    assert singly["chain_head"] == together["chain_head"]


def test_both_engines_give_the_same_chain(tmp_path, postgres_database: str) -> None:
    batches = [["FTL"], ["coupon", "PRL"], ["ETL"]]
    report = run(f"sqlite:///{tmp_path}/books.sqlite", batches)
    other = run(postgres_database, batches)
    assert (report["chain_head"], report["state_hash"]) == (other["chain_head"], other["state_hash"])


@pytest.mark.parametrize("numbers", [5, 29, 30])
def test_numbers_of_carriages_leave_no_trace_in_the_chain(numbers: int, tmp_path) -> None:
    """Several people gone from a list at once have nothing that orders them but what they were credited with."""
    surnames = ("ABALKIN", "BELSKII", "VERESOV", "GROMOV", "DARIN")
    cards = [CardClaim("UT", f"77000000009{place}0") for place in range(len(surnames))]
    rows = [
        f"N{place},{surname},ANTON,,,UT,{card.number},active,,\n"
        for place, (surname, card) in enumerate(zip(surnames, cards, strict=True))
    ]
    everybody = [
        person(Name(surname, "ANTON"), card=card, locator="")
        for surname, card in zip(surnames, cards, strict=True)
    ]
    others = [person(Name(f"O{'A' * each}", "A"), locator="") for each in range(numbers)]
    heads = []
    for booked in ((), others):  # of the same number of messages, for entries name journal rows
        before = replace(listed("PNL", *booked), departure=replace(DEPARTURE, flight=Flight("UT", "9")))
        with books(f"sqlite:///{tmp_path}/{len(heads)}.sqlite") as core:
            core.execute([submission(MembersImported((HEADER + "".join(rows)).encode()))])
            for message in [
                before,
                listed("FTL", *everybody),
                listed("FTL", person(), edition=NOON + timedelta(1)),
            ]:
                core.execute([submission(message)])
            report = core.verify()
        assert report["entries"] == 2 * len(surnames)
        heads.append(report["chain_head"])
    assert heads[0] == heads[1]


def test_a_coupon_taken_back_leaves_nothing(tmp_path) -> None:
    core = Core.open(f"sqlite:///{tmp_path}/books.sqlite")
    core.execute(opening())
    core.execute([submission(coupon("F"))])
    (result,) = core.execute([submission(coupon("R"))])
    outcome = result.outcomes[0]
    assert isinstance(outcome, CouponOutcome)
    assert (outcome.award, outcome.balance) == (0, 0)
    report = core.verify()
    core.close()
    assert report["ok"], report["checks"]
    assert report["entries"] == 2
