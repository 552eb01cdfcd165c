"""Operations with miles: what hosts and staff can do to members' accounts (transactions), and what becomes of it.

Every operation has a key of its giver's own, which names it for ever and in the whole installation: the same key with
the same content is the same operation, however often and by whatever link it comes; with another content it is refused.
A refusal is an outcome and leaves nothing behind, so the same operation may come again when it can be granted.

Life of a hold: *open* (miles are set aside) -> *done* (the last of them captured), *released*, or *timed_out* by the
business clock. Life of an adjustment, and of the reversal of one: *done* at once, or *open* above what one person may
do alone -> *done* when somebody else approves, or *declined*.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from .outcomes import CreditStatus, Outcome, Reason
from .stable_json import encode
from .transactions import CardClaim, Transaction


@dataclass(frozen=True, slots=True)
class Operation(Transaction):
    """Parent of all; ``key`` names the operation, 1-64 ASCII characters."""

    key: str


@dataclass(frozen=True, slots=True)
class ReserveMiles(Operation):
    """``amount`` miles are set aside until they are captured or released, at the latest at ``until`` (aware).

    ``from_pool``: out of the member's family pool.
    """

    card: CardClaim
    amount: int
    until: datetime
    from_pool: bool = False


@dataclass(frozen=True, slots=True)
class CaptureHold(Operation):
    """Miles that the hold ``hold`` has set aside are spent: ``amount`` of them, 0 for all. What is left is released, or
    with ``keep_rest`` stays held."""

    hold: str
    amount: int = 0
    keep_rest: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseHold(Operation):
    """What the hold ``hold`` still holds goes back into the lots it came from."""

    hold: str


@dataclass(frozen=True, slots=True)
class RedeemMiles(Operation):
    """``amount`` miles are spent at once."""

    card: CardClaim
    amount: int
    from_pool: bool = False


@dataclass(frozen=True, slots=True)
class AdjustMiles(Operation):
    """Staff give (``amount`` > 0) or take (< 0) award miles for a ``reason``; ``by`` is who does it.

    ``partner`` is the code of a partner who pays for them, "" for the programme itself.
    """

    card: CardClaim
    amount: int
    reason: str
    by: str
    partner: str = ""


@dataclass(frozen=True, slots=True)
class ApproveAdjustment(Operation):
    """A second person decides on the adjustment ``adjustment``, or the reversal of one, that waits for one."""

    adjustment: str
    by: str
    approved: bool = True


@dataclass(frozen=True, slots=True)
class TransferMiles(Operation):
    """``amount`` miles go to another member, or with ``to`` None to the family pool of the giver. They keep their
    expiry. ``from_pool``: the giver's pool gives them."""

    card: CardClaim
    amount: int
    to: CardClaim | None = None
    from_pool: bool = False


@dataclass(frozen=True, slots=True)
class ChangePool(Operation):
    """A family pool ``pool`` is opened by a member, who owns it then; the owner invites another ``member``, who joins
    it, or excludes one; everybody may leave it (``action``: open, invite, join, exclude, leave).

    ``share`` percent (0-100) of the award miles of each flight posted from then on go to the pool, as says who opens or
    joins it. ``spends``: may spend from it; the owner grants that when he invites, and inviting again changes it.
    Leaving takes nothing along.
    """

    card: CardClaim
    pool: str
    action: str
    share: int = 0
    spends: bool = False
    member: CardClaim | None = None


@dataclass(frozen=True, slots=True)
class ReverseOperation(Operation):
    """The operation ``operation`` (a redemption, capture, adjustment or transfer) is undone, once; ``reason`` and
    ``by`` say why and who."""

    operation: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class OperationOutcome(Outcome):
    """``status``: posted, repeated (it was done before), pending (waits for a second person) or refused for a
    ``reason``; ``field`` names the transaction's field it lies in.

    ``amount`` is what was moved or is to be; ``held`` what the hold holds now; ``balance`` what the payer has to spend
    after it (without what has expired). ``entry`` is the ledger's reference ``lane/seq``, "" for none.
    """

    status: CreditStatus
    reason: Reason = Reason.NONE
    field: str = ""
    key: str = ""
    amount: int = 0
    held: int = 0
    balance: int = 0
    entry: str = ""


KINDS: dict[type[Operation], str] = {
    ReserveMiles: "reserve",
    CaptureHold: "capture",
    ReleaseHold: "release",
    RedeemMiles: "redeem",
    AdjustMiles: "adjust",
    ApproveAdjustment: "approve",
    TransferMiles: "transfer",
    ChangePool: "pool",
    ReverseOperation: "reverse",
}
"""What the table calls them."""


def named_by(operation: Operation) -> str:
    """The key of another operation that this one is about, "" where it is about none."""
    match operation:
        case CaptureHold() | ReleaseHold():
            return operation.hold
        case ApproveAdjustment():
            return operation.adjustment
        case ReverseOperation():
            return operation.operation
    return ""


def content_of(operation: Operation) -> str:
    """What an operation asks, in one spelling."""
    found: dict[str, object] = {}
    for one in fields(operation):
        value = getattr(operation, one.name)
        if isinstance(value, CardClaim):
            value = [value.airline, value.number]
        found[one.name] = value.isoformat() if isinstance(value, datetime) else value
    return encode(found)
