"""Outcomes as JSON text, for receipts and the handling log, and back."""

from dataclasses import asdict, fields
from typing import Any

from . import claims, flights, operations, outcomes, telegrams
from .member_statements import StatementOutcome, StatementStatus
from .outcomes import CreditStatus, Outcome, Reason
from .stable_json import encode

_KINDS = {
    kind.__name__: kind
    for kind in (
        outcomes.CouponOutcome,
        outcomes.ListOutcome,
        outcomes.PartOutcome,
        outcomes.ClockOutcome,
        outcomes.ImportOutcome,
        telegrams.TelegramOutcome,
        operations.OperationOutcome,
        StatementOutcome,
        flights.MovementOutcome,
        claims.ClaimOutcome,
        claims.ResolveOutcome,
    )
}
_STATUSES: dict[type, type] = {
    StatementOutcome: StatementStatus,
    claims.ClaimOutcome: claims.ClaimStatus,
}


def write_outcomes(items: tuple[Outcome, ...]) -> str:
    """``[{"is": "CouponOutcome", "status": "posted", ...}, ...]``; texts of joined parts and answers to
    lists are left out (they stand in tables of their own)."""
    rows = []
    for item in items:
        row: dict[str, Any] = {"is": type(item).__name__}
        row.update({field.name: getattr(item, field.name) for field in fields(item)})
        row.pop("texts", None)
        if isinstance(item, outcomes.ClockOutcome):
            row["given_up"] = [asdict(one) for one in item.given_up]
        row.pop("answer", None)
        rows.append(row)
    return encode(rows)


def read_outcomes(rows: list[dict[str, Any]]) -> tuple[Outcome, ...]:
    """Back from the decoded JSON."""
    found: list[Outcome] = []
    for row in rows:
        kind = _KINDS[row.pop("is")]
        if "status" in row:
            row["status"] = _STATUSES.get(kind, CreditStatus)(row["status"])
        if "missing" in row:
            row["missing"] = claims.Missing(row["missing"])
        if "reason" in row:
            row["reason"] = Reason(row["reason"])
        if "given_up" in row:
            row["given_up"] = tuple(
                outcomes.GivenUpSet(**{**given, "missing": tuple(given["missing"])})
                for given in row["given_up"]
            )
        if kind is telegrams.TelegramOutcome:
            row["state"] = telegrams.TelegramState(row["state"])
        if "refusals" in row:
            row["refusals"] = tuple((line, reason) for line, reason in row["refusals"])
        found.append(kind(**row))
    return tuple(found)
