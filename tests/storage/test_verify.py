"""The checker is checked: each kind of damage, done to the file behind the core's back, is found by the right check."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from loyalty_core import CardClaim, Core, Flight, Name
from loyalty_core.storage import audit
from loyalty_core.verify import CHECKS
from tests.storage.airline import ETL, FTL, PRL, coupon, submission
from tests.storage.books import books, one, tamper
from tests.storage.membership import merge
from tests.storage.miles import adjust, done, pool, redeem, reserve

CANARIES = [
    ("hash chain", "UPDATE entry SET trace = replace(trace, '840', '841') WHERE seq = 1"),
    ("hash chain", "UPDATE entry SET posted_at = '2026-08-20T12:05:01Z' WHERE seq = 2"),
    ("hash chain", "UPDATE entry SET hash = previous WHERE seq = 2"),
    ("hash chain", "UPDATE entry SET seq = seq + 1000 WHERE seq = 2"),
    ("hash chain", "DELETE FROM entry WHERE seq = 2"),
    ("hash chain", "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)"),
    ("hash chain", "DELETE FROM entry"),
    ("hash chain", "UPDATE lane SET seq = seq - 1"),
    ("hash chain", "UPDATE lane SET head = hex(zeroblob(32))"),
    ("hash chain", "UPDATE entry SET member_id = (SELECT max(id) FROM member) WHERE seq = 1"),
    ("hash chain", "UPDATE journal SET digest = zeroblob(32) WHERE id = (SELECT min(journal_id) FROM entry)"),
    ("hash chain", "UPDATE posting SET amount = amount + 1 WHERE seq = 1 AND number = 1"),
    ("hash chain", "UPDATE posting SET destination = 'member:demo:M3:award' WHERE seq = 1 AND number = 1"),
    (
        "balances are the sum of postings",
        "UPDATE balance SET amount = amount + 1 WHERE account LIKE '%M1:award'",
    ),
    ("balances are the sum of postings", "DELETE FROM balance WHERE account LIKE '%M1:award'"),
    ("balances are the sum of postings", "INSERT INTO balance VALUES ('member:demo:M2:award', 'award', 7)"),
    ("all accounts sum to zero", "UPDATE balance SET amount = amount + 1 WHERE account LIKE '%M1:award'"),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET amount = -5 WHERE account LIKE '%M1:award'",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "INSERT INTO balance VALUES ('member:demo:M1:deficit', 'award', 5)",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET account = 'programme:demo:secret' WHERE account LIKE '%issue' AND unit = 'award'",
    ),
    (
        "accounts are those of the chart, on their side of zero",
        "UPDATE balance SET unit = 'segments' WHERE account LIKE '%M1:award'",
    ),
    (
        "lots are what their moves made of them",
        "UPDATE lot SET remaining = remaining - 1, held = 1 WHERE remaining > 0",
    ),
    ("lots are what their moves made of them", "DELETE FROM lot_move"),
    ("lots are what their moves made of them", "UPDATE lot_move SET destination = 'expired'"),
    ("lots are what their moves made of them", "UPDATE lot_move SET lot_number = 7"),
    ("operations are what their entries say", "UPDATE operation SET amount = 7 WHERE key = 'spent'"),
    ("operations are what their entries say", "UPDATE operation SET state = 'reversed' WHERE key = 'spent'"),
    ("operations are what their entries say", "DELETE FROM operation WHERE key = 'spent'"),
    ("operations are what their entries say", "UPDATE operation SET seq = 1 WHERE key = 'opened'"),
    ("holds are what is held", "UPDATE operation SET remaining = 1 WHERE key = 'held'"),
    ("holds are what is held", "DELETE FROM operation WHERE key = 'held'"),
    ("places in pools are of members", "UPDATE pool_place SET pool_id = 4711"),
    ("places in pools are of members", "UPDATE pool_place SET member_id = pool_id, pool_id = member_id"),
    ("nobody owes miles and has some", "INSERT INTO balance VALUES ('member:demo:M1:deficit', 'award', -5)"),
    ("open lots are the award balance", "UPDATE lot SET remaining = remaining - 1 WHERE remaining > 0"),
    ("open lots are the award balance", "DELETE FROM lot"),
    ("lots are what their entries gave", "UPDATE lot SET amount = amount + 1"),
    ("lots are what their entries gave", "UPDATE lot SET expires_on = earned_on, earned_on = '2029-01-01'"),
    (
        "lots are what their entries gave",
        "UPDATE lot SET seq = seq + 100 WHERE seq = (SELECT max(seq) FROM lot)",
    ),
    ("every standing credit has one live entry", "DELETE FROM standing_credit WHERE status = 'posted'"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET seq = 1"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET seq = 100 + seq"),
    ("every standing credit has one live entry", "UPDATE standing_credit SET award = award + 1"),
    ("carriages say what their credits are", "UPDATE carriage SET credit = 'none' WHERE credit = 'posted'"),
    (
        "carriages say what their credits are",
        "UPDATE carriage SET credit = 'posted' WHERE credit <> 'posted'",
    ),
    ("carriages say what their credits are", "UPDATE standing_credit SET carriage_id = carriage_id + 100"),
    ("reversals mirror their originals", "UPDATE posting SET amount = amount + 1 WHERE seq = 2"),
    ("reversals mirror their originals", "UPDATE entry SET reverses = 'main/77' WHERE seq = 2"),
    ("tier counters are the sum of credits", "UPDATE year_total SET qualifying = qualifying + 1"),
    ("tier counters are the sum of credits", "UPDATE year_total SET year = 2025"),
    ("tier counters are the sum of credits", "DELETE FROM year_total"),
    (
        "every journal row has an outcome",
        "DELETE FROM handling WHERE journal_id = (SELECT max(id) FROM journal)",
    ),
    (
        "hash chain",
        "UPDATE journal SET raw_digest = zeroblob(32) WHERE id = (SELECT min(journal_id) FROM entry)",
    ),
    (
        "the journal holds the bytes that came",
        "UPDATE journal SET raw = CAST(raw || ' ' AS BLOB) WHERE id = 1",
    ),
    ("the journal holds the bytes that came", "UPDATE journal SET raw_digest = zeroblob(32) WHERE id = 2"),
    ("all evidence belongs to a carriage", "DELETE FROM carriage WHERE credit = 'posted'"),
    ("all evidence belongs to a carriage", "UPDATE evidence SET carriage_id = 4711"),
    ("every posting belongs to an entry", "UPDATE posting SET seq = 4711 WHERE seq = 1"),
    ("only merged members pay for one another", "DELETE FROM family_offset"),
    ("only merged members pay for one another", "INSERT INTO family_offset VALUES ('main/1', 1)"),
    ("only merged members pay for one another", "UPDATE member SET survivor_id = id"),
    ("members are there", "DELETE FROM member WHERE number = 'M1'"),
    ("members are there", "UPDATE member SET survivor_id = 999 WHERE number = 'M2'"),
]


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
        for each in (
            adjust("give", 900),
            reserve("held", 500),
            redeem("spent", 100),
            pool("opened", "open", share=10),
        ):
            assert done(core, each).status == "posted"
        # The merged one has spent what was flown: the other pays.
        one(core, submission(coupon(name=Name("ARTEMEV", "IGNAT"), card=IGNAT, ticket="2986120000093")))
        assert done(core, redeem("flown and spent", 700, IGNAT)).status == "posted"
        one(core, submission(merge("M3", "M1")))
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
    tamper(copy, damage)
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
        count_unhandled = audit._count_unhandled

        def a_message_comes(connection: sa.Connection) -> int:
            monkeypatch.undo()
            one(core, submission(PRL))
            return count_unhandled(connection)

        monkeypatch.setattr(audit, "_count_unhandled", a_message_comes)
        assert core.verify() == before
        assert core.verify()["journal_id"] > before["journal_id"]


def test_every_check_has_a_canary() -> None:
    assert {check for check, _damage in CANARIES} == {name for name, _check in CHECKS}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE carriage SET state = 'refunded' WHERE state = 'flown'",
        "UPDATE carriage SET view = replace(view, 'AER', 'LED')",
        "UPDATE carriage SET reason = 'invalid' WHERE reason <> ''",
        "UPDATE standing_credit SET tier = 'GOLD'",
        "UPDATE balance SET amount = amount + 1",
        "UPDATE lot SET expires_on = '2030-01-01' WHERE remaining > 0",
        "UPDATE member SET tier = 'GOLD'",
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
        "UPDATE year_total SET member_id = member_id + 70",
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
