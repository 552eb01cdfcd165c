"""Seeded histories: for one set of messages every order, repetition and batching ends in the same state."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from loyalty_core import CardClaim, Clock, Core, Departure, Flight, ListReceived, Name, Submission
from loyalty_core.transactions import CouponReported
from tests.storage.airline import HEADER, NOON, PROGRAMME, ListedPerson, submission

from loyalty_core import MembersImported, ProgrammeActivated  # isort: skip

PEOPLE = [
    (Name("LUGOVAYA", "VERA"), "7700000000011"),
    (Name("ЛУГОВОЙ", "ВИТАЛИЙ"), "7700000000052"),
    (Name("SHCHUKINA", "YULIA"), "7700000000060"),
    (Name("NOBODY", "KNOWN"), "7700000000078"),  # no member has this card
]
MEMBERS = (
    HEADER
    + "M1,LUGOVAYA,VERA,,,UT,7700000000011,active,,\n"
    + "M2,LUGOVOI,VITALII,,,UT,7700000000052,active,,SILVER\n"
    + "M3,ЩУКИНА,ЮЛИЯ,,,UT,7700000000060,active,,\n"
).encode()
ROUTES = [("DME", "AER"), ("DME", "VVO"), ("LED", "VVO")]


def history(seed: int) -> list[Submission]:
    """Lists (several editions) and coupon reports about a handful of people over some months."""
    chance = random.Random(seed)
    found: list[Submission] = []
    for number in range(9):
        board, off = chance.choice(ROUTES)
        on = date(2026, 3, 1) + timedelta(days=chance.randrange(150))
        departure = Departure(Flight("UT", str(400 + number)), on, board)
        aboard = chance.sample(range(len(PEOPLE)), chance.randint(1, len(PEOPLE)))
        for kind in ("FTL", "PRL", "ETL", "ASL"):
            for edition in range(chance.randint(0, 2)):
                listed = [each for each in aboard if chance.random() < 0.8]
                persons = tuple(_person(kind, who, number, off, line) for line, who in enumerate(listed, 5))
                created = NOON + timedelta(minutes=edition)
                found.append(
                    submission(ListReceived(kind, "MOWRMUT", departure, created, persons, not persons))
                )
        found += _bookings(chance, departure, number, off)
        found += _exceptions(chance, departure, number, off, aboard)
        for who in aboard:
            for _report in range(chance.randint(0, 2)):
                name, card = PEOPLE[who]
                found.append(
                    submission(
                        CouponReported(
                            "gateway",
                            CardClaim("UT", card),
                            name,
                            chance.choice("OCLFFFREV"),
                            departure.flight,
                            on,
                            board,
                            off,
                            chance.choice("YC"),
                            ticket=_ticket(number, who),
                            coupon=1,
                            reported_at=chance.choice([None, NOON + timedelta(minutes=chance.randrange(5))]),
                        ),
                        received_at=NOON,
                    )
                )
    return [_with_marks(chance, message) for message in found]


def _with_marks(chance: random.Random, message: Submission) -> Submission:
    """Some lists are corrections, and of some names were lost."""
    (one,) = message.transactions
    if not isinstance(one, ListReceived):
        return message
    marked = replace(one, correction=chance.random() < 0.2, incomplete=chance.random() < 0.2)
    return submission(marked)


def _bookings(chance: random.Random, departure: Departure, number: int, off: str) -> list[Submission]:
    """PNLs and ADLs of one or two reservation systems, some numeric, some of the same minute."""
    found = []
    for by in chance.sample(["MOWRMUT", "LEDRM1A"], chance.randint(0, 2)):
        for _list in range(chance.randint(1, 4)):
            kind = chance.choice(["PNL", "ADL", "ADL"])
            booked = chance.sample(range(len(PEOPLE)), chance.randint(0, len(PEOPLE)))
            persons = []
            for who in booked:
                changes = (
                    chance.choice([["ADD"], ["CHG"], ["DEL"], ["DEL", "ADD"]]) if kind == "ADL" else [""]
                )
                for change in changes:
                    one = _person(chance.choice(["FTL", "PRL"]), who, number, off, 5 + len(persons))
                    letter = chance.choice("YL")
                    persons.append(replace(one, change=change, group_class=letter, tiers=("SILVER",)))
            made = NOON - timedelta(minutes=chance.randrange(4))
            found.append(submission(ListReceived(kind, by, departure, made, tuple(persons))))
    return found


def _exceptions(
    chance: random.Random, departure: Departure, number: int, off: str, aboard: list[int]
) -> list[Submission]:
    found = []
    for edition in range(chance.randint(0, 2)):
        persons = []
        for who in chance.sample(aboard, chance.randint(0, len(aboard))):
            category = chance.choice(
                [
                    "NOSHO",
                    "OFFLK",
                    "CHGFL",
                    "FQTVN",
                    "INVOL",
                    "CHGCL",
                    "CHGSG",
                    "IDPAD",
                    "GOSHO",
                    "APIPX",
                    "NSHOW",
                ]
            )
            one = _person("FTL", who, number, off, 5 + len(persons))
            cards = (CardClaim("UT", PEOPLE[chance.randrange(3)][1]),) if category == "FQTVN" else ()
            persons.append(
                replace(one, category=category, cards=cards, group_class=chance.choice("YC"), off_point=off)
            )
        made = NOON + timedelta(minutes=30 + edition)
        found.append(submission(ListReceived("PFS", "MOWRMUT", departure, made, tuple(persons))))
    return found


def _ticket(number: int, who: int) -> str:
    return f"29861{number:04d}{who:04d}"


def _person(kind: str, who: int, number: int, off: str, line: int) -> ListedPerson:
    name, card = PEOPLE[who]
    with_card = kind in ("FTL", "PRL")
    return ListedPerson(
        name,
        off,
        "Y",
        ((f"LOC{number}{who}", "UT"),),
        (CardClaim("UT", card),) if with_card else (),
        ticket="" if kind == "FTL" else _ticket(number, who),
        coupon=0 if kind == "FTL" else 1,
        line=line,
        line_end=line,
    )


def run(path: Path, batches: list[list[Submission]]) -> dict[str, object]:
    core = Core.open(f"sqlite:///{path}")
    try:
        core.execute(
            [submission(ProgrammeActivated(PROGRAMME, "demo.yaml")), submission(MembersImported(MEMBERS))]
        )
        for batch in batches:
            results = core.execute(batch)
            assert not any(result.system_error for result in results)
        return core.verify()
    finally:
        core.close()


@pytest.mark.parametrize("seed", range(15))
def test_any_order_repetition_and_batching(seed: int, tmp_path: Path) -> None:
    messages = history(seed)
    reference = run(tmp_path / "reference.sqlite", [[message] for message in messages])
    assert reference["ok"], (seed, reference["checks"])
    chance = random.Random(seed + 1000)
    for attempt in range(2):
        shuffled = [*messages, *chance.sample(messages, len(messages) // 2)]
        chance.shuffle(shuffled)
        batches = []
        while shuffled:
            size = chance.randint(1, 7)
            batches.append(shuffled[:size])
            shuffled = shuffled[size:]
        report = run(tmp_path / f"attempt{attempt}.sqlite", batches)
        assert report["ok"], (seed, attempt, report["checks"])
        assert report["state_hash"] == reference["state_hash"], (seed, attempt)


def test_members_imported_last_settle_what_waited(tmp_path: Path) -> None:
    messages = history(3)
    reference = run(tmp_path / "reference.sqlite", [messages])
    core = Core.open(f"sqlite:///{tmp_path}/late.sqlite")
    core.execute([submission(ProgrammeActivated(PROGRAMME, "demo.yaml"))])
    core.execute(messages)
    core.execute([submission(MembersImported(MEMBERS))])
    report = core.verify()
    core.close()
    assert report["ok"], report["checks"]
    assert report["state_hash"] == reference["state_hash"]


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_then_the_clock(seed: int, tmp_path: Path) -> None:
    """What time decides is a matter of the evidence, too: one stroke at the end, and pending credits have timed out and
    old miles expired alike."""
    messages = history(seed)
    late = NOON + timedelta(days=600)
    stroke = submission(Clock(late, 300), link="clock", kind="clock", received_at=late)
    chance = random.Random(seed)
    hashes = set()
    for attempt in range(3):
        report = run(tmp_path / f"{attempt}.sqlite", [messages, [stroke]])
        assert report["ok"], report["checks"]
        hashes.add(report["state_hash"])
        chance.shuffle(messages)
    assert len(hashes) == 1
