"""Seeded histories of evidence and of what is said of members and cards: every order, repetition and batching ends in
the same state, and a replay in the same chain."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from loyalty_core import (
    CardClaim,
    CardStated,
    Clock,
    Core,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    MemberRelated,
    MembersImported,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    Name,
    ProgrammeActivated,
    Submission,
    TierGiven,
    Transaction,
)
from tests.storage.airline import HEADER, NOON, PROGRAMME, submission
from tests.storage.replays import check_replay

PEOPLE = {
    "M1": (Name("LUGOVAYA", "VERA"), ("7700000000011", "7700000000516")),
    "M2": (Name("ЛУГОВАЯ", "ВЕРА"), ("7700000000029",)),
    "M3": (Name("LUGOVAYA", "VERA"), ("7700000000037",)),
    "M4": (Name("SHCHUKINA", "YULIA"), ("7700000000045", "7700000000052")),
    "C1": (Name("SEVER TRADE", "LLC"), ("7700000000904",)),
}
CARDS = [(number, card) for number, (_name, cards) in PEOPLE.items() if number != "C1" for card in cards]
DAYS = [date(2026, 7, 1) + timedelta(days=10 * number) for number in range(5)]
RULES = (
    b"",
    b"members: {company_percent: 20, children: parent}\n",
    b"members: {while_blocked: lost, before_closing: lost, before_death: lost, temporary: pending}\n",
)
CLOCK = submission(Clock(NOON + timedelta(days=1), 3600), received_at=NOON + timedelta(days=1))


def history(seed: int) -> list[Submission]:
    """Coupons and lists about a few people on a few days, and all that can be said of them, often in contradiction."""
    chance = random.Random(seed)
    found: list[tuple[Transaction, datetime]] = []
    for number, on in enumerate(DAYS):
        flight = Flight("UT", str(400 + number))
        aboard = chance.sample(CARDS, 3)
        for line, (who, card) in enumerate(aboard):
            name, claim = PEOPLE[who][0], CardClaim("UT", card)
            ticket = f"29861{number:04d}{line:04d}"
            for status in chance.sample("FFFLRO", chance.randint(0, 2)):
                report = CouponReported(
                    "gateway", claim, name, status, flight, on, "DME", "AER", "Y", None, ticket, 1
                )
                found.append((report, NOON))
        persons = tuple(
            ListedPerson(
                PEOPLE[who][0], "AER", "Y", ((f"L0C{who}", "UT"),), (CardClaim("UT", card),), line=line
            )
            for line, (who, card) in enumerate(aboard, 5)
        )
        kind = chance.choice(["FTL", "PRL"])
        found.append((ListReceived(kind, "MOWRMUT", Departure(flight, on, "DME"), NOON, persons), NOON))
    found += [(_said(chance), NOON) for _each in range(chance.randint(4, 12))]
    found += [_file(chance) for _each in range(2)]
    return [submission(one, received_at=received_at) for one, received_at in found]


def _said(chance: random.Random) -> Transaction:
    # Few instants, so that some are said at once.
    at = NOON - timedelta(hours=chance.randrange(6))
    since = chance.choice(DAYS)
    who, other = chance.sample([*PEOPLE, "M9"], 2)
    card = chance.choice(CARDS)[1]
    match chance.randrange(8):
        case 6 | 7:
            kind, tier = chance.choice(["gift", "match", "paid"]), chance.choice(["SILVER", "GOLD"])
            if chance.random() < 0.3:
                return TierGiven("UT", who, tier, kind, since, at, "told", state="withdrawn")
            until = since + timedelta(days=chance.choice([5, 10, 20]))
            return TierGiven("UT", who, tier, kind, since, at, "told", until)
        case 0:
            states = ["temporary", "active", "active", "blocked", "closed", "died"]
            return MemberStated("UT", who, chance.choice(states), since, at)
        case 1:
            state = chance.choice(["lost", "stolen", "replaced", "expired", "closed"])
            successor = chance.choice([each for _who, each in CARDS if each != card])
            return CardStated("UT", card, state, since, at, successor)
        case 2:
            return CardStated("UT", card, chance.choice(["active", "issued", "blocked", "lost"]), since, at)
        case 3:
            return MembersMerged("UT", who, other, at)
        case 4:
            return MembersUnmerged("UT", who, at)
    relation = chance.choice(["parent", "company", "guardian"])
    other = "C1" if relation == "company" else other
    if relation == "company" and chance.random() < 0.5:
        return MemberRelated("UT", relation, since, at, card=card, other=chance.choice([other, ""]))
    who = "M1" if who == other else who
    return MemberRelated("UT", relation, since, at, who, other=chance.choice([other, other, ""]))


def _file(chance: random.Random) -> tuple[Transaction, datetime]:
    rows = [
        f"{number},{name.surname},{name.given},,,UT,{card},{chance.choice(['', 'active', 'blocked', 'lost'])},,"
        f"{chance.choice(['', 'SILVER'])},{'company' if number == 'C1' else 'person'}\n"
        for number, (name, cards) in PEOPLE.items()
        for card in cards
    ]
    of_member = {row.split(",")[0]: row.split(",")[9] for row in rows}
    rows = [",".join([*(cells := row.split(","))[:9], of_member[cells[0]], cells[10]]) for row in rows]
    received_at = NOON - timedelta(hours=chance.randrange(6))
    return MembersImported((HEADER.rstrip() + ",kind\n" + "".join(rows)).encode()), received_at


def run(url: str, rules: bytes, batches: Sequence[Sequence[Submission]]) -> dict[str, object]:
    core = Core.open(url)
    try:
        core.execute([submission(ProgrammeActivated(PROGRAMME + rules, "demo.yaml"))])
        for batch in batches:
            assert not any(result.system_error for result in core.execute(batch))
        report = core.verify()
        assert report["ok"], [check for check in report["checks"] if not check["ok"]]
        return report
    finally:
        core.close()


def in_batches(chance: random.Random, messages: Sequence[Submission]) -> list[Sequence[Submission]]:
    found = []
    at = 0
    while at < len(messages):
        size = chance.choice([1, 2, 3, 7, 64])
        found.append(messages[at : at + size])
        at += size
    return found


@pytest.mark.parametrize("seed", range(18))
def test_any_order_ends_in_one_state(seed: int, tmp_path: Path) -> None:
    messages, rules, chance = history(seed), RULES[seed % 3], random.Random(seed + 1000)
    reference = run(f"sqlite:///{tmp_path}/0.sqlite", rules, [*([each] for each in messages), [CLOCK]])
    for attempt in range(1, 4):
        shuffled = [*messages, *chance.sample(messages, len(messages) // 3)]
        chance.shuffle(shuffled)
        url = f"sqlite:///{tmp_path}/{attempt}.sqlite"
        report = run(url, rules, [*in_batches(chance, shuffled), [CLOCK]])
        assert report["state_hash"] == reference["state_hash"], (seed, attempt)


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_makes_the_same_chain(seed: int, tmp_path: Path, database_url: str) -> None:
    messages, rules, chance = history(seed), RULES[seed % 3], random.Random(seed)
    chance.shuffle(messages)
    first = run(database_url, rules, [*in_batches(chance, messages), [CLOCK]])
    again = run(f"sqlite:///{tmp_path}/again.sqlite", rules, [*([each] for each in messages), [CLOCK]])
    assert [first[each] for each in ("state_hash", "chain_head")] == [
        again[each] for each in ("state_hash", "chain_head")
    ]
    opening = submission(ProgrammeActivated(PROGRAMME + rules, "demo.yaml"))
    check_replay(database_url, f"sqlite:///{tmp_path}/rebuilt.sqlite", [opening, *messages, CLOCK])


@pytest.mark.parametrize("seed", range(6))
def test_merges_that_were_ended_leave_no_trace(seed: int, tmp_path: Path) -> None:
    """Whatever was merged: once every merge is ended, the books are as if there had been none."""
    messages, rules, chance = history(seed), RULES[seed % 3], random.Random(seed)
    merging = MembersMerged | MembersUnmerged
    without = [each for each in messages if not isinstance(each.transactions[0], merging)]
    never = run(f"sqlite:///{tmp_path}/never.sqlite", rules, [without])
    merges = [MembersMerged("UT", *chance.sample(["M1", "M2", "M3", "M4"], 2), NOON) for _each in range(4)]
    ended = [MembersUnmerged("UT", number, NOON + timedelta(hours=1)) for number in PEOPLE]
    shuffled = [*messages, *map(submission, {repr(each): each for each in merges}.values())]
    chance.shuffle(shuffled)
    parted = run(
        f"sqlite:///{tmp_path}/parted.sqlite", rules, [shuffled, [submission(each) for each in ended]]
    )
    assert parted["state_hash"] == never["state_hash"]
