"""A small fictitious airline's facts for tests of the core: members, one departure, messages about it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import loyalty_core
from loyalty_core import (
    CardClaim,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    MembersImported,
    Name,
    PartReceived,
    ProgrammeActivated,
    Submission,
    Transaction,
)

NOON = datetime(2026, 8, 20, 12, 5, tzinfo=UTC)
PROGRAMME = (Path(loyalty_core.__file__).parent / "programmes" / "demo.yaml").read_bytes()
HEADER = "member,surname,given,other_names,birth_date,card_airline,card,card_state,replaced_by,tier\n"
MEMBERS = (
    HEADER
    + "M1,LUGOVAYA,VERA,ЛУГОВАЯ/ВЕРА,1987-04-09,UT,7700000000011,active,,\n"
    + "M2,BORISOV,OLEG,,1975-11-30,UT,7700000000029,blocked,,\n"
    + "M3,ARTEMEV,IGNAT,,1990-01-02,UT,7700000000037,replaced,7700000000045,SILVER\n"
    + "M3,ARTEMEV,IGNAT,,1990-01-02,UT,7700000000045,active,,SILVER\n"
).encode()

DEPARTURE = Departure(Flight("UT", "451"), date(2026, 8, 20), "DME")
CARD = CardClaim("UT", "7700000000011")
VERA = Name("LUGOVAYA", "VERA")


def submission(
    transaction: Transaction | Sequence[Transaction],
    raw: bytes = b"",
    *,
    link: str = "test",
    key: str = "",
    received_at: datetime = NOON,
    kind: str = "",
) -> Submission:
    """One message; without ``raw`` its bytes are made from the transaction, so equal ones are the same document."""
    transactions = (transaction,) if isinstance(transaction, Transaction) else tuple(transaction)
    content = raw or repr(transactions).encode()
    return Submission(
        link,
        kind or type(transactions[0]).__name__,
        content,
        hashlib.sha256(content).digest(),
        received_at,
        transactions,
        key=key,
    )


def part_submission(part: PartReceived, **settings: Any) -> Submission:
    """The message that brings one part: its bytes are the part's text, its digest tells parts and sets apart."""
    digest = hashlib.sha256(f"{part.set_key} {part.created} {part.number} {part.text}".encode()).digest()
    return replace(submission(part, **settings), raw=part.text.encode(), digest=digest)


def opening() -> list[Submission]:
    """Programme and members: what an installation starts with, the day before anything else is said."""
    before = NOON - timedelta(days=1)
    return [
        submission(ProgrammeActivated(PROGRAMME, "demo.yaml"), received_at=before),
        submission(MembersImported(MEMBERS), received_at=before),
    ]


def person(
    name: Name = VERA,
    *,
    group: str = "Y",
    card: CardClaim | None = None,
    ticket: str = "",
    coupon: int = 0,
    locator: str = "0Q4MR7",
    line: int = 5,
) -> ListedPerson:
    return ListedPerson(
        name=name,
        off_point="AER",
        group_class=group,
        locators=((locator, "UT"),) if locator else (),
        cards=(card,) if card else (),
        ticket=ticket,
        coupon=coupon,
        line=line,
        line_end=line + 2,
    )


def listed(
    kind: str, *persons: ListedPerson, edition: datetime = NOON, originator: str = "MOWRMUT"
) -> ListReceived:
    return ListReceived(kind, originator, DEPARTURE, edition, persons, nil=not persons)


FTL = listed("FTL", person(card=CARD))
PRL = listed("PRL", person(ticket="2986120000017", coupon=1))
ETL = listed("ETL", person(Name("ЛУГОВАЯ", "ВЕРА"), ticket="2986120000017", coupon=1))


def coupon(
    status: str = "F",
    *,
    name: Name = VERA,
    card: CardClaim = CARD,
    ticket: str = "2986120000017",
    number: int = 1,
    on: date = DEPARTURE.on,
    flight: Flight = DEPARTURE.flight,
    off: str = "AER",
    letter: str = "Y",
    reported_at: datetime | None = None,
    board: str = "DME",
) -> CouponReported:
    return CouponReported(
        "gateway",
        card,
        name,
        status,
        flight,
        on,
        board,
        off,
        letter,
        ticket=ticket,
        coupon=number,
        reported_at=reported_at,
    )
