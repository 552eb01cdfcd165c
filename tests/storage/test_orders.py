"""One passenger, four messages, any order: one credit and one state."""

import random
from itertools import permutations

import pytest

from loyalty_core import Core, CouponOutcome
from tests.storage.airline import ETL, FTL, PRL, coupon, opening, submission

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
