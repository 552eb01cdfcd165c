"""The checker is checked: each kind of damage, done to the file behind the core's back, is found by the right check."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from loyalty_core import CardClaim, ClockOutcome, Core, Flight, Name, PartReceived, ProgrammeActivated
from loyalty_core.storage import audit
from loyalty_core.verify import CHECKS
from tests.storage.airline import ETL, FTL, NOON, PRL, PROGRAMME, coupon, part_submission, submission
from tests.storage.books import books, one, tamper
from tests.storage.canaries import CANARIES
from tests.storage.membership import members, merge
from tests.storage.miles import (
    DAY,
    FAMILY,
    HOUR,
    OLEG,
    adjust,
    done,
    give,
    pool,
    redeem,
    reserve,
    strike,
    transfer,
)

ROOT = Path(__file__).resolve().parent.parent.parent

INVARIANTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "I1 every entry sums to zero": (
        ("postings move whole amounts between accounts of the chart", "every posting belongs to an entry"),
        ("tests/storage/test_guards.py",),
    ),
    "I2 the ledger sums to zero": (("all accounts sum to zero",), ()),
    "I3 balances are sums of postings": (("balances are the sum of postings",), ()),
    "I4 nobody below zero, no lot out of bounds": (
        ("accounts are those of the chart, on their side of zero", "lots are what their moves made of them"),
        ("tests/storage/test_guards.py",),
    ),
    "I5 what can be spent is in open lots": (
        ("open lots are the award balance", "holds are what is held"),
        (),
    ),
    "I6 a coupon accrues once": (
        ("no coupon is credited twice", "every standing credit has one live entry"),
        ("tests/storage/test_rivals.py",),
    ),
    "I7 reversals, once and of what was posted": (
        ("reversals mirror their originals", "operations are what their entries say"),
        ("tests/storage/test_tiers.py",),
    ),
    "I8 nothing expires early, transferred lots keep their dates": (
        (
            "transferred lots keep their dates",
            "nothing expires before its last day",
            "lots are what their entries gave",
            "lots and moves are what the chain tells",
            "the clock looks at every lot in time",
        ),
        (),
    ),
    "I9 history is never changed": (
        ("hash chain", "the handling log is chained to the journal and the ledger"),
        ("tests/storage/test_guards.py",),
    ),
    "I10 no gaps, hashes chained": (
        (
            "hash chain",
            "the handling log is chained to the journal and the ledger",
            "the journal holds the bytes that came",
        ),
        ("tests/core/test_ledger.py",),
    ),
    "I11 every journal row comes to an end": (
        ("every journal row has an outcome", "nothing waits longer than it may"),
        (),
    ),
    "I12 every entry names its cause": (
        (
            "every entry was made by a decision on its journal row",
            "operations are what the chain tells",
        ),
        ("tests/storage/test_adjustments.py", "tests/storage/test_guards.py"),
    ),
    # Of two sets of books, so no check of one: ``ffgate replay``.
    "I13 a replay gives the same books": (
        (),
        (
            "tests/storage/test_decision_order.py",
            "tests/storage/test_mile_histories.py",
            "tests/storage/test_histories.py",
            "tests/commands/test_books.py",
        ),
    ),
    "I14 a repeat changes nothing": (
        ("repeats get the answer that was decided",),
        ("tests/storage/test_repeats.py", "tests/storage/test_failures.py"),
    ),
    # How books came about, which they don't tell.
    "I15 batches are only a way to commit": (
        (),
        ("tests/storage/test_histories.py", "tests/storage/test_mile_histories.py"),
    ),
    "I16 whole amounts within bounds": (
        ("postings move whole amounts between accounts of the chart",),
        ("tests/storage/test_guards.py", "tests/storage/test_schema.py"),
    ),
    "I17 tiers count what entries gave": (
        (
            "tier counters are the sum of credits",
            "tiers are what flights and given tiers say",
            "what is believed of tiers is what stands",
        ),
        ("tests/core/test_spells.py",),
    ),
    "I18 no account outside the chart": (("accounts are those of the chart, on their side of zero",), ()),
}
"""The invariants of the ledger: the checks that find a breach, and where else each is tested. That nothing is answered
before it is committed no books can tell: tests/system/test_kill_points.py."""


IGNAT = CardClaim("UT", "7700000000045")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books with posted, pending, reversed and refused carriages; closed, so that the file holds all."""
    path = tmp_path_factory.mktemp("sound") / "books.sqlite"
    with books(f"sqlite:///{path}") as core:
        for each in (
            FTL,
            PRL,
            ETL,
            coupon(),
            coupon("C", flight=Flight("UT", "452"), ticket="2986120000090"),
        ):
            one(core, submission(each))
        one(core, submission(coupon(off="QQQ", flight=Flight("UT", "453"), ticket="2986120000091")))
        for status in "FR":
            one(core, submission(coupon(status, flight=Flight("UT", "454"), ticket="2986120000092")))
        one(core, FAMILY)
        for each in (
            adjust("give", 900),
            reserve("held", 500),
            redeem("spent", 100),
            pool("opened", "open", share=10),
            transfer("given", 50),
        ):
            assert done(core, each).status == "posted"
        # The merged one has spent what was flown: the other pays.
        one(core, submission(coupon(name=Name("ARTEMEV", "IGNAT"), card=IGNAT, ticket="2986120000093")))
        assert done(core, redeem("flown and spent", 700, IGNAT)).status == "posted"
        one(core, submission(merge("M3", "M1")))
        give(core, 9000, "much", OLEG)
        give(core, 70, "old", OLEG, NOON - 800 * DAY)
        one(core, part_submission(PartReceived("FTL/1", 1, False, "the first of two")))
        outcome = strike(core, NOON).outcomes[0]
        assert isinstance(outcome, ClockOutcome)
        assert outcome.expired == 70
        welcome = PROGRAMME + b"grants: [{name: welcome, on: enrolment, amounts: {award: 500}}]\n"
        double = b"{name: double, adds: {award: {amount: 100}}, budget: {award: 150}, at_most: {award: 150}}"
        welcome += b"promotions: [" + double + b"]\n"
        one(core, submission(ProgrammeActivated(welcome, "demo.yaml")))
        one(core, members("N1,NEW,MEMBER,,,UT,7700000000128,active,,,2026-08-20", columns=",enrolled_on"))
        newcomer = CardClaim("UT", "7700000000128")
        for number in (94, 95):
            flown = coupon(name=Name("NEW", "MEMBER"), card=newcomer, ticket=f"29861200000{number}")
            one(core, submission(replace(flown, marketing=Flight("UT", f"4{number}"))))
        outcome = strike(core, NOON + HOUR / 60).outcomes[0]
        assert isinstance(outcome, ClockOutcome)
        assert outcome.granted == 1
        kinds = {entry["kind"] for entry in core.explain(card="7700000000011")["entries"]}
        assert kinds >= {"accrual", "pending", "reversal"}
    return path


def verified(path: Path) -> dict[str, Any]:
    core = Core.open(f"sqlite:///{path}", read_only=True)
    try:
        return core.verify()
    finally:
        core.close()


@pytest.mark.parametrize(("check", "damage"), CANARIES, ids=[damage[:60] for _check, damage in CANARIES])
def test_damage_is_found(check: str, damage: str, sound: Path, tmp_path: Path) -> None:
    copy = tmp_path / "books.sqlite"
    shutil.copy(sound, copy)
    assert verified(copy)["ok"]
    tamper(copy, *damage.split("; "))
    report = verified(copy)
    assert not report["ok"]
    found = {each["name"]: each for each in report["checks"]}
    assert not found[check]["ok"], [name for name, each in found.items() if not each["ok"]]
    assert found[check]["count"] >= 1
    assert found[check]["found"]


def test_a_report_is_of_one_moment_though_it_takes_several_statements(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with books(database_url, submission(FTL)) as core:
        before = core.verify()
        waiting_parts = audit._waiting_parts

        def a_message_comes(connection: sa.Connection) -> dict[int, str]:
            monkeypatch.undo()
            one(core, submission(PRL))
            return waiting_parts(connection)

        monkeypatch.setattr(audit, "_waiting_parts", a_message_comes)
        assert core.verify() == before
        assert core.verify()["journal_id"] > before["journal_id"]


def test_every_check_has_a_canary() -> None:
    assert {check for check, _damage in CANARIES} == {name for name, _check in CHECKS}


def test_every_invariant_is_checked_or_tested() -> None:
    assert [name.split()[0] for name in INVARIANTS] == [f"I{number}" for number in range(1, 19)]
    known = {check for check, _damage in CANARIES}
    for name, (checks, files) in INVARIANTS.items():
        assert checks or files, name
        assert set(checks) <= known, name
        assert all((ROOT / file).is_file() for file in files), name


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE carriage SET state = 'refunded' WHERE state = 'flown'",
        "UPDATE carriage SET view = replace(view, 'AER', 'LED')",
        "UPDATE carriage SET reason = 'invalid' WHERE reason <> ''",
        "UPDATE standing_credit SET tier = 'GOLD'",
        "UPDATE balance SET amount = amount + 1",
        "UPDATE lot SET expires_on = '2030-01-01' WHERE remaining > 0",
        "UPDATE standing_grant SET occasion = '2031'",
        "UPDATE member SET tier = 'GOLD'",
        "UPDATE member SET tier_until = '2031-12-31'",
        "UPDATE card SET member_id = (SELECT id FROM member WHERE number = 'M3') WHERE number = '7700000000011'",
        "DELETE FROM carriage WHERE credit = 'refused'",
    ],
)
def test_the_state_hash_sees_it(change: str, sound: Path, tmp_path: Path) -> None:
    copy = tmp_path / "books.sqlite"
    shutil.copy(sound, copy)
    tamper(copy, change)
    assert verified(copy)["state_hash"] != verified(sound)["state_hash"]


def test_the_state_hash_does_not_see_ids(sound: Path, tmp_path: Path) -> None:
    copy = tmp_path / "books.sqlite"
    shutil.copy(sound, copy)
    before = verified(copy)
    tamper(
        copy,
        "UPDATE carriage SET id = id + 1000",
        "UPDATE evidence SET carriage_id = carriage_id + 1000, id = id + 500",
        "UPDATE identity SET carriage_id = carriage_id + 1000",
        "UPDATE standing_credit SET carriage_id = carriage_id + 1000, member_id = member_id + 70",
        "UPDATE member SET id = id + 70, survivor_id = survivor_id + 70",
        "UPDATE card SET member_id = member_id + 70",
        "UPDATE lot SET member_id = member_id + 70",
        "UPDATE standing_grant SET member_id = member_id + 70",
        "UPDATE promotion_use SET member_id = member_id + 70 WHERE member_id > 0",
        "UPDATE day_total SET member_id = member_id + 70",
        "UPDATE tier_belief SET member_id = member_id + 70",
        "UPDATE entry SET member_id = member_id + 70",
        "UPDATE operation SET member_id = member_id + 70",
        "UPDATE family_offset SET member_id = member_id + 70",
        "UPDATE pool_place SET member_id = member_id + 70, pool_id = pool_id + 70",
    )
    assert verified(copy) == before


def test_the_chain_head_sees_the_order_and_the_state_hash_does_not(tmp_path: Path) -> None:
    reports = []
    for number, order in enumerate(((FTL, PRL), (PRL, FTL))):
        with books(f"sqlite:///{tmp_path}/{number}.sqlite") as core:
            for each in order:
                one(core, submission(each))
            reports.append(core.verify())
    assert reports[0]["state_hash"] == reports[1]["state_hash"]
    assert reports[0]["chain_head"] != reports[1]["chain_head"]
