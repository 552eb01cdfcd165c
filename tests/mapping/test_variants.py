"""Every shape the request schemas allow, and the shapes just beyond: optional parts absent, repeats of 0, 1 and many.

What a schema lets pass must be read, and answered by a reply that its own schema lets pass, whatever the core says;
what it refuses must be refused by a declared error. Nothing else may be raised.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
import xmlschema
from lxml import etree

from adapter.documents.catalogue import Catalogue
from adapter.documents.document import Document
from adapter.errors import DocumentError
from adapter.mapping import Maps
from loyalty_core import (
    Balance,
    CardAnswer,
    CaseResolved,
    ClaimOutcome,
    ClaimStatus,
    CouponOutcome,
    CouponReported,
    CreditClaimed,
    CreditStatus,
    Missing,
    Name,
    Operation,
    OperationOutcome,
    Reason,
    ResolveOutcome,
    StatementOutcome,
    StatementStatus,
)
from loyalty_core.member_statements import Statement
from tests.mapping.installation import ROOT, envelope

FILES = sorted((ROOT / "schemas").glob("*/*.request.xsd"))

SAMPLES = {
    "airline": "UT", "card_number": "2020000000017", "surname": "SOKOLOVA", "given_name": "VERA", "date": "2026-08-19",
    "passenger_id": "71", "flight": "0407", "point": "DME", "booking_class": "Q", "ticket": "2981234567890",
    "coupon_number": "2", "coupon_status": "F", "instant": "2026-08-19T23:50:00Z", "fare_basis": "QSTOW",
    "member_number": "M1", "member_state": "died", "card_state": "lost", "relation": "company",
    "brand": "LIGHT", "passenger_type": "CHD", "channel": "web",
    "tier": "GOLD", "tier_kind": "gift", "tier_state": "withdrawn",
    "money": "10.50", "currency": "RUB", "reference_key": "A-1", "item_id": "a", "miles": "500",
    "miles_changed": "-500", "yes_no": "true", "why": "goodwill", "staff_name": "Ivanova", "partner_code": "HOTEL",
    "pool_key": "SOKOLOVY", "pool_action": "join", "percent": "30",
    "carriage_key": "UT/407/2026-08-19/DME|T|2981234567890/2", "staff_member": "a.petrova", "remark": "seen",
    "locator": "0Q4MR7", "case_action": "assign",
}  # fmt: skip
"""One value for each named type; a type without sample makes the test fail, so it can't be forgotten."""

Counts = dict[str, int]


class Shape:
    """Builds documents of one schema. ``counts`` says how often the part at a path stands; others stand as often as
    ``usual`` says: once, or not at all where they may be absent and the document is the smallest one."""

    def __init__(self, schema: xmlschema.XMLSchema, smallest: bool, counts: Counts) -> None:
        self.root = next(iter(schema.elements.values()))
        self.smallest = smallest
        self.counts = counts
        self.serial = itertools.count(1)

    def build(self) -> etree._Element:
        return self.element(self.root, self.root.local_name)

    def times(self, path: str, needed: bool) -> int:
        return self.counts.get(path, 1 if needed or not self.smallest else 0)

    def element(self, declared: Any, path: str) -> etree._Element:
        made = etree.Element(declared.local_name)
        if declared.type.is_simple() or declared.type.has_simple_content():
            made.text = self.value(declared.type if declared.type.is_simple() else declared.type.content)
        if declared.type.is_simple():
            return made
        for name, attribute in declared.type.attributes.items():
            if self.times(f"{path}/@{name}", attribute.use == "required"):
                made.set(name, self.value(attribute.type))
        if not declared.type.has_simple_content():
            self.group(declared.type.content, made, path)
        return made

    def group(self, group: Any, parent: etree._Element, path: str) -> None:
        members = list(group)
        if group.model == "choice" and len(members) > 1:
            members = [members[self.counts.get(f"{path}?", 0)]]
        for member in members:
            if hasattr(member, "model"):
                self.group(member, parent, path)
            elif isinstance(member, xmlschema.XsdElement):
                inner = f"{path}/{member.local_name}"
                for _ in range(self.times(inner, member.min_occurs > 0)):
                    parent.append(self.element(member, inner))

    def value(self, kind: Any) -> str:
        sample = SAMPLES[kind.local_name]
        return f"{sample}{next(self.serial)}" if kind.local_name == "item_id" else sample


def parts(schema: xmlschema.XMLSchema) -> Iterator[tuple[str, int]]:
    """Every (path, count) worth trying: attributes 0 and 1, elements 0, 1 and 3, branches by their number."""

    def walk(declared: Any, path: str) -> Iterator[tuple[str, int]]:
        if declared.type.is_simple():
            return
        for name in declared.type.attributes:
            yield from ((f"{path}/@{name}", count) for count in (0, 1))
        if not declared.type.has_simple_content():
            yield from of_group(declared.type.content, path)

    def of_group(group: Any, path: str) -> Iterator[tuple[str, int]]:
        if group.model == "choice" and len(group) > 1:
            yield from ((f"{path}?", branch) for branch in range(len(group)))
        for member in group:
            if hasattr(member, "model"):
                yield from of_group(member, path)
            elif isinstance(member, xmlschema.XsdElement):
                inner = f"{path}/{member.local_name}"
                yield from ((inner, count) for count in (0, 1, 3))
                yield from walk(member, inner)

    root = next(iter(schema.elements.values()))
    return walk(root, root.local_name)


def variants(schema: xmlschema.XMLSchema) -> Iterator[etree._Element]:
    """Each part alone, with everything else or with nothing else; the parts of a branch also with that branch taken."""
    every = list(parts(schema))
    branches: list[Counts] = [
        {},
        *({path: number} for path, number in every if path.endswith("?") and number),
    ]
    for smallest, branch, (path, count) in itertools.product((True, False), branches, every):
        yield Shape(schema, smallest, {**branch, path: count}).build()


NO_REFUSALS = ("", Reason.NOT_EARNING, Reason.NOT_CONFIRMED)
CARD_ANSWERS = [
    CardAnswer("UT", "17", tier="BASIC", names=(Name("LIS", "OLEG"),)),
    CardAnswer(
        "UT", "17", tier="GOLD", names=(Name("LIS", "OLEG"), Name("ЛИС", "ОЛЕГ")), balances=(Balance("award", 1),),
        expires_on=date(2027, 1, 1), expires_amount=5,
    ),
    # Earning nothing is a matter of coupons, never of cards.
    *(CardAnswer("UT", "17", reason) for reason in Reason if reason not in NO_REFUSALS),
]  # fmt: skip
OUTCOMES = [
    *(CouponOutcome(status, award=10, qualifying=8, balance=-3) for status in CreditStatus),
    *(CouponOutcome(CreditStatus.REFUSED, reason) for reason in Reason if reason),
    *(
        CouponOutcome(CreditStatus.REFUSED, Reason.INVALID, name)
        for name in ("on", "off_point", "operating", "ticket")
    ),
    replace(CouponOutcome(CreditStatus.PENDING, Reason.HOLDER_MISMATCH), award=7),
]
OPERATIONS = [
    *(
        OperationOutcome(status, key="K", amount=-5, held=0, balance=7, entry=entry)
        for status in (CreditStatus.POSTED, CreditStatus.REPEATED, CreditStatus.PENDING)
        for entry in ("", "main/7")
    ),
    *(
        OperationOutcome(CreditStatus.REFUSED, reason, field)
        for reason in Reason
        if reason not in NO_REFUSALS
        for field in ("", "key", "amount", "card", "to", "hold", "by")
    ),
]
STATEMENTS = [
    *(StatementOutcome(status) for status in StatementStatus if status is not StatementStatus.REFUSED),
    *(StatementOutcome(StatementStatus.REFUSED, reason) for reason in Reason if reason not in NO_REFUSALS),
    *(
        StatementOutcome(StatementStatus.REFUSED, Reason.INVALID, name)
        for name in ("state", "since", "said_at", "into", "number", "other", "replaced_by")
    ),
]


CLAIM_ANSWERS = [
    *(ClaimOutcome(status, missing=missing, award=7) for status in ClaimStatus for missing in Missing),
    *(ClaimOutcome(ClaimStatus.REFUSED, reason) for reason in Reason if reason),
]
RESOLUTIONS = [
    ResolveOutcome(state="boarded", credit="posted", award=5, settled=1),
    ResolveOutcome(settled=3, waiting=True),
    *(ResolveOutcome(reason, "carriage") for reason in (Reason.INVALID, Reason.CARD_UNKNOWN)),
]
ANSWERS: dict[type, list[Any]] = {
    CouponReported: OUTCOMES,
    CreditClaimed: CLAIM_ANSWERS,
    CaseResolved: RESOLUTIONS,
    **dict.fromkeys(get_args(Statement), STATEMENTS),
}


def answers_to(value: Any) -> list[Any]:
    if isinstance(value, Operation):
        return OPERATIONS
    return ANSWERS.get(type(value), CARD_ANSWERS)


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_every_variant_is_answered_or_refused_in_the_declared_way(
    file: Any, catalogue: Catalogue, maps: Maps
) -> None:
    good = bad = 0
    kind = catalogue.kinds[file.name.removesuffix(".request.xsd")]
    assert kind.reply is not None
    for tree in variants(xmlschema.XMLSchema(str(file), allow="local")):
        text = etree.tostring(tree, encoding="unicode")
        refusal: DocumentError | None = None
        try:
            document = catalogue.open(envelope(text))
            assert isinstance(document, Document)
            values = maps.read(document, envelope(text))
        except DocumentError as error:
            refusal = error
        if refusal is not None:
            bad += 1
            assert refusal.kind == kind.name
            reply = maps.render_error(kind.name, 2, "Invalid request", refusal.problems)
            assert kind.reply.validate(reply), (text, kind.reply.error_log)
            continue
        good += 1
        for one in answers_to(values[0]):
            reply = maps.render(document, [one] * len(values))
            assert kind.reply.validate(reply), (text, kind.reply.error_log)
    assert good
    assert bad, "the shapes beyond the schema were not tried"
