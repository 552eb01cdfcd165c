"""Entries and their chain: frozen vectors, so that yesterday's books stay readable; double entry by construction."""

from dataclasses import replace

import pytest

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
        postings=accrual_postings("demo", "M1", 840, 840, 1),
    )


GOLDEN = "31875398a9b2c1f7b0f5791c05805f7ebbe82983068fb3c46523914074179b33"
GOLDEN_REVERSAL = "88ffe046cbe350e687f3fcea5d6696d4d43c3faaa54432188110ed227776bfa0"


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
        "69ed70265f260c6382918127c4036047c832749ab0bca62578cf9cc505b318a7",
    ),
    (
        _operation(
            EntryKind.CAPTURE,
            (Posting(HELD, REDEEMED, "award", 300),),
            '{"key":"C","hold":"H","lots":[["main/1/1","held","spent",300]]}',
        ),
        "9254e4347ecf85a1a0a35d7672ab2f414321463896f06a964b2199f32d56f674",
    ),
    (
        _operation(
            EntryKind.RELEASE,
            (Posting(HELD, AWARD, "award", 200),),
            '{"key":"","hold":"H","lots":[["main/1/1","held","open",200]]}',
        ),
        "036a84cb04aa57bf45575be998f6c5b161da8a83414135a22b7007ed2cdd1c15",
    ),
    (
        _operation(
            EntryKind.REDEMPTION,
            (Posting(AWARD, REDEEMED, "award", 100),),
            '{"key":"R","lots":[["main/1/1","open","spent",100]]}',
        ),
        "36c5bdaa2def0c282bcd2dc75ebfc75bf395824aa27d979dde91b1c82209eeb6",
    ),
    (
        _operation(
            EntryKind.ADJUSTMENT,
            (Posting("programme:demo:partner/HOTEL", AWARD, "award", 9000),),
            '{"key":"P","reason":"забытая ночь","by":["Иванова","Petrov"],"adjustment":"A"}',
        ),
        "a3d47be65c59755accb040e2db1c48a8c9000c82ae64369c7f3db2d303d9d0cf",
    ),
    (
        _operation(
            EntryKind.TRANSFER,
            (Posting(AWARD, "member:demo:pool/LUGOVYE:award", "award", 50),),
            '{"key":"T","to":"pool/LUGOVYE","lots":[["main/1/1","open","spent",50]]}',
        ),
        "0a51da7708a62d2cc009bc4a95ddd3fd2cb73c79c495798107e69000bf0224e4",
    ),
    (
        _operation(
            EntryKind.EXPIRY,
            (Posting(AWARD, EXPIRED, "award", 40),),
            '{"lots":[["main/1/1","open","expired",40]]}',
        ),
        "b60c54aad3e974b7225788e43e02aff508c9a10d2cb54583ba579315e68309ae",
    ),
    (
        _operation(
            EntryKind.OFFSET,
            (Posting(AWARD, DEFICIT, "award", 30),),
            '{"lots":[["main/1/1","open","spent",30]]}',
        ),
        "7606f7e46a83f648a624e7c3c8492f898f0cc1cce800f501e7886fe64dc184d5",
    ),
    (
        _operation(
            EntryKind.REVERSAL,
            (Posting(AWARD, ISSUE, "award", 840), Posting(DEFICIT, AWARD, "award", 800)),
            '{"lots":[["main/1/1","open","spent",40]]}',
            "main/1",
        ),
        "c213935ed4d98ec33ddcdfae66d14bf6839b6807c8e8ceabdc180cb58a4c0889",
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
        ("postings", accrual_postings("demo", "M1", 841, 840, 1)),
        ("postings", accrual_postings("demo", "M1", 840, 840, 1)[:2]),
    ],
)
def test_every_field_is_covered(field: str, value: object) -> None:
    assert entry_hash(replace(first_entry(), **{field: value})) != GOLDEN  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"), [("member_id", 8), ("journal_id", 4), ("because", "[]"), ("hash", "x")]
)
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
    assert accrual_postings("demo", "M1", 500, 0, 0) == (
        Posting("programme:demo:issue", "member:demo:M1:award", "award", 500),
    )
    assert pending_postings("demo", "M1", 0) == ()
