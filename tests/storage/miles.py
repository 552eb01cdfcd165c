"""Operations with miles for tests: members with miles to spend, and short words for what is done with them."""

from datetime import datetime, timedelta
from typing import Any

from loyalty_core import (
    AdjustMiles,
    ApproveAdjustment,
    CaptureHold,
    CardClaim,
    ChangePool,
    Clock,
    Core,
    MembersImported,
    Operation,
    OperationOutcome,
    RedeemMiles,
    ReleaseHold,
    ReserveMiles,
    Result,
    ReverseOperation,
    Submission,
    TransferMiles,
)
from tests.storage.airline import CARD, HEADER, NOON, submission
from tests.storage.books import balances, one

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OLEG = CardClaim("UT", "7700000000102")
INNA = CardClaim("UT", "7700000000110")
FAMILY = submission(
    MembersImported(
        (
            HEADER
            + "M4,LUGOVOI,OLEG,,,UT,7700000000102,active,,\n"
            + "M5,LUGOVAYA,INNA,,,UT,7700000000110,active,,\n"
        ).encode()
    )
)


def order(operation: Operation, at: datetime = NOON, link: str = "test") -> Submission:
    return submission(operation, received_at=at, link=link)


def done(core: Core, operation: Operation, at: datetime = NOON, link: str = "test") -> OperationOutcome:
    """Executes one operation as a message of its own."""
    (outcome,) = one(core, order(operation, at, link)).outcomes
    assert isinstance(outcome, OperationOutcome)
    return outcome


def told(core: Core, operation: Operation, at: datetime = NOON, link: str = "test") -> str:
    """Status, and the reason where there is one."""
    outcome = done(core, operation, at, link)
    return f"{outcome.status}: {outcome.reason} {outcome.field}".rstrip(": ")


def strike(core: Core, at: datetime, decisions_max: int = 1000) -> Result:
    return one(core, submission(Clock(at, 300, decisions_max), link="clock", kind="clock", received_at=at))


def give(core: Core, amount: int, key: str, card: CardClaim = CARD, at: datetime = NOON) -> None:
    """Miles of their own lot."""
    assert done(core, adjust(key, amount, card), at).status == ("posted" if amount <= 5000 else "pending")
    if amount > 5000:
        assert done(core, ApproveAdjustment(f"{key} approved", key, "Petrov"), at).status == "posted"


def reserve(key: str, amount: int, *, until: datetime = NOON + HOUR, **more: Any) -> ReserveMiles:
    return ReserveMiles(key, more.pop("card", CARD), amount, until, **more)


def capture(key: str, hold: str, amount: int = 0, **more: Any) -> CaptureHold:
    return CaptureHold(key, hold, amount, **more)


def release(key: str, hold: str) -> ReleaseHold:
    return ReleaseHold(key, hold)


def redeem(key: str, amount: int, card: CardClaim = CARD, **more: Any) -> RedeemMiles:
    return RedeemMiles(key, card, amount, **more)


def adjust(
    key: str, amount: int, card: CardClaim = CARD, by: str = "Ivanova", partner: str = ""
) -> AdjustMiles:
    return AdjustMiles(key, card, amount, "goodwill", by, partner)


def transfer(
    key: str, amount: int, card: CardClaim = CARD, to: CardClaim | None = OLEG, **more: Any
) -> TransferMiles:
    return TransferMiles(key, card, amount, to, **more)


def pool(
    key: str,
    action: str,
    card: CardClaim = CARD,
    share: int = 0,
    spends: bool = False,
    member: CardClaim | None = None,
) -> ChangePool:
    return ChangePool(key, card, "LUGOVYE", action, share, spends, member)


def invite(key: str, member: CardClaim, spends: bool = False, card: CardClaim = CARD) -> ChangePool:
    return pool(key, "invite", card, spends=spends, member=member)


def undo(key: str, operation: str) -> ReverseOperation:
    return ReverseOperation(key, operation, "cancelled", "Ivanova")


def lots(core: Core, number: str = "M1") -> list[tuple[str, int]]:
    """(expiry, open miles) of the member's open lots, in order of consumption."""
    member = core.member(number)
    assert member is not None
    return [(lot["expires_on"], lot["remaining"]) for lot in member["lots"]]


def award(core: Core, number: str = "M1") -> dict[str, int]:
    """The balances that operations move."""
    found = balances(core, number)
    return {purpose: found[purpose] for purpose in ("award", "held", "deficit") if purpose in found}
