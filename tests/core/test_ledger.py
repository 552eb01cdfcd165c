"""Entries and their chain: frozen vectors, so that yesterday's books stay readable; double entry by construction."""

from dataclasses import replace

import pytest

from loyalty_core.accounts import complaint, is_counter
from loyalty_core.entities import read_counters, write_counters
from loyalty_core.ledger import (
    GENESIS,
    Chain,
    Entry,
    EntryKind,
    Posting,
    accrual_postings,
    balance_changes,
    entry_hash,
    pending_postings,
)

FLOWN = {"award": 840, "qualifying": 840, "segments": 1}


def first_entry() -> Entry:
    return Entry(
        lane="main",
        seq=1,
        previous=GENESIS,
        kind=EntryKind.ACCRUAL,
        programme="demo",
        programme_digest="ab" * 32,
        member_number="M1",
        member_id=7,
        carriage_key="2986120000017/1",
        flown_on="2026-08-20",
        posted_at="2026-08-20T12:05:00Z",
        reverses="",
        cause="cd" * 32,
        journal_id=3,
        trace='{"tier":"BASIC","name":"ЛУГОВАЯ"}',
        because='[[3,5,7,"FTL"]]',
        postings=accrual_postings("demo", "M1", FLOWN),
    )


GOLDEN = "af48eef0771f8a3f4ee705c25f09321d496f4261c9c3e7925a87edd64c7f2faf"
GOLDEN_REVERSAL = "0dd6ec600608200a58b9d021d94121a4d9975694c4a0795ca8551e35851c5b8a"


def test_frozen_vectors() -> None:
    """Never to be changed: a hash that comes out otherwise makes every ledger in the world look forged."""
    first = first_entry()
    assert entry_hash(first) == GOLDEN
    second = replace(
        first,
        seq=2,
        previous=GOLDEN,
        kind=EntryKind.REVERSAL,
        reverses="main/1",
        trace="{}",
        postings=tuple(posting.reversed() for posting in first.postings),
    )
    assert entry_hash(second) == GOLDEN_REVERSAL


def _operation(kind: EntryKind, postings: tuple[Posting, ...], trace: str, reverses: str = "") -> Entry:
    return replace(
        first_entry(),
        seq=9,
        previous=GOLDEN,
        kind=kind,
        carriage_key="",
        trace=trace,
        because="[]",
        reverses=reverses,
        postings=postings,
    )


AWARD, HELD, DEFICIT = (f"member:demo:M1:{purpose}" for purpose in ("award", "held", "deficit"))
REDEEMED, EXPIRED, ISSUE = (f"programme:demo:{purpose}" for purpose in ("redeemed", "expired", "issue"))
VECTORS = [
    (
        _operation(
            EntryKind.HOLD,
            (Posting(AWARD, HELD, "award", 500),),
            '{"key":"H","until":"2026-08-20T13:05:00.000000Z","lots":[["main/1/1","open","held",500]]}',
        ),
        "78cef79cca6541984b92f93f483af58a7ef02ac65bf1925e148dc4efd0609c66",
    ),
    (
        _operation(
            EntryKind.CAPTURE,
            (Posting(HELD, REDEEMED, "award", 300),),
            '{"key":"C","hold":"H","lots":[["main/1/1","held","spent",300]]}',
        ),
        "cd7d2d0cfddc50c2ec88fa1e444ecc020a55a75d10d402b44d9c738ee32b89ec",
    ),
    (
        _operation(
            EntryKind.RELEASE,
            (Posting(HELD, AWARD, "award", 200),),
            '{"key":"","hold":"H","lots":[["main/1/1","held","open",200]]}',
        ),
        "05cb072b73a056e5dec96d0d353ba8bfdbfe053be57a9d83f6ba8e255661673b",
    ),
    (
        _operation(
            EntryKind.REDEMPTION,
            (Posting(AWARD, REDEEMED, "award", 100),),
            '{"key":"R","lots":[["main/1/1","open","spent",100]]}',
        ),
        "fb66111fc043aca1339fb58b2eb47e27f727b395a6ad034c2b6fed2495ae513a",
    ),
    (
        _operation(
            EntryKind.ADJUSTMENT,
            (Posting("programme:demo:partner/HOTEL", AWARD, "award", 9000),),
            '{"key":"P","reason":"забытая ночь","by":["Иванова","Petrov"],"adjustment":"A"}',
        ),
        "6eb674ae41a77a7a1c31bfa9d2870d2cbca7de3e23f097cb9712802e176d41b2",
    ),
    (
        _operation(
            EntryKind.TRANSFER,
            (Posting(AWARD, "member:demo:pool/LUGOVYE:award", "award", 50),),
            '{"key":"T","to":"pool/LUGOVYE","lots":[["main/1/1","open","spent",50]]}',
        ),
        "58e75d4be249e180aa4cf5dc1bf611b7142b9ea9304ef5eb5969e2587c416248",
    ),
    (
        _operation(
            EntryKind.EXPIRY,
            (Posting(AWARD, EXPIRED, "award", 40),),
            '{"lots":[["main/1/1","open","expired",40]]}',
        ),
        "8de372ad7ff5c2b79f9b19c25ab0cff0b0b10541ec8bc0d8f8cb789680fc899e",
    ),
    (
        _operation(
            EntryKind.OFFSET,
            (Posting(AWARD, DEFICIT, "award", 30),),
            '{"lots":[["main/1/1","open","spent",30]]}',
        ),
        "7e3917dafa2a1f6dc94cd4f5f69543eb618c9298a05ef64dfd09fcf03661b401",
    ),
    (
        _operation(
            EntryKind.REVERSAL,
            (Posting(AWARD, ISSUE, "award", 840), Posting(DEFICIT, AWARD, "award", 800)),
            '{"lots":[["main/1/1","open","spent",40]]}',
            "main/1",
        ),
        "d89e86035d5bc666d553e93dd5d7196464127e140f348c6b95c6437dc20ccc27",
    ),
]


@pytest.mark.parametrize(("entry", "digest"), VECTORS, ids=[entry.kind for entry, _digest in VECTORS])
def test_frozen_vectors_of_operations(entry: Entry, digest: str) -> None:
    """Nor are these ever to be changed."""
    assert entry_hash(entry) == digest


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lane", "main2"),
        ("seq", 2),
        ("previous", "1" * 64),
        ("kind", EntryKind.PENDING),
        ("programme", "dem"),
        ("programme_digest", "ab" * 31 + "ac"),
        ("member_number", "M2"),
        ("carriage_key", "2986120000017/2"),
        ("flown_on", "2026-08-21"),
        ("posted_at", "2026-08-20T12:05:01Z"),
        ("reverses", "main/9"),
        ("cause", "ce" * 32),
        ("trace", "{}"),
        ("because", "[]"),
        ("postings", accrual_postings("demo", "M1", FLOWN | {"award": 841})),
        ("postings", accrual_postings("demo", "M1", FLOWN)[:2]),
    ],
)
def test_every_field_is_covered(field: str, value: object) -> None:
    assert entry_hash(replace(first_entry(), **{field: value})) != GOLDEN  # type: ignore[arg-type]


@pytest.mark.parametrize(("field", "value"), [("member_id", 8), ("journal_id", 4), ("hash", "x")])
def test_database_ids_are_not_covered(field: str, value: object) -> None:
    assert entry_hash(replace(first_entry(), **{field: value})) == GOLDEN  # type: ignore[arg-type]


def test_letters_cannot_move_from_one_field_to_the_next() -> None:
    one = replace(first_entry(), member_number="M12", carriage_key="34")
    other = replace(first_entry(), member_number="M1", carriage_key="234")
    assert entry_hash(one) != entry_hash(other)


def test_a_chain_continues_from_its_head() -> None:
    first = first_entry()
    fields = {
        name: getattr(first, name)
        for name in Entry.__dataclass_fields__
        if name not in ("lane", "seq", "previous", "hash")
    }
    chain = Chain("main", 0, GENESIS)
    one, two = chain.append(**fields), chain.append(**fields)
    assert (one.hash, one.seq, two.seq, two.previous) == (GOLDEN, 1, 2, GOLDEN)
    assert (chain.seq, chain.head) == (2, two.hash)
    continued = Chain("main", 1, GOLDEN).append(**fields)
    assert continued.hash == two.hash


def test_postings_sum_to_zero_and_a_reversal_undoes_them() -> None:
    entry = first_entry()
    changes = balance_changes([entry])
    for unit in ("award", "qualifying", "segments"):
        assert sum(amount for (_account, each), amount in changes.items() if each == unit) == 0
    undone = replace(entry, postings=tuple(posting.reversed() for posting in entry.postings))
    assert set(balance_changes([entry, undone]).values()) == {0}


def test_nothing_makes_no_posting() -> None:
    assert accrual_postings("demo", "M1", {"award": 500, "qualifying": 0}) == (
        Posting("programme:demo:issue", "member:demo:M1:award", "award", 500),
    )
    assert pending_postings("demo", "M1", 0) == ()


def test_counters_are_postings_of_their_own_in_order_of_their_names() -> None:
    given = accrual_postings("demo", "M1", {"xp": 40, "award": 900, "segments_own": 1}, "pool/F", 90)
    assert [(each.destination, each.unit, each.amount) for each in given] == [
        ("member:demo:M1:award", "award", 810),
        ("member:demo:pool/F:award", "award", 90),
        ("member:demo:M1:segments_own", "segments_own", 1),
        ("member:demo:M1:xp", "xp", 40),
    ]


@pytest.mark.parametrize(
    ("account", "unit", "amount", "wrong"),
    [
        ("member:demo:M1:xp", "xp", 40, ""),
        ("programme:demo:issue", "xp", -40, ""),
        ("member:demo:M1:xp", "xp", -1, "holds -1 xp"),
        ("member:demo:M1:xp", "award", 1, "can't hold award"),
        ("member:demo:M1:award", "xp", 1, "can't hold xp"),
        ("member:demo:M1:held", "held", 1, "can't hold held"),
        ("programme:demo:issue", "held", 1, "can't hold held"),
        ("programme:demo:redeemed", "xp", 1, "can't hold xp"),
        ("member:demo:M1:X", "X", 1, "is no account of the chart"),
        ("member:demo:M1:" + "x" * 41, "x" * 41, 1, "is no account of the chart"),
    ],
)
def test_a_counter_is_an_account_of_its_own_unit(account: str, unit: str, amount: int, wrong: str) -> None:
    assert complaint(account, unit, amount) == wrong


def test_purposes_of_other_accounts_are_no_counters() -> None:
    assert [
        name
        for name in ("award", "pending", "held", "deficit", "xp", "x1_y", "1x", "x y", "")
        if is_counter(name)
    ] == [
        "xp",
        "x1_y",
    ]


def test_counters_have_one_text() -> None:
    text = write_counters({"segments": 1, "award": 840, "qualifying": 840, "xp": 0})
    assert text == '{"qualifying":840,"segments":1}'
    assert read_counters(text) == {"qualifying": 840, "segments": 1}
