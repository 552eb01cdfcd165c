"""Seeded tangles: namesakes in one booking, coupons on the move, members who come late, in any order."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty_core import (
    CardClaim,
    Core,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    MembersImported,
    Name,
    ProgrammeActivated,
    Submission,
)
from tests.storage.airline import DEPARTURE, HEADER, NOON, PROGRAMME, submission

CARDS = [CardClaim("UT", f"77000000006{number:02d}") for number in range(4)]
NAMES = [
    Name("ORLOV", "IVAN"),
    Name("ORLOV", "IGOR"),
    Name("ОРЛОВ", "ИВАН"),
    Name("ORLOVA", "INNA"),
    Name("ORLOV", "I"),
]
TICKETS = [f"29862000000{number:02d}" for number in range(5)]
LOCATORS = ["0AAAAA", "0BBBBB"]
DEPARTURES = [
    Departure(Flight("UT", str(number)), DEPARTURE.on + timedelta(days=number % 2), "DME")
    for number in (1, 2, 3)
]
MEMBERS = (
    HEADER
    + f"T1,ORLOV,IVAN,,,UT,{CARDS[0].number},active,,\n"
    + f"T2,ORLOV,IGOR,,,UT,{CARDS[1].number},active,,SILVER\n"
    + f"T3,ORLOVA,INNA,,,UT,{CARDS[2].number},blocked,,\n"
).encode()


def tangle(seed: int) -> list[Submission]:
    chance = random.Random(seed)

    def passenger(kind: str, line: int) -> ListedPerson:
        ticket = chance.choice(["", *TICKETS])
        return ListedPerson(
            chance.choice(NAMES),
            chance.choice(["AER", "VVO"]),
            chance.choice("YC"),
            ((chance.choice(LOCATORS), "UT"),) if chance.random() < 0.7 else (),
            (chance.choice(CARDS),) if kind == "FTL" or chance.random() < 0.4 else (),
            ticket=ticket,
            coupon=int(bool(ticket)),
            line=line,
            line_end=line,
        )

    messages: list[Submission] = [submission(MembersImported(MEMBERS))]
    for number in range(9):
        departure = chance.choice(DEPARTURES)
        if chance.random() < 0.5:
            kind = chance.choice(["FTL", "PRL", "ETL"])
            people = tuple(passenger(kind, line) for line in range(chance.randint(1, 3)))
            created = NOON + timedelta(seconds=chance.choice([0, 0.5, 1, 60]))
            origin = chance.choice(["MOWRMUT", "AERRMUT"])
            messages.append(submission(ListReceived(kind, origin, departure, created, people)))
        else:
            ticket = chance.choice(["", *TICKETS])
            reported = chance.choice([None, NOON, NOON + timedelta(seconds=0.5), NOON + timedelta(seconds=1)])
            told = CouponReported(
                "gateway", chance.choice(CARDS), chance.choice(NAMES), chance.choice("OCFFFRE"),
                departure.flight, departure.on, departure.board_point, "AER", chance.choice("YCZ"),
                ticket=ticket, coupon=int(bool(ticket)), reported_at=reported, line=number,
            )  # fmt: skip
            messages.append(submission(told))
    return messages


def run(path: Path, messages: list[Submission], chance: random.Random) -> dict[str, Any]:
    core = Core.open(f"sqlite:///{path}")
    try:
        core.execute([submission(ProgrammeActivated(PROGRAMME, "demo.yaml"))])
        rest = list(messages)
        while rest:
            size = chance.randint(1, 4)
            for result in core.execute(rest[:size]):
                assert not result.system_error, core.explain(journal_id=result.journal_id)["journal"]
            del rest[:size]
        return core.verify()
    finally:
        core.close()


@pytest.mark.parametrize("seed", [*range(25), 249, 266])
def test_any_order_of_a_tangle(seed: int, tmp_path: Path) -> None:
    messages = tangle(seed)
    chance = random.Random(seed + 5000)
    ends = {}
    for attempt in range(4):
        order = [*messages, *chance.sample(messages, 3)]
        chance.shuffle(order)
        report = run(tmp_path / f"{attempt}.sqlite", order, chance)
        assert report["ok"], (seed, [check for check in report["checks"] if not check["ok"]])
        ends[report["state_hash"]] = attempt
    assert len(ends) == 1, f"seed {seed}: the order shows"
