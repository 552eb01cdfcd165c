"""Outcomes and answers of the core in words, for commands and the demo."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

_FATES_OF_PARTS = {
    "repeated": " once more",
    "conflict": " contradicts what came of its set",
    "crowded": " not taken: its originator has too many incomplete telegrams",
}


def row_of(item: Any) -> dict[str, Any]:
    """A dataclass of the core's as the row that the journal keeps of it; ``is`` names its kind."""
    return {"is": type(item).__name__, **{field.name: getattr(item, field.name) for field in fields(item)}}


def given_tier(given: Mapping[str, Any]) -> str:
    """A tier that was not reached by flying, as ``Core.member`` reports it, and whether an extension counts."""
    until = f" until {given['until']}" if given["until"] else ""
    text = f"{given['tier']} since {given['since']}{until}, {given['kind']}: {given['reason']}"
    extension = given.get("extension")
    if extension is None or extension["counts"]:
        return text
    if not extension["held"]:
        why = f"no {given['tier']} on the day before"
    elif not extension["needed"]:
        why = "the programme doesn't let it be extended then"
    else:
        why = f"{extension['counted']} of {extension['needed']} {extension['unit']} are known"
    return f"{text}; does not count: {why}"


def told(row: Mapping[str, Any]) -> str:
    """One outcome or answer, given as a row."""
    reason = f" ({row['reason']})" if row.get("reason") else ""
    kind = row["is"]
    if kind == "CouponOutcome":
        amounts = f"{row['award']} award, {row['qualifying']} qualifying, balance {row['balance']}"
        return f"{row['status']}{reason}: {amounts}"
    if kind == "ListOutcome":
        older = ", but a newer edition stands" if row.get("superseded") else ""
        return (
            f"{row['persons']} passengers, {row['posted']} posted, {row['pending']} pending,"
            f" {row['refused']} refused{reason}{older}"
        )
    if kind == "CardAnswer":
        return f"refused{reason}" if reason else f"good, {row['tier']}"
    if kind == "ClaimOutcome":
        missing = f", missing: {row['missing']}" if row["missing"] else ""
        where = f" on {row['departure']}" if row["departure"] else ""
        return f"{row['status']}{reason}{missing}{where}: {row['award']} award, balance {row['balance']}"
    if kind == "ResolveOutcome":
        if row["reason"]:
            return f"refused{reason} {row['field']}".rstrip()
        waits = ", waits for more to be known" if row["waiting"] else ""
        stands = (
            f"{row['state']}, {row['credit']}, {row['award']} award"
            if row["state"]
            else f"{row['settled']} carriages settled anew"
        )
        return f"{stands}{waits}"
    if kind == "PartOutcome":
        fate = next((words for name, words in _FATES_OF_PARTS.items() if row[name]), "")
        return f"part {row['number']}{fate}"
    if kind == "OperationOutcome":
        held = f", {row['held']} held" if row["held"] else ""
        entry = f", entry {row['entry']}" if row["entry"] else ""
        return f"{row['status']}{reason}: {row['amount']} miles{held}, balance {row['balance']}{entry}"
    if kind == "StatementOutcome":
        about = f" {row['field']}" if row["field"] else ""
        return f"{row['status']}{reason}{about}, {row['airline']} {row['number']}".rstrip()
    if kind == "ImportOutcome":
        return f"{row['opened']} opened, {row['changed']} changed, {row['unchanged']} unchanged"
    return ", ".join(f"{name} {value}" for name, value in row.items() if name != "is" and value)
