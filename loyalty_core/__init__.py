"""The loyalty core: members, carriages, programmes and the ledger, with no XML, socket or clock.

Outsiders use only what is named here (and ``loyalty_core.located_yaml``). ``Core`` and what reads programmes are
loaded on first use, so that values cost no import of SQLAlchemy or pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .claims import (
    Action,
    CaseResolved,
    ClaimOutcome,
    ClaimStatus,
    CreditClaimed,
    Missing,
    ResolveOutcome,
)
from .errors import CoreError, InputError, StorageLocked, StorageUnavailable
from .flights import DepartureMoved, MovementOutcome
from .member_statements import (
    CardStated,
    MemberRelated,
    MembersMerged,
    MemberStated,
    MembersUnmerged,
    Statement,
    StatementOutcome,
    StatementStatus,
    TierGiven,
)
from .operations import (
    AdjustMiles,
    ApproveAdjustment,
    CaptureHold,
    ChangePool,
    Operation,
    OperationOutcome,
    RedeemMiles,
    ReleaseHold,
    ReserveMiles,
    ReverseOperation,
    TransferMiles,
)
from .outcomes import (
    Answer,
    Balance,
    CardAnswer,
    ClockAnswer,
    ClockOutcome,
    CouponOutcome,
    CreditStatus,
    FaultyCard,
    GivenUpSet,
    ImportOutcome,
    ListAnswer,
    ListOutcome,
    Outcome,
    PartOutcome,
    Reason,
    Result,
    State,
)
from .problems import Problem
from .telegrams import (
    OutboxAnswer,
    OutboxCheck,
    TelegramAttempted,
    TelegramFailed,
    TelegramOutcome,
    TelegramQueued,
    TelegramSent,
    TelegramState,
    WaitingTelegram,
)
from .transactions import (
    OPEN_SETS_MAX,
    BalanceCheck,
    CardCheck,
    CardClaim,
    Clock,
    ClockCheck,
    CouponReported,
    Departure,
    Flight,
    ListedPerson,
    ListReceived,
    Marketing,
    MembersImported,
    Name,
    PartReceived,
    ProgrammeActivated,
    Question,
    Submission,
    Transaction,
)

if TYPE_CHECKING:
    from .core import Core
    from .programme import load_programme
    from .rules.acted_on import idle_words
    from .rules.bundle import bundle, read_bundle
    from .rules.examples.coverage import coverage
    from .rules.examples.trying import try_case, try_examples
    from .rules.prover.prove import prove
    from .rules.prover.words import case_in_words
    from .rules.whatif import Summary, compare, member_data

__all__ = [
    "OPEN_SETS_MAX",
    "Action",
    "AdjustMiles",
    "Answer",
    "ApproveAdjustment",
    "Balance",
    "BalanceCheck",
    "CaptureHold",
    "CardAnswer",
    "CardCheck",
    "CardClaim",
    "CardStated",
    "CaseResolved",
    "ChangePool",
    "ClaimOutcome",
    "ClaimStatus",
    "Clock",
    "ClockAnswer",
    "ClockCheck",
    "ClockOutcome",
    "Core",
    "CoreError",
    "CouponOutcome",
    "CouponReported",
    "CreditClaimed",
    "CreditStatus",
    "Departure",
    "DepartureMoved",
    "FaultyCard",
    "Flight",
    "GivenUpSet",
    "ImportOutcome",
    "InputError",
    "ListAnswer",
    "ListOutcome",
    "ListReceived",
    "ListedPerson",
    "Marketing",
    "MemberRelated",
    "MemberStated",
    "MembersImported",
    "MembersMerged",
    "MembersUnmerged",
    "Missing",
    "MovementOutcome",
    "Name",
    "Operation",
    "OperationOutcome",
    "OutboxAnswer",
    "OutboxCheck",
    "Outcome",
    "PartOutcome",
    "PartReceived",
    "Problem",
    "ProgrammeActivated",
    "Question",
    "Reason",
    "RedeemMiles",
    "ReleaseHold",
    "ReserveMiles",
    "ResolveOutcome",
    "Result",
    "ReverseOperation",
    "State",
    "Statement",
    "StatementOutcome",
    "StatementStatus",
    "StorageLocked",
    "StorageUnavailable",
    "Submission",
    "Summary",
    "TelegramAttempted",
    "TelegramFailed",
    "TelegramOutcome",
    "TelegramQueued",
    "TelegramSent",
    "TelegramState",
    "TierGiven",
    "Transaction",
    "TransferMiles",
    "WaitingTelegram",
    "bundle",
    "case_in_words",
    "compare",
    "coverage",
    "idle_words",
    "load_programme",
    "member_data",
    "prove",
    "read_bundle",
    "try_case",
    "try_examples",
]

_LATER = {
    "Core": "core",
    "Summary": "rules.whatif",
    "bundle": "rules.bundle",
    "case_in_words": "rules.prover.words",
    "compare": "rules.whatif",
    "coverage": "rules.examples.coverage",
    "idle_words": "rules.acted_on",
    "load_programme": "programme",
    "member_data": "rules.whatif",
    "prove": "rules.prover.prove",
    "read_bundle": "rules.bundle",
    "try_case": "rules.examples.trying",
    "try_examples": "rules.examples.trying",
}
"""What is loaded on first use, and its module."""


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
