"""Seeded histories of everything that moves miles: a replay, in batches of any size, gives the same chain and state."""

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import (
    ApproveAdjustment,
    Clock,
    Core,
    Flight,
    MembersMerged,
    MembersUnmerged,
    Operation,
    Submission,
)
from tests.storage.airline import CARD, NOON, coupon, opening, submission
from tests.storage.miles import (
    FAMILY,
    INNA,
    OLEG,
    adjust,
    capture,
    pool,
    redeem,
    release,
    reserve,
    transfer,
    undo,
)
from tests.storage.replays import check_replay

CARDS = (CARD, OLEG, INNA)
STEPS = 120
WORDS = (
    *(
        "flight",
        "flight",
        "reserve",
        "reserve",
        "capture",
        "capture",
        "release",
        "redeem",
        "adjust",
        "approve",
    ),
    *("transfer", "lent", "pool", "undo", "undo", "clock", "again", "merge", "part"),
)


def history(seed: int) -> list[Submission]:
    """Flights flown, taken back and priced anew, with holds, redemptions, adjustments, transfers, pools, reversals,
    merges and strokes of the clock among them; many of them impossible, some of them repeated."""
    chance = random.Random(seed)
    at = NOON
    found = [*opening(), FAMILY, submission(adjust("first", 5000)), submission(adjust("second", 5000, OLEG))]
    for number in range(STEPS):
        at += timedelta(minutes=chance.choice([1, 1, 1, 7, 60, 60 * 24 * chance.choice([1, 60])]))
        key = f"K{number}"
        earlier = f"K{max(0, number - chance.randint(1, 12))}"
        card = chance.choice(CARDS)
        amount = chance.choice([50, 200, 700, 2500])
        of_pool = chance.random() < 0.2
        word = chance.choice(WORDS)
        operation: Operation | None = None
        match word:
            case "flight":
                which = chance.randrange(8)
                on = (NOON - timedelta(days=30 * which)).date()
                told = coupon(
                    chance.choice("FFRC"),
                    card=CARD,
                    flight=Flight("UT", str(480 + which)),
                    ticket=f"29861200003{which:02d}",
                    letter=chance.choice("YC"),
                    on=on,
                    reported_at=at,
                )
                found.append(submission(told, received_at=at))
            case "clock":
                found.append(
                    submission(
                        Clock(at, 300, chance.choice([1, 1000])), link="clock", kind="clock", received_at=at
                    )
                )
            case "again":
                # Perhaps what was refused: it may be granted at this time.
                found.append(replace(chance.choice(found[3:]), received_at=at))
            case "reserve":
                until = at + timedelta(minutes=chance.choice([5, 600]))
                operation = reserve(key, amount, until=until, card=card, from_pool=of_pool)
            case "capture":
                operation = capture(key, earlier, chance.choice([0, 30]), keep_rest=chance.random() < 0.5)
            case "release":
                operation = release(key, earlier)
            case "redeem":
                operation = redeem(key, amount, card, from_pool=of_pool)
            case "adjust":
                operation = adjust(key, chance.choice([amount, 3 * amount, -amount]), card)
            case "approve":
                operation = ApproveAdjustment(key, earlier, "Petrov", chance.random() < 0.8)
            case "transfer":
                to = chance.choice([*CARDS, None])
                operation = transfer(key, amount, card, to, from_pool=of_pool)
            case "lent":
                # Spent by who took it, who earns something else before it has to be given back.
                steps = [transfer(key, amount, CARD, OLEG), redeem(f"{key} spent", amount, OLEG)]
                steps += [adjust(f"{key} more", amount // 2, OLEG), undo(f"{key} back", key)]
                found += [submission(step, received_at=at) for step in steps]
            case "pool":
                action = chance.choice(["open", "open", "invite", "join", "leave", "exclude"])
                member = chance.choice([OLEG, INNA]) if action in ("invite", "exclude") else None
                share = chance.choice([0, 30, 100])
                operation = pool(key, action, card, share, action != "join" and chance.random() < 0.7, member)
                if action == "invite" and member is not None and chance.random() < 0.7:
                    found.append(submission(operation, received_at=at))
                    operation = pool(f"{key} joins", "join", member, share)
            case "merge":
                one, other = chance.sample(["M1", "M4", "M5"], 2)
                found.append(submission(MembersMerged("UT", one, other, at), received_at=at))
            case "part":
                number_of = chance.choice(["M1", "M4", "M5"])
                found.append(submission(MembersUnmerged("UT", number_of, at), received_at=at))
            case "undo":
                operation = undo(key, earlier)
        if operation is not None:
            found.append(submission(operation, received_at=at))
    return found


def run(url: str, messages: list[Submission], sizes: Any) -> dict[str, Any]:
    core = Core.open(url)
    try:
        waiting = list(messages)
        while waiting:
            size = next(sizes)
            results = core.execute(waiting[:size])
            assert not any(result.system_error for result in results), [
                core.explain(journal_id=result.journal_id)["journal"]
                for result in results
                if result.system_error
            ]
            waiting = waiting[size:]
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        return report
    finally:
        core.close()


def _always(size: int) -> Any:
    while True:
        yield size


def _any_size(seed: int) -> Any:
    chance = random.Random(seed)
    while True:
        yield chance.randint(1, 64)


@pytest.mark.parametrize("seed", range(12))
def test_a_replay_gives_the_same_chain(seed: int, tmp_path: Path) -> None:
    messages = history(seed)
    first = run(f"sqlite:///{tmp_path}/first.sqlite", messages, _always(1))
    assert first["entries"] > 15
    for number, sizes in enumerate((_always(64), _any_size(seed))):
        again = run(f"sqlite:///{tmp_path}/{number}.sqlite", messages, sizes)
        assert (again["chain_head"], again["state_hash"]) == (first["chain_head"], first["state_hash"])
    check_replay(f"sqlite:///{tmp_path}/0.sqlite", f"sqlite:///{tmp_path}/rebuilt.sqlite", messages)


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_give_the_same_chain(seed: int, tmp_path: Path, postgres_database: str) -> None:
    messages = history(100 + seed)
    first = run(f"sqlite:///{tmp_path}/first.sqlite", messages, _any_size(seed))
    again = run(postgres_database, messages, _any_size(seed + 1))
    assert (again["chain_head"], again["state_hash"]) == (first["chain_head"], first["state_hash"])
    check_replay(postgres_database, f"sqlite:///{tmp_path}/rebuilt.sqlite", messages)


def test_histories_do_everything(tmp_path: Path) -> None:
    """The generator is worth something: every kind of entry comes up in them."""
    from tests.storage.books import query

    kinds: set[str] = set()
    for seed in range(8):
        url = f"sqlite:///{tmp_path}/{seed}.sqlite"
        run(url, history(seed), _always(64))
        kinds |= {row[0] for row in query(url, "SELECT DISTINCT kind FROM entry")}
    assert kinds == {
        *(
            "accrual",
            "pending",
            "reversal",
            "hold",
            "capture",
            "release",
            "redemption",
            "adjustment",
            "transfer",
        ),
        *("expiry", "offset"),
    }
